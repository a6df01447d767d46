"""What a page says about its article beside title, authors and dates: language, canonical URL, section, tags, image.

It reads the tree that the text is cut from and never fetches; each answer names the place it trusts most.
"""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import urljoin, urlsplit

from extractors.markup import Markup, Node, first_text
from extractors.urls import outlet_of
from records.text import clean


def canonical_of(page: Markup, url: str) -> str | None:
    """Return the page's own canonical URL where it is plausible: http(s), the same site, no front page.

    Pages of a template often name the front page, or the address of a staging host.
    """
    stated = next(
        (link.get("href") for link in page.tree.iter("link") if (link.get("rel") or "").lower() == "canonical"), None
    )
    for candidate in (stated, page.meta("og:url")):
        if not candidate:
            continue
        try:
            full = urljoin(url, candidate.strip())
            parts = urlsplit(full)
        except ValueError:
            continue
        same_site = not url or outlet_of(full) == outlet_of(url)
        own_path = parts.path.strip("/") or parts.query
        if parts.scheme in ("http", "https") and same_site and (own_path or not urlsplit(url).path.strip("/")):
            return clean(full, 2_000)
    return None


def language_of(page: Markup) -> str | None:
    """Return the language that the page states, as a BCP 47 primary tag, or None."""
    root = (
        page.tree.get("lang")
        or page.tree.get("{http://www.w3.org/XML/1998/namespace}lang")
        or page.tree.get("xml:lang")
    )
    stated = page.article.get("inLanguage")
    named = stated.get("alternateName") if isinstance(stated, dict) else stated
    for text in (root, first_text(named), page.meta("content-language", "og:locale", "dc.language", "language")):
        found = re.match(r"\s*([A-Za-z]{2,3})(?![A-Za-z])", text or "")
        if found:
            return {"nb": "no", "nn": "no", "iw": "he", "in": "id"}.get(found[1].lower(), found[1].lower())
    return None


def section_of(page: Markup) -> str | None:
    """Return the section of the outlet that the article stands in, as the page states it."""
    stated = first_text(page.article.get("articleSection")) or page.meta("article:section", "section", "og:section")
    return clean(html.unescape(stated), 100) or None if stated else None


def tags_of(page: Markup) -> tuple[str, ...]:
    """Return the page's own keywords, at most thirty, in its order."""
    stated = (
        page.article.get("keywords")
        or page.metas.get("article:tag")
        or page.metas.get("news_keywords")
        or page.metas.get("keywords")
    )
    texts = stated if isinstance(stated, list) else [stated]
    flat = [one for text in texts if isinstance(text, str) for one in re.split(r"[,;，、]", html.unescape(text))]
    return tuple(dict.fromkeys(tag for one in flat if (tag := clean(one, 100))))[:30]


def image_of(page: Markup, url: str) -> str | None:
    """Return the absolute URL of the article's lead image, or None."""
    stated: Any = page.meta("og:image", "og:image:url", "twitter:image") or page.article.get("image")
    stated = stated[0] if isinstance(stated, list) and stated else stated
    stated = stated.get("url") if isinstance(stated, dict) else stated
    if not isinstance(stated, str):
        return None
    try:
        full = urljoin(url, stated.strip())
        return clean(full, 2_000) if urlsplit(full).scheme in ("http", "https") else None
    except ValueError:
        return None


def body_of(article: Node) -> str:
    """Return the JSON-LD ``articleBody`` as lines of plain text; empty when there is none."""
    stated = first_text(article.get("articleBody")) or ""
    return (
        re.sub(r"<[^>]{0,500}>", "\n", html.unescape(stated)) if "<" in html.unescape(stated) else html.unescape(stated)
    )
