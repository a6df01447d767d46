"""`govwatch alerts silence` and `unsilence`: nothing of something for a while, with who said so and why.

It never loses what is silenced: that is stored with its verdict, and told in the digest unless asked otherwise.
"""

from __future__ import annotations

import getpass
from datetime import datetime, timedelta

import click

from config.values import duration
from flows.cli.common import Place, json_option, place_options, print_json
from flows.cli.status import ago
from flows.clock import utc_now
from records import ids
from records.errors import GovwatchError
from records.signal import Kind
from records.subscription import Filter, Silence, SilenceMode
from warehouse import messages, silences
from warehouse.database import Warehouse


def _length(_context: click.Context, _parameter: click.Parameter, value: str) -> timedelta:
    try:
        span = duration(value)
    except ValueError as error:
        raise click.BadParameter(str(error).replace(" | ", "; ")) from error
    if not span:
        raise click.BadParameter("a silence of no length silences nothing; for example 2h, 7d, 2w")
    return span


def login() -> str:
    """Return who is at the keyboard; in a container without a name for its user, what stands for nobody."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


@click.command("silence")
@place_options
@json_option
@click.argument("reference", required=False)
@click.option("--initiative", "initiatives", multiple=True, help="id; * stands for any characters")
@click.option("--language", "languages", multiple=True, help="for example fr")
@click.option("--outlet", "outlets", multiple=True, help="domain, subdomains included")
@click.option("--tier", "tiers", multiple=True, type=click.IntRange(1, 3), help="of the outlet")
@click.option("--country", "countries", multiple=True, help="of the outlet, for example FR")
@click.option("--kind", "kinds", multiple=True, type=click.Choice([one.value for one in Kind]), help="of the signal")
@click.option("--for", "length", default="1d", show_default=True, callback=_length, help="how long: 2h, 7d, 2w")
@click.option(
    "--mode",
    type=click.Choice(["drop", "digest"]),
    default="digest",
    show_default=True,
    help="digest: told in the next digest; drop: not told",
)
@click.option("--author", default=login, show_default="you", help="who wants it")
@click.option("--comment", required=True, help="why: others will wonder")
def silence(
    place: Place,
    as_json: bool,
    reference: str | None,
    initiatives: tuple[str, ...],
    languages: tuple[str, ...],
    outlets: tuple[str, ...],
    tiers: tuple[int, ...],
    countries: tuple[str, ...],
    kinds: tuple[str, ...],
    length: timedelta,
    mode: str,
    author: str,
    comment: str,
) -> int:
    """Hear nothing of something for a while; it is stored all the same, and by default told in the digest.

    REFERENCE of an alert silences what it is about: its initiatives. Several options narrow it down: all must hold.
    """
    now = utc_now()
    warehouse = Warehouse(place.warehouse, command="govwatch alerts silence")
    with warehouse.writing() as con:
        if reference is not None:
            found = messages.explain(con, reference)
            about = sorted({one.initiative_id for one in found.signals}) if found else []
            if not about:
                raise GovwatchError(f"'{reference}' names no alert about an initiative; see govwatch alerts list")
            initiatives = (*initiatives, *about)
        if not (initiatives or languages or outlets or tiers or countries or kinds):
            raise click.UsageError(
                "say what to silence: a REFERENCE, --initiative, --language, --outlet, --tier, --country or --kind"
            )
        one = Silence(
            silence_id=ids.key("silence", now.isoformat(), *initiatives, *languages, *outlets)[:8],
            match=Filter(
                initiatives=initiatives,
                languages=languages,
                outlets=tuple(name.lower().removeprefix("www.") for name in outlets),
                tiers=tiers,
                countries=tuple(name.upper() for name in countries),
                kinds=tuple(Kind(name) for name in kinds),
            ),
            starts=now,
            ends=now + length,
            author=author,
            comment=comment,
            mode=SilenceMode(mode),
        )
        silences.add(con, one)
    warehouse.publish()
    if as_json:
        print_json(one)
        return 0
    click.echo(f"Silent until {one.ends:%Y-%m-%d %H:%M} UTC: {_what(one)}. {_MEANS[one.mode]}")
    click.echo(f"End it: govwatch alerts unsilence {one.silence_id}")
    return 0


@click.command("unsilence")
@place_options
@json_option
@click.argument("silence_id")
def unsilence(place: Place, as_json: bool, silence_id: str) -> int:
    """End a silence that was set by command (those of alerts.yaml end there)."""
    warehouse = Warehouse(place.warehouse, command="govwatch alerts unsilence")
    with warehouse.writing() as con:
        ended = silences.end(con, silence_id, utc_now())
    warehouse.publish()
    if as_json:
        print_json({"silence_id": silence_id, "ended": ended})
    elif ended:
        click.echo(f"{silence_id} is over.")
    else:
        click.echo(f"No silence {silence_id} is in force; `govwatch alerts list` shows them.")
    return 0 if ended else 1


def sentence(one: Silence, now: datetime) -> str:
    """Return a silence in one line: what, for how long, who and why."""
    who = f"{one.author}: {one.comment}" if one.author else one.comment
    return f"Silence {one.silence_id}, ends {ago(one.ends, now)}, {one.mode.value}: {_what(one)} ({who})"


_MEANS = {
    SilenceMode.DIGEST: "What comes is told in the next digest.",
    SilenceMode.DROP: "What comes is stored, and not told.",
}


def _what(one: Silence) -> str:
    match = one.match
    parts = (
        ("", match.initiatives),
        ("in ", match.languages),
        ("at ", match.outlets),
        ("tier ", tuple(map(str, match.tiers))),
        ("from ", match.countries),
        ("kind ", tuple(kind.value for kind in match.kinds)),
    )
    return "; ".join(f"{word}{', '.join(values)}" for word, values in parts if values)
