"""Which of a poll's items are worth fetching: topic, first look, catch-up.

Decides and gives reasons; it never fetches and never stores.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from extractors.topic import matches_topic
from extractors.urls import canonical
from records.article import Discovery, FeedItem, Origin, Outcome
from records.source import Source

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one poll may ask for.

    Attributes:
        first_look_pages: most items of the first look at a source that are fetched.
        first_look_age: items older than this are passed over at the first look.
        catch_up_age: items older than this may only go into digests.
        silence: a source that had nothing new for this long is catching up.
    """

    first_look_pages: int = 25
    first_look_age: timedelta = timedelta(days=14)
    catch_up_age: timedelta = timedelta(hours=48)
    silence: timedelta = timedelta(days=3)


def select(
    items: Sequence[FeedItem],
    source: Source,
    *,
    first_look: bool,
    last_new_item: datetime | None,
    bounds: Bounds,
    now: datetime,
) -> list[Discovery]:
    """Return what the frontier shall note of each item of one poll, newest first.

    Args:
        items: of one poll of ``source``; two items with one canonical URL count once.
        source: with its topic keywords.
        first_look: whether the source was never read before: then the newest few are fetched as history.
        last_new_item: when the source last had something new; None when it never had.
        bounds: the limits.
        now: the time of the poll, in UTC.
    """
    unique: dict[str, FeedItem] = {}
    for item in sorted(items, key=lambda item: item.published or _NEVER, reverse=True):
        unique.setdefault(canonical(item.url), item)
    silent = last_new_item is not None and now - last_new_item > bounds.silence
    budget = bounds.first_look_pages
    found: list[Discovery] = []
    for key, item in unique.items():
        if not matches_topic(item, source.keywords):
            found.append(
                Discovery(item, key, Outcome.PASSED_OVER, "none of the source's keywords in title, summary or URL")
            )
        elif not first_look:
            old = item.published is not None and now - item.published > bounds.catch_up_age
            found.append(Discovery(item, key, catch_up=old or silent))
        elif item.published is not None and now - item.published > bounds.first_look_age:
            reason = f"older than {bounds.first_look_age.days} days at the first look at the source"
            found.append(Discovery(item, key, Outcome.OVER_BUDGET, reason, Origin.BACKFILL))
        elif budget <= 0:
            reason = f"beyond the {bounds.first_look_pages} newest at the first look at the source"
            found.append(Discovery(item, key, Outcome.OVER_BUDGET, reason, Origin.BACKFILL))
        else:
            budget -= 1
            found.append(Discovery(item, key, origin=Origin.BACKFILL))
    return found
