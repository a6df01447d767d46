"""What loading history asks of the warehouse: what is there already, which lists were read, what a run brought.

It never loads and never decides; articles come in by `warehouse.articles`, URLs by `warehouse.frontier`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from warehouse.database import Connection, append, rows


@dataclass(frozen=True, slots=True)
class OutletLine:
    """What one run brought of one outlet: a row of the closing table; dates are None where no page states one."""

    outlet: str
    articles: int
    copies: int
    mentions: int
    first: datetime | None
    last: datetime | None


@dataclass(frozen=True, slots=True)
class ListRead:
    """One list of URLs that was read for a source: how many it named, and how many of them were wanted and new."""

    url: str
    items: int
    new: int
    status: int | None
    bytes: int
    at: datetime


def stored(con: Connection, article_ids: Sequence[int]) -> set[int]:
    """Return which of these articles are stored with their text."""
    found = rows(
        con,
        "select article_id from articles where text is not null and article_id in (select unnest($1::bigint[]))",
        [list(article_ids)],
    )
    return {row[0] for row in found}


def lists_read(con: Connection, source_id: str) -> set[str]:
    """Return the lists of URLs that were read for a source, as far as the log of fetches goes back."""
    found = rows(
        con, "select distinct url from fetches where kind = 'poll' and outcome = 'ok' and source_id = $1", [source_id]
    )
    return {row[0] for row in found}


def note_lists(con: Connection, source_id: str, lists: Sequence[ListRead], run_id: str) -> None:
    """Log that these lists were read; in the window that notes what they name."""
    append(
        con,
        "fetches",
        ("run_id", "kind", "url", "source_id", "outcome", "reason", "status", "bytes", "items", "new_items",
         "fetched_at"),
        ((run_id, "poll", x.url, source_id, "ok", "", x.status, x.bytes, x.items, x.new, x.at) for x in lists),
    )  # fmt: skip


def by_outlet(con: Connection, run_id: str) -> list[OutletLine]:
    """Return what a run brought, by outlet, most articles first."""
    found = rows(
        con,
        """
        select outlet, count(*), count(*) filter (s.story_id <> a.article_id), sum(coalesce(m.mentions, 0))::bigint,
            min(published), max(published)
        from articles a left join story_members s using (article_id)
            left join (select article_id, count(*) as mentions from mentions group by all) m using (article_id)
        where a.run_id = $1 group by outlet order by 2 desc, 1
        """,
        [run_id],
    )
    return [OutletLine(*row) for row in found]
