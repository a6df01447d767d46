"""The one place where the loader gets its two decisions: which story, and what is worth a signal.

Pages are put where they are kept here, too, before their batch is loaded.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from alerts.detect import signals
from extractors.outlet_lines import remember
from extractors.stories import choose
from records.document import Batch
from records.errors import DiskFull
from warehouse import articles, outlet_lines
from warehouse.articles import LoadReport
from warehouse.database import Connection, Warehouse
from warehouse.packs import Packs


def keep(warehouse: Warehouse, batch: Batch, now: datetime) -> tuple[Batch, str]:
    """Put the pages of a batch where they are kept, before the window that notes where.

    Returns:
        The batch to load, and why its pages are not kept; empty when they are. Its articles never wait for its pages.
    """
    try:
        return replace(batch, pages=tuple(Packs(warehouse.path).keep(batch.pages, now))), ""
    except DiskFull as error:
        return replace(batch, pages=tuple(replace(page, packed=b"") for page in batch.pages)), str(error)


def load(con: Connection, batch: Batch, run_id: str, now: datetime) -> LoadReport:
    """Load one batch inside the open write window; see `warehouse.articles.load`.

    Raises:
        WarehouseError: DuckDB refused; the window rolls everything back.
    """
    report = articles.load(con, batch, choose=choose, detect=signals, run_id=run_id, now=now)
    outlet_lines.learn(con, batch.pages, remember, now)
    return report
