"""Whether govwatch does its work: one verdict with reasons, for health endpoints, containers and people.

Pure: it judges what `warehouse.health` read. A source that fails is the world's affair and a warning at most; what
makes govwatch itself ill is that no pass comes to its end, that the last ones failed, or that there is no room left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.standing import canary_sentence
from warehouse.health import Health
from warehouse.runs import Run, State

STALE_AFTER = timedelta(minutes=30)
"""Without a finished pass for so long, something is wrong: passes begin every five minutes, and rarely take ten."""

_FAILED_IN_A_ROW = 3
# A read copy is made beside the old one, so the file must fit once more; below a gigabyte checkpoints may fail too.
_LEAST_ROOM = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Vitals:
    """The verdict.

    Attributes:
        reasons: why govwatch is ill, one sentence each; empty when it is well.
        warnings: what an operator should look at, though the work goes on.
    """

    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

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
    passes = [run for run in health.runs if run.kind == "monitor"]
    return Vitals(
        (
            *_no_pass(passes, now, stale_after),
            *_hanging(passes, now, longest),
            *_failing(passes),
            *_full(health, room),
            *_lost(health),
        ),
        (*_messages(health), *_sources(health)),
    )


def _no_pass(passes: Sequence[Run], now: datetime, stale_after: timedelta) -> list[str]:
    ends = [run.finished_at for run in passes if run.finished_at and run.state is not State.INTERRUPTED]
    if not ends:
        return ["no pass has ended yet"]
    rest = now - max(ends)
    minutes = rest.total_seconds() / 60
    return [f"no pass ended for {minutes:.0f} minutes"] if rest > stale_after else []


def _hanging(passes: Sequence[Run], now: datetime, longest: timedelta | None) -> list[str]:
    if longest is None:
        return []
    limit = longest + timedelta(minutes=10)
    return [
        f"pass {run.run_id} runs since {run.started_at:%H:%M} UTC, longer than limits.pass_deadline allows"
        for run in passes
        if run.state is State.RUNNING and now - run.started_at > limit
    ]


def _failing(passes: Sequence[Run]) -> list[str]:
    ended = [run for run in passes if run.state is not State.RUNNING][:_FAILED_IN_A_ROW]
    bad = (State.FAILED, State.NOTHING, State.INTERRUPTED)
    if len(ended) < _FAILED_IN_A_ROW or not all(run.state in bad for run in ended):
        return []
    return [f"the last {len(ended)} passes ended badly: {', '.join(run.error or run.state.value for run in ended)}"]


def _full(health: Health, room: int) -> list[str]:
    need = max(_LEAST_ROOM, 2 * max(health.sizes.values(), default=0))
    return [f"{room / 1e9:.1f} GB are free, {need / 1e9:.1f} GB are needed for the read copy"] if room < need else []


def _lost(health: Health) -> list[str]:
    flight = health.standing.canary
    if flight is None or flight.arrived is not None or flight.told is None:
        return []
    return [canary_sentence(flight, "UTC").rstrip(".")]


def _messages(health: Health) -> list[str]:
    dead = health.deliveries.get("dead", 0)
    warnings = [f"{dead} messages are dead: govwatch alerts list --state dead"] if dead else []
    return warnings + [f"channel {one.channel} fails" for one in health.channels if one.circuit != "closed"]


def _sources(health: Health) -> list[str]:
    ill = [one.source_id for one in health.sources if one.ill]
    return [f"{len(ill)} sources are ill: {', '.join(ill[:10])}{' …' if len(ill) > 10 else ''}"] if ill else []
