"""Which numbers about an initiative are news: those that no stored statement agrees with.

Pure; it never decides which of two numbers is right, and never compares numbers of different units or scopes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from records.mention import Figure
from records.signal import Stated

_LOOSE = 0.25
"""How far "more than" and "up to" reach: journalists say "more than 140" of 143, not of 200."""

_ABOUT = 0.1
_EXACT_BELOW = 1_000.0
"""Counts below are meant exactly; of greater numbers only the digits that are written: 1.2 billion is 1.15 to 1.25."""

_PART = 0.5
"""A number below this share of what was stated counts a part ("two states said"), not the whole."""

_RARELY_COMPARABLE = frozenset({"percent", "article", "chapter", "page", "action", "expert"})
"""Units that count another thing in every sentence, unless their scope says what."""


def is_news(figure: Figure, stated: Sequence[Stated]) -> bool:
    """Whether ``figure`` differs from all that was stated before in its unit and scope.

    What is stated for the first time differs from nothing: it is news only as part of its story.
    """
    if not stated or figure.value <= 0 or (figure.unit in _RARELY_COMPARABLE and not figure.scope):
        return False
    if figure.value < _PART * max(one.value for one in stated):
        return False
    ours = _meant(figure.value, figure.comparison)
    return not any(_overlap(ours, _meant(one.value, one.comparison)) for one in stated)


def scope_of(figure: Figure) -> str:
    """Return what makes a statement of ``figure`` the same as an earlier one."""
    return f"{figure.unit}/{figure.scope}/{figure.value:g}"


def reason(figure: Figure, stated: Sequence[Stated]) -> str:
    """Return the number with the one before it, for example ``146 member states, before: 143 states``."""
    return f"new figure: {figure.surface}, before: {stated[-1].surface}"


def contradict(unit: str, scope: str, statements: Sequence[tuple[float, str]]) -> bool:
    """Whether some two of ``statements``, each a value and its comparison, cannot both be true of the same thing.

    Numbers below half of the greatest count a part, and units that count another thing in every sentence compare only
    where their scope says what.
    """
    if unit in _RARELY_COMPARABLE and not scope:
        return False
    greatest = max((value for value, _ in statements), default=0.0)
    ranges = [_meant(value, comparison) for value, comparison in statements if value > 0 and value >= _PART * greatest]
    # Ranges that all overlap share a point (Helly's theorem in one dimension).
    return bool(ranges) and max(low for low, _ in ranges) > min(high for _, high in ranges)


def _meant(value: float, comparison: str) -> tuple[float, float]:
    """Return the range of numbers that a statement may mean."""
    low, high = _as_written(value)
    if comparison == "~":
        return low * (1 - _ABOUT), high * (1 + _ABOUT)
    if comparison == ">=":
        return low, high * (1 + _LOOSE)
    if comparison == "<=":
        return low * (1 - _LOOSE), high
    return low, high


def _as_written(value: float) -> tuple[float, float]:
    if value < _EXACT_BELOW:
        return value, value
    step = 10 ** math.floor(math.log10(value))
    while step > 1 and not math.isclose(value / step, round(value / step), rel_tol=1e-9):
        step /= 10
    return value - step / 2, value + step / 2


def _overlap(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]
