"""How the daily canary is told from news: by its reserved initiative.

It is a synthetic article that goes the whole way to the operators. Nothing but names stands here; no subscriber's
filter ever covers it, and no initiative of the configuration may take its name.
"""

from __future__ import annotations

from datetime import date

PREFIX = "govwatch-canary"
"""Ids of initiatives that begin with this are reserved."""


def initiative_of(day: date) -> str:
    """Return the id of the canary of ``day``: a new one each day, so that it is always a first mention."""
    return f"{PREFIX}-{day.isoformat()}"


def is_canary(initiative_id: str) -> bool:
    """Whether a mention of this initiative is the canary's."""
    return initiative_id.startswith(PREFIX)


def day_of(initiative_id: str) -> str:
    """Return the day in the canary's id, as ``2026-11-24``."""
    return initiative_id.removeprefix(f"{PREFIX}-")
