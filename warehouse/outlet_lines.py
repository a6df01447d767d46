"""The table ``outlet_lines``: the lines of each outlet's newest pages, so that those it repeats are known.

It stores and counts identities of lines, never their words; what is furniture is decided elsewhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime

from records.page import ReadPage
from warehouse.database import Connection, append, rows

Remember = Callable[[Sequence[Collection[int]], Iterable[Collection[int]]], list[list[int]]]
"""Which pages of an outlet are remembered after new ones came (`extractors.outlet_lines.remember`)?"""

_MOST_LINES = 300  # repeated lines of one outlet that are handed out: an outlet with more has no template


def repeated(con: Connection, *, among: bool = False) -> dict[str, dict[int, int]]:
    """Return for each outlet the lines that stand on two or more of its remembered pages, and on how many others.

    Args:
        con: the database or its read copy.
        among: the pages that are asked about were read before and may be remembered themselves: count one less.
    """
    found: dict[str, dict[int, int]] = defaultdict(dict)
    for outlet, line, pages in rows(
        con,
        """
        select outlet, line, count(*) as pages
        from (select outlet, unnest(lines) as line from outlet_lines)
        group by outlet, line having count(*) > 1
        order by outlet, pages desc, line
        """,
    ):
        if len(found[outlet]) < _MOST_LINES:
            found[outlet][line] = pages - among
    return dict(found)


def learn(con: Connection, pages: Sequence[ReadPage], remember: Remember, now: datetime) -> int:
    """Remember the lines of ``pages`` inside the open transaction, and return how many outlets have new ones."""
    new: Mapping[str, list[tuple[int, ...]]] = defaultdict(list)
    for page in pages:
        if page.outlet and page.lines:
            new[page.outlet].append(page.lines)
    if not new:
        return 0
    there: dict[str, list[list[int]]] = defaultdict(list)
    outlets = sorted(new)
    for outlet, lines in rows(
        con,
        "select outlet, lines from outlet_lines where outlet in (select unnest($1::varchar[])) order by seen_at, place",
        [outlets],
    ):
        there[outlet].append(lines)
    changed = {outlet: kept for outlet in outlets if (kept := remember(there[outlet], new[outlet])) != there[outlet]}
    con.execute("delete from outlet_lines where outlet in (select unnest($1::varchar[]))", [list(changed)])
    append(
        con,
        "outlet_lines",
        ("outlet", "seen_at", "place", "lines"),
        ((outlet, now, place, lines) for outlet, kept in changed.items() for place, lines in enumerate(kept)),
    )
    return len(changed)
