"""Why a stored article is in its story, and in no other: the same comparison that grouped it, made again to be read.

It never changes what was decided. Texts and fingerprints come from the read copy; the rules are those in force now.
"""

from __future__ import annotations

from dataclasses import dataclass

from extractors.copies import Comparison, compare
from extractors.differences import Differences, differences
from extractors.fingerprints import fingerprint
from extractors.stories import nearest
from records.story import Candidate, Fingerprint, Newcomer
from warehouse.database import Connection, rows
from warehouse.explain import Print, printed
from warehouse.stories import StoredNeighbours

MOST_NEAR = 5
"""Stories that are shown beside the article's own."""


@dataclass(frozen=True, slots=True)
class Compared:
    """The article beside one other.

    Attributes:
        article_id, story_id, title, outlet, url: of the other.
        comparison: how much of each stands in the other, and what follows.
        sentence: the same for people.
    """

    article_id: int
    story_id: int
    title: str
    outlet: str
    url: str
    comparison: Comparison
    sentence: str

    def line(self) -> str:
        """Return it as one line for people."""
        return f"article {self.article_id} ({self.outlet or 'no outlet'}): {self.title or '(no title)'}"


@dataclass(frozen=True, slots=True)
class StoryAccount:
    """Why an article is in its story.

    Attributes:
        matched: the member that it was recognised by; None when it opened the story.
        passages: where the two texts agree and differ; None when one of them is not stored.
        others: the nearest articles of other stories, the nearest first: what it did not join, and why.
    """

    matched: Compared | None
    passages: Differences | None
    others: tuple[Compared, ...]

    def lines(self) -> list[str]:
        """Return the account as lines for people."""
        lines = []
        if self.matched is not None:
            lines += [f"  recognised by {self.matched.line()}", f"    {self.matched.sentence}"]
            if self.passages is None:
                lines.append("    its words are not stored (a fingerprint only): no passages to show")
            else:
                lines += [f"    {line}" for line in self.passages.lines()]
        if not self.others:
            return [*lines, "  no article of another story shares enough of its words to be compared"]
        lines.append("  nearest of other stories, which it did not join:")
        for other in self.others:
            lines += [f"    story {other.story_id}, {other.line()}", f"      {other.sentence}"]
        return lines


def account(con: Connection, article_id: int) -> StoryAccount | None:
    """Return why the article is in its story; None when it is in none.

    Args:
        con: of the read copy; nothing is written but a temporary table.
        article_id: of a stored article.
    """
    here = printed(con, article_id)
    if here is None:
        return None
    arrival = Newcomer(here.article_id, here.outlet, here.published, _whole(here))
    there = _matched(con, article_id)
    matched = passages = None
    if there is not None:
        matched = _compared(compare(arrival, _candidate(there)), there)
        if here.text is not None and there.text is not None:
            passages = differences(here.text, there.text)
    return StoryAccount(matched, passages, _others(con, arrival, here.story_id))


def _matched(con: Connection, article_id: int) -> Print | None:
    ((matched,),) = rows(con, "select matched_article_id from story_members where article_id = $1", [article_id])
    return None if matched is None else printed(con, matched)


def _others(con: Connection, arrival: Newcomer, story_id: int) -> tuple[Compared, ...]:
    (candidates,) = StoredNeighbours(con).of([arrival.fingerprint])
    found = nearest(arrival, [one for one in candidates if one.story_id != story_id])
    shown = [(comparison, printed(con, member.article_id)) for comparison, member in found[:MOST_NEAR]]
    return tuple(_compared(comparison, there) for comparison, there in shown if there is not None)


def _whole(one: Print) -> Fingerprint:
    """The fingerprint with its whole key: of the key only what leads to a member is stored."""
    return one.fingerprint if one.text is None else fingerprint(one.title, one.text)


def _candidate(one: Print) -> Candidate:
    return Candidate(one.article_id, one.story_id, one.outlet, one.published, one.fingerprint, one.number)


def _compared(comparison: Comparison, there: Print) -> Compared:
    sentence = comparison.sentence()
    return Compared(there.article_id, there.story_id, there.title, there.outlet, there.url, comparison, sentence)
