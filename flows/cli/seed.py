"""`govwatch seed`: load a seed corpus, texts that are old news."""

from __future__ import annotations

from pathlib import Path

import click
from rich.markup import escape
from rich.table import Table

from flows.cli.common import Place, console, json_option, place_options, print_json
from flows.clock import utc_now
from warehouse.database import Warehouse


@click.command("seed")
@place_options
@json_option
@click.argument("folder", type=click.Path(path_type=Path))
def command(place: Place, as_json: bool, folder: Path) -> int:
    """Load a FOLDER of texts as history, with its subfolders.

    It may hold .txt, .md, .html, .json, .jsonl, .csv, .parquet, and archives: .warc, .warc.gz, .wacz.

    Seeds never alert. They decide what a first mention is, and reprints of them are recognised. Title, outlet and date
    are read from the texts where they show them; a file seeds.yaml in FOLDER may state them. Loading again changes
    nothing.
    """
    configuration = place.load()
    from flows.seeding import load_folder

    report = load_folder(configuration, Warehouse(place.warehouse, command="govwatch seed"), folder, utc_now)
    if as_json:
        print_json(report)
    else:
        out = console()
        table = Table("Text", "Title", "Outlet", "Date", box=None, pad_edge=False, header_style="bold")
        table.add_column("Words", justify="right")
        table.add_column("Mentions", justify="right")
        table.add_column("Facts")
        for line in report.lines[:50]:
            cells = (line.name, line.title or "(no title)", line.outlet or "?", line.published or "?")
            table.add_row(*map(escape, cells), str(line.words), str(line.mentions), escape(line.facts))
        out.print(table)
        if len(report.lines) > 50:
            out.print(f"({len(report.lines) - 50} more rows left out)", style="dim", markup=False)
        for problem in report.problems:
            out.print(f"not loaded: {problem}", style="red", markup=False)
        out.print(report.sentence() + ".", markup=False)
        out.print('Next: govwatch sql "from initiative_timeline" · govwatch run', style="dim", markup=False)
    return 1 if report.problems and not report.lines else 0
