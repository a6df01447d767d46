"""`govwatch compact`: the warehouse's file written anew without its holes."""

from __future__ import annotations

import click

from flows.cli.common import Place, place_options
from flows.clock import utc_now
from warehouse.backends import DuckLake
from warehouse.backup import compact
from warehouse.database import Warehouse


@click.command("compact")
@place_options
def command(place: Place) -> int:
    """Write the warehouse's file anew without its holes; a pass waits meanwhile, readers do not.

    The nightly upkeep does it by itself when a third of the file is free. Of a lake, small files are merged, and
    snapshots of more than 30 days ago let go: the upkeep does that each night.
    """
    warehouse = Warehouse(place.warehouse)
    if isinstance(warehouse.backend, DuckLake):
        click.echo(warehouse.tidy(utc_now()))
        return 0
    before, after = compact(warehouse)
    click.echo(f"{before / 1e6:.1f} MB before, {after / 1e6:.1f} MB now; every table was compared")
    return 0
