"""The stories of a briefing as feeds that others subscribe to: Atom (RFC 4287) and JSON Feed 1.1.

An entry is a story, and keeps its id from briefing to briefing: readers show it once. It never holds markup.
"""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, register_namespace, tostring

from alerts.briefing import words
from alerts.render.links import safe_url
from records.briefing import Briefing, ToldStory
from records.text import clean

MOST_ENTRIES = 500
"""Entries of a feed: programs that read feeds ask often, and keep what they have seen."""

_ATOM = "http://www.w3.org/2005/Atom"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_TITLE = "Govwatch: new mentions"
_SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "govwatch")


def atom(briefing: Briefing) -> bytes:
    """Return the newest stories as an Atom document."""
    register_namespace("", _ATOM)
    feed = Element(f"{{{_ATOM}}}feed", {_XML_LANG: "en"})
    _text(feed, "id", _urn("feed", ",".join(briefing.chosen)))
    _text(feed, "title", _TITLE)
    _text(feed, "updated", _stamp(max((one.found for one in briefing.stories), default=briefing.until)))
    _text(feed, "generator", "govwatch")
    _text(SubElement(feed, f"{{{_ATOM}}}author"), "name", "Govwatch")
    SubElement(feed, f"{{{_ATOM}}}link", {"rel": "self", "href": "atom.xml"})
    for story in _newest(briefing):
        _entry(feed, story, words.names(briefing))
    indent(feed)
    document: bytes = tostring(feed, encoding="utf-8", xml_declaration=True)
    return document


def json_feed(briefing: Briefing) -> str:
    """Return the newest stories as a JSON Feed."""
    names = words.names(briefing)
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": _TITLE,
        "language": "en",
        "items": [_item(story, names) for story in _newest(briefing)],
    }
    return json.dumps(feed, ensure_ascii=False, indent=1)


def said(story: ToldStory, names: dict[str, str]) -> str:
    """Return the evidence of a story as plain text: a line per initiative with the sentence that names it."""
    lines = []
    for one in story.evidence:
        sentence = "in the headline" if one.field == "title" else f"“{''.join(words.passage(one))}”"
        lines.append(f"{names.get(one.initiative_id, one.initiative_id)}: {sentence}")
    others = len(story.outlets) - 1
    if others:
        lines.append(f"Also in {words.count(others, 'outlet')}.")
    return "\n".join(lines)


def _entry(feed: Element, story: ToldStory, names: dict[str, str]) -> None:
    tag = words.tongue(story.language)
    entry = SubElement(feed, f"{{{_ATOM}}}entry", {_XML_LANG: tag} if tag else {})
    _text(entry, "id", _urn("story", str(story.story_id)))
    _text(entry, "title", clean(story.title) or "(no headline)")
    _text(entry, "updated", _stamp(story.found))
    if story.dated:
        _text(entry, "published", _stamp(story.when))
    if url := safe_url(story.url):
        SubElement(entry, f"{{{_ATOM}}}link", {"rel": "alternate", "href": url})
    _text(SubElement(entry, f"{{{_ATOM}}}author"), "name", clean(story.outlet_name) or "unknown")
    for one in story.evidence:
        label = names.get(one.initiative_id, one.initiative_id)
        SubElement(entry, f"{{{_ATOM}}}category", {"term": one.initiative_id, "label": label})
    _text(entry, "content", said(story, names))


def _item(story: ToldStory, names: dict[str, str]) -> dict[str, Any]:
    item: dict[str, Any] = {
        "id": _urn("story", str(story.story_id)),
        "url": safe_url(story.url),
        "title": clean(story.title) or "(no headline)",
        "content_text": said(story, names),
        "date_published": _stamp(story.when) if story.dated else "",
        "date_modified": _stamp(story.found),
        "authors": [{"name": clean(story.outlet_name) or "unknown"}],
        "tags": [names.get(one.initiative_id, one.initiative_id) for one in story.evidence],
        "language": words.tongue(story.language),
    }
    return {key: value for key, value in item.items() if value}


def _newest(briefing: Briefing) -> list[ToldStory]:
    return sorted(briefing.stories, key=lambda story: story.found, reverse=True)[:MOST_ENTRIES]


def _urn(kind: str, name: str) -> str:
    return uuid.uuid5(_SPACE, f"{kind}/{name}").urn


def _stamp(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _text(parent: Element, name: str, text: str) -> None:
    SubElement(parent, f"{{{_ATOM}}}{name}").text = text
