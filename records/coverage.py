"""How much of the news a span of time was seen of, and how govwatch itself stands: what makes a silence worth trusting.

They hold counts and names, never a judgement: `alerts.coverage` and `alerts.standing` put them into words.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was seen between two instants.

    Each enabled source is in exactly one group, by name.

    Attributes:
        since, until: the half-open window, in UTC; never earlier than the first pass.
        ok: how many sources answered and are well.
        stale: answered, but show nothing new for unusually long, or only pages that hold no article.
        blocked: the site says no (401, 402, 403, 407, 451, robots.txt), or its address is not allowed.
        failing: did not answer, or fail for long.
        unasked: were not due within the window.
        pages: article pages that were read.
    """

    since: datetime
    until: datetime
    ok: int = 0
    stale: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    failing: tuple[str, ...] = ()
    unasked: tuple[str, ...] = ()
    pages: int = 0

    @property
    def answered(self) -> int:
        """Sources that answered within the window."""
        return self.ok + len(self.stale)

    @property
    def sources(self) -> int:
        """All enabled sources."""
        return self.answered + len(self.blocked) + len(self.failing) + len(self.unasked)


@dataclass(frozen=True, slots=True)
class Precision:
    """What readers said of the alerts that one rule of one initiative made.

    Attributes:
        initiative_id: the initiative.
        rule: the alias or rule that matched, as the analyst wrote it.
        relevant, judged: articles called relevant, of all that were judged; the last word of each reader counts.
    """

    initiative_id: str
    rule: str
    relevant: int
    judged: int


@dataclass(frozen=True, slots=True)
class CanaryFlight:
    """The way of the daily canary.

    Attributes:
        day: its local date, ``2026-11-24``.
        launched: when its signal was stored.
        arrived: when the last of its channels had it; None while one waits.
        missing: what each channel that has it not says of it, by channel.
        told: when operators were told that it is missing.
        signal_id: its signal.
    """

    day: str
    launched: datetime
    arrived: datetime | None
    missing: tuple[tuple[str, str], ...] = ()
    told: datetime | None = None
    signal_id: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """How govwatch stands, for its operators.

    Attributes:
        dead: messages that were given up and not put back, by channel.
        failing: channels whose circuit is open, with the time of the last success.
        canary: the last one; None where none ever flew.
        precision: of rules that readers judged.
        alarms: of govwatch itself that operators were told of and that are on: each with a sentence.
    """

    dead: tuple[tuple[str, int], ...] = ()
    failing: tuple[tuple[str, datetime | None], ...] = ()
    canary: CanaryFlight | None = None
    precision: tuple[Precision, ...] = ()
    alarms: tuple[tuple[str, str], ...] = ()
