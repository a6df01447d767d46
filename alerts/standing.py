"""What of govwatch needs a hand, one sentence each: dead letters, failing channels, the canary, rules that misfire.

Pure. It suggests, and never suppresses: which rule is mended, and what is silenced, people decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from records.coverage import CanaryFlight, Precision, Standing
from records.operation import Alarm, Trouble
from records.text import clean

JUDGED_ENOUGH = 4
"""Articles that must have been judged before a rule is called imprecise: fewer say little."""

IMPRECISE = 0.5
"""A rule of which less than this share was relevant is worth a look."""

_NAMED = 5


def needs_an_operator(standing: Standing) -> bool:
    """Whether something is to be mended: dead messages, failing channels, a lost canary, an alarm that is on."""
    return bool(standing.dead or standing.failing or standing.alarms or lost(standing.canary))


def lost(flight: CanaryFlight | None) -> bool:
    """Whether operators were told that this canary is missing, and it has not come home since."""
    return flight is not None and flight.told is not None and flight.arrived is None


def troubles(standing: Standing, zone: str) -> tuple[Trouble, ...]:
    """Return what is to be mended, the most urgent first; times by the reader's clock."""
    found = [Trouble(Alarm(alarm), sentence) for alarm, sentence in standing.alarms]
    for channel, last_ok in standing.failing:
        since = f"last accepted {moment(last_ok, zone)}" if last_ok else "never accepted anything"
        sentence = f"Channel {channel} keeps failing ({since}); its messages wait"
        found.append(Trouble(Alarm.CHANNEL_FAILS, sentence, f"govwatch alerts test {channel}"))
    if lost(standing.canary) and standing.canary is not None:
        sentence = canary_sentence(standing.canary, zone).rstrip(".")
        found.append(Trouble(Alarm.CANARY_MISSING, sentence))
    if standing.dead:
        count = sum(number for _, number in standing.dead)
        where = ", ".join(f"{number} to {channel}" for channel, number in standing.dead)
        sentence = f"Given up within a week: {_messages(count)} ({where})"
        found.append(Trouble(Alarm.MESSAGE_DEAD, sentence))
    return tuple(found)


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
        return f"Canary of {flight.day}: arrived {moment(flight.arrived, zone)}."
    waits = "; ".join(f"{channel}: {clean(why, 120)}" for channel, why in flight.missing) or "no channel was tried"
    said = "has not arrived" if flight.told is None else "is LOST"
    return f"Canary of {flight.day} {said} ({waits})."


def moment(when: datetime, zone: str) -> str:
    """Return ``when`` by the reader's clock: ``24 Nov, 09:15``."""
    local = when.astimezone(ZoneInfo(zone))
    return f"{local.day} {local:%b, %H:%M}"


def _messages(count: int) -> str:
    return "1 message" if count == 1 else f"{count} messages"
