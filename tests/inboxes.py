"""Where deliveries arrive in tests: a real SMTP server and a real HTTP receiver, on loopback, with faults at will.

Both note what they read before they misbehave: "stored, but never acknowledged" is the case that makes duplicates.
"""

from __future__ import annotations

import asyncio
import email.policy
import json
import math
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from flows.demo.server import Answer, LoopbackServer, Request

Item = TypeVar("Item")


def wait_until(holds: Callable[[], bool], within: float = 5.0) -> bool:
    """Wait until ``holds()``, at most ``within`` seconds, and return whether it does."""
    deadline = time.monotonic() + within
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


class Heap(Generic[Item]):
    """What arrived for someone, so far; it grows while a test looks at it."""

    def __init__(self, look: Callable[[], Sequence[Item]]) -> None:
        self._look = look

    def __iter__(self) -> Iterator[Item]:
        return iter(self._look())

    def __len__(self) -> int:
        return len(self._look())

    def __getitem__(self, index: int) -> Item:
        return self._look()[index]

    def has(self, count: int, within: float = 0.0) -> bool:
        """Say whether exactly ``count`` have arrived; wait up to ``within`` seconds for them."""
        wait_until(lambda: len(self) >= count, within)
        return len(self) == count


class _Controller(Controller):
    """A controller that may be given port 0: it learns its port before it looks whether the server answers."""

    async def hang_up(self) -> None:
        """End every conversation: a loop that stops before it has closed a connection leaves its socket open."""
        # Those that failed in the middle of a handshake are known to the loop alone.
        for transport in list(vars(asyncio.get_running_loop())["_transports"].values()):
            if not isinstance(transport, asyncio.DatagramTransport):
                transport.abort()
        await asyncio.sleep(0.05)  # closing takes the loop some turns

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


class MailInbox:
    """A mail server that accepts everything, until it is told not to.

    The faults queue up: each answers one message, then the next takes over, and in the end the server is well.
    """

    def __init__(self, login: tuple[str, str] | None = None) -> None:
        self._mails: list[tuple[list[str], EmailMessage]] = []
        self._faults: deque[tuple[str, str]] = deque()
        self._login = login
        self._controller = _Controller(
            self,
            hostname="127.0.0.1",
            port=0,
            authenticator=self._authenticate if login else None,
            auth_require_tls=False,
        )
        self.refused_logins = 0

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._controller.hang_up(), self._controller.loop).result()
        self._controller.stop()

    @property
    def host(self) -> str:
        return "127.0.0.1"

    @property
    def port(self) -> int:
        return int(self._controller.port)

    @property
    def mails(self) -> Heap[EmailMessage]:
        """Every message, in order of arrival."""
        return Heap(lambda: [mail for _, mail in self._mails])

    def of(self, recipient: str) -> Heap[EmailMessage]:
        """Return the messages whose envelope names ``recipient``: an address, or what stands before the @."""
        return Heap(
            lambda: [
                mail for to, mail in self._mails if any(recipient in (name, name.partition("@")[0]) for name in to)
            ]
        )

    def apprise_url(self, recipient: str, sender: str = "govwatch@newsroom.example") -> str:
        """Return the apprise URL that mails ``recipient`` through this server."""
        user = f"{self._login[0]}:{self._login[1]}@" if self._login else ""
        return f"mailto://{user}{self.host}:{self.port}?from={sender}&to={recipient}&mode=insecure"

    def refuses(self, reply: str = "451 4.3.0 come back later", *, at: str = "data", times: int = 1) -> None:
        """Answer the next messages with ``reply``, ``at`` "rcpt" or "data"; nothing of them is kept."""
        self._faults.extend([(at, reply)] * times)

    def stalls_after_reading(self, times: int = 1) -> None:
        """Keep the next messages, and never say so."""
        self._faults.extend([("stall", "")] * times)

    def closes_after_reading(self, times: int = 1) -> None:
        """Keep the next messages, then break the connection in place of an answer."""
        self._faults.extend([("close", "")] * times)

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        right = isinstance(data, LoginPassword) and (data.login.decode(), data.password.decode()) == self._login
        self.refused_logins += not right
        return AuthResult(success=right, handled=False)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._faults and self._faults[0][0] == "rcpt":
            return self._faults.popleft()[1]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        fault, reply = self._faults.popleft() if self._faults else ("", "250 OK")
        if fault == "data":
            return reply
        content = envelope.original_content or b""
        mail = email.message_from_bytes(content, policy=email.policy.default)
        assert isinstance(mail, EmailMessage)
        self._mails.append((list(envelope.rcpt_tos), mail))
        if fault == "stall":
            await asyncio.Event().wait()
        if fault == "close":
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
        return reply


@dataclass(frozen=True, slots=True)
class Post:
    """One request that a receiver read."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Receiver:
    """An HTTP endpoint that takes what is posted to it, and answers as it is told to."""

    def __init__(self) -> None:
        self._posts: list[Post] = []
        self._answers: deque[Answer] = deque()
        self._body = b"{}"
        self._server = LoopbackServer()
        self.port = self._server.listen("127.0.0.1", 0, self._answer)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def posts(self) -> Heap[Post]:
        """Every request, in order of arrival."""
        return Heap(lambda: list(self._posts))

    def of(self, name: str) -> Heap[Post]:
        """Return the requests to ``/name``."""
        return Heap(lambda: [post for post in self._posts if post.path.partition("?")[0].strip("/") == name])

    def apprise_url(self, name: str, scheme: str = "json") -> str:
        """Return the apprise URL that posts to ``/name`` here."""
        return f"{scheme}://127.0.0.1:{self.port}/{name}"

    def answers(self, *statuses: int, retry_after: float | str | None = None) -> None:
        """Answer the next requests with these statuses, then 200 again."""
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        self._answers.extend(Answer(status, headers) for status in statuses)

    def goes_away(self) -> None:
        """Refuse connections until it `comes_back`."""
        self._server.close("127.0.0.1", self.port)

    def comes_back(self) -> None:
        """Listen again, at the old port."""
        self._server.listen("127.0.0.1", self.port, self._answer)

    def says(self, body: bytes) -> None:
        """Answer requests that go well with ``body``."""
        self._body = body

    def stalls_after_reading(self, times: int = 1) -> None:
        """Read the next requests, and never answer."""
        self._answers.extend([Answer(wait=math.inf)] * times)

    def closes_after_reading(self, times: int = 1, how: str = "close") -> None:
        """Read the next requests, then ``close`` or ``reset`` the connection."""
        self._answers.extend([Answer(hang_up=how)] * times)

    def is_slow(self, seconds: float, times: int = 1) -> None:
        """Answer the next requests well, but late."""
        self._answers.extend([Answer(wait=seconds)] * times)

    def _answer(self, request: Request) -> Answer:
        self._posts.append(Post(request.target, dict(request.headers), request.body))
        return (
            self._answers.popleft() if self._answers else Answer(200, {"Content-Type": "application/json"}, self._body)
        )
