"""What a process does with one stored text when the rules changed: mentions, figures, and what nearly matched.

It holds the matcher, compiled once per process; it never opens the warehouse.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from extractors.figures import figures
from extractors.mentions import Matcher, NearMiss
from records.mention import Figure, Initiative, Mention

REREADER = "flows.rereading:Rereader"
"""Who does the work, by name."""

_MOST_NEAR = 20  # near misses kept of one text: a list of hundreds says no more


@dataclass(frozen=True, slots=True)
class StoredText:
    """One stored article, as far as the rules look at it."""

    article_id: int
    title: str
    text: str
    language: str | None
    on: date | None


@dataclass(frozen=True, slots=True)
class Reread:
    """What the present rules find in one stored article."""

    article_id: int
    mentions: tuple[Mention, ...]
    figures: tuple[Figure, ...]
    near_misses: tuple[NearMiss, ...] = ()


class Rereader:
    """Reads stored texts with the present rules; made once in each process.

    Args:
        initiatives: the rules.
        near_misses: whether to tell what nearly matched, which takes longer.
    """

    def __init__(self, initiatives: Sequence[Initiative], *, near_misses: bool = False) -> None:
        self._matcher = Matcher(initiatives)
        self._kinds = {one.id: one.kind for one in initiatives}
        self._near_misses = near_misses

    def __call__(self, stored: StoredText) -> Reread:
        """Return what is found in ``stored``."""
        near: tuple[NearMiss, ...] = ()
        if self._near_misses:
            explained = self._matcher.explain(stored.title, stored.text, stored.language, stored.on)
            mentions, near = explained.mentions, explained.near_misses[:_MOST_NEAR]
        else:
            mentions = tuple(self._matcher.find(stored.title, stored.text, stored.language, stored.on))
        return Reread(stored.article_id, mentions, tuple(figures(stored.text, mentions, self._kinds, stored.on)), near)


def explaining(initiatives: Sequence[Initiative]) -> Rereader:
    """Return a rereader that tells near misses, too: what `govwatch backtest` starts in its processes."""
    return Rereader(initiatives, near_misses=True)
