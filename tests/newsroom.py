"""The loopback newsroom as tests speak of it: the demo's newsroom, texts to publish, and what was planted in them."""

from __future__ import annotations

from flows.demo.faults import FAULTS
from flows.demo.newsroom import Newsroom
from flows.demo.outlet import Hit, Outlet
from flows.demo.press import House, Publication, Story

__all__ = ["FAULTS", "KINDS", "Hit", "House", "Newsroom", "Outlet", "Publication", "Story", "text_about"]

KINDS = ("rss", "atom", "rdf", "jsonfeed", "news_sitemap", "sitemap_index", "listing")
"""Every kind of outlet that a newsroom can open."""


def text_about(subject: str, paragraphs: int = 6) -> str:
    """Return a plain English text of about ninety words a paragraph that names ``subject`` once, in its second sentence."""
    opening = (
        f"The committee room was full long before the session began on Tuesday. Delegates came to speak about {subject}, "
        "and most of them had brought papers of their own. The chair asked for short statements and got long ones, as on every such day."
    )
    rest = [
        f"In the {part} hour the talk turned to money, staff and the order of business, which had been changed twice since the summer. "
        f"One delegate counted {number * 17} open questions and read all of them aloud; another asked for a pause. "
        f"The interpreters kept pace, the windows stayed closed, and the record of the meeting grew by {number * 9} pages before the lamps were lit."
        for number, part in enumerate(("second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"), 2)
    ]
    return "\n\n".join([opening, *rest[: paragraphs - 1]])
