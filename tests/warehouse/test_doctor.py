"""Each invariant is broken once by hand: the doctor finds that one, says how to mend it, and finds a sound warehouse well."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from records.document import Batch, Document
from warehouse import articles, doctor, runs
from warehouse.database import Warehouse

from .test_articles import by_text, nothing
from .test_views import figure, mention

Make = Callable[..., Document]

ACT = "The committee read the AI Act again. It was late."


@pytest.fixture
def sound(warehouse: Warehouse, document: Make, now: datetime) -> Warehouse:
    batch = Batch(
        (
            document("a", text=ACT, mentions=(mention("act", 23),), figures=(figure(29),)),
            document("b", text="Another text.", outlet="other.example"),
        ),
        (),
    )
    with warehouse.writing() as con:
        runs.start(con, "run-1", now)
        articles.load(con, batch, choose=by_text, detect=nothing, run_id="run-1", now=now)
        con.execute(
            "insert into frontier (url_id, url, url_key, source_id, origin, discovered_at, outcome, article_id, next_try) "
            "select 1, 'https://harbour.example/a', 'a', 's', 'live', $1, 'fetched', article_id, null from articles limit 1",
            [now],
        )
    warehouse.publish()
    return warehouse


def broken(warehouse: Warehouse, now: datetime) -> dict[str, doctor.Finding]:
    with warehouse.writing() as con:
        found = doctor.examine(con, now)
    return {one.rule: one for one in (*found, *doctor.examine_files(warehouse, now))}


def test_a_sound_warehouse_is_well(sound: Warehouse, now: datetime) -> None:
    assert broken(sound, now) == {}


SIGNAL = (
    "insert into signals by name select 'sig' as signal_id, 'first_mention' as kind, 'act' as initiative_id, '' as scope, "
    "1 as story_id, {article} as article_id, 2 as severity, 'o' as outlet, false as first_in_language, false as catch_up, "
    "'{{}}' as facts, timestamptz '2026-11-20 00:00:00+00' as occurred_at, 'r' as run_id, "
    "timestamptz '2026-11-20 00:00:00+00' as created_at, {verdict} as verdict"
)
DELIVERY = (
    "insert into deliveries by name select 'del' as delivery_id, 'n' as notification_id, 'c' as channel, '{state}' as state, "
    "timestamptz '2026-11-20 00:00:00+00' as created_at, {lease} as lease_until, '{{}}' as payload, '' as payload_hash"
)
OLD = "timestamptz '2026-11-20 00:00:00+00'"
ANY = "(select min(article_id) from articles)"


@pytest.mark.parametrize(
    ("rule", "damage"),
    [
        ("mentions have articles", "update mentions set article_id = 5"),
        ("figures have articles", "update figures set article_id = 5"),
        ("mentions prove themselves", "update mentions set span_start = 1, span_end = 7"),
        ("articles are in a story", "delete from story_members"),
        ("articles are there once", "insert into articles from articles"),
        ("members are articles", "update story_members set article_id = 5 where number = 1"),
        ("members have their story", "update story_members set story_id = 5 where number = 1"),
        ("stories have members", "update story_members set story_id = (select min(story_id) from stories)"),
        ("stories count their members", "update stories set articles = 7"),
        ("arrival numbers are whole", "update story_members set number = 9 where number = 2"),
        ("fetched URLs have articles", "update frontier set article_id = 5"),
        ("pending URLs are tried", "update frontier set outcome = 'pending'"),
        ("signals get a verdict", SIGNAL.format(article=ANY, verdict="null")),
        ("signals have articles", SIGNAL.format(article="5", verdict="'queued'")),
        ("messages leave", DELIVERY.format(state="retry", lease="null")),
        ("leases end", DELIVERY.format(state="sending", lease=OLD)),
        ("what was told was sent", "insert into told values ('s', 'c', 'sig', 'nowhere', now())"),
        ("passes end", f"update runs set started_at = {OLD}"),
        ("everything is explained", "comment on column articles.title is null"),
        ("the index of search is whole", "insert into internal.search_blocks values (0, 1)"),
    ],
)
def test_planted_damage_is_found_and_told(sound: Warehouse, now: datetime, rule: str, damage: str) -> None:
    with sound.writing() as con:
        con.execute(damage)
    sound.publish()
    found = broken(sound, now)
    assert rule in found
    assert found[rule].mend
    if not found[rule].safe:
        return
    with sound.writing() as con:
        doctor.mend(con, now)
    assert rule not in broken(sound, now)


def test_files_that_are_missing_or_left_over_are_found_and_mended(sound: Warehouse, now: datetime) -> None:
    long_ago = (now - timedelta(days=400)).timestamp()
    left = sound.read_path.with_name(f"{sound.read_path.name}.77.new")
    left.write_bytes(b"half")
    os.utime(left, (long_ago, long_ago))
    os.utime(sound.read_path, (long_ago, long_ago))
    assert {"the read copy is fresh", "nothing is left over"} <= set(broken(sound, now))
    doctor.mend_files(sound, now)
    assert broken(sound, now) == {}
    assert not left.exists()


def test_a_log_without_its_file_is_told(sound: Warehouse, now: datetime) -> None:
    sound.path.with_name(f"{sound.path.name}.wal").write_bytes(b"")
    sound.path.unlink()
    assert [one.rule for one in doctor.examine_files(sound, now)] == ["the log has its file"]


def test_every_rule_has_been_broken_here() -> None:
    marks = test_planted_damage_is_found_and_told.pytestmark  # type: ignore[attr-defined]
    planted = {parameters[0] for parameters in marks[0].args[1]}
    files = {"the read copy is fresh", "nothing is left over", "the log has its file"}
    assert planted | files == set(doctor.RULES)
