"""`govwatch backup`: a copy of the warehouse that was read to its last row before it counts."""

from __future__ import annotations

import contextlib
import secrets
from datetime import datetime
from pathlib import Path

import click

from flows.cli.common import Place, place_options
from flows.clock import utc_now
from records.errors import WarehouseError
from warehouse import runs
from warehouse.backup import backup
from warehouse.database import Warehouse


@click.command("backup")
@place_options
@click.argument("target", metavar="[PATH]", required=False, type=click.Path(path_type=Path))
def command(place: Place, target: Path | None) -> int:
    """Copy the warehouse to PATH, a new file or a folder (backups/ beside the warehouse by default).

    Passes and readers go on meanwhile. The copy is read wholly, with the checksums of its blocks.
    """
    warehouse, began = Warehouse(place.warehouse), utc_now()
    path, checked = backup(warehouse, target, began)
    _note(warehouse, path, began)
    articles = checked.rows['"main"."articles"']
    click.echo(
        f"{path}: {path.stat().st_size / 1e6:.1f} MB, {articles} articles, "
        f"{sum(checked.rows.values())} rows in {len(checked.rows)} tables, all read. "
        f"To restore: govwatch restore {path}"
    )
    return 0


def _note(warehouse: Warehouse, path: Path, began: datetime) -> None:
    """Write into `runs` that a backup was made: the operators' report says how old the last one is."""
    run_id = f"backup-{began:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
    with contextlib.suppress(WarehouseError), warehouse.writing() as con:  # the backup is good all the same
        runs.start(con, run_id, began, kind="backup")
        runs.finish(con, run_id, utc_now(), runs.State.COMPLETED, {"bytes": path.stat().st_size})
