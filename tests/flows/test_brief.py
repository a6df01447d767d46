"""`govwatch brief` as people type it, with their mistakes."""

from __future__ import annotations

import re
import shutil
from datetime import date, datetime, timedelta
from email import message_from_bytes
from pathlib import Path

import pytest

from flows.cli.brief import window
from flows.clock import utc_now
from tests.inboxes import wait_until
from tests.kiosk import NOON, harbour_week
from tests.passes import Say, program
from warehouse.database import Warehouse


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the warehouse of a week that ends now."""
    folder = tmp_path_factory.mktemp("week")
    harbour_week(folder / "data" / "govwatch.duckdb", utc_now())
    return folder


@pytest.fixture
def here(week: Path, place: Path) -> Path:
    """The folder that we stand in, with that warehouse."""
    shutil.copytree(week / "data", place / "data")
    return place


def written(out: str) -> list[str]:
    return out.splitlines()[1:]


# ---- what it writes -------------------------------------------------------------------------------------------------


def test_it_writes_the_page_of_the_day_the_latest_and_both_feeds(here: Path, govwatch: Say) -> None:
    code, out, err = govwatch("brief")
    assert (code, err) == (0, "")
    assert out.startswith(
        "11 stories on 3 initiatives, printed 15 times by 11 outlets in 10 countries and 5 languages.\n"
    )
    files = written(out)
    assert re.fullmatch(r"data/brief/\d{4}-\d\d-\d\d\.html", files[0])
    assert files[1:] == ["data/brief/latest.html", "data/brief/atom.xml", "data/brief/feed.json"]
    page = (here / files[0]).read_text("utf-8")
    assert page == (here / files[1]).read_text("utf-8")
    assert 'href="atom.xml"' in page
    assert [one for one in (here / "data" / "brief").iterdir() if one.name.startswith(".")] == []


def test_writing_again_replaces_what_was_written(here: Path, govwatch: Say) -> None:
    first = govwatch("brief")[1]
    (here / "data" / "brief" / "latest.html").write_text("old")
    assert govwatch("brief")[1] == first
    assert "Harbour Treaty" in (here / "data" / "brief" / "latest.html").read_text("utf-8")


@pytest.mark.parametrize("name", ["news.html", "made/for/it/news.HTML"])
def test_one_file_is_written_where_output_names_one_and_points_to_no_feeds(
    here: Path, govwatch: Say, name: str
) -> None:
    code, out, _ = govwatch("brief", "--output", name)
    assert (code, written(out)) == (0, [name])
    assert "atom.xml" not in (here / name).read_text("utf-8")
    assert not (here / "data" / "brief").exists()


def test_a_folder_is_made_where_output_names_one(here: Path, govwatch: Say) -> None:
    assert govwatch("brief", "--output", "shared/briefings")[0] == 0
    assert len(list((here / "shared" / "briefings").iterdir())) == 4


@pytest.mark.parametrize("arguments", [["--format", "mail"], ["--output", "news.eml"]])
def test_a_mail_is_a_file_that_mail_programs_open(here: Path, govwatch: Say, arguments: list[str]) -> None:
    code, out, _ = govwatch("brief", *arguments)
    (name,) = written(out)
    assert code == 0
    assert name.endswith(".eml")
    read = message_from_bytes((here / name).read_bytes())
    assert read["Subject"].startswith("Briefing of ")
    assert [part.get_content_type() for part in read.walk()] == ["multipart/alternative", "text/plain", "text/html"]


def test_since_and_initiative_choose_what_is_told(here: Path, govwatch: Say) -> None:
    assert govwatch("brief", "--since", "28h")[1].startswith("4 stories on 2 initiatives")
    day = (utc_now() - timedelta(days=60)).date().isoformat()
    assert govwatch("brief", "--since", day)[1].startswith("19 stories on 3 initiatives")
    assert govwatch("brief", "--initiative", "ferry-panel")[1].startswith("3 stories on 1 initiative,")
    several = govwatch("brief", "--initiative", "ferry-panel", "--initiative", "lantern-accord")[1]
    assert several.startswith("5 stories on 2 initiatives")


@pytest.mark.parametrize(
    ("since", "until", "begins", "ends"),
    [
        # Whole days begin at a midnight of the reader; others are counted back from now.
        (timedelta(days=7), None, "2026-11-17T00:00+01:00", "2026-11-24T13:00+01:00"),
        (timedelta(hours=12), None, "2026-11-24T01:00+01:00", "2026-11-24T13:00+01:00"),
        (timedelta(0), None, "2026-11-24T00:00+01:00", "2026-11-24T13:00+01:00"),
        (date(2026, 11, 20), None, "2026-11-20T00:00+01:00", "2026-11-24T13:00+01:00"),
        # A last day is included whole, but nothing of the future is.
        (date(2026, 11, 20), date(2026, 11, 20), "2026-11-20T00:00+01:00", "2026-11-21T00:00+01:00"),
        (date(2026, 11, 20), date(2026, 11, 24), "2026-11-20T00:00+01:00", "2026-11-24T13:00+01:00"),
        # Days on which clocks change are as long as they are.
        (date(2026, 10, 25), date(2026, 10, 25), "2026-10-25T00:00+02:00", "2026-10-26T00:00+01:00"),
    ],
)
def test_a_window_is_of_the_readers_days(since: timedelta | date, until: date | None, begins: str, ends: str) -> None:
    found = window(since, until, NOON, "Europe/Paris")
    assert found == (datetime.fromisoformat(begins), datetime.fromisoformat(ends))


def test_open_shows_the_page_and_says_so_where_nothing_can(here: Path) -> None:
    programs = here / "bin"
    programs.mkdir()
    alone = program("brief", "--open", cwd=here, environ={"PATH": str(programs)})
    page = written(alone.stdout)[0]
    assert alone.returncode == 0
    assert f"Nothing on this machine opens it; open {page} yourself." in alone.stderr
    opener = programs / "xdg-open"
    opener.write_text(f"#!/bin/sh\nprintf %s \"$1\" >'{here}/opened'\n")
    opener.chmod(0o755)
    shown = program("brief", "--open", cwd=here, environ={"PATH": str(programs)})
    assert (shown.returncode, shown.stderr) == (0, "")
    assert wait_until(lambda: (here / "opened").exists() and bool((here / "opened").read_text()))
    assert (here / "opened").read_text() == str(here / page)


# ---- nothing to tell --------------------------------------------------------------------------------------------------


def test_a_quiet_span_is_told_from_one_that_was_not_watched(here: Path, govwatch: Say) -> None:
    code, out, _ = govwatch("brief", "--initiative", "tide-charter")
    assert (code, out.splitlines()[0]) == (0, "No news in the window, 4 of 6 sources answered.")
    assert "Tide Charter" in (here / written(out)[0]).read_text("utf-8")


def test_an_empty_warehouse_gives_a_page_that_claims_nothing(place: Path, govwatch: Say) -> None:
    warehouse = Warehouse(place / "data" / "govwatch.duckdb")
    warehouse.prepare()
    warehouse.publish()
    code, out, _ = govwatch("brief")
    assert code == 0
    assert out.splitlines()[0] == "No source is watched yet, so nothing was covered: govwatch run reads them."
    assert "No source is watched yet" in (place / "data" / "brief" / "latest.html").read_text("utf-8")


def test_without_a_warehouse_it_says_what_to_do(place: Path, govwatch: Say) -> None:
    code, out, err = govwatch("brief")
    assert (code, out) == (1, "")
    assert "nothing has been published yet; run `govwatch run` first" in err
    assert not (place / "data" / "brief").exists()


# ---- mistakes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (
            ["--initiative", "harbor-treaty"],
            1,
            "there is no initiative 'harbor-treaty'; did you mean 'harbour-treaty'?",
        ),
        (["--initiative", "xyz"], 1, "known are: ferry-panel, harbour-treaty, lantern-accord, tide-charter"),
        (["--since", "soon"], 2, "'soon' is neither a span (7d, 12h) nor a day (2026-11-24)"),
        (["--since", "99999999999999999d"], 2, "is neither a span"),
        (["--since", "2026-02-30"], 2, "'2026-02-30' is neither a span"),
        (["--since", "2999-01-01"], 2, "--since is not before --until, or lies ahead"),
        (["--since", "1066-10-14"], 2, "more than ten years"),
        (["--until", "9999-12-31"], 2, "outside of the calendar"),
        (["--until", "7d"], 2, "--until is a day, for example"),
        (["--output", "news.html", "--format", "mail"], 2, "--output news.html says html, --format says mail"),
        (["--output", "taken"], 1, "cannot write taken/"),
        (["--output", "taken/news.html"], 1, "cannot write taken/news.html"),
        (["--output", "folder.html"], 1, "cannot write folder.html: Is a directory; choose another --output"),
        (["--output", "/proc/news"], 1, "cannot write /proc/news/"),
        (["--format", "pdf"], 2, "'pdf' is not one of 'html', 'mail'"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(here: Path, govwatch: Say, arguments: list[str], code: int, said: str) -> None:
    (here / "taken").write_text("a file")
    (here / "folder.html").mkdir()
    found, out, err = govwatch("brief", *arguments)
    assert found == code
    assert said in " ".join(err.split())
    assert "Traceback" not in err
    assert out == ""
    assert list(here.rglob("*.part")) == []
