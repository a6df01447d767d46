"""What a briefing tells, read from the warehouse: the window is cut out first, so that its cost follows the news in it.

It never judges and never formats: whether two numbers contradict each other is `alerts.claims`, words are
`alerts.briefing`. Mentions in furniture and standing references do not count: they prove no coverage.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from records.briefing import (
    Briefing,
    Evidence,
    FirstMention,
    InitiativeNews,
    LaterChange,
    Quiet,
    Stated,
    Statement,
    ToldStory,
)
from warehouse import coverage
from warehouse.database import Connection, rows

BEFORE = timedelta(days=28)
"""The span before the window that the usual level is the mean of; as in the view ``spikes``."""

MOST_STORIES = 2_000
"""Stories that one briefing tells; more are counted. Nobody reads on, and the page stays below 1.5 MB."""

_KNOWN_FOR = (
    7  # days of the span before that must hold some news, of any initiative, for a usual level to mean anything
)

# One row per article and initiative. The window is cut out of `articles` first: DuckDB skips blocks by their dates.
# What was alerted within the window belongs to it, though it was published earlier. A passage of the
# text comes before the headline, which stands above it anyway.
_FOUND = """
with late as (
    select distinct article_id from signals
    where created_at >= $1 and created_at < $2 and not starts_with(initiative_id, 'govwatch-canary')
), chosen as (
    select article_id, url, title, outlet, coalesce(nullif(outlet_name, ''), outlet) as outlet_name, country, language,
        published, first_seen, coalesce(published, first_seen) as moment
    from articles
    where coalesce(published, first_seen) < $2
        and (coalesce(published, first_seen) >= $1 or article_id in (select article_id from late))
), told as (
    select m.initiative_id, m.article_id, arg_min({'field': m.field, 'sentence': m.sentence, 'surface': m.surface},
        {'title': m.field = 'title', 'start': m.span_start}) as passage
    from mentions m
    where m.article_id in (select article_id from chosen) and m.place not in ('tail', 'furniture')
        and (len($3::varchar[]) = 0 or m.initiative_id in (select unnest($3::varchar[])))
    group by all
)
select t.initiative_id, c.article_id, coalesce(s.story_id, c.article_id), c.url, c.title, c.outlet, c.outlet_name,
    c.country, c.language, c.published, c.first_seen, c.moment, t.passage.field, t.passage.sentence, t.passage.surface,
    coalesce(o.original_article_id = c.article_id, true)
from told t
join chosen c using (article_id)
left join story_members s using (article_id)
left join stories o on o.story_id = s.story_id
order by c.moment desc, c.article_id, t.initiative_id
"""

_DAYS = """
with lately as (
    select article_id, timezone($3, coalesce(published, first_seen))::date as day from articles
    where coalesce(published, first_seen) >= $1 and coalesce(published, first_seen) < $2
)
select m.initiative_id, l.day, count(distinct coalesce(s.story_id, m.article_id))
from mentions m
join lately l using (article_id)
left join story_members s using (article_id)
where m.place not in ('tail', 'furniture')
group by all
"""

_FIRST = """
select m.initiative_id, arg_min(
    {'moment': coalesce(a.published, a.first_seen), 'outlet': coalesce(nullif(a.outlet_name, ''), a.outlet),
        'title': a.title, 'url': a.url, 'language': coalesce(a.language, '')},
    {'moment': coalesce(a.published, a.first_seen), 'id': a.article_id})
from mentions m
join articles a using (article_id)
where m.initiative_id in (select unnest($1::varchar[])) and m.place not in ('tail', 'furniture')
group by m.initiative_id
"""

_LAST = """
select i.initiative_id, i.name,
    max(coalesce(a.published, a.first_seen)) filter (coalesce(a.published, a.first_seen) < $1)
from initiatives i
left join mentions m on m.initiative_id = i.initiative_id and m.place not in ('tail', 'furniture')
left join articles a using (article_id)
where i.initiative_id in (select unnest($2::varchar[]))
group by all
order by i.name
"""

_FIGURES = """
with lately as (
    select article_id, url, title, coalesce(nullif(outlet_name, ''), outlet) as outlet,
        coalesce(language, '') as language, coalesce(published, first_seen) as moment
    from articles
    where coalesce(published, first_seen) >= $1 and coalesce(published, first_seen) < $3
), stated as (
    select f.*, l.* exclude (article_id), coalesce(s.story_id, f.article_id) as story_id
    from figures f
    join lately l using (article_id)
    left join story_members s using (article_id)
    where len($4::varchar[]) = 0 or f.initiative_id in (select unnest($4::varchar[]))
), telling as (
    select initiative_id, unit, scope from stated
    group by all
    having count(distinct value) > 1 and count(distinct story_id) > 1 and max(moment) >= $2
)
select initiative_id, unit, scope, value, comparison, surface, sentence, story_id, title, url, outlet, language, moment
from stated join telling using (initiative_id, unit, scope)
qualify row_number() over (partition by initiative_id, unit, scope, value, story_id order by moment, article_id) = 1
order by initiative_id, unit, scope, moment desc, article_id
"""

_CHANGES = """
select c.checked_at, c.finding, c.reason, coalesce(c.difference, ''), c.title, c.url,
    coalesce(nullif(a.outlet_name, ''), a.outlet), coalesce(a.language, ''), coalesce(c.title_now, ''), c.initiatives,
    c.hours_after
from changed_after_publication c join articles a using (article_id)
where c.checked_at >= $1 and c.checked_at < $2
    and (len($3::varchar[]) = 0 or list_has_any(c.initiatives, $3::varchar[]))
order by c.checked_at desc, c.article_id
"""


class _Row(NamedTuple):
    """One article that mentions one initiative."""

    initiative_id: str
    article_id: int
    story_id: int
    url: str
    title: str
    outlet: str
    outlet_name: str
    country: str | None
    language: str | None
    published: datetime | None
    first_seen: datetime
    moment: datetime
    field: str
    sentence: str
    surface: str
    original: bool


def read(
    con: Connection,
    since: datetime,
    until: datetime,
    initiatives: Sequence[str] = (),
    *,
    zone: str = "UTC",
    now: datetime | None = None,
    most: int = MOST_STORIES,
) -> Briefing:
    """Return what there is to tell of the time from ``since`` up to ``until``.

    Args:
        con: open for reading.
        since: begin of the window.
        until: its end, not in it any more. Articles belong to the window by publication, by first sight where no date
            is known, and when they were alerted within it.
        initiatives: ids; empty for all.
        zone: IANA name of the reader's time zone, by which days are counted.
        now: when it is asked for; ``until`` by default.
        most: stories that are told; further ones are counted.
    """
    wanted = list(initiatives)
    found = [_Row(*row) for row in rows(con, _FOUND, [since, until, wanted])]
    stories = _stories(found, since)
    return Briefing(
        since=since,
        until=until,
        zone=zone,
        written_at=now or until,
        coverage=coverage.read(con, since, until),
        initiatives=_initiatives(con, found, since, until, zone),
        quiet=_quiet(con, found, until, wanted),
        stories=tuple(stories[:most]),
        left_out=max(0, len(stories) - most),
        articles=len({row.article_id for row in found}),
        outlets=len({row.outlet for row in found}),
        countries=len({row.country for row in found if row.country}),
        languages=len({_language(row) for row in found if row.language}),
        figures=_figures(con, since, until, wanted),
        changes=tuple(LaterChange(*row) for row in rows(con, _CHANGES, [since, until, wanted])),
        chosen=tuple(wanted),
    )


def known(con: Connection) -> dict[str, str]:
    """Return the name of every initiative that is stored, by id."""
    return dict(rows(con, "select initiative_id, name from initiatives order by initiative_id"))


def _stories(found: Iterable[_Row], since: datetime) -> list[ToldStory]:
    by_story: dict[int, list[_Row]] = defaultdict(list)
    for row in found:
        by_story[row.story_id].append(row)
    told = [_story(together, since) for together in by_story.values()]
    # By when a story last came up in the news that it tells; equal times by id, so that a page is the same each time.
    return sorted(told, key=lambda story: (story.when, story.story_id), reverse=True)


def _story(together: Sequence[_Row], since: datetime) -> ToldStory:
    telling = min(together, key=lambda row: (not row.original, row.moment, row.article_id))
    passages: dict[str, _Row] = {}
    for row in sorted(together, key=lambda row: (row.article_id != telling.article_id, row.moment, row.article_id)):
        passages.setdefault(row.initiative_id, row)
    outlets = {telling.outlet: telling.outlet_name}
    for row in sorted(together, key=lambda row: (row.moment, row.article_id)):
        outlets.setdefault(row.outlet, row.outlet_name)
    return ToldStory(
        telling.story_id,
        telling.title,
        telling.url,
        telling.outlet,
        telling.outlet_name,
        telling.country or "",
        telling.language or "",
        telling.moment,
        telling.published is not None,
        min(row.first_seen for row in together),
        tuple(_evidence(passages[one], telling) for one in sorted(passages)),
        tuple(outlets.items()),
        tuple(sorted({_language(row) for row in together if row.language})),
        tuple(sorted({row.country for row in together if row.country})),
        late=all(row.moment < since for row in together),
    )


def _evidence(row: _Row, telling: _Row) -> Evidence:
    # A copy's headline is not the one that is shown: there it is a sentence like any other.
    field = row.field if row.article_id == telling.article_id else "text"
    return Evidence(row.initiative_id, field, row.sentence, row.surface)


def _initiatives(
    con: Connection, found: Sequence[_Row], since: datetime, until: datetime, zone: str
) -> tuple[InitiativeNews, ...]:
    by_id: dict[str, list[_Row]] = defaultdict(list)
    for row in found:
        by_id[row.initiative_id].append(row)
    if not by_id:
        return ()
    names = known(con)
    first = dict(rows(con, _FIRST, [list(by_id)]))
    days, before = _calendar(since, until, zone)
    counted: dict[str, dict[date, int]] = defaultdict(dict)
    whole = datetime.combine(before[0], time(), ZoneInfo(zone))  # every day before the window counts whole
    for initiative_id, day, stories in rows(con, _DAYS, [whole, until, zone]):
        counted[initiative_id][day] = stories
    earliest = min((day for one in counted.values() for day in one), default=before[-1])
    told = [
        _news(one, names.get(one, one), together, counted[one], (days, before, earliest), first[one])
        for one, together in by_id.items()
    ]
    return tuple(sorted(told, key=lambda one: (-one.stories, one.name)))


def _news(
    initiative_id: str,
    name: str,
    together: Sequence[_Row],
    counted: Mapping[date, int],
    calendar: tuple[Sequence[date], Sequence[date], date],
    first: Mapping[str, Any],
) -> InitiativeNews:
    days, before, earliest = calendar
    watched = [day for day in before if day >= earliest]
    usual = sum(counted.get(day, 0) for day in watched) / len(watched) if len(watched) >= _KNOWN_FOR else None
    return InitiativeNews(
        initiative_id,
        name,
        len({row.story_id for row in together}),
        len({row.article_id for row in together}),
        tuple(sorted({row.outlet for row in together})),
        tuple(sorted({row.country for row in together if row.country})),
        tuple(sorted({_language(row) for row in together if row.language})),
        tuple((day, counted.get(day, 0)) for day in (*before, *days)),
        usual,
        FirstMention(first["moment"], first["outlet"], first["title"], first["url"], first["language"]),
    )


def _calendar(since: datetime, until: datetime, zone: str) -> tuple[list[date], list[date]]:
    """Return the local days of the window, and those before it that its usual level is the mean of."""
    place = ZoneInfo(zone)
    begins = since.astimezone(place).date()
    ends = (until - timedelta(microseconds=1)).astimezone(place).date()
    return (
        [begins + timedelta(days=number) for number in range((ends - begins).days + 1)],
        [begins - timedelta(days=number) for number in range(BEFORE.days, 0, -1)],
    )


def _quiet(con: Connection, found: Iterable[_Row], until: datetime, wanted: Sequence[str]) -> tuple[Quiet, ...]:
    loud = {row.initiative_id for row in found}
    configured = rows(
        con,
        "select initiative_id from initiatives where configured and not starts_with(initiative_id, 'govwatch-canary')",
    )
    silent = [one for (one,) in configured if one not in loud and (not wanted or one in wanted)]
    return tuple(Quiet(*row) for row in rows(con, _LAST, [until, silent])) if silent else ()


def _figures(con: Connection, since: datetime, until: datetime, wanted: Sequence[str]) -> tuple[Stated, ...]:
    stated: dict[tuple[str, str, str], list[Statement]] = defaultdict(list)
    for initiative_id, unit, scope, *statement in rows(con, _FIGURES, [since - BEFORE, since, until, wanted]):
        stated[initiative_id, unit, scope].append(Statement(*statement))
    return tuple(Stated(*about, tuple(statements)) for about, statements in stated.items())


def _language(row: _Row) -> str:
    return (row.language or "").partition("-")[0].lower()
