"""`govwatch sql`: ad-hoc SQL on the read copy, at any time, also while a pass writes."""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.markup import escape
from rich.table import Table

from flows.cli.common import Place, console, place_options
from flows.cli.completing import NAMES, remember
from records.errors import GovwatchError
from warehouse.database import Warehouse
from warehouse.query import Result, run, to_parquet

_FORMATS = ("table", "csv", "json", "markdown", "parquet")
_SHOWN = 200  # rows of a table for people; the other formats give all
_WIDEST = 300  # characters of one cell of a table for people

_OVERVIEW = """
    select 'view' as kind, view_name as name, comment from duckdb_views() where not internal
    union all select 'table', table_name, comment from duckdb_tables() where schema_name = 'main'
    union all select 'macro', function_name || '(' || array_to_string(parameters, ', ') || ')', comment
    from duckdb_functions() where not internal and schema_name = 'main'
    order by kind desc, name
"""
_COLUMNS = """
    select column_name, data_type, comment from duckdb_columns()
    where table_name = '{name}' and schema_name in ('main', 'internal') order by column_index
"""


@click.command("sql")
@place_options
@click.argument("query", required=False)
@click.option("--format", "format_", type=click.Choice(_FORMATS), default="table", show_default=True)
@click.option("--output", type=click.Path(path_type=Path), help="write to this file (parquet needs one)")
@click.option("--timeout", default=60.0, show_default=True, help="seconds")
def command(place: Place, query: str | None, format_: str, output: Path | None, timeout: float) -> int:
    """Query the warehouse; without a QUERY, a prompt (or the statements of standard input).

    Reads the copy that each pass publishes, so it never waits for a pass and no pass waits for it.

    \b
    govwatch sql "from new_mentions limit 20"
    govwatch sql "select outlet, count(*) n from mentions join articles using (article_id) group by all" --format csv
    """  # noqa: D301 - the backslash is click's mark for lines that are not to be wrapped
    warehouse = Warehouse(place.warehouse)
    if query is None and not sys.stdin.isatty():
        query = sys.stdin.read()
    if query is None:
        return _prompt(warehouse, timeout)
    if format_ == "parquet":
        if output is None:
            raise click.UsageError("parquet is written to a file: add --output FILE.parquet")
        count = to_parquet(warehouse, query, output, timeout=timeout)
        click.echo(f"{count} rows written to {output}")
        return 0
    with run(warehouse, query, timeout=timeout) as result:
        if output is None:
            write(result, format_, sys.stdout)
        else:
            with output.open("w", encoding="utf-8", newline="") as file:
                write(result, format_, file)
    return 0


def write(result: Result, format_: str, file: Any) -> None:
    """Write ``result`` to ``file`` in one of the formats but Parquet."""
    names = [column.name for column in result.columns]
    if format_ == "csv":
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows([_text(value) for value in row] for row in result.rows())
    elif format_ == "json":
        _write_json(names, result.rows(), file)
    elif format_ == "markdown":
        file.write("| " + " | ".join(names) + " |\n|" + " --- |" * len(names) + "\n")
        for row in result.rows():
            cells = [_text(value).replace("|", "\\|").replace("\n", " ") for value in row]
            file.write("| " + " | ".join(cells) + " |\n")
    else:
        _print_table(names, result.rows(), file)


def _write_json(names: list[str], rows: Iterator[tuple[Any, ...]], file: Any) -> None:
    """Write one JSON array, row by row, so that memory stays flat."""
    first = True
    file.write("[")
    for row in rows:
        file.write("\n" if first else ",\n")
        json.dump(dict(zip(names, row, strict=True)), file, default=_text, ensure_ascii=False)
        first = False
    file.write("]\n" if first else "\n]\n")


def _print_table(names: list[str], rows: Iterator[tuple[Any, ...]], file: Any) -> None:
    if not names:
        return
    out = console() if file is sys.stdout else None
    table = Table(*[escape(name) for name in names], box=None, pad_edge=False, header_style="bold")
    more = False
    for number, row in enumerate(rows):
        if number == _SHOWN:
            more = True
            break
        table.add_row(*[escape(_shown(value)) for value in row])
    if out is None:
        from rich.console import Console

        out = Console(file=file, width=200)
    out.print(table)
    if more:
        out.print(f"({_SHOWN} rows shown; --format csv gives all)", style="dim", markup=False)


def _shown(value: Any) -> str:
    text = _text(value)
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, list):
        return ", ".join(_text(one) for one in value)
    return str(value)


def _prompt(warehouse: Warehouse, timeout: float) -> int:
    """Ask for statements until the end of input; an error is shown and the next one asked for."""
    remember(warehouse.path.parent / "sql_history", _names(warehouse))
    click.echo(
        f"Reading {warehouse.shown}. A statement ends with ';'. \\d lists what is there, \\d NAME the columns of one; "
        "Tab completes; Ctrl-D ends."
    )
    lines: list[str] = []
    while True:
        try:
            lines.append(input("govwatch> " if not lines else "     ...> "))
        except EOFError:
            click.echo()
            return 0
        except KeyboardInterrupt:
            click.echo()
            lines = []
            continue
        statement = "\n".join(lines).strip()
        if statement.lower() in ("exit", "quit", ".exit", ".quit"):
            return 0
        if not statement.endswith(";") and not statement.startswith("\\d"):
            continue
        lines = []
        try:
            with run(warehouse, _meant(statement), timeout=timeout) as result:
                write(result, "table", sys.stdout)
        except GovwatchError as error:
            click.echo(str(error), err=True)


def _meant(statement: str) -> str:
    r"""Return the SQL of the prompt's short forms (\d, \d NAME), or the statement as it is."""
    short = re.fullmatch(r"\\d(?:\s+(\w+))?\s*;?", statement)
    if short is None:
        return statement
    if short[1] is None:
        return _OVERVIEW
    return _COLUMNS.format(name=short[1])


def _names(warehouse: Warehouse) -> list[str]:
    """Return what the prompt completes; nothing when there is no warehouse to read yet."""
    try:
        with run(warehouse, NAMES) as result:
            return [str(name) for (name,) in result.rows()]
    except GovwatchError:
        return []
