"""Rules for the pages of single sites: compiled once, found by a page's address, asked by the extractor.

It never looks for an article by itself, and a rule that matches nothing on a page changes nothing there: what a site
does after a redesign is then read as on any other site.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from cssselect import HTMLTranslator, SelectorError
from lxml.etree import XPath, iterwalk

from extractors import dates
from extractors.markup import Element, text_of
from records.errors import ExtractionError
from records.site import SiteRule
from records.text import clean

_MOST = 2_000  # matches of one selector that are looked at
_LONGEST_NAME = 100  # characters of an author's name
_FURNITURE = frozenset({"nav", "aside", "form", "button", "figure", "figcaption", "iframe", "select", "noscript"})
_INLINE = frozenset(
    {
        "a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins", "kbd", "mark",
        "q", "rp", "rt", "ruby", "s", "samp", "small", "span", "strong", "sub", "sup", "td", "th", "time", "tt", "u",
        "var", "wbr",
    }
)  # fmt: skip
_SPACES = re.compile(r"\s+")


class Site:
    """One rule, ready to be asked.

    Args:
        rule: as it was configured.

    Raises:
        ExtractionError: a selector is not CSS (the configuration has refused it before).
    """

    def __init__(self, rule: SiteRule) -> None:
        self.rule = rule
        self._keep = _compiled(rule.keep)
        self._drop = _compiled(rule.drop)
        self._title = _compiled(rule.title)
        self._authors = _compiled(rule.authors)
        self._published = _compiled(rule.published)
        self._stub = _compiled(rule.stub)

    @property
    def mark(self) -> str:
        """What `Article.extractor` says of the rule: its site, and which version of the rule it was."""
        path = self.rule.path if self.rule.path != "/" else ""
        return f"site:{self.rule.site}{path}@{hashlib.sha256(repr(self.rule).encode()).hexdigest()[:8]}"

    def title(self, tree: Element) -> str:
        """Return the headline that the rule points to; empty when it points to none."""
        return next((text for one in self._found(self._title, tree) if (text := clean(text_of(one, 1_000)))), "")

    def authors(self, tree: Element) -> tuple[str, ...]:
        """Return the names that the rule points to, each once, in the page's order."""
        names = (clean(text_of(one, 1_000)) for one in self._found(self._authors, tree))
        return tuple(dict.fromkeys(name for name in names if 0 < len(name) <= _LONGEST_NAME))

    def published(self, tree: Element, now: datetime | None = None) -> dates.Stated | None:
        """Return the moment that the rule points to, or None; absurd ones are refused like any other."""
        for one in self._found(self._published, tree):
            stated = dates.of_element(one, "rule", now)
            if stated is not None:
                return stated
        return None

    def stub(self, tree: Element) -> str:
        """Return why the page shows only a beginning, or nothing."""
        if next(self._found(self._stub, tree), None) is None:
            return ""
        return f"the rule for {self.rule.site} knows the mark of a stub on it"

    def drop(self, tree: Element) -> None:
        """Take out of ``tree`` what the rule says is no part of the article."""
        for one in list(self._found(self._drop, tree)):
            if one.getparent() is not None:
                one.drop_tree()  # type: ignore[no-untyped-call]

    def lines(self, tree: Element) -> list[str] | None:
        """Return the lines inside what the rule keeps, in the page's order; None when it keeps nothing here."""
        kept = list(dict.fromkeys(self._found(self._keep, tree)))
        chosen = set(kept)
        # Of nested matches the outer one holds the inner one's text already.
        outer = [one for one in kept if chosen.isdisjoint(one.iterancestors())]
        lines = [line for one in outer for line in _lines(one)]
        return lines or None

    def _found(self, selectors: Sequence[XPath], tree: Element) -> Iterator[Element]:
        for selector in selectors:
            found: Any = selector(tree)
            yield from islice(found, _MOST)


class Sites:
    """The rules of all sites, found by the address of a page.

    Args:
        rules: in any order.

    Raises:
        ExtractionError: a selector is not CSS.
    """

    def __init__(self, rules: Iterable[SiteRule] = ()) -> None:
        self._by_host: dict[str, list[Site]] = {}
        for rule in rules:
            self._by_host.setdefault(rule.site, []).append(Site(rule))
        for found in self._by_host.values():
            found.sort(key=lambda site: -len(site.rule.path))

    def of(self, url: str) -> Site | None:
        """Return the rule for the page at ``url``: of the most particular host, and there of the longest path."""
        if not self._by_host:
            return None
        try:
            parts = urlsplit(url)
            labels = (parts.hostname or "").lower().split(".")
        except ValueError:
            return None
        for first in range(len(labels)):
            for site in self._by_host.get(".".join(labels[first:]), ()):
                if (parts.path or "/").startswith(site.rule.path):
                    return site
        return None


NO_RULES = Sites()
"""For pages of sites that need none: nearly all."""


def _compiled(selectors: Sequence[str]) -> tuple[XPath, ...]:
    translator = HTMLTranslator()
    try:
        return tuple(XPath(translator.css_to_xpath(one)) for one in selectors)
    except SelectorError as error:
        raise ExtractionError(f"a selector of a site rule is not CSS: {error}") from error


def _lines(element: Element) -> Iterator[str]:
    """Yield the text of ``element``, a line for each block; without what is furniture on every site."""
    pieces: list[str] = []
    skipped = 0

    def line() -> Iterator[str]:
        text = _SPACES.sub(" ", "".join(pieces)).strip()
        pieces.clear()
        if text:
            yield text

    for event, one in iterwalk(element, events=("start", "end")):
        tag = one.tag if isinstance(one.tag, str) else "span"
        block = tag not in _INLINE
        if tag in ("td", "th"):
            pieces.append(" ")  # a row of a table is one line
        skipped += (event == "start" and tag in _FURNITURE) - (event == "end" and tag in _FURNITURE)
        if block and not skipped:
            yield from line()
        text = one.text if event == "start" else one.tail if one is not element else None
        if text and not skipped:
            pieces.append(text)
    yield from line()
