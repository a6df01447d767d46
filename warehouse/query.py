"""Ad-hoc SQL on the read copy: what `govwatch sql` needs.

It never opens the database itself, and is safe by construction: the copy is attached read-only, files, network and
extensions are out of reach, and every statement ends after a limit. Nothing depends on what the SQL says.
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from records.errors import WarehouseError
from warehouse.backends.quack import Remote
from warehouse.database import Connection, Warehouse, open_copy, quoted

TIMEOUT = 60.0
"""Seconds that a query may take, the reading of its rows included."""

_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a result: its name and its DuckDB type in capital letters."""

    name: str
    type: str


@dataclass(slots=True)
class Result:
    """A result that is read while the query runs: memory stays flat however many rows it has.

    Attributes:
        columns: of the last statement; empty when it gives no rows.
        batches: lists of rows, in order; to be read inside the block of `run`.
    """

    columns: tuple[Column, ...]
    batches: Iterator[list[tuple[Any, ...]]]

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Return the rows one by one."""
        for batch in self.batches:
            yield from batch


@contextlib.contextmanager
def run(
    place: Path | Warehouse, sql: str, *, parameters: Sequence[object] = (), timeout: float = TIMEOUT
) -> Iterator[Result]:
    """Run ``sql`` on what readers see, and give the result of its last statement.

    Args:
        place: the warehouse, or the path of a read copy (`warehouse.database.Warehouse.read_path`).
        sql: one or more statements, as an analyst wrote them.
        parameters: values for the placeholders of the last statement.
        timeout: seconds for all of it, the reading of the rows included.

    Raises:
        WarehouseError: nothing was published yet, the SQL is wrong (with a hint), or the limit passed.
    """
    expired = threading.Event()
    try:
        with _opened(place) as con, _limit(con, timeout, expired):
            yield _result(con, sql, parameters)
    except WarehouseError as error:
        raise _explained(error, timeout if expired.is_set() else None) from error


def to_parquet(place: Path | Warehouse, sql: str, target: Path, *, timeout: float = TIMEOUT) -> int:
    """Write the result of one SELECT to ``target`` as Parquet, atomically, and return the number of rows.

    DuckDB may write this one file and reach no other.

    Raises:
        WarehouseError: as for `run`; or the file cannot be written.
    """
    spare = target.with_name(f"{target.name}.new").absolute()
    question = f"{sql.strip().rstrip(';')}\n"
    options = f"{quoted(str(spare))} (format parquet, compression zstd)"
    expired = threading.Event()
    try:
        with _opened(place, spare) as con, _limit(con, timeout, expired):
            if isinstance(con, Remote):
                count = con.copy_to(question, options).fetchall()[0][0]
            else:
                count = con.execute(f"copy ({question}) to {options}").fetchall()[0][0]
        spare.replace(target)
    except WarehouseError as error:
        raise _explained(error, timeout if expired.is_set() else None) from error
    except OSError as error:
        raise WarehouseError(f"{target}: {error.strerror}") from error
    finally:
        with contextlib.suppress(OSError):
            spare.unlink(missing_ok=True)
    return int(count)


def _opened(place: Path | Warehouse, writable: Path | None = None) -> contextlib.AbstractContextManager[Connection]:
    return place.reading(writable) if isinstance(place, Warehouse) else open_copy(place, writable)


@contextlib.contextmanager
def _limit(con: Connection, timeout: float, expired: threading.Event) -> Iterator[None]:
    """Interrupt whatever ``con`` does when the time is up, and say so in ``expired``."""

    def stop() -> None:
        expired.set()
        con.interrupt()

    timer = threading.Timer(timeout, stop)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _result(con: Connection, sql: str, parameters: Sequence[object]) -> Result:
    statements = con.extract_statements(sql)
    if not statements:
        raise WarehouseError("there is no statement in this text; try: select * from new_mentions limit 20")
    for statement in statements[:-1]:
        con.execute(statement).fetchall()
    con.execute(statements[-1], list(parameters))
    columns = tuple(Column(str(name), str(kind)) for name, kind, *_ in con.description or ())
    return Result(columns, _batches(con))


def _batches(con: Connection) -> Iterator[list[tuple[Any, ...]]]:
    while batch := con.fetchmany(_BATCH):
        yield batch


_HINTS: tuple[tuple[str, str], ...] = (
    (r"read-only mode", "the read copy cannot be changed; `create temp table ...` works within one prompt"),
    (
        r"file system operations are disabled|external extensions|external access",
        "queries reach no files, network or extensions; write results with --format csv, json or parquet",
    ),
    (r"Table with name .* does not exist", "`show tables` lists tables and views"),
    (r"Referenced column .* not found|does not have a column", "`describe articles` lists the columns of a table"),
    (r"Parser Error", "text stands in single quotes, names with odd characters in double quotes"),
    (r"Could not convert string|Conversion Error", "try_cast(x as type) gives NULL for what cannot be converted"),
    (
        r"not enough memory|Out of Memory",
        "leave out the column text, or narrow it: where published > now() - to_days(30)",
    ),
)


def _explained(error: WarehouseError, expired_after: float | None) -> WarehouseError:
    """Return the error with a hint for the analyst; its class stays."""
    if expired_after is not None:
        return WarehouseError(
            f"stopped after {expired_after:g} s; narrow it (where published > now() - to_days(30)), or allow more time"
        )
    text = str(error)
    hints = [hint for pattern, hint in _HINTS if re.search(pattern, text)]
    return type(error)(f"{text}\nhint: {hints[0]}") if hints else error
