"""History from archives and from GDELT: everything a pass finds in a page, and never an alert."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from config.load import load
from flows.backfill import load_archive
from flows.backfill_gdelt import list_files, load_gdelt, source_for
from flows.cli import main
from flows.history import BackfillReport, History, Nobody, Window
from records.errors import GovwatchError, ParseError
from records.source import Source
from tests.clock import Clock
from tests.inboxes import Receiver
from tests.newsroom import Newsroom
from tests.passes import INITIATIVES, NO_SEEDS, Station, alerts_to, stories_told
from warehouse.database import Warehouse

WORDS = [
    "anchor",
    "barley",
    "candle",
    "delta",
    "ember",
    "fjord",
    "garnet",
    "hollow",
    "island",
    "juniper",
    "kettle",
    "lantern",
    "meadow",
    "nettle",
    "orchard",
    "pebble",
    "quarry",
    "river",
    "saddle",
    "timber",
]


def prose(subject: str) -> str:
    """Return a text about ``subject`` that is like no other's."""
    dice = random.Random(subject)
    lines = [" ".join(dice.choices(WORDS, k=14)).capitalize() + "." for _ in range(24)]
    lines[3] = f"Delegates came to speak about {subject}, and stayed until the lamps were lit."
    return "\n\n".join(" ".join(lines[start : start + 4]) for start in range(0, 24, 4))


def page(title: str, subject: str, published: str = "2026-02-01T09:00:00Z", link: str = "") -> bytes:
    paragraphs = "".join(f"<p>{part}</p>" for part in prose(f"{subject} and {title}").split("\n\n"))
    head = f"<title>{title}</title><meta property='og:title' content='{title}'><meta property='article:published_time' content='{published}'>{link}"
    return f"<!doctype html><html lang='en'><head>{head}</head><body><article><h1>{title}</h1>{paragraphs}</article></body></html>".encode()


def answer(url: str, body: bytes, captured: str = "2026-03-01T00:00:00Z") -> bytes:
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + body
    head = f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\nWARC-Date: {captured}\r\nContent-Length: {len(block)}\r\n\r\n"
    return gzip.compress(head.encode() + block + b"\r\n\r\n")


@pytest.fixture
def station(tmp_path: Path, newsroom: Newsroom, clock: Clock, receiver: Receiver) -> Station:
    """A govwatch that reads one outlet and tells a webhook."""
    newsroom.outlet("harbour-ledger", country="GB", tier=1)
    config = newsroom.write_config(
        tmp_path / "config", initiatives=INITIATIVES, alerts=alerts_to(receiver), seeds=NO_SEEDS
    )
    return Station(config, Warehouse(tmp_path / "data" / "govwatch.duckdb"), clock)


def history(station: Station, source: str | None = None) -> History:
    configuration = load(station.config, {})
    found = next((one for one in configuration.sources if one.id == source), None)
    return History(configuration, station.warehouse, station.clock, found)


def backfills(station: Station, path: Path, window: Window | None = None, source: str | None = None) -> BackfillReport:
    return load_archive(history(station, source), path, window or Window())


@pytest.fixture
def crawl(tmp_path: Path) -> Path:
    """An archive of three articles, of which two mention the same initiative, and a front page."""
    path = tmp_path / "crawl.warc.gz"
    path.write_bytes(
        answer("https://ledger.example/one", page("Ministers sign at last", "the Harbour Treaty"))
        + answer("https://ledger.example/", b"<html><body><a href='/one'>one</a></body></html>")
        + answer(
            "https://post.example/two", page("A quiet vote in the north", "the Harbour Treaty", "2026-01-05T09:00:00Z")
        )
        + answer("https://post.example/three", page("Rain again in the valley", "the weather"))
    )
    return path


def test_an_archive_becomes_history_with_its_mentions_and_alerts_nobody(
    station: Station, crawl: Path, receiver: Receiver
) -> None:
    report = backfills(station, crawl)
    assert (report.read, report.loaded.stored, report.loaded.mentions, report.loaded.signals) == (4, 3, 2, 0)
    assert report.skipped == {"no article in the page": 1}
    stored = station.asks("select url, outlet, origin, source_id, published::date::varchar from articles order by url")
    assert stored == [
        ("https://ledger.example/one", "ledger.example", "backfill", "backfill", "2026-02-01"),
        ("https://post.example/three", "post.example", "backfill", "backfill", "2026-02-01"),
        ("https://post.example/two", "post.example", "backfill", "backfill", "2026-01-05"),
    ]
    assert [(line.outlet, line.articles, line.mentions) for line in report.outlets] == [
        ("post.example", 2, 1),
        ("ledger.example", 1, 1),
    ]
    assert station.asks("select kind, state from runs") == [("backfill", "completed")]
    station.runs()
    (post,) = receiver.posts
    assert post.json["occasion"] == "first_look"
    assert {item["title"] for item in post.json["items"]} == {"Ministers sign at last", "A quiet vote in the north"}


def test_what_history_mentions_is_no_first_mention_any_more(
    station: Station, crawl: Path, newsroom: Newsroom, receiver: Receiver, clock: Clock
) -> None:
    newsroom.outlets["harbour-ledger"].publishes("Nothing of note", prose("the weather"), published=clock.ago(days=1))
    station.runs()
    backfills(station, crawl)
    clock.passes(hours=1)
    newsroom.outlets["harbour-ledger"].publishes("A new chapter opens", prose("the Harbour Treaty, again"))
    newsroom.outlets["harbour-ledger"].publishes("Lamps for everyone", prose("the Lantern Accord"))
    station.runs()
    assert {title for _, title in stories_told(receiver.posts)} == {"Lamps for everyone", "A new chapter opens"}
    said = station.asks("select initiative_id from signals where kind = 'first_mention'")
    assert said == [("lantern-accord",)]


def test_loading_it_again_changes_nothing_and_reads_no_page_twice(station: Station, crawl: Path) -> None:
    backfills(station, crawl)
    before = station.asks("select count(*) from mentions")
    again = backfills(station, crawl)
    assert (again.loaded.stored, again.loaded.known, again.known, again.summaries) == (0, 0, 3, 0)
    assert station.asks("select count(*) from mentions") == before


def test_the_articles_of_a_named_source_have_its_country_and_tier(station: Station, crawl: Path) -> None:
    report = backfills(station, crawl, source="harbour-ledger")
    assert report.source == "harbour-ledger"
    assert station.asks("select distinct source_id, country, tier from articles") == [("harbour-ledger", "GB", 1)]


@pytest.mark.parametrize(
    ("what", "window", "stored", "outside"),
    [
        ("from a day on", Window(since=datetime(2026, 1, 20, tzinfo=UTC)), 2, 1),
        ("up to a day", Window(until=datetime(2026, 1, 20, tzinfo=UTC)), 1, 2),
        ("captured before it began: no page need be read", Window(since=datetime(2026, 6, 1, tzinfo=UTC)), 0, 4),
    ],
)
def test_only_the_window_is_loaded(
    station: Station, crawl: Path, what: str, window: Window, stored: int, outside: int
) -> None:
    report = backfills(station, crawl, window)
    assert (report.loaded.stored, report.outside) == (stored, outside)


def test_a_folder_with_saved_pages_and_rows_of_texts_is_loaded_each_article_once(
    tmp_path: Path, station: Station
) -> None:
    folder = tmp_path / "saved"
    folder.mkdir()
    link = "<link rel='canonical' href='https://ledger.example/one'>"
    (folder / "with-address.html").write_bytes(page("Ministers sign at last", "the Harbour Treaty", link=link))
    (folder / "without.html").write_bytes(page("Rain again in the valley", "the weather"))
    (folder / "without-again.html").write_bytes(page("Rain again in the valley", "the weather"))
    rows = [
        {
            "url": "https://post.example/two",
            "title": "Lamps for everyone",
            "text": prose("the Lantern Accord"),
            "date": "2026-01-05",
        },
        {"title": "No address", "text": prose("the Ferry Panel")},
    ]
    (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    report = backfills(station, folder)
    assert (report.loaded.stored, report.loaded.mentions, report.known) == (4, 3, 1)
    assert station.asks(
        "select outlet, published::date::varchar from articles where url = 'https://post.example/two'"
    ) == [("post.example", "2026-01-05")]
    again = backfills(station, folder)
    assert (again.loaded.stored, again.known) == (0, 5)


def test_a_run_that_is_stopped_keeps_what_it_read_and_the_next_goes_on(station: Station, tmp_path: Path) -> None:
    path = tmp_path / "many.warc.gz"
    path.write_bytes(
        b"".join(
            answer(f"https://ledger.example/{n}", page(f"Number {n} of the long list", f"item {n}")) for n in range(60)
        )
    )
    one = history(station)

    class Impatient(Nobody):
        def moves(self, done: int, note: str) -> None:
            one.stop.set()

    one.onlooker = Impatient()
    report = load_archive(one, path, Window())
    assert report.state == "stopped"
    rest = backfills(station, path)
    assert report.loaded.stored + rest.loaded.stored == 60
    assert rest.state == "completed"


def test_what_is_no_archive_is_refused_before_anything_is_noted(station: Station, tmp_path: Path) -> None:
    with pytest.raises(ParseError, match="there is no such file"):
        backfills(station, tmp_path / "nowhere.warc")
    assert not station.warehouse.path.exists()


# ---- GDELT ----------------------------------------------------------------------------------------------------------


class Lists:
    """A server of minute files."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files, self.asked = files, list[str]()
        lists = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                lists.asked.append(self.path)
                body = lists.files.get(self.path)
                self.send_response(200 if body is not None else 404)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/gal"


def minute_file(*rows: tuple[str, str]) -> bytes:
    lines = [
        {"date": "2026-11-01T10:00:00Z", "url": url, "title": title, "outletName": "Harbour Ledger"}
        for url, title in rows
    ]
    return gzip.compress("\n".join(map(json.dumps, lines)).encode())


SINCE, UNTIL = datetime(2026, 11, 1, 10, 0, tzinfo=UTC), datetime(2026, 11, 1, 10, 3, tzinfo=UTC)


def test_the_lists_of_gdelt_are_read_once_and_what_is_on_topic_is_fetched_as_history(tmp_path: Path, newsroom: Newsroom, clock: Clock, receiver: Receiver) -> None:  # fmt: skip
    ledger = newsroom.outlet("harbour-ledger")
    treaty = ledger.publishes("The Harbour Treaty turns two", prose("the Harbour Treaty"), published=clock.ago(days=22))
    rain = ledger.publishes("Rain again in the valley", prose("the weather"), published=clock.ago(days=22))
    lists = Lists(
        {
            "/gal/20261101100000.gal.json.gz": minute_file((treaty.url, "The Harbour Treaty turns two"), (rain.url, "Rain again")),
            "/gal/20261101100200.gal.json.gz": minute_file((treaty.url, "The Harbour Treaty turns two")),
        }
    )  # fmt: skip
    sources = {"sources": [{"id": "gdelt-history", "kind": "gdelt", "url": f"{lists.url}/20260101000000.gal.json.gz", "keywords": ["treaty"], "enabled": False, "reason": "a template"}]}  # fmt: skip
    config = newsroom.write_config(tmp_path / "config", sources=sources, initiatives=INITIATIVES, alerts=alerts_to(receiver), seeds=NO_SEEDS)  # fmt: skip
    station = Station(config, Warehouse(tmp_path / "govwatch.duckdb"), clock)

    def run(*, again: bool = False) -> BackfillReport:
        configuration = load(station.config, {})
        one = History(configuration, station.warehouse, clock, source_for(configuration, None))
        return asyncio.run(load_gdelt(one, SINCE, UNTIL, again=again))

    report = run()
    assert (report.lists, report.lists_missing, report.items, report.wanted, report.new) == (2, 1, 3, 2, 1)
    assert (report.read, report.loaded.stored, report.loaded.mentions, report.loaded.signals) == (1, 1, 1 + 1, 0)
    assert station.asks("select url, origin from articles") == [(treaty.url, "backfill")]
    assert (len(newsroom.hits(treaty)), len(newsroom.hits(rain))) == (1, 0)

    asked = len(lists.asked)
    second = run()
    assert (second.lists, second.lists_known, second.read, second.summaries) == (0, 2, 0, 0)
    assert [path for path in lists.asked[asked:] if path.endswith("00.gal.json.gz")] == ["/gal/20261101100100.gal.json.gz"] * (len(lists.asked) - asked)  # fmt: skip
    assert run(again=True).lists == 2
    assert len(newsroom.hits(treaty)) == 1
    lists.server.shutdown()
    lists.server.server_close()


def test_the_files_of_a_window_are_named_by_minute_beside_the_source_s_own_file() -> None:
    source = Source("g", "g", "gdelt", "https://mirror.example/gal/20260101000000.gal.json.gz", every=UNTIL - SINCE)
    assert list_files(source, SINCE, UNTIL) == [
        f"https://mirror.example/gal/2026110110{minute:02}00.gal.json.gz" for minute in range(3)
    ]


def test_gdelt_without_a_topic_is_refused(station: Station) -> None:
    with pytest.raises(GovwatchError, match=r"sources\.yaml needs one of kind gdelt"):
        source_for(load(station.config, {}), None)


# ---- the command ----------------------------------------------------------------------------------------------------


def test_the_command_shows_what_came_by_outlet_and_what_was_passed_over(
    station: Station, crawl: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    options = ["--config", str(station.config), "--warehouse", str(station.warehouse.path)]
    assert main(["backfill", str(crawl), *options, "--since", "2026-01-01", "--until", "2026-02-01"]) == 0
    said = capfd.readouterr().out
    assert "passed over 1: no article in the page" in said
    assert "4 pages read: 3 articles new (0 copies), 0 known already, 1 passed over; 2 mentions" in said
    assert main(["backfill", str(crawl), *options, "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["known"] == 3


@pytest.mark.parametrize(
    ("arguments", "message", "code"),
    [
        (("gdelt",), "gdelt needs --since", 2),
        (("x.warc", "--since", "yesterday"), "'yesterday' is no time", 2),
        (("x.warc", "--since", "2026-02-01", "--until", "2026-01-01"), "--since is not before --until", 2),
        (("x.warc",), "there is no such file or folder", 1),
        (("x.warc", "--source", "nobody"), "there is no source 'nobody'", 1),
    ],
)
def test_a_mistake_is_answered_with_what_would_be_right(
    capfd: pytest.CaptureFixture[str], station: Station, arguments: tuple[str, ...], message: str, code: int
) -> None:
    assert (
        main(["backfill", *arguments, "--config", str(station.config), "--warehouse", str(station.warehouse.path)])
        == code
    )
    assert message in capfd.readouterr().err
