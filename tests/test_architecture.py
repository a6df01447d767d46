"""The architecture holds: one door per heavy library, one wall clock, and documents that name what there is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("alerts", "config", "extractors", "flows", "records", "warehouse")

DOORS = {
    "prefect": ("flows/",),
    "duckdb": ("warehouse/database.py",),
    "httpx": ("extractors/http.py",),
    "httpcore": ("extractors/http.py", "extractors/connect.py", "extractors/pools.py"),
    "trafilatura": ("extractors/article.py",),
    "apprise": ("alerts/channels.py", "alerts/mail.py", "alerts/send.py"),
    "altair": ("alerts/briefing/charts.py",),
    "vl_convert": ("alerts/briefing/charts.py",),
    "jinja2": ("alerts/briefing/page.py",),
    "rich": ("flows/cli/",),
    "click": ("flows/cli/",),
    "pydantic": ("config/",),
}

# The lock tells others since when it is held, and waits with jitter: nothing is decided by either.
LOCK = "warehouse/lock.py"


def modules() -> Iterator[tuple[str, ast.Module]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


@pytest.mark.parametrize("library", sorted(DOORS))
def test_a_heavy_library_has_one_door(library: str) -> None:
    users = {name for name, tree in modules() if library in imported(tree)}
    assert users, f"nothing imports {library}: take it out of the doors and of pyproject.toml"
    assert [name for name in sorted(users) if not name.startswith(DOORS[library])] == []


def test_the_wall_clock_is_read_in_one_place() -> None:
    readers = []
    for name, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in ("now", "utcnow", "today"):
                owner = ast.unparse(node.value)
                if owner in ("datetime", "date", "datetime.datetime", "datetime.date"):
                    readers.append(f"{name}:{node.lineno}")
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "time.time":
                readers.append(f"{name}:{node.lineno}")
    assert [reader for reader in readers if not reader.startswith(("flows/clock.py", LOCK))] == []


def test_randomness_is_an_argument() -> None:
    calls = [
        f"{name}:{node.lineno}"
        for name, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).startswith("random.")
        and ast.unparse(node.func) not in ("random.Random", "random.SystemRandom")
    ]
    assert [call for call in calls if not call.startswith(LOCK)] == []


@pytest.mark.parametrize("name", sorted(name for name, _ in modules() if not name.endswith("__main__.py")))
def test_every_module_says_what_it_owns(name: str) -> None:
    docstring = ast.get_docstring(ast.parse((ROOT / name).read_text(encoding="utf-8")))
    assert docstring, name
    assert len(docstring) > 40, name


def test_nothing_that_is_committed_names_this_machine() -> None:
    forbidden = ("/work/" + "main", "/work/" + "shared", "site-packages" + "/")
    suffixes = {".py", ".md", ".yaml", ".toml", ".sql", ".lock", ".txt"}
    ignored = (".venv", "data", ".git")
    for path in ROOT.rglob("*"):
        if path.suffix in suffixes and path.relative_to(ROOT).parts[0] not in ignored:
            text = path.read_text(encoding="utf-8")
            assert [word for word in forbidden if word in text] == [], path
