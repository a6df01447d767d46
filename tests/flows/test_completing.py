"""What the tabulator offers at the prompt, and its short forms."""

from __future__ import annotations

import pytest

from flows.cli.completing import KEYWORDS, matches
from flows.cli.sql import _meant


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("ment", ["mentions"]),
        ("MENT", ["mentions"]),
        ("sea", ["search("]),
        ("SEL", ["SELECT"]),
        ("sel", ["select"]),
        ("", []),
        ("zzz", []),
    ],
)
def test_names_and_keywords_are_completed(typed: str, offered: list[str]) -> None:
    assert matches(["mentions", "search(", "articles", *KEYWORDS], typed) == offered


def test_short_forms_ask_for_what_is_there() -> None:
    assert "duckdb_views" in _meant("\\d")
    assert "'articles'" in _meant("\\d articles;")
    assert _meant("\\d '; drop") == "\\d '; drop"
    assert _meant("from runs;") == "from runs;"
