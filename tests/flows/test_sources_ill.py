"""Sources that misbehave: nothing of them is lost or believed, operators hear of each illness once, and it ends.

A handwritten site stands in where a newsroom would never print such a thing.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Self

import pytest

from flows.demo.pages import article_page
from flows.demo.press import House, Publication, Story
from flows.demo.server import Answer, LoopbackServer, Request
from tests.clock import Clock
from tests.inboxes import Receiver
from tests.newsroom import Newsroom, text_about
from tests.passes import INITIATIVES, NO_SEEDS, Station, alerts_to, stories_told
from warehouse import health
from warehouse.database import Warehouse


class Site:
    """A site of which every answer is written by hand: a body, an `Answer`, or a function of the request, by path."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.pages: dict[str, bytes | Answer | Callable[[Request], Answer]] = {}
        self.log: list[Request] = []
        self._server = LoopbackServer()
        self.base = f"http://127.0.0.1:{self._server.listen('127.0.0.1', 0, self._answer)}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    def source(self, path: str = "/feed", kind: str = "feed", **more: Any) -> dict[str, Any]:
        return {"id": "site", "name": "The Site", "kind": kind, "url": self.base + path, "every": "1h"} | more

    def prints(self, path: str, title: str, text: str) -> str:
        """Put an article there, and return its URL."""
        house = House("site", "The Site", "en", self.base, "utf-8", "classic", timedelta(0), 50)
        now = self.clock()
        self.pages[path] = article_page(Publication(house, path, Story.of(title, text), now, now), ())
        return self.base + path

    def feeds(self, *entries: tuple[str, str], guid: str = "", date: str = "", path: str = "/feed") -> None:
        """Put an RSS feed of (link, title) there."""
        date = date or format_datetime(self.clock())
        items = "".join(
            f"<item><title>{title}</title><link>{link}</link><guid>{guid or link}</guid><pubDate>{date}</pubDate></item>"
            for link, title in entries
        )
        body = f'<rss version="2.0"><channel><title>Site</title>{items}</channel></rss>'
        self.pages[path] = Answer(200, {"Content-Type": "application/rss+xml"}, body.encode())

    def asked(self, path: str) -> list[Request]:
        return [request for request in self.log if request.path == path]

    def _answer(self, request: Request) -> Answer:
        self.log.append(request)
        page = self.pages.get(request.path, Answer(404, {}, b"nothing here"))
        if callable(page):
            page = page(request)
        return page if isinstance(page, Answer) else Answer(200, {"Content-Type": "text/html; charset=utf-8"}, page)


@pytest.fixture
def site(clock: Clock) -> Iterator[Site]:
    with Site(clock) as site:
        yield site


Open = Callable[..., Station]


@pytest.fixture
def station(tmp_path: Path, newsroom: Newsroom, clock: Clock, receiver: Receiver) -> Open:
    """Opens a station on the newsroom's outlets and the given sources; its operator listens at the receiver."""

    def opened(*sources: dict[str, Any]) -> Station:
        alerts = alerts_to(receiver)
        alerts["channels"]["ops"] = {"type": "webhook", "url": f"{receiver.url}/ops"}
        operator = {"name": "operator", "channels": ["ops"], "match": {"initiatives": ["none"]}, "operator": True}
        alerts["subscriptions"].append(operator)
        alerts["canary"] = False
        config = newsroom.write_config(
            tmp_path / "config",
            sources={"sources": [*newsroom.sources(), *sources]},
            initiatives=INITIATIVES,
            alerts=alerts,
            seeds=NO_SEEDS,
            settings={"limits": {"workers": 1}},
        )
        return Station(config, Warehouse(tmp_path / "data" / "govwatch.duckdb"), clock)

    return opened


def told(receiver: Receiver) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return (title, [(source, what)]) of every message to the operator on sources.

    A newsroom of one outlet has passes that end badly when that one fails: `test_alarms` is about those.
    """
    return [
        (post.json["title"], [(item["initiative"], item["reason"]) for item in post.json["items"]])
        for post in receiver.of("ops")
        if all(item["initiative"] != "Govwatch" for item in post.json["items"])
    ]


def states(station: Station) -> dict[str, tuple[str, bool]]:
    return {name: (state, ill) for name, state, ill in station.asks("select source_id, state, ill from source_health")}


def outcomes(station: Station) -> dict[str, str]:
    return dict(station.asks("select url, outcome from frontier"))


# ---- what operators hear --------------------------------------------------------------------------------------------


def test_operators_hear_once_that_sources_fell_ill_and_once_that_they_are_well_again(
    newsroom: Newsroom, station: Open, clock: Clock, receiver: Receiver
) -> None:
    ledger, mirror, wire = (newsroom.outlet(name) for name in ("harbour-ledger", "plain-mirror", "wire"))
    for outlet in (ledger, mirror, wire):
        outlet.publishes("An older matter", text_about(f"the matter of {outlet.id}"), published=clock.ago(hours=30))
    desk = station()
    desk.runs()
    ledger.fails(404)
    mirror.fails("html_feed")
    wire.fails(500, times=3)  # three tries of one poll: weather
    for _ in range(2):
        clock.passes(hours=1)
        desk.runs()
    assert states(desk)["harbour-ledger"] == ("failing", False)
    assert told(receiver) == []

    for _ in range(3):
        clock.passes(hours=1)
        desk.runs()
    assert told(receiver) == [("2 sources are ill", [("harbour-ledger", "failing"), ("plain-mirror", "failing")])]
    assert states(desk)["wire"] == ("well", False)

    ledger.recovers()
    clock.passes(hours=1)
    desk.runs()
    mirror.recovers()
    clock.passes(hours=1)
    desk.runs()
    desk.runs()
    assert told(receiver)[1:] == [
        ("1 source is well again", [("harbour-ledger", "well again")]),
        ("1 source is well again", [("plain-mirror", "well again")]),
    ]


def test_a_crash_while_operators_are_told_neither_loses_nor_doubles_the_message(
    newsroom: Newsroom, station: Open, clock: Clock, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.outlet("harbour-ledger").fails(404)
    desk = station()
    for _ in range(2):
        desk.runs()
        clock.passes(hours=1)

    def crash(*_: object) -> None:
        raise RuntimeError("the plug was pulled")

    with monkeypatch.context() as patched:
        patched.setattr(health, "told", crash)
        with pytest.raises(RuntimeError, match="plug"):
            desk.runs()
    assert told(receiver) == []
    for _ in range(2):
        clock.passes(hours=1)
        desk.runs()
    assert [title for title, _ in told(receiver)] == ["1 source is ill"]


def test_a_source_that_is_gone_for_good_is_told_and_asked_daily_for_ever(
    newsroom: Newsroom, station: Open, clock: Clock, receiver: Receiver
) -> None:
    ledger = newsroom.outlet("harbour-ledger")
    ledger.publishes("An older matter", text_about("an older matter"))
    desk = station()
    desk.runs()
    ledger.fails(410)
    for _ in range(3):
        clock.passes(hours=30)
        desk.runs(all_sources=False)
        ((wait,),) = desk.asks("select next_poll - last_poll from sources")
        assert wait == timedelta(days=1)
    assert states(desk) == {"harbour-ledger": ("gone", True)}
    assert told(receiver) == [("1 source is ill", [("harbour-ledger", "gone")])]
    assert len(ledger.polls) == 4


def test_a_source_that_moved_is_read_at_its_new_place_and_said_to_have_moved(
    newsroom: Newsroom, station: Open, clock: Clock
) -> None:
    ledger = newsroom.outlet("harbour-ledger")
    ledger.publishes("An older matter", text_about("an older matter"))
    ledger.moves("/feed.xml", "/atom.xml")
    desk = station()
    report = desk.runs()
    assert "moved for good" in report.sources["harbour-ledger"].reason
    assert report.articles == 1
    assert desk.asks("select moved_to, state, reason from source_health") == [
        (f"{ledger.house.base}/atom.xml", "well", f"moved for good to {ledger.house.base}/atom.xml")
    ]


# ---- answers that are not what they seem ----------------------------------------------------------------------------


def test_a_login_page_in_place_of_a_feed_is_a_fault_and_hides_nothing(
    newsroom: Newsroom, station: Open, clock: Clock
) -> None:
    ledger = newsroom.outlet("harbour-ledger")
    ledger.publishes("An older matter", text_about("an older matter"))
    desk = station()
    desk.runs()
    news = ledger.publishes("What came meanwhile", text_about("a newer matter"))
    ledger.fails("html_feed", times=1)
    clock.passes(hours=1)
    line = desk.runs().sources["harbour-ledger"]
    assert line.outcome == "failed"
    assert desk.asks("select parse_faults from source_health") == [(1,)]
    clock.passes(hours=1)
    desk.runs()
    assert outcomes(desk)[news.url] == "fetched"


@pytest.mark.parametrize("fault", ["half", "truncated"])
def test_a_feed_that_is_cut_off_gives_its_rest_at_the_next_poll(
    newsroom: Newsroom, station: Open, clock: Clock, fault: str
) -> None:
    ledger = newsroom.outlet("harbour-ledger")
    for number in range(8):
        ledger.publishes(f"Matter number {number}", text_about(f"matter {number}"), published=clock.ago(hours=number))
    ledger.fails(fault, times=1 if fault == "half" else 3)
    desk = station()
    desk.runs()
    assert len(outcomes(desk)) < 8
    clock.passes(hours=1)
    desk.runs()
    assert len(outcomes(desk)) == 8  # though the server calls both answers by one ETag


def test_a_server_that_calls_a_changed_feed_unchanged_is_found_out_and_trusted_no_more(
    site: Site, station: Open, clock: Clock
) -> None:
    def lies(request: Request) -> Answer:
        if "if-none-match" in request.headers:
            return Answer(304, {"ETag": '"ever"'})
        page = site.pages["/real"]
        assert isinstance(page, Answer)
        return Answer(200, {"Content-Type": "application/rss+xml", "ETag": '"ever"'}, page.body)

    old = site.prints("/old", "An older matter", text_about("an older matter"))
    site.feeds((old, "An older matter"), path="/real")
    site.pages["/feed"] = lies
    desk = station(site.source())
    desk.runs()
    new = site.prints("/new", "A newer matter", text_about("a newer matter"))
    site.feeds((new, "A newer matter"), (old, "An older matter"), path="/real")
    clock.passes(hours=1)
    desk.runs()
    assert new not in outcomes(desk)
    with desk.opened() as con:
        con.execute("update sources set unmodified = 20")
    clock.passes(hours=1)
    desk.runs()
    assert outcomes(desk)[new] == "fetched"
    assert desk.asks("select mistrusted_at from source_health") == [(clock(),)]
    clock.passes(hours=1)
    desk.runs()
    assert "if-none-match" not in site.asked("/feed")[-1].headers


# ---- items that are not what they seem ------------------------------------------------------------------------------


def test_links_to_metadata_addresses_files_and_pictures_end_with_a_reason_and_the_good_one_is_read(
    site: Site, station: Open
) -> None:
    good = site.prints("/good", "A good matter", text_about("a good matter"))
    site.pages["/paper.pdf"] = Answer(200, {"Content-Type": "application/pdf"}, b"%PDF-1.7 ...")
    site.pages["/liar"] = Answer(200, {"Content-Type": "text/html"}, b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20)
    site.pages["/picture.png"] = Answer(200, {"Content-Type": "image/png"}, b"\x89PNG")
    site.pages["/inside"] = Answer(302, {"Location": "http://169.254.169.254/latest/meta-data/"})
    site.pages["/local"] = Answer(302, {"Location": "file:///etc/passwd"})
    links = [
        "file:///etc/passwd",
        "http://169.254.169.254/latest/meta-data/",
        "http://2852039166/",
        "http://[::ffff:10.0.0.1]/",
    ]
    links += [site.base + path for path in ("/paper.pdf", "/liar", "/picture.png", "/inside", "/local")]
    site.feeds(*[(link, f"Matter {number}") for number, link in enumerate(links)], (good, "A good matter"))
    desk = station(site.source())
    desk.runs()
    found = outcomes(desk)
    assert found.pop(good) == "fetched"
    assert {url.removeprefix(site.base): outcome for url, outcome in found.items()} == {
        "http://169.254.169.254/latest/meta-data/": "blocked",
        "http://2852039166/": "blocked",
        "http://[::ffff:10.0.0.1]/": "blocked",
        "/paper.pdf": "not_html",
        "/liar": "not_html",
        "/picture.png": "not_html",
        "/inside": "blocked",
        "/local": "blocked",
    }
    assert desk.asks("select linkless, reason from source_health") == [(1, "1 entries name no page")]


def test_items_that_share_one_guid_are_told_apart_by_their_links(site: Site, station: Open) -> None:
    urls = [site.prints(f"/{number}", f"Matter {number}", text_about(f"matter {number}")) for number in range(5)]
    site.feeds(*[(url, f"Matter {number}") for number, url in enumerate(urls)], guid="the-same-for-all")
    desk = station(site.source())
    assert desk.runs().articles == 5


def test_a_date_in_the_future_is_no_date_and_makes_no_source_look_fresh(site: Site, station: Open) -> None:
    url = site.prints("/one", "A matter of tomorrow", text_about("tomorrow"))
    site.feeds((url, "A matter of tomorrow"), date="Fri, 03 Jan 2031 10:00:00 GMT")
    desk = station(site.source())
    desk.runs()
    assert desk.asks("select newest_item from sources") == [(None,)]
    assert desk.asks("select published from frontier") == [(None,)]


def test_an_item_whose_link_changes_at_each_poll_is_one_story_and_alerts_once(
    site: Site, station: Open, clock: Clock, receiver: Receiver
) -> None:
    old = site.prints("/old", "An older matter", text_about("an older matter"))
    site.feeds((old, "An older matter"))
    desk = station(site.source())
    desk.runs()
    text = text_about("the Harbour Treaty")
    for number in range(4):
        clock.passes(hours=1)
        url = site.prints(f"/news/{number * 7919:06x}", "The Harbour Treaty is signed", text)
        site.feeds((url, "The Harbour Treaty is signed"), (old, "An older matter"), guid="signed")
        desk.runs()
    assert desk.asks("select count(distinct story_id) from mentions join story_members using (article_id)") == [(1,)]
    assert stories_told(receiver.of("desk")) == [("Harbour Treaty", "The Harbour Treaty is signed")]


def test_fifty_thousand_items_in_one_feed_are_noted_and_the_first_look_stays_small(site: Site, station: Open) -> None:
    entries = [(f"{site.base}/{number}", f"Matter {number}") for number in range(50_000)]
    site.feeds(*entries)
    desk = station(site.source(max_pages=3))
    begun = time.monotonic()
    desk.runs()
    assert time.monotonic() - begun < 60  # three seconds on a machine of two cores
    found = dict(desk.asks("select outcome, count(*) from frontier group by all"))
    assert sum(found.values()) == 50_000
    assert found["over_budget"] == 50_000 - 25


# ---- documents that point to others ---------------------------------------------------------------------------------


def sitemap(*urls: str, index: bool = False) -> bytes:
    outer, inner = ("sitemapindex", "sitemap") if index else ("urlset", "url")
    entries = "".join(f"<{inner}><loc>{url}</loc></{inner}>" for url in urls)
    return f'<{outer} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</{outer}>'.encode()


def test_an_index_of_indexes_is_followed_and_one_lost_part_costs_only_its_own_items(
    site: Site, station: Open, clock: Clock
) -> None:
    urls = [site.prints(f"/{number}", f"Matter {number}", text_about(f"matter {number}")) for number in range(3)]
    xml = {"Content-Type": "application/xml", "ETag": '"one"'}
    site.pages["/map"] = lambda request: (
        Answer(304, xml)
        if "if-none-match" in request.headers
        else Answer(
            200, xml, sitemap(*[f"{site.base}/map/{name}" for name in ("deep", "part", "lost", "map")], index=True)
        )
    )
    site.pages["/map/map"] = Answer(200, xml, sitemap(f"{site.base}/map", index=True))
    site.pages["/map/deep"] = Answer(200, xml, sitemap(f"{site.base}/map/deeper", index=True))
    site.pages["/map/deeper"] = Answer(200, xml, sitemap(urls[0]))
    site.pages["/map/part"] = Answer(200, xml, sitemap(urls[1]))
    desk = station(site.source("/map", "sitemap"))
    report = desk.runs()
    assert set(outcomes(desk)) == set(urls[:2])
    assert "/map/lost could not be read" in report.sources["site"].reason
    site.pages["/map/lost"] = Answer(200, xml, sitemap(urls[2]))
    clock.passes(hours=1)
    desk.runs()  # the index has not changed, yet it is read: the last poll had a gap
    assert set(outcomes(desk)) == set(urls)
    assert len(site.asked("/map")) == 2


def test_next_pages_of_an_answer_are_read_back_to_the_last_poll_and_no_further(
    site: Site, station: Open, clock: Clock
) -> None:
    for number in range(30):
        body = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": "Site",
            "next_url": f"{site.base}/feed/{number + 1}",
            "items": [{"url": f"{site.base}/{number}", "date_published": clock.ago(days=number).isoformat()}],
        }
        path = f"/feed/{number}" if number else "/feed"
        site.pages[path] = Answer(200, {"Content-Type": "application/feed+json"}, json.dumps(body).encode())
    desk = station(site.source())
    desk.runs()
    first = [request.path for request in site.log if request.path.startswith("/feed")]
    assert len(first) == 5
    site.log.clear()
    clock.passes(hours=1)
    desk.runs()
    second = [request.path for request in site.log if request.path.startswith("/feed")]
    assert len(second) < 5


# ---- pages that do not come -----------------------------------------------------------------------------------------


def test_a_host_that_does_not_answer_keeps_its_pages_for_the_next_pass_untried(
    newsroom: Newsroom, station: Open, clock: Clock
) -> None:
    ledger = newsroom.outlet("harbour-ledger")
    for number in range(8):
        ledger.publishes(f"Matter number {number}", text_about(f"matter {number}"), published=clock.ago(hours=number))
    ledger.fails("closed", on="articles")
    desk = station()
    report = desk.runs()
    assert 3 <= report.pages <= 4
    waiting = desk.asks("select outcome, attempts, count(*) from frontier group by all order by 1")
    assert waiting == [("failed", 1, report.pages), ("pending", 0, 8 - report.pages)]
    ledger.recovers()
    clock.passes(hours=1)
    desk.runs()
    assert set(outcomes(desk).values()) == {"fetched"}


def test_the_pace_of_a_source_follows_what_its_polls_bring(newsroom: Newsroom, station: Open, clock: Clock) -> None:
    busy, calm = newsroom.outlet("busy", feed_size=4, every="1h"), newsroom.outlet("calm", every="1h")
    for number in range(4):
        busy.publishes(f"Busy {number}", text_about(f"busy {number}"), published=clock.ago(hours=2 + number / 10))
        calm.publishes(f"Calm {number}", text_about(f"calm {number}"), published=clock.ago(days=1 + 2 * number))
    desk = station()
    desk.runs()
    for round_ in range(3):
        clock.passes(minutes=30)
        for number in range(4):
            busy.publishes(f"Busy {round_} {number}", text_about(f"busy {round_} {number}"))
        desk.runs()
    pace = dict(desk.asks("select source_id, interval_seconds from source_health"))
    assert (pace["busy"], pace["calm"]) == (900, 4500)
    ((reason,),) = desk.asks("select pace_reason from source_health where source_id = 'busy'")
    assert "none is missed" in reason
