"""The other apprise: 2.2 does not fit beside Prefect, so the tests of channels run again in an environment of its own."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.real.services import environment

NEEDED = (
    "apprise==2.2.*", "aiosmtpd", "cryptography", "duckdb>=2,<3", "hypothesis", "paho-mqtt", "pydantic", "pytest", "pytz",
    "PyYAML", "xxhash",
)  # fmt: skip
TESTS = (
    "tests/alerts/test_send.py",
    *[f"tests/real/test_{name}.py" for name in ("irc", "mail", "mqtt", "contracts", "hostile")],
)


@pytest.mark.endurance
def test_the_tests_of_channels_hold_with_apprise_2() -> None:
    python = environment("apprise-2.2", *NEEDED, "apprise, pytest, paho.mqtt, duckdb")
    command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS]
    root = Path(__file__).parents[2]
    done = subprocess.run(
        command,
        cwd=root,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:]
