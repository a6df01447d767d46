"""Identities are made of content alone."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from records import ids


def test_the_same_parts_make_the_same_identity_on_every_machine() -> None:
    # Written down once: a change here would orphan every row that was ever stored.
    assert ids.key("first_mention", "waico") == "ffdccfd78dd9517f31b64596dc9b00d2"
    assert ids.article_id("https://example.org/a") == 3403155372759053261


def test_parts_cannot_run_together() -> None:
    assert ids.key("ab", "c") != ids.key("a", "bc")


def test_a_reference_is_short_and_reads_well() -> None:
    assert ids.reference("7f3a09bc" + "0" * 24) == "7F3A-09BC"


@settings(deadline=None)
@given(st.text())
def test_every_number_fits_a_bigint(text: str) -> None:
    assert 0 <= ids.number(text) < 2**63
