"""What a site's robots.txt (RFC 9309) lets govwatch read, remembered for a day.

It reads and keeps rules; it never fetches (the fetcher hands it a function that does) and never waits for a pace.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from protego import Protego

from records.article import FetchFailed, FetchResult, Outcome, Page

MAX_AGE = timedelta(hours=24)
"""How long rules are kept: the most that RFC 9309, 2.4 allows."""

UNREACHABLE_AGE = timedelta(minutes=5)
"""How long "the rules could not be read" is believed before they are asked for again."""

MAX_BYTES = 512_000
"""How much of a robots.txt is read: RFC 9309, 2.5 asks for at least 500 KiB."""

CRAWL_DELAY_CAP = 60.0
"""Seconds: a site that asks for a longer delay between two requests gets this one."""

_ORIGINS_KEPT = 10_000
_TOKEN = re.compile(r"[A-Za-z_-]+")
_COMPATIBLE = re.compile(r"\(compatible;\s*([A-Za-z_-]+)", re.IGNORECASE)


def product_token(user_agent: str) -> str:
    """Return the name by which robots.txt groups address ``user_agent`` (RFC 9309, 2.2.1).

    It is the first product name, or the one behind "compatible;" where a browser's name stands first. The rest of
    the header is a comment for people, and a group for "news" or "monitor" must not match a word of it.
    """
    match = _COMPATIBLE.search(user_agent)
    if match:
        return match[1].lower()
    match = _TOKEN.match(user_agent.strip())
    return match[0].lower() if match else "*"


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one origin for our user agent.

    Attributes:
        token: our product token.
        parser: the parsed file; None when everything is allowed.
    """

    token: str
    parser: Protego | None = None

    @classmethod
    def parse(cls, body: bytes, token: str) -> Rules:
        """Return the rules that ``body`` states; anything that is no robots.txt allows everything."""
        text = body[:MAX_BYTES].decode("utf-8-sig", errors="replace")
        return cls(token, Protego.parse(text))

    def allow(self, url: str) -> bool:
        """Return whether ``url`` may be read."""
        return self.parser is None or bool(self.parser.can_fetch(url, self.token))

    @property
    def delay(self) -> float:
        """Seconds that the site wants between two requests (Crawl-delay or Request-rate), capped; 0 for no wish."""
        if self.parser is None:
            return 0.0
        delay = self.parser.crawl_delay(self.token) or 0.0
        rate = self.parser.request_rate(self.token)
        if rate is not None and rate.requests > 0:
            delay = max(delay, rate.seconds / rate.requests)
        # "not (0 <= x)" also catches NaN
        return min(delay, CRAWL_DELAY_CAP) if delay >= 0 else 0.0

    @property
    def sitemaps(self) -> tuple[str, ...]:
        """The sitemaps that the file names, as written."""
        return () if self.parser is None else tuple(self.parser.sitemaps)


@dataclass(slots=True)
class _Entry:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    answer: Rules | FetchFailed | None = None
    expires: datetime | None = None

    def fresh(self, now: datetime) -> bool:
        return self.expires is not None and now < self.expires


class RobotsCache:
    """Rules by origin, each asked for once however many requests want them at the same time.

    It may be shared by fetchers, one after the other, also when each runs in an event loop of its own.

    Args:
        user_agent: ours, as sent.
    """

    def __init__(self, user_agent: str) -> None:
        self._token = product_token(user_agent)
        self._entries: dict[str, _Entry] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def known(self, origin: str, now: datetime) -> Rules | FetchFailed | None:
        """Return what is remembered of ``origin``, or None when it must be asked for."""
        entry = self._entries.get(origin)
        return entry.answer if entry is not None and entry.fresh(now) else None

    async def rules(
        self, origin: str, now: Callable[[], datetime], fetch: Callable[[str], Awaitable[FetchResult]]
    ) -> Rules | FetchFailed:
        """Return the rules of ``origin`` (``https://host``), or why its pages must wait."""
        self._enter_loop()
        entry = self._entries.get(origin)
        if entry is None:
            self._make_room(now())
            entry = self._entries[origin] = _Entry()
        async with entry.lock:
            if entry.answer is None or not entry.fresh(now()):
                entry.answer = self._judge(origin, await fetch(f"{origin}/robots.txt"))
                known = isinstance(entry.answer, Rules)
                entry.expires = now() + (MAX_AGE if known else UNREACHABLE_AGE)
            return entry.answer

    def _judge(self, origin: str, result: FetchResult) -> Rules | FetchFailed:
        """Decide as RFC 9309, 2.3.1 does: unavailable (4xx, too many redirects) allows all, unreachable nothing."""
        if isinstance(result, Page):
            return Rules.parse(result.body, self._token)
        if not isinstance(result, FetchFailed):  # 304 to an unconditional request: nonsense, and no rules in it
            return Rules(self._token)
        status = result.status or 0
        if 400 <= status < 500 and status != 429:
            return Rules(self._token)
        if result.outcome is Outcome.REDIRECT_LOOP:
            return Rules(self._token)
        return result

    def _enter_loop(self) -> None:
        """Give every entry a lock of the running loop: passes of one process may each have a loop of their own."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop = loop
            for entry in self._entries.values():
                entry.lock = asyncio.Lock()

    def _make_room(self, now: datetime) -> None:
        if len(self._entries) < _ORIGINS_KEPT:
            return
        self._entries = {
            origin: entry for origin, entry in self._entries.items() if entry.lock.locked() or entry.fresh(now)
        }
        for origin in list(self._entries)[: max(0, len(self._entries) - _ORIGINS_KEPT // 2)]:
            if not self._entries[origin].lock.locked():
                del self._entries[origin]
