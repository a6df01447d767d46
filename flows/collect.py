"""The second half of a pass: fetch the pages that are due, extract them, load them in batches.

Three stages run beside each other with short queues between them, so that memory stays flat however many pages there
are: fetching (many at once, paced by host), work on pages (processes), loading (one transaction after the other).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeVar

from extractors.http import Fetcher, Request
from extractors.outlet_lines import lines_of
from extractors.urls import canonical, outlet_of
from extractors.workers import Failure
from flows.clock import Clock
from flows.jobs import LOCAL, Chunks, Job, Pool, Worked
from records.article import Access, FetchFailed, FetchResult, Outcome, Page, UrlOutcome
from records.document import Batch, Document
from records.errors import GovwatchError
from records.ids import article_id
from records.page import ReadPage
from records.source import Source
from warehouse.frontier import Due
from warehouse.packs import pack

T = TypeVar("T")
Load = Callable[[Batch], Awaitable[None]]
_Result = tuple[UrlOutcome, Document | None, ReadPage | None]

_FETCHED_AHEAD = 32  # pages that wait for a process
_FATAL_TRIES = 4  # of a page that took its process with it: after 15 minutes, an hour, four hours
_BATCH_AGE = 10.0  # seconds after which a batch that is not full is loaded all the same


@dataclass(slots=True)
class Collector:
    """Takes URLs that are due to articles that are loaded.

    Attributes:
        fetcher: the network reader.
        workers: processes that run `flows.work.Worker`, here or on other machines.
        load: stores one batch; it is awaited before the next one begins.
        sources: by id, for what they say of their outlet.
        batch: articles in one transaction.
        max_bytes: of one page, decompressed.
        catch_up_age: articles published longer ago than this may only go into digests.
        clock: gives the time in UTC.
        keep: whether the bytes of pages are kept, to be read again some day.
        chunks: how pages are put together for ``workers``.
        repeated: for each outlet the lines that it repeats from page to page (`warehouse.outlet_lines.repeated`).
        stop: once set, no page is fetched any more (those under way stay pending); what has come is loaded.
        on_page: called after each page, for progress.
    """

    fetcher: Fetcher
    workers: Pool
    load: Load
    sources: Mapping[str, Source]
    batch: int
    max_bytes: int
    catch_up_age: timedelta
    clock: Clock
    stop: asyncio.Event
    keep: bool = False
    chunks: Chunks = LOCAL
    repeated: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    on_page: Callable[[Due, UrlOutcome], None] = lambda _due, _outcome: None
    _pages: asyncio.Queue[tuple[Due, FetchResult] | None] = field(init=False)
    _results: asyncio.Queue[_Result | None] = field(init=False)

    async def run(self, due: Sequence[Due]) -> None:
        """Fetch, work on and load every URL of ``due``.

        Raises:
            WarehouseError: a batch could not be loaded; its URLs stay as they were.
        """
        self._pages = asyncio.Queue(maxsize=_FETCHED_AHEAD)
        self._results = asyncio.Queue(maxsize=self.batch * 2)
        try:
            async with asyncio.TaskGroup() as stages:
                stages.create_task(self._fetch_all(due))
                stages.create_task(self._work_all())
                stages.create_task(self._load_all())
        except* GovwatchError as group:
            # The first one is the cause; the others are its echoes in the other stages.
            raise _cause(group) from None

    # ---- fetching ----

    async def _fetch_all(self, due: Sequence[Due]) -> None:
        by_url = {one.url: one for one in due}
        requests = [Request(url, max_bytes=self.max_bytes, expect="html") for url in by_url]
        async with contextlib.aclosing(self.fetcher.fetch_many(requests)) as results:
            async for result in results:
                await self._pages.put((by_url[result.url], result))
                if self.stop.is_set():
                    break
        await self._pages.put(None)

    # ---- work on pages ----

    async def _work_all(self) -> None:
        slots = asyncio.Semaphore(self.workers.processes * 2)

        async def work(pages: list[tuple[Due, Page]]) -> None:
            try:
                await self._work(pages)
            finally:
                slots.release()

        async with asyncio.TaskGroup() as tasks:
            async for chunk in self._in_chunks():
                await slots.acquire()
                tasks.create_task(work(chunk))
        await self._results.put(None)

    async def _in_chunks(self) -> AsyncIterator[list[tuple[Due, Page]]]:
        """Yield the pages that come; what is no page has its outcome already.

        A short chunk goes when nothing waits behind it and its patience is over: the last pages must not idle.
        """
        loop = asyncio.get_running_loop()
        chunk: list[tuple[Due, Page]] = []
        leaves = 0.0
        while True:
            short = bool(chunk) and self._pages.empty()
            if len(chunk) >= self.chunks.pages or (short and loop.time() >= leaves):
                yield chunk
                chunk = []
                continue
            try:
                async with asyncio.timeout_at(leaves if short else None):
                    came = await self._pages.get()
            except TimeoutError:
                continue
            if came is None:
                break
            one, result = came
            if not isinstance(result, Page):
                await self._finish(one, _outcome_of(one, result))
                continue
            leaves = leaves if chunk else loop.time() + self.chunks.patience
            chunk.append((one, result))
        if chunk:
            yield chunk

    async def _work(self, pages: list[tuple[Due, Page]]) -> None:
        jobs = [
            Job(
                due.url,
                page.final_url,
                page.body,
                page.content_type,
                due.item.title,
                due.item.published,
                due.item.language,
                repeated=self.repeated.get(outlet_of(page.final_url), {}),
            )
            for due, page in pages
        ]
        for (due, page), worked in zip(pages, await self.workers.submit(jobs), strict=True):
            await self._settle(due, page, worked)

    async def _settle(self, due: Due, page: Page, worked: Worked | Failure) -> None:
        base = UrlOutcome(
            due.url,
            Outcome.FETCHED,
            page.fetched_at,
            status=page.status,
            bytes=len(page.body),
            elapsed=page.elapsed,
            source=due.item.source,
        )
        if isinstance(worked, Failure):
            # A busy machine or a fault of ours may have cost the page its time: it is no verdict on the page. One that
            # costs a process its life each time is not asked for again and again all month.
            reason = f"the page could not be read: {worked.reason}"
            tries = _FATAL_TRIES if worked.fatal else None
            await self._finish(due, replace(base, outcome=Outcome.FAILED, reason=reason, most_tries=tries))
        elif worked.fingerprint is None:
            read = await self._read(due, page, worked, None)
            await self._finish(due, replace(base, outcome=Outcome.NOT_ARTICLE, reason=_why_not(worked)), read=read)
        else:
            document = document_of(
                due, page, worked, self.sources.get(due.item.source), now=self.clock(), catch_up_age=self.catch_up_age
            )
            read = await self._read(due, page, worked, document.article_id)
            await self._finish(due, replace(base, article_id=document.article_id), document, read)

    async def _read(self, due: Due, page: Page, worked: Worked, article: int | None) -> ReadPage:
        read = read_page(due, page, worked, article)
        if not self.keep:
            return read
        # Compressing takes a tenth of what extracting takes, and other threads go on meanwhile.
        packed = await asyncio.to_thread(pack, page.final_url, page.fetched_at, page.content_type, page.body)
        return replace(read, packed=packed)

    async def _finish(
        self, due: Due, outcome: UrlOutcome, document: Document | None = None, read: ReadPage | None = None
    ) -> None:
        self.on_page(due, outcome)
        await self._results.put((outcome, document, read))

    # ---- loading ----

    async def _load_all(self) -> None:
        loop = asyncio.get_running_loop()
        outcomes: list[UrlOutcome] = []
        documents: list[Document] = []
        pages: list[ReadPage] = []
        begun = loop.time()
        async for outcome, document, read in _drain(self._results):
            if not outcomes:
                begun = loop.time()
            outcomes.append(outcome)
            if document is not None:
                documents.append(document)
            if read is not None:
                pages.append(read)
            full = len(documents) >= self.batch or len(outcomes) >= self.batch * 4
            if full or loop.time() - begun > _BATCH_AGE:
                await self.load(Batch(tuple(documents), tuple(outcomes), tuple(pages)))
                outcomes, documents, pages = [], [], []
        if outcomes:
            await self.load(Batch(tuple(documents), tuple(outcomes), tuple(pages)))


def _cause(error: BaseException) -> BaseException:
    """Return the first error inside nested groups of errors."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


async def _drain(queue: asyncio.Queue[T | None]) -> AsyncIterator[T]:
    """Yield from ``queue`` until its end mark."""
    while (element := await queue.get()) is not None:
        yield element


def _outcome_of(due: Due, result: FetchResult) -> UrlOutcome:
    if isinstance(result, FetchFailed):
        return UrlOutcome(
            due.url,
            result.outcome,
            result.fetched_at,
            result.reason,
            status=result.status,
            elapsed=result.elapsed,
            source=due.item.source,
            retry_after=result.retry_after,
        )
    reason = "the server answered 'not modified' to a question without a condition"
    return UrlOutcome(due.url, Outcome.FAILED, result.fetched_at, reason, source=due.item.source)


def _why_not(worked: Worked) -> str:
    kind = {Access.STUB: "only a stub", Access.CONSENT: "a consent page"}.get(worked.article.access, "no article")
    return f"{kind}: {worked.article.access_reason}" if worked.article.access_reason else kind


def read_page(due: Due, page: Page, worked: Worked, article: int | None) -> ReadPage:
    """Return what is noted of a page that was read: what it states itself, not what its source said of it."""
    found = worked.article
    return ReadPage(
        url=due.url,
        final_url=page.final_url,
        source=due.item.source,
        outlet=found.outlet,
        fetched_at=page.fetched_at,
        content_type=page.content_type,
        raw_hash=found.raw_hash,
        size=len(page.body),
        article_id=article,
        access=found.access,
        characters=len(found.text),
        titled=bool(found.title) and not worked.untitled,
        signed=bool(found.authors),
        dated=found.published is not None and found.published_from != "feed",
        extractor=found.extractor,
        lines=worked.lines,
        repeated=tuple(sorted(set(worked.lines).difference(lines_of(found.text)))),
    )


def document_of(
    due: Due, page: Page, worked: Worked, source: Source | None, *, now: datetime, catch_up_age: timedelta
) -> Document:
    """Return what is loaded for one article: what its page says, and what its source says of the outlet."""
    article = worked.article
    key = canonical(article.canonical_url or page.final_url)
    # An aggregator speaks of many outlets: then the page and the item know better.
    direct = source is not None and due.item.outlet is None
    outlet = (source.outlet if direct and source else None) or article.outlet
    # A page that does not name its site is named by its source: "127.0.0.1" tells a reader nothing.
    name = article.outlet_name or (source.name if direct and source else due.item.outlet)
    old = article.published is not None and now - article.published > catch_up_age
    language = article.language or (source.language if source else None)
    return Document(
        article_id=article_id(key),
        url_key=key,
        article=replace(article, outlet=outlet, outlet_name=name, language=language),
        fingerprint=worked.fingerprint,  # type: ignore[arg-type]
        mentions=worked.mentions,
        figures=worked.figures,
        source=due.item.source,
        origin=due.origin,
        seen_at=now,
        url=due.url,
        country=source.country if direct and source else None,
        tier=source.tier if direct and source else None,
        catch_up=due.catch_up or old,
    )


def within_budget(due: Sequence[Due], pages_per_source: int, sources: Mapping[str, Source]) -> Iterator[Due]:
    """Yield the URLs of ``due`` that this pass fetches: at most so many of each source; the rest waits for the next."""
    taken: dict[str, int] = defaultdict(int)
    for one in due:
        name = one.item.source
        source = sources.get(name)
        most = source.max_pages if source and source.max_pages is not None else pages_per_source
        if taken[name] < most:
            taken[name] += 1
            yield one
