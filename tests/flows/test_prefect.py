"""Prefect for real: `govwatch serve` starts a server with the schedules, and passes are recorded runs of it."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from flows.clock import utc_now
from tests.inboxes import wait_until
from tests.newsroom import Newsroom, text_about
from tests.passes import INITIATIVES, NO_SEEDS, ROOT, environment, program

READ = """
import json, sys
from pathlib import Path
from flows.serve import read_deployments
print(json.dumps([
    {
        "name": f"{one.flow_name}/{one.name}",
        "limit": one.concurrency_limit,
        "strategy": one.concurrency_options.collision_strategy.value,
        "entrypoint": one.entrypoint,
        "schedules": [
            {
                "kind": type(one_schedule.schedule).__name__,
                "zone": one_schedule.schedule.timezone,
                "every": getattr(one_schedule.schedule, "interval", None) and one_schedule.schedule.interval.total_seconds(),
                "cron": getattr(one_schedule.schedule, "cron", None),
            }
            for one_schedule in one.schedules
        ],
    }
    for one in read_deployments(Path(sys.argv[1]))
]))
"""


def test_prefect_yaml_gives_four_deployments_that_never_pile_up(tmp_path: Path) -> None:
    command = [sys.executable, "-c", READ, str(ROOT / "prefect.yaml")]
    result = subprocess.run(
        command, cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True, timeout=60, check=True
    )
    found = {one["name"]: one for one in json.loads(result.stdout)}
    assert set(found) == {"monitor/regular", "deliver/regular", "upkeep/nightly", "brief/morning"}
    assert all((one["limit"], one["strategy"]) == (1, "CANCEL_NEW") for one in found.values())
    assert found["monitor/regular"]["schedules"] == [
        {"kind": "IntervalSchedule", "zone": "UTC", "every": 300, "cron": None}
    ]
    assert found["deliver/regular"]["schedules"][0]["every"] == 300
    assert found["upkeep/nightly"]["schedules"] == [
        {"kind": "CronSchedule", "zone": "Europe/Paris", "every": None, "cron": "30 3 * * *"}
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("deployments: [", "cannot be read"),
        ("deployments:\n  - {name: regular, entrypoint: flows/monitor.py:watch}\n", "no such flow"),
    ],
)
def test_a_prefect_yaml_that_cannot_be_used_is_refused_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "prefect.yaml").write_text(text)
    code = "import sys; from pathlib import Path; from flows.serve import read_deployments; list(read_deployments(Path(sys.argv[1])))"
    result = subprocess.run(
        [sys.executable, "-c", code, "prefect.yaml"],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "prefect.yaml: deployments" in result.stderr
    assert said in result.stderr


CANARY = "canary-key-of-the-feed"


@dataclass
class Served:
    """A `govwatch serve` that runs."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]
    newsroom: Newsroom

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.port}/api"

    @property
    def said(self) -> str:
        return (self.folder / "serve.txt").read_text()

    def asks(self, what: str) -> list[dict[str, Any]]:
        """Return everything of one kind that the server knows: deployments, flow_runs, task_runs, artifacts."""
        found: list[dict[str, Any]] = self.posts(f"{what}/filter", {})
        return found

    def posts(self, path: str, body: dict[str, Any]) -> Any:
        """Send JSON to the server, and return its answer."""
        request = urllib.request.Request(
            f"{self.api}/{path}", data=json.dumps(body).encode(), headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def finished(self) -> list[dict[str, Any]]:
        return [run for run in self.asks("flow_runs") if run["state_type"] == "COMPLETED"]


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder, port, health_port = tmp_path_factory.mktemp("served"), free_port(), free_port()
    with Newsroom(utc_now) as newsroom:
        newsroom.outlet("ledger").publishes("Signed at dawn", text_about("the Harbour Treaty"))
        (source,) = newsroom.sources()
        newsroom.write_config(
            folder / "config",
            sources={"sources": [{**source, "url": f"{source['url']}?key=${{FEED_KEY}}"}]},
            initiatives=INITIATIVES,
            # Nothing listens there: what is said of it must not show the token.
            alerts=f"channels: {{hook: {{type: webhook, url: 'http://127.0.0.1:{free_port()}/${{FEED_KEY}}'}}}}\n"
            "subscriptions: [{name: desk, channels: [hook], group: {wait: 0s}, operator: true}]\n",
            seeds=NO_SEEDS,
            settings={"limits": {"workers": 1}},
        )
        with (folder / "serve.txt").open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "flows.cli", "serve", "--port", str(port), "--health-port", str(health_port)],
                cwd=folder,
                env=environment(folder, {"FEED_KEY": CANARY}),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        served = Served(folder, port, process, newsroom)
        try:
            assert wait_until(lambda: "Serving." in served.said or process.poll() is not None, within=120)
            assert process.poll() is None, served.said
            yield served
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                process.wait(60)


def test_serve_says_what_it_schedules_and_where_its_ui_is(served: Served) -> None:
    assert f"The UI: http://127.0.0.1:{served.port}" in served.said
    assert "monitor/regular: every 0:05:00" in served.said
    assert "upkeep/nightly: cron 30 3 * * * Europe/Paris" in served.said
    with urllib.request.urlopen(f"http://127.0.0.1:{served.port}/", timeout=10) as answer:
        assert b"<html" in answer.read().lower()


def test_serve_begins_with_a_pass_and_records_it(served: Served) -> None:
    assert wait_until(lambda: bool(served.finished()), within=90), served.said
    (run, *_) = served.finished()
    assert "1 sources polled" in run["state"]["message"]
    assert len(served.newsroom.article_hits()) == 1
    assert {task["name"].partition("-")[0] for task in served.asks("task_runs")} >= {"discover", "collect"}
    shown = {artifact["key"]: artifact for artifact in served.asks("artifacts")}
    assert {"govwatch-pass", "govwatch-sources", "govwatch-progress"} <= set(shown)
    assert shown["govwatch-progress"]["data"] == 100.0


def test_the_log_of_a_run_holds_what_the_pass_said(served: Served) -> None:
    assert wait_until(lambda: bool(served.finished()), within=90), served.said
    assert wait_until(lambda: any("polling 1 sources" in line["message"] for line in served.asks("logs")), within=30)


def test_no_secret_reaches_the_server_its_database_or_its_log(served: Served) -> None:
    assert wait_until(lambda: bool(served.finished()), within=90), served.said
    (outlet,) = served.newsroom.outlets.values()
    assert any(f"key={CANARY}" in hit.path for hit in outlet.polls)  # it was sent where it belongs
    files = [path for path in served.folder.rglob("*") if path.is_file()]
    assert [path for path in files if "prefect.db" in path.name]
    assert [path for path in files if CANARY.encode() in path.read_bytes()] == []


def test_everything_listens_on_loopback_only(served: Served) -> None:
    address = served.said.partition("Health: http://")[2].partition("/health")[0]
    ports = {served.port, int(address.rpartition(":")[2])}
    heard = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            place, state = line.split()[1], line.split()[3]
            host, _, port = place.partition(":")
            if state == "0A" and int(port, 16) in ports:  # listens
                heard.add((int(port, 16), host))
    assert heard == {(port, "0100007F") for port in ports}, "127.0.0.1, and nothing else"


def test_the_briefing_of_a_run_shows_no_secret_either(served: Served) -> None:
    assert wait_until(lambda: len(served.asks("deployments")) == 4, within=30)
    (brief,) = [one for one in served.asks("deployments") if one["entrypoint"].endswith("brief")]
    request = urllib.request.Request(
        f"{served.api}/deployments/{brief['id']}/create_flow_run", data=b"{}",
        headers={"Content-Type": "application/json"},
    )  # fmt: skip
    with urllib.request.urlopen(request, timeout=10) as answer:
        identity = json.load(answer)["id"]
    assert wait_until(lambda: identity in {run["id"] for run in served.finished()}, within=120), served.said
    assert CANARY not in json.dumps(served.asks("artifacts"))
    pages = [path for path in served.folder.rglob("*.html") if "prefect" not in path.parts]
    assert pages
    assert [path for path in pages if CANARY in path.read_text()] == []


def test_serve_answers_a_supervisor_and_prometheus(served: Served) -> None:
    assert wait_until(lambda: bool(served.finished()), within=90), served.said
    address = served.said.partition("Health: ")[2].partition("/health")[0]
    with urllib.request.urlopen(f"{address}/health", timeout=10) as answer:
        assert json.load(answer)["status"] == "well"
    with urllib.request.urlopen(f"{address}/metrics", timeout=10) as answer:
        metrics = answer.read()
    assert b"govwatch_well 1.0" in metrics
    assert CANARY.encode() not in metrics


def test_the_server_knows_four_deployments_that_are_on(served: Served) -> None:
    assert wait_until(lambda: len(served.asks("deployments")) == 4, within=30)
    found = {one["entrypoint"].rpartition(".")[2]: one for one in served.asks("deployments")}
    assert set(found) == {"monitor", "deliver", "upkeep", "brief"}
    for one in found.values():
        assert not one["paused"]
        assert one["global_concurrency_limit"]["limit"] == 1
        assert one["concurrency_options"]["collision_strategy"] == "CANCEL_NEW"
        assert all(schedule["active"] for schedule in one["schedules"])
    assert found["upkeep"]["schedules"][0]["schedule"]["timezone"] == "Europe/Paris"


def test_the_brief_deployment_writes_the_page_and_links_it(served: Served) -> None:
    assert wait_until(lambda: len(served.finished()) > 0 and len(served.asks("deployments")) == 4, within=90)
    (deployment,) = [one for one in served.asks("deployments") if one["name"] == "morning"]
    run = served.posts(f"deployments/{deployment['id']}/create_flow_run", {})
    assert wait_until(lambda: run["id"] in {one["id"] for one in served.finished()}, within=90), served.said
    # A client that got no answer in time asks the server again: the same artifact may be there twice.
    artifact, *same = [one for one in served.asks("artifacts") if one["key"] == "govwatch-brief"]
    assert {(one["data"], one["description"]) for one in same} <= {(artifact["data"], artifact["description"])}
    (page,) = [one for one in (served.folder / "data" / "brief").glob("*.html") if one.name != "latest.html"]
    assert artifact["data"] == f"[{page.name}]({page.as_uri()})"
    assert artifact["description"].startswith("1 story on 1 initiative")
    assert "Signed at dawn" in page.read_text("utf-8")
    assert {one.name for one in page.parent.iterdir()} == {page.name, "latest.html", "atom.xml", "feed.json"}


def test_the_schedules_give_runs(served: Served) -> None:
    # Prefect 3.8.8 with SQLAlchemy 2.1 starts well and schedules nothing: the first pass was the last one.
    assert wait_until(lambda: any(run["auto_scheduled"] for run in served.asks("flow_runs")), within=90)


def test_run_is_a_recorded_flow_run_when_an_api_is_configured(served: Served) -> None:
    assert wait_until(lambda: bool(served.finished()), within=90)
    before = {run["id"] for run in served.asks("flow_runs")}
    environ = {"PREFECT_API_URL": served.api, "FEED_KEY": CANARY}
    result = program("run", "--json", cwd=served.folder, environ=environ, timeout=90)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["state"] == "completed"
    recorded = [run for run in served.finished() if run["id"] not in before and run["deployment_id"] is None]
    assert len(recorded) == 1
    assert "sources polled" in recorded[0]["state"]["message"]


def test_a_second_serve_says_that_the_port_is_taken(served: Served) -> None:
    result = program(
        "serve", "--port", str(served.port), "--health-port", "0", cwd=served.folder, environ={"FEED_KEY": CANARY}
    )
    assert result.returncode == 1
    assert f"already answers on port {served.port}" in result.stderr


def test_a_stop_ends_the_server_too(served: Served) -> None:
    began = time.monotonic()
    served.process.send_signal(signal.SIGTERM)
    assert served.process.wait(60) == 0, served.said
    assert time.monotonic() - began < 30
    assert "Stopped." in served.said
    assert "Traceback" not in served.said
    assert "never awaited" not in served.said
    with socket.socket() as again:
        assert again.connect_ex(("127.0.0.1", served.port)) != 0, "nothing listens any more"
