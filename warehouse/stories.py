"""Stories on disk: looking up candidates at any size, storing members, merging stories, keeping the look-up fast.

It never decides which story an article belongs to (`extractors.stories` does), never reads an article's text, and opens
no transaction: what it writes commits with the caller's articles, or not at all.

A look-up costs much the same however much is stored: it scans the keys of recent members, fetches one bucket of old
ones for each hash that it asks (`warehouse.old_keys`), and then the fingerprints of a few candidates and the rows of
their stories, by arrival numbers, which stand in order on disk. Nothing here has an index: one on random keys touches a
block for each new row, and costs more at each insert than all the rest (layouts compared 2026-11).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from records.document import Document
from records.story import Candidate, Fingerprint, StoryChoice
from warehouse import old_keys, originals
from warehouse.database import Connection, append, rows
from warehouse.originals import COLUMNS, Story

MOST_CANDIDATES = 48
"""Candidates for one article; the likeliest first."""

COMMON = 64
"""Members that a hash leads to, from which it is furniture ("all rights reserved"): it finds nothing and is not
followed any further, so that no look-up ever grows without bound."""

KEPT = 3
"""Members of one story that a hash leads to: enough to find the story, however many copies it has."""

RECENT = 25_000
"""Members whose keys stay whole and in order of arrival when `compact` moves the others."""

_NONE = old_keys.Found((), ())

_FOUND = """
select m.number, m.article_id, m.story_id, m.story_number, f.outlet, f.published, f.text_hash, f.sketch, f.title, f.cjk
from internal.fingerprints f join story_members m using (number)
where number in (select unnest($1::integer[]))
"""


class StoredNeighbours:
    """Candidates from the warehouse, for `extractors.stories.choose`; `store` takes it too, and asks nothing twice.

    Args:
        con: an open connection; may be inside a transaction, whose own rows are then seen.
        new: articles that the caller knows not to be stored: they are not looked for.
    """

    def __init__(self, con: Connection, new: Collection[int] = ()) -> None:
        self._con = con
        self._new = frozenset(new)
        self.numbers: dict[int, int] = {}
        """Where the rows of stories stand that candidates belong to: story to arrival number."""
        self.shown: dict[int, list[int]] | None = None
        """Recent members by the hashes of the last question; None before one."""
        # Above this many distinct values DuckDB stops pushing a join's keys down into the scan of the other side; its
        # default, 50, is two articles' worth.
        con.execute("set dynamic_or_filter_threshold = 3000")

    def of(self, fingerprints: Sequence[Fingerprint]) -> list[list[Candidate]]:
        """Return, for each fingerprint, the stored members that share enough of it, best first.

        The ``shingles`` of a candidate are those that it shares.
        """
        self.shown = recent = _recent(self._con, {h for value in fingerprints for h in value.shingles})
        old = old_keys.find(self._con, {key for value in fingerprints for key in value.key})
        likely = [_likely(value, recent, old) for value in fingerprints]
        wanted = sorted({number for one in likely for number, _ in one})
        if not wanted:
            return [[] for _ in fingerprints]
        members = {row[0]: row[1:] for row in rows(self._con, _FOUND, [wanted])}
        self.numbers |= {story_id: story_number for _, story_id, story_number, *_ in members.values()}
        return [[_candidate(number, shared, members[number]) for number, shared in one] for one in likely]

    def stories(self, article_ids: Sequence[int]) -> dict[int, int]:
        """Return the story of each of these articles that is stored."""
        wanted = [one for one in article_ids if one not in self._new]
        if not wanted:
            return {}
        found = rows(
            self._con,
            "select article_id, story_id, story_number from story_members "
            "where article_id in (select unnest($1::bigint[]))",
            [wanted],
        )
        self.numbers |= {story_id: story_number for _, story_id, story_number in found}
        return {article_id: story_id for article_id, story_id, _ in found}


def _recent(con: Connection, hashes: Collection[int]) -> dict[int, list[int]]:
    """The recent members that each of these hashes leads to, by arrival number."""
    shown: dict[int, list[int]] = defaultdict(list)
    if hashes:
        asked = "(select unnest($1::uinteger[]) as hash)"
        for h, number in rows(
            con, f"select hash, number from {asked} join internal.shingles using (hash)", [[*hashes]]
        ):
            shown[h].append(number)
    return shown


def _likely(
    value: Fingerprint, recent: Mapping[int, Sequence[int]], old: Mapping[old_keys.Key, old_keys.Found]
) -> list[tuple[int, tuple[int, ...]]]:
    """The members to look at for one fingerprint, each with the hashes that it shares; best first.

    One hash is enough, but two are needed where an old one may be equal by chance.
    """
    shared: dict[int, list[int]] = defaultdict(list)
    sure: set[int] = set()
    for h, mark in value.key:
        here, there = recent.get(h, []), old.get((h, mark), _NONE)
        if len(here) + len(there.sure) + len(there.unsure) < COMMON:
            sure.update(here, there.sure)
            for number in (*here, *there.sure, *there.unsure):
                shared[number].append(h)
    found = [(number, tuple(hashes)) for number, hashes in shared.items() if len(hashes) > 1 or number in sure]
    return sorted(found, key=lambda one: (-len(one[1]), one[0]))[:MOST_CANDIDATES]


def _candidate(number: int, shared: tuple[int, ...], row: Sequence[Any]) -> Candidate:
    article_id, story_id, _, outlet, published, text_hash, sketch, title, cjk = row
    value = Fingerprint(text_hash, shared, sketch, tuple(title), cjk)
    return Candidate(article_id, story_id, outlet, published, value, number)


# ---- storing ------------------------------------------------------------------------------------------------------

_MEMBER = (
    "article_id", "story_id", "reason", "score", "matched_article_id", "joined_at", "joined_story_id", "number",
    "story_number",
)  # fmt: skip
_FINGERPRINT = ("number", "text_hash", "cjk", "outlet", "published", "title", "sketch")


def store(
    con: Connection,
    documents: Sequence[Document],
    choices: Sequence[StoryChoice],
    now: datetime,
    seen: StoredNeighbours | None = None,
) -> None:
    """Add the members that are not stored yet, with their stories and fingerprints, and carry out the merges.

    Loading the same documents again changes nothing. A story that is merged keeps its row and says into which story,
    when and by which article.

    Args:
        con: inside the caller's transaction.
        documents: in order of arrival.
        choices: what `extractors.stories.choose` chose for them, in the same order.
        now: when they are loaded.
        seen: the neighbours that the choices were made with, in the same window: what they know is not asked again.
    """
    new = _unknown(documents, choices)
    if not new:
        return
    seen = seen or StoredNeighbours(con)
    opened = {choice.article_id for _, choice in new if choice.reason == "new"}
    stories = _read(con, {i for _, choice in new for i in (choice.story_id, *choice.merges)} - opened, seen.numbers)
    known = set(stories)
    first = rows(con, "select coalesce(max(number), 0) + 1 from story_members")[0][0]
    numbers = {document.article_id: number for number, (document, _) in enumerate(new, first)}
    joined: dict[int, int] = {}
    for document, choice in new:
        story_id = _end(stories, choice.story_id)
        if story_id not in stories:
            stories[story_id] = _opened(story_id, numbers[document.article_id], document, now)
        _join(stories[story_id], document, choice, now)
        joined[document.article_id] = story_id
        for merged in choice.merges:
            if (loser := _end(stories, merged)) != story_id and loser in stories:
                _merge(stories[story_id], stories[loser], document.article_id, now)
    members = {document.article_id: (document, _end(stories, joined[document.article_id])) for document, _ in new}
    originals.credit_named(con, stories.values(), members)
    _write_stories(con, stories, known)
    homes = {article_id: stories[_end(stories, story_id)] for article_id, story_id in joined.items()}
    _write_members(con, new, numbers, joined, homes, now)
    keys = [(numbers[d.article_id], homes[d.article_id].story_id, d.fingerprint.key) for d, _ in new]
    append(con, "internal.shingles", ("hash", "mark", "number"), _followed(con, keys, seen.shown))


def _unknown(documents: Sequence[Document], choices: Sequence[StoryChoice]) -> list[tuple[Document, StoryChoice]]:
    """Documents that are no members yet, each once: a member has its own URL as the reason, and matched nobody else."""
    new: dict[int, tuple[Document, StoryChoice]] = {}
    for document, choice in zip(documents, choices, strict=True):
        if document.article_id != choice.article_id:
            raise ValueError(f"article {document.article_id} was given the choice for article {choice.article_id}")
        if choice.reason != "same_url" or choice.matched is not None:
            new.setdefault(document.article_id, (document, choice))
    return list(new.values())


def _read(con: Connection, story_ids: Iterable[int], numbers: Mapping[int, int]) -> dict[int, Story]:
    """The stored rows of these stories, and of those they were merged into since.

    Args:
        con: inside the caller's transaction.
        story_ids: the stories.
        numbers: where the rows of some stand: the others have to be searched for.
    """
    found: dict[int, Story] = {}
    wanted = sorted(story_ids)
    while wanted:
        placed = sorted({numbers[one] for one in wanted if one in numbers})
        searched = [one for one in wanted if one not in numbers]
        for column, kind, values in (("number", "integer", placed), ("story_id", "bigint", searched)):
            if values:
                asked = f"select {', '.join(COLUMNS)} from stories where {column} in (select unnest($1::{kind}[]))"
                found |= {row[0]: Story(*row) for row in rows(con, asked, [values])}
        wanted = sorted({s.merged_into for s in found.values() if s.merged_into is not None} - set(found))
    return found


def _end(stories: dict[int, Story], story_id: int) -> int:
    """Follow the merges."""
    while story_id in stories and (into := stories[story_id].merged_into) is not None:
        story_id = into
    return story_id


def _opened(story_id: int, number: int, document: Document, now: datetime) -> Story:
    article = document.article
    return Story(story_id, number, now, now, article.title, document.article_id, article.outlet, article.published)


def _join(story: Story, document: Document, choice: StoryChoice, now: datetime) -> None:
    article = document.article
    story.articles += 1
    story.last_joined = now
    story.outlets = _with(story.outlets, article.outlet)
    story.countries = _with(story.countries, document.country)
    story.languages = _with(story.languages, article.language)
    originals.consider(story, document, choice)


def _with(names: list[str], name: str | None) -> list[str]:
    return sorted({*names, name}) if name else names


def _merge(story: Story, loser: Story, article_id: int, now: datetime) -> None:
    """Let ``story`` take over the members of ``loser``, which keeps its row as a trace."""
    story.articles += loser.articles
    for name in ("outlets", "countries", "languages"):
        setattr(story, name, sorted({*getattr(story, name), *getattr(loser, name)}))
    originals.weigh(story, loser)
    loser.merged_into, loser.merged_at, loser.merged_by = story.story_id, now, article_id


def _write_stories(con: Connection, stories: dict[int, Story], known: set[int]) -> None:
    if known:
        changed = [stories[story_id].number for story_id in known]
        con.execute("delete from stories where number in (select unnest($1::integer[]))", [changed])
    append(con, "stories", COLUMNS, [story.row() for story in stories.values()])
    merged = [(s.story_id, stories[_end(stories, s.story_id)]) for s in stories.values() if s.merged_into is not None]
    if merged:
        con.execute(
            "update story_members set story_id = m.into_id, story_number = m.into_number from "
            "(select unnest($1::bigint[]) as from_id, unnest($2::bigint[]) as into_id, "
            "unnest($3::integer[]) as into_number) m where story_id = m.from_id",
            [[one for one, _ in merged], [into.story_id for _, into in merged], [into.number for _, into in merged]],
        )


def _write_members(
    con: Connection,
    new: Sequence[tuple[Document, StoryChoice]],
    numbers: Mapping[int, int],
    joined: Mapping[int, int],
    homes: Mapping[int, Story],
    now: datetime,
) -> None:
    append(con, "story_members", _MEMBER, (
        (d.article_id, homes[d.article_id].story_id, c.reason, c.score, c.matched, now, joined[d.article_id],
         numbers[d.article_id], homes[d.article_id].number)
        for d, c in new
    ))  # fmt: skip
    append(con, "internal.fingerprints", _FINGERPRINT, (
        (numbers[d.article_id], d.fingerprint.text_hash, d.fingerprint.cjk, d.article.outlet, d.article.published,
         list(d.fingerprint.title), d.fingerprint.sketch)
        for d, _ in new
    ))  # fmt: skip


def _followed(
    con: Connection,
    keys: Sequence[tuple[int, int, Sequence[old_keys.Key]]],
    shown: Mapping[int, Sequence[int]] | None,
) -> list[tuple[int, int, int]]:
    """The hashes by which members (number, story, key) are to be found: not those that enough members show already."""
    hashes = {h for _, _, key in keys for h, _ in key}
    if shown is None:
        shown = _recent(con, hashes)
    story_of = _story_of(con, {number for h in hashes for number in shown.get(h, ())})
    overall = {h: len(shown.get(h, ())) for h in hashes}
    by_story = Counter((h, story_of[number]) for h in hashes for number in shown.get(h, ()))
    followed = []
    for number, story_id, key in keys:
        for h, mark in key:
            if overall[h] < COMMON and by_story[h, story_id] < KEPT:
                overall[h] += 1
                by_story[h, story_id] += 1
                followed.append((h, mark, number))
    return followed


def _story_of(con: Connection, numbers: Collection[int]) -> dict[int, int]:
    asked = "select number, story_id from story_members where number in (select unnest($1::integer[]))"
    return dict(rows(con, asked, [sorted(numbers)])) if numbers else {}


# ---- upkeep -------------------------------------------------------------------------------------------------------


def compact(con: Connection, recent: int = RECENT) -> int:
    """Move the keys of all but the last ``recent`` members to the old ones, and return how many members moved.

    For upkeep, inside the caller's transaction. It writes all old keys anew, some 2 s per million members, and does
    nothing while fewer than twice as many are recent: so it may be called often, and costs little for each article.
    """
    floor, held = rows(
        con,
        "select coalesce(max(number), 0) - $1, coalesce(max(number) - min(number), 0) from internal.shingles",
        [recent],
    )[0]
    if held < 2 * recent:
        return 0
    con.execute(
        f"""
        create or replace temp table moved as
        select (key >> 8)::uinteger as hash, (key & 255)::utinyint as mark, number from (
            select unnest(min((hash::ubigint << 8) | coalesce(mark, 0), {old_keys.KEPT})) as key, number
            from internal.shingles where number <= $1 group by number
        )
        """,
        [floor],
    )
    moved = rows(con, "select count(distinct number) from moved")[0][0]
    old_keys.add(con, "moved", most=COMMON)
    con.execute("delete from internal.shingles where number <= $1", [floor])
    con.execute("drop table moved")
    return int(moved)
