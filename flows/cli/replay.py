"""`govwatch replay`: read the pages that were kept again, with today's extractor and rules."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from flows.cli.common import Place, console, json_option, place_options, print_json
from flows.clock import utc_now
from records.text import clean
from warehouse.database import Warehouse

if TYPE_CHECKING:
    from flows.replay import Change, ReplayReport

_MOST_ROWS = 40  # of the table
_STYLES = {"new": "green", "lost": "red"}


def _time(_ctx: click.Context, _param: click.Parameter, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        when = datetime.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"'{value}' is no time; write 2026-01-31, or 2026-01-31T12:00+01:00") from None
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


@click.command("replay")
@place_options
@json_option
@click.option("--since", callback=_time, metavar="TIME", help="only pages fetched from this time on")
@click.option("--source", "source_id", metavar="ID", help="only pages that this source led to")
@click.option("--url", metavar="URL", help="only this page")
@click.option("--dry-run", is_flag=True, help="show what would change, and change nothing")
def command(
    place: Place, as_json: bool, since: datetime | None, source_id: str | None, url: str | None, dry_run: bool
) -> int:
    """Read the pages that were kept again with today's extractor, site rules and initiatives, and store what differs.

    Articles keep their identity and their story; texts, fields, mentions and figures follow. It is history: nobody is
    alerted, one summary tells of what was gained. Run again, it changes nothing.
    """
    configuration = place.load()
    from extractors.urls import canonical
    from flows.replay import replay
    from warehouse.pages import Wanted

    wanted = Wanted(since, source_id, url, canonical(url) if url else None)
    warehouse = Warehouse(place.warehouse, command="govwatch replay")
    bar = Progress(
        TextColumn("reading kept pages"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console(err=True),
        transient=True,
        disable=as_json,
    )
    with bar:
        task = bar.add_task("", total=None)

        def moved(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        report = replay(configuration, warehouse, utc_now, wanted, write=not dry_run, progress=moved)
    if as_json:
        print_json(report)
    else:
        _show(console(), report)
    return 0


def _show(out: Console, report: ReplayReport) -> None:
    if report.changes:
        table = Table("", "Outlet", "Title", box=None, pad_edge=False, header_style="bold")
        table.add_column("Characters", justify="right")
        for name in ("Published", "Mentions", "Fields", "Note"):
            table.add_column(name)
        for one in report.changes[:_MOST_ROWS]:
            table.add_row(*map(escape, _row(one)), style=_STYLES.get(one.what))
        out.print(table)
        if len(report.changes) > _MOST_ROWS:
            rest = len(report.changes) - _MOST_ROWS
            out.print(f"... and {rest} more: --json shows all of them", style="dim", markup=False)
    for reason, count in report.failed.most_common(5):
        out.print(f"{count} could not be read: {clean(reason, 200)}", style="red", markup=False)
    out.print(report.sentence() + ".", markup=False)
    if not report.applied:
        out.print("Nothing was changed. To store it: the same without --dry-run", style="dim", markup=False)


def _row(one: Change) -> tuple[str, ...]:
    title = clean(one.title or one.title_before, 60)
    if one.what == "changed" and one.title != one.title_before:
        title = f"{clean(one.title_before, 40)} → {clean(one.title, 40)}"
    size = str(one.characters)
    if one.what != "new" and one.characters != one.characters_before:
        size = f"{one.characters_before} → {one.characters}"
    mentions = [f"+{name}" for name in one.gained] + [f"-{name}" for name in one.lost]
    fields = ", ".join(one.fields) if one.what == "changed" else ""
    return one.what, one.outlet, title, size, _published(one), " ".join(mentions), fields, clean(one.note, 80)


def _published(one: Change) -> str:
    if one.what == "changed" and one.published != one.published_before:
        return f"{_day(one.published_before)} → {_day(one.published)}"
    return _day(one.published)


def _day(when: datetime | None) -> str:
    return f"{when:%Y-%m-%d %H:%M}" if when else "?"
