"""Asks whether a small model of lines would correct the extractor's text: cross-validated by site, one JSON line each.

Run: ``python -m benchmarks.extraction_model``. It trains only on pages of the kit whose gold is MIT or CC-BY, keeps no
weights, and prints the scores without and with the model; docs/decisions/0006 holds the answer.
"""

from __future__ import annotations

import gzip
import importlib
import json
import sys
from typing import Any

import numpy as np
from lxml.etree import strip_elements
from numpy.typing import NDArray

from benchmarks.extraction import KIT
from extractors import furniture
from extractors.article import _keys, _lines, extract  # what the extractor itself asks of the tree
from extractors.charset import decode
from extractors.markup import Markup, parse, text_of
from extractors.metadata import body_of

Floats = NDArray[np.float64]

_FREE = ("scrapinghub", "fundus", "fundus_eval", "wcxb_news")  # MIT and CC-BY; never the GPL source
_FOLDS, _STEPS, _RATE, _DECAY, _HIDDEN = 5, 1_500, 0.05, 3e-3, 12
_SEED = 11


def candidates(page: bytes, url: str) -> tuple[list[str], list[bool], Floats]:
    """Return the lines of the text and of a wide cut around it, which of them are kept now, and their features."""
    kept = extract(page, url).text.split("\n")
    tree = parse(decode(page))
    if tree is None:
        return kept, [True] * len(kept), np.zeros((len(kept), 16))
    markup = Markup.read(tree, url)
    strip_elements(tree, "script", "style", "svg", "template", with_tail=False)
    wide = _lines(tree, "recall")
    have = {furniture.key(line) for line in kept}
    # The wide cut's order, with kept lines that it lacks at the end.
    lines = [line for line in wide if furniture.key(line)]
    there = {furniture.key(line) for line in lines}
    lines += [line for line in kept if furniture.key(line) not in there]
    links, heads = _keys(tree, "a"), _keys(tree, "h2", "h3", "h4")
    lists, paragraphs = _keys(tree, "li"), _keys(tree, "p")
    body = furniture.key(body_of(markup.article))
    share = {
        furniture.key(text): sum(len(text_of(a)) for a in one.iter("a")) / len(text)
        for one in tree.iter("p", "li", "div")
        if len(one) < 20 and (text := text_of(one))
    }
    now = [furniture.key(line) in have for line in lines]
    rows = []
    for place, line in enumerate(lines):
        bare = furniture.key(line)
        around = now[max(0, place - 2) : place] + now[place + 1 : place + 3]
        rows.append(
            [
                now[place],
                min(1.0, len(line) / 400),
                len(line) < 40,
                len(line) < 90,
                line.rstrip()[-1:] in '.!?。！？…”"»',
                sum(one.isdigit() for one in line) / len(line),
                sum(one.isupper() for one in line) / len(line),
                bare in links,
                bare in heads,
                bare in lists,
                bare in paragraphs,
                bool(body) and bare in body,
                bool(body) and bare not in body,
                share.get(bare, 0.0),
                place / len(lines),
                sum(around) / max(1, len(around)),
            ]
        )
    return lines, now, np.array(rows, dtype=float).reshape(len(lines), 16)


def trained(features: Floats, labels: Floats) -> list[Floats]:
    """Return the weights of a network of one hidden layer: plain gradient descent from a fixed seed."""
    random = np.random.default_rng(_SEED)
    first = random.normal(0, 0.3, (features.shape[1] + 1, _HIDDEN))
    last = random.normal(0, 0.3, _HIDDEN + 1)
    given = np.column_stack([features, np.ones(len(features))])
    for _ in range(_STEPS):
        hidden = np.column_stack([np.tanh(given @ first), np.ones(len(given))])
        wrong = (1 / (1 + np.exp(-(hidden @ last))) - labels) / len(labels)
        back = np.outer(wrong, last[:-1]) * (1 - hidden[:, :-1] ** 2)
        last -= _RATE * 20 * (hidden.T @ wrong + _DECAY * last / 20)
        first -= _RATE * 20 * (given.T @ back + _DECAY * first / 20)
    return [first, last]


def likely(weights: list[Floats], features: Floats) -> Floats:
    """Return for each line how likely it is of the article."""
    given = np.column_stack([features, np.ones(len(features))])
    hidden = np.column_stack([np.tanh(given @ weights[0]), np.ones(len(given))])
    answer: Floats = 1 / (1 + np.exp(-(hidden @ weights[1])))
    return answer


def main() -> None:
    """Print the scores of the text as it is, and as the model would have it at several degrees of boldness."""
    sys.path.insert(0, str(KIT))
    evaluate: Any = importlib.import_module("evaluate")
    gold = [json.loads(line) for line in (KIT / "gold.jsonl").read_text(encoding="utf-8").splitlines()]
    pages = []
    for one in (one for one in gold if one["source"] in _FREE and one["gold_text"]):
        html = gzip.decompress((KIT / "html" / f"{one['id']}.html.gz").read_bytes())
        lines, now, features = candidates(html, one.get("url") or "")
        true = evaluate._shingles(evaluate.gold_for(one, "\n".join(lines)))  # noqa: SLF001
        shares = [evaluate._shingles(line) for line in lines]  # noqa: SLF001
        labels = np.array(
            [sum((share & true).values()) >= 0.5 * max(1, sum(share.values())) for share in shares], float
        )
        pages.append((one, extract(html, one.get("url") or "").text, lines, now, features, labels))
    sites = sorted({one["site"] for one, *_ in pages})
    fold = {site: number % _FOLDS for number, site in enumerate(sites)}
    chances: dict[str, Floats] = {}
    for number in range(_FOLDS):
        train = [page for page in pages if fold[page[0]["site"]] != number]
        weights = trained(np.vstack([page[4] for page in train]), np.concatenate([page[5] for page in train]))
        chances |= {page[0]["id"]: likely(weights, page[4]) for page in pages if fold[page[0]["site"]] == number}
    for what, drop, add in (
        ("as it is", 0.0, 1.1),
        ("unchanged, by way of the candidates", 0.0, 1.1),
        ("drop", 0.1, 1.1),
        ("drop", 0.3, 1.1),
        ("both", 0.1, 0.9),
        ("both", 0.3, 0.7),
        ("both", 0.5, 0.5),
    ):
        scores = []
        for one, text, lines, now, _, _ in pages:
            chance = chances[one["id"]]
            chosen = [
                line for line, there, p in zip(lines, now, chance, strict=True) if (p >= drop if there else p > add)
            ]
            scores.append(evaluate.score_page(one, {"text": text if what == "as it is" else "\n".join(chosen)}))
        summary = evaluate.summary(scores)
        figures = {name: round(summary[name], 4) for name in ("shingle_F1", "P", "R", "page_F1", "zero%")}
        print(json.dumps({"what": what, "drop_under": drop, "add_over": add, "pages": len(pages), **figures}))


if __name__ == "__main__":
    main()
