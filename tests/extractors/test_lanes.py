"""One lane per host: a host that answers nothing is left alone soon, and what it was not asked for is not tried."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from extractors.http import Fetcher, Policy, Request
from extractors.lanes import SILENT_AFTER
from records.article import FetchFailed, FetchResult, Outcome, Page

from .badweb import BadWeb, always, close_without_a_word, silent, utc_now, well

POLICY = Policy(
    "govwatch-test", per_host_delay=0.0, per_host_concurrency=1, read_timeout=0.2, allow_private_hosts=("127.0.0.0/8",)
)
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


async def fetched(urls: Sequence[str], *, robots: bool = False) -> list[FetchResult]:
    async with Fetcher(POLICY, utc_now) as fetcher:
        return [result async for result in fetcher.fetch_many([Request(url, robots=robots) for url in urls])]


def outcomes(results: Sequence[FetchResult]) -> list[Outcome]:
    return [result.outcome for result in results if isinstance(result, FetchFailed)]


def test_a_host_that_refuses_connections_is_asked_three_times_and_the_rest_is_put_back_untried() -> None:
    async def scenario() -> None:
        async with BadWeb({"/": well()}) as web:
            gone = BadWeb()
            async with gone:
                pass
            urls = [gone.url(f"/{number}") for number in range(20)] + [web.url()] * 5
            results = await fetched(urls)
        assert sum(isinstance(result, Page) for result in results) == 5
        assert outcomes(results) == [Outcome.FAILED] * SILENT_AFTER + [Outcome.PENDING] * 17
        (reason,) = {
            result.reason for result in results if isinstance(result, FetchFailed) and result.outcome is Outcome.PENDING
        }
        assert "3 requests in a row without an answer" in reason

    asyncio.run(scenario())


def test_robots_txt_that_cannot_be_reached_counts_as_no_answer() -> None:
    async def scenario() -> None:
        gone = BadWeb()
        async with gone:
            pass
        results = await fetched([gone.url(f"/{number}") for number in range(6)], robots=True)
        assert outcomes(results) == [Outcome.FAILED] * 3 + [Outcome.PENDING] * 3

    asyncio.run(scenario())


def test_a_host_that_takes_connections_and_says_nothing_is_left_alone_too() -> None:
    async def scenario() -> None:
        async with BadWeb({f"/{number}": silent for number in range(9)}) as web:
            results = await fetched([web.url(f"/{number}") for number in range(9)])
            assert outcomes(results) == [Outcome.FAILED] * 3 + [Outcome.PENDING] * 6
            assert len(web.log) == 3

    asyncio.run(scenario())


def test_any_answer_even_an_error_shows_that_a_host_is_there() -> None:
    async def scenario() -> None:
        bad = {"/silent": silent, "/closed": close_without_a_word, "/error": always("404 Not Found")}
        async with BadWeb(bad) as web:
            names = ["silent", "closed", "error"] * 4
            results = await fetched([web.url(f"/{name}") for name in names])
        assert Outcome.PENDING not in outcomes(results)
        assert outcomes(results).count(Outcome.FAILED) == 8

    asyncio.run(scenario())
