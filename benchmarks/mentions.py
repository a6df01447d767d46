"""How good the mentions are: precision, recall, F1, false alarms; and the adapter for the kit's scorer.

`python -m benchmarks.mentions` scores the project's own labelled sentences and prints one JSON line.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from extractors.mentions import Matcher  # noqa: E402 - run as a file, the project is not on the path yet

_COUNTS = ("right", "wrong", "missed")
LABELLED = ROOT / "tests" / "data" / "mentions"


@cache
def matcher() -> Matcher:
    return Matcher.load(ROOT / "config" / "initiatives.yaml")


def ids(title: str, text: str, language: str | None = None) -> set[str]:
    """What the kit's scorer calls."""
    return {mention.initiative_id for mention in matcher().find(title, text, language)}


def score(folder: Path = LABELLED) -> dict[str, object]:
    """Score every labelled sentence: {"text", "language", "ids"} a line."""
    right = wrong = missed = silent = alarms = total = 0
    languages: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    initiatives: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            wanted, found = set(record["ids"]), ids("", record["text"], record["language"])
            counts = len(wanted & found), len(found - wanted), len(wanted - found)
            right, wrong, missed = right + counts[0], wrong + counts[1], missed + counts[2]
            languages[record["language"]] = [a + b for a, b in zip(languages[record["language"]], counts, strict=True)]
            for column, names in enumerate((wanted & found, found - wanted, wanted - found)):
                for name in names:
                    initiatives[name][column] += 1
            total += 1
            silent += not wanted
            alarms += not wanted and bool(found)
    precision, recall = right / max(1, right + wrong), right / max(1, right + missed)
    return {
        "what": "mentions in the project's own labelled sentences",
        "sentences": total,
        "without_mention": silent,
        "precision": round(precision, 4),
        "recall": round(recall, 4),
        "f1": round(2 * precision * recall / max(1e-9, precision + recall), 4),
        "false_alarms": alarms,
        "initiatives": {key: dict(zip(_COUNTS, value, strict=True)) for key, value in sorted(initiatives.items())},
        "languages": {key: dict(zip(_COUNTS, value, strict=True)) for key, value in sorted(languages.items())},
    }


if __name__ == "__main__":
    print(json.dumps(score(), ensure_ascii=False))
