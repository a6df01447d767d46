"""The measure of the whole: twenty sites, six hundred articles, a quarter of them copies, from feed to inbox."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from config.load import SHIPPED
from flows.demo.press import Publication
from flows.report import PassReport
from tests.clock import Clock
from tests.inboxes import MailInbox, Receiver
from tests.newsroom import Newsroom
from tests.passes import NO_SEEDS, Station, alerts_to, stories_told
from tests.volume import Planted, make_articles, print_all, twenty_outlets
from warehouse.database import Warehouse

ARTICLES = 600
FOLLOWED = ("waico", "eu-ai-act", "international-ai-safety-report")


@dataclass
class Day:
    """A day of news that one pass has read."""

    clock: Clock
    newsroom: Newsroom
    station: Station
    printed: list[tuple[Publication, Planted]]
    first: PassReport
    report: PassReport
    receiver: Receiver
    mailbox: MailInbox

    def by_url(self) -> dict[str, Planted]:
        return {publication.url: planted for publication, planted in self.printed}


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    folder, clock = tmp_path_factory.mktemp("twenty"), Clock()
    with Newsroom(clock) as newsroom, Receiver() as receiver, MailInbox() as mailbox:
        outlets = twenty_outlets(newsroom)
        for outlet in outlets[-2:]:
            outlet.kind = "sitemap_index"
        # What the first look finds is history: alerts begin with what comes after.
        for outlet, old in zip(outlets, make_articles(20, seed=2, copies=0, mentioning=0), strict=True):
            outlet.publishes(old.story, published=clock.ago(days=3))
        station = _station(folder, newsroom, clock, receiver, mailbox)
        first = station.runs()
        clock.passes(hours=24)
        printed = print_all(outlets, make_articles(ARTICLES, seed=7, mentioning=0.15))
        newsroom.forgets()
        report = station.runs()
        yield Day(clock, newsroom, station, printed, first, report, receiver, mailbox)


def _station(folder: Path, newsroom: Newsroom, clock: Clock, receiver: Receiver, mailbox: MailInbox) -> Station:
    config = newsroom.write_config(
        folder / "config",
        initiatives=SHIPPED / "initiatives.yaml",
        alerts=_alerts(receiver, mailbox),
        seeds=NO_SEEDS,
        settings={"network": {"per_host_connections": 8}},
    )
    return Station(config, Warehouse(folder / "data" / "govwatch.duckdb"), clock)


def _alerts(receiver: Receiver, mailbox: MailInbox) -> dict[str, Any]:
    """Three readers: one wants every story, one a few initiatives, one what is written in Chinese."""
    alerts = alerts_to(receiver, mailbox)
    wanted: dict[str, dict[str, Any]] = {
        "hook": {},
        "mail": {"initiatives": list(FOLLOWED)},
        "terminal": {"languages": ["zh"]},
    }
    for subscription in alerts["subscriptions"]:
        # Below "notice" is what a reader may hear of a known story: that another outlet prints it.
        subscription["match"] = wanted[subscription["channels"][0]] | {"min_severity": "notice"}
    return alerts


def test_every_article_is_fetched_once_and_stored_once(day: Day) -> None:
    assert day.first.articles == 20
    assert (day.report.pages, day.report.articles, day.report.failing) == (ARTICLES, ARTICLES, [])
    assert sorted(hit.url for hit in day.newsroom.article_hits()) == sorted(day.by_url())
    stored = day.station.asks("select url from articles where origin = 'live'")
    assert sorted(url for (url,) in stored) == sorted(day.by_url())


def test_every_article_has_the_title_text_and_date_that_its_outlet_printed(day: Day) -> None:
    stored = day.station.asks("select url, title, text, published from articles where origin = 'live'")
    expected = {publication.url: publication for publication, _ in day.printed}
    for url, title, text, published in stored:
        publication = expected[url]
        assert title == publication.story.title
        assert published == publication.published
        squeezed = "".join(text.split())
        missing = [part for part in publication.story.paragraphs if "".join(part.split()) not in squeezed]
        assert not missing, (url, missing)


def test_every_planted_mention_is_found_with_its_evidence_and_no_other(day: Day) -> None:
    found = day.station.asks(
        "select a.url, initiative_id, surface, sentence, field, span_start, span_end, title, text "
        "from mentions m join articles a using (article_id)"
    )
    expected = {
        (url, initiative, surface) for url, planted in day.by_url().items() for initiative, surface in planted.mentions
    }
    assert {(url, initiative, surface) for url, initiative, surface, *_ in found} == expected
    assert len(found) == len(expected), "each once"
    for _, _, surface, sentence, field, start, end, title, text in found:
        assert (title if field == "title" else text)[start:end] == surface
        assert surface in sentence


def test_copies_join_the_story_of_their_original_and_originals_have_stories_of_their_own(day: Day) -> None:
    planted = day.by_url()
    rows = day.station.asks(
        "select a.url, story_id from articles a join story_members using (article_id) where a.origin = 'live'"
    )
    pairs = {(planted[url].story_number, story) for url, story in rows}
    assert len(rows) == ARTICLES
    assert len(pairs) == len({number for number, _ in pairs}) == len({story for _, story in pairs})
    copies = sum(one.original is not None for one in planted.values())
    assert day.report.copies == copies > ARTICLES / 5


def test_each_subscriber_is_told_once_of_each_story_that_was_asked_for(day: Day) -> None:
    names = dict(day.station.asks("select initiative_id, name from initiatives"))
    told = {
        (initiative, planted.story_number, planted.language)
        for planted in day.by_url().values()
        for initiative in planted.initiatives
    }
    # A copy may run under a headline of its own: the number of its story is what counts.
    number = {planted.story.title: planted.story_number for planted in day.by_url().values()}
    hook = [(initiative, number[title]) for initiative, title in stories_told(day.receiver.of("desk"))]
    assert sorted(hook) == sorted((names[initiative], story) for initiative, story, _ in told)

    mails = day.mailbox.of("reader")
    followed = Counter(names[initiative] for initiative, _, _ in told if initiative in FOLLOWED)
    assert Counter(str(mail["Subject"])[1:].partition("]")[0] for mail in mails) == followed
    assert len({mail["Message-ID"] for mail in mails}) == len(mails) > 0

    console = day.station.said[1]
    assert console.count("why: govwatch explain") == sum(language == "zh" for _, _, language in told) > 0


def test_another_pass_looks_again_only_at_what_was_told_and_alerts_nobody(day: Day) -> None:
    posts, mails = len(day.receiver.posts), len(day.mailbox.mails)
    day.newsroom.forgets()
    day.clock.passes(hours=4)
    report = day.station.runs()
    assert (report.pages, report.articles, report.signals) == (0, 0, 0)
    told = day.station.asks(
        "select coalesce(a.discovered_url, a.url) from follow_ups join articles a using (article_id)"
    )
    assert told
    looked = {hit.url for hit in day.newsroom.article_hits()}
    assert looked <= {url for (url,) in told}
    polls = [
        hit
        for hit in day.newsroom.log
        if hit.path != "/robots.txt" and not hit.path.startswith("/sitemap-") and hit.url not in looked
    ]
    assert len(polls) == 20
    assert all(hit.status == 304 for hit in polls)
    assert (len(day.receiver.posts), len(day.mailbox.mails)) == (posts, mails)
    assert day.station.said[-1] == ""


def test_copies_that_come_late_join_their_story_and_alert_nobody_again(day: Day) -> None:
    posts, mails = len(day.receiver.posts), len(day.mailbox.mails)
    original = next(
        publication
        for publication, planted in day.printed
        if planted.language == "en" and planted.initiatives & set(FOLLOWED)
    )
    others = [
        one for one in day.newsroom.outlets.values() if one.house.language == "en" and one.id != original.house.id
    ]
    day.newsroom.syndicates(original, to=others[:4], cut=0.8, headline="What the wires carried overnight")
    report = day.station.runs()
    assert (report.articles, report.copies) == (4, 4)
    assert (len(day.receiver.posts), len(day.mailbox.mails)) == (posts, mails)
    assert day.station.said[-1] == ""
