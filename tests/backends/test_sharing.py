"""The read copy behind a Quack server: analysts elsewhere ask it whole statements, and can change nothing."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from records.errors import WarehouseError
from tests.backends.test_contract import loads, printed
from warehouse.database import Warehouse
from warehouse.query import run, to_parquet

ROOT = Path(__file__).parents[2]
TOKEN = "open-sesame-4711"


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Warehouse, str]]:
    """A warehouse with an article, and the place of its server."""
    home = Warehouse(tmp_path / "news.duckdb")
    loads(home, printed("one"))
    home.publish()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("GOVWATCH_QUACK_TOKEN", TOKEN)
    command = [sys.executable, "-c", "from flows.cli import main; main()", "share", "--listen", f"127.0.0.1:{port}"]
    command += ["--warehouse", str(home.path)]
    server = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | {"PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        assert server.stdout.readline().startswith("Sharing ")
        wait_for(port)
        yield home, f"quack:127.0.0.1:{port}"
    finally:
        server.kill()
        server.communicate()


def wait_for(port: int) -> None:
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)


def answer(place: str, sql: str, *parameters: object) -> list[tuple[object, ...]]:
    with run(Warehouse(place), sql, parameters=parameters) as result:
        return list(result.rows())


def test_views_macros_joins_and_parameters_are_asked_over_the_network(
    shared: tuple[Warehouse, str], tmp_path: Path
) -> None:
    _, place = shared
    assert answer(place, "select initiative_id from new_mentions") == [("harbour-treaty",)]
    assert answer(place, "select count(*) from recent(3650)") == [(1,)]
    joined = "select outlet, $1 from articles join mentions using (article_id)"
    assert answer(place, joined, "it's me") == [("gazette.example", "it's me")]
    assert to_parquet(Warehouse(place), "from articles", tmp_path / "out.parquet") == 1


def test_nothing_can_be_changed_or_read_beside_it_and_no_token_is_shown(
    shared: tuple[Warehouse, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, place = shared
    for statement in ("delete from articles", "from read_text('/etc/hostname')", "attach 'x.duckdb'"):
        with pytest.raises(WarehouseError):
            answer(place, statement)
    monkeypatch.setenv("GOVWATCH_QUACK_TOKEN", "another-token")
    with pytest.raises(WarehouseError) as caught:
        answer(place, "from articles")
    assert "another-token" not in str(caught.value)
    with pytest.raises(WarehouseError, match="can only be read"), Warehouse(place).writing():
        pass


def test_a_new_copy_is_served_while_the_server_runs(shared: tuple[Warehouse, str]) -> None:
    home, place = shared
    loads(home, printed("two"))
    home.publish()
    found: list[tuple[object, ...]] = []
    for _ in range(60):
        try:
            found = answer(place, "select count(*) from articles")
        except WarehouseError:  # the moment in which the server takes the new copy
            found = []
        if found == [(2,)]:
            break
        time.sleep(0.25)
    assert found == [(2,)]
