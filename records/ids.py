"""How identities are made: from content, so that the same thing gets the same name on every machine and run.

No identity here depends on the clock, on a sequence or on a random number; loading twice therefore changes nothing.
"""

from __future__ import annotations

import hashlib

_SEPARATOR = "\x1f"  # the ASCII unit separator: `clean` removes it from every text, so parts cannot run together


def key(*parts: str | int) -> str:
    """Return the first 32 hexadecimal digits of the SHA-256 of ``parts``: a stable identity for a row."""
    joined = _SEPARATOR.join(str(part) for part in parts)
    return hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def number(*parts: str | int) -> int:
    """Return the first 63 bits of the SHA-256 of ``parts``: a stable identity that fits a BIGINT."""
    joined = _SEPARATOR.join(str(part) for part in parts)
    digest = hashlib.sha256(joined.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def article_id(canonical_url: str) -> int:
    """Return the identity of the article at ``canonical_url`` (the key that `extractors.urls.canonical` makes)."""
    return number("article", canonical_url)


def content_hash(data: bytes) -> str:
    """Return the SHA-256 of ``data`` in hexadecimal: the name of a raw page, and the proof of what was extracted."""
    return hashlib.sha256(data).hexdigest()


def reference(identity: str) -> str:
    """Return the short visible reference of an identity made by `key`, for example ``7F3A-09BC``.

    Eight hexadecimal digits: short enough to type, and `govwatch explain` asks back when two things share one.
    """
    return f"{identity[:4]}-{identity[4:8]}".upper()
