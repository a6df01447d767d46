"""What happened in a pass as structured log lines, each with its run, source and URL where it has them.

It is one more onlooker of a pass and decides nothing. Where the lines go is the caller's choice: to standard error as
JSON (`to_json`), or, in a run that Prefect started, to Prefect's own log of that run.
"""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, TextIO

from flows.discover import Polled
from flows.report import Nobody, PassReport
from records.article import Outcome, UrlOutcome
from warehouse.articles import LoadReport
from warehouse.frontier import Due
from warehouse.sources import PollOutcome

NAME = "govwatch"
"""Of the logger; its children belong to it."""

FIELDS = ("run", "stage", "source", "url", "outcome", "reason", "status", "seconds", "counts")
"""Keys of a line beside ``time``, ``level`` and ``message``; one that has nothing to say is left out."""


class Journal(Nobody):
    """Writes a line for what an operator may look for later; pages that went well are at level DEBUG."""

    def __init__(self, logger: logging.Logger | None = None) -> None:
        self._logger = logger or logging.getLogger(NAME)
        self._run = ""

    def began(self, run_id: str) -> None:
        """Every later line belongs to this run."""
        self._run = run_id
        self._say(logging.INFO, "pass began", stage="pass")

    def polling(self, sources: int) -> None:
        """Say how many sources are about to be polled."""
        self._say(logging.INFO, f"polling {sources} sources", stage="discover", counts={"sources": sources})

    def polled(self, polled: Polled) -> None:
        """Say how one poll went."""
        poll = polled.poll
        failed = poll.outcome is PollOutcome.FAILED
        self._say(
            logging.WARNING if failed else logging.DEBUG,
            f"{polled.source.id}: {poll.reason or poll.outcome.value}",
            stage="discover",
            source=polled.source.id,
            url=poll.url,
            outcome=poll.outcome.value,
            reason=poll.reason,
            status=poll.status,
            seconds=poll.elapsed,
        )

    def fetching(self, pages: int) -> None:
        """Say how many pages are about to be fetched."""
        self._say(logging.INFO, f"fetching {pages} pages", stage="collect", counts={"pages": pages})

    def page(self, due: Due, outcome: UrlOutcome) -> None:
        """Say how one page went."""
        level = logging.DEBUG if outcome.outcome is Outcome.FETCHED else logging.INFO
        self._say(
            level,
            f"{outcome.outcome.value}: {due.url}",
            stage="collect",
            source=due.item.source,
            url=due.url,
            outcome=outcome.outcome.value,
            reason=outcome.reason,
            status=outcome.status,
            seconds=outcome.elapsed,
        )

    def loaded(self, report: LoadReport) -> None:
        """Say that one batch was committed."""
        counts = {"articles": report.stored, "copies": report.copies, "mentions": report.mentions}
        self._say(logging.INFO, f"{report.stored} articles loaded", stage="load", counts=counts)

    def ended(self, report: PassReport) -> None:
        """Say how the pass ended."""
        seconds = (report.ended - report.started).total_seconds() if report.ended else None
        self._say(
            logging.INFO, report.sentence(), stage="pass", outcome=report.state, seconds=seconds, counts=report.counts()
        )

    def _say(self, level: int, message: str, **fields: Any) -> None:
        self._logger.log(level, "%s", message, extra={"run": self._run, **fields})


class JsonLines(logging.Formatter):
    """One JSON object per line: ``time`` (UTC), ``level``, ``message``, and those of `FIELDS` that are there."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of one record."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {"time": moment, "level": record.levelname.lower(), "message": record.getMessage()}
        line |= {name: value for name in FIELDS if (value := getattr(record, name, None)) not in (None, "", {})}
        if record.exc_info and not record.exc_text:
            record.exc_text = self.formatException(record.exc_info)
        if record.exc_text:
            line["traceback"] = record.exc_text
        return json.dumps(line, ensure_ascii=False, default=str)


@contextlib.contextmanager
def to_json(stream: TextIO) -> Iterator[Journal]:
    """Give a journal whose lines go to ``stream`` as JSON, with libraries' warnings, while the block lasts."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    root, ours = logging.getLogger(), logging.getLogger(NAME)
    before = ours.level
    root.addHandler(handler)
    ours.setLevel(logging.INFO)
    try:
        yield Journal(ours)
    finally:
        root.removeHandler(handler)
        ours.setLevel(before)
