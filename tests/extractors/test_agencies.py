"""Which agency a text is by: what stands in datelines, bylines and at the end, and what does not count."""

from __future__ import annotations

import pytest

from extractors.agencies import AGENCIES, agency_of, credited, evidence
from records.article import Article

REST = " The ferry left at noon, and nobody on the quay had read the treaty." * 12


@pytest.mark.parametrize(
    ("lead", "agency"),
    [
        ("AMBERMOUTH, March 3 (Reuters) - The ferry is late.", "Reuters"),
        ("BEXCOMBE (AP) — The ferry is late.", "AP"),
        ("AMBERMOUTH, Nov. 24 (Xinhua) -- The ferry is late.", "Xinhua"),
        ("Paris (AFP) – Le bac est en retard.", "AFP"),
        ("Bexcombe (dpa) - Die Fähre hat Verspätung.", "dpa"),
        ("Madrid, 3 mar (EFE).- El barco llega tarde.", "EFE"),
        ("МОСКВА, 24 ноя - РИА Новости. Паром опоздал.", "RIA Novosti"),
        ("МОСКВА, 24 ноября. /ТАСС/. Паром опоздал.", "TASS"),
        ("新华社北京11月24日电 渡轮晚点了。", "Xinhua"),
        ("据路透社报道，渡轮晚点了。", "Reuters"),
        ("渡轮晚点了（法新社）", "AFP"),
        ("【ワシントン＝共同】フェリーが遅れた。", "Kyodo"),
        ("(서울=연합뉴스) 여객선이 늦었다.", "Yonhap"),
    ],
)
def test_a_credit_in_the_dateline_is_found_in_every_script(lead: str, agency: str) -> None:
    assert credited(lead + REST) == agency


@pytest.mark.parametrize(
    ("end", "agency"),
    [
        ("© AFP", "AFP"),
        ("Source: Xinhua", "Xinhua"),
        ("Quelle: dpa", "dpa"),
        ("来源：新华社", "Xinhua"),
        ("(PTI)", "PTI"),
    ],
)
def test_a_credit_at_the_end_is_found(end: str, agency: str) -> None:
    assert credited(f"The ferry is late.{REST}\n{end}") == agency


@pytest.mark.parametrize(("author", "agency"), [("Reuters", "Reuters"), ("By AFP", "AFP"), ("afp", "AFP")])
def test_an_agency_as_the_author_is_a_credit(author: str, agency: str) -> None:
    assert credited("The ferry is late." + REST, [author]) == agency


@pytest.mark.parametrize(
    "text",
    [
        "Reuters reported on Monday that the ferry is late." + REST,
        "The AP exam (Advanced Placement) is in May." + REST,
        f"The ferry is late.{REST} The boat (Reuters) sank long ago.{REST}",
        f"The ferry is late.{REST} So the pilot said in an interview with Bloomberg.",
        "Apart from that, the ferry is late." + REST,
        "",
    ],
)
def test_what_is_only_quoted_or_only_looks_alike_is_no_credit(text: str) -> None:
    assert credited(text, ["Ada Quill", "Reuter, Ben"]) == ""


def test_an_agencys_own_site_speaks_for_itself_unless_it_credits_another() -> None:
    own = evidence(Article("https://www.reuters.com/1", "", "The ferry is late." + REST, outlet="reuters.com"))
    other = evidence(Article("https://en.yna.co.kr/1", "", "PARIS (AFP) - Late." + REST, outlet="en.yna.co.kr"))
    assert (own.agency, own.own) == ("Reuters", True)
    assert (other.agency, other.own) == ("AFP", False)
    assert agency_of("notreuters.com") == ""


def test_no_name_and_no_domain_belongs_to_two_agencies() -> None:
    for values in ([n for a in AGENCIES for n in a.names], [d for a in AGENCIES for d in a.domains]):
        assert len(values) == len(set(values))


def test_endless_texts_cost_nothing() -> None:
    assert credited("据" * 500_000 + "(" * 500_000) == ""
