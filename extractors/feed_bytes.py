"""How the bytes of a feed or sitemap become text, and broken XML becomes XML that can be parsed.

It repairs what real feeds get wrong (compression, charset, junk around the root, bare ampersands, HTML entities) and
never expands a DTD or an entity, nor reads anything but the bytes it was given.
"""

from __future__ import annotations

import codecs
import html.entities
import re
import zlib

import chardet

from records.errors import ParseError

UNZIPPED_LIMIT = 64_000_000
"""Bytes after decompression; sitemaps may have 52,428,800 (sitemaps.org), and nothing honest has more."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_HEADER_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{2,40})", re.IGNORECASE)
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{2,40})", re.IGNORECASE)
# What publishers mean by a name is the wider set that browsers read it as (WHATWG Encoding Standard).
_WIDER = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "iso8859-9": "cp1254",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_CDATA_OR_AMP = re.compile(
    r"<!\[CDATA\[.*?\]\]>|&(?:#(\d{1,8});|#[xX]([0-9a-fA-F]{1,7});|([A-Za-z][A-Za-z0-9]{1,31});)?", re.DOTALL
)
_XML_ENTITIES = frozenset({"amp", "lt", "gt", "quot", "apos"})


def unzipped(body: bytes) -> bytes:
    """Return ``body`` without its gzip wrapping, if it has one; a truncated archive gives what can be saved.

    Raises:
        ParseError: it is a bomb, or no gzip archive after all.
    """
    if not body.startswith(b"\x1f\x8b"):
        return body
    out: list[bytes] = []
    size = 0
    while body.startswith(b"\x1f\x8b"):
        stream = zlib.decompressobj(31)
        try:
            part = stream.decompress(body, UNZIPPED_LIMIT + 1 - size)
        except zlib.error as error:
            if out:
                break
            raise ParseError(f"a gzip archive that is broken: {error}") from None
        out.append(part)
        size += len(part)
        if size > UNZIPPED_LIMIT:
            raise ParseError(f"a gzip archive that unpacks to more than {UNZIPPED_LIMIT // 1_000_000} MB")
        body = stream.unused_data
    return b"".join(out)


def decoded(data: bytes, content_type: str | None = None) -> str:
    """Return ``data`` as text.

    In this order: byte order mark, UTF-16 without one, ISO-2022-JP where it is named, valid UTF-8 whatever is named,
    the HTTP charset, the XML declaration, a damaged UTF-8, a detector, windows-1252.
    """
    for mark, name in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(name, "replace")
    if data[:4] in (b"<\x00?\x00", b"\x00<\x00?"):
        return data.decode("utf-16-le" if data[0] else "utf-16-be", "replace")
    claims = _claims(data, content_type)
    if "iso2022_jp" in claims and b"\x1b" in data:
        return data.decode("iso2022_jp", "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    damaged = data.decode("utf-8", "replace")
    broken = damaged.count("\ufffd")
    whole = sum(not char.isascii() for char in damaged) - broken
    # Text in another charset hardly ever forms valid UTF-8 by accident: if nearly all of it does, it is UTF-8 with
    # faults (a cut, a comment of a careless editor), whatever is named.
    if whole > 4 * broken:
        return damaged
    for name in claims:
        try:
            return data.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
    return damaged if whole > broken else _guessed(data)


def _claims(data: bytes, content_type: str | None) -> list[str]:
    header = _HEADER_CHARSET.search(content_type or "")
    declared = _DECLARED.search(data[:1024])
    names = [header[1] if header else "", declared[1].decode("ascii") if declared else ""]
    found = []
    for name in names:
        try:
            known = codecs.lookup(name).name
        except LookupError:
            continue
        # A declaration that can be read byte by byte is not written in UTF-16 or UTF-32.
        if not known.startswith(("utf-16", "utf-32", "utf-7")):
            found.append(_WIDER.get(known, known))
    return found


def _guessed(data: bytes) -> str:
    telling = b"\n".join(line[:2000] for line in data[:400_000].splitlines() if not line.isascii())[:60_000]
    name = chardet.detect(telling)["encoding"] or "cp1252"
    try:
        known = codecs.lookup(name).name
        return data.decode(_WIDER.get(known, known), "replace")
    except LookupError:
        return data.decode("cp1252", "replace")


def repaired(text: str) -> str:
    """Return ``text`` with HTML entities as characters, bare ampersands escaped, and no character that XML forbids.

    What stands in CDATA sections stays. An entity that nobody knows (also one that a DTD defined) becomes plain text.
    """
    return _CDATA_OR_AMP.sub(_mend, _CONTROLS.sub("", text))


def _mend(found: re.Match[str]) -> str:
    whole = found[0]
    if whole[0] == "<":
        return whole
    if found[1] or found[2]:
        code = int(found[1]) if found[1] else int(found[2], 16)
        allowed = code in (9, 10, 13) or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000
        return whole if allowed else ""
    name = found[3]
    if name in _XML_ENTITIES:
        return whole
    if name and (character := html.entities.html5.get(name + ";")):
        return character.replace("&", "&amp;").replace("<", "&lt;")
    return "&amp;" + whole[1:]
