"""History and completion at the prompt of `govwatch sql`, where Python has readline.

It never runs what is typed, and a prompt without it works all the same.
"""

from __future__ import annotations

import atexit
import contextlib
from collections.abc import Sequence
from pathlib import Path

KEYWORDS = (
    "select", "from", "where", "group by all", "order by", "limit", "having", "join", "left join", "using", "distinct",
    "count(*)", "filter", "case when", "then", "else", "end", "between", "interval", "is not null", "in", "like",
    "ilike", "union all", "with", "exclude", "unnest", "describe", "summarize", "show tables", "explain", "desc",
    "nulls last", "pivot", "exists", "now()",
)  # fmt: skip
_KEPT = 2_000  # lines of history

NAMES = """
    select table_name from duckdb_tables() where schema_name = 'main'
    union select view_name from duckdb_views() where not internal
    union select function_name || '(' from duckdb_functions() where not internal and schema_name = 'main'
    union select column_name from duckdb_columns() where schema_name = 'main' and not internal
"""
"""SQL for what can be completed beside keywords: tables, views, macros, columns."""


def matches(words: Sequence[str], text: str) -> list[str]:
    """Return the words that begin with ``text``, in any case; keywords keep the case that was typed."""
    capitals = text.isupper()
    found = [word.upper() if capitals and word in KEYWORDS else word for word in words]
    return sorted({word for word in found if word.lower().startswith(text.lower())}) if text else []


def remember(history: Path, names: Sequence[str]) -> None:
    """Keep what is typed in ``history``, and complete ``names`` and keywords with the tabulator."""
    try:
        import readline
    except ImportError:
        return
    words = [*names, *KEYWORDS]

    def complete(text: str, state: int) -> str | None:
        found = matches(words, text)
        return found[state] if state < len(found) else None

    readline.set_completer(complete)
    readline.set_completer_delims(" \t\n,()=<>;.+-*/|'")
    libedit = "libedit" in (readline.__doc__ or "")
    readline.parse_and_bind("bind ^I rl_complete" if libedit else "tab: complete")
    readline.set_history_length(_KEPT)
    # A history that cannot be read or written is no reason not to answer questions.
    with contextlib.suppress(OSError):
        if history.exists():
            readline.read_history_file(history)
    if history.parent.is_dir():
        atexit.register(_write, history)


def _write(history: Path) -> None:
    import readline

    with contextlib.suppress(OSError):
        readline.write_history_file(history)
