"""Google News searches: RSS whose titles end in the publisher's name and whose links lead through Google.

An item is a hint only: its link is opaque. It never follows one. (Google's terms allow these feeds to personal,
non-commercial readers only, so the sources that ship are off.)
"""

from __future__ import annotations

from dataclasses import replace

from extractors import feeds
from extractors.feed_parts import Parsed
from records.article import FeedItem


def read(body: bytes, content_type: str | None, base_url: str) -> Parsed:
    """Return the items of a search; each title without its publisher, which stands in ``outlet``.

    Raises:
        ParseError: it is no feed.
    """
    parsed = feeds.document(body, content_type, base_url)
    return replace(parsed, items=[_named(item) for item in parsed.items])


def _named(item: FeedItem) -> FeedItem:
    title, mark, publisher = (item.title or "").rpartition(" - ")
    if not mark or not title or (item.outlet and publisher.casefold() != item.outlet.casefold()):
        return item
    return replace(item, title=title, outlet=item.outlet or publisher)
