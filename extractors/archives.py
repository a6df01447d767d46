"""Saved pages as pages: WARC (plain or gzip), WACZ, folders of HTML files, and JSON Lines.

Reads record by record within fixed bounds, and never unpacks anything to disk: names inside archives are never paths.
What is broken, cut, too large or no page is passed over with a reason and counted; the rest of the archive is read.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from extractors import seeds
from extractors.feed_parts import web_url
from extractors.seeds import SeedText, parse_date
from extractors.warc import WARC, too_large, wacz_pages, warc_pages
from records.article import Page
from records.errors import ParseError

LARGEST_PAGE = 10_000_000
"""Bytes of one page, compressed and decompressed, unless the caller says otherwise."""

_LINES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")
_HTML = (".html", ".htm", ".xhtml")
KNOWN = (*WARC, ".wacz", *_LINES, *_HTML)
"""The endings of files that `entries` reads; a folder may hold any of them."""

_REST = 1 << 20  # bytes that are read at a time to get behind a line that is too long


def kind_of(path: Path) -> str | None:
    """Return the ending of ``path`` that `entries` knows it by (``.warc.gz``), or None."""
    name = path.name.lower()
    return max((one for one in KNOWN if name.endswith(one)), key=len, default=None)


def pages(path: Path, skipped: Counter[str] | None = None, *, max_bytes: int = LARGEST_PAGE) -> Iterator[Page]:
    """Yield the pages of an archive or folder: of `entries`, those that are whole pages."""
    return (entry for entry in entries(path, skipped, max_bytes=max_bytes) if isinstance(entry, Page))


def entries(
    path: Path, skipped: Counter[str] | None = None, *, max_bytes: int = LARGEST_PAGE
) -> Iterator[Page | SeedText]:
    """Yield what ``path`` holds, one by one: pages, and (from JSON Lines) rows that are texts already.

    Of a WARC, the HTML answers with status 200. The ``url`` of a file that somebody saved is the one that its browser
    noted in it; where there is none it is empty, and only the page itself may name its address.

    Args:
        path: a file with one of the endings in `KNOWN`, or a folder of such files (links are not followed).
        skipped: counts what was passed over, by its reason.
        max_bytes: of one page.

    Raises:
        ParseError: there is nothing at ``path``, or nothing in it that can be read; says what would be.
    """
    skipped = Counter() if skipped is None else skipped
    if path.is_dir():
        yield from _folder(path, skipped, max_bytes)
        return
    if not path.is_file():
        raise ParseError(f"{path}: there is no such file or folder")
    kind = kind_of(path)
    if kind is None:
        raise ParseError(f"{path}: not an archive that can be read; known are {', '.join(KNOWN)}, and folders of them")
    try:
        yield from _file(path, kind, skipped, max_bytes)
    except OSError as error:
        raise ParseError(f"{path}: cannot be read: {error.strerror or error}") from error


def _file(path: Path, kind: str, skipped: Counter[str], max_bytes: int) -> Iterator[Page | SeedText]:
    if kind in WARC:
        with path.open("rb") as file:
            yield from warc_pages(file, path.name, skipped, max_bytes=max_bytes)
    elif kind == ".wacz":
        yield from wacz_pages(path, skipped, max_bytes=max_bytes)
    elif kind in _LINES:
        saved = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        with path.open("rb") as raw, gzip.GzipFile(fileobj=raw) if kind.endswith(".gz") else raw as file:
            yield from _rows(file, path.name, saved, skipped, max_bytes)
    else:
        yield from _saved(path, skipped, max_bytes)


# ---- folders and saved files ----------------------------------------------------------------------------------------


def _folder(folder: Path, skipped: Counter[str], max_bytes: int) -> Iterator[Page | SeedText]:
    found = False
    for here, folders, names in os.walk(folder):
        folders.sort()
        for path in (Path(here, name) for name in sorted(names)):
            kind = kind_of(path)
            if kind is None or path.is_symlink() or not path.is_file():
                skipped["no archive or page by its name" if kind is None else "a link, or no file"] += 1
                continue
            found = True
            try:
                yield from _file(path, kind, skipped, max_bytes)
            except (ParseError, OSError) as error:
                skipped[str(error)[:200]] += 1
    if not found:
        raise ParseError(f"{folder}: no page and no archive in it; known are {', '.join(KNOWN)}")


# Browsers note the address that they saved, as does SingleFile.
_SAVED_FROM = re.compile(rb"saved from url=\(\d+\)(https?://[^\s>]+)|SingleFile\s+url:\s*(https?://\S+)")


def _saved(path: Path, skipped: Counter[str], max_bytes: int) -> Iterator[Page]:
    status = path.stat()
    if status.st_size > max_bytes:
        skipped[too_large(max_bytes)] += 1
        return
    body = path.read_bytes()
    noted = _SAVED_FROM.search(body[:4_000])
    url = web_url((noted[1] or noted[2]).decode("utf-8", "replace"), "") if noted else ""
    saved = datetime.fromtimestamp(status.st_mtime, UTC)
    yield Page(url, url, 200, {"content-type": "text/html"}, body, saved)


# ---- JSON Lines -----------------------------------------------------------------------------------------------------

_PAGE_KEYS = ("html", "raw_html", "page")
_CAPTURED_KEYS = ("captured", "fetched_at", "crawled_at", "timestamp")


def _rows(
    file: IO[bytes] | gzip.GzipFile, name: str, saved: datetime, skipped: Counter[str], max_bytes: int
) -> Iterator[Page | SeedText]:
    number = 0
    try:
        # Escapes make a line up to six times as long as its page.
        while line := file.readline(max_bytes * 6):
            number += 1
            if not line.endswith(b"\n") and len(line) >= max_bytes * 6:
                skipped[too_large(max_bytes)] += 1
                while (rest := file.readline(_REST)) and not rest.endswith(b"\n"):
                    pass
            elif line.strip():
                try:
                    yield _row(f"{name}:{number}", line, saved, max_bytes)
                except ParseError as error:
                    skipped[str(error).removeprefix(f"{name}:{number}: ")[:200]] += 1
    except (EOFError, zlib.error, gzip.BadGzipFile):
        skipped["the archive is cut short or damaged"] += 1


def _row(name: str, line: bytes, saved: datetime, max_bytes: int) -> Page | SeedText:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        raise ParseError(f"{name}: not valid JSON") from None
    lowered = {str(key).lower(): value for key, value in row.items()} if isinstance(row, dict) else {}
    html = next((lowered[key] for key in _PAGE_KEYS if isinstance(lowered.get(key), str)), None)
    if html is None:
        return seeds.from_row(name, row)
    url = web_url(str(lowered.get("url") or lowered.get("link") or ""), "")
    if not url:
        raise ParseError(f"{name}: a page without the web address that it was at")
    body = html.encode("utf-8", "replace")
    if len(body) > max_bytes:
        raise ParseError(f"{name}: {too_large(max_bytes)}")
    captured = next((found for key in _CAPTURED_KEYS if (found := parse_date(lowered.get(key))[0])), saved)
    headers = {"content-type": "text/html; charset=utf-8"}
    return Page(url, url, 200, headers, body, captured)
