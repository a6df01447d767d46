"""The only door to DuckDB: opening, the write window, the read copy, and what DuckDB's errors mean.

It never knows what is stored: tables, queries and their meaning live beside it.

One process writes at a time, in short windows, under a lock file of its own. Analysts never open the database: they
open the *read copy* beside it, which `Warehouse.publish` replaces atomically. So no reader blocks a pass and no pass
blocks a reader (with one file even a reader would: duckdb issue 17158); an open reader keeps the copy that it opened.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb

from records.errors import DiskFull, ParseError, WarehouseCorrupt, WarehouseError, WarehouseLocked, WarehouseTooNew
from warehouse import lock, migrate

Connection = duckdb.DuckDBPyConnection
"""An open connection: what every function of this package takes, and what nobody else makes."""

# Extensions are never looked for: that can hang without a network.
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}
_LEASHED = _CONFIG | {"enable_external_access": "false"}

# Storage v1.5.0 keeps the file readable and writable by the tools of the 1.5 line (CLI, DBeaver, Harlequin, Node): they
# refuse files of 2.0's own format (measured 2026-11).
# A checkpoint writes every column of the last row group again. With DuckDB's 122,880 rows to a group that came to 0.4 s
# for 100 articles at 8,000 stored, growing to seconds; with 8,192 it stays bounded, and the file is no larger
# (measured 2026-11). It is a property of the opening, not of the file, hence the ATTACH.
_ATTACH = "attach {path} as warehouse (type duckdb, row_group_size 8192{version})"
_NEW = ", storage_version 'v1.5.0'"

_ROWS = 200  # of a Parquet file held at once: their texts may be long

_PID = re.compile(r"held in (?P<program>.+?) \(PID (?P<pid>\d+)\)")


class Warehouse:
    """The database file, its lock and its read copy.

    Making one costs nothing and touches no file. Every method maps what DuckDB and the system refuse to
    `records.errors.WarehouseError` or one of its children, with a sentence that says what to do.

    Args:
        path: the database file; made with its directory at the first write window.
        lock_timeout: seconds to wait for another writer.
        command: what this process is doing, told to those who wait for it; its command line by default.
        migrations: the folder of numbered SQL files; another one only in tests.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        lock_timeout: float = 30.0,
        command: str | None = None,
        migrations: Path = migrate.MIGRATIONS,
    ) -> None:
        self.path = Path(path)
        self.lock_timeout = lock_timeout
        self._command = command
        self._migrations = migrations
        self._prepared = False

    @property
    def read_path(self) -> Path:
        """Where the read copy is: ``data/govwatch.duckdb`` has ``data/govwatch.read.duckdb``."""
        return self.path.with_name(f"{self.path.stem}.read.duckdb")

    @property
    def lock_path(self) -> Path:
        """The writers' lock file."""
        return self.path.with_name(f"{self.path.name}.lock")

    @property
    def _wal_path(self) -> Path:
        return self.path.with_name(f"{self.path.name}.wal")

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
    def reading(self) -> Iterator[Connection]:
        """Open the read copy: read-only, without access to files, network or extensions.

        Raises:
            WarehouseError: nothing was published yet, or the copy cannot be read.
        """
        with open_copy(self.read_path) as con:
            yield con

    def publish(self) -> bool:
        """Replace the read copy by the database as it is now; return whether there was anything new.

        A child process copies (``cp``: this process may not open the file itself, see `warehouse.lock`; with reflinks,
        on btrfs and XFS, it costs nothing), then one rename puts the copy in place: readers see the old or the new one.
        The copy keeps the database's time of change, which is how "nothing new" is known without a note to go stale.
        It is not synced: after a power loss the next publish makes it again, while a sync costs 10 s at 2 GB.

        Raises:
            WarehouseError: or a child, as for `writing`.
        """
        with lock.held(self.lock_path, self.lock_timeout, self._command):
            self._sweep()
            if self._wal_path.exists() or not self.path.exists() or not self._prepared:
                self._settle()
            if _same(self.path, self.read_path):
                return False
            spare = self.read_path.with_name(f"{self.read_path.name}.{os.getpid()}.new")
            try:
                _copy(self.path, spare)
                spare.replace(self.read_path)
            except OSError as error:
                raise lock.cannot_write(error, spare) from error
            finally:
                with contextlib.suppress(OSError):
                    spare.unlink(missing_ok=True)
            return True

    @contextlib.contextmanager
    def _opened(self) -> Iterator[Connection]:
        """Hold the lock, and open the database with its schema up to date."""
        if self.path.is_dir():
            raise WarehouseError(f"{self.path} is a directory; --warehouse takes the path of a file")
        with lock.held(self.lock_path, self.lock_timeout, self._command), _mapped(self.path):
            con = self._connect()
            try:
                self._ready(con)
                yield con
            finally:
                con.close()  # the last close writes the log into the file (a checkpoint)

    def _connect(self) -> Connection:
        """Open for writing; wait for foreign tools (a CLI, a notebook) that have the file open, as for our own lock."""
        deadline = time.monotonic() + self.lock_timeout
        while True:
            con = duckdb.connect(config=_CONFIG | {"temp_directory": f"{self.path}.tmp"})
            try:
                version = "" if self.path.exists() else _NEW
                con.execute(_ATTACH.format(path=quoted(str(self.path)), version=version))
                con.execute("use warehouse")
                con.execute("set enable_external_access = false")
                _set_up(con)
            except duckdb.Error as error:
                con.close()
                if _PID.search(str(error)) is None or time.monotonic() >= deadline:
                    raise
                time.sleep(min(0.1, self.lock_timeout / 10))
            else:
                return con

    def _ready(self, con: Connection) -> None:
        if not self._prepared:
            migrate.bring_up(con, self.path, lambda version: self._keep(con, version), self._migrations)
            self._prepared = True

    def _keep(self, con: Connection, version: int) -> None:
        """Keep a copy of the database as it is before migration ``version`` changes it."""
        con.execute("checkpoint warehouse")  # everything is in the file now, and this process alone may change it
        kept = self.path.with_name(f"{self.path.stem}.before-{version:04}.duckdb")
        spare = kept.with_name(f"{kept.name}.new")
        _copy(self.path, spare)
        spare.replace(kept)

    def _settle(self) -> None:
        """Open and close the database under the lock that is held: replay a killed writer's log, then checkpoint."""
        with _mapped(self.path):
            con = self._connect()
            try:
                self._ready(con)
                con.execute("checkpoint warehouse")
            finally:
                con.close()

    def _sweep(self) -> None:
        """Remove the unfinished copies of killed processes; the lock that is held proves that nobody makes one now."""
        for left in self.path.parent.glob(f"{self.read_path.name}.*.new"):
            with contextlib.suppress(OSError):
                left.unlink()


@contextlib.contextmanager
def open_copy(path: Path, writable: Path | None = None) -> Iterator[Connection]:
    """Open the read copy at ``path``: read-only, without access to files, network or extensions.

    Within one process, all that have one copy open share what the first one opened; keep such blocks short.

    Args:
        path: `Warehouse.read_path`.
        writable: the one file that a COPY statement may write; nobody else in this process may have the copy open then.

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
                con.execute(f"set allowed_paths = [{quoted(str(writable))}]")
                con.execute("set enable_external_access = false")
            _set_up(con)
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


def quoted(value: str) -> str:
    """Return ``value`` as an SQL string literal, for the few statements that take no parameters (COPY, SET)."""
    return "'" + value.replace("'", "''") + "'"


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
    if data:
        with con.appender(table, columns=list(columns)) as appender:
            appender.append_rows(data)
    return len(data)


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
_FULL = re.compile(r"no space left|disk quota|file too large|out of disk|failed to offload", re.IGNORECASE)
_NEWER = re.compile(r"we can only read versions|newer version of DuckDB|storage version", re.IGNORECASE)
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
    if _FULL.search(text):
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


def _first(text: str) -> str:
    line = text.strip().splitlines()[0]
    return line if len(line) <= 240 else line[:239] + "…"


def _set_up(con: Connection) -> None:
    """Give the connection the zone and the silence that every result depends on."""
    con.execute("set TimeZone = 'UTC'")  # else the host's zone decides what a day is
    con.execute("set enable_progress_bar = false")


def _same(database: Path, copy: Path) -> bool:
    try:
        one, other = database.stat(), copy.stat()
    except FileNotFoundError:
        return False
    return (one.st_mtime_ns, one.st_size) == (other.st_mtime_ns, other.st_size)


def _copy(source: Path, target: Path) -> None:
    """Copy in a child process, sharing blocks where the file system can."""
    command = ["cp", "--reflink=auto", "--preserve=timestamps", "--", str(source), str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (constants and our own paths)
    if done.returncode and "option" in done.stderr:  # a cp that is not GNU's: macOS, BusyBox
        done = subprocess.run(["cp", "-p", str(source), str(target)], capture_output=True, text=True, check=False)  # noqa: S603, S607
    if done.returncode:
        message = done.stderr.strip() or f"cp ended with {done.returncode}"
        if _FULL.search(message) or done.returncode < 0:
            raise DiskFull(f"{target.parent}: no space is left for the copy of {source.name} ({message})")
        raise WarehouseError(f"{source} could not be copied: {message}")
