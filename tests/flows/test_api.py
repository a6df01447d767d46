"""Whether a Prefect API is configured is found where Prefect itself looks, without importing it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from flows.api import configured_api

URL = "http://127.0.0.1:4200/api"


def test_nothing_is_configured_on_a_fresh_machine(tmp_path: Path) -> None:
    assert configured_api({"PREFECT_HOME": str(tmp_path)}, tmp_path) is None


def test_the_environment_comes_first(tmp_path: Path) -> None:
    (tmp_path / "prefect.toml").write_text('[api]\nurl = "http://other/api"\n')
    assert configured_api({"PREFECT_API_URL": URL, "PREFECT_HOME": str(tmp_path)}, tmp_path) == URL


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("prefect.toml", f'[api]\nurl = "{URL}"\n'),
        ("pyproject.toml", f'[tool.prefect.api]\nurl = "{URL}"\n'),
        ("profiles.toml", f'active = "mine"\n[profiles.mine]\nPREFECT_API_URL = "{URL}"\n'),
    ],
)
def test_each_file_that_prefect_reads_counts(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert configured_api({"PREFECT_HOME": str(tmp_path)}, tmp_path) == URL


def test_a_broken_file_is_no_reason_to_fail(tmp_path: Path) -> None:
    (tmp_path / "prefect.toml").write_text("[api\nurl=")
    assert configured_api({"PREFECT_HOME": str(tmp_path)}, tmp_path) is None


@pytest.mark.parametrize("command", ["sql", "status", "check", "explain", "alerts", "seed", "run"])
def test_a_command_that_needs_no_prefect_does_not_import_it(command: str) -> None:
    code = f"import sys; from importlib import import_module as i; i('flows.cli.{command}'); print('prefect' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
