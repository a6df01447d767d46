"""Which alarms of govwatch itself operators are told of: once when one has lasted, once when it is over.

Pure: it takes what is wrong now and what was known before; it never judges what is wrong (`flows.vitals` does), and
never stores.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from records.alert import Item
from records.operation import Alarm, AlarmState, Trouble
from records.signal import Severity
from records.text import clean

PATIENCE = {Alarm.NO_PASS: timedelta(minutes=20)}
"""How long an alarm has to last before it is told: after a power cut the first message round may be before the first
pass. The others are told at once."""

OVER_AFTER = timedelta(hours=1)
"""How long an alarm has to be gone before that is told: a disk at its limit would else tell both every few minutes."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message to operators: its key, which makes it once, its title, and its sentence as an item."""

    key: str
    heading: str
    item: Item


def item_of(alarm: Alarm, name: str, sentence: str, severity: Severity | None = None) -> Item:
    """Return an alarm as the item of a message, with the place where its meaning and remedy stand.

    Args:
        alarm: which.
        name: what it is about: a source, a channel, or Govwatch.
        sentence: what is the matter.
        severity: high for what is urgent, notice for the rest, when not given.
    """
    severity = severity or (Severity.HIGH if alarm.urgent else Severity.NOTICE)
    reason = f"{alarm.heading[0].lower()}{alarm.heading[1:]}"
    return Item(name, reason, severity, clean(sentence), detail=alarm.remedy)


def changes(
    found: Sequence[Trouble], known: Sequence[AlarmState], now: datetime
) -> tuple[list[AlarmState], list[Message]]:
    """Return what is to be remembered now, and what is to be told.

    Args:
        found: what is wrong at this moment.
        known: what was remembered before.
        now: the time.
    """
    before = {one.alarm: one for one in known}
    on: list[AlarmState] = []
    messages: list[Message] = []
    for trouble in found:
        old = before.get(trouble.alarm)
        since = old.since if old else now
        told = old.told_at if old else None
        if told is None and now - since >= PATIENCE.get(trouble.alarm, timedelta(0)):
            told = now
            item = item_of(trouble.alarm, "Govwatch", f"{trouble.sentence}.")
            messages.append(Message(_key(trouble.alarm, since), trouble.alarm.heading, item))
        on.append(AlarmState(trouble.alarm, since, now, told, trouble.sentence))
    still = {one.alarm for one in on}
    for one in known:
        if one.alarm in still or one.told_at is None:
            continue
        if now - one.seen_at < OVER_AFTER:
            on.append(one)
        else:
            over = replace(item_of(one.alarm, "Govwatch", f"It was: {one.sentence}.", Severity.INFO), detail="")
            heading = f"Over: {one.alarm.heading[0].lower()}{one.alarm.heading[1:]}"
            messages.append(Message(f"{_key(one.alarm, one.since)}/over", heading, replace(over, reason="over")))
    return on, messages


def _key(alarm: Alarm, since: datetime) -> str:
    return f"alarm/{alarm.value}/{since:%Y-%m-%dT%H:%M:%SZ}"
