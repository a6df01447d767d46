"""What our own numbered SQL files say in catalogs that know no keys: DuckLake.

It never reads SQL of others. DuckLake takes NOT NULL, plain defaults, views, macros and comments, and refuses keys,
compression clauses, defaults of lists, and comments on macros (each refusal seen with DuckDB 1.5.5, 2026-11). What a
key would have refused, the loader looks up before it writes, in a window that writers take in turns.
"""

from __future__ import annotations

import re

_TEXT = re.compile(r"'(?:[^']|'')*'|--[^\n]*")
# The forms in which migrations write keys; tests/warehouse/test_dialect.py proves that none is left.
_DROPPED = re.compile(
    r""",\s*(?:primary\s+key|unique)\s*\([^)]*\)   # as a line of its own
    | \s+(?:primary\s+key|unique)\b                # behind a column
    | \s+using\s+compression\s+\w+
    | \s+default\s+\[\s*\]
    """,
    re.IGNORECASE | re.VERBOSE,
)
_SKIPPED = re.compile(r"\s*(?:comment\s+on\s+macro|create\s+(?:unique\s+)?index|drop\s+index)\b", re.IGNORECASE)


def keyless(sql: str) -> str:
    """Return ``sql`` without what a catalog without keys refuses; texts and comments stay as they are.

    A column whose list had an empty default is NULL where nothing was written: readers of such columns expect it.
    """
    return ";".join(
        _outside_texts(statement) for statement in _statements(sql) if not _SKIPPED.match(_without_notes(statement))
    )


def _statements(sql: str) -> list[str]:
    """Cut at each semicolon that stands in no text and no comment."""
    found, begin = [], 0
    masked = _TEXT.sub(lambda text: "x" * len(text[0]), sql)
    for at, character in enumerate(masked):
        if character == ";":
            found.append(sql[begin:at])
            begin = at + 1
    return [*found, sql[begin:]]


def _without_notes(statement: str) -> str:
    return re.sub(r"--[^\n]*", "", statement)


def _outside_texts(statement: str) -> str:
    parts, begin = [], 0
    for text in _TEXT.finditer(statement):
        parts += [_DROPPED.sub("", statement[begin : text.start()]), text[0]]
        begin = text.end()
    return "".join([*parts, _DROPPED.sub("", statement[begin:])])
