"""Bing News searches: RSS whose links lead through Bing and name the article in a parameter.

It never follows a link: the article's own address is read out of it.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

from extractors import feeds
from extractors.feed_parts import Parsed, web_url
from extractors.urls import outlet_of
from records.article import FeedItem


def read(body: bytes, content_type: str | None, base_url: str) -> Parsed:
    """Return the items of a search with the publishers' own links.

    Raises:
        ParseError: it is no feed.
    """
    parsed = feeds.document(body, content_type, base_url)
    return replace(parsed, items=[_direct(item) for item in parsed.items])


def _direct(item: FeedItem) -> FeedItem:
    parts = urlsplit(item.url)
    if not (parts.hostname or "").endswith("bing.com") or "apiclick" not in parts.path:
        return item
    target = web_url(next(iter(parse_qs(parts.query).get("url", [])), None), item.url)
    return replace(item, url=target, outlet=item.outlet or outlet_of(target)) if target else item
