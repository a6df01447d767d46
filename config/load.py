"""The only reader of configuration files and of the environment.

Reads the files of a configuration folder, gathers every mistake in all of them, and hands out records.
It never opens the warehouse or the network, and never changes a file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from config.document import Document, ShapeT, read, shape
from config.settings import Settings
from records.errors import ConfigurationError, Problem
from records.mention import Initiative
from records.seed import SeedFacts
from records.site import SiteRule
from records.source import Source
from records.subscription import AlertPolicy

SHIPPED = Path(__file__).parent
"""The configuration that comes with the program; it stands in for a file that a folder leaves out."""

CONNECTION = re.compile(r"(duckdb|ducklake|quack|md):")
"""How the connection string of a warehouse begins; anything else is a path."""

_MAY_BE_LEFT_OUT = ("initiatives.yaml", "alerts.yaml", "settings.yaml", "seeds.yaml")


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything that users configured, valid as a whole.

    Attributes:
        directory: where it was read.
        files: the file that was used for each name; the shipped one where the folder has none.
        sources, initiatives, alerts, settings: the contents.
        seeds: facts of the seed corpus.
        sites: rules for the pages of single sites.
        secrets: values that came from the environment; mask them wherever text goes out.
    """

    directory: Path
    files: dict[str, Path]
    sources: tuple[Source, ...]
    initiatives: tuple[Initiative, ...]
    alerts: AlertPolicy
    settings: Settings
    seeds: tuple[SeedFacts, ...] = ()
    sites: tuple[SiteRule, ...] = ()
    secrets: frozenset[str] = field(default_factory=frozenset, repr=False)


def directory_from(option: str | None, environ: Mapping[str, str] | None = None) -> Path:
    """Return the configuration folder: the option, GOVWATCH_CONFIG, ``config/`` here, or else the shipped one."""
    environ = os.environ if environ is None else environ
    named = option or environ.get("GOVWATCH_CONFIG")
    if named:
        return Path(named)
    here = Path("config")
    return here if (here / "sources.yaml").is_file() else SHIPPED


def warehouse_from(
    option: str | None, environ: Mapping[str, str] | None = None, directory: Path | None = None
) -> str | Path:
    """Return the warehouse's place: a path, or a connection string as it was written (its ``${NAME}`` unfilled).

    ``--warehouse``, else GOVWATCH_WAREHOUSE, else ``warehouse`` in the settings.yaml of ``directory``, else
    ``data/govwatch.duckdb``.
    """
    environ = os.environ if environ is None else environ
    named = option or environ.get("GOVWATCH_WAREHOUSE") or _settled(directory) or "data/govwatch.duckdb"
    return named if CONNECTION.match(named) or "${" in named else Path(named)


def _settled(directory: Path | None) -> str:
    """What settings.yaml says, as it stands there: its other mistakes are told by those who read all of it."""
    try:
        text = (directory / "settings.yaml").read_text(encoding="utf-8") if directory else ""
        said = yaml.safe_load(text)
    except (OSError, ValueError, yaml.YAMLError):
        return ""
    value = said.get("warehouse") if isinstance(said, dict) else None
    return value if isinstance(value, str) else ""


def load(directory: Path, environ: Mapping[str, str] | None = None) -> Configuration:
    """Read and check the files of ``directory``.

    Raises:
        ConfigurationError: with every mistake in all of them.
    """
    # The shapes are imported here: commands that only read the warehouse need none of them.
    from config.alerts import AlertsFile
    from config.initiatives import InitiativesFile
    from config.seeds import SeedsFile
    from config.sources import SourcesFile

    environ = os.environ if environ is None else environ
    if not directory.is_dir():
        hint = "name a folder that holds sources.yaml by --config or GOVWATCH_CONFIG"
        raise ConfigurationError([Problem(str(directory), 0, "", "the configuration folder does not exist", hint)])
    reading = _Reading(directory, environ)
    sources = reading.file("sources.yaml", SourcesFile)
    initiatives = reading.file("initiatives.yaml", InitiativesFile)
    alerts = reading.file("alerts.yaml", AlertsFile)
    settings = reading.file("settings.yaml", Settings)
    seed_facts = reading.file("seeds.yaml", SeedsFile)
    site_rules = reading.sites(directory / "sites")
    if sources is None or initiatives is None or alerts is None or settings is None:
        raise ConfigurationError(reading.problems)
    if seed_facts is None or site_rules is None:
        raise ConfigurationError(reading.problems)
    return Configuration(
        directory=directory,
        files=reading.files,
        sources=sources.records(),
        initiatives=initiatives.records(),
        alerts=alerts.records(settings.time_zone),
        settings=settings,
        seeds=seed_facts.records(),
        sites=site_rules,
        secrets=frozenset(reading.secrets),
    )


def initiatives(path: Path, environ: Mapping[str, str] | None = None) -> tuple[Initiative, ...]:
    """Read one file of initiatives.

    Raises:
        ConfigurationError: with every mistake in it.
    """
    from config.initiatives import InitiativesFile

    return _one(path, InitiativesFile, environ).records()


def seeds(path: Path) -> tuple[SeedFacts, ...]:
    """Read one file of facts of a seed corpus.

    Raises:
        ConfigurationError: with every mistake in it.
    """
    from config.seeds import SeedsFile

    return _one(path, SeedsFile, None).records()


def sites(folder: Path) -> tuple[SiteRule, ...]:
    """Read the rules for single sites in ``folder``, one file for each; none when there is no such folder.

    Raises:
        ConfigurationError: with every mistake in all of them.
    """
    reading = _Reading(folder, {})
    found = reading.sites(folder)
    if found is None:
        raise ConfigurationError(reading.problems)
    return found


def _one(path: Path, model: type[ShapeT], environ: Mapping[str, str] | None) -> ShapeT:
    document = read(path, {} if environ is None else environ)
    found = shape(document, model)
    if found is None:
        raise ConfigurationError(document.problems)
    return found


class _Reading:
    """Gathers the problems, secrets and paths of several files."""

    def __init__(self, directory: Path, environ: Mapping[str, str]) -> None:
        self._directory = directory
        self._environ = environ
        self.files: dict[str, Path] = {}
        self.problems: list[Problem] = []
        self.secrets: set[str] = set()

    def file(self, name: str, model: type[ShapeT]) -> ShapeT | None:
        path = self._directory / name
        if name in _MAY_BE_LEFT_OUT and not path.exists():
            path = SHIPPED / name
        self.files[name] = path
        document: Document = read(path, self._environ)
        result = shape(document, model)
        self.problems.extend(document.problems)
        self.secrets |= document.secrets
        return result

    def sites(self, folder: Path) -> tuple[SiteRule, ...] | None:
        from config.sites import SiteFile

        found: list[SiteRule] = []
        broken = len(self.problems)
        for path in sorted(folder.glob("*.yaml")):
            self.files[f"sites/{path.name}"] = path
            document = read(path, {})
            result = shape(document, SiteFile)
            if result is not None and result.site != path.stem:
                hint = f"call the file {result.site}.yaml: so no site has two"
                document.add(("site",), f"the rules of {result.site} stand in {path.name}", hint)
            self.problems.extend(document.problems)
            found.extend(result.records() if result is not None else ())
        return tuple(found) if len(self.problems) == broken else None


__all__ = [
    "CONNECTION",
    "SHIPPED",
    "Configuration",
    "directory_from",
    "initiatives",
    "load",
    "seeds",
    "sites",
    "warehouse_from",
]
