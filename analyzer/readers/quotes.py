"""The rows of a CSV file, also where its quotes keep no rules: one that nothing closes does not swallow the rows below it."""

import csv
import re
from collections import deque
from collections.abc import Iterator
from functools import cache
from itertools import islice

from analyzer.readers.charset import decode
from analyzer.readers.files import DumpStream, excerpt
from analyzer.readers.tally import Tally

_MAX_CELL = 1 << 20
_MAX_REPAIRS = 1_000  # rows that took many lines, or none could make sense of, until each line is a row of its own
_MANY_LINES = 20


class _Lines:
    """Lines of text for a CSV reader, remembered from one row to the next so that they can be read again."""

    def __init__(self, stream: DumpStream) -> None:
        self._fresh = ((number, decode(line)) for number, line in stream.lines())
        self._again: deque[tuple[int, str]] = deque()
        self.taken: list[tuple[int, str]] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        numbered = self._again.popleft() if self._again else next(self._fresh, None)
        if numbered is None:
            raise StopIteration
        self.taken.append(numbered)
        return numbered[1]

    def give_back(self, kept: int) -> None:
        """Give all lines of the row but its first `kept` again."""
        self._again.extendleft(reversed(self.taken[kept:]))
        self.taken = self.taken[:kept]


def rows_of(
    stream: DumpStream, delimiter: str, width: int, source: str, tally: Tally
) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not blank, with the number of their first line; `width`: the cells of the row that names the columns.

    A row whose quotes break the rules is read by looser ones, and counted, if that gives `width` cells; else its first line
    is rejected.
    """
    csv.field_size_limit(_MAX_CELL)
    lines, repairs = _Lines(stream), 0
    while repairs <= _MAX_REPAIRS:
        row, problem = _next_row(lines, delimiter)
        if row is None and not problem:
            return
        number, line = lines.taken[0]
        if row is None:
            taken = len(lines.taken)
            row = _mended(lines, delimiter, width, is_open="end of data" in problem or "larger" in problem)
            repairs += row is None or taken > _MANY_LINES
            if row is None:
                tally.reject(source, number, "a quote in this row is left open, or a cell is too long", excerpt(line))
            else:
                tally.count("mended_quotes")
        lines.taken = []
        if row and any(row):
            yield number, row
    yield from _each_line(lines, delimiter, width, source, tally)


def _next_row(lines: _Lines, delimiter: str) -> tuple[list[str] | None, str]:
    """A row by strict rules; none, and why, if they are broken; none at the end."""
    try:
        return next(csv.reader(lines, delimiter=delimiter, strict=True), None), ""
    except csv.Error as error:
        return None, str(error)


def _mended(lines: _Lines, delimiter: str, width: int, *, is_open: bool) -> list[str] | None:
    """The row that begins with the lines taken; None if no rules give it `width` cells. What follows it is given again."""
    failed = len(lines.taken)
    for _ in islice(lines, max(0, _MANY_LINES - failed)):
        pass
    texts = [text for _, text in lines.taken]
    own = next((n for n, text in enumerate(texts) if n and len(_cells(text, delimiter)[0]) == width), len(texts))
    for count in range(1, min(own, _MANY_LINES) + 1):
        text = "".join(texts[:count])
        row, is_closed = _cells(text, delimiter)
        if '\\"' in text and (escaped := _with_escapes(text, delimiter)):
            row, is_closed = escaped, True
        if is_closed and len(row) == width:
            lines.give_back(count)
            return row
    row, _ = _cells(texts[0], delimiter)
    if len(row) == width:
        lines.give_back(1)
        return row
    row = next(csv.reader(texts[:failed], delimiter=delimiter))
    is_whole = not is_open and (failed == 1 or (failed <= min(own, _MANY_LINES) and len(row) == width))
    lines.give_back(failed if is_whole else 1)
    return row if is_whole else None


def _cells(text: str, delimiter: str) -> tuple[list[str], bool]:
    """Cells where only a quote before a delimiter or the end closes one; False if one is open: its quote is then a sign."""
    text, pattern = text.rstrip("\r\n"), _cell(delimiter)
    cells, place, is_closed = list[str](), -1, True
    while place < len(text) and (match := pattern.match(text, place + 1)):
        quoted, bare = match.groups()
        cells.append(bare if quoted is None else quoted.replace('""', '"'))
        is_closed &= quoted is not None or not bare.startswith('"')
        place = match.end()
    return cells, is_closed


@cache
def _cell(delimiter: str) -> re.Pattern[str]:
    end = rf" *(?:{re.escape(delimiter)}|\Z)"
    return re.compile(rf'"([^"]*+(?:"(?!{end})[^"]*+)*+)" *(?={end})|([^{re.escape(delimiter)}]*)')


def _with_escapes(text: str, delimiter: str) -> list[str] | None:
    """The row as databases write it, with a backslash before a quote within a cell; None if it is not one whole row."""
    try:
        rows = list(csv.reader(text.splitlines(keepends=True), delimiter=delimiter, escapechar="\\", strict=True))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None


def _each_line(lines: _Lines, delimiter: str, width: int, source: str, tally: Tally) -> Iterator[tuple[int, list[str]]]:
    """The rest of a file whose quotes tell nothing: each line is a row of its own, or rejected."""
    for count, text in enumerate(lines):
        number, _ = lines.taken.pop()
        if not count:
            tally.note(f"{source}: too many quotes are left open; from line {number:,} on each line is read as a row")
        row, _ = _cells(text, delimiter)
        if len(row) == width:
            yield number, row
        elif any(row):
            tally.reject(source, number, "the quotes of this line tell no cells", excerpt(text))
