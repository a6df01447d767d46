"""The index behind the macro ``search``: which words stand in which runs of articles.

It never answers a question itself: the macro of ``views.sql`` does, from the index where it is complete and from the
texts where it is not. So a missing block costs time, never a find. The reasons for its form: docs/decisions/0009.
"""

from __future__ import annotations

from collections.abc import Sequence

from warehouse.database import Connection, constants, rows

BLOCK = 2_048
"""Articles of one block: what DuckDB packs together, so one text of it costs as much as all."""

PART = 512
"""Articles of one quarter of a block, whose texts are looked at for a word that stands in one of them."""

METHOD = 2
"""Raise it when the macros ``internal.fold``, ``tokens``, ``pairs`` or ``term`` change: all is indexed anew then."""

# Rows of the open transaction have places beyond any that is stored; they get theirs with the commit.
_STORED = "rowid < (1::bigint << 54)"

_INDEX = """
insert into internal.search_terms
with found as materialized (
    select rowid as place, internal.tokens(title || ' ' || coalesce(text, '')) as tokens from articles
    where rowid >= $1 and rowid < $2 and {which}
), words as (
    select place // 512 as part, unnest(tokens) as word from found
    union all
    select place // 512, unnest(internal.pairs(tokens)) from found where len(tokens) > 1
)
select internal.term(word), block, parts
from (
    select word, (part // 4)::integer as block, bit_or((1 << (part % 4)::integer)::utinyint) as parts
    from words group by 1, 2)
order by 2, 1
"""


def index(con: Connection, most: int = 1) -> int:
    """Index blocks that have become whole, at most ``most``, and return how many; inside the open write window.

    About half a second of one core for each block, whatever is stored.
    """
    _forget_older_methods(con)
    first = rows(con, "select coalesce(max(block) + 1, 0) from internal.search_blocks")[0][0]
    stored = rows(con, f"select coalesce(max(rowid) + 1, 0) from articles where {_STORED}")[0][0]
    last = min(first + most, stored // BLOCK)
    for block in range(first, last):
        con.execute(_INDEX.format(which="true"), [block * BLOCK, (block + 1) * BLOCK])
        con.execute("insert into internal.search_blocks values (?, ?)", [block, METHOD])
    return max(0, int(last - first))


def again(con: Connection, article_ids: Sequence[int]) -> None:
    """Add the words of articles that got their text after they were stored; inside the window that gave it."""
    if not article_ids:
        return
    indexed = rows(con, "select coalesce(max(block) + 1, 0) from internal.search_blocks")[0][0]
    con.execute(_INDEX.format(which=f"article_id in ({constants(article_ids)})"), [0, indexed * BLOCK])


def forget(con: Connection) -> None:
    """Throw the index away: after articles moved to other places. It is built again block by block."""
    con.execute("delete from internal.search_terms")
    con.execute("delete from internal.search_blocks")


def waiting(con: Connection) -> int:
    """Return how many whole blocks are not indexed yet."""
    stored = rows(con, f"select coalesce(max(rowid) + 1, 0) from articles where {_STORED}")[0][0]
    indexed = rows(con, f"select count(*) from internal.search_blocks where method = {METHOD}")[0][0]
    return max(0, int(stored) // BLOCK - int(indexed))


def misses(con: Connection, sample: int = 50) -> list[int]:
    """Return those of some indexed articles to whose words the index does not lead: none, unless it is broken."""
    found = rows(
        con,
        """
        with asked as (
            select rowid as place, article_id, title || ' ' || coalesce(text, '') as words from articles
            where rowid < (select coalesce(max(block) + 1, 0) * 2048 from internal.search_blocks)
            order by hash(article_id) limit $1
        ), terms as (
            select article_id, (place // 2048)::integer as block, (place // 512 % 4)::integer as part,
                internal.term(unnest(list_distinct(internal.tokens(words)))) as term from asked
        )
        select distinct article_id from terms
        where not exists (
            from internal.search_terms s
            where s.term = terms.term and s.block = terms.block and (s.parts >> terms.part) & 1 = 1)
        order by article_id
        """,
        [sample],
    )
    return [row[0] for row in found]


def _forget_older_methods(con: Connection) -> None:
    if rows(con, f"select 1 from internal.search_blocks where method <> {METHOD} limit 1"):
        forget(con)
