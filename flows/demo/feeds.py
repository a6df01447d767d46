"""What an outlet hands to programs: RSS, Atom, RDF, JSON Feed, news sitemaps, sitemap indexes with gzipped parts.

It only writes; it never reads a feed, so a test that reads one back tests the reader.
"""

# ruff: noqa: E501 - markup reads better in one piece
from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from email.utils import format_datetime
from itertools import groupby
from xml.sax.saxutils import escape, quoteattr

from flows.demo.press import House, Publication

Publications = Sequence[Publication]


def _declared(house: House, document: str) -> bytes:
    return f'<?xml version="1.0" encoding="{house.encoding.upper()}"?>\n{document}'.encode(
        house.encoding, "xmlcharrefreplace"
    )


def _changed(items: Publications) -> datetime | None:
    return max((item.modified for item in items), default=None)


def rss(house: House, items: Publications) -> bytes:
    """Return an RSS 2.0 feed with RFC 822 dates in the outlet's zone, HTML in the descriptions and a self link."""
    changed = _changed(items)
    built = f"<lastBuildDate>{format_datetime(house.local(changed))}</lastBuildDate>" if changed else ""
    entries = "".join(
        f"<item><title>{escape(item.story.title)}</title><link>{escape(item.link)}</link>"
        f'<guid isPermaLink="false">{escape(house.id + item.path)}</guid>'
        f"<pubDate>{format_datetime(house.local(item.published))}</pubDate>"
        f"<dc:creator>{escape(item.story.author or house.name)}</dc:creator>"
        f"<description>{escape('<p>' + escape(item.story.teaser) + '</p>')}</description></item>\n"
        for item in items
    )
    return _declared(
        house,
        '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<channel><title>{escape(house.name)}</title><link>{house.base}/</link>"
        f'<atom:link href="{house.base}/feed.xml" rel="self" type="application/rss+xml"/>'
        f"<description>{escape(house.name)}</description><language>{house.language}</language><ttl>15</ttl>{built}\n"
        f"{entries}</channel></rss>",
    )


def atom(house: House, items: Publications) -> bytes:
    """Return an Atom 1.0 feed: `published` in the outlet's zone, an alternate link after an unrelated one."""
    changed = _changed(items)
    updated = f"<updated>{house.local(changed).isoformat()}</updated>" if changed else ""
    entries = "".join(
        f"<entry><id>tag:{house.id}.example,2026:{escape(item.path)}</id><title>{escape(item.story.title)}</title>"
        f'<link rel="replies" href="{escape(item.url)}#comments"/><link rel="alternate" type="text/html" href={quoteattr(item.link)}/>'
        f"<published>{house.local(item.published).isoformat()}</published><updated>{house.local(item.modified).isoformat()}</updated>"
        f"<author><name>{escape(item.story.author or house.name)}</name></author>"
        f'<summary type="html">{escape("<p>" + escape(item.story.teaser) + "</p>")}</summary></entry>\n'
        for item in items
    )
    return _declared(
        house,
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{house.language}"><id>tag:{house.id}.example,2026:feed</id>'
        f"<title>{escape(house.name)}</title>"
        f'<link rel="self" href="{house.base}/atom.xml"/><link href="{house.base}/"/>{updated}\n{entries}</feed>',
    )


def rdf(house: House, items: Publications) -> bytes:
    """Return an RSS 1.0 (RDF) feed with Dublin Core dates."""
    listed = "".join(f"<rdf:li rdf:resource={quoteattr(item.link)}/>" for item in items)
    entries = "".join(
        f"<item rdf:about={quoteattr(item.link)}><title>{escape(item.story.title)}</title><link>{escape(item.link)}</link>"
        f"<description>{escape(item.story.teaser)}</description>"
        f"<dc:date>{house.local(item.published).isoformat()}</dc:date></item>\n"
        for item in items
    )
    return _declared(
        house,
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f'<channel rdf:about="{house.base}/index.rdf"><title>{escape(house.name)}</title><link>{house.base}/</link>'
        f"<description>{escape(house.name)}</description><dc:language>{house.language}</dc:language>"
        f"<items><rdf:Seq>{listed}</rdf:Seq></items></channel>\n{entries}</rdf:RDF>",
    )


def jsonfeed(house: House, items: Publications) -> bytes:
    """Return a JSON Feed 1.1."""
    return json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": house.name,
            "home_page_url": house.base + "/",
            "feed_url": house.base + "/feed.json",
            "language": house.language,
            "items": [
                {
                    "id": house.id + item.path,
                    "url": item.link,
                    "title": item.story.title,
                    "summary": item.story.teaser,
                    "content_text": item.story.teaser,
                    "date_published": house.local(item.published).isoformat(),
                    "authors": [{"name": item.story.author or house.name}],
                }
                for item in items
            ],
        },
        ensure_ascii=False,
    ).encode()


def news_sitemap(house: House, items: Publications) -> bytes:
    """Return a Google News sitemap: title, date and language of every article."""
    entries = "".join(
        f"<url><loc>{escape(item.link)}</loc><news:news><news:publication><news:name>{escape(house.name)}</news:name>"
        f"<news:language>{house.language}</news:language></news:publication>"
        f"<news:publication_date>{house.local(item.published).isoformat()}</news:publication_date>"
        f"<news:title>{escape(item.story.title)}</news:title></news:news></url>\n"
        for item in items
    )
    return _declared(
        house,
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        f'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">\n{entries}</urlset>',
    )


def _month(item: Publication) -> str:
    return item.published.strftime("%Y-%m")


def sitemap_index(house: House, items: Publications) -> bytes:
    """Return an index of one gzipped sitemap per month (`sitemap_parts`)."""
    parts = {
        month: max(item.modified for item in group) for month, group in groupby(sorted(items, key=_month), key=_month)
    }
    entries = "".join(
        f"<sitemap><loc>{house.base}/sitemap-{month}.xml.gz</loc><lastmod>{house.local(changed).isoformat()}</lastmod></sitemap>\n"
        for month, changed in sorted(parts.items(), reverse=True)
    )
    return _declared(
        house, f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{entries}</sitemapindex>'
    )


def sitemap_parts(house: House, items: Publications) -> dict[str, bytes]:
    """Return path -> gzipped sitemap (location and last change only) for every month that `sitemap_index` names."""
    parts = {}
    for month, group in groupby(sorted(items, key=_month), key=_month):
        entries = "".join(
            f"<url><loc>{escape(item.link)}</loc><lastmod>{house.local(item.modified).isoformat()}</lastmod></url>\n"
            for item in group
        )
        document = _declared(house, f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{entries}</urlset>')
        parts[f"/sitemap-{month}.xml.gz"] = gzip.compress(document, mtime=0)
    return parts


Writer = Callable[[House, Publications], bytes]

KINDS: dict[str, tuple[str, str, Writer]] = {
    "rss": ("/feed.xml", "application/rss+xml", rss),
    "atom": ("/atom.xml", "application/atom+xml", atom),
    "rdf": ("/index.rdf", "application/rdf+xml", rdf),
    "jsonfeed": ("/feed.json", "application/feed+json", jsonfeed),
    "news_sitemap": ("/news-sitemap.xml", "application/xml", news_sitemap),
    "sitemap_index": ("/sitemap_index.xml", "application/xml", sitemap_index),
}
"""Kind of endpoint -> its path, its media type and its writer."""
