"""Changed rules are tried on everything stored before they are enabled, and enabled as history: never as alerts."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from config.load import load
from flows import backtest
from flows.backtest import apply, look
from flows.seeding import load_folder
from records.errors import GovwatchError
from tests.clock import Clock
from tests.inboxes import Receiver
from tests.newsroom import Newsroom
from tests.passes import INITIATIVES, NO_SEEDS, Station, alerts_to, program, stories_told
from tests.volume import make_articles
from warehouse.database import Warehouse

TEXTS = [planted.story.text for planted in make_articles(12, seed=8, languages=("en",), copies=0, mentioning=0)]
SENTENCES = (
    "Nobody on the quay had read the Harbour Treaty to its end.",
    "Clerks call it the Treaty of the Harbour, and file it twice.",
    "On the corner, the harbour treaty bakery sells rolls to the pilots every morning.",
    "Lamps burnt for the Lantern Accord all night.",
)


def rules(*aliases: Any) -> dict[str, Any]:
    """Return the invented initiatives, the first one with other aliases."""
    changed = copy.deepcopy(INITIATIVES)
    changed["initiatives"][0]["aliases"] = list(aliases)
    return changed


@pytest.fixture
def station(tmp_path: Path, newsroom: Newsroom, receiver: Receiver, clock: Clock) -> Station:
    """Return a station that has stored four articles by the first rules."""
    station = configured(tmp_path, newsroom, receiver, clock, INITIATIVES)
    folder = tmp_path / "texts"
    folder.mkdir()
    for number, sentence in enumerate(SENTENCES):
        (folder / f"{number}.txt").write_text(f"{TEXTS[number]}\n{sentence}\n", encoding="utf-8")
    load_folder(load(station.config, {}), station.warehouse, folder, station.clock)
    return station


def configured(
    place: Path, newsroom: Newsroom, receiver: Receiver, clock: Clock, initiatives: dict[str, Any]
) -> Station:
    config = newsroom.write_config(
        place / "config",
        initiatives=initiatives,
        alerts=alerts_to(receiver),
        seeds=NO_SEEDS,
        settings={"limits": {"workers": 1}},
    )
    return Station(config, Warehouse(place / "govwatch.duckdb"), clock)


def changed(station: Station, newsroom: Newsroom, receiver: Receiver) -> Station:
    """Return the same station with rules that gain one article and lose another."""
    new = rules("Treaty of the Harbour", {"text": "Harbour Treaty", "unless": ["bakery"]})
    return configured(station.config.parent, newsroom, receiver, station.clock, new)


MENTIONS = "select initiative_id, surface, found_at, run_id from mentions order by all"


def test_rules_that_did_not_change_differ_in_nothing(station: Station) -> None:
    report = look(load(station.config, {}), station.warehouse)
    assert report.texts == 4
    assert {(one.new, one.lost) for one in report.differences.values()} == {(0, 0)}
    assert report.differences["harbour-treaty"].now == report.differences["harbour-treaty"].stored == 2


def test_changed_rules_show_what_they_gain_and_lose_and_nearly_match_and_change_nothing(
    station: Station, newsroom: Newsroom, receiver: Receiver
) -> None:
    before = station.asks(MENTIONS)
    station = changed(station, newsroom, receiver)
    report = look(load(station.config, {}), station.warehouse, "harbour-treaty")
    (one,) = report.differences.values()
    assert (one.now, one.stored, one.new, one.lost) == (2, 2, 1, 1)
    assert [(example.sentence, example.rule) for example in one.gained] == [(SENTENCES[1], "Treaty of the Harbour")]
    assert [example.sentence for example in one.gone] == [SENTENCES[2]]
    assert [(near.surface, near.reason, near.articles) for near in one.near] == [
        ("harbour treaty", "'bakery' stands in its sentence", 1)
    ]
    assert station.asks(MENTIONS) == before


def test_applied_rules_write_history_without_a_signal_and_tell_it_in_one_summary(
    station: Station, newsroom: Newsroom, receiver: Receiver
) -> None:
    before = {row[1]: row[2:] for row in station.asks(MENTIONS)}
    station.clock.passes(days=1)
    station = changed(station, newsroom, receiver)
    configuration = load(station.config, {})
    report = apply(configuration, station.warehouse, station.clock)
    assert (report.written, report.summaries) == (3, 1 + 1)  # one for each of two subscriptions
    after = {row[1]: row[2:] for row in station.asks(MENTIONS)}
    assert set(after) == {"Harbour Treaty", "Treaty of the Harbour", "Lantern Accord"}
    assert after["Harbour Treaty"] == before["Harbour Treaty"], "what stays keeps the time at which it was found"
    assert after["Treaty of the Harbour"][0] == station.clock()
    versions = station.asks("select distinct rules_version from mentions")
    assert versions == [(report.rules_version,)]
    assert station.asks("select count(*) from signals") == [(0,)]
    station.runs()
    assert stories_told(receiver.posts) == []
    (summary,) = [post.json for post in receiver.posts]
    assert summary["occasion"] == "first_look"
    assert [item["initiative"] for item in summary["items"]] == ["Harbour Treaty"]


def test_applying_the_same_rules_again_changes_nothing_and_tells_nothing(
    station: Station, newsroom: Newsroom, receiver: Receiver
) -> None:
    station = changed(station, newsroom, receiver)
    configuration = load(station.config, {})
    apply(configuration, station.warehouse, station.clock)
    before = station.asks(MENTIONS)
    station.clock.passes(hours=1)
    again = apply(configuration, station.warehouse, station.clock)
    assert (again.summaries, station.asks(MENTIONS)) == (0, before)


def test_many_texts_are_read_in_processes_with_the_same_result(
    station: Station, newsroom: Newsroom, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    station = changed(station, newsroom, receiver)
    configuration = load(station.config, {})
    alone = look(configuration, station.warehouse)
    monkeypatch.setattr(backtest, "_ALONE", 0)
    many = look(configuration, station.warehouse)
    assert many.differences == alone.differences


def test_an_initiative_that_is_not_tracked_is_refused_by_name(station: Station) -> None:
    with pytest.raises(GovwatchError, match=r"no initiative 'harbour'.*harbour-treaty"):
        look(load(station.config, {}), station.warehouse, "harbour")


def test_the_command_shows_counts_and_examples(
    station: Station, newsroom: Newsroom, receiver: Receiver, tmp_path: Path
) -> None:
    station = changed(station, newsroom, receiver)
    place = ("--config", station.config, "--warehouse", station.warehouse.path)
    told = program("backtest", "harbour-treaty", *place, cwd=tmp_path)
    assert told.returncode == 0, told.stderr
    assert "+ harbour-treaty" in told.stdout
    assert "Nothing was changed" in told.stdout
    machine = json.loads(program("backtest", "--json", *place, cwd=tmp_path).stdout)
    assert machine["differences"]["harbour-treaty"]["new"] == 1
    refused = program("backtest", "--apply", "harbour-treaty", *place, cwd=tmp_path)
    assert refused.returncode == 2
