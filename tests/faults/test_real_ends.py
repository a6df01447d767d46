"""Faults 1, 4, 5 and 12 in processes of their own: the kernel ends them, or their disk is full, at the very instant.

The same faults with the dispatcher in this process stand in `test_delivery_faults.py`; here nothing of it is left after.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.detect import signals as detect
from records.document import Batch
from tests.alerts.desk import Desk, mention
from tests.inboxes import Receiver
from tests.passes import ROOT, environment
from tests.warehouse.conftest import NOON, make_document, mention_of
from warehouse import articles
from warehouse.database import Warehouse, rows

POLICY = """
channels: {{hook: {{type: webhook, url: '{url}/hook'}}}}
subscriptions: [{{name: desk, channels: [hook], group: {{wait: 0s}}}}]
"""

LOADS = """
import os, signal, sys
from pathlib import Path
from alerts.detect import signals as detect
from records.document import Batch
from records.story import StoryChoice
from tests.warehouse.conftest import NOON, make_document, mention_of
from warehouse import articles, signals
from warehouse.database import Warehouse

def dies(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

signals.store = dies
warehouse = Warehouse(Path(sys.argv[1]) / "news.duckdb")
alone = lambda documents, _: [StoryChoice(one.article_id, one.article_id, "new") for one in documents]
with warehouse.writing() as con:
    batch = Batch((make_document("one", mentions=(mention_of(),)),), ())
    articles.load(con, batch, choose=alone, detect=detect, run_id="run-1", now=NOON)
"""

DISPATCHES = """
import os, resource, signal, sys
from pathlib import Path
from records.errors import DiskFull
from tests.alerts.desk import Desk
from warehouse import deliveries, journal
from warehouse.outbox import WarehouseOutbox

folder, policy, fault = Path(sys.argv[1]), sys.argv[2], sys.argv[3]

def dies(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

def full(real):
    def record(*arguments, **named):
        if fault == "limit":
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        else:
            with open(folder / "ballast", "wb", buffering=0) as ballast:
                try:
                    while True:
                        ballast.write(bytes(4096))
                except OSError:
                    pass
        return real(*arguments, **named)
    return record

if fault == "after the send":
    WarehouseOutbox.ends = dies
elif fault == "in the middle of recording":
    deliveries._store_health = dies
else:
    WarehouseOutbox.record = full(WarehouseOutbox.record)
try:
    Desk(folder, policy).dispatches(owner="the dead")
except DiskFull as error:
    print(error)
"""


def child(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT, env=environment(Path(str(arguments[0]))), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def keys(receiver: Receiver) -> list[str]:
    return [post.json["delivery_id"] for post in receiver.posts]


def alone(documents: object, _neighbours: object) -> list[object]:
    from records.story import StoryChoice

    return [StoryChoice(one.article_id, one.article_id, "new") for one in documents]  # type: ignore[attr-defined]


def test_1_killed_between_article_and_signal_neither_is_there_and_the_rerun_makes_both(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "news.duckdb")
    warehouse.prepare()
    assert child(LOADS, tmp_path).returncode == -signal.SIGKILL
    everything = "select 1 from articles union all select 1 from mentions union all select 1 from signals"
    with warehouse.writing() as con:
        assert rows(con, everything) == []
    batch = Batch((make_document("one", mentions=(mention_of(),)),), ())
    with warehouse.writing() as con:
        loaded = articles.load(con, batch, choose=alone, detect=detect, run_id="run-2", now=NOON)  # type: ignore[arg-type]
    assert (loaded.stored, loaded.mentions, loaded.signals) == (1, 1, 3)


@pytest.mark.parametrize(
    ("fault", "most"), [("after the send", 2), ("in the middle of recording", 1)], ids=["fault 4", "fault 5"]
)
def test_4_and_5_killed_after_the_send_it_is_told_once_and_a_repeat_has_the_same_key(
    tmp_path: Path, receiver: Receiver, fault: str, most: int
) -> None:
    policy = POLICY.format(url=receiver.url)
    desk = Desk(tmp_path, policy)
    desk.reads(mention())
    assert child(DISPATCHES, tmp_path, policy, fault).returncode == -signal.SIGKILL
    assert receiver.posts.has(1)
    assert desk.ask("select state from deliveries") == [("sending",)]
    assert desk.ask("select 1 from attempts union all select 1 from told") == [], "no half receipt"
    for _ in range(3):
        desk.clock.passes(minutes=6)
        desk.dispatches()
    assert len(keys(receiver)) <= most
    assert len(set(keys(receiver))) == 1
    assert desk.ask("select count(*) from told") == [(1,)]
    assert desk.states() == {"hook": "sent"}
    desk.holds_the_invariants()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, with four megabytes."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("mounting a small disk needs root")
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(folder)], check=False).returncode:
        pytest.skip("this machine does not let root mount a tmpfs")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_12_a_disk_that_is_full_while_recording_is_a_clear_error_and_loses_nothing(
    disk: Path, receiver: Receiver
) -> None:
    _full(disk, "disk", receiver)


def test_12b_a_file_that_may_not_grow_while_recording_is_a_clear_error_and_loses_nothing(
    tmp_path: Path, receiver: Receiver
) -> None:
    """The limit on file sizes (RLIMIT_FSIZE) is the same failing write, without privileges."""
    _full(tmp_path, "limit", receiver)


def _full(folder: Path, fault: str, receiver: Receiver) -> None:
    policy = POLICY.format(url=receiver.url)
    desk = Desk(folder, policy)
    desk.reads(mention())
    done = child(DISPATCHES, folder, policy, fault)
    assert (done.returncode, done.stderr) == (0, "")
    assert "no space is left" in done.stdout, done.stdout
    assert receiver.posts.has(1)
    with contextlib.suppress(FileNotFoundError):
        (folder / "ballast").unlink()
    for _ in range(3):
        desk.clock.passes(minutes=6)
        desk.dispatches()
    assert 1 <= len(keys(receiver)) <= 2
    assert len(set(keys(receiver))) == 1
    assert desk.ask("select count(*) from told") == [(1,)]
    results = [result for (result,) in desk.ask("select result from attempts order by attempt")]
    assert results in (["accepted"], ["unknown", "accepted"]), "a repeat is known as one"
    desk.holds_the_invariants()
