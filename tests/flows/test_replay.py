"""Kept pages are read again: what a better extractor or a new rule finds is stored as history, once, and alerts nobody."""

from __future__ import annotations

import copy
import json
import os
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from config.load import load
from flows.replay import ReplayReport, replay
from records.errors import GovwatchError
from tests.clock import Clock
from tests.flows.test_sources_ill import Site
from tests.inboxes import Receiver
from tests.newsroom import Newsroom, text_about
from tests.passes import INITIATIVES, NO_SEEDS, Say, Station, alerts_to, stories_told
from tests.volume import make_articles
from warehouse.database import Warehouse
from warehouse.packs import Packs
from warehouse.pages import Wanted

BOX = "Elsewhere in the paper: the Lantern Accord was the talk of the evening at the pilots' table, and not only there."
ALL = Wanted()
ARTICLES = "select * exclude (first_seen, run_id) from articles order by article_id"
MENTIONS = "select initiative_id, surface, found_at, article_id from mentions order by all"


def page(title: str, paragraphs: list[str]) -> bytes:
    body = "".join(f"<p>{one}</p>" for one in paragraphs)
    return (
        f"<!doctype html><html lang='en'><head><title>{title}</title><meta property='og:type' content='article'>"
        f"<meta property='article:published_time' content='2026-11-22T09:00:00Z'></head>"
        f"<body><article><h1>{title}</h1><div class='story'>{body}</div></article></body></html>"
    ).encode()


def paragraphs(subject: str) -> list[str]:
    return text_about(subject).split("\n\n")


class Desk:
    """A site written by hand, and a station that reads it; rules for the site may be changed."""

    def __init__(self, place: Path, newsroom: Newsroom, site: Site, clock: Clock, receiver: Receiver) -> None:
        self.place, self.newsroom, self.site, self.receiver = place, newsroom, site, receiver
        self.station = Station(place / "config", Warehouse(place / "data" / "govwatch.duckdb"), clock)
        self.configured()

    def configured(self, rules: str = "", initiatives: Any = INITIATIVES, **settings: Any) -> None:
        config = self.newsroom.write_config(
            self.place / "config",
            sources={"sources": [self.site.source()]},
            initiatives=initiatives,
            alerts=alerts_to(self.receiver),
            seeds=NO_SEEDS,
            settings={"limits": {"workers": 1}, "network": {"allow_private_hosts": ["127.0.0.1"]}, **settings},
        )
        (config / "sites").mkdir(exist_ok=True)
        if rules:
            (config / "sites" / "127.0.0.1.yaml").write_text(f"site: 127.0.0.1\nrules:\n{rules}")

    def prints(self, **pages: bytes) -> None:
        for name, body in pages.items():
            self.site.pages[f"/{name}"] = body
        self.site.feeds(*[(f"{self.site.base}/{name}", name) for name in pages])

    def replays(self, wanted: Wanted = ALL, *, write: bool = True) -> ReplayReport:
        station = self.station
        return replay(load(station.config, {}), station.warehouse, station.clock, wanted, write=write)


@pytest.fixture(scope="module")
def first_day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Path]]:
    """One pass over three pages, made once: each test goes on from a copy of it."""
    place, clock = tmp_path_factory.mktemp("first"), Clock()
    with Newsroom(clock) as newsroom, Site(clock) as site, Receiver() as receiver:
        desk = Desk(place, newsroom, site, clock, receiver)
        treaty = paragraphs("the Harbour Treaty")
        desk.prints(
            one=page("The treaty is read", [*treaty[:2], f"<span class='box'>{BOX}</span>", *treaty[2:]]),
            two=page("Lamps on the quay", paragraphs("lamps and their keepers")),
            stub=page("Who pays", ["Only a beginning."]),
        )
        desk.station.runs()
        yield site, place


@pytest.fixture
def desk(
    first_day: tuple[Site, Path], tmp_path: Path, newsroom: Newsroom, clock: Clock, receiver: Receiver
) -> Iterator[Desk]:
    site, place = first_day
    shutil.copytree(place / "data", tmp_path / "data")
    pages, site.clock = dict(site.pages), clock
    yield Desk(tmp_path, newsroom, site, clock, receiver)
    site.pages = pages


def test_pages_that_were_read_are_kept_with_what_they_gave(desk: Desk) -> None:
    rows = desk.station.asks(
        "select p.url, p.access, p.titled, p.signed, p.dated, p.bytes, p.raw_hash = a.raw_hash, p.file "
        "from pages p left join articles a using (article_id) order by p.url"
    )
    base = desk.site.base
    file = "2026-11-23.warc.gz"
    assert [(row[0], *row[1:5], *row[6:]) for row in rows] == [
        (f"{base}/one", "full", True, False, True, True, file),
        (f"{base}/stub", "not_article", True, False, True, None, file),
        (f"{base}/two", "full", True, False, True, True, file),
    ]
    assert rows[0][5] == len(desk.site.pages["/one"])  # type: ignore[arg-type]


def test_what_has_not_changed_reads_the_same(desk: Desk) -> None:
    before = desk.station.asks(ARTICLES), desk.station.asks(MENTIONS)
    desk.station.clock.passes(hours=1)  # type: ignore[attr-defined]
    report = desk.replays()
    assert (report.pages, report.same, report.changes, report.written) == (3, 3, [], 0)
    assert (desk.station.asks(ARTICLES), desk.station.asks(MENTIONS)) == before


def test_a_dry_run_shows_what_a_rule_changes_and_changes_nothing(desk: Desk) -> None:
    before = desk.station.asks(ARTICLES)
    desk.configured("  - drop: span.box\n")
    report = desk.replays(write=False)
    (change,) = report.changes
    assert (change.what, change.fields, change.gained, change.lost) == ("changed", ("text",), (), ("lantern-accord",))
    assert change.characters < change.characters_before
    assert desk.station.asks(ARTICLES) == before
    assert desk.station.asks("select count(*) from runs where kind = 'replay'") == [(0,)]


def test_a_rule_takes_furniture_out_of_stored_articles_and_with_it_the_false_mention(desk: Desk) -> None:
    stories = desk.station.asks("select article_id, story_id from story_members order by all")
    found_at = dict(desk.station.asks("select initiative_id, found_at from mentions"))
    signals = desk.station.asks("select count(*) from signals")
    desk.station.clock.passes(hours=1)  # type: ignore[attr-defined]
    desk.configured("  - drop: span.box\n")
    report = desk.replays()
    assert (len(report.changes), report.written) == (1, 1)
    (text, extractor, words) = desk.station.asks(
        "select text, extractor, word_count from articles where title = 'The treaty is read'"
    )[0]
    assert BOX not in text
    assert " site:127.0.0.1@" in extractor
    assert words == len(text.replace("'s", "s").split())
    assert desk.station.asks("select initiative_id, found_at from mentions") == [
        ("harbour-treaty", found_at["harbour-treaty"])
    ], "what stays keeps the time at which it was found"
    assert desk.station.asks("select article_id, story_id from story_members order by all") == stories
    assert desk.station.asks("select count(*) from signals") == signals
    same = "select count(*) from articles a join story_members m using (article_id) join internal.fingerprints f "
    with desk.station.opened() as con:
        agree = con.execute(f"{same} using (number) where f.text_hash = a.text_hash").fetchall()
    assert agree == [(2,)], "copies of the text of today are recognised"


def test_a_second_run_changes_nothing_and_tells_nothing(desk: Desk) -> None:
    desk.configured("  - drop: span.box\n")
    desk.replays()
    before = desk.station.asks(ARTICLES), desk.station.asks(MENTIONS), desk.station.asks("from pages")
    desk.station.clock.passes(hours=1)  # type: ignore[attr-defined]
    again = desk.replays()
    assert (again.changes, again.written, again.summaries) == ([], 0, 0)
    assert (desk.station.asks(ARTICLES), desk.station.asks(MENTIONS), desk.station.asks("from pages")) == before


def test_pages_that_gave_no_article_give_one_by_a_new_rule_as_history_told_in_one_summary(
    desk: Desk, receiver: Receiver, clock: Clock
) -> None:
    hidden = page("The accord is signed", []).replace(
        b"<div class='story'></div>",
        b"<ul class='feed'>"
        + b"".join(f"<li><a href='/x'>{one}</a></li>".encode() for one in paragraphs("the Lantern Accord"))
        + b"</ul>",
    )
    clock.passes(hours=1)
    desk.prints(hidden=hidden)
    desk.station.runs()
    assert desk.station.asks("select outcome from frontier where url like '%/hidden'") == [("not_article",)]
    told = len(receiver.posts)
    desk.configured("  - keep: ul.feed\n")
    clock.passes(hours=1)
    report = desk.replays(Wanted(url=f"{desk.site.base}/hidden", key=f"{desk.site.base}/hidden"))
    (change,) = report.changes
    assert (change.what, change.title, change.gained) == ("new", "The accord is signed", ("lantern-accord",))
    assert desk.station.asks(
        "select origin, coalesce(discovered_url, url) from articles where title = $1", change.title
    ) == [("backfill", f"{desk.site.base}/hidden")]
    url = "select f.outcome, f.article_id = a.article_id, p.article_id = a.article_id, p.access from frontier f "
    assert desk.station.asks(
        f"{url} join pages p using (url) join articles a on coalesce(a.discovered_url, a.url) = f.url where f.url like '%/hidden'"
    ) == [("fetched", True, True, "full")]
    assert desk.station.asks("select count(*) from signals where article_id = $1", change.article_id) == [(0,)]
    clock.passes(hours=1)
    desk.station.runs()
    later = [post.json["occasion"] for post in list(receiver.posts)[told:]]
    assert later == ["first_look"], "one summary and no alert"
    assert stories_told(list(receiver.posts)[told:]) == []


def test_an_article_whose_page_would_give_none_today_is_told_and_stays(desk: Desk) -> None:
    before = desk.station.asks("select article_id, text from articles order by all")
    desk.configured("  - stub: h1\n")
    report = desk.replays()
    assert {change.what for change in report.changes} == {"lost"}
    assert all("mark of a stub" in change.note for change in report.changes)
    assert report.written == 0
    assert desk.station.asks("select article_id, text from articles order by all") == before


def test_changed_initiatives_are_read_with_too(desk: Desk) -> None:
    changed = copy.deepcopy(INITIATIVES)
    changed["initiatives"][2]["aliases"] = ["lamps and their keepers"]
    desk.configured(initiatives=changed)
    report = desk.replays()
    assert [change.gained for change in report.changes if change.gained] == [("ferry-panel",)]
    assert desk.station.asks("select count(*) from mentions where initiative_id = 'ferry-panel'") == [(1,)]


def test_pages_of_a_time_or_a_source_only(desk: Desk, clock: Clock) -> None:
    clock.passes(days=1)
    desk.prints(three=page("Three boats", paragraphs("three boats")))
    desk.station.runs()
    assert desk.replays(Wanted(since=clock() - timedelta(hours=1))).pages == 1
    assert desk.replays(Wanted(source="site")).pages == 4
    with pytest.raises(GovwatchError, match="no page that is wanted is kept"):
        desk.replays(Wanted(source="other"))
    with pytest.raises(GovwatchError, match="no page of http"):
        desk.replays(Wanted(url="http://127.0.0.1:1/none", key="none"))


def test_a_replay_that_was_killed_is_made_good_by_the_next_one(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from flows import replay as module

    monkeypatch.setattr(module, "_BATCH", 1)
    desk.configured("  - {drop: span.box, title: h1.none}\n")

    def killed(done: int, _total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replay(
            load(desk.station.config, {}),
            desk.station.warehouse,
            desk.station.clock,
            ALL,
            write=True,
            progress=killed,
        )
    desk.replays()
    assert desk.station.asks("select count(*) from articles where contains(text, 'Elsewhere')") == [(0,)]
    assert desk.replays().written == 0


def test_many_pages_are_read_in_processes_with_the_same_result(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from flows import replay as module

    desk.configured("  - drop: span.box\n")
    alone = desk.replays(write=False)
    monkeypatch.setattr(module, "_ALONE", 0)
    many = desk.replays(write=False)
    assert many.changes == alone.changes


def test_damaged_pages_are_told_and_the_others_are_read(desk: Desk) -> None:
    path = Packs(desk.station.warehouse.path).folder / "2026-11-23.warc.gz"
    (position,) = desk.station.asks("select max(begins_at) from pages")[0]
    os.truncate(path, position + 10)
    report = desk.replays()
    assert (report.pages, sum(report.failed.values()), report.same) == (3, 1, 2)
    (reason,) = report.failed
    assert "2026-11-23.warc.gz" in reason


# ---- what is kept, and for how long ---------------------------------------------------------------------------------


def test_kept_pages_go_after_their_time_with_the_next_pass_and_their_rows_say_so(desk: Desk, clock: Clock) -> None:
    packs = Packs(desk.station.warehouse.path)
    clock.passes(days=20)
    desk.prints(three=page("Three boats", paragraphs("three boats")))
    desk.station.runs()
    clock.passes(days=11)
    desk.station.runs()
    assert list(packs.files()) == ["2026-12-13.warc.gz"]
    assert desk.station.asks("select count(*), count(file) from pages") == [(4, 1)]
    assert desk.replays().pages == 1


def test_who_keeps_no_pages_has_none_and_is_told_how_to_keep_them(desk: Desk, clock: Clock) -> None:
    desk.configured(retention={"pages": "none"})
    clock.passes(hours=1)
    desk.prints(three=page("Three boats", paragraphs("three boats")))
    desk.station.runs()
    assert Packs(desk.station.warehouse.path).files() == {}
    assert desk.station.asks("select count(*), count(file) from pages") == [(4, 0)], (
        "what they gave is noted all the same"
    )
    with pytest.raises(GovwatchError, match=r"retention\.pages in settings\.yaml is none"):
        desk.replays()


def test_a_full_disk_costs_pages_and_no_article(desk: Desk, clock: Clock) -> None:
    clock.passes(days=1)
    (Packs(desk.station.warehouse.path).folder / "2026-11-24.warc.gz").symlink_to("/dev/full")
    desk.prints(three=page("Three boats", paragraphs("three boats")))
    report = desk.station.runs()
    assert report.articles == 1
    assert "pages cannot be kept" in report.unkept
    assert desk.station.asks("select file from pages where url like '%/three'") == [(None,)]


# ---- the command ----------------------------------------------------------------------------------------------------


def test_the_command_shows_a_table_and_json(desk: Desk, govwatch: Say) -> None:
    desk.configured("  - drop: span.box\n")
    place = ("--config", str(desk.station.config), "--warehouse", str(desk.station.warehouse.path))
    code, told, _ = govwatch("replay", "--dry-run", *place)
    assert (code, "The treaty is read" in told, "-lantern-accord" in told) == (0, True, True)
    assert "Nothing was changed" in told
    _, told, _ = govwatch("replay", "--json", "--since", "2026-11-23", *place)
    machine = json.loads(told)
    assert (machine["written"], machine["changes"][0]["lost"]) == (1, ["lantern-accord"])
    code, _, errors = govwatch("replay", "--since", "2027-01-01", *place)
    assert (code, "no page that is wanted is kept" in errors) == (1, True)
    assert govwatch("replay", "--since", "soon", *place)[0] == 2


TEXTS = [planted.story.text for planted in make_articles(4, seed=9, languages=("en",), copies=0, mentioning=0)]
NOTE = "This paper is printed on sails that were patched twice, and every sheet of it can be mended at the quay."


def test_lines_that_an_outlet_repeated_stay_out_when_it_has_forgotten_them(desk: Desk, clock: Clock) -> None:
    for number, text in enumerate(TEXTS):
        clock.passes(hours=1)
        desk.prints(**{f"n{number}": page(f"Matter {number}", [*text.split("\n"), NOTE])})
        desk.station.runs()
    holds = "select title from articles where contains(text, 'printed on sails') order by title"
    before = desk.station.asks(holds)
    assert before == [("Matter 0",), ("Matter 1",)], "two other pages had the line when the third one came"
    with desk.station.opened() as con:
        con.execute("delete from outlet_lines")
    desk.station.warehouse.publish()
    desk.replays()
    assert desk.station.asks(holds) == before
