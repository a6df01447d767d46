"""`govwatch alerts`: list, show, test, retry and silence."""

from __future__ import annotations

import getpass
from datetime import timedelta

import click
from rich.markup import escape
from rich.table import Table

from config.values import duration
from flows.cli.common import Place, console, json_option, place_options, print_json
from flows.cli.status import ago
from flows.clock import utc_now
from records import ids
from records.errors import DeliveryError, GovwatchError
from records.subscription import Channel, Filter, Silence, SilenceMode
from warehouse import messages, silences
from warehouse.database import Warehouse

_STATES = ("open", "sealed", "pending", "sending", "sent", "retry", "unknown", "held", "dead", "cancelled", "dropped")


@click.group("alerts")
def command() -> None:
    """List, test, retry and silence alerts."""


@command.command("list")
@place_options
@json_option
@click.option("--state", type=click.Choice(_STATES), help="only messages in this state")
@click.option("--limit", default=30, show_default=True)
def list_(place: Place, as_json: bool, state: str | None, limit: int) -> int:
    """Show the latest messages, one line for each channel, and the silences in force."""
    now = utc_now()
    with Warehouse(place.warehouse).reading() as con:
        lines = messages.recent(con, limit, state)
        quiet = silences.current(con, now)
    if as_json:
        print_json({"messages": lines, "silences": quiet})
        return 0
    out = console()
    table = Table("Reference", "State", "When", "Subscription", "Channel", "Message", box=None, pad_edge=False)
    for line in lines:
        style = "red" if line.state == "dead" else "yellow" if line.state in ("held", "retry", "unknown") else None
        what = f"{line.title} ({line.reason})" if line.reason and line.state != "sent" else line.title
        cells = (line.reference, line.state, ago(line.at, now), line.subscription, line.channel, what)
        table.add_row(*map(escape, cells), style=style)
    out.print(table) if lines else out.print("No messages yet. Next: govwatch run")
    for one in quiet:
        out.print(f"silence {one.silence_id} until {one.ends:%Y-%m-%d %H:%M} UTC: {one.comment}", markup=False)
    if lines:
        out.print("Next: govwatch explain REFERENCE · govwatch alerts retry (the dead ones)", style="dim", markup=False)
    return 0


@command.command("test")
@place_options
@click.argument("channel", required=False)
@click.option("--probe", "probe_only", is_flag=True, help="only see whether its server answers; send nothing")
def test(place: Place, channel: str | None, probe_only: bool) -> int:
    """Send a test message to CHANNEL, the whole real way; without CHANNEL, list the channels.

    Exit code 0: the next hop accepted it; 1: it did not, with the reason.
    """
    policy = place.load().alerts
    out = console()
    if channel is None:
        for one in policy.channels:
            out.print(f"{one.name}: {one.transport.value}", markup=False)
        out.print("Next: govwatch alerts test CHANNEL", style="dim", markup=False)
        return 0
    found = policy.channel(channel)
    if found is None:
        names = ", ".join(one.name for one in policy.channels)
        raise GovwatchError(f"there is no channel '{channel}' in alerts.yaml; known: {names}")
    try:
        said = _probe(found) if probe_only else _send(found)
    except DeliveryError as error:
        out.print(f"{channel}: {error}", style="red", markup=False)
        return 1
    out.print(f"{channel}: {said}", markup=False)
    return 0


def _probe(channel: Channel) -> str:
    from alerts.send import probe

    return probe(channel)


def _send(channel: Channel) -> str:
    from alerts.send import send
    from alerts.trial import trial_delivery

    code = send(trial_delivery(channel, utc_now()), channel)
    return f"accepted{f' with {code}' if code else ''}; accepted means that the next hop took it, no more"


@command.command("retry")
@place_options
@click.argument("reference", required=False)
def retry(place: Place, reference: str | None) -> int:
    """Put dead messages back, with the same key; all of them, or the one of REFERENCE."""
    warehouse = Warehouse(place.warehouse, command="govwatch alerts retry")
    with warehouse.writing() as con:
        count = messages.requeue(con, reference, utc_now())
    warehouse.publish()
    click.echo(f"{count} put back. They go out with the next pass, or now: govwatch run --due")
    return 0 if count or reference is None else 1


@command.command("silence")
@place_options
@click.option("--initiative", "initiatives", multiple=True, help="id; * stands for any characters")
@click.option("--language", "languages", multiple=True)
@click.option("--outlet", "outlets", multiple=True, help="domain")
@click.option("--for", "length", default="1d", show_default=True, help="how long: 2h, 7d, 2w")
@click.option("--mode", type=click.Choice(["drop", "digest"]), default="digest", show_default=True)
@click.option("--comment", required=True, help="why: others will wonder")
def silence(
    place: Place,
    initiatives: tuple[str, ...],
    languages: tuple[str, ...],
    outlets: tuple[str, ...],
    length: str,
    mode: str,
    comment: str,
) -> int:
    """Hear nothing of something for a while; it can still be read in the digest, and is never lost."""
    if not (initiatives or languages or outlets):
        raise click.UsageError("say what to silence: --initiative, --language or --outlet")
    try:
        span: timedelta = duration(length)
    except ValueError as error:
        raise click.UsageError(str(error).replace(" | ", "; ")) from error
    now = utc_now()
    one = Silence(
        silence_id=ids.key("silence", now.isoformat(), *initiatives, *languages, *outlets)[:8],
        match=Filter(initiatives=initiatives, languages=languages, outlets=outlets),
        starts=now,
        ends=now + span,
        author=getpass.getuser(),
        comment=comment,
        mode=SilenceMode(mode),
    )
    warehouse = Warehouse(place.warehouse, command="govwatch alerts silence")
    with warehouse.writing() as con:
        silences.add(con, one)
    warehouse.publish()
    click.echo(f"Silent until {one.ends:%Y-%m-%d %H:%M} UTC. End it: govwatch alerts unsilence {one.silence_id}")
    return 0


@command.command("unsilence")
@place_options
@click.argument("silence_id")
def unsilence(place: Place, silence_id: str) -> int:
    """End a silence that was set by command (those of alerts.yaml end there)."""
    warehouse = Warehouse(place.warehouse, command="govwatch alerts unsilence")
    with warehouse.writing() as con:
        ended = silences.end(con, silence_id, utc_now())
    warehouse.publish()
    click.echo(
        f"{silence_id} is over."
        if ended
        else f"No silence {silence_id} is in force; `govwatch alerts list` shows them."
    )
    return 0 if ended else 1
