"""What operators are told: the alarms that govwatch can raise, and the figures of their report.

They hold counts, names and times, never a judgement of what they mean: `alerts.report` puts them into words.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from records.coverage import Coverage, Standing


class Alarm(StrEnum):
    """Everything that govwatch raises; the value is the anchor of its section in ``docs/alarms.md``."""

    SOURCE_ILL = "a-source-is-ill"
    CHANNEL_FAILS = "a-channel-keeps-failing"
    MESSAGE_DEAD = "a-message-could-not-be-delivered"
    CANARY_MISSING = "the-canary-is-missing"
    NO_PASS = "no-pass-has-ended"  # noqa: S105 - no password
    PASS_HANGS = "a-pass-hangs"  # noqa: S105 - no password
    PASSES_END_BADLY = "passes-end-badly"
    DISK_FILLS = "the-disk-fills"
    BACKUP_OLD = "the-backup-is-old"
    MUCH_MISSED = "much-is-missed"
    RULE_MISFIRES = "a-rule-is-judged-not-relevant"

    @property
    def heading(self) -> str:
        """Its name for people, and the heading of its section: ``The disk fills``."""
        return self.value.replace("-", " ").capitalize()

    @property
    def remedy(self) -> str:
        """Where its meaning and remedy stand, as messages say it."""
        return f"What to do: docs/alarms.md#{self.value}"

    @property
    def hand(self) -> str:
        """The command that helps, or that shows more."""
        return _HANDS.get(self, "")

    @property
    def urgent(self) -> bool:
        """Whether readers may miss something while nobody looks at it."""
        return self not in (Alarm.SOURCE_ILL, Alarm.BACKUP_OLD, Alarm.MUCH_MISSED, Alarm.RULE_MISFIRES)


_HANDS = {
    Alarm.SOURCE_ILL: "govwatch check --network",
    Alarm.MESSAGE_DEAD: "govwatch alerts requeue",
    Alarm.CANARY_MISSING: "govwatch alerts test --probe",
    Alarm.NO_PASS: "govwatch run --due",
    Alarm.PASS_HANGS: 'govwatch sql "from runs"',
    Alarm.PASSES_END_BADLY: "govwatch doctor",
    Alarm.DISK_FILLS: "govwatch compact",
    Alarm.BACKUP_OLD: "govwatch backup",
    Alarm.MUCH_MISSED: 'govwatch sql "from outlets_to_add"',
    Alarm.RULE_MISFIRES: "govwatch backtest",
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """One alarm that is on.

    Attributes:
        alarm: which.
        sentence: what is the matter, without a full stop.
        command: what helps, where it is another than for all alarms of its kind.
    """

    alarm: Alarm
    sentence: str
    command: str = ""

    @property
    def hand(self) -> str:
        """The command that helps."""
        return self.command or self.alarm.hand


@dataclass(frozen=True, slots=True)
class AlarmState:
    """What the warehouse remembers of one alarm of govwatch itself.

    Attributes:
        alarm: which.
        since: when it was first seen.
        seen_at: when it was last seen.
        told_at: when operators were told; None while it may still pass by itself.
        sentence: what was the matter when it was last seen.
    """

    alarm: Alarm
    since: datetime
    seen_at: datetime
    told_at: datetime | None
    sentence: str


@dataclass(frozen=True, slots=True)
class StageTime:
    """Median seconds that one stage of a pass took in the window, and in the weeks before; None where none ran."""

    stage: str
    seconds: float
    before: float | None = None


@dataclass(frozen=True, slots=True)
class Growth:
    """How large something is, in bytes.

    Attributes:
        what: ``warehouse``, ``read copy``, ``kept pages`` or ``backups``.
        now: bytes at the end of the window.
        week: bytes by which it grew within the window; None where its beginning was not measured.
        before: bytes by which it grew in a week of those before; None likewise.
    """

    what: str
    now: int
    week: int | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Missed:
    """The audit of one initiative and week: articles by the way they were found, and how many none found.

    Attributes:
        initiative: its name.
        articles: found in all.
        feeds_only, gdelt_only, search_only, several: of these, by the way.
        missed, low, high: the estimate with its 95 % interval; None with fewer than two ways in use.
    """

    initiative: str
    articles: int
    feeds_only: int
    gdelt_only: int
    search_only: int
    several: int
    missed: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class OperatorReport:
    """Everything that the operators' report tells of one window.

    Attributes:
        coverage: what was seen of the news, with the window's two ends.
        standing: dead messages, failing channels, the canary, precision of rules, alarms.
        ill: sources in lasting trouble, with the reason.
        passes, badly: passes that ended within the window, and those of them that failed, were killed or got nothing.
        stages: what the stages of a pass took.
        accepted, waiting: messages that channels took within the window, and that wait now.
        canaries, arrived: canaries that flew within the window, and that came home.
        growth: of the files; ``free`` bytes are left beside them.
        backup: when the last backup was made by this warehouse's ``govwatch backup``; None where none is known.
        audit_week: Monday of the audited week.
        ways: ways of finding articles that are in use.
        audit: by initiative, the most missed first.
        outlets: outlets to add, with the articles that only GDELT or searches led to.
    """

    coverage: Coverage
    standing: Standing
    ill: tuple[tuple[str, str], ...] = ()
    passes: int = 0
    badly: int = 0
    stages: tuple[StageTime, ...] = ()
    accepted: int = 0
    waiting: int = 0
    canaries: int = 0
    arrived: int = 0
    growth: tuple[Growth, ...] = ()
    free: int = 0
    backup: datetime | None = None
    audit_week: date | None = None
    ways: int = 0
    audit: tuple[Missed, ...] = ()
    outlets: tuple[tuple[str, int], ...] = ()
