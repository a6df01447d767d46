"""A backup is whole or refused, a restore keeps what was there, and a file written anew holds what it held."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from records.document import Batch, Document
from records.errors import WarehouseCorrupt, WarehouseError, WarehouseTooNew
from warehouse import articles, backup, runs
from warehouse.database import Warehouse, rows

from .test_articles import by_text, nothing

Make = Callable[..., Document]


def load(warehouse: Warehouse, document: Make, now: datetime, count: int = 3, name: str = "a") -> None:
    batch = Batch(tuple(document(f"{name}{n}", text=f"Text {n} of {name}, read at length.") for n in range(count)), ())
    with warehouse.writing() as con:
        articles.load(con, batch, choose=by_text, detect=nothing, run_id="run-1", now=now)


def stored(path: Path) -> int:
    with duckdb.connect(str(path), read_only=True) as con:
        return int(con.execute("select count(*) from articles").fetchall()[0][0])


def test_a_backup_holds_what_was_committed_and_passes_go_on(
    warehouse: Warehouse, document: Make, now: datetime, tmp_path: Path
) -> None:
    load(warehouse, document, now)
    target, checked = backup.backup(warehouse, None, now)
    assert target == tmp_path / "backups" / "news-20261124T120000Z.duckdb"
    assert checked.rows['"main"."articles"'] == stored(target) == 3
    load(warehouse, document, now, name="b")
    assert stored(target) == 3


def test_a_backup_overwrites_nothing(warehouse: Warehouse, now: datetime, tmp_path: Path) -> None:
    there = tmp_path / "there.duckdb"
    there.write_text("mine")
    with pytest.raises(WarehouseError, match="there already"):
        backup.backup(warehouse, there, now)
    assert there.read_text() == "mine"


def test_a_restored_backup_takes_the_place_and_the_former_warehouse_is_kept(
    warehouse: Warehouse, document: Make, now: datetime, tmp_path: Path
) -> None:
    load(warehouse, document, now)
    target, _ = backup.backup(warehouse, tmp_path / "one.duckdb", now)
    load(warehouse, document, now, name="b")
    kept, _ = backup.restore(warehouse, target, now)
    assert kept is not None
    assert (stored(kept), stored(warehouse.path), stored(warehouse.read_path)) == (6, 3, 3)
    assert stored(target) == 3


def test_a_warehouse_that_cannot_be_read_is_restored_all_the_same(
    warehouse: Warehouse, document: Make, now: datetime, tmp_path: Path
) -> None:
    load(warehouse, document, now)
    target, _ = backup.backup(warehouse, tmp_path / "one.duckdb", now)
    warehouse.path.write_bytes(b"no database")
    kept, _ = backup.restore(Warehouse(warehouse.path), target, now)
    assert kept is not None
    assert kept.read_bytes() == b"no database"
    assert stored(warehouse.path) == 3


def test_a_damaged_block_is_found_before_anything_is_touched(
    warehouse: Warehouse, document: Make, now: datetime, tmp_path: Path
) -> None:
    load(warehouse, document, now, count=400)
    target, _ = backup.backup(warehouse, tmp_path / "one.duckdb", now)
    data = bytearray(target.read_bytes())
    for place in range(3 * 4096 + 5000, len(data), 200_000):
        data[place] ^= 0xFF
    target.write_bytes(data)
    with pytest.raises(WarehouseCorrupt):
        backup.restore(warehouse, target, now)
    assert stored(warehouse.path) == 400


def test_a_backup_of_a_newer_govwatch_is_refused(warehouse: Warehouse, now: datetime, tmp_path: Path) -> None:
    target, _ = backup.backup(warehouse, tmp_path / "one.duckdb", now)
    with duckdb.connect(str(target)) as con:
        con.execute("insert into internal.migrations(version, name, sha256) values (9999, '9999_x.sql', '')")
    with pytest.raises(WarehouseTooNew, match="upgrade govwatch"):
        backup.restore(warehouse, target, now)


@pytest.mark.parametrize("what", ["text", "other", "itself", "nothing"])
def test_what_is_no_backup_is_refused(warehouse: Warehouse, now: datetime, tmp_path: Path, what: str) -> None:
    source = tmp_path / "source.duckdb"
    if what == "text":
        source.write_text("hello")
    elif what == "other":
        with duckdb.connect(str(source)) as con:
            con.execute("create table mine(x int)")
    elif what == "itself":
        source = warehouse.path
    with pytest.raises(WarehouseError):
        backup.restore(warehouse, source, now)


def test_a_file_written_anew_is_smaller_and_holds_the_same(warehouse: Warehouse, document: Make, now: datetime) -> None:
    load(warehouse, document, now, count=5)
    with warehouse.writing() as con:
        con.execute("create table ballast as select hash(n) as x, md5(n::varchar) as y from range(300000) r(n)")
    with warehouse.writing() as con:
        con.execute("drop table ballast")
        runs.start(con, "run-9", now)
    warehouse.publish()
    old = backup.check(warehouse.read_path)
    with warehouse.reading() as con:
        comments = rows(
            con, "select table_name, column_name, comment from duckdb_columns() where not internal order by all"
        )
        keys = rows(con, "select table_name, constraint_text from duckdb_constraints() order by all")
        assert backup.holes(con)[1] > 0
    before, after = backup.compact(warehouse)
    assert after < before / 2
    new = backup.check(warehouse.read_path)
    assert {k: v for k, v in new.digests.items() if "properties" not in k} == {
        k: v for k, v in old.digests.items() if "properties" not in k
    }
    with warehouse.reading() as con:
        assert rows(con, "select count(*) from search('length')") == [(5,)]
        found = rows(
            con, "select table_name, column_name, comment from duckdb_columns() where not internal order by all"
        )
        assert found == comments
        assert rows(con, "select table_name, constraint_text from duckdb_constraints() order by all") == keys
    load(warehouse, document, now, name="later")


def test_a_small_file_is_not_worth_the_work(warehouse: Warehouse) -> None:
    with warehouse.writing() as con:
        assert not backup.due(con)
