"""The schema's history: applied once, in order, recorded; never edited, never skipped, kept before it changes data."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

from records.errors import WarehouseError, WarehouseTooNew
from warehouse import migrate
from warehouse.database import Connection, Warehouse, rows


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A history of two migrations, and a file of views that fits them."""
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "0001_first.sql").write_text("create table boats(name varchar); insert into boats values ('Aurora');")
    (folder / "0002_second.sql").write_text("alter table boats add column length integer;")
    views = tmp_path / "views.sql"
    views.write_text("create or replace view fleet as select count(*) as boats from boats;")
    monkeypatch.setattr(migrate, "VIEWS", views)
    return folder


def opened(folder: Path) -> Warehouse:
    return Warehouse(folder.parent / "news.duckdb", migrations=folder)


def ledger(warehouse: Warehouse) -> list[tuple[int, str]]:
    with warehouse.writing() as con:
        return rows(con, "select version, name from internal.migrations order by version")  # type: ignore[return-value]


def test_a_fresh_database_gets_every_migration_with_its_record(folder: Path) -> None:
    assert ledger(opened(folder)) == [(1, "0001_first.sql"), (2, "0002_second.sql")]


def test_opening_again_changes_nothing(folder: Path) -> None:
    opened(folder).prepare()
    before = (folder.parent / "news.duckdb").stat()
    opened(folder).prepare()
    assert (folder.parent / "news.duckdb").stat().st_mtime_ns == before.st_mtime_ns


def test_an_existing_database_is_kept_before_it_is_migrated(folder: Path) -> None:
    later = folder / "0002_second.sql"
    text = later.read_text()
    later.unlink()
    opened(folder).prepare()
    later.write_text(text)
    warehouse = opened(folder)
    assert ledger(warehouse)[-1] == (2, "0002_second.sql")
    with duckdb.connect(str(folder.parent / "news.before-0002.duckdb"), read_only=True) as kept:
        assert kept.execute("describe boats").fetchall()[0][0] == "name"
        assert len(kept.execute("describe boats").fetchall()) == 1
        assert kept.execute("select * from boats").fetchall() == [("Aurora",)]


def test_a_fresh_database_needs_no_copy(folder: Path) -> None:
    opened(folder).prepare()
    assert list(folder.parent.glob("*.before-*")) == []


def test_a_migration_that_fails_leaves_nothing_and_can_be_mended(folder: Path) -> None:
    broken = folder / "0003_third.sql"
    broken.write_text("create table masts(height integer); insert into masts values ('not a number');")
    with pytest.raises(WarehouseError, match="not a number"):
        opened(folder).prepare()
    broken.unlink()
    warehouse = opened(folder)
    assert len(ledger(warehouse)) == 2
    with warehouse.writing() as con:
        assert ("masts",) not in rows(con, "show tables")


def test_a_newer_schema_is_refused_with_what_to_do(folder: Path) -> None:
    opened(folder).prepare()
    (folder / "0002_second.sql").unlink()
    with pytest.raises(
        WarehouseTooNew, match=r"made by a newer govwatch.*schema 2 \(0002_second.sql\).*upgrade govwatch"
    ):
        opened(folder).prepare()


def test_an_edited_migration_is_refused(folder: Path) -> None:
    opened(folder).prepare()
    (folder / "0001_first.sql").write_text("create table boats(name varchar);")
    with pytest.raises(WarehouseError, match=r"0001_first.sql was applied with another content"):
        opened(folder).prepare()


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        pytest.param("0004_gap.sql", "number 0003 is missing", id="a gap"),
        pytest.param("0002_twice.sql", "number 0003 is missing or used twice", id="a number used twice"),
        pytest.param("third.sql", "a migration is named like", id="a name without a number"),
    ],
)
def test_a_history_with_a_hole_is_refused(folder: Path, name: str, complaint: str) -> None:
    (folder / name).write_text("select 1")
    with pytest.raises(WarehouseError, match=complaint):
        opened(folder).prepare()


def test_a_database_of_another_program_is_left_alone(folder: Path) -> None:
    with duckdb.connect(str(folder.parent / "news.duckdb")) as con:
        con.execute("create table ledger(amount integer)")
    with pytest.raises(WarehouseError, match=r"no warehouse of govwatch \(it holds 'ledger'"):
        opened(folder).prepare()
    with duckdb.connect(str(folder.parent / "news.duckdb")) as con:
        assert con.execute("show tables").fetchall() == [("ledger",)]


def test_views_follow_their_file_without_a_migration(folder: Path) -> None:
    opened(folder).prepare()
    migrate.VIEWS.write_text("create or replace view fleet as select 'changed' as boats;")
    with opened(folder).writing() as con:
        assert rows(con, "from fleet") == [("changed",)]


def described(con: Connection) -> list[tuple[str, str]]:
    return rows(
        con,
        """
        select table_name || '.' || column_name, comment from duckdb_columns()
        where not internal and table_name in (select table_name from duckdb_tables())
        union all select table_name, comment from duckdb_tables() where not internal
        union all select view_name, comment from duckdb_views() where not internal
        union all select function_name, comment from duckdb_functions() where not internal and function_type like '%macro'
        """,
    )  # type: ignore[return-value]


def test_every_table_column_view_and_macro_says_what_it_is(warehouse: Warehouse) -> None:
    with warehouse.writing() as con:
        silent = [name for name, comment in described(con) if not comment]
    assert silent == []


def test_every_time_is_an_instant(warehouse: Warehouse) -> None:
    with warehouse.writing() as con:
        zoneless = rows(
            con, "select table_name, column_name from duckdb_columns() where not internal and data_type = 'TIMESTAMP'"
        )
    assert zoneless == []


def test_texts_are_compressed(warehouse: Warehouse) -> None:
    with warehouse.writing() as con:
        (sql,) = (row[0] for row in rows(con, "select sql from duckdb_tables() where table_name = 'articles'"))
    assert re.search(r'"?text"? VARCHAR USING COMPRESSION ZSTD', sql, re.IGNORECASE)


def test_the_contracts_tables_and_views_are_there(warehouse: Warehouse) -> None:
    promised = {
        "articles", "stories", "mentions", "initiatives", "sources", "fetches", "figures", "signals", "notifications",
        "deliveries", "runs", "new_mentions", "initiative_timeline", "outlet_coverage", "source_health",
        "disagreeing_figures",
    }  # fmt: skip
    with warehouse.writing() as con:
        there = {row[0] for row in rows(con, "show tables")}
    assert promised <= there
