"""Stories on disk, from fingerprints made by hand and from generated texts."""

from __future__ import annotations

import random
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from extractors.fingerprints import decode, encode, fingerprint
from extractors.stories import StoryIndex, choose
from extractors.urls import canonical
from records import ids
from records.article import Article, Origin
from records.document import Document
from records.story import Fingerprint, StoryChoice
from warehouse import articles, migrate, old_keys, stories
from warehouse.database import Connection, Warehouse, append, rows
from warehouse.stories import COMMON, StoredNeighbours

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
WORDS = [
    a + b
    for a in ["ba", "du", "ki", "lo", "me", "nu", "pa", "ri", "so", "ta", "ve", "wi"]
    for b in ["l", "n", "r", "s", "t", "x"]
]


def prose(seed: int, sentences: int = 30) -> str:
    """A text that nobody else writes: sentences of random words."""
    rng = random.Random(seed)
    return " ".join(" ".join(rng.choices(WORDS, k=12)).capitalize() + "." for _ in range(sentences))


def printed(name: str, text: str, outlet: str = "a.example", title: str = "Notes", **more: Any) -> Document:
    """An article in the newspaper's own dress."""
    url = f"{outlet}/{name}"
    rest = {k: more.pop(k) for k in ("published", "language") if k in more}
    article = Article(f"https://{url}", title, text, outlet=outlet, **{"published": NOON, "language": "en"} | rest)
    known = {"source": "desk", "origin": Origin.LIVE, "seen_at": NOON, "url": article.url, "country": "NO"} | more
    return Document(ids.article_id(url), url, article, fingerprint(title, text), (), (), **known)


def load(con: Connection, documents: Sequence[Document], now: datetime = NOON) -> None:
    stories.store(con, documents, choose(documents, StoredNeighbours(con)), now)


def table(con: Connection, sql: str) -> list[tuple[Any, ...]]:
    return rows(con, sql)


def everything(con: Connection) -> list[list[tuple[Any, ...]]]:
    names = ("stories", "story_members", "internal.fingerprints", "internal.shingles")
    return [rows(con, f"select * from {name} order by all") for name in names]


def members(con: Connection) -> list[tuple[int, int, str]]:
    return [tuple(r) for r in rows(con, "select article_id, story_id, reason from story_members order by number")]


WHOLE = prose(1)
HALVES = WHOLE[: len(WHOLE) // 2], WHOLE[len(WHOLE) // 2 :]


def test_a_copy_joins_the_story_that_is_stored(warehouse: Warehouse) -> None:
    first, copy = printed("a", WHOLE), printed("b", WHOLE, outlet="b.example", language="nn", country="SE")
    with warehouse.writing() as con:
        load(con, [first])
    with warehouse.writing() as con:
        load(con, [copy], NOON + timedelta(hours=1))
        member = rows(con, "select score, matched_article_id, joined_story_id from story_members where reason <> 'new'")
        story = rows(con, "select story_id, articles, outlets, countries, languages, last_joined from stories")
        assert members(con) == [
            (first.article_id, first.article_id, "new"),
            (copy.article_id, first.article_id, "same_text"),
        ]
    assert member == [(1.0, first.article_id, first.article_id)]
    assert [row[:5] for row in story] == [(first.article_id, 2, ["a.example", "b.example"], ["NO", "SE"], ["en", "nn"])]
    assert story[0][5] == NOON + timedelta(hours=1)


def test_loading_the_same_batch_again_changes_nothing(warehouse: Warehouse) -> None:
    batch = [printed("a", HALVES[0]), printed("b", HALVES[1]), printed("c", WHOLE, "b.example"), printed("d", prose(2))]
    with warehouse.writing() as con:
        load(con, batch)
        before = everything(con)
    with warehouse.writing() as con:
        load(con, batch, NOON + timedelta(days=1))
        load(con, [batch[2], batch[2]], NOON + timedelta(days=1))
        assert everything(con) == before


def test_an_article_that_stands_twice_in_a_batch_is_one_member(warehouse: Warehouse) -> None:
    with warehouse.writing() as con:
        load(con, [printed("a", WHOLE), printed("a", WHOLE)])
        assert len(members(con)) == 1
        assert rows(con, "select articles from stories") == [(1,)]


@pytest.mark.parametrize("size", [1, 3, 20])
def test_the_warehouse_groups_as_memory_does_whatever_the_batches(warehouse: Warehouse, size: int) -> None:
    rng = random.Random(7)
    texts = []
    for n in range(12):
        body = prose(100 + n)
        texts += [body, body[: len(body) * 2 // 3], prose(500 + n, 4) + body + prose(700 + n, 4)][: rng.randint(1, 3)]
    rng.shuffle(texts)
    batch = [printed(f"n{n}", text, f"outlet{n}.example", title="") for n, text in enumerate(texts)]
    with warehouse.writing() as con:
        for start in range(0, len(batch), size):
            load(con, batch[start : start + size])
        stored = [story_id for _, story_id, _ in members(con)]
    memory = StoryIndex().assign([{"id": d.article_id, "text": d.article.text} for d in batch])
    assert [str(story_id) for story_id in stored] == memory


def test_a_merge_leaves_a_trace_and_moves_the_members(warehouse: Warehouse) -> None:
    first, last, whole = (
        printed("a", HALVES[0], "a.example"),
        printed("b", HALVES[1], "b.example"),
        printed("c", WHOLE, "c.example"),
    )
    later = NOON + timedelta(hours=2)
    with warehouse.writing() as con:
        load(con, [first, last])
    with warehouse.writing() as con:
        load(con, [whole], later)
        assert {story_id for _, story_id, _ in members(con)} == {first.article_id}
        kept = rows(con, "select articles, outlets, merged_into from stories where story_id = $1", [first.article_id])
        gone = rows(con, "select merged_into, merged_at, merged_by from stories where story_id = $1", [last.article_id])
        trace = rows(con, "select joined_story_id from story_members where article_id = $1", [last.article_id])
    assert kept == [(3, ["a.example", "b.example", "c.example"], None)]
    assert gone == [(first.article_id, later, whole.article_id)]
    assert trace == [(last.article_id,)]


def test_a_merge_within_one_batch_stores_the_same(warehouse: Warehouse) -> None:
    batch = [
        printed("a", HALVES[0], "a.example"),
        printed("b", HALVES[1], "b.example"),
        printed("c", WHOLE, "c.example"),
    ]
    with warehouse.writing() as con:
        load(con, batch)
        assert {story_id for _, story_id, _ in members(con)} == {batch[0].article_id}
        merged = rows(con, "select story_id, merged_into from stories where merged_into is not null")
        assert rows(con, "select articles from stories where merged_into is null") == [(3,)]
    assert merged == [(batch[1].article_id, batch[0].article_id)]


def test_a_choice_that_names_a_story_merged_meanwhile_joins_where_it_went(warehouse: Warehouse) -> None:
    batch = [
        printed("a", HALVES[0], "a.example"),
        printed("b", HALVES[1], "b.example"),
        printed("c", WHOLE, "c.example"),
    ]
    late = printed("d", HALVES[1], "d.example")
    with warehouse.writing() as con:
        load(con, batch)
        stories.store(con, [late], [StoryChoice(late.article_id, batch[1].article_id, "same_text")], NOON)
        assert members(con)[-1] == (late.article_id, batch[0].article_id, "same_text")


def test_a_late_original_is_credited_and_the_story_keeps_its_name(warehouse: Warehouse) -> None:
    copy = printed("copy", HALVES[0], "b.example", "As printed elsewhere")
    original = printed("original", WHOLE, "a.example", "As first printed", published=NOON - timedelta(days=1))
    with warehouse.writing() as con:
        load(con, [copy])
        load(con, [original])
        found = rows(con, "select story_id, original_article_id, original_outlet, original_by, title from stories")
    assert found == [(copy.article_id, original.article_id, "a.example", "earliest", "As first printed")]


def test_without_times_the_text_that_holds_the_others_is_credited(warehouse: Warehouse) -> None:
    copy, original = printed("copy", HALVES[0], "b.example", published=None), printed("o", WHOLE, published=None)
    with warehouse.writing() as con:
        load(con, [copy, original])
        found = rows(con, "select original_article_id, original_by from stories")
    assert found == [(original.article_id, "longest")]


def test_a_seed_without_text_has_its_reprint_join(warehouse: Warehouse) -> None:
    line = encode(fingerprint("Old news", WHOLE))
    seed = replace(printed("seed", "", "archive.example", origin=Origin.SEED), fingerprint=decode(line))
    reprint = printed("b", HALVES[0], "b.example")
    with warehouse.writing() as con:
        load(con, [seed])
        load(con, [reprint])
        assert members(con)[1] == (reprint.article_id, seed.article_id, "excerpt")


def test_articles_without_text_are_stories_of_their_own(warehouse: Warehouse) -> None:
    with warehouse.writing() as con:
        load(con, [printed("a", "", title=""), printed("b", "", title="")])
        load(con, [])
        assert [reason for *_, reason in members(con)] == ["new", "new"]


def test_a_rolled_back_window_leaves_nothing(warehouse: Warehouse) -> None:
    def window() -> None:
        with warehouse.writing() as con:
            load(con, [printed("a", WHOLE)])
            raise KeyError

    with pytest.raises(KeyError):
        window()
    with warehouse.writing() as con:
        assert everything(con) == [[], [], [], []]


def test_choices_for_other_documents_are_refused(warehouse: Warehouse) -> None:
    with warehouse.writing() as con, pytest.raises(ValueError, match="was given the choice for article 5"):
        stories.store(con, [printed("a", WHOLE)], [StoryChoice(5, 5, "new")], NOON)


def test_a_hash_is_followed_to_a_few_members_of_a_story_and_to_a_few_stories(warehouse: Warehouse) -> None:
    copies = [printed(f"c{n}", WHOLE, f"c{n}.example") for n in range(30)]
    shared = copies[0].fingerprint.shingles[0]
    others = [printed(f"o{n}", prose(2000 + n), f"o{n}.example") for n in range(COMMON + 10)]
    others = [
        replace(d, fingerprint=replace(d.fingerprint, shingles=(shared, *d.fingerprint.shingles[1:]))) for d in others
    ]
    with warehouse.writing() as con:
        for start in range(0, 30, 10):
            load(con, copies[start : start + 10])
        assert rows(con, "select max(n) from (select count(*) n from internal.shingles group by hash)") == [(3,)]
        load(con, others[:40])
        load(con, others[40:])
        assert rows(con, "select count(*) from internal.shingles where hash = $1", [shared]) == [(COMMON,)]
        load(con, [printed("last", HALVES[0], "last.example")])
        assert members(con)[-1][1:] == (copies[0].article_id, "excerpt")


def test_compacting_keeps_every_story_findable(warehouse: Warehouse) -> None:
    old = [printed(f"o{n}", prose(n), f"o{n}.example") for n in range(40)]
    with warehouse.writing() as con:
        load(con, old)
        assert stories.compact(con, recent=30) == 0  # not worth it yet
        assert stories.compact(con, recent=10) == 30
        assert stories.compact(con, recent=10) == 0
        for number, document in enumerate(old[:30], 1):
            assert list(old_keys.of_member(con, number)) == document.fingerprint.key[: old_keys.KEPT]
        assert old_keys.of_member(con, 31) == ()
        assert rows(con, "select min(number) from internal.shingles") == [(31,)]
        load(con, [printed(f"c{n}", prose(n)[:1800], f"c{n}.example") for n in range(40)])
        found = members(con)
    assert [story_id for _, story_id, _ in found[40:]] == [story_id for _, story_id, _ in found[:40]]


def test_old_keys_pile_up_over_many_upkeeps_and_none_is_lost(warehouse: Warehouse) -> None:
    old = [printed(f"o{n}", prose(n), f"o{n}.example") for n in range(60)]
    with warehouse.writing() as con:
        for start in range(0, 60, 20):
            load(con, old[start : start + 20])
            stories.compact(con, recent=5)
        number = {article_id: number for number, (article_id, *_) in enumerate(members(con), 1)}
        for document in old[:50]:
            shown = old_keys.find(con, document.fingerprint.key[: old_keys.KEPT])
            assert {number[document.article_id]} <= set.intersection(*(set(found.sure) for found in shown.values()))


def moved(con: Connection, keys: str) -> None:
    """The keys that an upkeep moves."""
    con.execute(
        "create or replace temp table moved as select hash::uinteger as hash, mark::utinyint as mark, "
        f"number::integer as number from ({keys})"
    )


def test_an_old_hash_leads_to_a_bounded_number_of_members(warehouse: Warehouse) -> None:
    with warehouse.writing() as con:
        moved(con, "select 7 as hash, 9 as mark, range as number from range(1, 100)")
        for _ in range(2):
            old_keys.add(con, "moved", most=COMMON)
            assert len(old_keys.find(con, [(7, 9)])[7, 9].sure) == COMMON
        assert old_keys.find(con, [(7 + (1 << 16), 9), (7 + (1 << 31), 9), (8, 9)]) == {}
        assert old_keys.find(con, []) == {}


def test_buckets_become_more_as_the_store_grows_and_every_key_is_found_in_its_new_one(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = "select hash(range) >> 37 as hash, 1 + range % 254 as mark, range as number from range({}, {})"
    asked = "select hash, mark, number from moved where number % 37 = 1 or hash % 65536 in (0, 65535)"
    with warehouse.writing() as con:
        wanted = []
        for begin, end, full, cells in ((0, 30_000, 12, 1), (30_000, 140_000, 1, 4), (140_000, 150_000, 12, 1)):
            monkeypatch.setattr(old_keys, "_FULL", full)
            moved(con, keys.format(begin, end))
            wanted += rows(con, asked)
            old_keys.add(con, "moved", most=COMMON)
            assert rows(con, "select sum(octet_length(entries)) // 6 from internal.old_keys") == [(end,)]
            ((marks, bucket),) = rows(con, "select marks, bucket from internal.old_keys limit 1")
            assert (marks.count(b"\xff") + 1, bucket.bit_length()) == (cells, 17)
            found = old_keys.find(con, {(h, mark) for h, mark, _ in wanted})
            assert [number for h, mark, number in wanted if number not in found[h, mark].sure] == []
        assert len(wanted) > 3000  # more than one question
        assert old_keys.of_member(con, 75) == tuple((h, mark) for h, mark, number in wanted if number == 75)


def test_an_old_hash_counts_by_itself_if_its_mark_agrees_and_beside_another_if_it_is_unknown(
    warehouse: Warehouse,
) -> None:
    with warehouse.writing() as con:
        moved(con, "values (7, 9, 1), (7, 0, 2), (8, 0, 2)) as keys(hash, mark, number")
        old_keys.add(con, "moved", most=COMMON)
        assert old_keys.find(con, [(7, 9)]) == {(7, 9): old_keys.Found((1,), (2,))}
        assert old_keys.find(con, [(7, 10)]) == {(7, 10): old_keys.Found((), (2,))}
        assert old_keys.find(con, [(7, 0)]) == {(7, 0): old_keys.Found((), (1, 2))}


def test_one_shared_hash_finds_a_recent_member_and_an_old_one_and_takes_two_where_marks_are_unknown(
    warehouse: Warehouse,
) -> None:
    first = printed("first", WHOLE)
    key, marks = first.fingerprint.shingles, first.fingerprint.marks

    def sharing(count: int, marks: bytes) -> Fingerprint:
        other = fingerprint("", prose(9))
        return replace(other, shingles=(*key[:count], 4_294_967_295), marks=marks and marks[:count] + b"\1")

    other = bytes(mark % 254 + 1 for mark in marks)
    asked = [sharing(1, marks), sharing(1, other), sharing(1, b""), sharing(2, b"")]
    with warehouse.writing() as con:
        load(con, [first, *(printed(f"o{n}", prose(60 + n), f"o{n}.example") for n in range(4))])
        assert [len(found) for found in StoredNeighbours(con).of(asked)] == [1, 1, 1, 1]
        assert stories.compact(con, recent=2) == 3
        assert [len(found) for found in StoredNeighbours(con).of(asked)] == [1, 0, 0, 1]


def test_what_the_neighbours_saw_changes_nothing_but_the_time(warehouse: Warehouse, tmp_path: Path) -> None:
    batch = [printed("a", HALVES[0], "a.example"), printed("b", HALVES[1], "b.example"), printed("d", prose(2))]
    later = [printed("c", WHOLE, "c.example"), printed("e", prose(2), "e.example"), printed("f", prose(3))]
    other = Warehouse(tmp_path / "other.duckdb")
    with warehouse.writing() as con, other.writing() as beside:
        for documents in (batch, later):
            neighbours = StoredNeighbours(con, new={d.article_id for d in documents})
            stories.store(con, documents, choose(documents, neighbours), NOON, neighbours)
            load(beside, documents)
        assert everything(con) == everything(beside)
        assert rows(con, "select count(*) from stories where merged_into is not null") == [(1,)]


def test_every_member_and_every_story_says_where_the_story_stands(warehouse: Warehouse) -> None:
    with warehouse.writing() as con:
        load(con, [printed("a", HALVES[0], "a.example"), printed("b", HALVES[1], "b.example")])
        load(con, [printed("c", WHOLE, "c.example"), printed("d", HALVES[1], "d.example"), printed("e", prose(5))])
        wrong = "select * from story_members m left join stories s using (story_id) where s.number is distinct from"
        assert rows(con, f"{wrong} m.story_number") == []
        misplaced = "from stories s join story_members m on m.article_id = s.story_id where m.number <> s.number"
        assert rows(con, misplaced) == []
        for table, key in (("stories", "story_id"), ("story_members", "article_id"), ("story_members", "number")):
            assert rows(con, f"select {key} from {table} group by all having count(*) > 1") == []


def test_a_warehouse_with_indexes_is_brought_to_arrival_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, views = tmp_path / "migrations", tmp_path / "views.sql"
    folder.mkdir()
    views.write_text("")
    for path in sorted(migrate.MIGRATIONS.glob("*.sql"))[:11]:
        shutil.copyfile(path, folder / path.name)
    before = [printed(f"o{n}", prose(n), f"o{n}.example") for n in range(3)]
    with monkeypatch.context() as patch:
        patch.setattr(migrate, "VIEWS", views)
        with Warehouse(tmp_path / "news.duckdb", migrations=folder).writing() as con:
            for number, document in enumerate(before, 1):
                value = document.fingerprint
                story = before[0].article_id if number == 2 else document.article_id
                new = [document.article_id, story, NOON, number]
                con.execute("insert into story_members values ($1, $2, 'new', 1, null, $3, $2, $4)", new)
                if story == document.article_id:
                    con.execute(
                        "insert into stories by name select $1 story_id, $2 first_seen, $2 last_joined, '' title, "
                        "$1 original_article_id, '' original_outlet, 'first' original_by, 1 articles, [] outlets, "
                        "[] countries, [] languages",
                        [story, NOON],
                    )
                con.execute(
                    "insert into internal.fingerprints values ($1, $2, false, '', null, [], $3)",
                    [number, value.text_hash, value.sketch],
                )
                table = "old_shingles" if number == 1 else "shingles"
                append(con, f"internal.{table}", ("hash", "number"), [(h, number) for h in value.shingles[:8]])
    with Warehouse(tmp_path / "news.duckdb").writing() as con:
        assert rows(con, "select number, story_number from story_members order by number") == [(1, 1), (2, 1), (3, 3)]
        assert rows(con, "select story_id, number from stories order by number") == [
            (before[0].article_id, 1),
            (before[2].article_id, 3),
        ]
        load(con, [printed("copy", prose(0), "copy.example"), printed("second", prose(2), "second.example")])
        assert [(story, reason) for _, story, reason in members(con)[3:]] == [
            (before[0].article_id, "same_text"),
            (before[2].article_id, "same_text"),
        ]


def test_a_warehouse_whose_old_keys_have_no_marks_finds_its_copies_before_and_after_an_upkeep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, views = tmp_path / "migrations", tmp_path / "views.sql"
    folder.mkdir()
    views.write_text("")
    for path in sorted(migrate.MIGRATIONS.glob("*.sql"))[:13]:
        shutil.copyfile(path, folder / path.name)
    before = [printed(f"o{n}", prose(n), f"o{n}.example") for n in range(6)]
    with monkeypatch.context() as patch:
        patch.setattr(migrate, "VIEWS", views)
        with Warehouse(tmp_path / "news.duckdb", migrations=folder).writing() as con:
            buckets: dict[int, list[tuple[int, int]]] = {}
            for number, document in enumerate(before, 1):
                value = document.fingerprint
                con.execute(
                    "insert into story_members values ($1, $1, 'new', 1, null, $2, $1, $3, $3)",
                    [document.article_id, NOON, number],
                )
                con.execute(
                    "insert into stories by name select $1 story_id, $2 first_seen, $2 last_joined, '' title, "
                    "$1 original_article_id, '' original_outlet, 'first' original_by, 1 articles, [] outlets, "
                    "[] countries, [] languages, $3 number",
                    [document.article_id, NOON, number],
                )
                con.execute(
                    "insert into internal.fingerprints values ($1, $2, false, '', null, [], $3)",
                    [number, value.text_hash, value.sketch],
                )
                if number < 4:
                    for h in value.shingles[:8]:
                        buckets.setdefault(h & 0xFFFF, []).append((h >> 16, number))
                else:
                    append(con, "internal.shingles", ("hash", "number"), [(h, number) for h in value.shingles])
            packed = (
                (bucket, b"".join(first.to_bytes(2, "little") + n.to_bytes(4, "little") for first, n in sorted(keys)))
                for bucket, keys in buckets.items()
            )
            append(con, "internal.old_keys", ("bucket", "entries"), packed)
    with Warehouse(tmp_path / "news.duckdb").writing() as con:
        load(con, [printed(f"c{n}", prose(n), f"c{n}.example") for n in (0, 4)])
        assert stories.compact(con, recent=1) == 4
        load(con, [printed(f"d{n}", prose(n), f"d{n}.example") for n in (0, 1, 2, 3, 4, 5)])
        found = members(con)[6:]
    assert [story for _, story, _ in found] == [before[n].article_id for n in (0, 4, 0, 1, 2, 3, 4, 5)]
    assert {reason for _, _, reason in found} == {"same_text"}


def test_every_table_and_column_says_what_it_holds(warehouse: Warehouse) -> None:
    ours = "('stories', 'story_members', 'fingerprints', 'shingles', 'old_keys')"
    with warehouse.writing() as con:
        silent = rows(
            con, f"select table_name, column_name from duckdb_columns() where table_name in {ours} and comment is null"
        )
        silent += rows(
            con, f"select table_name, '' from duckdb_tables() where table_name in {ours} and comment is null"
        )
    assert silent == []


# ---- who printed it first -----------------------------------------------------------------------------------------


def original(con: Connection) -> tuple[Any, ...]:
    ((found,),) = rows(
        con, "select (original_outlet, original_by, agency) from stories where merged_into is null and articles > 1"
    )
    return tuple(found)


def test_the_agency_that_a_copy_credits_is_the_original_though_the_copy_claims_an_earlier_time(
    warehouse: Warehouse,
) -> None:
    copy = printed("copy", f"BEXCOMBE (Reuters) - {WHOLE}", "b.example", published=NOON - timedelta(hours=3))
    for order in ([copy, printed("o", WHOLE, "reuters.com")], [printed("o2", HALVES[0], "c.example")]):
        with warehouse.writing() as con:
            load(con, order)
            assert original(con) == ("reuters.com", "agency", "Reuters")


def test_an_agency_that_is_credited_and_not_stored_is_named(warehouse: Warehouse) -> None:
    with warehouse.writing() as con:
        load(con, [printed("a", f"BEXCOMBE (AP) - {WHOLE}", "b.example"), printed("b", WHOLE, "c.example")])
        assert original(con) == ("b.example", "first", "AP")


@pytest.mark.parametrize("one_batch", [True, False])
@pytest.mark.parametrize("named_first", [True, False])
def test_a_page_that_a_member_names_as_its_original_is_it_in_whatever_order_they_come(
    warehouse: Warehouse, named_first: bool, one_batch: bool
) -> None:
    source = printed("source", WHOLE, "a.example")
    source = replace(source, article_id=ids.article_id(canonical(source.article.url)))
    copy = printed("copy", WHOLE, "b.example", published=NOON - timedelta(hours=3))
    copy = replace(copy, article=replace(copy.article, canonical_url=source.article.url))
    order = [source, copy] if named_first else [copy, source]
    for batch in [order] if one_batch else [[one] for one in order]:
        with warehouse.writing() as con:
            append(con, "articles", articles._COLUMNS, (articles._row(document, "run-1") for document in batch))
            load(con, batch)
    with warehouse.writing() as con:
        assert original(con) == ("a.example", "canonical", None)


def test_a_merge_keeps_the_stronger_evidence(warehouse: Warehouse) -> None:
    with warehouse.writing() as con:
        load(con, [printed("a", HALVES[0], "a.example", published=NOON - timedelta(hours=5))])
        load(con, [printed("b", f"BEXCOMBE (Reuters) - {HALVES[1]}", "reuters.com")])
        load(con, [printed("c", WHOLE, "c.example")])
        assert original(con) == ("reuters.com", "agency", "Reuters")
