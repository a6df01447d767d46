"""A warehouse behind a Quack server (`govwatch share`): analysts on other machines read it, nobody writes through it.

It never pulls tables over the network: each statement runs at the server, whole, and only its result comes back.
"""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from records.errors import WarehouseError
from warehouse.backends.base import Connect, literal, without_secrets

if TYPE_CHECKING:
    from warehouse.database import Connection

TOKEN = "GOVWATCH_QUACK_TOKEN"  # noqa: S105 (the name of a variable)
"""The environment variable that holds the token which server and readers share."""

_ADDRESS = re.compile(r"(?P<host>[\w.-]+|\[[0-9a-fA-F:]+\])(?::(?P<port>\d{1,5}))?")
PORT = 9494
"""Quack's own."""


@dataclass(frozen=True)
class Quack:
    """One server."""

    address: str
    place: str
    token: str = field(default="", repr=False)

    catalog = "warehouse"
    extensions = ("httpfs", "quack")  # the client speaks HTTP through httpfs
    keyed = True

    @classmethod
    def parse(cls, rest: str, shown: str, environ: Mapping[str, str]) -> Quack:
        """Read what stands behind ``quack:``.

        Raises:
            WarehouseError: no host, an odd port, or no token.
        """
        where, _, token = rest.partition("?token=")
        host, port = address(where)
        token = token or environ.get(TOKEN, "")
        if not token:
            raise WarehouseError(f"{without_secrets(shown)}: put the server's token into the environment, as {TOKEN}")
        return cls(f"{host}:{port}", without_secrets(shown), token)

    @property
    def path(self) -> Path:
        """A local name, for the prompt's history."""
        return Path("data") / f"{self.address.replace(':', '-')}.quack"

    @property
    def read_path(self) -> Path:
        """The same."""
        return self.path

    def turn(self, connect: Connect, timeout: float, command: str | None) -> contextlib.AbstractContextManager[None]:
        """Refuse: there is no turn to write here."""
        raise WarehouseError(
            f"{self.place} can only be read: the pipeline writes where the warehouse is kept, and `govwatch share` "
            "serves it from there"
        )

    def attach(self, con: Connection) -> None:
        """Never called: see `turn`."""
        raise NotImplementedError

    def attach_to_read(self, con: Connection, writable: Path | None) -> Connection:
        """Return a connection that sends each statement to the server."""
        url = literal(f"quack:{self.address}")
        con.execute(f"create secret (type quack, token {literal(self.token)}, scope {url})")
        if writable is not None:
            con.execute(f"set allowed_paths = [{literal(str(writable))}]")
        con.execute("set enable_external_access = false")
        return cast("Connection", Remote(con, f"quack:{self.address}"))

    def keep(self, con: Connection, version: int) -> None:
        """Never called: see `turn`."""

    def publish(self, settle: Callable[[], None], *, prepared: bool) -> bool:
        """Nothing to publish."""
        return False

    def tidy(self, con: Connection, now: datetime) -> str:
        """Never called: see `turn`."""
        return ""

    def masked(self, text: str) -> str:
        """Return ``text`` without the token."""
        return without_secrets(text, frozenset({self.token} - {""}))


def address(text: str) -> tuple[str, int]:
    """Return host and port of ``HOST`` or ``HOST:PORT``.

    Raises:
        WarehouseError: it is neither.
    """
    found = _ADDRESS.fullmatch(text)
    if found is None or not 0 < int(found["port"] or PORT) < 65536:
        raise WarehouseError(f"{text!r} is no address of a Quack server; give HOST:PORT, as in quack:10.0.0.7:{PORT}")
    return found["host"], int(found["port"] or PORT)


class Remote:
    """A connection whose statements run at the server; the few methods that this package's readers use.

    Nothing is attached: joins of attached tables pull both over the network, macros are not seen through an attachment,
    and a server whose views were made under another catalog's name cannot be attached at all (DuckDB 1.5.5).
    """

    def __init__(self, con: Connection, url: str) -> None:
        self._con = con
        self._url = url

    def execute(self, query: Any, parameters: Sequence[object] = ()) -> Connection:
        """Run one statement at the server; parameters are written into it as literals."""
        sql = query if isinstance(query, str) else str(query.query)
        return self._con.execute("from quack_query($1, $2)", [self._url, bound(sql, list(parameters))])

    def copy_to(self, sql: str, options: str) -> Connection:
        """Run a query at the server and write its result here: ``COPY (...) TO`` and what stands behind it."""
        asked = f"from quack_query({literal(self._url)}, {literal(sql)})"
        return self._con.execute(f"copy ({asked}) to {options}")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._con, name)


_MARKS = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|\$(\d+)|\?", re.DOTALL)


def bound(sql: str, parameters: Sequence[object]) -> str:
    """Return ``sql`` with its placeholders (``$1``, ``?``) replaced by literals, outside texts and comments."""
    following = iter(parameters)

    def value(mark: re.Match[str]) -> str:
        if mark[1]:
            return as_literal(parameters[int(mark[1]) - 1])
        return as_literal(next(following)) if mark[0] == "?" else mark[0]

    return _MARKS.sub(value, sql) if parameters else sql


def as_literal(value: object) -> str:
    """Return one value as DuckDB writes it in SQL."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value) if math.isfinite(value) else f"'{value}'::double"
    if isinstance(value, datetime):
        return f"{literal(value.isoformat())}::timestamptz"
    if isinstance(value, date):
        return f"{literal(value.isoformat())}::date"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(as_literal(one) for one in value) + "]"
    return literal(str(value))
