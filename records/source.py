"""A source: one endpoint that is polled for new coverage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Source:
    """What an analyst configured about one endpoint.

    Attributes:
        id: stable, small letters, digits and dashes.
        name: for people.
        kind: which reader understands it (``feed``, ``sitemap``, ``listing``, ``gdelt`` ...).
        url: where it is polled.
        language, country: of the outlet, where known.
        outlet: the outlet's domain or short name, where it differs from the host of the articles.
        tier: 1 (wire services, papers of record, institutions) to 3; None when not rated.
        every: the usual time between two polls.
        enabled: whether it is polled at all.
        reason: why it is off, or anything an operator should know.
        keywords: only items whose title, summary or URL holds one of these are fetched; empty means all are.
        selector: CSS selector of the links of a listing.
        link_pattern: regular expression that the links of a listing match in full.
        robots: whether robots.txt is obeyed for the endpoint itself (articles always obey it).
        max_pages: most article pages fetched for it in one pass; None takes the setting.
    """

    id: str
    name: str
    kind: str
    url: str
    every: timedelta
    language: str | None = None
    country: str | None = None
    outlet: str | None = None
    tier: int | None = None
    enabled: bool = True
    reason: str = ""
    keywords: tuple[str, ...] = ()
    selector: str | None = None
    link_pattern: str | None = None
    robots: bool = False
    max_pages: int | None = None
