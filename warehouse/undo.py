"""The undo log of a checkpoint: the blocks that DuckDB overwrites in place, kept aside until the checkpoint is whole.

It never knows what the blocks hold.

DuckDB writes a checkpoint into free blocks and then switches to it with its header, so that a kill in the midst leaves
the former state. There is one exception (observed with DuckDB 2.0.0, 2026-12): blocks of metadata that have room left
are filled up where they stand, while the header still points to them. A process that is killed, or a machine that loses
power, in the midst of that write leaves a block whose checksum is wrong, and the file opens no more. So before each
checkpoint these blocks and the headers are written to a file beside the database and synced; the next opening puts
them back if the checkpoint did not end. See docs/decisions/0013-undo-log-of-checkpoints.md.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from warehouse.database import Connection

# The file format of DuckDB, src/storage/single_file_block_manager.cpp: three headers of this size, then the blocks. The
# second and third header take turns; both begin with a checksum and a counter of checkpoints, little-endian.
_HEADER = 4096
_HEADERS = 3 * _HEADER
_COUNTER = struct.Struct("<8xQ")
_BLOCK = struct.Struct("<QQ")  # place of the block in the file, its length; its bytes follow
_DIGEST = hashlib.sha256().digest_size


def log_path(path: Path) -> Path:
    """Return where the undo log of the database at ``path`` is, while there is one."""
    return path.with_name(f"{path.name}.undo")


def sync(path: Path) -> None:
    """Wait until the disk has the file or folder: the open database may not be given (`warehouse.lock`)."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def kept(con: Connection, descriptor: int, path: Path) -> Iterator[None]:
    """Keep what a checkpoint overwrites while the block makes it; for the first checkpoint of an opening only.

    A second one would overwrite blocks that were full before the first.

    Args:
        con: has the database attached as warehouse, and no transaction open.
        descriptor: of the database file, open for reading. Whoever opened it closes it after ``con``: to close it takes
            DuckDB's lock away from this process (`warehouse.lock`).
        path: the database file.

    Raises:
        OSError: the log cannot be written; nothing was begun.
    """
    log = log_path(path)
    content = b"".join(_parts(con, descriptor))
    try:
        # Never over a log that is there: it is of a checkpoint that failed in this opening, and must outlive it.
        with log.open("xb") as file:
            file.write(hashlib.sha256(content).digest() + content)
            file.flush()
            os.fsync(file.fileno())
        sync(path.parent)
    except FileExistsError:
        raise
    except OSError:
        with contextlib.suppress(OSError):
            log.unlink(missing_ok=True)
        raise
    yield
    log.unlink(missing_ok=True)


def undo(path: Path) -> bool:
    """Put back what an unfinished checkpoint overwrote in the closed database at ``path``; return whether one had.

    A log that is not whole was left before its checkpoint began; one of a finished checkpoint is of no use any more.
    Both are removed. Interrupted and begun again, it comes to the same.

    Raises:
        OSError: the database cannot be written.
    """
    log = log_path(path)
    try:
        data = log.read_bytes()
    except FileNotFoundError:
        return False
    digest, content = data[:_DIGEST], data[_DIGEST:]
    torn = hashlib.sha256(content).digest() == digest and path.exists() and _unfinished(path, content[:_HEADERS])
    if torn:
        with path.open("r+b") as file:
            try:
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # DuckDB's own lock
            except BlockingIOError:
                return False  # another program has it open: DuckDB will say so, and a later try undo it
            for place, block in _blocks(content):
                file.seek(place)
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
    log.unlink()
    return torn


def _parts(con: Connection, descriptor: int) -> Iterator[bytes]:
    yield os.pread(descriptor, _HEADERS, 0)
    # Full blocks are never written in place: nothing would fit.
    found = con.execute(
        "select block_id, (select block_size from pragma_database_size() where database_name = 'warehouse') "
        "from pragma_metadata_info('warehouse') where free_blocks > 0 order by block_id"
    ).fetchall()
    for number, size in found:
        place = _HEADERS + number * size
        if block := os.pread(descriptor, size, place):  # a block that the file has not reached yet holds nothing
            yield _BLOCK.pack(place, len(block)) + block


def _blocks(content: bytes) -> Iterator[tuple[int, bytes]]:
    yield 0, content[:_HEADERS]
    at = _HEADERS
    while at < len(content):
        place, length = _BLOCK.unpack_from(content, at)
        at += _BLOCK.size
        yield place, content[at : at + length]
        at += length


def _unfinished(path: Path, before: bytes) -> bool:
    """Whether the database stands at the checkpoint of the headers ``before``, or has not wholly got to the next."""
    with path.open("rb") as file:
        now = file.read(_HEADERS)
    if now[:_HEADER] != before[:_HEADER]:
        return False  # another database has taken this one's place
    return _newest(now) <= _newest(before)


def _newest(headers: bytes) -> int:
    """Return the counter of the newest header that is whole; -1 where none is."""
    both = (headers[at : at + _HEADER] for at in (_HEADER, 2 * _HEADER))
    return max((_COUNTER.unpack_from(one)[0] for one in both if _whole(one)), default=-1)


def _whole(header: bytes) -> bool:
    """Whether a header fits its checksum: each word is multiplied, then folded in (src/common/checksum.cpp)."""
    if len(header) < _HEADER:
        return False
    stored, *words = struct.unpack(f"<{_HEADER // 8}Q", header)
    result = 5381
    for word in words:
        result ^= word * 0xBF58476D1CE4E5B9 & 0xFFFF_FFFF_FFFF_FFFF
    return bool(result == stored)
