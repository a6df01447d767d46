"""Alerted articles that are looked at again: which are due, and what each look found. All inside a write window.

It never fetches, compares or decides what readers are told; a stored article is never overwritten, not even when its
page is gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from records.follow_up import Change, Check, Finding, Version, Watched
from records.signal import NewMention
from warehouse import signals
from warehouse.database import Connection, append, rows

_CHECK = (
    "article_id", "number", "checked_at", "finding", "reason", "status", "title", "text", "difference", "run_id",
)  # fmt: skip


def enrol(con: Connection, now: datetime, *, first: timedelta, since: timedelta) -> int:
    """Begin to follow the articles that were alerted within ``since``; the first look is due ``first`` after the alert.

    Returns:
        how many there are now that were not followed before.
    """
    new = rows(
        con,
        """
        select s.article_id, any_value(a.url), list_sort(list(distinct s.initiative_id)), min(s.routed_at)
        from signals s join articles a using (article_id)
        where s.verdict = 'queued' and s.kind <> 'correction' and s.routed_at > $1::timestamptz
            and a.text is not null and s.article_id not in (select article_id from follow_ups)
        group by s.article_id
        """,
        [now - since],
    )
    return append(
        con,
        "follow_ups",
        ("article_id", "url", "initiatives", "alerted_at", "checks", "next_check", "reason"),
        ((article_id, url, told, at, 0, at + first, "") for article_id, url, told, at in new),
    )


def due(con: Connection, now: datetime, limit: int) -> list[Watched]:
    """Return at most ``limit`` articles whose next look is due, the longest waiting first, with their last words."""
    found = rows(
        con,
        """
        select f.article_id, f.url, f.checks + 1, f.initiatives, f.alerted_at, f.etag, f.last_modified, f.finding
        from follow_ups f where f.next_check <= $1::timestamptz order by f.next_check, f.article_id limit $2
        """,
        [now, limit],
    )
    words = _words(con, [row[0] for row in found])
    return [
        Watched(
            article_id=row[0],
            url=row[1],
            number=row[2],
            told=tuple(row[3]),
            before=words[row[0]],
            alerted_at=row[4],
            etag=row[5],
            last_modified=row[6],
            missing=row[7] == Finding.MISSING.value,
        )
        for row in found
    ]


def shown(con: Connection, article_ids: Sequence[int]) -> dict[int, dict[str, NewMention]]:
    """Return the evidence that readers were shown of these articles, by article and initiative."""
    condition = (
        "where s.verdict = 'queued' and s.kind <> 'correction' and s.article_id in (select unnest($1::bigint[])) "
        "order by s.severity desc, s.signal_id"
    )
    found: dict[int, dict[str, NewMention]] = {}
    for signal in signals.read(con, condition, [list(article_ids)]):
        one = signal.mention
        found.setdefault(one.article_id, {}).setdefault(one.initiative_id, one)
    return found


def record(con: Connection, checks: Sequence[Check], run_id: str) -> None:
    """Note what looks found, and when the next ones are due; the same look twice is once."""
    for one in checks:
        if rows(
            con,
            "select 1 from follow_up_checks where article_id = $1 and number = $2",
            [one.watched.article_id, one.watched.number],
        ):
            continue
        append(con, "follow_up_checks", _CHECK, [_row(one, run_id)])
        con.execute(
            """
            update follow_ups set checks = $2, last_check = $3::timestamptz, next_check = $4::timestamptz, finding = $5,
                reason = $6, etag = $7, last_modified = $8, initiatives = $9 where article_id = $1
            """,
            [
                one.watched.article_id, one.watched.number, one.at, one.next_check, one.finding.value, one.reason,
                one.etag, one.last_modified, _still(one),
            ],
        )  # fmt: skip


def of_article(con: Connection, article_id: int) -> list[dict[str, Any]]:
    """Return the looks at one article, the first one first, as column values by name."""
    found = rows(
        con,
        "select number, checked_at, finding, reason, title, difference from follow_up_checks "
        "where article_id = $1 order by number",
        [article_id],
    )
    names = ("number", "checked_at", "finding", "reason", "title", "difference")
    return [dict(zip(names, row, strict=True)) for row in found]


def _still(one: Check) -> list[str]:
    """Return the initiatives that readers still believe the article to mention."""
    told = one.changes.told
    return [name for name in one.watched.told if not told.get(name, Change("")).lost]


def _words(con: Connection, article_ids: Sequence[int]) -> dict[int, Version]:
    if not article_ids:
        return {}
    # Literal identities: a join that asks for the text scans all texts.
    marks = ", ".join(str(int(article_id)) for article_id in article_ids)
    first = rows(
        con, f"select article_id, title, text, language, published from articles where article_id in ({marks})"
    )
    words = {
        article_id: Version(title, text or "", language, published.date() if published else None)
        for article_id, title, text, language, published in first
    }
    later = rows(
        con,
        f"select article_id, title, text from follow_up_checks where article_id in ({marks}) and text is not null "
        "order by article_id, number",
    )
    for article_id, title, text in later:
        words[article_id] = Version(title, text, words[article_id].language, words[article_id].on)
    return words


def _row(one: Check, run_id: str) -> tuple[object, ...]:
    title, text = (one.version.title, one.version.text) if one.version else (None, None)
    difference = "\n".join(one.changes.difference) or None
    return (
        one.watched.article_id, one.watched.number, one.at, one.finding.value, one.reason, one.status, title, text,
        difference, run_id,
    )  # fmt: skip
