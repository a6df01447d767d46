"""What a page says about its article: title, authors, outlet, language, canonical URL, section, tags, image.

It reads the tree that the text is cut from and never fetches; each answer names the place it trusts most.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

from extractors.markup import Element, Markup, Node, text_of, types_of
from extractors.urls import outlet_of
from records.text import clean

# ---- title --------------------------------------------------------------------------------------------------------

_SEPARATOR = re.compile(r"\s+(?:[|•·»›–—:-]|::|\|\|)\s+|\s*[|｜_]\s*|\s+-\s*$")
_QUOTES = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "–": "-", "—": "-"})
_WORD = re.compile(r"\w+")


def fold(text: str) -> str:
    """Return ``text`` with quotes, dashes, spaces and case made equal, for comparing."""
    return " ".join(unicodedata.normalize("NFKC", text).translate(_QUOTES).split()).casefold()


def title_of(page: Markup, outlet: str) -> str:
    """Return the headline without the outlet's suffix; empty when the page has none.

    Publishers write a headline up to five times (``og:title``, JSON-LD, ``<h1>``, ``twitter:title``, ``<title>``); the
    wording that most of them have is the answer, and among equals the first in this order. An ``<h1>`` has a voice
    only when it agrees with the head: on many pages it is a logo or a rubric.
    """
    names = _site_names(page, outlet)
    graph, card, window = page.meta("og:title"), page.meta("twitter:title"), page.window_title
    stated = [_text(page.article.get("headline")), card, _window_headline(page, window) if window else None]
    graph_title, *others = [
        without_site(clean(html.unescape(one), 400), names) if one else "" for one in (graph, *stated)
    ]
    heads = [head for head in (graph_title, *others) if head]
    headings = [without_site(clean(heading, 400), names) for heading in page.headings]
    agreeing = [heading for heading in headings if any(_agree(heading, head) for head in heads)][:1]
    voices = [voice for voice in (graph_title, *others[:1], *agreeing, *others[1:]) if voice]
    if voices:
        count = Counter(fold(voice) for voice in voices)
        return clean(max(voices, key=lambda voice: count[fold(voice)]))
    return clean(headings[0]) if len(headings) == 1 else ""


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


def _site_names(page: Markup, outlet: str) -> set[str]:
    label = outlet.split(".")[0]
    stated = [page.meta("og:site_name", "application-name", "al:android:app_name"), outlet_name(page), label, outlet]
    return {_bare(name) for name in stated if name}


def _bare(name: str) -> str:
    """Return a site's name as its domain would spell it: no spaces, no marks, no accents."""
    plain = unicodedata.normalize("NFKD", fold(name))
    return "".join(character for character in plain if character.isalnum())


def without_site(title: str, names: Iterable[str]) -> str:
    """Return ``title`` without the parts before or after a separator that name the site (``names`` as `_bare`)."""
    known = {name for name in names if len(name) > 1}
    parts = list(_SEPARATOR.finditer(title))
    while parts:
        last = parts[-1]
        if not _names_site(title[last.end() :], known, strong="|" in last.group() or "｜" in last.group()):
            break
        title = title[: last.start()].rstrip()
        parts.pop()
    if parts and _names_site(title[: parts[0].start()], known, strong=False):
        title = title[parts[0].end() :]
    return title.strip()


def _names_site(part: str, known: set[str], *, strong: bool) -> bool:
    bare = _bare(part)
    if not bare:
        return True
    if bare in known or any(bare in (f"the{name}", f"{name}com", f"www{name}") for name in known):
        return True
    if len(bare) >= 4 and any(len(name) >= 4 and (bare.startswith(name) or name.startswith(bare)) for name in known):
        return True
    # "| World News": a bar seldom stands inside a headline, a dash and a colon often do.
    return strong and len(part.split()) <= 3 and len(part) <= 30


# ---- authors ------------------------------------------------------------------------------------------------------

_AUTHOR_METAS = (
    "author", "article:author_name", "parsely-author", "sailthru.author", "byl", "dc.creator", "dcterms.creator",
    "citation_author", "article:author", "cxenseparse:author", "twitter:data1", "rnews:author", "creator",
)  # fmt: skip
_BY = re.compile(
    r"^(?:written\s+by|reported\s+by|posted\s+by|von|by|par|por|di|door|av|af|przez|autor(?:in)?|author|texte?|"
    r"автор|yazan|작성자|記者|文)\b\s*[:：]?\s+|^(?:author|autor|автор|by|text|foto)\s*:\s*",
    re.IGNORECASE,
)
_JOINED = re.compile(r"\s*(?:[;|•·/、，\n]|\s&\s|\s(?:and|und|et|y|og|och|e|en|i|и|ve|ja)\s)\s*")
_ROLE = re.compile(
    r"\b(?:reporter|editor|correspondent|staff|writer|contributor|redakt\w*|journalist\w*|columnist|chief|bureau|"
    r"redaktion|rédaction|redacción|periodista|corresponsal|analyst|producer|senior|manager|author|desk|team|"
    r"fellow|professor|director)\b",
    re.IGNORECASE,
)
_NOT_A_NAME = re.compile(
    r"\bon (?:Facebook|Twitter|X|Instagram|LinkedIn)\b|https?:|www\.|@|\.(?:com|net|org)/|\d{4}|^\d+$|[<>{}\[\]]"
)
# Credits that name nobody: "Le Monde and AFP" is the outlet's desk with an agency, and is kept whole.
_AGENCIES = frozenset(
    {"afp", "ap", "reuters", "dpa", "ansa", "efe", "tass", "xinhua", "apa", "sda", "ntb", "tt", "pap", "aa"}
)
_NOBODY = frozenset(
    {"admin", "administrator", "editor", "staff", "redaktion", "author", "anonymous", "none", "null", "guest"}
)
_BYLINE = (
    ".//*[@rel='author']",
    ".//*[@itemprop='author']//*[@itemprop='name']",
    ".//*[@itemprop='author']",
)
_BYLINE_CLASS = re.compile(
    r"(?:^|[\s_-])(?:byline|author|authors|autor|auteur|writer)(?:[\s_-]?(?:name|names|link))?(?:$|[\s_-])"
)
_LONGEST_NAME = 80
_MOST_AUTHORS = 20


def authors_of(page: Markup, outlet: str) -> tuple[str, ...]:
    """Return the names of those who wrote the article, in the page's order; a firm only when it names no person."""
    structured = list(_structured(page))
    sources = (
        [name for name, person in structured if person],
        *(page.metas.get(key, ()) for key in _AUTHOR_METAS),
        None,  # the bylines, which take a walk over the page
    )
    for texts in sources:
        found = _names(_bylines(page.tree) if texts is None else texts, page, outlet)
        if found and not all(_bare(name) in _AGENCIES for name in found):
            return found
    return _names([name for name, _ in structured], page, outlet, firms=True)


def _structured(page: Markup) -> Iterator[tuple[str, bool]]:
    """Yield the authors of the JSON-LD as (name, whether it is a person)."""
    for key in ("author", "creator"):
        stated = page.article.get(key)
        found = False
        for one in stated if isinstance(stated, list) else [stated]:
            author = page.resolve(one)
            if isinstance(author, str):
                found = True
                yield author, True
            elif isinstance(author, dict):
                name = author.get("name")
                for text in name if isinstance(name, list) else [name]:
                    if isinstance(text, str):
                        found = True
                        yield text, "Organization" not in " ".join(types_of(author))
        if found:
            return


def _bylines(tree: Element) -> list[str]:
    for path in _BYLINE:
        found = [text_of(one, 200) for one in tree.iterfind(path)]
        # More than a few are the authors of teasers.
        if 0 < len(set(found)) <= 5:
            return found
    found = []
    for element in tree.iter("a", "span", "div", "p", "address", "li", "strong"):
        marks = (element.get("class") or "").lower()
        if marks and _BYLINE_CLASS.search(marks):
            text = text_of(element, 200) if len(element) < 20 else ""
            if 3 <= len(text) <= 120:
                found.append(text)
                break
    return found


def _names(texts: Iterable[str], page: Markup, outlet: str, *, firms: bool = False) -> tuple[str, ...]:
    site = set() if firms else _site_names(page, outlet)
    names: dict[str, str] = {}
    for text in texts:
        # Many templates put the address of a profile where the name belongs.
        for name in () if "://" in text else _split(clean(html.unescape(text), 400)):
            if _bare(name) not in site:
                names.setdefault(fold(name), name)
    return tuple(names.values())[:_MOST_AUTHORS]


def _split(text: str) -> Iterator[str]:
    text = _BY.sub("", text).strip()
    for part in _JOINED.split(text):
        commas = [one.strip() for one in part.split(",")]
        # "Jane Doe, Senior Editor" is one name and a role; "Jane Doe, John Roe" are two names.
        for piece in commas:
            name = _BY.sub("", re.sub(r"\s*\([^)]*\)\s*$", "", piece)).strip(" .-–—:,")
            words = name.split()
            plausible = 1 < len(name) <= _LONGEST_NAME and len(words) <= 7 and not _NOT_A_NAME.search(name)
            role = _ROLE.search(name) and (piece is not commas[0] or not _ROLE.sub("", name).strip(" -"))
            if plausible and not role and fold(name) not in _NOBODY:
                yield name


# ---- outlet, addresses, the rest ----------------------------------------------------------------------------------


def outlet_name(page: Markup) -> str | None:
    """Return what the page calls its site: ``og:site_name``, else the publisher of its JSON-LD."""
    publisher = page.resolve(page.article.get("publisher"))
    stated = page.meta("og:site_name") or (_text(publisher.get("name")) if isinstance(publisher, dict) else None)
    return clean(html.unescape(stated)) or None if stated else None


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
    for text in (root, _text(named), page.meta("content-language", "og:locale", "dc.language", "language")):
        found = re.match(r"\s*([A-Za-z]{2,3})(?![A-Za-z])", text or "")
        if found:
            return {"nb": "no", "nn": "no", "iw": "he", "in": "id"}.get(found[1].lower(), found[1].lower())
    return None


def section_of(page: Markup) -> str | None:
    """Return the section of the outlet that the article stands in, as the page states it."""
    stated = _text(page.article.get("articleSection")) or page.meta("article:section", "section", "og:section")
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


def _text(value: Any) -> str | None:
    """Return the first string of a JSON-LD value, or None."""
    if isinstance(value, list):
        value = next((one for one in value if isinstance(one, str)), None)
    return value if isinstance(value, str) and value.strip() else None


def body_of(article: Node) -> str:
    """Return the JSON-LD ``articleBody`` as lines of plain text; empty when there is none."""
    stated = _text(article.get("articleBody")) or ""
    return (
        re.sub(r"<[^>]{0,500}>", "\n", html.unescape(stated)) if "<" in html.unescape(stated) else html.unescape(stated)
    )
