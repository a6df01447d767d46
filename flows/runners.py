"""Work on pages as tasks of Prefect's runners: threads of this process, or a Dask or Ray cluster, by one setting.

A cluster only carries pages to where cores are. On each of its machines the work is done in processes of
`extractors.workers`, so that a page has its deadline and its memory there as here; a worker that dies costs its chunk
another try, and a cluster that is gone costs speed: this machine works on what it does not. It never opens the
warehouse.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import hashlib
import logging
import multiprocessing
import os
import pickle
import platform
import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from importlib import import_module
from typing import Any, Self

from prefect import task
from prefect.cache_policies import NO_CACHE

from config.load import Configuration
from config.settings import Limits
from extractors.workers import Failure, Workers, WorkerStartFailed, usable_cores
from flows.jobs import WORKER, Chunks, Job, Worked
from flows.journal import NAME
from records.errors import GovwatchError

CHUNKS = Chunks(pages=50, patience=15.0)
"""A task costs about 50 ms of processor time, most of it the server's (prefect.md, section 2): 5 % of 50 pages."""

_WORTH = 5  # pages: fewer are sooner done than sent
_TRIES = 2  # of a chunk on the cluster; then this machine does it
_START = 120.0  # seconds that a worker may take to set itself up
_PER_PAGE = 2.0  # seconds, a hundred times what a page takes: a chunk that takes longer is lost
_CLASSES = {
    "threads": ("prefect.task_runners", "ThreadPoolTaskRunner"),
    "dask": ("prefect_dask", "DaskTaskRunner"),
    "ray": ("prefect_ray", "RayTaskRunner"),
}


# ---- where the work is done ------------------------------------------------------------------------------------------

_HERE: dict[str, Workers[Job, Worked]] = {}
_MAKING = threading.Lock()


def work_on(setup: bytes, jobs: bytes) -> bytes:
    """Work on a chunk in processes of the machine that this runs on; they are kept for the next chunk.

    Everything is pickled, so that no layer in between looks into thousands of pages: ``setup`` holds the arguments of
    `flows.work.Worker` and the seconds that a page may take, ``jobs`` the jobs; back come results and failures, and
    where the work was done: ``host:pid``.

    Raises:
        WorkerStartFailed: a process cannot be set up.
    """
    chunk: list[Job] = pickle.loads(jobs)  # noqa: S301 - our own, from the pass
    # All in one: the processes of one cluster worker are not there to share its chunk, but to outlive a bad page.
    done = _workers_of(setup).stream(chunk, chunk=len(chunk))
    return pickle.dumps(([result for _, result in done], f"{platform.node()}:{os.getpid()}"))


def _workers_of(setup: bytes) -> Workers[Job, Worked]:
    key = hashlib.sha256(setup).hexdigest()
    with _MAKING:
        if key not in _HERE:
            _end_all()  # a cluster outlives passes, and their configuration
            arguments, deadline = pickle.loads(setup)  # noqa: S301 - our own, from the pass
            # Dask's workers are daemons, which must have no children that they would leave behind; ours see their
            # pipe close, and end.
            multiprocessing.current_process().__dict__.get("_config", {}).pop("daemon", None)
            _HERE[key] = Workers(WORKER, arguments, deadline=deadline)
        return _HERE[key]


def _end_all() -> None:
    for workers in _HERE.values():
        workers.close()
    _HERE.clear()


# ---- where the pass is -----------------------------------------------------------------------------------------------


class RunnerPool:
    """A `flows.jobs.Pool` on one of Prefect's task runners; only within a flow run.

    Args:
        configuration: ``limits.runner`` names the runner, ``limits.cluster`` where its cluster is,
            ``limits.workers`` how many processes that has.

    Raises:
        GovwatchError: the runner's package is not installed.
    """

    def __init__(self, configuration: Configuration) -> None:
        limits = configuration.settings.limits
        self.processes = limits.workers or usable_cores()
        self._name = limits.runner
        self._runner = _runner_for(limits, self.processes)
        self._setup = pickle.dumps(
            ((configuration.initiatives, configuration.sites), limits.page_deadline.total_seconds())
        )
        self._task: Any = task(name="pages", cache_policy=NO_CACHE, persist_result=False)(work_on)
        # A thread waits for each chunk that is handed over: those of the event loop are for the warehouse.
        self._threads = ThreadPoolExecutor(2 * self.processes + 1, thread_name_prefix="chunks")
        self._started: Future[None] | None = None
        self._lost = False
        self._logger = logging.getLogger(NAME)
        # That of the flow. What submits a chunk is the task `collect`, whose context holds its arguments: Prefect sends
        # the context along, and no cluster can take a fetcher or this pool ("Could not serialize", observed 2026-12).
        self._context = contextvars.copy_context()
        self.places: Counter[str] = Counter()
        """Pages by the process that handed them to its workers, as ``host:pid``: a cluster that does nothing shows."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Say where the work was done, and end the runner and the processes of this machine."""
        if self.places:
            where = ", ".join(f"{pages} at {place}" for place, pages in sorted(self.places.items()))
            self._logger.info("pages by %s: %s", self._name, where, extra={"stage": "collect"})
        self._threads.shutdown(wait=True, cancel_futures=True)
        if self._started is not None:
            with contextlib.suppress(Exception):  # a cluster that is gone cannot be left in good order
                self._runner.__exit__(None, None, None)
        with _MAKING:
            _end_all()

    def warm(self) -> None:
        """Start the runner, or connect to its cluster, in a thread."""
        if self._started is None:
            self._started = self._threads.submit(self._context.copy().run, self._start)

    async def submit(self, jobs: Sequence[Job]) -> list[Worked | Failure]:
        """Return one result or `Failure` per job of one chunk, in the jobs' order.

        Raises:
            WorkerStartFailed: an extraction process could not be set up, here or there.
        """
        self.warm()
        payload = pickle.dumps(list(jobs))
        loop = asyncio.get_running_loop()
        work = self._work_there if len(jobs) >= _WORTH else self._work_here
        context = self._context.copy()
        found: tuple[list[Worked | Failure], str] = pickle.loads(  # noqa: S301 - our own, from `work_on`
            await loop.run_in_executor(self._threads, context.run, work, payload, len(jobs))
        )
        results, place = found
        self.places[place] += len(jobs)
        return results

    # ---- in threads ----

    def _start(self) -> None:
        try:
            self._runner.__enter__()
            if self._name == "dask":
                _ = self._runner.client  # it connects when it is asked for
        except Exception as error:
            self._lose(f"cannot be started: {type(error).__name__}: {error}")

    def _work_here(self, payload: bytes, _pages: int) -> bytes:
        return work_on(self._setup, payload)

    def _work_there(self, payload: bytes, pages: int) -> bytes:
        if self._started is not None:
            self._started.result()
        reason = ""
        for _ in range(_TRIES):
            if self._lost:
                break
            try:
                future = self._runner.submit(self._task, parameters={"setup": self._setup, "jobs": payload})
                done: bytes = future.result(timeout=_START + _PER_PAGE * pages)
            except WorkerStartFailed:
                raise
            except Exception as error:  # whatever a cluster may say: its worker died, it is gone, it takes too long
                reason = f"lost a chunk of {pages} pages: {type(error).__name__}: {error}"
                self._logger.warning("%s %s", self._name, reason[:500], extra={"stage": "collect"})
            else:
                return done
        if reason:
            self._lose(reason)
        return self._work_here(payload, pages)

    def _lose(self, reason: str) -> None:
        if not self._lost:
            self._lost = True
            message = "limits.runner: %s %s; this machine works on the pages of this pass itself"
            self._logger.warning(message, self._name, reason[:500], extra={"stage": "collect"})


def _runner_for(limits: Limits, processes: int) -> Any:
    module, name = _CLASSES[limits.runner]
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing looks anything up
    try:
        runner = getattr(import_module(module), name)
        return runner(**_arguments(limits, processes))
    except ImportError as error:
        raise GovwatchError(
            f"limits.runner: {limits.runner} needs a package that is not installed ({error}); "
            f"install it: pip install 'govwatch[{limits.runner}]', or set limits.runner: local"
        ) from error


def _arguments(limits: Limits, processes: int) -> dict[str, Any]:
    if limits.runner == "threads":
        return {"max_workers": processes}
    if limits.runner == "ray":
        quiet = {"log_to_driver": False, "configure_logging": False}
        if limits.cluster:
            return {"address": limits.cluster, "init_kwargs": quiet}
        return {"init_kwargs": {**quiet, "num_cpus": processes, "include_dashboard": False}}
    import dask

    dask.config.set({"distributed.admin.large-graph-warning-threshold": "1GB"})  # pages are what we send
    if limits.cluster:
        return {"address": limits.cluster}
    local = {"n_workers": processes, "threads_per_worker": 1, "host": "127.0.0.1", "dashboard_address": None}
    return {"cluster_kwargs": local}
