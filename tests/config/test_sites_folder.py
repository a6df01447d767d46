"""Rules for single sites are read as strictly as every other file."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.load import SHIPPED, load, sites
from records.errors import ConfigurationError
from records.site import SiteRule

GOOD = "site: ledger.example\nrules:\n  - drop: p.also\n  - {path: /live/, keep: [div.post, ol li]}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sites").mkdir()
    (tmp_path / "sources.yaml").write_text("sources: []\n")
    return tmp_path / "sites"


def refused(folder: Path, text: str, name: str = "ledger.example.yaml") -> list[str]:
    (folder / name).write_text(text)
    with pytest.raises(ConfigurationError) as error:
        load(folder.parent, {})
    return [str(problem).replace(f"{folder}/", "") for problem in error.value.problems]


def test_rules_become_records_and_one_selector_stands_for_a_list_of_one(folder: Path) -> None:
    (folder / "ledger.example.yaml").write_text(GOOD)
    configuration = load(folder.parent, {})
    assert configuration.sites == sites(folder)
    assert configuration.sites == (
        SiteRule("ledger.example", drop=("p.also",)),
        SiteRule("ledger.example", "/live/", keep=("div.post", "ol li")),
    )
    assert configuration.files["sites/ledger.example.yaml"] == folder / "ledger.example.yaml"


def test_a_folder_without_rules_has_none(tmp_path: Path) -> None:
    (tmp_path / "sources.yaml").write_text("sources: []\n")
    assert load(tmp_path, {}).sites == ()
    assert sites(tmp_path / "nowhere") == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            "site: ledger.example\nrules:\n  - drop: [p.also, 'p[']\n",
            "ledger.example.yaml:3: rules[0].drop[1]: 'p[' is not a CSS selector",
            id="a selector that is no CSS",
        ),
        pytest.param(
            "site: ledger.example\nrules:\n  - drop: p:shiny\n", "is not a CSS selector", id="a pseudo-class unknown"
        ),
        pytest.param(
            "site: ledger.example\nrules:\n  - dropp: p\n",
            "ledger.example.yaml:3: rules[0].dropp: unknown key 'dropp' (did you mean 'drop'?)",
            id="a key that is none",
        ),
        pytest.param(
            "site: https://ledger.example/\nrules: [{drop: p}]\n", "is not a host", id="an address for a host"
        ),
        pytest.param("site: ledger.example\nrules: []\n", "ledger.example.yaml:2: rules", id="no rule"),
        pytest.param(
            "site: ledger.example\nrules:\n  - drop: p\n  - keep: a\n",
            "ledger.example.yaml:4: rules[1]: the path '/' stands twice (first at rules[0])",
            id="two rules for one path",
        ),
        pytest.param(
            "site: ledger.example\nrules:\n  - path: /live/\n",
            "ledger.example.yaml:3: rules[0]: the rule says nothing",
            id="a rule without a word",
        ),
        pytest.param(
            "site: ledger.example\nrules: [{drop: p, path: live}]\n",
            "'live' is not the beginning of a path",
            id="a path without its slash",
        ),
    ],
)
def test_a_mistake_is_told_with_file_line_and_key(folder: Path, text: str, message: str) -> None:
    (problem,) = refused(folder, text)
    assert message in problem


def test_a_file_is_called_like_its_site_so_that_no_site_has_two(folder: Path) -> None:
    (problem,) = refused(folder, GOOD, "gazette.example.yaml")
    assert problem == (
        "gazette.example.yaml:1: site: the rules of ledger.example stand in gazette.example.yaml "
        "(call the file ledger.example.yaml: so no site has two)"
    )


def test_the_rules_that_ship_load() -> None:
    assert isinstance(sites(SHIPPED / "sites"), tuple)
