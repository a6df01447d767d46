"""The program as somebody gets it who clones the project: built from a clone, installed, run from an empty folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import time
import venv
from pathlib import Path

import pytest

from flows.clock import utc_now
from tests.newsroom import Newsroom, text_about
from tests.passes import INITIATIVES, NO_SEEDS, ROOT

pytestmark = pytest.mark.installed


def call(*command: str | Path, cwd: Path, home: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command without anything of this work tree in its environment, and give up after a minute and a half."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("GOVWATCH_", "PREFECT_", "PYTHON"))
    }
    return subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env={**kept, "HOME": str(home or cwd), "DO_NOT_TRACK": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program ``govwatch`` of an environment into which a wheel of a fresh clone was installed."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("this is no git work tree: nothing can be cloned")
    folder = tmp_path_factory.mktemp("installed")
    clone, dist, place = folder / "clone", folder / "dist", folder / "environment"
    cloned = call("git", "clone", "--quiet", "--no-local", ROOT, clone, cwd=folder)
    assert cloned.returncode == 0, cloned.stderr
    built = call(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", dist, cwd=clone)
    assert built.returncode == 0, built.stderr
    (wheel,) = dist.glob("govwatch-*.whl")
    venv.create(place, with_pip=True, symlinks=True)
    python = place / "bin" / "python"
    asked = call(python, "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])", cwd=folder)
    site = Path(asked.stdout.strip())
    # What govwatch depends on is taken from the environment of the tests: no registry is asked.
    done = call(python, "-m", "pip", "install", "--no-deps", "--no-index", "--quiet", wheel, cwd=folder)
    assert done.returncode == 0, done.stderr
    (site / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"])
    where = call(python, "-c", "import flows, extractors, config; print(flows.__file__)", cwd=folder)
    assert where.stdout.strip().startswith(str(site)), "the clone's own packages come first"
    return place / "bin" / "govwatch"


def test_the_demo_runs_offline_from_an_empty_folder_in_under_a_minute_and_leaves_nothing(
    installed: Path, tmp_path: Path
) -> None:
    began = time.monotonic()
    result = call(installed, "demo", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert time.monotonic() - began < 60
    assert "Third pass" in result.stdout
    assert "first mention" in result.stdout
    assert result.stdout.count("govwatch sql") >= 2, "two example queries"
    assert "Traceback" not in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_pass_runs_from_an_empty_folder_and_makes_data_only_there(installed: Path, tmp_path: Path) -> None:
    with Newsroom(utc_now) as newsroom:
        newsroom.outlet("ledger").publishes("Signed at dawn", text_about("the Harbour Treaty"))
        newsroom.write_config(tmp_path / "config", initiatives=INITIATIVES, seeds=NO_SEEDS)
        result = call(installed, "run", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "1 articles" in result.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config", "data"]
    found = call(installed, "sql", "select surface from mentions", "--format", "csv", cwd=tmp_path)
    assert found.stdout.split("\n")[1] == "Harbour Treaty"


def test_everything_that_the_program_needs_beside_its_code_is_in_the_wheel(installed: Path, tmp_path: Path) -> None:
    result = call(installed, "check", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "initiatives" in result.stdout
    assert "The configuration is good." in result.stdout
    python = installed.with_name("python")
    code = "from pathlib import Path; from flows.serve import deployments_file; print(deployments_file(Path('.')).is_file())"
    assert call(python, "-c", code, cwd=tmp_path).stdout.strip() == "True"
    assert call(installed, "--version", cwd=tmp_path).stdout.startswith("govwatch, version ")
