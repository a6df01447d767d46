"""Dates as people write them, in the languages of the news: months by name, the order of day and month, zones by name.

It reads one short text and gives ISO 8601, with a clock time only where the text has one; which text is a date line is
not asked here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

# For each month its names, as far as they must be told apart: a word that begins with one of them is that month.
_STEMS = (
    "jan enero ene genn gen янв січ stycz sty led oca ιαν tammi يناير كانون-الثاني जनवरी ינואר ianuar",
    "feb févr fév febbr fevereiro fev фев лют lut únor úno şub φεβ φλεβ helmi فبراير شباط फ़रवरी फरवरी פברואר şubat",
    "mar märz mär mars marzo março maart mrt мар бер marz bře mart μαρ maalis مارس آذار मार्च מרץ març",
    "apr avr abr апр кві kwie kwi dub nis απρ huhti أبريل ابريل إبريل نيسان अप्रैल אפריל",
    "may mai mayo maggio mag maio mei maj май мая трав květ máj μαΐ μάι μαι touko مايو أيار मई מאי maig",
    "jun juni juin junio giugno giu junho июн черв czerw cze červn haz ιουν kesä يونيو حزيران जून יוני",
    "jul juli juil julio luglio lug julho июл лип lip červenc tem ιουλ heinä يوليو تموز जुलाई יולי",
    "aug août aoû agosto ago авг серп sierp sie srp ağu αυγ elo أغسطس آب अगस्त אוגוסט agust",
    "sep sept septiembre settembre set setembro сен вер wrze wrz září eyl σεπ syys سبتمبر أيلول सितंबर सितम्बर ספטמבר",
    "oct okt ott outubro out окт жов paźd paź říj eki οκτ loka أكتوبر اكتوبر تشرين-الأول अक्टूबर אוקטובר",
    "nov noviembre novembro ноя лис listop lis kas νοε marras نوفمبر تشرين-الثاني नवंबर नवम्बर נובמבר",
    "dec dez déc diciembre dic dezembro des дек груд grud gru pros ara δεκ joulu ديسمبر كانون-الأول दिसंबर दिसम्बर דצמבר",
)


def _folded(word: str) -> str:
    return unicodedata.normalize("NFC", word).casefold().rstrip(".")


_MONTHS = sorted(
    ((_folded(stem).replace("-", " "), number) for number, stems in enumerate(_STEMS, 1) for stem in stems.split()),
    key=lambda one: -len(one[0]),
)
_WORD = r"(?P<w>[^\W\d_][\w\u0900-\u097f’']{1,13}(?:\s(?:الثاني|الأول))?)\.?"
_OF = r"(?:\s*(?:de|del|d[’']|of|di)\s*|[\s.,/-]+)"
_DAY_FIRST = re.compile(
    rf"(?<!\d)(?P<d>\d{{1,2}})(?:st|nd|rd|th|er|\.|º|ª)?{_OF}{_WORD}{_OF}(?:de\s+)?(?P<y>(?:19|20)\d{{2}})(?!\d)",
    re.IGNORECASE,
)
_MONTH_FIRST = re.compile(
    rf"(?<!\w){_WORD}\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y>(?:19|20)\d{{2}})(?!\d)", re.IGNORECASE
)
_YEAR_FIRST = re.compile(rf"(?<!\d)(?P<y>(?:19|20)\d{{2}})\.?\s+{_WORD}\s+(?P<d>\d{{1,2}})(?!\d)", re.IGNORECASE)
_ISO = re.compile(r"(?<!\d)(?P<y>(?:19|20)\d{2})\s?[-/.]\s?(?P<m>\d{1,2})\s?[-/.]\s?(?P<d>\d{1,2})(?!\d)")
_NUMERIC = re.compile(r"(?<![\d.])(?P<d>\d{1,2})(?P<s>[./-])(?P<m>\d{1,2})(?P=s)(?P<y>(?:19|20)\d{2})(?!\d)")
_CJK = re.compile(r"(?P<y>\d{4})\s*[年년]\s*(?P<m>\d{1,2})\s*[月월]\s*(?P<d>\d{1,2})\s*[日일]?")
_VIETNAMESE = re.compile(r"(?P<d>\d{1,2})\s+tháng\s+(?P<m>\d{1,2})(?:,|\s+năm)?\s+(?P<y>\d{4})", re.IGNORECASE)
_CLOCK = re.compile(
    r"(?P<pm0>上午|下午|午前|午後|오전|오후)?\s*(?<![\d:.])(?P<H>\d{1,2})\s*(?:[:：時시h点]|(?<=\d)\.(?=\d\d\s*(?:Uhr|klo)))\s*"
    r"(?P<M>[0-5]\d)(?!\d)\s*(?:[分분])?(?::[0-5]\d)?\s*(?P<pm>[ap]\.?m\b\.?)?"
    r"\s*(?:Uhr|h\b|\()?\s*(?P<z>Z\b|(?:UTC|GMT)?\s?[+-]\d{1,2}(?::?\d{2})?\b|[A-Z]{2,4}\b)?",
    re.IGNORECASE,
)
_HOUR = re.compile(
    r"(?<![\d:.])(?P<H>1[0-2]|[1-9])(?P<M>)\s*(?P<pm>[ap]\.?m\b\.?)\s*(?P<z>[A-Z]{2,4}\b)?(?P<pm0>)", re.IGNORECASE
)
# Only names that mean one offset in news: CST is Chicago's and Beijing's, ET and PT change with the season.
_ZONES = {
    "z": "+00:00", "utc": "+00:00", "gmt": "+00:00", "wet": "+00:00", "bst": "+01:00", "cet": "+01:00",
    "mez": "+01:00", "wat": "+01:00", "west": "+01:00", "cest": "+02:00", "mesz": "+02:00", "sast": "+02:00",
    "cat": "+02:00", "eet": "+02:00", "eest": "+03:00", "eat": "+03:00", "msk": "+03:00", "trt": "+03:00",
    "gst": "+04:00", "pkt": "+05:00", "ist": "+05:30", "wib": "+07:00", "ict": "+07:00", "hkt": "+08:00",
    "sgt": "+08:00", "myt": "+08:00", "awst": "+08:00", "wita": "+08:00", "jst": "+09:00", "kst": "+09:00",
    "wit": "+09:00", "aest": "+10:00", "aedt": "+11:00", "nzst": "+12:00", "nzdt": "+13:00", "brt": "-03:00",
    "art": "-03:00", "edt": "-04:00", "est": "-05:00", "cdt": "-05:00", "mdt": "-06:00", "mst": "-07:00",
    "pdt": "-07:00", "pst": "-08:00",
}  # fmt: skip
_ANOTHER = re.compile(r"(?:19|20)\d\d|[^\W\d_]{7,}")
_TIMES = ("上午", "午前", "오전"), ("下午", "午後", "오후")


def month_of(word: str) -> int | None:
    """Return the number of the month that ``word`` names or abbreviates in one of the languages known, or None."""
    folded = _folded(word)
    return next((number for stem, number in _MONTHS if folded.startswith(stem)), None)


def written(text: str) -> Iterator[str]:
    """Yield the moments that ``text`` names as ISO 8601, in the order of how sure their form is.

    ``17.11.2026`` and ``17/11/2026`` are read day first, unless a clock of twelve hours stands beside them or the
    second number is no month: whoever writes "5:30 PM" writes the month first.
    """
    text = unicodedata.normalize("NFC", " ".join(text.split()))
    for pattern in (_CJK, _VIETNAMESE, _ISO, _NUMERIC):
        if found := pattern.search(text):
            month, day = int(found["m"]), int(found["d"])
            twelve = pattern is _NUMERIC and found["s"] == "/" and re.search(r"\d\s*[ap]\.?m\b", text, re.IGNORECASE)
            if month > 12 >= day or (twelve and day <= 12):
                month, day = day, month
            yield from _moment(text, found, month, day)
            return
    for pattern in (_DAY_FIRST, _MONTH_FIRST, _YEAR_FIRST):
        for found in pattern.finditer(text):
            if number := month_of(found["w"]):
                yield from _moment(text, found, number, int(found["d"]))
                return


def _moment(text: str, found: re.Match[str], month: int, day: int) -> Iterator[str]:
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return
    date = f"{found['y']}-{month:02}-{day:02}"
    # "17 May 2026 Updated 18 May 2026 10:00": a clock behind the next date, or behind a long word, is another's.
    after = _ANOTHER.split(text[found.end() : found.end() + 30], maxsplit=1)[0]
    around = (after, text[max(0, found.start() - 20) : found.start()])
    clock = next((one for part in around if (one := _CLOCK.search(part) or _HOUR.search(part))), None)
    time = _time(clock) if clock else None
    yield f"{date}T{time}" if time else date


def _time(clock: re.Match[str]) -> str | None:
    """Return a clock time as ``HH:MM`` with its zone where that is known."""
    hour, minute = int(clock["H"]), int(clock["M"] or 0)
    half = (clock["pm"] or "").lower()[:1] or {**dict.fromkeys(_TIMES[0], "a"), **dict.fromkeys(_TIMES[1], "p")}.get(
        clock["pm0"] or ""
    )
    if half and hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    if hour > 23:
        return None
    return f"{hour:02}:{minute:02}{_zone((clock['z'] or '').strip())}"


def _zone(name: str) -> str:
    plain = name.lower()
    if plain in _ZONES:
        return _ZONES[plain]
    offset = re.fullmatch(r"(?:utc|gmt)?\s?([+-])(\d{1,2}):?(\d{2})?", plain)
    return f"{offset[1]}{int(offset[2]):02}:{offset[3] or '00'}" if offset and int(offset[2]) <= 14 else ""
