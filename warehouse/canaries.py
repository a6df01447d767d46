"""The daily canary as rows: when it was launched, and from its deliveries whether it arrived.

It never makes the canary (`flows.canary` does), and never judges how long is too long.
"""

from __future__ import annotations

from datetime import date, datetime

from records.coverage import CanaryFlight
from warehouse.database import Connection, rows


def launched(con: Connection, day: date) -> bool:
    """Whether the canary of ``day`` was launched."""
    return bool(rows(con, "select 1 from canaries where day = $1", [day]))


def note(con: Connection, day: date, signal_id: str, now: datetime) -> None:
    """Note that the canary of ``day`` was launched; in the window that stores its signal."""
    con.execute("insert into canaries values ($1, $2, $3::timestamptz, null)", [day, signal_id, now])


def told(con: Connection, day: str, now: datetime) -> None:
    """Note that operators were told that the canary of ``day`` is missing; in the window that queues the message."""
    con.execute("update canaries set told_at = $2::timestamptz where day = $1::date", [day, now])


def last(con: Connection) -> CanaryFlight | None:
    """Return the way of the last canary; None where none ever flew."""
    found = rows(con, "select day, signal_id, launched_at, told_at from canaries order by day desc limit 1")
    if not found:
        return None
    day, signal_id, launched_at, told_at = found[0]
    flights = rows(
        con,
        """
        select d.channel, d.state, d.reason, d.finished_at
        from notification_signals ns join deliveries d using (notification_id)
        where ns.signal_id = $1 and d.state <> 'cancelled' order by d.channel
        """,
        [signal_id],
    )
    missing = tuple(
        (channel, f"{state}, {reason}" if reason else state) for channel, state, reason, _ in flights if state != "sent"
    )
    arrived = max((row[3] for row in flights), default=None) if flights and not missing else None
    return CanaryFlight(f"{day:%Y-%m-%d}", launched_at, arrived, missing, told_at, signal_id)


def take_out(con: Connection, article_id: int) -> None:
    """Remove every trace of the canary's article; in the transaction that loaded it, so that nobody ever meets it.

    The article opened its own story, and nothing can have joined it.
    """
    number = "(select number from story_members where article_id = $1)"
    for table in ("internal.shingles", "internal.fingerprints"):
        con.execute(f"delete from {table} where number in {number}", [article_id])
    con.execute("delete from stories where story_id = $1", [article_id])
    for table in ("story_members", "mentions", "figures", "articles"):
        con.execute(f"delete from {table} where article_id = $1", [article_id])
