"""How far a pass is, in Prefect's UI: one progress artifact per run, renewed every few seconds at most.

It is the onlooker of passes that Prefect runs, and journals too. A progress that cannot be shown never holds a pass.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from prefect.artifacts import acreate_progress_artifact, aupdate_progress_artifact

from flows.journal import Journal
from records.article import UrlOutcome
from warehouse.frontier import Due

_EVERY = 5.0  # seconds: each update is a request to the server


class Shown(Journal):
    """A journal that also keeps the artifact ``govwatch-progress`` of its run up to date."""

    def __init__(self) -> None:
        super().__init__()
        self._total = self._done = 0
        self._said = 0.0
        self._artifact: Any = None
        self._under_way: asyncio.Task[None] | None = None

    def fetching(self, pages: int) -> None:
        """Show that nothing of so many pages is done."""
        super().fetching(pages)
        self._total = pages
        if pages:
            self._show()

    def page(self, due: Due, outcome: UrlOutcome) -> None:
        """Count one page, and show it now and then, and at the end."""
        super().page(due, outcome)
        self._done += 1
        if time.monotonic() - self._said > _EVERY or self._done == self._total:
            self._show()

    async def finish(self) -> None:
        """Wait for what is on its way to the server."""
        if self._under_way is not None:
            await self._under_way

    def _show(self) -> None:
        if self._under_way is not None and not self._under_way.done() and self._done < self._total:
            return  # the server is slower than we are: the next one will do
        self._said = time.monotonic()
        self._under_way = asyncio.get_running_loop().create_task(self._send(self._under_way))

    async def _send(self, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await before
        share = 100.0 * self._done / self._total
        try:
            if self._artifact is None:
                self._artifact = await acreate_progress_artifact(share, key="govwatch-progress", description="Pages")
            else:
                await aupdate_progress_artifact(self._artifact, share)
        except Exception:
            self._logger.warning("the progress could not be shown", exc_info=True)
