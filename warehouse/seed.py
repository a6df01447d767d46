"""What the warehouse knows of the seed corpus before its texts are given.

It never makes a mention: a mention has evidence, and evidence needs the text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from warehouse.database import Connection, append, rows


def known(con: Connection) -> set[int]:
    """Return the ids of the seed articles that are stored, with or without their text."""
    return {row[0] for row in rows(con, "select article_id from articles where origin = 'seed'")}


def note_initiatives(con: Connection, mentioned: Mapping[int, Sequence[str]]) -> None:
    """Note which initiatives the facts say that seed articles mention; noting them again changes nothing."""
    if not mentioned:
        return
    stored = set(rows(con, "select article_id, initiative_id from seed_initiatives"))
    pairs = {(article, initiative) for article, names in mentioned.items() for initiative in names}
    append(con, "seed_initiatives", ("article_id", "initiative_id"), sorted(pairs - stored))
