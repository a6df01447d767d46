"""`govwatch backtest`: what the present rules would match in the stored corpus."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from flows.cli.common import Place, console, json_option, place_options, print_json
from flows.clock import utc_now
from records.text import clean
from warehouse.database import Warehouse

if TYPE_CHECKING:
    from flows.backtest import BacktestReport

_SENTENCE = 160  # characters of an example's sentence


@click.command("backtest")
@place_options
@json_option
@click.option(
    "--apply", "apply_", is_flag=True, help="write what is found as history; alerts nobody, one summary tells"
)
@click.argument("initiative", required=False)
def command(place: Place, as_json: bool, apply_: bool, initiative: str | None) -> int:
    """Say what the present rules match in everything stored, and how that differs from the mentions that are stored.

    Without --apply nothing changes. INITIATIVE limits the answer to one, with more examples and what nearly matched.
    """
    if apply_ and initiative:
        raise click.UsageError("--apply reads with all rules, as initiatives compete: leave INITIATIVE out.")
    configuration = place.load()
    from flows.backtest import apply, look

    warehouse = Warehouse(place.warehouse, command="govwatch backtest")
    bar = Progress(
        TextColumn("reading stored articles"),
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

        report = (
            apply(configuration, warehouse, utc_now, moved)
            if apply_
            else look(configuration, warehouse, initiative, moved)
        )
    if as_json:
        print_json(report)
        return 0
    out = console()
    _table(out, report)
    _examples(out, report, everything=initiative is not None)
    out.print(report.sentence() + ".", markup=False)
    if report.failed:
        out.print(f"{report.failed} texts took too long and were left as they are.", style="red", markup=False)
    if not apply_:
        out.print("Nothing was changed. To write it as history: govwatch backtest --apply", style="dim", markup=False)
    return 0


def _table(out: Console, report: BacktestReport) -> None:
    table = Table("Initiative", box=None, pad_edge=False, header_style="bold")
    for name in ("Articles now", "Stored", "New", "Lost"):
        table.add_column(name, justify="right")
    for one in sorted(report.differences.values(), key=lambda one: (-one.new - one.lost, -one.now)):
        if one.now or one.stored or len(report.differences) == 1:
            style = "bold" if one.new or one.lost else None
            table.add_row(one.initiative_id, str(one.now), str(one.stored), str(one.new), str(one.lost), style=style)
    out.print(table)


def _examples(out: Console, report: BacktestReport, *, everything: bool) -> None:
    for one in report.differences.values():
        for sign, examples in (("+", one.gained), ("-", one.gone)):
            for example in examples if everything else examples[:2]:
                where = f"{example.outlet}: {clean(example.title, 80)}"
                out.print(f"{sign} {one.initiative_id}, article {example.article_id}, {where}", markup=False)
                out.print(f"    {clean(example.sentence, _SENTENCE)}", markup=False)
                if example.rule:
                    out.print(f"    by {example.rule}", style="dim", markup=False)
        for near in one.near if everything else ():
            out.print(f"nearly, in {near.articles} articles: '{clean(near.surface, 80)}'", markup=False)
            out.print(f"    by {near.rule}: {near.reason}", style="dim", markup=False)
