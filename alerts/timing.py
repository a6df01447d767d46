"""When things happen: quiet hours, digests, the next attempt, and whether a channel is used. Pure.

It never reads a clock and never draws a random number: both are arguments.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from records.delivery import Circuit, Health, Receipt, Result
from records.subscription import Quiet

RETRY_AFTER = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360))
"""Pauses after the first, second ... failed attempt; the last one repeats."""

JITTER = 0.2
"""Each pause is drawn from 80 to 120 %: receivers that were down are not met by everyone at once."""

MOST_ATTEMPTS = 8
LONGEST_TRY = timedelta(hours=24)
"""Attempts, and the time since the first one, after which a delivery is dead."""

PATIENCE = timedelta(minutes=15)
"""The least pause after "too many requests", and before what may be a repeat that no machine recognises."""

OPENS_AT = 10
"""Failures in a row that open a channel's circuit; a permanent one counts twice, so five of them do."""

PROBE_EVERY = timedelta(hours=1)

_TOO_MANY_REQUESTS = 429


def instant(day: date, wall: time, zone: str) -> datetime:
    """Return when clocks in ``zone`` show ``wall`` on ``day``, in UTC.

    A wall time that occurs twice means the first; one that a change to summer time skips means as much later.
    """
    return datetime.combine(day, wall, ZoneInfo(zone)).astimezone(UTC)


def quiet_until(at: datetime, quiet: Quiet) -> datetime:
    """Return when a message that is due at ``at`` may go: ``at`` itself, or the end of the quiet hours it falls in."""
    local = at.astimezone(ZoneInfo(quiet.zone))
    for day in (local.date() - timedelta(days=1), local.date()):
        begins = instant(day, quiet.begins, quiet.zone)
        last = day + timedelta(days=1) if quiet.ends <= quiet.begins else day
        ends = instant(last, quiet.ends, quiet.zone)
        if begins <= at < ends:
            return ends
    return at


def next_digest(after: datetime, wall: time, days: tuple[int, ...], zone: str) -> tuple[date, datetime]:
    """Return the local date of the first digest later than ``after``, and when it is due, in UTC."""
    today = after.astimezone(ZoneInfo(zone)).date()
    for ahead in range(9):
        day = today + timedelta(days=ahead)
        due = instant(day, wall, zone)
        if day.weekday() in days and due > after:
            return day, due
    raise ValueError("a digest needs at least one day of the week")


def next_attempt(
    result: Result,
    code: int | None,
    attempt: int,
    first_try: datetime,
    now: datetime,
    random: Callable[[], float],
    *,
    idempotent: bool,
) -> datetime | None:
    """Return when to try again, or None when that is over.

    Args:
        result: of the attempt that just ended.
        code: its HTTP or SMTP status, where one was seen.
        attempt: its number, from 1.
        first_try: when attempt 1 began.
        now: when it ended.
        random: uniform in [0, 1).
        idempotent: whether a machine at the other end recognises a repeat.
    """
    if result in (Result.ACCEPTED, Result.PERMANENT) or attempt >= MOST_ATTEMPTS:
        return None
    pause = RETRY_AFTER[min(attempt, len(RETRY_AFTER)) - 1] * (1 - JITTER + 2 * JITTER * random())
    if code == _TOO_MANY_REQUESTS or (result is Result.UNKNOWN and not idempotent):
        pause = max(pause, PATIENCE)
    return now + pause if now + pause <= first_try + LONGEST_TRY else None


def after(health: Health, receipt: Receipt) -> Health:
    """Return how a channel is doing after one more receipt."""
    if receipt.result is Result.ACCEPTED:
        return Health(receipt.channel, last_ok=receipt.ended, last_code=receipt.code)
    failures = health.failures + (2 if receipt.result is Result.PERMANENT else 1)
    failed = replace(health, channel=receipt.channel, failures=failures, last_code=receipt.code or health.last_code)
    if failures < OPENS_AT and health.circuit is Circuit.CLOSED:
        return failed
    return replace(
        failed,
        circuit=Circuit.OPEN,
        opened_at=health.opened_at or receipt.ended,
        probe_at=receipt.ended + PROBE_EVERY,
    )
