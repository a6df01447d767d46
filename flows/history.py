"""A run that brings history: the window that is wanted, the books around the run, and its report.

Archives (`flows.backfill`) and GDELT (`flows.backfill_gdelt`) share it. What it loads never alerts: the end of a run
queues one summary of what was found. It never reads an archive and never fetches.
"""

from __future__ import annotations

import secrets
import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from alerts.content import found_item
from config.load import Configuration
from flows.clock import Clock
from flows.facts import load_facts
from flows.loading import keep, load
from flows.pipeline import tracked
from flows.secrecy import shown
from records.document import Batch
from records.source import Source
from warehouse import backfill, first_look, runs, sources
from warehouse.articles import LoadReport
from warehouse.backfill import OutletLine
from warehouse.database import Warehouse
from warehouse.outbox import queue_summary

SOURCE = "backfill"
"""The source of articles from archives for which none is named."""


@dataclass(frozen=True, slots=True)
class Window:
    """The time whose articles are wanted: from ``since`` to before ``until``, both in UTC; None leaves it open."""

    since: datetime | None = None
    until: datetime | None = None

    def holds(self, published: datetime | None, captured: datetime | None) -> bool:
        """Whether an article is wanted: by its date, or where it has none by the time at which it was saved."""
        when = published or captured
        if when is None:
            return True
        return not (self.since is not None and when < self.since) and not (
            self.until is not None and when >= self.until
        )

    def may_hold(self, captured: datetime | None) -> bool:
        """Whether what was saved then can be wanted: nothing is published after it was saved."""
        return captured is None or self.since is None or captured >= self.since


class Onlooker(Protocol):
    """Who looks on: a progress display, or nobody."""

    def begins(self, what: str, total: int | None) -> None:
        """Say that a step begins, and how much there is to do where that is known."""

    def moves(self, done: int, note: str) -> None:
        """Say how far it is."""


class Nobody:
    """An `Onlooker` that looks away."""

    def begins(self, what: str, total: int | None) -> None:
        """Ignore it."""

    def moves(self, done: int, note: str) -> None:
        """Ignore it."""


@dataclass(slots=True)
class BackfillReport:
    """What one backfill did.

    Attributes:
        run_id: noted with every article that it brought.
        source: id of the source that the articles are of.
        state: ``completed``, or ``stopped`` when it was asked to end early: running it again goes on.
        lists: files of GDELT that were read now; ``lists_known`` were read before, ``lists_missing`` do not exist.
        items: URLs that these files named; ``wanted`` of them are on topic, ``new`` were not known.
        read: entries of the archive, or pages that were fetched.
        known: of these, stored already.
        outside: of these, outside the window.
        skipped: what gave no article, by reason.
        loaded: the sum over all batches.
        waiting: URLs that are still to be fetched.
        outlets: what came, by outlet.
        summaries: messages queued that sum up what was found.
    """

    run_id: str
    source: str
    started: datetime
    ended: datetime | None = None
    state: str = "completed"
    lists: int = 0
    lists_known: int = 0
    lists_missing: int = 0
    items: int = 0
    wanted: int = 0
    new: int = 0
    read: int = 0
    known: int = 0
    outside: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    loaded: LoadReport = field(default_factory=LoadReport)
    waiting: int = 0
    outlets: list[OutletLine] = field(default_factory=list)
    summaries: int = 0

    def counts(self) -> dict[str, int]:
        """Return the figures that the table ``runs`` keeps."""
        return {
            "pages": self.read,
            "articles": self.loaded.stored,
            "copies": self.loaded.copies,
            "mentions": self.loaded.mentions,
            "signals": self.loaded.signals,
        }

    def sentence(self) -> str:
        """Return what was done in one sentence."""
        one = self.loaded
        outside = f", {self.outside} outside the window" if self.outside else ""
        return (
            f"{self.read} pages read: {one.stored} articles new ({one.copies} copies), {self.known} known already"
            f"{outside}, {sum(self.skipped.values())} passed over; {one.mentions} mentions with evidence"
        )


@dataclass(slots=True)
class History:
    """One run that brings history: the books around it, which archives and GDELT share.

    Attributes:
        configuration: valid as a whole.
        warehouse: where everything is kept.
        clock: gives the time in UTC.
        source: whose articles they are; None for an archive of no source.
        onlooker: who looks on.
        stop: set it to end early; what has come is loaded.
    """

    configuration: Configuration
    warehouse: Warehouse
    clock: Clock
    source: Source | None = None
    onlooker: Onlooker = field(default_factory=Nobody)
    stop: threading.Event = field(default_factory=threading.Event)
    report: BackfillReport = field(init=False)

    def begin(self) -> None:
        """Make the tables say what is configured, so that old news is known as such, and open the books."""
        now = self.clock()
        name = self.source.id if self.source else SOURCE
        self.report = BackfillReport(f"backfill-{now:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}", name, now)
        with self.warehouse.writing() as con:
            runs.start(con, self.report.run_id, now, kind="backfill")
            sources.sync(con, shown(self.configuration.sources), now)
            sources.sync_initiatives(con, tracked(self.configuration), now)
            load_facts(con, self.configuration.seeds, now, self.report.run_id)

    def load(self, batch: Batch) -> None:
        """Load one batch."""
        batch, _ = keep(self.warehouse, batch, self.clock())
        with self.warehouse.writing() as con:
            done = load(con, batch, self.report.run_id, self.clock())
        self.report.loaded = self.report.loaded + done
        # Two entries of one batch may be one article.
        self.report.known += len(batch.documents) - done.stored

    def finish(self) -> BackfillReport:
        """Queue one summary of what was found, close the books, and give analysts what is new."""
        report = self.report
        report.ended = self.clock()
        report.state = "stopped" if self.stop.is_set() else "completed"
        with self.warehouse.writing() as con:
            report.outlets = backfill.by_outlet(con, report.run_id)
            found = first_look.found(con, [report.source], report.run_id)
            count = len({one.mention.initiative_id for one in found})
            if found:
                report.summaries = queue_summary(
                    con,
                    self.configuration.alerts,
                    key=f"backfill/{report.run_id}",
                    heading=f"Backfill of {report.source}: {len(found)} stories on {count} initiatives",
                    found=[(one.mention, found_item(one.mention, one.initiative, one.outlets)) for one in found],
                    now=report.ended,
                )
            runs.finish(con, report.run_id, report.ended, report.state, report.counts())
        self.warehouse.publish()
        return report
