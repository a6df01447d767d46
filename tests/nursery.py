"""Passes by a clock of the test's own, each a process that can be killed, without the seconds that Python takes to start.

Run as a program, this is the nursery: it has done the imports, and forks a process for each order that it reads. What
such a process calls is what `govwatch run` and the nightly upkeep call (`Pass`, `tidy`), with the clock as their
argument: no program of the project knows of a simulated time.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

from config.load import Configuration, load
from extractors.workers import Failure
from flows.housekeeping import tidy
from flows.jobs import Job, Worked
from flows.pipeline import Pass
from flows.work import Worker
from tests.passes import ROOT, environment
from warehouse.database import Warehouse

LOCK_TIMEOUT = 0.3
"""Seconds that a process waits for another writer: half a minute, in the time of such a test."""


@dataclass(frozen=True, slots=True)
class Order:
    """What one process shall do.

    Attributes:
        task: ``pass``, or ``tidy`` for the nightly upkeep.
        at: what its clock shows when it begins; it goes on at the pace of a real one.
        kill_after: seconds of real time from its beginning to its SIGKILL; None leaves it in peace.
        processes: whether pages are worked on in processes, as always outside of tests, or in a thread of this one:
            those processes take half a second to start, and have tests of their own.
    """

    task: str
    at: datetime
    kill_after: float | None = None
    processes: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended.

    Attributes:
        killed: whether the SIGKILL met it alive.
        code: what it exited with; 0 when it was killed.
        seconds: from its beginning, without its setting up.
        memory: the most that it held, in MB.
    """

    killed: bool
    code: int
    seconds: float
    memory: float


class Nursery:
    """Makes the processes of one govwatch; a context manager.

    Args:
        config: the configuration folder; each process reads it anew.
        warehouse: the path of the database.
        log: a file that takes what goes wrong in them.
    """

    def __init__(self, config: Path, warehouse: Path, log: Path) -> None:
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.nursery", str(config), str(warehouse)],
                cwd=ROOT,
                env=environment(warehouse.parent),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def does(self, order: Order) -> Ended:
        """Let a process do this, to its end or its kill."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({**asdict(order), "at": order.at.isoformat()}) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the nursery itself ended; see its log"
        return Ended(**json.loads(answer))


# ---- in the nursery --------------------------------------------------------------------------------------------------


class _InThread:
    """A `flows.jobs.Pool` in a thread of this process."""

    processes = 1

    def __init__(self, configuration: Configuration) -> None:
        self._worker = Worker(configuration.initiatives, configuration.sites)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def warm(self) -> None:
        pass

    async def submit(self, jobs: Sequence[Job]) -> list[Worked | Failure]:
        return await asyncio.to_thread(lambda: [self._worker(job) for job in jobs])


def _obey(order: Order, config: Path, place: Path, began: int) -> None:
    configuration = load(config, {})
    warehouse = Warehouse(place, lock_timeout=LOCK_TIMEOUT, command=f"test {order.task}")
    os.write(began, b".")
    start = time.monotonic()

    def clock() -> datetime:
        return order.at + timedelta(seconds=time.monotonic() - start)

    if order.task == "tidy":
        tidy(configuration, warehouse, clock())
        return
    pool = None if order.processes else _InThread
    asyncio.run(Pass(configuration, warehouse, clock, out=io.StringIO(), pool=pool).run(all_sources=False))


def _supervise(order: Order, config: Path, place: Path) -> Ended:
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reads)
        code = 1
        try:
            _obey(order, config, place, writes)
            code = 0
        except BaseException as error:  # whatever it is, it belongs into the log, and this process ends here
            print(f"{order}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        finally:
            os._exit(code)
    os.close(writes)
    os.read(reads, 1)
    os.close(reads)
    begun = time.monotonic()
    while True:
        pid, status, used = os.wait4(child, os.WNOHANG)
        seconds = time.monotonic() - begun
        if pid:
            killed = os.WIFSIGNALED(status)
            return Ended(killed, 0 if killed else os.WEXITSTATUS(status), seconds, used.ru_maxrss / 1024)
        if order.kill_after is not None and seconds >= order.kill_after:
            os.kill(child, signal.SIGKILL)
        time.sleep(0.001)


def main() -> None:
    """Read orders, one JSON object a line, and answer each with how its process ended."""
    import alerts.channels
    from records.subscription import Channel, Transport

    alerts.channels.service(Channel("warm", Transport.WEBHOOK, "http://127.0.0.1:9/"))  # its first use takes a second
    config, place = map(Path, sys.argv[1:])
    for line in sys.stdin:
        fields = json.loads(line)
        order = Order(**{**fields, "at": datetime.fromisoformat(fields["at"])})
        print(json.dumps(asdict(_supervise(order, config, place))), flush=True)


if __name__ == "__main__":
    main()
