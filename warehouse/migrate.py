"""The schema's history: numbered SQL files, each applied once, in order, in one transaction with its record.

It never edits data by itself and never goes back; before it changes an existing database it keeps a copy of it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from records.errors import WarehouseError, WarehouseTooNew

if TYPE_CHECKING:
    from warehouse.database import Connection

HERE = Path(__file__).parent
MIGRATIONS = HERE / "migrations"
VIEWS = HERE / "views.sql"

_NAME = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
_LEDGER = """
create schema if not exists internal;
create table if not exists internal.migrations(
    version integer primary key, name varchar not null, sha256 varchar not null,
    applied_at timestamptz not null default current_timestamp, duckdb_version varchar not null default version());
create table if not exists internal.properties(name varchar primary key, value varchar not null);
comment on table internal.migrations is 'the numbered SQL files that made this schema, one row per file';
comment on column internal.migrations.version is 'number of the file, from 1 without gaps';
comment on column internal.migrations.name is 'name of the file';
comment on column internal.migrations.sha256 is 'SHA-256 of the file as applied: a released file is never edited';
comment on column internal.migrations.applied_at is 'when it was applied, UTC';
comment on column internal.migrations.duckdb_version is 'the DuckDB that applied it';
comment on table internal.properties is 'what govwatch notes about this file as a whole';
comment on column internal.properties.name is 'name of the property';
comment on column internal.properties.value is 'its value';
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file."""

    version: int
    name: str
    sql: str

    @property
    def sha256(self) -> str:
        """The proof that an applied file was not edited since."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrations(folder: Path = MIGRATIONS) -> list[Migration]:
    """Return the numbered files of ``folder`` in order.

    Raises:
        WarehouseError: a file is misnamed, or a number is missing or used twice.
    """
    found = []
    for path in sorted(folder.glob("*.sql")):
        name = _NAME.fullmatch(path.name)
        if name is None:
            raise WarehouseError(f"{path.name}: a migration is named like 0004_what_it_does.sql")
        found.append(Migration(int(name[1]), path.name, path.read_text(encoding="utf-8")))
    for expected, migration in enumerate(found, start=1):
        if migration.version != expected:
            raise WarehouseError(f"{migration.name}: number {expected:04} is missing or used twice in {folder.name}/")
    return found


def bring_up(
    con: Connection,
    place: str,
    keep: Callable[[int], None],
    folder: Path = MIGRATIONS,
    *,
    spoken: Callable[[str], str] = str,
) -> list[Migration]:
    """Bring the database up to the newest schema, and return the migrations that this needed.

    Args:
        con: open for writing, outside a transaction.
        place: of the database, for messages.
        keep: called once with the first missing version before an existing database is changed: makes the backup.
        folder: where the numbered files are.
        spoken: turns the SQL of a file into what this catalog understands (`warehouse.dialect`).

    Raises:
        WarehouseTooNew: the database knows migrations that this govwatch does not.
        WarehouseError: it is no warehouse of govwatch, or an applied migration was edited.
    """
    known = migrations(folder)
    applied = _applied(con, place, spoken)
    _compare(known, applied, place)
    missing = known[len(applied) :]
    if missing and applied:
        keep(missing[0].version)
    for migration in missing:
        _apply(con, migration, spoken)
    _refresh_views(con, spoken)
    return missing


def _applied(con: Connection, place: str, spoken: Callable[[str], str]) -> list[tuple[int, str, str]]:
    tables = con.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = current_database()"
    ).fetchall()
    if ("internal", "migrations") in tables:
        return con.execute("select version, name, sha256 from internal.migrations order by version").fetchall()
    if tables:
        raise WarehouseError(
            f"{place} is a DuckDB database, but no warehouse of govwatch (it holds {min(tables)[1]!r} and no record of "
            "migrations); give --warehouse another path"
        )
    _in_one(con, spoken(_LEDGER))
    return []


def _compare(known: list[Migration], applied: list[tuple[int, str, str]], place: str) -> None:
    if len(applied) > len(known):
        raise WarehouseTooNew(
            f"{place} was made by a newer govwatch: it has schema {len(applied)} ({applied[-1][1]}), this program "
            f"knows {len(known)}; upgrade govwatch, or use the copy that was kept before the upgrade "
            "(*.before-*.duckdb)"
        )
    for migration, (version, name, sha256) in zip(known, applied, strict=False):
        if (migration.version, migration.sha256) != (version, sha256):
            raise WarehouseError(
                f"{place}: migration {name} was applied with another content than {migration.name} has now; "
                "a released migration is never edited: add a new one, or use the govwatch that made this file"
            )


def _apply(con: Connection, migration: Migration, spoken: Callable[[str], str]) -> None:
    record = "insert into internal.migrations(version, name, sha256) values (?, ?, ?)"
    _in_one(con, spoken(migration.sql), record, [migration.version, migration.name, migration.sha256])


def _refresh_views(con: Connection, spoken: Callable[[str], str]) -> None:
    """Make the views again when their file changed: they hold no data, so they need no history."""
    sql = VIEWS.read_text(encoding="utf-8")
    sha256 = hashlib.sha256(sql.encode()).hexdigest()
    known = con.execute("select value from internal.properties where name = 'views'").fetchall()
    if known == [(sha256,)]:
        return
    # Not INSERT OR REPLACE, which needs a key.
    record = "update internal.properties set value = ? where name = 'views'"
    _in_one(con, spoken(sql), record if known else "insert into internal.properties values ('views', ?)", [sha256])


def _in_one(con: Connection, sql: str, record: str = "", values: Sequence[object] = ()) -> None:
    """Run statements, and the one that records them, in one transaction."""
    con.execute("begin")
    try:
        con.execute(sql)
        if record:
            con.execute(record, list(values))
        con.execute("commit")
    except BaseException:
        con.execute("rollback")
        raise
