"""How much memory this process uses, and a bound on how much more it may take.

Where the system does not tell (anything but Linux), nothing is bounded and nothing is said to have grown.
"""

from __future__ import annotations

import os
from pathlib import Path

_STATM = Path("/proc/self/statm")
_at_start: int | None = None


def limit_growth(max_bytes: int) -> None:
    """Let this process grow by at most ``max_bytes`` from now on; allocations beyond raise MemoryError.

    The bound is on address space: it is the only one that the kernel answers with an error and not with a kill.
    """
    global _at_start
    _at_start = _pages(1)
    size = _pages(0)
    if size is None:
        return
    import resource  # not on Windows, which has no /proc either

    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    bound = size + max_bytes
    if hard == resource.RLIM_INFINITY or bound < hard:
        resource.setrlimit(resource.RLIMIT_AS, (bound, hard))


def has_grown(max_bytes: int) -> bool:
    """Whether this process holds more than ``max_bytes`` of memory above what it held at `limit_growth`."""
    now = _pages(1)
    return _at_start is not None and now is not None and now - _at_start > max_bytes


def _pages(column: int) -> int | None:
    """Return a column of /proc/self/statm in bytes (0: address space, 1: resident), None where there is none."""
    try:
        return int(_STATM.read_text().split()[column]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None
