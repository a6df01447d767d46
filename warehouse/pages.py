"""The table ``pages``: every reading of a page, and what of it can be read again.

It never reads or writes the bytes themselves (`warehouse.packs` does), and never judges what a page gave.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from records.article import FeedItem, Origin
from records.page import ReadPage, Slot
from warehouse.database import Connection, append, rows

_COLUMNS = (
    "url", "final_url", "source_id", "outlet", "article_id", "fetched_at", "access", "characters", "titled", "signed",
    "dated", "extractor", "repeated", "raw_hash", "bytes", "content_type", "file", "begins_at", "length", "run_id",
)  # fmt: skip
_AT_ONCE = 200  # rows held at once


@dataclass(frozen=True, slots=True)
class KeptPage:
    """One kept page, with what its first reading went by.

    Attributes:
        item: what its source said of it; only its URL and source when nothing is known any more.
        url_key, origin, catch_up: as the frontier has them.
        article_id: the article that these very bytes made; None when they made none.
        final_url, fetched_at, content_type, raw_hash, size, slot: as in `records.page.ReadPage`.
        gave: what its last reading gave, as `gave` tells it.
        repeated: lines that readings took out, as its outlet repeats them.
    """

    item: FeedItem
    url_key: str
    origin: Origin
    catch_up: bool
    discovered_at: datetime
    article_id: int | None
    final_url: str
    fetched_at: datetime
    content_type: str | None
    raw_hash: str
    size: int
    slot: Slot
    gave: tuple[object, ...]
    repeated: tuple[int, ...]


def gave(page: ReadPage) -> tuple[object, ...]:
    """Return what a reading gave, as the table notes it."""
    return page.access.value, page.characters, page.titled, page.signed, page.dated, page.extractor, [*page.repeated]


def store(con: Connection, pages: Sequence[ReadPage], instead: Mapping[int, int], run_id: str | None) -> int:
    """Note readings of pages; return how many.

    Args:
        con: inside the caller's transaction.
        pages: in order.
        instead: articles that turned out to be other ones.
        run_id: the pass.
    """
    return append(con, "pages", _COLUMNS, (_row(page, instead, run_id) for page in pages))


def _row(page: ReadPage, instead: Mapping[int, int], run_id: str | None) -> tuple[object, ...]:
    article = instead.get(page.article_id, page.article_id) if page.article_id is not None else None
    slot = page.slot
    return (
        page.url, page.final_url, page.source, page.outlet, article, page.fetched_at, page.access.value,
        page.characters, page.titled, page.signed, page.dated, page.extractor, list(page.repeated), page.raw_hash,
        page.size, page.content_type, slot.file if slot else None, slot.position if slot else None,
        slot.length if slot else None, run_id,
    )  # fmt: skip


# Of pages that made an article: those whose bytes made what is stored (an earlier or later fetch of it did not; a seed
# has its facts from elsewhere). Of pages that made none: those whose URL has led to none since.
_KEPT = """
from pages p
left join articles a on a.article_id = p.article_id and a.raw_hash = p.raw_hash and a.origin <> 'seed'
left join frontier f on f.url = p.url
where p.file is not null
    and (a.article_id is not null or (p.article_id is null and f.article_id is null))
    and ($1::timestamptz is null or p.fetched_at >= $1::timestamptz)
    and ($2::varchar is null or p.source_id = $2)
    and ($3::varchar is null or $3 in (p.url, p.final_url, f.url_key) or $4 = f.url_key)
qualify row_number() over (partition by coalesce(a.article_id::varchar, p.url) order by p.fetched_at desc) = 1
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which kept pages are wanted; None means all.

    Attributes:
        since: fetched then or later.
        source: of this source.
        url, key: of this URL; and its canonical form.
    """

    since: datetime | None = None
    source: str | None = None
    url: str | None = None
    key: str | None = None

    def values(self) -> list[object]:
        """Return what the queries take."""
        return [self.since, self.source, self.url, self.key]


def count(con: Connection, wanted: Wanted) -> int:
    """Return how many pages `kept` yields."""
    return int(rows(con, f"select count(*) from (select p.url {_KEPT})", wanted.values())[0][0])


def kept(con: Connection, wanted: Wanted) -> Iterator[KeptPage]:
    """Yield the pages that can be read again, as they stand on disk; other queries may run on ``con`` meanwhile."""
    cursor = con.cursor()
    cursor.execute("set TimeZone = 'UTC'")
    cursor.execute(
        f"""
        select p.url, p.source_id, f.title, f.published, f.summary, f.language, f.outlet, coalesce(f.url_key, p.url),
            coalesce(f.origin, 'backfill'), coalesce(f.catch_up, false), coalesce(f.discovered_at, p.fetched_at),
            a.article_id, p.final_url, p.fetched_at, p.content_type, p.raw_hash, p.bytes, p.file, p.begins_at, p.length,
            p.access, p.characters, p.titled, p.signed, p.dated, p.extractor, p.repeated
        {_KEPT} order by p.file, p.begins_at
        """,
        wanted.values(),
    )
    while found := cursor.fetchmany(_AT_ONCE):
        yield from map(_page, found)


def _page(row: tuple[Any, ...]) -> KeptPage:
    url, source, title, published, summary, language, outlet, key, origin, catch_up, discovered, *rest = row
    article_id, final_url, fetched_at, content_type, raw_hash, size, file, position, length, *given = rest
    item = FeedItem(url, title, published, source, summary, language, outlet)
    return KeptPage(
        item, key, Origin(origin), catch_up, discovered, article_id, final_url, fetched_at, content_type, raw_hash,
        size, Slot(file, position, length), tuple(given), tuple(given[-1]),
    )  # fmt: skip


def read_again(con: Connection, pages: Sequence[ReadPage]) -> None:
    """Let the rows of these pages say what today's reading gave: so that a source that was mended gets well."""
    if not pages:
        return
    marks = ", ".join(
        ["(?::varchar, ?::varchar, ?, ?::integer, ?::boolean, ?::boolean, ?::boolean, ?, ?::bigint[])"] * len(pages)
    )
    con.execute(
        f"""
        update pages set access = n.access, characters = n.characters, titled = n.titled, signed = n.signed,
            dated = n.dated, extractor = n.extractor, repeated = n.repeated
        from (values {marks}) as n(url, raw_hash, access, characters, titled, signed, dated, extractor, repeated)
        where pages.url = n.url and pages.raw_hash = n.raw_hash
        """,
        [value for page in pages for value in (page.url, page.raw_hash, *gave(page))],
    )


def led_to(con: Connection, articles: Mapping[str, int]) -> None:
    """Note for URLs whose pages made no article when they were fetched that they lead to one now."""
    if not articles:
        return
    marks = ", ".join(["(?::varchar, ?::bigint)"] * len(articles))
    values = [value for pair in articles.items() for value in pair]
    con.execute(
        f"""
        update pages set article_id = n.article_id from (values {marks}) as n(url, article_id)
        where pages.url = n.url
        """,
        values,
    )
    con.execute(
        f"""
        update frontier set article_id = n.article_id, next_try = null,
            outcome = if(exists(
                from articles a where a.article_id = n.article_id and coalesce(a.discovered_url, a.url) = n.url),
                'fetched', 'duplicate'),
            reason = 'an article by a later reading of the page that was kept'
        from (values {marks}) as n(url, article_id)
        where frontier.url = n.url and frontier.outcome = 'not_article'
        """,
        values,
    )


def forget(con: Connection, *, files: Sequence[str] = (), before: datetime | None = None) -> int:
    """Note that these files are gone, throw away rows from before a time, and return how many rows went."""
    if files:
        con.execute(
            "update pages set file = null, begins_at = null, length = null where list_contains($1::varchar[], file)",
            [list(files)],
        )
    if before is None:
        return 0
    # What is kept longer than its row would be could never be found again.
    gone = con.execute("delete from pages where fetched_at < $1 and file is null", [before]).fetchall()
    return int(gone[0][0])
