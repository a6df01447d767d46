"""Passes: how each ended, and which were killed."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

from warehouse import runs
from warehouse.database import Warehouse, rows


def test_a_pass_says_how_it_ended_and_what_it_did(warehouse: Warehouse, now: datetime) -> None:
    with warehouse.writing() as con:
        runs.start(con, "one", now, version="0.1.0")
        (going,) = runs.last(con)
        runs.finish(con, "one", now + timedelta(minutes=2), "completed", {"articles": 7})
        (done,) = runs.last(con)
    assert (going.state, going.kind, going.finished_at, going.version) == ("running", "monitor", None, "0.1.0")
    assert (done.state, done.finished_at, done.counts) == ("completed", now + timedelta(minutes=2), {"articles": 7})


def test_starting_the_same_pass_again_changes_nothing(warehouse: Warehouse, now: datetime) -> None:
    with warehouse.writing() as con:
        runs.start(con, "one", now)
        runs.start(con, "one", now + timedelta(hours=1))
        assert [run.started_at for run in runs.last(con)] == [now]


def test_a_pass_whose_process_is_gone_was_interrupted(warehouse: Warehouse, now: datetime) -> None:
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    child.wait()
    with warehouse.writing() as con:
        runs.start(con, "killed", now)
        runs.start(con, "alive", now + timedelta(minutes=1))
        con.execute("update runs set pid = $1 where run_id = 'killed'", [child.pid])
        runs.start(con, "next", now + timedelta(hours=1))
        states = {run.run_id: (run.state, run.error) for run in runs.last(con)}
    assert states["killed"] == ("interrupted", "its process ended without a word")
    assert states["alive"] == states["next"] == ("running", None)


def test_a_pass_of_another_machine_is_left_alone(warehouse: Warehouse, now: datetime) -> None:
    with warehouse.writing() as con:
        runs.start(con, "elsewhere", now)
        con.execute("update runs set pid = 999999999, host = 'elsewhere'")
        runs.start(con, "here", now)
        assert [run.state for run in runs.last(con)] == ["running", "running"]


def test_the_last_passes_come_newest_first_and_by_kind(warehouse: Warehouse, now: datetime) -> None:
    with warehouse.writing() as con:
        for number, kind in enumerate(["monitor", "upkeep", "monitor"]):
            runs.start(con, f"run-{number}", now + timedelta(hours=number), kind=kind)
        assert [run.run_id for run in runs.last(con, 2)] == ["run-2", "run-1"]
        assert [run.run_id for run in runs.last(con, kind="monitor")] == ["run-2", "run-0"]


def test_the_time_of_each_stage_is_set_against_the_week_before(warehouse: Warehouse) -> None:
    with warehouse.writing() as con:
        for days, spent in ((0, 1_000), (1, 3_000), (7, 8_000)):
            began = datetime(2026, 11, 10, 12, tzinfo=UTC) + timedelta(days=days)
            runs.start(con, f"pass-{days}", began)
            runs.finish(con, f"pass-{days}", began, "completed", {"articles": 4, "ms_collect": spent})
        found = rows(con, "select week, stage, passes, median_seconds, times_the_week_before from stage_times")
    assert found == [(date(2026, 11, 16), "collect", 1, 8.0, 4.0), (date(2026, 11, 9), "collect", 2, 2.0, None)]
