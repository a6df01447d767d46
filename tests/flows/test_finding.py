"""Finding what can be polled of a site, and listing what is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from config.load import load
from flows.cli import main
from flows.demo.server import Answer, LoopbackServer, Request
from flows.finding import FEED_PLACES, SITEMAP_PLACES, Finding, address, find
from records.errors import GovwatchError
from tests.clock import Clock
from tests.newsroom import Newsroom, Outlet, text_about
from tests.passes import INITIATIVES, NO_SEEDS, Station
from warehouse.database import Warehouse

RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>{0}</title><language>fr-FR</language>
<item><title>{0}: the first</title><link>{1}/a/1</link><pubDate>Mon, 23 Nov 2026 07:00:00 GMT</pubDate></item>
<item><title>{0}: the second</title><link>{1}/a/2</link><pubDate>Sun, 22 Nov 2026 07:00:00 GMT</pubDate></item></channel></rss>"""


class Site:
    """A site of a few fixed answers."""

    def __init__(self, server: LoopbackServer) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []
        self.base = f"http://127.0.0.1:{server.listen('127.0.0.1', 0, self._answer)}"

    def _answer(self, request: Request) -> Answer:
        self.asked.append(request.path)
        return self.answers.get(request.path, Answer(404, {"Content-Type": "text/html"}, b"<html>no such page</html>"))

    def serves(self, path: str, text: str, media: str = "text/html") -> None:
        self.answers[path] = Answer(200, {"Content-Type": media}, text.encode())

    def feed(self, path: str, title: str) -> None:
        self.serves(path, RSS.format(title, self.base), "application/rss+xml")


@pytest.fixture
def site() -> Iterator[Site]:
    server = LoopbackServer()
    try:
        yield Site(server)
    finally:
        server.stop()


@pytest.fixture
def config(tmp_path: Path, newsroom: Newsroom) -> Path:
    return newsroom.write_config(tmp_path / "config", initiatives=INITIATIVES, seeds=NO_SEEDS)


def finds(config: Path, url: str, clock: Clock) -> Finding:
    return asyncio.run(find(load(config, {}), url, clock))


def test_the_feeds_that_a_page_names_are_found_with_what_is_in_them(site: Site, config: Path, clock: Clock) -> None:
    link = "<link rel='alternate' type='application/rss+xml' title='{}' href='{}'>"
    links = link.format("Le Port", "/one.xml") + link.format("Culture", "/two.xml") + link.format("Gone", "/gone.xml")
    site.serves(
        "/",
        f"<html lang='fr'><head><meta property='og:site_name' content='Le Port'>{links}</head><body>Bonjour</body></html>",
    )
    site.feed("/one.xml", "Le Port")
    site.feed("/two.xml", "Culture")
    finding = finds(config, site.base + "/", clock)
    assert [(one.url, one.kind, one.format, one.items, one.language) for one in finding.found] == [
        (f"{site.base}/one.xml", "feed", "rss", 2, "fr"),
        (f"{site.base}/two.xml", "feed", "rss", 2, "fr"),
    ]
    assert finding.found[0].newest == clock.ago(hours=1)
    assert finding.found[0].samples == ("Le Port: the first", "Le Port: the second")
    assert [url for url, _ in finding.failed] == [f"{site.base}/gone.xml"]
    assert not set(site.asked) & set(FEED_PLACES), "nothing is guessed where the site names something"


def test_the_entries_can_be_pasted_and_run(
    site: Site, config: Path, clock: Clock, newsroom: Newsroom, tmp_path: Path
) -> None:
    hostile = "&#10;- id: evil&#10;  url: http://evil.example/ # no: 'yes' ${HOME}"
    site.serves(
        "/",
        f"<html><head><link rel='alternate' type='application/rss+xml' title=\"{hostile}\" href='/one.xml?a=${{HOME}}'></head><body></body></html>",
    )
    site.feed("/one.xml", "Le Port")
    text = finds(config, site.base + "/", clock).yaml()
    sources = config / "sources.yaml"
    sources.write_text("sources:\n" + text)
    (source,) = load(config, {}).sources
    assert (source.url, source.language, source.kind) == (f"{site.base}/one.xml?a=${{HOME}}", "fr", "feed")
    report = Station(config, Warehouse(tmp_path / "w.duckdb"), clock).runs()
    assert report.sources[source.id].items == 2


def test_the_usual_places_are_asked_where_the_site_names_nothing(site: Site, config: Path, clock: Clock) -> None:
    site.serves("/", "<html><body>No feed is named here.</body></html>")
    site.serves("/feed", "<html><body>not a feed, though it answers</body></html>")
    site.feed("/rss.xml", "Le Port")
    finding = finds(config, site.base + "/", clock)
    assert [(one.url, one.where) for one in finding.found] == [(f"{site.base}/rss.xml", "at a usual place")]
    assert "/atom.xml" not in site.asked, "the first that answers is enough"
    assert finding.failed == []


def test_guesses_obey_robots_txt(site: Site, config: Path, clock: Clock) -> None:
    site.serves("/", "<html><body>Nothing.</body></html>")
    site.serves("/robots.txt", "User-agent: *\nDisallow: /rss.xml\n", "text/plain")
    site.feed("/rss.xml", "Le Port")
    assert finds(config, site.base + "/", clock).found == []
    assert "/rss.xml" not in site.asked


def test_an_outlet_s_sitemaps_are_found_by_its_robots_txt_news_before_the_rest(
    newsroom: Newsroom, config: Path, clock: Clock
) -> None:
    outlet = newsroom.outlet("harbour-ledger", kind="news_sitemap")
    outlet.robots = f"User-agent: *\nDisallow:\nSitemap: {outlet.house.base}/sitemap.xml\nSitemap: {outlet.url}\n"
    outlet.publishes("The harbour opens", text_about("the Harbour Treaty"))
    finding = finds(config, outlet.house.base + "/", clock)
    best = next(one for one in finding.found if one.where == "named by robots.txt")
    assert (best.url, best.kind, best.format, best.items, best.language) == (
        outlet.url,
        "sitemap",
        "news sitemap",
        1,
        "en",
    )
    assert best.samples == ("The harbour opens",)


@pytest.mark.parametrize("kind", ["rss", "atom", "rdf", "jsonfeed", "news_sitemap", "sitemap_index"])
def test_an_address_that_can_be_polled_itself_is_the_answer(
    newsroom: Newsroom, config: Path, clock: Clock, kind: str
) -> None:
    outlet: Outlet = newsroom.outlet("harbour-ledger", kind=kind)
    outlet.publishes("The harbour opens", text_about("the Harbour Treaty"))
    (found,) = finds(config, outlet.url, clock).found
    assert (found.url, found.items, found.where) == (outlet.url, 1, "the address itself")
    assert found.entry["kind"] == ("sitemap" if "sitemap" in kind else "feed")


def test_what_is_polled_already_is_remarked_and_not_proposed(newsroom: Newsroom, tmp_path: Path, clock: Clock) -> None:
    outlet = newsroom.outlet("harbour-ledger")
    outlet.publishes("The harbour opens", text_about("the Harbour Treaty"))
    config = newsroom.write_config(tmp_path / "config", initiatives=INITIATIVES, seeds=NO_SEEDS)
    finding = finds(config, outlet.url, clock)
    assert [one.configured for one in finding.found] == ["harbour-ledger"]
    assert yaml.safe_load("sources:\n" + finding.yaml()) == {"sources": None}
    assert "# polled already as harbour-ledger" in finding.yaml()


def test_two_names_of_one_document_are_one_source_and_the_moved_address_is_given(
    site: Site, config: Path, clock: Clock
) -> None:
    links = "".join(
        f"<link rel='alternate' type='application/rss+xml' href='{one}'>" for one in ("/old.xml", "/new.xml")
    )
    site.serves("/", f"<html><head>{links}</head><body></body></html>")
    site.answers["/old.xml"] = Answer(301, {"Location": "/new.xml"})
    site.feed("/new.xml", "Le Port")
    finding = finds(config, site.base + "/", clock)
    assert [one.url for one in finding.found] == [f"{site.base}/new.xml"]
    assert finding.failed == []


@pytest.mark.parametrize(
    ("typed", "url"), [("lemonde.fr", "https://lemonde.fr/"), (" http://a.example/x ", "http://a.example/x")]
)
def test_an_address_may_be_typed_as_people_do(typed: str, url: str) -> None:
    assert address(typed) == url


@pytest.mark.parametrize("typed", ["", "two words", "ftp://a.example/", "file:///etc/passwd", "https://"])
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(GovwatchError, match="is no web address"):
        address(typed)


def test_a_site_that_cannot_be_read_says_why(site: Site, config: Path, clock: Clock) -> None:
    site.answers["/"] = Answer(403)
    with pytest.raises(GovwatchError, match="cannot be read"):
        finds(config, site.base + "/", clock)


def test_the_command_prints_entries_alone_to_standard_output(
    site: Site, config: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    site.feed("/rss.xml", "Le Port")
    site.serves("/", "<html><body>Nothing.</body></html>")
    assert main(["sources", "find", site.base, "--config", str(config)]) == 0
    said = capfd.readouterr()
    (entry,) = yaml.safe_load("sources:\n" + said.out)["sources"]
    assert entry["url"] == f"{site.base}/rss.xml"
    assert "Le Port: the first" in said.err
    assert main(["sources", "find", site.base, "--config", str(config), "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["found"][0]["items"] == 2


def test_nothing_found_is_an_exit_code_and_a_way_out(
    site: Site, config: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    site.serves("/", "<html><body>Nothing.</body></html>")
    assert main(["sources", "find", site.base, "--config", str(config)]) == 1
    said = capfd.readouterr()
    assert said.out == ""
    assert "kind: listing" in said.err
    assert set(site.asked) >= {*FEED_PLACES, *SITEMAP_PLACES}


def test_the_list_shows_what_is_on_and_why_the_rest_is_off(
    newsroom: Newsroom, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    newsroom.outlet("harbour-ledger", tier=1)
    newsroom.outlet("plain-mirror", enabled=False, reason="it asks programs to stay away")
    config = str(newsroom.write_config(tmp_path / "config", initiatives=INITIATIVES, seeds=NO_SEEDS))
    assert main(["sources", "list", "--config", config]) == 0
    said = capfd.readouterr().out
    assert "harbour-ledger" in said
    assert "it asks programs to stay away" in said
    assert "1 sources on, 1 off." in said
    assert main(["sources", "list", "--off", "--json", "--config", config]) == 0
    assert [one["id"] for one in json.loads(capfd.readouterr().out)] == ["plain-mirror"]
