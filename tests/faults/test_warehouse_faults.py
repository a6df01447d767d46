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

# A nursery of loaders: each number that it reads makes it fork a loader, which discovers and loads batches from there on
# for ever, publishes now and then, and says which were acknowledged. Forking saves each of them the imports.
LOADERS = """
    import os, random, sys
    sys.path.insert(0, sys.argv[2])
    from conftest import NOON, make_document, mention_of
    from records.article import Discovery, FeedItem, Outcome, UrlOutcome
    from records.document import Batch
    from records.story import StoryChoice
    from warehouse import articles, frontier
    from warehouse.database import Warehouse

    def choose(documents, neighbours):
        neighbours.of([document.fingerprint for document in documents])
        return [StoryChoice(document.article_id, document.article_id, "new") for document in documents]

    def detect(mentions, history, *, now, run_id):
        return []

    def load(batch):
        warehouse = Warehouse(sys.argv[1])
        while True:
            batch += 1
            documents = [
                make_document(f"{batch}-{row}", text=random.randbytes(1500).hex(), mentions=(mention_of(),))
                for row in range(20)
            ]
            with warehouse.writing() as con:
                frontier.discovered(con, [Discovery(FeedItem(d.url, source="s"), d.url_key) for d in documents], NOON)
            with warehouse.writing() as con:
                outcomes = [UrlOutcome(d.url, Outcome.FETCHED, NOON, article_id=d.article_id) for d in documents]
                articles.load(con, Batch(tuple(documents), tuple(outcomes)), choose=choose, detect=detect,
                              run_id=f"{batch:06}", now=NOON)
            os.write(1, f"loaded {batch}\\n".encode())
            if batch % 2 == 0:
                warehouse.publish()

    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            random.seed()
            load(int(line))
        os.write(1, f"born {child}\\n".encode())
        os.waitpid(child, 0)
        os.write(1, b"dead 0\\n")
"""

# Batches of which something is missing: an article, its story, its mention, the outcome of its URL, or the log of it.
HALF = """
    select a.run_id, count(*) as articles, count(s.story_id) as members, count(m.surface) as mentions,
        count(*) filter (f.outcome = 'fetched') as settled, count(l.url) as logged
    from articles a
    left join story_members s using (article_id)
    left join mentions m using (article_id)
    left join frontier f on f.url_id = a.article_id
    left join fetches l on l.article_id = a.article_id
    group by a.run_id
    having (articles, members, mentions, settled, logged) <> (20, 20, 20, 20, 20)
    union all
    select 'settled, but not loaded', count(*), 0, 0, 0, 0 from frontier
    where outcome = 'fetched' and url_id not in (select article_id from articles) having count(*) > 0
"""


def python(code: str, *arguments: object, **more: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, **more)  # type: ignore[call-overload,no-any-return]


def test_killed_at_any_instant_no_batch_is_lost_or_half_there_and_the_copy_opens(tmp_path: Path) -> None:
    survives(tmp_path, kills=20)


@pytest.mark.endurance
def test_killed_at_three_hundred_instants_no_batch_is_lost_or_half_there_and_the_copy_opens(tmp_path: Path) -> None:
    survives(tmp_path, kills=300)


def survives(tmp_path: Path, kills: int) -> None:
    chance, path, loaded, patience = random.Random(20261124), tmp_path / "news.duckdb", 0, 0.4
    nursery = python(LOADERS, path, ROOT / "tests" / "warehouse", stdin=subprocess.PIPE)
    try:
        for _ in range(kills):
            acknowledged = max(loaded, killed(nursery, loaded, chance.uniform(0.0, patience)))
            # About every other loader shall get somewhere, on a busy machine, too.
            patience = min(patience * 1.2, 5.0) if acknowledged == loaded else max(patience * 0.85, 0.2)
            loaded = whole(path, acknowledged)
    finally:
        nursery.kill()
        nursery.communicate()
    assert loaded > kills / 4, "the loaders must have got somewhere between the kills"
    assert [left.name for left in tmp_path.iterdir() if left.suffix == ".new"] == []


def killed(nursery: subprocess.Popen[str], loaded: int, after: float) -> int:
    """Have a loader go on from batch ``loaded``, kill it, and return the last batch that it acknowledged, or 0."""
    assert nursery.stdin is not None
    assert nursery.stdout is not None
    nursery.stdin.write(f"{loaded}\n")
    nursery.stdin.flush()
    batches, word = [0], ""
    while word != "dead":
        word, number = nursery.stdout.readline().split()
        if word == "born":
            time.sleep(after)
            os.kill(int(number), signal.SIGKILL)
        elif word == "loaded":
            batches.append(int(number))
    return max(batches)


def whole(path: Path, acknowledged: int) -> int:
    """Check that a killed loader left whole batches, all that it acknowledged, and a copy; return the last batch."""
    warehouse = Warehouse(path, lock_timeout=1.0)
    if warehouse.read_path.exists():
        with warehouse.reading() as con:
            assert rows(con, HALF) == [], "a published copy holds whole batches only"
    with warehouse.writing() as con:
        assert rows(con, HALF) == [], "a batch is there as a whole or not at all"
        ((batches, newest),) = rows(con, "select count(distinct run_id), max(run_id)::integer from articles")
    loaded = newest or 0  # one that was committed but not acknowledged is there too
    assert batches == loaded >= acknowledged, "an acknowledged batch is there"
    warehouse.publish()
    with warehouse.reading() as con:
        assert rows(con, "select count(distinct run_id) from articles") == [(loaded,)], "the next copy holds them"
    return int(loaded)


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


# ---- the log of what is not folded in yet -----------------------------------------------------------------------------

COMMITTER = """
    import os, signal, sys
    from warehouse.database import Warehouse, append
    with Warehouse(sys.argv[1]).writing() as con:
        con.execute("commit")
        con.execute("begin")
        append(con, "internal.properties", ("name", "value"), [("in-the-log", "x" * 5_000)])
        con.execute("commit")
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def with_log(filled: Warehouse) -> Path:
    """The log of ``filled``, which a killed process left with a committed row in it."""
    python(COMMITTER, filled.path).communicate(timeout=60)
    log = filled.path.with_name(f"{filled.path.name}.wal")
    assert log.stat().st_size > 0
    return log


def test_what_a_killed_process_committed_is_folded_in_from_its_log(filled: Warehouse, with_log: Path) -> None:
    assert names(filled) == ["committed", "in-the-log"]
    assert not with_log.exists()


def test_a_damaged_log_is_called_damaged_and_nothing_is_thrown_away(filled: Warehouse, with_log: Path) -> None:
    flip(with_log, with_log.stat().st_size // 2)
    before = with_log.read_bytes()
    with pytest.raises(WarehouseCorrupt, match=r"damaged.*news\.read\.duckdb"):
        names(filled)
    assert with_log.read_bytes() == before
    with filled.reading() as con:
        assert rows(con, "select name from internal.properties where name = 'committed'") == [("committed",)]


def test_a_log_that_is_cut_costs_no_more_than_its_last_transaction(filled: Warehouse, with_log: Path) -> None:
    os.truncate(with_log, with_log.stat().st_size - 7)
    assert names(filled) == ["committed"]


def test_the_log_of_another_database_is_refused(filled: Warehouse, with_log: Path, tmp_path: Path) -> None:
    other = Warehouse(tmp_path / "other.duckdb")
    add(other, "elsewhere", size=200_000)
    add(other, "later")
    shutil.move(with_log, tmp_path / "other.duckdb.wal")
    with pytest.raises(WarehouseCorrupt, match=r"other\.duckdb"):
        names(other)
