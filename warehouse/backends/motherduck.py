"""A warehouse at MotherDuck: ``md:NAME``. Its tables have keys, its server settles conflicts.

It never shows the token. It was tested up to the loading of its extension only: the service cannot be had offline.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from records.errors import WarehouseError
from warehouse import lock
from warehouse.backends.base import Connect, literal, without_secrets

if TYPE_CHECKING:
    from warehouse.database import Connection


@dataclass(frozen=True)
class MotherDuck:
    """One database at MotherDuck; the token is in MOTHERDUCK_TOKEN, or ``?token=${NAME}``."""

    name: str
    place: str
    token: str = field(default="", repr=False)

    extensions = ("motherduck",)
    keyed = True

    @classmethod
    def parse(cls, rest: str, shown: str, environ: Mapping[str, str]) -> MotherDuck:
        """Read what stands behind ``md:``.

        Raises:
            WarehouseError: no name, or one that is none.
        """
        name, _, token = rest.partition("?token=")
        if not re.fullmatch(r"[A-Za-z_]\w*", name):
            raise WarehouseError(f"{without_secrets(shown)}: name the database, as in md:govwatch")
        return cls(name, without_secrets(shown), token or environ.get("MOTHERDUCK_TOKEN", ""))

    @property
    def catalog(self) -> str:
        """MotherDuck names catalogs itself."""
        return f'"{self.name}"'

    @property
    def path(self) -> Path:
        """A local name, for the lock and the prompt's history."""
        return Path("data") / f"{self.name}.motherduck"

    @property
    def read_path(self) -> Path:
        """The same: readers need no copy."""
        return self.path

    def turn(self, connect: Connect, timeout: float, command: str | None) -> contextlib.AbstractContextManager[None]:
        """Hold a lock file of this machine; writers of several machines meet at the server, which refuses the later."""
        return lock.held(self.path.with_name(f"{self.path.name}.lock"), timeout, command)

    def attach(self, con: Connection) -> None:
        """Attach the database and use it; made when it is not there yet."""
        if self.token:
            con.execute(f"set motherduck_token = {literal(self.token)}")
        con.execute("attach 'md:'")
        con.execute(f'create database if not exists "{self.name}"')
        con.execute(f'use "{self.name}"')

    def attach_to_read(self, con: Connection, writable: Path | None) -> Connection:
        """Attach the database and use it; MotherDuck's own rights say what the token may do."""
        if self.token:
            con.execute(f"set motherduck_token = {literal(self.token)}")
        con.execute(f"attach {literal(f'md:{self.name}')}")
        con.execute(f'use "{self.name}"')
        con.execute("begin transaction read only")
        return con

    def keep(self, con: Connection, version: int) -> None:
        """Nothing to copy: MotherDuck keeps snapshots."""

    def publish(self, settle: Callable[[], None], *, prepared: bool) -> bool:
        """Nothing to publish: readers see each window when it commits."""
        if not prepared:
            settle()
        return False

    def tidy(self, con: Connection, now: datetime) -> str:
        """Nothing to do: MotherDuck keeps its own files in order."""
        return ""

    def masked(self, text: str) -> str:
        """Return ``text`` without the token."""
        return without_secrets(text, frozenset({self.token} - {""}))
