"""What discovery, fetching and extraction hand on: items, pages, articles, and the outcomes of URLs.

Every text in an `Article` or a `FeedItem` has passed `records.text.clean`; every time is aware and in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class FeedItem:
    """One entry of a feed, sitemap or listing: a hint that an article may be at ``url``.

    Attributes:
        url: absolute, http or https, as the publisher wrote it (not canonical).
        title: plain text, or None where the source gives none (plain sitemaps).
        published: the instant that the source states, in UTC; None when it states none or an absurd one.
        source: the id of the source that it came from; empty straight out of a parser.
        summary: plain text of the item's description, for topic filters; None when there is none.
        language: BCP 47 tag that the source states for the item; None when it states none.
        outlet: the publisher's name where the source is an aggregator and tells; else None.
        guid: the publisher's own identity of the item, where given.
    """

    url: str
    title: str | None = None
    published: datetime | None = None
    source: str = ""
    summary: str | None = None
    language: str | None = None
    outlet: str | None = None
    guid: str | None = None


class Outcome(StrEnum):
    """How the story of one URL ended, for now. Each URL of the frontier has exactly one."""

    PENDING = "pending"  # discovered, not fetched yet
    FETCHED = "fetched"  # an article was stored
    NOT_ARTICLE = "not_article"  # a listing, a stub, a consent page: read, and nothing to store
    DUPLICATE = "duplicate"  # the page says, or redirects to show, that it is an article already stored
    PASSED_OVER = "passed_over"  # the topic filter did not ask for it
    OVER_BUDGET = "over_budget"  # the first look at its source had seen enough
    GONE = "gone"  # 404 or 410, again and again
    FORBIDDEN = "forbidden"  # 401, 402, 403, 451
    ROBOTS = "robots"  # the site's robots.txt asks programs to stay away
    BLOCKED = "blocked"  # bad scheme, or an address that is not allowed
    TOO_LARGE = "too_large"
    NOT_HTML = "not_html"
    REDIRECT_LOOP = "redirect_loop"
    FAILED = "failed"  # network, server or extraction failure; the reason says which; tried again over days

    @property
    def final(self) -> bool:
        """Whether the URL needs no further try."""
        return self not in (Outcome.PENDING, Outcome.FAILED)


@dataclass(frozen=True, slots=True)
class Page:
    """What one successful request gave.

    Attributes:
        url: the URL that was asked for.
        final_url: where the redirects ended.
        status: the HTTP status of the last answer, 200 to 299.
        headers: of the last answer, names in lower case.
        body: decompressed bytes.
        fetched_at: when the last byte arrived, in UTC.
        elapsed: seconds from the first request to the last byte.
        redirects: the permanent redirects (301, 308) that were followed, in order, as (from, to).
    """

    url: str
    final_url: str
    status: int
    headers: dict[str, str]
    body: bytes
    fetched_at: datetime
    elapsed: float = 0.0
    redirects: tuple[tuple[str, str], ...] = ()

    @property
    def content_type(self) -> str | None:
        """The Content-Type header as sent, or None."""
        return self.headers.get("content-type")


@dataclass(frozen=True, slots=True)
class NotModified:
    """The server answered 304: what we have is what there is."""

    url: str
    fetched_at: datetime
    elapsed: float = 0.0


@dataclass(frozen=True, slots=True)
class FetchFailed:
    """No page came, and why.

    Attributes:
        outcome: what the frontier notes (`Outcome.FAILED`, `GONE`, `FORBIDDEN`, `ROBOTS`, ...).
        reason: one sentence for a person.
        status: the HTTP status, when there was an answer.
        retry_after: seconds that the server asked us to wait (Retry-After), when it did.
        retry: whether another try can help.
        unanswered: the host of the URL gave no answer at all: no connection, or not a word on it.
    """

    url: str
    outcome: Outcome
    reason: str
    fetched_at: datetime
    retry: bool = True
    status: int | None = None
    retry_after: float | None = None
    elapsed: float = 0.0
    unanswered: bool = False


FetchResult = Page | NotModified | FetchFailed


class Access(StrEnum):
    """How much of the article the page showed us."""

    FULL = "full"
    STUB = "stub"  # a paywall or a teaser: the beginning only
    CONSENT = "consent"  # a cookie or consent page in place of the article
    NOT_ARTICLE = "not_article"  # a listing, a front page, an error page, a player


@dataclass(frozen=True, slots=True)
class Article:
    """What an article says, cut out of its page.

    Attributes:
        url: where the page was fetched (after redirects).
        title: the headline, without the outlet's suffix; empty when the page has none.
        text: paragraphs, one per line.
        authors: names only.
        published: the instant of publication in UTC; None when the page states none.
        modified: the instant of the last change in UTC; None when the page states none.
        published_from: where ``published`` was read (``json-ld``, ``meta``, ``time``, ``url``, ``text``, the ``rule``
            of its site, or its ``feed``).
        published_raw: the date as the page writes it, in ISO 8601 with the page's own zone; None when unknown.
        language: BCP 47 primary tag of the text, lower case; None when it cannot be told.
        outlet: the site's registrable domain or the outlet's own host, for example ``lemonde.fr``.
        outlet_name: what the page calls its site; None when it does not say.
        canonical_url: the page's own canonical URL when it is plausible; else None.
        section, tags, image: as the page states them.
        access: whether the text is whole.
        access_reason: why `access` is what it is, in a few words; empty for FULL.
        extractor: name, version and settings of what made this, so that it can be made again.
        text_reason: which of several readings of the page ``text`` is, and why; empty when there was no choice.
        raw_hash: SHA-256 of the page's bytes.
    """

    url: str
    title: str
    text: str
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    modified: datetime | None = None
    published_from: str | None = None
    published_raw: str | None = None
    language: str | None = None
    outlet: str = ""
    outlet_name: str | None = None
    canonical_url: str | None = None
    section: str | None = None
    tags: tuple[str, ...] = ()
    image: str | None = None
    access: Access = Access.FULL
    access_reason: str = ""
    extractor: str = ""
    raw_hash: str = ""
    text_reason: str = ""

    @property
    def author(self) -> list[str]:
        """The authors as a list: the name that scorers and scripts expect."""
        return list(self.authors)

    @property
    def date(self) -> str | None:
        """`published` as the page wrote it, in ISO 8601; in UTC where the page's own zone is not known."""
        if self.published_raw is not None:
            return self.published_raw
        return self.published.isoformat() if self.published else None


class Origin(StrEnum):
    """How an article came into the warehouse; only LIVE ones may alert."""

    LIVE = "live"
    SEED = "seed"
    BACKFILL = "backfill"  # archives, and the first look at a source


@dataclass(frozen=True, slots=True)
class Discovery:
    """One item of a source with its identity, and what the frontier shall note about it.

    Attributes:
        item: as the parser gave it; its ``source`` must be set.
        url_key: the canonical form of its URL.
        outcome: PENDING, or PASSED_OVER or OVER_BUDGET when it shall be known but not fetched.
        reason: why, when it shall not be fetched.
        origin: BACKFILL for what the first look at a source finds, else LIVE.
        catch_up: whether what it leads to may only go into digests.
    """

    item: FeedItem
    url_key: str
    outcome: Outcome = Outcome.PENDING
    reason: str = ""
    origin: Origin = Origin.LIVE
    catch_up: bool = False


@dataclass(frozen=True, slots=True)
class UrlOutcome:
    """What the frontier learns about one URL after a try.

    Attributes:
        url: the URL as discovered: the frontier's key together with its canonical form.
        outcome: how the try ended.
        reason: one sentence for a person; empty when all went well.
        at: when the try ended.
        next_try: when to try again; None when the outcome is final.
        article_id: the article that the URL led to, when it led to one.
        status, bytes, elapsed: of the fetch, for the log.
        most_tries: failed tries after which the URL is given up; None for the usual number.
    """

    url: str
    outcome: Outcome
    at: datetime
    reason: str = ""
    next_try: datetime | None = None
    article_id: int | None = None
    status: int | None = None
    bytes: int | None = None
    elapsed: float | None = None
    source: str = ""
    retry_after: float | None = None
    extra: dict[str, str] = field(default_factory=dict)
    most_tries: int | None = None
