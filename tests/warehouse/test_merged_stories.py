"""Two stories that turn out to be one: whoever was told of either is not told again, and what waits is told once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from alerts.detect import signals as detect
from extractors.fingerprints import fingerprint
from extractors.stories import choose
from records import ids
from records.article import Article, Origin
from records.document import Batch, Document
from records.mention import Mention
from tests.alerts.desk import Desk
from tests.warehouse.test_stories import HALVES, WHOLE
from warehouse import articles
from warehouse.articles import LoadReport

WAITING = """
channels: {terminal: {type: console}}
subscriptions: [{name: readers, channels: [terminal], group: {wait: 10m, interval: 3h}}]
"""


def printed(desk: Desk, outlet: str, text: str, *, treaty: bool = True) -> Document:
    """An article of that outlet; where its sentence stands in the text matters to nobody here."""
    url = f"{outlet}.example/treaty"
    mention = Mention("harbour-treaty", "text", 0, 6, text[:6], text.partition(".")[0], "treaty")
    article = Article(f"https://{url}", f"As {outlet} has it", text, published=desk.clock(), outlet=f"{outlet}.example")
    found = (mention,) if treaty else ()
    marks = fingerprint(article.title, text)
    return Document(ids.article_id(url), url, article, marks, found, (), "desk", Origin.LIVE, desk.clock(), article.url)


def prints(desk: Desk, *documents: Document) -> LoadReport:
    with desk.warehouse.writing() as con:
        return articles.load(con, Batch(documents, ()), choose=choose, detect=detect, run_id="run-1", now=desk.clock())


def kinds(desk: Desk) -> list[tuple[str, str]]:
    return [tuple(row) for row in desk.ask("select kind, outlet from signals order by created_at, outlet, kind")]


def stories(desk: Desk) -> int:
    ((count,),) = desk.ask("select count(*) from stories where merged_into is null")
    return int(count)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_an_initiative_told_for_the_story_that_was_merged_is_not_told_again_by_the_merging_article(desk: Desk) -> None:
    prints(desk, printed(desk, "courier", HALVES[0], treaty=False), printed(desk, "gazette", HALVES[1]))
    desk.dispatches()
    prints(desk, printed(desk, "herald", WHOLE))
    assert stories(desk) == 1
    assert kinds(desk)[3:] == [("new_outlet", "herald.example")]


def test_nor_by_a_later_article_of_the_surviving_story(desk: Desk) -> None:
    prints(desk, printed(desk, "courier", HALVES[0], treaty=False), printed(desk, "gazette", HALVES[1]))
    prints(desk, printed(desk, "herald", WHOLE, treaty=False))
    prints(desk, printed(desk, "tribune", HALVES[0]))
    assert kinds(desk)[3:] == [("new_outlet", "tribune.example")]


def test_nor_by_a_later_article_of_the_very_batch_that_merges(desk: Desk) -> None:
    prints(desk, printed(desk, "courier", HALVES[0], treaty=False), printed(desk, "gazette", HALVES[1]))
    prints(desk, printed(desk, "herald", WHOLE, treaty=False), printed(desk, "tribune", HALVES[0]))
    assert kinds(desk)[3:] == [("new_outlet", "tribune.example")]


def test_stories_that_a_batch_opens_and_merges_are_told_as_one(desk: Desk) -> None:
    batch = [printed(desk, "courier", HALVES[0]), printed(desk, "gazette", HALVES[1]), printed(desk, "herald", WHOLE)]
    prints(desk, *batch)
    assert stories(desk) == 1
    told = desk.ask("select scope from signals where kind = 'new_story'")
    assert told == [(str(batch[0].article_id),)]


def test_two_waiting_messages_become_one_when_their_stories_do(tmp_path: Path) -> None:
    desk = Desk(tmp_path, WAITING)
    knows_the_treaty(desk)
    prints(desk, printed(desk, "courier", HALVES[0]), printed(desk, "gazette", HALVES[1]))
    desk.dispatches()
    assert waiting(desk) == [("open", 2)]
    desk.clock.passes(minutes=5)
    prints(desk, printed(desk, "herald", WHOLE))
    desk.dispatches()
    assert waiting(desk) == [("dropped", 1), ("open", 1)]
    desk.clock.passes(minutes=5)
    desk.dispatches()
    said = desk.terminal.getvalue()
    assert said.count("new story") == 1
    assert "also in 2 outlets" in said
    desk.clock.passes(hours=4)
    desk.dispatches()
    assert desk.terminal.getvalue() == said, "nothing of the other story is told later"
    desk.holds_the_invariants()


def test_signals_that_were_not_routed_before_the_merge_are_one_story(tmp_path: Path) -> None:
    desk = Desk(tmp_path, WAITING)
    knows_the_treaty(desk)
    prints(desk, printed(desk, "courier", HALVES[0]), printed(desk, "gazette", HALVES[1]))
    prints(desk, printed(desk, "herald", WHOLE))
    desk.dispatches()
    assert waiting(desk) == [("open", 1)]
    verdicts = desk.ask("select verdict, count(*) from signals where kind = 'new_story' group by 1 order by 1")
    assert verdicts == [("inhibited", 2), ("queued", 1)], "the one of long ago was inhibited by its first mention"


def test_a_message_on_the_story_that_was_merged_counts_for_the_interval(tmp_path: Path) -> None:
    desk = Desk(tmp_path, WAITING)
    knows_the_treaty(desk)
    prints(desk, printed(desk, "courier", HALVES[0], treaty=False), printed(desk, "gazette", HALVES[1]))
    desk.dispatches()
    desk.clock.passes(minutes=11)
    desk.dispatches()
    assert desk.terminal.getvalue().count("new story") == 1
    prints(desk, printed(desk, "herald", WHOLE))
    desk.dispatches()
    ((due,),) = desk.ask("select flush_at - $1::timestamptz from notifications where state = 'open'", desk.clock())
    assert due.total_seconds() == 3 * 3600, "the interval runs from the message on the other half of the story"


def knows_the_treaty(desk: Desk) -> None:
    """Another story and its message were long ago, so that nothing is a first mention."""
    prints(desk, printed(desk, "archive", " ".join(reversed(WHOLE.split()))))
    desk.dispatches()
    desk.clock.passes(minutes=30)
    desk.dispatches()
    desk.terminal.truncate(0)
    desk.terminal.seek(0)


def waiting(desk: Desk) -> Sequence[tuple[str, int]]:
    return desk.ask(
        "select state, count(*) from notifications where state in ('open', 'dropped') group by 1 order by 1"
    )
