"""Stories: which story an article belongs to, and why; a story is one text, however many outlets print it.

It never reads a text and never asks a database: it gets the few members that are worth comparing from a
`records.story.Neighbours`, and `extractors.copies` compares them. Two different articles on one event are two stories.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from extractors.agencies import evidence
from extractors.copies import Comparison, compare_all
from extractors.fingerprints import fingerprint
from extractors.urls import canonical
from records.document import Document
from records.ids import article_id
from records.story import Candidate, Fingerprint, Neighbours, Newcomer, StoryChoice

MERGE = 0.76
"""Coverage from which an article that belongs to one story proves that another story is the same one."""

MOST_STORIES, MOST_MEMBERS = 8, 3
"""Stories that an article is compared with, and members of each: the likeliest; one partner is enough."""

_COMMON = 64  # members that a key hash leads to, from which it is furniture, and is no longer followed
_KEPT = 3  # members of one story that a key hash leads to: enough to find the story, however many copies there are
_MOST_CANDIDATES = 48  # per article
_LATER = 1 << 40  # arrival number of a batch's first article: after all that is stored


def choose(documents: Sequence[Newcomer | Document], neighbours: Neighbours) -> list[StoryChoice]:
    """Return the story of each document, in order of arrival.

    The documents are compared with stored ones and with those before them in the batch, so a batch gives what its
    documents would give one by one. A document that is stored already keeps its story (``same_url``).

    Args:
        documents: in order of arrival.
        neighbours: where stored candidates come from; asked once for the whole batch.
    """
    arrivals = [document if isinstance(document, Newcomer) else newcomer(document) for document in documents]
    stored = neighbours.of([arrival.fingerprint for arrival in arrivals])
    named = [i for a in arrivals for i in (a.article_id, a.canonical) if i is not None]
    batch = MemoryNeighbours(neighbours.stories(named), _LATER)
    choices = []
    for arrival, candidates in zip(arrivals, stored, strict=True):
        known = batch.stories([i for i in (arrival.article_id, arrival.canonical) if i is not None])
        choice = which_story(arrival, batch.current(candidates) + batch.like(arrival.fingerprint), known)
        batch.add(arrival, choice)
        choices.append(choice)
    return [_with_evidence(*known) for known in zip(documents, arrivals, choices, strict=True)]


def _with_evidence(document: Newcomer | Document, arrival: Newcomer, choice: StoryChoice) -> StoryChoice:
    if isinstance(document, Newcomer):
        return choice
    return replace(choice, evidence=replace(evidence(document.article), canonical=arrival.canonical))


def newcomer(document: Document) -> Newcomer:
    """Return what grouping needs of ``document``."""
    article = document.article
    named = article_id(canonical(article.canonical_url)) if article.canonical_url else document.article_id
    original = named if named != document.article_id else None
    return Newcomer(document.article_id, article.outlet, article.published, document.fingerprint, original)


def which_story(
    arrival: Newcomer, candidates: Sequence[Candidate], known: Mapping[int, int] | None = None
) -> StoryChoice:
    """Return the story of one article, with the reason.

    Args:
        arrival: the article.
        candidates: members that share some of its key; the article itself is passed over.
        known: stories of articles, as far as they matter: the article itself, and the one its page calls canonical.
    """
    for named in (arrival.article_id, arrival.canonical):
        if known and named is not None and named in known:
            matched = named if named != arrival.article_id else None
            return StoryChoice(arrival.article_id, known[named], "same_url", matched=matched)
    others = _likeliest(arrival, candidates)
    found = _same_stories(arrival, others)
    if not found:
        return StoryChoice(arrival.article_id, arrival.article_id, "new")
    best, match = found[0]
    one = [member for comparison, member in found if comparison.score >= MERGE] or [match]
    ages = {member.story_id: min(c.arrival for c in others[member.story_id]) for member in one}
    story = min(ages, key=lambda story_id: (ages[story_id], story_id))
    merges = tuple(member.story_id for member in one if member.story_id != story)
    return StoryChoice(arrival.article_id, story, best.reason, round(best.score, 4), match.article_id, merges)


def _likeliest(arrival: Newcomer, candidates: Sequence[Candidate]) -> dict[int, list[Candidate]]:
    """The members to compare with, by story: those that share most of the key; the earlier first among equals."""
    key = set(arrival.fingerprint.shingles)
    others = [c for c in candidates if c.article_id != arrival.article_id]
    others.sort(key=lambda c: (-len(key.intersection(c.fingerprint.shingles)), c.arrival, c.article_id))
    stories: dict[int, list[Candidate]] = {}
    for candidate in others[:_MOST_CANDIDATES]:
        if candidate.story_id in stories:
            if len(stories[candidate.story_id]) < MOST_MEMBERS:
                stories[candidate.story_id].append(candidate)
        elif len(stories) < MOST_STORIES:
            stories[candidate.story_id] = [candidate]
    return stories


def _same_stories(arrival: Newcomer, stories: Mapping[int, Sequence[Candidate]]) -> list[tuple[Comparison, Candidate]]:
    """The stories that the article belongs to, by their best member, best first."""
    found = []
    for pairs in _compared(arrival, stories):
        same = [pair for pair in pairs if pair[0].same]
        if same:
            found.append(max(same, key=lambda pair: pair[0].score))
    return sorted(found, key=lambda pair: -pair[0].score)


def _compared(
    arrival: Newcomer, stories: Mapping[int, Sequence[Candidate]]
) -> list[list[tuple[Comparison, Candidate]]]:
    compared = compare_all(arrival, [*stories.values()])
    return [list(zip(found, members, strict=True)) for found, members in zip(compared, stories.values(), strict=True)]


def nearest(arrival: Newcomer, candidates: Sequence[Candidate]) -> list[tuple[Comparison, Candidate]]:
    """Return the best member of each story that the article was, or would be, compared with; the nearest first.

    For explanations: what `which_story` sees, with what it passes over.
    """
    found = [max(pairs, key=_nearness) for pairs in _compared(arrival, _likeliest(arrival, candidates))]
    return sorted(found, key=_nearness, reverse=True)


def _nearness(pair: tuple[Comparison, Candidate]) -> tuple[bool, float, float]:
    return pair[0].same, pair[0].score, max(pair[0].forward, pair[0].backward)


# ---- candidates in memory -----------------------------------------------------------------------------------------


class MemoryNeighbours:
    """Candidates among the articles that were added here: one batch, or the whole of a small collection.

    Args:
        known: stories of articles that are stored elsewhere.
        first: the arrival number of the first article that is added.
    """

    def __init__(self, known: Mapping[int, int] | None = None, first: int = 0) -> None:
        self._first = first
        self._known = dict(known or {})
        self._members: list[Candidate] = []
        self._postings: dict[int, list[int]] = {}
        self._merged: dict[int, int] = {}

    def of(self, fingerprints: Sequence[Fingerprint]) -> list[list[Candidate]]:
        """Return the members that share some of each fingerprint's key, best first."""
        return [self.like(value) for value in fingerprints]

    def stories(self, article_ids: Sequence[int]) -> dict[int, int]:
        """Return the story of each of these articles that is known, merges followed."""
        return {i: self.story(self._known[i]) for i in article_ids if i in self._known}

    def story(self, story_id: int) -> int:
        """Return the story that ``story_id`` was merged into; itself when it was not."""
        while story_id in self._merged:
            story_id = self._merged[story_id]
        return story_id

    def current(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Return stored candidates under the stories that the merges of this batch have made."""
        if not self._merged:
            return list(candidates)
        return [replace(c, story_id=self.story(c.story_id)) for c in candidates]

    def like(self, value: Fingerprint) -> list[Candidate]:
        """Return the members that share some of one fingerprint's key, best first."""
        shared: dict[int, int] = {}
        for shingle in value.shingles:
            at = self._postings.get(shingle, ())
            if len(at) < _COMMON:
                for i in at:
                    shared[i] = shared.get(i, 0) + 1
        best = sorted(shared, key=lambda i: (-shared[i], i))[:_MOST_CANDIDATES]
        return self.current([self._members[i] for i in best])

    def add(self, arrival: Newcomer, choice: StoryChoice) -> None:
        """Remember an article and its story; an article that is known already changes nothing."""
        for merged in choice.merges:
            self._merged[merged] = choice.story_id
        if arrival.article_id in self._known:
            return
        self._known[arrival.article_id] = choice.story_id
        number = len(self._members)
        self._members.append(
            Candidate(
                arrival.article_id,
                choice.story_id,
                arrival.outlet,
                arrival.published,
                arrival.fingerprint,
                self._first + number,
            )
        )
        for shingle in arrival.fingerprint.shingles:
            at = self._postings.setdefault(shingle, [])
            same = sum(self.story(self._members[i].story_id) == choice.story_id for i in at)
            if same < _KEPT and len(at) < _COMMON:
                at.append(number)


class StoryIndex:
    """Stories of a collection that fits into memory: for scripts and for measuring; the pipeline asks the warehouse."""

    def __init__(self) -> None:
        self._memory = MemoryNeighbours()
        self._names: dict[int, str] = {}
        self._ids: dict[str, int] = {}

    def assign(self, documents: Iterable[Any]) -> list[str]:
        """Return the story of each document, named by the ``id`` of the story's first document.

        May be called again with more documents. What it returns holds after all merges so far.

        Args:
            documents: in order of arrival; mappings or objects with ``id``, ``title`` and ``text``, and where known
                ``outlet`` (or ``source``) and ``published`` (or ``day``: a date, ISO 8601 text, or days since 1970).
                A document without ``id`` gets its number, from 0. The same ``id`` again is the same document.
        """
        assigned = []
        for document in documents:
            arrival = self._newcomer(document)
            known = self._memory.stories([arrival.article_id])
            choice = which_story(arrival, self._memory.like(arrival.fingerprint), known)
            self._memory.add(arrival, choice)
            assigned.append(choice.story_id)
        return [self._names[self._memory.story(story_id)] for story_id in assigned]

    def _newcomer(self, document: Any) -> Newcomer:
        name = _field(document, "id")
        name = str(len(self._ids) if name is None else name)
        number = self._ids.setdefault(name, len(self._ids))
        self._names[number] = name
        title, text = _field(document, "title"), _field(document, "text")
        return Newcomer(
            number,
            str(_field(document, "outlet", "source") or ""),
            _instant(_field(document, "published", "day")),
            fingerprint(str(title or ""), str(text or "")),
        )


def _field(document: Any, *names: str) -> Any:
    for name in names:
        value = document.get(name) if isinstance(document, Mapping) else getattr(document, name, None)
        if value is not None:
            return value
    return None


def _instant(value: Any) -> datetime | None:
    """Read a publication time in the forms that collections use; what cannot be read is unknown."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    if isinstance(value, int | float):
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=value)
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    return None
