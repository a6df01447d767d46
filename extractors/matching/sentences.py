"""Where sentences begin and end in a normalised text, in many scripts.

It never decides what a sentence says, and it does not know the text as stored: `Offsets` leads back to that.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from extractors.matching.normalise import CJK

# A full stop ends no sentence behind one letter ("u.s.", "j. smith") or a usual short form; the text is in lower case.
_END = re.compile(
    r"\n|[。؟۔।]+"
    rf"|[!?]+\)*(?=[ \n{CJK}]|$)"
    r"|(?<![ .(\n][^\W\d])(?<!\bmr)(?<!\bms)(?<!\bdr)(?<!\bmrs)(?<!\bno)(?<!\bst)(?<!\bsen)(?<!\bgen)(?<!\bgov)"
    r"(?<!\brep)(?<!\bprof)(?<!\bart)(?<!\bvs)(?<!\binc)(?<!\bltd)(?<!\bco)(?<!\bjan)(?<!\bfeb)(?<!\baug)(?<!\bsept)(?<!\boct)"
    r"(?<!\bnov)(?<!\bdec)(?<!\bг)(?<!\bд)(?<!\bст)(?<!\bnr)\.+\)*(?= |\n|$)"
)


class Sentences:
    """The sentences of one normalised text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._ends = [match.end() for match in _END.finditer(text)]

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
