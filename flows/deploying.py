"""Put the schedules of `prefect.yaml` into a Prefect server that workers on other machines serve.

It starts nothing: `flows.serve` does that on one machine. Deploying again brings the server up to date.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.exceptions import ObjectAlreadyExists

from flows.serve import HEARTBEAT, deployments_file, read_deployments, set_automations
from records.errors import GovwatchError


def deploy(environment: dict[str, str], pool: str, say: Callable[[str], None]) -> None:
    """Make the work pool, the deployments and the automations of the configured API.

    Args:
        environment: what every run has in its environment besides that of its worker.
        pool: name of the work pool, of type ``process``.
        say: told a line for each deployment.

    Raises:
        GovwatchError: the API does not answer.
        ConfigurationError: `prefect.yaml` cannot be used.
    """
    # Outside of a loop: Prefect's `to_deployment` is a coroutine within one.
    deployments = list(read_deployments(deployments_file(Path.cwd())))
    asyncio.run(_deploy(deployments, environment, pool, say))


async def _deploy(deployments: list[Any], environment: dict[str, str], pool: str, say: Callable[[str], None]) -> None:
    variables: dict[str, Any] = {
        "env": {
            "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(HEARTBEAT),
            "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
            "PREFECT_LOGGING_EXTRA_LOGGERS": "govwatch",
            **environment,
        }
    }
    async with get_client() as client:
        if (error := await client.api_healthcheck()) is not None:
            raise GovwatchError(f"Prefect's API at {client.api_url} does not answer: {error}")
        with contextlib.suppress(ObjectAlreadyExists):
            await client.create_work_pool(WorkPoolCreate(name=pool, type="process"))
    for one in deployments:
        one.work_pool_name = pool
        one.job_variables = variables
        await one.aapply()
        say(f"  {one.flow_name}/{one.name} in pool {pool}")
    await set_automations()
