"""Both feeds hold to their standards, and are read back by a reader of feeds: govwatch's own."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from lxml import etree

from alerts.briefing.feeds import MOST_ENTRIES, atom, json_feed
from extractors.feeds import parse
from records.briefing import Briefing
from tests.briefing.telling import SENTENCE, briefing, evidence, story
from tests.kiosk import NOON

ATOM = "{http://www.w3.org/2005/Atom}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
ADDRESS = "https://brief.example/"


@pytest.fixture
def told() -> Briefing:
    return briefing(
        story(1, "Treaty & seal < pier", outlets=(("a", "A"), ("b", "B"), ("c", "C"))),
        story(2, "معاهدة المرفأ", language="ar", evidence=(evidence("قال إن معاهدة المرفأ ستُقرأ.", "معاهدة المرفأ"),)),
        story(3, "", url="", outlet_name="", dated=False, evidence=(evidence("", "Treaty", field="title"),)),
    )


def test_an_atom_feed_holds_to_rfc_4287(told: Briefing) -> None:
    feed = etree.fromstring(atom(told))
    assert atom(told).startswith(b"<?xml version='1.0' encoding='utf-8'?>")
    assert feed.tag == f"{ATOM}feed"
    holders = [feed, *feed.findall(f"{ATOM}entry")]
    for one in holders:
        for name in ("id", "title", "updated"):  # 4.1.1, 4.1.2: exactly one of each
            assert len(one.findall(f"{ATOM}{name}")) == 1, name
        assert one.findtext(f"{ATOM}id", "").startswith("urn:uuid:")  # 4.2.6: an absolute IRI
        assert MOMENT.fullmatch(one.findtext(f"{ATOM}updated", ""))  # 3.3: RFC 3339
        assert one.findtext(f"{ATOM}author/{ATOM}name")  # 4.1.1: each entry, or the feed, has an author with a name
        alternates = [link for link in one.findall(f"{ATOM}link") if link.get("rel") == "alternate"]
        assert len(alternates) <= 1
        assert alternates or one is feed or one.findtext(f"{ATOM}content")  # 4.1.2: a link, or content
    assert len({one.findtext(f"{ATOM}id") for one in holders}) == len(holders)
    (own,) = [one for one in feed.findall(f"{ATOM}link") if one.get("rel") == "self"]
    assert own.get("href") == "atom.xml"
    assert [entry.get(LANG) for entry in holders[1:]] == ["en", "ar", "en"]
    assert all(set(content.attrib) == set() for content in feed.iter(f"{ATOM}content")), (
        "text, which nobody takes for markup"
    )


def test_a_json_feed_holds_to_version_1_1(told: Briefing) -> None:
    feed: dict[str, Any] = json.loads(json_feed(told))
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert isinstance(feed["title"], str)
    for item in feed["items"]:
        assert isinstance(item["id"], str)
        assert "content_text" in item
        assert set(item) <= {
            "id", "url", "title", "content_text", "date_published", "date_modified", "authors", "tags", "language",
        }  # fmt: skip
        assert all(MOMENT.fullmatch(value) for key, value in item.items() if key.startswith("date_"))
        assert all(author["name"] for author in item["authors"])
        assert item.get("url", "https://").startswith("https://")
    assert "date_published" not in feed["items"][2], "first sight is no publication"


@pytest.mark.parametrize(("form", "kind"), [("atom", "application/atom+xml"), ("json", "application/feed+json")])
def test_a_reader_of_feeds_finds_every_story(told: Briefing, form: str, kind: str) -> None:
    body = atom(told) if form == "atom" else json_feed(told).encode()
    found = parse(body, kind, ADDRESS)
    assert [(one.url, one.title) for one in found] == [
        ("https://ledger.example/1", "Treaty & seal < pier"),
        ("https://ledger.example/2", "معاهدة المرفأ"),
        ("", "(no headline)"),
    ]
    assert found[0].published == NOON - timedelta(hours=1)
    assert SENTENCE in (found[0].summary or "")


def test_an_entry_says_the_evidence_and_who_else_prints_it(told: Briefing) -> None:
    items = json.loads(json_feed(told))["items"]
    assert items[0]["content_text"] == f"Harbour Treaty: “{SENTENCE}”\nAlso in 2 outlets."
    assert items[2]["content_text"] == "Harbour Treaty: in the headline"
    assert items[2]["title"] == "(no headline)"
    assert items[0]["tags"] == ["Harbour Treaty"]


def test_a_story_keeps_its_id_from_briefing_to_briefing_and_differs_from_every_other() -> None:
    one, other = story(1), story(2)

    def ids(told: Briefing) -> list[str]:
        return [item["id"] for item in json.loads(json_feed(told))["items"]]

    monday = ids(briefing(one, other))
    tuesday = ids(briefing(other, story(1, "Treaty signed", found=NOON), written_at=NOON + timedelta(days=1)))
    assert set(monday) == set(tuesday)
    assert len(set(monday)) == 2


def test_a_feed_holds_the_newest_stories_and_is_as_new_as_the_newest() -> None:
    told = briefing(*(story(number, f"Part {number}") for number in range(MOST_ENTRIES + 20)))
    feed = etree.fromstring(atom(told))
    found = [entry.findtext(f"{ATOM}title") for entry in feed.findall(f"{ATOM}entry")]
    assert found == [f"Part {number}" for number in range(MOST_ENTRIES)]
    updated = datetime.fromisoformat(feed.findtext(f"{ATOM}updated", ""))
    assert updated == NOON


def test_feeds_of_other_initiatives_are_other_feeds() -> None:
    def name(*chosen: str) -> str | None:
        return etree.fromstring(atom(briefing(story(), chosen=chosen))).findtext(f"{ATOM}id")

    assert len({name(), name("a"), name("b"), name("a", "b")}) == 4
    assert name("a") == name("a")


def test_an_empty_feed_is_a_feed() -> None:
    assert parse(atom(briefing()), "application/atom+xml", ADDRESS) == []
    assert json.loads(json_feed(briefing()))["items"] == []
    assert etree.fromstring(atom(briefing())).findtext(f"{ATOM}updated")
