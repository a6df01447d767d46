"""Facts of one text of the seed corpus: what is known of it without the text itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SeedFacts:
    """What a list of facts says of one text.

    Attributes:
        id: stable name of the text; its article's identity is made of it.
        file, sha256: how the text is recognised: by its file's name, or by the SHA-256 of its bytes.
        title, outlet, outlet_name, published, published_raw, language, country, url: None where not stated.
        words: word count of the text; None when not stated.
        initiatives: ids of the initiatives that the text mentions.
        fingerprint: of the text, as `extractors.fingerprints.encode` writes it: how a copy is recognised without it.
    """

    id: str
    file: str | None = None
    sha256: str | None = None
    title: str | None = None
    outlet: str | None = None
    outlet_name: str | None = None
    published: datetime | None = None
    published_raw: str | None = None
    language: str | None = None
    country: str | None = None
    url: str | None = None
    words: int | None = None
    initiatives: tuple[str, ...] = ()
    fingerprint: str | None = None
