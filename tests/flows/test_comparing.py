"""`govwatch explain` on an article: why it is in its story, which passages differ, and what it did not join."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flows.cli import main
from flows.comparing import account
from tests.warehouse.test_stories import WHOLE, load, printed, prose
from warehouse.articles import _COLUMNS, _row
from warehouse.database import Warehouse, append

QUOTED = prose(50, 14)
ORIGINAL = printed("original", WHOLE, "agency.example", "As first printed")
COPY = printed(
    "copy", "Read our letter about boats. " + WHOLE[: len(WHOLE) * 2 // 3].replace("ba", "by", 1), "b.example", "Copied"
)
OTHER = printed("other", f"{prose(3, 25)} {QUOTED}", "c.example", "On the same evening")
ANOTHER = printed("another", f"{QUOTED} {prose(4, 25)}", "d.example", "Another pen")


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """Four articles in three stories, published."""
    warehouse = Warehouse(tmp_path / "news.duckdb")
    with warehouse.writing() as con:
        documents = [ORIGINAL, COPY, OTHER, ANOTHER]
        append(con, "articles", _COLUMNS, (_row(document, "run-1") for document in documents))
        load(con, documents)
    warehouse.publish()
    return warehouse


def test_a_copy_is_shown_beside_the_member_that_it_was_recognised_by(warehouse: Warehouse) -> None:
    with warehouse.reading() as con:
        found = account(con, COPY.article_id)
    assert found is not None
    assert found.matched is not None
    assert found.matched.article_id == ORIGINAL.article_id
    assert found.matched.comparison.same
    text = "\n".join(found.lines())
    assert "- 1 sentence only here: Read our letter about boats." in text
    assert "sentences in both:" in text
    assert "only there:" in text
    assert found.others == ()


def test_an_article_that_opened_its_story_says_what_it_did_not_join_and_why(warehouse: Warehouse) -> None:
    with warehouse.reading() as con:
        found = account(con, ANOTHER.article_id)
    assert found is not None
    assert found.matched is None
    (near,) = found.others
    assert (near.article_id, near.comparison.reason) == (OTHER.article_id, "different")
    assert 0.2 < near.comparison.forward < 0.5
    assert "different, score 0." in near.sentence
    assert "where 0.66 is needed" in near.sentence


def test_an_article_that_is_not_stored_has_no_account(warehouse: Warehouse) -> None:
    with warehouse.reading() as con:
        assert account(con, 5) is None


def test_the_command_tells_it_to_people_and_to_machines(
    warehouse: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--warehouse", str(warehouse.path)]
    assert main(["explain", *where, str(COPY.article_id)]) == 0
    told = capsys.readouterr().out
    assert "joined as " in told
    assert f"recognised by article {ORIGINAL.article_id} (agency.example): As first printed" in told
    assert main(["explain", *where, "--json", str(ANOTHER.article_id)]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["story"]["others"][0]["article_id"] == OTHER.article_id


def test_a_member_whose_words_are_not_stored_is_compared_by_its_fingerprint(warehouse: Warehouse) -> None:
    with warehouse.writing() as con:
        con.execute("update articles set text = null where article_id = $1", [ORIGINAL.article_id])
    warehouse.publish()
    with warehouse.reading() as con:
        found = account(con, COPY.article_id)
    assert found is not None
    assert found.matched is not None
    assert found.matched.comparison.same
    assert "its words are not stored" in "\n".join(found.lines())
