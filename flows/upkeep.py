"""The flow `upkeep`: nightly tidying. Thin: the work is `flows.housekeeping.tidy`."""

from __future__ import annotations

import asyncio

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from config.load import directory_from, warehouse_from
from flows.clock import utc_now
from flows.housekeeping import tidy
from flows.secrecy import read_configuration, secretless
from warehouse.database import Warehouse


@flow(name="upkeep", timeout_seconds=3600, persist_result=False)
async def upkeep(config: str | None = None, warehouse: str | None = None) -> State[None]:
    """Throw away old logs, tidy the look-up tables, publish a fresh read copy.

    Args:
        config: the configuration folder; GOVWATCH_CONFIG or ``config/`` by default.
        warehouse: its path or connection string; GOVWATCH_WAREHOUSE, settings.yaml or ``data/govwatch.duckdb``
            by default.
    """
    opened = Warehouse(warehouse_from(warehouse, directory=directory_from(config)))
    with secretless():
        done = await asyncio.to_thread(tidy, read_configuration(directory_from(config)), opened, utc_now())
    return Completed(message=done)
