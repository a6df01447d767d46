"""HTML listings: the links of a page that lists articles, chosen by a source's CSS selector or link pattern.

A link's title is its text (or its ``title`` attribute), its date the one that stands beside it. No script is run, and
a page that lists nothing the source asks for is an error: silence would hide a redesign.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from resiliparse.parse.html import HTMLTree

from extractors import feed_dates
from extractors.feed_bytes import decoded, unzipped
from extractors.feed_parts import Parsed, plain, web_url
from extractors.urls import canonical
from records.article import FeedItem
from records.errors import ParseError

Node = Any  # resiliparse publishes no types for its elements

_MOST_LINKS = 2_000
_CLIMB = 4  # parents of a link that may hold its date: h3 > div > li is usual
_DATE = re.compile(
    r"(?:19|20)\d\d\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}|\d{1,2}\.?\s+[^\W\d_]{3,10}\.?,?\s+(?:19|20)\d\d"
    r"|[^\W\d_]{3,10}\.?\s+\d{1,2},?\s+(?:19|20)\d\d|\d{1,2}[./]\d{1,2}[./](?:19|20)\d\d"
)
_DATE_IN_URL = re.compile(r"/(20\d\d)[-/]?(\d\d)[-/]?(\d\d)(?=[/_-]|\b)")
_SHORT = 8  # characters: "more", "Home" and page numbers are shorter than any headline
_ONE_ENTRY = ("li", "article", "tr")  # elements that hold one entry, links to its section and author too
_PAGE_PARTS = ("nav", "header", "footer", "aside", "form")


def read(
    body: bytes, content_type: str | None, base_url: str, *, selector: str | None = None, pattern: str | None = None
) -> Parsed:
    """Return the links of a listing, each once, in the order of the page.

    Args:
        body: the bytes as they came.
        content_type: the Content-Type header, for its charset.
        base_url: where the bytes came from, after redirects.
        selector: CSS selector of the links, or of elements that hold them; None takes every link.
        pattern: regular expression that the absolute link matches in full; None takes every selected link.
            With neither, links are taken that stand beside a date, or, where none does, that read like headlines.

    Raises:
        ParseError: no link of the page is what was asked for.
    """
    text = decoded(unzipped(body), content_type)
    if "<" not in text:
        raise ParseError("plain text or nothing at all, not an HTML listing")
    document: Node = HTMLTree.parse(text).document
    base = base_url
    if root := document.query_selector("base[href]"):
        base = web_url(root.getattr("href"), base_url) or base_url
    links = list(_links(document, selector))[:_MOST_LINKS]
    wanted = re.compile(pattern) if pattern else None
    chosen = [(link, web_url(link.getattr("href"), base)) for link in links]
    chosen = [(link, url) for link, url in chosen if url and (wanted is None or wanted.fullmatch(url))]
    items = _items(chosen)
    if selector is None and pattern is None:
        items = _likely(items, chosen, base)
    if not items:
        asked = f"selector {selector!r}" if selector else f"link_pattern {pattern!r}" if pattern else "no rule"
        raise ParseError(f"an HTML page with {len(links)} links, none of which {asked} takes: was the page redesigned?")
    return Parsed("listing", items)


def _links(document: Node, selector: str | None) -> Iterable[Node]:
    if selector is None:
        yield from document.query_selector_all("a[href]")
        return
    for found in document.query_selector_all(selector):
        if found.tag == "a":
            yield found
        else:
            yield from found.query_selector_all("a[href]")


def _items(chosen: list[tuple[Node, str]]) -> list[FeedItem]:
    seen = {id(link): canonical(url) for link, url in chosen}
    items: dict[str, FeedItem] = {}
    for link, url in chosen:
        key = seen[id(link)]
        title = plain(link.getattr("title") or link.text)
        published = _date(link, url)
        before = items.get(key)
        # A teaser links one article twice or thrice: by its picture, its headline and "read more".
        if before is not None:
            title = max(before.title or "", title or "", key=len) or None
            published = before.published or published
            url = before.url
        items[key] = FeedItem(url, title, published)
    return list(items.values())


def _date(link: Node, url: str) -> Any:
    node = link
    for _ in range(_CLIMB):
        stamps = node.query_selector_all("time[datetime]")
        stated = [one.getattr("datetime") for one in stamps] or _DATE.findall(node.text[:2000])
        if len(stated) == 1 and (found := feed_dates.plausible(feed_dates.parse(stated[0]))):
            return found
        node = node.parent
        if node is None or node.tag in (None, "body", "html"):
            break
        if node.tag not in _ONE_ENTRY and _holds_others(node, link):
            break
    if named := _DATE_IN_URL.search(url):
        return feed_dates.plausible(feed_dates.parse("-".join(named.groups())))
    return None


def _holds_others(node: Node, link: Node) -> bool:
    """Whether ``node`` holds links to other pages than ``link``: a date in it may then belong to another one."""
    own = str(link.getattr("href"))
    others = [one for one in node.query_selector_all("a[href]") if one.getattr("href") != own]
    return bool(others)


def _likely(items: list[FeedItem], chosen: list[tuple[Node, str]], base: str) -> list[FeedItem]:
    """Return the links that read like headlines: those beside a date, or else long ones outside of menus."""
    dated = [item for item in items if item.published and len(item.title or "") >= _SHORT]
    if dated:
        return dated
    menu = {canonical(url) for link, url in chosen if _in_page_part(link)}
    return [
        item
        for item in items
        if len((item.title or "").split()) >= 4
        and canonical(item.url) not in menu
        and canonical(item.url) != canonical(base)
    ]


def _in_page_part(link: Node) -> bool:
    node = link.parent
    while node is not None and node.tag:
        if node.tag in _PAGE_PARTS:
            return True
        node = node.parent
    return False
