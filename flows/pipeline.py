"""One pass of the whole pipeline, in plain Python.

    sync -> poll sources -> note URLs -> fetch -> work on pages -> load -> summarise first looks -> publish -> deliver

It calls and does not decide; the rules live in the packages it calls. It knows nothing of Prefect: `flows.monitor`
wraps it, and `govwatch run` calls it as it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TextIO

from alerts.content import found_item
from alerts.sources import notice as source_notice
from config.load import Configuration
from extractors.http import Fetcher
from extractors.pace import Leases
from extractors.robots import RobotsCache
from extractors.selection import Bounds
from extractors.workers import Workers
from flows.clock import Clock, utc_now
from flows.collect import Collector, within_budget
from flows.delivery import deliver
from flows.discover import Discoverer, Polled, with_new_items
from flows.facts import load_facts
from flows.following import Follower
from flows.housekeeping import forget_pages
from flows.jobs import LOCAL, WORKER, Chunks, Job, Pool, Worked
from flows.loading import keep, load
from flows.policy import policy_of
from flows.report import Nobody, PassReport, SourceLine, Watch
from flows.secrecy import mask, shown
from records.alert import Occasion
from records.article import Outcome, UrlOutcome
from records.document import Batch
from records.errors import GovwatchError, WarehouseLocked
from records.source import Source
from warehouse import articles, first_look, frontier, health, outlet_lines, runs, sources
from warehouse.database import Connection, Warehouse
from warehouse.frontier import Due
from warehouse.outbox import queue, queue_summary
from warehouse.sources import PollState, Tracked

_MOST_DUE = 50_000  # URLs taken in one pass: their rows fit in 50 MB; the rest waits for the next
_POLLS_AT_ONCE = 200  # polls whose results are committed together: a window costs as much as noting thirty of them
_ITEMS_AT_ONCE = 5_000  # discoveries, the same: a sitemap may bring 50,000


def tracked(configuration: Configuration) -> list[Tracked]:
    """Return the initiatives as the warehouse shows them; the rules themselves stay in the configuration."""
    return [
        Tracked(
            one.id,
            one.name,
            one.kind,
            tuple([alias.text for alias in one.aliases] + [near.text for near in one.nears]),
            one.alerts.value,
        )
        for one in configuration.initiatives
    ]


def local_pool(configuration: Configuration) -> Workers[Job, Worked]:
    """Return the processes of this machine that work on pages."""
    limits = configuration.settings.limits
    return Workers(
        WORKER,
        (configuration.initiatives, configuration.sites),
        processes=limits.workers or None,
        deadline=limits.page_deadline.total_seconds(),
    )


async def plainly(_name: str, step: Callable[..., Awaitable[None]], *arguments: object) -> None:
    """Run a step as it is."""
    await step(*arguments)


Step = Callable[..., Awaitable[None]]


@dataclass(slots=True)
class Pass:
    """One pass: make it, `run` it once.

    Attributes:
        configuration: valid as a whole.
        warehouse: where everything is kept.
        clock: gives the time in UTC.
        watch: who looks on.
        stop: set it to end the pass early: pages that have come are loaded, the rest waits.
        out: of console channels; standard output when not given.
        step: runs one of the two long steps by its name; the flow makes it a task of Prefect's.
        robots: rules of sites to share between passes of one process, so that each site is asked once a day.
        pool: makes who works on pages; processes of this machine when not given.
        chunks: how pages are put together for the pool.
        leases: what keeps workers on several machines from asking one host at a time; None for one machine.
    """

    configuration: Configuration
    warehouse: Warehouse
    clock: Clock = utc_now
    watch: Watch = field(default_factory=Nobody)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    step: Step = plainly
    out: TextIO | None = None
    robots: RobotsCache | None = None
    pool: Callable[[Configuration], Pool] | None = None
    chunks: Chunks = LOCAL
    leases: Leases | None = None
    report: PassReport = field(init=False)

    async def run(self, only: Sequence[str] = (), *, all_sources: bool = True) -> PassReport:
        """Run it and return what it did.

        Args:
            only: ids of sources; empty means every source that is enabled.
            all_sources: poll sources that are not due yet, too: what somebody who types a command wants.

        Raises:
            WarehouseError: the warehouse cannot be opened or written; what was found so far stays pending or loaded.
        """
        for name in ("httpx", "httpcore"):
            logging.getLogger(name).setLevel(logging.WARNING)  # they log every request at INFO
        started = self.clock()
        self.report = PassReport(f"{started:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}", started)
        self.watch.began(self.report.run_id)
        try:
            await self._run(only, all_sources=all_sources)
        except Exception as error:
            await asyncio.to_thread(self._failed, error)
            raise
        self.watch.ended(self.report)
        return self.report

    async def _run(self, only: Sequence[str], *, all_sources: bool) -> None:
        due = await asyncio.to_thread(self._begin, only, all_sources=all_sources)
        with _deadline(self.stop, self.configuration.settings.limits.pass_deadline):
            policy = policy_of(self.configuration)
            async with Fetcher(policy, now=self.clock, robots=self.robots, leases=self.leases) as fetcher:
                with self._workers() as workers:
                    with self._timed("discover"):
                        await self.step("discover", self._discover, fetcher, due, workers)
                    with self._timed("collect"):
                        await self.step("collect", self._collect, fetcher, only, workers)
                    if not only:  # who asks for single sources wants nothing else to be fetched
                        await self.step("follow_up", self._follow_up, fetcher, workers)
        await asyncio.to_thread(self._finish)

    def _failed(self, error: Exception) -> None:
        """Say in `runs` why the pass ended, where that can be written; else the next one calls it interrupted."""
        if isinstance(error, WarehouseLocked):  # it would only wait once more
            return
        with contextlib.suppress(GovwatchError), self.warehouse.writing() as con:
            said = mask(f"{type(error).__name__}: {error}")[:500]
            runs.finish(con, self.report.run_id, self.clock(), "failed", self.report.counts(), said)

    @contextlib.contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        """Add what the block takes to the report's seconds of ``stage``."""
        began = self.clock()
        try:
            yield
        finally:
            spent = (self.clock() - began).total_seconds()
            self.report.seconds[stage] = self.report.seconds.get(stage, 0.0) + spent

    # ---- the steps, in their order ----

    def _begin(self, only: Sequence[str], *, all_sources: bool) -> list[tuple[Source, PollState]]:
        """Make the tables say what is configured, and return the sources to poll with their state."""
        wanted = {source.id: source for source in self.configuration.sources if source.enabled}
        with self.warehouse.writing() as con:
            runs.start(con, self.report.run_id, self.report.started)
            sources.sync(con, shown(self.configuration.sources), self.report.started)
            sources.sync_initiatives(con, tracked(self.configuration), self.report.started)
            load_facts(con, self.configuration.seeds, self.report.started, self.report.run_id)
            states = sources.states(con)
        chosen = [wanted[name] for name in only if name in wanted] if only else list(wanted.values())
        due = [(one, states[one.id]) for one in chosen if all_sources or states[one.id].due(self.report.started)]
        self.report.not_due = len(chosen) - len(due)
        return due

    async def _discover(self, fetcher: Fetcher, due: Sequence[tuple[Source, PollState]], workers: Pool) -> None:
        self.watch.polling(len(due))
        limits, network = self.configuration.settings.limits, self.configuration.settings.network
        bounds = Bounds(limits.first_look_pages, limits.first_look_age, limits.catch_up_age)
        discoverer = Discoverer(fetcher, bounds, network.max_feed_bytes, self.clock, self.stop)
        waiting: list[Polled] = []
        async for polled in discoverer.polls(due):
            self.watch.polled(polled)
            waiting.append(polled)
            if polled.first_look and polled.discoveries:
                # There will be pages: the processes start while the other sources are polled.
                workers.warm()
            items = sum(len(one.discoveries) for one in waiting)
            if len(waiting) >= _POLLS_AT_ONCE or items >= _ITEMS_AT_ONCE:
                await asyncio.to_thread(self._note, waiting, workers)
                waiting = []
        if waiting:
            await asyncio.to_thread(self._note, waiting, workers)

    def _note(self, polled: Sequence[Polled], workers: Pool) -> None:
        """Commit what polls found together with their validators."""
        with self.warehouse.writing() as con:
            found = [discovery for one in polled for discovery in one.discoveries]
            noted = frontier.discovered(con, found, self.clock())
            new = noted.new_by_source
            sources.record_polls(con, list(with_new_items(polled, new)), self.report.run_id)
        if noted.pending:
            workers.warm()
        for one in polled:
            moved = f"moved for good to {one.poll.moved_to}: put that into sources.yaml" if one.poll.moved_to else ""
            line = SourceLine(one.source.id, one.poll.outcome.value, one.poll.reason or moved, one.poll.items)
            line.new, line.first_look = new.get(one.source.id, 0), one.first_look
            outcomes = [discovery.outcome for discovery in one.discoveries]
            line.passed_over = outcomes.count(Outcome.PASSED_OVER)
            line.over_budget = outcomes.count(Outcome.OVER_BUDGET)
            self.report.sources[one.source.id] = line

    async def _collect(self, fetcher: Fetcher, only: Sequence[str], workers: Pool) -> None:
        limits, network = self.configuration.settings.limits, self.configuration.settings.network
        by_id = {source.id: source for source in self.configuration.sources}
        due, repeated = await asyncio.to_thread(self._due, only)
        taken = list(within_budget(due, limits.pages_per_source, by_id))
        self.watch.fetching(len(taken))
        collector = Collector(
            fetcher,
            workers,
            self._load,
            by_id,
            batch=limits.batch,
            max_bytes=network.max_page_bytes,
            catch_up_age=limits.catch_up_age,
            clock=self.clock,
            stop=self.stop,
            keep=self.configuration.settings.retention.pages is not None,
            chunks=self.chunks,
            repeated=repeated,
            on_page=self._page,
        )
        await collector.run(taken)
        self.report.waiting = len(due) - self.report.pages

    async def _follow_up(self, fetcher: Fetcher, workers: Pool) -> None:
        """Look again at articles that were alerted."""
        limits, network = self.configuration.settings.limits, self.configuration.settings.network
        follower = Follower(
            fetcher,
            workers,
            self.warehouse,
            self.clock,
            self.stop,
            self.report.run_id,
            max_bytes=network.max_page_bytes,
            most=limits.follow_ups,
        )
        await follower.run()
        self.report.follow_ups, self.report.corrections = follower.looked, follower.told

    def _due(self, only: Sequence[str]) -> tuple[list[Due], dict[str, dict[int, int]]]:
        """Return the URLs to fetch, and the lines that outlets repeat; both in one window, which costs 15 ms each."""
        with self.warehouse.writing() as con:
            due = frontier.due(con, self.clock(), _MOST_DUE, list(only) or None)
            return due, outlet_lines.repeated(con) if due else {}

    def _workers(self) -> Pool:
        return self.pool(self.configuration) if self.pool else local_pool(self.configuration)

    def _page(self, due: Due, outcome: UrlOutcome) -> None:
        if outcome.outcome is Outcome.PENDING:
            return  # put back untried: it waits for the next pass
        self.report.pages += 1
        line = self.report.sources.setdefault(due.item.source, SourceLine(due.item.source))
        if outcome.outcome is Outcome.FETCHED:
            line.fetched += 1
        else:
            line.failed += 1
        self.watch.page(due, outcome)

    async def _load(self, batch: Batch) -> None:
        loaded = await asyncio.to_thread(self._load_now, batch)
        self.report.add(loaded)
        self.watch.loaded(loaded)

    def _load_now(self, batch: Batch) -> articles.LoadReport:
        batch, why_not = keep(self.warehouse, batch, self.clock())
        self.report.unkept = why_not or self.report.unkept
        with self.warehouse.writing() as con:
            return load(con, batch, self.report.run_id, self.clock())

    def _queue_messages(self) -> None:
        """Queue what is told beside the news, each in the window that notes it as told."""
        with self.warehouse.writing() as con:
            self._summarise(con)
            self._tell_operators(con)

    def _summarise(self, con: Connection) -> None:
        """Queue one summary of what the first looks that are over have found, and note that it is told."""
        looked = first_look.ready(con)
        if not looked:
            return
        found = first_look.found(con, looked)
        count = len({one.mention.initiative_id for one in found})
        items = [(one.mention, found_item(one.mention, one.initiative, one.outlets)) for one in found]
        queue_summary(
            con,
            self.configuration.alerts,
            key=f"first_look/{self.report.run_id}",
            heading=f"First look at {len(looked)} sources: {len(found)} stories on {count} initiatives",
            found=items,
            now=self.clock(),
        )
        first_look.told(con, looked, self.clock())
        self.report.first_looks = len(looked)

    def _tell_operators(self, con: Connection) -> None:
        """Queue one message on the sources that fell ill or got well, and note what was told."""
        operators = [one.name for one in self.configuration.alerts.subscriptions if one.operator]
        if not operators:
            return
        notice = source_notice(health.conditions(con))
        if notice is not None:
            key = f"sources/{self.report.run_id}"
            for name in operators:
                queue(con, name, key, Occasion.NOTICE, self.clock(), notice.heading, notice.items)
        health.told(con, notice.told if notice else {}, self.clock())

    def _finish(self) -> None:
        """Queue what is told beside the news, give analysts what is new, tell the subscribers, close the books."""
        self._queue_messages()
        with self._timed("publish"):
            if self.report.articles:  # analysts may look while the messages go out; without news a copy is for nobody
                self.warehouse.publish()
        with self._timed("deliver"):
            self.report.delivered = deliver(self.configuration, self.warehouse, self.clock, self.out)
        forget_pages(self.configuration, self.warehouse, self.clock())
        self.report.ended = self.clock()
        if self.stop.is_set():
            self.report.state = "stopped"
        elif self.report.sources and len(self.report.failing) == len(self.report.sources):
            self.report.state = "nothing"
        with self.warehouse.writing() as con:
            runs.finish(con, self.report.run_id, self.report.ended, self.report.state, self.report.counts())
        self.warehouse.publish()


@contextlib.contextmanager
def _deadline(stop: asyncio.Event, after: timedelta) -> Iterator[None]:
    """Set ``stop`` when the time is over."""
    timer = asyncio.get_running_loop().call_later(after.total_seconds(), stop.set)
    try:
        yield
    finally:
        timer.cancel()
