"""Which sources operators are told of: once when one falls ill, once when it is well again, many in one message.

Pure: it takes how the sources are and what was told before; it never judges what ill means (the view ``source_health``
does), and never stores.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from records.alert import Item
from records.operation import Alarm
from records.signal import Severity
from records.source import Condition
from records.text import clean

_LISTED = 50  # sources that one message names; `govwatch status` names all


@dataclass(frozen=True, slots=True)
class Notice:
    """What operators are told about sources.

    Attributes:
        heading: the message's title.
        items: a line for each source.
        told: what to note by source: the illness that is told now, or None for "well again".
    """

    heading: str
    items: tuple[Item, ...]
    told: dict[str, str | None] = field(default_factory=dict)


def notice(conditions: Sequence[Condition]) -> Notice | None:
    """Return what is to be told now, or None when nothing changed.

    A source that is ill and was not told of is told; so is one that was told of and is well. An illness that only
    changes its kind is told once, and a source that is switched off takes its illness with it.
    """
    ill = [one for one in conditions if one.ill and one.told is None]
    well = [one for one in conditions if one.told is not None and one.state == "well"]
    if not ill and not well:
        return None
    items = [_item(one, Severity.NOTICE) for one in ill] + [_item(one, Severity.INFO) for one in well]
    told: dict[str, str | None] = {one.source_id: one.state for one in ill}
    return Notice(_heading(len(ill), len(well)), tuple(items[:_LISTED]), told | {one.source_id: None for one in well})


def _heading(ill: int, well: int) -> str:
    parts = []
    if ill:
        parts.append("1 source is ill" if ill == 1 else f"{ill} sources are ill")
    if well:
        parts.append("1 source is well again" if well == 1 else f"{well} sources are well again")
    return ", ".join(parts)


def _item(one: Condition, severity: Severity) -> Item:
    if severity is Severity.INFO:
        sentence = f"{one.name} gives news again (it was {one.told})."
    else:
        sentence = f"{one.name}: {one.reason}. It is asked again and again all the same; see govwatch status."
    well = severity is Severity.INFO
    detail = "" if well else Alarm.SOURCE_ILL.remedy
    return Item(one.source_id, "well again" if well else one.state, severity, clean(sentence), detail=detail)
