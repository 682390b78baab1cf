"""The JSON values of a file: one document, or one a line; damaged ones as far as they go."""

import io
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from itertools import islice
from typing import IO, Any

import ijson
import orjson
from ijson.common import ObjectBuilder

from analyzer.errors import InputError
from analyzer.readers.charset import decode
from analyzer.readers.files import DumpStream, excerpt
from analyzer.readers.tally import Tally

WHOLE = 50 << 20  # a larger document is read item by item where its reader can
LIMIT = 512 << 20  # a larger one that cannot be read item by item is refused
_MAX_CONTAINERS = 10_000_000  # lists and objects in one: each takes at least 60 bytes, be it empty
_STEP = 1 << 12
_PIECE = 1 << 16
_DIGITS = re.compile(rb"\d{1000,}")
_DEPTH = {"start_map": 1, "start_array": 1, "end_map": -1, "end_array": -1}
_SCALARS = frozenset({"string", "number", "boolean", "null"})
_SEARCHED = 8 << 20

YTD = re.compile(r"\s*window\.YTD\.([\w.]{1,80})\s*=\s*")  # an X archive: JavaScript around JSON, never evaluated

_JSON_ERRORS = (orjson.JSONDecodeError, json.JSONDecodeError, RecursionError, UnicodeError, ValueError)


def holds_lines(stream: DumpStream) -> bool:
    """True for JSON Lines: the first line is an object on its own, or it is damaged and the next two are."""
    first = stream.head_line()
    if not first.startswith(b"{"):
        return False
    if _is_object(_bare(first)):
        return True
    following = [line.strip() for line in islice(stream.head().lstrip().split(b"\n"), 1, 8)]
    following = [line for line in following if line][:2]
    return len(following) == 2 and all(_is_object(line) for line in following)


def first_value(stream: DumpStream) -> object:
    """The first JSON value, or what its beginning shows of it (lists and objects cut short); None if it is no JSON."""
    if holds_lines(stream):
        for line in stream.head_line(), *stream.head().split(b"\n")[:8]:
            value = parse(line)
            if isinstance(value, dict):
                return value
    head = stream.head()
    if len(head) < len(stream.head(len(head) + 1)):
        return next(_tolerant(io.BytesIO(head), []), None)
    value = parse(head)
    return next(_tolerant(io.BytesIO(head), []), None) if value is None else value


def parse(raw: bytes) -> Any:
    """The value of one JSON text; None if it is damaged. Unpaired surrogates, stray bytes, tabs in strings are let through."""
    try:
        return orjson.loads(raw)
    except _JSON_ERRORS:
        pass
    try:
        return json.loads(decode(raw), strict=False)
    except _JSON_ERRORS:
        return None


def read_lines(stream: DumpStream, tally: Tally) -> Iterator[object]:
    """A value a line; a line that is no JSON is rejected with its number."""
    for number, line in stream.lines():
        line = _bare(line)
        if not line:
            continue
        value = parse(line)
        if value is None:
            tally.reject(stream.name, number, "the line is not valid JSON", excerpt(line))
        else:
            yield value


def read_document(stream: DumpStream, tally: Tally) -> Iterator[object]:
    """The values of a file that is one JSON document (or several in a row); a damaged one as far as it goes."""
    whole = stream.read_whole(LIMIT, "a JSON document")
    if whole.count(b"{") + whole.count(b"[") > _MAX_CONTAINERS:
        raise InputError(
            f"{stream.name}: a JSON document of more than {_MAX_CONTAINERS:,} lists and objects cannot be loaded; "
            "split it into smaller files"
        )
    value = parse(whole)
    if value is not None:
        yield value
        return
    problems: list[str] = []
    yield from _tolerant(io.BytesIO(whole), problems)
    _tell(stream.name, problems, tally)


def read_archive(stream: DumpStream, tally: Tally) -> Iterator[object]:
    """The list in a file of an X archive, wrapped as `{"window.YTD": name, "items": […]}`."""
    opening = YTD.match(decode(stream.head(1000)))
    if opening:
        stream.read(len(opening[0].encode()))
    for tweets in read_document(stream, tally):
        yield {"window.YTD": opening[1] if opening else "", "items": tweets if isinstance(tweets, list) else [tweets]}


def read_items(stream: DumpStream, prefixes: tuple[str, ...], tally: Tally) -> Iterator[object]:
    """The values under ijson prefixes (`messages.item`), one at a time, so that a document of any size streams."""
    problems: list[str] = []
    yield from _build(ijson.parse(_Short(stream), buf_size=_PIECE), prefixes, problems)
    _tell(stream.name, problems, tally)


@contextmanager
def find_fields(
    stream: DumpStream, places: tuple[str, ...], tally: Tally
) -> Iterator[tuple[dict[str, object], DumpStream]]:
    """The values that stand alone at these ijson places (`discussion.title`), and the stream to read the document from.

    They may stand behind a list of any size: if the first megabytes do not show them all, the document is read twice.
    """
    found = _fields(io.BytesIO(stream.head(_SEARCHED)), places)
    if len(found) == len(places) or stream.head(_STEP).lstrip().startswith(b"["):
        yield found, stream
        return
    start = stream.position if stream.path else 0  # behind a byte-order mark, or at the start of a copy
    with stream.on_disk() as file:
        file.seek(start)
        found = _fields(file, places)
        file.seek(start)
        yield found, DumpStream(stream.name, iter(partial(file.read, _PIECE), b""), tally)


def holds_items(stream: DumpStream, prefixes: tuple[str, ...]) -> bool:
    """True if a value under one of the prefixes begins in the first megabytes: a document of another shape has none."""
    values = _build(ijson.parse(_Short(io.BytesIO(stream.head(_SEARCHED))), buf_size=_STEP), prefixes, [])
    return next(values, None) is not None


def is_large(stream: DumpStream) -> bool:
    return len(stream.head(WHOLE + 1)) > WHOLE


def _is_object(line: bytes) -> bool:
    return line.startswith(b"{") and isinstance(parse(line), dict)


def _bare(line: bytes) -> bytes:
    """A line without the comma of a list whose items stand one a line; empty if it is but a bracket of that list."""
    line = line.strip().removesuffix(b",")
    return b"" if line in (b"[", b"]") else line


class _Short:
    """A file whose numbers of a thousand digits and more are cut to twenty: the C parser of ijson dies of them.

    What is cut is filled with spaces, so that every other byte stays in its place.
    """

    def __init__(self, file: Any) -> None:
        self._file = file
        self._within = False  # what was read last ended in a number that was cut

    def read(self, size: int = -1) -> bytes:
        raw: bytes = self._file.read(size)
        if self._within:
            rest = raw.lstrip(b"0123456789")
            raw = b" " * (len(raw) - len(rest)) + rest
            self._within = not rest and bool(raw)
        return _DIGITS.sub(self._cut, raw)

    def _cut(self, found: re.Match[bytes]) -> bytes:
        self._within = found.end() == len(found.string)
        return found[0][:20] + b" " * (len(found[0]) - 20)


def _tell(name: str, problems: list[str], tally: Tally) -> None:
    for problem in problems:
        tally.reject(name, None, f"the JSON is damaged or cut off ({problem})")
        tally.note(f"{name}: the JSON is damaged or cut off ({problem}); what stands before was read")


def _tolerant(file: io.BytesIO, problems: list[str]) -> Iterator[object]:
    """Every top-level value; the last one half-built if the text breaks off. Depth is bounded by memory alone."""
    builder: Any = ObjectBuilder()
    depth = 0
    last = ""
    events = ijson.basic_parse(_Short(file), buf_size=_STEP, multiple_values=True)
    try:
        for event, value in events:
            builder.event(event, _number(value))
            last = event
            depth += _DEPTH.get(event, 0)
            if depth == 0:
                yield builder.value
                builder = ObjectBuilder()
    except (ijson.JSONError, ValueError) as error:
        problems.append(_first_line(error))
    if depth > 0:
        if last == "map_key":  # the key is known, its value is not
            builder.event("null", None)
        yield builder.value


def _build(events: Iterable[tuple[str, str, Any]], prefixes: tuple[str, ...], problems: list[str]) -> Iterator[object]:
    builder: Any = None
    depth, wanted = 0, frozenset(prefixes)
    try:
        for place, event, value in events:
            if builder is None and (place not in wanted or event in ("end_map", "end_array")):
                continue
            builder = builder or ObjectBuilder()
            builder.event(event, _number(value))
            depth += _DEPTH.get(event, 0)
            if depth == 0:
                yield builder.value
                builder = None
    except (ijson.JSONError, ValueError) as error:
        problems.append(_first_line(error))


def _fields(file: IO[bytes], places: tuple[str, ...]) -> dict[str, object]:
    """The numbers, words and nulls at these places, as far as the text goes."""
    found: dict[str, object] = {}
    try:
        for place, event, value in ijson.parse(_Short(file), buf_size=_PIECE) if places else ():
            if place in places and event in _SCALARS:
                found[place] = _number(value)
                if len(found) == len(places):
                    break
    except (ijson.JSONError, ValueError):
        pass  # told where the items are read
    return found


def _number(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:120]
