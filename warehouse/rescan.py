"""Stored texts read again with other rules: streamed out, compared with what is stored, written back as history.

It never looks for a mention itself, and nothing here makes a signal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from warehouse.database import Connection, rows
from warehouse.first_look import Found, found_of

_CHUNK = 200  # texts held at once: some are long


def texts(con: Connection) -> Iterator[tuple[int, str, str, str | None, date | None]]:
    """Yield id, title, text, language and day of every stored article that has a text, in the order of their ids."""
    last = -1
    while True:
        found = rows(
            con,
            """
            select article_id, title, text, language, published from articles
            where article_id > $1 and text is not null and access = 'full' order by article_id limit $2
            """,
            [last, _CHUNK],
        )
        for article_id, title, text, language, published in found:
            yield article_id, title, text, language, published.date() if published else None
        if len(found) < _CHUNK:
            return
        last = found[-1][0]


def count(con: Connection) -> int:
    """Return how many articles `texts` yields."""
    return int(rows(con, "select count(*) from articles where text is not null and access = 'full'")[0][0])


def stored(con: Connection, article_ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """Return what is stored of these articles: by article, the evidence of its first mention of each initiative."""
    found = rows(
        con,
        """
        select article_id, initiative_id, arg_min(sentence, span_start + if(field = 'title', 0, 1000000000))
        from mentions where article_id in (select unnest($1::bigint[])) group by all
        """,
        [list(article_ids)],
    )
    out: dict[int, dict[str, str]] = {}
    for article_id, initiative, sentence in found:
        out.setdefault(article_id, {})[initiative] = sentence
    return out


def headings(con: Connection, article_ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Return title and outlet of these articles."""
    found = rows(
        con,
        "select article_id, title, outlet from articles where article_id in (select unnest($1::bigint[]))",
        [list(article_ids)],
    )
    return {article_id: (title, outlet) for article_id, title, outlet in found}


def gained(con: Connection, run_id: str) -> list[Found]:
    """Return what the re-scan ``run_id`` found that no earlier rules had: one for each story of an initiative."""
    found = rows(
        con,
        """
        select m.initiative_id, coalesce(s.story_id, a.article_id), a.article_id, a.title, a.url, a.outlet,
            a.outlet_name, a.country, a.language, a.tier, a.published, a.first_seen, m.sentence, m.surface, m.place,
            coalesce(i.name, m.initiative_id),
            list(a.outlet) over (partition by m.initiative_id, coalesce(s.story_id, a.article_id))
        from mentions m join articles a using (article_id) left join story_members s using (article_id)
            left join initiatives i using (initiative_id)
        where m.run_id = $1 and m.place not in ('tail', 'furniture')
            and not exists (from mentions o where o.article_id = m.article_id and o.initiative_id = m.initiative_id
                and o.run_id is distinct from $1)
        qualify row_number() over (partition by m.initiative_id, coalesce(s.story_id, a.article_id)
            order by m.place = 'headline', coalesce(a.published, a.first_seen) desc, m.span_start) = 1
        order by coalesce(a.published, a.first_seen) desc
        """,
        [run_id],
    )
    return [found_of(row) for row in found]
