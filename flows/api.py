"""Whether a Prefect API is configured, found out without importing Prefect (1.8 s), and the settings ours needs."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

OFFLINE = {
    "DO_NOT_TRACK": "1",  # the client's telemetry has this switch only
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
    "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
}
"""What keeps Prefect from looking anything up: everything works without a network."""


def go_offline() -> None:
    """Set `OFFLINE` where the environment does not say otherwise; call it before Prefect is imported."""
    for name, value in OFFLINE.items():
        os.environ.setdefault(name, value)


def configured_api(environ: Mapping[str, str], folder: Path) -> str | None:
    """Return the URL of the Prefect API that Prefect itself would use, or None.

    Looks where Prefect looks, in its order: the environment, ``prefect.toml`` and ``pyproject.toml`` of ``folder``, and
    the active profile.
    """
    if environ.get("PREFECT_API_URL"):
        return environ["PREFECT_API_URL"]
    files = (
        (folder / "prefect.toml", ("api", "url")),
        (folder / "pyproject.toml", ("tool", "prefect", "api", "url")),
    )
    for path, keys in files:
        found = _dig(_toml(path), keys)
        if found:
            return str(found)
    home = Path(environ.get("PREFECT_HOME") or Path.home() / ".prefect")
    profiles = _toml(home / "profiles.toml")
    active = environ.get("PREFECT_PROFILE") or _dig(profiles, ("active",))
    found = _dig(profiles, ("profiles", str(active), "PREFECT_API_URL"))
    return str(found) if found else None


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        # A broken file of Prefect's is for Prefect to complain about.
        return {}


def _dig(data: Any, keys: tuple[str, ...]) -> Any:
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data
