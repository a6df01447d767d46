"""Writes a briefing: reads the warehouse, lets `alerts.briefing` make the files, puts each in its place in one step.

It never decides what a briefing tells. The command `govwatch brief` and the flow `brief` both call it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from difflib import get_close_matches
from pathlib import Path
from zoneinfo import ZoneInfo

from records.briefing import Briefing
from records.errors import GovwatchError
from warehouse import briefing
from warehouse.database import Warehouse

FOLDER = Path("data/brief")
"""Where briefings are written when nothing else is said."""


@dataclass(frozen=True, slots=True)
class Written:
    """What was written.

    Attributes:
        page: the page (or the mail) of the day.
        files: everything that was written, the page first.
        briefing: what it tells.
    """

    page: Path
    files: tuple[Path, ...]
    briefing: Briefing


def days_before(now: datetime, span: timedelta, zone: str) -> datetime:
    """Return when a window of ``span`` up to ``now`` begins: at a local midnight when it is whole days.

    So that every bar of a chart but today's stands for a whole day.
    """
    if span % timedelta(days=1):
        return now - span
    place = ZoneInfo(zone)
    return datetime.combine(now.astimezone(place).date() - span, time(), place)


def read(
    warehouse: Warehouse, since: datetime, until: datetime, zone: str, now: datetime, initiatives: Sequence[str] = ()
) -> Briefing:
    """Return what there is to tell.

    Raises:
        GovwatchError: the warehouse knows no such initiative; names those that it knows.
        WarehouseError: it cannot be read.
    """
    with warehouse.reading() as con:
        known = briefing.known(con)
        for one in initiatives:
            if one not in known:
                raise GovwatchError(f"there is no initiative '{one}'; {_instead(one, known)}")
        return briefing.read(con, since, until, initiatives, zone=zone, now=now)


def write(told: Briefing, folder: Path = FOLDER, page: Path | None = None) -> Written:
    """Write page and feeds, and return their places.

    Args:
        told: what to write.
        folder: for ``YYYY-MM-DD.html`` with ``latest.html``, ``atom.xml`` and ``feed.json`` beside it.
        page: the one file to write in their place.

    Raises:
        GovwatchError: a file cannot be written.
    """
    from alerts.briefing import feeds
    from alerts.briefing.page import render

    html = render(told, feeds=page is None).encode()
    if page is not None:
        files = {page: html}
    else:
        day = told.written_at.astimezone(ZoneInfo(told.zone)).date()
        files = {
            folder / f"{day}.html": html,
            folder / "latest.html": html,
            folder / "atom.xml": feeds.atom(told),
            folder / "feed.json": feeds.json_feed(told).encode(),
        }
    return _written(files, told)


def write_mail(told: Briefing, folder: Path = FOLDER, page: Path | None = None) -> Written:
    """Write the briefing as a mail, a file that mail programs open as a draft.

    Raises:
        GovwatchError: it cannot be written.
    """
    from alerts.briefing import mail

    day = told.written_at.astimezone(ZoneInfo(told.zone)).date()
    return _written({page or folder / f"{day}.eml": mail.message(mail.render(told), told.written_at)}, told)


def _instead(name: str, known: Mapping[str, str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"did you mean '{close[0]}'?" if close else f"known are: {', '.join(known) or 'none yet'}"


def _written(files: dict[Path, bytes], told: Briefing) -> Written:
    for path, content in files.items():
        place = path.resolve()
        beside = place.with_name(f".{place.name}.part")
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(content)
            beside.replace(place)
        except OSError as error:
            with contextlib.suppress(OSError):
                beside.unlink()
            raise GovwatchError(f"cannot write {path}: {error.strerror or error}; choose another --output") from error
    return Written(next(iter(files)), tuple(files), told)
