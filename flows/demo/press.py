"""The nouns of the simulated press: stories, house styles, and publications of one in the other.

Plain values: nothing here renders, serves or keeps anything.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone


@dataclass(frozen=True, slots=True)
class Story:
    """A text as its writer filed it.

    Attributes:
        title: the headline.
        paragraphs: plain text, in order.
        author: a name; None for an unsigned piece.
        section: the desk, for the breadcrumb.
        summary: the teaser; the first paragraph where none is given.
    """

    title: str
    paragraphs: tuple[str, ...]
    author: str | None = None
    section: str | None = None
    summary: str = ""

    @classmethod
    def of(cls, title: str, text: str, author: str | None = None, section: str | None = None) -> Story:
        """Return the story of ``text``, whose paragraphs are separated by blank lines."""
        paragraphs = tuple(" ".join(part.split()) for part in re.split(r"\n\s*\n", text) if part.strip())
        return cls(title, paragraphs, author, section)

    @property
    def text(self) -> str:
        """The paragraphs, one per line."""
        return "\n".join(self.paragraphs)

    @property
    def teaser(self) -> str:
        """What feeds show of it."""
        return self.summary or (self.paragraphs[0] if self.paragraphs else "")


@dataclass(frozen=True, slots=True)
class House:
    """How one outlet looks from outside.

    Attributes:
        id: stable, small letters, digits and dashes.
        name: its masthead.
        language: BCP 47 tag.
        base: scheme, address and port, without a final slash.
        encoding: of pages and feeds.
        template: name of the page template (`flows.demo.pages.TEMPLATES`).
        zone: offset from UTC of the times that it prints.
        feed_size: most items in its feed.
        tracking: whether links in its feed carry campaign parameters.
        related: ``neutral`` shows fixed teasers beside an article, ``own`` the outlet's latest headlines.
    """

    id: str
    name: str
    language: str
    base: str
    encoding: str = "utf-8"
    template: str = "classic"
    zone: timedelta = timedelta(0)
    feed_size: int = 50
    tracking: bool = False
    related: str = "neutral"

    def local(self, instant: datetime) -> datetime:
        """Return the instant as the outlet prints it."""
        return instant.astimezone(timezone(self.zone))


@dataclass(frozen=True, slots=True)
class Publication:
    """A story as one outlet printed it.

    Attributes:
        house: the outlet's look.
        path: of its page, from the root.
        story: what is printed now.
        published: aware.
        modified: the last edit; equal to ``published`` when there was none.
        access: ``full``, ``stub`` (a paywall) or ``consent`` (a cookie wall in place of the page).
        credit: whom it credits, when it is a copy.
        wrapped: whether the outlet put paragraphs of its own before and after the text.
    """

    house: House
    path: str
    story: Story
    published: datetime
    modified: datetime
    access: str = "full"
    credit: str | None = None
    wrapped: bool = False

    @property
    def url(self) -> str:
        """Where its page is."""
        return self.house.base + self.path

    @property
    def link(self) -> str:
        """What the feed says its URL is."""
        return self.url + ("?utm_source=feed&utm_medium=rss" if self.house.tracking else "")


def slug(title: str) -> str:
    """Return ``title`` as part of a URL: Latin letters and digits joined by dashes; empty for other scripts."""
    latin = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    return "-".join(re.findall(r"[a-z0-9]+", latin.lower()))[:70].strip("-")
