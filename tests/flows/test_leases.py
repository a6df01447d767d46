"""Hosts leased between processes: by a server of the test's own, whose limits behave as Prefect's do."""

from __future__ import annotations

import asyncio
import itertools
import time
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from prefect.exceptions import PrefectHTTPStatusError

from extractors.pace import Pacer
from flows import leases as module
from flows.leases import HostLeases

DELAY = 0.2


class Answer:
    def __init__(self, body: dict[str, Any], status_code: int = 200) -> None:
        self.body = body
        self.status_code = status_code

    def json(self) -> dict[str, Any]:
        return self.body


class Server:
    """One slot for each limit."""

    def __init__(self) -> None:
        self.held: dict[str, UUID] = {}
        self.known: set[str] = set()
        self.taken = 0

    async def read_global_concurrency_limits(self, limit: int, offset: int) -> list[Any]:
        return [type("Limit", (), {"name": name}) for name in sorted(self.known)[offset : offset + limit]]

    async def create_global_concurrency_limit(self, limit: Any) -> None:
        self.known.add(limit.name)

    async def increment_concurrency_slots_with_lease(self, names: list[str], *_: object) -> Answer:
        (name,) = names
        await asyncio.sleep(0.005)
        if name not in self.known:
            return Answer({"lease_id": str(uuid4()), "limits": []})
        if name in self.held:
            raise PrefectHTTPStatusError("locked", request=cast(Any, None), response=cast(Any, Answer({}, 423)))
        self.held[name] = uuid4()
        self.taken += 1
        return Answer({"lease_id": str(self.held[name]), "limits": [{"name": name}]})

    async def release_concurrency_slots_with_lease(self, lease: UUID) -> None:
        self.held = {name: held for name, held in self.held.items() if held != lease}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ASK_AGAIN", 0.02)
    monkeypatch.setattr(module, "_PAUSE", 0.05)
    monkeypatch.setattr(module, "_SETTLE", 0.01)


def pacer(leases: HostLeases) -> Pacer:
    return Pacer(DELAY, 2, 40, 10.0, leases=leases)


async def ask(pace: Pacer, host: str, times: int, starts: list[float]) -> None:
    for _ in range(times):
        async with pace.turn(host) as turn:
            assert not turn.resting
            starts.append(time.monotonic())
            turn.sent()
            turn.answered()


def test_two_processes_never_ask_one_host_within_its_delay_and_both_get_their_turn() -> None:
    async def scenario() -> None:
        server = Server()
        each = [HostLeases(cast(Any, server), limits=4, hold=0.5) for _ in range(2)]
        for one in each:
            await one.prepare()
        assert len(server.known) == 4
        starts: list[float] = []
        order: list[list[float]] = [[], []]
        paces = [pacer(one) for one in each]
        await asyncio.gather(*(ask(pace, "a.example", 6, mine) for pace, mine in zip(paces, order, strict=True)))
        for one in each:
            await one.close()
        starts = sorted(order[0] + order[1])
        gaps = [later - earlier for earlier, later in itertools.pairwise(starts)]
        assert min(gaps) >= DELAY * 0.98, gaps
        assert order[0][-1] > order[1][0], "a lease is handed on, though its holder has more to ask"
        assert order[1][-1] > order[0][0]
        assert not server.held, "nothing is held when both have ended"

    asyncio.run(scenario())


def test_a_lease_is_kept_from_request_to_request_and_given_back_when_the_host_is_idle() -> None:
    async def scenario() -> None:
        server = Server()
        leases = HostLeases(cast(Any, server), limits=4)
        await leases.prepare()
        await ask(pacer(leases), "a.example", 5, [])
        assert server.taken == 1
        await asyncio.sleep(DELAY + 0.1)
        assert not server.held

    asyncio.run(scenario())


def test_a_host_that_another_process_never_gives_back_is_given_up_in_time() -> None:
    async def scenario() -> None:
        server = Server()
        leases = HostLeases(cast(Any, server), limits=1, patience=0.2)
        await leases.prepare()
        server.held = dict.fromkeys(server.known, uuid4())
        async with pacer(leases).turn("a.example") as turn:
            assert turn.resting == float("inf")

    asyncio.run(scenario())


def test_a_limit_that_somebody_deleted_is_made_again_and_not_passed_by() -> None:
    async def scenario() -> None:
        server = Server()
        leases = HostLeases(cast(Any, server), limits=1)
        assert await leases.take("a.example")
        assert server.taken == 1
        leases.give("a.example", 0.0)
        await leases.close()
        assert not server.held

    asyncio.run(scenario())
