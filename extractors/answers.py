"""What an HTTP status, a Retry-After header and a URL mean for the frontier: pure decisions, each with its reason.

It never sends anything and keeps no state; `extractors.http` does both.
"""

from __future__ import annotations

import email.utils
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus

from records.article import Outcome

PERMANENT_REDIRECTS = frozenset({301, 308})
REDIRECTS = frozenset({301, 302, 303, 307, 308})
OVERLOADED = frozenset({429, 503})
"""Answers by which a host asks for rest, with or without a Retry-After."""

_PARDONED = 6
"""Answers 503 without a Retry-After, in a row, that are put down to single pages."""

PASSING = frozenset({429, 500, 502, 503, 504})
"""Answers that may be better a moment later: worth another try within the same fetch."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an answer without a page means: the outcome, whether another try can help, and a sentence."""

    outcome: Outcome
    retry: bool
    reason: str


def judge_status(status: int) -> Verdict:
    """Return what ``status`` (anything but 2xx, 304 and redirects) means."""
    said = f"the server answered {status} {_phrase(status)}".rstrip()
    if status == 404:
        # A 404 may be a page that is not out yet, or a cache's mistake: asked for again before it counts as gone.
        return Verdict(Outcome.GONE, retry=True, reason=said)
    if status == 410:
        return Verdict(Outcome.GONE, retry=False, reason=said)
    if status in (401, 402, 403, 451):
        return Verdict(Outcome.FORBIDDEN, retry=False, reason=said)
    if 400 <= status < 500 and status not in (408, 421, 423, 425, 429):
        return Verdict(Outcome.FAILED, retry=False, reason=said)
    return Verdict(Outcome.FAILED, retry=True, reason=said)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def retry_after(value: str | None, now: datetime, cap: float) -> float | None:
    """Return how many seconds a Retry-After header (RFC 9110, 10.2.3) asks to wait, at most ``cap``.

    None when there is no header, or one that is neither a number of seconds nor a date.
    """
    if value is None:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(min(int(value[:12]), cap))
    try:
        moment = email.utils.parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return float(min(max((moment - now).total_seconds(), 0.0), cap))


def rest_after(status: int, asked: float | None, strikes: int, back_off: float, cap: float) -> float:
    """Return how many seconds a host rests after an answer of `OVERLOADED`.

    What it asks for; else, after a 429, ``back_off`` doubled with each strike in a row. A 503 without a wish may be
    the failure of one page and of its repeated tries, so the host rests only after several in a row.
    """
    if asked is not None:
        return asked
    if status != 429:
        strikes -= _PARDONED
    return min(back_off * 2.0 ** min(strikes - 1, 20), cap) if strikes > 0 else 0.0
