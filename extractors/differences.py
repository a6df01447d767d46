"""Differences: which passages two texts share, which only one of them has, and which were edited. Pure.

It never decides whether one text is a copy of the other (`extractors.copies` does), and never takes long: what it
compares is bounded, and it says when it left something out.

Sentences are aligned first, by their words, so that case, punctuation and typography make no difference; then the words
of sentences that stand opposite each other. Scripts without spaces are compared character by character.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from extractors.fingerprints import tokens

MOST_SENTENCES = 1_000
"""Sentences compared of each text, from its beginning: some 25,000 words."""

MOST_WORDS = 400
"""Words of an edited passage that are compared one by one; longer ones are shown whole, as removed and added."""

ALIKE = 0.5
"""Share of words in common from which two passages that stand opposite each other are one, edited."""

_LONGEST = 1_000  # characters of a "sentence": what has no full stop (lists, captions run together) is cut

# Where a sentence ends: after its mark and what closes a quotation; the marks of scripts without spaces need no space.
_END = re.compile(r"\n|(?<=[.!?…])[\"'»”’)\]]{0,3}\s|(?<=[。！？；｡।؟۔።])[”’」』）]{0,3}")
_WORD = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u312f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]|\s+|\w+|[^\w\s]"
)


class Kind(StrEnum):
    """What became of a passage."""

    SAME = "same"  # both texts have it, in the same place
    MOVED = "moved"  # both texts have it, in different places; told once
    EDITED = "edited"
    FIRST = "first"  # only the first text has it
    SECOND = "second"  # only the second text has it


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of sentences with one fate.

    Attributes:
        kind: its fate.
        first, second: its words in each text; empty where the text does not have it.
        sentences: how many sentences it is, in the text that has more of them.
        marked: an edited passage with its changes in place, ``[-gone-]`` and ``{+new+}``; else empty.
    """

    kind: Kind
    first: str
    second: str
    sentences: int
    marked: str = ""


@dataclass(frozen=True, slots=True)
class Differences:
    """How two texts differ.

    Attributes:
        passages: in the order of the texts.
        left_out: sentences that were not compared, because the texts are too long.
    """

    passages: tuple[Passage, ...]
    left_out: int = 0

    def lines(self, most: int = 30, width: int = 240) -> list[str]:
        """Return the differences as lines for people.

        Args:
            most: passages that are shown.
            width: characters that are shown of each.
        """
        shown = [_line(passage, width) for passage in self.passages[:most]]
        if len(self.passages) > most:
            shown.append(f"... and {len(self.passages) - most} passages more")
        if self.left_out:
            shown.append(f"... {self.left_out} sentences were not compared: the texts are too long")
        return shown


def differences(first: str, second: str) -> Differences:
    """Return how two texts differ, sentence by sentence and then word by word.

    At most `MOST_SENTENCES` sentences of each are compared, which takes a fraction of a second.
    """
    ours, theirs = sentences(first), sentences(second)
    left_out = max(0, len(ours) - MOST_SENTENCES) + max(0, len(theirs) - MOST_SENTENCES)
    ours, theirs = ours[:MOST_SENTENCES], theirs[:MOST_SENTENCES]
    a, b = [tuple(tokens(one)) for one in ours], [tuple(tokens(one)) for one in theirs]
    passages: list[Passage] = []
    in_both = set(a) & set(b)
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, a, b).get_opcodes():
        if tag == "equal":
            passages.append(Passage(Kind.SAME, _joined(ours[i1:i2]), _joined(theirs[j1:j2]), i2 - i1))
            continue
        moved = [n for n in range(i1, i2) if a[n] in in_both]
        gone = [ours[n] for n in range(i1, i2) if a[n] not in in_both]
        come = [theirs[n] for n in range(j1, j2) if b[n] not in in_both]
        if moved:
            there = _joined([ours[n] for n in moved])
            passages.append(Passage(Kind.MOVED, there, there, len(moved)))
        passages += _opposite(gone, come)
    return Differences(tuple(passages), left_out)


def sentences(text: str) -> list[str]:
    """Return the sentences of ``text``, in order, none of them empty; whatever the script."""
    return [one for part in _parts(text) if (one := part.strip()) and tokens(one)]


def _parts(text: str) -> Iterator[str]:
    start = 0
    for stop in [*(match.end() for match in _END.finditer(text)), len(text)]:
        yield from (text[at : min(at + _LONGEST, stop)] for at in range(start, stop, _LONGEST))
        start = stop


def _joined(parts: Sequence[str]) -> str:
    return " ".join(parts)


def _opposite(gone: Sequence[str], come: Sequence[str]) -> list[Passage]:
    """What stands where the two texts differ: edited when they have enough words in common, else removed and added."""
    if gone and come:
        pairs = _pairs(gone, come)
        if pairs:
            return _around(gone, come, pairs)
    return _one_sided(gone, come)


def _one_sided(gone: Sequence[str], come: Sequence[str]) -> list[Passage]:
    found = []
    if gone:
        found.append(Passage(Kind.FIRST, _joined(gone), "", len(gone)))
    if come:
        found.append(Passage(Kind.SECOND, "", _joined(come), len(come)))
    return found


def _pairs(gone: Sequence[str], come: Sequence[str]) -> list[tuple[int, int]]:
    """Sentences that are one, edited: each with the next likely one on the other side, in order."""
    bags = [set(tokens(one)) for one in come]
    pairs, start = [], 0
    for i, sentence in enumerate(gone):
        bag = set(tokens(sentence))
        near = range(start, min(start + 8, len(come)))
        best = max(near, key=lambda j: _alike(bag, bags[j]), default=None)
        if best is not None and _alike(bag, bags[best]) >= ALIKE:
            pairs.append((i, best))
            start = best + 1
    return pairs


def _alike(a: set[str], b: set[str]) -> float:
    return 2 * len(a & b) / (len(a) + len(b)) if a or b else 0.0


def _around(gone: Sequence[str], come: Sequence[str], pairs: Sequence[tuple[int, int]]) -> list[Passage]:
    found: list[Passage] = []
    i = j = 0
    for at, there in pairs:
        found += _one_sided(gone[i:at], come[j:there])
        found.append(_edited(gone[at], come[there]))
        i, j = at + 1, there + 1
    return found + _one_sided(gone[i:], come[j:])


def _edited(first: str, second: str) -> Passage:
    a, b = _WORD.findall(first), _WORD.findall(second)
    if max(len(a), len(b)) > 2 * MOST_WORDS:  # the spaces count, too
        return Passage(Kind.EDITED, first, second, 1)
    marked = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, a, b).get_opcodes():
        old, new = "".join(a[i1:i2]), "".join(b[j1:j2])
        if tag == "equal":
            marked.append(old)
        else:
            marked.append((f"[-{old}-]" if old else "") + (f"{{+{new}+}}" if new else ""))
    return Passage(Kind.EDITED, first, second, 1, "".join(marked))


def _line(passage: Passage, width: int) -> str:
    count = "1 sentence" if passage.sentences == 1 else f"{passage.sentences} sentences"
    if passage.kind is Kind.EDITED:
        return f"~ edited: {_clipped(passage.marked or f'[-{passage.first}-]{{+{passage.second}+}}', 2 * width)}"
    what = {
        Kind.SAME: f"= {count} in both",
        Kind.MOVED: f"= {count} in both, in another place",
        Kind.FIRST: f"- {count} only here",
        Kind.SECOND: f"+ {count} only there",
    }[passage.kind]
    return f"{what}: {_clipped(passage.first or passage.second, width)}"


def _clipped(text: str, width: int) -> str:
    """The beginning and the end of a long passage: where it starts and stops is what a reader looks for."""
    if len(text) <= width:
        return text
    head = width * 2 // 3
    return f"{text[:head].rstrip()} ... {text[-(width - head) :].lstrip()}"
