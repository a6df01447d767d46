"""A Quack server for the read copy: analysts on other machines ask it, and the pipeline goes on beside it.

It never serves the database itself: what it serves cannot be changed, reaches no file, and blocks no pass.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from records.errors import WarehouseError
from warehouse import extensions
from warehouse.backends import DuckFile
from warehouse.backends.quack import TOKEN, address
from warehouse.database import Connection, Warehouse, open_to_share, quoted

LOCAL = ("127.0.0.1", "localhost", "[::1]")


def share(warehouse: Warehouse, listen: str, token: str, wait: Callable[[], bool], say: Callable[[str], None]) -> None:
    """Serve the read copy until ``wait`` says so; each new copy is served as soon as no query runs.

    Args:
        warehouse: in a file.
        listen: ``HOST:PORT``; a host that is not local is served in the clear: put a proxy with TLS before it.
        token: what readers must know.
        wait: lets some time pass; false ends the serving.
        say: told once what is served where.

    Raises:
        WarehouseError: no file, no copy yet, no token, no extension, or the port is taken.
    """
    if not isinstance(warehouse.backend, DuckFile):
        raise WarehouseError(f"{warehouse.place}: only a warehouse in a file is shared; a lake is read where it is")
    if len(token) < 8:
        raise WarehouseError(f"put a token of eight characters or more into the environment, as {TOKEN}")
    host, port = address(listen)
    say(f"Sharing {warehouse.read_path} at quack:{host}:{port}; stop with Ctrl-C")
    going = True
    while going:
        served = warehouse.read_path.stat().st_ino if warehouse.read_path.exists() else 0
        with _served(warehouse, host, port, token) as con:
            while going := wait():
                if warehouse.read_path.stat().st_ino != served and not _busy(con):
                    break


@contextlib.contextmanager
def _served(warehouse: Warehouse, host: str, port: int, token: str) -> Iterator[Connection]:
    with open_to_share(warehouse.read_path, lambda con: extensions.load(con, ("httpfs", "quack"), "quack:")) as con:
        url, elsewhere = quoted(f"quack:{host}:{port}"), str(host not in LOCAL).lower()
        con.execute(f"call quack_serve({url}, token = {quoted(token)}, allow_other_hostname = {elsewhere})").fetchall()
        try:
            yield con
        finally:
            con.execute(f"call quack_stop({url})").fetchall()


def _busy(con: Connection) -> bool:
    """Whether a query of a reader runs now."""
    states = con.execute("select * from quack_active_connections()")
    names = [column[0] for column in states.description or ()]
    if "state" not in names:
        return False
    return any("exec" in str(row[names.index("state")]).lower() for row in states.fetchall())
