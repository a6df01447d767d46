"""What a briefing tells of a span of time: stories, the rhythm of each initiative, disagreeing numbers, later changes.

They hold facts, never markup: `alerts.briefing` shows them. A story is told once, however many outlets printed it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from records.coverage import Coverage


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a story names an initiative.

    Attributes:
        initiative_id: which.
        field: ``title`` or ``text``: where the words stand.
        sentence: around them, as stored.
        surface: the words that matched.
    """

    initiative_id: str
    field: str
    sentence: str
    surface: str


@dataclass(frozen=True, slots=True)
class ToldStory:
    """One story, told by one of its articles: the one that is credited with it, else the earliest that is known.

    Attributes:
        story_id: which.
        title, url, outlet, country, language: of the article that tells it; empty where unknown.
        outlet_name: as people know the outlet; its domain where no name is known.
        when: publication; first sight where no date is known.
        dated: whether ``when`` is a publication date.
        found: when its first article was stored.
        evidence: one passage for each initiative, in the order of the initiatives' ids.
        outlets: domain and name of every outlet that printed it, the telling one first.
        languages, countries: of all its articles within the briefing, sorted.
        late: whether it was published before the window, and found in it.
    """

    story_id: int
    title: str
    url: str
    outlet: str
    outlet_name: str
    country: str
    language: str
    when: datetime
    dated: bool
    found: datetime
    evidence: tuple[Evidence, ...]
    outlets: tuple[tuple[str, str], ...]
    languages: tuple[str, ...]
    countries: tuple[str, ...]
    late: bool = False


@dataclass(frozen=True, slots=True)
class FirstMention:
    """The earliest article that is known to mention an initiative."""

    when: datetime
    outlet: str
    title: str
    url: str
    language: str


@dataclass(frozen=True, slots=True)
class InitiativeNews:
    """One initiative in the window.

    Attributes:
        initiative_id, name: which.
        stories: distinct stories of the window that mention it.
        articles: how often these were printed within the window.
        outlets, countries, languages: that printed them, sorted.
        days: each local day of the `BEFORE` days before the window and of the window, with its distinct stories.
        usual: mean of distinct stories per day before the window; None where less than a week of it is known.
        first: its first mention of all time.
    """

    initiative_id: str
    name: str
    stories: int
    articles: int
    outlets: tuple[str, ...]
    countries: tuple[str, ...]
    languages: tuple[str, ...]
    days: tuple[tuple[date, int], ...]
    usual: float | None
    first: FirstMention


@dataclass(frozen=True, slots=True)
class Quiet:
    """An initiative that no story of the window mentions; ``last`` is its last mention before, if there is one."""

    initiative_id: str
    name: str
    last: datetime | None


@dataclass(frozen=True, slots=True)
class Statement:
    """A number, and who printed it where.

    Attributes:
        value, comparison, surface: the number, as in `records.mention.Figure`.
        sentence: around it.
        story_id, title, url, outlet, language: of the article.
        when: publication; first sight where no date is known.
    """

    value: float
    comparison: str
    surface: str
    sentence: str
    story_id: int
    title: str
    url: str
    outlet: str
    language: str
    when: datetime


@dataclass(frozen=True, slots=True)
class Stated:
    """What is stated of one initiative in one unit and scope, the latest first."""

    initiative_id: str
    unit: str
    scope: str
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class LaterChange:
    """What an outlet changed in an alerted article.

    Attributes:
        checked_at: when it was noticed.
        finding: ``changed``, ``lost`` (the mention is gone) or ``withdrawn`` (the page is gone).
        reason: in one sentence.
        difference: a line per passage; empty when the page is gone.
        title, url, outlet, language: of the article.
        title_now: its headline now, where that changed; else empty.
        initiatives: ids that it was alerted for.
        hours_after: from publication to when it was noticed.
    """

    checked_at: datetime
    finding: str
    reason: str
    difference: str
    title: str
    url: str
    outlet: str
    language: str
    title_now: str
    initiatives: tuple[str, ...]
    hours_after: float


@dataclass(frozen=True, slots=True)
class Briefing:
    """Everything that one briefing tells.

    Attributes:
        since, until: the half-open window, in UTC.
        zone: IANA name of the reader's time zone, by which days are counted.
        written_at: when it was asked for.
        coverage: what was seen of the news within it.
        initiatives: those in the news, most stories first.
        quiet: those that are not.
        stories: the newest first, at most as many as were asked for.
        left_out: older stories that are counted, but not told.
        articles, outlets, countries, languages: how often, where and in what the stories were printed.
        figures: numbers stated within the window or shortly before it, where more than one value is.
        changes: what changed after publication, the latest first.
        chosen: ids of initiatives that it was asked for; empty for all.
    """

    since: datetime
    until: datetime
    zone: str
    written_at: datetime
    coverage: Coverage
    initiatives: tuple[InitiativeNews, ...] = ()
    quiet: tuple[Quiet, ...] = ()
    stories: tuple[ToldStory, ...] = ()
    left_out: int = 0
    articles: int = 0
    outlets: int = 0
    countries: int = 0
    languages: int = 0
    figures: tuple[Stated, ...] = ()
    changes: tuple[LaterChange, ...] = ()
    chosen: tuple[str, ...] = ()

    @property
    def told(self) -> int:
        """Distinct stories of the window."""
        return len(self.stories) + self.left_out

    @property
    def late(self) -> int:
        """Stories that were published before the window and found in it, of those that are told."""
        return sum(story.late for story in self.stories)
