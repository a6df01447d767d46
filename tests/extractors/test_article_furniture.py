"""Which lines inside an article are not of it, in the languages of the news; sentences that only hold such words stay."""

from __future__ import annotations

import pytest

from extractors.furniture import without

SENTENCE = "The harbour council met on Monday and heard nine captains before it voted on the list."


@pytest.mark.parametrize(
    "line",
    [
        "Monday, 16 November 2026",
        "Updated 16 Nov 2026 10:20",
        "We may earn a commission from links on this page.",
        "Prices were accurate when this article was published.",
        "Follow Kari Holm on Bluesky for news of the harbour",
        "Article continues below",
        "Click here to subscribe to our letter",
        "Enter your email:",
        "Your email address will not be published",
        "Got a tip? Write to the harbour desk",
        "5 min read",
        "Also read: The lighthouse is for sale",
        "Lesen Sie auch: Der Leuchtturm steht zum Verkauf",
        "Leia também: o farol está à venda",
        "Читайте также: маяк выставлен на продажу",
        "Baca juga: Mercusuar dijual",
        "यह भी पढ़ें: लाइटहाउस बिकाऊ है",
        "اقرأ أيضا: المنارة معروضة للبيع",
        "责任编辑：李明",
        "相关阅读：灯塔出售",
        "홍길순 기자 hong@hanggu.example",
        "무단 전재 및 재배포 금지",
        "© 2026 The Ledger",
    ],
)
def test_a_line_that_is_furniture_goes(line: str) -> None:
    assert without([line, SENTENCE], "Another headline") == [SENTENCE]


@pytest.mark.parametrize(
    "line",
    [
        "The council bought a ferry on 5 May 2026 and sold it again.",
        "Sellers get a commission, said the union.",
        "The Commission will receive the list in March.",
        "Follow the money, the minister said.",
        "Your email is read by a program before a person sees it.",
        "编辑部昨天搬到了新楼，交通比以前方便。",
        "来源地的居民说，他们不愿意搬走。",
        "Read aloud, the list took four hours.",
        "Photographs of each fish are kept for two years.",
    ],
)
def test_a_sentence_that_holds_such_words_stays(line: str) -> None:
    assert without([SENTENCE, line], "Another headline") == [SENTENCE, line]
