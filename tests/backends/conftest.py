"""The kinds of warehouse that can be had here: a file always, the others where DuckDB's extensions are (`.ci/backends`)."""

from __future__ import annotations

import importlib.util
import itertools
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from warehouse.database import Warehouse

NEEDED = {
    "file": (),
    "sqlite": ("ducklake", "sqlite_scanner"),
    "postgres": ("ducklake", "postgres_scanner"),
}
FORMS = {
    "file": "duckdb://{}",
    "sqlite": "ducklake:sqlite:{}?data={}",
    "postgres": "ducklake:postgres:{}?data={}",
}
NUMBERS = itertools.count(1)


def has(*extensions: str) -> bool:
    """Whether the packages of these extensions are there for this very DuckDB."""
    for name in extensions:
        package = importlib.util.find_spec(f"duckdb_extension_{name}")
        folder = Path(package.origin).parent / "extensions" if package and package.origin else None
        if folder is None or not (folder / f"v{duckdb.__version__}" / f"{name}.duckdb_extension").is_file():
            return False
    return True


collect_ignore = [] if os.environ.get("GOVWATCH_BACKENDS") or has("httpfs", "quack") else ["test_sharing.py"]
collect_ignore += [] if os.environ.get("GOVWATCH_BACKENDS") else ["test_older_tools.py"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each test of the contract runs for each kind that can be had; `.ci/backends` insists on all of them."""
    if "kind" in metafunc.fixturenames:
        insist = bool(os.environ.get("GOVWATCH_BACKENDS"))
        metafunc.parametrize("kind", [kind for kind, needed in NEEDED.items() if insist or has(*needed)])


@pytest.fixture
def nowhere(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """The connection string of a warehouse that is not there yet."""
    source = request.getfixturevalue("postgres").database() if kind == "postgres" else tmp_path / "fresh"
    return FORMS[kind].format(source, tmp_path / "fresh-parquet")


@pytest.fixture(scope="session")
def templates() -> dict[str, str]:
    """What was made already, by kind: making the schema of a lake takes seconds."""
    return {}


@pytest.fixture
def place(
    kind: str, templates: dict[str, str], tmp_path: Path, tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> str:  # fmt: skip
    """The connection string of a warehouse with the newest schema and nothing in it: made once, copied for each test."""
    server: Postgres | None = request.getfixturevalue("postgres") if kind == "postgres" else None
    folder = tmp_path_factory.mktemp(kind) if kind not in templates else None
    if folder is not None:
        templates[kind] = server.database() if server else str(folder / "made")
        Warehouse(FORMS[kind].format(templates[kind], folder / "parquet")).prepare()
    if server:
        return FORMS[kind].format(server.database(templates[kind]), tmp_path / "parquet")
    shutil.copyfile(templates[kind], tmp_path / "news")
    return FORMS[kind].format(tmp_path / "news", tmp_path / "parquet")


@pytest.fixture
def warehouse(place: str) -> Warehouse:
    """That warehouse."""
    return Warehouse(place, lock_timeout=60.0, command="pytest")


class Postgres:
    """A server of this machine's own, on loopback, gone with the tests."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        # Not below pytest's folder: only root may enter that, and PostgreSQL refuses to run as root.
        self._folder = Path(tempfile.mkdtemp(prefix="govwatch-postgres-"))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]

    def start(self) -> None:
        if os.geteuid() == 0:
            shutil.chown(self._folder, "postgres")
        self._run("initdb", "-D", "data", "-A", "scram-sha-256", "-U", "govwatch", "--pwfile", self._password())
        settings = (
            f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self._folder} -c fsync=off"
        )
        self._run("pg_ctl", "-D", "data", "-o", settings, "-l", "log", "-w", "start")

    def database(self, like: str = "dbname=template1") -> str:
        """Make a database and return its DSN; the password stands in the environment."""
        template = like.rpartition("=")[2]
        name = f"lake{next(NUMBERS)}"
        command = ["-h", "127.0.0.1", "-p", str(self.port), "-U", "govwatch", "-d", "postgres"]
        self._run("psql", *command, "-qc", f"create database {name} template {template}")
        return f"host=127.0.0.1 port={self.port} user=govwatch password=${{GOVWATCH_TEST_PASSWORD}} dbname={name}"

    def stop(self) -> None:
        self._run("pg_ctl", "-D", "data", "-m", "immediate", "-w", "stop")
        shutil.rmtree(self._folder)

    def _password(self) -> str:
        file = self._folder / "password"
        file.write_text("open-sesame-4711", encoding="utf-8")
        file.chmod(0o644)
        return str(file)

    def _run(self, program: str, *arguments: str) -> None:
        become = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
        environment = os.environ | {"PGPASSWORD": "open-sesame-4711"}
        command = [*become, str(self._programs / program), *arguments]
        with (self._folder / "said").open("a+b") as said:  # a pipe would stay open as long as the server runs
            subprocess.run(command, cwd=self._folder, env=environment, check=True, stdout=said, stderr=said)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A running server."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not programs:
        pytest.skip("PostgreSQL's server is absent: run .ci/services")
    server = Postgres(programs[-1].parent)
    os.environ["GOVWATCH_TEST_PASSWORD"] = "open-sesame-4711"
    server.start()
    yield server
    server.stop()
    del os.environ["GOVWATCH_TEST_PASSWORD"]
