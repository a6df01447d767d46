"""The newsroom answers as real outlets do, well and badly."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree

import httpx
import pytest
import yaml

from tests.clock import Clock
from tests.newsroom import KINDS, Newsroom, text_about


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_outlet_names_what_it_published(newsroom: Newsroom, kind: str) -> None:
    outlet = newsroom.outlet("ledger", kind=kind)
    publication = outlet.publishes("A council reads its own plan", text_about("ferries"))
    body = httpx.get(outlet.url).content
    if kind == "sitemap_index":
        parts = [node.text for node in ElementTree.fromstring(body).iter() if node.tag.endswith("loc")]
        body = gzip.decompress(httpx.get(str(parts[0])).content)
    assert (publication.path if kind == "listing" else publication.url) in body.decode()


def test_each_outlet_has_a_host_of_its_own_so_that_pacing_by_host_is_pacing_by_outlet(newsroom: Newsroom) -> None:
    hosts = {httpx.URL(newsroom.outlet(f"outlet-{number}").url).host for number in range(5)}
    assert len(hosts) == 5
    assert all(host.startswith("127.") for host in hosts)


def test_outlets_can_share_one_address_on_ports_of_their_own(clock: Clock) -> None:
    with Newsroom(clock, one_address=True) as newsroom:
        urls = {httpx.URL(newsroom.outlet(f"outlet-{number}").url) for number in range(3)}
    assert {url.host for url in urls} == {"127.0.0.1"}
    assert len({url.port for url in urls}) == 3


def test_a_feed_in_gb18030_is_written_in_gb18030_and_says_so(newsroom: Newsroom) -> None:
    outlet = newsroom.outlet("river-daily", language="zh-Hans", encoding="gb18030", template="portal")
    publication = outlet.publishes("渡口清晨开船", "清晨六点，渡口的第一班船准时离岸。\n\n船长说今年的水位比去年高。")
    feed = httpx.get(outlet.url).content
    assert 'encoding="GB18030"' in feed.decode("ascii", "ignore")
    assert "渡口清晨开船" in feed.decode("gb18030")
    page = httpx.get(publication.url)
    assert "charset" not in page.headers["content-type"]
    assert "第一班船" in page.content.decode("gb18030")


def test_an_unchanged_feed_answers_304_and_a_new_article_ends_that(newsroom: Newsroom, clock: Clock) -> None:
    outlet = newsroom.outlet("ledger")
    outlet.publishes("First", text_about("ferries"))
    tag = httpx.get(outlet.url).headers["etag"]
    assert httpx.get(outlet.url, headers={"If-None-Match": tag}).status_code == 304
    clock.passes(minutes=5)
    outlet.publishes("Second", text_about("trams"))
    assert httpx.get(outlet.url, headers={"If-None-Match": tag}).status_code == 200
    assert [hit.conditional for hit in outlet.polls] == [False, True, True]


def test_last_modified_alone_is_enough_for_a_304(newsroom: Newsroom) -> None:
    outlet = newsroom.outlet("ledger")
    outlet.validators = frozenset({"last-modified"})
    outlet.publishes("First", text_about("ferries"))
    first = httpx.get(outlet.url)
    assert "etag" not in first.headers
    assert httpx.get(outlet.url, headers={"If-Modified-Since": first.headers["last-modified"]}).status_code == 304


def test_pages_carry_tens_of_kilobytes_of_furniture_around_the_text(newsroom: Newsroom) -> None:
    outlet = newsroom.outlet("ledger")
    publication = outlet.publishes("A council reads its own plan", text_about("ferries"))
    page = httpx.get(publication.url)
    assert 30_000 < len(page.content) < 60_000
    assert page.headers["content-encoding"] == "gzip"


def test_pages_state_the_time_with_the_outlets_zone(newsroom: Newsroom, clock: Clock) -> None:
    outlet = newsroom.outlet("ledger", zone=9, template="agency")
    publication = outlet.publishes("First", text_about("ferries"), published=clock.ago(hours=1))
    assert 'datetime="2026-11-23T16:00:00+09:00"' in httpx.get(publication.url).text


def test_an_edit_changes_the_page_and_its_time_but_not_its_url(newsroom: Newsroom, clock: Clock) -> None:
    outlet = newsroom.outlet("ledger")
    publication = outlet.publishes("First", text_about("ferries"))
    clock.passes(hours=1)
    edited = outlet.edits(publication, text=text_about("trams"))
    assert edited.url == publication.url
    assert edited.modified - edited.published == timedelta(hours=1)
    assert "trams" in httpx.get(publication.url).text


def test_a_withdrawn_article_is_gone_and_no_longer_listed(newsroom: Newsroom) -> None:
    outlet = newsroom.outlet("ledger")
    publication = outlet.publishes("First", text_about("ferries"))
    outlet.withdraws(publication)
    assert httpx.get(publication.url).status_code == 410
    assert publication.url not in httpx.get(outlet.url).text


def test_syndicated_copies_are_whole_cut_renamed_or_wrapped(newsroom: Newsroom) -> None:
    ledger = newsroom.outlet("ledger")
    original = ledger.publishes("First", text_about("ferries", 8))
    whole, cut, renamed, wrapped = (newsroom.outlet(name) for name in ("whole", "cut", "renamed", "wrapped"))
    (copy,) = newsroom.syndicates(original, to=[whole])
    assert copy.story == original.story
    (copy,) = newsroom.syndicates(original, to=[cut], cut=0.5)
    assert copy.story.paragraphs == original.story.paragraphs[:4]
    (copy,) = newsroom.syndicates(original, to=[renamed], headline="Second")
    assert (copy.story.title, copy.story.text) == ("Second", original.story.text)
    (copy,) = newsroom.syndicates(original, to=["wrapped"], wrapped=True)
    page = httpx.get(copy.url).text
    assert page.rindex("Our readers asked") < page.rindex("The committee room") < page.index("Our newsroom follows")
    assert wrapped.publications[copy.path].credit == "Ledger"


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("reset", httpx.ReadError),
        ("closed", httpx.RemoteProtocolError),
        ("truncated", httpx.RemoteProtocolError),
        ("refused", httpx.ConnectError),
    ],
)
def test_broken_connections_are_really_broken_until_the_outlet_recovers(
    newsroom: Newsroom, fault: str, error: type[Exception]
) -> None:
    outlet = newsroom.outlet("ledger")
    outlet.publishes("First", text_about("ferries"))
    outlet.fails(fault)
    with pytest.raises(error):
        httpx.get(outlet.url)
    outlet.recovers()
    assert httpx.get(outlet.url).status_code == 200


def test_a_stalled_outlet_holds_the_connection_without_a_word(newsroom: Newsroom) -> None:
    outlet = newsroom.outlet("ledger")
    outlet.fails("timeout")
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(outlet.url, timeout=0.2)


def test_a_slow_outlet_drips(newsroom: Newsroom) -> None:
    outlet = newsroom.outlet("ledger")
    outlet.fails("slow")
    with httpx.stream("GET", outlet.url) as response:
        first = next(response.iter_raw())
    assert 0 < len(first) <= 40 < int(response.headers["content-length"])


def test_a_huge_feed_and_a_bomb_are_announced_small_or_large_but_never_end_soon(newsroom: Newsroom) -> None:
    outlet = newsroom.outlet("ledger")
    outlet.fails("huge", times=1)
    outlet.fails("bomb", times=1)
    with httpx.stream("GET", outlet.url) as response:
        assert int(response.headers["content-length"]) > 500_000_000
    with httpx.stream("GET", outlet.url) as response:
        assert int(response.headers["content-length"]) < 400_000
        assert response.headers["content-encoding"] == "gzip"


def test_faults_hit_what_they_are_on_and_wear_off(newsroom: Newsroom) -> None:
    outlet = newsroom.outlet("ledger")
    publication = outlet.publishes("First", text_about("ferries"))
    outlet.fails(503, times=2, on="articles", retry_after=30)
    assert httpx.get(outlet.url).status_code == 200
    busy = httpx.get(publication.url)
    assert (busy.status_code, busy.headers["retry-after"]) == (503, "30")
    assert [httpx.get(publication.url).status_code for _ in range(2)] == [503, 200]
    assert [hit.status for hit in newsroom.hits(publication)] == [503, 503, 200]


def test_faults_queue_up(newsroom: Newsroom) -> None:
    outlet = newsroom.outlet("ledger")
    outlet.fails(500, times=1)
    outlet.fails(429, times=1, retry_after=5)
    assert [httpx.get(outlet.url).status_code for _ in range(3)] == [500, 429, 200]


def test_a_redirect_loop_never_ends(newsroom: Newsroom) -> None:
    outlet = newsroom.outlet("ledger")
    outlet.fails("redirect_loop")
    with pytest.raises(httpx.TooManyRedirects):
        httpx.get(outlet.url, follow_redirects=True)


def test_an_unknown_fault_kind_or_template_is_refused_with_what_there_is(newsroom: Newsroom) -> None:
    outlet = newsroom.outlet("ledger")
    with pytest.raises(ValueError, match="truncated"):
        outlet.fails("gremlins")
    with pytest.raises(ValueError, match="news_sitemap"):
        newsroom.outlet("second", kind="telex")
    with pytest.raises(ValueError, match="broadsheet"):
        newsroom.outlet("second", template="papyrus")


def test_the_log_tells_article_requests_from_polls(newsroom: Newsroom) -> None:
    outlet = newsroom.outlet("ledger")
    publication = outlet.publishes("First", text_about("ferries"))
    for url in (outlet.url, publication.url + "?utm_source=feed", outlet.house.base + "/robots.txt"):
        httpx.get(url)
    assert [hit.path for hit in newsroom.article_hits()] == [publication.path + "?utm_source=feed"]
    assert len(outlet.polls) == 1
    assert "Disallow: /admin/" in httpx.get(outlet.house.base + "/robots.txt").text


def test_a_stub_shows_the_beginning_only_and_says_so_to_machines(newsroom: Newsroom) -> None:
    outlet = newsroom.outlet("ledger", template="agency")
    publication = outlet.publishes("First", text_about("ferries"), access="stub")
    page = httpx.get(publication.url).text
    assert "committee room" in page
    assert "second hour" not in page
    data = json.loads(page.partition('ld+json">')[2].partition("</script>")[0])
    assert data["isAccessibleForFree"] is False


def test_the_configuration_points_at_the_outlets_and_lets_loopback_in(newsroom: Newsroom, tmp_path: Path) -> None:
    newsroom.outlet("ledger", kind="rss", country="GB", tier=1)
    newsroom.outlet("list", kind="listing", keywords=["harbour"])
    directory = newsroom.write_config(tmp_path / "config", settings={"limits": {"batch": 5}}, alerts="channels: []\n")
    sources = yaml.safe_load((directory / "sources.yaml").read_text())["sources"]
    assert [(source["id"], source["kind"]) for source in sources] == [("ledger", "feed"), ("list", "listing")]
    assert sources[1]["link_pattern"]
    settings = yaml.safe_load((directory / "settings.yaml").read_text())
    assert settings["network"]["allow_private_hosts"] == ["127.0.0.0/8"]
    assert settings["limits"] == {"batch": 5}
    assert (directory / "alerts.yaml").read_text() == "channels: []\n"


def test_a_newsroom_listens_on_loopback_only() -> None:
    from flows.demo.server import Answer, LoopbackServer

    server = LoopbackServer()
    try:
        with pytest.raises(ValueError, match="not a loopback address"):
            server.listen("0.0.0.0", 0, lambda request: Answer())
    finally:
        server.stop()
