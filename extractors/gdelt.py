"""GDELT: answers of the DOC 2.0 API (``mode=artlist&format=json``) and lines of the Article List (GAL).

Both name when GDELT first saw an article, which stands a few minutes after its publication. It never fetches.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from extractors import feed_dates
from extractors.feed_parts import SUMMARY_LIMIT, Parsed, language_tag, plain, web_url
from extractors.json_feeds import Json, text
from records.article import FeedItem

# GDELT writes languages out; these are the ones that its monitoring names most.
_LANGUAGES = {
    "arabic": "ar", "bengali": "bn", "bulgarian": "bg", "chinese": "zh", "croatian": "hr", "czech": "cs",
    "danish": "da", "dutch": "nl", "english": "en", "estonian": "et", "finnish": "fi", "french": "fr", "german": "de",
    "greek": "el", "hebrew": "he", "hindi": "hi", "hungarian": "hu", "indonesian": "id", "italian": "it",
    "japanese": "ja", "korean": "ko", "malay": "ms", "norwegian": "no", "persian": "fa", "polish": "pl",
    "portuguese": "pt", "romanian": "ro", "russian": "ru", "serbian": "sr", "slovak": "sk", "spanish": "es",
    "swedish": "sv", "thai": "th", "turkish": "tr", "ukrainian": "uk", "urdu": "ur", "vietnamese": "vi",
}  # fmt: skip


_MINUTE_FILES = "https://storage.googleapis.com/data.gdeltproject.org/gdeltv3/gal"


def minute_files(start: datetime, end: datetime) -> Iterator[str]:
    """Yield the addresses of the Article List's minute files from ``start`` to before ``end``, oldest first."""
    minute = start.astimezone(UTC).replace(second=0, microsecond=0)
    while minute < end:
        yield f"{_MINUTE_FILES}/{minute:%Y%m%d%H%M}00.gal.json.gz"
        minute += timedelta(minutes=1)


def is_artlist(data: Any) -> bool:
    """Whether ``data`` is an answer of the DOC API."""
    rows = data.get("articles") if isinstance(data, dict) else None
    return isinstance(rows, list) and all(isinstance(row, dict) for row in rows)


def read(data: Json, base_url: str) -> Parsed:
    """Return the articles of an answer of the DOC API."""
    return Parsed("gdelt", [_item(row, base_url, row.get("seendate")) for row in data["articles"]])


def read_lines(body: str, base_url: str) -> Parsed | None:
    """Return the articles of a minute file of the Article List (one JSON object a line); None when it is none.

    A line that is cut or broken is left out.
    """
    items = []
    for line in body.splitlines():
        try:
            row = json.loads(line) if line.strip() else None
        except (ValueError, RecursionError):
            continue
        if isinstance(row, dict) and "url" in row:
            items.append(_item(row, base_url, row.get("date")))
    return Parsed("gdelt article list", items) if items else None


def _item(row: Json, base_url: str, seen: Any) -> FeedItem:
    stated = (text(row.get("language")) or text(row.get("lang")) or "").lower()
    return FeedItem(
        web_url(text(row.get("url")), base_url),
        plain(text(row.get("title"))),
        feed_dates.plausible(feed_dates.parse(text(seen))),
        summary=plain(text(row.get("desc")), SUMMARY_LIMIT),
        language=_LANGUAGES.get(stated) or (language_tag(stated) if len(stated) < 4 else None),
        outlet=plain(text(row.get("outletName")) or text(row.get("domain"))),
    )
