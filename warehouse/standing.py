"""How govwatch stands, for its operators: dead letters, failing channels, the canary, precision of rules.

It only reads, and never judges: `alerts.standing` says what needs an operator.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from records.coverage import Standing
from warehouse import alarms, canaries, feedback
from warehouse.database import Connection, rows

DEAD_FOR = timedelta(days=7)
"""Messages that were given up longer ago are history: `govwatch alerts list --state dead` has them."""


def read(con: Connection, now: datetime, *, precision: bool = True) -> Standing:
    """Return how govwatch stands at ``now``; without ``precision``, which is much to count, what needs mending."""
    dead = rows(
        con,
        "select channel, count(*) from deliveries where state = 'dead' and finished_at > $1::timestamptz "
        "group by channel order by channel",
        [now - DEAD_FOR],
    )
    failing = rows(con, "select channel, last_ok from channel_health where circuit <> 'closed' order by channel")
    return Standing(
        dead=tuple((row[0], row[1]) for row in dead),
        failing=tuple((row[0], row[1]) for row in failing),
        canary=canaries.last(con),
        precision=feedback.precision(con) if precision else (),
        alarms=alarms.told(con),
    )
