"""`sources.yaml`: every mistake is said with its place; what ships is well-formed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from config.document import read, shape
from config.sources import SourcesFile
from records.source import Source

SHIPPED = Path(__file__).parents[2] / "config/sources.yaml"


def load(text: str) -> tuple[SourcesFile | None, list[str]]:
    document = read(Path("sources.yaml"), {}, text)
    found = shape(document, SourcesFile)
    return found, [str(problem) for problem in document.problems]


def one(line: str) -> str:
    return f"sources:\n  - {{id: a, url: https://a.example/f, {line}}}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (one("kind: rss"), "sources.yaml:2: sources[0].kind: unknown kind 'rss' (did you mean 'feed'?)"),
        (one("kind: sitemapp"), "unknown kind 'sitemapp' (did you mean 'sitemap'?)"),
        (one("kind: listing"), "sources[0]: the listing 'a' does not say which links are articles (give selector or link_pattern)"),
        (one("link_pattern: x"), "'link_pattern' is for listings, and 'a' is a feed"),
        (one("kind: listing, link_pattern: '(x'"), "'(x' is not a regular expression: missing ), unterminated subpattern"),
        (one("kind: listing, selector: 'li a[href'"), "'li a[href' is not a CSS selector"),
        (one("enabled: false"), "sources[0].enabled: 'a' is off, and nothing says why (give a reason)"),
        (one("every: 5s"), "'a' would be polled more than once a minute (at least 1m)"),
        (one("topic: ai"), "there is no topic 'ai' (name a list under topics:)"),
        (one("tier: 4"), "sources[0].tier: "),
        (one("keyword: [x]"), "unknown key 'keyword' (did you mean 'keywords'?)"),
        ("sources: [{id: a, url: ftp://a.example}]", "'ftp://a.example' is not a web address"),
        ("sources: [{id: a, url: https://a.example}, {id: a, url: https://b.example}]", "the id 'a' stands twice (first at sources[0])"),
        ("sources: [{id: a, url: https://a.example}, {id: b, url: https://a.example}]", "'https://a.example' is polled twice (first at sources[0])"),
        ("topics: {ai-rules: [AI]}\nsources: [{id: a, url: https://a.example, topic: ai-rule}]", "there is no topic 'ai-rule' (did you mean 'ai-rules'?)"),
    ],
)  # fmt: skip
def test_a_mistake_is_said_with_what_would_be_right(text: str, said: str) -> None:
    found, problems = load(text)
    assert found is None
    assert any(said in problem for problem in problems), problems


def test_a_source_becomes_a_record_with_the_files_defaults() -> None:
    found, problems = load(
        "every: 1h\ntopics: {ai: [AI, KI]}\nsources:\n"
        "  - {id: a, url: https://a.example/f, topic: ai, keywords: [chips, AI], language: de}\n"
        "  - {id: b, name: B, kind: listing, url: https://b.example, selector: li a, every: 6h, enabled: false, reason: gone}\n"
    )
    assert not problems
    assert found is not None
    first, second = found.records()
    hour = timedelta(hours=1)
    assert first == Source("a", "a", "feed", "https://a.example/f", hour, language="de", keywords=("AI", "KI", "chips"))
    assert (second.every, second.enabled, second.reason, second.selector) == (6 * hour, False, "gone", "li a")


def test_what_ships_is_well_formed_and_complete() -> None:
    document = read(SHIPPED, {})
    found = shape(document, SourcesFile)
    assert [str(problem) for problem in document.problems] == []
    assert found is not None
    sources = found.records()
    assert len(sources) == 139
    for source in sources:
        assert source.tier, source.id
        assert source.enabled or len(source.reason) > 20, source.id
        assert source.language or source.id.startswith("gdelt"), source.id
    assert not [one.id for one in sources if one.kind == "google_news" and one.enabled]
    assert sum(one.enabled for one in sources) >= 90
