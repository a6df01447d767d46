"""Fetching from a web that misbehaves: one test for each fault, each with a real server on loopback."""

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.http import Fetcher, Policy, Request, explain
from records.article import FetchFailed, FetchResult, NotModified, Outcome, Page
from records.errors import FetchError, GovwatchError, Retry
from tests.extractors import badweb
from tests.extractors.badweb import PAGE, BadWeb, Handler, Visit, always, first, redirect, utc_now, well


def policy(**changes: Any) -> Policy:
    defaults: dict[str, Any] = {"per_host_delay": 0, "retry_pause": 0.01, "allow_private_hosts": ("127.0.0.1",)}
    return Policy("govwatch/0.1 (desk@example.org)", **(defaults | changes))


def fetch(
    pages: dict[str, Handler] | Handler, path: str = "/", wish: dict[str, Any] | None = None, **changes: Any
) -> tuple[FetchResult, BadWeb]:
    """Fetch one page of a bad web, and return the result and the server with its log."""

    async def scenario() -> tuple[FetchResult, BadWeb]:
        world = BadWeb(pages if isinstance(pages, dict) else {path: pages})
        async with world as web, Fetcher(policy(**changes), utc_now) as fetcher:
            return await fetcher.fetch(web.url(path), **({"robots": False} | (wish or {}))), web

    return asyncio.run(scenario())


def failed(result: FetchResult) -> FetchFailed:
    assert isinstance(result, FetchFailed), result
    assert result.reason
    assert result.fetched_at.tzinfo is not None
    return result


def page(result: FetchResult) -> Page:
    assert isinstance(result, Page), result
    return result


# What works


def test_a_page_comes_with_its_headers_time_and_final_url() -> None:
    result, web = fetch(well(x_thing="one"))
    got = page(result)
    assert (got.url, got.final_url, got.status, got.body) == (web.url(), web.url(), 200, PAGE)
    assert got.headers["x-thing"] == "one"
    assert got.content_type == "text/html; charset=utf-8"
    assert datetime.now(UTC) - got.fetched_at < timedelta(seconds=10)
    assert 0 < got.elapsed < 10


def test_white_space_around_a_url_is_not_part_of_it() -> None:
    async def scenario() -> None:
        async with BadWeb({"/": well()}) as web, Fetcher(policy(), utc_now) as fetcher:
            got = page(await fetcher.fetch(f" {web.url()}\n", robots=False))
            assert got.final_url == web.url()

    asyncio.run(scenario())


def test_the_time_that_a_page_took_is_not_the_time_that_it_queued() -> None:
    async def scenario() -> None:
        async with BadWeb({"/": well()}) as web, Fetcher(policy(per_host_delay=0.3), utc_now) as fetcher:
            results = await asyncio.gather(*(fetcher.fetch(web.url(), robots=False) for _ in range(3)))
        assert all(result.elapsed < 0.25 for result in results)

    asyncio.run(scenario())


def test_who_asks_is_said_and_nothing_about_the_machine_is() -> None:
    _, web = fetch(well())
    sent = web.log[0].headers
    assert sent["user-agent"] == "govwatch/0.1 (desk@example.org)"
    assert set(sent) == {"host", "user-agent", "accept", "accept-encoding", "connection"}


def test_a_compressed_page_is_decompressed() -> None:
    result, _ = fetch(badweb.gzipped())
    assert page(result).body == PAGE


def test_an_unchanged_feed_costs_no_body() -> None:
    async def unchanged(visit: Visit) -> None:
        if visit.headers.get("if-none-match") == '"v1"' and visit.headers.get("if-modified-since"):
            await visit.answer("304 Not Modified", b"")
        else:
            await visit.answer(etag='"v1"')

    result, _ = fetch(unchanged)
    assert page(result).headers["etag"] == '"v1"'
    wish = {"etag": '"v1"', "last_modified": "Mon, 02 Mar 2026 10:00:00 GMT"}
    result, _ = fetch(unchanged, wish=wish)
    assert isinstance(result, NotModified)


def test_a_validator_that_would_add_a_header_is_not_sent() -> None:
    result, web = fetch(well(), wish={"etag": '"v1"\r\nX-Evil: yes', "last_modified": "höre\n"})
    page(result)
    assert not {"x-evil", "if-none-match", "if-modified-since"} & set(web.log[0].headers)


def test_a_304_that_nobody_asked_for_is_a_failure() -> None:
    result, _ = fetch(always("304 Not Modified"))
    assert failed(result).outcome is Outcome.FAILED


def test_connections_are_used_again() -> None:
    async def scenario() -> None:
        writers = set()

        async def note(visit: Visit) -> None:
            writers.add(id(visit.writer))
            await visit.answer("404 Not Found" if visit.path == "/missing" else "200 OK")

        async with BadWeb({"/": note, "/missing": note}) as web, Fetcher(policy(), utc_now) as fetcher:
            for path in ("/", "/missing", "/", "/missing", "/"):
                await fetcher.fetch(web.url(path), robots=False)
        assert len(writers) == 1

    asyncio.run(scenario())


def test_cookies_are_neither_kept_nor_stored() -> None:
    async def scenario() -> None:
        async with BadWeb({"/": well(set_cookie="id=42; Path=/")}) as web, Fetcher(policy(), utc_now) as fetcher:
            result = page(await fetcher.fetch(web.url(), robots=False))
            await fetcher.fetch(web.url(), robots=False)
        assert "set-cookie" not in result.headers
        assert "cookie" not in web.log[1].headers

    asyncio.run(scenario())


def test_the_environment_sets_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    result, _ = fetch(well())
    page(result)


# Redirects


def test_redirects_are_followed_and_the_permanent_ones_reported() -> None:
    pages = {
        "/old": redirect("/moved", "301 Moved Permanently"),
        "/moved": redirect("//127.0.0.1:{port}/found", "308 Permanent Redirect"),
        "/found": redirect("end?a=1#part", "302 Found"),
        "/end?a=1": well(),
    }

    async def scenario() -> None:
        async with BadWeb(pages) as web, Fetcher(policy(), utc_now) as fetcher:
            web.pages["/moved"] = redirect(f"//127.0.0.1:{web.port}/found", "308 Permanent Redirect")
            result = page(await fetcher.fetch(web.url("/old"), robots=False))
            assert result.url == web.url("/old")
            assert result.final_url == web.url("/end?a=1")
            assert result.redirects == (
                (web.url("/old"), web.url("/moved")),
                (web.url("/moved"), web.url("/found")),
            )

    asyncio.run(scenario())


def test_a_location_in_bare_utf_8_is_understood() -> None:
    result, web = fetch({"/": redirect("/élu"), "/%C3%A9lu": well()})
    assert page(result).final_url == web.url("/%C3%A9lu")


@pytest.mark.parametrize(
    "pages",
    [{"/": redirect("/")}, {"/": redirect("/b"), "/b": redirect("/")}],
    ids=["to itself", "in a circle"],
)
def test_a_redirect_loop_ends(pages: dict[str, Handler]) -> None:
    result, web = fetch(pages)
    assert failed(result).outcome is Outcome.REDIRECT_LOOP
    assert len(web.log) == len(pages)


def test_a_chain_of_redirects_without_end_ends() -> None:
    async def next_one(visit: Visit) -> None:
        await visit.answer("302 Found", b"", location=f"/{int(visit.path[1:]) + 1}")

    result, web = fetch({f"/{number}": next_one for number in range(50)}, "/0", max_redirects=5)
    assert failed(result).outcome is Outcome.REDIRECT_LOOP
    assert len(web.log) == 6


@pytest.mark.parametrize("target", ["file:///etc/passwd", "http://169.254.169.254/latest/", "gopher://127.0.0.1:70/"])
def test_a_redirect_to_a_forbidden_place_names_it(target: str) -> None:
    result, _ = fetch(redirect(target))
    failure = failed(result)
    assert failure.outcome is Outcome.BLOCKED
    assert not failure.retry
    assert target.split(":", maxsplit=1)[0] in failure.reason


# Answers without a page


@pytest.mark.parametrize(
    ("status", "outcome", "retry"),
    [
        ("404 Not Found", Outcome.GONE, True),
        ("410 Gone", Outcome.GONE, False),
        ("401 Unauthorized", Outcome.FORBIDDEN, False),
        ("402 Payment Required", Outcome.FORBIDDEN, False),
        ("403 Forbidden", Outcome.FORBIDDEN, False),
        ("451 Unavailable For Legal Reasons", Outcome.FORBIDDEN, False),
        ("400 Bad Request", Outcome.FAILED, False),
        ("408 Request Timeout", Outcome.FAILED, True),
        ("500 Internal Server Error", Outcome.FAILED, True),
        ("599 Whatever", Outcome.FAILED, True),
        ("999 Denied", Outcome.FAILED, True),
        ("302 Found", Outcome.FAILED, True),
    ],
)
def test_each_status_has_its_outcome(status: str, outcome: Outcome, retry: bool) -> None:
    result, _ = fetch(always(status))
    failure = failed(result)
    assert (failure.outcome, failure.retry, failure.status) == (outcome, retry, int(status[:3]))
    assert status[:3] in failure.reason


def test_a_server_that_fails_twice_and_then_answers_is_read() -> None:
    result, web = fetch(first(2, "500 Internal Server Error"))
    page(result)
    assert len(web.log) == 3


def test_a_server_that_always_fails_is_asked_a_few_times_only() -> None:
    result, web = fetch(always("500 Internal Server Error"))
    assert failed(result).status == 500
    assert len(web.log) == 3


def test_too_many_requests_and_then_well_is_read_after_the_wait() -> None:
    result, web = fetch(first(1, "429 Too Many Requests", retry_after="1"))
    page(result)
    assert web.log[1].at - web.log[0].at >= 1


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        ("Sun, 01 Mar 2026 12:02:00 GMT", 120.0),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0.0),
        ("99999999999999999999", 86_400.0),
        ("Sun, 01 Mar 2099 12:00:00 GMT", 86_400.0),
        ("soon", None),
        ("-5", None),
        ("²", None),
        ("", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date_and_capped(value: str, seconds: float | None) -> None:
    async def scenario() -> None:
        moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
        busy = always("503 Service Unavailable", retry_after=value)
        async with BadWeb({"/": busy}) as web, Fetcher(policy(tries=1), now=lambda: moment) as fetcher:
            result = failed(await fetcher.fetch(web.url(), robots=False))
        assert (result.retry_after, result.fetched_at) == (seconds, moment)

    asyncio.run(scenario())


# Broken and malicious answers


def test_a_connection_that_breaks_in_mid_body_is_tried_again_and_told() -> None:
    result, web = fetch(badweb.reset_in_mid_body)
    failure = failed(result)
    assert (failure.outcome, failure.retry) == (Outcome.FAILED, True)
    assert len(web.log) == 3


def test_a_connection_that_breaks_once_does_no_harm() -> None:
    async def breaks_once(visit: Visit) -> None:
        await (badweb.reset_in_mid_body(visit) if visit.number == 1 else visit.answer())

    result, _ = fetch(breaks_once)
    page(result)


def test_a_kept_connection_that_the_server_has_closed_does_no_harm() -> None:
    async def scenario() -> None:
        async def last_word(visit: Visit) -> None:
            await visit.answer()
            visit.keep = False

        async with BadWeb({"/": last_word}) as web, Fetcher(policy(tries=1), utc_now) as fetcher:
            for _ in range(5):
                page(await fetcher.fetch(web.url(), robots=False))
                await asyncio.sleep(0.02)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "handler", [badweb.close_without_a_word, badweb.no_http], ids=["closes without a word", "speaks SMTP"]
)
def test_what_is_no_http_is_a_failure(handler: Handler) -> None:
    result, _ = fetch(handler)
    assert failed(result).outcome is Outcome.FAILED


def test_a_body_that_drips_ends_at_the_deadline() -> None:
    begun = time.monotonic()
    result, web = fetch(badweb.one_byte_a_second, total_timeout=0.4, read_timeout=5)
    failure = failed(result)
    assert (failure.outcome, failure.retry) == (Outcome.FAILED, True)
    assert "0.4 s" in failure.reason
    assert time.monotonic() - begun < 2
    assert len(web.log) == 1


def test_an_error_page_that_drips_or_breaks_is_still_the_error_that_it_is() -> None:
    async def drips(visit: Visit) -> None:
        visit.keep = False
        await visit.say(b"HTTP/1.1 410 Gone\r\nContent-Length: 1000\r\n\r\ngo")
        await asyncio.sleep(3600)

    async def breaks(visit: Visit) -> None:
        visit.keep = False
        await visit.say(b"HTTP/1.1 410 Gone\r\nContent-Length: 1000\r\n\r\ngo")
        visit.writer.close()

    for handler in (drips, breaks):
        result, web = fetch(handler)
        assert failed(result).outcome is Outcome.GONE
        assert result.elapsed < 2
        assert len(web.log) == 1


def test_a_server_that_says_nothing_ends_at_the_read_timeout() -> None:
    begun = time.monotonic()
    result, _ = fetch(badweb.silent, read_timeout=0.2)
    assert "stopped sending" in failed(result).reason
    assert time.monotonic() - begun < 2


def test_an_endless_body_ends_at_the_cap() -> None:
    result, _ = fetch(badweb.endless_body, wish={"max_bytes": 300_000})
    failure = failed(result)
    assert (failure.outcome, failure.retry) == (Outcome.TOO_LARGE, False)
    assert "300,000" in failure.reason


def test_a_body_that_announces_too_much_is_not_read() -> None:
    async def announces(visit: Visit) -> None:
        visit.keep = False
        await visit.say(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 99999999999\r\n\r\n")
        await asyncio.sleep(3600)

    result, _ = fetch(announces)
    assert failed(result).outcome is Outcome.TOO_LARGE


def test_a_gzip_bomb_ends_at_the_cap() -> None:
    result, _ = fetch(well(badweb.bomb(2), content_encoding="gzip"))
    assert failed(result).outcome is Outcome.TOO_LARGE


def test_headers_without_end_are_cut_off() -> None:
    result, web = fetch(badweb.endless_headers)
    assert failed(result).outcome is Outcome.TOO_LARGE
    assert len(web.log) == 1


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"%PDF-1.7 ...", "application/pdf"),
        (b"\xff\xd8\xff\xe0...", "image/jpeg"),
        (b"%PDF-1.7 ...", "text/html"),
        (b"PK\x03\x04...", "application/octet-stream"),
    ],
)
def test_what_is_no_page_is_turned_away_when_a_page_is_expected(body: bytes, content_type: str) -> None:
    result, _ = fetch(well(body, content_type=content_type), wish={"expect": "html"})
    failure = failed(result)
    assert (failure.outcome, failure.retry) == (Outcome.NOT_HTML, False)
    result, _ = fetch(well(body, content_type=content_type))
    assert page(result).body == body


def test_after_every_fault_the_fetcher_still_works_and_no_connection_is_left_open() -> None:
    faults: list[Callable[[Visit], Any]] = [
        badweb.reset_in_mid_body,
        badweb.endless_body,
        badweb.endless_headers,
        badweb.one_byte_a_second,
        badweb.close_without_a_word,
    ]

    async def scenario() -> None:
        pages = {f"/{number}": fault for number, fault in enumerate(faults)} | {"/well": well()}
        async with BadWeb(pages) as web, Fetcher(policy(total_timeout=0.3, tries=1), utc_now) as fetcher:
            for path in pages:
                await fetcher.fetch(web.url(path), robots=False)
            page(await fetcher.fetch(web.url("/well"), robots=False))

    asyncio.run(scenario())


# No network


def test_a_name_that_does_not_resolve_fails_at_once_with_advice() -> None:
    async def offline(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    async def scenario() -> None:
        async with Fetcher(policy(), utc_now, resolve=offline) as fetcher:
            begun = time.monotonic()
            results = await asyncio.gather(*(fetcher.fetch(f"https://news{n}.example/") for n in range(50)))
            assert time.monotonic() - begun < 2
        for result in results:
            failure = failed(result)
            assert (failure.outcome, failure.retry) == (Outcome.FAILED, True)
            assert "could not resolve host 'news" in failure.reason
            assert "is this machine online" in failure.reason

    asyncio.run(scenario())


def test_a_closed_port_is_a_failure_worth_another_try() -> None:
    async def scenario() -> None:
        async with BadWeb() as web:
            url = web.url()
        async with Fetcher(policy(), utc_now) as fetcher:
            failure = failed(await fetcher.fetch(url, robots=False))
        assert (failure.outcome, failure.retry) == (Outcome.FAILED, True)
        assert "connection" in failure.reason

    asyncio.run(scenario())


# Many at a time


def test_many_pages_of_many_hosts_all_come_and_a_silent_host_holds_up_nobody() -> None:
    async def scenario() -> None:
        webs = [BadWeb({"/": well()}) for _ in range(5)]
        async with (
            BadWeb({"/": badweb.silent}) as dead,
            Fetcher(policy(total_timeout=1.5, tries=1), utc_now) as fetcher,
        ):
            for web in webs:
                await web.__aenter__()
            wishes: list[Request | str] = [Request(dead.url(), robots=False) for _ in range(2)]
            wishes += [Request(web.url(), robots=False) for web in webs for _ in range(30)]
            wishes += ["nonsense", "http://[", "http://10.0.0.1/"]
            results = []
            moments = []
            begun = time.monotonic()
            async for result in fetcher.fetch_many(wishes):
                results.append(result)
                moments.append(time.monotonic() - begun)
            for web in webs:
                await web.__aexit__()
        assert len(results) == len(wishes)
        assert sum(isinstance(result, Page) for result in results) == 150
        assert moments[-3] < 1.5  # all but the two of the silent host

    asyncio.run(scenario())


def test_results_that_nobody_takes_hold_up_the_next_requests() -> None:
    async def scenario() -> None:
        async with BadWeb({"/": well()}) as web, Fetcher(policy(total_concurrency=2), utc_now) as fetcher:
            results = fetcher.fetch_many([Request(web.url(), robots=False)] * 50)
            page(await anext(results))
            await asyncio.sleep(0.2)
            assert len(web.log) <= 5
            page(await anext(results))
            await results.aclose()
        assert len(web.log) < 10  # left early: the rest is never asked for

    asyncio.run(scenario())


# Every foreign error is mapped


def classes_below(kind: type[Exception]) -> Iterator[type[Exception]]:
    yield kind
    for below in kind.__subclasses__():
        yield from classes_below(below)


def test_every_error_of_httpx_is_known() -> None:
    roots: list[type[Exception]] = [httpx.HTTPError, httpx.InvalidURL, httpx.CookieConflict, httpx.StreamError]
    kinds = {kind for root in roots for kind in classes_below(root) if kind.__module__.startswith("httpx")}
    public = {
        value
        for value in vars(httpx).values()
        if isinstance(value, type) and issubclass(value, Exception) and value.__module__.startswith("httpx")
    }
    assert public <= kinds
    for kind in kinds:
        error = kind.__new__(kind)
        error.args = ("something",)
        outcome, retry, reason = explain(error)
        assert "unforeseen" not in reason, kind
        assert outcome not in (Outcome.FETCHED, Outcome.PENDING)
        assert retry is (not outcome.final) or kind is httpx.LocalProtocolError


def test_every_fetch_error_of_ours_keeps_its_answer_to_trying_again() -> None:
    for kind in classes_below(FetchError):
        if kind is FetchError:
            continue
        assert issubclass(kind, GovwatchError)
        outcome, retry, reason = explain(kind("what happened"))
        assert reason == "what happened"
        assert retry is (kind.retry is not Retry.NEVER)
        assert outcome.final is not retry


def test_an_error_that_nobody_foresaw_is_a_failure_with_its_name(caplog: pytest.LogCaptureFixture) -> None:
    outcome, retry, reason = explain(KeyError("x"))
    assert (outcome, retry) == (Outcome.FAILED, True)
    assert "KeyError" in reason
    assert "unforeseen" in reason
    assert caplog.records[0].exc_info


# Whatever is asked for


@given(st.text(max_size=40) | st.from_regex(r"\A(https?|file|ftp):/{0,3}[a-z0-9.@:\[\]%\\#?-]{0,30}\Z"))
@settings(max_examples=200, deadline=None)
def test_any_text_is_answered_with_a_value(url: str) -> None:
    async def nowhere(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    async def scenario() -> None:
        async with Fetcher(policy(), utc_now, resolve=nowhere) as fetcher:
            async for result in fetcher.fetch_many([Request(url)]):
                failure = failed(result)
                assert failure.url == url
                assert "unforeseen" not in failure.reason

    asyncio.run(scenario())


def test_idle_connections_are_kept_for_a_few_hosts_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("extractors.http._HOSTS_KEPT_ALIVE", 2)

    async def scenario() -> None:
        webs = [BadWeb({"/": well()}) for _ in range(6)]
        async with Fetcher(policy(total_concurrency=1), utc_now) as fetcher:
            for web in webs:
                await web.__aenter__()
            for web in webs * 2:
                page(await fetcher.fetch(web.url(), robots=False))
            await asyncio.sleep(0.05)
            assert sum(len(web._tasks) for web in webs) <= 3
            for web in webs:
                await web.__aexit__()

    asyncio.run(scenario())
