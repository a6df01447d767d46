"""Signals as rows, in the transaction of the loader.

It never decides what is worth a signal: `alerts.detect` does, which the loader is given; what was known before is in
`warehouse.history`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from records.article import Origin
from records.document import Document
from records.mention import Place
from records.signal import Kind, NewMention, Severity, Signal
from records.story import StoryChoice
from warehouse.database import Connection, append, rows

_COLUMNS = (
    "signal_id", "kind", "initiative_id", "scope", "story_id", "article_id", "severity", "language", "country",
    "outlet", "tier", "first_in_language", "catch_up", "facts", "occurred_at", "run_id", "created_at", "reason",
    "detail",
)  # fmt: skip


def news(documents: Sequence[Document], choices: Sequence[StoryChoice]) -> list[NewMention]:
    """Return the mentions of newly stored documents as deciding takes them; ``choices`` in the same order.

    Stories that the batch merges are one story for all of its documents, also for those that came before the merge.
    """
    stories = _Merges(choices)
    return [
        NewMention(
            initiative_id=mention.initiative_id,
            article_id=document.article_id,
            story_id=stories.end(choice.story_id),
            merged=stories.merged_into(stories.end(choice.story_id)),
            title=document.article.title,
            url=document.article.canonical_url or document.article.url,
            outlet=document.article.outlet,
            outlet_name=document.article.outlet_name,
            country=document.country,
            language=document.article.language,
            tier=document.tier,
            published=document.article.published,
            seen_at=document.seen_at,
            origin=document.origin,
            catch_up=document.catch_up,
            sentence=mention.sentence,
            surface=mention.surface,
            place=mention.place,
            alerts=mention.alerts,
            figures=tuple(one for one in document.figures if one.initiative_id == mention.initiative_id),
        )
        for document, choice in zip(documents, choices, strict=True)
        for mention in document.mentions
    ]


class _Merges:
    """What a batch merged."""

    def __init__(self, choices: Sequence[StoryChoice]) -> None:
        self._into = {merged: choice.story_id for choice in choices for merged in choice.merges}

    def end(self, story_id: int) -> int:
        """Return the story that ``story_id`` was merged into at last; itself when it was not."""
        while story_id in self._into:
            story_id = self._into[story_id]
        return story_id

    def merged_into(self, story_id: int) -> tuple[int, ...]:
        """Return the stories that turned out to be ``story_id``."""
        return tuple(merged for merged in self._into if self.end(merged) == story_id)


def store(con: Connection, signals: Sequence[Signal], now: datetime | None = None) -> int:
    """Add the signals that are not stored yet; return how many there were. Twice is the same as once.

    Args:
        con: inside the write window of the loader.
        signals: of `alerts.detect`.
        now: noted as the time of the row; the latest time of the evidence when not given.
    """
    unique = {one.signal_id: one for one in reversed(signals)}
    if not unique:
        return 0
    wanted = list(unique)
    there = rows(con, "select signal_id from signals where signal_id in (select unnest($1::varchar[]))", [wanted])
    known = {row[0] for row in there}
    new = [one for one in reversed(unique.values()) if one.signal_id not in known]
    return append(con, "signals", _COLUMNS, (_row(one, now or one.mention.seen_at) for one in new))


def read(con: Connection, condition: str, parameters: Sequence[object] = ()) -> list[Signal]:
    """Return stored signals with the names of their initiatives, and with their stories as they are by now.

    A story that was merged since is the one that it was merged into, so that both are told as one.

    Args:
        con: open.
        condition: what follows the joins of ``signals s``: a constant of the caller, never a text from outside.
        parameters: of the condition.
    """
    found = rows(
        con,
        f"""
        select s.signal_id, s.kind, s.scope, s.severity, s.facts, s.occurred_at, s.run_id, s.first_in_language,
            coalesce(i.name, s.initiative_id), coalesce(st.outlets, []), coalesce(sm.story_id, s.story_id),
            coalesce(s.reason, ''), coalesce(s.detail, '')
        from signals s
        left join initiatives i on i.initiative_id = s.initiative_id
        left join story_members sm on sm.article_id = s.article_id
        left join stories st on st.story_id = sm.story_id
        {condition}
        """,
        parameters,
    )
    return [
        Signal(
            signal_id=row[0],
            kind=Kind(row[1]),
            scope=row[2],
            severity=Severity(row[3]),
            mention=mention_of(json.loads(row[4]) | {"story_id": row[10]}),
            occurred_at=row[5],
            run_id=row[6],
            first_in_language=row[7],
            initiative=row[8],
            outlets=tuple(row[9]),
            reason=row[11],
            detail=row[12],
        )
        for row in found
    ]


def facts_of(mention: NewMention) -> str:
    """Return ``mention`` as JSON: the evidence as it was; numbers stand in the table ``figures``."""
    facts = {name: getattr(mention, name) for name in mention.__slots__ if name != "figures"}
    return json.dumps(facts, default=_plain, ensure_ascii=False)


def mention_of(facts: dict[str, Any]) -> NewMention:
    """Return the mention that `facts_of` wrote."""
    times = {name: datetime.fromisoformat(facts[name]) for name in ("seen_at", "published") if facts.get(name)}
    rest = {"merged": tuple(facts["merged"]), "place": Place(facts["place"]), "origin": Origin(facts["origin"])}
    return NewMention(**(facts | times | rest))


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _row(signal: Signal, now: datetime) -> tuple[object, ...]:
    one = signal.mention
    return (
        signal.signal_id, signal.kind.value, one.initiative_id, signal.scope, one.story_id, one.article_id,
        int(signal.severity), one.language, one.country, one.outlet, one.tier, signal.first_in_language, one.catch_up,
        facts_of(one), signal.occurred_at, signal.run_id, now, signal.reason, signal.detail,
    )  # fmt: skip
