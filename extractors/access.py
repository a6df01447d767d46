"""How much of an article a page shows: all of it, a stub, a consent wall, or none because it is no article.

It judges what was extracted and never changes it; every verdict but FULL comes with its reason.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from extractors.markup import Markup, text_of, types_of
from records.article import Access

_SHORTEST = 140  # letters: news in brief of two sentences is an article, a menu is not
_STUB = 1_200  # characters below which a page that says it is not free is taken for its teaser
_WALL = re.compile(
    r"paywall|regwall|piano-(?:container|offer|inline)|subscribe-wall|metered|premium-(?:wall|teaser|content-locked)|"
    r"subscriber-only|tp-container|article-locked|content-gate",
    re.IGNORECASE,
)
_CONSENT = re.compile(
    r"before you continue|cookie consent|we (?:value|respect) your privacy|your privacy (?:choices|matters)|"
    r"consent management|accept (?:all )?cookies|avant de continuer|cookies? akzeptieren|mit werbung weiterlesen|"
    r"privacy settings|zustimmung",
    re.IGNORECASE,
)
_ERROR = re.compile(
    r"^\W*(?:(?:error\s*)?(?:404|403|410|500|502|503)\b|page not found|not found|access denied|forbidden|just a moment|"
    r"attention required|are you a robot|service unavailable|seite nicht gefunden|page introuvable|"
    r"página no encontrada)",
    re.IGNORECASE,
)
_ASK = re.compile(
    r"(?:subscribe|sign in|log in|register|jetzt abonnieren|weiterlesen mit|s'abonner|suscríbete|abonnez-vous)"
    r"[^.\n]{0,60}(?:continue|read|article|full|lesen|lire|leer|suite)|(?:reserved|only) for (?:our )?subscribers|"
    r"réservé aux abonnés",
    re.IGNORECASE,
)
_LISTING_TYPES = frozenset({"CollectionPage", "SearchResultsPage", "ProfilePage", "ItemList"})
_MOST_ELEMENTS = 120_000  # the longest live blogs and law texts seen have 60,000
_MANY_LINKS = 40
_LISTING_SHARE = 0.85
_TEXT_TAGS = ("a", "b", "blockquote", "dd", "div", "em", "h1", "h2", "h3", "h4", "i", "li", "p", "span", "strong", "td")
_BINARY = re.compile(
    rb"^(?:%PDF|\x89PNG|GIF8|\xff\xd8\xff|PK\x03\x04|\x1f\x8b|RIFF|\x7fELF|\x00\x00\x00.ftyp|BM|ID3|OggS)"
)
# libxml2 keeps the attributes of a tag as a list that it walks for each new one: a tag with 100,000 of them takes it a
# minute (measured 2026-11), one with 1,000 a millisecond. The patterns are possessive: each tag is read once.
_MOST_ATTRIBUTES = 1_000
_BOMB = re.compile(
    r"""<[a-zA-Z][^\s/>]*+(?:[\s/]++[^\s/>=]++(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>]*+))?+){"""
    f"{_MOST_ATTRIBUTES}}}"
)
_SCRIPT = re.compile(r"<(script|style)\b.*?</\1|<!--.*?-->", re.IGNORECASE | re.DOTALL)


def unreadable(data: bytes, largest: int) -> str | None:
    """Return why ``data`` cannot be a page, or None when it may be one."""
    if not data.strip():
        return "the page is empty"
    if len(data) > largest:
        return f"the page has {len(data):,} bytes; at most {largest:,} are read"
    if _BINARY.match(data):
        return "the bytes are a binary file, not a page"
    return None


def overloaded(text: str) -> str | None:
    """Return why a page's markup must not be parsed: a tag with so many attributes that parsing it takes minutes."""
    if not _BOMB.search(text):
        return None
    # In a script, "a <b and a thousand words" is no tag: look again without scripts and comments.
    if not _BOMB.search(_SCRIPT.sub("", text)):
        return None
    return f"a tag of the page has more than {_MOST_ATTRIBUTES:,} attributes"


def too_much(page: Markup) -> str | None:
    """Return why a page is not worth cutting: too many elements, or hardly anything but links."""
    count = int(page.tree.xpath("count(//*)"))  # libxml2 counts a hundred times faster than Python makes objects
    if count > _MOST_ELEMENTS:
        return f"the page has {count:,} elements; at most {_MOST_ELEMENTS:,} are read"
    if page.article or _says_article(page):
        return None
    links = [element for element in page.tree.iter("a") if element.get("href")]
    if len(links) < _MANY_LINKS:
        return None
    linked = sum(len(text_of(link)) for link in links)
    everything = sum(len(piece.strip()) for piece in page.tree.itertext(*_TEXT_TAGS))
    if linked >= _LISTING_SHARE * everything:
        return f"a listing: {len(links):,} links and little else"
    return None


def _says_article(page: Markup) -> bool:
    return (page.meta("og:type") or "").lower() == "article"


def judge(page: Markup, url: str, title: str, text: str, *, dated: bool) -> tuple[Access, str]:
    """Return how whole ``text`` is, and why (empty for FULL)."""
    letters = _weight(text)
    if _ERROR.match(title) and letters < 600:
        return Access.NOT_ARTICLE, f"an error page: {title[:80]}"
    if _is_consent(title, text, letters):
        return Access.CONSENT, "a consent page in place of the article"
    if why := _why_stub(page, text, letters):
        return Access.STUB, why
    if letters < _SHORTEST and not (page.article and letters > 60):
        return Access.NOT_ARTICLE, "no text to speak of" if not letters else f"only {letters} characters of text"
    if letters == len(text) > 50 * len(text.split()):
        return Access.NOT_ARTICLE, "the text has no words"
    if why := _why_listing(page, url, dated):
        return Access.NOT_ARTICLE, why
    return Access.FULL, ""


def _weight(text: str) -> int:
    """Return the length of ``text`` in Latin characters: an ideograph or a syllable block says as much as three."""
    return len(text) + 2 * sum("\u2e80" <= character <= "\ud7ff" for character in text[:2_000])


def _is_consent(title: str, text: str, letters: int) -> bool:
    if letters > 2_500:
        return False
    return bool(_CONSENT.search(title) or len(_CONSENT.findall(text)) > 1 or (letters < 600 and _CONSENT.search(text)))


def _why_stub(page: Markup, text: str, letters: int) -> str | None:
    paid = str(page.article.get("isAccessibleForFree", "")).lower() == "false" or (
        (page.meta("article:content_tier") or "").lower() in ("locked", "metered") and letters < _STUB
    )
    words = page.article.get("wordCount")
    stated = int(words) if isinstance(words, int) or (isinstance(words, str) and words.isdigit()) else 0
    if stated > 100 and len(text.split()) * 3 < stated and letters < 3_000:
        return f"{len(text.split())} of {stated} words are shown"
    if paid and letters < _STUB:
        return "the page says that it is not free, and shows only its beginning"
    if letters < _STUB and _ASK.search(text[-400:]):
        return "the text ends in a call to subscribe"
    if letters < _STUB // 2 and text and _has_wall(page):
        return "a paywall stands behind the beginning"
    return None


def _has_wall(page: Markup) -> bool:
    return any(
        _WALL.search(f"{element.get('class') or ''} {element.get('id') or ''}")
        for element in page.tree.iter("div", "section", "aside")
    )


def _why_listing(page: Markup, url: str, dated: bool) -> str | None:
    if page.article:
        return None
    path = urlsplit(url).path.strip("/") if "://" in url[:10] else "unknown"
    if not path and not urlsplit(url).query:
        return "a front page"
    listed = {kind for node in page.nodes[:3] for kind in types_of(node)} & _LISTING_TYPES
    if listed and not _says_article(page) and not dated:
        return f"a listing ({', '.join(sorted(listed))})"
    return None
