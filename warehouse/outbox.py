"""The outbox: signals wait here to become messages, and messages to be delivered. Each call is one short write window.

It never decides where a signal goes or what a message says: it is given pure functions that do, and runs them inside
the window, so that two dispatchers cannot route or seal the same thing twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from records import ids
from records.alert import Board, Group, Item, Notification, Occasion, Opening, Payload, Placement, Sealed
from records.delivery import Decide, Delivery, Health, Judge, Receipt, Write
from records.errors import WarehouseError
from records.operation import OperatorReport
from records.signal import NewMention, Severity, Signal
from records.subscription import AlertPolicy, Subscription
from warehouse import coverage, deliveries, heard, journal, report, signals, silences, standing
from warehouse.database import Connection, Warehouse, append, rows
from warehouse.journal import Journal

REMEMBERED = timedelta(days=30)
"""How long a sealed message counts for the interval between two messages on one story."""

# A message on a story has the key initiative/story. A story is named by its first member, and the story of that member
# follows merges, so one step leads from any story to the one that it is by now.
_WITH_STORY = """
    notifications left join story_members m
        on occasion = 'story' and m.article_id = try_cast(split_part(group_key, '/', 2) as bigint)
"""
_KEY_NOW = "case when m.story_id is null then group_key else split_part(group_key, '/', 1) || '/' || m.story_id end"

_OLD = ("pending", "retry", "held")
_SUMMARY_ITEMS = 200
_LONGEST_DIGEST = timedelta(days=8)  # a digest comes at least once a week; an older one belongs to another time


class WarehouseOutbox:
    """The outbox of `records.delivery.Outbox` in a warehouse."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self._journal = Journal(warehouse.path)
        self._claimed: set[str] = set()

    def prepare(self, decide: Decide, write: Write, *, now: datetime) -> tuple[int, int]:
        """Route what is unrouted, and seal what is due; return how many signals and how many notifications."""
        with self._warehouse.writing() as con:
            _follow_merges(con, now)
            board = board_of(con, now)
            routed = _route(con, decide, board, now)
            return routed, _seal(con, write, board, now, self._warehouse) + _fold(con, write, board, now)

    def claim(
        self, routes: Sequence[tuple[str, str]], *, now: datetime, owner: str, lease: timedelta, limit: int
    ) -> list[Delivery]:
        """Take due deliveries for ``owner``; see `records.delivery.Outbox.claim`."""
        # Before the window: who dies as it closes has claimed, and the journal says that nothing was begun.
        self._journal.open(owner)
        try:
            with self._warehouse.writing() as con:
                claimed = deliveries.claim(con, routes, now=now, owner=owner, lease=lease, limit=limit)
        except WarehouseError:
            self._journal.remove()
            raise
        self._claimed = {one.delivery_id for one in claimed}
        if not claimed:
            self._journal.remove()
        return claimed

    def begins(self, delivery: Delivery) -> None:
        """Note that ``delivery`` may leave from now on; no write window."""
        self._journal.begins(delivery)

    def ends(self, receipt: Receipt) -> None:
        """Note how an attempt ended until `record` is told; no write window."""
        self._journal.ends(receipt)

    def record(
        self,
        receipts: Sequence[Receipt],
        judge: Judge,
        *,
        operators: Sequence[Subscription],
        unsent: Sequence[Delivery] = (),
    ) -> dict[str, Health]:
        """Note how attempts ended, tell operators once of what that broke; see `records.delivery.Outbox.record`."""
        done = {one.delivery_id for one in receipts} | {one.delivery_id for one in unsent}
        with self._warehouse.writing() as con:
            healths = _record(con, receipts, judge, operators)
            deliveries.release(con, unsent)
        self._claimed -= done
        if not self._claimed:
            self._journal.remove()
        return healths

    def recover(self, judge: Judge, *, operators: Sequence[Subscription], now: datetime) -> int:
        """Settle what dispatchers that died had claimed; return how many of their journals there were."""
        self._journal.abandon()  # of a round that broke off
        if not any(journal.left_behind(self._warehouse.path)):
            return 0
        with self._warehouse.writing() as con:
            found = list(journal.left_behind(self._warehouse.path))
            for _, notes in found:
                _record(con, notes.receipts, judge, operators)
                deliveries.settle(con, notes.owner, notes.begun, now)
        for path, _ in found:
            path.unlink(missing_ok=True)
        return len(found)


def _record(
    con: Connection, receipts: Sequence[Receipt], judge: Judge, operators: Sequence[Subscription]
) -> dict[str, Health]:
    if not receipts:
        return {}
    healths, notices = deliveries.record(con, receipts, judge)
    for notice in notices:
        for subscription in operators:
            words = (notice.channel, notice.reason, Severity.HIGH, notice.sentence)
            item = Item(*words, detail=notice.alarm.remedy)
            queue(con, subscription.name, notice.key, Occasion.NOTICE, notice.at, notice.reason, [item])
    return healths


def board_of(con: Connection, now: datetime) -> Board:
    """Return what routing needs to know of earlier messages."""
    groups = rows(
        con,
        f"""
        select subscription, {_KEY_NOW} as key_now, min(flush_at) filter (state = 'open'),
            max(sealed_at) filter (state <> 'dropped')
        from {_WITH_STORY} where state = 'open' or sealed_at > $1::timestamptz group by all
        """,
        [now - REMEMBERED],
    )
    recent = rows(
        con,
        "select subscription, count(*) from notifications where occasion = 'story' and created_at > $1::timestamptz "
        "group by all",
        [now - timedelta(hours=1)],
    )
    return Board(
        {(row[0], row[1]): Group(row[2], row[3]) for row in groups},
        dict(recent),
        silences.current(con, now),
        standing.read(con, now, precision=False),
        _bursting(con, now),
    )


def _bursting(con: Connection, now: datetime) -> frozenset[str]:
    found = rows(
        con,
        "select distinct initiative_id from signals where kind = 'spike' and occurred_at > $1::timestamptz",
        [now - timedelta(days=1)],
    )
    return frozenset(row[0] for row in found)


def queue_summary(
    con: Connection,
    policy: AlertPolicy,
    *,
    key: str,
    heading: str,
    found: Sequence[tuple[NewMention, Item]],
    now: datetime,
) -> int:
    """Queue one message that is not made of signals, for each subscription that asks for any of it.

    For the first look at sources: call it in the window that notes the look as done. The same key twice is once.

    Args:
        con: inside the write window.
        policy: who subscribes; kinds and severities do not count, as what is found is not news.
        key: names the occasion, for example ``first_look/run-17``.
        heading: the message's title.
        found: mentions with the items that tell them (`alerts.content.found_item`), the newest first.
        now: when it is due.

    Returns:
        how many messages were queued.
    """
    queued = 0
    for subscription in policy.subscriptions:
        filtered = replace(subscription.match, kinds=(), min_severity=Severity.INFO)
        items = [item for mention, item in found if filtered.covers_mention(mention)]
        if items:
            queued += queue(con, subscription.name, key, Occasion.FIRST_LOOK, now, heading, items[:_SUMMARY_ITEMS])
    return queued


def queue(
    con: Connection,
    subscription: str,
    key: str,
    occasion: Occasion,
    now: datetime,
    heading: str,
    items: Sequence[Item],
) -> bool:
    """Queue one message of ready items, unless the subscription ever had one of that key; return whether it was new."""
    identity = ids.key("notification", subscription, key, 1)
    if rows(con, "select 1 from notifications where notification_id = $1", [identity]):
        return False
    severity = max((item.severity for item in items), default=Severity.INFO)
    summary = json.dumps({"heading": heading, "items": [_item_facts(item) for item in items]}, ensure_ascii=False)
    append(
        con,
        "notifications",
        (
            "notification_id", "subscription", "group_key", "seq", "occasion", "severity", "state", "state_reason",
            "created_at", "flush_at", "summary",
        ),
        [(identity, subscription, key, 1, occasion.value, int(severity), "open", "", now, now, summary)],
    )  # fmt: skip
    return True


def _follow_merges(con: Connection, now: datetime) -> None:
    """Move what open messages on merged stories gathered into those of the stories that live."""
    moved = rows(
        con,
        f"""
        select notification_id, subscription, {_KEY_NOW} as key_now, severity, flush_at, expires_at, ns.signal_id
        from {_WITH_STORY} join notification_signals ns using (notification_id)
        where state = 'open' and ns.left_out is null and key_now <> group_key
        order by created_at, notification_id, ns.position
        """,
    )
    _place(
        con,
        [
            Placement(signal_id, subscription, key, Occasion.STORY, Severity(severity), flush_at, expires_at)
            for _, subscription, key, severity, flush_at, expires_at, signal_id in moved
        ],
        now,
    )
    for notification_id, key in {row[0]: row[2] for row in moved}.items():
        con.execute(
            "update notification_signals set left_out = $2 where notification_id = $1 and left_out is null",
            [notification_id, f"moved to {key}"],
        )
        con.execute(
            "update notifications set state = 'dropped', state_reason = $2, sealed_at = $3::timestamptz "
            "where notification_id = $1",
            [notification_id, f"its story turned out to be another: told in {key}", now],
        )


def _route(con: Connection, decide: Decide, board: Board, now: datetime) -> int:
    new = signals.read(con, "where s.verdict is null order by s.occurred_at, s.signal_id")
    routing = decide(new, replace(board, heard=heard.heard(con, new)))
    _open_digests(con, routing.openings, now)
    if not new:
        return 0
    told = [(signal_id, verdict.value, reason) for signal_id, (verdict, reason) in routing.verdicts.items()]
    con.execute(
        """
        update signals set verdict = v.verdict, verdict_reason = v.reason, routed_at = $4::timestamptz
        from (select unnest($1::varchar[]) as signal_id, unnest($2::varchar[]) as verdict,
            unnest($3::varchar[]) as reason) v
        where signals.signal_id = v.signal_id
        """,
        [*(list(column) for column in zip(*told, strict=True)), now],
    )
    _place(con, routing.placements, now)
    return len(new)


def _place(con: Connection, placements: Iterable[Placement], now: datetime) -> None:
    """Put signals into the open messages of their groups, or open new ones."""
    ordered = sorted(placements, key=lambda one: (one.subscription, one.key))
    for (subscription, key), together in groupby(ordered, key=lambda one: (one.subscription, one.key)):
        group = list(together)
        flush = min(one.flush_at for one in group)
        severity = max(one.severity for one in group)
        found = rows(
            con,
            "select notification_id, state from notifications where subscription = $1 and group_key = $2 order by seq",
            [subscription, key],
        )
        if found and found[-1][1] == "open":
            identity = found[-1][0]
            con.execute(
                "update notifications set flush_at = least(flush_at, $2::timestamptz), "
                "severity = greatest(severity, $3::tinyint) where notification_id = $1",
                [identity, flush, int(severity)],
            )
        else:
            times = (flush, group[0].expires_at)
            identity = _open(con, subscription, key, group[0].occasion, severity, times, now, len(found) + 1)
            if group[0].thread:
                con.execute(
                    "update notifications set thread = $2 where notification_id = $1", [identity, group[0].thread]
                )
        _add(con, identity, [one.signal_id for one in group])


def _open_digests(con: Connection, openings: Iterable[Opening], now: datetime) -> None:
    """Open the digests that come even without news, and the operators' reports, unless they are there already."""
    for one in openings:
        there = rows(
            con,
            "select 1 from notifications where subscription = $1 and group_key = $2 limit 1",
            [one.subscription, one.key],
        )
        if not there:
            _open(con, one.subscription, one.key, one.occasion, Severity.INFO, (one.flush_at, None), now)


def _open(
    con: Connection,
    subscription: str,
    key: str,
    occasion: Occasion,
    severity: Severity,
    times: tuple[datetime, datetime | None],
    now: datetime,
    seq: int = 1,
) -> str:
    """Open a message that gathers until the first of ``times``; after the second it is too old for an alert."""
    identity = ids.key("notification", subscription, key, seq)
    append(
        con,
        "notifications",
        (
            "notification_id", "subscription", "group_key", "seq", "occasion", "severity", "state", "state_reason",
            "created_at", "flush_at", "expires_at",
        ),
        [(identity, subscription, key, seq, occasion.value, int(severity), "open", "", now, *times)],
    )  # fmt: skip
    return identity


def _add(con: Connection, notification_id: str, signal_ids: Sequence[str]) -> None:
    known = rows(con, "select signal_id from notification_signals where notification_id = $1", [notification_id])
    there = {row[0] for row in known}
    new = [one for one in dict.fromkeys(signal_ids) if one not in there]
    append(
        con,
        "notification_signals",
        ("notification_id", "signal_id", "position"),
        ((notification_id, one, len(there) + at) for at, one in enumerate(new)),
    )


def _seal(con: Connection, write: Write, board: Board, now: datetime, warehouse: Warehouse) -> int:
    due = rows(
        con,
        """
        select notification_id, subscription, group_key, seq, occasion, severity, flush_at, expires_at, summary
        from notifications where state = 'open' and flush_at <= $1::timestamptz
        order by severity desc, flush_at, notification_id
        """,
        [now],
    )
    told: OperatorReport | None = None  # read once, however many operators get it
    for row in due:
        condition = (
            "join notification_signals ns on ns.signal_id = s.signal_id "
            "where ns.notification_id = $1 and ns.left_out is null order by ns.position"
        )
        notification = _notification(con, row, signals.read(con, condition, [row[0]]))
        if notification.occasion is Occasion.DIGEST:
            notification = _with_coverage(con, notification, now)
        if notification.occasion is Occasion.REPORT:
            told = told or report.read(con, warehouse, now)
            notification = replace(notification, report=told)
        _store_sealed(con, notification, write(notification, board), now)
    return len(due)


def _with_coverage(con: Connection, notification: Notification, now: datetime) -> Notification:
    """Add what was seen since the subscription's digest before this one; since the day before, where there was none."""
    before, created = rows(
        con,
        """
        select max(sealed_at) filter (state <> 'open' and sealed_at > $3::timestamptz),
            any_value(created_at) filter (notification_id = $2)
        from notifications where subscription = $1 and occasion = 'digest'
        """,
        [notification.subscription, notification.notification_id, notification.flush_at - _LONGEST_DIGEST],
    )[0]
    since = before or min(created, notification.flush_at - timedelta(days=1))
    return replace(notification, coverage=coverage.read(con, since, now))


def _fold(con: Connection, write: Write, board: Board, now: datetime) -> int:
    """Take back deliveries that are too old for an alert: what they tell goes into the digest."""
    old = rows(
        con,
        """
        select n.notification_id, n.subscription, n.group_key, n.seq, n.occasion, n.severity, n.flush_at, n.expires_at,
            n.summary, d.delivery_id
        from deliveries d join notifications n using (notification_id)
        where n.expires_at <= $1::timestamptz and d.state in (select unnest($2::varchar[]))
        """,
        [now, list(_OLD)],
    )
    for *row, delivery_id in old:
        condition = "join delivery_signals ds on ds.signal_id = s.signal_id where ds.delivery_id = $1"
        notification = _notification(con, row, signals.read(con, condition, [delivery_id]))
        sealed = write(notification, board)
        _place(con, sealed.moved, now)
        where = (
            f"too late for an alert: told in {sealed.moved[0].key}" if sealed.moved else "nobody subscribes any more"
        )
        deliveries.cancel(con, delivery_id, where, now)
    return 0


def _notification(con: Connection, row: Sequence[Any], found: Sequence[Signal]) -> Notification:
    summary = json.loads(row[8]) if row[8] else {}
    known: dict[str, set[str]] = {}
    for channel, signal_id in rows(
        con,
        "select channel, signal_id from told where subscription = $1 and signal_id in (select unnest($2::varchar[]))",
        [row[1], [one.signal_id for one in found]],
    ):
        known.setdefault(channel, set()).add(signal_id)
    corrects = found if row[4] == Occasion.CORRECTION.value else []
    about, channels = heard.corrected(con, row[1], corrects)
    return Notification(
        notification_id=row[0],
        subscription=row[1],
        key=row[2],
        seq=row[3],
        occasion=Occasion(row[4]),
        severity=Severity(row[5]),
        flush_at=row[6],
        expires_at=row[7],
        signals=tuple(found),
        told={channel: frozenset(signal_ids) for channel, signal_ids in known.items()},
        about=about,
        heard=channels if about else None,
        heading=summary.get("heading", ""),
        items=tuple(_item(facts) for facts in summary.get("items", ())),
    )


def _store_sealed(con: Connection, notification: Notification, sealed: Sealed, now: datetime) -> None:
    identity = notification.notification_id
    left_out = {signal_id: f"silence {silence}" for signal_id, silence in sealed.silenced.items()}
    left_out |= {one.signal_id: f"moved to {one.key}" for one in sealed.moved}
    for signal_id, reason in left_out.items():
        con.execute(
            "update notification_signals set left_out = $3 where notification_id = $1 and signal_id = $2",
            [identity, signal_id, reason],
        )
    _place(con, sealed.moved, now)
    for channel, payload in sealed.payloads.items():
        deliveries.add(con, identity, channel, _payload_text(payload), sealed.told.get(channel, ()), now)
    reason = "" if sealed.payloads else "; ".join(dict.fromkeys(left_out.values())) or "nobody is left to tell"
    con.execute(
        "update notifications set state = $2, state_reason = $3, sealed_at = $4::timestamptz "
        "where notification_id = $1",
        [identity, "sealed" if sealed.payloads else "dropped", reason, now],
    )


def _payload_text(payload: Payload) -> str:
    facts = {"subject": payload.subject, "body": payload.body, "html": payload.html, "data": dict(payload.data)}
    return json.dumps(facts, ensure_ascii=False, sort_keys=True)


def _item_facts(item: Item) -> dict[str, Any]:
    facts = {one.name: getattr(item, one.name) for one in fields(item)}
    return facts | {"severity": int(item.severity), "when": item.when.isoformat() if item.when else None}


def _item(facts: dict[str, Any]) -> Item:
    when = datetime.fromisoformat(facts["when"]) if facts["when"] else None
    lists = {"outlets": tuple(facts["outlets"]), "signals": tuple(facts["signals"])}
    return Item(**(facts | lists | {"when": when, "severity": Severity(facts["severity"])}))


__all__ = ["WarehouseOutbox", "board_of", "queue", "queue_summary"]
