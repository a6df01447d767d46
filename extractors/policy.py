"""How the fetcher is told to behave, and what it is asked for: two plain records.

It holds values and their meaning; it never does anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Expect = Literal["any", "html"]


@dataclass(frozen=True, slots=True)
class Policy:
    """How the fetcher behaves; times in seconds, sizes in bytes.

    Attributes:
        user_agent: sent with every request; names a contact.
        per_host_delay: between the starts of two requests to one host.
        per_host_concurrency, total_concurrency: most requests at a time.
        connect_timeout: for resolving and for connecting; read_timeout: for each wait on the server;
            total_timeout: for one try, redirects and body included, time in queues not.
        max_bytes: of a body, as sent and as decompressed.
        max_redirects: hops followed.
        allow_private_hosts: see `extractors.addresses.AddressPolicy`.
        respect_robots: whether robots.txt is asked for at all.
        retry_after_cap: the longest that a server's Retry-After is believed.
        back_off: how long a host rests after a 429 without Retry-After; doubled with each further one in a row.
        longest_rest: how long a fetch waits for a resting host; it fails at once when the rest is longer.
        tries: requests made for one URL while it fails in a passing way (429, 5xx, a broken connection).
        retry_pause: before the second try; doubled before each further one.
    """

    user_agent: str
    per_host_delay: float = 1.0
    per_host_concurrency: int = 2
    total_concurrency: int = 40
    connect_timeout: float = 10.0
    read_timeout: float = 15.0
    total_timeout: float = 30.0
    max_bytes: int = 10_000_000
    max_redirects: int = 10
    allow_private_hosts: tuple[str, ...] = ()
    respect_robots: bool = True
    retry_after_cap: float = 86_400.0
    back_off: float = 30.0
    longest_rest: float = 45.0
    tries: int = 3
    retry_pause: float = 0.5


@dataclass(frozen=True, slots=True)
class Request:
    """One wish: a URL and how to ask for it.

    Attributes:
        url: absolute.
        etag, last_modified: what the last answer carried; the server may answer that nothing changed.
        max_bytes: another cap than the policy's.
        robots: whether robots.txt is obeyed for it.
        accept: another Accept header than the usual one.
        expect: ``html`` turns away what can be no article page (`Outcome.NOT_HTML`), before its body is read.
        cut: a body beyond the cap is cut there, instead of being turned away.
    """

    url: str
    etag: str | None = None
    last_modified: str | None = None
    max_bytes: int | None = None
    robots: bool = True
    accept: str | None = None
    expect: Expect = "any"
    cut: bool = False
