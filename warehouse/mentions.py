"""The evidence: mentions and figures as rows, written in the transaction of their article.

It never looks for a mention in a text, and never writes one without its span.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from records.mention import Figure, Mention
from warehouse.database import Connection, append, rows

_MENTION = (
    "article_id", "initiative_id", "field", "span_start", "span_end", "surface", "sentence", "rule", "place", "context",
    "beaten", "alerts", "rules_version", "found_at", "run_id",
)  # fmt: skip
_FIGURE = (
    "article_id", "initiative_id", "value", "comparison", "unit", "scope", "span_start", "span_end", "surface",
    "sentence", "found_at",
)  # fmt: skip


class Evidence(Protocol):
    """What was found in one article: a `records.document.Document`, or a stored text that was read again."""

    @property
    def article_id(self) -> int:
        """The article."""

    @property
    def mentions(self) -> Sequence[Mention]:
        """What it mentions."""

    @property
    def figures(self) -> Sequence[Figure]:
        """The numbers beside them."""


def store(con: Connection, documents: Sequence[Evidence], now: datetime, run_id: str) -> tuple[int, int]:
    """Add the mentions and figures of articles that have none yet; return how many of each.

    Two mentions of one initiative at one place are one; so are two figures of one unit at one place.
    """
    return _store(con, documents, now, run_id, {})


def _store(
    con: Connection,
    documents: Sequence[Evidence],
    now: datetime,
    run_id: str,
    kept: Mapping[tuple[object, ...], tuple[Any, Any]],
) -> tuple[int, int]:
    mentions: dict[tuple[object, ...], tuple[object, ...]] = {}
    figures: dict[tuple[object, ...], tuple[object, ...]] = {}
    for document in documents:
        for mention in document.mentions:
            place = (document.article_id, mention.initiative_id, mention.field, mention.start)
            mentions.setdefault(place, _mention_row(document.article_id, mention, *kept.get(place, (now, run_id))))
        for figure in document.figures:
            spot = (document.article_id, figure.initiative_id, figure.start, figure.unit)
            figures.setdefault(spot, _figure_row(document.article_id, figure, now))
    return append(con, "mentions", _MENTION, mentions.values()), append(con, "figures", _FIGURE, figures.values())


def replace(con: Connection, documents: Sequence[Evidence], now: datetime, run_id: str) -> tuple[int, int]:
    """Put the mentions and figures of these articles in the place of what is stored; return how many there are now.

    For an article whose text became known later (a seed), or that was read again with other rules. A mention that
    stays where it was keeps the time and the run that found it: reading again makes nothing new.
    """
    known = [document.article_id for document in documents]
    stored = rows(
        con,
        """
        select article_id, initiative_id, field, span_start, found_at, run_id from mentions
        where article_id in (select unnest($1::bigint[]))
        """,
        [known],
    )
    kept = {row[:4]: (row[4], row[5]) for row in stored}
    for table in ("mentions", "figures"):
        con.execute(f"delete from {table} where article_id in (select unnest($1::bigint[]))", [known])
    return _store(con, documents, now, run_id, kept)


def _mention_row(article_id: int, mention: Mention, now: datetime, run_id: str) -> tuple[object, ...]:
    return (
        article_id, mention.initiative_id, mention.field, mention.start, mention.end, mention.surface, mention.sentence,
        mention.rule, mention.place.value, list(mention.context), list(mention.beaten), mention.alerts,
        mention.rules_version, now, run_id,
    )  # fmt: skip


def _figure_row(article_id: int, figure: Figure, now: datetime) -> tuple[object, ...]:
    return (
        article_id, figure.initiative_id, figure.value, figure.comparison, figure.unit, figure.scope, figure.start,
        figure.end, figure.surface, figure.sentence, now,
    )  # fmt: skip
