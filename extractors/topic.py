"""Whether an item of a broad source is worth fetching: keywords in its title, its summary or its address.

A decision about hints only; the article's text is matched elsewhere. It fails open: an item that shows no words at all
is let through.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from records.article import FeedItem

# Scripts that write words without spaces between them: there a keyword may stand anywhere.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
# Korean particles and Arabic articles, prefixes and endings cling to the word: only its beginning (Korean) or nothing
# (Arabic) can be required to stand free.
_CLINGING = re.compile("[\u0590-\u06ff\uac00-\ud7af]")
_WORDLIKE = re.compile(r"[^\W\d_]{2,}")


def matches_topic(item: FeedItem, keywords: tuple[str, ...]) -> bool:
    """Whether ``item`` holds one of ``keywords``, in small or capital letters, with or without accents.

    A keyword in a script with spaces must stand as a word of its own (``AI`` is not in "said"); ``*`` at its end lets
    the word go on (``regulat*``). No keywords: everything is wanted. An item without title and summary is judged by its
    address, and wanted when that shows no words either (``/a/2026/8812.html``).
    """
    if not keywords:
        return True
    pattern = _pattern(keywords)
    shown = " ".join(part for part in (item.title, item.summary) if part)
    if shown and pattern.search(_fold(shown)):
        return True
    address = _words_of(item.url)
    if pattern.search(_fold(address)):
        return True
    return not shown and not _tells(address)


def _words_of(url: str) -> str:
    """Return the path of ``url`` as words: ``/tech/ai-act_passed.html`` becomes ``tech ai act passed``."""
    path = unquote(urlsplit(url).path)
    return re.sub(r"[-_/.+%]+", " ", re.sub(r"\.[a-z]{2,5}$", "", path)).strip()


def _tells(address: str) -> bool:
    """Whether an address holds a slug: three words in a row are more than sections and file names show."""
    return len(_WORDLIKE.findall(address)) >= 4


def _fold(text: str) -> str:
    text = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in text if not unicodedata.combining(char))


@lru_cache(maxsize=256)
def _pattern(keywords: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(_one(keyword) for keyword in sorted(keywords, key=len, reverse=True)))


def _one(keyword: str) -> str:
    goes_on = keyword.endswith("*")
    word = r"[\s\-‐-―]+".join(re.escape(part) for part in _fold(keyword.rstrip("*")).split())
    if _UNSPACED.search(keyword) or _CLINGING.search(keyword):
        return word
    # CJK text writes "AI" without spaces around it, so only Latin letters and digits end a Latin word.
    letters = "A-Za-z0-9\u0370-\u052f"
    return rf"(?<![{letters}]){word}" + ("" if goes_on else rf"(?![{letters}])")
