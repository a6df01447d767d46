"""Resolving and connecting: one question for each name, every address judged, the next one tried."""

import asyncio
import ipaddress
import socket
import time

import httpcore
import pytest

from extractors.addresses import AddressPolicy
from extractors.connect import GuardedBackend, Resolver, _spread
from extractors.http import Fetcher, Policy
from records.article import FetchFailed, Page
from records.errors import BlockedAddress, Unreachable
from tests.extractors.badweb import BadWeb, utc_now, well

POLICY = Policy("govwatch/0.1", per_host_delay=0, allow_private_hosts=("127.0.0.0/8",), connect_timeout=0.5, tries=1)


def test_the_next_address_is_tried_when_the_first_does_not_answer() -> None:
    async def two(host: str, port: int) -> list[str]:
        return ["127.0.0.9", "127.0.0.1"]

    async def scenario() -> None:
        async with BadWeb({"/": well()}) as web, Fetcher(POLICY, utc_now, resolve=two) as fetcher:
            assert isinstance(await fetcher.fetch(web.url("/", host="two.test"), robots=False), Page)

    asyncio.run(scenario())


def test_a_name_is_asked_for_once_by_many_and_again_when_the_answer_is_old() -> None:
    asked = []
    seconds = [0.0]

    async def count(host: str, port: int) -> list[str]:
        asked.append(host)
        await asyncio.sleep(0)
        return ["192.0.2.1", "192.0.2.1"]

    async def scenario() -> None:
        resolver = Resolver(count, lambda: seconds[0])
        answers = await asyncio.gather(*(resolver.addresses("many.test", 80) for _ in range(20)))
        assert answers == [(ipaddress.ip_address("192.0.2.1"),)] * 20
        assert len(asked) == 1
        seconds[0] = 61
        await resolver.addresses("many.test", 80)
        assert len(asked) == 2

    asyncio.run(scenario())


def test_a_failure_is_believed_for_a_moment_only() -> None:
    asked = []
    seconds = [0.0]

    async def fail(host: str, port: int) -> list[str]:
        asked.append(host)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    async def scenario() -> None:
        resolver = Resolver(fail, lambda: seconds[0])
        for moment, times in ((0.0, 1), (9.0, 1), (11.0, 2)):
            seconds[0] = moment
            with pytest.raises(Unreachable, match="Temporary failure"):
                await resolver.addresses("dead.test", 80)
            assert len(asked) == times

    asyncio.run(scenario())


def test_a_resolver_that_hangs_ends_at_the_connect_timeout() -> None:
    async def hang(host: str, port: int) -> list[str]:
        await asyncio.sleep(3600)
        return []

    async def scenario() -> None:
        begun = time.monotonic()
        async with Fetcher(POLICY, utc_now, resolve=hang) as fetcher:
            result = await fetcher.fetch("http://slow.test/", robots=False)
        assert isinstance(result, FetchFailed)
        assert "resolving host 'slow.test' took longer" in result.reason
        assert time.monotonic() - begun < 2

    asyncio.run(scenario())


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1.", "localhost"])
def test_the_systems_own_resolver_answers_for_names_and_addresses_are_not_asked(host: str) -> None:
    async def scenario() -> None:
        resolver = Resolver()
        addresses = await resolver.addresses(host, 80)
        assert all(address.is_loopback for address in addresses)
        resolver.close()

    asyncio.run(scenario())


def test_a_name_without_an_address_is_unreachable() -> None:
    async def none(host: str, port: int) -> list[str]:
        return []

    async def nonsense(host: str, port: int) -> list[str]:
        return ["not an address"]

    async def scenario() -> None:
        for resolve in (none, nonsense):
            with pytest.raises(Unreachable, match="empty"):
                await Resolver(resolve).addresses("empty.test", 80)

    asyncio.run(scenario())


def test_the_backend_opens_no_file_and_no_forbidden_address() -> None:
    async def scenario() -> None:
        backend = GuardedBackend(AddressPolicy(), Resolver())
        with pytest.raises(BlockedAddress):
            await backend.connect_unix_socket("/run/some.sock")
        with pytest.raises(BlockedAddress, match="loopback"):
            await backend.connect_tcp("127.0.0.1", 80)
        allowed = GuardedBackend(AddressPolicy(("127.0.0.1",)), Resolver())
        with pytest.raises(httpcore.ConnectError):
            await allowed.connect_tcp("127.0.0.1", 1, timeout=1)

    asyncio.run(scenario())


def test_both_families_are_among_the_first_two_addresses() -> None:
    six = [ipaddress.ip_address(f"2606:4700::{n}") for n in range(1, 6)]
    four = [ipaddress.ip_address(f"8.8.8.{n}") for n in range(1, 3)]
    assert _spread([*six, *four]) == [six[0], four[0], six[1], six[2]]
    assert _spread(four) == four
