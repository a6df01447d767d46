"""What was known of the initiatives of a batch before it came: the history that deciding asks for.

It never scans all that is stored: it asks for the initiatives, outlets, languages, stories and units of the batch at
hand. Mentions in furniture and standing references do not count: they prove no coverage.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from records.document import Document
from records.signal import Rhythm, Stated
from records.story import StoryChoice
from warehouse.database import Connection, rows

RHYTHM = timedelta(days=31)
"""How far back stories are counted: what `alerts.bursts` looks at, and a little more."""

# Seed articles of which only facts are known have their initiatives in a table of their own.
_TOLD = """
    with told as (
        select initiative_id, article_id from mentions
        where initiative_id in (select unnest($1::varchar[])) and place not in ('tail', 'furniture')
        union all
        select initiative_id, article_id from seed_initiatives where initiative_id in (select unnest($1::varchar[]))
    )
"""


@dataclass(frozen=True, slots=True)
class StoredHistory:
    """What the warehouse knew at one moment: a value, so that rows written later do not count."""

    initiatives: frozenset[str] = frozenset()
    languages: frozenset[tuple[str, str]] = frozenset()
    stories: frozenset[tuple[str, int]] = frozenset()
    outlets: frozenset[tuple[str, str]] = frozenset()
    figures: Mapping[tuple[str, str, str], Sequence[Stated]] = field(default_factory=dict)
    rhythms: Mapping[str, Rhythm] = field(default_factory=dict)

    def mentioned(self, initiative_id: str) -> bool:
        """Whether anything stored mentions the initiative."""
        return initiative_id in self.initiatives

    def in_language(self, initiative_id: str, language: str) -> bool:
        """Whether anything stored in that language mentions it."""
        return (initiative_id, language) in self.languages

    def in_story(self, initiative_id: str, story_id: int) -> bool:
        """Whether an article of that story mentions it."""
        return (initiative_id, story_id) in self.stories

    def in_outlet(self, initiative_id: str, outlet: str) -> bool:
        """Whether an article of that outlet mentions it."""
        return (initiative_id, outlet) in self.outlets

    def stated(self, initiative_id: str, unit: str, scope: str) -> Sequence[Stated]:
        """Return what is stated of it in that unit and scope, the latest last."""
        return self.figures.get((initiative_id, unit, scope), ())

    def rhythm(self, initiative_id: str) -> Rhythm | None:
        """Return how often it is in the news; None for an initiative that is not configured."""
        return self.rhythms.get(initiative_id)


def history(
    con: Connection, documents: Sequence[Document], choices: Sequence[StoryChoice], now: datetime
) -> StoredHistory:
    """Return what is known now of what ``documents`` mention: call it before they are written.

    Args:
        con: inside the write window.
        documents: that are about to be stored.
        choices: their stories.
        now: the time of the load.
    """
    telling = [document for document in documents if document.mentions]
    wanted = sorted({mention.initiative_id for document in telling for mention in document.mentions})
    if not wanted:
        return StoredHistory()
    places = _places(con, wanted, telling)
    return StoredHistory(
        _mentioned(con, wanted),
        frozenset((one, language) for one, dimension, language in places if dimension == "language"),
        _stories(con, wanted, choices),
        frozenset((one, outlet) for one, dimension, outlet in places if dimension == "outlet"),
        _figures(con, wanted, telling),
        _rhythms(con, wanted, now),
    )


def _mentioned(con: Connection, wanted: Sequence[str]) -> frozenset[str]:
    return frozenset(row[0] for row in rows(con, f"{_TOLD} select distinct initiative_id from told", [wanted]))


def _places(con: Connection, wanted: Sequence[str], documents: Sequence[Document]) -> list[tuple[str, str, str]]:
    """Return which of the batch's outlets and languages spoke of which initiative before."""
    outlets = sorted({document.article.outlet for document in documents if document.article.outlet})
    languages = sorted({document.article.language for document in documents if document.article.language})
    return rows(
        con,
        f"""
        {_TOLD}, here as (
            select article_id, case when list_contains($2::varchar[], outlet) then outlet end as outlet,
                case when list_contains($3::varchar[], language) then language end as language
            from articles where list_contains($2::varchar[], outlet) or list_contains($3::varchar[], language)
        ), there as (
            select distinct t.initiative_id, h.outlet, h.language from told t join here h using (article_id)
        )
        select distinct initiative_id, 'outlet', outlet from there where outlet is not null
        union all
        select distinct initiative_id, 'language', language from there where language is not null
        """,
        [wanted, outlets, languages],
    )


def _stories(con: Connection, wanted: Sequence[str], choices: Sequence[StoryChoice]) -> frozenset[tuple[str, int]]:
    known = sorted({story for one in choices for story in (one.story_id, *one.merges)})
    members = rows(
        con,
        "select article_id, story_id from story_members where story_id in (select unnest($1::bigint[]))",
        [known],
    )
    if not members:
        return frozenset()
    found = rows(
        con,
        f"""
        {_TOLD}
        select distinct t.initiative_id, s.story_id from told t
        join (select unnest($2::bigint[]) as article_id, unnest($3::bigint[]) as story_id) s using (article_id)
        """,
        [wanted, [row[0] for row in members], [row[1] for row in members]],
    )
    return frozenset((row[0], row[1]) for row in found)


def _figures(
    con: Connection, wanted: Sequence[str], documents: Sequence[Document]
) -> dict[tuple[str, str, str], list[Stated]]:
    pairs = sorted({(figure.unit, figure.scope) for document in documents for figure in document.figures})
    if not pairs:
        return {}
    found = rows(
        con,
        """
        with stated as (
            select f.* from figures f
            join (select unnest($2::varchar[]) as unit, unnest($3::varchar[]) as scope) p using (unit, scope)
            where f.initiative_id in (select unnest($1::varchar[]))
        )
        select f.initiative_id, f.unit, f.scope, f.value, f.comparison,
            arg_max(f.surface, coalesce(a.published, a.first_seen)) as surface,
            arg_max(a.outlet, coalesce(a.published, a.first_seen)) as outlet,
            max(coalesce(a.published, a.first_seen)) as stated_at
        from stated f join articles a using (article_id)
        group by all order by stated_at, f.value
        """,
        [wanted, [unit for unit, _ in pairs], [scope for _, scope in pairs]],
    )
    stated: dict[tuple[str, str, str], list[Stated]] = defaultdict(list)
    for initiative_id, unit, scope, *rest in found:
        stated[initiative_id, unit, scope].append(Stated(*rest))
    return dict(stated)


def _rhythms(con: Connection, wanted: Sequence[str], now: datetime) -> dict[str, Rhythm]:
    """Return the stories of the last weeks: each at the time when its text was first printed, as far as is known."""
    stories: dict[str, dict[int, datetime]] = defaultdict(dict)
    for initiative_id, story_id, at in rows(
        con,
        """
        with lately as (
            select distinct initiative_id, article_id from mentions
            where initiative_id in (select unnest($1::varchar[])) and found_at > $2::timestamptz
                and place not in ('tail', 'furniture')
        )
        select l.initiative_id, s.story_id,
            least(min(coalesce(a.published, a.first_seen)), min(s.first_seen), min(s.original_published)) as printed
        from lately l join articles a using (article_id)
        join story_members m using (article_id) join stories s using (story_id)
        group by l.initiative_id, s.story_id having printed > $2::timestamptz
        """,
        [wanted, now - RHYTHM],
    ):
        stories[initiative_id][story_id] = at
    spikes = dict(
        rows(
            con,
            "select initiative_id, max(occurred_at) from signals "
            "where kind = 'spike' and initiative_id in (select unnest($1::varchar[])) group by initiative_id",
            [wanted],
        )
    )
    added = rows(
        con,
        "select initiative_id, added_at from initiatives where initiative_id in (select unnest($1::varchar[]))",
        [wanted],
    )
    return {one: Rhythm(since, stories.get(one, {}), spikes.get(one)) for one, since in added}
