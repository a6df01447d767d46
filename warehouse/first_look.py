"""What the first look at a source found: history, told once in one summary.

It never sends; it says which sources are ready for their summary, what was found, and notes that it was told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from records.article import Origin
from records.mention import Place
from records.signal import NewMention
from warehouse.database import Connection, rows


@dataclass(frozen=True, slots=True)
class Found:
    """One story of one initiative, found by a first look.

    Attributes:
        mention: the newest article's best evidence.
        initiative: its name for people.
        outlets: all that print the story, as far as is known.
    """

    mention: NewMention
    initiative: str
    outlets: tuple[str, ...]


def ready(con: Connection) -> list[str]:
    """Return the sources whose first look is over and not told yet: every page of it was tried once."""
    found = rows(
        con,
        """
        select source_id from sources s
        where first_looked_at is not null and first_summary_at is null and configured and enabled
            and not exists (from frontier f
                where f.source_id = s.source_id and f.origin = 'backfill' and f.outcome = 'pending')
        order by source_id
        """,
    )
    return [row[0] for row in found]


def found(con: Connection, sources: Sequence[str], run_id: str | None = None) -> list[Found]:
    """Return what the first looks at ``sources`` found, a row for each story of an initiative, the newest first.

    With ``run_id``, only what that run brought as history.
    """
    # A sentence of the text tells more than the headline, which is shown anyway.
    evidence = rows(
        con,
        """
        select m.initiative_id, s.story_id, a.article_id, a.title, a.url, a.outlet, a.outlet_name, a.country,
            a.language, a.tier, a.published, a.first_seen, m.sentence, m.surface, m.place,
            coalesce(i.name, m.initiative_id),
            list(a.outlet) over (partition by m.initiative_id, s.story_id)
        from mentions m join articles a using (article_id) join story_members s using (article_id)
            left join initiatives i using (initiative_id)
        where a.origin = 'backfill' and list_contains($1::varchar[], a.source_id)
            and ($2::varchar is null or a.run_id = $2) and m.place not in ('tail', 'furniture')
        qualify row_number() over (partition by m.initiative_id, s.story_id
            order by m.place = 'headline', coalesce(a.published, a.first_seen) desc, m.span_start) = 1
        """,
        [list(sources), run_id],
    )
    stories = [found_of(row) for row in evidence]
    return sorted(stories, key=lambda one: one.mention.published or one.mention.seen_at, reverse=True)


def told(con: Connection, sources: Sequence[str], now: datetime) -> None:
    """Note that the first looks at ``sources`` were told; in the window that queues the summary."""
    con.execute(
        "update sources set first_summary_at = $2 where source_id in (select unnest($1::varchar[]))",
        [list(sources), now],
    )


def found_of(row: Sequence[Any]) -> Found:
    """Return one row of evidence as a record; for every query that selects these columns in this order."""
    initiative, story, article, title, url, outlet, outlet_name, country, language, tier, *rest = row
    published, seen, sentence, surface, place, name, outlets = rest
    mention = NewMention(
        initiative_id=initiative,
        article_id=article,
        story_id=story,
        title=title,
        url=url,
        outlet=outlet,
        outlet_name=outlet_name,
        country=country,
        language=language,
        tier=tier,
        published=published,
        seen_at=seen,
        sentence=sentence,
        surface=surface,
        place=Place(place),
        origin=Origin.BACKFILL,
    )
    return Found(mention, name, tuple(sorted(set(outlets))))
