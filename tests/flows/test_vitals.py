"""Whether govwatch says that it is ill when it is, and what supervisors and Prometheus read of it."""

from __future__ import annotations

import io
import json
import urllib.error
import urllib.request
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from rich.console import Console

from flows.cli import status
from flows.endpoint import look, serving
from flows.metrics import openmetrics
from flows.vitals import OWN, judge
from records.article import Outcome
from records.coverage import CanaryFlight, Precision, Standing
from records.errors import GovwatchError
from tests.newsroom import Newsroom
from tests.passes import INITIATIVES, NO_SEEDS, Say
from warehouse.database import Warehouse
from warehouse.health import ChannelHealth, FailingUrl, Health, SourceHealth
from warehouse.runs import Run, State

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
ROOM = 50_000_000_000


def run_of(state: State, minutes_ago: int, *, took: int = 2, error: str | None = None) -> Run:
    began = NOON - timedelta(minutes=minutes_ago + took)
    ended = None if state is State.RUNNING else began + timedelta(minutes=took)
    return Run(f"pass-{minutes_ago}", "monitor", state, began, ended, {"articles": 3}, error)


def health_with(*runs: Run, **facts: Any) -> Health:
    empty = Health(
        outcomes={},
        due=0,
        given_up=0,
        failing=(),
        sources=(),
        runs=runs,
        stored={},
        sizes={},
        deliveries={},
        channels=(),
    )
    return replace(empty, **facts)


@pytest.mark.parametrize(
    ("case", "runs", "reason"),
    [
        ("a pass that ended five minutes ago", [run_of(State.COMPLETED, 5)], None),
        ("one that was stopped for its deadline has done its work", [run_of(State.STOPPED, 5)], None),
        ("nothing ever ran", [], "no pass has ended yet"),
        ("the last one ended an hour ago", [run_of(State.COMPLETED, 60)], "no pass ended for 60 minutes"),
        (
            "only passes that were killed",
            [run_of(State.INTERRUPTED, 5), run_of(State.COMPLETED, 90)],
            "no pass ended for 90 minutes",
        ),
        (
            "one hangs, though another just ended",
            [run_of(State.RUNNING, 100), run_of(State.COMPLETED, 5)],
            "pass pass-100 runs since 10:18 UTC, longer than limits.pass_deadline allows",
        ),
        (
            "three failed in a row",
            [run_of(State.FAILED, n, error="disk on fire") for n in (5, 10, 15)],
            "the last 3 passes ended badly: disk on fire, disk on fire, disk on fire",
        ),
        ("two failed, one did not", [run_of(State.FAILED, 5), run_of(State.FAILED, 9), run_of(State.COMPLETED, 14)], None),
    ],
)  # fmt: skip
def test_what_keeps_govwatch_from_its_work(case: str, runs: list[Run], reason: str | None) -> None:
    vitals = judge(health_with(*runs), NOON, room=ROOM, longest=timedelta(minutes=50))
    assert vitals.well is (reason is None), case
    assert vitals.reasons == (() if reason is None else (reason,)), case


def test_a_disk_without_room_for_another_read_copy_is_an_illness() -> None:
    grown = health_with(run_of(State.COMPLETED, 5), sizes={"govwatch.duckdb": 8_000_000_000})
    assert judge(grown, NOON, room=20_000_000_000).well
    assert judge(grown, NOON, room=9_000_000_000).reasons == ("9.0 GB are free, 16.0 GB are needed for the read copy",)


def test_what_the_world_does_is_a_warning_and_no_illness() -> None:
    broken = ChannelHealth("mail-desk", "open", 7, None, 550)
    vitals = judge(health_with(run_of(State.COMPLETED, 5), deliveries={"dead": 2}, channels=(broken,)), NOON, room=ROOM)
    assert vitals.well
    assert vitals.warnings == ("2 messages are dead: govwatch alerts list --state dead", "channel mail-desk fails")


def test_metrics_are_openmetrics_that_a_parser_reads_back() -> None:
    found = health_with(
        run_of(State.COMPLETED, 5), outcomes={Outcome.PENDING: 4}, stored={"articles": 12}, deliveries={"sent": 3}
    )
    text = openmetrics(found, judge(found, NOON, room=ROOM), NOON, "9.9")
    assert text.endswith("# EOF\n")
    families = {family.name: family.samples for family in text_string_to_metric_families(text)}  # type: ignore[no-untyped-call]
    assert families["govwatch"][0].labels == {"version": "9.9"}
    assert families["govwatch_well"][0].value == 1
    assert {s.labels["outcome"]: s.value for s in families["govwatch_urls"]} == {"pending": 4}
    assert families["govwatch_pass_age_seconds"][0].value == 300
    assert {s.labels["alarm"]: s.value for s in families["govwatch_alarm"]} == dict.fromkeys(OWN, 0.0)
    full = openmetrics(found, judge(found, NOON, room=0), NOON, "9.9")
    assert 'govwatch_alarm{alarm="the-disk-fills"} 1.0' in full
    assert {s.labels["what"]: s.value for s in families["govwatch_pass_counts"]} == {"articles": 3}


def source(number: int, state: str) -> SourceHealth:
    return SourceHealth(
        f"source-{number}", f"Source {number}", state, "7 failed polls in a row: no such host: feeds.example", None,
        NOON - timedelta(days=9), NOON + timedelta(hours=3), 7, 0, 12, 3, bool(number + 1), None, timedelta(hours=1), "", None,
        0, 0, 0, 0,
    )  # fmt: skip


def test_status_is_one_screen_also_when_everything_fails_at_once_and_says_first_what_needs_a_hand() -> None:
    sick = health_with(
        *(run_of(State.FAILED, n, error="disk on fire") for n in range(5, 55, 5)),
        outcomes={Outcome.PENDING: 4000, Outcome.FAILED: 90},
        failing=tuple(FailingUrl(f"https://a.example/{n}", "a", "timed out", n, NOON) for n in range(20)),
        sources=tuple(source(number, "failing") for number in range(200)),
        deliveries={"dead": 2, "sent": 900},
        channels=(ChannelHealth("mail-desk", "open", 7, None, 550),),
        standing=Standing(
            dead=(("mail-desk", 2),),
            failing=(("mail-desk", None),),
            canary=CanaryFlight("2026-11-24", NOON, None, (("ops", "retry, refused"),), told=NOON),
            precision=(Precision("waico", "World Body", 1, 9),),
        ),
        sizes={"govwatch.duckdb": 8_000_000_000},
    )
    out = io.StringIO()
    vitals = judge(sick, NOON, room=1_000_000_000)
    status._show(sick, vitals, NOON, Console(file=out, width=100), room=1_000_000_000, every=False)
    lines = out.getvalue().splitlines()
    assert len(lines) <= 40, "a window of 100 by 40"
    assert lines[0] == "Ill: Passes end badly; The disk fills."
    said = " ".join(out.getvalue().split())
    for hand in (
        "govwatch doctor", "govwatch compact", "govwatch alerts test mail-desk", "govwatch alerts requeue",
        "govwatch check --network", "and 193 more: govwatch status --all",
    ):  # fmt: skip
        assert hand in said, hand


def ask(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_the_endpoint_says_503_with_the_reason_until_a_pass_has_ended(
    place: Path, govwatch: Say, live_newsroom: Newsroom
) -> None:
    live_newsroom.outlet("ledger").publishes("A day at sea", "Nothing happened in the harbour today, and slowly.")
    live_newsroom.write_config(
        place / "config", initiatives=INITIATIVES, seeds=NO_SEEDS, settings={"limits": {"workers": 1}}
    )
    warehouse = Warehouse(place / "data/govwatch.duckdb")
    with serving(lambda: look(warehouse), 0) as port:
        status, text = ask(port, "/health")
        assert (status, json.loads(text)["status"]) == (503, "ill")
        assert json.loads(text)["alarms"] == []  # nothing was published yet
        assert govwatch("run")[0] == 0
        status, text = ask(port, "/health")
        assert (status, json.loads(text)["status"]) == (200, "well")
        status, text = ask(port, "/metrics")
        assert status == 200
        assert "govwatch_well 1.0" in text
        assert ask(port, "/etc/passwd")[0] == 404
    code, out, _ = govwatch("status", "--check")
    assert (code, out.splitlines()[0]) == (0, "well")
    code, out, _ = govwatch("status", "--metrics")
    assert code == 0
    assert out.endswith("# EOF\n")


def test_status_check_exits_with_1_when_govwatch_is_ill(
    place: Path, govwatch: Say, live_newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    live_newsroom.outlet("ledger").publishes("A day at sea", "Nothing happened in the harbour today, and slowly.")
    live_newsroom.write_config(
        place / "config", initiatives=INITIATIVES, seeds=NO_SEEDS, settings={"limits": {"workers": 1}}
    )
    govwatch("run")
    later = datetime.now(UTC) + timedelta(hours=2)
    monkeypatch.setattr("flows.cli.status.utc_now", lambda: later)
    code, out, _ = govwatch("status", "--check")
    assert code == 1
    assert out.startswith("ill: no pass ended for ")


def test_a_port_that_is_taken_is_named(place: Path) -> None:
    warehouse = Warehouse(place / "data/govwatch.duckdb")
    with (
        serving(lambda: look(warehouse), 0) as port,
        pytest.raises(GovwatchError, match=f"cannot listen on 127.0.0.1:{port}"),
        serving(lambda: look(warehouse), port),
    ):
        pass


def test_a_lost_canary_makes_govwatch_ill_until_one_comes_home() -> None:
    late = CanaryFlight("2026-11-24", NOON - timedelta(hours=7), None, (("ops", "retry, refused"),))
    told = replace(late, told=NOON - timedelta(hours=1))
    passes = [run_of(State.COMPLETED, 5)]
    assert judge(health_with(*passes, standing=Standing(canary=late)), NOON, room=ROOM).well, "there is still time"
    ill = judge(health_with(*passes, standing=Standing(canary=told)), NOON, room=ROOM)
    assert ill.reasons == ("Canary of 2026-11-24 is LOST (ops: retry, refused)",)
    home = replace(told, arrived=NOON)
    assert judge(health_with(*passes, standing=Standing(canary=home)), NOON, room=ROOM).well
