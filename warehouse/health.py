"""What `govwatch status` shows: how the sources are, what is pending, what failed, how large it has grown.

It changes nothing but old rows of logs (`forget`), and never judges in code: the states of sources are told by the view
``source_health``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from records.article import Outcome
from records.coverage import Standing
from records.source import Condition
from warehouse import runs, standing
from warehouse.database import Connection, Warehouse, rows


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """One source, as the view ``source_health`` tells it.

    ``state`` is ``off``, ``new`` (never polled), ``gone`` (the server says so, 410), ``failing``, ``empty``, ``silent``
    (polls go well, but nothing new for much longer than usual), ``hollow`` (its pages hold no articles), ``thin``
    (they give less than they used to) or ``well``; ``reason`` is one sentence. ``ill``: in trouble for so long that
    operators are told. ``interval`` is the present time between two polls, ``usual_gap`` between two that bring
    something new. ``parse_faults`` counts answers that were not understood; of ``pages_read`` within a week,
    ``pages_hollow`` held no whole article.
    """

    source_id: str
    name: str
    state: str
    reason: str
    last_success: datetime | None
    last_new_item: datetime | None
    next_poll: datetime | None
    consecutive_failures: int
    new_items: int
    articles: int
    mentions: int
    ill: bool
    moved_to: str | None
    interval: timedelta
    pace_reason: str
    usual_gap: timedelta | None
    parse_faults: int
    linkless: int
    pages_read: int
    pages_hollow: int


@dataclass(frozen=True, slots=True)
class FailingUrl:
    """One URL that has failed and is tried again."""

    url: str
    source_id: str
    reason: str
    attempts: int
    next_try: datetime | None


@dataclass(frozen=True, slots=True)
class ChannelHealth:
    """One channel that was used: its circuit (``closed``, ``open``, ``half_open``), failures in a row, last success."""

    channel: str
    circuit: str
    failures: int
    last_ok: datetime | None
    last_code: int | None


@dataclass(frozen=True, slots=True)
class Health:
    """The warehouse at one moment.

    Attributes:
        outcomes: URLs of the frontier by outcome.
        due: URLs that are to be fetched now.
        given_up: URLs that failed for a month.
        failing: the URLs that fail, the most tried first.
        sources: every configured source, the troubled first.
        runs: the last passes, the newest first.
        stored: rows by table: articles, stories, mentions, figures, and articles by origin as ``articles.live`` ...
        sizes: bytes by file: the database, its log, the read copy; 0 when missing.
        deliveries: messages by state, as in the table ``deliveries``.
        channels: every channel that was used.
        standing: what operators have to know: the canary, and what readers said of rules.
    """

    outcomes: Mapping[Outcome, int]
    due: int
    given_up: int
    failing: tuple[FailingUrl, ...]
    sources: tuple[SourceHealth, ...]
    runs: tuple[runs.Run, ...]
    stored: Mapping[str, int]
    sizes: Mapping[str, int]
    deliveries: Mapping[str, int]
    channels: tuple[ChannelHealth, ...]
    standing: Standing = field(default_factory=Standing)


def read(con: Connection, warehouse: Warehouse, now: datetime, *, limit: int = 10) -> Health:
    """Return the health of the warehouse, read through ``con``: the read copy does.

    Args:
        con: of `Warehouse.reading` (or of a write window).
        warehouse: for the sizes of its files.
        now: what "due" is measured by.
        limit: most failing URLs and passes that are listed.
    """
    due, given_up = rows(
        con,
        """
        select count(*) filter (next_try <= $1), count(*) filter (outcome = 'failed' and next_try is null)
        from frontier
        """,
        [now],
    )[0]
    return Health(
        outcomes=outcomes(con),
        due=due,
        given_up=given_up,
        failing=failing(con, limit),
        sources=source_health(con),
        runs=tuple(runs.last(con, limit)),
        stored=stored(con),
        sizes=sizes(warehouse),
        deliveries=dict(rows(con, "select state, count(*) from deliveries group by state order by state")),
        channels=channels(con),
        standing=standing.read(con, now),
    )


def outcomes(con: Connection) -> dict[Outcome, int]:
    """Return how many URLs of the frontier have which outcome, the most frequent first."""
    found = rows(con, "select outcome, count(*) from frontier group by outcome order by count(*) desc, outcome")
    return {Outcome(outcome): count for outcome, count in found}


def failing(con: Connection, limit: int) -> tuple[FailingUrl, ...]:
    """Return the URLs that fail and are tried again, the most tried first."""
    found = rows(
        con,
        """
        select url, source_id, reason, attempts, next_try from frontier
        where outcome = 'failed' and next_try is not null
        order by attempts desc, last_try desc, url_id limit $1
        """,
        [limit],
    )
    return tuple(FailingUrl(*row) for row in found)


def source_health(con: Connection) -> tuple[SourceHealth, ...]:
    """Return how every configured source is, the troubled first."""
    found = rows(
        con,
        """
        select source_id, name, state, reason, last_success, last_new_item, next_poll, consecutive_failures, new_items,
            articles, mentions, ill, moved_to, to_seconds(interval_seconds), pace_reason, to_seconds(usual_gap_seconds),
            parse_faults, linkless, pages_read, pages_hollow
        from source_health where configured
        order by list_position(['gone', 'failing', 'empty', 'hollow', 'thin', 'silent', 'new', 'well', 'off'], state),
            source_id
        """,
    )
    return tuple(SourceHealth(*row) for row in found)


def channels(con: Connection) -> tuple[ChannelHealth, ...]:
    """Return how every channel is, by name."""
    found = rows(con, "select channel, circuit, failures, last_ok, last_code from channel_health order by channel")
    return tuple(ChannelHealth(*row) for row in found)


def conditions(con: Connection) -> list[Condition]:
    """Return how every source is, and what operators were told of it."""
    found = rows(con, "select source_id, name, state, reason, ill, told_state from source_health order by source_id")
    return [Condition(*row) for row in found]


def told(con: Connection, told: Mapping[str, str | None], now: datetime) -> None:
    """Note what operators were told of sources; in the window that queues the message.

    Sources that were switched off since are forgotten here, so that they start anew if they come back.
    """
    for source_id, state in told.items():
        con.execute("update sources set told_state = $2, told_at = $3 where source_id = $1", [source_id, state, now])
    con.execute("update sources set told_state = null where told_state is not null and not (configured and enabled)")


def stored(con: Connection) -> dict[str, int]:
    """Return the number of rows of the main tables, and of articles by origin."""
    tables = ("articles", "stories", "mentions", "figures")
    counts = rows(con, " union all ".join(f"select '{table}', count(*) from {table}" for table in tables))
    origins = rows(con, "select 'articles.' || origin, count(*) from articles group by origin order by origin")
    return dict((*counts, *origins))


def sizes(warehouse: Warehouse) -> dict[str, int]:
    """Return the bytes of the database, its log and the read copy."""
    paths = (warehouse.path, warehouse.path.with_name(f"{warehouse.path.name}.wal"), warehouse.read_path)
    return {path.name: _size(path) for path in paths}


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def forget(con: Connection, *, fetches_before: datetime, runs_before: datetime) -> int:
    """Throw away old rows of the logs, and nothing else; return how many."""
    gone = con.execute("delete from fetches where fetched_at < $1", [fetches_before]).fetchall()[0][0]
    gone += con.execute("delete from runs where started_at < $1 and state <> 'running'", [runs_before]).fetchall()[0][0]
    return int(gone)
