"""What every kind of warehouse holds to: the same schema, whole batches or none, each thing once, readers at any time."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts.detect import signals as detect
from extractors.fingerprints import fingerprint
from extractors.stories import choose
from records import ids
from records.article import Article, Discovery, FeedItem, Origin, Outcome, UrlOutcome
from records.document import Batch, Document
from records.errors import WarehouseError, WarehouseLocked, WarehouseTooNew
from records.mention import Figure, Mention
from tests.alerts.desk import Desk, mention
from tests.warehouse.test_stories import HALVES, WHOLE
from warehouse import articles, backup, doctor, frontier, migrate
from warehouse.articles import LoadReport
from warehouse.database import Warehouse, append, insert_missing, rows, upsert
from warehouse.query import run, to_parquet

ROOT = Path(__file__).parents[2]
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SENTENCE = "The harbour treaty was signed by 14 states on Monday."


def printed(name: str, text: str = "", outlet: str = "gazette.example") -> Document:
    """An article that mentions the treaty and a figure."""
    text = (
        text or f"{SENTENCE}\nReport number {name} tells what each of the {name} delegates of group {name} had for tea."
    )
    found = Mention("harbour-treaty", "text", 4, 18, "harbour treaty", SENTENCE, "harbour treaty", rules_version="r1")
    figure = Figure("harbour-treaty", 14.0, "equal", "states", "total", 33, 42, "14 states", SENTENCE)
    url = f"{outlet}/{name}"
    article = Article(
        f"https://{url}", f"Treaty, {name}", text, published=NOON, outlet=outlet, language="en", tags=("treaty",)
    )
    return Document(
        ids.article_id(url), url, article, fingerprint(article.title, text), (found,), (figure,), "gazette",
        Origin.LIVE, NOON, article.url, country="NO", tier=1,
    )  # fmt: skip


def loads(warehouse: Warehouse, *documents: Document) -> LoadReport:
    """Discover and load, in two windows, as a pass does."""
    with warehouse.writing() as con:
        found = [Discovery(FeedItem(d.url, source="gazette"), d.url_key) for d in documents]
        frontier.discovered(con, found, NOON)
    outcomes = tuple(UrlOutcome(d.url, Outcome.FETCHED, NOON, article_id=d.article_id) for d in documents)
    with warehouse.writing() as con:
        return articles.load(con, Batch(documents, outcomes), choose=choose, detect=detect, run_id="run-1", now=NOON)


def asked(warehouse: Warehouse, sql: str) -> list[tuple[Any, ...]]:
    warehouse.publish()
    with warehouse.reading() as con:
        return rows(con, sql)


COUNTS = """
select (select count(*) from articles), (select count(*) from stories), (select count(*) from story_members),
    (select count(*) from mentions), (select count(*) from figures), (select count(*) from signals),
    (select count(*) from frontier where outcome = 'fetched'), (select count(*) from internal.fingerprints),
    (select count(*) from internal.shingles)
"""


@contextlib.contextmanager
def process(code: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """Another worker."""
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


def test_the_schema_is_made_once_with_its_views_and_comments(warehouse: Warehouse, place: str) -> None:
    Warehouse(place).prepare()
    promised = {"articles", "stories", "mentions", "signals", "deliveries", "new_mentions", "source_health"}
    assert promised <= {row[0] for row in asked(warehouse, "select table_name from information_schema.tables")}
    assert asked(warehouse, "select version from internal.migrations order by 1") == [
        (migration.version,) for migration in migrate.migrations()
    ]
    silent = asked(
        warehouse,
        """
        select table_name, column_name from duckdb_columns()
        where not internal and comment is null and table_name in (select table_name from duckdb_tables())
            and database_name = current_database()
        """,
    )
    assert silent == []


def test_it_is_brought_up_from_an_old_schema_with_its_rows(nowhere: str, tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.mkdir()
    for migration in migrate.migrations()[:3]:
        (old / migration.name).write_text(migration.sql, encoding="utf-8")
    views, migrate.VIEWS = migrate.VIEWS, tmp_path / "views.sql"
    migrate.VIEWS.write_text("", encoding="utf-8")
    try:
        with Warehouse(nowhere, migrations=old).writing() as con:
            append(con, "internal.properties", ("name", "value"), [("kept", "yes")])
    finally:
        migrate.VIEWS = views
    warehouse = Warehouse(nowhere)
    assert loads(warehouse, printed("one")).stored == 1
    assert asked(warehouse, "select value from internal.properties where name = 'kept'") == [("yes",)]


def test_a_newer_schema_is_refused(warehouse: Warehouse, place: str, tmp_path: Path) -> None:
    fewer = tmp_path / "fewer"
    fewer.mkdir()
    for migration in migrate.migrations()[:3]:
        (fewer / migration.name).write_text(migration.sql, encoding="utf-8")
    with pytest.raises(WarehouseTooNew, match="upgrade govwatch"):
        Warehouse(place, migrations=fewer).prepare()


def test_a_batch_is_stored_whole_and_a_second_time_changes_nothing(warehouse: Warehouse) -> None:
    batch = [printed(f"n{number}") for number in range(20)]
    first = loads(warehouse, *batch)
    assert (first.stored, first.mentions, first.figures) == (20, 20, 20)
    assert first.signals > 0
    before = asked(warehouse, COUNTS)
    assert before[0][:2] == (20, 20)
    again = loads(warehouse, *batch)
    assert (again.stored, again.known, again.mentions, again.signals) == (0, 20, 0, 0)
    assert asked(warehouse, COUNTS) == before


def test_copies_join_their_story_and_two_stories_that_are_one_are_merged(warehouse: Warehouse) -> None:
    loads(warehouse, printed("first", HALVES[0]), printed("second", HALVES[1], "courier.example"))
    assert asked(warehouse, "select count(*) from stories where merged_into is null") == [(2,)]
    loads(warehouse, printed("whole", WHOLE, "herald.example"))
    assert asked(warehouse, "select articles, len(outlets) from stories where merged_into is null") == [(3, 3)]
    assert asked(warehouse, "select count(distinct story_id) from story_members") == [(1,)]


def test_a_later_text_is_a_revision_and_a_failed_window_leaves_nothing(warehouse: Warehouse) -> None:
    loads(warehouse, printed("one"))
    assert loads(warehouse, printed("one", f"{SENTENCE}\nLater it rained on the delegates.")).revised == 1

    def fail() -> None:
        with warehouse.writing() as con:
            append(con, "internal.properties", ("name", "value"), [("lost", "")])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert asked(warehouse, "select count(*) from internal.properties where name = 'lost'") == [(0,)]
    assert asked(warehouse, "select count(*) from revisions") == [(1,)]


def test_rows_are_inserted_replaced_or_left_by_their_key(warehouse: Warehouse) -> None:
    columns = ("name", "value")
    with warehouse.writing() as con:
        assert upsert(con, "internal.properties", ["name"], columns, [("a", "1"), ("b", "1")]) == 2
    with warehouse.writing() as con:
        assert upsert(con, "internal.properties", ["name"], columns, [("b", "2"), ("c", "2")]) == 2
        assert insert_missing(con, "internal.properties", ["name"], columns, [("c", "3"), ("d", "3")]) == 1
        assert insert_missing(con, "internal.properties", ["name"], columns, []) == 0
    found = asked(warehouse, "select name, value from internal.properties where name <> 'views' order by 1")
    assert found == [("a", "1"), ("b", "2"), ("c", "2"), ("d", "3")]


def test_every_view_can_be_asked(warehouse: Warehouse) -> None:
    loads(warehouse, printed("one"), printed("two", outlet="courier.example"))
    for (view,) in asked(warehouse, "select view_name from duckdb_views() where not internal order by 1"):
        asked(warehouse, f'select count(*) from "{view}"')
    assert asked(warehouse, "select count(*) from new_mentions") == [(2,)]
    assert asked(warehouse, "select count(*) from recent(3650)") == [(2,)]
    assert asked(warehouse, "select count(*) from search('harbour treaty')") == [(2,)]


def test_a_backup_is_a_whole_warehouse_in_a_file(warehouse: Warehouse, tmp_path: Path) -> None:
    loads(warehouse, *[printed(f"n{number}") for number in range(20)])
    target, checked = backup.backup(warehouse, tmp_path / "kept.duckdb", NOON)
    assert checked.rows['"main"."articles"'] == 20
    kept = Warehouse(target)
    assert asked(kept, COUNTS) == asked(warehouse, COUNTS)
    assert asked(kept, "select count(*) from search('harbour treaty')") == [(20,)]
    assert loads(kept, *[printed(f"n{number}") for number in range(21)]).stored == 1
    assert {one.name for one in tmp_path.glob("*.new*")} == set()


def test_tidying_merges_small_files_and_changes_no_answer(warehouse: Warehouse, kind: str, tmp_path: Path) -> None:
    for batch in range(4):
        loads(warehouse, *[printed(f"n{batch}-{number}") for number in range(12)])
    before = asked(warehouse, COUNTS), asked(warehouse, "select rowid, article_id, text from articles order by all")
    files = {one for one in (tmp_path / "parquet").rglob("*.parquet") if one.parent.name.startswith("articles")}
    said = warehouse.tidy(NOON + timedelta(days=400))
    assert bool(said) == (kind != "file")
    assert before == (
        asked(warehouse, COUNTS),
        asked(warehouse, "select rowid, article_id, text from articles order by all"),
    )
    if kind != "file":
        warehouse.tidy(datetime.now(UTC) + timedelta(days=400))  # what was merged may go only when it was read long ago
        left = {one for one in (tmp_path / "parquet").rglob("*.parquet") if one.parent.name.startswith("articles")}
        assert len(files) == 4
        assert len(left) == 1
    assert loads(warehouse, printed("after")).stored == 1


def test_an_invariant_that_is_broken_is_found_and_mended_everywhere(warehouse: Warehouse) -> None:
    loads(warehouse, printed("one"))
    with warehouse.writing() as con:
        assert doctor.examine(con, NOON) == []
        con.execute("update frontier set outcome = 'pending'")
        assert [one.rule for one in doctor.examine(con, NOON)] == ["pending URLs are tried"]
        doctor.mend(con, NOON)
    with warehouse.writing() as con:
        assert doctor.examine(con, NOON) == []


def test_an_analyst_asks_without_a_way_to_change_or_to_reach_files(warehouse: Warehouse, tmp_path: Path) -> None:
    loads(warehouse, printed("one"))
    warehouse.publish()
    with run(warehouse, "select outlet, $1 as asked from articles", parameters=["by me"]) as result:
        assert list(result.rows()) == [("gazette.example", "by me")]
    for statement in ("delete from articles", "drop table mentions", "insert into articles by name select 1"):
        with pytest.raises(WarehouseError), run(warehouse, statement) as result:
            list(result.rows())
    with pytest.raises(WarehouseError, match="reach no files"), run(warehouse, "from read_text('/etc/hostname')") as _:
        pass
    assert to_parquet(warehouse, "from articles", tmp_path / "out.parquet") == 1
    assert asked(warehouse, "select count(*) from articles") == [(1,)]


DIES = """
    import os, sys
    from tests.backends.test_contract import NOON, choose, detect, printed
    from records.document import Batch
    from warehouse import articles
    from warehouse.database import Warehouse

    with Warehouse(sys.argv[1]).writing() as con:
        batch = Batch(tuple(printed(f"n{number}") for number in range(10)), ())
        articles.load(con, batch, choose=choose, detect=detect, run_id="run-1", now=NOON)
        if sys.argv[2] == "after":
            con.execute("commit")
        os.kill(os.getpid(), 9)
"""


@pytest.mark.parametrize(("moment", "stored"), [("before", 0), ("after", 10)])
def test_a_worker_that_dies_leaves_a_whole_batch_or_none_and_no_lock(
    warehouse: Warehouse, place: str, moment: str, stored: int
) -> None:
    with process(DIES, place, moment) as child:
        assert child.wait(60) == -signal.SIGKILL
    counts = asked(warehouse, COUNTS)[0]
    assert counts[:5] == (stored,) * 5
    assert (
        loads(Warehouse(place, lock_timeout=5.0), *[printed(f"n{number}") for number in range(10)]).stored
        == 10 - stored
    )


WRITES = """
    import sys
    from tests.backends.test_contract import loads, printed
    from warehouse.database import Warehouse

    warehouse = Warehouse(sys.argv[1], lock_timeout=60, command=f"worker {sys.argv[2]}")
    sys.stdin.readline()
    for batch in range(2):  # half of each batch is the other worker's, too
        both = [printed(f"both-{batch}-{number}") for number in range(5)]
        mine = [printed(f"{sys.argv[2]}-{batch}-{number}") for number in range(5)]
        loads(warehouse, *both, *mine)
        print(batch, flush=True)
"""


def test_two_workers_write_at_once_and_everything_is_there_once(warehouse: Warehouse, place: str) -> None:
    seen: list[int] = []
    done = threading.Event()
    troubles: list[Exception] = []

    def read() -> None:
        while not done.is_set():
            try:
                with warehouse.reading() as con:
                    ((count, whole),) = rows(
                        con,
                        "select count(*), count(*) filter (article_id in (from story_members select article_id)) from articles",
                    )
                    ((again,),) = rows(con, "select count(*) from articles")
                assert count == whole == again, "a reader sees one state, of whole batches"
                seen.append(count)
                done.wait(0.2)
            except Exception as trouble:
                troubles.append(trouble)
                return

    warehouse.publish()
    reader = threading.Thread(target=read)
    reader.start()
    try:
        with process(WRITES, place, "one") as one, process(WRITES, place, "two") as two:
            for child in (one, two):
                assert child.stdin is not None
                child.stdin.write("\n")
                child.stdin.flush()
            for child in (one, two):
                assert child.wait(120) == 0
    finally:
        done.set()
        reader.join()
    assert troubles == []
    assert seen
    ((stored, distinct),) = asked(warehouse, "select count(*), count(distinct article_id) from articles")
    assert stored == distinct == 30
    ((members, last),) = asked(warehouse, "select count(*), max(number) from story_members")
    assert members == last == 30, "arrival numbers have no gap and no double"
    assert asked(
        warehouse, "select count(*) from (from mentions select article_id group by all having count(*) > 1)"
    ) == [(0,)]
    assert asked(warehouse, "select count(*) - count(distinct signal_id) from signals") == [(0,)]


HOLDS = """
    import sys
    from warehouse.database import Warehouse
    with Warehouse(sys.argv[1], command="govwatch run").writing():
        print("ready", flush=True)
        sys.stdin.readline()
"""


def test_a_second_writer_waits_its_time_and_says_who_writes(warehouse: Warehouse, place: str) -> None:
    with process(HOLDS, place) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "ready\n"
        with (
            pytest.raises(
                WarehouseLocked, match=rf"govwatch run.*process {other.pid}|process {other.pid} \(govwatch run\)"
            ),
            Warehouse(place, lock_timeout=0.5).writing(),
        ):
            pass


def test_an_open_reader_keeps_its_state_while_others_write(warehouse: Warehouse) -> None:
    loads(warehouse, printed("one"))
    warehouse.publish()
    with warehouse.reading() as con:
        assert rows(con, "select count(*) from articles") == [(1,)]
        loads(warehouse, printed("two"))
        warehouse.publish()
        assert rows(con, "select count(*) from articles") == [(1,)]
    assert asked(warehouse, "select count(*) from articles") == [(2,)]


def test_alerts_are_claimed_and_told_once(warehouse: Warehouse, tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.warehouse = desk.outbox._warehouse = warehouse
    desk.reads(mention(), mention("air-accord", 2))
    assert desk.dispatches().sent == 2
    assert desk.dispatches().changed is False
    assert desk.terminal.getvalue().count("first mention") == 2
    assert asked(warehouse, "select state, count(*) from deliveries group by all") == [("sent", 2)]
    assert asked(warehouse, "select count(distinct delivery_id) from told") == [(2,)]
    desk.reads(mention("sea-pact", 3))
    dispatchers = [threading.Thread(target=desk.dispatches, args=(f"desk-{number}",)) for number in range(2)]
    for one in dispatchers:
        one.start()
    for one in dispatchers:
        one.join()
    assert asked(warehouse, "select count(*) from deliveries where state = 'sent'") == [(3,)]
    assert asked(warehouse, "select count(*) from attempts") == [(3,)]
