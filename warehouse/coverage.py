"""What was seen of the news within a window: one query, on the log of fetches and the health of sources.

It never judges a source itself: the macro ``source_coverage`` and the view ``source_health`` do.
"""

from __future__ import annotations

from datetime import datetime

from records.coverage import Coverage
from warehouse.database import Connection, rows


def read(con: Connection, since: datetime, until: datetime) -> Coverage:
    """Return what was covered from ``since`` up to ``until``.

    The window begins with the first pass that is known at the earliest: before it nobody watched. Windows that reach
    behind ``retention.fetch_log`` count what the log still holds.
    """
    begun = rows(con, "select min(started_at) from runs where kind = 'monitor'")[0][0]
    begins = min(until, max(since, begun)) if begun is not None else since
    found = rows(
        con,
        "select state, coalesce(nullif(name, ''), source_id), pages_read "
        "from source_coverage($1::timestamptz, $2::timestamptz) order by source_id",
        [begins, until],
    )
    by_state: dict[str, list[str]] = {}
    for state, name, _ in found:
        by_state.setdefault(state, []).append(name)
    named = {state: tuple(by_state.get(state, ())) for state in ("stale", "blocked", "failing", "unasked")}
    return Coverage(begins, until, len(by_state.get("ok", ())), **named, pages=sum(row[2] for row in found))
