"""`govwatch backfill`: load history, from archives of saved pages or from GDELT."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from config.load import Configuration
from flows.cli.common import Place, console, json_option, place_options, print_json
from flows.clock import utc_now
from flows.history import BackfillReport, History, Nobody, Onlooker, Window
from records.errors import GovwatchError
from records.source import Source
from warehouse.database import Warehouse

_MOST_ROWS = 25  # of the closing table
_GDELT = "gdelt"


def _time(_ctx: click.Context, _param: click.Parameter, value: str | None) -> tuple[datetime, bool] | None:
    """Return a day or a time, in UTC unless it says otherwise, and whether it is only a day."""
    if value is None:
        return None
    try:
        when = datetime.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"'{value}' is no time; write 2026-01-31, or 2026-01-31T12:00+01:00") from None
    return (when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)), len(value) <= 10


@click.command("backfill")
@place_options
@json_option
@click.argument("what", metavar="PATH|gdelt")
@click.option("--since", callback=_time, metavar="TIME", help="only articles from this time on; gdelt needs it")
@click.option("--until", callback=_time, metavar="TIME", help="only articles up to this time (a day is included whole)")
@click.option("--source", "source_id", metavar="ID", help="the source that the articles are of")
@click.option("--again", is_flag=True, help="gdelt: read lists that were read before, too (after a topic was widened)")
def command(
    place: Place,
    as_json: bool,
    what: str,
    since: tuple[datetime, bool] | None,
    until: tuple[datetime, bool] | None,
    source_id: str | None,
    again: bool,
) -> int:
    """Load history: articles of the past, which never alert.

    PATH is an archive of saved pages (.warc, .warc.gz, .wacz), JSON Lines (.jsonl, also .gz) with the keys url and html
    or text, or a folder of these and of .html files. With --source ID the articles count as that source's: its outlet,
    country and tier. Without a date, the time at which a page was saved decides whether it is in the window.

    `gdelt` reads the lists of every article that GDELT saw from --since to --until, one file for each minute, and
    fetches what is on topic, politely. The source of kind gdelt with a .gal.json.gz address (--source, or the first
    one) says what the topic is. A day has 1440 lists, about half an hour of reading.

    Loading again adds only what is not there yet; a run that was stopped goes on. In the end, subscribers get one
    summary of what was found. Times are in UTC unless they say otherwise.
    """
    configuration = place.load()
    window = Window(since[0] if since else None, _end(until))
    if window.since and window.until and window.since >= window.until:
        raise click.UsageError("--since is not before --until.")
    out = console(err=as_json)
    warehouse = Warehouse(place.warehouse, command="govwatch backfill")
    with _shown(out) as onlooker:
        if what == _GDELT:
            report = _gdelt(configuration, warehouse, window, source_id, onlooker, again=again)
        else:
            history = History(configuration, warehouse, utc_now, _source(configuration, source_id), onlooker)
            report = _archive(history, Path(what), window)
    if as_json:
        print_json(report)
    else:
        show(report, out)
    return 0


def _end(until: tuple[datetime, bool] | None) -> datetime | None:
    return None if until is None else until[0] + timedelta(days=1) if until[1] else until[0]


def _source(configuration: Configuration, name: str | None) -> Source | None:
    if name is None:
        return None
    found = next((one for one in configuration.sources if one.id == name), None)
    if found is None:
        raise GovwatchError(f"there is no source '{name}' in sources.yaml; `govwatch sources list` shows them")
    return found


def _archive(history: History, path: Path, window: Window) -> BackfillReport:
    from flows.backfill import load_archive

    def stop(number: int, _frame: object) -> None:
        history.stop.set()
        signal.signal(number, before[signal.Signals(number)])  # the second one ends it at once

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, stop)
    try:
        return load_archive(history, path, window)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _gdelt(
    configuration: Configuration,
    warehouse: Warehouse,
    window: Window,
    source_id: str | None,
    onlooker: Onlooker,
    *,
    again: bool,
) -> BackfillReport:
    from flows.backfill_gdelt import load_gdelt, source_for

    since = window.since
    if since is None:
        raise click.UsageError("gdelt needs --since: the time from which its lists are read.")
    now = utc_now()
    until = min(window.until or now, now)
    history = History(configuration, warehouse, utc_now, source_for(configuration, source_id), onlooker)

    async def run() -> BackfillReport:
        loop = asyncio.get_running_loop()

        def stop(number: int) -> None:
            history.stop.set()
            loop.remove_signal_handler(number)

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop, number)
        return await load_gdelt(history, since, until, again=again)

    return asyncio.run(run())


# ---- what is shown --------------------------------------------------------------------------------------------------


class _Bar(Nobody):
    """One bar for each step, on a terminal."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=None, note="")

    def begins(self, what: str, total: int | None) -> None:
        self._progress.reset(self._task, description=escape(what), total=total, note="")

    def moves(self, done: int, note: str) -> None:
        self._progress.update(self._task, completed=done, note=note)


class _Lines(Nobody):
    """A line at the start of each step, and one every few seconds: what a log file wants."""

    _EVERY = 5.0  # seconds

    def __init__(self, out: Console) -> None:
        self._out = out
        self._said = time.monotonic()
        self._total: int | None = None

    def begins(self, what: str, total: int | None) -> None:
        self._total = total
        self._out.print(what if total is None else f"{what}: {total}", markup=False)

    def moves(self, done: int, note: str) -> None:
        if time.monotonic() - self._said > self._EVERY:
            self._said = time.monotonic()
            self._out.print(f"  {done}{'' if self._total is None else f' of {self._total}'}: {note}", markup=False)


@contextmanager
def _shown(out: Console) -> Iterator[Onlooker]:
    if not out.is_terminal:
        yield _Lines(out)
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=32), MofNCompleteColumn())
    note = TextColumn("[dim]{task.fields[note]}")
    with Progress(*columns, TimeElapsedColumn(), note, console=out, transient=True) as progress:
        yield _Bar(progress)


def show(report: BackfillReport, out: Console) -> None:
    """Print what a backfill brought: by outlet, what was passed over and why, one sentence, and what to do next."""
    if report.outlets:
        table = Table("Outlet", box=None, pad_edge=False, header_style="bold")
        for heading in ("Articles", "Copies", "Mentions"):
            table.add_column(heading, justify="right")
        table.add_column("From")
        table.add_column("To")
        for line in report.outlets[:_MOST_ROWS]:
            dates = [f"{one:%Y-%m-%d}" if one else "?" for one in (line.first, line.last)]
            figures = [str(one) for one in (line.articles, line.copies, line.mentions)]
            table.add_row(escape(line.outlet or "?"), *figures, *dates)
        out.print(table)
        if len(report.outlets) > _MOST_ROWS:
            out.print(f"({len(report.outlets) - _MOST_ROWS} more outlets left out)", style="dim", markup=False)
    for reason, count in report.skipped.most_common(10):
        out.print(f"passed over {count}: {reason}", style="yellow", markup=False)
    if report.lists or report.lists_known or report.lists_missing:
        out.print(
            f"{report.lists} lists read, {report.lists_known} known already, {report.lists_missing} not there: "
            f"{report.items} articles named, {report.wanted} on topic, {report.new} new.",
            markup=False,
        )
    out.print(report.sentence() + ".", markup=False)
    if report.state == "stopped" or report.waiting:
        waiting = f" {report.waiting} pages wait." if report.waiting else ""
        out.print(f"Not all was read.{waiting} Run it again to go on.", markup=False)
    if report.summaries:
        out.print("One summary of what was found goes out with the next pass.", markup=False)
    out.print(
        'Next: govwatch sql "from initiative_timeline" · govwatch status · govwatch run', style="dim", markup=False
    )
