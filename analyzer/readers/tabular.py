"""Rows of any table as Comments, through the columns chosen for it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from html import unescape
from itertools import chain, islice

import orjson

from analyzer.readers.columns import Columns
from analyzer.readers.files import excerpt
from analyzer.readers.markup import html_to_text
from analyzer.readers.tally import Tally
from analyzer.readers.values import UNKNOWN_THREAD, as_count, as_time
from analyzer.schema import Comment, Status

_FLOAT_ID = re.compile(r"-?\d+\.0+")
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?:[ ,T]+(\d{1,2}):(\d{2})(?::(\d{2}))?(?: ?([AaPp][Mm]))?)?")
_AHEAD = 500  # rows looked at to see whether the day or the month comes first
_NOTHING = frozenset({"", "null", "none", "nan", "nat", "<na>", "root"})
_NAMES = ("name", "username", "displayName", "display_name", "login", "screen_name")
_TAG = re.compile(r"</?(?:p|br|a|div|span|blockquote|em|strong|b|i)\b[^<>]{0,2000}>", re.IGNORECASE)
_STATUSES: Mapping[str, Status] = {
    **dict.fromkeys(("visible", "approved", "published", "public", "1", "true", "active", "ok"), Status.VISIBLE),
    **dict.fromkeys(("pending", "hold", "unapproved", "premod", "0", "false", "heldforreview"), Status.PENDING),
    **dict.fromkeys(("spam", "likelyspam"), Status.SPAM),
    **dict.fromkeys(("deleted", "user_deleted"), Status.DELETED),
    **dict.fromkeys(("removed", "rejected", "blocked", "hidden", "trash"), Status.REMOVED),
}

Row = tuple[int, Mapping[str, object]]


def read_rows(rows: Iterable[Row], columns: Columns, source: str, tally: Tally) -> Iterator[Comment]:
    """A Comment a row; `rows` are numbered and hold the values of the needed columns under their names."""
    if columns.layout.posts:
        tally.note(f"{source}: {columns.layout.description}; no comments were read")
        return
    tally.note(f"{source}: columns taken: {columns}")
    zero_is_an_id = False
    rows = iter(rows)
    ahead = list(islice(rows, _AHEAD))
    day_first = _puts_day_first([row.get(columns.chosen.get("created", "")) for _, row in ahead])
    for number, row in chain(ahead, rows):
        if _is_skipped(row, columns):
            tally.count("skipped_rows")
            continue
        text = row.get(columns.chosen["text"])
        if text is not None and not isinstance(text, (str, int, float)):
            tally.reject(source, number, "the text is neither a string nor empty", excerpt(str(type(text).__name__)))
            continue
        comment = row_comment(row, number, columns, source, day_first)
        if comment.created is None and as_key(row.get(columns.chosen.get("created", ""))):
            tally.count("unread_dates")
        zero_is_an_id = zero_is_an_id or comment.id == "0"
        if comment.parent_id == "0" and not zero_is_an_id:
            comment = replace(comment, parent_id=None)
        yield comment


def row_comment(
    row: Mapping[str, object], number: int, columns: Columns, source: str, day_first: bool = True
) -> Comment:
    """The comment in a row; `day_first` tells how dates with slashes are written."""
    layout = columns.layout
    values = {name: row.get(column) for name, column in columns.chosen.items()}
    captured = _capture(row, columns)
    own_id = captured.get("id") or _prefixed(as_key(values.get("id")), layout.id_prefix) or f"row{number}"
    parent = _parent(own_id, as_key(values.get("parent")), columns)
    created, flags = as_time(_timestamp(values.get("created"), day_first))
    return Comment(
        source=source,
        id=own_id,
        thread_id=captured.get("thread") or as_key(values.get("thread")) or UNKNOWN_THREAD,
        text=_text(values.get("text"), columns),
        parent_id=parent if parent != own_id else None,
        author=_author(values.get("author")),
        created=created,
        lang=_short(values.get("lang")),
        status=_status(values.get("status"), columns),
        likes=as_count(values.get("likes")),
        thread_title=_short(values.get("title")),
        thread_url=_url(values.get("url")),
        flags=flags,
    )


def as_key(value: object) -> str | None:
    """An id as a string; tables that met a spreadsheet or a data frame hold `123.0` for 123 and `nan` for nothing."""
    if isinstance(value, Mapping):
        value = value.get("id")
    if value is None or isinstance(value, (bool, list, dict)):
        return None
    key = str(value).strip()
    if key.casefold() in _NOTHING:
        return None
    return key.split(".")[0] if _FLOAT_ID.fullmatch(key) else key


def _prefixed(key: str | None, prefix: str) -> str | None:
    return key if key is None or key.startswith(prefix) else prefix + key


def _parent(own_id: str, parent: str | None, columns: Columns) -> str | None:
    layout = columns.layout
    if layout.parent_path:
        separator, top = layout.parent_path
        path = own_id.split(separator)
        return separator.join(path[:-1]) if len(path) > top else None
    if layout.id_prefix and parent and not parent.startswith(layout.id_prefix):
        return None
    return parent


def _capture(row: Mapping[str, object], columns: Columns) -> Mapping[str, str]:
    """Ids that stand in another column, such as the address of the comment."""
    if columns.layout.capture is None or columns.capture is None:
        return {}
    match = columns.layout.capture[1].search(str(row.get(columns.capture) or "")[:2000])
    return match.groupdict() if match else {}


def _is_skipped(row: Mapping[str, object], columns: Columns) -> bool:
    if columns.layout.skip is None or columns.skip is None:
        return False
    return str(row.get(columns.skip)).strip().casefold() in columns.layout.skip[1]


def _text(value: object, columns: Columns) -> str:
    text = "" if value is None or value != value else str(value)  # a missing value of a data frame is not itself
    if text.startswith('{"text":'):
        return _takeout(text)
    if columns.layout.html or (not columns.layout.escaped and _TAG.search(text)):
        return html_to_text(text)
    return unescape(text) if columns.layout.escaped else text


def _takeout(cell: str) -> str:
    """Google Takeout writes a comment as `{"text":"a"},{"text":"b"}` without the brackets of a list."""
    try:
        pieces = orjson.loads(f"[{cell}]")
    except orjson.JSONDecodeError:
        return cell
    return "".join(str(piece.get("text", "")) for piece in pieces if isinstance(piece, dict))


def _author(value: object) -> str | None:
    if isinstance(value, Mapping):
        value = next((value[key] for key in _NAMES if isinstance(value.get(key), str)), None)
    return as_key(value)


def _puts_day_first(dates: Iterable[object]) -> bool:
    """False if a date such as 5/31/2024 is among them: a column is written in one way."""
    return not any(match and int(match[2]) > 12 for date in dates if (match := _SLASHED.fullmatch(str(date).strip())))


def _timestamp(value: object, day_first: bool) -> object:
    if isinstance(value, str) and (match := _SLASHED.fullmatch(value.strip())):
        day, month = (match[1], match[2]) if day_first else (match[2], match[1])
        hour = int(match[4] or 0)
        if match[7]:
            hour = hour % 12 + 12 * (match[7].lower() == "pm")
        clock = f"T{hour:02}:{match[5]}:{match[6] or '00'}" if match[4] else ""
        return f"{match[3]}-{int(month):02}-{int(day):02}{clock}"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return value.get("$date")
    return value


def _status(value: object, columns: Columns) -> Status:
    if "status" not in columns.chosen:
        return Status.UNKNOWN
    word = "" if value is None else str(value).strip().casefold()
    return (columns.layout.status_values or _STATUSES).get(word, Status.UNKNOWN)


def _short(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _url(value: object) -> str | None:
    url = _short(value)
    return url if url and url.startswith(("http://", "https://")) else None
