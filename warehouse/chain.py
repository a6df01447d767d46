"""The whole chain of one alert: signals with their routing, messages, deliveries with every attempt, the words sent.

It only reads: `warehouse.messages` finds what a reference means.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from records import ids
from warehouse import messages
from warehouse.database import Connection, rows
from warehouse.messages import MessageLine, Told


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to hand a message on.

    Attributes:
        number: counted from 1.
        result: accepted, transient, permanent or unknown.
        code: HTTP or SMTP status, where one was seen.
        detail: one sentence without secrets.
    """

    number: int
    owner: str
    started: datetime
    ended: datetime
    result: str
    code: int | None
    detail: str


@dataclass(frozen=True, slots=True)
class Journey:
    """One message to one channel.

    Attributes:
        message: as `govwatch alerts list` shows it.
        group: what the message gathers.
        due: when it was due to be sealed; ``sealed`` when it was.
        attempts: in order.
        next_attempt: when it is tried again.
        told: references of the signals that the channel knows by it.
        subject, body: the frozen words; empty until it is sealed.
        payload_hash: of these words: the same for every attempt.
    """

    message: MessageLine
    group: str
    due: datetime
    sealed: datetime | None
    attempts: tuple[Attempt, ...] = ()
    next_attempt: datetime | None = None
    told: tuple[str, ...] = ()
    subject: str = ""
    body: str = ""
    payload_hash: str = ""


@dataclass(frozen=True, slots=True)
class Chain:
    """Signals and the journeys of the messages that tell them."""

    signals: tuple[Told, ...]
    journeys: tuple[Journey, ...]


def follow(con: Connection, reference: str) -> Chain | None:
    """Return the chain of a message or a signal by its reference or full identity; None when nothing has it."""
    found = messages.explain(con, reference)
    if found is None:
        return None
    return Chain(found.signals, tuple(_journey(con, line) for line in found.messages))


def _journey(con: Connection, line: MessageLine) -> Journey:
    group, due, sealed = rows(
        con,
        "select group_key, flush_at, sealed_at from notifications where notification_id = $1",
        [line.notification_id],
    )[0]
    if not line.delivery_id:
        return Journey(line, group, due, sealed)
    payload, payload_hash, next_attempt = rows(
        con,
        "select payload, payload_hash, next_attempt_at from deliveries where delivery_id = $1",
        [line.delivery_id],
    )[0]
    words = json.loads(payload)
    told = rows(con, "select signal_id from told where delivery_id = $1 order by signal_id", [line.delivery_id])
    return Journey(
        line,
        group,
        due,
        sealed,
        attempts=_attempts(con, line.delivery_id),
        next_attempt=next_attempt,
        told=tuple(ids.reference(row[0]) for row in told),
        subject=words["subject"],
        body=words["body"],
        payload_hash=payload_hash,
    )


def _attempts(con: Connection, delivery_id: str) -> tuple[Attempt, ...]:
    found: Sequence[Sequence[object]] = rows(
        con,
        "select attempt, owner, started_at, ended_at, result, code, detail from attempts "
        "where delivery_id = $1 order by attempt",
        [delivery_id],
    )
    return tuple(Attempt(*row) for row in found)  # type: ignore[arg-type]
