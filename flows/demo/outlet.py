"""One outlet of the simulated press: what it publishes, edits and withdraws, how it fails, and what its URLs answer.

It holds its own publications and faults; it knows no socket and no other outlet.
"""

from __future__ import annotations

import gzip
import hashlib
import itertools
import math
import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from flows.demo import feeds, pages
from flows.demo.faults import FAULTS, ON, Fault, spoil
from flows.demo.press import House, Publication, Story, slug
from flows.demo.server import Answer, Request

if TYPE_CHECKING:
    from flows.demo.newsroom import Newsroom

ROBOTS = "User-agent: *\nDisallow: /admin/\nDisallow: /search\n"
"""What an outlet's robots.txt says when nothing else was asked for."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One request that an outlet got.

    Attributes:
        outlet: its id.
        method, path: of the request; the path with its query.
        url: absolute.
        headers: names in lower case.
        status: what was answered; 0 when nothing was.
        at: when, by the newsroom's clock.
        moment: when, in seconds of the monotonic clock: for the pace of a polite reader.
    """

    outlet: str
    method: str
    path: str
    url: str
    headers: dict[str, str]
    status: int
    at: datetime
    moment: float

    @property
    def conditional(self) -> bool:
        """Whether the client asked only for what has changed."""
        return "if-none-match" in self.headers or "if-modified-since" in self.headers


class Outlet:
    """One news site: a source that programs poll, article pages, robots.txt, a front page. See `Newsroom.outlet`."""

    def __init__(self, newsroom: Newsroom, house: House, kind: str, config: dict[str, Any], robots: str | None) -> None:
        self.newsroom = newsroom
        self.house = house
        self.kind = kind
        self.robots = robots
        self.validators: frozenset[str] = frozenset({"etag", "last-modified"})
        self.publications: dict[str, Publication] = {}
        self.withdrawn: set[str] = set()
        self.moved: dict[str, str] = {}
        self._config = config
        self._faults: deque[Fault] = deque()
        self._numbers = itertools.count(1001)
        self._bodies: dict[tuple[str, object], bytes] = {}

    def __repr__(self) -> str:
        return f"<Outlet {self.id} {self.kind} at {self.house.base}>"

    @property
    def id(self) -> str:
        """The outlet's id, which is also its source's."""
        return self.house.id

    @property
    def url(self) -> str:
        """What is polled."""
        return self.house.base + ("/news/" if self.kind == "listing" else feeds.KINDS[self.kind][0])

    @property
    def source(self) -> dict[str, Any]:
        """The outlet's entry of `sources.yaml`."""
        kind = {"listing": "listing", "news_sitemap": "sitemap", "sitemap_index": "sitemap"}.get(self.kind, "feed")
        entry = {
            "id": self.id,
            "name": self.house.name,
            "kind": kind,
            "url": self.url,
            "language": self.house.language,
            "every": "15m",
        }
        if kind == "listing":
            entry["link_pattern"] = re.escape(self.house.base) + r"/\d{4}/\d{2}/\d{2}/[^/]+"
        return entry | self._config

    # What the outlet does of its own.

    def publishes(
        self,
        title: str | Story,
        text: str = "",
        *,
        slug_: str = "",
        published: datetime | None = None,
        author: str | None = None,
        section: str | None = None,
        access: str = "full",
        credit: str | None = None,
        wrapped: bool = False,
    ) -> Publication:
        """Publish a story, and return what now stands at its URL.

        Args:
            title: the headline, or a whole `Story`.
            text: paragraphs separated by blank lines.
            slug_: the last part of the path; by default made of the headline and a number.
            published: aware; by default the newsroom's now.
            author: a name.
            section: the desk.
            access: ``full``, ``stub`` or ``consent``.
            credit: whom the outlet credits.
            wrapped: whether it puts paragraphs of its own around the text.

        Raises:
            ValueError: ``published`` is naive, or the path is taken.
        """
        story = title if isinstance(title, Story) else Story.of(title, text, author, section)
        when = published or self.newsroom.clock()
        if when.tzinfo is None:
            raise ValueError("published must be aware: give it a zone")
        number = next(self._numbers)
        name = slug_ or "-".join(part for part in (slug(story.title), str(number)) if part)
        path = f"/{self.house.local(when):%Y/%m/%d}/{name}"
        if path in self.publications:
            raise ValueError(f"{self.id} has already published {path}")
        # The seconds are what pages and feeds can say; microseconds would make the two differ.
        when = when.replace(microsecond=0)
        publication = Publication(self.house, path, story, when, when, access, credit, wrapped)
        with self.newsroom.lock:
            self.publications[path] = publication
        return publication

    def edits(
        self, publication: Publication, *, title: str | None = None, text: str | None = None, at: datetime | None = None
    ) -> Publication:
        """Change the headline or the text of a publication in place, and return it as it is now."""
        story = publication.story
        if text is not None:
            story = replace(story, paragraphs=Story.of("", text).paragraphs)
        if title is not None:
            story = replace(story, title=title)
        edited = replace(publication, story=story, modified=(at or self.newsroom.clock()).replace(microsecond=0))
        with self.newsroom.lock:
            self.publications[publication.path] = edited
        return edited

    def withdraws(self, publication: Publication) -> None:
        """Take a publication down: its page answers 410, and the source no longer lists it."""
        with self.newsroom.lock:
            self.publications.pop(publication.path)
            self.withdrawn.add(publication.path)

    def moves(self, path: str, to: str) -> None:
        """Redirect ``path`` for good (301) to ``to``, a path or an absolute URL."""
        self.moved[path] = to

    # How the outlet misbehaves.

    def fails(
        self, with_: int | str, *, times: float = math.inf, on: str = "source", retry_after: float | str | None = None
    ) -> None:
        """Misbehave from now on.

        Args:
            with_: an HTTP status, or a name of `FAULTS`.
            times: for so many answers; for ever by default. Faults queue up: one begins when the one before is used up.
            on: one of `ON`.
            retry_after: the header Retry-After, in seconds or as an HTTP date.

        Raises:
            ValueError: there is no such fault or no such place.
        """
        if isinstance(with_, str) and with_ not in FAULTS:
            raise ValueError(f"no fault is called {with_!r}; there are: an HTTP status, {', '.join(FAULTS)}")
        if on not in ON:
            raise ValueError(f"a fault is on one of {', '.join(ON)}, not on {on!r}")
        if with_ == "refused":
            self.newsroom.disconnect(self)
            return
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        with self.newsroom.lock:
            self._faults.append(Fault(with_, on, times, headers))

    def recovers(self) -> None:
        """Be well again, whatever was wrong."""
        with self.newsroom.lock:
            self._faults.clear()
        self.newsroom.connect(self)

    # What others saw of it.

    def hits(self, path: str | None = None) -> list[Hit]:
        """Return the requests that it got, in order; only those for ``path`` (without query) when one is given."""
        return [
            hit
            for hit in list(self.newsroom.log)
            if hit.outlet == self.id and path in (None, hit.path.partition("?")[0])
        ]

    @property
    def polls(self) -> list[Hit]:
        """The requests for what is polled."""
        return self.hits(self.url.removeprefix(self.house.base))

    # What it answers; runs in the server's thread.

    def answer(self, request: Request) -> Answer:
        """Return the answer to one request, faults included."""
        with self.newsroom.lock:
            fault = self._fault(request.path)
            if fault is None:
                return self._well(request)
            unconditional = {name: value for name, value in request.headers.items() if not name.startswith("if-")}
            return spoil(fault, request, self._well(replace(request, headers=unconditional)))

    def _fault(self, path: str) -> Fault | None:
        place = "articles" if path in self.publications else "robots" if path == "/robots.txt" else "source"
        for fault in self._faults:
            if fault.on in (place, "everything"):
                fault.left -= 1
                if fault.left <= 0:
                    self._faults.remove(fault)
                return fault
        return None

    def _well(self, request: Request) -> Answer:
        path = request.path
        if request.method not in ("GET", "HEAD"):
            return Answer(405, {"Allow": "GET, HEAD"})
        if path in self.moved:
            return Answer(301, {"Location": self.moved[path]})
        if path in self.withdrawn:
            return self._page(request, b"<!DOCTYPE html><html><body><h1>410 Gone</h1></body></html>", status=410)
        if path in self.publications:
            return self._article(request, self.publications[path])
        if path == "/robots.txt":
            return (
                Answer(404)
                if self.robots is None
                else Answer(200, {"Content-Type": "text/plain"}, self.robots.encode())
            )
        return self._index(request) or self._page(
            request, b"<!DOCTYPE html><html><body><h1>404</h1></body></html>", status=404
        )

    def _latest(self) -> list[Publication]:
        newest = sorted(self.publications.values(), key=lambda item: (item.published, item.path), reverse=True)
        return newest if self.kind == "sitemap_index" else newest[: self.house.feed_size]

    def _index(self, request: Request) -> Answer | None:
        """Answer for feeds, sitemaps and lists of news; every kind is served, whichever is the one that is polled."""
        path, latest = request.path, self._latest()
        for endpoint, media, write in feeds.KINDS.values():
            if path == endpoint:
                return self._static(request, write(self.house, latest), media, _last(latest))
        if path in ("/", "/news/", "/index.html"):
            return self._page(request, pages.listing_page(self.house, latest), changed=_last(latest))
        if path.startswith("/sitemap-") and (part := feeds.sitemap_parts(self.house, latest).get(path)) is not None:
            return self._static(request, part, "application/gzip", _last(latest))
        return None

    def _article(self, request: Request, publication: Publication) -> Answer:
        others = self._latest()[:7] if self.house.related == "own" else ()
        key = (publication.path, (publication, tuple(item.path for item in others)))
        if key not in self._bodies:
            consent = publication.access == "consent"
            self._bodies[key] = pages.consent_page(publication) if consent else pages.article_page(publication, others)
        return self._page(request, self._bodies[key], changed=publication.modified)

    def _page(self, request: Request, body: bytes, *, status: int = 200, changed: datetime | None = None) -> Answer:
        # Outlets of an older encoding leave it to the page to say so, as most of them do.
        media = "text/html; charset=utf-8" if self.house.encoding.lower() == "utf-8" else "text/html"
        return self._static(request, body, media, changed, status)

    def _static(self, request: Request, body: bytes, media: str, changed: datetime | None, status: int = 200) -> Answer:
        """Answer with ``body``, or with 304 when the client has it; compressed for those who accept it."""
        headers = {"Content-Type": media, "Server": "loopback-newsroom", "Vary": "Accept-Encoding"}
        etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
        stamp = "" if changed is None else format_datetime(changed.astimezone(UTC), usegmt=True)
        if "etag" in self.validators:
            headers["ETag"] = etag
        if "last-modified" in self.validators and stamp:
            headers["Last-Modified"] = stamp
        if status == 200 and _unchanged(request, headers):
            return Answer(304, headers)
        if "gzip" in request.headers.get("accept-encoding", "") and media != "application/gzip":
            headers["Content-Encoding"] = "gzip"
            body = self._compressed(etag, body)
        return Answer(status, headers, body)

    def _compressed(self, etag: str, body: bytes) -> bytes:
        key = ("gzip", etag)
        if key not in self._bodies:
            self._bodies[key] = gzip.compress(body, compresslevel=1, mtime=0)
        return self._bodies[key]


def _last(publications: Sequence[Publication]) -> datetime | None:
    return max((item.modified for item in publications), default=None)


def _unchanged(request: Request, headers: dict[str, str]) -> bool:
    """Say whether the client's copy is the present one; If-None-Match wins (RFC 9110, 13.2.2)."""
    asked = request.headers.get("if-none-match")
    if asked is not None:
        return headers.get("ETag", "") in [tag.strip().removeprefix("W/") for tag in asked.split(",")]
    since = request.headers.get("if-modified-since")
    return since is not None and since == headers.get("Last-Modified")
