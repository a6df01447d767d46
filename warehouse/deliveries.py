"""Deliveries as rows: claimed under a lease, sent elsewhere, recorded with their receipt. All inside a write window.

It never sends and never decides when to try again: the receipt says so. A delivery that is sent stays sent.

    pending -> sending -> sent | retry | unknown | dead        held: its channel fails        cancelled: nobody to tell
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from records import ids
from records.alert import Payload
from records.delivery import Circuit, Delivery, Health, Judge, Receipt, Result
from warehouse.database import Connection, append, rows

PROBE_LASTS = timedelta(hours=1)
"""When a probe's answer never comes, the next one goes after this."""

_SLACK = timedelta(minutes=1)
_WAITING = "('pending', 'retry', 'unknown', 'held')"


@dataclass(frozen=True, slots=True)
class Notice:
    """What operators are told of, once per key."""

    key: str
    reason: str
    sentence: str


def add(con: Connection, notification_id: str, channel: str, payload: str, told: Sequence[str], now: datetime) -> None:
    """Add the delivery of a sealed message to one channel, with its frozen words."""
    identity = ids.key("delivery", notification_id, channel)
    append(
        con,
        "deliveries",
        (
            "delivery_id", "notification_id", "channel", "state", "reason", "attempts", "created_at", "payload",
            "payload_hash",
        ),
        [(identity, notification_id, channel, "pending", "", 0, now, payload, ids.content_hash(payload.encode()))],
    )  # fmt: skip
    append(con, "delivery_signals", ("delivery_id", "signal_id"), ((identity, one) for one in told))


def claim(
    con: Connection, routes: Sequence[tuple[str, str]], *, now: datetime, owner: str, lease: timedelta, limit: int
) -> list[Delivery]:
    """Take at most ``limit`` due deliveries for ``owner``, the most severe first."""
    _cancel_strays(con, routes, now)
    _end_leases(con, now, lease)
    _hold(con)
    chosen = _probes(con, now) + [
        row[0]
        for row in rows(
            con,
            """
            select d.delivery_id from deliveries d join notifications n using (notification_id)
            where d.state in ('pending', 'retry', 'unknown')
                and (d.next_attempt_at is null or d.next_attempt_at <= $1::timestamptz)
                and d.channel not in (select channel from channel_health where circuit <> 'closed')
            order by n.severity desc, d.created_at, d.delivery_id limit $2
            """,
            [now, limit],
        )
    ]
    if not chosen:
        return []
    con.execute(
        """
        update deliveries set state = 'sending', attempts = attempts + 1, lease_owner = $2,
            lease_until = $3::timestamptz, first_try = coalesce(first_try, $4::timestamptz)
        where delivery_id in (select unnest($1::varchar[]))
        """,
        [chosen, owner, now + lease, now],
    )
    return _claimed(con, chosen)


def record(con: Connection, receipt: Receipt, judge: Judge) -> tuple[Health, Notice | None]:
    """Note how an attempt ended; return how the channel is doing, and what operators should hear of, if anything."""
    append_attempt(con, receipt)
    state, attempts, owner, notification_id, occasion, subscription = rows(
        con,
        "select d.state, d.attempts, d.lease_owner, d.notification_id, n.occasion, n.subscription from deliveries d "
        "join notifications n using (notification_id) where d.delivery_id = $1",
        [receipt.delivery_id],
    )[0]
    mine = state == "sending" and owner == receipt.owner and attempts == receipt.attempt
    died = False
    if receipt.result is Result.ACCEPTED and state != "sent":
        _finish(con, receipt.delivery_id, "sent", "", receipt.ended)
        _tell(con, receipt, subscription)
    elif receipt.result is not Result.ACCEPTED and mine:
        died = receipt.next_try is None
        if died:
            _finish(con, receipt.delivery_id, "dead", receipt.detail, receipt.ended)
        else:
            _put_off(con, receipt)
    before = health_of(con, receipt.channel)
    health = judge(before, receipt)
    _store_health(con, health)
    if before.circuit is not Circuit.CLOSED and health.circuit is Circuit.CLOSED:
        con.execute("update deliveries set state = 'pending' where channel = $1 and state = 'held'", [receipt.channel])
    _close(con, notification_id)
    opened = before.circuit is Circuit.CLOSED and health.circuit is Circuit.OPEN
    return health, None if occasion == "notice" else _notice(receipt, health, opened=opened, died=died)


def append_attempt(con: Connection, receipt: Receipt) -> None:
    """Add the row of an attempt; one that was written off when its lease ended keeps that row."""
    con.execute(
        "insert into attempts values ($1, $2, $3, $4::timestamptz, $5::timestamptz, $6, $7, $8, $9) "
        "on conflict do nothing",
        [
            receipt.delivery_id, receipt.attempt, receipt.owner, receipt.started, receipt.ended, receipt.result.value,
            receipt.code, receipt.detail[:500], receipt.payload_hash,
        ],
    )  # fmt: skip


def cancel(con: Connection, delivery_id: str, reason: str, now: datetime) -> None:
    """End a delivery that shall not be made any more."""
    _finish(con, delivery_id, "cancelled", reason, now)
    (notification_id,) = rows(con, "select notification_id from deliveries where delivery_id = $1", [delivery_id])[0]
    _close(con, notification_id)


def health_of(con: Connection, channel: str) -> Health:
    """Return how a channel has been doing."""
    found = rows(
        con,
        "select channel, circuit, failures, opened_at, probe_at, last_ok, last_code from channel_health "
        "where channel = $1",
        [channel],
    )
    return Health(found[0][0], Circuit(found[0][1]), *found[0][2:]) if found else Health(channel)


def _cancel_strays(con: Connection, routes: Sequence[tuple[str, str]], now: datetime) -> None:
    """End what waits for a pair of subscription and channel that is not configured (any more)."""
    strays = rows(
        con,
        f"""
        select d.delivery_id, n.subscription, d.channel from deliveries d join notifications n using (notification_id)
        where d.state in {_WAITING} and not exists (
            select 1 from (select unnest($1::varchar[]) as subscription, unnest($2::varchar[]) as channel) r
            where r.subscription = n.subscription and r.channel = d.channel)
        """,
        [[one for one, _ in routes], [one for _, one in routes]],
    )
    for delivery_id, subscription, channel in strays:
        cancel(con, delivery_id, f"{subscription} no longer sends to {channel}", now)


def _end_leases(con: Connection, now: datetime, lease: timedelta) -> None:
    """Take back what its owner never recorded: it may have arrived.

    A lease that ends later than any lease given now can end was given before the clock was set back.
    """
    lost = rows(
        con,
        """
        select delivery_id, channel, attempts, lease_owner, lease_until, payload_hash from deliveries
        where state = 'sending' and (lease_until <= $1::timestamptz or lease_until > $2::timestamptz)
        """,
        [now, now + lease + _SLACK],
    )
    for delivery_id, channel, attempts, owner, until, payload_hash in lost:
        detail = "the dispatcher ended before it noted an answer"
        append_attempt(
            con,
            Receipt(
                delivery_id, channel, attempts, owner, until - lease, now, Result.UNKNOWN, payload_hash, detail=detail
            ),
        )
        con.execute(
            "update deliveries set state = 'unknown', reason = $2, next_attempt_at = null, lease_owner = null, "
            "lease_until = null where delivery_id = $1",
            [delivery_id, detail],
        )


def _hold(con: Connection) -> None:
    con.execute(
        """
        update deliveries set state = 'held', reason = 'the channel keeps failing; tried again when it is well'
        where state in ('pending', 'retry')
            and channel in (select channel from channel_health where circuit <> 'closed')
        """
    )


def _probes(con: Connection, now: datetime) -> list[str]:
    """Choose the oldest delivery of each failing channel whose hour has come, and note that it is on its way."""
    found = rows(
        con,
        """
        select h.channel, arg_min(d.delivery_id, (d.created_at, d.delivery_id)) from channel_health h
        join deliveries d on d.channel = h.channel and d.state in ('held', 'unknown')
        where h.circuit <> 'closed' and h.probe_at <= $1::timestamptz group by h.channel
        """,
        [now],
    )
    for channel, _ in found:
        health = health_of(con, channel)
        _store_health(con, replace(health, circuit=Circuit.HALF_OPEN, probe_at=now + PROBE_LASTS))
    return [row[1] for row in found]


def _claimed(con: Connection, chosen: Sequence[str]) -> list[Delivery]:
    found = rows(
        con,
        """
        select d.delivery_id, d.notification_id, n.subscription, d.channel, d.attempts, d.payload, d.payload_hash,
            n.group_key, d.created_at, d.first_try,
            exists (select 1 from attempts a where a.delivery_id = d.delivery_id and a.result = 'unknown')
        from deliveries d join notifications n using (notification_id)
        where d.delivery_id in (select unnest($1::varchar[])) order by n.severity desc, d.created_at, d.delivery_id
        """,
        [list(chosen)],
    )
    return [_delivery(row) for row in found]


def _delivery(row: Sequence[Any]) -> Delivery:
    return Delivery(
        delivery_id=row[0],
        notification_id=row[1],
        subscription=row[2],
        channel=row[3],
        attempt=row[4],
        payload=Payload(**json.loads(row[5])),
        payload_hash=row[6],
        thread=ids.key("thread", row[2], row[7]),
        created_at=row[8],
        first_try=row[9],
        repeat=row[10],
    )


def _finish(con: Connection, delivery_id: str, state: str, reason: str, now: datetime) -> None:
    con.execute(
        "update deliveries set state = $2, reason = $3, finished_at = $4::timestamptz, next_attempt_at = null, "
        "lease_owner = null, lease_until = null where delivery_id = $1",
        [delivery_id, state, reason, now],
    )


def _put_off(con: Connection, receipt: Receipt) -> None:
    state = "unknown" if receipt.result is Result.UNKNOWN else "retry"
    con.execute(
        "update deliveries set state = $2, reason = $3, next_attempt_at = $4::timestamptz, lease_owner = null, "
        "lease_until = null where delivery_id = $1",
        [receipt.delivery_id, state, receipt.detail, receipt.next_try],
    )


def _tell(con: Connection, receipt: Receipt, subscription: str) -> None:
    con.execute(
        """
        insert into told select $1, $2, signal_id, delivery_id, $4::timestamptz
        from delivery_signals where delivery_id = $3 on conflict do nothing
        """,
        [subscription, receipt.channel, receipt.delivery_id, receipt.ended],
    )


def _store_health(con: Connection, health: Health) -> None:
    con.execute(
        "insert or replace into channel_health "
        "values ($1, $2, $3, $4::timestamptz, $5::timestamptz, $6::timestamptz, $7)",
        [
            health.channel, health.circuit.value, health.failures, health.opened_at, health.probe_at, health.last_ok,
            health.last_code,
        ],
    )  # fmt: skip


def _close(con: Connection, notification_id: str) -> None:
    """Note that a message is done when each of its deliveries has ended."""
    con.execute(
        """
        update notifications set state = 'done' where notification_id = $1 and state = 'sealed' and not exists (
            select 1 from deliveries where notification_id = $1 and state not in ('sent', 'dead', 'cancelled'))
        """,
        [notification_id],
    )


def _notice(receipt: Receipt, health: Health, *, opened: bool, died: bool) -> Notice | None:
    if opened:
        sentence = f"Messages to {receipt.channel} are held, and one is tried each hour: {receipt.detail}."
        return Notice(
            f"circuit/{receipt.channel}/{health.opened_at:%Y-%m-%dT%H:%MZ}", "the channel keeps failing", sentence
        )
    if died:
        sentence = (
            f"A message to {receipt.channel} was given up: {receipt.detail}. See: govwatch alerts list --state dead"
        )
        return Notice(f"dead/{receipt.channel}/{receipt.ended:%Y-%m-%d}", "a message could not be delivered", sentence)
    return None
