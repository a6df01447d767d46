"""What must always be true of a warehouse, each as a question whose answer is empty, and how a broken one is mended.

It finds and says; it changes nothing but what `mend` names, and that never touches an article, a mention or a receipt.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from warehouse import search
from warehouse.backends import DuckFile
from warehouse.database import Connection, Warehouse, rows

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One invariant that is broken.

    Attributes:
        rule: short name of the invariant.
        what: how often, with examples.
        mend: what to do.
        safe: whether ``--fix`` mends it.
    """

    rule: str
    what: str
    mend: str
    safe: bool = False


@dataclass(frozen=True, slots=True)
class _Rule:
    name: str
    says: str
    mend: str
    sql: str


_FROM_BACKUP = "restore a backup from before (govwatch restore); if there is none, report it: no command makes this"

_RULES = (
    _Rule("articles are there once", "articles that are stored twice", _FROM_BACKUP,
          "select article_id from articles group by article_id having count(*) > 1"),
    _Rule("mentions have articles", "mentions without their article", _FROM_BACKUP,
          "select distinct article_id from mentions where article_id not in (select article_id from articles)"),
    _Rule("figures have articles", "figures without their article", _FROM_BACKUP,
          "select distinct article_id from figures where article_id not in (select article_id from articles)"),
    _Rule("mentions prove themselves", "mentions whose span does not hold the words that they state",
          "govwatch backtest --apply finds the mentions of stored texts anew",
          """
          select m.article_id from mentions m join articles a using (article_id)
          where (m.field = 'title' and substr(a.title, m.span_start + 1, m.span_end - m.span_start) <> m.surface)
              or (m.field = 'text' and a.text is not null
                  and substr(a.text, m.span_start + 1, m.span_end - m.span_start) <> m.surface)
          """),
    _Rule("articles are in a story", "articles that belong to no story", _FROM_BACKUP,
          "select article_id from articles where article_id not in (select article_id from story_members)"),
    _Rule("members are articles", "members of stories that are no articles", _FROM_BACKUP,
          "select article_id from story_members where article_id not in (select article_id from articles)"),
    _Rule("members have their story", "members whose story is not there, or was merged into another", _FROM_BACKUP,
          "select article_id from story_members m left join stories s using (story_id) "
          "where s.story_id is null or s.merged_into is not null"),
    _Rule("stories have members", "live stories without a member", _FROM_BACKUP,
          "select story_id from stories where merged_into is null "
          "and story_id not in (select story_id from story_members)"),
    _Rule("stories count their members", "stories whose number of articles is wrong", _FROM_BACKUP,
          "select s.story_id from stories s join (select story_id, count(*) as n from story_members group by story_id) "
          "using (story_id) where s.merged_into is null and s.articles <> n"),
    _Rule("arrival numbers are whole", "arrival numbers that are missing or used twice", _FROM_BACKUP,
          "select number from story_members group by number having count(*) > 1 union all "
          "select max(number) from story_members having max(number) <> count(*)"),
    _Rule("fetched URLs have articles", "URLs noted as fetched whose article is not there", _FROM_BACKUP,
          "select url from frontier where outcome = 'fetched' and article_id is not null "
          "and article_id not in (select article_id from articles)"),
    _Rule("pending URLs are tried", "URLs that are pending, but never due",
          "govwatch doctor --fix makes them due now",
          "select url from frontier where outcome = 'pending' and next_try is null"),
    _Rule("signals get a verdict", "signals of more than a day ago without a verdict",
          "govwatch run routes them; look at alerts.yaml if they stay (govwatch check)",
          "select signal_id from signals where verdict is null and created_at < $1::timestamptz - interval 1 day"),
    _Rule("signals have articles", "signals without their article", _FROM_BACKUP,
          "select signal_id from signals where article_id not in (select article_id from articles)"),
    _Rule("messages leave", "messages that were due more than a day ago and still wait",
          "govwatch status names channels that fail; then govwatch alerts retry",
          "select delivery_id from deliveries where state in ('pending', 'retry') "
          "and coalesce(next_attempt_at, created_at) < $1::timestamptz - interval 1 day"),
    _Rule("leases end", "messages whose dispatcher died more than a day ago", "govwatch run takes them up again",
          "select delivery_id from deliveries where lease_until < $1::timestamptz - interval 1 day "
          "and state not in ('sent', 'dead', 'cancelled')"),
    _Rule("what was told was sent", "notes that a channel was told, without a message that was sent", _FROM_BACKUP,
          "select distinct t.delivery_id from told t left join deliveries d using (delivery_id) "
          "where d.delivery_id is null or d.state <> 'sent'"),
    _Rule("passes end", "passes that are running for more than a day",
          "govwatch doctor --fix marks them as interrupted",
          "select run_id from runs where state = 'running' and started_at < $1::timestamptz - interval 1 day"),
    _Rule("everything is explained", "tables or columns without a comment", "report it: it is a mistake of govwatch",
          "select table_name || '.' || column_name from duckdb_columns() where not internal and comment is null "
          "and schema_name in ('main', 'internal') and database_name = current_database() "
          "and table_name in (select table_name from duckdb_tables())"),
)  # fmt: skip

RULES = (
    *(rule.name for rule in _RULES),
    "the index of search is whole",
    "the read copy is fresh",
    "nothing is left over",
    "the log has its file",
)
"""The names of all invariants."""


def examine(con: Connection, now: datetime) -> list[Finding]:
    """Return every invariant that is broken, in the order of `RULES`.

    Args:
        con: of a write window: the database itself is judged, not its copy.
        now: what "more than a day ago" is measured by.
    """
    found = []
    for rule in _RULES:
        parameters = [now] if "$1" in rule.sql else []
        bad = [str(row[0]) for row in rows(con, rule.sql, parameters)]
        if bad:
            what = f"{len(bad)} {rule.says}: {', '.join(bad[:_SHOWN])}{' …' if len(bad) > _SHOWN else ''}"
            found.append(Finding(rule.name, what, rule.mend, safe="--fix" in rule.mend))
    if lost := search.misses(con):
        what = f"the index of search() leads past articles {', '.join(map(str, lost[:_SHOWN]))}"
        found.append(Finding(RULES[-4], what, "govwatch doctor --fix makes it anew", safe=True))
    return found


def examine_files(warehouse: Warehouse, now: datetime) -> list[Finding]:
    """Return what is wrong with the files of the warehouse; outside of any window of this process."""
    if not isinstance(warehouse.backend, DuckFile):
        return []
    found = []
    path, copy = warehouse.path, warehouse.read_path
    log = path.with_name(f"{path.name}.wal")
    newest = max((one.stat().st_mtime for one in (path, log) if one.exists()), default=0.0)
    if path.exists() and (not copy.exists() or newest - copy.stat().st_mtime > 3600):
        what = f"{copy.name} is missing" if not copy.exists() else f"{copy.name} is older than {path.name} by an hour"
        found.append(Finding(RULES[-3], what, "govwatch doctor --fix publishes it", safe=True))
    if left := left_over(warehouse, now):
        names = ", ".join(one.name for one in left[:_SHOWN])
        found.append(Finding(RULES[-2], f"unfinished copies: {names}", "govwatch doctor --fix removes them", safe=True))
    if log.exists() and not path.exists():
        what = f"{log.name} is there without {path.name}: committed rows may be lost"
        found.append(
            Finding(RULES[-1], what, f"put {path.name} back beside it, or restore a backup (govwatch restore)")
        )
    return found


def left_over(warehouse: Warehouse, now: datetime) -> list[Path]:
    """Return unfinished copies beside the warehouse that nobody has written to for an hour."""
    before = (now - timedelta(hours=1)).timestamp()
    stem = warehouse.path.stem
    places = (warehouse.path.parent, warehouse.path.with_name("backups"))
    patterns = (f"{stem}*.new", f"{stem}*.new.wal")
    found = {one for place in places for pattern in patterns for one in place.glob(pattern)}
    return sorted(one for one in found if one.is_file() and one.stat().st_mtime < before)


def mend(con: Connection, now: datetime) -> None:
    """Mend what is safe to mend inside the open write window; what was well stays as it is."""
    con.execute("update frontier set next_try = $1 where outcome = 'pending' and next_try is null", [now])
    con.execute(
        "update runs set state = 'interrupted', finished_at = $1::timestamptz where state = 'running' "
        "and started_at < $1::timestamptz - interval 1 day",
        [now],
    )
    if search.misses(con):
        search.forget(con)


def mend_files(warehouse: Warehouse, now: datetime) -> None:
    """Remove unfinished copies and publish a fresh read copy."""
    for left in left_over(warehouse, now):
        with contextlib.suppress(OSError):
            left.unlink()
    warehouse.publish()
