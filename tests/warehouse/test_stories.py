"""Stories on disk, from fingerprints made by hand and from generated texts."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from extractors.fingerprints import fingerprint
from extractors.stories import choose
from records.document import Document
from tests.warehouse.conftest import NOON, make_document
from warehouse import stories
from warehouse.database import Connection, Warehouse, rows
from warehouse.stories import StoredNeighbours

WORDS = [
    a + b
    for a in ["ba", "du", "ki", "lo", "me", "nu", "pa", "ri", "so", "ta", "ve", "wi"]
    for b in ["l", "n", "r", "s", "t", "x"]
]


def prose(seed: int, sentences: int = 30) -> str:
    """A text that nobody else writes: sentences of random words."""
    rng = random.Random(seed)
    return " ".join(" ".join(rng.choices(WORDS, k=12)).capitalize() + "." for _ in range(sentences))


def printed(name: str, text: str, **more: Any) -> Document:
    """An article in the newspaper's own dress."""
    title = more.pop("title", f"Notes on {name}")
    document = make_document(name, text=text, title=title, **more)
    return replace(document, fingerprint=fingerprint(title, text))


def load(con: Connection, documents: Sequence[Document], now: Any = NOON) -> None:
    stories.store(con, documents, choose(documents, StoredNeighbours(con)), now)


def table(con: Connection, sql: str) -> list[tuple[Any, ...]]:
    return rows(con, sql)


def everything(con: Connection) -> list[list[tuple[Any, ...]]]:
    names = ("stories", "story_members", "internal.fingerprints", "internal.shingles")
    return [rows(con, f"select * from {name} order by all") for name in names]


def test_a_copy_joins_the_story_that_is_stored(warehouse: Warehouse) -> None:
    first, copy = printed("a", prose(1), outlet="a.example"), printed("b", prose(1), outlet="b.example")
    with warehouse.writing() as con:
        load(con, [first])
    with warehouse.writing() as con:
        load(con, [copy])
        members = table(
            con, "select article_id, story_id, reason, score, matched_article_id from story_members order by number"
        )
        story = table(con, "select story_id, articles, outlets, original_article_id, original_by from stories")
    assert members == [
        (first.article_id, first.article_id, "new", 1.0, None),
        (copy.article_id, first.article_id, "same_text", 1.0, first.article_id),
    ]
    assert story == [(first.article_id, 2, ["a.example", "b.example"], first.article_id, "first")]
