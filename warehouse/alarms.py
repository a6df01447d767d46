"""The alarms of govwatch itself as rows: since when each is on, and whether operators know. And how large it was when.

It never judges whether something is wrong (`flows.vitals`), nor whether it is worth a message (`alerts.alarms`).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from records.operation import Alarm, AlarmState
from warehouse.database import Connection, Warehouse, rows, upsert
from warehouse.packs import Packs

_COLUMNS = ("alarm", "since", "seen_at", "told_at", "sentence")


def states(con: Connection) -> list[AlarmState]:
    """Return the alarms that are on, told or not."""
    found = rows(con, f"select {', '.join(_COLUMNS)} from alarms order by since, alarm")
    return [AlarmState(Alarm(alarm), *others) for alarm, *others in found if alarm in set(Alarm)]


def note(con: Connection, on: Iterable[AlarmState]) -> None:
    """Make the table say that ``on`` are on, and no others; in the window that queues what is told of them."""
    kept = [(one.alarm.value, one.since, one.seen_at, one.told_at, one.sentence) for one in on]
    con.execute("delete from alarms where alarm not in (select unnest($1::varchar[]))", [[row[0] for row in kept]])
    upsert(con, "alarms", ["alarm"], _COLUMNS, kept)


def told(con: Connection) -> tuple[tuple[str, str], ...]:
    """Return the alarms that operators were told of and that are on, with their sentences."""
    return tuple((one.alarm.value, one.sentence) for one in states(con) if one.told_at is not None)


def measure(con: Connection, warehouse: Warehouse, now: datetime) -> None:
    """Note how large the files are, once a UTC day."""
    day = now.astimezone(UTC).date()
    if rows(con, "select 1 from sizes where day = $1", [day]):
        return
    grown = sizes(warehouse)
    row = (day, grown["warehouse"], grown["read copy"], grown["kept pages"], free_room(warehouse.path))
    con.execute("insert into sizes values ($1, $2, $3, $4, $5)", list(row))


def sizes(warehouse: Warehouse) -> dict[str, int]:
    """Return the bytes of everything that grows, by name: warehouse (with its log), read copy, kept pages, backups."""
    path = warehouse.path
    return {
        "warehouse": _bytes(path) + _bytes(path.with_name(f"{path.name}.wal")),
        "read copy": _bytes(warehouse.read_path),
        "kept pages": _bytes_in(Packs(path).folder),
        "backups": _bytes_in(path.parent / "backups"),
    }


def free_room(path: Path) -> int:
    """Return the bytes that are free where ``path`` lies, or will lie."""
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    return shutil.disk_usage(folder).free


def _bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _bytes_in(folder: Path) -> int:
    try:
        return sum(_bytes(path) for path in folder.iterdir() if path.is_file())
    except FileNotFoundError:
        return 0
