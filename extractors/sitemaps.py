"""Sitemaps, news sitemaps and sitemap indexes (sitemaps.org 0.9, Google's news extension) as items.

The children of an index are items too: the caller decides whether to follow them. It never fetches.
"""

from __future__ import annotations

import re

from extractors import feed_dates
from extractors.feed_parts import Parsed, language_tag, plain, web_url
from extractors.feed_xml import CORE, Element, name, text_of
from records.article import FeedItem

INDEX = "sitemap index"
_URL_LINE = re.compile(r"https?://\S+$", re.IGNORECASE)


def read(root: Element, base_url: str) -> Parsed:
    """Return the entries of a ``urlset`` or ``sitemapindex``."""
    index = name(root.tag)[1] == "sitemapindex"
    wanted = "sitemap" if index else "url"
    items = [
        item
        for entry in root.iterdescendants()
        if name(entry.tag) == (CORE, wanted)
        or (name(entry.tag)[1] == wanted and name(entry.tag)[0] == name(root.tag)[0])
        for item in [_item(entry, base_url)]
        if item.url
    ]
    return Parsed(INDEX if index else "sitemap", items)


def read_lines(text: str) -> Parsed | None:
    """Return the URLs of a plain-text sitemap, one a line; None when ``text`` is none."""
    lines = text.split()
    if not lines or not all(_URL_LINE.match(line) for line in lines):
        return None
    return Parsed("sitemap", [FeedItem(web_url(line, line)) for line in lines if web_url(line, line)])


def _item(entry: Element, base_url: str) -> FeedItem:
    url, modified, published, title, language = "", None, None, None, None
    for child in entry.iterdescendants():
        vocabulary, local = name(child.tag)
        if vocabulary == "news":
            if local == "title":
                title = plain(text_of(child))
            elif local == "publication_date":
                published = feed_dates.plausible(feed_dates.parse(text_of(child)))
            elif local == "language":
                language = language_tag(text_of(child))
        elif local == "loc" and child.getparent() is entry:
            url = url or web_url(text_of(child), base_url)
        elif local == "lastmod" and child.getparent() is entry:
            modified = feed_dates.plausible(feed_dates.parse(text_of(child)))
    return FeedItem(url, title, published or modified, language=language)
