"""A clock that stands still until a test lets time pass; it is callable, as every clock argument of govwatch is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
"""When the clock of a test starts, unless it says otherwise."""


class Clock:
    """Time under a test's control.

    >>> clock = Clock()
    >>> clock.passes(hours=2)
    datetime.datetime(2026, 11, 23, 10, 0, tzinfo=datetime.timezone.utc)
    """

    def __init__(self, start: datetime = MONDAY) -> None:
        if start.tzinfo is None:
            raise ValueError("a clock starts at an aware time")
        self.now = start.astimezone(UTC)

    def __call__(self) -> datetime:
        return self.now

    def passes(self, **duration: float) -> datetime:
        """Let time pass (the arguments of timedelta), and return what the clock shows then."""
        self.now += timedelta(**duration)
        return self.now

    def ago(self, **duration: float) -> datetime:
        """Return the instant that long before now."""
        return self.now - timedelta(**duration)
