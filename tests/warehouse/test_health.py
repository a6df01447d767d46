"""What `govwatch status` shows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from records.article import Discovery, FeedItem, Origin, Outcome, UrlOutcome
from records.document import Batch, Document
from records.source import Source
from warehouse import articles, frontier, health, runs, sources
from warehouse.database import Warehouse
from warehouse.sources import Poll, PollOutcome

from .test_articles import by_text, nothing

HOUR = timedelta(hours=1)


def test_health_of_a_warehouse_that_has_seen_some_work(
    warehouse: Warehouse, document: Callable[..., Document], now: datetime
) -> None:
    one, two = document("one"), document("two", outlet="gazette.example", origin=Origin.BACKFILL)
    with warehouse.writing() as con:
        runs.start(con, "run-1", now)
        sources.sync(
            con,
            [Source(name, name.title(), "feed", f"https://{name}.example/", HOUR) for name in ("harbour", "gazette")],
            now,
        )
        found = [
            Discovery(FeedItem(f"https://harbour.example/{name}", source="harbour"), f"harbour.example/{name}")
            for name in "abcd"
        ]
        frontier.discovered(con, found, now)
        sources.record_polls(con, [Poll("harbour", "u", now, PollOutcome.FAILED, "no such host")])
        outcomes = (
            UrlOutcome("https://harbour.example/a", Outcome.FAILED, now, "server answered 500"),
            UrlOutcome("https://harbour.example/b", Outcome.GONE, now),
        )
        articles.load(con, Batch((one, two), outcomes), choose=by_text, detect=nothing, run_id="run-1", now=now)
    warehouse.publish()
    with warehouse.reading() as con:
        seen = health.read(con, warehouse, now)
        later = health.read(con, warehouse, now + HOUR)

    assert seen.outcomes == {Outcome.PENDING: 2, Outcome.FAILED: 1, Outcome.GONE: 1}
    assert (seen.due, later.due, seen.given_up) == (2, 3, 0)
    (failing,) = seen.failing
    assert (failing.reason, failing.attempts, failing.next_try) == (
        "server answered 500",
        1,
        now + timedelta(minutes=15),
    )
    assert [(source.source_id, source.state) for source in seen.sources] == [("harbour", "failing"), ("gazette", "new")]
    assert seen.sources[0].articles == 2
    assert [run.run_id for run in seen.runs] == ["run-1"]
    assert seen.stored["articles"] == 2
    assert (seen.stored["articles.live"], seen.stored["articles.backfill"], seen.stored["stories"]) == (1, 1, 1)
    assert seen.sizes["news.duckdb"] > 0
    assert seen.sizes["news.read.duckdb"] > 0
    assert seen.sizes["news.duckdb.wal"] == 0


def test_an_empty_warehouse_is_healthy(warehouse: Warehouse, now: datetime) -> None:
    with warehouse.writing() as con:
        seen = health.read(con, warehouse, now)
    assert (seen.due, seen.given_up, seen.failing, seen.sources, seen.runs) == (0, 0, (), (), ())
    assert seen.stored["articles"] == 0
