"""A warehouse in one DuckDB file, with a lock file and a read copy beside it: the default.

It never closes the file in this process while DuckDB has it open: that would drop DuckDB's lock (`warehouse.lock`).
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from records.errors import DiskFull, WarehouseError
from warehouse import lock, undo
from warehouse.backends.base import Connect, literal

if TYPE_CHECKING:
    from warehouse.database import Connection

# A checkpoint writes every column of the last row group again. With DuckDB's 122,880 rows to a group that came to 0.4 s
# for 100 articles at 8,000 stored, growing to seconds; with 8,192 it stays bounded, and the file is no larger
# (measured 2026-11). It is a property of the opening, not of the file, hence the ATTACH.
_OPTIONS = "type duckdb, row_group_size 8192"
# Storage v1.5.0 keeps the file readable and writable by the tools of the 1.5 line (CLI, DBeaver, Harlequin, Node): they
# refuse files of 2.0's own format (measured 2026-11). What a window writes fills its last blocks in part only: with
# blocks of 64 KB the file is 7 % smaller than with DuckDB's 256 KB (measured 2026-12). Both stay as the file was made.
NEW = f"{_OPTIONS}, storage_version 'v1.5.0', block_size 65536"
"""Options of ATTACH for a file that is made."""
# DuckDB makes no checkpoint by itself, neither at a commit nor at the last close: `warehouse.undo` comes first.
_NO_CHECKPOINTS = "set checkpoint_threshold = '1TB'; pragma disable_checkpoint_on_shutdown"


class DuckFile:
    """One file; one writer at a time, in short windows; readers have a copy of their own.

    Args:
        path: the database file; made with its directory at the first write window.
    """

    catalog = "warehouse"
    extensions: tuple[str, ...] = ()
    keyed = True

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor = -1

    @property
    def place(self) -> str:
        """The path."""
        return str(self.path)

    @property
    def read_path(self) -> Path:
        """Where the read copy is: ``data/govwatch.duckdb`` has ``data/govwatch.read.duckdb``."""
        return self.path.with_name(f"{self.path.stem}.read.duckdb")

    @property
    def log_path(self) -> Path:
        """DuckDB's write-ahead log: what was committed, and is not in the file yet."""
        return self.path.with_name(f"{self.path.name}.wal")

    @property
    def lock_path(self) -> Path:
        """The writers' lock file."""
        return self.path.with_name(f"{self.path.name}.lock")

    def turn(self, connect: Connect, timeout: float, command: str | None) -> contextlib.AbstractContextManager[None]:
        """Hold the lock file; see `warehouse.lock.held`."""
        if self.path.is_dir():
            raise WarehouseError(f"{self.path} is a directory; --warehouse takes the path of a file")
        return lock.held(self.lock_path, timeout, command)

    def attach(self, con: Connection) -> None:
        """Attach the file for writing, and reach no other; undo first what a killed writer left half done."""
        try:
            undo.undo(self.path)
        except OSError as error:
            raise lock.cannot_write(error, self.path) from error
        options = _OPTIONS if self.path.exists() else NEW
        con.execute(_NO_CHECKPOINTS)
        con.execute(f"attach {literal(str(self.path))} as warehouse ({options})")
        con.execute("use warehouse")
        con.execute("set enable_external_access = false")
        self._descriptor = os.open(self.path, os.O_RDONLY)

    def checkpoint(self, con: Connection) -> None:
        """Write the log into the file; once in an opening.

        Raises:
            DiskFull: there is no room to keep what it overwrites, or DuckDB has none for it.
            WarehouseError: DuckDB refuses it.
        """
        if self.log_path.exists():
            try:
                with undo.kept(con, self._descriptor, self.path):
                    con.execute("checkpoint warehouse")
            except OSError as error:
                raise lock.cannot_write(error, self.path) from error

    def close(self, con: Connection) -> None:
        """Close as it is: what stands in the log stays there."""
        con.close()
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def attach_to_read(self, con: Connection, writable: Path | None) -> Connection:
        """Never called: the read copy is opened as a database of its own, see `warehouse.database.open_copy`."""
        raise NotImplementedError

    def keep(self, con: Connection, version: int) -> None:
        """Keep a copy of the file, named after the migration that follows."""
        kept = self.path.with_name(f"{self.path.stem}.before-{version:04}.duckdb")
        if self.log_path.exists():  # what a killed writer left is a part of it
            copy(self.log_path, kept.with_name(f"{kept.name}.wal"))
        spare = kept.with_name(f"{kept.name}.new")
        copy(self.path, spare)
        spare.replace(kept)

    def publish(self, settle: Callable[[], None], *, prepared: bool) -> bool:
        """Replace the read copy by the database as it is now.

        A child process copies (``cp``: this process may not open the file itself, see `warehouse.lock`; with reflinks,
        on btrfs and XFS, it costs nothing), then one rename puts the copy in place: readers see the old or the new one.
        The copy keeps the database's time of change, which is how "nothing new" is known without a note to go stale.
        It is not synced: after a power loss the next publish makes it again, while a sync costs 10 s at 2 GB.
        """
        self._sweep()
        if self.log_path.exists() or not self.path.exists() or not prepared:
            settle()
        if _same(self.path, self.read_path):
            return False
        spare = self.read_path.with_name(f"{self.read_path.name}.{os.getpid()}.new")
        try:
            copy(self.path, spare)
            spare.replace(self.read_path)
        except OSError as error:
            raise lock.cannot_write(error, spare) from error
        finally:
            with contextlib.suppress(OSError):
                spare.unlink(missing_ok=True)
        return True

    def tidy(self, con: Connection, now: datetime) -> str:
        """Nothing to do here: `warehouse.backup.compact` writes the file anew when it has many holes."""
        return ""

    def masked(self, text: str) -> str:
        """Return ``text``: a path is no secret."""
        return text

    def _sweep(self) -> None:
        """Remove the unfinished copies of killed processes; the lock that is held proves that nobody makes one now."""
        for left in self.path.parent.glob(f"{self.read_path.name}.*.new"):
            with contextlib.suppress(OSError):
                left.unlink()


def copy(source: Path, target: Path) -> None:
    """Copy in a child process, sharing blocks where the file system can.

    Raises:
        DiskFull: no space is left.
        WarehouseError: it cannot be copied.
    """
    command = ["cp", "--reflink=auto", "--preserve=timestamps", "--", str(source), str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (constants and our own paths)
    if done.returncode and "option" in done.stderr:  # a cp that is not GNU's: macOS, BusyBox
        done = subprocess.run(["cp", "-p", str(source), str(target)], capture_output=True, text=True, check=False)  # noqa: S603, S607
    if done.returncode:
        message = done.stderr.strip() or f"cp ended with {done.returncode}"
        if lock.says_full(message) or done.returncode < 0:
            raise DiskFull(f"{target.parent}: no space is left for the copy of {source.name} ({message})")
        raise WarehouseError(f"{source} could not be copied: {message}")


def _same(database: Path, copy: Path) -> bool:
    try:
        one, other = database.stat(), copy.stat()
    except FileNotFoundError:
        return False
    return (one.st_mtime_ns, one.st_size) == (other.st_mtime_ns, other.st_size)
