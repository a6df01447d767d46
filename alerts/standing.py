"""How govwatch stands, in the words of its operators: dead letters, failing channels, the canary, rules that misfire.

Pure. It suggests, and never suppresses: which rule is mended, and what is silenced, people decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from records.coverage import CanaryFlight, Precision, Standing
from records.text import clean

JUDGED_ENOUGH = 4
"""Articles that must have been judged before a rule is called imprecise: fewer say little."""

IMPRECISE = 0.5
"""A rule of which less than this share was relevant is worth a look."""

_NAMED = 5


def needs_an_operator(standing: Standing) -> bool:
    """Whether something is to be mended: messages were given up, a channel fails, or the canary is lost."""
    lost = standing.canary is not None and standing.canary.told is not None and standing.canary.arrived is None
    return bool(standing.dead or standing.failing or lost)


def remarks(standing: Standing, zone: str) -> tuple[str, ...]:
    """Return what the operators' digest says, one sentence for each matter; times by the reader's clock."""
    lines = []
    if standing.dead:
        count = sum(number for _, number in standing.dead)
        where = ", ".join(f"{number} to {channel}" for channel, number in standing.dead)
        lines.append(f"Given up within a week: {_messages(count)} ({where}). Put back: govwatch alerts requeue")
    for channel, last_ok in standing.failing:
        since = f"last accepted {_moment(last_ok, zone)}" if last_ok else "never accepted anything"
        lines.append(
            f"Channel {channel} keeps failing ({since}); its messages wait. Try: govwatch alerts test {channel}"
        )
    if standing.canary is not None:
        lines.append(canary_sentence(standing.canary, zone))
    judged = sum(one.judged for one in standing.precision)
    if judged:
        relevant = sum(one.relevant for one in standing.precision)
        lines.append(f"Readers called {relevant} of {judged} judged alerts relevant.")
    return (*lines, *suggestions(standing.precision))


def suggestions(precision: Sequence[Precision]) -> tuple[str, ...]:
    """Return a sentence for each rule that misfires more often than not, the worst first."""
    bad = [one for one in precision if one.judged >= JUDGED_ENOUGH and one.relevant < IMPRECISE * one.judged]
    bad.sort(key=lambda one: (one.relevant / one.judged, -one.judged, one.initiative_id, one.rule))
    return tuple(
        f"Rule '{clean(one.rule, 80)}' of {one.initiative_id}: {one.relevant} of {one.judged} relevant; "
        "consider requires: or unless: in initiatives.yaml, or alerts: {when: [...]}"
        for one in bad[:_NAMED]
    )


def canary_sentence(flight: CanaryFlight, zone: str) -> str:
    """Return where the canary of its day is."""
    if flight.arrived is not None:
        return f"Canary of {flight.day}: arrived {_moment(flight.arrived, zone)}."
    waits = "; ".join(f"{channel}: {clean(why, 120)}" for channel, why in flight.missing) or "no channel was tried"
    said = "has not arrived" if flight.told is None else "is LOST"
    return f"Canary of {flight.day} {said} ({waits})."


def _moment(when: datetime, zone: str) -> str:
    local = when.astimezone(ZoneInfo(zone))
    return f"{local.day} {local:%b, %H:%M}"


def _messages(count: int) -> str:
    return "1 message" if count == 1 else f"{count} messages"
