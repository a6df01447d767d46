"""robots.txt: what is asked of a site before its pages, and how the answer is understood."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.http import Fetcher, Policy
from extractors.robots import MAX_BYTES, UNREACHABLE_AGE, RobotsCache, Rules, product_token
from records.article import FetchFailed, FetchResult, Outcome, Page
from tests.extractors.badweb import BadWeb, Handler, always, close_without_a_word, first, redirect, utc_now, well

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
POLICY = Policy("govwatch/0.1 (desk@example.org)", per_host_delay=0, allow_private_hosts=("127.0.0.1",), tries=1)


def robots(text: str) -> Handler:
    return well(text.encode(), content_type="text/plain")


def fetch(answer: Handler | None, path: str = "/page") -> tuple[object, BadWeb]:
    async def scenario() -> tuple[object, BadWeb]:
        pages = {"/page": well(), "/private/page": well()} | ({"/robots.txt": answer} if answer else {})
        async with BadWeb(pages) as web, Fetcher(POLICY, utc_now) as fetcher:
            return await fetcher.fetch(web.url(path)), web

    return asyncio.run(scenario())


def test_a_page_that_robots_txt_forbids_is_not_asked_for() -> None:
    result, web = fetch(robots("User-agent: *\nDisallow: /private/\n"), "/private/page")
    assert isinstance(result, FetchFailed)
    assert result.outcome is Outcome.ROBOTS
    assert not result.retry
    assert "robots.txt" in result.reason
    assert [visit.path for visit in web.log] == ["/robots.txt"]


def test_a_page_beside_the_forbidden_ones_is_read() -> None:
    result, _ = fetch(robots("User-agent: *\nDisallow: /private/\n"))
    assert isinstance(result, Page)


@pytest.mark.parametrize(
    "answer",
    [None, always("403 Forbidden"), always("410 Gone"), redirect("/robots.txt"), well(b"<html>a front page</html>")],
    ids=["404", "403", "410", "redirect loop", "HTML"],
)
def test_a_site_without_rules_allows_all(answer: Handler | None) -> None:
    result, _ = fetch(answer)
    assert isinstance(result, Page)


@pytest.mark.parametrize(
    "answer", [always("500 Oops"), always("503 Busy"), always("429 Slow down"), close_without_a_word]
)
def test_a_site_whose_rules_cannot_be_read_waits(answer: Handler) -> None:
    result, web = fetch(answer)
    assert isinstance(result, FetchFailed)
    assert result.outcome is Outcome.FAILED
    assert result.retry
    assert "/robots.txt" in result.reason
    assert not web.visits("/page")


def test_the_redirect_target_of_another_site_is_asked_for_its_own_rules() -> None:
    async def scenario() -> None:
        forbids = robots("User-agent: govwatch\nDisallow: /")
        async with BadWeb({"/page": well(), "/robots.txt": forbids}) as other, BadWeb() as web:
            web.pages["/page"] = redirect(other.url("/page"))
            async with Fetcher(POLICY, utc_now) as fetcher:
                result = await fetcher.fetch(web.url("/page"))
        assert isinstance(result, FetchFailed)
        assert result.outcome is Outcome.ROBOTS
        assert not other.visits("/page")

    asyncio.run(scenario())


def test_many_requests_at_once_ask_for_the_rules_once() -> None:
    async def scenario() -> None:
        async with BadWeb({"/page": well(), "/robots.txt": robots("")}) as web, Fetcher(POLICY, utc_now) as fetcher:
            await asyncio.gather(*(fetcher.fetch(web.url("/page")) for _ in range(20)))
        assert len(web.visits("/robots.txt")) == 1
        assert len(web.visits("/page")) == 20

    asyncio.run(scenario())


def test_rules_are_kept_for_a_day_and_shared_between_fetchers() -> None:
    async def scenario() -> None:
        moment = [datetime(2026, 3, 1, tzinfo=UTC)]
        cache = RobotsCache(POLICY.user_agent)
        async with BadWeb({"/page": well(), "/robots.txt": robots("")}) as web:
            for wait, asked in ((0, 1), (23, 1), (2, 2)):
                moment[0] += timedelta(hours=wait)
                async with Fetcher(POLICY, now=lambda: moment[0], robots=cache) as fetcher:
                    await fetcher.fetch(web.url("/page"))
                assert len(web.visits("/robots.txt")) == asked

    asyncio.run(scenario())


def test_rules_that_could_not_be_read_are_asked_for_again_soon() -> None:
    async def scenario() -> None:
        moment = [datetime(2026, 3, 1, tzinfo=UTC)]
        pages = {"/page": well(), "/robots.txt": first(1, "500 Oops")}
        async with BadWeb(pages) as web, Fetcher(POLICY, now=lambda: moment[0]) as fetcher:
            assert isinstance(await fetcher.fetch(web.url("/page")), FetchFailed)
            assert isinstance(await fetcher.fetch(web.url("/page")), FetchFailed)
            assert len(web.visits("/robots.txt")) == 1
            moment[0] += timedelta(minutes=6)
            await fetcher.fetch(web.url("/page"))
            assert len(web.visits("/robots.txt")) == 2

    asyncio.run(scenario())


def test_a_feed_is_read_without_asking_and_a_policy_can_ask_nobody() -> None:
    async def scenario() -> None:
        async with BadWeb({"/feed": well(), "/robots.txt": robots("User-agent: *\nDisallow: /")}) as web:
            async with Fetcher(POLICY, utc_now) as fetcher:
                assert isinstance(await fetcher.fetch(web.url("/feed"), robots=False), Page)
            careless = Policy("govwatch", 0, allow_private_hosts=("127.0.0.1",), respect_robots=False)
            async with Fetcher(careless, utc_now) as fetcher:
                assert isinstance(await fetcher.fetch(web.url("/feed")), Page)
        assert not web.visits("/robots.txt")

    asyncio.run(scenario())


def test_rules_beyond_the_limit_are_read_up_to_it() -> None:
    text = "User-agent: *\nDisallow: /page\n" + "# padding\n" * (MAX_BYTES // 8)
    result, _ = fetch(robots(text))
    assert isinstance(result, FetchFailed)
    assert result.outcome is Outcome.ROBOTS


@pytest.mark.parametrize(
    ("user_agent", "token"),
    [
        ("govwatch/0.1 (news monitor; desk@example.org)", "govwatch"),
        ("Mozilla/5.0 (compatible; GovWatch/0.1; +https://example.org)", "govwatch"),
        ("ACME-Monitor 2", "acme-monitor"),
        ("  42", "*"),
    ],
)
def test_the_product_token_is_our_name_and_no_word_of_the_comment(user_agent: str, token: str) -> None:
    assert product_token(user_agent) == token


def test_a_group_for_a_word_of_our_comment_is_not_ours() -> None:
    rules = Rules.parse(b"User-agent: news\nDisallow: /\n", product_token(POLICY.user_agent))
    assert rules.allow("https://example.org/page")


def test_the_longest_match_decides() -> None:
    """The example of RFC 9309, 5.2."""
    text = b"User-Agent: foobot\nAllow: /example/page/\nDisallow: /example/page/disallowed.gif\n"
    rules = Rules.parse(text, "foobot")
    assert rules.allow("https://example.org/example/page/a.gif")
    assert not rules.allow("https://example.org/example/page/disallowed.gif")


@pytest.mark.parametrize(
    ("text", "delay"),
    [
        ("", 0.0),
        ("User-agent: *\nCrawl-delay: 7", 7.0),
        ("User-agent: *\nCrawl-delay: 2.5", 2.5),
        ("User-agent: *\nCrawl-delay: 86400", 60.0),
        ("User-agent: *\nCrawl-delay: -3", 0.0),
        ("User-agent: *\nCrawl-delay: nan", 0.0),
        ("User-agent: *\nCrawl-delay: soon", 0.0),
        ("User-agent: *\nRequest-rate: 1/10", 10.0),
        ("User-agent: other\nCrawl-delay: 9", 0.0),
    ],
)
def test_the_wished_delay_is_capped_and_never_absurd(text: str, delay: float) -> None:
    assert Rules.parse(text.encode(), "govwatch").delay == delay


@given(st.binary(max_size=400))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_rules(body: bytes) -> None:
    rules = Rules.parse(body, "govwatch")
    rules.allow("https://example.org/a?b=c")
    assert 0 <= rules.delay <= 60


def test_rules_are_shared_by_passes_that_run_in_event_loops_of_their_own() -> None:
    cache = RobotsCache("govwatch/1")
    asked: list[str] = []

    async def fetch(url: str) -> FetchResult:
        asked.append(url)
        await asyncio.sleep(0.01)
        return FetchFailed(url, Outcome.FAILED, "no answer", NOW)

    async def crowd(at: datetime) -> None:
        await asyncio.gather(*(cache.rules("https://harbour.example", lambda: at, fetch) for _ in range(5)))

    asyncio.run(crowd(NOW))
    asyncio.run(crowd(NOW))
    asyncio.run(crowd(NOW + UNREACHABLE_AGE))
    assert len(asked) == 2
