"""Nightly tidying: old logs go, look-up tables are put in order, and analysts get a fresh read copy."""

from __future__ import annotations

from datetime import datetime

from config.load import Configuration
from warehouse import health, stories
from warehouse.database import Warehouse


def tidy(configuration: Configuration, warehouse: Warehouse, now: datetime) -> str:
    """Tidy up and return what was done in one sentence. Articles, mentions and alerts are never thrown away."""
    retention = configuration.settings.retention
    with warehouse.writing() as con:
        gone = health.forget(con, fetches_before=now - retention.fetch_log, runs_before=now - retention.runs)
        stories.compact(con)
    warehouse.publish()
    return f"{gone} old rows of logs removed, look-up tables compacted, read copy published"
