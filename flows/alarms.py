"""Looks whether govwatch itself does its work, and tells operators once when it does not, and once when that is over.

`/health` waits to be asked; this speaks up. It runs with every round of delivery, so that a pass that hangs or dies is
told by the other schedule. What it cannot tell is that nothing runs at all: for that somebody else has to ask.
"""

from __future__ import annotations

from datetime import datetime

from alerts.alarms import changes
from config.load import Configuration
from flows.vitals import troubles
from records.alert import Occasion
from records.operation import Alarm
from warehouse import alarms, runs
from warehouse.database import Warehouse
from warehouse.outbox import queue

_PASSES = 10  # of the newest, of any kind


def look(configuration: Configuration, warehouse: Warehouse, now: datetime) -> None:
    """Note once a day how large the files are, and queue what operators have to hear now; again it changes nothing.

    Raises:
        WarehouseError: the warehouse cannot be written.
    """
    operators = [one.name for one in configuration.alerts.subscriptions if one.operator]
    sizes = alarms.sizes(warehouse)
    with warehouse.writing() as con:
        alarms.measure(con, warehouse, now)
        passes = runs.last(con, _PASSES, kind="monitor")
        found = troubles(
            passes,
            now,
            room=alarms.free_room(warehouse.path),
            largest=max(sizes["warehouse"], sizes["read copy"]),
            longest=configuration.settings.limits.pass_deadline,
        )
        if not passes:  # nobody has begun to watch
            found = [one for one in found if one.alarm is not Alarm.NO_PASS]
        on, messages = changes(found, alarms.states(con), now)
        for message in messages:
            for name in operators:
                queue(con, name, message.key, Occasion.NOTICE, now, message.heading, [message.item])
        alarms.note(con, on)
