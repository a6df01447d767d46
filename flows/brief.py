"""The flow `brief`: the page of the morning, linked in Prefect. Thin: the work is `flows.briefing`."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

from prefect import flow
from prefect.artifacts import acreate_link_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed

from alerts.briefing.words import summary
from config.load import directory_from, warehouse_from
from flows import briefing
from flows.clock import utc_now
from flows.secrecy import read_configuration, secretless
from warehouse.database import Warehouse


@flow(name="brief", timeout_seconds=900, persist_result=False)
async def brief(
    days: int = 7,
    folder: str | None = None,
    address: str | None = None,
    config: str | None = None,
    warehouse: str | None = None,
) -> State[None]:
    """Write the briefing of the last days, with its feeds.

    Args:
        days: whole days before today that it tells.
        folder: where to; ``data/brief`` by default.
        address: of the folder on a web server, for the link; browsers follow no ``file:`` link out of Prefect's UI.
        config: the configuration folder; GOVWATCH_CONFIG or ``config/`` by default.
        warehouse: its path or connection string; GOVWATCH_WAREHOUSE, settings.yaml or ``data/govwatch.duckdb``
            by default.
    """
    opened = Warehouse(warehouse_from(warehouse, directory=directory_from(config)))
    with secretless():
        zone = read_configuration(directory_from(config)).settings.time_zone
        now = utc_now()
        since = briefing.days_before(now, timedelta(days=days), zone)
        told = await asyncio.to_thread(briefing.read, opened, since, now, zone, now)
        done = await asyncio.to_thread(briefing.write, told, Path(folder) if folder else briefing.FOLDER)
    said = summary(told)[0]
    link = f"{address.rstrip('/')}/{done.page.name}" if address else done.page.resolve().as_uri()
    await acreate_link_artifact(link, done.page.name, key="govwatch-brief", description=said)
    return Completed(message=said)
