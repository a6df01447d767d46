"""The corpus as a folder of Parquet files by month and language, for pandas, polars, Spark and the like.

It never changes the warehouse. A new export takes the place of the old one in one step, when it is whole.
"""

from __future__ import annotations

import json
import os
import shutil
from datetime import date, datetime
from pathlib import Path

from records.errors import WarehouseError
from warehouse import lock
from warehouse.backends import DuckFile
from warehouse.database import Connection, Warehouse, open_copy, quoted, rows

MARK = "govwatch-export.json"
"""The file that shows that a folder is an export, and may be replaced by the next one."""

# Month and language are those of the article, so that the three join within a partition. 'und' is BCP 47 for unknown.
_OF_ARTICLE = (
    "strftime(coalesce(a.published, a.first_seen), '%Y-%m') as month, "
    "coalesce(nullif(a.language, ''), 'und') as language"
)
_TABLES = {
    "articles": f"select a.* exclude (language), s.story_id, {_OF_ARTICLE} "
    "from articles a left join story_members s using (article_id)",
    "mentions": f"select t.*, {_OF_ARTICLE} from mentions t join articles a using (article_id)",
    "figures": f"select t.*, {_OF_ARTICLE} from figures t join articles a using (article_id)",
    "stories": "select *, strftime(coalesce(original_published, first_seen), '%Y-%m') as month from stories",
}
TABLES = tuple(_TABLES)
"""The folders of an export."""


def export(warehouse: Warehouse, folder: Path, now: datetime, since: date | None = None) -> dict[str, int]:
    """Write the read copy's articles, mentions, figures and stories below ``folder``; return the rows of each.

    Args:
        warehouse: in a file, published at least once.
        folder: a folder that is not there yet, an empty one, or an earlier export, which is replaced.
        now: noted in the folder.
        since: months before this day's are taken from the earlier export as they are, and left out when there is none.

    Raises:
        WarehouseError: or a child: the folder is something else, there is no room, nothing was published yet.
    """
    if not isinstance(warehouse.backend, DuckFile):
        raise WarehouseError(f"{warehouse.place} is read by such tools itself; only files are exported")
    folder = folder.absolute()
    fresh, old = folder.with_name(f"{folder.name}.new"), folder.with_name(f"{folder.name}.old")
    try:
        if old.exists() and not folder.exists():
            old.rename(folder)  # a kill between the two renames below
        _may_be_replaced(folder)
        for left in (fresh, old):
            shutil.rmtree(left, ignore_errors=True)
        fresh.mkdir(parents=True)
        with open_copy(warehouse.read_path, writable=fresh) as con:
            counts = {name: _write(con, name, fresh / name, since) for name in TABLES}
        if since is not None and folder.exists():
            _take_over(folder, fresh, f"{since:%Y-%m}")
        note = {"exported_at": now.isoformat(), "since": since and since.isoformat(), "rows": counts}
        (fresh / MARK).write_text(json.dumps(note, indent=2), encoding="utf-8")
        if folder.exists():
            folder.rename(old)
        fresh.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise lock.cannot_write(error, folder) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return counts


def _write(con: Connection, name: str, target: Path, since: date | None) -> int:
    by = "month" if name == "stories" else "month, language"
    chosen = f"where month >= {quoted(f'{since:%Y-%m}')}" if since is not None else ""
    statement = (
        f"copy (select * from ({_TABLES[name]}) {chosen} order by {by}) to {quoted(str(target))} "
        f"(format parquet, compression zstd, partition_by ({by}))"
    )
    return int(rows(con, statement)[0][0])


def _may_be_replaced(folder: Path) -> None:
    if not folder.exists() or (folder / MARK).is_file():
        return
    if not folder.is_dir() or any(folder.iterdir()):
        raise WarehouseError(f"{folder} is there, and no export of govwatch: give a new or an empty folder")


def _take_over(folder: Path, fresh: Path, first: str) -> None:
    """Link the files of earlier months into the new export: they are never written to again."""
    for path in folder.glob("*/month=*/**/*.parquet"):
        part = path.relative_to(folder)
        if part.parts[1].removeprefix("month=") < first:
            target = fresh / part
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(path, target)
            except OSError:  # a file system without links
                shutil.copy2(path, target)
