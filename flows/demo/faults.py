"""The ways in which an outlet can misbehave, each as a change to the answer that it would have given.

It decides nothing: `flows.demo.newsroom` says which answer is spoilt, and the server carries the damage out.
"""

from __future__ import annotations

import gzip
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache

from flows.demo.server import Answer, Request

ON = ("source", "articles", "robots", "everything")
"""What a fault can hit: the polled endpoint (with its parts), article pages, robots.txt, or all of the outlet."""


@dataclass(slots=True)
class Fault:
    """How an outlet misbehaves from now on.

    Attributes:
        with_: an HTTP status, or one of the names of `FAULTS`.
        on: one of `ON`.
        left: how many more answers it spoils; infinity until the outlet recovers.
        headers: sent with a status, for example Retry-After.
    """

    with_: int | str
    on: str
    left: float
    headers: dict[str, str] = field(default_factory=dict)


def _html_in_place(_: Answer) -> Answer:
    body = b"<!DOCTYPE html><html><head><title>We are redesigning</title></head><body><h1>Back soon</h1></body></html>"
    return Answer(200, {"Content-Type": "text/html; charset=utf-8"}, body)


def _plain(answer: Answer) -> Answer:
    """Undo compression, so that what is cut or slowed down is the text itself."""
    if answer.headers.get("Content-Encoding") != "gzip":
        return answer
    headers = {name: value for name, value in answer.headers.items() if name != "Content-Encoding"}
    return replace(answer, headers=headers, body=gzip.decompress(answer.body))


def _half(answer: Answer) -> Answer:
    whole = _plain(answer)
    return replace(whole, body=whole.body[: len(whole.body) // 2])


def _huge(answer: Answer) -> Answer:
    return replace(_plain(answer), body=b"<!-- padding without end -->\n" * 2000, repeat=10_000)


@cache
def _bomb_body() -> bytes:
    return gzip.compress(b" " * 300_000_000, compresslevel=9, mtime=0)


def _bomb(answer: Answer) -> Answer:
    return replace(answer, headers={**answer.headers, "Content-Encoding": "gzip"}, body=_bomb_body())


def _other_charset(answer: Answer) -> Answer:
    whole = _plain(answer)
    return replace(whole, headers={**whole.headers, "Content-Type": "text/html; charset=iso-8859-1"})


FAULTS: dict[str, Callable[[Answer], Answer]] = {
    "timeout": lambda answer: replace(answer, wait=math.inf),  # never answers
    "reset": lambda answer: replace(answer, hang_up="reset"),  # breaks the connection
    "closed": lambda answer: replace(answer, hang_up="close"),  # ends the connection politely, with no answer
    "refused": lambda answer: answer,  # stops listening: the newsroom sees to it
    "html_feed": _html_in_place,  # a page in place of a feed
    "empty": lambda answer: replace(_plain(answer), body=b""),
    "truncated": lambda answer: replace(_plain(answer), share=0.5),  # closes half-way through the announced length
    "half": _half,  # ends half-way without saying so
    "huge": _huge,  # 580 MB
    "bomb": _bomb,  # 300 MB, compressed to 300 KB
    "redirect_loop": lambda answer: replace(answer, status=302, body=b""),  # to itself, with another query each time
    "redirect_inside": lambda _: Answer(302, {"Location": "http://169.254.169.254/latest/meta-data/"}),
    "slow": lambda answer: replace(_plain(answer), pace=200.0),  # 200 bytes a second
    "other_charset": _other_charset,  # declares the wrong encoding
}
"""Name of a fault -> how it spoils an answer."""


def spoil(fault: Fault, request: Request, answer: Answer) -> Answer:
    """Return ``answer``, which the outlet would have given to ``request``, as ``fault`` makes it."""
    if isinstance(fault.with_, int):
        body = b"<!DOCTYPE html><html><body><h1>Out of order</h1></body></html>"
        return Answer(fault.with_, {"Content-Type": "text/html", **fault.headers}, body)
    spoilt = FAULTS[fault.with_](answer)
    if fault.with_ == "redirect_loop":
        spoilt = replace(spoilt, headers={"Location": f"{request.path}?again={len(request.target)}"})
    return spoilt
