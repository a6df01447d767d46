"""HTTP headers: what is sent, and how what comes is read.

It turns pairs of bytes into text and back; it never decides what an answer means.
"""

from __future__ import annotations

from collections.abc import Iterable

from extractors.bodies import ACCEPT_ENCODING
from extractors.policy import Request

RawHeaders = Iterable[tuple[bytes, bytes]]

_ACCEPT = {
    "any": "*/*",
    "html": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.5",
}
_VALIDATOR_LIMIT = 1_024


def request_headers(host: bytes, user_agent: str, wish: Request) -> list[tuple[bytes, bytes]]:
    """Return all headers of a request to ``host`` (with its port, unless it is the scheme's own)."""
    headers = [
        (b"Host", host),
        (b"User-Agent", user_agent.encode("ascii", "replace")),
        (b"Accept", (wish.accept or _ACCEPT[wish.expect]).encode("ascii", "replace")),
        (b"Accept-Encoding", ACCEPT_ENCODING.encode("ascii")),
        (b"Connection", b"keep-alive"),
    ]
    # Both come from an earlier answer, so they are as hostile as any text of the web.
    for name, value in ((b"If-None-Match", wish.etag), (b"If-Modified-Since", wish.last_modified)):
        if value and value.isascii() and value.isprintable() and len(value) <= _VALIDATOR_LIMIT:
            headers.append((name, value.strip().encode("ascii")))
    return headers


def find(headers: RawHeaders, name: bytes) -> str | None:
    """Return the first header called ``name`` (in lower case), or None."""
    return next((_text(value) for key, value in headers if key.lower() == name), None)


def as_dict(headers: RawHeaders) -> dict[str, str]:
    """Return the headers, names in lower case, several of one name joined (RFC 9110, 5.3); cookies are left out."""
    result: dict[str, str] = {}
    for key, value in headers:
        name = key.decode("latin-1").lower()
        if name != "set-cookie":
            text = _text(value)
            result[name] = f"{result[name]}, {text}" if name in result else text
    return result


def _text(value: bytes) -> str:
    """Read as UTF-8, which servers send whatever the standard says, and else as the standard's Latin-1."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")
