"""Pages on other runners: the setting, its mistakes, chunks, and what a lost worker or cluster costs."""

from __future__ import annotations

import asyncio
import contextvars
import os
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import cloudpickle  # type: ignore[import-untyped]
import pytest

from config.load import Configuration, load
from extractors.workers import Failure
from flows import runners
from flows.jobs import Job, Worked
from flows.monitor import monitor
from flows.runners import RunnerPool
from records.errors import ConfigurationError, GovwatchError
from tests.newsroom import Newsroom
from tests.passes import INITIATIVES, NO_SEEDS

PAGE = "<html><head><title>Pier {0}</title></head><body><article><h1>Pier {0}</h1>{1}</article></body></html>"


def configured(folder: Path, newsroom: Newsroom, **limits: Any) -> Configuration:
    newsroom.write_config(
        folder / "config",
        initiatives=INITIATIVES,
        alerts="{}",
        seeds=NO_SEEDS,
        settings={"limits": {"workers": 1, **limits}},
    )
    return load(folder / "config", {})


def jobs(count: int) -> list[Job]:
    text = "<p>The Harbour Treaty was signed at the pier, and the ferry left at noon with both delegations.</p>" * 12
    pages = [PAGE.format(number, text).encode() for number in range(count)]
    return [Job(f"http://a.example/{n}", f"http://a.example/{n}", page, "text/html") for n, page in enumerate(pages)]


class Cluster:
    """A task runner of which each submission ends as the test says."""

    def __init__(self, *ends: BaseException | None) -> None:
        self.ends = list(ends)
        self.submitted = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def submit(self, _task: Any, parameters: dict[str, Any]) -> Any:
        self.submitted += 1
        end = self.ends.pop(0) if self.ends else None

        class Future:
            def result(self, timeout: float) -> bytes:
                assert timeout > 60
                if end is not None:
                    raise end
                return runners.work_on(**parameters)

        return Future()


@pytest.fixture
def newsroom() -> Iterator[Newsroom]:
    from flows.clock import utc_now

    with Newsroom(utc_now) as newsroom:
        newsroom.outlet("ledger")
        yield newsroom


def worked(pool: RunnerPool, count: int) -> list[Worked | Failure]:
    with pool:
        return asyncio.run(pool.submit(jobs(count)))


def test_a_chunk_comes_back_whole_and_in_order(tmp_path: Path, newsroom: Newsroom) -> None:
    pool = RunnerPool(configured(tmp_path, newsroom, runner="threads"))
    pool._runner = cluster = Cluster()
    done = worked(pool, 12)
    assert cluster.submitted == 1
    assert [one.url for one in done if isinstance(one, Worked)] == [job.url for job in jobs(12)]
    assert pool.places == {f"{platform.node()}:{os.getpid()}": 12}, "where the work was done is known"


TASK: contextvars.ContextVar[str] = contextvars.ContextVar("task", default="none")


def test_a_chunk_is_submitted_in_the_context_of_the_flow_and_not_of_the_task_that_fetches(
    tmp_path: Path, newsroom: Newsroom
) -> None:
    # Prefect sends the context along, with the arguments of a task in it: a fetcher can be sent to no cluster.
    seen: list[str] = []

    class Noting(Cluster):
        def submit(self, task: Any, parameters: dict[str, Any]) -> Any:
            seen.append(TASK.get())
            return super().submit(task, parameters)

    pool = RunnerPool(configured(tmp_path, newsroom, runner="threads"))
    pool._runner = Noting()

    async def within_a_task() -> None:
        TASK.set("collect")
        await pool.submit(jobs(6))

    with pool:
        asyncio.run(within_a_task())
    assert seen == ["none"]


def test_a_worker_that_dies_costs_its_chunk_another_try(tmp_path: Path, newsroom: Newsroom) -> None:
    pool = RunnerPool(configured(tmp_path, newsroom, runner="threads"))
    pool._runner = cluster = Cluster(RuntimeError("KilledWorker"))
    assert all(isinstance(one, Worked) for one in worked(pool, 6))
    assert cluster.submitted == 2


def test_a_cluster_that_is_gone_is_said_once_and_this_machine_does_the_work(
    tmp_path: Path, newsroom: Newsroom, caplog: pytest.LogCaptureFixture
) -> None:
    pool = RunnerPool(configured(tmp_path, newsroom, runner="threads"))
    pool._runner = cluster = Cluster(*[TimeoutError("no worker")] * 9)

    async def twice() -> list[Worked | Failure]:
        return [*await pool.submit(jobs(6)), *await pool.submit(jobs(6))]

    with pool:
        done = asyncio.run(twice())
    assert all(isinstance(one, Worked) for one in done)
    assert cluster.submitted == 2, "the second chunk does not wait for a cluster that is gone"
    assert caplog.text.count("this machine works on the pages") == 1


def test_the_flow_can_be_handed_to_a_cluster() -> None:
    # With each chunk goes the flow that it belongs to, and that with all that its code names: it was refused for a
    # context variable, and the pass did the work itself.
    assert cloudpickle.loads(cloudpickle.dumps(monitor)).name == "monitor"


def test_a_few_pages_are_not_sent_anywhere(tmp_path: Path, newsroom: Newsroom) -> None:
    pool = RunnerPool(configured(tmp_path, newsroom, runner="threads"))
    pool._runner = cluster = Cluster()
    assert len(worked(pool, 2)) == 2
    assert cluster.submitted == 0


@pytest.mark.parametrize(("runner", "package"), [("dask", "prefect_dask"), ("ray", "prefect_ray")])
def test_a_runner_that_is_not_installed_says_what_to_install(
    tmp_path: Path, newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, runner: str, package: str
) -> None:
    def absent(name: str) -> Any:
        assert name == package
        raise ImportError(f"No module named '{name}'")

    monkeypatch.setattr(runners, "import_module", absent)
    with pytest.raises(GovwatchError, match=rf"govwatch\[{runner}\].*limits.runner: local"):
        RunnerPool(configured(tmp_path, newsroom, runner=runner))


def test_a_cluster_that_no_runner_uses_is_a_mistake(tmp_path: Path, newsroom: Newsroom) -> None:
    with pytest.raises(ConfigurationError, match="uses no cluster"):
        configured(tmp_path, newsroom, cluster="tcp://127.0.0.1:8786")
