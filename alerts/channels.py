"""From a channel's URL to one ready apprise service: one target, no redirects, no retries of its own, no delays.

It never sends anything, and never shows a URL: what apprise calls private still holds addresses and path tokens.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import warnings
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from alerts import quirks
from records.errors import DeliveryPermanent
from records.subscription import Channel, Format, Transport

CONNECT_TIMEOUT = 10.0
READ_TIMEOUT = 30.0
"""Seconds. What takes longer may have arrived all the same."""

_FORMATS = {Format.MARKDOWN: "markdown", Format.TELEGRAM: "html"}
_FLAGS: dict[str, Any] = {
    "http_redirects": False,
    "interpret_escapes": False,
    "interpret_emojis": False,
    "allow_templates": False,  # apprise 2
    "default_service_retry": 0,
    "secure_logging": True,
}
_LOG = logging.getLogger("apprise")
_ALL = 1  # apprise writes what an IRC server says at a level of its own, below DEBUG
_one_listener = threading.Lock()


def service(channel: Channel) -> Any:
    """Return a fresh apprise service for ``channel``.

    Fresh for each delivery: a service that is used again waits up to 5.5 s between messages.

    Raises:
        DeliveryPermanent: apprise does not know the URL, a package for it is missing, or it names several targets.
    """
    import apprise  # a quarter of a second, which those who only use the terminal need not spend

    flags = {name: value for name, value in _FLAGS.items() if hasattr(apprise.AppriseAsset, name)}
    asset = apprise.AppriseAsset(app_id="Govwatch", app_desc="Govwatch alerts", app_url="", **flags)
    with heard(), warnings.catch_warnings():
        # Its first use imports every plugin, and those what Python deprecates (imghdr, apprise 1.13.1).
        warnings.simplefilter("ignore")
        made = apprise.Apprise.instantiate(_url(channel), asset=asset, suppress_exceptions=True)
    if made is None:
        raise DeliveryPermanent(
            f"channel {channel.name}: apprise does not understand its URL; look up the service in the apprise wiki"
        )
    if not made.enabled:
        raise DeliveryPermanent(f"channel {channel.name}: a package that this service needs is not installed")
    if len(made) > 1:
        # Of two recipients one may get it, and the answer is "failed" for both (apprise 1.13.1).
        raise DeliveryPermanent(
            f"channel {channel.name}: its URL names {len(made)} targets; write one channel for each"
        )
    made.request_rate_per_sec = 0
    made.socket_connect_timeout, made.socket_read_timeout = CONNECT_TIMEOUT, READ_TIMEOUT
    made.redirects = False
    made.notify_format = apprise.NotifyFormat(_FORMATS.get(channel.format, "text"))
    quirks.prepare(made)
    return made


@contextlib.contextmanager
def heard() -> Iterator[list[str]]:
    """Gather what apprise writes to its log while the block runs, and let nothing of it out.

    Its answer is true or false; the cause of a failure stands only in the log, and so do secrets.
    """
    lines: list[str] = []

    class _Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    listener = _Listener(_ALL)
    with _one_listener:
        level, propagate = _LOG.level, _LOG.propagate
        _LOG.addHandler(listener)
        _LOG.setLevel(_ALL)
        _LOG.propagate = False
        try:
            yield lines
        finally:
            _LOG.removeHandler(listener)
            _LOG.setLevel(level)
            _LOG.propagate = propagate


def _url(channel: Channel) -> str:
    """Return the URL for apprise: a plain web address of a webhook becomes its JSON service."""
    parts = urlsplit(channel.url)
    if channel.transport is not Transport.WEBHOOK or parts.scheme not in ("http", "https"):
        return channel.url
    scheme = "jsons" if parts.scheme == "https" else "json"
    query = urlencode([(f"-{name}", value) for name, value in parse_qsl(parts.query, keep_blank_values=True)])
    return f"{scheme}://{parts.netloc}{quote(parts.path, safe='/%')}{'?' if query else ''}{query}"
