"""Stories on disk: looking up candidates at any size, storing members, merging stories, keeping the look-up fast.

It never decides which story an article belongs to (`extractors.stories` does), never reads an article's text, and opens
no transaction: what it writes commits with the caller's articles, or not at all.

A look-up costs much the same however much is stored: it touches the keys of recent members, in order of arrival, those
of older ones, fewer for each and sorted, and then the fingerprints of a few candidates (layouts compared 2026-11; an
index on the keys would cost a hundred times more at each insert).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from records.document import Document
from records.story import Candidate, Fingerprint, StoryChoice
from warehouse import originals
from warehouse.database import Connection, append, constants, rows, upsert
from warehouse.originals import COLUMNS, Story

MOST_CANDIDATES = 48
"""Candidates for one article; the likeliest first."""

COMMON = 64
"""Members that a hash leads to, from which it is furniture ("all rights reserved"): it finds nothing and is not
followed any further, so that no look-up ever grows without bound."""

KEPT = 3
"""Members of one story that a hash leads to: enough to find the story, however many copies it has."""

RECENT = 50_000
"""Members whose keys stay whole and in order of arrival when `compact` moves the others."""

OLD_KEY = 8
"""Hashes that an older member keeps; two of them must be shared, since among millions one is shared by chance."""

_ASKED = """
create or replace temp table asked as
select unnest($1::integer[]) as n, unnest($2::integer[]) as rank, unnest($3::uinteger[]) as hash
"""
_LIKELY = f"""
with hit as (
    select a.n, a.hash, s.number, true as recent from asked a join internal.shingles s using (hash)
    union all
    select a.n, a.hash, s.number, false from asked a join internal.old_shingles s using (hash) where a.rank < {OLD_KEY}
), telling as (
    select * from hit qualify count(*) over (partition by n, hash) < {COMMON}
)
select n, number, list(hash order by hash) as shared
from telling
group by n, number
having bool_or(recent) or count(*) >= 2
qualify row_number() over (partition by n order by count(*) desc, number) <= {MOST_CANDIDATES}
order by n, len(shared) desc, number
"""
_FOUND = """
select m.number, m.article_id, m.story_id, f.outlet, f.published, f.text_hash, f.sketch, f.title, f.cjk
from internal.fingerprints f join story_members m using (number)
where number in (select unnest($1::integer[]))
"""


class StoredNeighbours:
    """Candidates from the warehouse, for `extractors.stories.choose`.

    Args:
        con: an open connection; may be inside a transaction, whose own rows are then seen.
    """

    def __init__(self, con: Connection) -> None:
        self._con = con
        # Above this many distinct values DuckDB stops pushing a join's keys down into the scan of the other side; its
        # default, 50, is two articles' worth.
        con.execute("set dynamic_or_filter_threshold = 3000")

    def of(self, fingerprints: Sequence[Fingerprint]) -> list[list[Candidate]]:
        """Return, for each fingerprint, the stored members that share enough of it, best first.

        The ``shingles`` of a candidate are those that it shares.
        """
        found: list[list[Candidate]] = [[] for _ in fingerprints]
        asked = [(n, rank, h) for n, value in enumerate(fingerprints) for rank, h in enumerate(value.shingles)]
        if not asked:
            return found
        self._con.execute(_ASKED, [list(column) for column in zip(*asked, strict=True)])
        likely = rows(self._con, _LIKELY)
        if not likely:
            return found
        members = {row[0]: row[1:] for row in rows(self._con, _FOUND, [sorted({number for _, number, _ in likely})])}
        for n, number, shared in likely:
            article_id, story_id, outlet, published, text_hash, sketch, title, cjk = members[number]
            value = Fingerprint(text_hash, tuple(shared), sketch, tuple(title), cjk)
            found[n].append(Candidate(article_id, story_id, outlet, published, value, number))
        return found

    def stories(self, article_ids: Sequence[int]) -> dict[int, int]:
        """Return the story of each of these articles that is stored."""
        return _stories(self._con, article_ids)


def _stories(con: Connection, article_ids: Iterable[int]) -> dict[int, int]:
    wanted = constants(article_ids)
    return dict(rows(con, f"select article_id, story_id from story_members where article_id in ({wanted})"))


# ---- storing ------------------------------------------------------------------------------------------------------

_MEMBER = (
    "article_id", "story_id", "reason", "score", "matched_article_id", "joined_at", "joined_story_id", "number",
)  # fmt: skip
_FINGERPRINT = ("number", "text_hash", "cjk", "outlet", "published", "title", "sketch")


def store(con: Connection, documents: Sequence[Document], choices: Sequence[StoryChoice], now: datetime) -> None:
    """Add the members that are not stored yet, with their stories and fingerprints, and carry out the merges.

    Loading the same documents again changes nothing. A story that is merged keeps its row and says into which story,
    when and by which article.

    Args:
        con: inside the caller's transaction.
        documents: in order of arrival.
        choices: what `extractors.stories.choose` chose for them, in the same order.
        now: when they are loaded.
    """
    new = _unknown(documents, choices)
    if not new:
        return
    opened = {choice.article_id for _, choice in new if choice.reason == "new"}
    stories = _read(con, {i for _, choice in new for i in (choice.story_id, *choice.merges)} - opened)
    known = set(stories)
    joined: dict[int, int] = {}
    for document, choice in new:
        story_id = _end(stories, choice.story_id)
        if story_id not in stories:
            stories[story_id] = _opened(story_id, document, now)
        _join(stories[story_id], document, choice, now)
        joined[document.article_id] = story_id
        for merged in choice.merges:
            if (loser := _end(stories, merged)) != story_id and loser in stories:
                _merge(stories[story_id], stories[loser], document.article_id, now)
    members = {document.article_id: (document, _end(stories, joined[document.article_id])) for document, _ in new}
    originals.credit_named(con, stories.values(), members)
    _write_stories(con, stories, known)
    _write_members(con, new, joined, stories, now)


def _unknown(documents: Sequence[Document], choices: Sequence[StoryChoice]) -> list[tuple[Document, StoryChoice]]:
    """Documents that are no members yet, each once: a member has its own URL as the reason, and matched nobody else."""
    new: dict[int, tuple[Document, StoryChoice]] = {}
    for document, choice in zip(documents, choices, strict=True):
        if document.article_id != choice.article_id:
            raise ValueError(f"article {document.article_id} was given the choice for article {choice.article_id}")
        if choice.reason != "same_url" or choice.matched is not None:
            new.setdefault(document.article_id, (document, choice))
    return list(new.values())


def _read(con: Connection, story_ids: Iterable[int]) -> dict[int, Story]:
    """The stored rows of these stories, and of those they were merged into since."""
    found: dict[int, Story] = {}
    wanted = sorted(story_ids)
    while wanted:
        for row in rows(con, f"select {', '.join(COLUMNS)} from stories where story_id in ({constants(wanted)})"):
            found[row[0]] = Story(*row)
        wanted = sorted({s.merged_into for s in found.values() if s.merged_into is not None} - set(found))
    return found


def _end(stories: dict[int, Story], story_id: int) -> int:
    """Follow the merges."""
    while story_id in stories and (into := stories[story_id].merged_into) is not None:
        story_id = into
    return story_id


def _opened(story_id: int, document: Document, now: datetime) -> Story:
    article = document.article
    return Story(story_id, now, now, article.title, document.article_id, article.outlet, article.published)


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
    append(con, "stories", COLUMNS, [s.row() for s in stories.values() if s.story_id not in known])
    changed = [s.row() for s in stories.values() if s.story_id in known]
    if not changed:
        return
    upsert(con, "stories", ["story_id"], COLUMNS, changed)
    merged = [(s.story_id, _end(stories, s.story_id)) for s in stories.values() if s.merged_into is not None]
    if merged:
        con.execute(
            "update story_members set story_id = m.into_id from "
            "(select unnest($1::bigint[]) as from_id, unnest($2::bigint[]) as into_id) m where story_id = m.from_id",
            [list(column) for column in zip(*merged, strict=True)],
        )


def _write_members(
    con: Connection,
    new: Sequence[tuple[Document, StoryChoice]],
    joined: dict[int, int],
    stories: dict[int, Story],
    now: datetime,
) -> None:
    first = rows(con, "select coalesce(max(number), 0) + 1 from story_members")[0][0]
    now_in = {article_id: _end(stories, story_id) for article_id, story_id in joined.items()}
    append(con, "story_members", _MEMBER, (
        (d.article_id, now_in[d.article_id], c.reason, c.score, c.matched, now, joined[d.article_id], number)
        for number, (d, c) in enumerate(new, first)
    ))  # fmt: skip
    append(con, "internal.fingerprints", _FINGERPRINT, (
        (number, d.fingerprint.text_hash, d.fingerprint.cjk, d.article.outlet, d.article.published,
         list(d.fingerprint.title), d.fingerprint.sketch)
        for number, (d, _) in enumerate(new, first)
    ))  # fmt: skip
    keys = [(number, now_in[d.article_id], d.fingerprint.shingles) for number, (d, _) in enumerate(new, first)]
    append(con, "internal.shingles", ("hash", "number"), _followed(con, keys))


def _followed(con: Connection, keys: Sequence[tuple[int, int, Sequence[int]]]) -> list[tuple[int, int]]:
    """The hashes by which members (number, story, key) are to be found: not those that enough members show already."""
    hashes = sorted({h for _, _, key in keys for h in key})
    stored = rows(
        con,
        """
        select s.hash, m.story_id, count(*)
        from (select unnest($1::uinteger[]) as hash) join internal.shingles s using (hash)
        join story_members m using (number)
        group by s.hash, m.story_id
        """,
        [hashes],
    )
    by_story = Counter({(h, story_id): count for h, story_id, count in stored})
    overall: Counter[int] = Counter()
    for h, _, count in stored:
        overall[h] += count
    followed = []
    for number, story_id, key in keys:
        for h in key:
            if overall[h] < COMMON and by_story[h, story_id] < KEPT:
                overall[h] += 1
                by_story[h, story_id] += 1
                followed.append((h, number))
    return followed


# ---- upkeep -------------------------------------------------------------------------------------------------------


def compact(con: Connection, recent: int = RECENT) -> int:
    """Move the keys of all but the last ``recent`` members to the sorted table, and return how many members moved.

    For monthly upkeep, inside the caller's transaction; 2 to 3 s per million members. Does nothing while fewer than
    twice as many are recent, so it may be called often.
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
        select unnest(min(hash, {OLD_KEY})) as hash, number from internal.shingles where number <= $1 group by number
        """,
        [floor],
    )
    con.execute(
        f"""
        delete from moved where hash in (
            select hash from internal.old_shingles where hash in (select hash from moved)
            group by hash having count(*) >= {COMMON})
        """
    )
    con.execute(
        """
        create or replace temp table sorted_shingles as
        select hash, number from (from internal.old_shingles union all select hash, number from moved) order by hash
        """
    )
    moved = rows(con, "select count(distinct number) from moved")[0][0]
    con.execute("delete from internal.shingles where number <= $1", [floor])
    con.execute("delete from internal.old_shingles")
    con.execute("insert into internal.old_shingles from sorted_shingles order by hash")
    con.execute("drop table moved")
    con.execute("drop table sorted_shingles")
    return int(moved)
