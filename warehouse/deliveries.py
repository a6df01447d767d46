"""Deliveries as rows: claimed under a lease, sent elsewhere, recorded with their receipt. All inside a write window.

It never sends and never decides when to try again: the receipt says so. A delivery that is sent stays sent.

    pending -> sending -> sent | retry | unknown | dead        held: its channel fails        cancelled: nobody to tell
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from records import ids
from records.alert import Payload
from records.delivery import Circuit, Delivery, Health, Judge, Receipt, Result
from records.operation import Alarm
from warehouse.database import Connection, append, rows, upsert

PROBE_LASTS = timedelta(hours=1)
"""When a probe's answer never comes, the next one goes after this."""

_SLACK = timedelta(minutes=1)
_WAITING = "('pending', 'retry', 'unknown', 'held')"


@dataclass(frozen=True, slots=True)
class Notice:
    """What operators are told of, once per key."""

    alarm: Alarm
    key: str
    channel: str
    at: datetime
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


def record(con: Connection, receipts: Sequence[Receipt], judge: Judge) -> tuple[dict[str, Health], list[Notice]]:
    """Note how attempts ended; return how their channels are doing, and what operators should hear of.

    What was noted before changes nothing: a journal may hold what its dispatcher could record before it died.
    """
    new = append_attempts(con, receipts)
    found = rows(
        con,
        """
        select d.delivery_id, d.state, d.attempts, d.lease_owner, d.notification_id, n.occasion
        from deliveries d join notifications n using (notification_id)
        where d.delivery_id in (select unnest($1::varchar[]))
        """,
        [[one.delivery_id for one in receipts]],
    )
    known = {row[0]: row[1:] for row in found}
    _accept(con, [one for one in receipts if one.result is Result.ACCEPTED and known[one.delivery_id][0] != "sent"])
    health = {name: health_of(con, name) for name in dict.fromkeys(one.channel for one in receipts)}
    notices: list[Notice] = []
    for receipt in receipts:
        if (receipt.delivery_id, receipt.attempt) not in new:
            continue
        state, attempts, owner, _, occasion = known[receipt.delivery_id]
        mine = (state, owner, attempts) == ("sending", receipt.owner, receipt.attempt)
        died = receipt.result is not Result.ACCEPTED and mine and _failed(con, receipt)
        before = health[receipt.channel]
        now = health[receipt.channel] = judge(before, receipt)
        if before.circuit is not Circuit.CLOSED and now.circuit is Circuit.CLOSED:
            _let_go(con, receipt.channel)
        opened = before.circuit is Circuit.CLOSED and now.circuit is Circuit.OPEN
        if occasion != "notice" and (notice := _notice(receipt, now, opened=opened, died=died)):
            notices.append(notice)
    _store_health(con, *health.values())
    _close(con, [row[3] for row in known.values()])
    return health, notices


def _accept(con: Connection, receipts: Sequence[Receipt]) -> None:
    """End deliveries as sent, whoever holds them by now, and note what their channels know."""
    if not receipts:
        return
    given = [[one.delivery_id for one in receipts], [one.ended for one in receipts]]
    con.execute(
        """
        update deliveries set state = 'sent', reason = '', finished_at = v.ended, next_attempt_at = null,
            lease_owner = null, lease_until = null
        from (select unnest($1::varchar[]) as delivery_id, unnest($2::timestamptz[]) as ended) v
        where deliveries.delivery_id = v.delivery_id
        """,
        given,
    )
    con.execute(
        """
        insert into told (subscription, channel, signal_id, delivery_id, told_at)
        select n.subscription, d.channel, s.signal_id, any_value(d.delivery_id), min(v.ended)
        from (select unnest($1::varchar[]) as delivery_id, unnest($2::timestamptz[]) as ended) v
        join deliveries d using (delivery_id) join notifications n using (notification_id)
        join delivery_signals s using (delivery_id)
        where not exists (
            select 1 from told t
            where (t.subscription, t.channel, t.signal_id) = (n.subscription, d.channel, s.signal_id))
        group by all
        """,
        given,
    )


def _failed(con: Connection, receipt: Receipt) -> bool:
    """Put off the delivery of a failed attempt, or end it; return whether that was its end."""
    if receipt.next_try is None:
        _finish(con, receipt.delivery_id, "dead", receipt.detail, receipt.ended)
    else:
        _put_off(con, receipt)
    return receipt.next_try is None


def _let_go(con: Connection, channel: str) -> None:
    con.execute("update deliveries set state = 'pending' where channel = $1 and state = 'held'", [channel])


_ATTEMPT = (
    "delivery_id", "attempt", "owner", "started_at", "ended_at", "result", "code", "detail", "payload_hash",
)  # fmt: skip


def append_attempts(con: Connection, receipts: Sequence[Receipt]) -> set[tuple[str, int]]:
    """Add the rows of attempts, and return which are new; one that was written off keeps its row."""
    there = rows(
        con,
        "select delivery_id, attempt from attempts where delivery_id in (select unnest($1::varchar[]))",
        [[one.delivery_id for one in receipts]],
    )
    new = {(one.delivery_id, one.attempt): one for one in receipts if (one.delivery_id, one.attempt) not in there}
    append(
        con,
        "attempts",
        _ATTEMPT,
        (
            (
                one.delivery_id, one.attempt, one.owner, one.started, one.ended, one.result.value, one.code,
                one.detail[:500], one.payload_hash,
            )
            for one in new.values()
        ),
    )  # fmt: skip
    return set(new)


def release(con: Connection, unsent: Sequence[Delivery]) -> None:
    """Give back what was claimed and never begun, as it was before."""
    for one in unsent:
        _give_back(con, one.delivery_id, one.attempt)


def settle(con: Connection, owner: str, begun: AbstractSet[tuple[str, int]], now: datetime) -> None:
    """End the leases of a dispatcher that is known to be dead: what it had begun is in doubt, the rest is put back."""
    left = rows(
        con,
        "select delivery_id, channel, attempts, lease_owner, coalesce(first_try, $2::timestamptz), payload_hash "
        "from deliveries where state = 'sending' and lease_owner = $1",
        [owner, now],
    )
    for delivery_id, *others in left:
        if (delivery_id, others[1]) in begun:
            _write_off(con, (delivery_id, *others), now)
        else:
            _give_back(con, delivery_id, others[1])


def cancel(con: Connection, delivery_id: str, reason: str, now: datetime) -> None:
    """End a delivery that shall not be made any more."""
    _finish(con, delivery_id, "cancelled", reason, now)
    (notification_id,) = rows(con, "select notification_id from deliveries where delivery_id = $1", [delivery_id])[0]
    _close(con, [notification_id])


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
        select delivery_id, channel, attempts, lease_owner, lease_until - to_microseconds($3), payload_hash
        from deliveries
        where state = 'sending' and (lease_until <= $1::timestamptz or lease_until > $2::timestamptz)
        """,
        [now, now + lease + _SLACK, lease // timedelta(microseconds=1)],
    )
    for one in lost:
        _write_off(con, one, now)


def _write_off(con: Connection, lost: Sequence[Any], now: datetime) -> None:
    """Note an attempt whose end nobody knows; what it sent may have arrived."""
    delivery_id, channel, attempts, owner, started, payload_hash = lost
    detail = "the dispatcher ended before it noted an answer"
    append_attempts(
        con,
        [Receipt(delivery_id, channel, attempts, owner, started, now, Result.UNKNOWN, payload_hash, detail=detail)],
    )
    con.execute(
        "update deliveries set state = 'unknown', reason = $2, next_attempt_at = null, lease_owner = null, "
        "lease_until = null where delivery_id = $1",
        [delivery_id, detail],
    )


def _give_back(con: Connection, delivery_id: str, attempt: int) -> None:
    """Put back what no attempt was made of. Nothing is lost with its time of retry: that had come."""
    con.execute(
        """
        update deliveries set attempts = attempts - 1, lease_owner = null, lease_until = null,
            first_try = case when attempts > 1 then first_try end,
            state = case when exists (select 1 from attempts a where a.delivery_id = $1 and a.result = 'unknown')
                then 'unknown' when attempts > 1 then 'retry' else 'pending' end
        where delivery_id = $1 and attempts = $2 and state = 'sending'
        """,
        [delivery_id, attempt],
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
            coalesce(n.thread, n.group_key), d.created_at, d.first_try,
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


def _store_health(con: Connection, *healths: Health) -> None:
    columns = ("channel", "circuit", "failures", "opened_at", "probe_at", "last_ok", "last_code")
    data = [
        (one.channel, one.circuit.value, one.failures, one.opened_at, one.probe_at, one.last_ok, one.last_code)
        for one in healths
    ]
    upsert(con, "channel_health", ["channel"], columns, data)


def _close(con: Connection, notification_ids: Sequence[str]) -> None:
    """Note that messages are done when each of their deliveries has ended."""
    con.execute(
        """
        update notifications set state = 'done'
        where notification_id in (select unnest($1::varchar[])) and state = 'sealed' and notification_id not in (
            select notification_id from deliveries
            where notification_id in (select unnest($1::varchar[])) and state not in ('sent', 'dead', 'cancelled'))
        """,
        [list(notification_ids)],
    )


def _notice(receipt: Receipt, health: Health, *, opened: bool, died: bool) -> Notice | None:
    channel, at = receipt.channel, receipt.ended
    if opened:
        sentence = f"Messages to {channel} are held, and one is tried each hour: {receipt.detail}."
        key = f"circuit/{channel}/{health.opened_at:%Y-%m-%dT%H:%MZ}"
        return Notice(Alarm.CHANNEL_FAILS, key, channel, at, "the channel keeps failing", sentence)
    if died:
        sentence = f"A message to {channel} was given up: {receipt.detail}. See: govwatch alerts list --state dead"
        key = f"dead/{channel}/{at:%Y-%m-%d}"
        return Notice(Alarm.MESSAGE_DEAD, key, channel, at, "a message could not be delivered", sentence)
    return None
