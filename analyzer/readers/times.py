"""Dates of all sources as aware UTC times, with remarks on what the source left open."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from unicodedata import normalize

from analyzer.readers.page_dates import find_stamps

_EPOCH = re.compile(r"-?\d{9,17}(?:\.\d+)?")
_JSON_DATE = re.compile(r"\\?/Date\((-?\d{9,17})(?:[+-]\d{4})?\)\\?/")  # milliseconds, as .NET writes them
_SERIAL = re.compile(r"[345]\d{4}(?:[.,]\d+)?")  # a spreadsheet's days, 1982 to 2064
_SERIAL_START = datetime(1899, 12, 30)  # ECMA-376 part 1, 18.17.4.1, less the 29 February 1900 that never was
_RELATIVE = re.compile(
    r"\b(?:ago(?!\.?,? (?:de )?\d{4})|yesterday|just now|today)\b", re.IGNORECASE
)  # but "2 ago 2019" is in August
_UTC = re.compile(r"\s?(?:UTC|GMT)$")
_SLASHED = re.compile(r"(\d{4})/(\d{2})/(\d{2})\b")
_DOTTED = re.compile(r"(\d{2})\.(\d{2})\.(\d{4})\b")
# 30-01-2023 10.01, 3. april 2021 kl. 14.05: clocks of Italy and the North
_DOTTED_CLOCK = re.compile(
    r"(?<=\d{4}),?\s+(?:kl\.?\s*|klo\s*|(?:alle\s+)?ore\s+)?([01]?\d|2[0-3])\.([0-5]\d)$", re.IGNORECASE
)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_LONGEST = 120  # a longer text is no date
# "Wed Mar 02 10:00:00 +0000 2022": the year stands last in what X, `date` and Java print
_YEAR_LAST = re.compile(r"([A-Za-z]{3} [A-Za-z]{3}) +(\d{1,2}) ([\d:]{8})(?: ([+-]\d{4}|[A-Z]{1,4}))? (\d{4})")
_ZONES = {  # hours before or after UTC
    0: "UTC GMT UT Z WET",
    1: "WEST BST CET MEZ",
    2: "CEST MESZ EET",
    3: "EEST MSK",
    -4: "EDT",
    -5: "EST CDT",
    -6: "CST MDT",
    -7: "MST PDT",
    -8: "PST",
}
_HOURS = {name: hours for hours, names in _ZONES.items() for name in names.split()}
_ZONE = re.compile(
    r"\s*(?:(?:\b(?:GMT|UTC))?(?P<sign>[+-])(?P<hours>0?\d|1[0-4]):?(?P<minutes>[0-5]\d)"
    rf"|\b(?P<name>{'|'.join(_HOURS)}))(?: \([^()]*\))?$",
    re.IGNORECASE,
)
# 3/4/2024 and 3-4-24 can be read both ways; dots put the day first wherever they are used
_TWO_WAYS = re.compile(r"(?<![\d/-])(\d{1,2})([/-])(\d{1,2})\2(?:\d{4}|\d{2})(?![\d/-])(.*)", re.DOTALL)
_TWELVE_HOURS = re.compile(r"\d\s?[ap]\.?m\b", re.IGNORECASE)


def parse_time(
    value: str | int | float | None, *, fmt: str | None = None, day_first: bool = True
) -> tuple[datetime | None, tuple[str, ...]]:
    """The moment in UTC and flags: `tz_unknown` (no zone in the source, read as UTC), `approx` (rounded or relative).

    Numbers are seconds since 1970, or milli- or microseconds if they are that large; from 30,000 to 60,000 they are the days of
    a spreadsheet, whose zone nobody knows. Strings are ISO 8601, RFC 2822, dates
    as people and programs print them, numbers, or `fmt` (strptime). `day_first` says how 3/4/2024 is read. None with no flag:
    there is no date, or not all of it can be read.
    """
    if value is None or isinstance(value, bool) or value == "":
        return None, ()
    if isinstance(value, (int, float)):
        return _from_serial(value) if 30_000 <= value < 60_000 else (_from_epoch(value), ())
    text = value.strip()
    approx: tuple[str, ...] = ("approx",) if text.startswith("~") else ()
    text = text.lstrip("~").strip()
    if fmt is None and _EPOCH.fullmatch(text):
        return _from_epoch(float(text) if "." in text else int(text)), approx
    if fmt is None and _SERIAL.fullmatch(text):
        return _from_serial(float(text.replace(",", ".")))
    if fmt is None and (match := _JSON_DATE.fullmatch(text)):
        return _from_epoch(int(match[1]) / 1000), approx
    if _RELATIVE.search(text):
        return None, ("approx",)
    moment, exact = _from_format(text, fmt) if fmt else _from_text(text, day_first)
    if moment is None:
        return None, ()
    if not exact:
        approx = ("approx",)
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC), (*approx, "tz_unknown")
    try:
        return moment.astimezone(UTC), approx
    except OverflowError:  # year 1 or 9999 shifted over the edge
        return None, ()


def tells_day_first(dates: Iterable[object]) -> bool | None:
    """Whether a column writes 3/4/2024 for 3 April; None if some of its dates can be read both ways and nothing tells.

    A column is written in one way: what can be no month settles it, else a clock of twelve hours puts the month first.
    """
    found = [match for date in dates if isinstance(date, str) and (match := _TWO_WAYS.search(date[:60]))]
    day_only, month_only = (any(int(match[group]) > 12 for match in found) for group in (1, 3))
    if day_only is not month_only:
        return day_only
    if any(_TWELVE_HOURS.search(match[4]) for match in found):
        return False
    return None if any(int(match[1]) <= 12 and int(match[3]) <= 12 for match in found) else True


def _from_epoch(seconds: int | float) -> datetime | None:
    """Seconds below 10^11 (the year 5138), else milliseconds, else microseconds."""
    try:
        size = abs(seconds)
        scale = 1 if size < 10**11 else 1_000 if size < 10**14 else 1_000_000
        return datetime.fromtimestamp(seconds / scale, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _from_serial(days: int | float) -> tuple[datetime, tuple[str, ...]]:
    """The moment so many days after the start of a spreadsheet's count, to the second; a whole day says no time."""
    moment = _SERIAL_START + timedelta(seconds=round(days * 86_400))
    return moment.replace(tzinfo=UTC), ("tz_unknown",) if days % 1 else ("approx", "tz_unknown")


def _from_format(text: str, fmt: str) -> tuple[datetime | None, bool]:
    try:
        return datetime.strptime(text, fmt), True
    except (ValueError, OverflowError):
        return None, False


def _from_text(text: str, day_first: bool) -> tuple[datetime | None, bool]:
    """The moment, aware if the text names a zone, and whether it says the time of day."""
    text = _DOTTED_CLOCK.sub(r" \1:\2", text)
    iso = _as_iso(text)
    try:
        return datetime.fromisoformat(iso), not _DAY.fullmatch(iso)
    except (ValueError, OverflowError):
        return _from_print(normalize("NFKC", text), day_first)


def _as_iso(text: str) -> str:
    """ISO 8601 for its near relatives: `2022-04-01 06:00:00 UTC`, `2022/04/01 06:00`, `01.04.2022 06:00`."""
    text = _UTC.sub("+00:00", text)
    if match := _SLASHED.match(text):
        return f"{match[1]}-{match[2]}-{match[3]}{text[match.end() :]}"
    if match := _DOTTED.match(text):
        return f"{match[3]}-{match[2]}-{match[1]}{text[match.end() :].replace(', ', ' ', 1)}"
    return text


def _from_print(text: str, day_first: bool) -> tuple[datetime | None, bool]:
    """One date in words or numbers and nothing else: what cannot be read might change what it says."""
    if len(text) > _LONGEST:
        return None, False
    if match := _YEAR_LAST.fullmatch(text):
        text = f"{match[1]} {match[2]} {match[5]} {match[3]} {match[4] or ''}".rstrip()
    text, zone = _cut_zone(text)
    stamps = find_stamps(text)
    if len(stamps) != 1 or re.search(r"\w", text[: stamps[0].start] + text[stamps[0].end :]):
        return None, False
    moment = stamps[0].moment(day_first or not _TWO_WAYS.search(text))
    return moment and moment.replace(tzinfo=zone), stamps[0].clock is not None


def _cut_zone(text: str) -> tuple[str, timezone | None]:
    """The text before `+0200`, `GMT+0200 (CEST)` or `CET`, and the zone."""
    match = _ZONE.search(text)
    if match is None:
        return text, None
    if match["name"]:
        offset = timedelta(hours=_HOURS[match["name"].upper()])
    else:
        offset = timedelta(hours=int(match["hours"]), minutes=int(match["minutes"])) * int(f"{match['sign']}1")
    return text[: match.start()], timezone(offset)
