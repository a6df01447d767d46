"""`govwatch restore`: a backup in the place of the warehouse; what was there is kept beside it."""

from __future__ import annotations

from pathlib import Path

import click

from flows.cli.common import Place, place_options
from flows.clock import utc_now
from warehouse.backup import restore
from warehouse.database import Warehouse


@click.command("restore")
@place_options
@click.argument("source", metavar="PATH", type=click.Path(path_type=Path))
def command(place: Place, source: Path) -> int:
    """Put the backup PATH in the place of the warehouse, after reading all of it.

    A damaged backup, or one of a newer govwatch, is refused before anything is touched.
    """
    warehouse = Warehouse(place.warehouse)
    kept, checked = restore(warehouse, source, utc_now())
    click.echo(f"{warehouse.path} is {source} now: {sum(checked.rows.values())} rows in {len(checked.rows)} tables.")
    if kept is not None:
        click.echo(f"What was there is kept: {kept}")
    click.echo("What was told since the backup may be told again. Next: govwatch doctor · govwatch run")
    return 0
