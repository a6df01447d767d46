"""Ad-hoc SQL: streaming, read-only, bounded, with hints."""

from __future__ import annotations

import threading
import time
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from records.errors import WarehouseError
from warehouse import query, runs
from warehouse.database import Warehouse


@pytest.fixture
def copy(warehouse: Warehouse, now: datetime) -> Path:
    """A published read copy with one pass in it."""
    with warehouse.writing() as con:
        runs.start(con, "run-1", now)
    warehouse.publish()
    return warehouse.read_path


def ask(copy: Path, sql: str, **more: object) -> list[tuple[object, ...]]:
    with query.run(copy, sql, **more) as result:  # type: ignore[arg-type]
        return list(result.rows())


def test_a_query_gives_columns_with_types_and_rows(copy: Path) -> None:
    with query.run(copy, "select run_id, pid > 0 as lives from runs") as result:
        assert [(column.name, column.type) for column in result.columns] == [
            ("run_id", "VARCHAR"),
            ("lives", "BOOLEAN"),
        ]
        assert list(result.rows()) == [("run-1", True)]


def test_a_large_result_comes_in_batches(copy: Path) -> None:
    with query.run(copy, "from range(2500)") as result:
        assert [len(batch) for batch in result.batches] == [1000, 1000, 500]


def test_several_statements_give_the_last_result(copy: Path) -> None:
    assert ask(copy, "create temp table t as select 41 as n; update t set n = n + 1; from t;") == [(42,)]


def test_placeholders_take_values(copy: Path) -> None:
    assert ask(copy, "select $1 || '!'", parameters=["'; drop table articles; --"]) == [
        ("'; drop table articles; --!",)
    ]


@pytest.mark.parametrize(
    ("sql", "hint"),
    [
        pytest.param("delete from articles", "cannot be changed", id="a change"),
        pytest.param("create table t(a int)", "cannot be changed", id="a new table"),
        pytest.param("from read_csv('/etc/passwd')", "reach no files", id="reading a file"),
        pytest.param("copy articles to '/tmp/out.csv'", "reach no files", id="writing a file"),
        pytest.param("attach '/tmp/other.duckdb'", "reach no files", id="another database"),
        pytest.param("from 'https://example.com/x.parquet'", "hint", id="the network"),
        pytest.param("load httpfs", "reach no files", id="an extension"),
        pytest.param("install httpfs", "reach no files", id="a download"),
        pytest.param("set enable_external_access = true", "reach no files|Cannot", id="taking the leash off"),
        pytest.param("select nothing from articles", "`describe articles`", id="a column that is not there"),
        pytest.param("from artikles", "`show tables`", id="a table that is not there"),
        pytest.param('selec "x"', "single quotes", id="no SQL"),
        pytest.param("select 'x'::integer", "try_cast", id="a bad conversion"),
        pytest.param("-- nothing", "new_mentions", id="nothing at all"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_hint(copy: Path, sql: str, hint: str) -> None:
    with pytest.raises(WarehouseError, match=hint):
        ask(copy, sql)
    assert ask(copy, "select count(*) from runs") == [(1,)]


def test_a_query_that_never_ends_is_ended(copy: Path) -> None:
    started = time.monotonic()
    with pytest.raises(WarehouseError, match=r"stopped after 0.2 s; narrow it"):
        ask(copy, "select sum(a.range * b.range) from range(10_000_000) a, range(1_000_000) b", timeout=0.2)
    assert time.monotonic() - started < 5


def test_the_limit_holds_while_rows_are_read_too(copy: Path) -> None:
    def crawl() -> None:
        with query.run(
            copy, "select hash(a.range, b.range) from range(1_000_000) a, range(100_000) b", timeout=0.3
        ) as result:
            for _ in result.batches:
                time.sleep(0.01)

    with pytest.raises(WarehouseError, match="stopped after"):
        crawl()


def test_a_query_leaves_no_timer_behind(copy: Path) -> None:
    ask(copy, "select 1", timeout=1000)
    time.sleep(0.05)
    assert not [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]


def test_before_the_first_pass_there_is_nothing_to_ask(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match="run `govwatch run` first"):
        ask(tmp_path / "none.read.duckdb", "select 1")


def test_a_query_runs_while_a_pass_writes(warehouse: Warehouse, copy: Path, now: datetime) -> None:
    with warehouse.writing() as con:
        runs.start(con, "run-2", now)
        assert ask(copy, "select count(*) from runs") == [(1,)]
    warehouse.publish()
    assert ask(copy, "select count(*) from runs") == [(2,)]


def test_parquet_holds_the_result_and_appears_at_once(copy: Path, tmp_path: Path) -> None:
    target = tmp_path / "it's out.parquet"
    assert query.to_parquet(copy, "select run_id, started_at from runs;", target) == 1
    with duckdb.connect() as con:
        assert con.execute("select run_id from read_parquet($1)", [str(target)]).fetchall() == [("run-1",)]
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".new")] == []


def test_parquet_writes_its_own_file_only(copy: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.parquet"
    with pytest.raises(WarehouseError, match="reach no files"):
        query.to_parquet(copy, f"select 1) to '{other}' (format parquet); --", tmp_path / "out.parquet")
    assert not other.exists()


def test_parquet_of_a_query_that_fails_leaves_the_old_file(copy: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.parquet"
    target.write_bytes(b"old")
    with pytest.raises(WarehouseError, match="`describe articles`"):
        query.to_parquet(copy, "select nothing from runs", target)
    assert target.read_bytes() == b"old"
