"""`govwatch alerts`: list, show, test, retry, requeue, silence and unsilence."""

from __future__ import annotations

from datetime import datetime

import click
from rich.markup import escape
from rich.table import Table

from flows.cli import showing, silencing
from flows.cli.common import Place, console, json_option, place_options, print_json
from flows.cli.status import ago
from flows.clock import utc_now
from records.errors import DeliveryError, GovwatchError
from records.subscription import AlertPolicy, Channel
from warehouse import chain, messages, silences
from warehouse.database import Connection, Warehouse

_STATES = ("open", "sealed", "pending", "sending", "sent", "retry", "unknown", "held", "dead", "cancelled", "dropped")
_STYLES = {
    "dead": "red",
    "held": "yellow",
    "retry": "yellow",
    "unknown": "yellow",
    "dropped": "dim",
    "cancelled": "dim",
}


@click.group("alerts")
def command() -> None:
    """List, show, test, retry and silence alerts."""


command.add_command(silencing.silence)
command.add_command(silencing.unsilence)


@command.command("list")
@place_options
@json_option
@click.option("--state", type=click.Choice(_STATES), help="only messages in this state")
@click.option("--subscription", help="only messages of this subscription")
@click.option("--channel", help="only messages to this channel")
@click.option("--limit", default=30, show_default=True, type=click.IntRange(1), help="most messages")
def list_(
    place: Place, as_json: bool, state: str | None, subscription: str | None, channel: str | None, limit: int
) -> int:
    """Show the latest messages, one line for each channel, and the silences in force."""
    now = utc_now()
    with Warehouse(place.warehouse).reading() as con:
        lines = messages.recent(con, limit, state, subscription, channel)
        quiet = silences.current(con, now)
    if as_json:
        print_json({"messages": lines, "silences": quiet})
        return 0
    out = console()
    table = Table("Reference", "State", "When", "Subscription", "Channel", "Message", box=None, pad_edge=False)
    for line in lines:
        what = f"{line.title} ({line.reason})" if line.reason and line.state != "sent" else line.title
        what = f"{what}, still gathering" if line.state == "open" else what
        cells = (line.reference, line.state, ago(line.at, now), line.subscription, line.channel, what)
        table.add_row(*map(escape, cells), style=_STYLES.get(line.state))
    asked = state or subscription or channel
    out.print(table if lines else "No such message." if asked else "No messages yet. Next: govwatch run")
    for one in quiet:
        out.print(silencing.sentence(one, now), markup=False)
    if lines:
        out.print("Next: govwatch alerts show REFERENCE", style="dim", markup=False)
    return 0


@command.command("show")
@place_options
@json_option
@click.argument("reference")
def show(place: Place, as_json: bool, reference: str) -> int:
    """Show the whole chain of an alert: signals, routing, message, deliveries, attempts, and the words sent.

    REFERENCE stands in the last line of each message, for example 7F3A-09BC; a signal's does as well.
    """
    with Warehouse(place.warehouse).reading() as con:
        found = chain.follow(con, reference)
    if found is None:
        raise unknown(reference)
    if as_json:
        print_json(found)
    else:
        showing.show(found, utc_now(), console())
    return 0


@command.command("test")
@place_options
@json_option
@click.argument("channel", required=False)
@click.option("--probe", "probe_only", is_flag=True, help="only see whether its server answers; send nothing")
def test(place: Place, as_json: bool, channel: str | None, probe_only: bool) -> int:
    """Send a test message to CHANNEL, the whole real way; without CHANNEL, list the channels.

    With --probe nothing is sent: CHANNEL, or each of them, is only asked whether it takes the login.
    Exit code 0: the next hop accepted it; 1: it did not, with the reason.
    """
    policy = place.load().alerts
    if channel is None and not probe_only:
        return _channels(policy, as_json=as_json)
    chosen = policy.channels if channel is None else (_channel(policy, channel),)
    answers = [(one.name, *_asked(one, probe_only=probe_only)) for one in chosen]
    if as_json:
        print_json([{"channel": name, "ok": ok, "answer": said} for name, ok, said in answers])
    else:
        out = console()
        for name, ok, said in answers:
            out.print(f"{name}: {said}", style=None if ok else "red", markup=False)
    return 0 if all(ok for _, ok, _ in answers) else 1


def _channels(policy: AlertPolicy, *, as_json: bool) -> int:
    listening = {one.name: [s.name for s in policy.subscriptions if one.name in s.channels] for one in policy.channels}
    if as_json:
        print_json(
            [
                {"channel": one.name, "type": one.transport.value, "subscriptions": listening[one.name]}
                for one in policy.channels
            ]
        )
        return 0
    out = console()
    table = Table("Channel", "Type", "Subscriptions", box=None, pad_edge=False)
    for one in policy.channels:
        table.add_row(one.name, one.transport.value, ", ".join(listening[one.name]) or "none: nothing is sent to it")
    out.print(table if policy.channels else "alerts.yaml names no channel.")
    out.print("Next: govwatch alerts test CHANNEL (sends a message)", style="dim", markup=False)
    return 0


def _channel(policy: AlertPolicy, name: str) -> Channel:
    found = policy.channel(name)
    if found is None:
        names = ", ".join(one.name for one in policy.channels)
        raise GovwatchError(f"there is no channel '{name}' in alerts.yaml; known: {names}")
    return found


def _asked(channel: Channel, *, probe_only: bool) -> tuple[bool, str]:
    """Return whether ``channel`` can be reached, and what it said."""
    from alerts.send import probe, send
    from alerts.trial import trial_delivery

    try:
        if probe_only:
            return True, probe(channel)
        code = send(trial_delivery(channel, utc_now()), channel)
    except DeliveryError as error:
        return False, str(error)
    return True, f"accepted{f' with {code}' if code else ''}; accepted means that the next hop took it, no more"


@command.command("retry")
@place_options
@json_option
@click.argument("reference", required=False)
def retry(place: Place, as_json: bool, reference: str | None) -> int:
    """Try messages that wait for their next attempt at once: all of them, or the one of REFERENCE.

    Also those that are held because their channel fails. What is dead stays dead: see requeue.
    """
    warehouse = Warehouse(place.warehouse, command="govwatch alerts retry")
    with warehouse.writing() as con:
        count = _changed(messages.retry, con, reference, utc_now())
        dead = len(messages.recent(con, 1000, "dead"))
    warehouse.publish()
    if as_json:
        print_json({"retried": count, "dead": dead})
    else:
        click.echo(
            f"{_messages(count)} to be tried at once. They go out with the next pass, or now: govwatch run --due"
        )
        if dead:
            click.echo(f"{_messages(dead)} dead; put back with: govwatch alerts requeue")
    return 0 if count or reference is None else 1


@command.command("requeue")
@place_options
@json_option
@click.argument("reference", required=False)
def requeue(place: Place, as_json: bool, reference: str | None) -> int:
    """Put dead messages back: all of them, or the one of REFERENCE.

    They are tried anew with the same words, the same key, and the next attempt number.
    """
    warehouse = Warehouse(place.warehouse, command="govwatch alerts requeue")
    with warehouse.writing() as con:
        count = _changed(messages.requeue, con, reference, utc_now())
    warehouse.publish()
    if as_json:
        print_json({"requeued": count})
    else:
        click.echo(f"{_messages(count)} put back. They go out with the next pass, or now: govwatch run --due")
    return 0 if count or reference is None else 1


def _changed(change: messages.Change, con: Connection, reference: str | None, now: datetime) -> int:
    try:
        return change(con, reference, now)
    except ValueError as error:
        raise GovwatchError(str(error)) from error


def _messages(count: int) -> str:
    return "1 message" if count == 1 else f"{count} messages"


def unknown(reference: str) -> GovwatchError:
    """Return the error for a reference that nothing has."""
    return GovwatchError(
        f"no alert has the reference '{reference}'. It stands in the last line of each message, for example 7F3A-09BC; "
        "`govwatch alerts list` shows the latest"
    )
