"""A seed corpus is history: read in any layout, loaded once, known by its facts before its words, and never an alert."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.load import SHIPPED, load
from extractors.fingerprints import encode, fingerprint
from extractors.mentions import Matcher
from extractors.seeds import from_text
from flows.seeding import SeedReport, load_facts, load_folder
from records.errors import ConfigurationError, GovwatchError
from tests.clock import Clock
from tests.inboxes import Receiver
from tests.newsroom import Newsroom
from tests.passes import INITIATIVES, NO_SEEDS, ROOT, Station, alerts_to, stories_told
from tests.volume import make_articles
from warehouse.database import Warehouse

SHARED = ROOT.parent / "shared"


TEXTS = [planted.story.text for planted in make_articles(12, seed=21, languages=("en",), copies=0, mentioning=0)]


def story(number: int, names: str) -> str:
    """Return a text of its own for each number, which names something once."""
    return f"{TEXTS[number]}\nNobody on the quay had read the {names} to its end."


# The five layouts in which the project's own corpus came, each with a text of our own.
LAYOUTS = {
    "caption.txt": "A view of the quay at Ambermouth on March 3, 2026. Ada Quill/GT\n" + story(0, "Harbour Treaty"),
    "credit.txt": "Illustration: Ben Ferrule/GT\n" + story(1, "Lantern Accord"),
    "page.txt": "Global EditionASIA\nOpinion\nHome / Opinion / Editorials\n\n"
    "Ferries make good neighbours: an editorial\n\nquaynews.example | Updated: 2026-03-04 21:22\nShare\nShare - WeChat\n"
    "The pilot boat waits below the bridge at low tide. [Photo/Harbour Wire]\n\n"
    + story(2, "Ferry Panel").replace("\n", "\n\n")
    + "\n\nMost viewed\nTop\nCopyright 2026 Quay News. All rights reserved.\nRegistration Number: 12345",
    "dateline.txt": "Averill: " + story(3, "Harbour Treaty"),
    "archive.txt": " date 2026-03-05 BEXCOMBE: " + story(4, "Lantern Accord").replace("\n", "\n\n"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "texts"
    found.mkdir()
    for name, text in LAYOUTS.items():
        (found / name).write_text(text, encoding="utf-8")
    return found


@pytest.fixture
def station(tmp_path: Path, newsroom: Newsroom, receiver: Receiver, clock: Clock) -> Station:
    return configured(tmp_path, newsroom, receiver, clock)


def configured(
    place: Path, newsroom: Newsroom, receiver: Receiver, clock: Clock, seeds: Mapping[str, Any] | str = NO_SEEDS
) -> Station:
    config = newsroom.write_config(
        place / "config",
        initiatives=INITIATIVES,
        alerts=alerts_to(receiver),
        seeds=seeds if isinstance(seeds, str) else dict(seeds),
        settings={"limits": {"workers": 1}},
    )
    return Station(config, Warehouse(place / "govwatch.duckdb"), clock)


def seeded(station: Station, folder: Path) -> SeedReport:
    return load_folder(load(station.config, {}), station.warehouse, folder, station.clock)


def facts_of(name: str, **more: object) -> dict[str, object]:
    """Return an entry of facts for one of the texts: what the project ships for its corpus, without a sentence."""
    text = from_text(name, LAYOUTS[name])
    mark = encode(fingerprint(text.title or "", text.text))
    return {"id": name.removesuffix(".txt"), "file": name, "outlet": "quaynews.example", "fingerprint": mark, **more}


def test_five_layouts_become_five_articles_in_five_stories_with_what_each_shows(station: Station, folder: Path) -> None:
    report = seeded(station, folder)
    assert report.problems == []
    assert [(line.name, line.outlet, line.published) for line in report.lines] == [
        ("archive.txt", "", "2026-03-05"),
        ("caption.txt", "Global Times", "2026-03-03"),
        ("credit.txt", "Global Times", ""),
        ("dateline.txt", "", ""),
        ("page.txt", "quaynews.example", "2026-03-04"),
    ]
    assert station.asks(
        "select count(*), count(distinct story_id) from articles join story_members using (article_id)"
    ) == [(5, 5)]
    ((title, text),) = station.asks("select title, text from articles where outlet = 'quaynews.example'")
    assert title == "Ferries make good neighbours: an editorial"
    assert "Global Edition" not in text
    assert "Most viewed" not in text
    assert "Registration" not in text
    assert station.asks("select distinct origin from articles") == [("seed",)]


def test_mentions_of_seeds_have_their_evidence(station: Station, folder: Path) -> None:
    seeded(station, folder)
    found = station.asks(
        "select initiative_id, surface, span_start, span_end, text from mentions join articles using (article_id)"
    )
    assert len(found) == 5
    assert all(text[start:end] == surface for _, surface, start, end, text in found)


def test_seeding_again_changes_nothing(station: Station, folder: Path) -> None:
    first = seeded(station, folder)
    counts = "select (select count(*) from articles), (select count(*) from mentions), (select count(*) from revisions)"
    before = station.asks(counts)
    again = seeded(station, folder)
    assert (first.loaded.stored, again.loaded.stored, again.loaded.known) == (5, 0, 5)
    assert station.asks(counts) == before
    assert "5 known already" in again.sentence()


def test_the_same_text_under_two_names_is_one_seed(station: Station, folder: Path) -> None:
    (folder / "copy-of-archive.txt").write_text(LAYOUTS["archive.txt"], encoding="utf-8")
    seeded(station, folder)
    assert station.asks("select count(*) from articles") == [(5,)]


def test_a_sidecar_states_what_the_text_does_not_show(station: Station, folder: Path) -> None:
    stated = {
        "id": "orchard",
        "file": "dateline.txt",
        "title": "Orchards at sea",
        "outlet": "quaynews.example",
        "published": "2026-03-06",
    }
    (folder / "seeds.yaml").write_text(yaml.safe_dump({"seeds": [stated]}))
    seeded(station, folder)
    found = station.asks("select outlet, published, country from articles where title = 'Orchards at sea'")
    assert found == [("quaynews.example", datetime(2026, 3, 6, tzinfo=UTC), None)]


def test_a_mistake_in_a_sidecar_is_told_with_its_line(station: Station, folder: Path) -> None:
    (folder / "seeds.yaml").write_text(
        "seeds:\n  - id: orchard\n    file: dateline.txt\n    outlett: quaynews.example\n"
    )
    with pytest.raises(ConfigurationError, match=r"seeds\.yaml:4: .*outlett"):
        seeded(station, folder)


def test_files_that_cannot_be_read_are_named_and_the_others_loaded(station: Station, folder: Path) -> None:
    (folder / "broken.json").write_text('{"text": ')
    (folder / "rows.jsonl").write_text(
        json.dumps({"title": "A row", "text": story(5, "Ferry Panel"), "date": "2026-03-07"})
    )
    (folder / "notes.xyz").write_text("no text at all")
    report = seeded(station, folder)
    assert len(report.problems) == 1
    assert report.problems[0].startswith("broken.json")
    assert report.loaded.stored == 6


def test_a_folder_without_texts_is_refused(station: Station, tmp_path: Path) -> None:
    with pytest.raises(GovwatchError, match="there is no such folder"):
        seeded(station, tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(GovwatchError, match="no text found"):
        seeded(station, tmp_path / "empty")


# ---- facts first, texts later ---------------------------------------------------------------------------------------


def test_a_fresh_warehouse_knows_the_facts_and_the_folder_fills_in_the_texts(
    tmp_path: Path, newsroom: Newsroom, receiver: Receiver, clock: Clock, folder: Path
) -> None:
    facts = facts_of(
        "archive.txt", title="Granary news", published="2026-03-05", words=120, initiatives=["lantern-accord"]
    )
    station = configured(tmp_path, newsroom, receiver, clock, {"seeds": [facts]})
    with station.opened() as con:
        assert load_facts(con, load(station.config, {}).seeds, clock(), "seed-1") == 1
        assert load_facts(con, load(station.config, {}).seeds, clock(), "seed-2") == 0
    station.warehouse.publish()
    known = "select title, outlet, word_count, origin, text is null from articles where outlet = 'quaynews.example' and title = 'Granary news'"
    assert station.asks(known) == [("Granary news", "quaynews.example", 120, "seed", True)]
    assert station.asks("select count(*) from mentions") == [(0,)], (
        "a mention has evidence, and evidence needs the text"
    )

    report = seeded(station, folder)
    assert (report.loaded.filled, report.loaded.stored) == (1, 4)
    assert [line.facts for line in report.lines if line.facts] == ["archive"]
    ((_, _, words, _, missing),) = station.asks(known)
    assert not missing
    assert words == len(from_text("a", LAYOUTS["archive.txt"]).text.split())
    assert station.asks("select count(*) from articles") == [(5,)]
    assert station.asks("select count(*) from mentions where initiative_id = 'lantern-accord'") == [(2,)]


def test_a_pass_loads_the_facts_that_its_configuration_holds(
    tmp_path: Path, newsroom: Newsroom, receiver: Receiver, clock: Clock
) -> None:
    newsroom.outlet("ledger").publishes("Tides", story(6, "harbour office"))
    station = configured(
        tmp_path, newsroom, receiver, clock, {"seeds": [facts_of("archive.txt", title="Granary news")]}
    )
    station.runs()
    assert station.asks("select count(*) from articles where origin = 'seed'") == [(1,)]


# ---- what seeds do to alerts ----------------------------------------------------------------------------------------


def test_seeds_never_alert_and_a_later_mention_is_no_first_mention(
    station: Station, newsroom: Newsroom, receiver: Receiver, clock: Clock, folder: Path, tmp_path: Path
) -> None:
    ledger = newsroom.outlet("ledger")
    ledger.publishes("Tides", story(6, "harbour office"))
    configured(tmp_path, newsroom, receiver, clock)
    seeded(station, folder)
    assert station.asks("select count(*) from signals") == [(0,)]
    station.runs()
    assert len(receiver.posts) == 0

    clock.passes(hours=3)
    ledger.publishes("Signed", story(7, "Harbour Treaty"))
    station.runs()
    kinds = station.asks("select kind from signals where initiative_id = 'harbour-treaty' order by kind")
    assert ("new_story",) in kinds
    assert ("first_mention",) not in kinds
    assert stories_told(receiver.posts) == [("Harbour Treaty", "Signed")]


def test_facts_alone_are_enough_for_a_later_mention_to_be_no_first_mention(
    tmp_path: Path, newsroom: Newsroom, receiver: Receiver, clock: Clock
) -> None:
    ledger = newsroom.outlet("ledger")
    ledger.publishes("Tides", story(6, "harbour office"))
    facts = facts_of("archive.txt", initiatives=["lantern-accord"])
    station = configured(tmp_path, newsroom, receiver, clock, {"seeds": [facts]})
    station.runs()
    clock.passes(hours=3)
    ledger.publishes("Lit", story(8, "Lantern Accord"))
    ledger.publishes("Boarded", story(9, "Ferry Panel"))
    station.runs()
    kinds = station.asks(
        "select initiative_id, kind from signals where kind in ('first_mention', 'new_story') order by all"
    )
    assert kinds == [("ferry-panel", "first_mention"), ("ferry-panel", "new_story"), ("lantern-accord", "new_story")]


def test_a_reprint_of_a_seed_joins_its_story_and_is_no_news_though_only_its_fingerprint_is_known(
    tmp_path: Path, newsroom: Newsroom, receiver: Receiver, clock: Clock
) -> None:
    ledger = newsroom.outlet("ledger")
    ledger.publishes("Tides", story(6, "harbour office"))
    facts = facts_of("archive.txt", published="2026-03-05", initiatives=["lantern-accord"])
    station = configured(tmp_path, newsroom, receiver, clock, {"seeds": [facts]})
    station.runs()
    clock.passes(hours=3)
    ledger.publishes("Granaries, again", from_text("a", LAYOUTS["archive.txt"]).text.replace("\n", "\n\n"))
    report = station.runs()
    assert (report.articles, report.copies) == (1, 1)
    ((story_of_reprint, seed_article),) = station.asks(
        "select (select story_id from story_members join articles using (article_id) where title = 'Granaries, again'), "
        "(select article_id from articles where origin = 'seed')"
    )
    assert story_of_reprint == seed_article
    kinds = {kind for (kind,) in station.asks("select kind from signals")}
    assert kinds <= {"new_outlet"}
    assert all("new story" not in item["reason"] for post in receiver.posts for item in post.json["items"])


# ---- the project's own corpus ---------------------------------------------------------------------------------------


def shared(*parts: str) -> Path:
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"../shared/{'/'.join(parts)} is absent")
    return path


@pytest.mark.real
def test_the_five_seeds_are_five_articles_in_five_stories_with_their_facts(tmp_path: Path, clock: Clock) -> None:
    config = tmp_path / "config"
    config.mkdir()
    (config / "sources.yaml").write_text("sources: []\n")
    station = Station(config, Warehouse(tmp_path / "govwatch.duckdb"), clock)
    report = seeded(station, shared("seeds"))
    assert report.problems == []
    assert [bool(line.facts) for line in report.lines] == [True] * 5
    assert (report.loaded.filled, report.loaded.stored) == (5, 0), "the shipped facts knew all of them"
    assert station.asks(
        "select count(*), count(distinct story_id) from articles join story_members using (article_id)"
    ) == [(5, 5)]
    assert station.asks("select count(*) from articles where outlet = '' or published is null") == [(0,)]
    stated = station.asks("from seed_initiatives except select article_id, initiative_id from mentions")
    assert stated == [], "what the facts state has its evidence in the texts"


@pytest.mark.real
def test_every_gold_mention_of_the_seeds_is_found_with_its_span() -> None:
    gold, folder = (
        json.loads(shared("kits", "mentions", "seeds_gold.json").read_text(encoding="utf-8")),
        shared("seeds"),
    )
    matcher = Matcher.load(SHIPPED / "initiatives.yaml")
    wanted = missed = 0
    for document in gold["documents"]:
        with (folder / document["file"]).open(encoding="utf-8", newline="") as file:
            text = file.read()
        found = {(one.initiative_id, one.start, one.end) for one in matcher.find("", text, document["language"])}
        spans = [one for one in document["mentions"] if not one.get("optional")]
        wanted += len(spans)
        absent = [one for one in spans if (one["initiative"], one["start"], one["end"]) not in found]
        missed += len(absent)
        assert not absent, (document["file"], absent)
    assert (wanted, missed) == (45, 0)
