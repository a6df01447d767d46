"""What operators type to keep a warehouse: backup, restore, compact, doctor, export; each with its exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flows.cli import main
from tests.newsroom import Newsroom
from tests.passes import INITIATIVES, NO_SEEDS, Say
from warehouse.database import Warehouse


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An empty warehouse, published."""
    warehouse = Warehouse(tmp_path / "news.duckdb")
    warehouse.prepare()
    warehouse.publish()
    return warehouse.path


def test_the_way_of_a_warehouse_through_all_five(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--warehouse", str(place)]
    assert main(["backup", *where, str(tmp_path / "one.duckdb")]) == 0
    assert main(["backup", *where, str(tmp_path / "one.duckdb")]) == 1
    assert "there already" in capsys.readouterr().err
    assert main(["compact", *where]) == 0
    assert main(["export", *where, str(tmp_path / "out")]) == 0
    assert main(["restore", *where, str(tmp_path / "one.duckdb")]) == 0
    assert "is kept" in capsys.readouterr().out
    assert main(["doctor", *where]) == 0


def test_the_report_knows_when_the_last_backup_was_made(
    place: Path, tmp_path: Path, govwatch: Say, live_newsroom: Newsroom
) -> None:
    live_newsroom.write_config(tmp_path / "config", initiatives=INITIATIVES, seeds=NO_SEEDS, alerts="{}")
    where = ["--warehouse", str(place), "--config", str(tmp_path / "config")]

    def last_backup() -> str:
        Warehouse(place).publish()
        facts = [
            fact for one in json.loads(govwatch("report", *where, "--json")[1])["sections"] for fact in one["facts"]
        ]
        return next(fact["value"] for fact in facts if fact["label"] == "last backup")

    assert last_backup() == "none known"
    assert govwatch("backup", *where, str(tmp_path / "one.duckdb"))[0] == 0
    assert last_backup() != "none known"


def test_the_doctor_says_what_is_broken_mends_what_is_safe_and_exits_accordingly(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--warehouse", str(place)]
    with Warehouse(place).writing() as con:
        con.execute(
            "insert into frontier (url_id, url, url_key, source_id, origin, discovered_at, outcome) "
            "values (1, 'https://harbour.example/a', 'a', 's', 'live', now(), 'pending')"
        )
        con.execute("insert into told values ('s', 'c', 'sig', 'nowhere', now())")
    assert main(["doctor", *where, "--json"]) == 1
    broken = {one["rule"] for one in json.loads(capsys.readouterr().out)["broken"]}
    assert broken == {"pending URLs are tried", "what was told was sent"}
    assert main(["doctor", *where, "--fix"]) == 1
    out = capsys.readouterr().out
    assert "mended: pending URLs are tried" in out
    assert "broken: what was told was sent" in out
