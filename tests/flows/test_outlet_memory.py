"""What an outlet repeats is taken out before anything is looked for: a box on every page is no mention."""

from __future__ import annotations

from extractors.outlet_lines import lines_of
from flows.jobs import Job
from flows.work import Worker
from records.mention import Alias, Initiative

BOX = "Our dossier on the Lantern Accord is free to read for all friends of the paper."
ACCORD = Initiative("lantern-accord", "Lantern Accord", aliases=(Alias("Lantern Accord", "Lantern Accord"),))
URL = "https://ledger.example/city/boats"


def _job(repeated: dict[int, int]) -> Job:
    own = [
        f"Speaker {one} told the council that the boats of the harbour need a list of rules by spring."
        for one in range(9)
    ]
    body = "".join(f"<p>{line}</p>" for line in [*own, BOX])
    page = f"<html lang=en><head><title>Boats</title></head><body><article><h1>Boats</h1>{body}</article></body></html>"
    return Job(URL, URL, page.encode(), "text/html; charset=utf-8", repeated=repeated)


def test_a_box_that_the_outlet_repeats_is_no_mention() -> None:
    (box,) = lines_of(BOX)
    worked = Worker([ACCORD])(_job({box: 3}))
    assert BOX not in worked.article.text
    assert worked.mentions == ()
    assert "other pages of the outlet" in worked.article.text_reason
    assert box in worked.lines  # it is still counted, or it would be forgotten


def test_the_same_box_of_an_outlet_without_memory_is_one() -> None:
    worked = Worker([ACCORD])(_job({}))
    assert BOX in worked.article.text
    assert len(worked.mentions) == 1
