"""How bytes become text, whatever the header, the page or nobody says of them."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.charset import decode

SAMPLES = {
    "windows-1251": "Парламент обсудил правила для искусственного интеллекта и отложил решение до весны",
    "koi8-r": "Парламент обсудил правила для искусственного интеллекта и отложил решение до весны",
    "iso-8859-7": "Η βουλή συζήτησε τους κανόνες για την τεχνητή νοημοσύνη και ανέβαλε την απόφαση",
    "gb2312": "议会讨论了人工智能的规则并推迟了决定，议员们说需要更多的时间",
    "gbk": "議會討論了人工智能的規則並推遲了決定，議員們說需要更多的時間",
    "big5": "議會討論了人工智慧的規則並延後了決定，議員們說需要更多的時間",
    "shift_jis": "議会は人工知能の規則について話し合い、決定を春まで延期した",
    "euc-jp": "議会は人工知能の規則について話し合い、決定を春まで延期した",
    "iso-2022-jp": "議会は人工知能の規則について話し合い、決定を春まで延期した",
    "euc-kr": "의회는 인공지능 규칙을 논의하고 결정을 봄까지 미루었다",
    "iso-8859-1": "Le Sénat a débattu des règles de l'intelligence artificielle et reporté sa décision à l'été",
    "windows-1252": "“L’été” – une règle à dix €",
    "utf-8": "Le Sénat – 議会 – Парламент",
}


def _page(text: str, charset: str, *, declared: bool) -> bytes:
    meta = f'<meta charset="{charset}">' if declared else ""
    return f"<html><head>{meta}</head><body><p>{text}</p></body></html>".encode(charset)


@pytest.mark.parametrize("charset", SAMPLES)
def test_the_page_s_own_declaration_is_read(charset: str) -> None:
    assert SAMPLES[charset] in decode(_page(SAMPLES[charset], charset, declared=True))


@pytest.mark.parametrize("charset", SAMPLES)
def test_the_header_is_read_where_the_page_says_nothing(charset: str) -> None:
    page = _page(SAMPLES[charset], charset, declared=False)
    assert SAMPLES[charset] in decode(page, f"text/html; charset={charset}")


@pytest.mark.parametrize("charset", SAMPLES)
def test_a_server_that_says_latin_1_of_everything_is_not_believed(charset: str) -> None:
    page = _page(SAMPLES[charset], charset, declared=True)
    assert SAMPLES[charset] in decode(page, "text/html; charset=ISO-8859-1")


@pytest.mark.parametrize("charset", ["windows-1251", "gbk", "shift_jis", "euc-kr", "big5"])
def test_undeclared_bytes_are_recognised(charset: str) -> None:
    text = SAMPLES[charset] * 6
    assert text in decode(_page(text, charset, declared=False))


@pytest.mark.parametrize("mark", [codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE])
def test_a_byte_order_mark_decides_against_every_claim(mark: bytes) -> None:
    name = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}[mark]
    assert decode(mark + "été".encode(name), "text/html; charset=koi8-r") == "été"


def test_valid_utf_8_is_utf_8_whatever_header_and_page_say() -> None:
    page = '<meta charset="windows-1251">Größe'.encode()
    assert "Größe" in decode(page, "text/html; charset=euc-kr")


def test_utf_16_without_a_mark_is_seen() -> None:
    assert "<p>rules" in decode("<html><p>rules for all".encode("utf-16-le"))


def test_a_few_broken_bytes_do_not_turn_the_page_into_another_charset() -> None:
    page = b'<meta charset="utf-8">' + "Größe ".encode() * 100 + b"\xfc"
    assert decode(page).count("Größe") == 100


@pytest.mark.parametrize(
    "label", ["unicode_escape", "utf-7", "idna", "rot13", "no-such-charset", "replacement", "zlib"]
)
def test_a_charset_that_the_web_does_not_know_is_ignored(label: str) -> None:
    assert "Größe" in decode(f'<meta charset="{label}">Größe'.encode("latin-1"), f"text/html; charset={label}")


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.none() | st.text(max_size=40))
def test_any_bytes_become_text(data: bytes, content_type: str | None) -> None:
    assert isinstance(decode(data, content_type), str)


@settings(max_examples=80, deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00\x1b\ufeff"), max_size=200))
def test_utf_8_comes_back_as_it_was(text: str) -> None:
    assert decode(text.encode()) == text
