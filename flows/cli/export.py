"""`govwatch export`: the corpus as Parquet files by month and language."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from flows.cli.common import Place, place_options
from flows.clock import utc_now
from warehouse.database import Warehouse
from warehouse.export import export


@click.command("export")
@place_options
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="write only its month and later ones anew")
@click.option("--format", "format_", type=click.Choice(["parquet"]), default="parquet", show_default=True)
def command(place: Place, folder: Path, since: datetime | None, format_: str) -> int:  # noqa: ARG001 (one format yet)
    """Write articles, mentions, figures and stories into DIR, which changes in one step when all is written."""
    day = since.replace(tzinfo=UTC).date() if since else None
    counts = export(Warehouse(place.warehouse), folder, utc_now(), day)
    click.echo(f"{folder}: " + ", ".join(f"{count} {name}" for name, count in counts.items()))
    return 0
