"""What deciding takes and gives: new mentions, what was known before, and signals.

    NewMention --detect--> Signal --route--> Notification --seal: write, freeze--> Delivery --send--> Receipt --> told

A signal never says whom it reaches: subscriptions do. Every text here has passed `records.text.clean`; every time is
aware and in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Protocol

from records.article import Origin
from records.mention import Figure, Place


class Kind(StrEnum):
    """What a signal says."""

    FIRST_MENTION = "first_mention"  # nothing stored mentioned the initiative before
    NEW_STORY = "new_story"  # the first article of a story that mentions it
    NEW_OUTLET = "new_outlet"  # the outlet never mentioned it before
    NEW_FIGURE = "new_figure"  # a number about it that no stored statement agrees with
    SPIKE = "spike"  # far more stories in a day than usual
    CORRECTION = "correction"  # an article that was alerted changed, or is gone


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
        figures: what the article states of the initiative in numbers; not part of the evidence that a signal keeps.
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
    figures: tuple[Figure, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Stated:
    """A number that a stored article states of an initiative.

    Attributes:
        value, comparison: as in `records.mention.Figure`.
        surface: the number with its unit, as printed.
        outlet: who printed it.
        at: when it was published; when it was seen, if that is not known.
    """

    value: float
    comparison: str
    surface: str
    outlet: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often an initiative is in the news.

    Attributes:
        since: from when on its stories were looked for.
        stories: when each of its latest stories was first printed, by story.
        last_spike: when a burst was last told.
    """

    since: datetime
    stories: Mapping[int, datetime]
    last_spike: datetime | None = None


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

    def stated(self, initiative_id: str, unit: str, scope: str) -> Sequence[Stated]:
        """Return what is stated of it in that unit and scope, the latest last."""
        ...

    def rhythm(self, initiative_id: str) -> Rhythm | None:
        """Return how often it is in the news; None when that is not known."""
        ...


@dataclass(frozen=True, slots=True)
class Signal:
    """Something worth saying; its identity is what it says, not when it was seen.

    Attributes:
        signal_id: of kind, initiative and scope.
        scope: what is new: the story, the outlet, the figure, the day of a burst, the article with its change; empty
            for a first mention.
        mention: the evidence that is shown.
        first_in_language: nothing in this language mentioned the initiative before.
        occurred_at: when the article was published; when it was seen, if that is not known.
        reason: in a few words, where the kind alone does not say it: ``third story today, usual is 0.4``.
        detail: a sentence or two more: what a correction changed.
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
    reason: str = ""
    detail: str = ""
    initiative: str = ""
    outlets: tuple[str, ...] = ()


class Detect(Protocol):
    """Which signals do new mentions make, given history? (`alerts.detect.signals`)."""

    def __call__(
        self, mentions: Sequence[NewMention], history: History, *, now: datetime, run_id: str
    ) -> Sequence[Signal]:
        """Return the signals."""
        ...
