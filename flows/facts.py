"""The facts of the seed corpus: what is old news, known before any text is at hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from extractors.fingerprints import decode
from extractors.urls import canonical
from flows.loading import load
from records.article import Access, Article, Origin
from records.document import Batch, Document
from records.ids import article_id
from records.seed import SeedFacts
from warehouse import seed
from warehouse.database import Connection


def load_facts(con: Connection, facts: Sequence[SeedFacts], now: datetime, run_id: str) -> int:
    """Note the facts of texts that are not stored yet, inside an open write window; return how many were new."""
    there = seed.known(con)
    new = [one for one in facts if one.fingerprint and _identity(one) not in there]
    if new:
        batch = Batch(tuple(_document_of_facts(one, now) for one in new), ())
        load(con, batch, run_id, now)
        seed.note_initiatives(con, {_identity(one): one.initiatives for one in new})
    return len(new)


def _identity(facts: SeedFacts) -> int:
    return article_id(canonical(facts.url) if facts.url else f"seed:{facts.id}")


def _document_of_facts(facts: SeedFacts, now: datetime) -> Document:
    key = canonical(facts.url) if facts.url else f"seed:{facts.id}"
    article = Article(
        url=facts.url or key,
        title=facts.title or "",
        text="",
        published=facts.published,
        published_from="facts" if facts.published else None,
        published_raw=facts.published_raw,
        language=facts.language,
        outlet=facts.outlet or "",
        outlet_name=facts.outlet_name,
        access=Access.FULL,
        extractor="facts",
    )
    return Document(
        article_id=article_id(key),
        url_key=key,
        article=article,
        fingerprint=decode(facts.fingerprint or ""),
        mentions=(),
        figures=(),
        source="seed",
        origin=Origin.SEED,
        seen_at=now,
        url=article.url,
        country=facts.country,
        word_count=facts.words,
    )
