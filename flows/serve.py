"""Schedules, runs and Prefect's UI in one command: a server of our own, the deployments of `prefect.yaml`, a watchdog.

Everything is bound to loopback and looks nothing up. State lives in the warehouse; the server's own database holds
schedules and the history of runs only.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml

from flows.api import go_offline
from flows.clock import utc_now
from records.errors import ConfigurationError, GovwatchError, Problem
from warehouse.database import Warehouse

HEARTBEAT = 30
"""Seconds between two signs of life of a run."""

SILENCE = 90
"""Seconds without a sign of life after which a run is marked crashed, which frees its place (prefect.md, section 3)."""

LATE = 600
"""Seconds after which a late run that nobody has started is cancelled: two of its successors are late by then, too."""

_START = 120.0  # seconds that the server may take to answer; a new database takes 17 to 27 on two loaded cores
_STOP = 15.0


@dataclass(frozen=True, slots=True)
class Serving:
    """Where and what to serve.

    Attributes:
        home: folder of the server's database and logs.
        config: the configuration folder, absolute.
        warehouse: the warehouse's path, absolute; or its connection string.
        port: of the server, on loopback.
        api: a server that is already there; None starts one.
    """

    home: Path
    config: Path
    warehouse: str | Path
    port: int = 4200
    api: str | None = None


def deployments_file(folder: Path) -> Path:
    """Return ``prefect.yaml`` of ``folder``, or the one that came with the program."""
    package = Path(__file__).parent
    # An installed wheel carries the file inside the package; a checkout has it beside the package.
    places = (folder / "prefect.yaml", package / "prefect.yaml", package.parent / "prefect.yaml")
    return next((place for place in places if place.is_file()), places[0])


def serve(serving: Serving, say: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM.

    Raises:
        GovwatchError: the server does not start, or its port is taken.
        ConfigurationError: `prefect.yaml` cannot be used.
    """
    _take_signals()
    environment = _environment(serving)
    os.environ.update(environment)
    go_offline()
    with _server(serving, say) if serving.api is None else contextlib.nullcontext():
        _run(serving, say)


def _take_signals() -> None:
    """Let a terminal's Ctrl-C and systemd's stop mean the same: no new run, finish or cancel those under way."""
    # What a shell starts with "&" inherits a SIGINT that is ignored, and could not be stopped.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(*_: object) -> None:
    signal.raise_signal(signal.SIGINT)


def _environment(serving: Serving) -> dict[str, str]:
    api = serving.api or f"http://127.0.0.1:{serving.port}/api"
    return {
        "PREFECT_API_URL": api,
        "PREFECT_HOME": str(serving.home),
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(HEARTBEAT),
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
        # What a pass says of sources and pages stands in the log of its run.
        "PREFECT_LOGGING_EXTRA_LOGGERS": "govwatch",
        # Runs are processes of their own, and read these.
        "GOVWATCH_CONFIG": str(serving.config),
        "GOVWATCH_WAREHOUSE": str(serving.warehouse),
    }


@contextlib.contextmanager
def _server(serving: Serving, say: Callable[[str], None]) -> Iterator[None]:
    """Run Prefect's server as a child, for as long as the block lasts."""
    url = f"http://127.0.0.1:{serving.port}/api/health"
    if _healthy(url):
        raise GovwatchError(
            f"something already answers on port {serving.port}: another `govwatch serve`, or a Prefect server. "
            f"Stop it, choose another --port, or use it: PREFECT_API_URL=http://127.0.0.1:{serving.port}/api"
        )
    serving.home.mkdir(parents=True, exist_ok=True)
    log = serving.home / "server.log"
    say(f"Starting Prefect's server (its log: {log})")
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(serving.port)]
    with log.open("ab") as output:
        # A session of its own: Ctrl-C reaches us first, and we stop the runs before the server.
        child = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)  # noqa: S603 - our own interpreter
    try:
        _await_health(url, child, log)
        yield
    finally:
        child.send_signal(signal.SIGINT)
        try:
            child.wait(_STOP)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _await_health(url: str, child: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _START
    while not _healthy(url):
        if child.poll() is not None:
            raise GovwatchError(f"Prefect's server ended at once (exit code {child.returncode}); see {log}")
        if time.monotonic() > end:
            raise GovwatchError(f"Prefect's server did not answer within {_START:.0f} s; see {log}")
        time.sleep(0.2)


def _healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:  # noqa: S310 - loopback, built above
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def _run(serving: Serving, say: Callable[[str], None]) -> None:
    """Register the deployments and the watchdog, and run what is due until told to stop."""
    deployments = list(read_deployments(deployments_file(Path.cwd())))
    if serving.api is None and (left := asyncio.run(settle())):
        say(f"  {left} of an earlier server: one pass does what they missed")
    asyncio.run(set_automations())
    base = (serving.api or f"http://127.0.0.1:{serving.port}/api").removesuffix("/api")
    for one in deployments:
        say(f"  {one.flow_name}/{one.name}: {'; '.join(_schedule(s) for s in one.schedules or []) or 'by hand'}")
    say(f"Serving. The UI: {base} · warehouse: {Warehouse(serving.warehouse).place} · stop with Ctrl-C")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_until_stopped(deployments))


async def _until_stopped(deployments: list[Any]) -> None:
    from prefect.runner import Runner

    runner = Runner(pause_on_shutdown=False, limit=3)
    # Its own answer to SIGTERM forgets to await its end inside a running loop, and leaves without ours (3.8.8).
    runner.handle_sigterm = _interrupt  # type: ignore[method-assign]
    for one in deployments:
        await runner.aadd_deployment(one)
    await _first_pass()
    await runner.start()


async def _first_pass() -> None:
    """Ask for a pass at once: who starts a monitor wants to see it work, not to wait for the first quarter hour."""
    from prefect.client.orchestration import get_client
    from prefect.exceptions import ObjectNotFound

    async with get_client() as client:
        # A prefect.yaml of the user's own may name its deployments otherwise.
        with contextlib.suppress(ObjectNotFound):
            deployment = await client.read_deployment_by_name("monitor/regular")
            await client.create_flow_run_from_deployment(deployment.id)


def read_deployments(path: Path) -> Iterator[Any]:
    """Yield a deployment for each entry of a `prefect.yaml`.

    Raises:
        ConfigurationError: the file cannot be read, or an entry names a flow that is not there.
    """
    from prefect.client.schemas.objects import ConcurrencyLimitConfig
    from prefect.types.entrypoint import EntrypointType

    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))["deployments"]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise ConfigurationError([Problem(str(path), 0, "deployments", f"cannot be read: {error}")]) from error
    for number, entry in enumerate(entries):
        file, _, name = str(entry.get("entrypoint", "")).partition(":")
        try:
            flow = getattr(import_module(file.removesuffix(".py").replace("/", ".")), name)
        except (ImportError, AttributeError, ValueError) as error:
            problem = Problem(str(path), 0, f"deployments[{number}].entrypoint", f"no such flow: {error}")
            raise ConfigurationError([problem]) from error
        limit = entry.get("concurrency_limit")
        yield flow.to_deployment(
            entry["name"],
            schedules=[_as_schedule(schedule) for schedule in entry.get("schedules") or []],
            parameters=entry.get("parameters") or {},
            description=entry.get("description"),
            tags=entry.get("tags"),
            concurrency_limit=ConcurrencyLimitConfig(**limit) if isinstance(limit, dict) else limit,
            entrypoint_type=EntrypointType.MODULE_PATH,
        )


def _as_schedule(entry: dict[str, Any]) -> Any:
    from prefect.schedules import Cron, Interval

    shared = {"timezone": entry.get("timezone"), "active": entry.get("active", True), "slug": entry.get("slug")}
    if "cron" in entry:
        return Cron(entry["cron"], **shared)
    return Interval(timedelta(seconds=entry["interval"]), **shared)


def _schedule(schedule: Any) -> str:
    kind = schedule.schedule
    zone = getattr(kind, "timezone", None) or "UTC"
    if hasattr(kind, "interval"):
        return f"every {kind.interval}"
    return f"cron {kind.cron} {zone}"


async def settle() -> str:
    """End what is left of an earlier server whose only runner we are; return in words what there was.

    A run that was under way has crashed: nobody else would say so, if it died before its first sign of life. What was
    planned is planned anew: late runs would be started one after the other, and of runs that an earlier server planned
    this one learns the end fifteen minutes late (it waits for events that it never had), so that the watchdog would
    call them silent.
    """
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.objects import StateType
    from prefect.states import Crashed

    alive = [StateType.PENDING, StateType.RUNNING, StateType.CANCELLING]
    crashed = planned = 0
    async with get_client() as client:
        for run in await _own_runs(client, alive):
            await client.set_flow_run_state(run.id, Crashed(message="the server ended while it ran"), force=True)
            crashed += 1
        while runs := [run for run in await _own_runs(client, [StateType.SCHEDULED]) if run.auto_scheduled]:
            for run in runs:
                await client.delete_flow_run(run.id)
                planned += run.expected_start_time is not None and run.expected_start_time < utc_now()
    return ", ".join(f"{count} {what}" for count, what in ((crashed, "crashed"), (planned, "late runs")) if count)


async def _own_runs(client: Any, types: list[Any]) -> list[Any]:
    """Return runs of deployments in these states, at most 200."""
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType

    in_states = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=types)))
    found = await client.read_flow_runs(flow_run_filter=in_states, limit=200)
    return [run for run in found if run.deployment_id is not None]


async def set_automations(silence: int = SILENCE, late: int = LATE) -> None:
    """Tell the server what to do about runs that went wrong; telling it again changes nothing.

    A run without a sign of life for ``silence`` seconds has crashed, which also frees the place of its deployment. One
    that nobody has started ``late`` seconds after it became late is cancelled: the next one does its work too, and
    while no worker is there no pile of runs grows.
    """
    from prefect.client.schemas.objects import StateType

    ends = {f"prefect.flow-run.{state}" for state in ("Completed", "Failed", "Cancelled", "Crashed", "TimedOut")}
    beat = "prefect.flow-run.heartbeat"
    await _automate(
        "govwatch-watchdog",
        "A run without a sign of life has crashed",
        # A run may end before its first heartbeat: that it began counts as one.
        _missing({beat, "prefect.flow-run.Running"}, {beat} | ends, silence),
        StateType.CRASHED,
        f"no sign of life for {silence} s",
        # Prefect's rules keep what has ended as it is: a server that started anew may learn of the end too late.
        force=False,
    )
    begins = {"prefect.flow-run.Pending", "prefect.flow-run.Running"}
    await _automate(
        "govwatch-late-runs",
        "A run that nobody starts is cancelled: the next one does its work",
        _missing({"prefect.flow-run.Late"}, begins | ends, late),
        StateType.CANCELLED,
        f"nobody started it within {late} s",
        force=True,
    )


def _missing(after: set[str], expected: set[str], seconds: int) -> Any:
    """Return a trigger: a run had an event of ``after``, and none of ``expected`` followed in time."""
    from prefect.events.schemas.automations import EventTrigger, Posture
    from prefect.events.schemas.events import ResourceSpecification

    return EventTrigger(
        after=after,
        expect=expected,
        match=ResourceSpecification({"prefect.resource.id": ["prefect.flow-run.*"]}),
        for_each={"prefect.resource.id"},
        posture=Posture.Proactive,
        threshold=1,
        within=timedelta(seconds=seconds),
    )


async def _automate(name: str, description: str, trigger: Any, state: Any, message: str, *, force: bool) -> None:
    from prefect.automations import Automation
    from prefect.events.actions import ChangeFlowRunState

    action = ChangeFlowRunState(state=state, name=None, message=message, force=force)
    automation = Automation(name=name, description=description, trigger=trigger, actions=[action])
    try:
        existing = await Automation.aread(name=name)
    except ValueError:
        await automation.acreate()
    else:
        automation.id = existing.id
        await automation.aupdate()
