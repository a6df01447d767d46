"""Nightly tidying: old logs and kept pages go, look-up tables are put in order, analysts get a fresh read copy."""

from __future__ import annotations

from datetime import datetime

from config.load import Configuration
from warehouse import backup, health, pages, search, stories
from warehouse.backends import DuckFile
from warehouse.database import Warehouse
from warehouse.packs import Packs

_BLOCKS = 500  # of 2,048 articles, indexed in one night: half a second each, so that the hour of upkeep is kept


def tidy(configuration: Configuration, warehouse: Warehouse, now: datetime) -> str:
    """Tidy up and return what was done in one sentence. Articles, mentions and alerts are never thrown away."""
    retention = configuration.settings.retention
    forget_pages(configuration, warehouse, now)
    with warehouse.writing() as con:
        gone = health.forget(con, fetches_before=now - retention.fetch_log, runs_before=now - retention.runs)
        gone += pages.forget(con, before=now - retention.fetch_log)
        stories.compact(con)
        full_of_holes = isinstance(warehouse.backend, DuckFile) and backup.due(con)
    for _ in range(_BLOCKS):  # what loads did not index: a warehouse from before the index, or a new method
        with warehouse.writing() as con:
            if not search.index(con):
                break
    if full_of_holes:
        backup.compact(warehouse)
    tidied = warehouse.tidy(now)
    warehouse.publish()
    written = ", file written anew" if full_of_holes else f", {tidied}" if tidied else ""
    return f"{gone} old rows of logs removed, look-up tables compacted{written}, read copy published"


def forget_pages(configuration: Configuration, warehouse: Warehouse, now: datetime) -> int:
    """Throw away kept pages whose time is over, and return how many files of them; nothing is opened when none is.

    Each pass does it, too: who runs govwatch from cron has no upkeep.
    """
    retention, packs = configuration.settings.retention, Packs(warehouse.path)
    old = packs.older((now - retention.pages).date() if retention.pages is not None else None)
    if old:
        # Rows first: a kill in between leaves files that the next look finds, and no row that leads to nothing.
        with warehouse.writing() as con:
            pages.forget(con, files=old)
        packs.remove(old)
    return len(old)
