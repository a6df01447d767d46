"""What a pass and the program answer when something is wrong: one clear sentence, the right exit code, the rest done."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.load import SHIPPED
from flows.clock import utc_now
from flows.demo.server import Answer
from tests.newsroom import FAULTS, Newsroom, text_about
from tests.passes import INITIATIVES, NO_SEEDS, Say, Station, environment, program
from warehouse.database import Warehouse

PATIENT = {"network": {"timeout": "4s", "max_feed_bytes": 200_000}, "limits": {"workers": 1}}


def sentences(err: str) -> list[str]:
    """What was said to people: the lines of the log are for machines."""
    return [line for line in err.strip().splitlines() if not line.startswith("{")]


def write(place: Path, **files: dict[str, Any] | str) -> None:
    """Write a configuration into ``config/``; alerts go to the terminal, and no seed is known."""
    folder = place / "config"
    folder.mkdir(exist_ok=True)
    documents: dict[str, dict[str, Any] | str] = {"initiatives": INITIATIVES, "seeds": NO_SEEDS, **files}
    for name, document in documents.items():
        text = document if isinstance(document, str) else yaml.safe_dump(document, allow_unicode=True)
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


def a_source(**more: Any) -> dict[str, Any]:
    return {"id": "ledger", "url": "https://ledger.invalid/feed.xml", **more}


# ---- no network -----------------------------------------------------------------------------------------------------


def test_without_any_network_it_says_so_in_one_line_soon_and_ends_with_1(place: Path, govwatch: Say) -> None:
    # Names below .invalid never resolve (RFC 6761): what a machine without a network sees of every name.
    urls = [a_source(id=f"outlet-{number}", url=f"https://outlet-{number}.invalid/feed.xml") for number in range(30)]
    write(place, sources={"sources": urls})
    began = time.monotonic()
    code, out, _ = govwatch("run")
    assert code == 1
    assert time.monotonic() - began < 20
    assert "No source could be read. Is this machine online?" in out
    assert "30 sources polled, 30 failing" in out
    assert "Traceback" not in out


# ---- sources that are not what they should be -----------------------------------------------------------------------


def test_a_source_that_fails_in_any_way_is_reported_and_the_others_go_on(place: Path, live_newsroom: Newsroom) -> None:
    ledger = live_newsroom.outlet("ledger")
    printed = ledger.publishes("Signed at dawn", text_about("the Harbour Treaty"))
    for fault in sorted(FAULTS):
        outlet = live_newsroom.outlet(fault.replace("_", "-"))
        outlet.publishes(f"Lost to {fault}", text_about(f"what {fault} means"))
        outlet.fails(fault)
    for status in (404, 410, 403, 500):
        live_newsroom.outlet(f"http-{status}").fails(status)
    live_newsroom.write_config(place / "config", initiatives=INITIATIVES, alerts="{}", seeds=NO_SEEDS, settings=PATIENT)
    station = Station(place / "config", Warehouse(place / "govwatch.duckdb"), utc_now)
    FAULTS["bomb"](Answer())  # made once, and it takes its time
    began = time.monotonic()
    report = station.runs()
    assert time.monotonic() - began < 30
    assert report.state == "completed"
    assert report.sources["ledger"].fetched == 1
    assert (printed.url,) in station.asks("select url from articles")
    whole = {"ledger", "half", "truncated", "other-charset"}  # what is left of these feeds may be enough to read
    failing = {line.source_id: line.reason for line in report.failing}
    empty = {line.source_id for line in report.sources.values() if line.outcome == "empty"}
    assert set(failing) | empty >= set(live_newsroom.outlets) - whole
    assert all(failing.values()), "each with a reason"
    assert "page" in failing["html-feed"]
    assert "redirect" in failing["redirect-loop"]
    assert "404" in failing["http-404"]
    assert "169.254.169.254" in failing["redirect-inside"]
    health = dict(station.asks("select source_id, state from source_health"))
    assert health["ledger"] == "well"
    assert {health[name] for name in failing} == {"failing", "gone"}
    backs_off = station.asks("select count(*) from sources where consecutive_failures > 0 and next_poll is null")
    assert backs_off == [(0,)], "each is polled again"


def test_pages_that_fail_in_any_way_cost_themselves_only(place: Path, live_newsroom: Newsroom) -> None:
    ledger = live_newsroom.outlet("ledger")
    ledger.publishes("Signed at dawn", text_about("the Harbour Treaty"))
    for fault in ("timeout", "reset", "huge", "bomb", "redirect_loop", "empty", "slow", "redirect_inside"):
        outlet = live_newsroom.outlet(fault.replace("_", "-"))
        outlet.publishes(f"Lost to {fault}", text_about(f"what {fault} means"))
        outlet.fails(fault, on="articles")
    settings = {"network": {"timeout": "3s", "max_page_bytes": 300_000}, "limits": {"workers": 1}}
    live_newsroom.write_config(
        place / "config", initiatives=INITIATIVES, alerts="{}", seeds=NO_SEEDS, settings=settings
    )
    station = Station(place / "config", Warehouse(place / "govwatch.duckdb"), utc_now)
    report = station.runs()
    assert report.state == "completed"
    assert report.articles == 1
    outcomes = dict(station.asks("select source_id, outcome from frontier"))
    assert outcomes.pop("ledger") == "fetched"
    assert "fetched" not in outcomes.values()
    assert station.asks("select count(*) from frontier where outcome <> 'fetched' and reason = ''") == [(0,)]


def test_every_source_failing_is_exit_code_1_and_one_failing_is_not(
    place: Path, govwatch: Say, live_newsroom: Newsroom
) -> None:
    one, other = live_newsroom.outlet("ledger"), live_newsroom.outlet("mirror")
    one.fails(500)
    live_newsroom.write_config(place / "config", initiatives=INITIATIVES, alerts="{}", seeds=NO_SEEDS, settings=PATIENT)
    code, out, _ = govwatch("run")
    assert code == 0
    assert re.search(r"^ledger .*500", out, re.MULTILINE)
    other.fails(500)
    assert govwatch("run")[0] == 1
    one.recovers()
    assert govwatch("run", "--source", "ledger")[0] == 0


# ---- the warehouse --------------------------------------------------------------------------------------------------

HOLDER = """
import sys, time
from warehouse.database import Warehouse
with Warehouse(sys.argv[1], command="govwatch run").writing():
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_a_warehouse_that_another_process_writes_is_named_with_its_holder(
    place: Path, govwatch: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(place, sources={"sources": [a_source()]})
    path = place / "data" / "govwatch.duckdb"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)],
        env=environment(place),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    impatient = Warehouse.__init__
    monkeypatch.setattr(
        Warehouse, "__init__", lambda self, *args, **more: impatient(self, *args, **{**more, "lock_timeout": 0.5})
    )
    code, _, err = govwatch("run")
    holder.communicate("\n")
    assert code == 1
    assert f"process {holder.pid} (govwatch run)" in err
    assert "try again" in err
    assert len(sentences(err)) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"id,title\n1,Treaty\n" * 900, "no DuckDB database", id="no database"),
        pytest.param(b"", "damaged", id="empty"),
    ],
)
def test_a_warehouse_that_is_no_database_is_refused_and_left_alone(
    place: Path, govwatch: Say, content: bytes, said: str
) -> None:
    write(place, sources={"sources": [a_source()]})
    path = place / "data" / "govwatch.duckdb"
    path.parent.mkdir()
    path.write_bytes(content)
    code, _, err = govwatch("run")
    assert code == 1
    assert str(path.name) in err
    assert said in err
    assert len(sentences(err)) == 1
    assert path.read_bytes() == content


def test_a_warehouse_of_a_newer_schema_asks_for_an_upgrade(place: Path, govwatch: Say) -> None:
    write(place, sources={"sources": [a_source()]})
    warehouse = Warehouse(place / "data" / "govwatch.duckdb")
    with warehouse.writing() as con:
        con.execute("insert into internal.migrations(version, name, sha256) values (9999, '9999_later.sql', '')")
    code, _, err = govwatch("run")
    assert code == 1
    assert "upgrade govwatch" in err
    assert len(sentences(err)) == 1


def test_nothing_to_query_yet_says_what_to_run(govwatch: Say) -> None:
    for command in (["sql", "select 1"], ["status"]):
        code, _, err = govwatch(*command)
        assert code == 1
        assert "run `govwatch run` first" in err


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("mount") is None, reason="mounting a small disk needs root")
def test_a_full_disk_ends_the_pass_with_a_sentence_and_the_next_one_goes_on(
    place: Path, govwatch: Say, live_newsroom: Newsroom
) -> None:
    outlet = live_newsroom.outlet("ledger", feed_size=300)
    for number in range(25):
        outlet.publishes(f"Number {number}", f"{text_about(f'matter {number}')}\n\n{os.urandom(40_000).hex(' ', 4)}.")
    live_newsroom.write_config(place / "config", initiatives=INITIATIVES, alerts="{}", seeds=NO_SEEDS, settings=PATIENT)
    disk = place / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", str(disk)], check=False).returncode:
        pytest.skip("this machine does not let root mount a tmpfs")
    try:
        warehouse = Warehouse(disk / "govwatch.duckdb")
        warehouse.prepare()
        warehouse.publish()
        (disk / "ballast").write_bytes(bytes(shutil.disk_usage(disk).free - 300_000))
        code, _, err = govwatch("run", "--warehouse", str(warehouse.path))
        assert code == 1
        assert "no space is left" in err
        assert len(sentences(err)) == 1
        (disk / "ballast").unlink()
        assert govwatch("run", "--warehouse", str(warehouse.path))[0] == 0
        station = Station(place / "config", warehouse, utc_now)
        assert station.asks("select count(*) from articles") == [(25,)]
    finally:
        subprocess.run(["umount", str(disk)], check=True)


# ---- the configuration ----------------------------------------------------------------------------------------------


def test_a_missing_secret_is_exit_code_2_with_file_line_and_key(place: Path, govwatch: Say) -> None:
    alerts = "channels:\n  desk:\n    url: mailtos://us:${DESK_PASSWORD}@mail.example?to=desk@example.org\n"
    write(place, sources={"sources": [a_source()]}, alerts=alerts)
    for command in ("run", "check", "seed"):
        code, _, err = govwatch(command, *(["texts"] if command == "seed" else []))
        assert code == 2
        assert re.search(r"config/alerts\.yaml:3: channels\.desk\.url: .*DESK_PASSWORD", err), err


def test_every_mistake_in_every_file_is_told_at_once(place: Path, govwatch: Say) -> None:
    write(
        place,
        sources="sources:\n  - id: ledger\n    url: https://ledger.invalid/\n    evrey: 10m\n  - id: mirror\n    url: ftp://mirror\n",
        settings="network:\n  timeout: soon\n",
    )
    code, _, err = govwatch("run")
    assert code == 2
    assert "The configuration has 3 mistakes:" in err
    assert re.search(r"sources\.yaml:4: sources\[0\]\.evrey: .*every", err), err
    assert re.search(r"sources\.yaml:6: sources\[1\]\.url: ", err), err
    assert re.search(r"settings\.yaml:2: network\.timeout: ", err), err
    assert "govwatch check" in err


def test_a_rule_that_cannot_be_read_is_told_with_its_line_and_no_page_is_lost(
    place: Path, govwatch: Say, live_newsroom: Newsroom
) -> None:
    live_newsroom.outlet("ledger").publishes("Signed at dawn", text_about("the Harbour Treaty"))
    rules = {"initiatives": [{"id": "harbour-treaty", "name": "Harbour Treaty", "aliases": ["H ... Treaty"]}]}
    live_newsroom.write_config(place / "config", initiatives=rules, alerts="{}", seeds=NO_SEEDS, settings=PATIENT)
    for command in ("run", "check"):
        code, out, err = govwatch(command)
        assert code == 2
        assert re.search(r"initiatives\.yaml:\d+: .*'H \.\.\. Treaty'", out + err)
    live_newsroom.write_config(place / "config", initiatives=INITIATIVES, alerts="{}", seeds=NO_SEEDS, settings=PATIENT)
    code, out, _ = govwatch("run")
    assert code == 0
    assert "1 articles (0 copies), 1 mentions" in out


def test_a_source_that_does_not_exist_or_is_off_is_exit_code_2(place: Path, govwatch: Say) -> None:
    off = a_source(id="mirror", url="https://mirror.invalid/", enabled=False, reason="it moved house")
    write(place, sources={"sources": [a_source(), off]})
    code, _, err = govwatch("run", "--source", "leger")
    assert code == 2
    assert "there is no source 'leger'" in err
    code, _, err = govwatch("run", "--source", "mirror")
    assert code == 2
    assert "it moved house" in err


def test_a_folder_that_is_not_there_is_exit_code_2(govwatch: Say) -> None:
    code, _, err = govwatch("run", "--config", "nowhere")
    assert code == 2
    assert "nowhere" in err
    assert "--config" in err


def test_the_shipped_configuration_is_good(govwatch: Say) -> None:
    code, out, err = govwatch("check")
    assert code == 0, err
    assert str(SHIPPED) in out


def test_a_prefect_api_that_does_not_answer_is_said_so(place: Path) -> None:
    write(place, sources={"sources": [a_source()]})
    result = program("run", cwd=place, environ={"PREFECT_API_URL": "http://127.0.0.1:9/api"})
    assert result.returncode == 1
    assert "http://127.0.0.1:9/api" in result.stderr
    assert "PREFECT_API_URL=" in result.stderr
    assert "Traceback" not in result.stderr
