"""What every discovery parser shares: the result of reading one document, and how its strings become text and URLs.

Pure; knows no format.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urljoin

from records.article import FeedItem
from records.text import clean

SUMMARY_LIMIT = 1000
"""Characters of an item's description that are kept: enough for a topic filter."""

# The names that HTML has for what may stand in a headline; `Vec<T>` and `<3` are text and stay.
_TAG = re.compile(
    r"<!--.*?-->|</?(?:a|abbr|acronym|address|article|aside|audio|b|base|bdi|bdo|big|blink|blockquote|body|br|button|center"
    r"|cite|code|dd|del|dfn|div|dl|dt|em|embed|figcaption|figure|font|footer|form|h[1-6]|head|header|hr|html|i|iframe|img"
    r"|input|ins|kbd|label|li|link|main|mark|meta|nobr|noscript|object|ol|p|picture|pre|q|s|samp|script|section|small"
    r"|source|span|strike|strong|style|sub|sup|svg|table|tbody|td|th|thead|time|tr|tt|u|ul|var|video|wbr)(?:\s[^<>]*)?/?>",
    re.IGNORECASE | re.DOTALL,
)
_CUT_TAG = re.compile(r"<[^<>]*$")
_BREAKING = re.compile(r"(?=</?(?:br|p|div|li|tr|h[1-6])\b)", re.IGNORECASE)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*$")
_UNWANTED_IN_URL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Pace:
    """How often the publisher asks to be polled.

    Attributes:
        ttl: seconds for which an answer is fresh (RSS ``ttl``, ``sy:updatePeriod``); None when nothing is said.
        skip_hours: hours of the day in UTC, 0 to 23, without news.
        skip_days: days of the week without news, 0 is Monday.
    """

    ttl: int | None = None
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()


NO_WISHES = Pace()


@dataclass(frozen=True, slots=True)
class Parsed:
    """What one document of a source says.

    Attributes:
        format: ``rss``, ``rdf``, ``atom``, ``cdf``, ``jsonfeed``, ``sitemap``, ``sitemap index``, ``gdelt``, ...
        items: in document order. An entry that names no page has an empty ``url``.
        language: that the document states for all of it.
        pace: the publisher's wishes.
        next: URL of the next page of the same answer, where the format has pages.
    """

    format: str
    items: list[FeedItem]
    language: str | None = None
    pace: Pace = NO_WISHES
    next: str | None = None


def plain(text: str | None, limit: int = 300) -> str | None:
    """Return ``text`` (perhaps HTML, perhaps escaped twice) as one line of plain text, or None when nothing is left."""
    if not text:
        return None
    text = text[: limit * 3]
    for _ in range(2):
        if "<" in text:
            text = _TAG.sub("", _BREAKING.sub(" ", text))
        if "&" not in text:
            break
        text = html.unescape(text)
    if "<" in text:
        text = _TAG.sub("", text)
        if len(text) > limit:
            text = _CUT_TAG.sub("", text)
    return clean(text, limit) or None


def web_url(text: str | None, base: str) -> str:
    """Return ``text`` as an absolute http(s) URL, or the empty string when it is none."""
    if not text:
        return ""
    url = _UNWANTED_IN_URL.sub("", text.strip()).replace(" ", "%20")
    if not url or len(url) > 4000:
        return ""
    head = url[:8].lower()
    try:
        if not head.startswith(("http://", "https://")):
            url = urljoin(base, url)
        return url if re.match(r"https?://[^/?#\s]", url, re.IGNORECASE) else ""
    except ValueError:
        return ""


@lru_cache(maxsize=1024)
def language_tag(text: str | None) -> str | None:
    """Return ``text`` as a BCP 47 tag (``en-us``, ``pt_BR`` and ``zh-CN`` occur), or None when it is none."""
    if not text or not _LANGUAGE.match(text.strip()):
        return None
    first, *rest = re.split("[-_]", text.strip())
    return "-".join([first.lower(), *(part.upper() if len(part) == 2 else part for part in rest)])
