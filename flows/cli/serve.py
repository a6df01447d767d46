"""`govwatch serve`: schedules, runs and Prefect's UI in one command."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path

import click

from config.load import Configuration
from flows.api import configured_api
from flows.cli.common import Place, place_options


@click.command("serve")
@place_options
@click.option("--port", default=4200, show_default=True, help="of Prefect's API and UI, on 127.0.0.1")
@click.option("--health-port", default=4201, show_default=True, help="of /health and /metrics; 0 switches them off")
@click.option(
    "--health-host", default="127.0.0.1", show_default=True, help="address that /health and /metrics listen on"
)
def command(place: Place, port: int, health_port: int, health_host: str) -> int:
    """Run the schedules of prefect.yaml, with Prefect's UI, until stopped.

    Starts a Prefect server of its own beside the warehouse; with PREFECT_API_URL set it uses that one.
    """
    # A mistake must show now, not at the first scheduled run.
    configuration = place.load()
    longest = configuration.settings.limits.pass_deadline
    from flows.endpoint import look, serving
    from flows.serve import Serving, serve
    from warehouse.database import Warehouse

    warehouse = place.warehouse.resolve() if isinstance(place.warehouse, Path) else place.warehouse
    folder = Warehouse(warehouse).path.parent.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    what = Serving(
        home=folder / "prefect",
        config=place.config.resolve(),
        warehouse=warehouse,
        port=port,
        api=configured_api(os.environ, Path.cwd()),
    )
    threading.Thread(target=_greet_channels, args=(configuration,), daemon=True).start()
    with contextlib.ExitStack() as stack:
        if health_port:
            opened = Warehouse(warehouse)
            stack.enter_context(serving(lambda: look(opened, longest=longest), health_port, host=health_host))
            click.echo(f"Health: http://{health_host}:{health_port}/health, /metrics")
        serve(what, lambda line: click.echo(line))
    click.echo("Stopped. What was under way is finished or will be done by the next pass.")
    return 0


def _greet_channels(configuration: Configuration) -> None:
    """Say which channels would take no message now, while the schedules start: better known today than at an alert."""
    from flows.checking import channels_that_fail

    for line in channels_that_fail(configuration):
        click.echo(f"{line}. Mend it, then: govwatch alerts test --probe", err=True)
