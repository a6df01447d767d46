"""Find what can be polled of a site: the feeds and sitemaps that it names, and those at the usual places.

It asks politely and little: guesses are tried only where the site itself names nothing. It changes no configuration;
the answer is for the analyst to read and paste.
"""

from __future__ import annotations

import asyncio
import re
import unicodedata
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import urljoin, urlsplit

import yaml

from config.load import Configuration
from extractors import kinds
from extractors.article import extract
from extractors.autodiscovery import Candidate, feeds_named_by
from extractors.feed_parts import web_url
from extractors.http import Fetcher
from extractors.kinds import Reading
from extractors.robots import Rules, product_token
from extractors.urls import canonical, outlet_of
from flows.clock import Clock
from flows.policy import policy_of
from records.article import FeedItem, FetchFailed, Page
from records.errors import GovwatchError
from records.source import Source
from records.text import clean

FEED_PLACES = ("/feed", "/rss.xml", "/rss", "/feed.xml", "/atom.xml", "/index.xml", "/feed.json", "/feeds/all.rss.xml")
"""Where content systems put a feed that their pages do not name."""

SITEMAP_PLACES = ("/sitemap_news.xml", "/news-sitemap.xml", "/sitemap-news.xml", "/sitemap.xml")
"""Where they put a sitemap that robots.txt does not name; the first ones hold news only."""

_MOST_CANDIDATES = 12  # of feeds, and of sitemaps: some sites name a feed for each of a hundred sections
_SAMPLES = 3
_NEWS = re.compile(r"news|google|article|post|nachricht|actu|notici", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Found:
    """One address that can be polled.

    Attributes:
        url: where it lies, after permanent redirects.
        kind: of source.
        format: what its bytes are (``rss``, ``atom``, ``news sitemap`` ...).
        where: how it was found.
        items: entries that it shows; of a sitemap index, those of its newest part.
        newest: the newest date among them; None when they state none.
        language: BCP 47 primary tag; None when nothing states it.
        title: what the page calls it.
        samples: titles (or addresses) of its first entries.
        configured: id of the source that polls it already.
        entry: the keys of its entry in sources.yaml.
    """

    url: str
    kind: str
    format: str
    where: str
    items: int
    newest: datetime | None
    language: str | None
    title: str | None
    samples: tuple[str, ...]
    configured: str | None = None
    entry: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Finding:
    """What was found for one address.

    Attributes:
        url: that was asked about.
        outlet: its site.
        name: what the site calls itself.
        found: what can be polled, the best first.
        failed: what the site names, and why it cannot be polled.
    """

    url: str
    outlet: str
    name: str
    found: list[Found] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)

    def yaml(self) -> str:
        """Return the entries for the list ``sources:`` of sources.yaml; what is polled already is only remarked."""
        blocks = []
        for one in self.found:
            newest = f"the newest {one.newest:%Y-%m-%d %H:%M} UTC" if one.newest else "without dates"
            remark = f"  # {one.format}, {one.items} items, {newest}; {one.where}"
            if one.configured:
                blocks.append(f"{remark}\n  # polled already as {one.configured}: {clean(one.url, 2_000)}\n")
                continue
            # The loader takes ${NAME} from the environment: no site may ask for a secret by its titles or addresses.
            escaped = {key: value.replace("$", "$$") for key, value in one.entry.items()}
            entry = yaml.safe_dump([escaped], allow_unicode=True, sort_keys=False, width=10_000)
            blocks.append(remark + "\n" + "".join(f"  {line}\n" for line in entry.splitlines()))
        return "".join(blocks)


@dataclass(frozen=True, slots=True)
class _Probe:
    """An address to try: with how it was found, and whether the site itself names it."""

    candidate: Candidate
    where: str
    named: bool = True


def address(text: str) -> str:
    """Return what somebody typed as a web address: ``lemonde.fr`` is ``https://lemonde.fr/``.

    Raises:
        GovwatchError: it is none.
    """
    typed = text.strip()
    url = web_url(typed if "://" in typed else f"https://{typed}", "")
    if not url or not urlsplit(url).hostname or any(char.isspace() for char in typed):
        raise GovwatchError(f"'{clean(text, 100)}' is no web address; for example https://www.lemonde.fr/")
    return url if urlsplit(url).path else url + "/"


async def find(
    configuration: Configuration, url: str, clock: Clock, say: Callable[[str], None] = lambda _address: None
) -> Finding:
    """Return what can be polled of the site (or the section, or the feed) at ``url``.

    Args:
        configuration: says how to behave towards sites, and what is polled already.
        url: as `address` returns it.
        clock: gives the time in UTC.
        say: called with each address before it is asked for.

    Raises:
        GovwatchError: the address itself cannot be read; says why.
    """
    async with Fetcher(policy_of(configuration), now=clock) as fetcher:
        return await _Search(configuration, fetcher, clock, say).run(url)


class _Search:
    """One search; results that turn out to be the same document count once."""

    def __init__(
        self, configuration: Configuration, fetcher: Fetcher, clock: Clock, say: Callable[[str], None]
    ) -> None:
        self._configuration = configuration
        self._fetcher = fetcher
        self._clock = clock
        self._say = say
        self._polled = {canonical(one.url): one.id for one in configuration.sources}
        self._ids = {one.id for one in configuration.sources}
        self._tried: set[str] = set()
        self._seen: set[str] = set()
        self._page_language: str | None = None

    async def run(self, url: str) -> Finding:
        self._say(url)
        page = await self._fetcher.fetch(url, max_bytes=self._most)
        if not isinstance(page, Page):
            reason = page.reason if isinstance(page, FetchFailed) else "it answered 'not modified'"
            raise GovwatchError(f"{url}: cannot be read: {reason}")
        article = extract(page.body, page.final_url, page.content_type)
        self._page_language = article.language
        outlet = outlet_of(page.final_url)
        finding = Finding(url, outlet, article.outlet_name or outlet)
        if (itself := await self._read(_Probe(Candidate(url, None, "feed"), "the address itself"), page)) is not None:
            finding.found.append(itself)
        else:
            await self._feeds(finding, page)
            await self._sitemaps(finding, page)
        finding.found.sort(key=_worth)
        self._write_entries(finding)
        return finding

    @property
    def _most(self) -> int:
        return self._configuration.settings.network.max_feed_bytes

    async def _feeds(self, finding: Finding, page: Page) -> None:
        named = feeds_named_by(page.body, page.content_type, page.final_url)[:_MOST_CANDIDATES]
        probes = [_Probe(one, "named by the page") for one in named]
        await self._try(finding, probes)
        if not finding.found:
            await self._try(finding, _guesses(page.final_url, FEED_PLACES, "feed"), first_only=True)

    async def _sitemaps(self, finding: Finding, page: Page) -> None:
        probes = [_Probe(Candidate(url, None, "sitemap"), "named by robots.txt") async for url in self._of_robots(page)]
        known = len(finding.found)
        await self._try(finding, sorted(probes, key=lambda one: not _NEWS.search(one.candidate.url))[:_MOST_CANDIDATES])
        if len(finding.found) == known:
            await self._try(finding, _guesses(page.final_url, SITEMAP_PLACES, "sitemap"), first_only=True)

    async def _of_robots(self, page: Page) -> AsyncIterator[str]:
        where = urljoin(page.final_url, "/robots.txt")
        self._say(where)
        answer = await self._fetcher.fetch(where, robots=False)
        if isinstance(answer, Page):
            for line in Rules.parse(answer.body, product_token(self._fetcher.policy.user_agent)).sitemaps:
                if url := web_url(line, page.final_url):
                    yield url

    async def _try(self, finding: Finding, probes: Iterable[_Probe], *, first_only: bool = False) -> None:
        for probe in probes:
            if probe.candidate.url in self._tried:
                continue
            self._tried.add(probe.candidate.url)
            self._say(probe.candidate.url)
            # What a site names it may be asked for, as by every reader of feeds; a guess obeys robots.txt.
            answer = await self._fetcher.fetch(probe.candidate.url, max_bytes=self._most, robots=not probe.named)
            if isinstance(answer, Page):
                found = await self._read(probe, answer)
                if found is not None:
                    finding.found.append(found)
                    if first_only:
                        return
                elif probe.named and answer.final_url not in self._seen:
                    finding.failed.append((probe.candidate.url, "it is no feed and no sitemap, or an empty one"))
            elif probe.named and isinstance(answer, FetchFailed):
                finding.failed.append((probe.candidate.url, answer.reason))

    async def _read(self, probe: _Probe, page: Page) -> Found | None:
        """Return what an answer is, or None when it cannot be polled or was found before."""
        if page.final_url in self._seen:
            return None
        reading = await self._reading(page)
        if reading is not None and reading.follow:
            self._say(reading.follow[0])
            part = await self._fetcher.fetch(reading.follow[0], max_bytes=self._most, robots=False)
            inside = await self._reading(part) if isinstance(part, Page) else None
            reading = None if inside is None else replace(inside, format=f"index of {_format(inside)}s")
        if reading is None or not reading.items:
            return None
        self._seen.add(page.final_url)
        url = page.redirects[-1][1] if page.redirects else page.url
        return Found(
            url=url,
            kind="sitemap" if "sitemap" in reading.format else "feed",
            format=_format(reading),
            where=probe.where,
            items=len(reading.items),
            newest=max((item.published for item in reading.items if item.published), default=None),
            language=_language(reading) or self._page_language,
            title=probe.candidate.title,
            samples=tuple(_sample(item) for item in reading.items[:_SAMPLES]),
            configured=self._polled.get(canonical(url)) or self._polled.get(canonical(page.url)),
        )

    async def _reading(self, page: Page) -> Reading | None:
        as_source = Source("found", "found", "feed", page.url, timedelta(minutes=30))
        try:
            return await asyncio.to_thread(kinds.read, as_source, page, self._clock())
        except GovwatchError:
            return None

    def _write_entries(self, finding: Finding) -> None:
        for number, one in enumerate(finding.found):
            if one.configured:
                continue
            name = finding.name if one.title is None or finding.name in one.title else f"{finding.name}, {one.title}"
            entry = {"id": self._id(finding, one), "name": clean(name, 200), "kind": one.kind, "url": one.url}
            entry |= {"language": one.language} if one.language else {}
            entry |= {"outlet": finding.outlet} if finding.outlet and outlet_of(one.url) != finding.outlet else {}
            finding.found[number] = replace(one, entry=entry)

    def _id(self, finding: Finding, one: Found) -> str:
        """Return a free id: the site's name, with what tells this address from its others."""
        site = _slug(finding.outlet.rpartition(".")[0] or finding.outlet)
        site = site if site[:1].isalpha() else f"site-{site}".rstrip("-")
        several = sum(not other.configured for other in finding.found) > 1
        part = _slug(one.title or "") or _slug(urlsplit(one.url).path)
        part = re.sub(rf"^{re.escape(site)}-?", "", part)[:30].strip("-")
        wanted = f"{site}-{part}" if several and part else site
        free, number = wanted, 2
        while free in self._ids:
            free, number = f"{wanted}-{number}", number + 1
        self._ids.add(free)
        return free


def _guesses(url: str, places: Sequence[str], kind: str) -> list[_Probe]:
    return [_Probe(Candidate(urljoin(url, place), None, kind), "at a usual place", named=False) for place in places]


def _worth(found: Found) -> tuple[bool, bool, float]:
    """Feeds and news sitemaps with dates before lists of every page there is."""
    plain = found.kind == "sitemap" and "news" not in found.format
    return plain, found.newest is None, -(found.newest.timestamp() if found.newest else 0.0)


def _format(reading: Reading) -> str:
    news = reading.format == "sitemap" and any(item.title for item in reading.items)
    return "news sitemap" if news else reading.format


def _language(reading: Reading) -> str | None:
    stated = Counter(item.language for item in reading.items if item.language)
    tag = reading.language or next((language for language, _ in stated.most_common(1)), None)
    primary = tag.partition("-")[0].lower() if tag else ""
    return primary if re.fullmatch(r"[a-z]{2,3}", primary) else None


def _sample(item: FeedItem) -> str:
    return clean(item.title or item.url, 100)


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-")
