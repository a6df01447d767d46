"""Cuts the article out of a page: text by trafilatura, everything else from the same tree.

The only importer of trafilatura. It never fetches, never keeps state between pages, and never lets a page raise.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import replace
from datetime import datetime
from importlib.metadata import version

import trafilatura
from lxml.etree import strip_elements
from trafilatura.settings import Extractor

from extractors import access, dates, embedded, furniture, metadata, titles
from extractors.authors import authors_of
from extractors.charset import decode
from extractors.language import language_of
from extractors.markup import Element, Markup, parse, text_of
from extractors.sites import NO_RULES, Site, Sites
from extractors.urls import outlet_of
from records.article import Access, Article
from records.text import clean, clean_text

__all__ = ["decode", "extract"]

EXTRACTOR = f"govwatch-2 trafilatura-{version('trafilatura')} precision"
"""What `Article.extractor` says: this module's own version, trafilatura's, and the settings."""

LARGEST = 20_000_000
"""Bytes of a page that are read; the largest real article pages stay under 10 MB."""

# Under this many characters the fast pass may have missed the article: try again with trafilatura's fallbacks.
_SHORT = 600
# Under this many characters, and this share of what stands in the page's <p>, most of an article may be missing.
_SUSPECT, _SHARE = 3_000, 0.35
# Under this many characters, data beside the markup is a teaser too.
_LEAST = 400

# Outcomes are values here: what trafilatura would log about a page is in the article's access and reason.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)


def extract(
    html: bytes, url: str, content_type: str | None = None, *, now: datetime | None = None, sites: Sites = NO_RULES
) -> Article:
    """Return the article that a page holds.

    Never raises for what a page contains: a page that holds no article comes back with `Access.NOT_ARTICLE` and the
    reason. All strings have passed `records.text`.

    Args:
        html: the page's bytes, decompressed.
        url: where it was fetched, after redirects; empty when unknown.
        content_type: the Content-Type header as sent, or None.
        now: when given, dates more than two days later than it are refused.
        sites: rules for the pages of single sites.
    """
    url = url or ""  # seeds and scorers have pages without an address
    digest = hashlib.sha256(html).hexdigest()
    site = sites.of(url)
    made_by = f"{EXTRACTOR} {site.mark}" if site else EXTRACTOR
    blank = Article(clean(url, 4_000), "", "", outlet=clean(outlet_of(url)), extractor=made_by, raw_hash=digest)
    if why := access.unreadable(html, LARGEST):
        return _without(blank, why)
    page = decode(html, content_type)
    if why := access.overloaded(page):
        return _without(blank, why)
    tree = parse(page)
    if tree is None:
        return _without(blank, "the page holds no markup")
    try:
        return _read(tree, blank, now, site)
    except (RecursionError, MemoryError) as error:
        return _without(blank, f"the page's markup cannot be worked on ({type(error).__name__})")


def _read(tree: Element, blank: Article, now: datetime | None, site: Site | None) -> Article:
    url = blank.url
    page = Markup.read(tree, url)
    # What no reader sees is read by now; every later walk and copy is cheaper without it.
    strip_elements(tree, "script", "style", "svg", "template", with_tail=False)
    # Whoever wrote a rule that finds the text here knows better than a count of links.
    if (why := access.too_much(page)) and not (site and site.lines(tree)):
        return replace(_without(blank, why), title=titles.title_of(page, blank.outlet))
    # lxml makes a Python object for an element each time a walk meets it, and forgets it after: while this list holds
    # them all, every later walk finds them made. A tenth of the time of a page (measured 2026-11).
    alive = list(tree.iter())
    canonical = metadata.canonical_of(page, url)
    outlet = blank.outlet or outlet_of(canonical or "")
    title = (site.title(tree) if site else "") or titles.title_of(page, outlet)
    published = (site.published(tree, now) if site else None) or dates.published(page, url or canonical or "", now)
    modified = dates.modified(page, now)
    authors = (site.authors(tree) if site else ()) or authors_of(page, outlet)
    stub = site.stub(tree) if site else ""
    lines, text_reason = _text(page, title, site)
    text = clean_text("\n".join(lines))
    verdict, reason = access.judge(page, url, title, text, dated=published is not None)
    if stub and verdict is Access.FULL:
        verdict, reason = Access.STUB, stub
    del alive
    return Article(
        url=url,
        title=title,
        text=text,
        authors=authors,
        published=published.instant if published else None,
        modified=modified.instant if modified else None,
        published_from=published.place if published else None,
        published_raw=published.raw if published else None,
        language=language_of(text, metadata.language_of(page)),
        outlet=outlet,
        outlet_name=titles.outlet_name(page),
        canonical_url=canonical,
        section=metadata.section_of(page),
        tags=metadata.tags_of(page),
        image=metadata.image_of(page, url),
        access=verdict,
        access_reason=reason,
        extractor=blank.extractor,
        raw_hash=blank.raw_hash,
        text_reason=text_reason,
    )


def _text(page: Markup, title: str, site: Site | None) -> tuple[list[str], str]:
    """Return the article's lines without furniture, and why this reading of the page was chosen."""
    if site:
        site.drop(page.tree)
        if kept := site.lines(page.tree):
            return kept, f"what the rule for {site.rule.site} keeps"
    lines, reason = _main_lines(page.tree)
    body = metadata.body_of(page.article)
    if furniture.is_whole(body, lines):
        wide = lines if furniture.covers(lines, body) else _lines(page.tree, "recall")
        if inside := furniture.within(wide, body, _keys(page.tree, "h2", "h3", "h4")):
            wider = "" if wide is lines else " of a wide cut"
            lines, reason = inside, f"lines{wider} that the page's articleBody holds"
    if (length := _length(lines)) < _SHORT:
        # Nothing, or a teaser, in the markup: a page that a browser builds holds its text as data.
        for place, data in (("embedded data", embedded.lines_of(page.blobs)), ("articleBody", _paragraphs(body))):
            if _length(data) > max(_LEAST, 2 * length):
                lines, reason = data, f"the page's {place}: its markup shows {length:,} characters"
                break
    return furniture.without(
        [_plain_row(line) for line in lines], title, _keys(page.tree, "a", least=furniture.SHORTEST_TEASER)
    ), reason


def _main_lines(tree: Element) -> tuple[list[str], str]:
    """Return what trafilatura takes for the article: the quick cut, a second opinion where it is short or odd."""
    lines, reason = _lines(tree, "precision"), ""
    length = _length(lines)
    if length < _SHORT:
        slow = _lines(tree, "precision", fast=False)
        if _length(slow) > length:
            reason = f"the thorough cut: the quick one gave {length:,} characters"
            lines, length = slow, _length(slow)
    if length < _SUSPECT and length < _SHARE * (shown := sum(len(text_of(one)) for one in tree.iter("p"))):
        broad = _lines(tree, "balanced", fast=False)
        if _length(broad) > 2 * length:
            reason = f"the broad cut: the narrow one gave {length:,} of {shown:,} characters in paragraphs"
            lines = broad
    return lines, reason


def _length(lines: list[str]) -> int:
    return sum(map(len, lines))


def _paragraphs(body: str) -> list[str]:
    return [line for one in body.split("\n") if (line := " ".join(one.split()))]


def _keys(tree: Element, *tags: str, least: int = 0) -> set[str]:
    """Return the keys of all texts of ``least`` characters in elements of ``tags``, but for links within the page."""
    texts = (text_of(one) for one in tree.iter(*tags) if not (one.get("href") or "").startswith("#"))
    return {furniture.key(text) for text in texts if len(text) >= least}


def _plain_row(line: str) -> str:
    """Return a row of a table as trafilatura marks it up ("| a | b |") as plain text."""
    if not line.lstrip().startswith("|"):
        return line
    return " ".join(cell for one in line.replace("\\|", "|").split("|") if (cell := one.strip(" -")))


def _lines(tree: Element, focus: str, *, fast: bool = True) -> list[str]:
    options = Extractor(
        output_format="python",
        fast=fast,
        precision=focus == "precision",
        recall=focus == "recall",
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
    return replace(blank, access=Access.NOT_ARTICLE, access_reason=reason)
