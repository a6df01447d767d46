"""How bytes from the web become text: one answer for each page, decided once.

It never guesses where the bytes decide for themselves, and never raises: what fits no charset is replaced.
"""

from __future__ import annotations

import codecs
import re

from resiliparse.parse.encoding import detect_encoding, map_encoding_to_html5

_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_META = re.compile(rb"<meta\b[^>]{0,300}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)
_XML = re.compile(rb"^\s*<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([\w.:-]{2,40})", re.IGNORECASE)
# The WHATWG prescan reads 1,024 bytes; real pages put long scripts first, so look further.
_PRESCAN = 16_384
# What servers send when nobody chose a charset: the page knows better (design: trusting it breaks 72 % of pages).
_SERVER_DEFAULTS = frozenset({"cp1252"})
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# Python's codec for what WHATWG calls by the key: the encodings of the web are wider than the codecs of that name.
_WIDER = {
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "iso8859-11": "cp874",
    "big5": "big5hkscs",
}
_MOSTLY = 0.02  # share of characters that may be broken in a text that we still take for what it claims to be


def decode(data: bytes, content_type: str | None = None) -> str:
    """Return ``data`` as text.

    In this order: byte order mark; ISO-2022-JP and UTF-16, which only look like UTF-8; valid UTF-8; the charset of
    ``content_type`` (unless it is a server's default and the page says otherwise); the page's own declaration;
    a detector. Names are read as the WHATWG Encoding Standard reads them: latin-1 is windows-1252.

    Args:
        data: a page as it came, already decompressed.
        content_type: the Content-Type header as sent, or None.
    """
    for mark, marked in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(marked, "replace")
    if special := _seven_bit_or_wide(data, content_type):
        return data.decode(special, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    for name in _claims(data, content_type):
        text = data.decode(name, "replace")
        if text.count("\ufffd") <= max(3, len(text) * _MOSTLY):
            return text
    return data.decode(_detected(data), "replace")


def _seven_bit_or_wide(data: bytes, content_type: str | None) -> str | None:
    """Return the charset of bytes that are valid UTF-8 by accident, or None."""
    head = data[:_PRESCAN]
    if b"\x1b$" in data and "iso2022_jp" in _claims(data, content_type):
        return "iso2022_jp"
    if head.count(0) > len(head) // 4:
        # Latin markup in UTF-16 has every other byte zero; which half tells the byte order.
        return "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"
    return None


def _claims(data: bytes, content_type: str | None) -> list[str]:
    """Return the charsets that header and page name, the more trusted one first."""
    found = _CHARSET.search(content_type or "")
    header = _known(found.group(1)) if found else None
    head = data[:_PRESCAN]
    stated = _XML.search(head) or _META.search(head)
    page = _known(stated.group(1).decode("ascii", "replace")) if stated else None
    ranked = (page, header) if header in _SERVER_DEFAULTS else (header, page)
    # A page that can be read byte by byte as UTF-16 would not have shown us an ASCII declaration.
    return [name for name in ranked if name and not name.startswith("utf-16")]


def _detected(data: bytes) -> str:
    """Return Python's name of the charset that the bytes look like; windows-1252 when they look like none."""
    # Asked for WHATWG's names, resiliparse 2.0 turns cp949 into UTF-8: take the detector's own.
    label: str | None = detect_encoding(data, html5_compatible=False)
    try:
        return _known(label or "") or codecs.lookup(label or "cp1252").name
    except LookupError:
        return "cp1252"


def _known(label: str) -> str | None:
    """Return Python's name of the charset that the WHATWG Encoding Standard knows as ``label``, or None."""
    name: str | None = map_encoding_to_html5(label.strip(), fallback_utf8=False)
    return _WIDER.get(name, name) if name else None
