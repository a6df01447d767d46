"""The shape of `sources.yaml`: what is polled for new coverage, and which of it is wanted.

It never looks at the network: whether a source answers is told by `govwatch check --network`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field

from config.document import Mistake, Shape
from config.values import Country, Duration, Identifier, Language, Positive, WebURL
from records.source import Source

KINDS = ("feed", "sitemap", "listing", "gdelt", "google_news", "bing_news", "federal_register")
"""What `extractors.kinds` can read."""

# What people write for a kind that has another name here.
_MEANT = {
    "rss": "feed", "atom": "feed", "rdf": "feed", "jsonfeed": "feed", "json_feed": "feed", "xml": "feed",
    "news_sitemap": "sitemap", "sitemap_index": "sitemap", "news_sitemap_index": "sitemap",
    "html": "listing", "html_listing": "listing", "page": "listing", "rss_search": "google_news",
}  # fmt: skip


def _kind(value: object) -> object:
    if value not in KINDS:
        close = _MEANT.get(str(value)) or next(iter(difflib.get_close_matches(str(value), KINDS, n=1)), None)
        hint = f"did you mean '{close}'?" if close else "one of " + ", ".join(KINDS)
        raise ValueError(f"unknown kind '{value}' | {hint}")
    return value


def _pattern(value: object) -> object:
    if value is None:
        return None
    try:
        re.compile(str(value))
    except re.error as error:
        raise ValueError(f"'{value}' is not a regular expression: {error} | the whole link must match it") from None
    return value


def _selector(value: object) -> object:
    if value is None:
        return None
    text = str(value).strip()
    closed = (
        all(text.count(a) == text.count(b) for a, b in ("[]", "()")) and text.count('"') % 2 == text.count("'") % 2 == 0
    )
    if not text or not closed or re.search(r"^[>+~,]|[>+~,.#:]$|,,|[{};@]", text):
        raise ValueError(f"'{value}' is not a CSS selector | for example 'ul.news li a'")
    return text


Keyword = Annotated[str, Field(min_length=1, max_length=100)]


class SourceShape(Shape):
    """One source; see `records.source.Source`.

    Attributes:
        id: stable; the warehouse knows the source by it.
        name: for people; the id when left out.
        kind: how it is read.
        url: where it is polled.
        language: of what it publishes.
        country: of the outlet.
        outlet: the outlet's domain.
        tier: 1 to 3, 1 is best.
        every: the usual time between two polls.
        enabled: whether it is polled.
        reason: why not; or a note for the operator.
        keywords: only items with one of them are fetched.
        topic: the name of a list under ``topics`` that joins ``keywords``.
        selector, link_pattern: the links of a listing.
        robots: whether robots.txt is obeyed for the endpoint itself.
        max_pages: most article pages fetched in one pass.
    """

    id: Identifier
    name: Annotated[str, Field(max_length=200)] = ""
    kind: Annotated[str, BeforeValidator(_kind)] = "feed"
    url: WebURL
    language: Language | None = None
    country: Country | None = None
    outlet: Annotated[str, Field(max_length=100)] | None = None
    tier: Annotated[int, Field(ge=1, le=3)] | None = None
    every: Duration | None = None
    enabled: bool = True
    reason: str = ""
    keywords: tuple[Keyword, ...] = ()
    topic: str | None = None
    selector: Annotated[str | None, BeforeValidator(_selector)] = None
    link_pattern: Annotated[str | None, BeforeValidator(_pattern)] = None
    robots: bool = False
    max_pages: Positive | None = None

    def mistakes_at(self, number: int, topics: dict[str, tuple[str, ...]]) -> Iterable[Mistake]:
        """Yield what is wrong between this source's keys; ``number`` is its place in the file."""
        here = ("sources", number)
        if self.kind == "listing" and not (self.selector or self.link_pattern):
            yield (
                here,
                f"the listing '{self.id}' does not say which links are articles",
                "give selector or link_pattern",
            )
        for key in ("selector", "link_pattern"):
            if self.kind != "listing" and getattr(self, key):
                yield (*here, key), f"'{key}' is for listings, and '{self.id}' is a {self.kind}", "kind: listing"
        if not self.enabled and not self.reason:
            yield (*here, "enabled"), f"'{self.id}' is off, and nothing says why", "give a reason"
        if self.every is not None and self.every < timedelta(minutes=1):
            yield (*here, "every"), f"'{self.id}' would be polled more than once a minute", "at least 1m"
        if self.topic is not None and self.topic not in topics:
            close = difflib.get_close_matches(self.topic, topics, n=1)
            hint = f"did you mean '{close[0]}'?" if close else "name a list under topics:"
            yield (*here, "topic"), f"there is no topic '{self.topic}'", hint

    def record(self, every: timedelta, topics: dict[str, tuple[str, ...]]) -> Source:
        """Return the source as a record; ``every`` stands in where it names none."""
        keywords = (*topics.get(self.topic or "", ()), *self.keywords)
        fields = self.model_dump(exclude={"topic", "keywords", "every", "name"})
        return Source(
            **fields,
            name=self.name or self.id,
            every=self.every or every,
            keywords=tuple(dict.fromkeys(keywords)),
        )


class SourcesFile(Shape):
    """The whole of `sources.yaml`.

    Attributes:
        every: the usual time between two polls, for sources that name none.
        topics: lists of keywords by name, for sources to share.
        sources: what is polled.
    """

    every: Duration = timedelta(minutes=30)
    topics: dict[Identifier, tuple[Keyword, ...]] = Field(default_factory=dict)
    sources: tuple[SourceShape, ...]

    def mistakes(self) -> Iterable[Mistake]:
        """Yield ids and addresses that stand twice, and what is wrong inside each source."""
        ids: dict[str, int] = {}
        urls: dict[str, int] = {}
        for number, one in enumerate(self.sources):
            if one.id in ids:
                yield ("sources", number, "id"), f"the id '{one.id}' stands twice", f"first at sources[{ids[one.id]}]"
            elif one.url in urls:
                first = urls[one.url]
                yield ("sources", number, "url"), f"'{one.url}' is polled twice", f"first at sources[{first}]"
            ids.setdefault(one.id, number)
            urls.setdefault(one.url, number)
            yield from one.mistakes_at(number, self.topics)

    def records(self) -> tuple[Source, ...]:
        """Return every source, also those that are off."""
        return tuple(one.record(self.every, self.topics) for one in self.sources)
