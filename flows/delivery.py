"""One round of delivery with the real parts: the warehouse's outbox, the configured channels, this process as owner."""

from __future__ import annotations

import os
import platform
import random
from typing import TextIO

from alerts.dispatch import DispatchReport, dispatch
from config.load import Configuration
from flows.alarms import look
from flows.canary import fly
from flows.clock import Clock
from warehouse.database import Warehouse
from warehouse.outbox import WarehouseOutbox

# Jitter of retries only; seeded by the system, so that two dispatchers do not retry in step.
_random = random.SystemRandom()


def deliver(
    configuration: Configuration, warehouse: Warehouse, clock: Clock, out: TextIO | None = None
) -> DispatchReport:
    """Look whether govwatch is well, let the day's canary out, and deliver everything that is due now.

    Args:
        configuration: who subscribes, and where to.
        warehouse: where signals and messages wait.
        clock: gives the time in UTC.
        out: of console channels; standard output when not given.

    Raises:
        WarehouseError: the outbox cannot be read or written; nothing that was accepted is forgotten for longer than a
            lease.
    """
    look(configuration, warehouse, clock())
    fly(configuration, warehouse, clock())
    return dispatch(
        WarehouseOutbox(warehouse),
        configuration.alerts,
        clock=clock,
        random=_random.random,
        owner=f"{platform.node()}:{os.getpid()}",
        out=out,
    )
