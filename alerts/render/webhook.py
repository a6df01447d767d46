"""JSON for machines: the same facts, with names that stay."""

from __future__ import annotations

from alerts.content import DETAIL_LIMIT, Content, also_in
from alerts.render.links import safe_url
from alerts.render.plain import Plain, fit
from records.alert import Item, Payload
from records.coverage import Coverage
from records.text import clean

_LIMIT = 30_000
_ITEMS = 500


def render(content: Content) -> Payload:
    """Return the JSON of a webhook, with the plain words beside the facts for receivers that only show them."""
    data: dict[str, object] = {
        "reference": content.reference,
        "about": list(content.about),
        "subscription": content.subscription,
        "occasion": content.occasion.value,
        "severity": content.severity.word,
        "lead": content.lead,
        "written_at": content.written_at.isoformat(),
        "items": [_item(item) for item in content.items[:_ITEMS]],
        "left_out": max(0, len(content.items) - _ITEMS),
        "remarks": list(content.remarks),
    }
    if content.coverage is not None:
        data["coverage"] = _coverage(content.coverage)
    if content.report:
        data["report"] = dict(content.report)
    return Payload(clean(content.title), fit(content, Plain(), _LIMIT), data=data)


def _coverage(coverage: Coverage) -> dict[str, object]:
    return {
        "since": coverage.since.isoformat(),
        "until": coverage.until.isoformat(),
        "sources": coverage.sources,
        "answered": coverage.answered,
        "stale": list(coverage.stale),
        "blocked": list(coverage.blocked),
        "failing": list(coverage.failing),
        "not_due": list(coverage.unasked),
        "pages": coverage.pages,
    }


def _item(item: Item) -> dict[str, object]:
    return {
        "initiative": clean(item.initiative),
        "reason": clean(item.reason),
        "severity": item.severity.word,
        "title": clean(item.title),
        "url": safe_url(item.url),
        "outlet": clean(item.outlet),
        "country": item.country,
        "language": item.language,
        "published": item.when.isoformat() if item.when else None,
        "sentence": clean(item.sentence, 600),
        "matched": clean(item.surface),
        "detail": clean(item.detail, DETAIL_LIMIT),
        "outlets": [clean(outlet) for outlet in item.outlets],
        "also": also_in(item),
        "reference": item.reference,
    }
