"""`govwatch share`: let analysts on other machines query the read copy, over DuckDB's Quack protocol."""

from __future__ import annotations

import os
import threading

import click

from flows.cli.common import Place, place_options
from warehouse.backends.quack import PORT, TOKEN
from warehouse.database import Warehouse
from warehouse.share import share


@click.command("share")
@place_options
@click.option("--listen", default=f"127.0.0.1:{PORT}", show_default=True, metavar="HOST:PORT", help="where to listen")
def command(place: Place, listen: str) -> int:
    """Serve the read copy to `govwatch sql --warehouse quack:HOST:PORT`, read-only, until Ctrl-C.

    The token that readers must know is taken from GOVWATCH_QUACK_TOKEN. Quack itself has no TLS: past this machine, put
    a proxy that has it before the port.
    """
    stopped = threading.Event()
    try:
        share(Warehouse(place.warehouse), listen, os.environ.get(TOKEN, ""), lambda: not stopped.wait(1.0), click.echo)
    except KeyboardInterrupt:
        click.echo("Stopped.")
    return 0
