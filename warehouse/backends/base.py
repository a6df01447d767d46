"""The interface of the places where a warehouse can be kept, and what their messages have in common.

It never attaches anything itself.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from warehouse.database import Connection

Connect = Callable[[], "Connection"]
"""Opens one more connection to the DuckDB that windows use, its extensions loaded; to be closed by the caller."""


class Backend(Protocol):
    """One place of a warehouse. Every way in ends in a connection with its catalog attached and used."""

    @property
    def place(self) -> str:
        """The connection string as people may see it: without secrets."""

    @property
    def path(self) -> Path:
        """The database file, or the local file that stands for it: beside it lie the prompt's history and backups."""

    @property
    def read_path(self) -> Path:
        """What analysts open: for a file its read copy, else the same as ``path``."""

    @property
    def catalog(self) -> str:
        """The name under which it is attached, as SQL writes it."""

    @property
    def extensions(self) -> tuple[str, ...]:
        """DuckDB extensions that it needs, in the order in which they are loaded."""

    @property
    def keyed(self) -> bool:
        """Whether its tables have primary keys (and so ON CONFLICT); where not, `warehouse.dialect` leaves them out."""

    def turn(self, connect: Connect, timeout: float, command: str | None) -> contextlib.AbstractContextManager[None]:
        """Hold the writers' turn while the block runs: whoever writes sees all that was written before.

        Raises:
            WarehouseLocked: somebody else had it for longer than ``timeout`` seconds; says who.
        """

    def attach(self, con: Connection) -> None:
        """Attach the catalog for writing, use it, and take away access to everything else."""

    def attach_to_read(self, con: Connection, writable: Path | None) -> Connection:
        """Attach what analysts read, read-only, and take away access to everything but the file ``writable``.

        Returns:
            the connection to ask: ``con``, or one that sends each statement to a server.
        """

    def keep(self, con: Connection, version: int) -> None:
        """Keep the database as it is before migration ``version`` changes it."""

    def publish(self, settle: Callable[[], None], *, prepared: bool) -> bool:
        """Show readers what was written, inside the writers' turn; return whether there was anything new.

        Args:
            settle: opens the database for a moment, which brings its log and its schema up to date.
            prepared: whether the schema is known to be up to date.
        """

    def tidy(self, con: Connection, now: datetime) -> str:
        """Put files in order, outside of a transaction, in the writers' turn; return what was done, for people."""

    def masked(self, text: str) -> str:
        """Return ``text`` without this backend's secrets."""


_SECRET = re.compile(r"(?i)(password|passwd|token|secret|key_id)(\s*=\s*)('(?:[^'\\]|\\.)*'|[^\s&?'\"]+)")
_USERINFO = re.compile(r"(://[^/@\s:]+):[^/@\s]+@")


def without_secrets(text: str, known: frozenset[str] = frozenset()) -> str:
    """Return ``text`` with every password, token and known secret value replaced by three stars."""
    for secret in sorted(known, key=len, reverse=True):
        if len(secret) >= 4:  # a shorter one would blot out ordinary words
            text = text.replace(secret, "***")
    return _USERINFO.sub(r"\1:***@", _SECRET.sub(r"\1\2***", text))


def literal(value: str) -> str:
    """Return ``value`` as an SQL string literal, for the statements that take no parameters (ATTACH, SET)."""
    return "'" + value.replace("'", "''") + "'"
