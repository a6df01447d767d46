"""Texts of a seed corpus: plain text in any of the layouts that people save articles in, HTML, JSON, JSONL, CSV.

Recovers title, outlet and date where the text itself shows them, and takes page furniture off both ends. It never
guesses: what the text does not show stays unknown, for a sidecar of facts to say.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from extractors.article import extract
from extractors.charset import decode
from extractors.urls import outlet_of
from records.article import Access
from records.errors import ParseError
from records.ids import content_hash
from records.text import clean, clean_text

TEXT_SUFFIXES = (".txt", ".md", ".html", ".htm", ".json", ".jsonl", ".ndjson", ".csv")
"""What `read` understands; WARC and Parquet are opened by their own doors."""


@dataclass(frozen=True, slots=True)
class SeedText:
    """One text of a seed corpus.

    Attributes:
        name: file (and line) that it came from, for messages.
        text: paragraphs, one per line, furniture removed.
        title, outlet, published, language, url: None where the file does not show them.
        published_raw: the date as found, in ISO 8601; a bare day has no clock time.
        sha256: of the file's bytes; empty for one row of many.
        place: the dateline's place, as printed.
    """

    name: str
    text: str
    title: str | None = None
    outlet: str | None = None
    published: datetime | None = None
    published_raw: str | None = None
    language: str | None = None
    url: str | None = None
    sha256: str = ""
    place: str | None = None


def read(name: str, data: bytes) -> Iterator[SeedText]:
    """Yield the texts of one file; ``name`` decides the format by its suffix.

    Raises:
        ParseError: with the file's name and the line, when the file is not what its suffix says.
    """
    suffix = name[name.rfind(".") :].lower()
    if suffix in (".html", ".htm"):
        yield from_page(name, data)
    elif suffix == ".json":
        yield from _json(name, data)
    elif suffix in (".jsonl", ".ndjson"):
        yield from _json_lines(name, data)
    elif suffix == ".csv":
        for number, row in enumerate(csv.DictReader(io.StringIO(decode(data))), start=2):
            yield from_row(f"{name}:{number}", row)
    elif suffix in (".txt", ".md"):
        yield replace(from_text(name, decode(data)), sha256=content_hash(data))
    else:
        raise ParseError(
            f"{name}: no reader for {suffix or 'a file without suffix'}; known: {', '.join(TEXT_SUFFIXES)}"
        )


def from_page(name: str, data: bytes, url: str = "", content_type: str | None = "text/html") -> SeedText:
    """Return the article of an HTML page.

    Raises:
        ParseError: the page holds no article.
    """
    article = extract(data, url, content_type)
    if article.access is Access.NOT_ARTICLE or not article.text:
        raise ParseError(f"{name}: no article found in this page ({article.access_reason or 'no text'})")
    return SeedText(
        name,
        article.text,
        title=article.title or None,
        outlet=article.outlet_name or article.outlet or None,
        published=article.published,
        published_raw=article.published_raw,
        language=article.language,
        url=article.canonical_url or url or None,
        sha256=content_hash(data),
    )


def _json(name: str, data: bytes) -> Iterator[SeedText]:
    try:
        parsed = json.loads(decode(data))
    except json.JSONDecodeError as error:
        raise ParseError(f"{name}:{error.lineno}: not valid JSON: {error.msg}") from error
    rows = (
        parsed if isinstance(parsed, list) else parsed.get("articles", [parsed]) if isinstance(parsed, dict) else None
    )
    if rows is None:
        raise ParseError(
            f"{name}: an article, a list of articles, or an object with a list under 'articles' is expected"
        )
    for number, row in enumerate(rows):
        yield from_row(f"{name}[{number}]", row)


def _json_lines(name: str, data: bytes) -> Iterator[SeedText]:
    for number, line in enumerate(decode(data).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise ParseError(f"{name}:{number}: not valid JSON: {error.msg}") from error
        yield from_row(f"{name}:{number}", row)


# The names under which other tools write the same thing.
_KEYS = {
    "text": ("text", "body", "content", "maintext", "article_text", "full_text"),
    "title": ("title", "headline"),
    "outlet": ("outlet", "source", "publisher", "site", "domain", "source_domain", "sitename"),
    "date": ("published", "date", "published_at", "date_publish", "pub_date", "publication_date", "seendate"),
    "url": ("url", "link", "canonical_url"),
    "language": ("language", "lang"),
}


def from_row(name: str, row: Any) -> SeedText:
    """Return the text of one row of a table or one JSON object, under any of the usual names.

    Raises:
        ParseError: the row has no text.
    """
    if not isinstance(row, dict):
        raise ParseError(f"{name}: an object with at least 'text' is expected")
    lowered = {str(key).lower(): value for key, value in row.items()}
    found = {field: next((lowered[k] for k in names if lowered.get(k)), None) for field, names in _KEYS.items()}
    if not isinstance(found["text"], str):
        raise ParseError(f"{name}: no text; looked for the keys {', '.join(_KEYS['text'])}")
    published, raw = parse_date(found["date"])
    return SeedText(
        name,
        clean_text(found["text"]),
        title=clean(str(found["title"])) if found["title"] else None,
        outlet=clean(str(found["outlet"])) if found["outlet"] else None,
        published=published,
        published_raw=raw,
        language=str(found["language"]).lower()[:12] if found["language"] else None,
        url=str(found["url"]) if found["url"] else None,
    )


def parse_date(value: Any) -> tuple[datetime | None, str | None]:
    """Return ``value`` (ISO 8601 text, date or datetime) as an instant in UTC, and as it was written."""
    if isinstance(value, datetime):
        instant = value if value.tzinfo else value.replace(tzinfo=UTC)
        return instant.astimezone(UTC), value.isoformat()
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC), value.isoformat()
    try:
        return parse_date(datetime.fromisoformat(str(value).strip()))[0], str(value).strip()
    except ValueError:
        return None, None


# ---- plain text ---------------------------------------------------------------------------------------------------

_HEADER_LINES = 15  # furniture before the article: menus, breadcrumb, headline, stamp; real files have at most ten
_DATE_PREFIX = re.compile(r"^\s*date[:\s]\s*(\d{4}-\d{2}-\d{2})\b[\s|:]*", re.IGNORECASE)
_STAMP = re.compile(
    r"^(?:(?P<outlet>(?:[\w-]+\.)+[a-z]{2,})\s*\|?\s*)?(?:updated|published|posted)\s*(?:on|at)?\s*:?\s*"
    r"(?P<date>\d{4}-\d{2}-\d{2})(?:[ T](?P<time>\d{2}:\d{2}))?",
    re.IGNORECASE,
)
_BREADCRUMB = re.compile(r"^\s*Home\s*[/>»]", re.IGNORECASE)
# "Zhang Weilan/GT" at the end of a caption or of an "Illustration:" line.
_CREDIT = re.compile(r"\b[A-Z][\w'-]+/(?P<staff>[A-Z]{2,})$")
_PHOTO_LINE = re.compile(r"\[\s*photo\b[^\]]*\]\s*$|\(\s*photo\b[^)]*\)\s*$", re.IGNORECASE)
_DATELINE = re.compile(
    r"^(?P<place>[A-Z][A-Za-z .'-]{1,30}?)(?:,[^:(—–]{1,20})?\s*"
    r"(?:\((?P<agency>[A-Z][A-Za-z ]{1,15})\))?\s*(?::|\s[—–-]{1,2})\s"
)
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December")  # fmt: skip
_DAY = rf"(?P<month>{'|'.join(_MONTHS)}) (?P<day>\d{{1,2}}), (?P<year>\d{{4}})"
_CAPTION_DATE = re.compile(_DAY)
_POST_DATE = re.compile(rf"^[—–-]+\s.*\(@\w+\)\s+{_DAY}", re.MULTILINE)
_TAIL = re.compile(
    r"copyright|all rights reserved|©|licen[cs]e for|registration number|follow us|most viewed|back to (?:the )?top"
    r"|browsers? with|^share\b|^top$|^related\b|^tags?:",
    re.IGNORECASE,
)
_SENTENCE_END = tuple(".!?…。！？”\"'’)]」』")

STAFF_CREDITS = {"GT": "Global Times"}
"""Initials in photo and drawing credits that name the outlet itself; an agency's credit does not."""


def from_text(name: str, text: str) -> SeedText:
    """Return what a plain-text file shows: its article, and title, outlet and date where they stand in it."""
    lines = [clean(line, 200_000) for line in text.replace("\r\n", "\n").split("\n")]
    seed = SeedText(name, "")
    seed, lines = _take_date_prefix(seed, lines)
    seed, lines = _take_page_header(seed, lines)
    lines = _drop_tail(lines)
    seed, lines = _take_headline(seed, lines)
    body = [line for line in lines if line]
    seed = _read_credit(seed, body[:2])
    seed = _read_dateline(seed, body[0] if body else "")
    seed = _read_text_date(seed, body)
    return replace(seed, text="\n".join(body))


def _take_date_prefix(seed: SeedText, lines: list[str]) -> tuple[SeedText, list[str]]:
    """Some archives write ``date 2025-07-30`` before the first word."""
    match = _DATE_PREFIX.match(lines[0]) if lines else None
    if match is None:
        return seed, lines
    published, raw = parse_date(match[1])
    return replace(seed, published=published, published_raw=raw), [lines[0][match.end() :], *lines[1:]]


def _take_page_header(seed: SeedText, lines: list[str]) -> tuple[SeedText, list[str]]:
    """A saved page has menus, a breadcrumb, the headline and a stamp before the article; the stamp ends them."""
    for number, line in enumerate(lines[:_HEADER_LINES]):
        match = _STAMP.match(line)
        if match is None:
            continue
        published, raw = parse_date(match["date"] + (f"T{match['time']}" if match["time"] else ""))
        before = [x for x in lines[:number] if x and not _BREADCRUMB.match(x)]
        after = lines[number + 1 :]
        while after and not _is_prose(after[0]) and not _PHOTO_LINE.search(after[0]):
            after = after[1:]
        found = replace(
            seed,
            title=before[-1] if before else None,
            outlet=outlet_of(f"https://{match['outlet'].lower()}/") if match["outlet"] else seed.outlet,
            published=published or seed.published,
            published_raw=raw or seed.published_raw,
        )
        return found, after
    return seed, lines


def _is_prose(line: str) -> bool:
    return len(line) >= 40 and line.endswith(_SENTENCE_END)


def _drop_tail(lines: list[str]) -> list[str]:
    """Drop what follows the last paragraph: lists of links, copyright, registration numbers."""
    end = len(lines)
    while end > 1 and (not lines[end - 1] or _TAIL.search(lines[end - 1]) or not _is_prose(lines[end - 1])):
        end -= 1
    # A text without one closed sentence is not prose: keep it whole rather than empty it.
    return lines[:end] if any(lines[:end]) and _is_prose(lines[end - 1]) else lines


def _take_headline(seed: SeedText, lines: list[str]) -> tuple[SeedText, list[str]]:
    """A first line that is short, ends no sentence and is neither credit nor caption is the headline."""
    rest = [i for i, line in enumerate(lines) if line]
    if seed.title or len(rest) < 2:
        return seed, lines
    first = lines[rest[0]]
    is_credit = _CREDIT.search(first) or _PHOTO_LINE.search(first)
    if is_credit or len(first) > 160 or first.endswith((".", "。", ":", ",")) or len(lines[rest[1]]) < len(first):
        return seed, lines
    return replace(seed, title=first.removeprefix("# ")), lines[rest[1] :]


def _read_credit(seed: SeedText, lines: list[str]) -> SeedText:
    for line in lines:
        match = _CREDIT.search(line)
        if match and match["staff"] in STAFF_CREDITS and not seed.outlet:
            return replace(seed, outlet=STAFF_CREDITS[match["staff"]])
    return seed


def _read_dateline(seed: SeedText, first: str) -> SeedText:
    match = _DATELINE.match(first)
    if match is None or _CREDIT.search(first):
        return seed
    return replace(seed, place=match["place"].strip(), outlet=seed.outlet or match["agency"])


def _read_text_date(seed: SeedText, body: list[str]) -> SeedText:
    """A dated caption in the first line, or a dated post quoted in the text, bounds the day of publication."""
    if seed.published or not body:
        return seed
    match = _POST_DATE.search("\n".join(body))
    if match is None and _CREDIT.search(body[0]):
        match = _CAPTION_DATE.search(body[0])
    if match is None:
        return seed
    day = date(int(match["year"]), _MONTHS.index(match["month"]) + 1, int(match["day"]))
    published, raw = parse_date(day)
    return replace(seed, published=published, published_raw=raw)
