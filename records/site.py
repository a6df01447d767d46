"""What an analyst writes about the pages of one site, for the few that need it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SiteRule:
    """How pages of one site are read; selectors are CSS (level 3, as cssselect knows it).

    Attributes:
        site: the registrable domain, as `extractors.urls.outlet_of` gives it; or one host below it.
        path: only pages whose path begins so; of several rules the longest path wins, alone.
        keep: what holds the article's text; where it matches, everything else is left out, and no other judgement
            is made. Where it matches nothing the page is read as any other.
        drop: what is no part of the article: taken out before the text is looked for.
        title, authors, published: where these stand, for pages that state them nowhere else or wrongly. The text of
            the first match; for ``authors``, of every match. For ``published``, the ``datetime`` or ``content``
            attribute is taken before the text.
        stub: a match means that the page shows only the beginning of its article.
    """

    site: str
    path: str = "/"
    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    title: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    published: tuple[str, ...] = ()
    stub: tuple[str, ...] = ()
