"""When an initiative is in the news far more than usual."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

import pytest

from alerts.bursts import Burst, burst, ordinal, tail
from records.signal import Rhythm
from tests.clock import MONDAY

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def rhythm(times: Sequence[datetime], *, watched: float = 60, last_spike: datetime | None = None) -> Rhythm:
    return Rhythm(MONDAY - timedelta(days=watched), dict(enumerate(times)), last_spike)


def usual(stories: int, days: int = 28) -> list[datetime]:
    """So many stories, spread over the days before today."""
    return [MONDAY - DAY - (number + 0.5) * days * DAY / stories for number in range(stories)]


def today(stories: int) -> list[datetime]:
    return [MONDAY - number * HOUR for number in range(stories)]


def test_a_third_story_of_a_quiet_initiative_is_a_burst_and_says_its_numbers() -> None:
    found = burst(rhythm(usual(11) + today(3)), MONDAY)
    assert found is not None
    assert found.reason == "third story today, usual is 0.4"


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [(11, 2, False), (0, 3, True), (28, 4, False), (28, 5, True), (140, 12, False), (140, 16, True), (840, 80, False)],
)
def test_how_many_stories_are_a_burst_depends_on_what_is_usual(before: int, now: int, told: bool) -> None:
    assert (burst(rhythm(usual(before) + today(now)), MONDAY) is not None) is told


def test_an_initiative_that_lives_in_bursts_needs_more() -> None:
    steady, wild = usual(28), [MONDAY - day * DAY - number * HOUR for day in (5, 12, 19, 26) for number in range(7)]
    assert burst(rhythm(steady + today(6)), MONDAY) is not None
    assert burst(rhythm(wild + today(6)), MONDAY) is None


def test_with_less_than_a_week_nothing_is_usual_yet() -> None:
    assert burst(rhythm(today(9), watched=6), MONDAY) is None
    assert burst(rhythm(today(9), watched=9), MONDAY) is not None


def test_stories_from_before_it_was_watched_are_no_measure() -> None:
    found = burst(rhythm(usual(28) + today(4), watched=9), MONDAY)
    assert found is None or found.usual < 1.2


def test_a_burst_is_told_once_while_it_goes_on_and_the_next_one_again() -> None:
    going_on = usual(6) + [MONDAY - number * 5 * HOUR for number in range(12)]
    assert burst(rhythm(going_on, last_spike=MONDAY - 2 * DAY), MONDAY) is None
    assert burst(rhythm(usual(6) + today(4), last_spike=MONDAY - 9 * DAY), MONDAY) is not None


def test_a_number_that_is_less_than_a_tenth_says_so() -> None:
    assert Burst(3, 0.04, 0.0).reason == "third story today, usual is less than 0.1"
    assert Burst(12, 0.0, 0.0).reason == "12th story today, usual is none"
    assert [ordinal(number) for number in (1, 10, 11, 21, 22, 103, 112)] == [
        "first", "tenth", "11th", "21st", "22nd", "103rd", "112th",
    ]  # fmt: skip


def test_the_tail_is_a_probability_that_falls_with_the_count_and_is_wider_when_days_vary() -> None:
    falling = [tail(count, 28, 28, 1.0) for count in range(12)]
    assert falling[0] == 1.0
    assert falling == sorted(falling, reverse=True)
    assert tail(6, 28, 28, 5.0) > tail(6, 28, 28, 1.0)
    assert 0.0 <= tail(500, 28, 28, 1.0) < 1e-9


@pytest.mark.parametrize("rate", [0.1, 0.4, 1.0, 5.0])
def test_a_year_of_ordinary_days_gives_few_false_alarms(rate: float) -> None:
    """Stories that come by chance alone, at a constant rate: five years, looked at whenever a story comes."""
    random, at, days = Random(4), 0.0, 365 * 5
    times: list[datetime] = []
    while at < days:
        at += random.expovariate(rate)
        times.append(MONDAY + at * DAY)
    alarms, last = 0, None
    for number, now in enumerate(times):
        lately = {n: times[n] for n in range(max(0, number - 250), number + 1)}
        if burst(Rhythm(MONDAY, lately, last), now):
            alarms, last = alarms + 1, now
    assert alarms / 5 < 7, "a year"
