"""When a source is polled next, and whether to ask it with a condition: learnt from its own polls.

Decides and gives reasons; it never polls, and never stores. How long a source that fails is left alone is the
warehouse's rule (`warehouse.sources.next_poll`), because it must hold for every poll, whoever made it.

    whole answer, much of it new   -> asked sooner: two polls nearly stopped overlapping, the next may miss something
    whole answer, a little new     -> back to the configured interval
    nothing new                    -> asked later, as far as the source's own habit allows
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from extractors.feed_parts import NO_WISHES, Pace
from records.source import Habit

SHORTEST = timedelta(minutes=1)
"""No source is polled more often, unless it is configured so."""

LONGEST = timedelta(days=1)
"""No source that answers is polled less often, unless it is configured so."""

SOONER, LATER = 4, 8
"""How far the learnt interval may go from the configured one: a quarter of it, and eight times."""

CROWDED = 0.5
"""Share of new items in a poll from which on two polls are about to stop overlapping."""

TRUSTED_POLLS = 20
"""After so many answers "not modified" in a row, the source is asked without a condition once."""

TRUSTED_TIME = timedelta(days=1)
"""It is asked so after this time, too, once `_FEW` answers of that kind came."""

MISTRUST = timedelta(days=30)
"""For how long a source whose validators lied is asked without them."""

_FEW = 3
_STRETCH, _SQUEEZE = 1.25, 0.5
_MEMORY = 0.2  # weight of the newest gap in the sliding mean
_FADING = 0.98  # of the longest gap, with each poll that brings something new
_GAPS = 30  # newest dates of a first look whose gaps are believed: older ones are often pinned pages
_MAX_AGE = re.compile(r"(?:^|,)\s*max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)
_UNCACHED = re.compile(r"(?:^|,)\s*no-(?:cache|store)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Seen:
    """What one poll that was answered showed.

    Attributes:
        at: when it ended.
        items: items in it; ``new`` of them were not known.
        full: whether a whole answer came; False for "not modified".
        first_look: whether everything was new because nobody had looked before.
        last_poll: end of the poll before; None for the first one.
        last_new: when a poll last brought something new, before this one.
        etag_kept: whether a whole answer came with the validators of the one before.
        dates: publication times of its items.
        wishes: what the document asks for.
        cache_control: the header of that name.
    """

    at: datetime
    items: int = 0
    new: int = 0
    full: bool = True
    first_look: bool = False
    last_poll: datetime | None = None
    last_new: datetime | None = None
    etag_kept: bool = False
    dates: tuple[datetime, ...] = ()
    wishes: Pace = NO_WISHES
    cache_control: str | None = None


def conditional(habit: Habit, now: datetime) -> bool:
    """Whether to ask "only if it has changed": servers exist that say no though it has."""
    if habit.mistrusted is not None and now - habit.mistrusted < MISTRUST:
        return False
    if habit.unmodified >= TRUSTED_POLLS:
        return False
    overdue = habit.last_full is not None and now - habit.last_full > TRUSTED_TIME
    return not (overdue and habit.unmodified >= _FEW)


def learn(habit: Habit, every: timedelta, seen: Seen) -> tuple[Habit, str]:
    """Return what is known of a source after one more poll, and why its interval is what it is now.

    Args:
        habit: what was known before.
        every: the configured interval.
        seen: what the poll showed.
    """
    habit = _gaps(habit, seen)
    if seen.full:
        lied = seen.etag_kept and seen.new > 0
        habit = replace(
            habit,
            fresh=_fresh(seen),
            skip_hours=tuple(sorted(seen.wishes.skip_hours)),
            skip_days=tuple(sorted(seen.wishes.skip_days)),
            unmodified=0,
            last_full=seen.at,
            mistrusted=seen.at if lied else habit.mistrusted,
        )
    else:
        habit = replace(habit, unmodified=habit.unmodified + 1)
    interval, reason = _interval(habit, every, seen)
    return replace(habit, interval=interval), reason


def next_poll(habit: Habit, every: timedelta, at: datetime) -> datetime:
    """Return when to poll after a poll that was answered ``at``.

    The publisher's wishes are followed within bounds: a feed that calls itself fresh for a month is a mistake.
    """
    wait = max(habit.interval or every, min(habit.fresh or timedelta(0), _longest(every)))
    return _awake(at + wait, habit, latest=at + max(LONGEST, wait))


def _interval(habit: Habit, every: timedelta, seen: Seen) -> tuple[timedelta, str]:
    now = habit.interval or every
    shortest, longest = min(every, max(SHORTEST, every / SOONER)), _longest(every)
    now = min(max(now, shortest), longest)
    elapsed = seen.at - seen.last_poll if seen.last_poll else None
    if seen.first_look or elapsed is None:
        return every, "as configured: nothing is known of it yet"
    if seen.new == 0:
        if elapsed < now / 2:
            return now, "as before: it was asked early"
        calm = longest if habit.usual_gap is None else min(longest, max(every, habit.usual_gap / 4))
        return max(now, min(now * _STRETCH, calm)), "nothing was new"
    if seen.new >= CROWDED * seen.items:
        words = f"{seen.new} of {seen.items} items were new"
        if elapsed > 2 * now:
            return min(now, every), f"{words}, but it was not asked for long"
        return max(min(now, every) * _SQUEEZE, shortest), f"{words}: asked more often, so that none is missed"
    return (every if now > every else min(now * _STRETCH, every)), f"{seen.new} of {seen.items} items were new"


def _longest(every: timedelta) -> timedelta:
    return max(every, min(every * LATER, LONGEST))


def _gaps(habit: Habit, seen: Seen) -> Habit:
    """Note how long the source was quiet before this poll brought something new."""
    if seen.first_look:
        newest = sorted(set(seen.dates), reverse=True)[:_GAPS]
        gaps = [later - earlier for later, earlier in pairwise(newest)]
        if len(gaps) < _FEW:
            return habit
        return replace(habit, usual_gap=sum(gaps, timedelta(0)) / len(gaps), longest_gap=_high(gaps))
    if seen.new == 0 or seen.last_new is None:
        return habit
    gap = seen.at - seen.last_new
    usual, longest = habit.usual_gap or gap, habit.longest_gap or gap
    return replace(habit, usual_gap=usual + (gap - usual) * _MEMORY, longest_gap=max(gap, longest * _FADING, usual))


def _high(gaps: Sequence[timedelta]) -> timedelta:
    """Return a gap that nine of ten do not exceed: one pinned item of years ago says nothing."""
    return sorted(gaps)[int(len(gaps) * 0.9)] if len(gaps) >= 10 else sorted(gaps)[-2]


def _fresh(seen: Seen) -> timedelta | None:
    seconds = max(seen.wishes.ttl or 0, max_age(seen.cache_control))
    return timedelta(seconds=seconds) if seconds > 0 else None


def max_age(cache_control: str | None) -> int:
    """Return the seconds for which a Cache-Control header calls its answer fresh (RFC 9111, 5.2.2.1); 0 for none."""
    if not cache_control or _UNCACHED.search(cache_control):
        return 0
    found = _MAX_AGE.search(cache_control)
    return int(found[1]) if found else 0


def _awake(at: datetime, habit: Habit, *, latest: datetime) -> datetime:
    """Return the first moment from ``at`` on that is in no hour and on no day that the publisher skips."""
    if len(set(habit.skip_hours)) >= 24 or len(set(habit.skip_days)) >= 7:
        return at  # no news at all is no wish, but a mistake
    while at.hour in habit.skip_hours or at.weekday() in habit.skip_days:
        at = at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        if at >= latest:
            return latest
    return at
