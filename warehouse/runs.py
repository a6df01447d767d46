"""The passes: when each began, how it ended, what it did.

It never decides whether a pass may start; it only tells which ones were killed before they could say how they ended.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from warehouse.database import Connection, append, rows


class State(StrEnum):
    """How a pass stands."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    INTERRUPTED = "interrupted"  # killed, or the machine went down


@dataclass(frozen=True, slots=True)
class Run:
    """One pass, as the table ``runs`` tells it."""

    run_id: str
    kind: str
    state: State
    started_at: datetime
    finished_at: datetime | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    error: str | None = None
    version: str = ""
    host: str = ""
    pid: int = 0


def start(con: Connection, run: Run) -> None:
    """Note that a pass began (its state is taken as RUNNING); noting the same one again changes nothing."""
    if not rows(con, "select 1 from runs where run_id = $1", [run.run_id]):
        columns = ("run_id", "kind", "state", "started_at", "version", "host", "pid")
        row = (run.run_id, run.kind, State.RUNNING.value, run.started_at, run.version, run.host, run.pid)
        append(con, "runs", columns, [row])


def finish(
    con: Connection, run_id: str, state: State, now: datetime, counts: Mapping[str, int], error: str | None = None
) -> None:
    """Note how a pass ended and what it did."""
    con.execute(
        "update runs set state = $2, finished_at = $3, counts = $4::json, error = $5 where run_id = $1",
        [run_id, state.value, now, json.dumps(dict(counts)), error],
    )


def interrupt(con: Connection, host: str, alive: Collection[int], now: datetime) -> int:
    """Mark the passes of this machine that say they run, though their process is gone; return how many.

    Args:
        con: the connection.
        host: this machine's name; passes of other machines are left alone.
        alive: the process ids that `running` named and that still live.
        now: noted as their end.
    """
    found = con.execute(
        """
        update runs set state = 'interrupted', finished_at = $1, error = 'its process ended without a word'
        where state = 'running' and host = $2 and pid not in (select unnest($3::integer[]))
        """,
        [now, host, list(alive)],
    ).fetchall()
    return int(found[0][0])


def running(con: Connection, host: str) -> list[int]:
    """Return the process ids of this machine's passes that have not said how they ended."""
    return [row[0] for row in rows(con, "select pid from runs where state = 'running' and host = $1", [host])]


def last(con: Connection, limit: int = 10, kind: str | None = None) -> list[Run]:
    """Return the newest passes, the newest first."""
    found = rows(
        con,
        """
        select run_id, kind, state, started_at, finished_at, counts, error, version, host, pid from runs
        where $1::varchar is null or kind = $1 order by started_at desc, run_id limit $2
        """,
        [kind, limit],
    )
    return [
        Run(run_id, kind, State(state), begun, ended, json.loads(counts) if counts else {}, *rest)
        for run_id, kind, state, begun, ended, counts, *rest in found
    ]
