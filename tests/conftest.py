"""Fixtures that every folder of tests shares: a clock, a newsroom, inboxes. Each starts real parts, and ends them."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.clock import Clock
from tests.inboxes import MailInbox, Receiver
from tests.newsroom import Newsroom


@pytest.fixture
def clock() -> Clock:
    """A clock that stands at Monday, 23 November 2026, 08:00 UTC, until the test lets time pass."""
    return Clock()


@pytest.fixture
def newsroom(clock: Clock) -> Iterator[Newsroom]:
    """A newsroom without outlets, by the test's clock."""
    with Newsroom(clock) as newsroom:
        yield newsroom


@pytest.fixture
def mailbox() -> Iterator[MailInbox]:
    """A mail server."""
    with MailInbox() as inbox:
        yield inbox


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """An HTTP endpoint for webhooks."""
    with Receiver() as receiver:
        yield receiver


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """CI allows no skipped test: what could not run there was not tested."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter is not None else []
    if os.environ.get("CI") and skipped and session.exitstatus == pytest.ExitCode.OK:
        reporter.write_line(f"{len(skipped)} tests were skipped, which CI does not allow", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
