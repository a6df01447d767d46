"""The flow `monitor`: one pass, recorded by Prefect. Thin: the pass itself is `flows.pipeline.Pass`."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.artifacts import acreate_markdown_artifact, acreate_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from config.load import directory_from, warehouse_from
from flows.journal import NAME
from flows.leases import leases_for
from flows.pipeline import Pass
from flows.report import PassReport, Session, Watch, current_session, session
from flows.runners import CHUNKS, RunnerPool
from flows.secrecy import read_configuration, secretless
from flows.shown import Shown
from records.errors import GovwatchError
from warehouse.database import Warehouse


async def _as_task(name: str, step: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
    """Run one step of the pass as a task: few and coarse, so that Prefect's bookkeeping stays far below the work."""
    return await task(name=name, cache_policy=NO_CACHE, persist_result=False)(step)(*arguments)


@flow(name="monitor", timeout_seconds=2 * 3600, persist_result=False)
async def monitor(
    sources: list[str] | None = None,
    all_sources: bool = False,
    config: str | None = None,
    warehouse: str | None = None,
) -> State[dict[str, int]]:
    """Poll the sources that are due, load what is new, deliver alerts.

    Args:
        sources: ids of sources; none means every source that is enabled.
        all_sources: poll sources that are not due yet, too.
        config: the configuration folder; GOVWATCH_CONFIG or ``config/`` by default.
        warehouse: its path or connection string; GOVWATCH_WAREHOUSE, settings.yaml or ``data/govwatch.duckdb``
            by default.
    """
    configuration = read_configuration(directory_from(config))
    shown = Shown()
    here = current_session() or Session(shown)
    if here.watch is shown:
        # Prefect gives our logger its handler, but no level: without one the lines below WARNING are lost (3.8.8).
        logging.getLogger(NAME).setLevel(logging.INFO)
    one = Pass(
        configuration,
        Warehouse(warehouse_from(warehouse, directory=directory_from(config))),
        watch=here.watch,
        step=_as_task,
    )
    if configuration.settings.limits.runner != "local":
        one.pool, one.chunks = RunnerPool, CHUNKS
    with secretless():
        async with leases_for(configuration) as one.leases:
            report = here.report = await one.run(sources or (), all_sources=all_sources)
    await shown.finish()
    await _artifacts(report)
    if report.state == "nothing":
        return Failed(message=f"none of {len(report.sources)} sources could be read", data=report.counts())
    return Completed(message=report.sentence(), data=report.counts())


async def recorded(
    config: Path, warehouse: str | Path, sources: list[str], watch: Watch, *, all_sources: bool
) -> PassReport:
    """Run `monitor` in this process as a flow run of the configured API, with ``watch`` looking on.

    Raises:
        GovwatchError: the API does not answer, or what stopped the pass.
    """
    async with get_client() as client:
        if (error := await client.api_healthcheck()) is not None:
            raise GovwatchError(
                f"Prefect's API at {client.api_url} does not answer ({type(error).__name__}); start it, "
                "or run without it: PREFECT_API_URL= PREFECT_PROFILE=none govwatch run"
            )
    here = Session(watch)
    token = session.set(here)
    try:
        state = await monitor(sources, all_sources, str(config), str(warehouse), return_state=True)
    finally:
        session.reset(token)
    if here.report is None:
        # The pass never came to its end: the state holds what stopped it.
        await state.aresult(raise_on_failure=True)
        raise GovwatchError(f"the flow run ended as {state.name}: {state.message}")
    return here.report


async def _artifacts(report: PassReport) -> None:
    """Show the pass in Prefect's UI: a summary, and a row for each source that has something to say."""
    await acreate_markdown_artifact(f"## {report.sentence()}\n", key="govwatch-pass", description="What the pass did")
    rows = [
        {"source": line.source_id, "poll": line.outcome, "items": line.items, "new": line.new, "pages": line.fetched}
        for line in report.sources.values()
        if line.new or line.fetched or line.reason
    ]
    if rows:
        await acreate_table_artifact(rows, key="govwatch-sources", description="Sources with news or trouble")
