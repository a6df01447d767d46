"""Where a warehouse is kept: a file, a DuckLake, a Quack server, MotherDuck. One small adapter each, one interface.

An adapter knows how its catalog is attached, whose turn it is to write, and what readers open. It never knows what is
stored, and never opens DuckDB itself: it is handed connections by `warehouse.database`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from records.errors import WarehouseError
from warehouse.backends.base import Backend
from warehouse.backends.ducklake import DuckLake
from warehouse.backends.file import DuckFile
from warehouse.backends.motherduck import MotherDuck
from warehouse.backends.quack import Quack

_VARIABLE = re.compile(r"\$\{(\w+)\}")
_SCHEME = re.compile(r"([a-z][a-z0-9+]+):", re.IGNORECASE)


def of(place: str | Path, environ: Mapping[str, str] | None = None) -> Backend:
    """Return the adapter for a connection string.

    Args:
        place: the path of a file, ``duckdb:///path``, ``ducklake:sqlite:PATH?data=DIR``,
            ``ducklake:postgres:DSN?data=DIR``, ``quack:HOST:PORT`` or ``md:NAME``; ``${NAME}`` in it is taken from the
            environment, and never shown.
        environ: the environment; the process's own by default.

    Raises:
        WarehouseError: the string names no kind of warehouse, or lacks something; says what.
    """
    if isinstance(place, Path):
        return DuckFile(place)
    environ = os.environ if environ is None else environ
    scheme = _SCHEME.match(place)
    if scheme is None:
        return DuckFile(Path(_filled(place, environ)))
    kind, rest, shown = scheme[1].lower(), _filled(place[scheme.end() :], environ), place
    if kind == "duckdb":
        return DuckFile(Path(rest[2:] if rest.startswith("//") else rest))
    if kind == "ducklake":
        return DuckLake.parse(rest, shown, environ)
    if kind == "quack":
        return Quack.parse(rest, shown, environ)
    if kind == "md":
        return MotherDuck.parse(rest, shown, environ)
    raise WarehouseError(
        f"{kind}: is no kind of warehouse; give the path of a file, duckdb:///path, ducklake:sqlite:PATH?data=DIR, "
        "ducklake:postgres:DSN?data=DIR, quack:HOST:PORT or md:NAME"
    )


def _filled(text: str, environ: Mapping[str, str]) -> str:
    def value(name: re.Match[str]) -> str:
        if name[1] not in environ:
            raise WarehouseError(f"the warehouse's place names ${{{name[1]}}}, which the environment does not have")
        return environ[name[1]]

    return _VARIABLE.sub(value, text)


__all__ = ["Backend", "DuckFile", "DuckLake", "MotherDuck", "Quack", "of"]
