"""Find history in GDELT's Article List: one small file a minute names every article that GDELT saw.

Of what the files name, what is on topic goes into the frontier as history, and is fetched politely like everything
else. Files that were read before are not read again; what a run leaves, the next run or pass takes up.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from datetime import datetime

from config.load import Configuration
from extractors import kinds
from extractors.gdelt import minute_files
from extractors.http import Fetcher, Request
from extractors.topic import matches_topic
from extractors.urls import canonical
from extractors.workers import Workers
from flows.collect import Collector
from flows.history import BackfillReport, History
from flows.policy import policy_of
from flows.work import Worker
from records.article import Discovery, FeedItem, FetchFailed, FetchResult, Origin, Outcome, Page, UrlOutcome
from records.document import Batch
from records.errors import GovwatchError, ParseError
from records.source import Source
from warehouse import backfill, frontier, outlet_lines
from warehouse.backfill import ListRead
from warehouse.frontier import Due

_NOTED_TOGETHER = 50  # files whose URLs are committed together: a kill costs less than a minute of reading
_MOST_DUE = 20_000  # URLs taken at a time


def source_for(configuration: Configuration, name: str | None) -> Source:
    """Return the source that says which articles of GDELT are wanted: the one of that id, else the first that can.

    It may be switched off: then it is a template, whose URL says where the files lie and whose topic says what counts.

    Raises:
        GovwatchError: there is none, or it has no keywords (GDELT names a hundred thousand articles an hour).
    """
    fitting = [one for one in configuration.sources if one.kind == "gdelt" and one.url.endswith(".gal.json.gz")]
    chosen = next((one for one in fitting if name in (None, one.id)), None)
    if chosen is None:
        known = ", ".join(one.id for one in fitting) or "none is configured"
        wanted = f"'{name}' is no source of GDELT's Article List" if name else "no source says what is wanted of GDELT"
        raise GovwatchError(f"{wanted}; sources.yaml needs one of kind gdelt with a .gal.json.gz URL (there: {known})")
    if not chosen.keywords:
        raise GovwatchError(f"'{chosen.id}' has no keywords: everything in the world would be fetched; give it a topic")
    return chosen


def list_files(source: Source, since: datetime, until: datetime) -> list[str]:
    """Return the addresses of the minute files of a window, at the place where the source's own URL lies."""
    folder = source.url.rpartition("/")[0]
    return [f"{folder}/{url.rpartition('/')[2]}" for url in minute_files(since, until)]


async def load_gdelt(history: History, since: datetime, until: datetime, *, again: bool = False) -> BackfillReport:
    """Read the minute files from ``since`` to before ``until``, fetch what they name on topic, and load it.

    Args:
        history: with a source of `source_for`.
        since: in UTC.
        until: in UTC.
        again: read files that were read before, too: after the topic was widened.

    Raises:
        WarehouseError: the warehouse refuses; what was loaded before stays, and what was found is still to be fetched.
    """
    assert history.source is not None  # noqa: S101 - `source_for` gave it
    await asyncio.to_thread(history.begin)
    async with Fetcher(policy_of(history.configuration), now=history.clock) as fetcher:
        await _read_lists(history, history.source, fetcher, list_files(history.source, since, until), again=again)
        await _fetch(history, history.source, fetcher)
    return await asyncio.to_thread(history.finish)


# ---- the files ------------------------------------------------------------------------------------------------------


async def _read_lists(history: History, source: Source, fetcher: Fetcher, files: Sequence[str], *, again: bool) -> None:
    with history.warehouse.writing() as con:
        read = set() if again else backfill.lists_read(con, source.id)
    todo = [url for url in files if url not in read]
    report = history.report
    report.lists_known = len(files) - len(todo)
    history.onlooker.begins("Reading GDELT's lists", len(todo))
    most = history.configuration.settings.network.max_feed_bytes
    requests = [Request(url, max_bytes=most, robots=source.robots) for url in todo]
    waiting: list[tuple[ListRead, list[Discovery]]] = []
    async with contextlib.aclosing(fetcher.fetch_many(requests)) as results:
        done = 0
        async for result in results:
            done += 1
            found = await asyncio.to_thread(_listed, history, source, result)
            if found is not None:
                waiting.append(found)
            if len(waiting) >= _NOTED_TOGETHER:
                await asyncio.to_thread(_note, history, source, waiting)
                waiting = []
            history.onlooker.moves(done, f"{report.wanted} of {report.items} on topic")
            if history.stop.is_set():
                break
    await asyncio.to_thread(_note, history, source, waiting)


def _listed(history: History, source: Source, result: FetchResult) -> tuple[ListRead, list[Discovery]] | None:
    """Return what one file names, or None and count why it names nothing."""
    report = history.report
    if isinstance(result, FetchFailed) and result.outcome is Outcome.GONE:
        report.lists_missing += 1  # minutes in which nothing was seen have no file
        return None
    if not isinstance(result, Page):
        report.skipped[f"a list that did not come: {getattr(result, 'reason', 'not modified')}"[:200]] += 1
        return None
    try:
        items = kinds.read(source, result, result.fetched_at).items
    except ParseError as error:
        report.skipped[f"a list that cannot be read: {error}"[:200]] += 1
        return None
    wanted = [item for item in items if matches_topic(item, source.keywords)]
    report.lists += 1
    report.items += len(items)
    report.wanted += len(wanted)
    read = ListRead(result.url, len(items), len(wanted), result.status, len(result.body), result.fetched_at)
    return read, [_discovery(item) for item in wanted]


def _discovery(item: FeedItem) -> Discovery:
    return Discovery(item, canonical(item.url), origin=Origin.BACKFILL)


def _note(history: History, source: Source, waiting: Sequence[tuple[ListRead, list[Discovery]]]) -> None:
    """Commit what files name together with the note that they were read: a kill between the two hides nothing."""
    if not waiting:
        return
    with history.warehouse.writing() as con:
        found = [discovery for _, discoveries in waiting for discovery in discoveries]
        history.report.new += frontier.discovered(con, found, history.clock()).new
        backfill.note_lists(con, source.id, [read for read, _ in waiting], history.report.run_id)


# ---- the articles ---------------------------------------------------------------------------------------------------


async def _fetch(history: History, source: Source, fetcher: Fetcher) -> None:
    limits = history.configuration.settings.limits
    report = history.report
    tried: set[str] = set()
    stop = asyncio.Event()

    def on_page(_due: Due, outcome: UrlOutcome) -> None:
        report.read += 1
        if outcome.outcome is not Outcome.FETCHED:
            report.skipped[outcome.reason or outcome.outcome.value] += 1
        history.onlooker.moves(report.read, f"{report.loaded.stored} articles, {report.loaded.mentions} mentions")
        if history.stop.is_set():
            stop.set()

    async def load(batch: Batch) -> None:
        await asyncio.to_thread(history.load, batch)

    with Workers(
        Worker,
        (history.configuration.initiatives, history.configuration.sites),
        processes=limits.workers or None,
        deadline=limits.page_deadline.total_seconds(),
    ) as workers:
        while not history.stop.is_set():
            due = list(_due(history, source, tried))
            if not due:
                break
            history.onlooker.begins("Fetching pages", len(due) + report.read)
            tried |= {one.url for one in due}
            with history.warehouse.writing() as con:
                repeated = outlet_lines.repeated(con)
            await Collector(
                fetcher,
                workers,
                load,
                {source.id: source},
                batch=limits.batch,
                max_bytes=history.configuration.settings.network.max_page_bytes,
                catch_up_age=limits.catch_up_age,
                clock=history.clock,
                stop=stop,
                keep=history.configuration.settings.retention.pages is not None,
                repeated=repeated,
                on_page=on_page,
            ).run(due)
    with history.warehouse.writing() as con:
        report.waiting = sum(1 for _ in _history_of(frontier.due(con, history.clock(), _MOST_DUE, [source.id])))


def _due(history: History, source: Source, tried: set[str]) -> Iterator[Due]:
    """Yield the URLs of the source's history that are due and were not tried in this run."""
    with history.warehouse.writing() as con:
        due = frontier.due(con, history.clock(), _MOST_DUE, [source.id])
    yield from (one for one in _history_of(due) if one.url not in tried)


def _history_of(due: Sequence[Due]) -> Iterator[Due]:
    return (one for one in due if one.origin is Origin.BACKFILL)
