"""Small values that several configuration files share: durations, ids, languages, countries.

Each is an annotated type for a shape; a refused value says what would be right.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])")


def duration(value: Any) -> timedelta:
    """Return ``value`` ("90s", "15m", "2h", "1h 30m", "7d", "2w", or seconds as a number) as a timedelta.

    Raises:
        ValueError: it is none of these, or negative.
    """
    if isinstance(value, timedelta):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
        return timedelta(seconds=value)
    text = str(value).strip().lower()
    if text and not _DURATION.sub("", text).strip():
        return timedelta(seconds=sum(float(n) * _UNITS[unit] for n, unit in _DURATION.findall(text)))
    raise ValueError(f"'{value}' is not a duration | write for example 90s, 15m, 2h, 7d or 1h 30m")


def _identifier(value: Any) -> Any:
    if not isinstance(value, str) or not re.fullmatch(r"[a-z][a-z0-9-]{0,62}", value):
        raise ValueError(f"'{value}' is not a valid id | small letters, digits and dashes, beginning with a letter")
    return value


def _language(value: Any) -> Any:
    if value is None:
        return None
    # YAML 1.1 reads a bare `no` (Norwegian) as false.
    if value is False:
        return "no"
    if not isinstance(value, str) or not re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", value):
        raise ValueError(f"'{value}' is not a language tag | BCP 47, for example en, zh or zh-Hant")
    return value


def _country(value: Any) -> Any:
    if value is None:
        return None
    if value is False:
        return "NO"
    if not isinstance(value, str) or not re.fullmatch(r"[A-Z]{2}", value):
        raise ValueError(
            f"'{value}' is not a country code | two capital letters of ISO 3166-1, for example FR; EU and UN too"
        )
    return value


def _web_url(value: Any) -> Any:
    if not isinstance(value, str) or not re.match(r"https?://[^/\s?#]+", value):
        raise ValueError(f"'{value}' is not a web address | it begins with http:// or https:// and names a host")
    return value


Duration = Annotated[timedelta, BeforeValidator(duration)]
Identifier = Annotated[str, BeforeValidator(_identifier)]
Language = Annotated[str, BeforeValidator(_language)]
Country = Annotated[str, BeforeValidator(_country)]
WebURL = Annotated[str, BeforeValidator(_web_url)]
Positive = Annotated[int, Field(ge=1)]
