"""A pass as tests run it: in this process with every real part, or as the real program in a process of its own."""

from __future__ import annotations

import asyncio
import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config.load import load
from flows.clock import Clock
from flows.pipeline import Pass
from flows.report import PassReport
from tests.inboxes import MailInbox, Post, Receiver
from warehouse.database import Connection, Warehouse, rows

Say = Callable[..., tuple[int, str, str]]
"""Runs a command of the program and returns its exit code, what it printed, and its errors."""

ROOT = Path(__file__).parents[1]
"""The work tree."""

INITIATIVES = {
    "initiatives": [
        {"id": "harbour-treaty", "name": "Harbour Treaty", "aliases": ["Harbour Treaty", "港湾条约"]},
        {"id": "lantern-accord", "name": "Lantern Accord", "aliases": ["Lantern Accord", "灯笼协议"]},
        {"id": "ferry-panel", "name": "Ferry Panel on Machines", "aliases": ["Ferry Panel"]},
    ]
}
"""Invented initiatives: tests that are not about the shipped rules do not depend on them."""

NO_SEEDS = "seeds: []\n"
"""A `seeds.yaml` without facts: nothing is old news but what the test itself made so."""


def alerts_to(receiver: Receiver | None = None, mailbox: MailInbox | None = None) -> dict[str, Any]:
    """Return an `alerts.yaml` that tells everything at once: on the console, and to the inboxes that are given."""
    channels: dict[str, Any] = {"terminal": {"type": "console"}}
    if receiver is not None:
        channels["hook"] = {"type": "webhook", "url": f"{receiver.url}/desk"}
    if mailbox is not None:
        channels["mail"] = {"type": "mail", "url": mailbox.apprise_url("reader@newsroom.example")}
    subscriptions = [
        {"name": f"{name}-readers", "channels": [name], "group": {"wait": "0s"}, "most_per_hour": 10_000}
        for name in channels
    ]
    return {"channels": channels, "subscriptions": subscriptions}


@dataclass(slots=True)
class Station:
    """A govwatch with its configuration and warehouse, as a test runs it."""

    config: Path
    warehouse: Warehouse
    clock: Clock
    said: list[str] = field(default_factory=list)

    def runs(self, *only: str, all_sources: bool = True) -> PassReport:
        """Run one pass; what the console channel printed is appended to ``said``."""
        out = io.StringIO()
        one = Pass(load(self.config, {}), self.warehouse, clock=self.clock, out=out)
        report = asyncio.run(one.run(only, all_sources=all_sources))
        self.said.append(out.getvalue())
        return report

    def asks(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Return the rows of a query on the published copy, which is where analysts look."""
        with self.warehouse.reading() as con:
            return rows(con, sql, parameters)

    @contextmanager
    def opened(self) -> Iterator[Connection]:
        """Open the database itself, as the next pass will."""
        with self.warehouse.writing() as con:
            yield con


def stories_told(posts: Iterable[Post]) -> list[tuple[str, str]]:
    """Return (initiative, title) of every story that messages to a webhook told, in order; summaries are left out."""
    return [
        (item["initiative"], item["title"])
        for post in posts
        if post.json["occasion"] != "first_look"
        for item in post.json["items"]
    ]


def program(
    *arguments: str | Path, cwd: Path, environ: Mapping[str, str] | None = None, timeout: float = 60.0
) -> subprocess.CompletedProcess[str]:
    """Run the real program in ``cwd`` to its end, its output in pipes, without any Prefect API configured."""
    return subprocess.run(
        [sys.executable, "-m", "flows.cli", *map(str, arguments)],
        cwd=cwd,
        env=environment(cwd, environ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def environment(home: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of the real program: this one, without what a developer may have set for govwatch."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GOVWATCH_", "PREFECT_"))}
    path = os.pathsep.join([str(ROOT), *filter(None, [kept.get("PYTHONPATH")])])
    return {**kept, "PYTHONPATH": path, "PREFECT_HOME": str(home / ".prefect"), "DO_NOT_TRACK": "1", **(more or {})}
