"""What an extraction process does with one page: article, fingerprint, mentions, figures.

Runs in the processes of `extractors.workers`; it holds the matcher and the rules for single sites, compiled
once per process, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from extractors import outlet_lines
from extractors.article import extract
from extractors.changes import compare
from extractors.figures import figures
from extractors.fingerprints import fingerprint
from extractors.language import load
from extractors.mentions import Matcher
from extractors.sites import Sites
from flows.jobs import Job, Worked
from records.article import Access, Article
from records.follow_up import Changes, Version
from records.mention import Initiative
from records.site import SiteRule

# The fork server imports this module once, and its processes share what it has: 85 MB, and half a second for each.
load()


class Worker:
    """Does the work of one process; made once in each.

    Args:
        initiatives: what is looked for.
        sites: rules for the pages of single sites.
    """

    def __init__(self, initiatives: Sequence[Initiative], sites: Sequence[SiteRule] = ()) -> None:
        self._sites = Sites(sites)
        self._matcher = Matcher(initiatives)
        self._kinds = {one.id: one.kind for one in initiatives}

    def __call__(self, job: Job) -> Worked:
        """Return what ``job``'s page gave."""
        article = extract(job.body, job.final_url, job.content_type, sites=self._sites)
        if article.access is not Access.FULL:
            return Worked(job.url, article)
        lines = outlet_lines.lines_of(article.text)
        article = _without_repeated(article, job.repeated)
        worked = replace(self.read(job.url, _complete(article, job)), untitled=not article.title, lines=lines)
        return worked if job.before is None else replace(worked, changes=self._changes(job.before, worked))

    def _changes(self, before: Version, worked: Worked) -> Changes:
        """Return how the page differs from what was stored; both are read with the rules of now."""
        mentions = self._matcher.find(before.title, before.text, before.language, before.on)
        numbers = figures(before.text, mentions, self._kinds, before.on)
        after = Version(worked.article.title, worked.article.text)
        return compare(before, after, (mentions, worked.mentions), (numbers, worked.figures))

    def read(self, url: str, article: Article) -> Worked:
        """Return what an article that is already cut out holds."""
        on = article.published.date() if article.published else None
        mentions = tuple(self._matcher.find(article.title, article.text, article.language, on))
        found = tuple(figures(article.text, mentions, self._kinds, on))
        return Worked(url, article, fingerprint(article.title, article.text), mentions, found)


def _without_repeated(article: Article, seen: Mapping[int, int]) -> Article:
    """Take out the lines that other pages of the outlet have; what is found in the text is found in what remains."""
    text, count = outlet_lines.without_repeated(article.text, seen)
    if not count:
        return article
    note = f"without {count} {'line' if count == 1 else 'lines'} that other pages of the outlet have"
    return replace(article, text=text, text_reason=f"{article.text_reason}; {note}" if article.text_reason else note)


def _complete(article: Article, job: Job) -> Article:
    """Fill what the page does not say from what its feed said."""
    changes: dict[str, object] = {}
    if article.published is None and job.published is not None:
        changes |= {"published": job.published, "published_from": "feed"}
    if not article.title and job.title:
        changes["title"] = job.title
    if article.language is None and job.language:
        changes["language"] = job.language
    return replace(article, **changes) if changes else article  # type: ignore[arg-type]
