"""Short names that an article defines behind a full one: "(the “Organization”)", "(以下简称《计划》)", "(WXYZ)".

It finds the definition and the later uses in the text as stored; it never makes a short name up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# The bracket stands right behind the name; quotes that close around the name may come between.
_BRACKET = re.compile(r"[\s”\"’»》」』]{0,3}[(（]([^()（）\n]{2,80})[)）]")
_QUOTED = re.compile(r"[“\"«《「『‘]([^“”\"«»《》「」『』‘’\n]{1,40})[”\"»》」』’]")
_ACRONYM = re.compile(r"(?<![\w-])[A-Z][A-Za-z]*[A-Z][A-Za-z0-9-]*(?![\w-])")


@dataclass(frozen=True, slots=True)
class ShortForm:
    """A short name and the place from which on it holds."""

    name: str
    since: int

    def uses(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield the spans of the short name behind its definition, with its own capitals."""
        edge = r"(?<![\w-]){}(?![\w-])" if self.name.isascii() else "{}"
        for match in re.compile(edge.format(re.escape(self.name))).finditer(text, self.since):
            yield match.span()


def defined_after(text: str, end: int) -> list[ShortForm]:
    """Return the short names that ``text`` defines in the bracket behind ``end``."""
    bracket = _BRACKET.match(text, end)
    if bracket is None:
        return []
    names = [match.group(1).strip() for match in _QUOTED.finditer(bracket.group(1))]
    names += _ACRONYM.findall(bracket.group(1))
    # A Han short form carries its quotes with it: without them "计划" (plan) would be everywhere.
    out = []
    for name in dict.fromkeys(names):
        if len(name) < 2 or name in {"AI", "IA", "KI", "UN", "EU", "US", "UK"}:
            continue
        out.append(ShortForm(name if name.isascii() else _with_quotes(bracket.group(1), name), bracket.end()))
    return out


def _with_quotes(bracket: str, name: str) -> str:
    at = bracket.find(name)
    return bracket[max(0, at - 1) : at + len(name) + 1]
