"""RSS of every version, RDF, Atom, CDF, and by sniffing every other format of discovery: bytes become items.

The one entry is `parse`. It never fetches, never expands an entity, and never invents a date or a link.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from extractors import federal_register, feed_dates, gdelt, json_feeds, sitemaps
from extractors.feed_bytes import decoded, unzipped
from extractors.feed_parts import SUMMARY_LIMIT, Pace, Parsed, language_tag, plain, web_url
from extractors.feed_xml import ATOM, CORE, DC, Element, name, text_of, tree, what_it_is
from records.article import FeedItem
from records.errors import ParseError

_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_BAD_ESCAPE = re.compile(r'\\(?!["\\/bfnrtu])')
_PERIODS = {"hourly": 3600, "daily": 86400, "weekly": 604800, "monthly": 2592000, "yearly": 31536000}
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# Which element states the publication, the best first; `updated` and its like stand in when nothing better is there.
_DATES = (
    "pubdate",
    "published",
    "issued",
    "date",
    "created",
    "available",
    "updated",
    "modified",
    "lastmod",
    "lastmodified",
)
_SUMMARIES = ("description", "summary", "abstract", "encoded", "content")


def parse(body: bytes, content_type: str | None, base_url: str) -> list[FeedItem]:
    """Return the entries of a feed or sitemap, in document order.

    Reads RSS 0.9x, 1.0 and 2.0, Atom 0.3 and 1.0, CDF, JSON Feed, sitemaps, news sitemaps, sitemap indexes (their
    children are the entries), GDELT and Federal Register answers, gzipped or not, broken or truncated too.

    Args:
        body: the bytes as they came.
        content_type: the Content-Type header, for its charset; the format is told from the bytes alone.
        base_url: where the bytes came from, after redirects: relative links are joined to it.

    Returns:
        The entries. One that names no page has an empty ``url``: it cannot be fetched. A feed without entries is [].

    Raises:
        ParseError: it is none of these; says what it is instead.
    """
    return document(body, content_type, base_url).items


def document(body: bytes, content_type: str | None, base_url: str) -> Parsed:
    """Return everything that a feed or sitemap says; see `parse`."""
    body = unzipped(body)
    start = body[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start[:1] in (b"{", b"["):
        return _of_json(decoded(body, content_type), base_url)
    if start[:4].lower() == b"http" and (lines := sitemaps.read_lines(decoded(body, content_type))):
        return lines
    root = tree(body, content_type)
    if name(root.tag)[1] in ("urlset", "sitemapindex"):
        return sitemaps.read(root, base_url)
    return _of_xml(root, base_url)


def _of_json(text: str, base_url: str) -> Parsed:
    text = text.lstrip("\ufeff \t\r\n")
    data: Any = None
    try:
        data = json.loads(text, strict=False)
    except RecursionError:
        raise ParseError("JSON nested without end, not a feed") from None
    except ValueError as error:
        if lines := gdelt.read_lines(text, base_url):
            return lines
        # GDELT escapes characters that JSON does not know.
        try:
            data = json.loads(_BAD_ESCAPE.sub(r"\\\\", text), strict=False)
        except (ValueError, RecursionError):
            raise ParseError(f"broken JSON, not a feed: {error}") from None
    if gdelt.is_artlist(data):
        return gdelt.read(data, base_url)
    if federal_register.is_answer(data):
        return federal_register.read(data, base_url)
    if json_feeds.is_json_feed(data):
        return json_feeds.read(data, base_url)
    if data == {}:
        return Parsed("gdelt", [])  # how the DOC API says that nothing matched
    if lines := gdelt.read_lines(text, base_url):
        return lines
    raise ParseError(what_it_is(text))


def _of_xml(root: Element, base_url: str) -> Parsed:
    kind = {"feed": "atom", "rdf": "rdf", "channel": "cdf"}.get(name(root.tag)[1], "rss")
    channel = _Channel(language_tag(root.get(_XML_LANG)))
    entries = list(_entries(root, channel))
    items = [_item(entry, base_url, channel.language) for entry in entries]
    pace = Pace(channel.ttl, frozenset(channel.skip_hours), frozenset(channel.skip_days))
    return Parsed(kind, items, channel.language, pace)


@dataclass(slots=True)
class _Channel:
    """What is said outside the entries."""

    language: str | None = None
    ttl: int | None = None
    period: int | None = None
    skip_hours: set[int] = field(default_factory=set)
    skip_days: set[int] = field(default_factory=set)

    def note(self, vocabulary: str, local: str, element: Element) -> None:
        text = text_of(element).strip()
        if local == "language" and not self.language:
            self.language = language_tag(text)
        elif local == "ttl" and re.fullmatch(r"\d{1,6}", text):
            self.ttl = max(self.ttl or 0, int(text) * 60)
        elif vocabulary == "sy" and local == "updateperiod":
            self.period = _PERIODS.get(text.lower())
            self.ttl = max(self.ttl or 0, self.period or 0) or None
        elif vocabulary == "sy" and local == "updatefrequency" and re.fullmatch(r"[1-9]\d{0,4}", text) and self.period:
            self.ttl = max(self.period // int(text), 60)
        elif local == "hour" and re.fullmatch(r"\d{1,2}", text):
            self.skip_hours.add(int(text) % 24)
        elif local == "day" and text[:3].lower() in _DAYS:
            self.skip_days.add(_DAYS.index(text[:3].lower()))


def _entries(root: Element, channel: _Channel) -> Iterator[Element]:
    """Yield the entries, outermost only: an ``<item>`` in an item's description is none."""
    stack = [iter(root)]
    while stack:
        child = next(stack[-1], None)
        if child is None:
            stack.pop()
            continue
        vocabulary, local = name(child.tag)
        if local in ("item", "entry") and vocabulary in (CORE, ATOM):
            yield child
            # Where a closing tag is missing, the recovering parser puts the next item into this one.
            stack.append(iter([one for one in child if name(one.tag) == (vocabulary, local)]))
        elif len(child):
            if child.get(_XML_LANG) and not channel.language:
                channel.language = language_tag(child.get(_XML_LANG))
            if vocabulary not in ("media", "xhtml") and local not in ("items", "image", "author", "textinput"):
                stack.append(iter(child))
        else:
            channel.note(vocabulary, local, child)


@dataclass(slots=True)
class _Entry:
    """The children of one entry, sorted by what they are for."""

    titles: dict[str, str] = field(default_factory=dict)
    links: list[tuple[int, str, Element]] = field(default_factory=list)
    dates: dict[str, str] = field(default_factory=dict)
    summaries: dict[str, str] = field(default_factory=dict)
    guid: str | None = None
    language: str | None = None
    outlet: str | None = None


def _item(element: Element, base_url: str, language: str | None) -> FeedItem:
    entry = _Entry(language=language_tag(element.get(_XML_LANG)))
    for child in element:
        _sort(entry, *name(child.tag), child)
    if about := element.get("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"):
        entry.links.append((6, about, element))
    if href := element.get("href") or element.get("HREF"):
        entry.links.append((2, href, element))  # CDF
    for local in ("LASTMOD", "lastmod"):
        if stated := element.get(local):
            entry.dates.setdefault("lastmod", stated)
    return FeedItem(
        _link(entry, base_url),
        next((found for key in (CORE, DC, "media") if (found := plain(entry.titles.get(key)))), None),
        _date(entry),
        summary=next((found for key in _SUMMARIES if (found := plain(entry.summaries.get(key), SUMMARY_LIMIT))), None),
        language=entry.language or language,
        outlet=plain(entry.outlet),
        guid=plain(entry.guid),
    )


def _sort(entry: _Entry, vocabulary: str, local: str, child: Element) -> None:
    own = vocabulary in (CORE, ATOM)
    if local == "title" and (own or vocabulary in (DC, "media")):
        entry.titles.setdefault(CORE if own else vocabulary, text_of(child))
    elif local == "link" and own:
        _note_link(entry, child)
    elif local == "origlink" and vocabulary == "feedburner":
        entry.links.append((9, text_of(child), child))
    elif local in ("guid", "id") and own:
        entry.guid = entry.guid or text_of(child)
        if local == "guid" and (child.get("isPermaLink") or child.get("ispermalink") or "true").lower() != "false":
            entry.links.append((5, text_of(child), child))
    elif local in _DATES and (own or vocabulary == DC):
        entry.dates.setdefault(local, text_of(child))
    elif local in _SUMMARIES and (own or vocabulary in ("content", "media")):
        entry.summaries.setdefault(local, text_of(child)[: SUMMARY_LIMIT * 3])
    elif local == "language" and vocabulary in (CORE, DC):
        entry.language = entry.language or language_tag(text_of(child))
    elif local == "source" and own:
        entry.outlet = entry.outlet or _source_name(child)


def _source_name(source: Element) -> str | None:
    if not len(source):
        return text_of(source)
    return next((text_of(child) for child in source if name(child.tag)[1] == "title"), None)


def _note_link(entry: _Entry, child: Element) -> None:
    """Note a ``<link>``: 1 is the page itself, higher numbers stand in when there is none."""
    href = child.get("href")
    if href is None:
        entry.links.append((1, text_of(child), child))
        return
    relation = (child.get("rel") or "alternate").strip().lower().rsplit("/", 1)[-1]
    if relation == "alternate":
        readable = (child.get("type") or "text/html").lower().startswith(("text/html", "application/xhtml"))
        entry.links.append((2 if readable else 3, href, child))


def _link(entry: _Entry, base_url: str) -> str:
    best: str = ""
    for rank, text, element in sorted(entry.links, key=lambda one: one[0]):
        text = text.strip()
        if not text or (rank >= 5 and not text.lower().startswith(("http://", "https://"))):
            continue
        if rank == 9:
            # FeedBurner's redirects died with its proxy: the publisher's own address stands beside them.
            return web_url(text, base_url) if not best or "feedproxy." in best or "feedburner." in best else best
        if not best:
            base = base_url
            if not text.lower().startswith("http") and element.base:
                base = web_url(element.base, base_url) or base_url
            best = web_url(text, base)
    return best


def _date(entry: _Entry) -> Any:
    for local in _DATES:
        if (stated := entry.dates.get(local)) and (instant := feed_dates.plausible(feed_dates.parse(stated))):
            return instant
    return None
