"""Signals in the transaction of their mention, and history as it was before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from alerts.detect import signals as detect
from records.article import Origin
from records.document import Batch, Document
from records.mention import Figure, Place
from records.signal import Signal
from records.story import Neighbours, StoryChoice
from tests.warehouse.conftest import Make, mention_of
from warehouse import articles, history, signals, sources, stories
from warehouse.database import Warehouse, rows


def alone(documents: Sequence[Document], _neighbours: Neighbours) -> list[StoryChoice]:
    return [StoryChoice(one.article_id, one.article_id, "new") for one in documents]


def load(warehouse: Warehouse, now: datetime, *documents: Document) -> int:
    with warehouse.writing() as con:
        return articles.load(con, Batch(documents, ()), choose=alone, detect=detect, run_id="run-1", now=now).signals


def test_a_signal_is_read_as_it_was_written(warehouse: Warehouse, document: Make, now: datetime) -> None:
    assert load(warehouse, now, document("one", mentions=(mention_of(),))) == 3
    with warehouse.writing() as con:
        found = signals.read(con, "order by s.severity desc")
    assert [one.kind.value for one in found] == ["first_mention", "new_story", "new_outlet"]
    assert found[0].mention.sentence == "The draft treaty was read line by line until midnight."
    assert found[0].mention.published == now
    assert found[0].outlets == ("harbour.example",)


def test_a_batch_that_is_loaded_twice_signals_once(warehouse: Warehouse, document: Make, now: datetime) -> None:
    one = document("one", mentions=(mention_of(),))
    assert (load(warehouse, now, one), load(warehouse, now, one)) == (3, 0)


def test_seeds_and_first_looks_are_history(warehouse: Warehouse, document: Make, now: datetime) -> None:
    seed = document("old", mentions=(mention_of(),), origin=Origin.SEED)
    look = replace(document("older", title="Accord", mentions=(mention_of("air-accord"),)), origin=Origin.BACKFILL)
    assert load(warehouse, now, seed, look) == 0
    later = document("new", text="Another text on it.", mentions=(mention_of(), mention_of("air-accord", start=60)))
    assert load(warehouse, now, later) == 2
    with warehouse.writing() as con:
        assert {row[0] for row in rows(con, "select kind from signals")} == {"new_story"}


def test_initiatives_of_seeds_whose_text_is_not_at_hand_are_history(
    warehouse: Warehouse, document: Make, now: datetime
) -> None:
    seed = document("old", text="", origin=Origin.SEED)
    load(warehouse, now, seed)
    with warehouse.writing() as con:
        con.execute("insert into seed_initiatives values (?, 'harbour-treaty')", [seed.article_id])
        known = history.history(
            con, [replace(seed, mentions=(mention_of(),))], alone([seed], stories.StoredNeighbours(con)), now
        )
    assert known.mentioned("harbour-treaty")
    assert known.in_outlet("harbour-treaty", "harbour.example")
    assert known.in_language("harbour-treaty", "en")
    assert known.in_story("harbour-treaty", seed.article_id)


def test_furniture_is_no_history(warehouse: Warehouse, document: Make, now: datetime) -> None:
    load(warehouse, now, document("one", mentions=(replace(mention_of(), place=Place.FURNITURE),)))
    with warehouse.writing() as con:
        again = document("two", mentions=(mention_of(),))
        assert not history.history(con, [again], alone([again], stories.StoredNeighbours(con)), now).mentioned(
            "harbour-treaty"
        )


def test_a_batch_that_breaks_leaves_no_signal(warehouse: Warehouse, document: Make, now: datetime) -> None:
    def breaks(*_args: object, **_named: object) -> list[Signal]:
        raise RuntimeError("killed here")

    batch = Batch((document("one", mentions=(mention_of(),)),), ())
    with pytest.raises(RuntimeError), warehouse.writing() as con:
        articles.load(con, batch, choose=alone, detect=breaks, run_id="run-1", now=now)
    with warehouse.writing() as con:
        assert rows(con, "select 1 from articles union all select 1 from mentions") == []
    assert load(warehouse, now, batch.documents[0]) == 3


def states(value: float) -> Figure:
    shown = f"{value:g} states"
    return Figure("harbour-treaty", value, "=", "state", "", 70, 70 + len(shown), shown, f"It has {shown}.")


def kinds_of(warehouse: Warehouse) -> list[tuple[str, str]]:
    with warehouse.writing() as con:
        return rows(con, "select kind, reason from signals where kind in ('spike', 'new_figure') order by created_at")


def test_a_number_that_differs_from_a_seeds_is_a_signal_and_is_told_once(
    warehouse: Warehouse, document: Make, now: datetime
) -> None:
    load(warehouse, now, document("old", mentions=(mention_of(),), figures=(states(31),), origin=Origin.SEED))
    for number, value in enumerate((31, 33, 33, 31)):
        text = f"Another text, number {number}."
        load(warehouse, now, document(f"new-{number}", text=text, mentions=(mention_of(),), figures=(states(value),)))
    assert kinds_of(warehouse) == [("new_figure", "new figure: 33 states, before: 31 states")]
    with warehouse.writing() as con:
        (found,) = signals.read(con, "where s.kind = 'new_figure'")
    assert (found.reason, found.mention.sentence) == ("new figure: 33 states, before: 31 states", "It has 33 states.")


def test_a_burst_is_told_once_with_numbers_that_count_stories_stored_before(
    warehouse: Warehouse, document: Make, now: datetime
) -> None:
    def story(name: str, at: datetime, **more: Any) -> Document:
        return document(name, text=f"A text of its own: {name}.", mentions=(mention_of(),), published=at, **more)

    with warehouse.writing() as con:
        tracked = sources.Tracked("harbour-treaty", "Harbour Treaty", "", (), "always")
        sources.sync_initiatives(con, [tracked], now - timedelta(days=90))
    for number in range(10):
        load(warehouse, now, story(f"old-{number}", now - timedelta(days=2.5 * number + 2), origin=Origin.BACKFILL))
    told = []
    for number in range(6):
        at = now + timedelta(hours=number)
        load(warehouse, at, story(f"new-{number}", at))
        told.append(kinds_of(warehouse))
    assert told[1] == []
    assert told[2] == [("spike", "third story today, usual is 0.4")]
    assert told[5] == told[2], "once for each burst"


def test_an_initiative_that_is_new_has_no_usual(warehouse: Warehouse, document: Make, now: datetime) -> None:
    with warehouse.writing() as con:
        tracked = sources.Tracked("harbour-treaty", "Harbour Treaty", "", (), "always")
        sources.sync_initiatives(con, [tracked], now - timedelta(days=2))
    for number in range(8):
        text = f"A text of its own, number {number}."
        load(warehouse, now, document(f"new-{number}", text=text, mentions=(mention_of(),)))
    assert kinds_of(warehouse) == []
