"""The first look at a source: bounded, history, one summary; alerts begin with what comes after."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from flows.demo.outlet import Outlet
from tests.clock import Clock
from tests.inboxes import Receiver
from tests.newsroom import Newsroom
from tests.passes import INITIATIVES, NO_SEEDS, Station, alerts_to, stories_told
from tests.volume import make_articles
from warehouse.database import Warehouse

PAGES = 4
DAY = timedelta(days=1)


@pytest.fixture
def station(tmp_path: Path, newsroom: Newsroom, receiver: Receiver, clock: Clock) -> Station:
    configure(tmp_path, newsroom, receiver)
    return Station(tmp_path / "config", Warehouse(tmp_path / "govwatch.duckdb"), clock)


def configure(folder: Path, newsroom: Newsroom, receiver: Receiver) -> None:
    newsroom.write_config(
        folder / "config",
        initiatives=INITIATIVES,
        alerts=alerts_to(receiver),
        seeds=NO_SEEDS,
        settings={"limits": {"first_look_pages": PAGES, "first_look_age": "14d", "workers": 1}},
    )


def fills(outlet: Outlet, days: int, seed: int, subject: str = "Harbour Treaty") -> None:
    """Let an outlet have printed one article a day, all of them about ``subject``, today's being number 0."""
    clock = outlet.newsroom.clock
    for number, text in enumerate(make_articles(days, seed=seed, languages=("en",), copies=0, mentioning=0)):
        told = f"{text.story.text}\n\nDay {number} of the {subject} brought papers and soup."
        outlet.publishes(f"Day {number}: {text.story.title}", told, published=clock() - DAY * number)


def summaries(receiver: Receiver) -> list[dict[str, object]]:
    return [post.json for post in receiver.posts if post.json["occasion"] == "first_look"]


def test_the_first_look_reads_the_newest_few_and_says_what_it_left(
    station: Station, newsroom: Newsroom, receiver: Receiver, tmp_path: Path
) -> None:
    fills(newsroom.outlet("ledger"), days=20, seed=1)
    configure(tmp_path, newsroom, receiver)
    report = station.runs()
    line = report.sources["ledger"]
    assert (line.items, line.first_look, line.fetched, line.over_budget) == (20, True, PAGES, 20 - PAGES)
    titles = [
        t for (t,) in station.asks("select title from articles where origin = 'backfill' order by published desc")
    ]
    assert [title.partition(":")[0] for title in titles] == [f"Day {number}" for number in range(PAGES)]
    left = station.asks("select reason, count(*) from frontier where outcome = 'over_budget' group by all order by all")
    assert left == [
        ("beyond the 4 newest at the first look at the source", 11),
        ("older than 14 days at the first look at the source", 5),
    ]
    assert station.runs().pages == 0, "what was left is left for good"


def test_what_it_finds_is_told_in_one_summary_the_newest_evidence_first(
    station: Station, newsroom: Newsroom, receiver: Receiver, tmp_path: Path
) -> None:
    fills(newsroom.outlet("ledger"), days=3, seed=1)
    fills(newsroom.outlet("mirror", kind="atom"), days=3, seed=2, subject="Lantern Accord")
    configure(tmp_path, newsroom, receiver)
    report = station.runs()
    assert (report.mentions, report.signals, report.first_looks) == (6, 0, 2)
    (summary,) = summaries(receiver)
    assert len(receiver.posts) == 1, "no storm"
    items = summary["items"]
    assert isinstance(items, list)
    assert {item["initiative"] for item in items} == {"Harbour Treaty", "Lantern Accord"}
    assert len(items) == 6
    dates = [item["published"] for item in items]
    assert dates == sorted(dates, reverse=True)
    assert all(item["matched"] in item["sentence"] for item in items)
    assert "history" in str(summary["lead"])
    assert station.said[0].count("govwatch explain") == 1, "the console hears it once, too"
    station.runs()
    assert len(receiver.posts) == 1


def test_alerts_begin_with_what_comes_after(
    station: Station, newsroom: Newsroom, receiver: Receiver, tmp_path: Path, clock: Clock
) -> None:
    ledger = newsroom.outlet("ledger")
    fills(ledger, days=2, seed=1)
    configure(tmp_path, newsroom, receiver)
    station.runs()
    clock.passes(hours=2)
    (text,) = make_articles(1, seed=3, languages=("en",), mentioning=0)
    ledger.publishes("Signed at dawn", f"{text.story.text}\n\nThe Harbour Treaty was signed on a barrel.")
    report = station.runs()
    assert report.sources["ledger"].first_look is False
    assert stories_told(receiver.posts) == [("Harbour Treaty", "Signed at dawn")]
    (alert,) = [post.json for post in receiver.posts if post.json["occasion"] == "story"]
    assert alert["items"][0]["reason"].startswith("new story"), "history knows the initiative: it is no first mention"


def test_a_source_that_is_added_later_gets_a_first_look_of_its_own(
    station: Station, newsroom: Newsroom, receiver: Receiver, tmp_path: Path, clock: Clock
) -> None:
    ledger = newsroom.outlet("ledger")
    fills(ledger, days=2, seed=1)
    configure(tmp_path, newsroom, receiver)
    station.runs()
    clock.passes(hours=2)
    fills(newsroom.outlet("mirror", kind="rdf"), days=9, seed=2)
    (text,) = make_articles(1, seed=3, languages=("en",), mentioning=0)
    ledger.publishes("Signed at dawn", f"{text.story.text}\n\nThe Harbour Treaty was signed on a barrel.")
    configure(tmp_path, newsroom, receiver)
    report = station.runs()
    assert report.sources["mirror"].first_look
    assert report.sources["mirror"].fetched == PAGES
    assert not report.sources["ledger"].first_look
    assert len(summaries(receiver)) == 2
    assert stories_told(receiver.posts) == [("Harbour Treaty", "Signed at dawn")]


def test_a_first_look_that_finds_nothing_says_nothing(
    station: Station, newsroom: Newsroom, receiver: Receiver, tmp_path: Path
) -> None:
    fills(newsroom.outlet("ledger"), days=2, seed=1, subject="harbour soup")
    configure(tmp_path, newsroom, receiver)
    report = station.runs()
    assert (report.articles, report.mentions) == (2, 0)
    assert len(receiver.posts) == 0
    assert station.said == [""]


def test_a_poll_that_fails_is_no_first_look(
    station: Station, newsroom: Newsroom, receiver: Receiver, tmp_path: Path, clock: Clock
) -> None:
    ledger = newsroom.outlet("ledger")
    fills(ledger, days=3, seed=1)
    ledger.fails(500)
    configure(tmp_path, newsroom, receiver)
    assert station.runs().state == "nothing"
    assert len(receiver.posts) == 0
    ledger.recovers()
    clock.passes(hours=1)
    report = station.runs()
    assert report.sources["ledger"].first_look
    assert len(summaries(receiver)) == 1
