"""Canary secrets are planted wherever a configuration can name one, and then everything that came out is searched."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import duckdb
import pytest

from flows import secrecy
from flows.clock import utc_now
from flows.secrecy import MASK, guard, mask, secretless
from tests.inboxes import MailInbox, Receiver
from tests.newsroom import Newsroom, text_about
from tests.passes import INITIATIVES, NO_SEEDS, environment, program

CANARIES = {
    "FEED_KEY": "canary/feed+key&1",  # has another form inside a URL
    "HOOK_TOKEN": "canary-hook-token-2",
    "MAIL_PASSWORD": "canary-mail-password-3",
    "BOT_TOKEN": "canary-bot-token-4",
}
LEGIBLE = [form for secret in CANARIES.values() for form in {secret, quote(secret, safe=""), quote(secret)}]


@pytest.fixture(autouse=True)
def as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What is known of secrets is known to the process: leave it to the next test as it was."""
    monkeypatch.setattr(secrecy, "_known", set())
    factory, hook = logging.getLogRecordFactory(), sys.excepthook
    yield
    logging.setLogRecordFactory(factory)
    sys.excepthook = hook


def leaks(text: str) -> list[str]:
    return [form for form in LEGIBLE if form in text]


def everything_in(path: Path) -> str:
    """Return every value of every table, as text: the file itself is compressed."""
    with duckdb.connect(str(path), read_only=True) as con:
        tables = con.execute("select schema_name, table_name from duckdb_tables()").fetchall()
        return "\n".join(str(con.execute(f'select * from "{schema}"."{table}"').fetchall()) for schema, table in tables)


def test_no_secret_is_legible_in_anything_that_the_program_prints_stores_or_logs(tmp_path: Path) -> None:
    with (
        Newsroom(utc_now) as newsroom,
        Receiver() as receiver,
        MailInbox(login=("desk", "another password")) as mailbox,
    ):
        well, broken, nonsense = (newsroom.outlet(name) for name in ("ledger", "courier", "gazette"))
        well.publishes("Before dawn", text_about("the Lantern Accord"))
        listed = [{**one, "url": f"{one['url']}?key=${{FEED_KEY}}"} for one in newsroom.sources()]
        listed[1]["url"] = f"{broken.url}/no-such-feed?key=${{FEED_KEY}}"
        listed[2]["url"] = f"{nonsense.url}/?key=${{FEED_KEY}}"
        listed.append({**listed[0], "id": "deaf", "name": "Deaf", "url": "http://127.0.0.1:1/feed?key=${FEED_KEY}"})
        alerts = {
            "channels": {
                "hook": {"type": "webhook", "url": f"{receiver.url}/${{HOOK_TOKEN}}"},
                "mail": {
                    "type": "mail",
                    "url": f"mailto://desk:${{MAIL_PASSWORD}}@127.0.0.1:{mailbox.port}/reader@newsroom.example"
                    "?from=govwatch@newsroom.example&mode=insecure",
                },
                "bot": {"url": f"json://127.0.0.1:{receiver.url.rsplit(':', 1)[1]}/${{BOT_TOKEN}}"},
            },
            "subscriptions": [
                {"name": "desk", "channels": ["hook", "mail", "bot"], "group": {"wait": "0s"}, "operator": True}
            ],
        }
        newsroom.write_config(
            tmp_path / "config",
            sources={"sources": listed},
            initiatives=INITIATIVES,
            alerts=alerts,
            seeds=NO_SEEDS,
            settings={"limits": {"workers": 1}},
        )
        receiver.answers(404, 500, 404, 500, 404)
        said = []
        commands = [
            ("run",), ("run", "--json"), ("status", "--all"), ("status", "--json"), ("check", "--network"),
            ("sources", "list"), ("alerts", "test", "hook"), ("alerts", "test", "mail"), ("alerts", "list"),
            ("alerts", "test", "--probe"), ("status", "--metrics"), ("status", "--check"), ("report",),
            ("report", "--json"), ("report", "--html", "report.html"), ("report", "--to", "mail"), ("brief",),
            ("explain", f"{broken.url}/no-such-feed"), ("doctor",), ("sql", "from sources"), ("backup",),
        ]  # fmt: skip
        well.publishes("Signed at dawn", text_about("the Harbour Treaty"))
        for command in commands:
            done = program(*command, cwd=tmp_path, environ=CANARIES, timeout=120)
            assert "Traceback" not in done.stderr
            said.append(f"$ {' '.join(command)}\n{done.stdout}{done.stderr}")
            well.publishes(f"After {' '.join(command)}", text_about("the Harbour Treaty"))
    assert "The configuration has" not in said[0]
    assert leaks("\n".join(said)) == []
    warehouse = tmp_path / "data/govwatch.duckdb"
    (backup,) = (tmp_path / "data/backups").iterdir()
    for path in (warehouse, warehouse.with_name("govwatch.read.duckdb"), backup):
        stored = everything_in(path)
        assert "/feed" in stored
        assert f"key={MASK}" in stored  # the address is shown, its key is not
        assert leaks(stored) == []
    for path in tmp_path.rglob("*"):
        if path.is_file() and path.suffix != ".duckdb":
            assert leaks(path.read_bytes().decode("utf-8", "replace")) == [], path


@pytest.mark.parametrize(
    "place",
    [
        "ducklake:postgres:host=127.0.0.1 port=1 user=govwatch password=${LAKE_PASSWORD} dbname=lake?data=lake",
        "ducklake:sqlite:/nowhere/${LAKE_PASSWORD}/catalog.sqlite?data=lake",
        "quack:127.0.0.1:1?token=${LAKE_PASSWORD}",
        "md:${LAKE_PASSWORD}",
        "sftp://govwatch:${LAKE_PASSWORD}@lake.example",
    ],
)
def test_a_lake_that_cannot_be_reached_names_its_place_without_the_secret(tmp_path: Path, place: str) -> None:
    with Newsroom(utc_now) as newsroom:
        newsroom.outlet("ledger")
        newsroom.write_config(tmp_path / "config", initiatives=INITIATIVES, alerts="{}", seeds=NO_SEEDS)
        secret = "canary-lake-password-5"
        for command in ("run", "status"):
            done = program(
                command, cwd=tmp_path, environ={"LAKE_PASSWORD": secret, "GOVWATCH_WAREHOUSE": place}, timeout=120
            )
            assert done.returncode != 0
            assert done.stderr.startswith(("govwatch: ", "The configuration", "Usage", '{"time"')), done.stderr
            assert secret not in done.stdout + done.stderr
        for path in tmp_path.rglob("*"):
            assert secret not in path.name
            assert not path.is_file() or secret.encode() not in path.read_bytes()


def test_logs_hold_no_secret_in_texts_arguments_or_tracebacks(caplog: pytest.LogCaptureFixture) -> None:
    guard(CANARIES.values())
    logger = logging.getLogger("some.library")
    logger.warning("asked %s", "https://api.example/?key=canary%2Ffeed%2Bkey%261")
    try:
        raise ValueError("no such token: canary-hook-token-2")
    except ValueError:
        logger.exception("that failed")
    assert leaks(caplog.text) == []
    assert "asked https://api.example/?key=***" in caplog.text
    assert "ValueError: no such token: ***" in caplog.text


def test_an_error_that_leaves_a_flow_shows_no_secret_and_no_cause_that_does() -> None:
    guard(CANARIES.values())
    with pytest.raises(RuntimeError, match=r"OSError: cannot log in with \*\*\*") as caught, secretless():
        raise OSError("cannot log in with canary-mail-password-3")
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    with pytest.raises(KeyError), secretless():
        raise KeyError("an error without a secret stays what it is")


def test_a_traceback_that_ends_the_process_shows_no_secret(tmp_path: Path) -> None:
    code = "from flows.secrecy import guard; guard(['canary-bot-token-4']); open('/nowhere/canary-bot-token-4')"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(tmp_path), capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "FileNotFoundError" in done.stderr
    assert leaks(done.stderr) == []


def test_a_value_too_short_to_be_a_secret_is_left_alone() -> None:
    guard(["on", "abcd", "abcdef"])
    assert mask("turn on abcdef and abcd") == "turn on *** and ***"
