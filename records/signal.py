"""What deciding takes and gives: new mentions, what was known before, and signals.

    NewMention --detect--> Signal --route--> Notification --seal: write, freeze--> Delivery --send--> Receipt --> told

A signal never says whom it reaches: subscriptions do. Every text here has passed `records.text.clean`; every time is
aware and in UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Protocol

from records.article import Origin
from records.mention import Place


class Kind(StrEnum):
    """What a signal says."""

    FIRST_MENTION = "first_mention"  # nothing stored mentioned the initiative before
    NEW_STORY = "new_story"  # the first article of a story that mentions it
    NEW_OUTLET = "new_outlet"  # the outlet never mentioned it before


class Severity(IntEnum):
    """How much a signal matters; shown as a word, never by colour alone."""

    INFO = 0
    NOTICE = 1
    HIGH = 2

    @property
    def word(self) -> str:
        """The name in small letters: ``info``, ``notice`` or ``high``."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class NewMention:
    """One mention in an article that was just stored, with what deciding needs to know of the article.

    Attributes:
        article_id, story_id: the article and the story that it belongs to.
        merged: stories that turned out to be ``story_id`` by this article.
        url: of the article.
        published: None when neither the page nor the source states it.
        seen_at: when govwatch first saw it.
        catch_up: too old, or its source silent for too long, to alert at once.
        sentence, surface: the evidence.
        place, alerts: as in `records.mention.Mention`.
    """

    initiative_id: str
    article_id: int
    story_id: int
    title: str
    url: str
    outlet: str
    sentence: str
    surface: str
    seen_at: datetime
    published: datetime | None = None
    outlet_name: str | None = None
    country: str | None = None
    language: str | None = None
    tier: int | None = None
    origin: Origin = Origin.LIVE
    catch_up: bool = False
    merged: tuple[int, ...] = ()
    place: Place = Place.BODY
    alerts: bool = True


class History(Protocol):
    """What was known before the articles at hand came; seeds and first looks count."""

    def mentioned(self, initiative_id: str) -> bool:
        """Whether anything stored mentions the initiative."""
        ...

    def in_language(self, initiative_id: str, language: str) -> bool:
        """Whether anything stored in that language mentions it."""
        ...

    def in_story(self, initiative_id: str, story_id: int) -> bool:
        """Whether an article of that story mentions it."""
        ...

    def in_outlet(self, initiative_id: str, outlet: str) -> bool:
        """Whether an article of that outlet mentions it."""
        ...


@dataclass(frozen=True, slots=True)
class Signal:
    """Something worth saying; its identity is what it says, not when it was seen.

    Attributes:
        signal_id: of kind, initiative and scope.
        scope: the story or the outlet that is new; empty for a first mention.
        mention: the evidence that is shown.
        first_in_language: nothing in this language mentioned the initiative before.
        occurred_at: when the article was published; when it was seen, if that is not known.
        initiative: its name for people; filled in when the signal is read back, else the id.
        outlets: who prints the story by now; filled in when the signal is read back.
    """

    signal_id: str
    kind: Kind
    scope: str
    severity: Severity
    mention: NewMention
    occurred_at: datetime
    run_id: str
    first_in_language: bool = False
    initiative: str = ""
    outlets: tuple[str, ...] = ()


class Detect(Protocol):
    """Which signals do new mentions make, given history? (`alerts.detect.signals`)."""

    def __call__(
        self, mentions: Sequence[NewMention], history: History, *, now: datetime, run_id: str
    ) -> Sequence[Signal]:
        """Return the signals."""
        ...
