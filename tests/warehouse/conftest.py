"""A fresh warehouse for each test, and documents in our own words."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from records import ids
from records.article import Article, Origin
from records.document import Document
from records.mention import Figure, Mention
from records.story import Fingerprint
from warehouse.database import Warehouse

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

TEXT = "Delegates met in the harbour town on Monday.\nThe draft treaty was read line by line until midnight."


@pytest.fixture
def now() -> datetime:
    """Noon of a Tuesday, in UTC."""
    return NOON


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the newest schema and nothing in it: made once, copied for each test."""
    warehouse = Warehouse(tmp_path_factory.mktemp("empty") / "news.duckdb")
    warehouse.prepare()
    return warehouse.path


@pytest.fixture
def warehouse(empty_database: Path, tmp_path: Path) -> Warehouse:
    """An empty warehouse."""
    shutil.copyfile(empty_database, tmp_path / "news.duckdb")
    return Warehouse(tmp_path / "news.duckdb", lock_timeout=2.0, command="pytest")


Make = Callable[..., Document]


@pytest.fixture
def document() -> Make:
    """Makes a document: `document("one", outlet="harbour.example", text=...)`; equal texts get equal fingerprints."""
    return make_document


def make_document(
    name: str,
    *,
    outlet: str = "harbour.example",
    title: str = "Treaty read line by line",
    text: str = TEXT,
    mentions: tuple[Mention, ...] = (),
    figures: tuple[Figure, ...] = (),
    origin: Origin = Origin.LIVE,
    published: datetime | None = NOON,
    source: str = "harbour",
    discovered: str | None = None,
    language: str = "en",
    word_count: int | None = None,
) -> Document:
    url = f"https://{outlet}/{name}"
    key = f"{outlet}/{name}"
    article = Article(
        url=url,
        title=title,
        text=text,
        authors=("Ada Quill",),
        published=published,
        published_from="json-ld",
        language=language,
        outlet=outlet,
        tags=("treaty",),
        extractor="test 1",
        raw_hash=ids.content_hash(text.encode()),
    )
    number = ids.number("text", text)
    shingles = tuple(sorted((number >> shift) & 0xFFFFFFFF for shift in range(24)))
    return Document(
        article_id=ids.article_id(key),
        url_key=key,
        article=article,
        fingerprint=Fingerprint(number, shingles, text.encode()[:64], (1, 2, 3, 4), cjk=False),
        mentions=mentions,
        figures=figures,
        source=source,
        origin=origin,
        seen_at=NOON,
        url=discovered or url,
        country="NO",
        tier=1,
        word_count=word_count,
    )


def mention_of(
    initiative: str = "harbour-treaty", *, field: str = "text", start: int = 49, surface: str = "draft treaty"
) -> Mention:
    sentence = "The draft treaty was read line by line until midnight."
    return Mention(initiative, field, start, start + len(surface), surface, sentence, surface, rules_version="r1")
