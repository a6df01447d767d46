"""Where sentences begin and end in a normalised text, in many scripts.

It never decides what a sentence says, and it does not know the text as stored: `Offsets` leads back to that.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property

from extractors.matching.normalise import CJK

_STOP = re.compile(r"[\n。！？؟۔।]+|[.!?]+[)”’\"»]*")
_FOLLOWS = re.compile(rf"[ \n{CJK}]")
_LAST_WORD = re.compile(r"[^\s.(]*$")
# A full stop ends no sentence behind one letter ("u.s.", "j. smith") or a usual short form; the text is in lower case.
_SHORTENED = frozenset(
    "mr mrs ms dr no st sen gen gov rep prof art vs inc ltd co jan feb aug sept oct nov dec nr ст".split()  # noqa: SIM905
)


def _ends(text: str) -> list[int]:
    out = []
    for match in _STOP.finditer(text):
        end = match.end()
        first = text[match.start()]
        if first in ".!?":
            if end < len(text) and not _FOLLOWS.match(text[end]):
                continue
            word = _LAST_WORD.search(text, max(0, match.start() - 8), match.start())
            if first == "." and word and ((len(word[0]) == 1 and word[0].isalpha()) or word[0].lower() in _SHORTENED):
                continue
        out.append(end)
    return out


class Sentences:
    """The sentences of one text, normalised or as stored; looked for when first asked."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def _ends(self) -> list[int]:
        return _ends(self._text)

    def all(self) -> Iterator[tuple[int, int]]:
        """Yield the half-open spans of all sentences, in order."""
        start = 0
        for end in (*self._ends, len(self._text)):
            if end > start:
                yield start, end
                start = end

    def index(self, position: int) -> int:
        """Return the number of the sentence that holds the character at ``position``."""
        return bisect_right(self._ends, position)

    def span(self, position: int) -> tuple[int, int]:
        """Return the half-open span of the sentence that holds ``position``, without white space around it."""
        index = self.index(position)
        start = self._ends[index - 1] if index else 0
        end = self._ends[index] if index < len(self._ends) else len(self._text)
        while start < end and self._text[start].isspace():
            start += 1
        while end > start and self._text[end - 1].isspace():
            end -= 1
        return start, end
