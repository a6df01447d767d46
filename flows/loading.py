"""The one place where the loader gets its two decisions: which story, and what is worth a signal."""

from __future__ import annotations

from datetime import datetime

from alerts.detect import signals
from extractors.stories import choose
from records.document import Batch
from warehouse import articles
from warehouse.articles import LoadReport
from warehouse.database import Connection


def load(con: Connection, batch: Batch, run_id: str, now: datetime) -> LoadReport:
    """Load one batch inside the open write window; see `warehouse.articles.load`.

    Raises:
        WarehouseError: DuckDB refused; the window rolls everything back.
    """
    return articles.load(con, batch, choose=choose, detect=signals, run_id=run_id, now=now)
