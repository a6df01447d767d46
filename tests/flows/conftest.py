"""Fixtures for the program as people run it: an empty folder to stand in, a newsroom by the real clock, and commands."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.cli import main
from flows.clock import utc_now
from tests.newsroom import Newsroom
from tests.passes import Say


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that we stand in, with nothing of govwatch or Prefect in the environment."""
    for name in list(os.environ):
        if name.startswith(("GOVWATCH_", "PREFECT_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / ".prefect"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def live_newsroom() -> Iterator[Newsroom]:
    """A newsroom by the real clock, which the program goes by."""
    with Newsroom(utc_now) as newsroom:
        yield newsroom


@pytest.fixture
def govwatch(place: Path, capfd: pytest.CaptureFixture[str]) -> Say:
    """Run a command of the program in this process; returns exit code, output and errors."""

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(list(arguments))
        out, err = capfd.readouterr()
        return code, out, err

    return run
