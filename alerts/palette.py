"""The colours of everything that people read in HTML: mails and briefings. One place, so that both look alike.

Each text colour keeps 4.5:1 (WCAG 2.2, AA) on both backgrounds of its scheme. It never stands alone for a meaning: a
severity is always a word and a shape too, because under red-green blindness *notice* and *high* look alike.
"""

from __future__ import annotations

from dataclasses import dataclass

from records.signal import Severity


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one scheme, as ``#RRGGBB``.

    Attributes:
        sheet: behind texts; ``desk`` lies behind the sheet.
        text, muted, link: of texts.
        info, notice, high: of the severities.
    """

    sheet: str
    desk: str
    text: str
    muted: str
    link: str
    info: str
    notice: str
    high: str

    def ink(self, severity: Severity) -> str:
        """Return the colour in which a severity is written."""
        inks: dict[Severity, str] = {
            Severity.INFO: self.info,
            Severity.NOTICE: self.notice,
            Severity.HIGH: self.high,
        }
        return inks[severity]


LIGHT = Palette("#FFFFFF", "#F5F7FA", "#1F2933", "#52606D", "#0B5CAD", "#1E4E8C", "#7A4A00", "#9B1C1C")
DARK = Palette("#111827", "#1F2937", "#E5E7EB", "#A7B0BE", "#8AB4F8", "#9CC2FF", "#F2C572", "#FFA8A3")
