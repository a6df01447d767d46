"""The Federal Register's documents API (``/api/v1/documents.json``) as items.

Its dates are days: the day's midnight in UTC stands for each. It never fetches; `Parsed.next` names the next page.
"""

from __future__ import annotations

from typing import Any

from extractors import feed_dates
from extractors.feed_parts import SUMMARY_LIMIT, Parsed, plain, web_url
from extractors.json_feeds import Json, text
from records.article import FeedItem


def is_answer(data: Any) -> bool:
    """Whether ``data`` is an answer of the API; one without a match holds a count of 0 and no results."""
    if not isinstance(data, dict):
        return False
    rows = data.get("results")
    if not rows:
        return data.get("count") == 0
    return (
        isinstance(rows, list)
        and isinstance(rows[0], dict)
        and {"html_url", "document_number"} & rows[0].keys() != set()
    )


def read(data: Json, base_url: str) -> Parsed:
    """Return the documents of one page."""
    rows = [row for row in data.get("results") or [] if isinstance(row, dict)]
    items = [_item(row, base_url) for row in rows]
    return Parsed("federal register", items, "en", next=web_url(text(data.get("next_page_url")), base_url) or None)


def _item(row: Json, base_url: str) -> FeedItem:
    agencies = [text(one.get("name")) for one in row.get("agencies") or [] if isinstance(one, dict)]
    return FeedItem(
        web_url(text(row.get("html_url")), base_url),
        plain(text(row.get("title"))),
        feed_dates.plausible(feed_dates.parse(text(row.get("publication_date")))),
        summary=plain(text(row.get("abstract")) or text(row.get("excerpts")), SUMMARY_LIMIT),
        language="en",
        outlet=plain(", ".join(one for one in agencies if one)),
        guid=plain(text(row.get("document_number"))),
    )
