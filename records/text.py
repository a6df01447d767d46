"""The one gate that every string from the web passes before it is stored, shown or sent.

It never decides what a text means; it only removes what could make a text act: controls, bidi overrides,
lone surrogates, invisible characters.
"""

from __future__ import annotations

import re
import unicodedata

# C0 and C1 controls, line and paragraph separators, and the private "non-characters" at the end of the BMP.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")
# As above, but tab and line feed survive: for texts of several paragraphs.
_CONTROL_BUT_LINES = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]")
# Bidirectional overrides, embeddings, isolates and marks (Unicode UAX #9), and zero-width characters.
# U+200C and U+200D stay: Persian, Indic scripts and emoji need them to be spelled rightly.
_INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SPACE = re.compile(r"[^\S\n]+")
_BREAKS = re.compile(r" ?\n[ \n]*")

TITLE_LIMIT = 300
"""Characters of a title, an outlet or an author that are kept."""

TEXT_LIMIT = 2_000_000
"""Characters of an article's text that are kept; the longest law texts seen stay well below it."""


def clean(text: str, limit: int = TITLE_LIMIT) -> str:
    """Return ``text`` as one harmless line of at most ``limit`` characters.

    NFC; lone surrogates become U+FFFD; controls and every kind of line break become a space; bidi controls and
    zero-width characters go; white space is folded and trimmed; a cut text ends in "…".
    """
    # Cut first (generously), so that a megabyte of title costs nothing more.
    text = unicodedata.normalize("NFC", _SURROGATE.sub("\ufffd", text[: limit * 8]))
    text = _INVISIBLE.sub("", _CONTROL.sub(" ", text))
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def clean_text(text: str, limit: int = TEXT_LIMIT) -> str:
    """Return ``text`` as harmless paragraphs, one per line, of at most ``limit`` characters in all.

    The same gate as `clean`, but line feeds stay: runs of blank lines become one line break.
    """
    text = unicodedata.normalize("NFC", _SURROGATE.sub("\ufffd", text[:limit]))
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    text = _INVISIBLE.sub("", _CONTROL_BUT_LINES.sub(" ", text))
    return _BREAKS.sub("\n", _SPACE.sub(" ", text)).strip()
