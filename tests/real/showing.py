"""Whether a reader sees a headline: the words of it, whatever was broken to make it harmless."""

from __future__ import annotations

from records.text import clean

_BREAKS = "\u200b"


def plain(text: str) -> str:
    """The letters of ``text`` without what is not seen, and without spaces, which every format may fold."""
    return "".join(character for character in text if character != _BREAKS and not character.isspace())


def shows(text: str, title: str, least: int = 30) -> bool:
    """Whether ``text`` shows ``title``; of a long one, its beginning."""
    wanted = plain(clean(title)).removesuffix("…")
    return wanted[:least] in plain(text)
