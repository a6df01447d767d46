"""`govwatch check`: validate the configuration, and with --network the sources and channels too."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from config.load import Configuration
from flows.cli.common import Place, console, json_option, place_options, print_json
from records.errors import ConfigurationError, Problem
from records.text import clean


@click.command("check")
@place_options
@json_option
@click.option("--network", is_flag=True, help="also poll every source once and greet every channel's server")
def command(place: Place, as_json: bool, network: bool) -> int:
    """Validate the configuration and show every mistake at once.

    Exit code 0: it can be used; 2: it cannot. Warnings (aliases that may fire wrongly) do not change the code.
    """
    try:
        configuration = place.load()
        problems: list[Problem] = []
    except ConfigurationError as error:
        problems = error.problems
        if as_json:
            print_json({"ok": False, "problems": problems})
            return 2
        raise
    from flows.checking import examples, patterns, warnings

    problems = patterns(configuration)
    # Examples and lint need rules that can be compiled.
    warned = [] if problems else warnings(configuration)
    problems = problems or examples(configuration)
    if as_json:
        print_json({"ok": not problems, "problems": problems, "warnings": warned, "files": configuration.files})
    else:
        _show(configuration, problems, warned, console())
    if network and not problems:
        asyncio.run(_network(configuration, console()))
    return 2 if problems else 0


def _show(configuration: Configuration, problems: Sequence[Problem], warned: Sequence[Problem], out: Console) -> None:
    for name, path in configuration.files.items():
        out.print(f"{name:<18} {path}", style="dim", markup=False)
    enabled = sum(source.enabled for source in configuration.sources)
    alerts = configuration.alerts
    out.print(
        f"{enabled} sources on, {len(configuration.sources) - enabled} off; "
        f"{len(configuration.initiatives)} initiatives; "
        f"{len(alerts.channels)} channels, {len(alerts.subscriptions)} subscriptions",
        markup=False,
    )
    for problem in warned:
        out.print(f"warning: {problem}", style="yellow", markup=False)
    for problem in problems:
        out.print(str(problem), style="red", markup=False)
    if problems:
        count = f"{len(problems)} mistakes" if len(problems) > 1 else "1 mistake"
        out.print(f"{count}. Mend what is named, then: govwatch check", markup=False)
    else:
        out.print("The configuration is good. Next: govwatch run", markup=False)


async def _network(configuration: Configuration, out: Console) -> None:
    """Poll every enabled source once, politely, and show how each answered."""
    from flows.checking import probe_channels, probe_sources

    table = Table("Source", "Answer", "Items", "Newest", "", box=None, pad_edge=False, header_style="bold")
    async for probe in probe_sources(configuration):
        style = None if probe.ok else "red"
        table.add_row(
            probe.name, probe.answer, str(probe.items), probe.newest, escape(clean(probe.note, 200)), style=style
        )
    out.print(table)
    for channel in probe_channels(configuration):
        out.print(f"channel {channel.name}: {channel.answer} {clean(channel.note, 200)}", markup=False)
