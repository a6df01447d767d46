"""Links from the web, rebuilt from their parsed parts: http and https only."""

from __future__ import annotations

from urllib.parse import quote, urlsplit, urlunsplit

_SAFE = "%/:=&?~#+!$,;'@()*[]"


def safe_url(url: str) -> str:
    """Return ``url`` with everything encoded that could end or open markup; empty when it is no web address."""
    try:
        parts = urlsplit("".join(url.split()))
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host:
        return ""
    name = f"[{host}]" if ":" in host else quote(host.encode("utf-8", "replace").decode(), safe=".-")
    place = f"{name}:{port}" if port else name
    path, query, fragment = (_encoded(part) for part in (parts.path, parts.query, parts.fragment))
    return urlunsplit((parts.scheme, place, path, query, fragment))


def _encoded(text: str) -> str:
    safe = "".join(character for character in _SAFE if character not in "()*[]'!")
    return quote(text.encode("utf-8", "replace"), safe=safe)
