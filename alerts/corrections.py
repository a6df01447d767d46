"""What becomes of an alert when its article changes: quiet signals for those who were told, and when to look again.

Pure; it never makes a new alert, and says the same change once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from alerts.detect import SEVERITY
from records import ids
from records.follow_up import Change, Check, Finding
from records.signal import Kind, NewMention, Signal

LOOKS = (timedelta(hours=1), timedelta(days=1), timedelta(days=7))
"""When an alerted article is looked at again, counted from the alert."""

ONCE_MORE = timedelta(hours=1)
"""A page that is missing is looked at again after this, before it counts as withdrawn: servers have bad hours."""


def next_look(alerted_at: datetime, now: datetime) -> datetime | None:
    """Return when to look again at what was alerted at ``alerted_at``; None when the last look was taken."""
    return next((alerted_at + after for after in LOOKS if alerted_at + after > now), None)


def corrections(check: Check, alerted: Mapping[str, NewMention], *, now: datetime, run_id: str) -> list[Signal]:
    """Return what those who were told of an article shall know by this check; empty when all of it still stands.

    Args:
        check: with what was found.
        alerted: the evidence that readers were shown, by initiative.
        now: when it was found.
        run_id: the pass.
    """
    if check.finding is Finding.WITHDRAWN:
        gone = Change("withdrawn", f"The page is gone: {check.reason}.", lost=True)
        changes: Mapping[str, Change] = dict.fromkeys(check.watched.told, gone)
        scope = "withdrawn"
    else:
        changes, scope = check.changes.told, ""
    title = check.version.title if check.version else ""
    found = []
    for initiative_id in check.watched.told:
        if initiative_id not in changes or initiative_id not in alerted:
            continue
        change = changes[initiative_id]
        mention = replace(alerted[initiative_id], title=title or alerted[initiative_id].title)
        what = scope or ("lost" if change.lost else ids.key(change.reason, change.detail)[:8])
        whole = f"{check.watched.article_id}/{what}"
        identity = ids.key("signal", Kind.CORRECTION.value, initiative_id, whole)
        severity = SEVERITY[Kind.CORRECTION]
        found.append(
            Signal(
                identity, Kind.CORRECTION, whole, severity, mention, now, run_id, reason=change.reason,
                detail=change.detail,
            )
        )  # fmt: skip
    return found
