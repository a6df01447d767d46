"""The frontier: every URL ever discovered, its outcome, and when it is tried again.

It never fetches, and never forgets: a URL that was discovered stays here until it has an outcome, and after that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from records import ids
from records.article import Discovery, FeedItem, Origin, Outcome, UrlOutcome
from warehouse.database import Connection, append, rows

RETRY_AFTER: tuple[timedelta, ...] = (
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=12),
    timedelta(days=1),
    timedelta(days=2),
    timedelta(days=4),
    timedelta(days=7),
    timedelta(days=7),
    timedelta(days=7),
)
"""Wait after the first, second ... failed try. In all 28.7 days: what a site loses for a month, it has lost."""

LONGEST_ASKED_WAIT = timedelta(days=1)
"""A server's Retry-After is followed up to here (Media Cloud caps it likewise)."""


@dataclass(frozen=True, slots=True)
class Discovered:
    """What `discovered` found: counts, the new ones also by source."""

    new: int
    known: int
    pending: int
    new_by_source: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Due:
    """One URL that is to be fetched now: the item that its source gave, and what is known about it.

    ``attempts`` counts the tries that failed before.
    """

    item: FeedItem
    url_key: str
    origin: Origin
    catch_up: bool
    attempts: int
    discovered_at: datetime

    @property
    def url(self) -> str:
        """The URL to fetch."""
        return self.item.url


@dataclass(frozen=True, slots=True)
class Known:
    """All that the frontier knows about one URL, for `govwatch explain`."""

    url: str
    url_key: str
    source: str
    title: str | None
    published: datetime | None
    origin: Origin
    discovered_at: datetime
    outcome: Outcome
    reason: str
    attempts: int
    last_try: datetime | None
    next_try: datetime | None
    article_id: int | None


def next_try(attempts: int, now: datetime, retry_after: float | None = None) -> datetime | None:
    """Return when a URL that has failed ``attempts`` times is tried again; None when it is given up.

    Args:
        attempts: failed tries so far, the last one included; at least 1.
        now: when the last try ended.
        retry_after: seconds that the server asked to wait; followed up to `LONGEST_ASKED_WAIT`.
    """
    if attempts > len(RETRY_AFTER):
        return None
    wait = RETRY_AFTER[max(attempts, 1) - 1]
    if retry_after is not None and retry_after > 0:
        asked = min(retry_after, LONGEST_ASKED_WAIT.total_seconds())
        wait = max(wait, timedelta(seconds=asked))
    return now + wait


_COLUMNS = (
    "url_id", "url", "url_key", "source_id", "title", "summary", "published", "language", "outlet",
    "origin", "catch_up", "discovered_at", "outcome", "reason", "next_try", "article_id",
)  # fmt: skip


def discovered(con: Connection, found: Sequence[Discovery], now: datetime) -> Discovered:
    """Note the URLs of ``found`` that are not known yet, the first of equal keys winning.

    A URL whose article is already stored (the seed corpus, or another way to the same page) is noted as a duplicate. An
    item that was passed over or over budget stays so: the first word about a URL counts, until `reopen` is asked for.

    Returns:
        How many were new and known; ``pending`` counts the new ones that are to be fetched.
    """
    unique: dict[int, Discovery] = {}
    for discovery in found:
        unique.setdefault(ids.article_id(discovery.url_key), discovery)
    known = _present(con, "frontier", "url_id", list(unique))
    new = {url_id: discovery for url_id, discovery in unique.items() if url_id not in known}
    stored = _present(con, "articles", "article_id", list(new))
    append(con, "frontier", _COLUMNS, (_row(url_id, new[url_id], url_id in stored, now) for url_id in new))
    pending = sum(1 for url_id, discovery in new.items() if url_id not in stored and not discovery.outcome.final)
    _note_sightings(con, found, now)
    by_source = Counter(discovery.item.source for discovery in new.values())
    return Discovered(len(new), len(found) - len(new), pending, dict(by_source))


def _note_sightings(con: Connection, found: Sequence[Discovery], now: datetime) -> None:
    """Note which kinds of sources named which URLs, for the audit of what was missed."""
    named = list({discovery.item.source for discovery in found})
    kinds = dict(
        rows(con, "select source_id, kind from sources where source_id in (select unnest($1::varchar[]))", [named])
    )
    seen = {
        (ids.article_id(discovery.url_key), kinds[discovery.item.source])
        for discovery in found
        if discovery.item.source in kinds
    }
    noted = rows(
        con,
        "select url_id, kind from sightings where url_id in (select unnest($1::bigint[]))",
        [list({url_id for url_id, _ in seen})],
    )
    append(con, "sightings", ("url_id", "kind", "first_seen"), ((*one, now) for one in sorted(seen - set(noted))))


def due(con: Connection, now: datetime, limit: int, sources: Sequence[str] | None = None) -> list[Due]:
    """Return at most ``limit`` URLs to fetch now: in turn from each source, the newest of each first.

    Args:
        con: the connection.
        now: what "due" is measured by.
        limit: most URLs.
        sources: only URLs of these sources; None means all.
    """
    found = rows(
        con,
        """
        select url, source_id, title, published, summary, language, outlet, url_key, origin, catch_up, attempts,
            discovered_at
        from frontier
        where next_try <= $1::timestamptz and ($2::varchar[] is null or list_contains($2::varchar[], source_id))
        order by row_number() over (
            partition by source_id order by attempts, coalesce(published, discovered_at) desc, url_id), source_id
        limit $3
        """,
        [now, None if sources is None else list(sources), limit],
    )
    return [_due(row) for row in found]


def settle(con: Connection, outcomes: Sequence[UrlOutcome], run_id: str | None = None) -> None:
    """Note how the tries of these URLs ended, in the frontier and in the log of fetches.

    A failed URL gets its next try here, from the number of its failed tries (`next_try`), unless the outcome states
    one. A PENDING outcome puts the URL back without counting a try. URLs that are not in the frontier are only logged.
    """
    log_fetches(con, outcomes, run_id)
    last = {outcome.url: outcome for outcome in outcomes}
    tried = rows(
        con, "select url, url_id, attempts from frontier where url in (select unnest($1::varchar[]))", [list(last)]
    )
    changes = [_change(url_id, attempts, last[url]) for url, url_id, attempts in tried]
    if changes:
        marks = ", ".join(["(?::bigint, ?, ?, ?::integer, ?::timestamptz, ?::timestamptz, ?::bigint)"] * len(changes))
        con.execute(
            f"""
            update frontier set outcome = o.outcome, reason = o.reason, attempts = o.attempts, last_try = o.last_try,
                next_try = o.next_try, article_id = coalesce(o.article_id, frontier.article_id)
            from (values {marks}) as o(url_id, outcome, reason, attempts, last_try, next_try, article_id)
            where frontier.url_id = o.url_id
            """,
            [value for change in changes for value in change],
        )


def log_fetches(con: Connection, outcomes: Sequence[UrlOutcome], run_id: str | None) -> None:
    """Add these tries to the log of fetches; put-backs (PENDING) are no tries."""
    append(
        con,
        "fetches",
        (
            "run_id",
            "kind",
            "url",
            "source_id",
            "outcome",
            "reason",
            "status",
            "bytes",
            "elapsed",
            "article_id",
            "fetched_at",
        ),
        (
            (
                run_id,
                "article",
                o.url,
                o.source,
                o.outcome.value,
                o.reason,
                o.status,
                o.bytes,
                o.elapsed,
                o.article_id,
                o.at,
            )
            for o in outcomes
            if o.outcome is not Outcome.PENDING
        ),
    )


def lookup(con: Connection, url: str, url_key: str) -> Known | None:
    """Return what is known about a URL, found by its canonical form or else as it was discovered; None if nothing."""
    found = rows(
        con,
        """
        select url, url_key, source_id, title, published, origin, discovered_at, outcome, reason, attempts, last_try,
            next_try, article_id
        from frontier where url_id = $1 or url = $2 order by url_id = $1 desc limit 1
        """,
        [ids.article_id(url_key), url],
    )
    for key, known_key, source, title, published, origin, discovered_at, outcome, *rest in found:
        return Known(key, known_key, source, title, published, Origin(origin), discovered_at, Outcome(outcome), *rest)
    return None


def reopen(con: Connection, outcomes: Sequence[Outcome], now: datetime, sources: Sequence[str] | None = None) -> int:
    """Make URLs that ended in one of ``outcomes`` due again, with a fresh count of tries; return how many.

    For an operator who changed what is wanted: a wider topic filter, a larger first look, a site that came back.
    """
    found = con.execute(
        """
        update frontier set outcome = 'pending', reason = '', attempts = 0, next_try = $1::timestamptz
        where outcome in (select unnest($2::varchar[])) and outcome <> 'pending'
            and ($3::varchar[] is null or list_contains($3::varchar[], source_id))
        """,
        [now, [outcome.value for outcome in outcomes], None if sources is None else list(sources)],
    ).fetchall()
    return int(found[0][0])


def _present(con: Connection, table: str, key: str, values: list[int]) -> set[int]:
    if not values:
        return set()
    return {
        row[0] for row in rows(con, f"select {key} from {table} where {key} in (select unnest($1::bigint[]))", [values])
    }


def _due(row: tuple[Any, ...]) -> Due:
    url, source, title, published, summary, language, outlet, url_key, origin, catch_up, attempts, discovered_at = row
    item = FeedItem(url, title, published, source, summary, language, outlet)
    return Due(item, url_key, Origin(origin), catch_up, attempts, discovered_at)


def _row(url_id: int, discovery: Discovery, stored: bool, now: datetime) -> tuple[object, ...]:
    item = discovery.item
    outcome, reason = (Outcome.DUPLICATE, "already stored") if stored else (discovery.outcome, discovery.reason)
    return (
        url_id, item.url, discovery.url_key, item.source, item.title, item.summary, item.published, item.language,
        item.outlet, discovery.origin.value, discovery.catch_up, now, outcome.value, reason,
        None if outcome.final else now, url_id if stored else None,
    )  # fmt: skip


def _change(url_id: int, attempts: int, outcome: UrlOutcome) -> tuple[object, ...]:
    tries = attempts if outcome.outcome is Outcome.PENDING else attempts + 1
    again, reason = outcome.next_try, outcome.reason
    if outcome.outcome is Outcome.PENDING:
        again = again or outcome.at
    elif outcome.outcome is Outcome.FAILED and again is None:
        spent = outcome.most_tries is not None and tries >= outcome.most_tries
        again = None if spent else next_try(tries, outcome.at, outcome.retry_after)
        if again is None:
            reason = f"{reason} (given up after {tries} tries)".strip()
    elif outcome.outcome.final:
        again = None
    return url_id, outcome.outcome.value, reason, tries, outcome.at, again, outcome.article_id
