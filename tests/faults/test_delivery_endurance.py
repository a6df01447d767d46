"""Delivery killed two hundred times, with one dispatcher and with two: everything arrives, and almost nothing twice.

The dispatchers are processes that do what `govwatch run` does to deliver, without what it takes to start Prefect.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections import Counter
from functools import partial
from pathlib import Path
from random import Random

import pytest

from alerts.route import route
from alerts.seal import seal
from tests.alerts.desk import Desk, mention
from tests.faults.test_delivery_faults import HOOK, Nursery, keys
from tests.inboxes import Receiver, wait_until

pytestmark = pytest.mark.endurance

KILLS = 200
MESSAGES = 1500


@pytest.mark.parametrize("dispatchers", [1, 2])
def test_killed_two_hundred_times_every_message_arrives_and_repeats_are_rarer_than_kills(
    tmp_path: Path, receiver: Receiver, dispatchers: int
) -> None:
    policy = HOOK.format(url=receiver.url).replace("group:", "most_per_hour: 100000, group:")
    desk = Desk(tmp_path, policy)
    desk.knows(mention(story=99_999))
    desk.reads(*[mention(story=story) for story in range(1, MESSAGES + 1)])
    now = desk.clock()
    desk.outbox.prepare(  # beforehand: else every kill would meet the first window, and none a message
        partial(route, policy=desk.policy, now=now), partial(seal, policy=desk.policy, now=now), now=now
    )
    receiver.is_slow(0.02, times=10 * MESSAGES)  # so that most kills meet a message on its way
    random, minutes, kills, begun = Random(11 + dispatchers), 0.0, 0, 0
    with Nursery(tmp_path, policy) as nursery:
        while kills < KILLS:
            children = [nursery.starts(f"worker-{begun}-{number}", minutes) for number in range(dispatchers)]
            begun += 1
            for child in children:
                time.sleep(random.uniform(0.1, 0.7) / dispatchers)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
                kills += 1
            # Its leases end by the test's clock at once, so what its journal says must be free to be read by then.
            assert wait_until(partial(_gone, children), 10)
            minutes += 6
            if kills % 20 == 0:
                desk.holds_the_invariants()
    desk.clock.passes(minutes=minutes)
    for _ in range(3):
        desk.clock.passes(minutes=6)
        desk.dispatches()
    assert wait_until(lambda: len(set(keys(receiver))) == MESSAGES, 10), "all arrive"
    sent = Counter(keys(receiver))
    assert sum(sent.values()) - len(sent) <= kills, "at most one repeat for each kill"
    assert set(desk.ask("select distinct state from deliveries")) == {("sent",)}
    assert desk.ask("select count(*) from told") == [(MESSAGES,)]
    assert not list(tmp_path.glob("*.sending.*")), "no journal is left"
    desk.holds_the_invariants()
    (written_off,) = desk.ask("select count(*) from attempts where result = 'unknown'")[0]
    assert KILLS / 20 < written_off <= kills, "kills met messages on their way, each at most one"
    print(f"{kills} kills, {dispatchers} at once: {sum(sent.values()) - len(sent)} repeats, {written_off} in doubt")


def _gone(processes: list[int]) -> bool:
    return not any(Path(f"/proc/{process}").exists() for process in processes)
