"""How fast texts are matched, whole path: normalising, all rules, guards, evidence. One JSON line.

    python benchmarks/matching.py [--megabytes 10]

The peer is a `re` alternation over the plain names, which finds names only; it is timed on a slice.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import sys
import time
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from config.load import SHIPPED, initiatives  # noqa: E402 - run as a file, the project is not on the path yet
from extractors.mentions import Matcher  # noqa: E402
from records.mention import Alias, Initiative  # noqa: E402

FILLER = (
    "The ministry said on Tuesday that more money would go to rail, and that the plan had been agreed. ",
    "Investors sold shares in the afternoon, after the central bank kept its rate and warned of slower growth. ",
    "Le gouvernement a présenté mercredi un texte sur l’énergie, que les députés étudieront à partir de septembre. ",
    "市政府昨日表示，新的地铁线路将于明年开通，预计每天运送三十万名乘客。",
    "Министерство сообщило, что новая дорога будет открыта весной, а строительство моста продолжится. ",
    "El ayuntamiento anunció ayer que las obras del puerto terminarán antes del verano. ",
    "وقالت الوزارة إن الطريق الجديد سيفتح أمام حركة المرور في نهاية الشهر المقبل. ",
    "시는 어제 새로운 도서관을 내년 봄에 연다고 밝혔다. ",
)


def documents(megabytes: float, all_initiatives: tuple[Initiative, ...]) -> list[str]:
    """Return texts of about 4 KB in eight languages; every fourth holds the examples of one initiative."""
    out: list[str] = []
    size = 0
    while size < megabytes * 1e6:
        number = len(out)
        one = all_initiatives[number % len(all_initiatives)]
        planted = " ".join(one.matching) + "\n" if number % 4 == 0 else ""
        line = FILLER[number % len(FILLER)]
        body = planted + "\n".join(line * 3 for _ in range(max(1, 4000 // (3 * len(line.encode())))))
        out.append(body)
        size += len(body.encode())
    return out


def seconds(matcher: Matcher, texts: list[str]) -> float:
    started = time.process_time()
    for text in texts:
        matcher.find("", text)
    return time.process_time() - started


def doubled(all_initiatives: tuple[Initiative, ...]) -> list[Initiative]:
    """Return the initiatives with as many aliases again, which no text holds."""
    return [
        replace(one, aliases=(*one.aliases, *(Alias(f"Zq {a.text}", f"Zq {a.pattern}") for a in one.aliases)))
        for one in all_initiatives
    ]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--megabytes", type=float, default=10.0)
    megabytes = parser.parse_args().megabytes
    shipped = initiatives(SHIPPED / "initiatives.yaml", {})
    texts = documents(megabytes, shipped)
    size = sum(len(text.encode()) for text in texts) / 1e6
    matcher, double = Matcher(shipped), Matcher(doubled(shipped))
    seconds(matcher, texts[:50])
    ours, twice = seconds(matcher, texts), seconds(double, texts)
    plain = re.compile("|".join(re.escape(one.name) for one in shipped), re.IGNORECASE)
    slice_of = texts[: max(1, len(texts) // 20)]
    started = time.process_time()
    for text in slice_of:
        plain.findall(text)
    peer = sum(len(text.encode()) for text in slice_of) / 1e6 / (time.process_time() - started)
    print(
        json.dumps(
            {
                "what": "MB/s of one core, whole path",
                "ours": round(size / ours, 2),
                "peer": {"re alternation of 41 names": round(peer, 2)},
                "ratio": round(size / ours / peer, 2),
                "doubled_aliases": round(twice / ours, 2),
                "megabytes": round(size, 1),
                "machine": f"{platform.machine()} {platform.python_implementation()} {platform.python_version()}",
            }
        )
    )


if __name__ == "__main__":
    main()
