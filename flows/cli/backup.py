"""`govwatch backup`: a copy of the warehouse that was read to its last row before it counts."""

from __future__ import annotations

from pathlib import Path

import click

from flows.cli.common import Place, place_options
from flows.clock import utc_now
from warehouse.backup import backup
from warehouse.database import Warehouse


@click.command("backup")
@place_options
@click.argument("target", metavar="[PATH]", required=False, type=click.Path(path_type=Path))
def command(place: Place, target: Path | None) -> int:
    """Copy the warehouse to PATH, a new file or a folder (backups/ beside the warehouse by default).

    Passes and readers go on meanwhile. The copy is read wholly, with the checksums of its blocks.
    """
    path, checked = backup(Warehouse(place.warehouse), target, utc_now())
    articles = checked.rows['"main"."articles"']
    click.echo(
        f"{path}: {path.stat().st_size / 1e6:.1f} MB, {articles} articles, "
        f"{sum(checked.rows.values())} rows in {len(checked.rows)} tables, all read. "
        f"To restore: govwatch restore {path}"
    )
    return 0
