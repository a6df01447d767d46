"""What a person sees while a pass runs: live bars on a terminal, plain lines in a pipe."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from flows.discover import Polled
from flows.report import Nobody
from records.article import UrlOutcome
from warehouse.articles import LoadReport
from warehouse.frontier import Due
from warehouse.sources import PollOutcome


class LiveProgress(Nobody):
    """Three bars: sources, pages, articles."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description:<9}"),
            BarColumn(bar_width=32),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[note]}"),
            console=console,
            transient=True,
        )
        self._polls = self._progress.add_task("Sources", total=None, note="")
        self._pages = self._progress.add_task("Pages", total=None, note="", visible=False)
        self._failing = self._mentions = self._articles = 0

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def polling(self, sources: int) -> None:
        """Show how many sources are about to be polled."""
        self._progress.update(self._polls, total=sources)

    def polled(self, polled: Polled) -> None:
        """Show that one source was polled."""
        self._failing += polled.poll.outcome is PollOutcome.FAILED
        self._progress.update(self._polls, advance=1, note=f"{self._failing} failing" if self._failing else "")

    def fetching(self, pages: int) -> None:
        """Show how many pages are about to be fetched."""
        self._progress.update(self._pages, total=pages, visible=pages > 0)

    def page(self, due: Due, outcome: UrlOutcome) -> None:
        """Show that one page was fetched and read."""
        self._progress.update(self._pages, advance=1)

    def loaded(self, report: LoadReport) -> None:
        """Show that one batch was committed."""
        self._articles += report.stored
        self._mentions += report.mentions
        self._progress.update(self._pages, note=f"{self._articles} articles, {self._mentions} mentions")


class PlainProgress(Nobody):
    """A line at the start of each step, and one every few seconds: what a log file wants."""

    _EVERY = 5.0  # seconds
    _MOST_FAILURES = 5  # said while it runs

    def __init__(self, console: Console) -> None:
        self._console = console
        self._said = time.monotonic()
        self._articles = self._mentions = self._pages = self._total = self._failing = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to put back."""

    def polling(self, sources: int) -> None:
        """Say how many sources are about to be polled."""
        self._console.print(f"Polling {sources} sources", markup=False)

    def polled(self, polled: Polled) -> None:
        """Say which source could not be read."""
        if polled.poll.outcome is PollOutcome.FAILED:
            self._failing += 1
            if self._failing <= self._MOST_FAILURES:
                self._console.print(f"  {polled.source.id}: {polled.poll.reason}", markup=False)
            elif self._failing == self._MOST_FAILURES + 1:
                self._console.print("  ... and more; the table at the end counts them", markup=False)

    def fetching(self, pages: int) -> None:
        """Say how many pages are about to be fetched."""
        self._total = pages
        if pages:
            self._console.print(f"Fetching {pages} pages", markup=False)

    def page(self, due: Due, outcome: UrlOutcome) -> None:
        """Say now and then how far it is."""
        self._pages += 1
        if time.monotonic() - self._said > self._EVERY:
            self._said = time.monotonic()
            self._console.print(f"  {self._pages} of {self._total} pages, {self._articles} articles", markup=False)

    def loaded(self, report: LoadReport) -> None:
        """Count."""
        self._articles += report.stored
        self._mentions += report.mentions


def progress_for(console: Console) -> LiveProgress | PlainProgress:
    """Return the display that fits where ``console`` writes."""
    return LiveProgress(console) if console.is_terminal else PlainProgress(console)
