"""Killed, full, corrupt, newer, unwritable: a clear error each time, and nothing that was committed is lost."""

from __future__ import annotations

import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from records.errors import DiskFull, Retry, WarehouseCorrupt, WarehouseError, WarehouseTooNew
from warehouse.database import Warehouse, append, rows

pytestmark = pytest.mark.faults

ROOT = Path(__file__).parents[2]
KILLS = 20

# Loads numbered batches for ever, each of 40 rows in two tables, publishes now and then, and says what was acknowledged.
LOADER = """
    import random, sys
    from warehouse.database import Warehouse, append
    warehouse, batch = Warehouse(sys.argv[1]), int(sys.argv[2])
    warehouse.prepare()
    print("ready", flush=True)
    while True:
        batch += 1
        with warehouse.writing() as con:
            con.execute("set checkpoint_threshold = '64KB'")
            append(con, "internal.properties", ("name", "value"),
                   [(f"{batch:06}-{row:02}", random.randbytes(2000).hex()) for row in range(40)])
            append(con, "runs", ("run_id", "kind", "state", "started_at", "version", "host", "pid"),
                   [(f"{batch:06}", "kill", "running", "2026-11-24 12:00:00+00", "", "", 0)])
        print(batch, flush=True)
        if batch % 2 == 0:
            warehouse.publish()
"""

WHOLE = """
    select r.run_id, count(p.name) from runs r left join internal.properties p on p.name like r.run_id || '-%'
    group by r.run_id having count(p.name) <> 40
    union all
    select name, -1 from internal.properties where name <> 'views' and split_part(name, '-', 1) not in (select run_id from runs)
"""


def python(code: str, *arguments: object, **more: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, **more)  # type: ignore[call-overload,no-any-return]


def test_killed_at_any_instant_no_batch_is_lost_or_half_there_and_the_copy_opens(tmp_path: Path) -> None:
    chance, path, acknowledged = random.Random(20261124), tmp_path / "news.duckdb", 0
    for _ in range(KILLS):
        child = python(LOADER, path, acknowledged)
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0.0, 0.25))
        child.send_signal(signal.SIGKILL)
        said = child.communicate()[0].split()
        acknowledged = max([acknowledged, *map(int, said)])

        warehouse = Warehouse(path, lock_timeout=1.0)
        if warehouse.read_path.exists():
            with warehouse.reading() as con:
                assert rows(con, WHOLE) == [], "a published copy holds whole batches only"
        with warehouse.writing() as con:
            assert rows(con, WHOLE) == [], "a batch is there as a whole or not at all"
            stored = rows(con, "select count(*), coalesce(max(run_id)::integer, 0) from runs")[0]
        assert stored[0] == stored[1] >= acknowledged, "an acknowledged batch is there"
        acknowledged = stored[1]  # one that was committed but not acknowledged counts from here on
        warehouse.publish()
        with warehouse.reading() as con:
            assert rows(con, "select count(*) from runs") == [(acknowledged,)], "the next copy holds them all"
    assert acknowledged > KILLS / 2, "the loader must have got somewhere between the kills"
    assert [left.name for left in tmp_path.iterdir() if left.suffix == ".new"] == []


@pytest.fixture
def filled(tmp_path: Path) -> Warehouse:
    """A warehouse with some content, published, closed."""
    warehouse = Warehouse(tmp_path / "data" / "news.duckdb", lock_timeout=0.5)
    add(warehouse, "committed", size=200_000)
    warehouse.publish()
    return warehouse


def add(warehouse: Warehouse, name: str, size: int = 10) -> None:
    with warehouse.writing() as con:
        append(con, "internal.properties", ("name", "value"), [(name, random.randbytes(size).hex())])


def names(warehouse: Warehouse) -> list[str]:
    with Warehouse(warehouse.path).writing() as con:
        return [row[0] for row in rows(con, "select name from internal.properties where name <> 'views' order by name")]


def flip(path: Path, place: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 0xFF
    path.write_bytes(data)


@pytest.mark.parametrize("place", [20, 4096 + 100, 8192 + 100])
def test_a_damaged_header_is_called_damaged_and_the_read_copy_still_opens(filled: Warehouse, place: int) -> None:
    flip(filled.path, place)
    with pytest.raises(WarehouseError) as caught:
        Warehouse(filled.path).prepare()
    assert isinstance(caught.value, WarehouseCorrupt | WarehouseTooNew)
    with filled.reading() as con:
        assert rows(con, "select name from internal.properties where name = 'committed'") == [("committed",)]


def test_a_damaged_block_is_called_damaged_and_says_where_a_whole_copy_may_be(filled: Warehouse) -> None:
    for place in range(3 * 4096 + 1000, filled.path.stat().st_size, 50_000):
        flip(filled.path, place)
    with pytest.raises(WarehouseCorrupt, match=r"damaged.*news\.read\.duckdb") as caught:
        names(filled)
    assert caught.value.retry is Retry.NEVER


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="an empty file"),
        pytest.param(b"id,title\n1,Treaty read\n" * 500, id="a table of another program"),
        pytest.param(b"SQLite format 3\x00" + bytes(8192), id="a database of another program"),
    ],
)
def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "news.duckdb"
    path.write_bytes(content)
    with pytest.raises(WarehouseError) as caught:
        Warehouse(path).prepare()
    assert "news.duckdb" in str(caught.value)
    assert path.read_bytes() == content


def test_a_cut_file_is_called_damaged(filled: Warehouse) -> None:
    os.truncate(filled.path, filled.path.stat().st_size // 2)
    with pytest.raises(WarehouseCorrupt):
        names(filled)


def test_a_file_of_a_newer_duckdb_is_refused_by_name(filled: Warehouse) -> None:
    data = bytearray(filled.path.read_bytes())
    # The main header: its checksum, "DUCK", the storage version, and more up to 4096 bytes, all little-endian.
    assert data[8:12] == b"DUCK"
    assert data[:8] == checksum(data[8:4096])
    data[12:20] = (999).to_bytes(8, "little")
    data[:8] = checksum(data[8:4096])
    filled.path.write_bytes(data)
    with pytest.raises(WarehouseTooNew, match="upgrade govwatch"):
        Warehouse(filled.path).prepare()


def checksum(block: bytes) -> bytes:
    """Return DuckDB's checksum of a block: multiply each word, fold by exclusive or (src/common/checksum.cpp)."""
    result = 5381
    for (word,) in struct.iter_unpack("<Q", block):
        result ^= word * 0xBF58476D1CE4E5B9 & 0xFFFF_FFFF_FFFF_FFFF
    return result.to_bytes(8, "little")


def test_a_directory_in_the_place_of_the_file_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match="is a directory"):
        Warehouse(tmp_path).prepare()


def test_a_file_in_the_place_of_the_directory_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a directory")
    with pytest.raises(WarehouseError, match="is a file, not a directory"):
        Warehouse(tmp_path / "data" / "news.duckdb").prepare()


def test_a_directory_that_cannot_be_written_is_said_so(filled: Warehouse) -> None:
    if os.geteuid() == 0:
        # root writes everywhere but below a file system that is no place for files
        with pytest.raises(WarehouseError, match="/proc"):
            Warehouse("/proc/govwatch/news.duckdb").prepare()
        return
    filled.lock_path.unlink()
    filled.path.parent.chmod(0o500)
    try:
        with pytest.raises(DiskFull, match="cannot be written"):
            add(filled, "lost")
    finally:
        filled.path.parent.chmod(0o700)


FULL = """
    import resource, signal, sys
    from records.errors import DiskFull
    from warehouse.database import Warehouse, append
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    warehouse = Warehouse(sys.argv[1])
    warehouse.prepare()
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
    print("ready", flush=True)
    number = 0
    try:
        while True:
            number += 1
            with warehouse.writing() as con:
                append(con, "internal.properties", ("name", "value"), [(f"more-{number:04}", "x" * 100)] + [
                    (f"ballast-{number:04}-{row}", __import__("random").randbytes(30_000).hex()) for row in range(10)])
            print(number, flush=True)
    except DiskFull as error:
        print("full:", error, flush=True)
"""


def test_a_full_disk_is_said_so_and_what_was_acknowledged_is_there_after(filled: Warehouse) -> None:
    """The limit on file sizes (RLIMIT_FSIZE) stands for the full disk: the same failing write, no privileges needed."""
    child = python(FULL, filled.path, filled.path.stat().st_size + 3_000_000)
    said = child.communicate(timeout=60)[0].splitlines()
    assert said[-1].startswith("full:"), said
    assert "no space is left" in said[-1]
    acknowledged = [int(line) for line in said[1:-1]]
    assert acknowledged, "some batches fit"
    stored = names(filled)
    assert "committed" in stored
    assert {f"more-{number:04}" for number in acknowledged} <= set(stored)
    assert {name for name in stored if name.startswith("ballast")} >= {
        f"ballast-{number:04}-{row}" for number in acknowledged for row in range(10)
    }


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("mount") is None, reason="mounting a small disk needs root")
def test_a_disk_that_is_really_full_keeps_the_old_copy(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=9m", "tmpfs", str(disk)], check=False).returncode:
        pytest.skip("this machine does not let root mount a tmpfs")
    try:
        warehouse = Warehouse(disk / "news.duckdb")
        add(warehouse, "first", size=500_000)
        warehouse.publish()
        (disk / "ballast").write_bytes(bytes(disk_free(disk) - 1_000_000))

        def fill() -> None:
            for number in range(20):
                add(warehouse, f"more-{number}", size=300_000)
                warehouse.publish()

        with pytest.raises(DiskFull, match="no space is left"):
            fill()
        with warehouse.reading() as con:
            assert ("first",) in rows(con, "select name from internal.properties")
        (disk / "ballast").unlink()
        assert "first" in names(warehouse)
        warehouse.publish()
        assert [left.name for left in disk.iterdir() if left.suffix == ".new"] == []
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def disk_free(path: Path) -> int:
    return shutil.disk_usage(path).free
