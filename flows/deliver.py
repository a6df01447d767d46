"""The flow `deliver`: what waited for its time goes out. Thin: the work is `flows.delivery.deliver`."""

from __future__ import annotations

import asyncio

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from config.load import directory_from, warehouse_from
from flows.clock import utc_now
from flows.delivery import deliver as deliver_due
from flows.secrecy import read_configuration, secretless
from warehouse.database import Warehouse


@flow(name="deliver", timeout_seconds=1800, persist_result=False)
async def deliver(config: str | None = None, warehouse: str | None = None) -> State[None]:
    """Deliver what is due: group waits, quiet hours and digests that ended, and retries.

    Args:
        config: the configuration folder; GOVWATCH_CONFIG or ``config/`` by default.
        warehouse: its path or connection string; GOVWATCH_WAREHOUSE, settings.yaml or ``data/govwatch.duckdb``
            by default.
    """
    opened = Warehouse(warehouse_from(warehouse, directory=directory_from(config)))
    with secretless():
        delivered = await asyncio.to_thread(deliver_due, read_configuration(directory_from(config)), opened, utc_now)
        if delivered.changed:
            await asyncio.to_thread(opened.publish)
    return Completed(message=delivered.sentence())
