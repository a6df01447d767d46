"""The writers' lock: one file beside the database, so that one process at a time opens the database for writing.

It never touches the database file itself: DuckDB's own lock is a POSIX record lock, and any ``open(...).close()`` of
the database by the process that holds it drops that lock silently (observed with DuckDB 2.0.0, 2026-11).
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import random
import re
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from records.errors import DiskFull, WarehouseError, WarehouseLocked

_FIRST_PAUSE = 0.01  # seconds; doubled up to _LONGEST_PAUSE, with jitter, so that waiters do not march in step
_LONGEST_PAUSE = 0.1
_UNWRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS)
_SAYS_FULL = re.compile(r"no space left|disk quota|file too large|out of disk|failed to offload", re.IGNORECASE)
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextlib.contextmanager
def held(path: Path, timeout: float, command: str | None = None) -> Iterator[None]:
    """Hold the lock file at ``path`` while the block runs; wait for it at most ``timeout`` seconds.

    The file tells who holds it (process id, command line, since when), for the message that others get. The lock itself
    is an advisory ``flock``: the kernel drops it when the holder dies, however it dies.

    Args:
        path: the lock file; made when missing, never removed (removing it would let two writers hold two files).
        timeout: seconds, measured by the monotonic clock; 0 means one try.
        command: what the holder is doing; the process's command line when not given.

    Raises:
        WarehouseLocked: somebody else held it all the time; the text names the holder.
        DiskFull: the lock file cannot be made because the directory is full or cannot be written.
    """
    descriptor = _opened(path)
    try:
        _wait(descriptor, path, timeout)
        _sign(descriptor, command or " ".join(sys.argv)[:200] or "python")
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)  # closes the only description that holds the lock, hence releases it


def holder(path: Path) -> str:
    """Return who holds the lock, in words: ``process 4711 (govwatch run) since 2026-11-24 10:15:02 UTC``."""
    try:
        note = json.loads(path.read_text(encoding="utf-8"))
        return f"process {note['pid']} ({note['command']}) since {note['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"


def says_full(text: str) -> bool:
    """Return whether a message of the system or of DuckDB says that no space is left."""
    return _SAYS_FULL.search(text) is not None


def cannot_write(error: OSError, path: Path) -> WarehouseError:
    """Return the error that says what ``error`` means for the warehouse at ``path``, and what to do."""
    folder = path.parent
    if error.errno in _FULL:
        return DiskFull(f"{folder}: no space is left; free some, nothing that was committed is lost")
    if error.errno in _UNWRITABLE:
        return DiskFull(f"{folder}: this directory cannot be written; give it to the user who runs govwatch")
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        return WarehouseError(f"{folder} is a file, not a directory; give --warehouse another path")
    return WarehouseError(f"{path}: {error.strerror or error}")


def _opened(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise cannot_write(error, path) from error


def _wait(descriptor: int, path: Path, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    pause = _FIRST_PAUSE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            left = deadline - time.monotonic()
            if left <= 0:
                raise WarehouseLocked(
                    f"{path.name.removesuffix('.lock')}: {holder(path)} is writing, and did not end within "
                    f"{timeout:g} s; wait for it, or stop it, and try again"
                ) from None
            time.sleep(min(left, pause * random.uniform(0.5, 1.0)))  # noqa: S311 (jitter, no secret)
            pause = min(pause * 2, _LONGEST_PAUSE)


def _sign(descriptor: int, command: str) -> None:
    since = datetime.fromtimestamp(time.time(), UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    note = json.dumps({"pid": os.getpid(), "command": command, "since": since})
    # A full disk must not stop a writer that could still commit (freeing space needs commits): the note is a courtesy.
    with contextlib.suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, note.encode(), 0)
