"""`govwatch sources`: what is polled, and what could be polled of a site."""

from __future__ import annotations

import asyncio

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from flows.cli.common import Place, console, json_option, place_options, print_json
from flows.clock import utc_now
from flows.finding import Finding, address, find
from records.source import Source
from records.text import clean


@click.group("sources")
def command() -> None:
    """List the sources that are configured; find what can be polled of a site."""


@command.command("list")
@place_options
@json_option
@click.option("--off", is_flag=True, help="only sources that are switched off")
def list_(place: Place, as_json: bool, off: bool) -> int:
    """List the configured sources: whether each is polled, how often, and the reason or remark that stands with it.

    How they answered lately is told by `govwatch status`; `govwatch check --network` asks each of them now.
    """
    configured = place.load().sources
    chosen = [one for one in configured if not (off and one.enabled)]
    if as_json:
        print_json(chosen)
        return 0
    out = console()
    table = Table("Source", "", "Kind", "Every", "Tier", "Language", box=None, pad_edge=False, header_style="bold")
    table.add_column("Remark", overflow="fold")
    for one in chosen:
        style = None if one.enabled else "dim"
        table.add_row(*_row(one), style=style)
    if chosen:
        out.print(table)
    on = sum(one.enabled for one in configured)
    out.print(f"{on} sources on, {len(configured) - on} off.", markup=False)
    out.print("Next: govwatch sources find URL · govwatch check --network", style="dim", markup=False)
    return 0


def _row(one: Source) -> list[str]:
    minutes = round(one.every.total_seconds() / 60)
    every = f"{minutes // 60}h" if minutes and minutes % 60 == 0 else f"{minutes}m"
    tier = str(one.tier) if one.tier else ""
    cells = (one.id, "on" if one.enabled else "off", one.kind, every, tier, one.language or "", clean(one.reason))
    return [escape(cell) for cell in cells]


@command.command("find")
@place_options
@json_option
@click.argument("url")
def find_(place: Place, as_json: bool, url: str) -> int:
    """Find the feeds and sitemaps of the site at URL and print entries for sources.yaml.

    Looks at what the page and robots.txt name, and at the usual places where they name nothing; asks slowly, as
    settings.yaml says. Entries go to standard output, so that they can be piped; what else there is to say goes to
    standard error. Exit code 1: nothing was found.
    """
    configuration = place.load()
    aside = console(err=True)
    asked = address(url)
    with aside.status("") as status:
        # The status writes nothing into a pipe.
        finding = asyncio.run(
            find(configuration, asked, utc_now, lambda one: status.update(f"asking {escape(clean(one, 100))}"))
        )
    if as_json:
        print_json(finding)
    else:
        _show(finding, aside)
        click.echo(finding.yaml(), nl=False)
        _hint(finding, aside)
    return 0 if finding.found else 1


def _show(finding: Finding, aside: Console) -> None:
    for url, reason in finding.failed:
        aside.print(
            f"named, but not to be polled: {clean(url, 200)}: {clean(reason, 200)}", style="yellow", markup=False
        )
    for one in finding.found:
        aside.print(f"{one.url}: {one.format}, {one.items} items", style="bold", markup=False)
        for sample in one.samples:
            aside.print(f"    {sample}", markup=False)


def _hint(finding: Finding, aside: Console) -> None:
    if not finding.found:
        aside.print(
            f"{finding.url}: no feed and no sitemap. A page whose links are articles can be polled as kind: listing, "
            "with a selector or link_pattern.",
            markup=False,
        )
    elif any(one.entry for one in finding.found):
        aside.print(
            "Paste what you want below `sources:` in sources.yaml; give broad ones a topic or keywords. "
            "Next: govwatch check --network",
            style="dim",
            markup=False,
        )
