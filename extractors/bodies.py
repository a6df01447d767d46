"""Bodies of HTTP answers: decompressed piece by piece, and never beyond a cap.

It owns content encodings and the sniffing of a body's kind; it never reads from the network.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Protocol

try:  # comes with several packages, promised by none
    import brotli  # type: ignore[import-untyped, import-not-found, unused-ignore]
except ImportError:  # pragma: no cover - depends on the installation
    brotli = None

from records.errors import TooLarge, Unreachable

_MOST_ENCODINGS = 2
"""Encodings stacked on one body; nobody honest stacks more, and each multiplies what a bomb can do."""


class _Decoder(Protocol):
    def decode(self, data: bytes, room: int) -> bytes:
        """Return what ``data`` decompresses to; at most ``room`` + 1 bytes of it, which tells that it is too much."""

    def finish(self) -> None:
        """Raise Unreachable when the stream is not complete."""


class _Zlib:
    """gzip (several members too) and deflate (with and without the zlib header, which servers confuse)."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 16 if name == "gzip" else zlib.MAX_WBITS)
        self._begun = False
        self._plain = False  # the server says "compressed" and sends it plain

    def decode(self, data: bytes, room: int) -> bytes:
        if not self._begun and data:
            self._begin(data)
        if self._plain:
            return data
        out = bytearray()
        while data and len(out) <= room:
            if self._inflate.eof:
                if self._name != "gzip" or data[:1] != b"\x1f":
                    break  # padding behind the end, which browsers ignore too
                self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
            try:
                out += self._inflate.decompress(data, room + 1 - len(out))
            except zlib.error as error:
                raise Unreachable(f"the body is no valid {self._name}: {error}") from None
            data = self._inflate.unconsumed_tail or self._inflate.unused_data
        return bytes(out)

    def _begin(self, data: bytes) -> None:
        self._begun = True
        if self._name == "gzip":
            self._plain = data[:1] != b"\x1f"
        elif data[0] & 0x0F != 8:  # no zlib header (RFC 1950): raw deflate
            self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)

    def finish(self) -> None:
        if self._begun and not self._plain and not self._inflate.eof:
            raise Unreachable(f"the {self._name} body was cut short")


class _Brotli:
    def __init__(self) -> None:
        self._decompressor = brotli.Decompressor()
        self._begun = False

    def decode(self, data: bytes, room: int) -> bytes:
        self._begun = self._begun or bool(data)
        out = bytearray()
        try:
            out += self._decompressor.process(data, output_buffer_limit=room + 1)
            while len(out) <= room and not self._decompressor.can_accept_more_data():
                out += self._decompressor.process(b"", output_buffer_limit=room + 1)
        except brotli.error as error:
            raise Unreachable(f"the body is no valid br: {error}") from None
        return bytes(out)

    def finish(self) -> None:
        if self._begun and not self._decompressor.is_finished():
            raise Unreachable("the br body was cut short")


_DECODERS: dict[str, Callable[[], _Decoder]] = {
    "gzip": lambda: _Zlib("gzip"),
    "x-gzip": lambda: _Zlib("gzip"),
    "deflate": lambda: _Zlib("deflate"),
}
# Older releases of brotli cannot stop at a limit, so a bomb would explode in them.
if brotli is not None and hasattr(brotli.Decompressor, "can_accept_more_data"):
    _DECODERS["br"] = _Brotli

ACCEPT_ENCODING = ", ".join(name for name in _DECODERS if name != "x-gzip")
"""What is asked for: only what can be decompressed with a cap."""

# Words that servers write there for a body that is not encoded at all; anything else is an encoding unknown to us.
_NO_ENCODING = frozenset({"", "identity", "none", "utf-8", "utf8", "binary", "8bit", "iso-8859-1", "text/html"})


class Body:
    """Collects one body.

    Args:
        content_encoding: the header's value, or None.
        cap: most bytes, as they come over the wire and as they are decompressed.
        cut: keep what is within the cap instead of refusing the body.

    Raises:
        Unreachable: the encoding is not one that we ask for.
    """

    def __init__(self, content_encoding: str | None, cap: int, *, cut: bool = False) -> None:
        self._cap = cap
        self._cut = cut
        self._full = False
        self._wire = 0
        self._size = 0
        self._pieces: list[bytes] = []
        self._decoders = [] if content_encoding is None else _decoders(content_encoding)

    def add(self, data: bytes) -> bool:
        """Take the next piece from the wire; return whether more is wanted.

        Raises:
            TooLarge: the cap is passed.
            Unreachable: the piece cannot be decompressed.
        """
        self._wire += len(data)
        for decoder in self._decoders:
            data = decoder.decode(data, self._cap - self._size)
        room = self._cap - self._size
        if len(data) > room or self._wire > self._cap:
            if not self._cut:
                raise TooLarge(f"the body is larger than {self._cap:,} bytes")
            data = data[:room]
            self._full = True
        self._size += len(data)
        self._pieces.append(data)
        return not self._full

    def finish(self) -> bytes:
        """Return the whole body.

        Raises:
            Unreachable: the compressed stream ended early.
        """
        if not self._full:
            for decoder in self._decoders:
                decoder.finish()
        return self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)


def _decoders(content_encoding: str) -> list[_Decoder]:
    names = [name for part in content_encoding.split(",") if (name := part.strip().lower()) not in _NO_ENCODING]
    if len(names) > _MOST_ENCODINGS:
        raise Unreachable(f"the body is encoded {len(names)} times over")
    unknown = [name for name in names if name not in _DECODERS]
    if unknown:
        raise Unreachable(f"the body comes in the encoding '{unknown[0][:40]}', which was not asked for")
    return [_DECODERS[name]() for name in reversed(names)]


_MARKUP = frozenset({"text/html", "application/xhtml+xml", "text/plain", "text/xml", "application/xml"})
_UNTOLD = frozenset({"", "application/octet-stream", "application/unknown", "unknown/unknown"})
# First bytes of what is often served with a wrong or missing type.
_BINARY_STARTS = (
    b"%PDF-", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"PK\x03\x04", b"RIFF", b"\xd0\xcf\x11\xe0", b"ID3", b"OggS",
    b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf", b"wOF", b"\x00\x00\x00",
)  # fmt: skip


def may_be_html(content_type: str | None) -> bool:
    """Return whether a body of this type may hold an article's page; a missing or vague type may."""
    kind = (content_type or "").partition(";")[0].strip().lower()
    return kind in _MARKUP or kind in _UNTOLD or "/" not in kind


def is_binary(body: bytes) -> bool:
    """Return whether the first bytes are those of a PDF, an image, an archive or another binary file."""
    return body[:16].lstrip().startswith(_BINARY_STARTS) or body.startswith(_BINARY_STARTS)
