"""The language of a text, from the page's own word and a detector.

It never overrules the page on a short text, where detectors guess.
"""

from __future__ import annotations

from typing import Any

import py3langid

_rank: Any = py3langid.rank  # type: ignore[attr-defined]  # untyped

_ENOUGH = 200  # characters: below, the detector is wrong more often than the page
_SAMPLE = 1_000
_MARGIN = 25.0  # log-probability between the first and the page's own language


def load() -> None:
    """Load the detector's model now, in place of with the first text."""
    _rank("")


def language_of(text: str, stated: str | None) -> str | None:
    """Return the BCP 47 primary tag of ``text``'s language, or None when it cannot be told.

    Args:
        text: the article's text.
        stated: the language that the page states, or None.
    """
    if len(text) < _ENOUGH and (stated or len(text) < 40):
        return stated
    ranking = _rank(text[:_SAMPLE])
    found, score = ranking[0]
    if stated is None or found == stated:
        return str(found)
    own = next((points for tag, points in ranking if tag == stated), None)
    # A language that the detector does not know cannot be overruled by it.
    return str(found) if own is not None and score - own > _MARGIN else stated
