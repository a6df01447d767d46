"""Keeps secrets out of whatever leaves the process as text: logs, tracebacks, messages, the warehouse, Prefect.

A secret is a value that the configuration took from the environment (``${NAME}``). It never decides what is logged; it
makes sure that no secret is legible in it. What is known here is known for the whole process, because logs and
tracebacks are of the whole process too.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import traceback
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote, quote_plus

from config.load import Configuration, load
from records.source import Source

SHORTEST = 4
"""Characters that a value needs to be masked: a shorter one would blacken half of every text, and protects nothing."""

MASK = "***"

_known: set[str] = set()


def read_configuration(directory: Path) -> Configuration:
    """Read the configuration, and mask its secrets from now on.

    Raises:
        ConfigurationError: with every mistake in it.
    """
    configuration = load(directory)
    guard(configuration.secrets)
    return configuration


def guard(secrets: Iterable[str]) -> None:
    """Mask ``secrets`` from now on: in `mask`, in every log record, in tracebacks that end the process."""
    for secret in secrets:
        if len(secret) >= SHORTEST:
            # As it is, and as it stands in a URL.
            _known.update((secret, quote(secret, safe=""), quote_plus(secret), quote(secret)))
    if _known and not isinstance(logging.getLogRecordFactory(), _Records):
        logging.setLogRecordFactory(_Records(logging.getLogRecordFactory()))
        sys.excepthook = _print_masked


def mask(text: str) -> str:
    """Return ``text`` with every secret that is known replaced by `MASK`."""
    # The longest first: a secret that is a part of another must not leave the rest of it behind.
    for secret in sorted(_known, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text


def shown(sources: Sequence[Source]) -> list[Source]:
    """Return the sources as tables may show them: an address may hold the key of an interface."""
    return [replace(source, url=mask(source.url)) for source in sources]


@contextlib.contextmanager
def secretless() -> Iterator[None]:
    """Let no error out of the block that shows a secret: Prefect keeps what its runs raise.

    Raises:
        RuntimeError: in the place of an error whose text or traceback holds one, with the same text, masked.
    """
    try:
        yield
    except Exception as error:
        text = "".join(traceback.format_exception(error))
        if mask(text) == text:
            raise
        raise RuntimeError(f"{type(error).__name__}: {mask(str(error))}") from None


class _Records:
    """Makes log records whose text holds no secret, whichever handler writes them."""

    def __init__(self, before: Any) -> None:
        self._before = before

    def __call__(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record: logging.LogRecord = self._before(*args, **kwargs)
        if record.exc_info and record.exc_info[0] is not None:
            # Formatters print this text where it is set, and make none of their own.
            record.exc_text = mask("".join(traceback.format_exception(*record.exc_info)).rstrip("\n"))
        try:
            text = record.getMessage()
        except (TypeError, ValueError):
            return record  # a log call with the wrong arguments: logging itself reports it
        hidden = mask(text)
        if hidden != text:
            record.msg, record.args = hidden, None
        return record


def _print_masked(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    sys.stderr.write(mask("".join(traceback.format_exception(kind, error, trace))))
