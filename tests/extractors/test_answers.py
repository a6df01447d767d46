"""Decisions about answers, as tables."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.answers import judge_status, rest_after, retry_after
from records.article import Outcome

HOUR = 3600.0


@pytest.mark.parametrize(
    ("status", "asked", "strikes", "seconds"),
    [
        (429, None, 1, 30),
        (429, None, 2, 60),
        (429, None, 4, 240),
        (429, None, 100, HOUR),
        (429, 5.0, 4, 5),
        (503, 7.0, 1, 7),
        (503, None, 1, 0),
        (503, None, 6, 0),
        (503, None, 7, 30),
        (503, None, 8, 60),
    ],
)
def test_a_host_rests_as_it_asks_and_else_longer_each_time(
    status: int, asked: float | None, strikes: int, seconds: float
) -> None:
    assert rest_after(status, asked, strikes, back_off=30, cap=HOUR) == seconds


@given(st.integers(100, 999))
@settings(deadline=None)
def test_every_status_has_a_verdict_that_names_it(status: int) -> None:
    verdict = judge_status(status)
    assert str(status) in verdict.reason
    assert verdict.outcome in (Outcome.FAILED, Outcome.GONE, Outcome.FORBIDDEN)


@given(st.text(max_size=40))
@settings(max_examples=300, deadline=None)
def test_any_retry_after_is_seconds_within_the_cap_or_nothing(value: str) -> None:
    seconds = retry_after(value, datetime(2026, 3, 1, tzinfo=UTC), cap=HOUR)
    assert seconds is None or 0 <= seconds <= HOUR
