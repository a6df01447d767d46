"""`govwatch check` names the line of every rule that it complains of."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.load import load
from flows.checking import channels_that_fail, examples, patterns, warnings
from tests.inboxes import MailInbox
from tests.newsroom import Newsroom
from tests.passes import NO_SEEDS

RULES = """\
initiatives:
  - id: first
    name: River Pact
    aliases:
      - "River Pact"
      - 'Quay''s Charter'
    tests:
      match: ["The bridge is old."]
      no_match: ["A River Pact was signed."]
  - id: second
    name: River Pact of the North
    aliases:
      - Northern Pact
      - "river pact"
      - {text: pier, lang: ru}
"""


@pytest.fixture
def config(tmp_path: Path, newsroom: Newsroom) -> Path:
    folder = newsroom.write_config(tmp_path / "config", seeds=NO_SEEDS)
    (folder / "initiatives.yaml").write_text(RULES, encoding="utf-8")
    return folder


def test_a_form_that_denotes_two_initiatives_is_a_mistake_with_its_line(config: Path) -> None:
    (problem,) = patterns(load(config, {}))
    assert (problem.key, problem.line) == ("second", 14)
    assert problem.message == "'river pact' also denotes first"


def test_examples_that_fail_are_mistakes_with_their_lines(config: Path) -> None:
    path = config / "initiatives.yaml"
    path.write_text(RULES.replace('      - "river pact"\n', ""), encoding="utf-8")
    assert [(one.key, one.line) for one in examples(load(config, {}))] == [("first", 8), ("first", 9)]


def test_risky_aliases_are_warnings_with_their_lines(config: Path) -> None:
    found = {(one.key, one.line) for one in warnings(load(config, {}))}
    assert ("second", 15) in found


def test_only_channels_that_would_take_no_message_are_named_and_nothing_is_sent(
    tmp_path: Path, mailbox: MailInbox
) -> None:
    config = tmp_path / "config"
    config.mkdir()
    (config / "sources.yaml").write_text("sources: []\n")
    (config / "alerts.yaml").write_text(
        f"channels:\n  well: {{url: '{mailbox.apprise_url('desk@newsroom.example')}'}}\n"
        "  ruin: {url: 'mailto://127.0.0.1:9/?from=a@b.example&to=c@d.example&mode=insecure'}\n"
    )
    (line,) = channels_that_fail(load(config, {}))
    assert line.startswith("Channel ruin fails: the mail server cannot be reached")
    assert not mailbox.mails
