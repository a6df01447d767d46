"""Who wrote an article: names of people from structured data, meta elements and bylines, without roles and agencies.

It never invents a name from running text, and keeps a firm only where no person is named.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator

from extractors.markup import Element, Markup, text_of, types_of
from extractors.titles import bare, fold, site_names
from records.text import clean

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
        if found and not all(bare(name) in _AGENCIES for name in found):
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
    site = set() if firms else site_names(page, outlet)
    names: dict[str, str] = {}
    for text in texts:
        # Many templates put the address of a profile where the name belongs.
        for name in () if "://" in text else _split(clean(html.unescape(text), 400)):
            if bare(name) not in site:
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
