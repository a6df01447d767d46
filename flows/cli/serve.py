"""`govwatch serve`: schedules, runs and Prefect's UI in one command."""

from __future__ import annotations

import os
from pathlib import Path

import click

from flows.api import configured_api
from flows.cli.common import Place, place_options


@click.command("serve")
@place_options
@click.option("--port", default=4200, show_default=True, help="of Prefect's API and UI, on 127.0.0.1")
def command(place: Place, port: int) -> int:
    """Run the schedules of prefect.yaml, with Prefect's UI, until stopped.

    Starts a Prefect server of its own beside the warehouse; with PREFECT_API_URL set it uses that one.
    """
    # A mistake must show now, not at the first scheduled run.
    place.load()
    from flows.serve import Serving, serve

    warehouse = place.warehouse.resolve()
    warehouse.parent.mkdir(parents=True, exist_ok=True)
    serving = Serving(
        home=warehouse.parent / "prefect",
        config=place.config.resolve(),
        warehouse=warehouse,
        port=port,
        api=configured_api(os.environ, Path.cwd()),
    )
    serve(serving, lambda line: click.echo(line))
    click.echo("Stopped. What was under way is finished or will be done by the next pass.")
    return 0
