"""Whether an initiative is in the news far more than usual: a rule with numbers that a reader can check.

Pure; it counts stories, never copies, and never says the same burst twice.

A burst begins when the stories of the last 24 hours are

- at least three,
- at least three times the usual number of a day, and
- so many as come by chance on fewer than one day in eighty, when the days vary as they did.

*Usual* is the mean of the 28 days before (of fewer, when it was not watched for so long; of fewer than seven days
nothing is said). Chance is the tail of a negative binomial distribution: a Poisson count whose rate is known from so
many days only (Gamma posterior with Jeffreys' prior, Gelman et al., Bayesian Data Analysis, 2.6), and that varies from
day to day as much as it was seen to (variance above the mean, by moments). So neither a quiet initiative with a handful
of stories nor one that lives in bursts gives false alarms.

It is over once a day has fewer than two stories, or fewer than one and a half times the usual.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from records.signal import Rhythm

DAY = timedelta(hours=24)
WINDOW = timedelta(days=28)
"""The days that say what is usual."""

WATCHED = timedelta(days=7)
"""With fewer days nothing is usual yet."""

FEWEST = 3
TIMES = 3.0
CHANCE = 0.0125
_OVER = 1.5
_OVER_FEWEST = 2
_ORDINALS = ("", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


@dataclass(frozen=True, slots=True)
class Burst:
    """A day far above the usual.

    Attributes:
        stories: of the last 24 hours.
        usual: stories of a day, the mean of the days before.
        chance: how likely so many are on a usual day.
    """

    stories: int
    usual: float
    chance: float

    @property
    def reason(self) -> str:
        """For example ``third story today, usual is 0.4``."""
        usual = "none" if not self.usual else "less than 0.1" if self.usual < 0.1 else f"{self.usual:.1f}"
        return f"{ordinal(self.stories)} story today, usual is {usual}"


def burst(rhythm: Rhythm, now: datetime) -> Burst | None:
    """Return the burst that begins now, or None: nothing unusual, too little known, or the burst was told."""
    since = max(rhythm.since, now - DAY - WINDOW)
    days = (now - DAY - since) / DAY
    if days < WATCHED / DAY:
        return None
    times = sorted(at for at in rhythm.stories.values() if since <= at <= now)
    today = _within(times, now)
    before = [at for at in times if at <= now - DAY]
    usual = len(before) / days
    if today < max(FEWEST, TIMES * usual):
        return None
    chance = tail(today, len(before), days, _variance(before, now - DAY, days))
    if chance >= CHANCE or (rhythm.last_spike is not None and _goes_on(times, rhythm.last_spike, now, usual)):
        return None
    return Burst(today, usual, chance)


def tail(count: int, seen: int, days: float, variance: float) -> float:
    """Return how likely ``count`` or more stories are on a day, after ``seen`` in ``days`` days with that variance."""
    mean = (seen + 0.5) / days
    spread = 1 / (seen + 0.5) + max(0.0, (variance - mean) / mean**2)
    size = 1 / spread
    share = mean / (size + mean)
    probability, below = (1 - share) ** size, 0.0
    for number in range(count):
        below += probability
        probability *= (size + number) / (number + 1) * share
    return max(0.0, 1 - below)


def ordinal(number: int) -> str:
    """Return ``third`` for 3, ``21st`` for 21."""
    if number < len(_ORDINALS):
        return _ORDINALS[number]
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _within(times: Iterable[datetime], end: datetime) -> int:
    return sum(end - DAY < at <= end for at in times)


def _variance(times: Iterable[datetime], end: datetime, days: float) -> float:
    counts = [0] * max(1, int(days))
    for at in times:
        number = int((end - at) / DAY)
        if number < len(counts):
            counts[number] += 1
    mean = sum(counts) / len(counts)
    return sum((count - mean) ** 2 for count in counts) / max(1, len(counts) - 1)


def _goes_on(times: list[datetime], told: datetime, now: datetime, usual: float) -> bool:
    """Whether the burst that was told is not over: every day since then was far above the usual."""
    if now - told > WINDOW:
        return False
    calm = max(_OVER_FEWEST, _OVER * usual)
    at = told
    while at < now:
        if _within(times, at) < calm:
            return False
        at += timedelta(hours=1)
    return True
