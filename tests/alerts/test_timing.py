"""Quiet hours, digests, retries and circuits."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from alerts import timing
from records.delivery import Circuit, Health, Receipt, Result
from records.subscription import Quiet
from tests.clock import MONDAY

ALL_DAYS = (0, 1, 2, 3, 4, 5, 6)


@pytest.mark.parametrize("zone", ["Europe/Paris", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"])
def test_quiet_hours_end_at_seven_on_every_night_of_the_year(zone: str) -> None:
    quiet = Quiet(time(20), time(7), zone)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    while at.year == 2026:
        ends = timing.quiet_until(at, quiet)
        local, asleep = ends.astimezone(ZoneInfo(zone)), ends - at
        wall = at.astimezone(ZoneInfo(zone)).time()
        assert (ends > at) == (wall >= time(20) or wall < time(7))
        assert ends == at or local.time() == time(7)
        assert asleep <= timedelta(hours=12)
        at += timedelta(minutes=15)


def test_quiet_hours_may_lie_within_a_day() -> None:
    noon = Quiet(time(12), time(14), "UTC")
    assert timing.quiet_until(MONDAY.replace(hour=13), noon) == MONDAY.replace(hour=14)
    assert timing.quiet_until(MONDAY.replace(hour=14), noon) == MONDAY.replace(hour=14)


@pytest.mark.parametrize("zone", ["Europe/Paris", "America/New_York", "Australia/Lord_Howe"])
def test_there_is_one_digest_a_day_at_its_wall_time_also_when_clocks_change(zone: str) -> None:
    at, days = datetime(2026, 1, 1, tzinfo=UTC), []
    for _ in range(360):
        day, at = timing.next_digest(at, time(2, 30), ALL_DAYS, zone)
        days.append(day)
        assert at.astimezone(ZoneInfo(zone)).date() == day
    assert days == [days[0] + timedelta(days=n) for n in range(360)]


def test_a_digest_waits_for_its_day() -> None:
    friday = datetime(2026, 11, 27, 12, tzinfo=UTC)
    assert timing.next_digest(friday, time(7, 30), (0,), "UTC") == (
        date(2026, 11, 30),
        datetime(2026, 11, 30, 7, 30, tzinfo=UTC),
    )


def again(result: Result, attempt: int = 1, code: int | None = None, random: float = 0.5, **more: bool) -> float | None:
    at = timing.next_attempt(
        result, code, attempt, MONDAY, MONDAY, lambda: random, idempotent=more.get("idempotent", True)
    )  # fmt: skip
    return None if at is None else (at - MONDAY).total_seconds() / 60


def test_pauses_grow_and_are_spread_by_a_fifth() -> None:
    assert [again(Result.TRANSIENT, n) for n in range(1, 8)] == [1, 5, 15, 60, 180, 360, 360]
    assert again(Result.TRANSIENT, 2, random=0.0) == 4
    assert again(Result.TRANSIENT, 2, random=1.0) == 6


def test_what_is_over_is_not_tried_again() -> None:
    assert again(Result.ACCEPTED) is None
    assert again(Result.PERMANENT) is None
    assert again(Result.TRANSIENT, 8) is None
    late = MONDAY + timedelta(hours=23)
    assert timing.next_attempt(Result.TRANSIENT, None, 6, MONDAY, late, lambda: 0.5, idempotent=True) is None


def test_too_many_requests_and_possible_repeats_wait_a_quarter_of_an_hour() -> None:
    assert again(Result.TRANSIENT, code=429) == 15
    assert again(Result.UNKNOWN, idempotent=False) == 15
    assert again(Result.UNKNOWN, idempotent=True) == 1


def receipt(result: Result, at: datetime = MONDAY) -> Receipt:
    return Receipt("d", "mail", 1, "me", at, at, result, "hash", code=550)


def run(*results: Result) -> Health:
    health = Health("mail")
    for result in results:
        health = timing.after(health, receipt(result))
    return health


def test_five_permanent_or_ten_transient_failures_in_a_row_open_the_circuit() -> None:
    assert run(*[Result.PERMANENT] * 4).circuit is Circuit.CLOSED
    assert run(*[Result.PERMANENT] * 5).circuit is Circuit.OPEN
    assert run(*[Result.TRANSIENT] * 9).circuit is Circuit.CLOSED
    assert run(*[Result.TRANSIENT] * 10).circuit is Circuit.OPEN
    assert run(*[Result.TRANSIENT] * 9, Result.ACCEPTED, Result.TRANSIENT).failures == 1


def test_a_probe_closes_the_circuit_or_opens_it_for_another_hour() -> None:
    half = Health("mail", Circuit.HALF_OPEN, 10, MONDAY, MONDAY)
    assert timing.after(half, receipt(Result.ACCEPTED)).circuit is Circuit.CLOSED
    failed = timing.after(half, receipt(Result.TRANSIENT, MONDAY + timedelta(hours=1)))
    assert (failed.circuit, failed.opened_at) == (Circuit.OPEN, MONDAY)
    assert failed.probe_at == MONDAY + timedelta(hours=2)
