"""Dates of all sources as aware UTC times, with remarks on what the source left open."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_EPOCH = re.compile(r"-?\d{9,17}(?:\.\d+)?")
_RELATIVE = re.compile(r"\b(?:ago|yesterday|just now|today)\b", re.IGNORECASE)
_UTC = re.compile(r"\s?(?:UTC|GMT)$")
_SLASHED = re.compile(r"(\d{4})/(\d{2})/(\d{2})\b")
_DOTTED = re.compile(r"(\d{2})\.(\d{2})\.(\d{4})\b")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def parse_time(value: str | int | float | None, *, fmt: str | None = None) -> tuple[datetime | None, tuple[str, ...]]:
    """The moment in UTC and flags: `tz_unknown` (no zone in the source, read as UTC), `approx` (rounded or relative).

    Numbers are seconds since 1970, or milli- or microseconds if they are that large. Strings are ISO 8601, RFC 2822,
    numbers, or `fmt` (strptime). None with no flag: there is no date or it cannot be read.
    """
    if value is None or isinstance(value, bool) or value == "":
        return None, ()
    if isinstance(value, (int, float)):
        return _from_epoch(value), ()
    text = value.strip()
    approx: tuple[str, ...] = ("approx",) if text.startswith("~") else ()
    text = text.lstrip("~").strip()
    if fmt is None and _EPOCH.fullmatch(text):
        return _from_epoch(float(text) if "." in text else int(text)), approx
    if _RELATIVE.search(text):
        return None, ("approx",)
    if _DAY.fullmatch(text):
        approx = ("approx",)
    moment = _from_text(text, fmt)
    if moment is None:
        return None, ()
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC), (*approx, "tz_unknown")
    try:
        return moment.astimezone(UTC), approx
    except OverflowError:  # year 1 or 9999 shifted over the edge
        return None, ()


def _from_epoch(seconds: int | float) -> datetime | None:
    """Seconds below 10^11 (the year 5138), else milliseconds, else microseconds."""
    try:
        size = abs(seconds)
        scale = 1 if size < 10**11 else 1_000 if size < 10**14 else 1_000_000
        return datetime.fromtimestamp(seconds / scale, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _from_text(text: str, fmt: str | None) -> datetime | None:
    try:
        return datetime.strptime(text, fmt) if fmt else datetime.fromisoformat(_as_iso(text))
    except (ValueError, OverflowError):
        pass
    if fmt:
        return None
    try:
        return parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _as_iso(text: str) -> str:
    """ISO 8601 for its near relatives: `2022-04-01 06:00:00 UTC`, `2022/04/01 06:00`, `01.04.2022 06:00`."""
    text = _UTC.sub("+00:00", text)
    if match := _SLASHED.match(text):
        return f"{match[1]}-{match[2]}-{match[3]}{text[match.end() :]}"
    if match := _DOTTED.match(text):  # dots put the day first wherever they are used
        return f"{match[3]}-{match[2]}-{match[1]}{text[match.end() :].replace(', ', ' ', 1)}"
    return text
