"""The only door to DuckDB: opening, the write window, the read copy, and what DuckDB's errors mean.

It never knows what is stored: tables, queries and their meaning live beside it; nor where: `warehouse.backends` does.

One process writes at a time, in short windows, under a lock. Analysts never open the database file: they open the *read
copy* beside it, which `Warehouse.publish` replaces atomically. So no reader blocks a pass and no pass blocks a reader
(with one file even a reader would: duckdb issue 17158); an open reader keeps the copy that it opened.
"""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from records.errors import DiskFull, ParseError, WarehouseCorrupt, WarehouseError, WarehouseLocked, WarehouseTooNew
from warehouse import backends, dialect, extensions, lock, migrate
from warehouse.backends import Backend, DuckFile
from warehouse.backends.base import literal
from warehouse.backends.file import NEW as NEW_FILE

Connection = duckdb.DuckDBPyConnection
"""An open connection: what every function of this package takes, and what nobody else makes."""

# Extensions are never looked for: that can hang without a network.
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}
_LEASHED = _CONFIG | {"enable_external_access": "false"}

_ROWS = 200  # of a Parquet file held at once: their texts may be long

_PID = re.compile(r"held in (?P<program>.+?) \(PID (?P<pid>\d+)\)")


class Warehouse:
    """The database, its lock and what readers open.

    Making one costs nothing and touches no file. Every method maps what DuckDB and the system refuse to
    `records.errors.WarehouseError` or one of its children, with a sentence that says what to do.

    Args:
        place: the database file, made with its directory at the first write window; or another connection string of
            `warehouse.backends.of`.
        lock_timeout: seconds to wait for another writer.
        command: what this process is doing, told to those who wait for it; its command line by default.
        migrations: the folder of numbered SQL files; another one only in tests.
    """

    def __init__(
        self,
        place: str | Path,
        *,
        lock_timeout: float = 30.0,
        command: str | None = None,
        migrations: Path = migrate.MIGRATIONS,
    ) -> None:
        self.backend: Backend = backends.of(place)
        self.lock_timeout = lock_timeout
        self._command = command
        self._migrations = migrations
        self._prepared = False
        self._instance: Connection | None = None
        self._attached = False
        self._making = threading.Lock()

    @property
    def place(self) -> str:
        """Where it is, as people may see it: without secrets."""
        return self.backend.place

    @property
    def shown(self) -> str:
        """What readers read, as people may see it: the read copy, or the place itself."""
        return str(self.read_path) if isinstance(self.backend, DuckFile) else self.place

    @property
    def path(self) -> Path:
        """The database file, or the local file that stands for it."""
        return self.backend.path

    @property
    def read_path(self) -> Path:
        """Where the read copy is: ``data/govwatch.duckdb`` has ``data/govwatch.read.duckdb``."""
        return self.backend.read_path

    @property
    def lock_path(self) -> Path:
        """The writers' lock file."""
        return self.path.with_name(f"{self.path.name}.lock")

    def prepare(self) -> None:
        """Make the database, or bring its schema up to date; at once when there is nothing to do.

        Raises:
            WarehouseError: or a child, as for `writing`.
        """
        with self._opened():
            pass

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open one write window: a connection inside one transaction, committed at the end of the block.

        Any exception rolls back and leaves nothing. Fetch and compute before the window, not in it.

        Raises:
            WarehouseLocked: another process held the database for longer than ``lock_timeout``; says which.
            WarehouseCorrupt: the file is damaged or is no database.
            WarehouseTooNew: a newer govwatch or DuckDB made it.
            DiskFull: no space is left, or the directory cannot be written.
            WarehouseError: anything else that DuckDB refuses.
        """
        with self._opened() as con:
            con.execute("begin")
            try:
                yield con
                # COMMIT after a failed statement returns normally and discards everything (DuckDB 2.0.0);
                # any statement before it raises instead.
                con.execute("select 1")
                con.execute("commit")
            except BaseException:
                with contextlib.suppress(duckdb.Error):
                    con.execute("rollback")
                raise

    @contextlib.contextmanager
    def reading(self, writable: Path | None = None) -> Iterator[Connection]:
        """Open what readers see: read-only, without access to files, network or extensions.

        Args:
            writable: the one file that a COPY statement may write.

        Raises:
            WarehouseError: nothing was published yet, or it cannot be read.
        """
        if isinstance(self.backend, DuckFile):
            with open_copy(self.backend.read_path, writable) as con:
                yield con
            return
        with self._mapped():
            con = self._bare()
            try:
                asked = self.backend.attach_to_read(con, writable)
                _set_up(con)
                yield asked
            finally:
                con.close()

    def publish(self) -> bool:
        """Replace the read copy by the database as it is now; return whether there was anything new.

        Where readers see each window when it commits (DuckLake, MotherDuck), there is nothing to do.

        Raises:
            WarehouseError: or a child, as for `writing`.
        """
        if self._prepared and not isinstance(self.backend, DuckFile):
            return False
        with self._turn():
            return self.backend.publish(self.settle, prepared=self._prepared)

    def tidy(self, now: datetime) -> str:
        """Let the place put its files in order, in the writers' turn; return what was done, empty for nothing.

        Raises:
            WarehouseError: or a child, as for `writing`.
        """
        with self._opened() as con:
            return self.backend.tidy(con, now)

    @contextlib.contextmanager
    def copying_into(self, target: Path) -> Iterator[Connection]:
        """Open a lake read-only, as one snapshot and named warehouse, with the file ``target`` attached as copy.

        Args:
            target: a warehouse in a file, of the newest schema.

        Raises:
            WarehouseError: or a child, as for `reading`.
        """
        with self._mapped():
            con = self._bare()
            try:
                con.execute(f"attach {quoted(str(target))} as copy (type duckdb)")
                asked = self.backend.attach_to_read(con, None)
                _set_up(con)
                yield asked
                con.execute("commit")
            finally:
                con.close()

    def _turn(self) -> contextlib.AbstractContextManager[None]:
        return self.backend.turn(lambda: self._base().cursor(), self.lock_timeout, self._command)

    @contextlib.contextmanager
    def _opened(self) -> Iterator[Connection]:
        """Hold the lock, and open the database with its schema up to date."""
        with self._mapped(), self._turn():
            con = self._connect() if isinstance(self.backend, DuckFile) else self._entered()
            try:
                self._ready(con)
                yield con
            finally:
                self._leave(con)

    def _leave(self, con: Connection) -> None:
        if isinstance(self.backend, DuckFile):
            # What was committed is safe in the log. Where there is no room to write it into the file, it stays there,
            # and the next window tries again.
            with contextlib.suppress(duckdb.Error, WarehouseError):
                self.backend.checkpoint(con)
        self._close(con)

    def _close(self, con: Connection) -> None:
        if isinstance(self.backend, DuckFile):
            self.backend.close(con)
        else:
            con.close()

    def _entered(self) -> Connection:
        """Open a connection to the lake or server. Its DuckDB stays between windows: making one costs 0.3 to 0.6 s."""
        base = self._base()
        if not self._attached:
            self.backend.attach(base)
            self._attached = True
        con = base.cursor()
        con.execute(f"use {self.backend.catalog}")
        _set_up(con)
        return con

    def _base(self) -> Connection:
        with self._making:
            if self._instance is None:
                self._instance = self._bare()
            return self._instance

    def _begin_anew(self) -> None:
        """Begin anew after an error: a server may have been restarted."""
        with self._making:
            instance, self._instance, self._attached = self._instance, None, False
        if instance is not None:
            instance.close()

    def _bare(self) -> Connection:
        """Open a DuckDB in memory, with the backend's extensions loaded."""
        con = duckdb.connect(config=_CONFIG | {"temp_directory": f"{self.path}.tmp"})
        try:
            extensions.load(con, self.backend.extensions, self.place)
        except BaseException:
            con.close()
            raise
        return con

    def _connect(self) -> Connection:
        """Open for writing; wait for foreign tools (a CLI, a notebook) that have the file open, as for our own lock."""
        deadline = time.monotonic() + self.lock_timeout
        while True:
            con = self._bare()
            try:
                self.backend.attach(con)
                _set_up(con)
            except duckdb.Error as error:
                con.close()
                if _PID.search(str(error)) is None or time.monotonic() >= deadline:
                    raise
                time.sleep(min(0.1, self.lock_timeout / 10))
            except BaseException:
                con.close()
                raise
            else:
                return con

    def _ready(self, con: Connection) -> None:
        if not self._prepared:
            spoken = (lambda sql: sql) if self.backend.keyed else dialect.keyless
            migrate.bring_up(
                con, self.place, lambda version: self.backend.keep(con, version), self._migrations, spoken=spoken
            )
            self._prepared = True

    def settle(self) -> None:
        """Open and close the database in the turn that is held: replay a killed writer's log, then checkpoint.

        Raises:
            WarehouseError: or a child, as for `writing`.
        """
        with self._mapped():
            con = self._connect() if isinstance(self.backend, DuckFile) else self._entered()
            try:
                self._ready(con)
                if isinstance(self.backend, DuckFile):
                    self.backend.checkpoint(con)
            finally:
                self._close(con)

    @contextlib.contextmanager
    def _mapped(self) -> Iterator[None]:
        try:
            yield
        except duckdb.Error as error:
            if isinstance(self.backend, DuckFile):
                raise meaning(error, self.path) from error
            self._begin_anew()
            raise _meaning_elsewhere(error, self.backend) from None  # the cause may show a password


@contextlib.contextmanager
def open_copy(path: Path, writable: Path | None = None) -> Iterator[Connection]:
    """Open the read copy at ``path``: read-only, without access to files, network or extensions.

    Within one process, all that have one copy open share what the first one opened; keep such blocks short.

    Args:
        path: `Warehouse.read_path`.
        writable: the one file or folder that COPY may write; nobody else in this process may have the copy open then.

    Raises:
        WarehouseError: or a child: nothing was published yet, or the copy cannot be read.
    """
    if not path.exists():
        raise WarehouseError(f"{path}: nothing has been published yet; run `govwatch run` first")
    with _mapped(path):
        # Files can only be allowed after the start, and access only be taken away then.
        config = _LEASHED if writable is None else _CONFIG
        con = duckdb.connect(str(path), read_only=True, config=config)
        try:
            if writable is not None:
                allowed = "allowed_directories" if writable.is_dir() else "allowed_paths"
                con.execute(f"set {allowed} = [{quoted(str(writable))}]")
                con.execute("set enable_external_access = false")
            _set_up(con)
            yield con
        finally:
            con.close()


def write_anew(source: Path, target: Path, fill: Callable[[Connection], None]) -> None:
    """Attach the settled database ``source`` as warehouse and the new file ``target`` as compact; ``fill`` copies.

    Under the lock of ``source``.

    Raises:
        WarehouseError: or a child; ``target`` may then be there in part.
    """
    with _mapped(source):
        con = duckdb.connect(config=_CONFIG | {"temp_directory": f"{source}.tmp"})
        try:
            con.execute(f"attach {quoted(str(source))} as warehouse (read_only)")
            con.execute(f"attach {quoted(str(target))} as compact ({NEW_FILE})")
            con.execute("set enable_external_access = false")
            fill(con)
            con.execute("checkpoint compact")
        finally:
            con.close()


@contextlib.contextmanager
def open_to_share(path: Path, load: Callable[[Connection], None]) -> Iterator[Connection]:
    """Open the read copy for `warehouse.share`: as `open_copy` does, but with extensions, and for readers elsewhere.

    Raises:
        WarehouseError: or a child: nothing was published yet, or the copy cannot be read.
    """
    if not path.exists():
        raise WarehouseError(f"{path}: nothing has been published yet; run `govwatch run` first")
    with _mapped(path):
        con = duckdb.connect(str(path), read_only=True, config=_CONFIG)
        try:
            load(con)
            con.execute("set global TimeZone = 'UTC'")
            con.execute("set enable_external_access = false")
            yield con
        finally:
            con.close()


def read_parquet(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of one Parquet file by column name, some at a time; the file may come from anywhere.

    Raises:
        ParseError: the file cannot be read as Parquet.
    """
    con = duckdb.connect(config=_CONFIG)
    try:
        con.execute(f"set allowed_paths = [{quoted(str(path.absolute()))}]")
        con.execute("set enable_external_access = false")
        _set_up(con)
        con.execute("select * from read_parquet($1)", [str(path.absolute())])
        names = [str(column[0]) for column in con.description or ()]
        while batch := con.fetchmany(_ROWS):
            yield from (dict(zip(names, row, strict=True)) for row in batch)
    except duckdb.Error as error:
        raise ParseError(f"{path}: cannot be read as Parquet ({_first(str(error))})") from error
    finally:
        con.close()


quoted = literal
"""SQL string literals, for the few statements that take no parameters (COPY, SET)."""


def rows(con: Connection, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
    """Run one statement and return all of its rows (a result that is not read to its end blocks the connection)."""
    return con.execute(sql, list(parameters)).fetchall()


def constants(values: Iterable[int]) -> str:
    """Return numbers as an SQL list: DuckDB asks the index of a key for constants only, and joins by a full scan."""
    return ", ".join(str(int(value)) for value in values) or "null"


def append(con: Connection, table: str, columns: Sequence[str], values: Iterable[Sequence[object]]) -> int:
    """Append rows to ``table`` inside the open transaction, and return how many.

    DuckDB's appender: 0.02 to 0.05 ms a row, against 0.6 for ``executemany`` (measured 2026-11). Values are bound,
    never spliced. A duplicate key raises at the end, so look known keys up first; the write window makes that safe.
    """
    data = [tuple(row) for row in values]
    if not data:
        return 0
    if hasattr(con, "appender") and _keyed(con):
        with con.appender(table, columns=list(columns)) as appender:
            appender.append_rows(data)
    else:  # DuckLake takes no appender, and DuckDB 1.5 has none
        source, parameters = as_table(con, table, columns, data)
        con.execute(f"insert into {table} ({', '.join(columns)}) {source}", parameters)
    return len(data)


def insert_missing(
    con: Connection, table: str, key: Sequence[str], columns: Sequence[str], values: Iterable[Sequence[object]]
) -> int:
    """Insert the rows whose key is not there yet, and return how many; the others stay as they are.

    Every upsert of this package goes through here or `upsert`: DuckLake has no keys, so ON CONFLICT is MERGE there.

    Args:
        con: inside the caller's transaction.
        table: with a primary key where its catalog has keys.
        key: the columns of that key.
        columns: what ``values`` give, the key among them.
        values: rows, each key once.
    """
    return _merge(con, table, key, columns, [tuple(row) for row in values], ())


def upsert(
    con: Connection, table: str, key: Sequence[str], columns: Sequence[str], values: Iterable[Sequence[object]]
) -> int:
    """Insert rows, or set the columns of those whose key is there; arguments and result as for `insert_missing`."""
    changed = [column for column in columns if column not in key]
    return _merge(con, table, key, columns, [tuple(row) for row in values], changed)


def _merge(
    con: Connection,
    table: str,
    key: Sequence[str],
    columns: Sequence[str],
    data: list[tuple[object, ...]],
    changed: Sequence[str],
) -> int:
    if not data:
        return 0
    source, parameters = as_table(con, table, columns, data)
    names = ", ".join(columns)
    if _keyed(con):
        settings = ", ".join(f"{name} = excluded.{name}" for name in changed)
        action = f"do update set {settings}" if changed else "do nothing"
        sql = f"insert into {table} ({names}) {source} on conflict ({', '.join(key)}) {action}"
    else:
        same = " and ".join(f"there.{name} = given.{name}" for name in key)
        settings = ", ".join(f"{name} = given.{name}" for name in changed)
        update = f"when matched then update set {settings} " if changed else ""
        given = ", ".join(f"given.{name}" for name in columns)
        sql = (
            f"merge into {table} as there using ({source}) as given on {same} "
            f"{update}when not matched then insert ({names}) values ({given})"
        )
    return int(rows(con, sql, parameters)[0][0])


def _keyed(con: Connection) -> bool:
    """Whether the catalog in use has primary keys."""
    return rows(con, "select type from duckdb_databases() where database_name = current_database()") != [("ducklake",)]


def as_table(
    con: Connection, table: str, columns: Sequence[str], data: list[tuple[object, ...]]
) -> tuple[str, list[list[object]]]:
    """Return a SELECT that gives ``data`` with the types of the columns of ``table``, and its parameters.

    One statement for many rows costs what one for a single row does.
    """
    types = dict(rows(con, f"select column_name, column_type from (describe {table})"))
    parts = [f"unnest(${place}::{types[name]}[]) as {name}" for place, name in enumerate(columns, 1)]
    return f"select {', '.join(parts)}", [list(column) for column in zip(*data, strict=True)]


@contextlib.contextmanager
def _mapped(path: Path) -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        raise meaning(error, path) from error


# What DuckDB 2.0.0 writes when it cannot use a file, each pattern seen by breaking a real one (tests/faults).
_CORRUPT = re.compile(
    r"corrupt|not a valid DuckDB database|could not read (enough|all)|while replaying WAL|WAL does not match"
    r"|checksum|failed to deserialize|serialization error|end of file",
    re.IGNORECASE,
)
_NEWER = re.compile(r"we can only read versions|newer version of DuckDB|storage version", re.IGNORECASE)
_CONFLICT = re.compile(r"transaction conflict|conflict on|could not serialize|database is locked", re.IGNORECASE)
_UNREACHED = re.compile(
    r"could not connect|connection refused|unable to connect|could not translate host|connection to server"
    r"|server closed the connection|terminating connection|no route to host|timed? ?out",
    re.IGNORECASE,
)
_DENIED = re.compile(r"permission denied|read-only file system|operation not permitted", re.IGNORECASE)


def meaning(error: duckdb.Error, path: Path) -> WarehouseError:
    """Return what a DuckDB error about the database at ``path`` means, with a sentence that says what to do."""
    text = str(error)
    copy = f"{path.stem.removesuffix('.read')}.read.duckdb"
    if holder := _PID.search(text):
        return WarehouseLocked(
            f"{path}: process {holder['pid']} ({Path(holder['program']).name}) has the database open; close it there. "
            f"To query at any time, open the read copy {copy} instead"
        )
    if lock.says_full(text):
        return DiskFull(
            f"{path.parent}: no space is left; free some, nothing that was committed is lost ({_first(text)})"
        )
    if _NEWER.search(text):
        return WarehouseTooNew(f"{path} was made by a newer DuckDB: upgrade govwatch to read it ({_first(text)})")
    if _DENIED.search(text):
        return DiskFull(f"{path}: cannot be written or read by this user ({_first(text)})")
    if _CORRUPT.search(text) or isinstance(error, duckdb.InternalException | duckdb.SerializationException):
        return WarehouseCorrupt(
            f"{path} is damaged, or is no DuckDB database ({_first(text)}). Move it and {path.name}.wal away; "
            f"the read copy {copy} and the copies named *.before-*.duckdb may be whole"
        )
    if isinstance(error, duckdb.OutOfMemoryException):
        return WarehouseError(f"{path}: not enough memory for this; select fewer rows or columns ({_first(text)})")
    if isinstance(error, duckdb.InterruptException):
        return WarehouseError("interrupted: the statement was stopped before it ended")
    return WarehouseError(text.strip())


def _meaning_elsewhere(error: duckdb.Error, backend: Backend) -> WarehouseError:
    """Return what a DuckDB error about a lake or a server means."""
    text = backend.masked(str(error)).strip()
    if _CONFLICT.search(text):
        return WarehouseLocked(f"{backend.place}: another program changed the same rows; try again ({_first(text)})")
    if lock.says_full(text):
        return DiskFull(f"{backend.place}: no space is left; nothing that was committed is lost ({_first(text)})")
    if _UNREACHED.search(text):
        return WarehouseLocked(f"{backend.place} cannot be reached now; is its server running? ({_first(text)})")
    if isinstance(error, duckdb.InterruptException):
        return WarehouseError("interrupted: the statement was stopped before it ended")
    return WarehouseError(f"{backend.place}: {text}")


def _first(text: str) -> str:
    line = text.strip().splitlines()[0]
    return line if len(line) <= 240 else line[:239] + "…"


def _set_up(con: Connection) -> None:
    """Give the connection the zone and the silence that every result depends on."""
    con.execute("set TimeZone = 'UTC'")  # else the host's zone decides what a day is
    con.execute("set enable_progress_bar = false")
