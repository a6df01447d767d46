"""Configuration mistakes: each is found, with file, line, key and what would be right."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pytest

from config.document import Mistake, Shape, read, shape
from config.settings import Settings
from config.values import Country, Duration, Language


class Inner(Shape):
    every: Duration = timedelta(minutes=15)
    country: Country | None = None
    language: Language | None = None


class Outer(Shape):
    name: str
    items: tuple[Inner, ...] = ()

    def mistakes(self) -> Iterable[Mistake]:
        if self.name == "bad":
            yield ("name",), "a bad name", "take a good one"


def problems(text: str, model: type[Shape] = Outer, environ: dict[str, str] | None = None) -> list[str]:
    document = read(Path("file.yaml"), environ or {}, text)
    found = shape(document, model)
    assert (found is None) == bool(document.problems)
    return [str(problem) for problem in document.problems]


@pytest.mark.parametrize(
    ("what", "text", "said"),
    [
        ("an unknown key is named, with the likely one", "name: a\nitmes: []", "file.yaml:2: itmes: unknown key 'itmes' (did you mean 'items'?)"),
        ("a key that stands twice", "name: a\nname: b", "file.yaml:2: name: the key stands twice (first on line 1)"),
        ("a missing key", "items: []", "file.yaml:1: name: the key 'name' is missing"),
        ("a value deep inside", "name: a\nitems:\n  - every: 5m\n  - every: soon", "file.yaml:4: items[1].every: 'soon' is not a duration (write for example 90s, 15m, 2h, 7d or 1h 30m)"),
        ("a country in small letters", "name: a\nitems: [{country: fr}]", "file.yaml:2: items[0].country: 'fr' is not a country code (two capital letters of ISO 3166-1, for example FR; EU and UN too)"),
        ("broken YAML", "name: [a\nitems: b", "file.yaml:2: not valid YAML: did not find expected ',' or ']'"),
        ("a mistake between keys", "name: bad", "file.yaml:1: name: a bad name (take a good one)"),
        ("a missing variable", "name: ${NOBODY_SET_THIS}", "file.yaml:1: name: the environment variable NOBODY_SET_THIS is not set (export NOBODY_SET_THIS=..., or take this entry out)"),
        ("a variable that is none", "name: ${a b}", "file.yaml:1: name: '${a b}' is no variable (write ${NAME}, or $$ for a dollar sign)"),
    ],
)  # fmt: skip
def test_a_mistake_is_said_with_file_line_and_key(what: str, text: str, said: str) -> None:
    assert said in problems(text), what


def test_all_mistakes_are_found_at_once() -> None:
    assert len(problems("nam: a\nitems:\n  - {every: x}\n  - {country: y}\n  - {colour: z}")) == 5


def test_a_file_that_is_not_there_is_said_by_its_name() -> None:
    document = read(Path("no/such/file.yaml"), {})
    assert shape(document, Outer) is None
    assert "no/such/file.yaml: the file does not exist" in str(document.problems[0])


def test_variables_come_from_the_environment_and_are_remembered_as_secrets() -> None:
    document = read(Path("f.yaml"), {"TOKEN": "s3cret"}, "name: a-${TOKEN}-$${x}")
    found = shape(document, Outer)
    assert found is not None
    assert found.name == "a-s3cret-${x}"
    assert document.secrets == {"s3cret"}


def test_a_refused_secret_is_not_printed() -> None:
    said = problems("network: {timeout: '${TOKEN}'}", Settings, {"TOKEN": "hunter2"})
    assert said
    assert not any("hunter2" in line for line in said)


@pytest.mark.parametrize(
    ("written", "meant"),
    [("90s", 90), ("15m", 900), ("1h 30m", 5400), ("2w", 1209600), ("0.5h", 1800), ("45", None), ("-1h", None), ("", None)],
)  # fmt: skip
def test_durations_are_written_with_units(written: str, meant: int | None) -> None:
    document = read(Path("f.yaml"), {}, f"name: a\nitems: [{{every: '{written}'}}]")
    found = shape(document, Outer)
    assert (found.items[0].every.total_seconds() if found else None) == meant


def test_norwegian_and_norway_are_not_read_as_false() -> None:
    found = shape(read(Path("f.yaml"), {}, "name: a\nitems: [{language: no, country: NO}]"), Outer)
    assert found is not None
    assert (found.items[0].language, found.items[0].country) == ("no", "NO")


def test_times_of_day_and_dates_stay_as_they_are_written() -> None:
    document = read(Path("f.yaml"), {}, "a: 07:30\nb: 2026-11-24\nc: 12\nd: 1.5\ne: true")
    assert document.data == {"a": "07:30", "b": "2026-11-24", "c": 12, "d": 1.5, "e": True}


def test_aliases_that_explode_are_refused() -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"{new}: &{new} [{', '.join(['*' + old] * 10)}]" for old, new in zip("abcdefg", "bcdefgh", strict=True)]
    with pytest.raises(Exception, match="aliases explode"):
        read(Path("bomb.yaml"), {}, "\n".join(lines))


@pytest.mark.parametrize("name", ["10.0.0.0/8", "intranet.example", "::1", "127.0.0.1:8080", "[::1]:8080"])
def test_private_hosts_are_named_by_host_or_network(name: str) -> None:
    assert problems(f"network: {{allow_private_hosts: ['{name}']}}", Settings) == []


@pytest.mark.parametrize("name", ["*", "http://x", "a b", ""])
def test_a_private_host_that_is_none_is_refused(name: str) -> None:
    assert "neither a host nor a network" in problems(f"network: {{allow_private_hosts: ['{name}']}}", Settings)[0]
