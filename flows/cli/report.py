"""`govwatch report`: the operators' report as it would be sent at this moment; it is read, and nothing is noted."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from alerts.content import compose
from alerts.render import render
from alerts.report import data, words
from alerts.send import send
from alerts.trial import trial_of
from flows.cli.common import Place, json_option, place_options, print_json
from flows.clock import utc_now
from records import ids
from records.alert import Notification, Occasion, Payload
from records.errors import GovwatchError
from records.operation import OperatorReport
from records.signal import Severity
from records.subscription import Channel, Format, Transport
from warehouse import report
from warehouse.database import Warehouse

_TERMINAL = Channel("terminal", Transport.CONSOLE, limit=100_000)
_MAIL = Channel("mail", Transport.MAIL, format=Format.MAIL)


@click.command("report")
@place_options
@json_option
@click.option("--days", default=7, show_default=True, type=click.IntRange(1, 365), help="how far back it looks")
@click.option(
    "--html", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="write the mail's HTML there"
)
@click.option("--to", "channel", metavar="CHANNEL", help="send it to a channel of alerts.yaml, once, to see it there")
def command(place: Place, as_json: bool, days: int, html: Path | None, channel: str | None) -> int:
    """Show what operators get each week: what needs a hand, how govwatch stands, what was missed.

    Exit code 0, also when something needs a hand: govwatch status --check tells that to machines.
    """
    alerts = place.load().alerts
    zone = alerts.report.zone if alerts.report else "UTC"
    now = utc_now()
    warehouse = Warehouse(place.warehouse)
    with warehouse.reading() as con:
        found = report.read(con, warehouse, now, now - timedelta(days=days))
    if as_json:
        print_json(data(words(found, zone)))
    if html is not None:
        html.write_text(_rendered(found, zone, _MAIL).html, encoding="utf-8")
        click.echo(f"{html}: the report as a mail shows it", err=as_json)
    if channel is not None:
        target = alerts.channel(channel)
        if target is None:
            known = ", ".join(one.name for one in alerts.channels) or "none"
            raise GovwatchError(f"alerts.yaml has no channel '{channel}'; it has: {known}")
        send(trial_of(target, _rendered(found, zone, target), now), target)
        click.echo(f"{channel}: accepted", err=as_json)
    if not (as_json or html or channel):
        click.echo(_rendered(found, zone, _TERMINAL).body)
    return 0


def _rendered(found: OperatorReport, zone: str, channel: Channel) -> Payload:
    now = found.coverage.until
    identity = ids.key("report", now.isoformat())
    message = Notification(
        identity, "preview", f"report/{now:%Y-%m-%d}", 1, Occasion.REPORT, Severity.INFO, now, report=found
    )
    return render(compose(message, (), zone=zone, now=now), channel)
