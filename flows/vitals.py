"""Whether govwatch does its work: one verdict with reasons, for health endpoints, containers and people.

Pure: it judges what `warehouse.health` read. A source that fails is the world's affair and a warning at most; what
makes govwatch itself ill is that no pass comes to its end, that the last ones failed, or that there is no room left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.standing import canary_sentence, lost
from records.operation import Alarm, Trouble
from warehouse.health import Health
from warehouse.runs import Run, State

STALE_AFTER = timedelta(minutes=30)
"""Without a finished pass for so long, something is wrong: passes begin every five minutes, and rarely take ten."""

OWN = (Alarm.NO_PASS, Alarm.PASS_HANGS, Alarm.PASSES_END_BADLY, Alarm.DISK_FILLS)
"""The alarms that are about govwatch itself, and not about a source, a channel or a message."""

_FAILED_IN_A_ROW = 3
_GRACE = timedelta(minutes=10)  # what is under way at the deadline of a pass is finished and stored
# A read copy is made beside the old one, so the file must fit once more; below a gigabyte checkpoints may fail too.
_LEAST_ROOM = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Vitals:
    """The verdict.

    Attributes:
        reasons: why govwatch is ill, one sentence each; empty when it is well.
        warnings: what an operator should look at, though the work goes on.
        troubles: the reasons by their alarms, but for the canary's.
    """

    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    troubles: tuple[Trouble, ...] = ()

    @property
    def well(self) -> bool:
        """Whether nothing keeps govwatch from its work."""
        return not self.reasons


def judge(
    health: Health, now: datetime, *, room: int, stale_after: timedelta = STALE_AFTER, longest: timedelta | None = None
) -> Vitals:
    """Judge how govwatch is.

    Args:
        health: as read from the read copy.
        now: the time.
        room: bytes that are free beside the warehouse.
        stale_after: without a finished pass for so long, it is ill.
        longest: what a pass may take (`limits.pass_deadline`); one that runs for ten minutes more hangs.
    """
    largest = max(health.sizes.values(), default=0)
    found = troubles(health.runs, now, room=room, largest=largest, stale_after=stale_after, longest=longest)
    reasons = (*(one.sentence for one in found), *_lost(health))
    return Vitals(reasons, (*_messages(health), *_sources(health)), tuple(found))


def troubles(
    runs: Sequence[Run],
    now: datetime,
    *,
    room: int,
    largest: int,
    stale_after: timedelta = STALE_AFTER,
    longest: timedelta | None = None,
) -> list[Trouble]:
    """Return what keeps govwatch itself from its work: no pass ends, one hangs, they end badly, the disk fills.

    Args:
        runs: the last passes, the newest first; those that are no `monitor` do not count.
        now: the time.
        room: bytes that are free beside the warehouse.
        largest: bytes of the largest file of it.
        stale_after: without a finished pass for so long, something is wrong.
        longest: what a pass may take; None where that is not known.
    """
    passes = [run for run in runs if run.kind == "monitor"]
    found = (
        (Alarm.NO_PASS, _no_pass(passes, now, stale_after, longest)),
        (Alarm.PASS_HANGS, _hanging(passes, now, longest)),
        (Alarm.PASSES_END_BADLY, _failing(passes)),
        (Alarm.DISK_FILLS, _full(largest, room)),
    )
    return [Trouble(alarm, "; ".join(sentences)) for alarm, sentences in found if sentences]


def _no_pass(passes: Sequence[Run], now: datetime, stale_after: timedelta, longest: timedelta | None) -> list[str]:
    if longest is not None and any(_works(run, now, longest) for run in passes):
        return []  # it ends in its time, or it is called hanging
    ends = [run.finished_at for run in passes if run.finished_at and run.state is not State.INTERRUPTED]
    if not ends:
        return ["no pass has ended yet"]
    rest = now - max(ends)
    minutes = rest.total_seconds() / 60
    return [f"no pass ended for {minutes:.0f} minutes"] if rest > stale_after else []


def _works(run: Run, now: datetime, longest: timedelta) -> bool:
    return run.state is State.RUNNING and now - run.started_at <= longest + _GRACE


def _hanging(passes: Sequence[Run], now: datetime, longest: timedelta | None) -> list[str]:
    if longest is None:
        return []
    return [
        f"pass {run.run_id} runs since {run.started_at:%H:%M} UTC, longer than limits.pass_deadline allows"
        for run in passes
        if run.state is State.RUNNING and not _works(run, now, longest)
    ]


def _failing(passes: Sequence[Run]) -> list[str]:
    ended = [run for run in passes if run.state is not State.RUNNING][:_FAILED_IN_A_ROW]
    bad = (State.FAILED, State.NOTHING, State.INTERRUPTED)
    if len(ended) < _FAILED_IN_A_ROW or not all(run.state in bad for run in ended):
        return []
    return [f"the last {len(ended)} passes ended badly: {', '.join(run.error or run.state.value for run in ended)}"]


def _full(largest: int, room: int) -> list[str]:
    need = max(_LEAST_ROOM, 2 * largest)
    return [f"{room / 1e9:.1f} GB are free, {need / 1e9:.1f} GB are needed for the read copy"] if room < need else []


def _lost(health: Health) -> list[str]:
    flight = health.standing.canary
    return [canary_sentence(flight, "UTC").rstrip(".")] if flight is not None and lost(flight) else []


def _messages(health: Health) -> list[str]:
    dead = health.deliveries.get("dead", 0)
    warnings = [f"{dead} messages are dead: govwatch alerts list --state dead"] if dead else []
    return warnings + [f"channel {one.channel} fails" for one in health.channels if one.circuit != "closed"]


def _sources(health: Health) -> list[str]:
    ill = [one.source_id for one in health.sources if one.ill]
    return [f"{len(ill)} sources are ill: {', '.join(ill[:10])}{' …' if len(ill) > 10 else ''}"] if ill else []
