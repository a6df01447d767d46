"""JSON Feed (version 1 and 1.1, jsonfeed.org) as items.

It never trusts a type: what is no text where text belongs counts as absent.
"""

from __future__ import annotations

from typing import Any

from extractors import feed_dates
from extractors.feed_parts import SUMMARY_LIMIT, Parsed, language_tag, plain, web_url
from records.article import FeedItem

Json = dict[str, Any]


def text(value: Any) -> str | None:
    """Return ``value`` when it is text with something in it (or a number, as ids often are), else None."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value).strip() or None


def is_json_feed(data: Any) -> bool:
    """Whether ``data`` says, or shows by its form, that it is a JSON Feed."""
    return isinstance(data, dict) and isinstance(data.get("items"), list) and ("version" in data or "title" in data)


def read(data: Json, base_url: str) -> Parsed:
    """Return the items of a JSON Feed."""
    language = language_tag(text(data.get("language")))
    items = [_item(one, base_url, language) for one in data["items"] if isinstance(one, dict)]
    return Parsed("jsonfeed", items, language, next=web_url(text(data.get("next_url")), base_url) or None)


def _item(one: Json, base_url: str, language: str | None) -> FeedItem:
    guid = text(one.get("id"))
    url = web_url(text(one.get("url")), base_url) or web_url(text(one.get("external_url")), base_url)
    if not url and guid and guid.startswith(("http://", "https://")):
        url = web_url(guid, base_url)
    stated = text(one.get("date_published")) or text(one.get("date_modified"))
    summary = text(one.get("summary")) or text(one.get("content_text")) or text(one.get("content_html"))
    return FeedItem(
        url,
        plain(text(one.get("title"))),
        feed_dates.plausible(feed_dates.parse(stated)),
        summary=plain(summary, SUMMARY_LIMIT),
        language=language_tag(text(one.get("language"))) or language,
        guid=plain(guid),
    )
