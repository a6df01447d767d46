"""The tables of sources and initiatives say what is configured; the state of polls survives every change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest

from records.article import Discovery, FeedItem, Outcome, UrlOutcome
from records.source import Habit, Source
from warehouse import frontier, health, sources
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


def empty(at: datetime) -> Poll:
    return Poll("harbour", HARBOUR.url, at, PollOutcome.EMPTY, "understood, and nothing in it")


@pytest.mark.parametrize(
    ("polls", "expected"),
    [
        pytest.param([failed], ("failing", False), id="one failed poll is weather"),
        pytest.param([failed] * 2, ("failing", False), id="two, too"),
        pytest.param([failed] * 3, ("failing", True), id="three failed polls in a row are an illness"),
        pytest.param(
            [failed, failed, ok, failed], ("failing", False), id="a success between them starts the count anew"
        ),
        pytest.param([partial(failed, status=410)], ("gone", True), id="gone for good needs to be said once only"),
        pytest.param([empty] * 2, ("empty", False), id="an empty answer may be a slip"),
        pytest.param([empty] * 3, ("empty", True), id="three are not"),
        pytest.param([empty, empty, ok, empty], ("empty", False), id="items between them start the count anew"),
        pytest.param([ok], ("well", False), id="a good poll is well"),
    ],
)
def test_trouble_that_lasts_is_an_illness(
    warehouse: Warehouse, now: datetime, polls: list[Callable[[datetime], Poll]], expected: tuple[str, bool]
) -> None:
    with warehouse.writing() as con:
        sources.sync(con, [HARBOUR], now)
        sources.record_polls(con, [ok(now), *(poll(now + HOUR * number) for number, poll in enumerate(polls, 1))])
        (condition,) = health.conditions(con)
    assert (condition.state, condition.ill) == expected


def test_a_source_without_success_for_a_day_is_ill_after_two_polls(warehouse: Warehouse, now: datetime) -> None:
    with warehouse.writing() as con:
        sources.sync(con, [HARBOUR], now)
        sources.record_polls(con, [ok(now), failed(now + 20 * HOUR), failed(now + 25 * HOUR)])
        assert [one.ill for one in health.conditions(con)] == [True]


def test_a_search_that_finds_nothing_is_not_ill(warehouse: Warehouse, now: datetime) -> None:
    with warehouse.writing() as con:
        sources.sync(con, [replace(HARBOUR, kind="federal_register")], now)
        sources.record_polls(con, [empty(now + HOUR * number) for number in range(9)])
        (condition,) = health.conditions(con)
    assert (condition.state, condition.ill) == ("empty", False)


@pytest.mark.parametrize(
    ("longest_gap", "quiet", "state"),
    [
        pytest.param(timedelta(hours=2), timedelta(days=2), "well", id="a weekend is no silence"),
        pytest.param(timedelta(hours=2), timedelta(days=4), "silent", id="four days are, where news is hourly"),
        pytest.param(timedelta(days=9), timedelta(days=17), "well", id="a think tank may take its time"),
        pytest.param(timedelta(days=9), timedelta(days=19), "silent", id="but not twice as long as ever"),
        pytest.param(timedelta(days=400), timedelta(days=61), "silent", id="two months are silence for anybody"),
        pytest.param(None, timedelta(days=6), "well", id="a week is allowed to those whose habit is not known"),
        pytest.param(None, timedelta(days=8), "silent", id="and no more"),
    ],
)
def test_a_source_is_silent_by_its_own_habit(
    warehouse: Warehouse, now: datetime, longest_gap: timedelta | None, quiet: timedelta, state: str
) -> None:
    habit = Habit(longest_gap=longest_gap)
    with warehouse.writing() as con:
        sources.sync(con, [HARBOUR], now)
        sources.record_polls(con, [ok(now - HOUR), ok(now), ok(now + quiet, new_items=0, habit=habit)])
        (condition,) = health.conditions(con)
    assert (condition.state, condition.ill) == (state, state == "silent")


def test_a_feed_that_died_years_ago_is_silent_from_its_first_look_on(warehouse: Warehouse, now: datetime) -> None:
    with warehouse.writing() as con:
        sources.sync(con, [HARBOUR], now)
        sources.record_polls(con, [ok(now, newest_item=now - timedelta(days=3000))])
    assert state_of(warehouse) == ("silent", "polls go well, but show nothing new since 2018-09-07")


def test_a_source_whose_pages_hold_no_articles_any_more_is_hollow(warehouse: Warehouse, now: datetime) -> None:
    urls = [f"https://harbour.example/{number}" for number in range(12)]
    found = [Discovery(FeedItem(url, source="harbour"), url.removeprefix("https://")) for url in urls]
    with warehouse.writing() as con:
        sources.sync(con, [HARBOUR], now)
        sources.record_polls(con, [ok(now)])
        frontier.discovered(con, found, now)
        stub = [UrlOutcome(url, Outcome.NOT_ARTICLE, now, "only a stub: paywall") for url in urls[:9]]
        frontier.settle(con, [*stub, *(UrlOutcome(url, Outcome.FETCHED, now) for url in urls[9:])])
    assert state_of(warehouse)[0] == "well"
    with warehouse.writing() as con:
        frontier.settle(con, [UrlOutcome(urls[9], Outcome.NOT_ARTICLE, now)])
    state, reason = state_of(warehouse)
    assert state == "hollow"
    assert reason.startswith("10 of 12 pages read within a week hold no whole article")


def test_what_a_source_taught_is_kept_as_it_was_learnt(warehouse: Warehouse, now: datetime) -> None:
    habit = Habit(HOUR / 2, 3 * HOUR, 9 * HOUR, HOUR, (0, 23), (5, 6), 7, now, now - HOUR)
    with warehouse.writing() as con:
        sources.sync(con, [HARBOUR], now)
        sources.record_polls(con, [ok(now, habit=habit, next_poll=now + HOUR / 2, pace_reason="half was new")])
        state = sources.states(con)["harbour"]
        assert (state.habit, state.last_poll, state.next_poll) == (habit, now, now + HOUR / 2)
        sources.record_polls(con, [failed(now + HOUR)])
        assert sources.states(con)["harbour"].habit == habit
        sources.sync(con, [replace(HARBOUR, every=2 * HOUR)], now)
        assert sources.states(con)["harbour"].habit.interval is None, "a new configuration is a new beginning"


def test_a_source_that_is_gone_is_asked_once_a_day(warehouse: Warehouse, now: datetime) -> None:
    with warehouse.writing() as con:
        sources.sync(con, [HARBOUR], now)
        for _ in range(9):
            sources.record_polls(con, [failed(now, status=410)])
            assert sources.states(con)["harbour"].next_poll == now + timedelta(days=1)


def test_a_source_that_stops_redirecting_has_moved_no_more(warehouse: Warehouse, now: datetime) -> None:
    moved = "https://harbour.example/rss"
    with warehouse.writing() as con:
        sources.sync(con, [HARBOUR], now)
        sources.record_polls(con, [ok(now, moved_to=moved), failed(now + HOUR)])
        assert rows(con, "select moved_to from sources") == [(moved,)]
        sources.record_polls(con, [ok(now + 2 * HOUR)])
        assert rows(con, "select moved_to from sources") == [(None,)]


def test_a_source_that_is_switched_off_takes_its_illness_with_it(warehouse: Warehouse, now: datetime) -> None:
    with warehouse.writing() as con:
        sources.sync(con, [HARBOUR], now)
        health.told(con, {"harbour": "failing"}, now)
        assert [one.told for one in health.conditions(con)] == ["failing"]
        sources.sync(con, [replace(HARBOUR, enabled=False)], now)
        health.told(con, {}, now)
        assert [one.told for one in health.conditions(con)] == [None]


def test_polls_of_many_sources_in_one_window_are_noted_each_for_itself(warehouse: Warehouse, now: datetime) -> None:
    many = [replace(HARBOUR, id=f"pier-{n}") for n in range(4)]
    with warehouse.writing() as con:
        sources.sync(con, many, now)
        habit = Habit(interval=timedelta(minutes=7), skip_hours=(1, 2), unmodified=3)
        sources.record_polls(con, [replace(ok(now), source_id=one.id, habit=habit) for one in many])
        later = now + HOUR
        sources.record_polls(
            con,
            [
                replace(ok(later, etag='"v2"'), source_id="pier-0"),
                replace(failed(later), source_id="pier-1"),
                Poll("pier-2", HARBOUR.url, later, PollOutcome.NOT_MODIFIED, status=304),
                Poll("nobody", HARBOUR.url, later, PollOutcome.OK, items=3),
                replace(failed(later + HOUR), source_id="pier-1"),
            ],
        )
        found = rows(
            con,
            "select source_id, last_outcome, consecutive_failures, polls, etag, interval_seconds, skip_hours "
            "from sources order by source_id",
        )
        logged = rows(con, "select source_id, count(*) from fetches group by 1 order by 1")
    assert found == [
        ("pier-0", "ok", 0, 2, '"v2"', 420, [1, 2]),
        ("pier-1", "failed", 2, 3, '"v1"', 420, [1, 2]),
        ("pier-2", "not_modified", 0, 2, '"v1"', 420, [1, 2]),
        ("pier-3", "ok", 0, 1, '"v1"', 420, [1, 2]),
    ]
    assert logged == [("nobody", 1), ("pier-0", 2), ("pier-1", 3), ("pier-2", 2), ("pier-3", 1)]
