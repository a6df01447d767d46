"""What readers said of alerts, as rows that are only added; the last word of each reader counts.

It never suppresses anything: precision is shown, and people decide what to do with a rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from records.coverage import Precision
from warehouse.database import Connection, rows, upsert
from warehouse.messages import Told

_COLUMNS = ("signal_id", "author", "relevant", "note", "given_at", "initiative_id", "article_id", "rules")


def add(con: Connection, told: Sequence[Told], *, relevant: bool, author: str, note: str, now: datetime) -> int:
    """Note what a reader says of some signals, with the rules that matched in their articles; return how many.

    Args:
        con: inside a write window.
        told: the signals (`warehouse.messages.explain`).
        relevant: whether the alert was worth reading.
        author: who says so.
        note: why; may be empty.
        now: when.
    """
    for one in told:
        rules = rows(
            con,
            "select distinct rule from mentions where article_id = $1 and initiative_id = $2 "
            "and place not in ('tail', 'furniture') order by rule",
            [one.article_id, one.initiative_id],
        )
        named = [rule for (rule,) in rules]
        row = (one.signal_id, author, relevant, note, now, one.initiative_id, one.article_id, named)
        upsert(con, "feedback", ("signal_id", "author", "given_at"), _COLUMNS, [row])
    return len(told)


def precision(con: Connection) -> tuple[Precision, ...]:
    """Return what readers said of the alerts of each rule, the most often refused first."""
    found = rows(con, "select initiative_id, rule, relevant, judged from rule_precision")
    return tuple(Precision(*row) for row in found)


def precision_of(con: Connection, article_id: int, initiative_id: str) -> tuple[Precision, ...]:
    """Return what readers said of the rules that matched in one article."""
    found = rows(
        con,
        """
        select initiative_id, rule, relevant, judged from rule_precision
        where initiative_id = $2 and rule in (
            select unnest(rules) from feedback where article_id = $1 and initiative_id = $2)
        order by rule
        """,
        [article_id, initiative_id],
    )
    return tuple(Precision(*row) for row in found)
