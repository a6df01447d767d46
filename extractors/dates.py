"""When an article was published and last changed: the instant, as written, and where it was read.

It never guesses an hour: a page that states only a day gives that day at midnight UTC.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any

from extractors.date_words import month_of, written
from extractors.markup import Element, Markup, text_of

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""Dates before the web are mistakes: zero stamps (1970) and birthdays."""

LATEST = datetime(2100, 1, 1, tzinfo=UTC)
"""Dates beyond this are mistakes even when no clock is given."""

_ISO = re.compile(
    r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})"
    r"(?:[T\s]+(?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2}))?(?:[.,](?P<f>\d{1,9}))?"
    r"\s*(?P<z>Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2}(?!\d))?)?",
    re.IGNORECASE,
)
_COMPACT = re.compile(r"^(\d{4})(\d\d)(\d\d)(?:T?(\d\d)(\d\d)(\d\d)?)?(Z|[+-]\d\d:?\d\d)?$")
_EPOCH = re.compile(r"^1\d{9}(?:\d{3})?$")
_RFC_5322 = re.compile(r"\d\d:\d\d(?::\d\d)?\s*(?:[+-]\d{4}|[A-Z]{3})")
_URL_DAY = re.compile(
    r"[/_-]t?(?P<y>19[9]\d|20\d\d)[/_-]?(?P<m>0[1-9]|1[0-2])[/_-]?(?P<d>0[1-9]|[12]\d|3[01])(?=[/_.-]|$)"
)
# What JavaScript writes of a moment: Tue Nov 17 2026 09:30:00 GMT+0100 (CET)
_SCRIPTED = re.compile(
    r"^(?:[A-Z][a-z]{2},? )?([A-Z][a-z]{2}) (\d{1,2}),? (\d{4}) (\d\d:\d\d(?::\d\d)?) ?(?:GMT|UTC)?([+-]\d{4})?"
)
_PUBLISHED = (
    "article:published_time", "og:published_time", "og:article:published_time", "datepublished", "published_time",
    "parsely-pub-date", "sailthru.date", "date.published", "article.published", "publication_date", "publish-date",
    "publishdate", "published-date", "pubdate", "article_date_original", "dc.date.issued", "dcterms.issued",
    "dcterms.created", "dc.date.created", "dc.date", "dcterms.date", "originalpublicationdate",
    "cxenseparse:recs:publishtime",
    "article:publish_date", "citation_publication_date", "citation_date", "displaydate", "ptime", "rnews:datepublished",
    "date", "timestamp", "vr:published_time", "shareaholic:article_published_time", "last-published", "published_at",
    "article:published", "article:create_at", "article.created", "og:pubdate", "pub_date", "pubtime", "publishtime",
    "publication-date", "publicationdate", "dc.date.published", "dcterms.date.created", "prism.publicationdate",
    "article-publicationdate", "bt:pubdate", "mediator_published_time", "release_date", "releasedate", "firstpublished",
    "weibo:article:create_at", "dable:published_time", "dcsext.articlefirstpublished", "article_published_time",
)  # fmt: skip
_MODIFIED = (
    "article:modified_time", "og:updated_time", "og:modified_time", "datemodified", "modified_time",
    "article:updated_time",
    "last-modified", "dcterms.modified", "dc.date.modified", "lastmod", "revised", "rnews:datemodified",
)  # fmt: skip
_BYLINE_CLASS = re.compile(
    r"publi|date|time|byline|meta|posted|stamp|created|fecha|datum|tarih|pubd|(?:^|[\s_-])(?:data|info|hora)(?:$|[\s_-])",
    re.IGNORECASE,
)
_CHANGED = re.compile(r"updat|modif|aktuali|actuali")
# Where scripts find the moment that they show in the reader's zone.
_DATA = ("data-published", "data-publish-date", "data-pubdate", "data-published-at", "data-publication-date")
_LONGEST_TEXT = 120  # characters of an element that may be nothing but a date line


@dataclass(frozen=True, slots=True)
class Stated:
    """One moment as a page states it.

    Attributes:
        instant: in UTC; a moment without zone is read as UTC, a day as its midnight.
        raw: as written, in ISO 8601, with the page's zone where it gives one.
        place: where it was read: ``json-ld``, ``meta``, ``time``, ``url`` or ``text``.
        precision: 0 for a day, 1 for a clock time without zone, 2 for a clock time with its zone.
    """

    instant: datetime
    raw: str
    place: str
    precision: int


def published(page: Markup, url: str, now: datetime | None = None) -> Stated | None:
    """Return when the page says it was published, from the most trusted place that is precise enough.

    A place further down the list (JSON-LD, meta, itemprop, ``<time>``, URL, text) only refines a place further up:
    it must name the same moment or day with more precision.

    Args:
        page: what was read of the page.
        url: where it was fetched.
        now: when given, moments more than two days later than it are refused as mistakes.
    """
    return _most_precise(_plausible(_all_published(page, url), now))


def modified(page: Markup, now: datetime | None = None) -> Stated | None:
    """Return when the page says it was last changed, or None; see `published`."""
    return _most_precise(_plausible(_all_modified(page), now))


def of_element(element: Element, place: str, now: datetime | None = None) -> Stated | None:
    """Return the moment that one element states: in its ``datetime`` or ``content``, else in its text.

    Args:
        element: which one, by whoever knows that it is the date.
        place: noted as where it was read.
        now: as for `published`.
    """
    stated = [parse(value, place) for key in ("datetime", "content") if (value := element.get(key))]
    text = text_of(element, 200)
    found = [one for one in (*stated, parse(text, place), *_written(text)) if one is not None]
    best = next(_plausible(iter(found), now), None)
    return replace(best, place=place) if best else None


def _all_published(page: Markup, url: str) -> Iterator[Stated]:
    for key in ("datePublished", "dateCreated", "uploadDate"):
        yield from _stated(page.article.get(key), "json-ld")
    if not page.article:
        for node in page.nodes:
            yield from _stated(node.get("datePublished"), "json-ld")
    for key in _PUBLISHED:
        for content in page.metas.get(key, ())[:2]:
            yield from _stated(content, "meta")
    yield from _in_elements(page.tree)
    if found := _URL_DAY.search(url):
        yield from _stated(f"{found['y']}-{found['m']}-{found['d']}", "url")
    yield from _in_text(page.tree)


def _all_modified(page: Markup) -> Iterator[Stated]:
    yield from _stated(page.article.get("dateModified"), "json-ld")
    for key in _MODIFIED:
        for content in page.metas.get(key, ())[:2]:
            yield from _stated(content, "meta")
    for element in page.tree.iterfind(".//*[@itemprop='dateModified']"):
        yield from _stated(element.get("datetime") or element.get("content") or text_of(element, 80), "time")


def _in_elements(tree: Element) -> Iterator[Stated]:
    for element in tree.iterfind(".//*[@itemprop='datePublished']"):
        yield from _stated(element.get("datetime") or element.get("content") or text_of(element, 80), "time")
    times = tree.findall(".//time")[:40]
    # The mark "pubdate" and the class names say which <time> is meant; else the first one outside of a list.
    marked = [
        one for one in times if one.get("pubdate") is not None or "publi" in _marks(one) or "entry-date" in _marks(one)
    ]
    plain = [one for one in times if not _CHANGED.search(_marks(one))]
    for element in [*marked, *plain]:
        if not any(parent.tag in ("li", "aside", "footer", "nav") for parent in element.iterancestors()):
            yield from _stated(element.get("datetime") or text_of(element, 80), "time")
    # Microformats before HTML 5: <abbr class="published" title="2026-11-17T09:30:00+01:00">.
    for element in tree.findall(".//abbr[@title]")[:40]:
        if not _CHANGED.search(_marks(element)):
            yield from _stated(element.get("title"), "time")
    for name in _DATA:
        for element in tree.findall(f".//*[@{name}]")[:3]:
            yield from _stated(element.get(name), "time")


def _in_text(tree: Element) -> Iterator[Stated]:
    """Yield the dates of short elements that look like date lines; a bounded last resort."""
    seen = 0
    for element in tree.iter("span", "div", "p", "li", "td", "em", "small", "strong"):
        if not _BYLINE_CLASS.search(_marks(element)):
            continue
        seen += 1
        if seen > 300:
            return
        text = text_of(element, 200) if len(element) < 15 else ""
        if 6 <= len(text) <= _LONGEST_TEXT:
            yield from _written(text)


def _marks(element: Element) -> str:
    return f"{element.get('class') or ''} {element.get('id') or ''}".lower()


def _written(text: str) -> Iterator[Stated]:
    """Yield the moment that a human-readable ``text`` names."""
    for moment in written(text):
        yield from _stated(moment, "text")


def _stated(value: Any, place: str) -> Iterator[Stated]:
    if isinstance(value, list):
        value = value[0] if value else None
    if not isinstance(value, str | int):
        return
    stated = parse(str(value), place)
    if stated is not None:
        yield stated


def parse(text: str, place: str = "meta") -> Stated | None:
    """Return the moment that ``text`` writes (ISO 8601 and its near misses, RFC 5322, epoch seconds), or None."""
    text = text.strip()[:80]
    try:
        if _EPOCH.match(text):
            moment = datetime.fromtimestamp(int(text[:10]), UTC)
            return Stated(moment, moment.isoformat(), place, 2)
        if compact := _COMPACT.match(text):
            y, m, d, hour, minute, second, zone = compact.groups()
            text = f"{y}-{m}-{d}" + (f"T{hour}:{minute}:{second or '00'}{zone or ''}" if hour else "")
        if found := _ISO.match(text):
            return _from_iso(found, place)
        if scripted := _SCRIPTED.match(text):
            word, d, y, time, zone = scripted.groups()
            return parse(f"{y}-{month_of(word) or 0:02}-{int(d):02}T{time}{zone or ''}", place)
        if spelled := next(written(text), None):
            # With a month by name, or in another order; RFC 5322 below knows zones by name only for America.
            found = _ISO.match(spelled)
            if found and (found["H"] is not None or not _RFC_5322.search(text)):
                return _from_iso(found, place)
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    if moment.tzinfo is None:
        return Stated(moment.replace(tzinfo=UTC), moment.isoformat(), place, 1)
    return Stated(moment.astimezone(UTC), moment.isoformat(), place, 2)


def _from_iso(found: re.Match[str], place: str) -> Stated:
    day = datetime(int(found["y"]), int(found["m"]), int(found["d"]), tzinfo=UTC)
    if found["H"] is None:
        return Stated(day, day.date().isoformat(), place, 0)
    clock = day.replace(hour=int(found["H"]) % 24, minute=int(found["M"]), second=min(int(found["S"] or 0), 59))
    if found["z"] is None:
        # Midnight without a zone is a day that a program wrote as a moment.
        precision = 0 if (clock.hour, clock.minute, clock.second) == (0, 0, 0) else 1
        return Stated(clock, clock.replace(tzinfo=None).isoformat(), place, precision)
    local = clock.replace(tzinfo=_zone(found["z"]))
    return Stated(local.astimezone(UTC), local.isoformat(), place, 2)


def _zone(text: str) -> timezone:
    if text.upper() in ("Z", "UTC", "GMT"):
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(offset if text[0] == "+" else -offset)


def _plausible(found: Iterator[Stated], now: datetime | None) -> Iterator[Stated]:
    latest = min(LATEST, now + timedelta(days=2)) if now else LATEST
    return (one for one in found if EARLIEST <= one.instant <= latest)


def _most_precise(found: Iterator[Stated]) -> Stated | None:
    best: Stated | None = None
    for one in found:
        if best is None or (one.precision > best.precision and _refines(one, best)):
            best = one
        # A second opinion from weaker places costs walks over the page: stop once little can be gained.
        if best.precision == 2 or (best.precision == 1 and one.place in ("url", "text") and best is not one):
            break
    return best


def _refines(one: Stated, best: Stated) -> bool:
    if best.precision == 0:
        # The same day in the writer's own zone.
        return one.raw[:10] == best.raw[:10]
    same_reading = one.raw[:16] == best.raw[:16]
    return same_reading or abs(one.instant - best.instant) < timedelta(minutes=1)
