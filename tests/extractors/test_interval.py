"""How often a source is asked follows from what its polls showed, within bounds, and from what its publisher wishes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.feed_parts import Pace
from extractors.interval import LONGEST, MISTRUST, Seen, conditional, learn, max_age, next_poll
from records.source import UNKNOWN, Habit

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def after(habit: Habit, *polls: tuple[int, int], every: timedelta = HOUR) -> Habit:
    """Return what is learnt from polls of (items, new ones), each made when it was due."""
    at, last_new = NOW, NOW
    for items, new in polls:
        before, at = at, at + (habit.interval or every)
        seen = Seen(at, items, new, full=items > 0, last_poll=before, last_new=last_new)
        habit, _ = learn(habit, every, seen)
        last_new = at if new else last_new
    return habit


@pytest.mark.parametrize(
    ("polls", "expected"),
    [
        pytest.param([(20, 3)], HOUR, id="a comfortable overlap is what was configured"),
        pytest.param([(20, 18)], HOUR / 2, id="two polls that hardly overlap come closer"),
        pytest.param([(20, 20)] * 9, HOUR / 4, id="but never below a quarter"),
        pytest.param([(20, 20), (20, 20), *[(20, 2)] * 9], HOUR, id="calm brings a busy source back, and no further"),
        pytest.param([(0, 0)], HOUR * 1.25, id="not modified: asked a little later"),
        pytest.param([(20, 0)] * 40, HOUR * 8, id="all old for ever: eight times, no more"),
        pytest.param([(20, 0), (20, 0), (20, 0), (20, 1)], HOUR, id="one new item ends the calm at once"),
    ],
)
def test_the_interval_follows_the_overlap_of_two_polls(polls: list[tuple[int, int]], expected: timedelta) -> None:
    assert after(UNKNOWN, *polls).interval == expected


def test_a_source_with_news_every_hour_is_not_forgotten_over_a_quiet_night() -> None:
    habit = after(Habit(usual_gap=HOUR), *[(20, 0)] * 12, every=timedelta(minutes=30))
    assert habit.interval == timedelta(minutes=30)
    assert after(Habit(usual_gap=16 * HOUR), *[(20, 0)] * 12).interval == 4 * HOUR


def test_a_first_look_teaches_the_source_s_own_habit_from_its_dates_and_nothing_about_its_pace() -> None:
    dates = tuple(NOW - DAY * number for number in range(1, 12))
    habit, _ = learn(UNKNOWN, HOUR, Seen(NOW, 11, 11, first_look=True, dates=dates))
    assert (habit.interval, habit.usual_gap, habit.longest_gap) == (HOUR, DAY, DAY)


def test_a_pinned_item_of_years_ago_is_no_habit() -> None:
    dates = (NOW, NOW - HOUR, NOW - 2 * HOUR, NOW - 3 * HOUR, NOW - 3000 * DAY)
    habit, _ = learn(UNKNOWN, HOUR, Seen(NOW, 5, 5, first_look=True, dates=dates))
    assert habit.longest_gap == HOUR


def test_a_poll_that_somebody_asked_for_early_teaches_nothing() -> None:
    seen = Seen(NOW, 20, 0, last_poll=NOW - timedelta(minutes=5), last_new=NOW - HOUR)
    habit, reason = learn(Habit(interval=HOUR), HOUR, seen)
    assert habit.interval == HOUR
    assert "early" in reason


def test_all_is_new_after_a_week_of_rest_and_that_is_no_haste() -> None:
    habit, reason = learn(UNKNOWN, HOUR, Seen(NOW, 20, 20, last_poll=NOW - 7 * DAY, last_new=NOW - 7 * DAY))
    assert habit.interval == HOUR
    assert "not asked for long" in reason


def test_quiet_times_are_remembered_and_fade() -> None:
    habit = Habit(usual_gap=HOUR, longest_gap=100 * HOUR)
    habit, _ = learn(habit, HOUR, Seen(NOW, 20, 1, last_poll=NOW - HOUR, last_new=NOW - 6 * HOUR))
    assert habit.usual_gap == 2 * HOUR
    assert habit.longest_gap == 98 * HOUR


@pytest.mark.parametrize(
    ("habit", "wait"),
    [
        pytest.param(Habit(fresh=2 * HOUR), 2 * HOUR, id="a ttl is a wish to be asked no sooner"),
        pytest.param(Habit(fresh=30 * DAY), 8 * HOUR, id="but nobody means a month"),
        pytest.param(Habit(interval=3 * HOUR, fresh=2 * HOUR), 3 * HOUR, id="the longer of the two counts"),
        pytest.param(Habit(skip_hours=(13, 14)), 3 * HOUR, id="hours without news are passed over"),
        pytest.param(Habit(skip_hours=tuple(range(24))), HOUR, id="no hour at all is a mistake"),
        pytest.param(Habit(skip_days=(1, 2, 3)), DAY, id="days without news are passed over, within a day"),
    ],
)
def test_the_publisher_s_wishes_are_followed_within_bounds(habit: Habit, wait: timedelta) -> None:
    assert next_poll(habit, HOUR, NOW) == NOW + wait


def test_wishes_are_taken_from_the_document_and_the_headers_of_whole_answers() -> None:
    seen = Seen(
        NOW, 5, 1, last_poll=NOW - HOUR, wishes=Pace(600, frozenset({3, 1})), cache_control="public, max-age=7200"
    )
    habit, _ = learn(UNKNOWN, HOUR, seen)
    assert (habit.fresh, habit.skip_hours) == (2 * HOUR, (1, 3))
    again, _ = learn(habit, HOUR, Seen(NOW + HOUR, full=False, last_poll=NOW))
    assert (again.fresh, again.skip_hours) == (2 * HOUR, (1, 3))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 0),
        ("max-age=60", 60),
        ("private, Max-Age = 5", 5),
        ("no-store, max-age=60", 0),
        ("s-maxage=60", 0),
        ("max-age=soon", 0),
    ],
)
def test_max_age_of_a_header(header: str | None, seconds: int) -> None:
    assert max_age(header) == seconds


def test_now_and_then_a_source_is_asked_without_a_condition() -> None:
    habit, _ = learn(UNKNOWN, HOUR, Seen(NOW, 20, 20, first_look=True))
    asked = []
    at = NOW
    for _ in range(25):
        at += timedelta(minutes=15)
        asked.append(conditional(habit, at))
        habit, _ = learn(habit, HOUR, Seen(at, full=not asked[-1], last_poll=at - HOUR))
    assert asked.count(False) == 1
    assert asked.index(False) == 20


def test_a_source_that_is_asked_seldom_is_asked_without_a_condition_after_a_few_days() -> None:
    assert conditional(Habit(unmodified=2, last_full=NOW - 2 * DAY), NOW)
    assert not conditional(Habit(unmodified=3, last_full=NOW - 3 * DAY), NOW)


def test_a_source_whose_validators_lied_is_asked_without_them_for_a_month() -> None:
    seen = Seen(NOW, 20, 2, last_poll=NOW - HOUR, etag_kept=True)
    habit, _ = learn(UNKNOWN, HOUR, seen)
    assert habit.mistrusted == NOW
    assert not conditional(habit, NOW + HOUR)
    assert conditional(habit, NOW + MISTRUST)
    unchanged, _ = learn(UNKNOWN, HOUR, replace(seen, new=0))
    assert unchanged.mistrusted is None


POLLS = st.tuples(st.integers(0, 100), st.integers(0, 100), st.integers(0, 10**6), st.booleans())


@settings(deadline=None, max_examples=80)
@given(st.integers(30, 10**6), st.lists(POLLS, max_size=30), st.integers(0, 10**9), st.frozensets(st.integers(0, 23)))
def test_no_history_takes_a_source_out_of_its_bounds(
    every: int, polls: list[tuple[int, int, int, bool]], ttl: int, hours: frozenset[int]
) -> None:
    usual, habit, at = timedelta(seconds=every), UNKNOWN, NOW
    for items, new, later, first in polls:
        before, at = at, at + timedelta(seconds=later)
        seen = Seen(
            at, items, min(new, items), first_look=first, last_poll=before, last_new=before, wishes=Pace(ttl, hours)
        )
        habit, reason = learn(habit, usual, seen)
        assert reason
        wait = next_poll(habit, usual, at) - at
        assert min(usual, timedelta(minutes=1)) <= wait <= max(LONGEST, usual)
