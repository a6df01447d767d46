"""The documents are true: what users can write, type, query or meet stands in them, and their examples work."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import click
import pytest
import yaml
from pydantic import BaseModel

from alerts import dispatch, route, timing
from alerts.channels import service
from alerts.content import compose
from alerts.render import render
from config.alerts import AlertsFile, ChannelShape
from config.document import Shape, read, shape
from config.initiatives import InitiativesFile
from config.load import load
from config.seeds import SeedsFile
from config.settings import Settings
from config.sites import SiteFile
from config.sources import KINDS, SourcesFile
from extractors import kinds
from extractors.matching import pattern
from extractors.mentions import Matcher, examples, explain, lint
from flows.cli import program
from records import errors
from records.alert import Notification, Occasion, Verdict
from records.article import Outcome
from records.delivery import Result
from records.errors import ConfigurationError, GovwatchError
from records.mention import AlertLevel, Place, Scope
from records.operation import Alarm
from records.signal import Kind, NewMention, Severity, Signal
from records.subscription import Channel, Format, SilenceMode, Transport
from warehouse import frontier

ROOT = Path(__file__).parents[2]
PAGES = {path.name: path.read_text("utf-8") for path in sorted((ROOT / "docs").glob("*.md"))}
CONFIGURATION = PAGES["configuration.md"]
EVERYTHING = "\n".join([*PAGES.values(), (ROOT / "README.md").read_text("utf-8")])

FILES: dict[str, type[Shape]] = {
    "sources.yaml": SourcesFile,
    "initiatives.yaml": InitiativesFile,
    "alerts.yaml": AlertsFile,
    "settings.yaml": Settings,
    "seeds.yaml": SeedsFile,
    "sites/SITE.yaml": SiteFile,
}


# ---- configuration --------------------------------------------------------------------------------------------------


def shapes_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """Every shape that may stand behind an annotation, through lists, unions and mappings."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) is Annotated:
        yield from shapes_in(get_args(annotation)[0])
    elif get_origin(annotation) in (tuple, list, dict, Mapping, Union, UnionType) or get_args(annotation):
        for inner in get_args(annotation):
            yield from shapes_in(inner)


def keys_of(model: type[BaseModel], seen: set[type[BaseModel]] | None = None) -> Iterator[str]:
    """Every key that a file of this shape may hold, as users write it."""
    seen = set() if seen is None else seen
    if model in seen:
        return
    seen.add(model)
    for name, info in model.model_fields.items():
        yield info.alias or name
        for inner in shapes_in(info.annotation):
            yield from keys_of(inner, seen)


def section(file: str) -> str:
    found = re.search(rf"^## {re.escape(file)}\n(.*?)(?=^## |\Z)", CONFIGURATION, re.DOTALL | re.MULTILINE)
    assert found is not None, file
    return found[1]


@pytest.mark.parametrize("file", FILES)
def test_every_key_of_a_file_is_explained_in_its_section(file: str) -> None:
    text = section(file)
    keys = set(keys_of(FILES[file]))

    assert len(keys) > 5
    missing = [key for key in sorted(keys) if not re.search(rf"`(?:[a-z_]+\.)?{re.escape(key)}[`.]", text)]
    assert not missing


EXAMPLE = re.compile(r"<!-- complete: (\S+) -->\n```yaml\n(.*?)```", re.DOTALL)
COMPLETE = EXAMPLE.findall(CONFIGURATION)
TAUGHT = dict(EXAMPLE.findall(PAGES["tutorial.md"]))


class AnySecret(dict[str, str]):
    """An environment in which every variable is set."""

    def __contains__(self, key: object) -> bool:
        return True

    def __missing__(self, key: str) -> str:
        return "not-a-secret"


def loaded(file: str, text: str) -> Shape:
    document = read(Path(file), AnySecret(), text=text)
    found = shape(document, FILES[file])
    assert found is not None, [str(problem) for problem in document.problems]
    return found


def test_there_is_a_complete_example_of_every_file() -> None:
    assert {file for file, _ in COMPLETE} == set(FILES)


@pytest.mark.parametrize(("file", "text"), COMPLETE, ids=[file for file, _ in COMPLETE])
def test_a_complete_example_loads_strictly(file: str, text: str) -> None:
    loaded(file, text)


@pytest.mark.parametrize("text", [text for file, text in COMPLETE if file == "initiatives.yaml"])
def test_the_example_of_the_matching_language_finds_what_it_says(text: str) -> None:
    file = loaded("initiatives.yaml", text)
    assert isinstance(file, InitiativesFile)
    initiatives = file.records()

    assert initiatives[0].matching
    assert examples(initiatives) == []
    assert lint(initiatives) == []


def test_the_initiative_of_the_tutorial_can_be_pasted_below_the_shipped_ones() -> None:
    shipped = (ROOT / "config/initiatives.yaml").read_text("utf-8")
    file = loaded("initiatives.yaml", f"{shipped}\n{TAUGHT['initiative']}")
    assert isinstance(file, InitiativesFile)
    added = file.records()[-1:]

    assert added[0].id == "harbour-charter"
    assert examples(added) == []
    said = explain(Matcher(added), "", "Eleven towns signed the HCAI. The Varela Charter forbids nets.")
    shown = "\n".join(line.removeprefix("    ") for line in PAGES["tutorial.md"].splitlines())
    assert str(said) in shown


def test_the_channel_of_the_tutorial_loads_strictly() -> None:
    loaded("alerts.yaml", TAUGHT["alerts.yaml"])


def test_the_settings_that_are_called_defaults_are_the_defaults() -> None:
    (text,) = [text for file, text in COMPLETE if file == "settings.yaml"]

    assert loaded("settings.yaml", text) == Settings()


def test_the_refused_file_looks_as_shown(tmp_path: Path) -> None:
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "sources.yaml").write_text(
        "sources:\n"
        "  - id: harbour-ledger\n    url: https://ledger.example/feed.xml\n    every: 30m\n"
        "  - id: meridian-wire\n    kind: sitemap\n    url: https://wire.example/news.xml\n    evry: 10m\n"
        "  - id: lantern-institute\n    kind: rss\n    url: https://lantern.example/rss\n"
    )
    (folder / "alerts.yaml").write_text(
        "channels:\n  desk:\n    url: mailto://user:${SMTP_PASSWORD}@mail.example?to=desk@example.org\n"
    )

    with pytest.raises(ConfigurationError) as refused:
        load(folder, {})

    said = [str(problem).replace(f"{folder}", "config") for problem in refused.value.problems]
    assert len(said) == 3
    for line in said:
        assert f"  {line}\n" in CONFIGURATION


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_source_is_explained(kind: str) -> None:
    assert f"| `{kind}` |" in section("sources.yaml")


# ---- the command line -----------------------------------------------------------------------------------------------


def commands(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None
        yield f"{path} {name}", found
        if isinstance(found, click.Group):
            yield from commands(found, f"{path} {name}")


COMMANDS = dict(commands(program, "govwatch"))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_stands_in_the_documents(name: str) -> None:
    assert name in EVERYTHING
    options = [max(one.opts, key=len) for one in COMMANDS[name].params if isinstance(one, click.Option)]

    missing = [one for one in options if not re.search(rf"{one}\b", EVERYTHING)]
    assert not missing


@pytest.mark.parametrize("page", [*PAGES, "../README.md"])
def test_a_command_that_a_document_names_exists(page: str) -> None:
    text = (ROOT / "docs" / page).read_text("utf-8")
    # Commands stand in backticks or on lines of their own; "govwatch is" in prose is no command.
    typed = re.findall(r"(?:`|^ {4}|bin/|\| )govwatch ([a-z]+)(?: ([a-z]+)\b)?", text, re.MULTILINE)

    for command, inner in typed:
        assert f"govwatch {command}" in COMMANDS, command
        if isinstance(COMMANDS[f"govwatch {command}"], click.Group) and inner:
            assert f"govwatch {command} {inner}" in COMMANDS


def test_the_make_targets_that_documents_name_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:`|^ {4}|&& )make ([a-z]+)", EVERYTHING, re.MULTILINE))

    assert {"run", "test", "demo"} <= named
    assert named <= targets


# ---- words of the warehouse and of alerts ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("alerts.md", Kind),
        ("alerts.md", Verdict),
        ("alerts.md", Occasion),
        ("alerts.md", Result),
        ("alerts.md", SilenceMode),
        ("configuration.md", Format),
        ("configuration.md", Scope),
        ("alerts.md", Place),
        ("warehouse.md", Outcome),
    ],
)
def test_every_word_that_is_stored_is_explained(page: str, words: type[StrEnum]) -> None:
    # Two formats and one alert level are never written by users.
    unwritten = {"mail", "json", AlertLevel.CONTEXT}
    missing = [one.value for one in words if f"`{one.value}`" not in PAGES[page] and one.value not in unwritten]
    assert not missing


def test_every_severity_is_explained() -> None:
    assert all(f"`{severity.word}`" in PAGES["alerts.md"] for severity in Severity)


def test_every_state_of_a_message_is_explained() -> None:
    states: tuple[str, ...] = next(
        option.type.choices
        for option in COMMANDS["govwatch alerts list"].params
        if option.name == "state" and isinstance(option.type, click.Choice)
    )
    comment = (ROOT / "warehouse/migrations/0002_alerts.sql").read_text("utf-8")

    missing = [state for state in states if f"| `{state}` |" not in PAGES["alerts.md"]]
    assert not missing
    assert all(state in comment for state in states)


def test_every_state_that_a_source_can_have_is_explained() -> None:
    views = (ROOT / "warehouse/views.sql").read_text("utf-8")
    view = views[views.index("create or replace view source_health") : views.index("comment on view source_health")]
    states = set(re.findall(r"(?:then|else) '([a-z]+)'\s*$", view, re.MULTILINE))

    assert {"off", "new", "gone", "failing", "empty", "silent", "well"} <= states
    missing = [state for state in sorted(states) if f"| `{state}` |" not in PAGES["operations.md"]]
    assert not missing


# ---- errors ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [name for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, GovwatchError)],
)
def test_every_error_has_a_line_that_says_what_to_do(name: str) -> None:
    assert f"| `{name}` |" in PAGES["operations.md"]


# ---- links ----------------------------------------------------------------------------------------------------------


def documents() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=False)
    tracked = {ROOT / line for line in listed.stdout.split()} or set(ROOT.glob("*.md"))
    return sorted(path for path in tracked | set((ROOT / "docs").rglob("*.md")) if path.is_file())


def anchors(text: str) -> set[str]:
    """The names that GitHub gives to headings."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_relative_links_lead_somewhere(path: Path) -> None:
    text = path.read_text("utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        there = (path.parent / file).resolve() if file else path
        assert there.exists(), target
        if anchor and there.suffix == ".md":
            assert anchor in anchors(there.read_text("utf-8")), target


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_document_names_a_path_of_somebodys_machine(path: Path) -> None:
    assert not re.search(r"/(?:work|tmp|home|Users|root)/", path.read_text("utf-8"))


# ---- channels -------------------------------------------------------------------------------------------------------

# Where apprise looks at the form of a token.
TOKENS = {
    "SLACK_TOKEN": "xoxb-1234567890-1234567890-" + "a" * 24,
    "TELEGRAM_BOT": "123456789:" + "a" * 35,
    "TELEGRAM_CHAT": "12315544",
    "DISCORD_ID": "4174216298",
    "TEAMS_HOST": "prod-1.logic.azure.com",
    "TEAMS_WORKFLOW": "0" * 32,
    "TEAMS_SIGNATURE": "a" * 43,
    "MATTERMOST_TOKEN": "3" * 32,
    "ZULIP_TOKEN": "a" * 32,
}
URLS = re.findall(r"^\| [^|]+ \| `([a-z]+://[^`]+)` \|$", PAGES["alerts.md"], re.MULTILINE)


@pytest.mark.parametrize("url", URLS, ids=[url.partition(":")[0] for url in URLS])
def test_a_channel_of_the_table_is_understood(url: str) -> None:
    written = re.sub(r"\$\{(\w+)\}", lambda found: TOKENS.get(found[1], "abc123"), url)
    shape_of = ChannelShape(url=written, type="webhook" if url.startswith("https") else None)

    assert service(shape_of.record("example")).enabled


@pytest.mark.parametrize("mode", ["ssl", "starttls"])
def test_the_mail_urls_encrypt_as_the_table_says(mode: str) -> None:
    (url,) = [url for url in URLS if f"mode={mode}" in url]

    made = service(ChannelShape(url=url.replace("${SMTP_PASSWORD}", "x")).record("example"))

    assert made.secure_mode == mode
    assert made.port == {"ssl": 465, "starttls": 587}[mode]


def test_an_alert_looks_as_shown() -> None:
    when = datetime(2026, 11, 24, 8, 35, tzinfo=UTC)
    mention = NewMention(
        "waico",
        1,
        1,
        "Eleven island states ask for seats at World AI Cooperation Organization",
        "https://wire.example/2026/11/24/island-seats",
        "wire.example",
        "Eleven island states asked on Tuesday for seats of their own at the World AI Cooperation Organization, "
        "saying that small members should not have to share one voice.",
        "World AI Cooperation Organization",
        when,
        when,
        "Meridian Wire",
        "GB",
        "en",
    )
    name, outlets = "World AI Cooperation Organization (WAICO)", ("wire.example", "a", "b", "c", "d")
    signal = Signal(
        "ab" * 20, Kind.NEW_STORY, "1", Severity.NOTICE, mention, when, "run", initiative=name, outlets=outlets
    )
    message = Notification(
        "c0d98849" * 5, "eu-desk", "waico/1", 1, Occasion.STORY, Severity.NOTICE, when, None, (signal,)
    )
    content = compose(message, (signal,), zone="Europe/Paris", now=when)

    plain = render(content, Channel("terminal", Transport.CONSOLE))
    mail = render(content, Channel("desk", Transport.MAIL, format=Format.MAIL))

    shown = "\n".join(line.removeprefix("    ") for line in PAGES["alerts.md"].splitlines())
    assert plain.body in shown
    assert mail.subject in shown


# ---- numbers --------------------------------------------------------------------------------------------------------

IN_WORDS = {4: "four", 5: "five", 8: "eight", 10: "ten"}


def minutes(span: timedelta) -> int:
    return round(span.total_seconds() / 60)


def test_the_numbers_of_delivery_are_those_of_the_code() -> None:
    page = PAGES["alerts.md"]
    *pauses, last = (str(minutes(pause)) for pause in timing.RETRY_AFTER)

    assert f"after {', '.join(pauses)} and {last} minutes" in page
    assert f"between {100 - 100 * timing.JITTER:.0f} and {100 + 100 * timing.JITTER:.0f} %" in page
    assert f"not before {minutes(timing.PATIENCE)} minutes" in page
    assert f"{IN_WORDS[timing.MOST_ATTEMPTS]} attempts, or {minutes(timing.LONGEST_TRY) // 60} hours" in page
    assert f"{IN_WORDS[timing.OPENS_AT]} failures in a row" in page
    assert f"for {IN_WORDS[minutes(dispatch.LEASE)]} minutes at most" in page
    assert f"could not go out for {minutes(route.EXPIRES) // 60} hours" in page


def test_the_numbers_of_the_matching_language_are_those_of_the_code() -> None:
    assert f"up to {pattern.LONGEST_STEM} letters more" in CONFIGURATION
    assert f"up to {IN_WORDS[pattern.GAP_WORDS]} words of the same sentence" in CONFIGURATION
    assert f"{pattern.MOST_VARIANTS:,} spellings" in CONFIGURATION


def test_the_numbers_of_fetching_are_those_of_the_code() -> None:
    days = sum(frontier.RETRY_AFTER, timedelta()).total_seconds() / 86400

    assert f"{IN_WORDS[len(frontier.RETRY_AFTER)]} times within {days:.0f} days" in PAGES["warehouse.md"]
    assert f"the {IN_WORDS[kinds.MOST_FOLLOWED]} newest children" in CONFIGURATION


def test_every_deployment_and_its_schedule_stand_in_the_operator_s_page() -> None:
    said = {
        3600 // 4: "every 15 minutes",
        300: "every 5 minutes",
        "30 3 * * *": "03:30 Europe/Paris",
        "30 6 * * *": "06:30 Europe/Paris",
    }
    for one in yaml.safe_load((ROOT / "prefect.yaml").read_text("utf-8"))["deployments"]:
        name = f"{one['entrypoint'].rpartition(':')[2]}/{one['name']}"
        (schedule,) = one["schedules"]
        assert f"| `{name}` | {said[schedule.get('interval') or schedule['cron']]} |" in PAGES["operations.md"]


@pytest.mark.parametrize("alarm", list(Alarm))
def test_every_alarm_has_a_section_that_says_what_it_means_and_what_to_do(alarm: Alarm) -> None:
    page = (ROOT / "docs/alarms.md").read_text("utf-8")
    section = page.partition(f"\n## {alarm.heading}\n")[2].partition("\n## ")[0]
    assert section, f"docs/alarms.md has no section '{alarm.heading}'"
    assert "**Means**: " in section
    assert "**Do**: " in section
    (row,) = re.findall(rf"^\| \[{alarm.heading}\]\(#{alarm.value}\) \| (.+) \|$", page, re.MULTILINE)
    assert row.startswith(("yes", "before")) is alarm.urgent, "the table says whether it is urgent"


def test_the_page_of_alarms_holds_no_alarm_that_govwatch_cannot_raise() -> None:
    page = (ROOT / "docs/alarms.md").read_text("utf-8")
    assert set(re.findall(r"^## (.+)$", page, re.MULTILINE)) == {alarm.heading for alarm in Alarm}
