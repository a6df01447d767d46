"""`govwatch brief`: what the news of the last days was, as one page to open, keep and forward."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from alerts.briefing.words import summary
from config.values import duration
from flows import briefing
from flows.cli.common import Place, place_options
from flows.clock import utc_now
from warehouse.database import Warehouse

Moment = timedelta | date


def _moment(_context: click.Context, _parameter: click.Parameter, value: str | None) -> Moment | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        pass
    try:
        return duration(value)
    except ValueError as error:
        raise click.BadParameter(f"'{value}' is neither a span (7d, 12h) nor a day (2026-11-24)") from error


@click.command("brief")
@place_options
@click.option("--since", default="7d", show_default=True, callback=_moment, metavar="SPAN|DAY", help="where it begins")
@click.option("--until", callback=_moment, metavar="DAY", help="its last day, included whole [now]")
@click.option("--initiative", "initiatives", multiple=True, metavar="ID", help="only this one; may be repeated")
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="a folder, or the one file to write (.html, .eml) [data/brief]",
)
@click.option(
    "--format", "format_", type=click.Choice(["html", "mail"]), default="html", show_default=True, help="page or mail"
)
@click.option("--open", "open_", is_flag=True, help="show it in the browser, or in the mail program")
def command(
    place: Place,
    since: Moment,
    until: Moment | None,
    initiatives: tuple[str, ...],
    output: Path | None,
    format_: str,
    open_: bool,
) -> int:
    """Write the news since SPAN or DAY as one page that needs nothing else, with feeds beside it.

    The page holds the stories with their evidence, the rhythm of each initiative, what outlets disagree on, what
    changed after publication, and what was covered, so that nothing means no news.
    """
    now, zone = utc_now(), place.load().settings.time_zone
    begins, ends = window(since, until, now, zone)
    told = briefing.read(Warehouse(place.warehouse), begins, ends, zone, now, initiatives)
    one_file = output if output is not None and output.suffix in (".html", ".eml") else None
    write = briefing.write_mail if format_ == "mail" else briefing.write
    done = write(told, output or briefing.FOLDER, one_file)
    click.echo(summary(told)[0])
    for path in done.files:
        click.echo(str(path))
    if open_:
        click.launch(done.page.resolve().as_uri())
    return 0


def window(since: Moment, until: Moment | None, now: datetime, zone: str) -> tuple[datetime, datetime]:
    """Return the window in UTC; a day that it ends with is included whole.

    Raises:
        click.UsageError: it would be empty, or ends with a span.
    """
    if isinstance(until, timedelta):
        raise click.UsageError("--until is a day, for example 2026-11-24.")
    ends = now if until is None else min(now, _midnight(until + timedelta(days=1), zone))
    begins = briefing.days_before(ends, since, zone) if isinstance(since, timedelta) else _midnight(since, zone)
    if begins >= ends:
        raise click.UsageError("--since is not before --until, or lies ahead.")
    return begins.astimezone(UTC), ends.astimezone(UTC)


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))
