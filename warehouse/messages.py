"""What people ask about alerts: which there were, what became of one, and giving up or trying again.

It never sends: a delivery that is put back is due at once, and the next round takes it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from records import ids
from warehouse.database import Connection, rows

Change = Callable[[Connection, str | None, datetime], int]
"""What a command does with the deliveries of a reference; returns how many."""

_REFERENCE = re.compile(r"([0-9a-f]{4})-?([0-9a-f]{4})[0-9a-f]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class MessageLine:
    """One message to one channel.

    Attributes:
        reference: what the reader sees, and `govwatch explain` takes.
        state, reason: of the delivery; of the message where it has none.
        title: its first line.
        at: when it ended; when it was last tried or is due, while it has not.
    """

    reference: str
    subscription: str
    channel: str
    occasion: str
    state: str
    reason: str
    attempts: int
    title: str
    created_at: datetime
    at: datetime | None
    delivery_id: str
    notification_id: str


@dataclass(frozen=True, slots=True)
class Told:
    """One signal of a message, or one signal that a reference names.

    Attributes:
        verdict, verdict_reason: where routing took it, by subscription; None until then.
        article: its title and URL.
        sentence, surface: the evidence.
        reason, detail: what the kind alone does not say.
    """

    reference: str
    signal_id: str
    kind: str
    initiative_id: str
    verdict: str | None
    verdict_reason: str
    title: str
    url: str
    sentence: str
    surface: str
    article_id: int
    occurred_at: datetime
    run_id: str
    reason: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a message or a signal exists, and what became of it."""

    messages: tuple[MessageLine, ...]
    signals: tuple[Told, ...]


_LINES = """
    select n.notification_id, n.subscription, coalesce(d.channel, ''), n.occasion, coalesce(d.state, n.state),
        coalesce(d.reason, n.state_reason), coalesce(d.attempts, 0),
        coalesce(nullif(d.payload->>'$.subject', ''), string_split(d.payload->>'$.body', chr(10))[1],
            n.summary->>'$.heading', n.group_key),
        n.created_at, coalesce(d.finished_at, d.next_attempt_at, n.sealed_at, n.flush_at), coalesce(d.delivery_id, '')
    from notifications n left join deliveries d using (notification_id)
"""
_TOLD = """
    select s.signal_id, s.kind, s.initiative_id, s.verdict, coalesce(s.verdict_reason, ''), s.facts->>'$.title',
        s.facts->>'$.url', s.facts->>'$.sentence', s.facts->>'$.surface', s.article_id, s.occurred_at, s.run_id,
        coalesce(s.reason, ''), coalesce(s.detail, '')
    from signals s
"""


def recent(
    con: Connection,
    limit: int = 50,
    state: str | None = None,
    subscription: str | None = None,
    channel: str | None = None,
) -> list[MessageLine]:
    """Return the latest messages, one line per channel.

    Args:
        con: open.
        limit: most lines.
        state: only those in this state (``dead``, ``held`` ...).
        subscription: only those of this reader.
        channel: only those to this channel.
    """
    condition = (
        "where ($1::varchar is null or coalesce(d.state, n.state) = $1) and ($2::varchar is null or subscription = $2) "
        "and ($3::varchar is null or d.channel = $3) order by n.created_at desc, 1, 3 limit $4"
    )
    return _lines(rows(con, f"{_LINES} {condition}", [state, subscription, channel, limit]))


def explain(con: Connection, reference: str) -> Explanation | None:
    """Return what is known of a message or a signal by its reference (``7F3A-09BC``) or full identity; None if nothing.

    Two things may share a reference: all of them are returned.
    """
    found = _REFERENCE.fullmatch(reference.strip())
    if found is None:
        return None
    prefix = reference.strip().replace("-", "").lower() + "%"
    signals = "where s.signal_id like $1 or s.signal_id in (select signal_id from notification_signals "
    told = rows(con, f"{_TOLD} {signals} where notification_id like $1) order by s.occurred_at desc", [prefix])
    messages = "where n.notification_id like $1 or d.delivery_id like $1 or n.notification_id in ("
    lines = rows(
        con,
        f"{_LINES} {messages} select notification_id from notification_signals where signal_id like $1) "
        "order by n.created_at, 1, 3",
        [prefix],
    )
    if not told and not lines:
        return None
    return Explanation(tuple(_lines(lines)), tuple(Told(ids.reference(row[0]), *row) for row in told))


def retry(con: Connection, reference: str | None, now: datetime) -> int:
    """Let deliveries that wait for their next attempt be tried at once, also on channels that fail; return how many.

    Args:
        con: inside a write window.
        reference: of the message or the delivery; None means all that wait.
        now: when they are due.
    """
    waiting = rows(
        con,
        "select delivery_id, channel from deliveries where state in ('retry', 'unknown', 'held') "
        "and (delivery_id like $1 or notification_id like $1)",
        [_prefix(reference)],
    )
    con.execute(
        "update deliveries set next_attempt_at = $2::timestamptz where delivery_id in (select unnest($1::varchar[]))",
        [[row[0] for row in waiting], now],
    )
    con.execute(
        "update channel_health set probe_at = $2::timestamptz "
        "where circuit <> 'closed' and channel in (select unnest($1::varchar[]))",
        [list({row[1] for row in waiting}), now],
    )
    return len(waiting)


def requeue(con: Connection, reference: str | None, now: datetime) -> int:
    """Put dead deliveries back, with the same key and a new attempt number; return how many.

    Args:
        con: inside a write window.
        reference: of the message or the delivery; None means every dead one.
        now: when they are due.
    """
    dead = rows(
        con,
        "select delivery_id, notification_id from deliveries where state = 'dead' "
        "and (delivery_id like $1 or notification_id like $1)",
        [_prefix(reference)],
    )
    con.execute(
        "update deliveries set state = 'retry', reason = 'put back by hand', finished_at = null, first_try = null, "
        "next_attempt_at = $2::timestamptz where delivery_id in (select unnest($1::varchar[]))",
        [[row[0] for row in dead], now],
    )
    con.execute(
        "update notifications set state = 'sealed' where notification_id in (select unnest($1::varchar[]))",
        [[row[1] for row in dead]],
    )
    return len(dead)


def _prefix(reference: str | None) -> str:
    """Return the pattern of the identities that ``reference`` begins; of all where there is none.

    Raises:
        ValueError: it is no reference, and would otherwise mean something else than was meant.
    """
    if reference is None:
        return "%"
    if _REFERENCE.fullmatch(reference.strip()) is None:
        raise ValueError(f"'{reference}' is no reference: they look like 7F3A-09BC")
    return reference.strip().replace("-", "").lower() + "%"


def _lines(found: Sequence[Sequence[Any]]) -> list[MessageLine]:
    return [
        MessageLine(
            reference=ids.reference(row[0]),
            subscription=row[1],
            channel=row[2],
            occasion=row[3],
            state=row[4],
            reason=row[5],
            attempts=row[6],
            title=row[7],
            created_at=row[8],
            at=row[9],
            delivery_id=row[10],
            notification_id=row[0],
        )
        for row in found
    ]
