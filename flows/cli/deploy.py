"""`govwatch deploy`: put the schedules into a Prefect server, for workers on any number of machines."""

from __future__ import annotations

import os
from pathlib import Path

import click

from flows.api import configured_api, go_offline
from flows.cli.common import Place, place_options
from records.errors import GovwatchError


@click.command("deploy")
@place_options
@click.option("--pool", default="govwatch", show_default=True, help="work pool; it is made when it is not there")
@click.option(
    "--own-paths",
    is_flag=True,
    help="each worker has GOVWATCH_CONFIG and GOVWATCH_WAREHOUSE in its environment; default: all use those of here",
)
def command(place: Place, pool: str, own_paths: bool) -> int:
    """Put the schedules of prefect.yaml into the server of PREFECT_API_URL, for its workers.

    Deploying again brings the server up to date. Then start on each machine: prefect worker start --pool govwatch
    """
    place.load()
    api = configured_api(os.environ, Path.cwd())
    if api is None:
        raise GovwatchError(
            "deploy needs a Prefect server: PREFECT_API_URL=http://HOST:4200/api. "
            "One machine needs none of this: govwatch serve"
        )
    go_offline()
    from flows.deploying import deploy

    deploy({} if own_paths else _paths(place), pool, click.echo)
    click.echo(f"Deployed to {api}. On each machine: PREFECT_API_URL={api} prefect worker start --pool {pool}")
    return 0


def _paths(place: Place) -> dict[str, str]:
    """Return what tells every run where things are; the server keeps it, so it must hold no secret."""
    from warehouse.database import Warehouse

    where = place.warehouse.resolve() if isinstance(place.warehouse, Path) else place.warehouse
    if isinstance(where, str) and Warehouse(where).place != where:
        raise GovwatchError(
            "the warehouse's place holds a secret, which Prefect would store: write ${NAME} in its stead, and give "
            "NAME to each worker, or deploy --own-paths"
        )
    return {"GOVWATCH_CONFIG": str(place.config.resolve()), "GOVWATCH_WAREHOUSE": str(where)}
