"""Cuts the article out of a page: text by trafilatura, everything else from the same tree.

The only importer of trafilatura. It never fetches, never keeps state between pages, and never lets a page raise.
"""

from __future__ import annotations

import hashlib
import logging
from datetime import datetime
from importlib.metadata import version

import trafilatura
from trafilatura.settings import Extractor

from extractors import access, dates, furniture, metadata
from extractors.charset import decode
from extractors.language import language_of
from extractors.markup import Element, Markup, parse
from records.article import Access, Article
from records.text import clean, clean_text

__all__ = ["decode", "extract"]

EXTRACTOR = f"govwatch-1 trafilatura-{version('trafilatura')} precision"
"""What `Article.extractor` says: this module's own version, trafilatura's, and the settings."""

LARGEST = 20_000_000
"""Bytes of a page that are read; the largest real article pages stay under 10 MB."""

# Under this many characters the fast pass may have missed the article: try again with trafilatura's fallbacks.
_SHORT = 600

# Outcomes are values here: what trafilatura would log about a page is in the article's access and reason.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)


def extract(html: bytes, url: str, content_type: str | None = None, *, now: datetime | None = None) -> Article:
    """Return the article that a page holds.

    Never raises for what a page contains: a page that holds no article comes back with `Access.NOT_ARTICLE` and the
    reason. All strings have passed `records.text`.

    Args:
        html: the page's bytes, decompressed.
        url: where it was fetched, after redirects; empty when unknown.
        content_type: the Content-Type header as sent, or None.
        now: when given, dates more than two days later than it are refused.
    """
    url = url or ""  # seeds and scorers have pages without an address
    digest = hashlib.sha256(html).hexdigest()
    blank = Article(
        clean(url, 4_000), "", "", outlet=clean(metadata.outlet_of(url)), extractor=EXTRACTOR, raw_hash=digest
    )
    if why := access.unreadable(html, LARGEST):
        return _without(blank, why)
    tree = parse(decode(html, content_type))
    if tree is None:
        return _without(blank, "the page holds no markup")
    try:
        return _read(tree, blank, now)
    except (RecursionError, MemoryError) as error:
        return _without(blank, f"the page's markup cannot be worked on ({type(error).__name__})")


def _read(tree: Element, blank: Article, now: datetime | None) -> Article:
    url = blank.url
    page = Markup.read(tree, url)
    canonical = metadata.canonical_of(page, url)
    outlet = blank.outlet or metadata.outlet_of(canonical or "")
    title = metadata.title_of(page, outlet)
    published = dates.published(page, url or canonical or "", now)
    modified = dates.modified(page, now)
    text = clean_text(_text(page, title))
    verdict, reason = access.judge(page, url, title, text, dated=published is not None)
    return Article(
        url=url,
        title=title,
        text=text,
        authors=metadata.authors_of(page, outlet),
        published=published.instant if published else None,
        modified=modified.instant if modified else None,
        published_from=published.place if published else None,
        published_raw=published.raw if published else None,
        language=language_of(text, metadata.language_of(page)),
        outlet=outlet,
        outlet_name=metadata.outlet_name(page),
        canonical_url=canonical,
        section=metadata.section_of(page),
        tags=metadata.tags_of(page),
        image=metadata.image_of(page, url),
        access=verdict,
        access_reason=reason,
        extractor=blank.extractor,
        raw_hash=blank.raw_hash,
    )


def _text(page: Markup, title: str) -> str:
    """Return the article's lines."""
    lines = _lines(page.tree, fast=True)
    if sum(map(len, lines)) < _SHORT:
        slow = _lines(page.tree, fast=False)
        lines = slow if sum(map(len, slow)) > sum(map(len, lines)) else lines
    body = metadata.body_of(page.article)
    if furniture.is_whole(body, lines):
        wide = lines if furniture.covers(lines, body) else _lines(page.tree, fast=True, wide=True)
        lines = furniture.within(wide, body) or lines
    return "\n".join(furniture.without(lines, title))


def _lines(tree: Element, *, fast: bool, wide: bool = False) -> list[str]:
    options = Extractor(
        output_format="python",
        fast=fast,
        precision=not wide,
        recall=wide,
        comments=False,
        tables=True,
        with_metadata=False,
    )
    try:
        found = trafilatura.bare_extraction(tree, options=options)
    except Exception:
        # Foreign code over hostile markup: an empty text is the outcome, and the access says so.
        return []
    text: str = getattr(found, "text", None) or ""
    return [line for line in text.split("\n") if line.strip()]


def _without(blank: Article, reason: str) -> Article:
    return Article(
        blank.url, "", "", outlet=blank.outlet, access=Access.NOT_ARTICLE, access_reason=reason,
        extractor=blank.extractor, raw_hash=blank.raw_hash,
    )  # fmt: skip
