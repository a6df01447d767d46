"""The matching language: what an alias means, as literals for the automaton and one expression that checks the rest.

It never searches a text; a pattern that cannot be compiled is refused with its text.

=============  ==============================================  ====================================
written        means                                           example
=============  ==============================================  ====================================
``{a|b|c}``    one of these; parts of words too; may nest      ``Organi{s|z}ation``
``[a]``        a or nothing; ``[a|b]``: a, b or nothing         ``[the] Global AI Initiative``
``word*``      a word that begins so                           ``организаци*``
``...``        up to four words of the same sentence           ``controls ... chips``
=============  ==============================================  ====================================

A space stands for any white space, hyphen or nothing where the script sets none. Everything is compared in the form of
`extractors.matching.normalise`. Words are whole words; a Han, kana or hangul neighbour never makes a word longer.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from extractors.matching.normalise import CJK, normalise
from records.errors import PatternError

MOST_VARIANTS = 4000
"""Spellings that one pattern may stand for; more is a sign of a pattern that nobody can read."""

GAP_WORDS = 4
"""Words that ``...`` may skip."""

LONGEST_STEM = 12
"""Letters that ``*`` may add to a word."""

GAP_CHARACTERS = 8
"""Characters that ``...`` may skip in a script without spaces."""

_STEM, _GAP = "\ue000", "\ue001"
_CJK = re.compile(f"[{CJK}]")
_SPLIT = re.compile(f"([{_STEM}{_GAP}])")
_AROUND_GAP = re.compile(f"(?: *{_GAP} *)+")
_PLAIN_TEXT = re.compile(r"[^{}\[\]|]+")
# Where a gap must stop: the sentence's end, or its next part.
_GAP_STOP = re.compile(r"[\n;!?。；]|\.(?= )")
_GAP_REACH = 90
# Arabic writes "and", "by", "for", "as", "so" as one letter before the word.
_CLITIC = "وبلكف"


def is_letter(char: str) -> bool:
    """Whether ``char`` is a letter or digit of a script that sets spaces: next to one, a word goes on."""
    return char.isalnum() and (char < "\u3005" or _CJK.match(char) is None)


@dataclass(frozen=True, slots=True)
class Variant:
    """One spelling: what the automaton looks for, and what must follow where it was found.

    Attributes:
        anchor: the normalised literal that begins the spelling.
        rest: literals, stems and gaps behind the anchor.
    """

    anchor: str
    rest: tuple[str, ...] = ()

    @property
    def needs(self) -> str:
        """The longest literal behind the anchor that tells anything; empty when there is none."""
        literals = [part.strip() for part in self.rest if part not in (_STEM, _GAP)]
        longest = max(literals, key=len, default="")
        return longest if len(longest) > 2 or _CJK.search(longest) else ""

    def end(self, text: str, start: int, anchor_end: int) -> int:
        """Return where the spelling that begins at ``start`` ends in ``text``, or -1."""
        if not _begins(text, start):
            return -1
        return _follow(text, anchor_end, self.rest)


def _follow(text: str, at: int, parts: tuple[str, ...]) -> int:
    """Return where ``parts`` end that begin at ``at``, or -1; bounded, for a gap reaches a few words only."""
    for index, part in enumerate(parts):
        if part == _STEM:
            at = _end_of_word(text, at)
        elif part == _GAP:
            return _leap(text, at, parts[index + 1], parts[index + 2 :])
        elif text.startswith(part, at):
            at += len(part)
        else:
            return -1
    return at if _ends(text, at) else -1


def _end_of_word(text: str, at: int) -> int:
    limit = min(len(text), at + LONGEST_STEM)
    while at < limit and is_letter(text[at]):
        at += 1
    return at


def _leap(text: str, at: int, literal: str, parts: tuple[str, ...]) -> int:
    """Return where ``literal`` and ``parts`` end, up to a gap behind ``at``, or -1."""
    if not _ends(text, at):
        return -1
    stop = _GAP_STOP.search(text, at, at + _GAP_REACH)
    limit = stop.start() if stop else at + _GAP_REACH
    found = text.find(literal, at, limit)
    while found >= 0:
        words = text.count(" ", at, found)
        near = found - at <= GAP_CHARACTERS or text[found - 1] == " "
        if words > GAP_WORDS + 1:
            return -1
        if near and _begins(text, found):
            end = _follow(text, found + len(literal), parts)
            if end >= 0:
                return end
        found = text.find(literal, found + 1, limit)
    return -1


def _begins(text: str, start: int) -> bool:
    """Whether a word may begin at ``start``: no letter of a spaced script runs into it, but for an Arabic clitic."""
    if start == 0 or not is_letter(text[start - 1]) or not is_letter(text[start]):
        return True
    if text[start - 1] in _CLITIC and "\u0621" <= text[start] <= "\u064a":
        return start == 1 or not is_letter(text[start - 2])
    return False


def _ends(text: str, end: int) -> bool:
    """Whether a word may end at ``end``."""
    return end >= len(text) or not is_letter(text[end - 1]) or not is_letter(text[end])


def variants(pattern: str) -> list[Variant]:
    """Return every spelling that ``pattern`` stands for.

    Raises:
        PatternError: brackets that do not match, an empty alternative of the whole, a stem or gap without a literal
            before it, or more than `MOST_VARIANTS` spellings.
    """
    return [_compile(spelling, pattern) for spelling in spellings(pattern)]


def spellings(pattern: str) -> list[str]:
    """Return the spellings of ``pattern``, normalised, with stems and gaps as private characters."""
    tree = _Parser(pattern).parse()
    if tree.count() > MOST_VARIANTS:
        raise PatternError(
            f"'{pattern}' stands for {tree.count()} spellings, more than {MOST_VARIANTS}: split it", pattern
        )
    found = dict.fromkeys(_clean(raw) for raw in tree.spellings())
    found.pop("", None)
    if not found:
        raise PatternError(f"'{pattern}' holds nothing that could be found", pattern)
    return list(found)


def capitals(pattern: str) -> frozenset[str]:
    """Return letters and digits of every spelling as written, for patterns in which capital letters count."""
    return frozenset(letters(raw) for raw in _Parser(pattern).parse().spellings())


def letters(text: str) -> str:
    """Return the letters and digits of ``text``, full-width ones as plain ones, capitals kept."""
    return "".join(char for char in unicodedata.normalize("NFKC", text) if char.isalnum())


def _clean(raw: str) -> str:
    # Private characters pass the normaliser untouched.
    text = normalise(raw.replace("*", _STEM).replace("...", _GAP))
    if _GAP in text:
        text = _AROUND_GAP.sub(_GAP, text)
    return text.strip(f" {_GAP}")


def _compile(spelling: str, pattern: str) -> Variant:
    anchor, *tail = (part for part in _SPLIT.split(spelling) if part)
    if anchor in (_STEM, _GAP) or (len(anchor) < 2 and not _CJK.match(anchor)):
        raise PatternError(f"'{pattern}' begins with less than two letters: nothing to look for", pattern)
    if f"{_GAP}{_STEM}" in spelling:
        raise PatternError(f"'{pattern}' has a gap with no word behind it", pattern)
    return Variant(anchor, tuple(tail))


@dataclass(frozen=True, slots=True)
class _Text:
    text: str

    def count(self) -> int:
        return 1

    def spellings(self) -> Iterator[str]:
        yield self.text


@dataclass(frozen=True, slots=True)
class _Choice:
    options: tuple[_Sequence, ...]

    def count(self) -> int:
        return sum(option.count() for option in self.options)

    def spellings(self) -> Iterator[str]:
        for option in self.options:
            yield from option.spellings()


@dataclass(frozen=True, slots=True)
class _Sequence:
    parts: tuple[_Text | _Choice, ...]

    def count(self) -> int:
        total = 1
        for part in self.parts:
            total *= part.count()
        return total

    def spellings(self) -> Iterator[str]:
        for chosen in product(*(tuple(part.spellings()) for part in self.parts)):
            yield "".join(chosen)


class _Parser:
    """Reads a pattern from left to right; brackets nest at most eight deep."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0

    def parse(self) -> _Sequence:
        tree = self._sequence(0)
        if self._at < len(self._pattern):
            self._refuse(f"a '{self._pattern[self._at]}' that nothing opened")
        return tree

    def _sequence(self, depth: int) -> _Sequence:
        if depth > 8:
            self._refuse("brackets nested more than eight deep")
        parts: list[_Text | _Choice] = []
        while self._at < len(self._pattern):
            char = self._pattern[self._at]
            if char == "{":
                parts.append(_Choice(self._options("}", depth)))
            elif char == "[":
                parts.append(_Choice((*self._options("]", depth), _Sequence(()))))
            elif char in "}]" or (char == "|" and depth):
                break
            else:
                found = _PLAIN_TEXT.match(self._pattern, self._at)
                text = found.group() if found else char
                self._at += len(text)
                parts.append(_Text(text))
        return _Sequence(tuple(parts))

    def _options(self, closing: str, depth: int) -> tuple[_Sequence, ...]:
        self._at += 1
        options = [self._sequence(depth + 1)]
        while self._peek() == "|":
            self._at += 1
            options.append(self._sequence(depth + 1))
        if self._peek() != closing:
            self._refuse(f"a bracket without its '{closing}'")
        self._at += 1
        return tuple(options)

    def _peek(self) -> str:
        return self._pattern[self._at : self._at + 1]

    def _refuse(self, why: str) -> None:
        raise PatternError(f"'{self._pattern}' has {why}", self._pattern)
