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

LONGEST = timedelta(days=3_653)
"""The longest window: ten years."""

_FORMS = {".html": "html", ".eml": "mail"}


def _moment(_context: click.Context, _parameter: click.Parameter, value: str | None) -> Moment | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        pass
    try:
        return duration(value)
    except (ValueError, OverflowError) as error:
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
    "--format", "format_", type=click.Choice(["html", "mail"]), help="page or mail [what --output ends in; html]"
)
@click.option("--open", "open_", is_flag=True, help="show it in the browser, or in the mail program")
def command(
    place: Place,
    since: Moment,
    until: Moment | None,
    initiatives: tuple[str, ...],
    output: Path | None,
    format_: str | None,
    open_: bool,
) -> int:
    """Write the news since SPAN or DAY as one page that needs nothing else, with feeds beside it.

    The page holds the stories with their evidence, the rhythm of each initiative, what outlets disagree on, what
    changed after publication, and what was covered, so that nothing means no news.
    """
    form, one_file = _form(output, format_)
    now, zone = utc_now(), place.load().settings.time_zone
    begins, ends = window(since, until, now, zone)
    told = briefing.read(Warehouse(place.warehouse), begins, ends, zone, now, initiatives)
    write = briefing.write_mail if form == "mail" else briefing.write
    done = write(told, output or briefing.FOLDER, one_file)
    click.echo(summary(told)[0])
    for path in done.files:
        click.echo(str(path))
    if open_ and click.launch(done.page.resolve().as_uri()):
        click.echo(f"Nothing on this machine opens it; open {done.page} yourself.", err=True)
    return 0


def _form(output: Path | None, format_: str | None) -> tuple[str, Path | None]:
    """Return what is written, ``html`` or ``mail``, and the one file that it is written to, if ``output`` names one.

    Raises:
        click.UsageError: the file's name says another form than ``--format``.
    """
    named = _FORMS.get(output.suffix.lower()) if output is not None else None
    if named and format_ and named != format_:
        raise click.UsageError(f"--output {output} says {named}, --format says {format_}: leave one of them out.")
    return format_ or named or "html", output if named else None


def window(since: Moment, until: Moment | None, now: datetime, zone: str) -> tuple[datetime, datetime]:
    """Return the window in UTC; a day that it ends with is included whole.

    Raises:
        click.UsageError: it would be empty, is longer than `LONGEST`, or ends with a span.
    """
    if isinstance(until, timedelta):
        raise click.UsageError("--until is a day, for example 2026-11-24.")
    try:
        ends = now if until is None else min(now, _midnight(until + timedelta(days=1), zone))
        begins = briefing.days_before(ends, since, zone) if isinstance(since, timedelta) else _midnight(since, zone)
        begins, ends = begins.astimezone(UTC), ends.astimezone(UTC)
    except OverflowError as error:
        raise click.UsageError("--since or --until lies outside of the calendar.") from error
    if begins >= ends:
        raise click.UsageError("--since is not before --until, or lies ahead.")
    if ends - begins > LONGEST:
        raise click.UsageError("from --since on it is more than ten years: a briefing tells of less.")
    return begins, ends


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))
