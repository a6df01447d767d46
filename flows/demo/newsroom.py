"""The simulated press: outlets over real HTTP on loopback, and the log of who asked them for what.

It owns addresses, syndication and the configuration that points at its outlets; it never reads a clock of its own,
and it reaches no other machine.

    with Newsroom(clock) as newsroom:
        ledger = newsroom.outlet("harbour-ledger", kind="rss")
        mirror = newsroom.outlet("plain-mirror", kind="atom", template="magazine")
        report = ledger.publishes("Harbour opens", "The harbour opened on Monday. ...")
        newsroom.syndicates(report, to=[mirror], cut=0.6)
        mirror.fails(503, times=2)
        newsroom.write_config(directory)
"""

from __future__ import annotations

import itertools
import math
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml

from flows.demo import feeds, pages
from flows.demo.outlet import ROBOTS, Hit, Outlet
from flows.demo.press import House, Publication
from flows.demo.server import Answer, LoopbackServer, Request

Clock = Callable[[], datetime]


class Newsroom:
    """Every outlet of the simulated press, and the log of the requests that they got."""

    def __init__(self, clock: Clock, *, one_address: bool | None = None) -> None:
        """Start the server; outlets begin to listen when they are made.

        Args:
            clock: returns the present instant, aware; dates of publications and log entries come from it.
            one_address: whether all outlets share 127.0.0.1, on ports of their own. By default each has an address of
                its own (127.0.0.2 and so on), as each site has a host of its own, where the system allows it.
        """
        self.clock = clock
        self.lock = threading.RLock()
        self.log: list[Hit] = []
        self.outlets: dict[str, Outlet] = {}
        self._one_address = one_address
        self._numbers = itertools.count(2)
        self._server = LoopbackServer()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Close every outlet."""
        self._server.stop()

    def outlet(
        self,
        id_: str,
        *,
        name: str = "",
        language: str = "en",
        kind: str = "rss",
        encoding: str = "utf-8",
        template: str = "classic",
        zone: timedelta | float = 0,
        robots: str | None = ROBOTS,
        feed_size: int = 50,
        tracking: bool = False,
        related: str = "neutral",
        **config: Any,
    ) -> Outlet:
        """Open an outlet.

        Args:
            id_: small letters, digits and dashes.
            name: its masthead; made of the id by default.
            language: BCP 47 tag.
            kind: what is polled: a name of `feeds.KINDS`, or ``listing``.
            encoding: of its pages and XML; a JSON feed is always UTF-8.
            template: one of `pages.TEMPLATES`.
            zone: offset from UTC of the times that it prints, in hours or as a timedelta.
            robots: its robots.txt; None answers 404.
            feed_size: most items in its feed.
            tracking: whether links in its feed carry campaign parameters.
            related: ``neutral`` or ``own`` (`House.related`).
            config: more keys of its entry in `sources.yaml`: ``country``, ``tier``, ``every``, ``keywords`` ...

        Raises:
            ValueError: the kind or the template is unknown, or the id is taken.
        """
        if kind != "listing" and kind not in feeds.KINDS:
            raise ValueError(f"no kind of outlet is called {kind!r}; there are: listing, {', '.join(feeds.KINDS)}")
        if template not in pages.TEMPLATES:
            raise ValueError(f"no template is called {template!r}; there are: {', '.join(pages.TEMPLATES)}")
        if id_ in self.outlets:
            raise ValueError(f"there is already an outlet {id_!r}")
        offset = zone if isinstance(zone, timedelta) else timedelta(hours=zone)
        opened: list[Outlet] = []
        base = self._listen(lambda request: self._answer(opened[0], request))
        house = House(
            id_,
            name or id_.replace("-", " ").title(),
            language,
            base,
            encoding,
            template,
            offset,
            feed_size,
            tracking,
            related,
        )
        opened.append(Outlet(self, house, kind, config, robots))
        self.outlets[id_] = opened[0]
        return opened[0]

    def syndicates(
        self,
        publication: Publication,
        to: Iterable[Outlet | str],
        *,
        cut: float | None = None,
        headline: str | None = None,
        wrapped: bool = False,
        credit: bool = True,
        after: timedelta = timedelta(minutes=20),
    ) -> list[Publication]:
        """Let other outlets print a publication.

        Args:
            publication: the original.
            to: outlets, or their ids.
            cut: the part of the paragraphs that they keep, from the top; None keeps all.
            headline: theirs; None keeps the original's.
            wrapped: whether they put paragraphs of their own around the text.
            credit: whether they name the original.
            after: how much later each one prints it than the one before.

        Returns:
            The copies, in the order of ``to``.
        """
        story, copies = publication.story, []
        kept = story.paragraphs if cut is None else story.paragraphs[: max(1, round(len(story.paragraphs) * cut))]
        for count, target in enumerate(to, 1):
            outlet = self.outlets[target] if isinstance(target, str) else target
            copies.append(
                outlet.publishes(
                    replace(story, title=headline or story.title, paragraphs=kept),
                    published=publication.published + after * count,
                    credit=publication.house.name if credit else None,
                    wrapped=wrapped,
                )
            )
        return copies

    def hits(self, publication: Publication) -> list[Hit]:
        """Return the requests for the page of a publication, in order."""
        return self.outlets[publication.house.id].hits(publication.path)

    def article_hits(self) -> list[Hit]:
        """Return the requests for the page of any publication, in order."""
        paths = {(outlet.id, path) for outlet in self.outlets.values() for path in outlet.publications}
        return [hit for hit in list(self.log) if (hit.outlet, hit.path.partition("?")[0]) in paths]

    def forgets(self) -> None:
        """Empty the log."""
        self.log.clear()

    def sources(self) -> list[dict[str, Any]]:
        """Return the entries of `sources.yaml`: one per outlet."""
        return [outlet.source for outlet in self.outlets.values()]

    def settings(self) -> dict[str, Any]:
        """Return a `settings.yaml` that lets a reader in: loopback is allowed, and no host has to be spared."""
        return {
            "network": {
                "user_agent": "govwatch-demo/0 (loopback only)",
                "per_host_delay": "0s",
                "allow_private_hosts": ["127.0.0.0/8"],
            }
        }

    def write_config(self, directory: Path, **files: str | dict[str, Any] | Path) -> Path:
        """Write a configuration for this newsroom, and return its directory.

        Args:
            directory: made when it is not there.
            files: `initiatives`, `alerts`, `settings` ...: YAML text, a document, or a file to copy. A document for
                ``settings`` is merged into `settings()`; ``sources`` takes the place of `sources()`.
        """
        directory.mkdir(parents=True, exist_ok=True)
        settings = files.pop("settings", {})
        documents: dict[str, str | dict[str, Any] | Path] = {"sources": {"sources": self.sources()}}
        documents["settings"] = _merged(self.settings(), settings) if isinstance(settings, dict) else settings
        for name, document in (documents | files).items():
            (directory / f"{name}.yaml").write_text(_text(document), encoding="utf-8")
        return directory

    def connect(self, outlet: Outlet) -> None:
        """Listen for an outlet again, at its old address and port."""
        address, port = _place(outlet.house.base)
        with suppress(OSError):  # it was listening all the time
            self._server.listen(address, port, lambda request: self._answer(outlet, request))

    def disconnect(self, outlet: Outlet) -> None:
        """Refuse connections to an outlet."""
        self._server.close(*_place(outlet.house.base))

    def _listen(self, answer: Callable[[Request], Answer]) -> str:
        if not self._one_address:
            number = next(self._numbers)
            address = f"127.0.{number // 250}.{number % 250 + 1}"
            try:
                return f"http://{address}:{self._server.listen(address, 0, answer)}"
            except OSError:
                if self._one_address is False:
                    raise
                self._one_address = True
        return f"http://127.0.0.1:{self._server.listen('127.0.0.1', 0, answer)}"

    def _answer(self, outlet: Outlet, request: Request) -> Answer:
        answer = outlet.answer(request)
        status = 0 if answer.hang_up or math.isinf(answer.wait) else answer.status
        url = outlet.house.base + request.target
        hit = Hit(
            outlet.id, request.method, request.target, url, dict(request.headers), status, self.clock(), request.at
        )
        self.log.append(hit)
        return answer


def _place(base: str) -> tuple[str, int]:
    address, _, port = base.removeprefix("http://").partition(":")
    return address, int(port)


def _text(document: str | dict[str, Any] | Path) -> str:
    if isinstance(document, Path):
        return document.read_text(encoding="utf-8")
    return document if isinstance(document, str) else yaml.safe_dump(document, allow_unicode=True, sort_keys=False)


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    both = dict(below)
    for key, value in above.items():
        both[key] = _merged(both[key], value) if isinstance(value, dict) and isinstance(both.get(key), dict) else value
    return both
