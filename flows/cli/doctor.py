"""`govwatch doctor`: what must always be true of the warehouse, and how to mend what is not."""

from __future__ import annotations

from datetime import datetime

import click

from flows.cli.common import Place, json_option, place_options, print_json
from flows.clock import utc_now
from warehouse import doctor
from warehouse.database import Warehouse


@click.command("doctor")
@place_options
@json_option
@click.option("--fix", is_flag=True, help="mend what can be mended without touching articles, mentions or receipts")
def command(place: Place, as_json: bool, fix: bool) -> int:
    """Check that the warehouse is sound; exits with 1 when something is broken."""
    warehouse, now = Warehouse(place.warehouse), utc_now()
    found = _examine(warehouse, now)
    mended: list[str] = []
    if fix and any(one.safe for one in found):
        with warehouse.writing() as con:
            doctor.mend(con, now)
        doctor.mend_files(warehouse, now)
        left = _examine(warehouse, now)
        mended = [one.rule for one in found if one.rule not in {other.rule for other in left}]
        found = left
    if as_json:
        print_json({"checked": len(doctor.RULES), "mended": mended, "broken": found})
        return 1 if found else 0
    for rule in mended:
        click.echo(f"mended: {rule}")
    for one in found:
        click.echo(f"broken: {one.rule}\n  {one.what}\n  To mend it: {one.mend}")
    click.echo(f"{len(doctor.RULES)} things checked, {len(found) or 'none'} broken.")
    return 1 if found else 0


def _examine(warehouse: Warehouse, now: datetime) -> list[doctor.Finding]:
    files = doctor.examine_files(warehouse, now)
    if any(one.rule == "the log has its file" for one in files):
        return files  # opening it would begin a new, empty warehouse beside the log
    with warehouse.writing() as con:
        return [*doctor.examine(con, now), *files]
