"""Originals: which member of a story is credited with its text, by the strongest evidence that the members show.

It never looks for evidence in texts (`extractors.agencies` does) and never changes a story's identity: an original that
arrives late is credited in the story that its copy opened.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from records.document import Document
from records.story import StoryChoice
from warehouse.database import Connection, constants, rows

COLUMNS = (
    "story_id", "number", "first_seen", "last_joined", "title", "original_article_id", "original_outlet",
    "original_published", "original_by", "articles", "outlets", "countries", "languages", "merged_into", "merged_at",
    "merged_by", "agency", "named_article_id",
)  # fmt: skip


@dataclass(slots=True)
class Story:
    """A row of `stories` that a batch makes or changes."""

    story_id: int
    number: int
    first_seen: datetime
    last_joined: datetime
    title: str
    original_article_id: int
    original_outlet: str
    original_published: datetime | None
    original_by: str = "first"
    articles: int = 0
    outlets: list[str] = field(default_factory=list)
    countries: list[str] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    merged_into: int | None = None
    merged_at: datetime | None = None
    merged_by: int | None = None
    agency: str | None = None
    named_article_id: int | None = None

    def row(self) -> tuple[object, ...]:
        """Return it as `COLUMNS`."""
        return tuple(getattr(self, name) for name in COLUMNS)


def consider(story: Story, document: Document, choice: StoryChoice) -> None:
    """Credit a newcomer of ``story`` where it has the stronger evidence, and note whom it credits itself."""
    story.agency = story.agency or choice.evidence.agency or None
    story.named_article_id = story.named_article_id or choice.evidence.canonical
    if by := _credit(story, document, choice):
        _credited(story, document, by)


def weigh(story: Story, loser: Story) -> None:
    """Credit the original of ``loser``, which is merged into ``story``, where it has the stronger evidence."""
    story.agency = story.agency or loser.agency
    story.named_article_id = story.named_article_id or loser.named_article_id
    ours, theirs = _STRENGTH.index(story.original_by), _STRENGTH.index(loser.original_by)
    earlier = _before(loser.original_published, story.original_published)
    if (theirs > ours and theirs > _BY_TIME) or (earlier and max(ours, theirs) <= _BY_TIME):
        story.title, story.original_by = loser.title, loser.original_by if theirs > _BY_TIME else "earliest"
        story.original_article_id, story.original_outlet = loser.original_article_id, loser.original_outlet
        story.original_published = loser.original_published


_STRENGTH = ("first", "longest", "earliest", "agency", "canonical")  # of the evidence for an original, weakest first
_BY_TIME = _STRENGTH.index("earliest")


def _credit(story: Story, document: Document, choice: StoryChoice) -> str | None:
    """What shows that a newcomer is the original; None when nothing stronger than what credits another article does.

    A page that a member names as its original is it; then the agency that a member's text credits. Else a time of
    publication decides where both are known. Where neither is, a text that holds all of the story and more does: its
    copies were cut from it.
    """
    published, shown = document.article.published, choice.evidence
    if document.article_id == story.named_article_id:
        return "canonical"
    if shown.own and shown.agency == story.agency and story.original_by != "canonical":
        return "agency" if story.original_by != "agency" or _before(published, story.original_published) else None
    if document.article_id == story.original_article_id or _STRENGTH.index(story.original_by) > _BY_TIME:
        return None
    if published is not None and story.original_published is not None:
        return "earliest" if published < story.original_published else None
    if published is None and story.original_published is None and choice.reason == "update":
        return "longest"
    return None


def _before(one: datetime | None, other: datetime | None) -> bool:
    return one is not None and other is not None and one < other


def _credited(story: Story, document: Document, evidence: str) -> None:
    article = document.article
    story.title, story.original_by = article.title, evidence
    story.original_article_id, story.original_outlet = document.article_id, article.outlet
    story.original_published = article.published


def credit_named(con: Connection, stories: Iterable[Story], members: Mapping[int, tuple[Document, int]]) -> None:
    """Credit the members that others named as the original.

    Args:
        con: inside the caller's transaction.
        stories: that the batch makes or changes.
        members: of this batch, which are not written yet: each with its story.
    """
    waiting: dict[int, Story] = {}
    for story in stories:
        if story.named_article_id is None or story.original_by == "canonical" or story.merged_into is not None:
            continue
        document, story_id = members.get(story.named_article_id, (None, None))
        if document is not None and story_id == story.story_id:
            _credited(story, document, "canonical")
        elif document is None:
            waiting[story.named_article_id] = story
    if not waiting:
        return
    named = rows(
        con,
        "select m.article_id, m.story_id, a.title, a.outlet, a.published from articles a join story_members m "
        f"using (article_id) where article_id in ({constants(waiting)})",
    )
    for article_id, story_id, title, outlet, published in named:
        story = waiting[article_id]
        if story.story_id == story_id:
            story.title, story.original_by, story.original_article_id = title, "canonical", article_id
            story.original_outlet, story.original_published = outlet, published
