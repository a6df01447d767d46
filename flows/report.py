"""What a pass tells while it runs, and what it did when it is over. It decides nothing and prints nothing."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from alerts.dispatch import DispatchReport
from flows.discover import Polled
from records.article import UrlOutcome
from warehouse.articles import LoadReport
from warehouse.frontier import Due
from warehouse.sources import PollOutcome


class Watch(Protocol):
    """Who looks on while a pass runs: a progress display, a journal, or nobody."""

    def began(self, run_id: str) -> None:
        """Say that the pass began, and its identity."""

    def polling(self, sources: int) -> None:
        """Say how many sources are about to be polled."""

    def polled(self, polled: Polled) -> None:
        """Say that one source was polled."""

    def fetching(self, pages: int) -> None:
        """Say how many pages are about to be fetched."""

    def page(self, due: Due, outcome: UrlOutcome) -> None:
        """Say that one page was fetched and worked on."""

    def loaded(self, report: LoadReport) -> None:
        """Say that one batch was committed."""

    def ended(self, report: PassReport) -> None:
        """Say that the pass is over, and what it did."""


class Nobody:
    """A `Watch` that looks away."""

    def began(self, run_id: str) -> None:
        """Ignore it."""

    def polling(self, sources: int) -> None:
        """Ignore it."""

    def polled(self, polled: Polled) -> None:
        """Ignore it."""

    def fetching(self, pages: int) -> None:
        """Ignore it."""

    def page(self, due: Due, outcome: UrlOutcome) -> None:
        """Ignore it."""

    def loaded(self, report: LoadReport) -> None:
        """Ignore it."""

    def ended(self, report: PassReport) -> None:
        """Ignore it."""


@dataclass(slots=True)
class SourceLine:
    """What a pass did for one source: a row of the closing table."""

    source_id: str
    outcome: str = ""
    reason: str = ""
    items: int = 0
    new: int = 0
    first_look: bool = False
    passed_over: int = 0
    over_budget: int = 0
    fetched: int = 0
    failed: int = 0
    waiting: int = 0


@dataclass(slots=True)
class PassReport:
    """What one pass did.

    ``state`` is ``completed``, ``stopped`` (asked to, or out of time) or ``nothing`` (no source could be read).
        ``unkept`` says why pages of this pass are not kept, where they should be.
    """

    run_id: str
    started: datetime
    ended: datetime | None = None
    state: str = "completed"
    sources: dict[str, SourceLine] = field(default_factory=dict)
    not_due: int = 0
    pages: int = 0
    articles: int = 0
    copies: int = 0
    mentions: int = 0
    signals: int = 0
    waiting: int = 0
    first_looks: int = 0
    follow_ups: int = 0
    corrections: int = 0
    unkept: str = ""
    delivered: DispatchReport | None = None
    seconds: dict[str, float] = field(default_factory=dict)  # by stage, in the order in which they began

    @property
    def failing(self) -> list[SourceLine]:
        """The sources that could not be read in this pass."""
        return [line for line in self.sources.values() if line.outcome == PollOutcome.FAILED.value]

    @property
    def changed(self) -> bool:
        """Whether the pass brought anything new."""
        return bool(self.pages or self.articles)

    def add(self, loaded: LoadReport) -> None:
        """Add what one batch brought."""
        self.articles += loaded.stored
        self.copies += loaded.copies
        self.mentions += loaded.mentions
        self.signals += loaded.signals

    def counts(self) -> dict[str, int]:
        """Return the figures that the table ``runs`` keeps."""
        return {
            "sources": len(self.sources),
            "sources_failed": len(self.failing),
            "pages": self.pages,
            "articles": self.articles,
            "copies": self.copies,
            "mentions": self.mentions,
            "signals": self.signals,
            "follow_ups": self.follow_ups,
            "corrections": self.corrections,
            **{f"ms_{stage}": round(1000 * seconds) for stage, seconds in self.seconds.items()},
        }

    def sentence(self) -> str:
        """Return the pass in one sentence."""
        failing = f", {len(self.failing)} failing" if self.failing else ""
        return (
            f"{len(self.sources)} sources polled{failing}; {self.pages} pages, {self.articles} articles "
            f"({self.copies} copies), {self.mentions} mentions, {self.signals} signals{self._looks()}"
        )

    def _looks(self) -> str:
        if not self.follow_ups:
            return ""
        found = f", {self.corrections} corrections" if self.corrections else ""
        return f"; {self.follow_ups} alerted articles looked at again{found}"


@dataclass(slots=True)
class Session:
    """Who looks on when Prefect runs a pass, and what the pass did: flows take and give plain values only."""

    watch: Watch
    report: PassReport | None = None


session: ContextVar[Session | None] = ContextVar("session", default=None)
"""The session of the flow run that this process runs itself; None in a process that Prefect started."""


def current_session() -> Session | None:
    """Return `session`'s value; for flows, which a cluster gets with each chunk, and which so must hold no variable."""
    return session.get()
