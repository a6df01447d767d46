"""The command line as people, pipes and machines see it."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.cli import program as commands
from flows.clock import utc_now
from tests.newsroom import Newsroom, text_about
from tests.passes import INITIATIVES, NO_SEEDS, Say, environment, program
from tests.volume import make_articles

ANSI = re.compile(r"\x1b\[")
SETTINGS = {"limits": {"workers": 1}}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with ``config/`` and ``data/`` in which two passes have run: one mention is history, one was told."""
    folder = tmp_path_factory.mktemp("published")
    alerts = {
        "channels": {"terminal": {"type": "console"}},
        "subscriptions": [{"name": "desk", "channels": ["terminal"], "group": {"wait": "0s"}}],
    }
    with Newsroom(utc_now) as newsroom:
        ledger = newsroom.outlet("ledger", name="The [red]Ledger[/red]")
        ledger.publishes("Before dawn", text_about("the Lantern Accord"))
        newsroom.write_config(
            folder / "config", initiatives=INITIATIVES, alerts=alerts, seeds=NO_SEEDS, settings=SETTINGS
        )
        assert program("run", cwd=folder).returncode == 0
        (text,) = make_articles(1, seed=4, languages=("en",), mentioning=0)
        ledger.publishes("Signed [bold]at dawn", f"{text.story.text}\n\nThe Harbour Treaty was signed on a barrel.")
        second = program("run", "--log", "plain", cwd=folder)
        assert second.returncode == 0
        (folder / "second.txt").write_text(second.stdout)
        yield folder


@pytest.fixture
def here(published: Path, monkeypatch: pytest.MonkeyPatch, place: Path) -> Path:
    monkeypatch.chdir(published)
    return published


# ---- help ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", list(commands.list_commands(None)))  # type: ignore[arg-type]
def test_every_command_explains_itself(govwatch: Say, command: str) -> None:
    code, out, _ = govwatch(command, "--help")
    assert code == 0
    assert f"Usage: govwatch {command}" in out
    assert len(out.splitlines()) > 4


def test_the_program_names_all_commands_and_its_version(govwatch: Say) -> None:
    code, out, _ = govwatch("--help")
    assert code == 0
    assert all(re.search(rf"^  {command} +\w", out, re.MULTILINE) for command in commands.list_commands(None))  # type: ignore[arg-type]
    code, out, _ = govwatch("--version")
    assert code == 0
    assert re.match(r"govwatch, version \d", out)


def test_a_command_that_is_misspelt_is_guessed(govwatch: Say) -> None:
    code, _, err = govwatch("statsu")
    assert code == 2
    assert "Did you mean 'status'?" in err


# ---- what people see ------------------------------------------------------------------------------------------------


def test_a_pass_in_a_pipe_prints_plain_lines_a_table_the_alert_and_what_to_do_next(published: Path) -> None:
    out = (published / "second.txt").read_text()
    assert not ANSI.search(out)
    assert "\r" not in out
    lines = out.splitlines()
    assert "Polling 1 sources" in lines
    assert "Fetching 1 pages" in lines
    assert re.search(r"^ledger +2 +1 +1 +0", out, re.MULTILINE)
    assert "1 sources polled; 1 pages, 1 articles (0 copies), 1 mentions," in out
    assert "Harbour Treaty: first mention" in out
    assert "Signed [bold]at dawn" in out, "what comes from the web is text, not markup"
    assert lines[-1].startswith("Next: govwatch sql")


def test_a_pass_that_nobody_watches_logs_json_lines_with_run_source_and_url(
    place: Path, live_newsroom: Newsroom
) -> None:
    well, broken = live_newsroom.outlet("ledger"), live_newsroom.outlet("courier")
    publication = well.publishes("Before dawn", text_about("the Lantern Accord"))
    well.fails(410, on="articles")
    sources = live_newsroom.sources()
    sources[1]["url"] = f"{broken.url}/no-such-feed"
    live_newsroom.write_config(
        place / "config", sources={"sources": sources}, initiatives=INITIATIVES, seeds=NO_SEEDS, settings=SETTINGS
    )
    done = program("run", cwd=place)
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert {"time", "level", "message", "run"} <= set.intersection(*(set(line) for line in lines))
    assert len({line["run"] for line in lines}) == 1
    (failed,) = [line for line in lines if line["level"] == "warning"]
    assert (failed["source"], failed["outcome"], failed["status"]) == ("courier", "failed", 404)
    (gone,) = [line for line in lines if line.get("stage") == "collect" and "url" in line]
    assert (gone["source"], gone["url"], gone["outcome"]) == ("ledger", publication.url, "gone")
    assert lines[-1]["counts"]["sources"] == 2
    assert lines[-1]["outcome"] == "completed"


@pytest.mark.parametrize(
    "command",
    [["run"], ["status"], ["check"], ["alerts", "list"], ["alerts", "test"], ["seed", "texts"]],
    ids=" ".join,
)
def test_each_command_ends_by_saying_what_to_do_next_in_plain_lines(
    here: Path, govwatch: Say, command: list[str]
) -> None:
    (here / "texts").mkdir(exist_ok=True)
    (here / "texts" / "old.txt").write_text(text_about("the Ferry Panel"))
    code, out, err = govwatch(*command)
    assert code == 0, err
    assert "Next: govwatch" in out or "Next: govwatch" in err, out
    assert not ANSI.search(out + err)


def test_on_a_terminal_there_is_live_progress_and_colour(published: Path) -> None:
    leader, follower = pty.openpty()
    env = environment(published, {"TERM": "xterm-256color", "COLUMNS": "120"})
    child = subprocess.Popen(
        [sys.executable, "-m", "flows.cli", "run"],
        cwd=published,
        env={name: value for name, value in env.items() if name != "NO_COLOR"},
        stdin=subprocess.DEVNULL,
        stdout=follower,
        stderr=subprocess.DEVNULL,
    )
    os.close(follower)
    parts: list[bytes] = []

    def read() -> None:
        # Reading from a terminal whose other end is closed is an error on Linux.
        try:
            while part := os.read(leader, 65536):
                parts.append(part)
        except OSError:
            return

    reader = threading.Thread(target=read)
    reader.start()
    assert child.wait(60) == 0
    reader.join()
    os.close(leader)
    seen = b"".join(parts).decode()
    assert "Sources" in seen
    assert ANSI.search(seen)
    assert "Next: govwatch sql" in seen


# ---- what machines see ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "keys"),
    [
        (["run", "--json"], {"run_id", "sources", "articles", "mentions", "signals", "state"}),
        (["status", "--json"], {"sources", "runs", "outcomes", "stored"}),
        (["check", "--json"], {"ok", "problems", "warnings"}),
        (["alerts", "list", "--json"], {"messages", "silences"}),
        (["seed", "texts", "--json"], {"lines", "problems", "loaded"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_json_is_one_document_and_nothing_else(here: Path, govwatch: Say, command: list[str], keys: set[str]) -> None:
    (here / "texts").mkdir(exist_ok=True)
    (here / "texts" / "old.txt").write_text(text_about("the Ferry Panel"))
    code, out, err = govwatch(*command)
    assert code == 0, err
    assert set(json.loads(out)) >= keys


def test_mistakes_are_json_too(place: Path, govwatch: Say) -> None:
    (place / "config").mkdir()
    (place / "config" / "sources.yaml").write_text("sources:\n  - id: ledger\n    urll: https://ledger.invalid/\n")
    code, out, _ = govwatch("check", "--json")
    assert code == 2
    found = json.loads(out)
    assert found["ok"] is False
    assert {"file", "line", "key", "message", "hint"} <= set(found["problems"][0])


def test_sql_speaks_every_format(here: Path, govwatch: Say) -> None:
    query = "select initiative_id, surface from mentions where surface like 'H%' order by all"
    assert json.loads(govwatch("sql", query, "--format", "json")[1]) == [
        {"initiative_id": "harbour-treaty", "surface": "Harbour Treaty"}
    ]
    assert govwatch("sql", query, "--format", "csv")[1].split() == [
        "initiative_id,surface",
        "harbour-treaty,Harbour",
        "Treaty",
    ]
    assert "| harbour-treaty | Harbour Treaty |" in govwatch("sql", query, "--format", "markdown")[1]
    assert "harbour-treaty" in govwatch("sql", query)[1]
    code, out, _ = govwatch("sql", query, "--format", "parquet", "--output", str(here / "found.parquet"))
    assert code == 0
    assert (here / "found.parquet").read_bytes()[:4] == b"PAR1"
    assert out.startswith("1 rows written")


def test_sql_reads_statements_from_a_pipe_and_refuses_to_write(published: Path, govwatch: Say) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "flows.cli", "sql", "--format", "csv"],
        cwd=published,
        env=environment(published),
        input="select count(*) n from articles where origin <> 'seed'",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.stdout.split() == ["n", "2"]
    refused = program("sql", "delete from articles", cwd=published)
    assert refused.returncode == 1
    assert len(refused.stderr.strip().splitlines()) <= 3
    assert "Traceback" not in refused.stderr


def test_a_mistake_in_sql_is_told_in_a_sentence(here: Path, govwatch: Say) -> None:
    code, _, err = govwatch("sql", "select titel from articles")
    assert code == 1
    assert "titel" in err
    assert "Traceback" not in err


def test_only_the_sources_that_are_named_are_polled(here: Path, govwatch: Say) -> None:
    code, out, _ = govwatch("run", "--source", "ledger", "--json")
    assert code == 0
    assert list(json.loads(out)["sources"]) == ["ledger"]


def test_due_polls_nothing_before_its_time(here: Path, govwatch: Say) -> None:
    govwatch("run")
    code, out, _ = govwatch("run", "--due", "--json")
    report = json.loads(out)
    assert code == 0
    assert (report["sources"], report["not_due"]) == ({}, 1)


# ---- what it costs --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command", [["run"], ["status"], ["sql", "select 1"], ["alerts", "list"], ["--help"]], ids=" ".join
)
def test_commands_that_need_no_prefect_do_not_import_it(published: Path, command: list[str]) -> None:
    code = (
        "import sys\nfrom flows.cli import main\nmain(sys.argv[1:])\n"
        "print('imported:', sorted({'prefect', 'fastapi', 'sqlalchemy'} & set(sys.modules)), file=sys.stderr)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, *command],
        cwd=published,
        env=environment(published),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "imported: []" in result.stderr, result.stderr
