"""The feeds and sitemaps that a web page names: ``<link rel="alternate">`` first, then links that look like feeds.

It proposes addresses and never tries one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from resiliparse.parse.html import HTMLTree

from extractors.feed_bytes import decoded, unzipped
from extractors.feed_parts import plain, web_url
from records.errors import ParseError

_FEED_TYPE = re.compile(
    r"application/(?:rss|atom|rdf|feed)\+(?:xml|json)|application/json\+feed|text/xml", re.IGNORECASE
)
_FEED_LINK = re.compile(
    r"(?:/(?:rss|feed|atom)s?/?|\.(?:rss|rdf|atom)|/(?:rss|feed|atom|index)\.(?:xml|json))$", re.IGNORECASE
)
_COMMENTS = re.compile(r"comment", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A feed or sitemap that a page names: its address, what the page calls it, and the kind of source it would be."""

    url: str
    title: str | None
    kind: str


def feeds_named_by(body: bytes, content_type: str | None, base_url: str) -> list[Candidate]:
    """Return the feeds and sitemaps that the page ``body`` names, the likeliest first; none when it is no page."""
    try:
        text = decoded(unzipped(body), content_type)
    except ParseError:
        return []
    if "<" not in text:
        return []
    document: Any = HTMLTree.parse(text).document
    found: dict[str, Candidate] = {}
    for link in document.query_selector_all("link[href]"):
        relation, kind = (link.getattr("rel") or "").lower().split(), link.getattr("type") or ""
        if "sitemap" in relation:
            _note(found, link, base_url, "sitemap")
        elif "alternate" in relation and _FEED_TYPE.fullmatch(kind.strip()):
            _note(found, link, base_url, "feed")
    for link in document.query_selector_all("a[href]"):
        if _FEED_LINK.search((link.getattr("href") or "").split("?")[0]):
            _note(found, link, base_url, "feed")
    return sorted(found.values(), key=lambda one: bool(_COMMENTS.search(f"{one.url} {one.title or ''}")))


def _note(found: dict[str, Candidate], link: Any, base_url: str, kind: str) -> None:
    if url := web_url(link.getattr("href"), base_url):
        found.setdefault(url, Candidate(url, plain(link.getattr("title") or link.text), kind))
