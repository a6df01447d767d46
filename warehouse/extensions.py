"""Loads the DuckDB extensions that a warehouse past one file needs, from where they are installed already.

It never installs one and never asks the network: a service that fetches code at its start can be changed by others.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from records.errors import WarehouseError

if TYPE_CHECKING:
    from warehouse.database import Connection


def load(con: Connection, names: Sequence[str], needed_by: str) -> None:
    """Load each extension: from DuckDB's own folder, else from its Python package (``duckdb-extension-NAME``).

    Args:
        con: an open connection.
        names: of extensions, those that others need first.
        needed_by: the kind of warehouse, for the message.

    Raises:
        WarehouseError: one cannot be loaded; says which, why, and how to get it.
    """
    for name in names:
        packaged = _packaged(name, con)
        try:
            con.load_extension(str(packaged) if packaged else name)
        except Exception as error:
            version = _version(con)
            package = f"duckdb-extension-{name.replace('_', '-')}"
            raise WarehouseError(
                f"a warehouse at {needed_by} needs DuckDB's extension {name}, and DuckDB {version} cannot load it "
                f"({str(error).strip().splitlines()[0]}). Install it once, as the user who runs govwatch: "
                f'python -c "import duckdb; duckdb.connect().install_extension({name!r})" - or, without access to '
                f"DuckDB's servers, its Python package of the same version: pip install {package}=={version}"
            ) from error


def _packaged(name: str, con: Connection) -> Path | None:
    """Where the Python package of an extension keeps the file for this very DuckDB; None where it has none."""
    package = importlib.util.find_spec(f"duckdb_extension_{name}")
    if package is None or package.origin is None:
        return None
    file = Path(package.origin).parent / "extensions" / f"v{_version(con)}" / f"{name}.duckdb_extension"
    return file if file.is_file() else None


def _version(con: Connection) -> str:
    ((version,),) = con.execute("select version()").fetchall()
    return str(version).removeprefix("v")
