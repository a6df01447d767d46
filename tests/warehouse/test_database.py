"""One writer at a time, in short windows; readers have a copy of their own."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from records.errors import (
    DiskFull,
    GovwatchError,
    ParseError,
    Retry,
    WarehouseCorrupt,
    WarehouseError,
    WarehouseLocked,
    WarehouseTooNew,
)
from warehouse import database
from warehouse.database import Warehouse, append, meaning, read_parquet, rows

ROOT = Path(__file__).parents[2]


def add_property(warehouse: Warehouse, name: str) -> None:
    with warehouse.writing() as con:
        append(con, "internal.properties", ("name", "value"), [(name, "")])


def properties(warehouse: Warehouse) -> list[str]:
    with warehouse.reading() as con:
        return [row[0] for row in rows(con, "select name from internal.properties where name <> 'views' order by name")]


@contextlib.contextmanager
def process(code: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """Run Python code in another process; it says "ready" on a line of its own when it is."""
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        yield child
    finally:
        child.kill()
        child.communicate()


def test_making_a_warehouse_touches_nothing(tmp_path: Path) -> None:
    Warehouse(tmp_path / "deep" / "news.duckdb")
    assert list(tmp_path.iterdir()) == []


def test_the_first_window_makes_directory_database_and_schema(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "deep" / "down" / "news.duckdb")
    with warehouse.writing() as con:
        tables = {row[0] for row in rows(con, "show tables")}
    assert {"articles", "mentions", "sources", "initiatives", "figures", "fetches", "runs", "frontier"} <= tables


def test_an_exception_leaves_nothing_of_its_window(warehouse: Warehouse) -> None:
    def fail() -> None:
        with warehouse.writing() as con:
            append(con, "internal.properties", ("name", "value"), [("lost", "")])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    warehouse.publish()
    assert properties(warehouse) == []


def test_a_failed_statement_that_was_swallowed_does_not_lose_the_rest_in_silence(warehouse: Warehouse) -> None:
    def swallow() -> None:
        with warehouse.writing() as con:
            append(con, "internal.properties", ("name", "value"), [("lost", "")])
            with contextlib.suppress(duckdb.Error):
                con.execute("insert into internal.properties values ('views', 'a second time')")

    with pytest.raises(WarehouseError, match="aborted"):
        swallow()


def test_a_program_error_in_sql_is_a_warehouse_error(warehouse: Warehouse) -> None:
    with pytest.raises(WarehouseError, match="nonsense"), warehouse.writing() as con:
        con.execute("select nonsense")


def test_nobody_can_read_before_something_is_published(warehouse: Warehouse) -> None:
    warehouse.prepare()
    with pytest.raises(WarehouseError, match="run `govwatch run` first"), warehouse.reading():
        pass


def test_the_read_copy_shows_what_was_published_and_no_more(warehouse: Warehouse) -> None:
    add_property(warehouse, "one")
    assert warehouse.publish() is True
    add_property(warehouse, "two")
    assert properties(warehouse) == ["one"]
    assert warehouse.publish() is True
    assert properties(warehouse) == ["one", "two"]


def test_publishing_twice_copies_once(warehouse: Warehouse) -> None:
    add_property(warehouse, "one")
    assert warehouse.publish() is True
    before = warehouse.read_path.stat()
    assert warehouse.publish() is False
    with warehouse.writing() as con:
        rows(con, "select * from articles")
    assert warehouse.publish() is False, "a window that changed nothing"
    assert Warehouse(warehouse.path).publish() is False, "another process would see it too"
    assert warehouse.read_path.stat().st_ino == before.st_ino


def test_publishing_what_was_never_written_makes_an_empty_warehouse_to_read(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "news.duckdb")
    assert warehouse.publish() is True
    assert properties(warehouse) == []


def test_an_open_reader_keeps_its_copy_while_the_next_is_published(warehouse: Warehouse) -> None:
    add_property(warehouse, "one")
    warehouse.publish()
    with warehouse.reading() as con:
        add_property(warehouse, "two")
        assert warehouse.publish() is True
        assert rows(con, "select count(*) from internal.properties where name <> 'views'") == [(1,)]
    assert properties(warehouse) == ["one", "two"]


def test_the_read_copy_cannot_be_written_and_reaches_no_file(warehouse: Warehouse) -> None:
    warehouse.publish()
    with pytest.raises(WarehouseError, match="read-only mode"), warehouse.reading() as con:
        con.execute("delete from articles")
    with pytest.raises(WarehouseError, match="disabled"), warehouse.reading() as con:
        con.execute("select * from read_text('/etc/hostname')")


def test_times_are_utc_whatever_the_host_thinks(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    with warehouse.writing() as con:
        assert rows(con, "select (timestamptz '2026-11-24 23:30:00+00')::date::varchar") == [("2026-11-24",)]


def test_unfinished_copies_of_killed_publishers_are_swept(warehouse: Warehouse) -> None:
    warehouse.publish()
    left = warehouse.read_path.with_name(f"{warehouse.read_path.name}.4711.new")
    left.write_bytes(b"half a copy")
    add_property(warehouse, "one")
    assert warehouse.publish() is True
    assert not left.exists()


def test_a_log_that_a_killed_writer_left_is_in_the_next_copy(warehouse: Warehouse) -> None:
    warehouse.publish()
    code = """
        import os, sys
        from warehouse.database import Warehouse, append
        with Warehouse(sys.argv[1]).writing() as con:
            append(con, "internal.properties", ("name", "value"), [("acknowledged", "")])
            con.execute("commit")
            print("ready", flush=True)
            os.kill(os.getpid(), 9)
    """
    with process(code, warehouse.path) as child:
        child.wait(10)
    assert warehouse.path.with_name("news.duckdb.wal").exists()
    assert Warehouse(warehouse.path).publish() is True
    assert properties(warehouse) == ["acknowledged"]


def test_threads_of_one_process_take_turns(warehouse: Warehouse) -> None:
    threads = [threading.Thread(target=add_property, args=(warehouse, f"thread-{number}")) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    warehouse.publish()
    assert len(properties(warehouse)) == 6


HOLD = """
    import sys
    from warehouse.database import Warehouse
    with Warehouse(sys.argv[1], command="govwatch run").writing():
        print("ready", flush=True)
        sys.stdin.readline()
"""


def test_a_second_writer_waits_its_time_and_says_who_writes(tmp_path: Path) -> None:
    path = tmp_path / "news.duckdb"
    with process(HOLD, path) as other:
        started = time.monotonic()
        with pytest.raises(WarehouseLocked) as caught, Warehouse(path, lock_timeout=0.5).writing():
            pass
        waited = time.monotonic() - started
    assert 0.5 <= waited < 2.0
    assert f"process {other.pid} (govwatch run) since 20" in str(caught.value)
    assert caught.value.retry is Retry.LATER


def test_a_second_writer_gets_in_as_soon_as_the_first_is_done(tmp_path: Path) -> None:
    path = tmp_path / "news.duckdb"
    with process(HOLD, path) as other:
        threading.Timer(0.3, lambda: other.stdin and (other.stdin.write("\n"), other.stdin.flush())).start()
        with Warehouse(path, lock_timeout=10).writing() as con:
            assert rows(con, "select 1") == [(1,)]


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    path = tmp_path / "news.duckdb"
    with process(HOLD, path) as other:
        other.kill()
        other.wait()
        with Warehouse(path, lock_timeout=0.2).writing():
            pass


@pytest.mark.parametrize("read_only", [True, False])
def test_a_foreign_tool_that_has_the_file_open_is_named(warehouse: Warehouse, *, read_only: bool) -> None:
    warehouse.prepare()
    code = f"""
        import sys, duckdb
        con = duckdb.connect(sys.argv[1], read_only={read_only})
        print("ready", flush=True)
        sys.stdin.readline()
    """
    warehouse.lock_timeout = 0.3
    with process(code, warehouse.path) as other:
        with pytest.raises(WarehouseLocked) as caught, warehouse.writing():
            pass
        assert f"process {other.pid} " in str(caught.value)
        assert "news.read.duckdb" in str(caught.value)
    with warehouse.writing():
        pass


def test_readers_of_the_copy_never_hold_up_a_writer(warehouse: Warehouse) -> None:
    warehouse.publish()
    code = """
        import sys, duckdb
        con = duckdb.connect(sys.argv[1], read_only=True)
        print("ready", flush=True)
        sys.stdin.readline()
    """
    warehouse.lock_timeout = 0.3
    with process(code, warehouse.read_path):
        add_property(warehouse, "one")
        assert warehouse.publish() is True
    assert properties(warehouse) == ["one"]


def test_the_file_can_be_opened_by_tools_of_the_line_before(warehouse: Warehouse) -> None:
    warehouse.prepare()
    with duckdb.connect(str(warehouse.path), read_only=True) as con:
        tags = con.execute("select tags from duckdb_databases() where database_name = 'news'").fetchall()
    assert "v1.5" in str(tags), "storage version 69 and later can only be read by DuckDB 2"


def test_a_parquet_file_is_read_row_by_row(tmp_path: Path) -> None:
    path = tmp_path / "it's a corpus.parquet"
    with duckdb.connect() as con:
        con.execute(f"copy (select i as id, 'text ' || i as text from range(500) t(i)) to {database.quoted(str(path))}")
    found = list(read_parquet(path))
    assert len(found) == 500
    assert found[0] == {"id": 0, "text": "text 0"}


@pytest.mark.parametrize("content", [None, b"", b"PAR1 but not really PAR1"])
def test_what_is_no_parquet_file_is_said_so(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "corpus.parquet"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ParseError, match=r"corpus.parquet: cannot be read as Parquet"):
        list(read_parquet(path))


def every_class(parent: type[duckdb.Error]) -> Iterator[type[duckdb.Error]]:
    yield parent
    for child in parent.__subclasses__():
        yield from every_class(child)


@pytest.mark.parametrize("error", sorted(set(every_class(duckdb.Error)), key=lambda one: one.__name__))
def test_every_error_class_of_duckdb_has_a_meaning(error: type[duckdb.Error], tmp_path: Path) -> None:
    meant = meaning(error("something odd"), tmp_path / "news.duckdb")
    assert isinstance(meant, GovwatchError)
    assert str(meant)


# What DuckDB 2.0.0 wrote when real files, disks and locks were broken (tests/faults breaks them again).
@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ('IO Error: Conflicting lock is held in /usr/bin/duckdb (PID 7543).', WarehouseLocked),
        ("IO Error: file with version number 99, but we can only read versions between 64 and 69.", WarehouseTooNew),
        ("Corrupt database file: computed checksum 1 does not match stored checksum 2", WarehouseCorrupt),
        ('IO Error: The file "/d/n.duckdb" exists, but it is not a valid DuckDB database file!', WarehouseCorrupt),
        ("IO Error: Could not read enough bytes from file", WarehouseCorrupt),
        ('Failure while replaying WAL file "/d/n.duckdb.wal": odd', WarehouseCorrupt),
        ('FATAL Error: Failed to create checkpoint: No space left on device', DiskFull),
        ('IO Error: Cannot open file "/d/n.duckdb": Permission denied', DiskFull),
        ('IO Error: Cannot open file "/d/n.duckdb": Read-only file system', DiskFull),
        ("Constraint Error: Duplicate key", WarehouseError),
    ],
)  # fmt: skip
def test_what_duckdb_says_gets_its_name(text: str, meant: type[WarehouseError]) -> None:
    error = meaning(duckdb.IOException(text), Path("/d/n.duckdb"))
    assert type(error) is meant


def test_the_door_names_are_the_ones_the_project_promises() -> None:
    assert database.Connection is duckdb.DuckDBPyConnection
    assert os.fspath(Warehouse("data/govwatch.duckdb").read_path) == "data/govwatch.read.duckdb"
