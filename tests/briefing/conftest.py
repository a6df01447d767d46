"""One browser for all, and the pages that it looks at: the demo's, a week with everything, 2,000 stories."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from flows import briefing
from flows.briefing import Written
from tests.browser import Browser
from tests.kiosk import NOON, harbour_week, synthetic
from tests.passes import environment
from warehouse.database import Warehouse

WEEK = timedelta(days=7)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("browser")) as browser:
        yield browser


@pytest.fixture(scope="session")
def demo_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the demo's warehouse, as the program writes it."""
    folder = tmp_path_factory.mktemp("demo")
    kept = folder / "kept"
    config, warehouse = str(kept / "config"), str(kept / "govwatch.duckdb")
    for arguments in (
        ["demo", "--keep", str(kept)],
        ["brief", "--config", config, "--warehouse", warehouse, "--output", str(folder / "brief")],
    ):
        command = [sys.executable, "-m", "flows.cli", *arguments]
        subprocess.run(command, cwd=folder, env=environment(folder), capture_output=True, timeout=180, check=True)
    return folder / "brief" / "latest.html"


@pytest.fixture(scope="session")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A warehouse of a week that has everything."""
    return harbour_week(tmp_path_factory.mktemp("harbour") / "news.duckdb")


@pytest.fixture(scope="session")
def harbour_page(harbour: Warehouse) -> Path:
    return _written(harbour).page


@pytest.fixture(scope="session")
def great(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """A briefing of 2,000 stories."""
    return _written(synthetic(tmp_path_factory.mktemp("great") / "news.duckdb", 2_000, NOON))


def _written(warehouse: Warehouse) -> Written:
    told = briefing.read(warehouse, NOON - WEEK, NOON, "Europe/Paris", NOON)
    return briefing.write(told, warehouse.path.parent / "brief")
