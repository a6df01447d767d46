"""The shape of ``sites/*.yaml``: one small file per site whose pages need rules of their own.

It never looks at a page: which elements a selector finds is told by the pair in ``tests/sites``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated

from cssselect import HTMLTranslator, SelectorError
from pydantic import BeforeValidator, Field

from config.document import Mistake, Shape
from records.site import SiteRule

_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"


def _site(value: object) -> object:
    text = str(value).strip()
    if not re.fullmatch(rf"{_LABEL}(?:\.{_LABEL})+", text):
        raise ValueError(f"'{value}' is not a host | small letters, without scheme and path: ledger.example")
    return text.removeprefix("www.")


def _selector(value: object) -> object:
    text = value.strip() if isinstance(value, str) else ""
    try:
        HTMLTranslator().css_to_xpath(text)
    except SelectorError as error:
        why = str(error) or "not understood"
        raise ValueError(f"'{value}' is not a CSS selector: {why} | for example 'div.story p'") from None
    return text


def _path(value: object) -> object:
    if not isinstance(value, str) or not value.startswith("/") or re.search(r"[?#\s]", value):
        raise ValueError(f"'{value}' is not the beginning of a path | for example /live/")
    return value


def _several(value: object) -> object:
    """Let one selector stand for a list of one."""
    return [value] if isinstance(value, str) else value


Selector = Annotated[str, BeforeValidator(_selector)]
Selectors = Annotated[tuple[Selector, ...], BeforeValidator(_several), Field(max_length=50)]


class SiteRuleShape(Shape):
    """One rule of a site; see `records.site.SiteRule`."""

    path: Annotated[str, BeforeValidator(_path)] = "/"
    keep: Selectors = ()
    drop: Selectors = ()
    title: Selectors = ()
    authors: Selectors = ()
    published: Selectors = ()
    stub: Selectors = ()


class SiteFile(Shape):
    """The whole of one file.

    Attributes:
        site: whose pages they are: the registrable domain, or one host below it.
        note: why the site needs rules, for whoever reads the file later.
        rules: for all of its pages, or for those under a path.
    """

    site: Annotated[str, BeforeValidator(_site)]
    note: str = ""
    rules: tuple[SiteRuleShape, ...]

    def mistakes(self) -> Iterable[Mistake]:
        """Yield paths that stand twice, and rules that say nothing."""
        if not self.rules:
            yield ("rules",), f"there is no rule for {self.site}", "write one, or remove the file"
        seen: dict[str, int] = {}
        for number, one in enumerate(self.rules):
            if one.path in seen:
                first = f"first at rules[{seen[one.path]}]"
                yield ("rules", number), f"the path '{one.path}' stands twice", first
            seen.setdefault(one.path, number)
            if not any(getattr(one, key) for key in type(one).model_fields if key != "path"):
                yield ("rules", number), "the rule says nothing", "give keep, drop, title, authors, published or stub"

    def records(self) -> tuple[SiteRule, ...]:
        """Return the rules as records."""
        return tuple(SiteRule(site=self.site, **one.model_dump()) for one in self.rules)
