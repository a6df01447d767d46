"""The headline of a page, less the outlet's name; and what the outlet is called.

It reads the head and the headings, never the text; names are compared without marks, spaces and case.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

from extractors.markup import Markup, first_text
from records.text import clean

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3"
# The last alternative: Chinese and Japanese portals set their name off by a dash or a colon without spaces.
_SEPARATOR = re.compile(
    rf"\s+(?:[|•·»›–—:-]|::|\|\|)\s+|\s*[|｜_]\s*|\s+-\s*$|\s*(?:--+|——)\s*|(?<=[{_CJK}”」』）)?!？！\d])\s*[-–：]\s*(?=[{_CJK}])"
)
_BARS = re.compile(r"[|｜]")
_QUOTES = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "–": "-", "—": "-"})
_WORD = re.compile(r"\w+")
_DAY = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{2,4}")
# What names of outlets and of their sections end in, where words have no spaces between them.
_OUTLET_WORD = re.compile(
    r"(?:網|网|新聞|新闻|日報|日报|晚報|晚报|晨报|時報|时报|周刊|週刊|頻道|频道|客户端|澎湃|ニュース|デジタル|オンライン|通信|"
    r"뉴스|일보|신문|닷컴|방송|타임스)(?:社|中心|中文|版|online|tv)?$",
    re.IGNORECASE,
)
_CUT = ("…", "...")


def fold(text: str) -> str:
    """Return ``text`` with quotes, dashes, spaces and case made equal, for comparing."""
    return " ".join(unicodedata.normalize("NFKC", text).translate(_QUOTES).split()).casefold()


def bare(name: str) -> str:
    """Return a site's name as its domain would spell it: no spaces, no marks, no accents."""
    plain = unicodedata.normalize("NFKD", fold(name))
    return "".join(character for character in plain if character.isalnum())


def title_of(page: Markup, outlet: str) -> str:
    """Return the headline without the outlet's suffix; empty when the page has none.

    Publishers write a headline up to five times (``og:title``, JSON-LD, ``<h1>``, ``twitter:title``, ``<title>``); the
    wording that most of them have is the answer, and among equals the first in this order. An ``<h1>`` has a voice
    only when it agrees with the head: on many pages it is a logo or a rubric.
    """
    names = site_names(page, outlet)
    graph, card, window = page.meta("og:title"), page.meta("twitter:title"), page.window_title
    stated = [first_text(page.article.get("headline")), card, _window_headline(page, window) if window else None]
    graph_title, *others = [
        without_site(clean(html.unescape(one), 400), names) if one else "" for one in (graph, *stated)
    ]
    heads = [head for head in (graph_title, *others) if head]
    headings = [without_site(clean(heading, 400), names) for heading in page.headings]
    agreeing = [heading for heading in headings if any(_agree(heading, head) for head in heads)][:1]
    voices = [voice for voice in (graph_title, *others[:1], *agreeing, *others[1:]) if voice]
    if voices:
        count = Counter(fold(voice) for voice in voices)
        chosen = max(voices, key=lambda voice: count[fold(voice)])
        return clean(_uncut(chosen, [*voices, *headings]))
    return clean(headings[0]) if len(headings) == 1 else ""


def _uncut(title: str, voices: Iterable[str]) -> str:
    """Return the whole of a headline that was cut to fit ("The council wants to…"), where another place has it."""
    if not title.endswith(_CUT):
        return title
    start = fold(title.rstrip("….").rstrip())
    whole = (voice for voice in voices if fold(voice).startswith(start) and not voice.endswith(_CUT))
    return next(whole, title) if len(start) >= 8 else title


def _window_headline(page: Markup, window: str) -> str:
    """Return the part of ``<title>`` that a heading of the page repeats, else all of it."""
    separators = list(_SEPARATOR.finditer(window))
    if not separators:
        return window
    parts = {fold(window[: one.start()]): window[: one.start()] for one in separators}
    for text in page.tree.itertext("h1", "h2", "h3", "h4", "a", "b", "strong", "p", "span", "div", "td"):
        if 10 < len(text) < 600 and (found := parts.get(fold(text))):
            return found
    return window


def _agree(heading: str, head: str) -> bool:
    """Whether a heading and a title of the head are the same headline, one of them perhaps longer."""
    ours, theirs = set(_WORD.findall(fold(heading))), set(_WORD.findall(fold(head)))
    if not ours or not theirs:
        return False
    if len(ours) < 3:  # a rubric, or a headline without spaces between its words
        return len(fold(heading)) >= 8 and fold(heading) in fold(head)
    return len(ours & theirs) >= 0.6 * min(len(ours), len(theirs))


# ---- the outlet's name --------------------------------------------------------------------------------------------


def outlet_name(page: Markup) -> str | None:
    """Return what the page calls its site: ``og:site_name``, else the publisher of its JSON-LD."""
    publisher = page.resolve(page.article.get("publisher"))
    stated = page.meta("og:site_name") or (first_text(publisher.get("name")) if isinstance(publisher, dict) else None)
    return clean(html.unescape(stated)) or None if stated else None


def site_names(page: Markup, outlet: str) -> set[str]:
    """Return all that the page and its address call the site, as `bare`."""
    keys = ("og:site_name", "application-name", "al:android:app_name", "apple-mobile-web-app-title", "twitter:site")
    stated = [*(page.meta(key) for key in keys), outlet_name(page), outlet.split(".")[0], outlet]
    return {bare(html.unescape(name)) for name in stated if name}


def without_site(title: str, names: Iterable[str]) -> str:
    """Return ``title`` without the parts before or after a separator that name the site (``names`` as `bare`)."""
    known = {name for name in names if len(name) > 1}
    parts = list(_SEPARATOR.finditer(title))
    while parts:
        last = parts[-1]
        if not _names_site(title[last.end() :], known, strong=_BARS.search(last.group()) is not None):
            break
        title = title[: last.start()].rstrip()
        parts.pop()
    if parts and _names_site(title[: parts[0].start()], known, strong=False):
        title = title[parts[0].end() :]
    return title.strip()


def _names_site(part: str, known: set[str], *, strong: bool) -> bool:
    """Whether one part of a title names the site or its section; ``strong``: a bar stands before it."""
    plain, words = bare(part), part.split()
    if not plain or _DAY.fullmatch(part.strip()):
        return True
    if plain in known or any(plain in (f"the{name}", f"{name}com", f"www{name}") for name in known):
        return True
    if len(words) <= 4 and any(_is_form_of(plain, words, name) for name in known):
        return True
    if len(plain) <= 12 and _OUTLET_WORD.search(part.strip().rstrip(")）")):
        return True
    # "| World News": a bar seldom stands inside a headline, a dash and a colon often do.
    return strong and len(words) <= 3 and len(part) <= 30


def _is_form_of(plain: str, words: list[str], name: str) -> bool:
    """Whether a part of a title is a longer or shorter form of ``name``: "BBC News", "Times", "The New York Times"."""
    if min(len(plain), len(name)) >= 4 and (plain.startswith(name) or name.startswith(plain)):
        return True
    spelled = [bare(word) for word in words if bare(word) != "the"]
    if not spelled:
        return False
    if spelled[0] == name and len(words) <= 3:
        return True
    # South China Morning Post at scmp.com, The New York Times at nytimes.com
    initials = "".join(word[:1] for word in spelled)
    return len(initials) >= 3 and name in (initials, initials[:-1] + spelled[-1])
