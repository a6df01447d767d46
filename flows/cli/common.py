"""What every command shares: the options, the opened configuration and warehouse, and how output is written."""

from __future__ import annotations

import dataclasses
import functools
import json
import sys
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import click
from rich.console import Console

from config.load import Configuration, directory_from, warehouse_from
from flows.secrecy import read_configuration

P = ParamSpec("P")
R = TypeVar("R")


@dataclasses.dataclass(slots=True)
class Place:
    """Where the configuration and the warehouse are, as the options or the environment say."""

    config: Path
    warehouse: str | Path

    def load(self) -> Configuration:
        """Read the configuration.

        Raises:
            ConfigurationError: with every mistake.
        """
        return read_configuration(self.config)


def place_options(function: Callable[P, R]) -> Callable[..., R]:
    """Add ``--config`` and ``--warehouse``, and hand them on as one `Place`."""

    @click.option("--config", "config_", metavar="DIR", help="configuration folder [GOVWATCH_CONFIG; config/]")
    @click.option(
        "--warehouse",
        "warehouse_",
        metavar="PLACE",
        help="path or connection string [GOVWATCH_WAREHOUSE; settings.yaml; data/govwatch.duckdb]",
    )
    @functools.wraps(function)
    def command(*args: Any, config_: str | None, warehouse_: str | None, **kwargs: Any) -> R:
        place = Place(directory_from(config_), warehouse_from(warehouse_, directory=directory_from(config_)))
        return function(*args, place=place, **kwargs)  # type: ignore[arg-type]

    return command


json_option = click.option("--json", "as_json", is_flag=True, help="print JSON, for machines")


def console(*, err: bool = False) -> Console:
    """Return a console for people: colours and live progress on a terminal, plain lines in a pipe."""
    stream = sys.stderr if err else sys.stdout
    # In a pipe rich would wrap at 80 columns: a table that is cut there is of no use to grep.
    width = None if stream.isatty() else 200
    return Console(file=stream, width=width, highlight=False, soft_wrap=False, emoji=False)


def print_json(value: Any) -> None:
    """Print ``value`` (records, times, paths included) as one JSON document."""
    click.echo(json.dumps(value, default=_plain, ensure_ascii=False, indent=2))


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, set | frozenset):
        return sorted(value)
    return str(value)
