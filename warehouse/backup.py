"""Backups, their way back, and the file written anew without its holes; each is checked by reading all of it.

It never overwrites anything: what a restored backup takes the place of is kept beside it.
"""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from records.errors import WarehouseCorrupt, WarehouseError, WarehouseTooNew
from warehouse import lock, migrate, search, undo
from warehouse.backends import DuckFile, DuckLake
from warehouse.backends.file import copy
from warehouse.database import Connection, Warehouse, open_copy, quoted, rows, write_anew

HOLES = 0.3
"""Part of the file that is free before upkeep writes it anew by itself; less is soon used again."""

HOLES_AT_LEAST = 64_000_000
"""Bytes that must be free as well: for a small file it is not worth the work."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a file holds, every byte of it read.

    Attributes:
        schema: number of its last migration.
        rows: rows by table.
        digests: one number by table that changes with any value of any row, whatever their order.
    """

    schema: int
    rows: dict[str, int]
    digests: dict[str, int]


def check(path: Path) -> Checked:
    """Read every row of every table of the file at ``path``, which nobody writes meanwhile.

    DuckDB compares each block with its checksum when it reads it.

    Raises:
        WarehouseCorrupt: a block is damaged, or it is no database.
        WarehouseTooNew: a newer govwatch or DuckDB made it.
        WarehouseError: it is no warehouse of govwatch, or cannot be opened.
    """
    with open_copy(path) as con:
        schema = _schema(con, path)
        counts, digests = {}, {}
        for name in tables(con):
            counts[name], digests[name] = rows(con, f"select count(*), coalesce(bit_xor(hash(t)), 0) from {name} t")[0]
    return Checked(schema, counts, digests)


def tables(con: Connection) -> list[str]:
    """Return every table of the file that ``con`` has open, quoted, in order."""
    found = rows(
        con,
        "select schema_name, table_name from duckdb_tables() where database_name = current_database() "
        "and not temporary order by schema_name, table_name",
    )
    return [f'"{schema}"."{name}"' for schema, name in found]


def backup(warehouse: Warehouse, target: Path | None, now: datetime) -> tuple[Path, Checked]:
    """Copy the warehouse as it is now, check the copy by reading all of it, and return where it is.

    Args:
        warehouse: in a file, or in a lake, of which one snapshot becomes a warehouse in a file, with its keys; passes
            and readers go on meanwhile.
        target: a file that is not there yet, or a folder; ``backups`` beside the warehouse when not given.
        now: for the name of the file in a folder.

    Raises:
        WarehouseError: or a child: it is there already, there is no room, or the copy is not whole.
    """
    lake = isinstance(warehouse.backend, DuckLake)
    if not lake:
        _only_files(warehouse)
        if not warehouse.path.exists():
            raise WarehouseError(f"{warehouse.path}: there is no warehouse to back up; run `govwatch run` first")
    folder = warehouse.path.with_name("backups") if target is None else target
    if target is None or target.is_dir():
        target = folder / f"{warehouse.path.stem}-{now:%Y%m%dT%H%M%SZ}.duckdb"
    if target.exists():
        raise WarehouseError(f"{target} is there already; give another name, it would be overwritten")
    warehouse.publish()
    spare = target.with_name(f"{target.name}.{os.getpid()}.new")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if lake:
            _drain(warehouse, spare)
        else:
            copy(warehouse.read_path, spare)
        checked = check(spare)
        undo.sync(spare)
        spare.rename(target)
    except OSError as error:
        raise lock.cannot_write(error, target) from error
    finally:
        for left in (spare, spare.with_name(f"{spare.name}.wal"), spare.with_name(f"{spare.name}.lock")):
            with contextlib.suppress(OSError):
                left.unlink(missing_ok=True)
    return target, checked


# By places of the lake, which are other ones in a file; it is made anew block by block.
_NOT_COPIED = ('"internal"."search_terms"', '"internal"."search_blocks"')


def _drain(lake: Warehouse, target: Path) -> None:
    """Make ``target`` a warehouse in a file with the rows of one snapshot of ``lake``."""
    Warehouse(target).prepare()
    with lake.copying_into(target) as con:
        for name in tables(con):
            if name in _NOT_COPIED:
                continue
            con.execute(f"delete from copy.{name}")  # what the schema began with: its record of migrations
            con.execute(f"insert into copy.{name} by name from {name} order by rowid")
            ((there, here),) = rows(con, f"select (select count(*) from {name}), (select count(*) from copy.{name})")
            if there != here:
                raise WarehouseError(f"{lake.place}: of {there} rows of {name} only {here} were copied; try again")


def restore(warehouse: Warehouse, source: Path, now: datetime) -> tuple[Path | None, Checked]:
    """Put the backup ``source`` in the place of the warehouse; return where the former one is kept, if there was one.

    The backup is read wholly before anything is touched; the warehouse that is there need not be readable.

    Raises:
        WarehouseTooNew: the backup is of a newer govwatch.
        WarehouseCorrupt: it is damaged.
        WarehouseLocked: a pass is writing.
        WarehouseError: it is no warehouse of govwatch.
    """
    _only_files(warehouse)
    if source.resolve() == warehouse.path.resolve():
        raise WarehouseError(f"{source} is the warehouse itself; name the backup to restore")
    if not source.is_file():
        raise WarehouseError(f"{source}: there is no such file")
    checked = check(source)
    path, kept = warehouse.path, None
    with lock.held(warehouse.lock_path, warehouse.lock_timeout, "govwatch restore"):
        spare = path.with_name(f"{path.name}.restored.new")
        try:
            copy(source, spare)
            undo.sync(spare)
            if path.exists():
                undo.undo(path)
                kept = path.with_name(f"{path.stem}.before-restore-{now:%Y%m%dT%H%M%SZ}.duckdb")
                _move(path, kept)
            spare.rename(path)
        except OSError as error:
            raise lock.cannot_write(error, path) from error
        finally:
            with contextlib.suppress(OSError):
                spare.unlink(missing_ok=True)
    warehouse.publish()
    return kept, checked


def holes(con: Connection) -> tuple[int, int]:
    """Return the bytes of the file that ``con`` has open, and how many of them are free."""
    size, total, free = rows(
        con,
        "select block_size, total_blocks, free_blocks from pragma_database_size() "
        "where database_name = current_database()",
    )[0]
    return int(total * size), int(free * size)


def due(con: Connection) -> bool:
    """Return whether the file has so many holes that upkeep writes it anew."""
    total, free = holes(con)
    return free >= HOLES_AT_LEAST and free >= HOLES * total


def compact(warehouse: Warehouse) -> tuple[int, int]:
    """Write the file anew without its holes, prove that nothing is missing, swap; return bytes before and after.

    Writers wait meanwhile (about a minute per gigabyte); readers have their copy. A kill leaves the old file.

    Raises:
        WarehouseError: or a child: there is no room for a second file, or the new file is not equal.
    """
    _only_files(warehouse)
    warehouse.prepare()
    path = warehouse.path
    spare = path.with_name(f"{path.name}.compact.new")
    with lock.held(warehouse.lock_path, warehouse.lock_timeout, "govwatch compact"):
        warehouse.settle()
        before = path.stat().st_size
        try:
            spare.unlink(missing_ok=True)
            write_anew(path, spare, _copy_tables)
            moved = _differs(path, spare)
            undo.sync(spare)
            spare.replace(path)
        except OSError as error:
            raise lock.cannot_write(error, path) from error
        finally:
            for left in (spare, spare.with_name(f"{spare.name}.wal")):
                with contextlib.suppress(OSError):
                    left.unlink(missing_ok=True)
    fresh = Warehouse(path, lock_timeout=warehouse.lock_timeout)
    with fresh.writing() as con:  # makes the views
        if moved:
            search.forget(con)
    fresh.publish()
    return before, path.stat().st_size


def _copy_tables(con: Connection) -> None:
    """Copy schemas, tables, keys, comments and rows; views and macros are made by the next opening.

    COPY FROM DATABASE stumbles over macros and drops comments (DuckDB 2.0.0).
    """
    con.execute("begin")
    found = rows(
        con,
        "select schema_name, table_name, sql, comment from duckdb_tables() "
        "where database_name = 'warehouse' order by table_oid",
    )
    for schema, name, sql, comment in found:
        con.execute(f'create schema if not exists compact."{schema}"')
        con.execute(f"use compact.{schema}")
        con.execute(re.sub(r"^CREATE TABLE (?:\w+\.)*", "CREATE TABLE ", sql))
        con.execute(f'insert into compact."{schema}"."{name}" select * from warehouse."{schema}"."{name}"')
        if comment is not None:
            con.execute(f'comment on table compact."{schema}"."{name}" is {quoted(comment)}')
    commented = rows(
        con,
        """
        select schema_name, table_name, column_name, comment from duckdb_columns() c
        where database_name = 'warehouse' and comment is not null
            and table_oid in (select table_oid from duckdb_tables() where database_name = 'warehouse')
        """,
    )
    for schema, name, column, comment in commented:
        con.execute(f'comment on column compact."{schema}"."{name}"."{column}" is {quoted(comment)}')
    con.execute("delete from compact.internal.properties where name = 'views'")
    con.execute("commit")


def _differs(old: Path, new: Path) -> bool:
    """Raise unless both files hold the same rows; return whether articles stand at other places than before."""
    one, other = check(old), check(new)
    for name, digest in one.digests.items():
        if name != '"internal"."properties"' and other.digests.get(name) != digest:
            raise WarehouseCorrupt(f"{new.name}: the table {name} is not what it was; {old} was left as it is")
    return _places(old) != _places(new)


def _places(path: Path) -> int:
    with open_copy(path) as con:
        return int(rows(con, "select coalesce(bit_xor(hash(rowid, article_id)), 0) from articles")[0][0])


def _schema(con: Connection, path: Path) -> int:
    if '"internal"."migrations"' not in tables(con):
        raise WarehouseError(
            f"{path} is a DuckDB database, but no warehouse of govwatch: it has no record of migrations"
        )
    schema = int(rows(con, "select coalesce(max(version), 0) from internal.migrations")[0][0])
    known = len(migrate.migrations())
    if schema > known:
        raise WarehouseTooNew(
            f"{path} was made by a newer govwatch: it has schema {schema}, this program knows {known}; upgrade govwatch"
        )
    return schema


def _move(path: Path, kept: Path) -> None:
    if kept.exists():
        raise WarehouseError(f"{kept} is there already; move it away first")
    log = path.with_name(f"{path.name}.wal")
    if log.exists():
        log.rename(kept.with_name(f"{kept.name}.wal"))
    path.rename(kept)


def _only_files(warehouse: Warehouse) -> None:
    if not isinstance(warehouse.backend, DuckFile):
        raise WarehouseError(
            f"{warehouse.place} is no file: a backup (govwatch backup, also of a lake) is restored as one, with "
            "--warehouse FILE; lakes and servers are restored from the backups of their catalogue and object store"
        )
