"""Load archives of saved pages as history, streamed through the same extraction as a pass.

Page by page from disk to the warehouse with flat memory; what is stored already is not read again. It never fetches:
history that has to be fetched is found by `flows.backfill_gdelt`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from pathlib import Path

from extractors.archives import entries
from extractors.language import language_of
from extractors.seeds import SeedText
from extractors.urls import canonical, outlet_of
from extractors.workers import Failure, Workers
from flows.history import SOURCE, BackfillReport, History, Window
from flows.jobs import Job, Worked
from flows.work import Worker
from records.article import Access, Article, Origin, Page
from records.document import Batch, Document
from records.ids import article_id, content_hash
from records.mention import Initiative
from records.site import SiteRule
from records.source import Source
from warehouse import backfill

_ASKED_AT_ONCE = 500  # entries of which the warehouse is asked together whether it has them: their pages fit in 50 MB


@dataclass(frozen=True, slots=True)
class Entry:
    """One page or text of an archive on its way through a process, and when it was saved."""

    work: Job | Article
    captured: datetime | None = None


class Reader:
    """Does the work of one process on entries: pages are cut out, texts are read as they are."""

    def __init__(self, initiatives: Sequence[Initiative], sites: Sequence[SiteRule] = ()) -> None:
        self._worker = Worker(initiatives, sites)

    def __call__(self, entry: Entry) -> Worked:
        """Return what ``entry`` gave."""
        if isinstance(entry.work, Article):
            return self._worker.read(entry.work.url, entry.work)
        return self._worker(entry.work)


def load_archive(history: History, path: Path, window: Window) -> BackfillReport:
    """Load the articles of an archive or a folder (`extractors.archives`) as history.

    Loading it again reads only what is not stored yet. A run that was stopped, or killed, goes on where it was.

    Raises:
        ParseError: there is nothing that can be read at ``path``.
        WarehouseError: the warehouse refuses; what was loaded before stays.
    """
    # An archive that is none is refused before anything is noted.
    skipped: Counter[str] = Counter()
    found = entries(path, skipped, max_bytes=history.configuration.settings.network.max_page_bytes)
    first = next(found, None)
    history.begin()
    history.report.skipped = skipped
    history.onlooker.begins(f"Reading {path.name}", None)
    if first is not None:
        _load_entries(history, chain([first], found), window)
    return history.finish()


def _load_entries(history: History, found: Iterator[Page | SeedText], window: Window) -> None:
    report, limits = history.report, history.configuration.settings.limits
    documents: list[Document] = []
    with Workers(
        Reader,
        (history.configuration.initiatives, history.configuration.sites),
        processes=limits.workers or None,
        deadline=limits.page_deadline.total_seconds(),
    ) as workers:
        for entry, worked in workers.stream(_unknown(history, found, window)):
            document = _judged(history, entry, worked, window)
            if document is not None:
                documents.append(document)
            if len(documents) >= limits.batch:
                history.load(Batch(tuple(documents), ()))
                documents = []
            history.onlooker.moves(report.read, f"{report.loaded.stored} articles, {report.loaded.mentions} mentions")
    if documents:
        history.load(Batch(tuple(documents), ()))


def _unknown(history: History, found: Iterator[Page | SeedText], window: Window) -> Iterator[Entry]:
    """Yield the entries that are not stored yet and can be wanted."""
    waiting: list[Entry] = []
    size = 0
    for one in found:
        if history.stop.is_set():
            return
        history.report.read += 1
        entry = _entry(one)
        if not window.may_hold(entry.captured):
            history.report.outside += 1
            continue
        waiting.append(entry)
        size += len(one.body) if isinstance(one, Page) else len(one.text)
        if len(waiting) >= _ASKED_AT_ONCE or size > 50_000_000:
            yield from _not_stored(history, waiting)
            waiting, size = [], 0
    yield from _not_stored(history, waiting)


def _not_stored(history: History, waiting: list[Entry]) -> Iterator[Entry]:
    keys = [article_id(canonical(entry.work.url)) for entry in waiting]
    with history.warehouse.writing() as con:
        there = backfill.stored(con, keys)
    for entry, key in zip(waiting, keys, strict=True):
        if entry.work.url and key in there:
            history.report.known += 1
        else:
            yield entry


def _entry(one: Page | SeedText) -> Entry:
    if isinstance(one, Page):
        return Entry(Job(one.url, one.final_url, one.body, one.content_type), one.fetched_at)
    return Entry(
        Article(
            url=one.url or "",
            title=one.title or "",
            text=one.text,
            published=one.published,
            published_from="text" if one.published else None,
            published_raw=one.published_raw,
            language=language_of(one.text, one.language),
            outlet=outlet_of(one.url or "") or one.outlet or "",
            outlet_name=one.outlet,
            extractor="row",
            raw_hash=one.sha256 or content_hash(one.text.encode()),
        )
    )


_NO_ARTICLE = {Access.STUB: "only a stub of the article", Access.CONSENT: "a consent page"}


def _judged(history: History, entry: Entry, worked: Worked | Failure, window: Window) -> Document | None:
    """Return the document to load, or None and count why there is none."""
    if isinstance(worked, Failure):
        history.report.skipped[f"a page that could not be read: {worked.reason}"[:200]] += 1
    elif worked.fingerprint is None:
        history.report.skipped[_NO_ARTICLE.get(worked.article.access, "no article in the page")] += 1
    elif not window.holds(worked.article.published, entry.captured):
        history.report.outside += 1
    else:
        return _document(worked, history.source, history.clock())
    return None


def _document(worked: Worked, source: Source | None, now: datetime) -> Document:
    article = worked.article
    assert worked.fingerprint is not None  # noqa: S101 - the caller has looked
    # What names no address is one article by its words: the same page in two files is loaded once.
    address = article.canonical_url or article.url
    key = canonical(address) if address else f"{SOURCE}:{worked.fingerprint.text_hash:x}"
    language = article.language or (source.language if source else None)
    outlet = (source.outlet if source else None) or article.outlet
    return Document(
        article_id=article_id(key),
        url_key=key,
        article=replace(article, url=article.url or key, outlet=outlet, language=language),
        fingerprint=worked.fingerprint,
        mentions=worked.mentions,
        figures=worked.figures,
        source=source.id if source else SOURCE,
        origin=Origin.BACKFILL,
        seen_at=now,
        url=article.url or key,
        country=source.country if source else None,
        tier=source.tier if source else None,
    )
