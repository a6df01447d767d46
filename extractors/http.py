"""Polite, bounded, safe fetching: the only reader of the network, and the only importer of httpx.

Every fetch ends in a value (a page, "not modified", or a failure with its reason); it never raises for what a URL,
a page or a server is like, never follows a redirect unchecked, never holds more than the caps allow, and keeps no
cookies.

A fetch, hop by hop::

    url -> scheme, host and port allowed? -> robots.txt allows? -> the host's turn (`extractors.pace`)
        -> connect to the judged address (`extractors.connect`) -> status
             redirect -> the next hop, from the beginning
             2xx      -> type as expected? -> body, decompressed within the cap (`extractors.bodies`)
             else     -> a verdict (`extractors.answers`); a passing failure is tried again
"""

from __future__ import annotations

import asyncio
import http.cookiejar
import logging
import ssl
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import inf
from types import TracebackType
from typing import Self

import httpcore
import httpx

from extractors import answers
from extractors.addresses import AddressPolicy
from extractors.bodies import Body, is_binary, may_be_html
from extractors.connect import GuardedBackend, Resolve, Resolver, tls_context
from extractors.headers import as_dict, find, request_headers
from extractors.lanes import in_lanes
from extractors.pace import Admission, Leases, Pacer, Sleep, Turn
from extractors.policy import Expect, Policy, Request
from extractors.pools import HostPools
from extractors.robots import MAX_BYTES as ROBOTS_MAX_BYTES
from extractors.robots import RobotsCache
from records.article import FetchFailed, FetchResult, NotModified, Outcome, Page
from records.errors import BadURL, BlockedAddress, Timeout, TooLarge, TooManyRedirects, Unreachable
from records.text import clean

__all__ = ["Expect", "Fetcher", "Policy", "Request", "explain"]

_log = logging.getLogger(__name__)

_DRAINED = 65_536
"""Bytes of an unwanted body that are read so that its connection can be used again; beyond, it is closed."""

_DRAINING = 0.5
"""Seconds that this may take: less than a new connection to a distant host costs with TLS."""

_URL_LIMIT = 8_192
_HOSTS_KEPT_ALIVE = 64


@dataclass(slots=True)
class _Try:
    """The state of one try of a request, hop by hop."""

    request: Request
    url: str  # of the present hop
    admit: Admission | None = None
    seen: set[str] = field(default_factory=set)
    permanent: list[tuple[str, str]] = field(default_factory=list)
    spent: float = 0.0  # seconds between sending and having, of all hops
    passing: bool = False  # the failure may be over in a moment
    answered: bool = False  # a host of this try said something


@dataclass(frozen=True, slots=True)
class _Redirect:
    """A hop's answer: go there."""

    url: str
    permanent: bool


class _Empty(httpx.AsyncByteStream):
    """The body of a GET: nothing; being asked for it tells that the head is sent."""

    def __init__(self, sent: Callable[[], None]) -> None:
        self._sent = sent

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self._sent()
        return
        yield b""


class _GuardedTransport(httpx.AsyncHTTPTransport):
    """httpx's transport on top of connections that we open ourselves."""

    def __init__(self, policy: Policy, backend: httpcore.AsyncNetworkBackend, context: ssl.SSLContext) -> None:
        super().__init__(verify=context, trust_env=False)
        # httpx has no argument for it (0.28); a test sees that a rebound name goes where the guard looked.
        self._pool = HostPools(  # type: ignore[assignment]
            backend, context, policy.per_host_concurrency, hosts=max(2 * policy.total_concurrency, _HOSTS_KEPT_ALIVE)
        )


class Fetcher:
    """Fetches politely; an async context manager, to be used within one event loop.

    Args:
        policy: how to behave.
        now: the wall clock, in UTC.
        sleep: waits for seconds of ``clock``.
        clock: monotonic seconds.
        resolve: asked for addresses instead of the system.
        robots: rules to share with other fetchers, so that a site is asked for them once a day; None for own ones.
        tls: another TLS context than `extractors.connect.tls_context` (tests trust their own authority).
        leases: shares hosts with fetchers of other processes.

    Raises:
        ValueError: ``policy.allow_private_hosts`` holds something that is no host, address or network.
    """

    def __init__(
        self,
        policy: Policy,
        now: Callable[[], datetime],
        sleep: Sleep = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
        resolve: Resolve | None = None,
        robots: RobotsCache | None = None,
        tls: ssl.SSLContext | None = None,
        leases: Leases | None = None,
    ) -> None:
        self.policy = policy
        self._now = now
        self._sleep = sleep
        self._clock = clock
        self._addresses = AddressPolicy(policy.allow_private_hosts)
        self._resolver = Resolver(resolve, clock)
        self._robots = robots or RobotsCache(policy.user_agent)
        self._pacer = Pacer(
            policy.per_host_delay,
            policy.per_host_concurrency,
            policy.total_concurrency,
            policy.longest_rest,
            clock,
            sleep,
            leases,
        )
        self._timeouts = {
            "connect": policy.connect_timeout,
            "read": policy.read_timeout,
            "write": policy.read_timeout,
            "pool": None,  # places are given by the pacer
        }
        no_cookies = http.cookiejar.CookieJar(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
        self._client = httpx.AsyncClient(
            transport=_GuardedTransport(policy, GuardedBackend(self._addresses, self._resolver), tls or tls_context()),
            cookies=no_cookies,
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.__aexit__(kind, error, trace)
        self._resolver.close()

    async def fetch(
        self,
        url: str,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        max_bytes: int | None = None,
        robots: bool = True,
        accept: str | None = None,
        expect: Expect = "any",
    ) -> FetchResult:
        """Fetch ``url``; the arguments are those of `Request`. It never raises for what the web is like."""
        return await self._run(Request(url, etag, last_modified, max_bytes, robots, accept, expect))

    def fetch_many(self, requests: Iterable[Request | str]) -> AsyncGenerator[FetchResult, None]:
        """Fetch all, and yield each result as it comes; results carry the URL that was asked for.

        Hosts are worked on side by side, each in the order given, so that a slow one holds up nobody; at most
        twice ``total_concurrency`` results exist at a time, however slowly they are taken. Leave it early with
        ``contextlib.aclosing``.

        A host that leaves several requests in a row without any answer is asked no more: the rest of its URLs come
        back untried (`Outcome.PENDING`).
        """
        wishes = (wish if isinstance(wish, Request) else Request(wish) for wish in requests)
        waiting = 2 * self.policy.total_concurrency
        return in_lanes(wishes, self._run, self.policy.per_host_concurrency, waiting, self._untried)

    def _untried(self, request: Request, reason: str) -> FetchFailed:
        return FetchFailed(request.url, Outcome.PENDING, reason, self._now())

    async def _run(self, request: Request, admit: Admission | None = None) -> FetchResult:
        """Try, and try again while the failure is a passing one."""
        spent = 0.0
        pause = self.policy.retry_pause
        tries = self.policy.tries
        while True:
            attempt = _Try(request, request.url, admit)
            result = await self._attempt(attempt)
            spent += attempt.spent
            tries -= 1
            if not isinstance(result, FetchFailed) or not attempt.passing or tries <= 0:
                break
            if (result.retry_after or 0.0) > self.policy.longest_rest:
                break
            await self._sleep(pause)
            pause *= 2
        return replace(result, elapsed=spent)

    async def _attempt(self, attempt: _Try) -> FetchResult:
        """Follow one request through its redirects."""
        try:
            for _ in range(self.policy.max_redirects + 1):
                answer = await self._hop(attempt)
                if not isinstance(answer, _Redirect):
                    return answer
                if answer.permanent:
                    attempt.permanent.append((attempt.url, answer.url))
                attempt.url = answer.url
            raise TooManyRedirects(f"more than {self.policy.max_redirects} redirects")
        except TimeoutError:
            reason = f"no whole answer within {self.policy.total_timeout:g} s"
            failure = self._failed(attempt, Outcome.FAILED, reason)
            return replace(failure, unanswered=not attempt.answered)
        except Exception as error:
            outcome, retry, reason = explain(error)
            attempt.passing = retry and isinstance(error, _PASSING)
            failure = self._failed(attempt, outcome, reason, retry=retry)
            return replace(failure, unanswered=retry and not attempt.answered)

    async def _hop(self, attempt: _Try) -> FetchResult | _Redirect:
        url = self._checked(attempt.url)
        if (key := str(url)) in attempt.seen:
            raise TooManyRedirects("the redirects go round in a circle")
        attempt.seen.add(key)
        if attempt.request.robots and self.policy.respect_robots:
            forbidden = await self._ask_robots(url, attempt)
            if forbidden is not None:
                return forbidden
        host = url.netloc.decode("ascii")
        async with self._pacer.turn(host, attempt.admit) as turn:
            if turn.resting == inf:
                return self._failed(attempt, Outcome.FAILED, f"another worker asks '{host}' all the time")
            if turn.resting:
                reason = f"'{host}' asked for rest; {turn.resting:.0f} s of it are left"
                return self._failed(attempt, Outcome.FAILED, reason, retry_after=turn.resting)
            begun = self._clock()
            try:
                async with asyncio.timeout(self.policy.total_timeout - attempt.spent):
                    return await self._exchange(url, host, attempt, turn)
            finally:
                attempt.spent += self._clock() - begun

    async def _exchange(self, url: httpx.URL, host: str, attempt: _Try, turn: Turn) -> FetchResult | _Redirect:
        """Send one request and read its answer."""
        request = httpx.Request(
            "GET",
            url,
            headers=request_headers(url.netloc, self.policy.user_agent, attempt.request),
            stream=_Empty(turn.sent),
            extensions={"timeout": self._timeouts},
        )
        response = await self._client.send(request, stream=True)
        turn.answered()
        attempt.answered = True
        try:
            status = response.status_code
            if 200 <= status < 300:
                self._pacer.forgive(host)
                return await self._page(url, response, attempt)
            await _drain(response)
            if status in answers.REDIRECTS and (location := find(response.headers.raw, b"location")):
                return _Redirect(str(url.join(location.strip())), status in answers.PERMANENT_REDIRECTS)
            return self._no_page(host, status, response, attempt)
        finally:
            await response.aclose()

    async def _page(self, url: httpx.URL, response: httpx.Response, attempt: _Try) -> FetchResult:
        wish = attempt.request
        headers = as_dict(response.headers.raw)
        kind = headers.get("content-type")
        if wish.expect == "html" and not may_be_html(kind):
            return self._failed(attempt, Outcome.NOT_HTML, f"it is {kind}", retry=False, status=response.status_code)
        cap = self.policy.max_bytes if wish.max_bytes is None else wish.max_bytes
        length = headers.get("content-length", "")
        if length.isdigit() and int(length) > cap and not wish.cut:
            raise TooLarge(f"the body has {int(length):,} bytes; the cap is {cap:,}")
        body = Body(headers.get("content-encoding"), cap, cut=wish.cut)
        async for piece in response.aiter_raw():
            if not body.add(piece):
                break
        content = body.finish()
        if wish.expect == "html" and is_binary(content):
            reason = f"it is a binary file, although called {kind or 'nothing'}"
            return self._failed(attempt, Outcome.NOT_HTML, reason, retry=False, status=response.status_code)
        return Page(
            url=wish.url,
            final_url=str(url),
            status=response.status_code,
            headers=headers,
            body=content,
            fetched_at=self._now(),
            redirects=tuple(attempt.permanent),
        )

    def _no_page(self, host: str, status: int, response: httpx.Response, attempt: _Try) -> NotModified | FetchFailed:
        wish = attempt.request
        if status == 304 and (wish.etag or wish.last_modified):
            self._pacer.forgive(host)
            return NotModified(wish.url, self._now())
        policy = self.policy
        verdict = answers.judge_status(status)
        asked = None
        if verdict.outcome is Outcome.FAILED:
            asked = answers.retry_after(find(response.headers.raw, b"retry-after"), self._now(), policy.retry_after_cap)
        if status in answers.OVERLOADED or asked is not None:
            strikes = self._pacer.strike(host)
            self._pacer.rest(host, answers.rest_after(status, asked, strikes, policy.back_off, policy.retry_after_cap))
        attempt.passing = status in answers.PASSING
        return self._failed(
            attempt, verdict.outcome, verdict.reason, retry=verdict.retry, status=status, retry_after=asked
        )

    async def _ask_robots(self, url: httpx.URL, attempt: _Try) -> FetchFailed | None:
        host = url.netloc.decode("ascii")
        origin = f"{url.scheme}://{host}"
        rules = self._robots.known(origin, self._now())
        if rules is None:
            rules = await self._robots.rules(origin, self._now, self._fetch_rules)
        if isinstance(rules, FetchFailed):
            reason = f"{rules.reason} (on reading {origin}/robots.txt, which comes first)"
            failure = self._failed(attempt, rules.outcome, reason, retry=rules.retry, retry_after=rules.retry_after)
            return replace(failure, unanswered=rules.unanswered and not attempt.answered)
        if rules.delay > self.policy.per_host_delay:
            self._pacer.slow_down(host, rules.delay)
        if rules.allow(str(url)):
            return None
        reason = f"{origin}/robots.txt asks programs to stay away from this address"
        return self._failed(attempt, Outcome.ROBOTS, reason, retry=False)

    async def _fetch_rules(self, url: str) -> FetchResult:
        accept = "text/plain,*/*;q=0.5"
        return await self._run(Request(url, max_bytes=ROBOTS_MAX_BYTES, robots=False, accept=accept, cut=True))

    def _checked(self, text: str) -> httpx.URL:
        """Return the URL, if its scheme, host and port may be asked for at all."""
        if len(text) > _URL_LIMIT:
            raise BadURL(f"the URL is longer than {_URL_LIMIT} characters")
        url = httpx.URL(text.strip())
        if url.scheme not in ("http", "https"):
            raise BlockedAddress(f"only http and https are read, not '{url.scheme[:20]}:'")
        if not url.host:
            raise BadURL("the URL names no host")
        if url.userinfo:
            raise BlockedAddress("a URL with a user name or password is not followed")
        port = url.port if url.port is not None else (443 if url.scheme == "https" else 80)
        if not 0 < port < 65_536:
            raise BadURL(f"there is no port {port}")
        refusal = self._addresses.why_host_refused(url.raw_host.decode("ascii"), port)
        if refusal is not None:
            raise BlockedAddress(refusal)
        return url.copy_with(fragment=None) if url.fragment else url

    def _failed(
        self,
        attempt: _Try,
        outcome: Outcome,
        reason: str,
        *,
        retry: bool = True,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> FetchFailed:
        asked = attempt.request.url
        if attempt.url != asked:
            reason = f"{reason} (redirected to {attempt.url[:200]})"
        return FetchFailed(asked, outcome, reason, self._now(), retry, status, retry_after)


_PASSING = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)
"""Broken connections: often a kept-alive one that the server has just closed, or a server that restarts."""

_OUTCOMES: dict[type[Exception], tuple[Outcome, bool, str]] = {
    BadURL: (Outcome.BLOCKED, False, ""),
    BlockedAddress: (Outcome.BLOCKED, False, ""),
    TooLarge: (Outcome.TOO_LARGE, False, ""),
    TooManyRedirects: (Outcome.REDIRECT_LOOP, False, ""),
    Timeout: (Outcome.FAILED, True, ""),
    Unreachable: (Outcome.FAILED, True, ""),
    httpx.InvalidURL: (Outcome.BLOCKED, False, "not a URL that can be read"),
    httpx.UnsupportedProtocol: (Outcome.BLOCKED, False, "only http and https are read"),
    httpx.TooManyRedirects: (Outcome.REDIRECT_LOOP, False, "too many redirects"),
    httpx.ConnectTimeout: (Outcome.FAILED, True, "the host did not accept a connection in time"),
    httpx.ReadTimeout: (Outcome.FAILED, True, "the server stopped sending"),
    httpx.WriteTimeout: (Outcome.FAILED, True, "the server stopped reading"),
    httpx.TimeoutException: (Outcome.FAILED, True, "the server took too long"),
    httpx.ConnectError: (Outcome.FAILED, True, "no connection could be made"),
    httpx.NetworkError: (Outcome.FAILED, True, "the connection broke"),
    httpx.ProxyError: (Outcome.FAILED, True, "the proxy failed"),
    httpx.LocalProtocolError: (Outcome.FAILED, False, "the request could not be written"),
    httpx.ProtocolError: (Outcome.FAILED, True, "the server does not speak HTTP as it should"),
    httpx.DecodingError: (Outcome.FAILED, True, "the body could not be decoded"),
    httpx.HTTPError: (Outcome.FAILED, True, "the request failed"),
    httpx.StreamError: (Outcome.FAILED, True, "the answer was read in the wrong order"),
    httpx.CookieConflict: (Outcome.FAILED, True, "the cookies contradict each other"),
}

# Faults that httpx and h11 tell apart by their words only; each has a test with a real server.
_SAID_IN_WORDS: dict[str, tuple[Outcome, bool, str]] = {
    "Receive buffer too long": (Outcome.TOO_LARGE, False, "the headers of the answer are too long"),
    "Invalid URL in location header": (Outcome.BLOCKED, False, "it redirects to what is not a URL"),
}


def explain(error: Exception) -> tuple[Outcome, bool, str]:
    """Return what an exception of ours or of httpx means: the outcome, whether to retry, and a sentence."""
    for part, meaning in _SAID_IN_WORDS.items():
        if isinstance(error, httpx.RemoteProtocolError) and part in str(error):
            return meaning
    for kind in type(error).__mro__:
        if kind in _OUTCOMES:
            outcome, retry, what = _OUTCOMES[kind]
            detail = clean(str(error))
            return outcome, retry, ": ".join(part for part in (what, detail) if part)
    _log.error("a fetch failed in a way nobody foresaw", exc_info=error)
    return Outcome.FAILED, True, f"unforeseen {type(error).__name__}: {clean(str(error))}"


async def _drain(response: httpx.Response) -> None:
    """Read away a short body that nobody wants, so that the connection can serve the next request."""
    size = 0
    with suppress(httpx.HTTPError, TimeoutError):
        async with asyncio.timeout(_DRAINING):
            async for piece in response.aiter_raw():
                size += len(piece)
                if size > _DRAINED:
                    return
