"""The one normaliser of texts and patterns, with the way back to the offsets of the text as stored.

It never decides what matches: it gives different spellings of one thing the same characters, so that the automaton
can compare them, and remembers which characters it replaced or left out.

What it does, to texts and patterns alike:

- NFKD, combining marks dropped, lower case: ＡＩ, é, й, أ, harakat;
- Traditional Han characters become simplified ones (`extractors.matching.han`);
- Arabic: tatweel dropped, ة and ى folded, the article dropped from words ("بالمؤتمر" is "مؤتمر");
- double quotes, book-title marks, soft hyphens, zero-width and bidi characters dropped; apostrophes unified and kept
  inside words only; hyphens and dashes are spaces;
- white space folded, and dropped beside Han, kana and hangul; a line break survives;
- "(AI)" in any language dropped, and Latin glosses between Han characters.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from itertools import accumulate

from extractors.matching.han import SIMPLIFIED, TRADITIONAL

_QUOTES = '"“”„‟«»‹›《》〈〉「」『』【】＂〝〞`´'
_APOSTROPHES = "'’‘‛ʼ＇`´"
_DASHES = "-‐‑‒–—―−－·・‧ㆍ"
_INVISIBLE = "\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u0640"
_FOLDED = {"ة": "ه", "ى": "ي", "ی": "ي", "ک": "ك", "ı": "i", "ł": "l", "ø": "o", "đ": "d", "…": "."}

CJK = "\u3005-\u3007\u3040-\u30ff\u3100-\u312f\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff"
"""Scripts that are written without spaces, or (hangul) with spaces that writers set freely: a character class."""

_ARABIC = "\u0621-\u064a"

_AI_ASCII = r"\((?:ai|a\.i\.|ia|ki)\)"
_AI = r"\((?:ai|a\.i\.|ia|ki|ии)\)"
# A double space, and apostrophes that are quotes.
_COMMON = (r" (?<=  )", r"'(?<!\w')", r"'(?!\w)")
_BESIDE_CJK = (rf" (?<=[{CJK}] )", rf" (?= *[{CJK}])", rf"\((?<=[{CJK}]\()[a-z0-9 .]{{1,12}}\)(?=[{CJK}])")
_ARTICLES = tuple(
    f"{prefix[0]}(?<![{_ARABIC}].){prefix[1:]}(?=[{_ARABIC}]{{3}})"
    for prefix in ("وبال", "فبال", "وكال", "فكال", "وال", "فال", "بال", "كال", "ال", "ولل", "فلل", "لل")
)
# Every alternative deletes, so that offsets need only the deleted spans; and every one begins with a plain character,
# which lets `re` skip what begins none (four times as fast).
_DELETE_ASCII = re.compile("|".join((f" {_AI_ASCII}", _AI_ASCII, *_COMMON)), re.ASCII)
_DELETE = re.compile("|".join((f" {_AI}", _AI, *_COMMON, *_BESIDE_CJK, *_ARTICLES)))


class _Table(dict[int, str | None]):
    """What each character becomes, worked out when it is first met; None drops it."""

    def __init__(self) -> None:
        super().__init__()
        # Characters whose replacement is not one character: they shift every offset behind them.
        self.shifting: dict[str, int] = {}
        self.shifting_pattern: re.Pattern[str] | None = None
        for group, new in ((_INVISIBLE, None), (_APOSTROPHES, "'"), (_DASHES, " "), (_QUOTES, None)):
            for char in group:
                self[ord(char)] = new
        for char in "\t\r\v\f\u00a0\u3000\u1680\u202f\u205f\u2028\u2029":
            self[ord(char)] = " "
        for char, new in _FOLDED.items():
            self[ord(char)] = new
        for old, new in zip(TRADITIONAL, SIMPLIFIED, strict=True):
            self[ord(old)] = new
        for code in range(0x110000):
            if code in self and len(self[code] or "") != 1:
                self.shifting[chr(code)] = len(self[code] or "")
            elif code > 0xFFFF:
                break

    def __missing__(self, code: int) -> str | None:
        new = self._fold(chr(code))
        self[code] = new
        if len(new or "") != 1:
            self.shifting[chr(code)] = len(new or "")
            self.shifting_pattern = None
        return new

    def _fold(self, char: str) -> str | None:
        if "\uac00" <= char <= "\ud7a3":
            return char
        out: list[str] = []
        for part in unicodedata.normalize("NFKD", char):
            if unicodedata.category(part) in {"Mn", "Cf"}:
                continue
            known = self.get(ord(part), part) if part != char else part
            # Ł and Đ only have a plain form once they are small.
            out.extend(_FOLDED.get(small, small) for small in (known or "").casefold())
        return "".join(out) or None

    def shifts(self, text: str) -> list[tuple[int, int]]:
        """Return position and new length of every character of ``text`` that does not become exactly one."""
        if self.shifting_pattern is None:
            self.shifting_pattern = re.compile(f"[{re.escape(''.join(self.shifting))}]")
        lengths = self.shifting
        return [(m.start(), lengths[m.group()]) for m in self.shifting_pattern.finditer(text)]


_TABLE = _Table()
# A line break inside a sentence (hard-wrapped text) is a space; other line breaks end a paragraph.
_WRAPPED = re.compile(r"\n(?<=[^\s.!?:。！？]\n)(?=[a-zа-я(])")


def _unwrapped(text: str) -> str:
    return _WRAPPED.sub(" ", text) if "\n" in text else text


def _deletions(text: str) -> re.Pattern[str]:
    return _DELETE_ASCII if text.isascii() else _DELETE


def normalise(text: str) -> str:
    """Return ``text`` in the form that patterns are compared in; see the module for what that is."""
    folded = _unwrapped(text).translate(_TABLE)
    return _deletions(folded).sub("", folded)


class Offsets:
    """The way from offsets of `normalise(text)` back to ``text``; built only for texts in which something was found."""

    def __init__(self, text: str) -> None:
        self._length = len(text)
        wrapped = _unwrapped(text)
        folded = wrapped.translate(_TABLE)
        # First step: how far the translation moved things. Knots are positions behind a shifting character.
        self._knots: list[int] = [0]
        self._origins: list[int] = [0]
        drift = 0
        for position, length in _TABLE.shifts(wrapped):
            drift += length - 1
            if length > 1:
                # Every character of an expansion points at the character that it came from.
                for extra in range(1, length):
                    self._knots.append(position + drift - length + 1 + extra)
                    self._origins.append(position)
            self._knots.append(position + 1 + drift)
            self._origins.append(position + 1)
        # Second step: what the deletions took away.
        spans = [match.span() for match in _deletions(folded).finditer(folded)]
        removed = list(accumulate(end - start for start, end in spans))
        self._gaps = [start - (removed[i - 1] if i else 0) for i, (start, _) in enumerate(spans)]
        self._removed = [0, *removed]

    def _folded(self, index: int) -> int:
        return index + self._removed[bisect_right(self._gaps, index)]

    def _original(self, index: int) -> int:
        knot = bisect_right(self._knots, index) - 1
        return min(self._origins[knot] + index - self._knots[knot], self._length)

    def start(self, index: int) -> int:
        """Return the offset in the text of the normalised character at ``index``."""
        return self._original(self._folded(index))

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the half-open span in the text that became ``[start:end]`` of the normalised text."""
        return self.start(start), min(self.start(end - 1) + 1, self._length)
