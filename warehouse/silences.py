"""Silences that operators set by command, as rows; those of alerts.yaml stand there.

It never decides what a silence covers: `records.subscription.Filter` does.
"""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import datetime
from typing import Any

from records.signal import Kind, Severity
from records.subscription import Filter, Silence, SilenceMode
from warehouse.database import Connection, rows, upsert


def add(con: Connection, silence: Silence) -> None:
    """Store a silence; one of the same id is replaced."""
    row = (
        silence.silence_id, _facts(silence.match), silence.mode.value, silence.author, silence.comment, silence.starts,
        silence.ends,
    )  # fmt: skip
    columns = ("silence_id", "matchers", "mode", "author", "comment", "starts_at", "ends_at")
    upsert(con, "silences", ["silence_id"], columns, [row])


def end(con: Connection, silence_id: str, now: datetime) -> bool:
    """End a silence now; return whether it was there and had not ended."""
    there = rows(con, "select 1 from silences where silence_id = $1 and ends_at > $2::timestamptz", [silence_id, now])
    con.execute(
        "update silences set ends_at = greatest(starts_at, $2::timestamptz) "
        "where silence_id = $1 and ends_at > $2::timestamptz",
        [silence_id, now],
    )
    return bool(there)


def current(con: Connection, now: datetime) -> tuple[Silence, ...]:
    """Return the silences that hold now or will, the first to end first."""
    found = rows(
        con,
        "select silence_id, matchers, starts_at, ends_at, author, comment, mode from silences "
        "where ends_at > $1::timestamptz order by ends_at, silence_id",
        [now],
    )
    return tuple(
        Silence(row[0], _filter(row[1]), row[2], row[3], row[4], row[5], SilenceMode(row[6])) for row in found
    )  # fmt: skip


def _facts(match: Filter) -> str:
    return json.dumps({one.name: getattr(match, one.name) for one in fields(match)})


def _filter(text: str) -> Filter:
    facts: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in json.loads(text).items()
    }
    facts["kinds"] = tuple(Kind(one) for one in facts["kinds"])
    facts["min_severity"] = Severity(facts["min_severity"])
    return Filter(**facts)
