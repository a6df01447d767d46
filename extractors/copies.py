"""Copies: how much of one text stands in another, and whether that makes them one story.

It never looks for texts to compare (`extractors.stories` does), and never sees a text: fingerprints only.

The question is asked in both directions, because a copy may be cut (all of it stands in the original) or wrapped in an
outlet's furniture (all of the original stands in it). The rules and their constants were measured on labelled real
coverage; ``benchmarks/stories.py`` measures them again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import numpy.typing as npt

from extractors.fingerprints import SKETCH_SPAN, SKETCH_SPAN_CJK
from records.story import Candidate, Fingerprint, Newcomer

SAME = 0.66
"""Coverage of one text by the other from which they are one story."""

LEAN = 0.25
"""How much a coverage below a half the other way counts against it: two long texts may share a block and no more."""

SAME_TITLE = 0.42
"""The same, when the headlines agree as well."""

TITLE_AGREES, TITLE_TOKENS = 0.6, 4
"""Headlines agree when their words overlap by this Jaccard index and both have so many: "Live blog" proves nothing."""

FAR_APART = timedelta(days=14)
"""From here on, and within one outlet, an overlap must go both ways: series and profiles repeat their blocks."""

TEMPLATE_NUMBERS, TEMPLATE_AGREES = 8, 0.3
"""In matching passages with at least so many shingles that hold numbers, this share of them must match: weather
reports, market lists and other forms are filled in anew each day."""

WINDOW = 15
"""Sketch entries around a position that tell how well its passage matches: some 45 words."""

_MATCHES = 0.5  # local hit rate from which a position lies in a matching passage (template test)
_STUB = 20  # sketch entries, some 60 words, below which a text is a stub: two of one outlet differ by their headlines
_CODES = 1 << 16
_REAL_CODES = 1 << 15  # distinct hashes in a sketch: the lowest bit tells of numbers

_Sketch = npt.NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class Comparison:
    """How one text compares with another, and whether they are one story.

    Attributes:
        forward: share of the first text that stands in the second, 0 to 1, furniture discounted.
        backward: share of the second that stands in the first.
        title: Jaccard index of the headlines' words; 0 when one is too short to prove anything.
        two_way: both directions were needed: same outlet, or too far apart in time.
        reason: ``same_text``, ``reprint``, ``excerpt``, ``update``; or, for two stories, ``template`` (a form filled in
            anew), ``stub`` (two teasers of one outlet) or ``different``.
    """

    forward: float
    backward: float
    title: float
    two_way: bool
    reason: str

    @property
    def score(self) -> float:
        """The coverage that decides, 0 to 1."""
        most, least = max(self.forward, self.backward), min(self.forward, self.backward)
        if self.two_way:
            return least
        return most if self.title >= TITLE_AGREES else max(0.0, most - LEAN * max(0.0, 0.5 - least))

    @property
    def same(self) -> bool:
        """Whether the two are one story."""
        return self.reason in ("same_text", "reprint", "excerpt", "update")

    @property
    def needed(self) -> float:
        """The score from which the two would be one story."""
        return SAME_TITLE if self.title >= TITLE_AGREES else SAME

    def sentence(self) -> str:
        """Return the comparison in one sentence for people."""
        shares = f"{self.forward:.0%} of this text stands there, {self.backward:.0%} of that text stands here"
        if self.reason == "same_text":
            return "the same words"
        if self.reason == "template":
            return f"{shares}, but the numbers in those passages differ: a form filled in anew"
        if self.reason == "stub":
            return f"{shares}, but both are teasers of one outlet under different headlines"
        why = " with headlines that agree" if self.title >= TITLE_AGREES else ""
        ways = " in both directions (one outlet, or far apart in time)" if self.two_way else ""
        return f"{shares}: {self.reason}, score {self.score:.2f} where {self.needed:.2f} is needed{why}{ways}"


def compare(arrival: Newcomer, member: Candidate) -> Comparison:
    """Return how an article compares with one member of a story, without regard to other stories: for explanations."""
    return compare_all(arrival, [[member]])[0][0]


def compare_all(arrival: Newcomer, stories: Sequence[Sequence[Candidate]]) -> list[list[Comparison]]:
    """Return how an article compares with some members of the stories that it may belong to, in the same arrangement.

    What several of the stories hold is furniture or a shared quotation, and counts less.
    """
    text = _Text(arrival.fingerprint)
    prepared = [[_Text(member.fingerprint) for member in story] for story in stories]
    common = _spread(prepared)
    return [
        [_compare(arrival, text, member, other, common) for member, other in zip(story, texts, strict=True)]
        for story, texts in zip(stories, prepared, strict=True)
    ]


class _Text:
    """A fingerprint made ready for comparison."""

    __slots__ = ("chance", "codes", "has", "span", "text_hash", "title")

    def __init__(self, value: Fingerprint) -> None:
        self.codes: _Sketch = np.frombuffer(value.sketch, "<u2", len(value.sketch) // 2).astype(np.uint16, copy=False)
        self.has = np.zeros(_CODES, bool)
        self.has[self.codes] = True
        # A code of another text is found here by chance this often: 1 % of the time for usual articles.
        self.chance = min(0.9, int(np.count_nonzero(self.has)) / _REAL_CODES)
        self.span = SKETCH_SPAN_CJK if value.cjk else SKETCH_SPAN
        self.text_hash = value.text_hash
        self.title = frozenset(value.title)


def _spread(stories: Iterable[Sequence[_Text]]) -> npt.NDArray[np.uint8]:
    """Count, for each code, the stories that hold it: what many stories hold is furniture or a shared quotation."""
    counts = np.zeros(_CODES, np.uint8)
    for members in stories:
        held = members[0].has
        for member in members[1:]:
            held = held | member.has
        counts += held
    return counts


def _compare(
    arrival: Newcomer, text: _Text, member: Candidate, other: _Text, common: npt.NDArray[np.uint8]
) -> Comparison:
    two_way = _far_apart(arrival, member)
    title = _overlap(text.title, other.title)
    if text.text_hash == other.text_hash and not (two_way and _stubs(arrival, text, member, other)):
        return Comparison(1.0, 1.0, title, two_way, "same_text")
    forward, there = _coverage(text, other, common)
    backward, back = _coverage(other, text, common)
    found = Comparison(forward, backward, title, two_way, "different")
    if found.score < found.needed:
        return found
    if _is_form(there + back):
        return Comparison(forward, backward, title, two_way, "template")
    if _stubs(arrival, text, member, other):
        return Comparison(forward, backward, title, two_way, "stub")
    return Comparison(forward, backward, title, two_way, _kind(forward, backward))


def _kind(forward: float, backward: float) -> str:
    """Name what happened to the text: kept, cut, or grown and rewritten."""
    if min(forward, backward) >= SAME:
        return "reprint"
    return "excerpt" if forward > backward and forward >= SAME else "update"


def _coverage(text: _Text, other: _Text, common: npt.NDArray[np.uint8]) -> tuple[float, list[bool]]:
    """Return how much of ``text`` stands in ``other``, and which shingles with numbers in those passages match.

    A shingle of n tokens survives copy-editing when all its tokens do; where a share r of the shingles survives, a
    share r^(1/n) of the tokens does, and r * (n - (n-1) * r^(1/n)) of the tokens lie in a surviving shingle (inclusion
    and exclusion over the n shingles that hold a token). So a passage with every tenth word changed counts almost
    whole, while the same number of hits strewn over a text counts little.
    """
    if text.codes.size == 0:
        return 0.0, []
    hits = other.has[text.codes]
    rate = _local(hits)
    rate = np.clip((rate - other.chance) / (1 - other.chance), 0, 1)
    covered = rate * (text.span - (text.span - 1) * rate ** (1 / text.span))
    weights = 1 / np.maximum(1, common[text.codes].astype(np.float64) - 1)
    numbers = (text.codes & 1).astype(bool) & (rate >= _MATCHES)
    return float((covered * weights).sum() / weights.sum()), hits[numbers].tolist()


def _is_form(numbers: Sequence[bool]) -> bool:
    """Whether the passages agree and their numbers do not: a form filled in anew."""
    return len(numbers) >= TEMPLATE_NUMBERS and sum(numbers) < TEMPLATE_AGREES * len(numbers)


def _local(hits: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """The share of hits in the window around each position, cut at the ends of the text."""
    half = WINDOW // 2
    total = np.concatenate([[0], np.cumsum(hits)])
    at = np.arange(hits.size)
    start, stop = np.maximum(at - half, 0), np.minimum(at + half + 1, hits.size)
    return np.asarray((total[stop] - total[start]) / (stop - start), np.float64)


def _far_apart(arrival: Newcomer, member: Candidate) -> bool:
    if arrival.outlet and arrival.outlet == member.outlet:
        return True
    if arrival.published is None or member.published is None:
        return False
    return abs(arrival.published - member.published) > FAR_APART


def _stubs(arrival: Newcomer, text: _Text, member: Candidate, other: _Text) -> bool:
    """Two stubs of one outlet ("This article is for subscribers") under different headlines."""
    one_outlet = arrival.outlet and arrival.outlet == member.outlet
    short = max(text.codes.size, other.codes.size) < _STUB
    return bool(one_outlet and short and text.title and other.title) and text.title != other.title


def _overlap(a: frozenset[int], b: frozenset[int]) -> float:
    return len(a & b) / len(a | b) if min(len(a), len(b)) >= TITLE_TOKENS else 0.0
