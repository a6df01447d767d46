"""Invented news in English and Chinese for benchmarks: as long, as varied and as repetitive as real texts.

It owns the generator only, and never touches a warehouse. Words follow Zipf's law; half of what is drawn are fixed
phrases of two to four words, as in real prose, so that texts compress like it (about 0.4 of their size with zstd).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

FUNCTION_WORDS = tuple(
    """
    the of to and in a that is for on it with as was at by be are this have from or had an not they which but
    has one were all said we their can more when there if will would who what about up its out than into them
    so some time only could new other our may first after most also over such should through where must before
    government minister council treaty committee report draft vote states members people year week country law
    model risk public company safety office system data group agreement meeting talks proposal plan rules
""".split()  # noqa: SIM905 (a list of so many quotes is hard to read)
)
COMMON = "government"
"""A word of about every third English text."""
COMMON_CHINESE = "政府"
RARE = "quillanthropy"
"""A word of ten texts in each corpus, whatever its size."""
RARE_CHINESE = "鹊桥仙渡"
CHINESE_SHARE = 0.15

_SYLLABLES = tuple(
    """
    ba cor du fen gal hi jor kel lum mo nar pi qua ros sti tan ul ver wen zor che dra ing ment tion
""".split()  # noqa: SIM905 (a list of so many quotes is hard to read)
)
_WORDS = 400_000
_PHRASES = 200_000
_CHARACTERS = 3_500
_CHINESE_WORDS = 60_000
_COMMON_RANK = 120  # in about every third Chinese text


@dataclass(frozen=True, slots=True)
class Text:
    """One invented article."""

    title: str
    text: str
    language: str


class Newsroom:
    """Writes texts of about ``size`` bytes of UTF-8; equal seeds write equal texts."""

    def __init__(self, seed: int, size: int = 3_000) -> None:
        vocabulary = np.random.default_rng(1)  # one language for all corpora, whatever their seed
        self._rng = np.random.default_rng(seed)
        self._size = size
        words = np.array([*FUNCTION_WORDS, *_english(vocabulary)], dtype=object)
        self._english = np.concatenate([words, _phrases(vocabulary, words, " ")])
        self._order = _interleaved(len(words), _PHRASES)
        characters = np.array([chr(0x4E00 + n) for n in range(_CHARACTERS)], dtype=object)
        chinese = _chinese(vocabulary, characters)
        chinese[_COMMON_RANK] = COMMON_CHINESE
        self._chinese = np.array(chinese, dtype=object)

    def texts(self, count: int) -> Iterator[Text]:
        """Yield ``count`` texts; ten of them in each language hold its rare word."""
        step = max(1, count // 10)
        for number in range(count):
            chinese = self._rng.random() < CHINESE_SHARE
            text = self._in_chinese() if chinese else self._in_english()
            if number % step == step // 2:
                text = f"{text} {RARE.capitalize()}, they said. {RARE_CHINESE}。"
            title = text[:24] if chinese else text[:70].rsplit(" ", 1)[0]
            yield Text(title, text, "zh" if chinese else "en")

    def _in_english(self) -> str:
        units = self._english[self._order[_zipf(self._rng, len(self._order), self._size // 9)]]
        sentences = [" ".join(part) for part in np.array_split(units, max(1, len(units) // 9))]
        return ". ".join(sentence.capitalize() for sentence in sentences)[: self._size] + "."

    def _in_chinese(self) -> str:
        words = self._chinese[_zipf(self._rng, len(self._chinese), self._size // 6)]
        return "，".join("".join(part) for part in np.array_split(words, max(1, len(words) // 6))) + "。"


def _zipf(rng: Generator, size: int, count: int) -> np.ndarray:
    """Ranks from 0, each with a chance of about one over its place (Zipf, 1949)."""
    return np.exp(rng.random(count) * np.log(size)).astype(np.int64) - 1


def _english(rng: Generator) -> list[str]:
    lengths = rng.integers(1, 5, _WORDS)
    picks = rng.integers(0, len(_SYLLABLES), (_WORDS, 4))
    return ["".join(_SYLLABLES[s] for s in row[:n]) for row, n in zip(picks.tolist(), lengths.tolist(), strict=True)]


def _chinese(rng: Generator, characters: np.ndarray) -> list[str]:
    picks = characters[_zipf(rng, len(characters), _CHINESE_WORDS * 2)].reshape(-1, 2)
    return ["".join(pair) for pair in picks]


def _phrases(rng: Generator, words: np.ndarray, between: str) -> np.ndarray:
    lengths = rng.integers(2, 5, _PHRASES)
    picks = words[_zipf(rng, len(words), _PHRASES * 4)].reshape(-1, 4)
    return np.array([between.join(row[:n]) for row, n in zip(picks, lengths.tolist(), strict=True)], dtype=object)


def _interleaved(words: int, phrases: int) -> np.ndarray:
    """Places by rank: words and phrases in turn, the words' tail at the end; the function words lead."""
    lead = len(FUNCTION_WORDS)
    both = np.empty(2 * phrases, dtype=np.int64)
    both[0::2] = np.arange(lead, lead + phrases)
    both[1::2] = np.arange(words, words + phrases)
    return np.concatenate([np.arange(lead), both, np.arange(lead + phrases, words)])
