"""The bytes of pages, kept beside the database: one file a day, appended to, thrown away as a whole.

It owns the files and nothing in the database; which page stands where is told by the table ``pages``. Each file is a
gzipped WARC, the archive format that other tools read too (and `govwatch backfill`). A page is lost rather than an
article: whoever keeps pages goes on without them when the disk is full. Why files: docs/decisions/0007.
"""

from __future__ import annotations

import contextlib
import fcntl
import gzip
import hashlib
import os
import re
import shutil
import uuid
import zlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from records.errors import DiskFull, ExtractionError
from records.page import ReadPage, Slot

LEVEL = 3
"""Of zlib: 3.4 ms and 42 KB for a page of 181 KB; level 6 takes 7.2 ms for 37 KB (61 real pages, 2026-11)."""

RESERVE = 500_000_000
"""Bytes that stay free, beside room for two copies of the database: articles come before pages."""

_NAME = re.compile(r"(\d{4}-\d\d-\d\d)\.warc\.gz")
_HEADS = 64_000  # bytes that the two heads of a record take at most


def pack(url: str, fetched_at: datetime, content_type: str | None, body: bytes) -> bytes:
    """Return one page as one gzipped WARC record (ISO 28500:2017, type ``response``)."""
    stated = f"HTTP/1.1 200 OK\r\nContent-Type: {_line(content_type or '')}\r\nContent-Length: {len(body)}\r\n\r\n"
    answer = stated.encode("latin-1", "replace")
    digest = hashlib.sha256(body).hexdigest()
    when = fetched_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    head = (
        "WARC/1.1\r\nWARC-Type: response\r\n"
        f"WARC-Record-ID: <urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{url} {when} {digest}')}>\r\n"
        f"WARC-Date: {when}\r\nWARC-Target-URI: {_line(url)}\r\nWARC-Payload-Digest: sha256:{digest}\r\n"
        "Content-Type: application/http;msgtype=response\r\n"
        f"Content-Length: {len(answer) + len(body)}\r\n\r\n"
    )
    return gzip.compress(b"".join((head.encode("utf-8"), answer, body, b"\r\n\r\n")), LEVEL, mtime=0)


def _line(text: str) -> str:
    """Return ``text`` without what would end a header line: it comes from the web."""
    return "".join(character for character in text if character >= " " and character != "\x7f")[:4_000]


class Packs:
    """The kept pages of one warehouse, in the folder beside it (``govwatch.duckdb`` has ``govwatch.pages/``).

    Making one costs nothing and touches no file.

    Args:
        warehouse: path of the database file.
    """

    def __init__(self, warehouse: Path) -> None:
        self._warehouse = warehouse
        self.folder = warehouse.with_name(f"{warehouse.stem}.pages")

    def keep(self, pages: Sequence[ReadPage], now: datetime) -> list[ReadPage]:
        """Append the packed pages to the file of the day, and return all pages with their slots.

        What is on disk when this returns survives a power cut; a kill in the middle leaves bytes that no row names.

        Raises:
            DiskFull: there is no room, or the folder cannot be written; then nothing of ``pages`` is kept.
        """
        if not any(page.packed for page in pages):
            return list(pages)
        path = self.folder / f"{now.astimezone(UTC):%Y-%m-%d}.warc.gz"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._leave_room()
            first = _append(path, [page.packed for page in pages])
        except OSError as error:
            raise DiskFull(f"{path}: pages cannot be kept ({error.strerror or error})") from error
        kept = []
        for page in pages:
            slot = Slot(path.name, first, len(page.packed)) if page.packed else page.slot
            first += len(page.packed)
            kept.append(replace(page, packed=b"", slot=slot))
        return kept

    def _leave_room(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            needed = RESERVE + 2 * self._warehouse.stat().st_size
            if shutil.disk_usage(self.folder).free < needed:
                raise DiskFull(
                    f"{self.folder}: less than {needed / 1e9:.1f} GB are free, so pages are not kept: "
                    "free some, or keep them for a shorter time (retention.pages)"
                )

    def read(self, slot: Slot, raw_hash: str, size: int) -> bytes:
        """Return the bytes of one kept page, proven by their hash.

        Raises:
            ExtractionError: the file is gone or damaged, or holds something else there.
        """
        if not _NAME.fullmatch(slot.file):
            raise ExtractionError(f"'{slot.file}' is not the name of a file of kept pages")
        path = self.folder / slot.file
        try:
            with path.open("rb") as file:
                file.seek(slot.position)
                packed = file.read(slot.length)
            record = zlib.decompressobj(wbits=31).decompress(packed, size + _HEADS)
        except OSError as error:
            raise ExtractionError(f"{path.name}: the kept page cannot be read ({error.strerror})") from error
        except zlib.error as error:
            raise ExtractionError(f"{path.name}: the kept page is damaged ({error})") from error
        body = record.partition(b"\r\n\r\n")[2].partition(b"\r\n\r\n")[2][:size]
        if hashlib.sha256(body).hexdigest() != raw_hash:
            raise ExtractionError(f"{path.name}: the kept page at {slot.position} is damaged")
        return body

    def files(self) -> dict[str, int]:
        """Return the files of kept pages with their sizes in bytes, the oldest first."""
        found = (path for path in self.folder.glob("*.warc.gz") if _NAME.fullmatch(path.name))
        return {path.name: path.stat().st_size for path in sorted(found)}

    def older(self, before: date | None) -> list[str]:
        """Return the files of days before ``before``; None means all."""
        return [name for name in self.files() if before is None or name < before.isoformat()]

    def remove(self, names: Sequence[str]) -> None:
        """Remove these files; what cannot be removed now is found again by the next `older`."""
        for name in names:
            with contextlib.suppress(OSError):
                (self.folder / name).unlink()


def _append(path: Path, records: Sequence[bytes]) -> int:
    """Append ``records`` and return where the first one begins; on failure the file is as it was."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)  # two programs may load at once
        start = os.lseek(descriptor, 0, os.SEEK_END)
        try:
            for record in records:
                rest = memoryview(record)
                while rest:
                    rest = rest[os.write(descriptor, rest) :]
            os.fsync(descriptor)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, start)
            raise
        return start
    finally:
        os.close(descriptor)
