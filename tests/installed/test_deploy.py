"""The files in deploy/ fit the program: what they start, copy and ask for is there."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import click
import pytest
import yaml

from flows.cli import program

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()


def options_of(command: str) -> set[str]:
    found = program.get_command(click.Context(program), command)
    assert found is not None, f"there is no command {command}"
    return {name for parameter in found.params for name in parameter.opts}


def test_the_unit_starts_serve_restarts_it_and_lets_it_write_only_its_data() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(DEPLOY / "govwatch.service")
    service = unit["Service"]
    assert service["ExecStart"] == f"{service['WorkingDirectory']}/.venv/bin/govwatch serve"
    assert service["Restart"] == "always"
    assert service["ProtectSystem"] == "strict"
    assert service["ReadWritePaths"] == f"{service['WorkingDirectory']}/data"
    assert service["KillMode"] == "mixed"  # the runs are ended by `serve`, not from under it


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is absent")
def test_systemd_knows_every_directive_of_the_unit(tmp_path: Path) -> None:
    # The program is elsewhere on this machine: everything else must be as systemd wants it.
    unit = tmp_path / "govwatch.service"
    text = (DEPLOY / "govwatch.service").read_text()
    unit.write_text(re.sub(r"ExecStart=\S+ serve", "ExecStart=/bin/true", text))
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    assert "govwatch.service" not in done.stderr, done.stderr


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is absent")
def test_systemd_finds_little_that_the_service_may_do_to_the_machine() -> None:
    # 1.7 of 10 with systemd 252 (2026-11): what is left is the network that it reads, and files that it shares.
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--threshold=25", "--no-pager", DEPLOY / "govwatch.service"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_the_builder_is_sent_what_is_copied_and_nothing_else() -> None:
    allowed = {
        line[1:] for line in (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines() if line.startswith("!")
    }
    copied = {
        name
        for line in DOCKERFILE.splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for name in line.split()[1:-1]
    }
    assert allowed == copied
    assert all((ROOT / name).exists() for name in copied)


def test_the_image_holds_every_package_installs_by_hash_and_knows_when_it_is_ill() -> None:
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"][
        "packages"
    ]
    for package in packages:
        assert f"COPY {package} {package}" in DOCKERFILE
    assert "--require-hashes --no-deps -r requirements.lock" in DOCKERFILE
    assert 'CMD ["govwatch", "status", "--check"]' in DOCKERFILE
    assert "--check" in options_of("status")
    assert "USER govwatch" in DOCKERFILE


def test_compose_publishes_nothing_beyond_loopback_and_uses_options_that_exist() -> None:
    service = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["govwatch"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    command, *options = service["command"]
    assert {one for one in options if one.startswith("--")} <= options_of(command)
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
