"""Politeness is proven by what the server saw, and by a clock that the test moves."""

import asyncio
import time
from collections.abc import Iterable
from itertools import pairwise

import pytest

from extractors.http import Fetcher, Policy
from extractors.pace import Pacer
from records.article import FetchFailed, Outcome, Page
from tests.extractors.badweb import BadWeb, Visit, always, first, redirect, utc_now, well


def policy(**changes: float) -> Policy:
    defaults: dict[str, float] = {"per_host_delay": 0, "retry_pause": 0.01}
    return Policy("govwatch/0.1", allow_private_hosts=("127.0.0.1",), **(defaults | changes))  # type: ignore[arg-type]


class Clock:
    """Monotonic seconds that pass only when somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds
        await asyncio.sleep(0)


def gaps(moments: Iterable[float]) -> list[float]:
    return [later - earlier for earlier, later in pairwise(moments)]


async def slow_page(visit: Visit) -> None:
    await asyncio.sleep(0.05)
    await visit.answer()


def test_the_server_never_sees_two_starts_closer_than_the_delay() -> None:
    async def scenario() -> None:
        pages = {"/a": well(), "/slow": slow_page, "/r": redirect("/a")}
        async with BadWeb(pages) as web, Fetcher(policy(per_host_delay=0.1), utc_now) as fetcher:
            await asyncio.gather(*(fetcher.fetch(web.url(path)) for path in ("/a", "/slow", "/r", "/slow")))
        assert len(web.log) == 6  # robots.txt and the redirect's second hop are requests like others
        assert min(gaps(visit.at for visit in web.log)) >= 0.1

    asyncio.run(scenario())


def test_hosts_do_not_wait_for_each_other() -> None:
    async def scenario() -> None:
        webs = [BadWeb({"/": well()}) for _ in range(10)]
        async with Fetcher(policy(per_host_delay=0.1), utc_now) as fetcher:
            for web in webs:
                await web.__aenter__()
            begun = time.monotonic()
            await asyncio.gather(*(fetcher.fetch(web.url("/"), robots=False) for web in webs for _ in range(4)))
            took = time.monotonic() - begun
        for web in webs:
            assert min(gaps(visit.at for visit in web.log)) >= 0.1
            await web.__aexit__()
        assert took < 0.9  # 4 starts at one host take 0.3 s; 40 in a row would take 4 s

    asyncio.run(scenario())


def test_concurrency_stays_within_the_cap_of_the_host_and_of_all() -> None:
    async def scenario() -> None:
        caps = policy(per_host_concurrency=3, total_concurrency=4)
        async with BadWeb({"/": slow_page}) as one, BadWeb({"/": slow_page}) as two, Fetcher(caps, utc_now) as fetcher:
            peak = 0

            async def watch() -> None:
                nonlocal peak
                for _ in range(500):
                    peak = max(peak, one.open + two.open)
                    await asyncio.sleep(0.002)

            watcher = asyncio.create_task(watch())
            urls = [web.url("/") for web in (one, two) for _ in range(12)]
            await asyncio.gather(*(fetcher.fetch(url, robots=False) for url in urls))
            watcher.cancel()
        assert one.busiest <= 3
        assert two.busiest <= 3
        assert 3 <= peak <= 4

    asyncio.run(scenario())


def test_the_crawl_delay_of_robots_txt_is_kept() -> None:
    async def scenario() -> None:
        rules = well(b"User-agent: *\nCrawl-delay: 0.08", content_type="text/plain")
        async with BadWeb({"/": well(), "/robots.txt": rules}) as web, Fetcher(policy(), utc_now) as fetcher:
            await asyncio.gather(*(fetcher.fetch(web.url("/")) for _ in range(4)))
        assert len(web.log) == 5
        assert min(gaps(visit.at for visit in web.log)) >= 0.08

    asyncio.run(scenario())


def test_a_short_retry_after_is_waited_out_for_the_whole_host() -> None:
    async def scenario() -> None:
        pages = {"/busy": first(1, "429 Too Many Requests", retry_after="1"), "/other": well()}
        async with BadWeb(pages) as web, Fetcher(policy(per_host_concurrency=1), utc_now) as fetcher:
            results = await asyncio.gather(
                *(fetcher.fetch(web.url(path), robots=False) for path in ("/busy", "/other", "/other"))
            )
            assert all(isinstance(result, Page) for result in results)
        assert web.log[0].path == "/busy"
        assert len(web.log) == 4
        assert web.log[1].at - web.log[0].at >= 1.0

    asyncio.run(scenario())


def test_a_long_retry_after_fails_at_once_and_spares_the_host() -> None:
    async def scenario() -> None:
        pages = {"/busy": always("429 Too Many Requests", retry_after="3600"), "/other": well()}
        async with BadWeb(pages) as web, Fetcher(policy(), utc_now) as fetcher:
            result = await fetcher.fetch(web.url("/busy"), robots=False)
            assert isinstance(result, FetchFailed)
            assert (result.outcome, result.status, result.retry_after) == (Outcome.FAILED, 429, 3600.0)
            other = await fetcher.fetch(web.url("/other"), robots=False)
            assert isinstance(other, FetchFailed)
            assert other.retry
            assert other.retry_after is not None
            assert 3590 < other.retry_after <= 3600
            assert "rest" in other.reason
        assert len(web.log) == 1

    asyncio.run(scenario())


def test_pacing_that_is_switched_off_costs_next_to_nothing() -> None:
    async def scenario() -> float:
        pacer = Pacer(delay=0, per_host=2, total=40, longest_rest=45)
        begun = time.process_time()
        for _ in range(5000):
            async with pacer.turn("example.org") as turn:
                turn.answered()
        return (time.process_time() - begun) / 5000

    assert asyncio.run(scenario()) < 0.000_2  # measured: 6 microseconds


def test_starts_are_counted_from_the_answer_but_a_silent_server_holds_up_one_delay_only() -> None:
    async def scenario() -> None:
        pacer = Pacer(delay=0.05, per_host=5, total=40, longest_rest=45)
        starts = []
        async with pacer.turn("example.org") as first_turn:  # never answered while the next one waits
            first_turn.sent()
            starts.append(time.monotonic())
            async with pacer.turn("example.org") as second:
                starts.append(time.monotonic())
                second.sent()
                await asyncio.sleep(0.02)
                second.answered()
                async with pacer.turn("example.org"):
                    starts.append(time.monotonic())
        silent, answered = gaps(starts)
        assert silent >= 0.1
        assert 0.07 <= answered < 0.1

    asyncio.run(scenario())


def test_nothing_starts_while_the_last_request_is_not_even_sent() -> None:
    async def scenario() -> None:
        pacer = Pacer(delay=0.01, per_host=5, total=40, longest_rest=45)
        async with pacer.turn("example.org") as connecting:
            second = asyncio.create_task(pacer.turn("example.org").__aenter__())
            await asyncio.sleep(0.1)
            assert not second.done()
            connecting.sent()
            sent = time.monotonic()
            await second
            assert time.monotonic() - sent >= 0.02

    asyncio.run(scenario())


def test_a_host_that_rests_longer_than_anybody_waits_turns_requests_away() -> None:
    async def scenario() -> None:
        clock = Clock()
        pacer = Pacer(0, 1, 1, longest_rest=45, clock=clock, sleep=clock.sleep)
        pacer.rest("example.org", 46)
        async with pacer.turn("example.org") as turn:
            assert turn.resting == 46
        clock.seconds += 10
        async with pacer.turn("example.org") as turn:
            assert turn.resting == 0
        assert clock.slept == [36]

    asyncio.run(scenario())


def test_a_request_that_is_cancelled_while_it_waits_gives_its_place_back() -> None:
    async def scenario() -> None:
        pacer = Pacer(0, per_host=1, total=1, longest_rest=45)
        async with pacer.turn("a.example"):
            for host in ("a.example", "b.example"):
                waiting = asyncio.create_task(pacer.turn(host).__aenter__())
                await asyncio.sleep(0.01)
                waiting.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await waiting
        for host in ("a.example", "b.example"):
            async with asyncio.timeout(1), pacer.turn(host):
                pass

    asyncio.run(scenario())


def test_idle_hosts_are_forgotten_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        monkeypatch.setattr("extractors.pace._HOSTS_KEPT", 10)
        clock = Clock()
        pacer = Pacer(0, 1, 1, longest_rest=45, clock=clock, sleep=clock.sleep)
        pacer.rest("resting.example", 1000)
        pacer.slow_down("slow.example", 30)
        for number in range(100):
            async with pacer.turn(f"host{number}.example"):
                pass
        assert len(pacer._hosts) <= 12
        assert {"resting.example", "slow.example"} <= set(pacer._hosts)

    asyncio.run(scenario())
