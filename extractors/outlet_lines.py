"""Lines that an outlet prints on page after page: its notes, boxes and calls, which no markup gives away.

It works on texts that are already cut out and on counts of lines seen before; it never stores them (that is
`warehouse.outlet_lines`), and it would rather leave a note in than take half an article out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from xxhash import xxh3_64_intdigest

from extractors.furniture import key

MOST_PAGES = 20
"""Pages of one outlet that are remembered: enough to know its furniture, few enough to forget last year's."""

_SHORTEST = 8  # letters: shorter lines are crossheads and numbers as often as furniture
_LONGEST = 1_200  # letters: longer lines are paragraphs
_MOST_LINES = 120  # of one page, half from its beginning and half from its end, where furniture stands
_SEEN = 2  # other pages that have a line
# A paragraph of background comes back in the follow-ups of a story, a box on every page: long lines need more evidence.
_LONG, _SEEN_LONG = 120, 5
_ALIKE = 0.5  # share of its lines that a page has in common with another that is nearly the same
_MOST_REMOVED = 0.5  # share of a text's letters


def lines_of(text: str) -> tuple[int, ...]:
    """Return the identities of the lines of ``text``, each once: signed 64-bit numbers, the same on every machine."""
    keys = [bare for line in text.split("\n") if _SHORTEST <= len(bare := key(line)) <= _LONGEST]
    if len(keys) > _MOST_LINES:
        keys = keys[: _MOST_LINES // 2] + keys[-_MOST_LINES // 2 :]
    return tuple(dict.fromkeys(_identity(bare) for bare in keys))


def without_repeated(text: str, seen: Mapping[int, int]) -> tuple[str, int]:
    """Return ``text`` without the lines that other pages of its outlet have, and how many were taken out.

    A text that would lose more than half of its letters is another edition of a page that was seen, and stays whole.

    Args:
        text: paragraphs, one per line.
        seen: on how many other pages of the outlet each line was seen, by `lines_of`.
    """
    if not seen:
        return text, 0
    lines = text.split("\n")
    kept = [line for line in lines if not _is_repeated(line, seen)]
    letters = sum(map(len, lines))
    if letters - sum(map(len, kept)) > _MOST_REMOVED * letters:
        return text, 0
    return "\n".join(kept), len(lines) - len(kept)


def remember(pages: Sequence[Collection[int]], new: Iterable[Collection[int]]) -> list[list[int]]:
    """Return the pages of an outlet that are remembered after ``new`` ones came, the newest last.

    A page that has half of its lines from one that is remembered is that page again (an update, a copy): counting it
    would make furniture of an article's own paragraphs.
    """
    kept = [list(page) for page in pages]
    for page in new:
        if page and not any(_alike(page, other) for other in kept):
            kept.append(list(page))
    return kept[-MOST_PAGES:]


def _alike(page: Collection[int], other: Collection[int]) -> bool:
    return len(set(page) & set(other)) > _ALIKE * min(len(set(page)), len(set(other)))


def _is_repeated(line: str, seen: Mapping[int, int]) -> bool:
    bare = key(line)
    if not _SHORTEST <= len(bare) <= _LONGEST:
        return False
    return seen.get(_identity(bare), 0) >= (_SEEN if len(bare) <= _LONG else _SEEN_LONG)


def _identity(bare: str) -> int:
    # The warehouse's integers are signed.
    number = xxh3_64_intdigest(bare.encode("utf-8"))
    return number - (1 << 64) if number >= 1 << 63 else number
