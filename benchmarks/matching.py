"""How fast texts are matched, whole path: normalising, all rules, guards, evidence. One JSON line.

    python -m benchmarks.matching [--megabytes 10]

The peers look for names only (every alias written out, at most forty spellings of each), without normalising, guards,
competition or evidence: a `re` alternation, a loop over pyahocorasick and spaCy's PhraseMatcher. They are timed on
slices of the same texts; those that are not installed are left out (`pip install pyahocorasick spacy`).
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from config.load import SHIPPED, initiatives  # noqa: E402 - run as a file, the project is not on the path yet
from extractors.matching.pattern import spellings  # noqa: E402
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
    return [replace(one, aliases=(*one.aliases, *(_unseen(alias) for alias in one.aliases))) for one in all_initiatives]


def _unseen(alias: Alias) -> Alias:
    return replace(alias, text=f"Zq {alias.text}", pattern=f"Zq {alias.pattern}")


def dense(megabytes: float, all_initiatives: tuple[Initiative, ...]) -> list[str]:
    """Return texts in which every sentence holds a mention or a look-alike."""
    sentences = [text for one in all_initiatives for text in (*one.matching, *one.not_matching)]
    body = "\n".join(" ".join(sentences[at::7]) for at in range(7))
    return [body] * max(1, round(megabytes * 1e6 / len(body.encode())))


def names(all_initiatives: tuple[Initiative, ...]) -> list[str]:
    """Return every alias written out, but for those with stems and gaps, which a list of names cannot say."""
    found = [one.name.casefold() for one in all_initiatives]
    for one in all_initiatives:
        for alias in one.aliases:
            found += [text for text in spellings(alias.pattern)[:40] if "\ue000" not in text and "\ue001" not in text]
    return sorted(set(found))


def peers(wanted: list[str]) -> dict[str, tuple[float, Callable[[str], object]]]:
    """Return each peer with the share of the texts that it is timed on, as the slow ones would take minutes."""
    alternation = re.compile("|".join(re.escape(name) for name in sorted(wanted, key=len, reverse=True)), re.IGNORECASE)
    found: dict[str, tuple[float, Callable[[str], object]]] = {"re alternation": (0.005, alternation.findall)}
    try:
        import ahocorasick
    except ImportError:
        pass
    else:
        automaton = ahocorasick.Automaton()
        for name in wanted:
            automaton.add_word(name, name)
        automaton.make_automaton()
        found["pyahocorasick"] = (0.3, lambda text: list(automaton.iter(text.lower())))
    try:
        import spacy
        from spacy.matcher import PhraseMatcher
    except ImportError:
        pass
    else:
        language = spacy.blank("xx")
        matcher = PhraseMatcher(language.vocab, attr="LOWER")
        matcher.add("names", [language.make_doc(name) for name in wanted])
        found["spaCy PhraseMatcher"] = (0.05, lambda text: matcher(language.make_doc(text)))
    return found


def speed(find: Callable[[str], object], texts: list[str]) -> float:
    """Return megabytes per second of one core."""
    started = time.process_time()
    for text in texts:
        find(text)
    return sum(len(text.encode()) for text in texts) / 1e6 / (time.process_time() - started)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--megabytes", type=float, default=10.0)
    megabytes = parser.parse_args().megabytes
    shipped = initiatives(SHIPPED / "initiatives.yaml", {})
    texts = documents(megabytes, shipped)
    size = sum(len(text.encode()) for text in texts) / 1e6
    matcher, double = Matcher(shipped), Matcher(doubled(shipped))
    seconds(matcher, texts[:50])
    # In turns, and the better of two: another program on the machine shall not decide.
    pairs = [(seconds(matcher, texts), seconds(double, texts)) for _ in range(2)]
    ours, twice = min(pair[0] for pair in pairs), min(pair[1] for pair in pairs)
    wanted = names(shipped)
    measured = {
        name: round(speed(find, texts[: max(1, int(len(texts) * share))]), 2)
        for name, (share, find) in peers(wanted).items()
    }
    print(
        json.dumps(
            {
                "what": "MB/s of one core, whole path",
                "ours": round(size / ours, 2),
                "peer": measured,
                "peer_names": len(wanted),
                "ratio": {name: round(size / ours / value, 2) for name, value in measured.items()},
                "doubled_aliases": round(twice / ours, 2),
                "dense": round(speed(lambda text: matcher.find("", text), dense(megabytes / 10, shipped)), 2),
                "megabytes": round(size, 1),
                "machine": f"{platform.machine()} {platform.python_implementation()} {platform.python_version()}",
            }
        )
    )


if __name__ == "__main__":
    main()
