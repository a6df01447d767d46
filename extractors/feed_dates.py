"""When a feed says that an item was published: the date formats of the world's feeds, read into UTC.

It never guesses: what states no year and month in one of these forms gives None, and no part of a date is ever filled
in from today's.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone

EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
"""Nothing on the web is older; what claims to be is a default value (year 1, 1970) and counts as no date."""

_LONGEST = 80  # characters; the longest real one seen has 60

# Names by their first letters, folded to ASCII where the script is Latin. English comes first in each row, then the
# languages whose feeds were seen to use their own names. A name may be cut anywhere after its shortest form here.
_MONTH_ROWS = (
    "jan janv januar janvier gen genn gennaio ene enero sty stycznia yanv янв января يناير jaen oca ocak ιαν tammi",
    "feb fev fevr fevrier february fevereiro febbraio febrero lut lutego фев февраля فبراير sub subat φεβ helmi",
    "mar mars march marz maart mrt marzo marco maerz мар марта مارس mart μαρ maalis brez",
    "apr avr avril april abr abril aprile kwi kwietnia апр апреля أبريل nis nisan απρ huhti",
    "may mai mag maggio mayo maio mei maj maja май мая مايو mayis μαι touko kve",
    "jun juin june juni giu giugno junio junho cze czerwca июн июня يونيو haz haziran ιουν kesa",
    "jul juil juillet july juli lug luglio julio julho lip июл июля يوليو tem temmuz ιουλ heina",
    "aug aout august ago agosto augustus sie sierpnia авг августа أغسطس agu agustos αυγ elo",
    "sep sept september set settembre septiembre setembro septembre wrz сен сентября سبتمبر eyl eylul σεπ syys",
    "oct okt october oktober ott ottobre octobre octubre out outubro paz окт октября أكتوبر eki ekim οκτ loka",
    "nov november nov novembre noviembre novembro lis listopada ноя нояб ноября نوفمبر kas kasim νοε marras",
    "dec dez december dezember dic dicembre decembre diciembre dezembro gru дек декабря ديسمبر ara aralik δεκ joulu",
)


def _fold(text: str) -> str:
    """Return ``text`` in small letters without accents, so that ``févr.`` and ``fevr`` are one."""
    bare = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return bare.lower().replace("ı", "i")


_MONTHS = {_fold(name): number for number, row in enumerate(_MONTH_ROWS, start=1) for name in row.split()}

# Hours east of UTC. RFC 822 fixes the American names; the rest is what feeds of these countries mean. IST is India's:
# the Irish and the Israeli use stand in no feed that was seen.
_ZONES = {
    "UT": 0, "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6,
    "PST": -8, "PDT": -7, "AKST": -9, "AKDT": -8, "HST": -10, "AST": -4, "ADT": -3, "BRT": -3, "ART": -3, "WEST": 1,
    "BST": 1, "CET": 1, "MEZ": 1, "CEST": 2, "MESZ": 2, "EET": 2, "EEST": 3, "SAST": 2, "CAT": 2, "EAT": 3, "WAT": 1,
    "MSK": 3, "TRT": 3, "GST": 4, "PKT": 5, "IST": 5.5, "NPT": 5.75, "BDT": 6, "ICT": 7, "WIB": 7, "HKT": 8, "SGT": 8,
    "PHT": 8, "MYT": 8, "AWST": 8, "JST": 9, "KST": 9, "ACST": 9.5, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13,
}  # fmt: skip

_CLOCK = r"(?:(?P<hour>\d{1,2})\s*[:.時시h]\s*(?P<minute>\d{1,2})(?:\s*[:.]\s*(?P<second>\d{1,2})(?:[.,]\d+)?)?)"
_ISO = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d{1,2})(?:-(?P<day>\d{1,2}))?(?!\d)(?:[Tt_\s,]+" + _CLOCK + r"|T?)(?P<rest>.*)$"
)
_YEAR_FIRST = re.compile(
    r"(?P<year>\d{4})\s*[/.년年]\s*(?P<month>\d{1,2})\s*[/.월月]\s*(?P<day>\d{1,2})(?!\d)\s*[일日号.]?[T,\s]*"
    r"(?:[(（]?.?曜?日?[)）]\s*)?(?P<half>오전|오후|上午|下午|午前|午後)?\s*" + _CLOCK + r"?(?P<rest>.*)$"
)
_COMPACT = re.compile(
    r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})"
    r"(?:[T ]?(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?(?P<rest>.*))?$"
)
_WORD = r"[^\W\d_]+"
_DAY_FIRST = re.compile(
    rf"(?:{_WORD}\.?\s*,?\s*)*?(?P<day>\d{{1,2}})(?:st|nd|rd|th|er|\.)?[\s-]*(?:de\s+)?(?P<name>{_WORD})\.?[\s,-]*(?:de\s+)?"
    rf"(?P<year>\d{{4}}|\d{{2}})(?!\d)[\s,]*(?:at\s+|à\s+|um\s+)?{_CLOCK}?(?P<rest>.*)$"
)
_MONTH_FIRST = re.compile(
    rf"(?:{_WORD}\.?\s*,\s*|{_WORD}\s+(?={_WORD}))?(?P<name>{_WORD})\.?\s*(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s*,?\s+"
    rf"(?:(?P<year>\d{{4}})[\s,]*(?:at\s+)?{_CLOCK}?|"
    r"(?P<hour2>\d{1,2}):(?P<minute2>\d{2}):(?P<second2>\d{2})\s+(?:[A-Z]{1,5}\s+)?(?P<year2>\d{4}))(?P<rest>.*)$"
)
_NUMERIC = re.compile(
    r"(?P<first>\d{1,2})(?P<mark>[/.-])(?P<second_part>\d{1,2})(?P=mark)(?P<year>\d{4})(?!\d)[\s,T-]*"
    + _CLOCK
    + r"?(?P<rest>.*)$"
)
_EPOCH = re.compile(r"1?\d{9}(?:\d{3})?$")
_OFFSET = re.compile(r"([+\u2212-])\s*(\d{1,2}):?(\d{2})?(?!\d)")
_ZONE_NAME = re.compile(r"\b([A-Z]{1,5})\b")
_HALF = re.compile(r"\b([ap])\.?m\b", re.IGNORECASE)


def parse(text: str | None) -> datetime | None:
    """Return the instant that ``text`` states, in UTC; None when it states none.

    Reads RFC 822 and 3339 with all the liberties that feeds take: names of days and months in a dozen languages,
    ``GMT+9``, named zones, 12-hour clocks, 24:00, years of two digits, CJK dates, epochs, numeric dates where the
    order is beyond doubt. A time without a zone is taken as UTC; a date without a time is its midnight in UTC.
    """
    if not text or len(text) > _LONGEST * 2:
        return None
    text = unicodedata.normalize("NFKC", text).strip()
    if not text or len(text) > _LONGEST or not any(char.isdigit() for char in text):
        return None
    if _EPOCH.match(text):
        return _epoch(text)
    for pattern in (_ISO, _COMPACT, _YEAR_FIRST, _DAY_FIRST, _MONTH_FIRST, _NUMERIC):
        if (found := pattern.match(text)) and (instant := _instant(found.groupdict())):
            return instant
    return None


def plausible(instant: datetime | None, now: datetime | None = None) -> datetime | None:
    """Return ``instant`` unless it is absurd: before 1995, or more than two days after ``now`` (when given)."""
    if instant is None or instant < EARLIEST or (now is not None and instant > now + timedelta(days=2)):
        return None
    return instant


def _epoch(text: str) -> datetime | None:
    seconds = int(text) / (1000 if len(text) > 10 else 1)
    return datetime.fromtimestamp(seconds, UTC)


def _instant(part: dict[str, str | None]) -> datetime | None:
    year, month, day = _year(part), _month(part), int(part.get("day") or 0)
    if part.get("first"):
        day, month = _order(part)
    elif not part.get("day"):
        # W3C's date format allows 2026-03 alone, and sitemaps use it: the beginning of the month stands for it.
        day = 1
    if not year or not month:
        return None
    rest = part.get("rest") or ""
    hour = int(part.get("hour") or part.get("hour2") or 0)
    minute = int(part.get("minute") or part.get("minute2") or 0)
    second = int(part.get("second") or part.get("second2") or 0)
    hour = _of_24(hour, rest, part.get("half"))
    try:
        # 24:00 is the end of the day, and 60 a leap second: both are added, not refused.
        start = datetime(year, month, day, tzinfo=timezone(_offset(rest)))
        if hour > 24 or minute > 59 or second > 60:
            return None
        return (start + timedelta(hours=hour, minutes=minute, seconds=second)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _year(part: dict[str, str | None]) -> int:
    text = part.get("year") or part.get("year2") or "0"
    # RFC 2822, 4.3: two digits below 50 are this century's.
    return int(text) + (0 if len(text) == 4 else 2000 if int(text) < 50 else 1900)


def _month(part: dict[str, str | None]) -> int:
    if number := part.get("month"):
        return int(number)
    name = _fold(part.get("name") or "")
    # "월" (Korean) and full names that no row holds are found by their first letters.
    for length in (len(name), 5, 4, 3):
        if name[:length] in _MONTHS and length >= min(3, len(name)):
            return _MONTHS[name[:length]]
    return 0


def _order(part: dict[str, str | None]) -> tuple[int, int]:
    """Return day and month of a numeric date: points and dashes mean day first; slashes only when it cannot be else."""
    first, second = int(part["first"] or 0), int(part["second_part"] or 0)
    if part.get("mark") in (".", "-") or first > 12 or first == second:
        return first, second
    return (second, first) if second > 12 else (0, 0)


def _of_24(hour: int, rest: str, half: str | None) -> int:
    found = _HALF.search(rest)
    afternoon = (
        half in ("오후", "下午", "午後") if half else bool(found) and found is not None and found[1].lower() == "p"
    )
    if not half and not found:
        return hour
    return hour % 12 + (12 if afternoon else 0) if hour <= 12 else hour


def _offset(rest: str) -> timedelta:
    if found := _OFFSET.search(rest):
        size = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
        return size if found[1] == "+" else -size
    for found in _ZONE_NAME.finditer(rest):
        if found[1] in _ZONES:
            return timedelta(hours=_ZONES[found[1]])
    return timedelta()
