"""Alerted articles are looked at again: fetched politely, compared in a process, noted with what readers shall know.

It calls and does not decide. A look that was not noted is due again, so a kill loses nothing; a site that is dead costs
its own articles one look each, and stops nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from alerts.corrections import LOOKS, ONCE_MORE, corrections, next_look
from extractors.http import Fetcher, Request
from extractors.urls import outlet_of
from extractors.workers import Failure
from flows.clock import Clock
from flows.jobs import Job, Pool, Worked
from records.article import FetchFailed, FetchResult, NotModified, Outcome, Page
from records.follow_up import Changes, Check, Finding, Watched
from warehouse import follow_ups, outlet_lines, signals
from warehouse.database import Warehouse

_NOTED_TOGETHER = 25  # looks in one transaction: what a kill makes us look at again
_GONE = 410


@dataclass(slots=True)
class Follower:
    """Looks again at what is due.

    Attributes:
        fetcher: the network reader, with its lanes and paces.
        workers: processes that run `flows.work.Worker`.
        warehouse: where looks are noted.
        clock: gives the time in UTC.
        stop: once set, nothing is fetched any more; the rest stays due.
        run_id: the pass.
        max_bytes: of one page, decompressed.
        most: looks in one pass.
        looked: how many were taken.
        told: signals that they made.
    """

    fetcher: Fetcher
    workers: Pool
    warehouse: Warehouse
    clock: Clock
    stop: asyncio.Event
    run_id: str
    max_bytes: int
    most: int
    looked: int = 0
    told: int = 0
    _repeated: dict[str, dict[int, int]] = field(default_factory=dict, init=False)

    async def run(self) -> None:
        """Take the looks that are due.

        Raises:
            WarehouseError: they could not be noted; they stay due.
        """
        if not self.most:
            return
        due = await asyncio.to_thread(self._begin)
        if not due or self.stop.is_set():
            return
        by_url: dict[str, list[Watched]] = {}
        for one in due:
            by_url.setdefault(one.url, []).append(one)
        requests = [
            Request(url, here[0].etag, here[0].last_modified, self.max_bytes, expect="html")
            for url, here in by_url.items()
        ]
        waiting: list[Check] = []
        async with contextlib.aclosing(self.fetcher.fetch_many(requests)) as results:
            async for result in results:
                waiting += [await self._check(one, result) for one in by_url[result.url]]
                if len(waiting) >= _NOTED_TOGETHER:
                    await asyncio.to_thread(self._note, waiting)
                    waiting = []
                if self.stop.is_set():
                    break
        if waiting:
            await asyncio.to_thread(self._note, waiting)

    def _begin(self) -> list[Watched]:
        with self.warehouse.writing() as con:
            follow_ups.enrol(con, self.clock(), first=LOOKS[0], since=4 * LOOKS[-1])
            self._repeated = outlet_lines.repeated(con, among=True)
            return follow_ups.due(con, self.clock(), self.most)

    def _note(self, checks: Sequence[Check]) -> None:
        now = self.clock()
        with self.warehouse.writing() as con:
            shown = follow_ups.shown(con, [one.watched.article_id for one in checks])
            said = [
                signal
                for one in checks
                for signal in corrections(one, shown.get(one.watched.article_id, {}), now=now, run_id=self.run_id)
            ]
            follow_ups.record(con, checks, self.run_id)
            told = signals.store(con, said, now)
        self.looked += len(checks)
        self.told += told

    async def _check(self, one: Watched, result: FetchResult) -> Check:
        if isinstance(result, NotModified):
            return self._checked(one, Finding.UNCHANGED, "the server says that it is not modified", status=304)
        if isinstance(result, FetchFailed):
            if result.status == _GONE:
                return self._gone(one, result.reason, result.status, sure=True)
            if result.outcome is Outcome.GONE:
                return self._gone(one, result.reason, result.status)
            return self._checked(one, Finding.UNREADABLE, result.reason, status=result.status)
        if _sent_home(one.url, result.final_url):
            return self._gone(one, f"its address leads to {result.final_url}", result.status)
        job = Job(
            one.url, result.final_url, result.body, result.content_type, one.before.title, None, one.before.language,
            before=one.before, repeated=self._repeated.get(outlet_of(result.final_url), {}),
        )  # fmt: skip
        (worked,) = await self.workers.submit([job])
        changes = None if isinstance(worked, Failure) else worked.changes
        lost = changes is None or any(changes.told[name].lost for name in one.told if name in changes.told)
        if lost and not isinstance(worked, Failure) and _elsewhere(one.url, result.final_url):
            return self._gone(one, f"its address leads to another page, {result.final_url}", result.status)
        if isinstance(worked, Failure):
            return self._checked(one, Finding.UNREADABLE, worked.reason, status=result.status)
        if changes is None:
            why = worked.article.access_reason or "it holds no article"
            return self._checked(one, Finding.UNREADABLE, why, status=result.status)
        return self._compared(one, result, worked, changes)

    def _compared(self, one: Watched, page: Page, worked: Worked, changes: Changes) -> Check:
        told = {name: change for name, change in changes.told.items() if name in one.told}
        after = replace(one.before, title=worked.article.title, text=worked.article.text)
        if any(change.lost for change in told.values()):
            finding = Finding.LOST
        elif changes.material:
            finding = Finding.CHANGED
        else:
            finding = Finding.UNCHANGED if after == one.before else Finding.TRIFLE
        reason = "; ".join(f"{name}: {change.reason}" for name, change in told.items())
        check = self._checked(one, finding, reason, status=page.status)
        nothing_left = bool(told) and all(name in told and told[name].lost for name in one.told)
        return replace(
            check,
            etag=page.headers.get("etag"),
            last_modified=page.headers.get("last-modified"),
            version=after if changes.material else None,
            changes=replace(changes, told=told),
            next_check=None if nothing_left else check.next_check,
        )

    def _gone(self, one: Watched, reason: str, status: int | None, *, sure: bool = False) -> Check:
        """Return a look that found nothing: what is missing twice, or said to be gone, is withdrawn."""
        now = self.clock()
        if sure or one.missing:
            return Check(one, now, Finding.WITHDRAWN, reason, status)
        return Check(one, now, Finding.MISSING, reason, status, next_check=now + ONCE_MORE)

    def _checked(self, one: Watched, finding: Finding, reason: str, *, status: int | None) -> Check:
        now = self.clock()
        again = next_look(one.alerted_at, now)
        return Check(one, now, finding, reason, status, one.etag, one.last_modified, next_check=again)


def _sent_home(asked: str, got: str) -> bool:
    """Whether the address of an article leads to the front page."""
    return _elsewhere(asked, got) and not urlsplit(got).path.strip("/")


def _elsewhere(asked: str, got: str) -> bool:
    return urlsplit(got).path.rstrip("/") != urlsplit(asked).path.rstrip("/")
