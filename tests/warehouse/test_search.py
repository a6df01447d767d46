"""The search finds by its index what the texts hold, and nothing else: with the index, without it, and in between."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from records.document import Batch, Document
from warehouse import articles, search
from warehouse.database import Connection, Warehouse, rows

from .test_articles import by_text, nothing

Make = Callable[..., Document]

TEXTS = {
    "act": "The committee read the AI Act again. It was late.",
    "apart": "An act on AI came later; the committee slept.",
    "said": "He said that it rained upon the factory.",
    "zh": "各国代表在港口城市讨论世界人工智能合作组织条约草案。",
    "mixed": "专家使用AI技术讨论GPT-4模型。",
    "far": "人工降雨，智能电网。",
    "accent": "Le comité a relu l’accord à Genève. İSTANBUL SÖZLEŞMESİ.",
    "breaks": 'The draft\ntreaty, article 7: "cells" & more.',
    "thai": "คณะกรรมการอ่านร่างสนธิสัญญา",
}
QUESTIONS = {
    "committee": {"act", "apart"},
    "AI ACT": {"act", "apart"},
    '"ai act"': {"act"},
    '"read the AI" late': {"act"},
    "ai": {"act", "apart", "mixed"},
    "人工智能": {"zh"},
    "人工 智能": {"zh", "far"},
    "讨论": {"zh", "mixed"},
    "条": {"zh"},
    "genève comité": {"accent"},
    "İstanbul": {"accent"},
    '"draft treaty"': {"breaks"},
    "gpt-4模型": {"mixed"},
    "สนธิสัญญา": {"thai"},
    "nowhere": set(),
    "": set(),
    "%_'": set(),
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two blocks and a half of articles; each text of ours stands in each block and in the rest."""
    warehouse = Warehouse(tmp_path_factory.mktemp("search") / "news.duckdb")
    warehouse.prepare()
    with warehouse.writing() as con:
        con.execute("create temp table texts(name varchar, text varchar)")
        con.executemany("insert into texts values (?, ?)", [list(pair) for pair in TEXTS.items()])
        con.execute(
            """
            insert into articles (article_id, url, url_key, discovered_url, source_id, outlet, title, text, authors, first_seen, tags, word_count, access, origin)
            select n, 'https://harbour.example/' || n, n, '', 's', 'harbour.example',
                case n % 1024 when 777 then 'Quokkas' else coalesce(t.name, 'filler') end, coalesce(t.text, 'Filler number ' || n), [], timestamptz '2026-11-24 12:00:00+00' + to_minutes(n), [], 3, 'full', 'live'
            from range(5120) r(n) left join (select row_number() over () * 100 as spot, * from texts) t on n % 2048 = spot
            order by n
            """
        )
    return warehouse.path


@pytest.fixture(params=[0, 1, 2], ids=["no block indexed", "one block indexed", "all whole blocks indexed"])
def con(corpus: Path, request: pytest.FixtureRequest) -> Iterator[Connection]:
    with Warehouse(corpus).writing() as con:
        search.forget(con)
        assert search.index(con, request.param) == request.param
        assert search.waiting(con) == 2 - request.param
        yield con


def found(con: Connection, words: str) -> list[str]:
    return [title for (title,) in rows(con, "select title from search($1)", [words])]


def test_the_search_finds_the_same_whatever_is_indexed(con: Connection) -> None:
    for words, names in QUESTIONS.items():
        titles = found(con, words)
        assert set(titles) == names, words
        assert len(titles) == 3 * len(names), words


def test_headlines_are_searched_too_and_the_newest_come_first(con: Connection) -> None:
    days = rows(con, "select article_id from search('QUOKKAS')")
    assert [day for (day,) in days] == [4873, 3849, 2825, 1801, 777]


def test_the_index_leads_to_every_word_of_what_it_holds(con: Connection) -> None:
    assert search.misses(con, 6000) == []


def test_a_broken_index_is_noticed(corpus: Path) -> None:
    with Warehouse(corpus).writing() as con:
        search.forget(con)
        search.index(con, 2)
        con.execute("delete from internal.search_terms where block = 1")
        assert search.misses(con, 6000)


def test_an_index_of_an_older_method_is_made_anew(corpus: Path) -> None:
    with Warehouse(corpus).writing() as con:
        search.forget(con)
        search.index(con, 2)
        con.execute("update internal.search_blocks set method = 0")
        assert search.waiting(con) == 2
        assert search.index(con, 1) == 1
        assert rows(con, "select count(distinct block) from internal.search_terms") == [(1,)]


def test_an_article_that_gets_its_text_later_is_found_by_it(corpus: Path) -> None:
    with Warehouse(corpus).writing() as con:
        search.forget(con)
        search.index(con, 2)
        con.execute("update articles set text = 'Nobody wrote of axolotls before.' where article_id = 3")
        assert found(con, "axolotls") == []
        search.again(con, [3])
        assert found(con, "axolotls") == ["filler"]


def test_loading_indexes_what_earlier_loads_stored(corpus: Path, document: Make, now: datetime) -> None:
    with Warehouse(corpus).writing() as con:
        search.forget(con)
        batch = Batch((document("late", text="A tapir came late."),), ())
        articles.load(con, batch, choose=by_text, detect=nothing, run_id="r", now=now)
        assert search.waiting(con) == 1
        con.execute("delete from articles where source_id = 'harbour'")


# What the search promises, in Python and without an index. Letters of several scripts, with their odd cases; what stands
# between words; what means something in a pattern, in LIKE or in SQL.
LETTERS = "abiİsſSßéÉoσςΣΩжЖᲄтٱبक१0९"
UNSPACED = "人工智能สนか"
BETWEEN = " -.,'\n()[]%_\\$^*+?|/،。·"
FOLDED = str.maketrans("µſς\u0345ϐϑϕϖϰϱϵᲄẛ", "μsσιβθφπκρεтṡ")


def folded(text: str) -> str:
    return "".join("i" if one == "İ" else one.lower() for one in text).translate(FOLDED)


def spaced(text: str) -> str:
    apart = (one if unicodedata.category(one)[0] in "LNM" and one not in UNSPACED else " " for one in text)
    return f" {' '.join(''.join(apart).split())} "


def reading(words: str) -> Callable[[str, str], bool]:
    """What tells, of a folded text and its words, whether the article is one that was asked for."""
    units = [one.strip('" ') for one in re.findall(r'"[^"]*"|[^\s"]+', folded(words))]
    runs = [one for one in units if set(one) & set(UNSPACED)]
    phrases = [spaced(one) for one in units if one not in runs and spaced(one).strip()]
    return lambda whole, apart: (
        bool(runs or phrases) and all(one in whole for one in runs) and all(one in apart for one in phrases)
    )


def test_the_search_agrees_with_a_reading_of_all_texts_in_any_script(tmp_path: Path) -> None:
    rng = random.Random(20261201)

    def word() -> str:
        return "".join(rng.choices(UNSPACED if rng.random() < 0.3 else LETTERS, k=rng.choice((1, 1, 2, 2, 3))))

    def text(words: int) -> str:
        return "".join(word() + (rng.choice(BETWEEN) if rng.random() < 0.9 else "") for _ in range(words))

    articles = [(text(3), text(rng.randint(0, 25)) or None) for _ in range(2_300)]
    warehouse = Warehouse(tmp_path / "news.duckdb")
    warehouse.prepare()
    with warehouse.writing() as con:
        con.execute(
            """
            insert into articles (article_id, url, url_key, discovered_url, source_id, outlet, title, text, authors, first_seen, tags, word_count, access, origin)
            select n, 'https://harbour.example/' || n, n, '', 's', 'harbour.example', title, text, [], now(), [], 1, 'full', 'live'
            from (select unnest(range($1::bigint)) as n, unnest($2::varchar[]) as title, unnest($3::varchar[]) as text) order by n
            """,
            [len(articles), [title for title, _ in articles], [text for _, text in articles]],
        )
    with warehouse.writing() as con:
        assert search.index(con) == 1
        forms = [(whole, spaced(whole)) for whole in (folded(f"{title}\n{body or ''}") for title, body in articles)]
        asked = 0
        for _ in range(60):
            count = rng.choice((1, 1, 1, 2, 2, 3, 4, 5))
            words = " ".join(f'"{text(2)}"' if rng.random() < 0.3 else text(1) for _ in range(count))
            wanted = reading(words)
            expected = {n for n, (whole, apart) in enumerate(forms) if wanted(whole, apart)}
            got = [article_id for (article_id,) in rows(con, "select article_id from search($1)", [words])]
            assert set(got) == expected, words
            assert len(got) == len(expected), words
            asked += bool(expected)
        assert asked > 20
