"""CSV, TSV and their kin: any table of text with a column for the comment."""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice

from analyzer.readers.charset import decode
from analyzer.readers.columns import (
    Columns,
    choose_columns,
    has_text_column,
    headerless_columns,
    headerless_layout,
    known_columns,
)
from analyzer.readers.files import DumpStream
from analyzer.readers.tabular import Row, read_rows
from analyzer.readers.tally import Tally
from analyzer.schema import Comment

_DELIMITERS = ",;\t|"
_MAX_CELL = 2 << 20
_PREVIEW = 1 << 16
_ROWS = 30


def sniff(head: str) -> bool:
    """True for a table: its first row names a text column beside another known one, or it is even and its header plain."""
    rows = _preview(head, find_delimiter(head))
    if not rows:
        return False
    header = rows[0]
    if headerless_layout(header):
        return True
    if len(header) == 1:
        return has_text_column(header) and len(rows) > 1
    if has_text_column(header) and known_columns(header) > 1:
        return True
    return len(rows) > 2 and _is_even(rows) and _is_plain_header(header)


def read(stream: DumpStream, source: str, tally: Tally, mapping: Mapping[str, str]) -> Iterator[Comment]:
    """The rows of the table as Comments; rows of another width are padded or cut, and counted."""
    delimiter = find_delimiter(decode(stream.head(_PREVIEW)))
    rows = _rows(stream, delimiter, source, tally)
    number, header = next(rows, (0, []))
    layout = headerless_layout(header)
    if layout:
        columns = headerless_columns(layout, mapping, source)
        header, rows = list(layout.headerless), chain([(number, header)], rows)
    else:
        columns = choose_columns(header, mapping, source)
    yield from read_rows(_select(rows, header, columns, tally), columns, source, tally)


def find_delimiter(head: str) -> str:
    """The sign that splits the first rows into known columns, else into most columns of one number."""
    best, best_rank = ",", (0, 0.0, 0)
    for delimiter in _DELIMITERS:
        rows = _preview(head, delimiter)
        widths = Counter(len(row) for row in rows)
        width, count = widths.most_common(1)[0] if widths else (1, 0)
        if width > 1 and (rank := (known_columns(rows[0]), count / len(rows), width)) > best_rank:
            best, best_rank = delimiter, rank
    return best


def _preview(head: str, delimiter: str) -> list[list[str]]:
    lines = head[:_PREVIEW].splitlines(keepends=True)
    try:
        return [row for row in islice(csv.reader(lines, delimiter=delimiter), _ROWS) if row]
    except csv.Error:
        return []


def _is_even(rows: Sequence[Sequence[str]]) -> bool:
    whole = rows[:-1]  # the last one may be cut by the preview
    return all(len(row) == len(rows[0]) for row in whole)


def _is_plain_header(header: Sequence[str]) -> bool:
    names = [name.strip() for name in header]
    return len(set(names)) == len(names) and all(0 < len(name) <= 40 and name[0].isalpha() for name in names)


def _rows(stream: DumpStream, delimiter: str, source: str, tally: Tally) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not blank, with the number of the line they end on."""
    csv.field_size_limit(_MAX_CELL)
    reader = csv.reader((decode(line) for _, line in stream.lines()), delimiter=delimiter)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            tally.reject(source, reader.line_num, f"the row cannot be read ({error}); a quote may be left open")
            continue
        if row and any(row):
            yield reader.line_num, row


def _select(rows: Iterator[tuple[int, list[str]]], header: list[str], columns: Columns, tally: Tally) -> Iterator[Row]:
    places = {column: header.index(column) for column in columns.needed}
    for number, row in rows:
        if len(row) <= max(places.values()):
            tally.count("short_rows")
        yield number, {column: row[place] for column, place in places.items() if place < len(row)}
