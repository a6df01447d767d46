"""What is watched: the configured sources and initiatives as tables, and the state of each source's polls.

It never polls. Validators (ETag, Last-Modified) are written in the transaction that notes what the poll discovered, so
that a crash between the two cannot make a later "304 not modified" hide items that were never noted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from records.source import UNKNOWN, Habit, Source
from warehouse.database import Connection, append, as_table, rows

LONGEST_INTERVAL = timedelta(days=1)
"""However often a source fails, it is asked again within this time, for ever: a surprising number come back."""

GONE = 410
"""The HTTP status by which a server says that a source is gone for good."""


class PollOutcome(StrEnum):
    """How one poll of a source ended."""

    OK = "ok"
    NOT_MODIFIED = "not_modified"
    EMPTY = "empty"  # understood, and nothing in it: more often a fault of the source than silence
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class PollState:
    """What the next poll of a source needs to know.

    Attributes:
        source_id: the source.
        etag, last_modified: validators for a conditional request.
        next_poll: not before; None means at once.
        first_looked_at: end of the first poll that brought items; None means that the next one is the first look.
        consecutive_failures: failed polls since the last success.
        last_success, last_new_item: as in the table ``sources``.
        interval: the configured time between polls.
        last_poll: end of the last poll.
        habit: what its polls have taught.
    """

    source_id: str
    etag: str | None
    last_modified: str | None
    next_poll: datetime | None
    first_looked_at: datetime | None
    consecutive_failures: int
    last_success: datetime | None
    last_new_item: datetime | None
    interval: timedelta
    last_poll: datetime | None = None
    habit: Habit = UNKNOWN

    def due(self, now: datetime) -> bool:
        """Whether it is time to poll."""
        return self.next_poll is None or self.next_poll <= now


@dataclass(frozen=True, slots=True)
class Poll:
    """How one poll went.

    Attributes:
        source_id: the source.
        url: what was asked for.
        at: when it ended.
        outcome: how it ended.
        reason: one sentence when it did not end well.
        status, bytes, elapsed: of the request, for the log.
        etag, last_modified: the validators of the answer; kept as they were for NOT_MODIFIED and FAILED.
        items: items in it; ``new_items`` of them were not known (`warehouse.frontier.Discovered.new_by_source`).
        newest_item: the newest publication time in it.
        retry_after: seconds that the server asked to wait.
        moved_to: the end of a permanent redirect.
        next_poll: when to poll again; None lets `next_poll` decide.
        pace_reason: why then, in a few words.
        habit: what is known of the source now; None keeps what was known.
        fault: an answer came, and could not be understood.
        linkless: entries that were left out because they name no page.
    """

    source_id: str
    url: str
    at: datetime
    outcome: PollOutcome
    reason: str = ""
    status: int | None = None
    bytes: int | None = None
    elapsed: float | None = None
    etag: str | None = None
    last_modified: str | None = None
    items: int = 0
    new_items: int = 0
    newest_item: datetime | None = None
    retry_after: float | None = None
    moved_to: str | None = None
    next_poll: datetime | None = None
    pace_reason: str = ""
    habit: Habit | None = None
    fault: bool = False
    linkless: int = 0


@dataclass(frozen=True, slots=True)
class Tracked:
    """An initiative as the table ``initiatives`` shows it; the rules themselves live in the configuration."""

    initiative_id: str
    name: str
    kind: str = ""
    aliases: tuple[str, ...] = ()
    alert: str = ""
    rules_version: str = ""


def next_poll(interval: timedelta, failures: int, now: datetime, retry_after: float | None = None) -> datetime:
    """Return when a source is polled again: its interval, doubled for each failure in a row, never beyond a day.

    Args:
        interval: the configured time between polls.
        failures: failed polls in a row, the last one included; 0 after a success.
        now: when the last poll ended.
        retry_after: seconds that the server asked to wait; followed up to `LONGEST_INTERVAL`.
    """
    longest = max(LONGEST_INTERVAL, interval)
    wait = min(interval * (1 << min(failures, 16)), longest)
    if retry_after is not None and retry_after > 0:
        wait = max(wait, timedelta(seconds=min(retry_after, LONGEST_INTERVAL.total_seconds())))
    return now + wait


def sync(con: Connection, sources: Sequence[Source], now: datetime) -> None:
    """Make the table ``sources`` say what is configured, and keep how the polls of each went.

    A source whose URL changed is new in all but name: it is asked at once, without the old validators, and what the
    first look finds is history. One that is no longer configured stays,
    marked so.
    """
    fields = "source_id, name, kind, url, outlet, language, country, tier, every_seconds, enabled, reason"
    stored = {row[0]: row for row in rows(con, f"select {fields}, configured from sources")}
    wanted = {source.id: _source_row(source) for source in sources}
    columns = [column.strip() for column in fields.split(",")]
    new = [row for key, row in wanted.items() if key not in stored]
    append(con, "sources", [*columns, "added_at", "configured"], ((*row, now, True) for row in new))
    for key, row in wanted.items():
        if key in stored and stored[key] != (*row, True):
            _change_source(con, row, moved=stored[key][3] != row[3])
    gone = [key for key, row in stored.items() if key not in wanted and row[-1]]
    if gone:
        con.execute("update sources set configured = false where source_id in (select unnest($1::varchar[]))", [gone])


def sync_initiatives(con: Connection, tracked: Sequence[Tracked], now: datetime) -> None:
    """Make the table ``initiatives`` say what is configured; one that is no longer tracked stays, marked so."""
    fields = ("initiative_id", "name", "kind", "aliases", "alert", "rules_version")
    stored = {row[0]: row for row in rows(con, f"select {', '.join(fields)}, configured, added_at from initiatives")}
    wanted = {
        t.initiative_id: (t.initiative_id, t.name, t.kind, list(t.aliases), t.alert, t.rules_version) for t in tracked
    }
    changed = [key for key, row in wanted.items() if key not in stored or stored[key][:-1] != (*row, True)]
    replaced = [key for key in changed if key in stored]
    for key in replaced:
        con.execute(
            """
            update initiatives set name = $2, kind = $3, aliases = $4, alert = $5, rules_version = $6,
                configured = true, changed_at = $7 where initiative_id = $1
            """,
            [*wanted[key], now],
        )
    append(
        con,
        "initiatives",
        (*fields, "added_at", "changed_at"),
        ((*wanted[key], now, now) for key in changed if key not in stored),
    )
    gone = [key for key, row in stored.items() if key not in wanted and row[-2]]
    if gone:
        con.execute(
            "update initiatives set configured = false where initiative_id in (select unnest($1::varchar[]))", [gone]
        )


def states(con: Connection) -> dict[str, PollState]:
    """Return the poll state of every configured, enabled source by its id."""
    found = rows(
        con,
        f"""
        select source_id, etag, last_modified, next_poll, first_looked_at, consecutive_failures, last_success,
            last_new_item, to_seconds(every_seconds), last_poll, {_HABIT}
        from sources where configured and enabled order by source_id
        """,
    )
    return {row[0]: _state(row[:10], _habit(row[10:])) for row in found}


def _state(row: tuple[Any, ...], habit: Habit) -> PollState:
    return replace(PollState(*row), habit=habit)


def record_polls(con: Connection, polls: Sequence[Poll], run_id: str | None = None) -> None:
    """Note how these polls went, in ``sources`` and in the log of fetches.

    Call it in the window in which `warehouse.frontier.discovered` notes what the polls found. Polls of sources that are
    not in the table are only logged.
    """
    append(
        con,
        "fetches",
        _LOG,
        ((run_id, "poll", *_log_row(poll)) for poll in polls),
    )
    for turn in _turns(polls):
        _record(con, turn)


def _turns(polls: Sequence[Poll]) -> Iterator[list[Poll]]:
    """Yield ``polls`` in turns in each of which a source occurs once, so that one statement can note a whole turn."""
    while polls:
        turn: dict[str, Poll] = {}
        polls = [poll for poll in polls if turn.setdefault(poll.source_id, poll) is not poll]
        yield list(turn.values())


def _record(con: Connection, polls: Sequence[Poll]) -> None:
    known = rows(
        con,
        "select source_id, consecutive_failures, every_seconds from sources "
        "where source_id in (select unnest($1::varchar[]))",
        [[poll.source_id for poll in polls]],
    )
    before = {source_id: (failures, timedelta(seconds=every)) for source_id, failures, every in known}
    noted = [_polled_row(poll, *before[poll.source_id]) for poll in polls if poll.source_id in before]
    if noted:
        given, parameters = as_table(con, "sources", _POLLED, noted)
        con.execute(_RECORD.format(given=given), parameters)


_HABIT_COLUMNS = (
    "interval_seconds", "usual_gap_seconds", "longest_gap_seconds", "fresh_seconds", "skip_hours", "skip_days",
    "unmodified", "last_full", "mistrusted_at",
)  # fmt: skip
_POLLED = (
    "source_id", "last_poll", "last_outcome", "last_reason", "last_status", "consecutive_failures", "next_poll",
    "items", "new_items", "newest_item", "etag", "last_modified", "moved_to", "parse_faults", "linkless",
    "pace_reason", "polls", *_HABIT_COLUMNS,
)  # fmt: skip
# What a poll without a whole answer says of validators, and one from which nothing was learnt of habits, is nothing.
_RECORD = """
update sources set last_poll = p.last_poll, last_outcome = p.last_outcome, last_reason = p.last_reason,
    last_status = p.last_status, consecutive_failures = p.consecutive_failures, next_poll = p.next_poll,
    polls = sources.polls + p.polls, items = sources.items + p.items, new_items = sources.new_items + p.new_items,
    last_success = case when p.last_outcome = 'failed' then sources.last_success else p.last_poll end,
    first_looked_at = case when p.last_outcome = 'ok' then coalesce(sources.first_looked_at, p.last_poll)
        else sources.first_looked_at end,
    last_new_item = case when p.new_items > 0 then p.last_poll else sources.last_new_item end,
    newest_item = greatest(sources.newest_item, p.newest_item),
    parse_faults = sources.parse_faults + p.parse_faults, pace_reason = p.pace_reason,
    empty_in_a_row = case p.last_outcome when 'empty' then sources.empty_in_a_row + 1 when 'ok' then 0
        else sources.empty_in_a_row end,
    {whole}, {habit}
from ({{given}}) as p where sources.source_id = p.source_id
""".format(
    whole=", ".join(
        f"{name} = case when p.last_outcome in ('failed', 'not_modified') then sources.{name} else p.{name} end"
        for name in ("etag", "last_modified", "moved_to", "linkless")
    ),
    habit=", ".join(
        f"{name} = case when p.unmodified is null then sources.{name} else p.{name} end" for name in _HABIT_COLUMNS
    ),
)


def _polled_row(poll: Poll, failures: int, every: timedelta) -> tuple[object, ...]:
    failed = poll.outcome is PollOutcome.FAILED
    failures = failures + 1 if failed else 0
    # What is gone for good is asked once a day all the same: sites come back.
    again = poll.at + max(LONGEST_INTERVAL, every) if poll.status == GONE and failed else poll.next_poll
    again = again or next_poll(every, failures, poll.at, poll.retry_after)
    habit = (None,) * len(_HABIT_COLUMNS) if poll.habit is None else _habit_row(poll.habit)
    return (
        poll.source_id, poll.at, poll.outcome.value, poll.reason, poll.status, failures, again,
        poll.items, poll.new_items, poll.newest_item, poll.etag, poll.last_modified, poll.moved_to, int(poll.fault),
        poll.linkless, "it failed" if failed else poll.pace_reason, 1, *habit,
    )  # fmt: skip


_HABIT = """to_seconds(interval_seconds), to_seconds(usual_gap_seconds), to_seconds(longest_gap_seconds),
    to_seconds(fresh_seconds), skip_hours, skip_days, unmodified, last_full, mistrusted_at"""


def _habit(row: Sequence[Any]) -> Habit:
    interval, usual, longest, fresh, hours, days, unmodified, last_full, mistrusted = row
    return Habit(interval, usual, longest, fresh, tuple(hours), tuple(days), unmodified, last_full, mistrusted)


def _habit_row(habit: Habit) -> tuple[object, ...]:
    spans = (habit.interval, habit.usual_gap, habit.longest_gap, habit.fresh)
    return (
        *(None if span is None else int(span.total_seconds()) for span in spans),
        list(habit.skip_hours), list(habit.skip_days), habit.unmodified, habit.last_full, habit.mistrusted,
    )  # fmt: skip


_LOG = (
    "run_id", "kind", "source_id", "url", "fetched_at", "outcome", "reason", "status", "bytes", "elapsed", "items",
    "new_items",
)  # fmt: skip


def _log_row(poll: Poll) -> tuple[object, ...]:
    return (
        poll.source_id, poll.url, poll.at, poll.outcome.value, poll.reason, poll.status, poll.bytes, poll.elapsed,
        poll.items, poll.new_items,
    )  # fmt: skip


def _source_row(source: Source) -> tuple[object, ...]:
    return (
        source.id, source.name, source.kind, source.url, source.outlet, source.language, source.country, source.tier,
        int(source.every.total_seconds()), source.enabled, source.reason,
    )  # fmt: skip


def _change_source(con: Connection, row: tuple[object, ...], *, moved: bool) -> None:
    con.execute(
        """
        update sources set name = $2, kind = $3, url = $4, outlet = $5, language = $6, country = $7, tier = $8,
            every_seconds = $9, enabled = $10, reason = $11, configured = true,
            next_poll = case when $12 then null else least(next_poll, last_poll + to_seconds($9)) end,
            etag = case when $12 then null else etag end,
            last_modified = case when $12 then null else last_modified end,
            moved_to = case when $12 then null else moved_to end,
            first_looked_at = case when $12 then null else first_looked_at end,
            interval_seconds = case when $12 or every_seconds <> $9 then null else interval_seconds end,
            mistrusted_at = case when $12 then null else mistrusted_at end
        where source_id = $1
        """,
        [*row, moved],
    )
