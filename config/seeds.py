"""The shape of `seeds.yaml`: facts of the texts of a seed corpus.

The file that ships with the program knows the project's own corpus; a folder given to `govwatch seed` may hold one of
its own, as a sidecar.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from config.document import Mistake, Shape
from config.values import Country, Identifier, Language, Positive, WebURL
from records.seed import SeedFacts


def _instant(value: str) -> str:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(f"'{value}' is not a date | ISO 8601: 2025-07-30 or 2025-07-30T21:22+08:00") from None
    return value


class SeedShape(Shape):
    """The facts of one text; see `records.seed.SeedFacts`."""

    id: Identifier
    file: str | None = None
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    title: Annotated[str, Field(max_length=300)] | None = None
    outlet: str | None = None
    outlet_name: str | None = None
    published: Annotated[str, AfterValidator(_instant)] | None = None
    language: Language | None = None
    country: Country | None = None
    url: WebURL | None = None
    words: Positive | None = None
    initiatives: tuple[Identifier, ...] = ()
    fingerprint: str | None = None

    def record(self) -> SeedFacts:
        """Return the facts as a record."""
        instant = datetime.fromisoformat(self.published) if self.published else None
        if instant is not None:
            instant = (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)
        fields = self.model_dump(exclude={"published"})
        return SeedFacts(**fields, published=instant, published_raw=self.published)


class SeedsFile(Shape):
    """The whole of `seeds.yaml`."""

    seeds: tuple[SeedShape, ...] = ()

    def mistakes(self) -> Iterable[Mistake]:
        """Yield ids that stand twice, and texts that nothing could recognise."""
        seen: dict[str, int] = {}
        for number, one in enumerate(self.seeds):
            if one.id in seen:
                yield ("seeds", number, "id"), f"the id '{one.id}' stands twice", f"first at seeds[{seen[one.id]}]"
            seen.setdefault(one.id, number)
            if not (one.file or one.sha256 or one.fingerprint):
                yield (
                    ("seeds", number),
                    "nothing says which text is meant",
                    "give at least one of file, sha256 and fingerprint",
                )

    def records(self) -> tuple[SeedFacts, ...]:
        """Return the facts of every text."""
        return tuple(one.record() for one in self.seeds)
