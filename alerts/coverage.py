"""What was covered, in the reader's words: one statement for digests, briefings and whoever asks what a silence means.

Pure; it never counts: `warehouse.coverage` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from records.coverage import Coverage
from records.text import clean

_NAMED = 12
"""Sources that one group names; the rest is counted, and `govwatch status` names all."""


def statement(coverage: Coverage, zone: str) -> tuple[str, ...]:
    """Return what was covered: the window with its counts, then the sources that were not well, by name.

    Args:
        coverage: what was seen.
        zone: IANA name of the reader's time zone.
    """
    pages = "1 page" if coverage.pages == 1 else f"{coverage.pages:,} pages"
    first = f"Window: {window(coverage, zone)}. {answered(coverage)}, {pages} read."
    groups = (
        ("silent for unusually long", coverage.stale),
        ("blocked", coverage.blocked),
        ("failing", coverage.failing),
        ("not due", coverage.unasked),
    )
    ill = "; ".join(f"{what}: {_listed(names)}" for what, names in groups if names)
    return (first, f"{ill[0].upper()}{ill[1:]}.") if ill else (first,)


def verdict(coverage: Coverage) -> str:
    """Return what the absence of news means: no news, or nobody to hear it from."""
    if coverage.sources and not coverage.answered:
        return f"No source answered ({coverage.sources} asked): there may be news"
    return f"No news in the window, {answered(coverage)}"


def answered(coverage: Coverage) -> str:
    """Return for example ``57 of 60 sources answered``."""
    return f"{coverage.answered} of {coverage.sources} sources answered"


def window(coverage: Coverage, zone: str) -> str:
    """Return the window by the reader's clock: ``23 Nov, 07:30 to 24 Nov 2026, 07:30 (Europe/Paris)``."""
    since, until = (one.astimezone(ZoneInfo(zone)) for one in (coverage.since, coverage.until))
    return f"{_moment(since, year=since.year != until.year)} to {_moment(until, year=True)} ({zone})"


def _moment(local: datetime, *, year: bool) -> str:
    return f"{local.day} {local:%b %Y, %H:%M}" if year else f"{local.day} {local:%b, %H:%M}"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(clean(name, 60) for name in names[:_NAMED])
    return f"{shown} and {len(names) - _NAMED} more" if len(names) > _NAMED else shown
