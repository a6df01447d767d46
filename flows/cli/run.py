"""`govwatch run`: one pass of the whole pipeline."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from config.load import Configuration
from flows.api import configured_api, go_offline
from flows.cli.common import Place, console, json_option, place_options, print_json
from flows.cli.progress import progress_for
from flows.report import PassReport, SourceLine, Watch
from records.errors import ConfigurationError, GovwatchError, Problem
from records.text import clean

_MOST_ROWS = 40  # of the closing table; a person does not read more


@click.command("run")
@place_options
@json_option
@click.option("--source", "only", multiple=True, metavar="ID", help="only this source (may be given again)")
@click.option("--due", "due_only", is_flag=True, help="only sources whose time has come; default: all that are enabled")
@click.option(
    "--log",
    type=click.Choice(["auto", "plain", "json"]),
    default="auto",
    show_default=True,
    help="on the way: lines for people, or JSON on standard error; auto: bars on a terminal, JSON elsewhere",
)
def command(place: Place, as_json: bool, only: tuple[str, ...], due_only: bool, log: str) -> int:
    """Fetch new coverage, detect mentions, deliver alerts: one pass.

    Exit code 0: completed (failing sources are reported); 1: nothing could be done; 2: bad configuration.
    """
    configuration = place.load()
    _check_names(configuration, only)
    out = console(err=as_json)
    with _onlooker(log, out) as watch:
        report = asyncio.run(_run(configuration, place, only, watch, all_sources=not due_only))
    if as_json:
        print_json(report)
    else:
        show(report, out)
    return 1 if report.state == "nothing" else 0


def _check_names(configuration: Configuration, only: tuple[str, ...]) -> None:
    known = {source.id: source for source in configuration.sources}
    problems = []
    for name in only:
        file = str(configuration.files["sources.yaml"])
        if name not in known:
            problems.append(Problem(file, 0, "", f"there is no source '{name}'", "`govwatch status` lists them"))
        elif not known[name].enabled:
            reason = known[name].reason or "no reason is given"
            problems.append(Problem(file, 0, name, f"the source is switched off: {reason}", "set enabled: true"))
    if problems:
        raise ConfigurationError(problems)


def _onlooker(log: str, out: Console) -> contextlib.AbstractContextManager[Watch]:
    """Return what tells on the way: for people on a terminal, for machines elsewhere."""
    if log == "json" or (log == "auto" and not out.is_terminal):
        from flows.journal import to_json

        return to_json(sys.stderr)
    return progress_for(out)


async def _run(
    configuration: Configuration, place: Place, only: tuple[str, ...], watch: Watch, *, all_sources: bool
) -> PassReport:
    if configured_api(os.environ, Path.cwd()):
        return await _recorded(place, only, watch, all_sources=all_sources)
    return await _plain(configuration, place, only, watch, all_sources=all_sources)


async def _plain(
    configuration: Configuration, place: Place, only: tuple[str, ...], watch: Watch, *, all_sources: bool
) -> PassReport:
    from flows.pipeline import Pass
    from warehouse.database import Warehouse

    one = Pass(configuration, Warehouse(place.warehouse, command="govwatch run"), watch=watch)
    # The first Ctrl-C finishes what is under way and loads it; the second one stops at once.
    loop = asyncio.get_running_loop()

    def stop(number: int) -> None:
        one.stop.set()
        loop.remove_signal_handler(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop, number)
    try:
        return await one.run(only, all_sources=all_sources)
    except GovwatchError:
        # Rules are compiled in the extraction processes: a rule that cannot be is a mistake with a line, not a crash.
        from flows.checking import patterns

        if problems := patterns(configuration):
            raise ConfigurationError(problems) from None
        raise


async def _recorded(place: Place, only: tuple[str, ...], watch: Watch, *, all_sources: bool) -> PassReport:
    """Run the pass as a flow run of the configured Prefect API."""
    go_offline()
    from flows.monitor import recorded

    return await recorded(place.config, place.warehouse, list(only), watch, all_sources=all_sources)


# ---- what is shown at the end ---------------------------------------------------------------------------------------


def show(report: PassReport, out: Console, *, hints: bool = True) -> None:
    """Print what a pass did: a table of the sources that matter, one sentence, and (``hints``) what to do next."""
    lines = [line for line in report.sources.values() if line.new or line.fetched or line.failed or line.reason]
    # When nothing answers, the sources are not to blame: a few rows show what they say.
    most = _MOST_ROWS if report.state != "nothing" else 3
    if lines:
        out.print(_table(sorted(lines, key=_weight)[:most]))
    quiet = len(report.sources) - len(lines)
    if quiet:
        out.print(f"{quiet} sources had nothing new.", markup=False)
    if len(lines) > most:
        out.print(f"({len(lines) - most} more rows: govwatch status --all)", style="dim", markup=False)
    out.print(report.sentence() + ".", markup=False)
    if report.waiting > 0:
        out.print(f"{report.waiting} pages wait for the next pass.", markup=False)
    if report.unkept:
        out.print(report.unkept, style="yellow", markup=False)
    if report.delivered:
        out.print(report.delivered.sentence(), markup=False)
    for hint in _next(report) if hints else ():
        out.print(hint, style="dim", markup=False)


def _weight(line: SourceLine) -> tuple[bool, int, str]:
    return (line.outcome == "failed", -line.fetched, line.source_id)


def _table(lines: list[SourceLine]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Source", no_wrap=True)
    for heading in ("Items", "New", "Articles", "Other"):
        table.add_column(heading, justify="right")
    table.add_column("", overflow="fold")
    for line in lines:
        style = "red" if line.outcome == "failed" else None
        table.add_row(
            line.source_id,
            str(line.items),
            str(line.new),
            str(line.fetched),
            str(line.failed),
            _note(line),
            style=style,
        )
    return table


def _note(line: SourceLine) -> str:
    from rich.markup import escape

    notes = []
    if line.first_look:
        notes.append("first look")
    if line.over_budget:
        notes.append(f"{line.over_budget} older items left unread")
    if line.passed_over:
        notes.append(f"{line.passed_over} off topic")
    if line.reason:
        notes.append(clean(line.reason, 160))
    return escape("; ".join(notes))


def _next(report: PassReport) -> list[str]:
    if report.state == "nothing":
        return [
            "No source could be read. Is this machine online? Next: govwatch check --network, or offline: govwatch demo"
        ]
    hints = ['Next: govwatch sql "from new_mentions limit 20" · govwatch status · govwatch serve']
    if any(line.first_look for line in report.sources.values()):
        hints.insert(0, "What a first look finds is history and makes one summary; alerts begin with what comes after.")
    return hints
