"""The tables of sources and initiatives say what is configured; the state of polls survives every change."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from records.source import Source
from warehouse import health, sources
from warehouse.database import Warehouse, rows
from warehouse.sources import Poll, PollOutcome, Tracked, next_poll

HOUR = timedelta(hours=1)
HARBOUR = Source(
    "harbour", "Harbour News", "feed", "https://harbour.example/feed", HOUR, language="en", country="NO", tier=1
)
GAZETTE = Source("gazette", "The Gazette", "sitemap", "https://gazette.example/news.xml", HOUR)


def ok(at: datetime, **more: object) -> Poll:
    return replace(Poll("harbour", HARBOUR.url, at, PollOutcome.OK, etag='"v1"', items=3, new_items=2), **more)  # type: ignore[arg-type]


def failed(at: datetime, **more: object) -> Poll:
    return replace(Poll("harbour", HARBOUR.url, at, PollOutcome.FAILED, "server answered 503", status=503), **more)  # type: ignore[arg-type]


def state_of(warehouse: Warehouse, source_id: str = "harbour") -> tuple[str, str]:
    with warehouse.writing() as con:
        (one,) = (one for one in health.source_health(con) if one.source_id == source_id)
    return one.state, one.reason


def test_a_configured_source_is_due_at_once_and_its_first_look_is_ahead(warehouse: Warehouse, now: datetime) -> None:
    with warehouse.writing() as con:
        sources.sync(con, [HARBOUR, replace(GAZETTE, enabled=False)], now)
        states = sources.states(con)
    assert list(states) == ["harbour"]
    assert states["harbour"].due(now)
    assert states["harbour"].first_looked_at is None
    assert states["harbour"].interval == HOUR


def test_a_good_poll_keeps_its_validators_and_waits_for_its_interval(warehouse: Warehouse, now: datetime) -> None:
    with warehouse.writing() as con:
        sources.sync(con, [HARBOUR], now)
        sources.record_polls(con, [ok(now, last_modified="Tue, 24 Nov 2026 11:00:00 GMT")], "run-1")
        state = sources.states(con)["harbour"]
        log = rows(con, "select kind, source_id, outcome, items, new_items, run_id from fetches")
    assert (state.etag, state.last_modified) == ('"v1"', "Tue, 24 Nov 2026 11:00:00 GMT")
    assert (state.first_looked_at, state.last_success, state.last_new_item) == (now, now, now)
    assert not state.due(now + timedelta(minutes=59))
    assert state.due(now + HOUR)
    assert log == [("poll", "harbour", "ok", 3, 2, "run-1")]


def test_a_304_keeps_the_validators_it_did_not_repeat(warehouse: Warehouse, now: datetime) -> None:
    with warehouse.writing() as con:
        sources.sync(con, [HARBOUR], now)
        sources.record_polls(con, [ok(now)])
        sources.record_polls(con, [Poll("harbour", HARBOUR.url, now + HOUR, PollOutcome.NOT_MODIFIED, status=304)])
        state = sources.states(con)["harbour"]
    assert (state.etag, state.last_success, state.last_new_item) == ('"v1"', now + HOUR, now)


def test_a_good_answer_without_validators_forgets_the_old_ones(warehouse: Warehouse, now: datetime) -> None:
    with warehouse.writing() as con:
        sources.sync(con, [HARBOUR], now)
        sources.record_polls(con, [ok(now), ok(now + HOUR, etag=None)])
        assert sources.states(con)["harbour"].etag is None


def test_a_failing_source_is_asked_less_often_but_for_ever(warehouse: Warehouse, now: datetime) -> None:
    with warehouse.writing() as con:
        sources.sync(con, [HARBOUR], now)
        sources.record_polls(con, [ok(now)])
        waits = []
        at = now
        for _ in range(40):
            sources.record_polls(con, [failed(at)])
            state = sources.states(con)["harbour"]
            assert state.next_poll is not None
            waits.append(state.next_poll - at)
            at = state.next_poll
        assert state.consecutive_failures == 40
        assert state.etag == '"v1"'
        sources.record_polls(con, [ok(at)])
        assert sources.states(con)["harbour"].consecutive_failures == 0
    assert waits[:5] == [2 * HOUR, 4 * HOUR, 8 * HOUR, 16 * HOUR, 24 * HOUR]
    assert set(waits[5:]) == {timedelta(days=1)}


@pytest.mark.parametrize(
    ("interval", "failures", "asked", "wait"),
    [
        pytest.param(HOUR, 0, None, HOUR, id="a success waits for the configured interval"),
        pytest.param(HOUR, 0, 7200.0, 2 * HOUR, id="a server may ask for more"),
        pytest.param(HOUR, 0, 1e12, timedelta(days=1), id="but not for more than a day"),
        pytest.param(timedelta(days=7), 3, None, timedelta(days=7), id="a weekly source stays weekly"),
        pytest.param(HOUR, 10**6, None, timedelta(days=1), id="a source dead for years is asked daily"),
    ],
)
def test_when_a_source_is_polled_again(
    interval: timedelta, failures: int, asked: float | None, wait: timedelta, now: datetime
) -> None:
    assert next_poll(interval, failures, now, asked) == now + wait


def test_an_empty_answer_is_not_the_first_look(warehouse: Warehouse, now: datetime) -> None:
    with warehouse.writing() as con:
        sources.sync(con, [HARBOUR], now)
        sources.record_polls(con, [Poll("harbour", HARBOUR.url, now, PollOutcome.EMPTY)])
        assert sources.states(con)["harbour"].first_looked_at is None
    assert state_of(warehouse)[0] == "empty"


def test_configuring_again_keeps_the_state_and_follows_the_changes(warehouse: Warehouse, now: datetime) -> None:
    with warehouse.writing() as con:
        sources.sync(con, [HARBOUR, GAZETTE], now)
        sources.record_polls(con, [ok(now)])
        sources.sync(con, [replace(HARBOUR, name="Harbour Daily", every=HOUR / 2)], now + HOUR)
        state = sources.states(con)["harbour"]
        table = rows(con, "select source_id, name, configured, added_at from sources order by source_id")
    assert (state.etag, state.next_poll) == ('"v1"', now + HOUR / 2)
    assert table == [("gazette", "The Gazette", False, now), ("harbour", "Harbour Daily", True, now)]


def test_a_source_that_moved_is_looked_at_as_if_new(warehouse: Warehouse, now: datetime) -> None:
    with warehouse.writing() as con:
        sources.sync(con, [HARBOUR], now)
        sources.record_polls(con, [ok(now, moved_to="https://harbour.example/rss")])
    assert state_of(warehouse) == ("well", "moved for good to https://harbour.example/rss")
    with warehouse.writing() as con:
        sources.sync(con, [replace(HARBOUR, url="https://harbour.example/rss")], now)
        state = sources.states(con)["harbour"]
    assert (state.etag, state.first_looked_at, state.next_poll) == (None, None, None)
    assert state.last_success == now


def test_a_source_that_comes_back_into_the_configuration_is_polled_again(warehouse: Warehouse, now: datetime) -> None:
    with warehouse.writing() as con:
        sources.sync(con, [HARBOUR], now)
        sources.sync(con, [], now)
        assert sources.states(con) == {}
        sources.sync(con, [HARBOUR], now)
        assert list(sources.states(con)) == ["harbour"]


def test_the_view_says_how_a_source_is_and_why(warehouse: Warehouse, now: datetime) -> None:
    with warehouse.writing() as con:
        sources.sync(con, [HARBOUR, replace(GAZETTE, enabled=False, reason="terms of use")], now)
    assert state_of(warehouse) == ("new", "not polled yet")
    assert state_of(warehouse, "gazette") == ("off", "terms of use")
    with warehouse.writing() as con:
        sources.record_polls(con, [ok(now)])
    assert state_of(warehouse) == ("well", "")
    with warehouse.writing() as con:
        sources.record_polls(con, [failed(now + HOUR), failed(now + 2 * HOUR)])
    assert state_of(warehouse) == ("failing", "2 failed polls in a row: server answered 503")
    with warehouse.writing() as con:
        sources.record_polls(con, [ok(now + timedelta(days=9), new_items=0)])
    assert state_of(warehouse) == ("silent", "polls go well, but show nothing new since 2026-11-24")


def test_polls_of_a_source_that_is_not_configured_are_only_logged(warehouse: Warehouse, now: datetime) -> None:
    with warehouse.writing() as con:
        sources.record_polls(con, [ok(now)])
        assert rows(con, "select count(*) from sources") == [(0,)]
        assert rows(con, "select source_id from fetches") == [("harbour",)]


def test_initiatives_follow_the_configuration_and_none_is_forgotten(warehouse: Warehouse, now: datetime) -> None:
    act, treaty = Tracked("act", "The Act", aliases=("the act", "KI-Gesetz")), Tracked("treaty", "The Treaty")
    later = now + HOUR
    with warehouse.writing() as con:
        sources.sync_initiatives(con, [act, treaty], now)
        sources.sync_initiatives(con, [act, treaty], later)
        sources.sync_initiatives(con, [replace(act, aliases=("the act",), rules_version="r2")], later)
        table = rows(con, "select initiative_id, aliases, configured, added_at, changed_at from initiatives order by 1")
    assert table == [("act", ["the act"], True, now, later), ("treaty", [], False, now, now)]
