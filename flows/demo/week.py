"""The demo's invented week of news: reads it, and lets it happen act by act in a newsroom.

It holds no text itself (`week.yaml` does) and makes no request; what the texts speak of is recorded with them, so that
a reader of the week can be held to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from typing import Any

import yaml

from flows.demo.newsroom import Newsroom
from flows.demo.press import Publication, Story

ACTS = (1, 2, 3)
"""Act 1 is the past; 2 is the news of the day; 3 the hour after, with copies that come late."""

_UNITS = {"d": "days", "h": "hours", "m": "minutes"}


@dataclass(frozen=True, slots=True)
class Truth:
    """What is true of one publication of the week.

    Attributes:
        publication: as it was published.
        mentions: ids of the tracked initiatives that it speaks of.
        original: of which publication it is a copy; None when it is one's own.
    """

    publication: Publication
    mentions: frozenset[str]
    original: Publication | None = None


class Week:
    """The invented week, in one newsroom."""

    def __init__(self, newsroom: Newsroom) -> None:
        """Open the outlets of the week; nothing is published yet."""
        self.newsroom = newsroom
        self.truths: list[Truth] = []
        for row in _read()["outlets"]:
            entry = dict(row)
            fault = entry.pop("fails", None)
            outlet = newsroom.outlet(entry.pop("id"), **entry)
            if fault is not None:
                outlet.fails(fault)

    def act(self, number: int) -> list[Truth]:
        """Let an act happen, at the newsroom's present time, and return what was published in it.

        An article is as old as the week says (``ago``), counted back from now.
        """
        published = [truth for row in _read()["articles"] if row["act"] == number for truth in self._publish(row)]
        self.truths += published
        return published

    def _publish(self, row: dict[str, Any]) -> Iterator[Truth]:
        outlet = self.newsroom.outlets[row["outlet"]]
        when = self.newsroom.clock() - span(row["ago"])
        if "copy_of" in row:
            yield self._copy(row, when)
            return
        story = Story.of(row["title"], row["text"], row.get("author"))
        original = outlet.publishes(story, published=when, access=row.get("access", "full"))
        mentions = frozenset(row["mentions"])
        yield Truth(original, mentions)
        for copy in row.get("copies", ()):
            options = {"cut": copy.get("cut"), "headline": copy.get("headline"), "wrapped": copy.get("wrapped", False)}
            (copied,) = self.newsroom.syndicates(original, to=[copy["to"]], after=span(copy["after"]), **options)
            yield Truth(copied, mentions, original)

    def _copy(self, row: dict[str, Any], when: datetime) -> Truth:
        """Print an article of an earlier act again."""
        (truth,) = [
            one for one in self.truths if one.original is None and one.publication.story.title == row["copy_of"]
        ]
        original = truth.publication
        (copied,) = self.newsroom.syndicates(
            original, to=[row["outlet"]], after=when - original.published, cut=row.get("cut"), headline=row["title"]
        )
        return Truth(copied, truth.mentions, original)


def span(text: str) -> timedelta:
    """Return a time span such as ``1d 7h`` or ``45m``."""
    parts = {_UNITS[unit]: int(number) for number, unit in re.findall(r"(\d+)([dhm])", text)}
    return timedelta(**parts)


@cache
def _read() -> dict[str, Any]:
    text = resources.files("flows.demo").joinpath("week.yaml").read_text(encoding="utf-8")
    week: dict[str, Any] = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe loaders
    return week
