"""XML without its dangers: bytes of a feed or sitemap become a tree, well-formed or not.

No DTD, no entity, no network: everything before the root element is cut off, so nothing can be defined.
It never says what the tree means.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import lxml.etree as etree

from extractors.feed_bytes import decoded, repaired
from records.errors import ParseError

Element = Any  # lxml publishes no types

ATOM = "atom"
DC = "dc"
CORE = ""
"""The vocabulary of the document itself (RSS of any version, CDF, sitemaps)."""

_ROOT = re.compile(r"<(?:[\w.-]+:)?(rss|feed|rdf|urlset|sitemapindex|channel)(?=[\s>/])", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_HTML = re.compile(r"<!doctype\s+html|<html[\s>]", re.IGNORECASE)
_HEAD = 65_536  # characters before the root element; PHP warnings and licence comments stay far below
_VOCABULARIES = (
    ("w3.org/2005/atom", ATOM),
    ("purl.org/atom", ATOM),
    ("purl.org/dc/", DC),
    ("search.yahoo.com/mrss", "media"),
    ("purl.org/rss/1.0/modules/content", "content"),
    ("purl.org/rss/1.0/modules/syndication", "sy"),
    ("purl.org/rss/1.0/modules", "other"),
    ("google.com/schemas/sitemap-news", "news"),
    ("google.com/schemas/sitemap-image", "image"),
    ("google.com/schemas/sitemap-video", "video"),
    ("rssnamespace.org/feedburner", "feedburner"),
    ("itunes.com", "itunes"),
    ("w3.org/1999/xhtml", "xhtml"),
    ("sitemaps.org", CORE),
    ("google.com/schemas/sitemap", CORE),
    ("purl.org/rss", CORE),
    ("my.netscape.com", CORE),
    ("channel.netscape.com", CORE),
    ("backend.userland.com", CORE),
    ("blogs.law.harvard.edu", CORE),
    ("cyber.law.harvard.edu", CORE),
    ("w3.org/1999/02/22-rdf-syntax", "rdf"),
)
_PREFIXES = {"a10": ATOM, "dcterms": DC, "a": ATOM, "n": "news", "rss": CORE}


@lru_cache(maxsize=4096)
def name(tag: Any) -> tuple[str, str]:
    """Return vocabulary and local name of an element's tag, in small letters; comments have none."""
    if not isinstance(tag, str):
        return "comment", ""
    if tag.startswith("{"):
        space, _, local = tag[1:].partition("}")
        space = space.lower()
        vocabulary = next((short for part, short in _VOCABULARIES if part in space), "other")
        return vocabulary, local.lower()
    # A prefix that was never declared is left in the name by the recovering parser.
    prefix, _, local = tag.rpartition(":")
    return _PREFIXES.get(prefix, prefix.lower()), local.lower()


def text_of(element: Element) -> str:
    """Return all text in ``element``, markup inside it left out."""
    if len(element) == 0:
        return element.text or ""
    return "".join(element.itertext())


def tree(body: bytes, content_type: str | None) -> Element:
    """Return the root element of ``body``, decompressed; what is truncated or ill-formed is read as far as it goes.

    Raises:
        ParseError: it holds no feed and no sitemap; says what it is instead.
    """
    text = decoded(body, content_type)
    head = text[:_HEAD]
    found = _ROOT.search(head)
    if found and "<!--" in head[: found.start()]:
        found = _ROOT.search(_COMMENT.sub(lambda one: " " * len(one[0]), head))
    page = _HTML.search(head)
    if not found or (page and page.start() < found.start()):
        raise ParseError(what_it_is(text))
    text = text[found.start() :]
    try:
        return _parsed(text, recover=False)
    except (etree.XMLSyntaxError, ValueError):
        pass
    try:
        root = _parsed(repaired(text), recover=True)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ParseError(f"XML that cannot be read: {error}") from None
    if root is None:
        raise ParseError("XML that cannot be read: no element survives")
    return root


def _parsed(text: str, *, recover: bool) -> Element:
    parser = etree.XMLParser(
        recover=recover,
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
        huge_tree=False,
        collect_ids=False,
    )
    return etree.fromstring(text.encode("utf-8", "replace"), parser)


def what_it_is(text: str) -> str:
    """Return a sentence saying what ``text`` is, given that it is no feed."""
    start = text.lstrip("\ufeff \t\r\n\x00")
    if not start:
        return "the answer is empty"
    low = start[:_HEAD].lower()
    if _HTML.search(low) or low.startswith(("<head", "<body", "<div", "<script")):
        title = re.search(r"<title[^>]*>\s*([^<]{1,120})", start[:_HEAD], re.IGNORECASE)
        called = f' titled "{title[1].strip()}"' if title else ""
        if 'type="password"' in low or "type='password'" in low:
            return f"an HTML log-in page{called}, not a feed"
        if any(word in low for word in ("captcha", "cf-challenge", "challenge-platform", "just a moment")):
            return f"an HTML page that asks for proof of being human{called}, not a feed"
        return f"an HTML page{called}, not a feed"
    if start.startswith("%PDF"):
        return "a PDF file, not a feed"
    if start.startswith("<"):
        root = re.search(r"<([A-Za-z_][\w:.-]*)", start)
        return f"XML with the root element <{root[1]}>, not a feed or sitemap" if root else "broken XML, not a feed"
    if start[0] in "{[":
        return "JSON of a kind that is not known, not a feed"
    return "plain text or binary data, not a feed"
