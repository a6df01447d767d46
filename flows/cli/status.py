"""`govwatch status`: sources and their health, last passes, what is pending, what failed. One screen."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from importlib.metadata import version

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from alerts.standing import canary_sentence, lost, suggestions, troubles
from flows.cli.common import Place, console, json_option, place_options, print_json
from flows.clock import utc_now
from flows.vitals import Vitals, judge
from records.article import Outcome
from records.operation import Alarm, Trouble
from warehouse import health
from warehouse.alarms import free_room
from warehouse.database import Warehouse
from warehouse.health import Health

_NAMED = 5
_FAILING = 3
_LISTED = 7  # sources in trouble: with the rest it is one screen of forty lines
_TROUBLED = ("gone", "failing", "empty", "hollow", "thin", "silent")


@click.command("status")
@place_options
@json_option
@click.option("--all", "every", is_flag=True, help="every source, not only those in trouble")
@click.option("--check", is_flag=True, help="say only whether govwatch does its work; exit with 1 if it does not")
@click.option("--metrics", is_flag=True, help="print OpenMetrics, for the textfile collector of Prometheus")
def command(place: Place, as_json: bool, every: bool, check: bool, metrics: bool) -> int:
    """Show sources and their health, the last passes, what is pending and what failed."""
    warehouse = Warehouse(place.warehouse)
    now = utc_now()
    with warehouse.reading() as con:
        found = health.read(con, warehouse, now)
    room = free_room(warehouse.path)
    vitals = judge(found, now, room=room)
    if check:
        return _say(vitals, as_json=as_json)
    if metrics:
        from flows.metrics import openmetrics

        click.echo(openmetrics(found, vitals, now, version("govwatch")), nl=False)
    elif as_json:
        print_json(found)
    else:
        _show(found, vitals, now, console(), room=room, every=every)
    return 0


def _say(vitals: Vitals, *, as_json: bool) -> int:
    """Print the verdict and return the exit code."""
    if as_json:
        print_json(vitals)
    else:
        click.echo("well" if vitals.well else "ill: " + "; ".join(vitals.reasons))
        for warning in vitals.warnings:
            click.echo(f"look at: {warning}")
    return 0 if vitals.well else 1


def _show(found: Health, vitals: Vitals, now: datetime, out: Console, *, room: int, every: bool) -> None:
    """Print one screen: the verdict, what needs a hand, then the figures from the newest pass to the files."""
    _verdict(found, vitals, now, out)
    _hands(found, vitals, out)
    _passes(found, now, out)
    _urls(found, now, out)
    _sources(found, now, out, every=every)
    _messages(found, out)
    count = found.stored
    out.print(
        f"Stored: {count.get('articles', 0)} articles ({count.get('articles.live', 0)} live, "
        f"{count.get('articles.backfill', 0)} backfill, {count.get('articles.seed', 0)} seed) "
        f"in {count.get('stories', 0)} stories, {count.get('mentions', 0)} mentions",
        markup=False,
    )
    sizes = ", ".join(f"{name} {_size(size)}" for name, size in found.sizes.items() if size)
    out.print(f"Files: {sizes}; {_size(room)} free", markup=False)
    out.print(_next(found), style="dim", markup=False)


def _verdict(found: Health, vitals: Vitals, now: datetime, out: Console) -> None:
    if not vitals.well:
        what = [one.alarm.heading for one in vitals.troubles] or ["the canary is lost"]
        out.print(f"Ill: {'; '.join(what)}.", style="bold red", markup=False)
    ended = next((run for run in found.runs if run.kind == "monitor" and run.finished_at), None)
    if vitals.well and ended is not None:
        out.print(f"Well: the last pass ended {ago(ended.finished_at, now)}.", style="bold green", markup=False)


def _hands(found: Health, vitals: Vitals, out: Console) -> None:
    """Print what needs a hand, each with the command that helps."""
    matters = [*vitals.troubles, *troubles(replace(found.standing, alarms=()), "UTC")]
    ill = [one.source_id for one in found.sources if one.ill]
    if ill:
        named = f"{', '.join(ill[:_NAMED])}{' …' if len(ill) > _NAMED else ''}"
        matters.append(
            Trouble(Alarm.SOURCE_ILL, f"{len(ill)} {'source is' if len(ill) == 1 else 'sources are'} ill: {named}")
        )
    matters += [Trouble(Alarm.RULE_MISFIRES, line) for line in suggestions(found.standing.precision)]
    if not matters:
        return
    table = Table("Needs a hand", "Try", box=None, pad_edge=False)
    for one in matters:
        shape, style = ("▲", "red") if one.alarm.urgent else ("◆", "yellow")
        table.add_row(f"{shape} {escape(one.sentence)}", escape(one.hand), style=style)
    out.print(table)


def _next(found: Health) -> str:
    """Return what an operator does next."""
    if any(source.state in _TROUBLED for source in found.sources):
        return "Next: govwatch check --network (asks each source) · govwatch explain URL · govwatch report"
    return 'Next: govwatch report (the week) · govwatch run · govwatch sql "from source_health"'


def _passes(found: Health, now: datetime, out: Console) -> None:
    table = Table("Pass", "Began", "Took", "State", "Articles", "Mentions", "Signals", box=None, pad_edge=False)
    for one in found.runs[:5]:
        took = f"{(one.finished_at - one.started_at).total_seconds():.0f} s" if one.finished_at else ""
        counts = [str(one.counts.get(name, "")) for name in ("articles", "mentions", "signals")]
        kind = "" if one.kind == "monitor" else f" ({one.kind})"
        table.add_row(f"{one.run_id}{kind}", ago(one.started_at, now), took, one.state.value, *counts)
    out.print(table) if found.runs else out.print("No pass yet. Next: govwatch run")


def _urls(found: Health, now: datetime, out: Console) -> None:
    waiting = f"; {found.due} are to be fetched by the next pass" if found.outcomes.get(Outcome.PENDING) else ""
    counts = ", ".join(f"{n} {outcome.value}" for outcome, n in found.outcomes.items()) or "none yet"
    out.print(f"URLs: {counts}{waiting}")
    if found.failing:
        table = Table("Failing URL", "Tries", "Next", "Reason", box=None, pad_edge=False)
        for one in found.failing[:_FAILING]:
            table.add_row(escape(one.url), str(one.attempts), ago(one.next_try, now), escape(one.reason))
        out.print(table)


def _sources(found: Health, now: datetime, out: Console, *, every: bool) -> None:
    states = [source.state for source in found.sources]
    out.print(
        "Sources: " + ", ".join(f"{states.count(s)} {s}" for s in dict.fromkeys(states))
        if states
        else "No sources yet."
    )
    shown = [source for source in found.sources if every or source.state in _TROUBLED or source.moved_to]
    if not shown:
        return
    # Its pace and what it gave are shown by --all only: on one screen its reason needs the room.
    counts = ("Asked every", "Articles", "Mentions") if every else ()
    table = Table("Source", "State", "New item", "Next poll", *counts, "Reason", box=None, pad_edge=False)
    for one in shown[: None if every else _LISTED]:
        style = "red" if one.ill else "yellow" if one.state in _TROUBLED else None
        poll = ago(one.next_poll, now) if one.state != "off" else ""
        given = (_span(one.interval), str(one.articles), str(one.mentions)) if every else ()
        table.add_row(
            one.source_id, one.state, ago(one.last_new_item, now), poll, *given, escape(one.reason), style=style
        )
    out.print(table)
    if not every and len(shown) > _LISTED:
        out.print(f"and {len(shown) - _LISTED} more: govwatch status --all")


def _messages(found: Health, out: Console) -> None:
    if found.deliveries:
        out.print("Messages: " + ", ".join(f"{count} {state}" for state, count in found.deliveries.items()))
    standing = found.standing
    if standing.canary is not None and not lost(standing.canary):
        out.print(canary_sentence(standing.canary, "UTC"), markup=False)
    judged = sum(one.judged for one in standing.precision)
    if judged:
        relevant = sum(one.relevant for one in standing.precision)
        out.print(
            f"Feedback: {relevant} of {judged} judged alerts relevant (by rule: from rule_precision)", markup=False
        )


def _size(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size < 1e9 else f"{size / 1e9:.2f} GB"


def _span(span: timedelta) -> str:
    minutes = span.total_seconds() / 60
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.0f} h" if minutes < 2880 else f"{span.days} d"


def ago(moment: datetime | None, now: datetime) -> str:
    """Return how far ``moment`` is from ``now``, as people say it: ``5 min ago``, ``in 2 h``."""
    if moment is None:
        return "never"
    seconds = (now - moment).total_seconds()
    for unit, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if abs(seconds) >= unit:
            return f"{seconds / unit:.0f} {name} ago" if seconds > 0 else f"in {-seconds / unit:.0f} {name}"
    return "now"
