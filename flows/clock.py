"""The one wall clock: read here only, and handed to everything that needs the time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Gives the time, aware and in UTC."""


def utc_now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)
