"""The passes: when each began, how it ended, what it did.

It never decides whether a pass may start; it only tells which ones were killed before they could say how they ended.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from warehouse.database import Connection, append, rows


class State(StrEnum):
    """How a pass stands."""

    RUNNING = "running"
    COMPLETED = "completed"
    STOPPED = "stopped"  # asked to end early: what was under way is loaded, the rest waits
    NOTHING = "nothing"  # no source answered
    FAILED = "failed"
    INTERRUPTED = "interrupted"  # its process is gone without a word: killed, or the machine went down


@dataclass(frozen=True, slots=True)
class Run:
    """One pass, as the table ``runs`` tells it.

    Attributes:
        run_id: its identity.
        kind: ``monitor``, ``deliver``, ``upkeep``, ``seed`` ...
        state: how it stands.
        started_at, finished_at: in UTC; the latter is None while it runs.
        counts: what it did, as numbers by name.
        error: why it failed, if it did.
        version: of govwatch.
        host, pid: where it ran.
    """

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


def start(con: Connection, run_id: str, now: datetime, *, kind: str = "monitor", version: str = "") -> None:
    """Note that a pass of this process began; noting the same one again changes nothing.

    Passes of this machine that say they run, though their process is gone, are marked as interrupted.
    """
    _mark_interrupted(con, now)
    if not rows(con, "select 1 from runs where run_id = $1", [run_id]):
        columns = ("run_id", "kind", "state", "started_at", "version", "host", "pid")
        append(con, "runs", columns, [(run_id, kind, State.RUNNING.value, now, version, platform.node(), os.getpid())])


def finish(
    con: Connection, run_id: str, now: datetime, state: str, counts: Mapping[str, int], error: str | None = None
) -> None:
    """Note how a pass ended (a `State`, as such or by its value) and what it did."""
    con.execute(
        "update runs set state = $2, finished_at = $3, counts = $4::json, error = $5 where run_id = $1",
        [run_id, State(state).value, now, json.dumps(dict(counts)), error],
    )


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


def _mark_interrupted(con: Connection, now: datetime) -> None:
    here = platform.node()
    running = rows(con, "select run_id, pid from runs where state = $1 and host = $2", [State.RUNNING.value, here])
    gone = [run_id for run_id, pid in running if not _alive(pid)]
    if gone:
        con.execute(
            """
            update runs set state = $1, finished_at = $2, error = 'its process ended without a word'
            where run_id in (select unnest($3::varchar[]))
            """,
            [State.INTERRUPTED.value, now, gone],
        )


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # it lives, and belongs to somebody else
    return True
