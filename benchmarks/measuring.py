"""What a program costs from its start to its end: wall time, processor time and memory, of it and all its children.

Linux only: elsewhere /proc does not tell, and processor time and memory are left out.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Run:
    """One program that ran.

    Attributes:
        seconds: from its start to its end.
        processor: seconds of processor time that it and its children took; 0 where /proc does not tell.
        memory: the most that they held at once, in MB.
        output: what it wrote.
    """

    seconds: float
    processor: float
    memory: float | None
    output: str


def govwatch(*arguments: str | Path) -> list[str]:
    """Return the command line of the program."""
    program = Path(sys.executable).parent / "govwatch"
    command = [str(program)] if program.exists() else [sys.executable, "-m", "flows.cli"]
    return [*command, *map(str, arguments)]


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a program that is measured: without what a developer may have set for govwatch."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GOVWATCH_", "PREFECT_"))}
    return {**kept, "DO_NOT_TRACK": "1", "PYTHONPATH": str(ROOT), "NO_COLOR": "1", **(more or {})}


def measured(command: list[str], more: Mapping[str, str] | None = None, folder: Path | None = None) -> Run:
    """Run a program to its end.

    Args:
        command: what to run.
        more: variables of its environment.
        folder: where it runs.

    Raises:
        RuntimeError: it failed; the message holds what it wrote.
    """
    started = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment(more), cwd=folder
    ) as process:
        peak: list[float] = []
        spent: dict[int, float] = {}
        watcher = threading.Thread(target=_watch, args=(process, peak, spent))
        watcher.start()
        output = process.communicate()[0]
        seconds = time.perf_counter() - started
        watcher.join()
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{output[-3000:]}")
    return Run(seconds, sum(spent.values()), max(peak, default=None), output)


def processor_of(pid: int) -> float:
    """Return the seconds of processor time that a process and those below it have taken until now."""
    return sum(seconds for one in _tree(pid) if (seconds := _processor(one)) is not None)


def _watch(process: subprocess.Popen[str], peak: list[float], spent: dict[int, float]) -> None:
    """Note memory four times a second and processor time twenty times: what a child did last of all goes unseen."""
    for turn in itertools.count():
        if process.poll() is not None:
            return
        tree = list(_tree(process.pid))
        spent |= {pid: seconds for pid in tree if (seconds := _processor(pid)) is not None}
        if turn % 5 == 0:
            held = [one for pid in tree if (one := _memory(pid)) is not None]
            peak += [sum(held)] if held else []
        time.sleep(0.05)


def _tree(pid: int) -> Iterator[int]:
    """Yield a process and all below it; children of any of its threads."""
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in children.read_text().split():
                yield from _tree(int(child))


def _processor(pid: int) -> float | None:
    """Return the seconds of processor time of one process; None when it is gone, or /proc does not tell."""
    try:
        facts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(facts[11]) + int(facts[12])) / os.sysconf("SC_CLK_TCK")


def _memory(pid: int) -> float | None:
    """Return the proportional set size of one process in MB; None when it is gone, or /proc does not tell."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        return next(int(line.split()[1]) / 1024 for line in rollup.splitlines() if line.startswith("Pss:"))
    except (OSError, StopIteration):
        return None
