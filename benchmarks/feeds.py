"""Time of `extractors.feeds.parse` against feedparser on the same large feeds; `kit` adapts it to the feed kit.

Run ``python -m benchmarks.feeds``: it prints one JSON line. The feeds are made here, in the sizes and forms of real
ones (full articles in CDATA, escaped HTML, Atom, RDF), so that the figure can be had anywhere.
"""

from __future__ import annotations

import io
import json
import platform
import statistics
import time
from collections import Counter
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

import feedparser

from extractors import feeds, listings
from extractors.archives import LARGEST_PAGE
from extractors.article import extract
from extractors.warc import warc_pages


def kit(data: bytes, content_type: str, base_url: str) -> list[dict[str, Any]]:
    """Return what the feed kit's scorer asks for; its HTML listings are read without a rule."""
    if content_type == "application/warc":
        found = warc_pages(io.BytesIO(data), base_url, Counter(), max_bytes=LARGEST_PAGE)
        articles = [(page.url, extract(page.body, page.url, page.content_type)) for page in found]
        # The kit expects no date of publication: what an archive states is when a page was captured.
        return [{"url": url, "title": article.title, "published": None} for url, article in articles]
    html = content_type.startswith("text/html")
    items = listings.read(data, content_type, base_url).items if html else feeds.parse(data, content_type, base_url)
    return [{"url": item.url or None, "title": item.title, "published": item.published} for item in items]


def _body(number: int, kilobytes: int) -> str:
    line = (
        f'<p>Paragraph of article {number}: the <a href="/r/{number}">ministry</a> took comments &amp; replies.</p>\n'
    )
    return line * max(1, kilobytes * 1000 // len(line))


def _rss(items: int, kilobytes: int, *, cdata: bool) -> bytes:
    def item(n: int) -> str:
        body = f"<![CDATA[{_body(n, kilobytes)}]]>" if cdata else escape(_body(n, kilobytes))
        return (
            f"<item><title>Title {n} &amp; more</title><link>https://site.example/{n}</link><guid>https://site.example/{n}</guid>"
            f"<pubDate>Tue, 24 Nov 2026 10:{n % 60:02}:00 +0000</pubDate><description>About {n}</description>"
            f"<content:encoded>{body}</content:encoded></item>"
        )

    inner = "".join(item(n) for n in range(items))
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/">'
        f"<channel><title>Site</title><link>https://site.example/</link>{inner}</channel></rss>"
    ).encode()


def _atom(items: int, kilobytes: int) -> bytes:
    inner = "".join(
        f'<entry><title>Title {n}</title><link rel="alternate" href="https://site.example/{n}"/><id>tag:{n}</id>'
        f"<published>2026-11-24T10:{n % 60:02}:00Z</published>"
        f"<content type='html'>{escape(_body(n, kilobytes))}</content></entry>"
        for n in range(items)
    )
    return f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Site</title>{inner}</feed>'.encode()


def _rdf(items: int) -> bytes:
    inner = "".join(
        f'<item rdf:about="https://site.example/{n}"><title>Title {n}</title><link>https://site.example/{n}</link>'
        f"<description>About {n}, in two or three short lines.</description>"
        f"<dc:date>2026-11-24T10:{n % 60:02}:00Z</dc:date></item>"
        for n in range(items)
    )
    return (
        '<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        f'xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Site</title></channel>{inner}</rdf:RDF>'
    ).encode()


def _best(run: Callable[[], object], times: int) -> float:
    results = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        results.append(time.perf_counter() - start)
    return min(results)


def main() -> None:
    """Print one JSON line: milliseconds of both on each feed, and the median ratio."""
    made = {
        "rss 1.1 MB, cdata": _rss(100, 11, cdata=True),
        "rss 1.0 MB, escaped": _rss(100, 10, cdata=False),
        "rss with a bare ampersand": _rss(100, 8, cdata=True).replace(
            b"</channel>", b"<copyright>a & b</copyright></channel>"
        ),
        "atom 2 MB": _atom(180, 10),
        "rdf 0.1 MB": _rdf(400),
    }
    rows = {}
    for what, body in made.items():
        ours = _best(lambda body=body: feeds.parse(body, "text/xml", "https://site.example/feed"), 5)  # type: ignore[misc]
        theirs = _best(lambda body=body: feedparser.parse(body), 2)  # type: ignore
        rows[what] = {
            "ms": round(ours * 1000, 1),
            "feedparser_ms": round(theirs * 1000, 1),
            "ratio": round(theirs / ours, 1),
        }
    ratio = round(statistics.median(row["ratio"] for row in rows.values()), 1)
    print(
        json.dumps(
            {"what": "feeds.parse", "peer": "feedparser", "ratio": ratio, "feeds": rows, "machine": platform.machine()}
        )
    )


if __name__ == "__main__":
    main()
