"""WARC and WACZ: the HTML answers in the archives of crawlers and browsers.

Reads record by record within fixed bounds and never unpacks anything to disk: names inside archives are never paths.
What is broken, cut, too large or no page is passed over with a reason and counted; the rest of the archive is read.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import IO

from fastwarc import ArchiveIterator, WarcRecord, WarcRecordType

from extractors.bodies import Body, is_binary
from extractors.feed_parts import web_url
from records.article import Page
from records.errors import FetchError, ParseError

WARC = (".warc", ".warc.gz")
"""The endings of WARC files."""

_MOST_BREAKS = 1_000  # places at which one archive is found broken before the rest of it is given up
_LARGEST_HEAD = 64_000  # bytes of an HTTP head
_SEARCHED = 1 << 20  # bytes that are searched at a time for the record after a broken one
_FAULTS = (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, NotImplementedError)


def too_large(max_bytes: int) -> str:
    """Return the reason why a page beyond the cap is passed over."""
    return f"larger than {max_bytes / 1_000_000:g} MB"


def wacz_pages(path: Path, skipped: Counter[str], *, max_bytes: int) -> Iterator[Page]:
    """Yield the pages of the WARC files inside a WACZ (a ZIP file), wherever in it they stand; as `warc_pages`.

    Raises:
        ParseError: it is no ZIP file, or holds no WARC file.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = [one for one in archive.infolist() if one.filename.lower().endswith(WARC) and not one.is_dir()]
            if not members:
                raise ParseError(f"{path.name}: no WARC file in this WACZ")
            for member in members:
                try:
                    with archive.open(member) as file:
                        yield from warc_pages(file, path.name, skipped, max_bytes=max_bytes)
                except (*_FAULTS, ParseError):
                    skipped["a WARC file inside that cannot be opened"] += 1
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise ParseError(f"{path.name}: no WACZ file, or a damaged one: {error}") from error


def warc_pages(file: IO[bytes], name: str, skipped: Counter[str], *, max_bytes: int) -> Iterator[Page]:
    """Yield the HTML answers with status 200 of one WARC, gzip or plain, in their order.

    Args:
        file: seekable.
        name: for messages.
        skipped: counts what was passed over, by its reason.
        max_bytes: of one page.

    Raises:
        ParseError: there is no WARC record in it at all.
    """
    for record in _responses(_Stream(file), name, skipped):
        found = _page_of(record, max_bytes)
        if isinstance(found, Page):
            yield found
        else:
            skipped[found] += 1


class _Stream:
    """What fastwarc reads: a file whose faults look like its end (an exception inside it would be a panic)."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.faulty = False

    def read(self, size: int = -1) -> bytes:
        try:
            return self._file.read(size)
        except _FAULTS:
            self.faulty = True
            return b""

    def seek(self, offset: int, whence: int = 0) -> int:
        try:
            return self._file.seek(offset, whence)
        except _FAULTS:
            self.faulty = True
            return self.tell()

    def tell(self) -> int:
        return self._file.tell()

    def close(self) -> None:
        """Leave the file open: it belongs to whoever opened it."""

    def record_after(self, position: int) -> int | None:
        """Return where the next record behind ``position`` may begin: at a gzip member, or a version line."""
        self.seek(0)
        mark, ahead = (b"\x1f\x8b\x08", 0) if self.read(2) == b"\x1f\x8b" else (b"\nWARC/1.", 1)
        self.seek(position + 1)
        start, kept = position + 1, b""
        while chunk := self.read(_SEARCHED):
            kept += chunk
            if (found := kept.find(mark)) >= 0:
                return start + found + ahead
            start += len(kept) - len(mark)
            kept = kept[-len(mark) :]
        return None


def _responses(stream: _Stream, name: str, skipped: Counter[str]) -> Iterator[WarcRecord]:
    """Yield the response records, going on behind broken ones."""
    position, known = 0, False
    for _ in range(_MOST_BREAKS):
        stream.seek(position)
        try:
            for record in ArchiveIterator(stream, parse_http=False):
                position, known = record.stream_pos, True
                if record.record_type == WarcRecordType.response:
                    yield record
            break
        except OSError:
            skipped["a broken record"] += 1
        except BaseException as error:
            # A panic of its Rust code, which is no Exception, costs the place where it happened like any other fault.
            if type(error).__name__ != "PanicException":
                raise
            skipped["a broken record"] += 1
        after = stream.record_after(position)
        if after is None:
            break
        position = after
    if stream.faulty:
        skipped["the archive is cut short or damaged"] += 1
    if not known:
        raise ParseError(f"{name}: no WARC record in it")


def _page_of(record: WarcRecord, max_bytes: int) -> Page | str:
    """Return the page of a response record, or the reason why there is none."""
    url = web_url((record.headers.get("WARC-Target-URI") or "").strip("<> "), "")
    captured = record.record_date
    if not url or captured is None:
        return "a record without a web address or a date"
    if record.content_length > max_bytes + _LARGEST_HEAD:
        return too_large(max_bytes)
    block = _read(record)
    if len(block) < record.content_length or record.headers.get("WARC-Truncated"):
        return "a page that was cut short"
    status, headers, body = _answer(block)
    if status != 200:
        return f"status {status}" if status else "no HTTP answer"
    try:
        body = _decoded(body, headers, max_bytes)
    except FetchError as error:
        return f"a body that cannot be used: {error}"[:200]
    if not _is_html(headers.get("content-type"), body):
        return "not HTML"
    return Page(url, url, status, headers, body, captured.astimezone(UTC))


def _read(record: WarcRecord) -> bytes:
    pieces: list[bytes] = []
    missing = record.content_length
    try:
        while missing > 0 and (piece := record.reader.read(missing)):
            pieces.append(piece)
            missing -= len(piece)
    except OSError:
        pass  # it is short then, and told so
    return b"".join(pieces)


_STATUS = re.compile(rb"HTTP/\d(?:\.\d)? +(\d{3})(?!\d)")


def _answer(block: bytes) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers (names in lower case) and body of an HTTP answer; status 0 when it is none."""
    end = re.compile(rb"\r?\n\r?\n").search(block, 0, _LARGEST_HEAD)
    started = _STATUS.match(block)
    if end is None or started is None:
        return 0, {}, b""
    headers: dict[str, str] = {}
    for line in block[: end.start()].splitlines()[1:]:
        name, colon, value = line.partition(b":")
        if colon:
            headers.setdefault(name.strip().lower().decode("latin-1"), value.strip().decode("latin-1"))
    return int(started[1]), headers, block[end.end() :]


def _decoded(body: bytes, headers: dict[str, str], max_bytes: int) -> bytes:
    """Return the body without chunks and compression; many crawlers take them off and leave the headers as they were.

    Raises:
        FetchError: it is too large, or in no encoding that is known.
    """
    if "chunked" in headers.get("transfer-encoding", "").lower():
        body = _unchunked(body)
    if body.lstrip()[:1] == b"<":
        if len(body) > max_bytes:
            raise FetchError(too_large(max_bytes))
        return body
    collected = Body(headers.get("content-encoding"), max_bytes)
    for start in range(0, len(body), 1 << 16):
        collected.add(body[start : start + (1 << 16)])
    return collected.finish()


_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")


def _unchunked(body: bytes) -> bytes:
    """Return the chunks of ``body`` (RFC 9112, 7.1) joined; what is not written in chunks comes back as it is."""
    pieces: list[bytes] = []
    position = 0
    while size := _CHUNK_SIZE.match(body, position):
        length = int(size[1], 16)
        if length == 0:
            break
        pieces.append(body[size.end() : size.end() + length])
        position = size.end() + length
        position += 2 if body.startswith(b"\r\n", position) else body.startswith(b"\n", position)
    return b"".join(pieces) if pieces else body


def _is_html(content_type: str | None, body: bytes) -> bool:
    kind = (content_type or "").partition(";")[0].strip().lower()
    if kind in ("text/html", "application/xhtml+xml"):
        return not is_binary(body)
    start = body[:500].lstrip().lower()
    return kind in ("", "application/octet-stream") and start.startswith((b"<!doctype html", b"<html"))
