"""Processes that work on pages: one bad page costs that page and nothing else."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from extractors.workers import Failure, Workers, WorkerStartFailed


class Clerk:
    """Does what a job's first word says."""

    def __init__(self, name: str = "clerk") -> None:
        if name == "broken":
            raise ValueError("no such clerk")
        self.name = name
        self.hoard: list[bytes] = []

    def __call__(self, job: str) -> str:
        word, _, rest = job.partition(" ")
        if word == "hang":
            time.sleep(60)
        if word == "doze":
            time.sleep(float(rest))
        if word == "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        if word == "eat":
            return str(len(bytearray(1 << 31)))
        if word == "raise":
            raise KeyError(rest)
        if word == "pid":
            return str(os.getpid())
        if word == "hoard":  # what a parser's leak looks like: memory that no page gives back
            self.hoard.append(b"x" * (int(rest) << 20))
            return str(os.getpid())
        if word == "creep":
            while True:
                self.hoard.append(b"x" * (1 << 20))
        return f"{self.name}: {job}"


class Odd:
    def __call__(self, job: str) -> object:
        return lambda: job


def _children() -> int:
    return sum(child.name == "govwatch-extraction" for child in multiprocessing.active_children())


def run(workers: Workers[str, str], *jobs: str) -> list[str | Failure]:
    return asyncio.run(workers.submit(jobs))


def test_results_come_in_the_order_of_the_jobs() -> None:
    with Workers(Clerk, ("anna",), processes=1) as workers:
        assert run(workers, "a", "b", "c") == ["anna: a", "anna: b", "anna: c"]


def test_workers_that_get_no_job_start_no_process() -> None:
    with Workers(Clerk, processes=2):
        assert _children() == 0


@pytest.mark.parametrize(
    ("job", "reason"),
    [
        pytest.param("hang", "took longer than 1 seconds", id="a page that hangs"),
        pytest.param("crash", "signal 11", id="a page that crashes the parser"),
        pytest.param("eat", "more memory", id="a page that eats memory"),
        pytest.param("raise x", "KeyError", id="a page that raises"),
    ],
)
def test_a_bad_page_fails_alone_and_its_chunk_goes_on(job: str, reason: str) -> None:
    with Workers(Clerk, processes=1, deadline=1, max_memory=1 << 30) as workers:
        first, bad, last = run(workers, "a", job, "z")
    assert (first, last) == ("clerk: a", "clerk: z")
    assert isinstance(bad, Failure)
    assert reason in bad.reason


def test_a_result_that_cannot_travel_is_a_failure() -> None:
    with Workers(Odd, processes=1) as workers:
        (result,) = asyncio.run(workers.submit(["a"]))
    assert isinstance(result, Failure)
    assert "handed over" in result.reason


def test_a_process_that_cannot_be_set_up_is_an_error_and_not_a_thousand_failures() -> None:
    with Workers(Clerk, ("broken",), processes=1) as workers, pytest.raises(WorkerStartFailed, match="no such clerk"):
        run(workers, "a")


def test_processes_are_reused_and_replaced_after_their_share_of_pages() -> None:
    with Workers(Clerk, processes=1, recycle_after=3) as workers:
        pids = [*run(workers, "pid", "pid"), *run(workers, "pid", "pid")]
    assert pids[0] == pids[1] == pids[2] != pids[3]


def test_a_process_that_leaks_is_replaced_before_it_is_large_and_no_result_is_lost() -> None:
    with Workers(Clerk, processes=1, max_memory=200 << 20) as workers:
        pids = run(workers, *["hoard 30"] * 12)
    assert not any(isinstance(pid, Failure) for pid in pids)
    lives = [pids.count(pid) for pid in dict.fromkeys(pids)]
    assert lives == [4, 4, 4], "each ends with the page that took it over half of its bound"


def test_a_page_that_takes_memory_bit_by_bit_is_stopped_at_the_bound_and_its_process_ends() -> None:
    with Workers(Clerk, processes=1, max_memory=150 << 20) as workers:
        before, bad, after = run(workers, "pid", "creep", "pid")
    assert isinstance(bad, Failure)
    assert (bad.fatal, "more memory" in bad.reason) == (True, True)
    assert before != after


def test_no_page_holds_a_process_beyond_its_deadline_however_many_hang() -> None:
    begun = time.monotonic()
    with Workers(Clerk, processes=2, deadline=0.5) as workers:
        results = asyncio.run(_each_alone(workers, ["hang", "a"] * 4))
    assert [isinstance(result, Failure) for result in results] == [True, False] * 4
    assert time.monotonic() - begun < 4 * 0.5 + 20, "four hang for half a second each; the rest is starting processes"
    assert _children() == 0


async def _each_alone(workers: Workers[str, str], jobs: list[str]) -> list[str | Failure]:
    chunks = await asyncio.gather(*(workers.submit([job]) for job in jobs))
    return [result for chunk in chunks for result in chunk]


def test_the_time_of_a_page_is_its_own_and_not_that_of_its_chunk() -> None:
    with Workers(Clerk, processes=1, deadline=1.0) as workers:
        results = run(workers, *["doze 0.4"] * 5)
    assert results == ["clerk: doze 0.4"] * 5


def test_a_stream_takes_jobs_only_as_fast_as_results_are_taken() -> None:
    taken = 0

    def source() -> Iterator[str]:
        nonlocal taken
        for number in range(1_000):
            taken += 1
            yield f"page {number}"

    with Workers(Clerk, processes=1) as workers:
        results = workers.stream(source(), chunk=4)
        next(results)
        assert taken <= 12
        assert sum(1 for _ in results) == 999


def test_several_chunks_run_at_once_and_none_is_lost() -> None:
    async def all_of_them(workers: Workers[str, str]) -> list[str | Failure]:
        chunks = await asyncio.gather(*(workers.submit([f"{n}", "crash"]) for n in range(6)))
        return [chunk[0] for chunk in chunks]

    with Workers(Clerk, processes=2) as workers:
        assert asyncio.run(all_of_them(workers)) == [f"clerk: {n}" for n in range(6)]


def test_closing_ends_every_process_also_one_that_hangs() -> None:
    async def close_soon(workers: Workers[str, str]) -> list[str | Failure]:
        task = asyncio.create_task(workers.submit(["hang", "hang"]))
        await asyncio.sleep(1)
        await asyncio.to_thread(workers.close)
        return await task

    with Workers(Clerk, processes=1) as workers:
        results = asyncio.run(close_soon(workers))
    assert all(isinstance(result, Failure) for result in results)
    assert _children() == 0


def test_closed_workers_take_no_more_jobs() -> None:
    with Workers(Clerk, processes=1) as workers:
        pass
    with pytest.raises(RuntimeError, match="closed"):
        run(workers, "a")


def test_a_user_s_script_without_a_main_guard_works_and_runs_once(tmp_path: Path) -> None:
    script = tmp_path / "mine.py"
    script.write_text(
        "import asyncio\n"
        "from extractors.workers import Workers\n"
        "print('begun')\n"
        "with Workers(__import__('functools').partial, (len,), processes=1) as workers:\n"
        "    print(asyncio.run(workers.submit(['abc'])))\n"
    )
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": root},
    )
    assert done.stdout == "begun\n[3]\n", done.stderr


def test_processes_that_were_warmed_are_the_ones_that_work() -> None:
    with Workers(Clerk, processes=2) as workers:
        workers.warm()
        workers.warm()
        assert run(workers, "a") == run(workers, "a")
        assert len(workers._all) <= 2


def test_a_factory_may_be_named_so_that_the_parent_need_not_import_it() -> None:
    with Workers[str, str](f"{Clerk.__module__}:Clerk", ("anna",), processes=1) as workers:
        assert run(workers, "a") == run(workers, "a")
