"""What a process does with one kept page: get its bytes, and read them as a pass would today.

It reads the files of kept pages; it never opens the warehouse and never fetches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from flows.jobs import Job, Worked
from flows.work import Worker
from records.mention import Initiative
from records.page import Slot
from records.site import SiteRule
from warehouse.packs import Packs

REPLAYER = "flows.replaying:Replayer"
"""Who does the work, by name."""


@dataclass(frozen=True, slots=True)
class ReplayJob:
    """One kept page: what a pass knew of it, without its bytes, and where these stand."""

    job: Job
    slot: Slot
    raw_hash: str
    size: int


class Replayer:
    """Reads kept pages again; made once in each process.

    Args:
        initiatives: what is looked for.
        sites: rules for the pages of single sites.
        warehouse: path of the database whose pages they are.
    """

    def __init__(self, initiatives: Sequence[Initiative], sites: Sequence[SiteRule], warehouse: Path) -> None:
        self._worker = Worker(initiatives, sites)
        self._packs = Packs(warehouse)

    def __call__(self, kept: ReplayJob) -> Worked:
        """Return what the page gives today.

        Raises:
            ExtractionError: its bytes are gone or damaged.
        """
        body = self._packs.read(kept.slot, kept.raw_hash, kept.size)
        return self._worker(replace(kept.job, body=body))
