"""Work on pages in processes: as many at once as there are cores, each page within its deadline and memory.

A page that hangs, crashes or eats its process costs that page and nothing else; this module never looks into a page.

How it works: each process belongs to one thread of the parent and talks through its own pipe, so that a killed
process can leave no lock behind and break no other. Chunks go to whichever process is idle. Processes are started
when the first chunk comes (a pass with nothing to extract starts none), replaced after a crash, after many pages, and
when they have grown.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from types import ModuleType
from typing import Any, Generic, TypeVar

from extractors.memory import has_grown, limit_growth
from records.errors import GovwatchError

J = TypeVar("J")
R = TypeVar("R")

_START_DEADLINE = 120.0  # seconds for a process to import and set up; a matcher of 100,000 aliases takes a few
_CHUNK = 8  # jobs that travel together when this module cuts the chunks
_MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Failure:
    """What stands in the place of a result that never came.

    Attributes:
        reason: one sentence for a person.
        fatal: whether the job took its process with it (deadline, crash, memory).
    """

    reason: str
    fatal: bool = False


class WorkerStartFailed(GovwatchError):
    """A process could not be set up: the factory raised, or died; trying other pages cannot help."""


class Workers(Generic[J, R]):
    """Runs one callable over jobs in processes; a context manager that ends them.

    Example::

        with Workers(Worker, (initiatives,), processes=2, deadline=20) as workers:
            results = await workers.submit(jobs)

    Args:
        factory: a top-level class or function, or its name (``module:attribute``), so that the parent need not import
            what only the processes use. Called once in each process with ``args``, it returns the callable that takes
            one job and returns one result. Jobs and results must be picklable.
        args: what the factory is called with.
        processes: how many; None means one per core that we may use.
        deadline: seconds that one job may take.
        max_memory: bytes that one process may grow beyond what it has after its set-up (Linux; else unlimited).
        recycle_after: jobs after which a process is replaced.
    """

    def __init__(
        self,
        factory: Callable[..., Callable[[J], R]] | str,
        args: Sequence[Any] = (),
        *,
        processes: int | None = None,
        deadline: float = 30.0,
        max_memory: int = 1024 * _MEGABYTE,
        recycle_after: int = 2_000,
    ) -> None:
        self.processes = processes or usable_cores()
        self._setup = (factory, tuple(args), max_memory, recycle_after)
        self._deadline = deadline
        self._context = _start_method(_module_of(factory))
        self._idle: list[_Process] = []
        self._all: set[_Process] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._threads: ThreadPoolExecutor | None = None

    def __enter__(self) -> Workers[J, R]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End every process at once; chunks under way come back as failures."""
        with self._lock:
            self._closed = True
            processes = list(self._all)
        for process in processes:
            process.kill()
        if self._threads is not None:
            self._threads.shutdown(wait=True, cancel_futures=True)

    def warm(self) -> None:
        """Start the processes now, beside whatever the caller does next; without it they start with the first chunk.

        A process that cannot be set up is reported by the first chunk.
        """
        with self._lock:
            if self._closed or self._threads is not None:
                return
            self._threads = ThreadPoolExecutor(self.processes, thread_name_prefix="extraction")
            for _ in range(self.processes):
                self._threads.submit(self._prepare)

    async def submit(self, jobs: Sequence[J]) -> list[R | Failure]:
        """Return one result or `Failure` per job of one chunk, in the jobs' order.

        The caller bounds what is in flight: a semaphore of twice ``processes`` chunks keeps every process busy.

        Raises:
            WorkerStartFailed: a process could not be set up.
        """
        return await asyncio.wrap_future(self._schedule(jobs))

    def stream(self, jobs: Iterable[J], chunk: int = _CHUNK) -> Iterator[tuple[J, R | Failure]]:
        """Yield each job with its result or `Failure`, as chunks are completed.

        Jobs are taken from the iterable only as fast as results are taken, so that memory stays flat.

        Raises:
            WorkerStartFailed: a process could not be set up.
        """
        source = iter(jobs)
        under_way: dict[Future[list[R | Failure]], list[J]] = {}
        while True:
            while len(under_way) < 2 * self.processes and (taken := list(islice(source, chunk))):
                under_way[self._schedule(taken)] = taken
            if not under_way:
                return
            for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                yield from zip(under_way.pop(future), future.result(), strict=True)

    def _schedule(self, jobs: Sequence[J]) -> Future[list[R | Failure]]:
        with self._lock:
            if self._closed:
                raise RuntimeError("these workers are closed")
            if self._threads is None:
                self._threads = ThreadPoolExecutor(self.processes, thread_name_prefix="extraction")
            return self._threads.submit(self._run, jobs)

    # ---- in a thread of the parent ----

    def _prepare(self) -> None:
        process = self._take()
        try:
            process.start()
        finally:
            self._give_back(process)

    def _run(self, jobs: Sequence[J]) -> list[R | Failure]:
        results: list[R | Failure] = []
        while len(results) < len(jobs):
            process = self._take()
            try:
                rest = jobs[len(results) :]
                results.extend(process.work(rest, self._deadline))
            except BaseException:
                process.kill()
                raise
            finally:
                self._give_back(process)
        return results

    def _take(self) -> _Process:
        with self._lock:
            if self._closed:
                return _CLOSED
            if self._idle:
                return self._idle.pop()
        process = _Process(self._context, self._setup)
        with self._lock:
            self._all.add(process)
            closed = self._closed
        if closed:
            process.kill()
        return process

    def _give_back(self, process: _Process) -> None:
        if process is _CLOSED:
            return
        with self._lock:
            if process.alive and not self._closed:
                self._idle.append(process)
                return
            self._all.discard(process)
        process.kill()


class _Process:
    """One process and the parent's end of its pipe; used by one thread at a time."""

    def __init__(self, context: BaseContext, setup: tuple[Any, ...]) -> None:
        ours, theirs = context.Pipe()
        self._pipe: Connection = ours
        self._process = context.Process(target=_serve, args=(theirs, *setup), name="govwatch-extraction", daemon=True)  # type: ignore[attr-defined]
        with _main_unseen(setup[0]):
            self._process.start()
        theirs.close()
        self._ready = False
        self.alive = True

    def work(self, jobs: Sequence[Any], deadline: float) -> Iterator[Any]:
        """Yield results for the first jobs; it ends early, and is not alive, when the process did not survive one."""
        self.start()
        try:
            self._pipe.send(list(jobs))
        except OSError:
            yield self._lost("the extraction process ended before it began")
            return
        for _ in jobs:
            try:
                if not self._pipe.poll(deadline):
                    yield self._lost(f"it took longer than {deadline:g} seconds")
                    return
                result, leaving = self._pipe.recv()
            except (EOFError, OSError):
                yield self._lost(f"the extraction process ended ({self._how_it_ended()})")
                return
            yield result
            if leaving:
                self.kill()
                return

    def start(self) -> None:
        """Wait until the process is set up.

        Raises:
            WorkerStartFailed: it could not be.
        """
        if self._ready:
            return
        try:
            trouble = self._pipe.recv() if self._pipe.poll(_START_DEADLINE) else f"no answer in {_START_DEADLINE:g} s"
        except (EOFError, OSError):
            trouble = self._how_it_ended()
        if trouble is not None:
            self.kill()
            raise WorkerStartFailed(f"an extraction process could not be set up: {trouble}")
        self._ready = True

    def _lost(self, reason: str) -> Failure:
        self.kill()
        return Failure(reason, fatal=True)

    def _how_it_ended(self) -> str:
        self._process.join(5)
        code = self._process.exitcode
        return f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"

    def kill(self) -> None:
        """End the process at once, whatever it does."""
        self.alive = False
        with contextlib.suppress(OSError, ValueError, AttributeError):
            self._process.kill()
            self._process.join(5)


class _Closed(_Process):
    """What takes chunks after the end."""

    def __init__(self) -> None:
        self.alive = False

    def start(self) -> None:
        pass

    def work(self, jobs: Sequence[Any], deadline: float) -> Iterator[Any]:
        return (Failure("the workers were closed") for _ in jobs)

    def kill(self) -> None:
        pass


_CLOSED = _Closed()


# ---- in the process --------------------------------------------------------------------------------------------------


def _serve(
    pipe: Connection,
    factory: Callable[..., Callable[[Any], Any]] | str,
    args: tuple[Any, ...],
    max_memory: int,
    recycle_after: int,
) -> None:
    try:
        work = _resolved(factory)(*args)
    except BaseException as error:
        pipe.send(f"{type(error).__name__}: {error}")
        return
    limit_growth(max_memory)
    pipe.send(None)
    done = 0
    with contextlib.suppress(EOFError, KeyboardInterrupt, BrokenPipeError):
        while True:
            for job in pipe.recv():
                done += 1
                result = _attempt(work, job)
                out_of_memory = isinstance(result, Failure) and result.fatal
                leaving = done >= recycle_after or out_of_memory or has_grown(max_memory // 2)
                _send(pipe, result, leaving=leaving)
                if leaving:
                    return


def _module_of(factory: Callable[..., Any] | str) -> str:
    return factory.partition(":")[0] if isinstance(factory, str) else factory.__module__


def _resolved(factory: Callable[..., Any] | str) -> Callable[..., Any]:
    if not isinstance(factory, str):
        return factory
    module, _, name = factory.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return found


def _attempt(work: Callable[[Any], Any], job: Any) -> Any:
    try:
        return work(job)
    except MemoryError:
        return Failure("it needs more memory than one page may use", fatal=True)
    except Exception as error:
        return Failure(f"{type(error).__name__}: {error}"[:500])


def _send(pipe: Connection, result: Any, *, leaving: bool) -> None:
    try:
        pipe.send((result, leaving))
    except (TypeError, AttributeError, ValueError) as error:  # what cannot be pickled
        pipe.send((Failure(f"its result cannot be handed over: {error}"[:500]), leaving))


# ---- how processes are started ---------------------------------------------------------------------------------------


def usable_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


_STARTING = threading.Lock()


@contextlib.contextmanager
def _main_unseen(factory: Callable[..., Any] | str) -> Iterator[None]:
    """Hide the parent's main script while a process is started, so that the process does not run it again.

    multiprocessing imports ``__main__`` in each process: a second of imports under Prefect, and an endless regress in
    a user's script without ``if __name__ == "__main__"``. We need it only when the factory itself is defined there.
    """
    if _module_of(factory) == "__main__":
        yield
        return
    with _STARTING:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = main


def _start_method(module: str) -> BaseContext:
    """Return the context to start processes with: never a fork of the parent, which has threads and connections.

    A fork server imports the factory's module once; each further process then starts in milliseconds.
    """
    if "forkserver" in multiprocessing.get_all_start_methods():
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([module])
        return context
    return multiprocessing.get_context("spawn")
