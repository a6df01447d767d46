"""A checkpoint that is torn anywhere (a kill, a power cut) leaves a database that opens, with all that was committed."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from records.errors import WarehouseCorrupt, WarehouseLocked
from warehouse import undo
from warehouse.database import Warehouse, append, rows

BLOCK, HEADERS = 65_536, 12_288
PAGE = 4096  # a write is torn at pages: the kernel copies one, or some, at a time


@dataclass(frozen=True)
class Torn:
    """What stands on the disk when a checkpoint begins, and the database when it is whole."""

    before: bytes
    log: bytes
    undo: bytes
    after: bytes
    names: list[str]

    def left(self, folder: Path, chance: random.Random, *, undo: bool = True, headers: bool = False) -> Warehouse:
        """Lay out what a kill leaves: some blocks written, some in part, some not; the headers as before."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        content = bytearray(self.before)
        content.extend(self.after[len(content) :])  # it may have grown; it is only cut when the checkpoint is whole
        for place in range(HEADERS, min(len(self.before), len(self.after)), BLOCK):
            end = place + chance.choice([0, BLOCK, chance.randrange(1, BLOCK // PAGE) * PAGE])
            content[place:end] = self.after[place:end]
        if headers:
            content[:HEADERS] = self.after[:HEADERS]
        path = folder / "news.duckdb"
        path.write_bytes(content)
        path.with_name("news.duckdb.wal").write_bytes(self.log)
        if undo:
            path.with_name("news.duckdb.undo").write_bytes(self.undo)
        return Warehouse(path)


@pytest.fixture(scope="module")
def torn(tmp_path_factory: pytest.TempPathFactory) -> Torn:
    """A database of several windows, stopped within the checkpoint of the next one."""
    path = tmp_path_factory.mktemp("torn") / "news.duckdb"
    warehouse, chance = Warehouse(path), random.Random(7)
    names = [f"window {number}" for number in range(12)]
    for name in names[:-1]:
        with warehouse.writing() as con:
            append(con, "internal.properties", ("name", "value"), [(name, chance.randbytes(40_000).hex())])
    taken: dict[str, bytes] = {}
    real = undo.kept

    def watched(con, descriptor, path):  # type: ignore[no-untyped-def]
        taken["before"], taken["log"] = path.read_bytes(), path.with_name("news.duckdb.wal").read_bytes()
        kept = real(con, descriptor, path)

        class Kept:
            def __enter__(self) -> None:
                kept.__enter__()
                taken["undo"] = undo.log_path(path).read_bytes()

            def __exit__(self, *error: object) -> None:
                kept.__exit__(*error)  # type: ignore[arg-type]

        return Kept()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(undo, "kept", watched)
        with warehouse.writing() as con:
            append(con, "internal.properties", ("name", "value"), [(names[-1], chance.randbytes(40_000).hex())])
    return Torn(taken["before"], taken["log"], taken["undo"], path.read_bytes(), names)


def names_in(warehouse: Warehouse) -> list[str]:
    with warehouse.writing() as con:
        found = rows(con, "select name, bit_count(length(value)) from internal.properties where name like 'window%'")
    return sorted((name for name, _ in found), key=lambda name: int(name.split()[1]))


def test_torn_at_any_page_it_opens_with_all_that_was_committed(torn: Torn, tmp_path: Path) -> None:
    chance = random.Random(20261201)
    for _ in range(40):
        warehouse = torn.left(tmp_path / "left", chance)
        assert names_in(warehouse) == torn.names
        assert not undo.log_path(warehouse.path).exists()
        assert names_in(warehouse) == torn.names, "and once more, after a checkpoint of its own"


def test_without_the_undo_log_some_of_these_databases_are_lost(torn: Torn, tmp_path: Path) -> None:
    # The day this fails, DuckDB has stopped to overwrite in place, and `warehouse.undo` can go.
    chance, lost = random.Random(20261201), 0
    for _ in range(20):
        warehouse = torn.left(tmp_path / "left", chance, undo=False)
        try:
            names_in(warehouse)
        except WarehouseCorrupt:
            lost += 1
    assert lost > 0


def test_a_checkpoint_that_was_whole_stays(torn: Torn, tmp_path: Path) -> None:
    warehouse = torn.left(tmp_path / "left", random.Random(1))
    warehouse.path.write_bytes(torn.after)
    warehouse.path.with_name("news.duckdb.wal").unlink()
    assert undo.undo(warehouse.path) is False
    assert warehouse.path.read_bytes() == torn.after
    assert names_in(warehouse) == torn.names


def test_a_header_that_is_torn_is_put_back(torn: Torn, tmp_path: Path) -> None:
    warehouse = torn.left(tmp_path / "left", random.Random(2))
    content = bytearray(warehouse.path.read_bytes())
    (changed,) = (at for at in (PAGE, 2 * PAGE) if torn.before[at : at + PAGE] != torn.after[at : at + PAGE])
    content[changed : changed + 8] = torn.after[changed : changed + 8]  # its checksum, and nothing of what it covers
    warehouse.path.write_bytes(content)
    assert names_in(warehouse) == torn.names


@pytest.mark.parametrize("cut", [0, 10, 5000, 20_000, -1])
def test_a_log_that_was_not_written_whole_is_of_a_checkpoint_that_did_not_begin(
    torn: Torn, tmp_path: Path, cut: int
) -> None:
    warehouse = torn.left(tmp_path / "left", random.Random(3))
    warehouse.path.write_bytes(torn.before)
    undo.log_path(warehouse.path).write_bytes(torn.undo[:cut])
    assert undo.undo(warehouse.path) is False
    assert not undo.log_path(warehouse.path).exists()
    assert warehouse.path.read_bytes() == torn.before
    assert names_in(warehouse) == torn.names


def test_the_log_of_another_database_changes_nothing(torn: Torn, tmp_path: Path) -> None:
    other = Warehouse(tmp_path / "news.duckdb")
    other.prepare()
    content = other.path.read_bytes()
    undo.log_path(other.path).write_bytes(torn.undo)
    assert undo.undo(other.path) is False
    assert other.path.read_bytes() == content


def test_nothing_is_put_back_under_a_program_that_has_the_database_open(torn: Torn, tmp_path: Path) -> None:
    warehouse = torn.left(tmp_path / "left", random.Random(4))
    warehouse.path.write_bytes(torn.before)
    code = "import duckdb, sys; con = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    program = subprocess.Popen(
        [sys.executable, "-c", code, str(warehouse.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert program.stdout is not None
        assert program.stdout.readline() == "open\n"
        with pytest.raises(WarehouseLocked):
            names_in(Warehouse(warehouse.path, lock_timeout=0.2))
        assert undo.log_path(warehouse.path).exists()
    finally:
        program.communicate()
    assert names_in(warehouse) == torn.names
