"""Kept pages read again with today's extractor and rules: first to look at, then to write as history.

`replay` compares each reading with what is stored and writes what differs, in short windows, as it goes: killed at any
instant, the next run does the rest, and a run after that finds nothing to do. An article keeps its identity and its
story. Nothing here makes a signal, so it can alert nobody; one summary tells what was gained.
"""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Any

from config.load import Configuration
from extractors.stories import choose
from extractors.urls import outlet_of
from extractors.workers import Failure, Workers
from flows.backtest import summarise
from flows.clock import Clock
from flows.collect import document_of, read_page
from flows.jobs import Job, Worked
from flows.loading import load
from flows.pipeline import tracked
from flows.replaying import REPLAYER, Replayer, ReplayJob
from records.article import Origin, Page
from records.document import Batch, Document
from records.errors import GovwatchError
from records.page import ReadPage
from records.story import Candidate, Fingerprint
from warehouse import mentions as evidence
from warehouse import outlet_lines, pages, rereads, runs, sources, stories
from warehouse.database import Connection, Warehouse
from warehouse.frontier import Due
from warehouse.pages import KeptPage, Wanted
from warehouse.rereads import Current

_BATCH = 100  # pages whose differences are looked up, and written, together
_ALONE = 12  # pages that are read faster here than processes start
_CERTAIN = 1_000  # other pages that have a line, when it was taken out before
Repeated = Mapping[str, Mapping[int, int]]
"""For each outlet the lines that it repeats, and on how many other pages."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Change:
    """One article that reads otherwise today.

    Attributes:
        article_id, url, outlet: the article; as it would be stored where it is new.
        what: ``new`` (its page gave no article before), ``changed``, or ``lost`` (its page gives none today; it is
            left as it is).
        title, title_before: empty where there is none.
        characters, characters_before: of the text.
        published, published_before: None where there is none.
        fields: names of the columns that differ.
        gained, lost: initiatives that are mentioned now and were not, and the other way round.
        note: why a page gives no article, or that the text would be grouped otherwise by now.
    """

    article_id: int
    url: str
    outlet: str
    what: str
    title: str = ""
    title_before: str = ""
    characters: int = 0
    characters_before: int = 0
    published: datetime | None = None
    published_before: datetime | None = None
    fields: tuple[str, ...] = ()
    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    note: str = ""


@dataclass(slots=True)
class ReplayReport:
    """What a replay found, and what it wrote.

    Attributes:
        applied: whether it was to write.
        pages: that were read; ``same`` of them give what is stored, or still no article.
        failed: pages that could not be read, by reason.
        changes: every article that differs.
        written: articles written; ``mentions`` are theirs now.
        summaries: messages queued that sum up what was gained.
    """

    applied: bool
    pages: int = 0
    same: int = 0
    seconds: float = 0.0
    failed: Counter[str] = field(default_factory=Counter)
    changes: list[Change] = field(default_factory=list)
    written: int = 0
    mentions: int = 0
    summaries: int = 0

    def sentence(self) -> str:
        """Return what was found in one sentence."""
        by = Counter(one.what for one in self.changes)
        wrote = f"; {self.written} articles written, {self.summaries} summaries queued" if self.applied else ""
        failed = f", {sum(self.failed.values())} could not be read" if self.failed else ""
        return (
            f"{self.pages} kept pages read again in {self.seconds:.1f} s: {by['changed']} articles read otherwise, "
            f"{by['new']} new, {by['lost']} would be none today, {self.same} pages as before{failed}{wrote}"
        )


@dataclass(frozen=True, slots=True)
class _Reading:
    """One kept page with what it gives today; ``document`` is None when that is no article."""

    page: KeptPage
    read: ReadPage
    worked: Worked
    document: Document | None


def replay(
    configuration: Configuration,
    warehouse: Warehouse,
    clock: Clock,
    wanted: Wanted,
    *,
    write: bool,
    progress: Progress | None = None,
) -> ReplayReport:
    """Read kept pages again, compare, and write what differs.

    Args:
        configuration: valid as a whole.
        warehouse: its read copy says what is kept; what differs is compared with, and written to, the database.
        clock: gives the time in UTC.
        wanted: which pages.
        write: False changes nothing.
        progress: told how many pages are done, of how many.

    Raises:
        GovwatchError: nothing that is wanted is kept; or nothing was published yet.
        WarehouseError: it cannot be written; what was written before stays, and the next run does the rest.
    """
    report = ReplayReport(applied=write)
    started = time.monotonic()
    run_id = f"replay-{clock():%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
    with warehouse.reading() as copy:
        total = pages.count(copy, wanted)
        if not total:
            raise GovwatchError(_nothing(configuration, wanted))
        if write:
            with warehouse.writing() as con:
                runs.start(con, run_id, clock(), kind="replay")
                sources.sync_initiatives(con, tracked(configuration), clock())
        repeated = outlet_lines.repeated(copy, among=True)
        readings = _readings(configuration, warehouse, pages.kept(copy, wanted), total, report, clock, repeated)
        while batch := list(islice(readings, _BATCH)):
            if write:
                with warehouse.writing() as con:
                    _write(con, batch, report, run_id, clock())
            else:
                _compare(copy, batch, report)
            if progress is not None:
                progress(report.pages, total)
    if write:
        _finish(configuration, warehouse, report, run_id, clock)
    report.seconds = time.monotonic() - started
    return report


def _nothing(configuration: Configuration, wanted: Wanted) -> str:
    if configuration.settings.retention.pages is None:
        return "no pages are kept: retention.pages in settings.yaml is none; set it, for example to 30d"
    if wanted.url:
        return f"no page of {wanted.url} is kept, or its bytes made no article that is stored"
    return "no page that is wanted is kept: they are thrown away after retention.pages of settings.yaml"


def _finish(
    configuration: Configuration, warehouse: Warehouse, report: ReplayReport, run_id: str, clock: Clock
) -> None:
    with warehouse.writing() as con:
        report.summaries = summarise(con, configuration, run_id, clock, why="Pages read again", what="kept pages")
        counts = {"pages": report.pages, "articles": report.written, "mentions": report.mentions}
        runs.finish(con, run_id, clock(), "completed", counts)
    warehouse.publish()


# ---- reading --------------------------------------------------------------------------------------------------------


def _readings(
    configuration: Configuration,
    warehouse: Warehouse,
    kept: Iterator[KeptPage],
    total: int,
    report: ReplayReport,
    clock: Clock,
    repeated: Repeated,
) -> Iterator[_Reading]:
    """Yield what kept pages give today; those that cannot be read are counted."""
    by_id = {source.id: source for source in configuration.sources}
    catch_up = configuration.settings.limits.catch_up_age
    for page, worked in _worked(configuration, warehouse, kept, total, repeated):
        report.pages += 1
        if isinstance(worked, Failure):
            report.failed[worked.reason] += 1
            continue
        due = Due(page.item, page.url_key, page.origin, page.catch_up, 0, page.discovered_at)
        fetched = Page(page.item.url, page.final_url, 200, {}, b"", page.fetched_at)
        document = None
        if worked.fingerprint is not None:
            found = document_of(
                due, fetched, worked, by_id.get(page.item.source), now=page.fetched_at, catch_up_age=catch_up
            )
            # What is read again is history, whatever it was when it came.
            document = replace(found, origin=Origin.BACKFILL, seen_at=clock())
            if page.article_id is not None:
                document = replace(document, article_id=page.article_id)
        read = replace(read_page(due, fetched, worked, page.article_id), size=page.size)
        yield _Reading(page, read, worked, document)


def _worked(
    configuration: Configuration, warehouse: Warehouse, kept: Iterator[KeptPage], total: int, repeated: Repeated
) -> Iterator[tuple[KeptPage, Worked | Failure]]:
    setup = (configuration.initiatives, configuration.sites, warehouse.path)
    if total <= _ALONE:
        replayer = Replayer(*setup)
        for page in kept:
            try:
                yield page, replayer(_job(page, repeated))
            except GovwatchError as error:
                yield page, Failure(str(error))
        return
    limits = configuration.settings.limits
    waiting: dict[int, KeptPage] = {}

    def jobs() -> Iterator[ReplayJob]:
        for page in kept:
            job = _job(page, repeated)
            waiting[id(job)] = page
            yield job

    workers: Workers[ReplayJob, Worked] = Workers(
        REPLAYER, setup, processes=limits.workers or None, deadline=limits.page_deadline.total_seconds()
    )
    with workers:
        for job, worked in workers.stream(jobs()):
            yield waiting.pop(id(job)), worked


def _job(page: KeptPage, repeated: Repeated) -> ReplayJob:
    item = page.item
    # What was furniture once stays furniture: the outlet's newest pages may not have it any more.
    known = dict.fromkeys(page.repeated, _CERTAIN)
    job = Job(
        item.url, page.final_url, b"", page.content_type, item.title, item.published, item.language,
        repeated={**repeated.get(outlet_of(page.final_url), {}), **known},
    )  # fmt: skip
    return ReplayJob(job, page.slot, page.raw_hash, page.size)


# ---- comparing and writing ------------------------------------------------------------------------------------------


def _compare(con: Connection, batch: Sequence[_Reading], report: ReplayReport) -> list[tuple[_Reading, Change]]:
    """Add to ``report`` what the batch changes, and return it."""
    stored = rereads.current(con, [one.page.article_id for one in batch if one.page.article_id is not None])
    changed = []
    for one in batch:
        change = _change(one, stored)
        if change is None:
            report.same += 1
            continue
        if one.document is not None and change.what == "changed" and "text" in change.fields:
            change = replace(change, note=_grouping(con, one.document, stored[change.article_id]))
        report.changes.append(change)
        changed.append((one, change))
    return changed


def _change(one: _Reading, stored: dict[int, Current]) -> Change | None:
    document = one.document
    if one.page.article_id is None:
        return _as_new(document) if document is not None else None
    before = stored.get(one.page.article_id)
    if before is None:
        return None  # it was removed since the copy was made
    past = before.fields
    if document is None:
        article = one.worked.article
        return Change(
            before.article_id, before.url, before.outlet, "lost", article.title, past["title"], len(article.text),
            len(past["text"] or ""), article.published, past["published"],
            note=article.access_reason or article.access.value,
        )  # fmt: skip
    now, mentions = _known_still(rereads.fields_of(document), past), rereads.mentions_of(document)
    fields = tuple(name for name in rereads.FIELDS if now[name] != past[name])
    if not fields and mentions == before.mentions:
        return None
    is_now, was = {m[0] for m in mentions}, {m[0] for m in before.mentions}
    return Change(
        before.article_id, before.url, before.outlet, "changed", now["title"], past["title"], len(now["text"] or ""),
        len(past["text"] or ""), now["published"], past["published"], fields, tuple(sorted(is_now - was)),
        tuple(sorted(was - is_now)),
    )  # fmt: skip


def _known_still(now: dict[str, Any], past: dict[str, Any]) -> dict[str, Any]:
    """Return ``now`` with what only a source could say, and says no more: it may have gone out of sources.yaml."""
    return now | {name: past[name] for name in ("language", "outlet_name") if now[name] is None}


def _as_new(document: Document) -> Change:
    article = document.article
    return Change(
        document.article_id,
        article.url,
        article.outlet,
        "new",
        article.title,
        characters=len(article.text),
        published=article.published,
        fields=("text",),
        gained=tuple(sorted({mention.initiative_id for mention in document.mentions})),
    )


def _grouping(con: Connection, document: Document, before: Current) -> str:
    """Return which story the text would join by now, when that is another than its own; stories are never changed."""
    if before.story_id is None or document.fingerprint.text_hash == before.text_hash:
        return ""
    (choice,) = choose([document], _Others(con, document.article_id))
    if choice.story_id in (before.story_id, document.article_id):
        return ""
    return f"by its text of today it would join story {choice.story_id} ({choice.reason}, {choice.score:.2f})"


class _Others:
    """Stored neighbours of an article as if it were not stored itself."""

    def __init__(self, con: Connection, article_id: int) -> None:
        self._stored, self._own = stories.StoredNeighbours(con), article_id

    def of(self, fingerprints: Sequence[Fingerprint]) -> list[list[Candidate]]:
        return self._stored.of(fingerprints)

    def stories(self, article_ids: Sequence[int]) -> dict[int, int]:
        return self._stored.stories([one for one in article_ids if one != self._own])


def _write(con: Connection, batch: Sequence[_Reading], report: ReplayReport, run_id: str, now: datetime) -> None:
    """Write what the batch changes, in the open window."""
    changed = _compare(con, batch, report)
    again = [one.document for one, change in changed if change.what == "changed" and one.document is not None]
    if again:
        rereads.put(con, again)
        report.mentions += evidence.replace(con, again, now, run_id)[0]
    fresh = {one.page.item.url: one.document for one, change in changed if change.what == "new" and one.document}
    if fresh:
        report.mentions += load(con, Batch(tuple(fresh.values()), ()), run_id, now).mentions
        there = rereads.stored(con, [document.article_id for document in fresh.values()])
        pages.led_to(con, {url: one.article_id for url, one in fresh.items() if one.article_id in there})
    report.written += len(again) + len(fresh)
    pages.read_again(con, [one.read for one in batch if pages.gave(one.read) != one.page.gave])
