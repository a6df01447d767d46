"""Services that nobody runs at home, by contract: apprise's own plugins, pointed at a receiver on this machine.

What is looked at is the request as each service documents it (2026-11): method, path, the field that holds the words,
and what in it would ping somebody.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from alerts.channels import service as ready
from alerts.send import probe, send
from records import ids
from records.errors import DeliveryError, DeliveryPermanent, DeliveryTransient, DeliveryUnknown
from records.subscription import Channel
from tests.alerts.nasty import TITLES
from tests.inboxes import Post, Receiver
from tests.real.messages import channel, item, message
from tests.real.showing import plain


@dataclass(frozen=True)
class Service:
    """One service: its URL as users write it, where its requests go, and where the words stand in them.

    Attributes:
        plugin, address: the attribute of apprise's plugin that holds the service's address, and what replaces it.
        unescaped: what the service shows of its markup.
    """

    url: str
    path: str
    words: Callable[[Post], str]
    limit: int
    plugin: str = ""
    address: tuple[str, str] = ("", "")
    unescaped: Callable[[str], str] = str
    pings: str = r"@(?:everyone|here|room|channel|all)\b"


def _no_backslashes(text: str) -> str:
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text)


def _no_html(text: str) -> str:
    import html

    return html.unescape(re.sub(r"</?b>", "", text))


def _no_entities(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _card(post: Post) -> str:
    (attachment,) = post.json["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert attachment["content"]["type"] == "AdaptiveCard"
    return "\n".join(block["text"] for block in attachment["content"]["body"] if block.get("text"))


SERVICES = {
    "slack": Service(
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#ai-governance",
        "/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
        lambda post: "\n".join(part["text"] for part in post.json["attachments"]),
        35_000, "slack.NotifySlack", ("webhook_url", "{url}/services"), _no_entities,
        r"<[!@#]",
    ),
    "telegram": Service(
        "tgram://123456789:alphanumeric_token-x/-1001234567/",
        "/bot123456789:alphanumeric_token-x/sendMessage",
        lambda post: str(post.json["text"]),
        4096, "telegram.NotifyTelegram", ("notify_url", "{url}/bot"), _no_html,
        r"tg://user\?id=\d+\"|@\w",
    ),
    "discord": Service(
        "discord://417429632418316298/JHZ7lQml277CDHmQKMHI8qBe7bk2ZwO5UKjCiOAF7711o33MyqU344Qpgv7YTpadV_js",
        "/api/webhooks/417429632418316298/JHZ7lQml277CDHmQKMHI8qBe7bk2ZwO5UKjCiOAF7711o33MyqU344Qpgv7YTpadV_js",
        lambda post: str(post.json["content"]),
        2000, "discord.NotifyDiscord", ("notify_url", "{url}/api/webhooks"), _no_backslashes,
    ),
    "mattermost": Service(
        "mmost://{host}/3ccdd113474722377935511fc85d3dd4",
        "/hooks/3ccdd113474722377935511fc85d3dd4",
        lambda post: str(post.json["text"]),
        4000, unescaped=_no_backslashes,
    ),
    "ntfy": Service(
        "ntfy://{host}/desk-alerts", "/", lambda post: str(post.json["message"]), 3900,
    ),
    "zulip": Service(
        "zulip://govwatch@example/a123456789abcdefghijklmnopqrstuv/ai-governance",
        "/api/v1/messages",
        lambda post: str(_form(post)["content"]),
        10_000, "zulip.NotifyZulip", ("notify_url", "{url}/api/v1/messages"), _no_backslashes,
        r"@\*\*|@_\*\*",
    ),
    "google chat": Service(
        "gchat://workspace/key/token", "/v1/spaces/workspace/messages",
        lambda post: str(post.json["text"]),
        4000, "google_chat.NotifyGoogleChat", ("notify_url", "{url}/v1/spaces/{{workspace}}/messages"),
        pings=r"<users/|<https?:[^>]*\|",
    ),
}  # fmt: skip


def _form(post: Post) -> dict[str, str]:
    from urllib.parse import parse_qsl

    return dict(parse_qsl(post.body.decode(), keep_blank_values=True))


@pytest.fixture(params=SERVICES)
def known(
    request: pytest.FixtureRequest, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> tuple[Service, Channel, Receiver]:
    service = SERVICES[request.param]
    if request.param == "slack":
        receiver.says(b"ok")
    if service.plugin:
        ready(channel("json://x"))  # loads the plugins
        module, name = service.plugin.split(".")
        plugin: Any = getattr(__import__(f"apprise.plugins.{module}", fromlist=[name]), name)
        attribute, address = service.address
        assert hasattr(plugin, attribute)
        monkeypatch.setattr(plugin, attribute, address.format(url=receiver.url))
    return service, channel(service.url.format(host=f"127.0.0.1:{receiver.port}")), receiver


Known = tuple[Service, Channel, Receiver]


def test_a_message_arrives_whole_in_the_field_that_the_service_documents(known: Known) -> None:
    service, there, receiver = known
    send(message(there), there)
    (post,) = receiver.posts
    assert post.path.partition("?")[0] == service.path
    shown = plain(service.unescaped(service.words(post)))
    for words in ("Harbour Treaty: first mention in French", "Treaty to be signed in spring", "The Gazette (NO)",
                  "23 Nov 2026, 09:00", "also in 2 outlets", "https://gazette.example/1", "ref 7F3A-09BC"):  # fmt: skip
        assert plain(words) in shown, words


def test_a_message_of_many_stories_is_one_request_within_the_limit(known: Known) -> None:
    service, there, receiver = known
    send(message(there, *[f"Report number {number} on the harbour" for number in range(200)]), there)
    (post,) = receiver.posts
    words = service.words(post)
    assert len(words) <= service.limit
    assert re.search(r"and \d+ more", service.unescaped(words))
    assert "7F3A" in words


def test_hostile_headlines_are_shown_as_text_and_ping_nobody(known: Known) -> None:
    service, there, receiver = known
    usual: set[tuple[str, ...]] = set()
    for number, title in enumerate(TITLES):
        send(message(there, items=(item(title, sentence=title),), number=number), there)
        post = receiver.posts[number]
        usual.add((post.path.partition("?")[0], *_fields(post)))
        words = service.words(post)
        shown = plain(service.unescaped(words))
        assert plain(message(there, title).payload.body)[:20] in plain(words)
        from records.text import clean

        wanted = plain(clean(title))[:30].rstrip("…")
        assert wanted in shown, repr(title[:60])
        assert not re.search(service.pings, words), repr(title[:60])
    assert receiver.posts.has(len(TITLES))
    assert len(usual) == 1, "the same path and fields for all"


def _fields(post: Post) -> list[str]:
    try:
        return sorted(post.json)
    except json.JSONDecodeError:
        return sorted(_form(post))


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, DeliveryPermanent), (404, DeliveryPermanent), (429, DeliveryTransient), (503, DeliveryTransient)],
)
def test_each_refusal_has_its_meaning_and_shows_no_secret(
    known: Known, status: int, error: type[DeliveryError]
) -> None:
    _, there, receiver = known
    receiver.answers(*[status] * 5)
    with pytest.raises(error) as raised:
        send(message(there), there)
    assert raised.value.code == status
    assert receiver.posts.has(1), "one attempt is one request"
    for secret in ("alphanumeric", "JHZ7lQml", "3ccdd1134", "TIiajkdn", "a123456789", "token"):
        assert secret not in str(raised.value)


def test_a_service_that_reads_and_hangs_up_may_have_it(known: Known) -> None:
    _, there, receiver = known
    receiver.closes_after_reading()
    with pytest.raises(DeliveryUnknown):
        send(message(there), there)


def test_what_may_be_a_repeat_says_so_first(known: Known) -> None:
    service, there, receiver = known
    send(message(there, repeat=True), there)
    assert service.unescaped(service.words(receiver.posts[0])).startswith("(possible repeat) ")


def test_teams_gets_an_adaptive_card_whose_text_is_ours(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    import requests

    asked: list[str] = []
    post = requests.post

    def to_us(url: str, *args: Any, **named: Any) -> Any:
        asked.append(url)
        return post(re.sub(r"^https://[^/]+", receiver.url, url), *args, **named)

    monkeypatch.setattr(requests, "post", to_us)  # the plugin speaks https to any host, on any port
    there = channel("workflows://prod-1.westeurope.logic.azure.com:443/643e69f83c8944/signature0123456789/")
    for number, title in enumerate(["Treaty to be signed in spring", *TITLES]):
        send(message(there, title, number=number), there)
        words = _card(receiver.posts[number])
        assert "ref 7F3A" in words.replace("\\", "")
        assert len(words) <= 1000
        assert not re.search(r"<at>\w|\]\(|\*\w", words)
    assert asked[0].startswith(
        "https://prod-1.westeurope.logic.azure.com:443/workflows/643e69f83c8944/triggers/manual/paths/invoke"
    )
    assert "Treaty to be signed in spring" in _card(receiver.posts[0])


def test_a_generic_webhook_has_its_key_as_a_header(receiver: Receiver) -> None:
    there = channel(f"{receiver.url}/incoming?token=t", "webhook")
    send(message(there), there)
    (post,) = receiver.posts
    assert post.headers["idempotency-key"] == ids.key("delivery", 0, "there")
    assert post.headers["content-type"].startswith("application/json")
    assert post.path == "/incoming?token=t"


@pytest.mark.parametrize("name", ["mattermost", "ntfy"])
def test_a_probe_of_ones_own_server_connects_and_sends_nothing(name: str, receiver: Receiver) -> None:
    assert "answers" in probe(channel(SERVICES[name].url.format(host=f"127.0.0.1:{receiver.port}")))
    assert not receiver.posts
