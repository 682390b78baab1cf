"""CSV, TSV and their kin: any table of text with a column for the comment."""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice

from analyzer.readers.charset import decode
from analyzer.readers.columns import (
    HEADER_REACH,
    Columns,
    choose_columns,
    find_header,
    has_text_column,
    headerless_columns,
    headerless_layout,
    known_columns,
    named_columns,
    numbered_columns,
    with_plural,
)
from analyzer.readers.files import DumpStream
from analyzer.readers.quotes import rows_of
from analyzer.readers.tabular import Row, read_rows
from analyzer.readers.tally import Tally
from analyzer.readers.times import parse_time
from analyzer.schema import Comment

_DELIMITERS = ",;\t|"
_PREVIEW = 1 << 16
_ROWS = 30


def sniff(head: str) -> bool:
    """True for a table: its first row names a text column beside another known one, or it is even and its header plain
    or one of its columns holds dates."""
    rows = _preview(head, find_delimiter(head))
    if not rows:
        return False
    header = rows[find_header(rows, {})]
    if headerless_layout(header):
        return True
    if len(header) == 1:
        return len(rows) > 1 and (has_text_column(header) or _is_one_column(head, rows))
    if has_text_column(header) and known_columns(header) > 1:
        return True
    return len(rows) > 2 and _is_even(rows) and (_is_plain_header(header) or _has_dates(rows))


def is_bare_table(text: str) -> bool:
    """True for rows of two or more cells, of one number throughout: a table, though no row names its columns."""
    rows = _preview(text, find_delimiter(text))
    return len(rows) > 2 and len(rows[0]) > 1 and _is_even(rows)


def read(stream: DumpStream, source: str, tally: Tally, mapping: Mapping[str, str]) -> Iterator[Comment]:
    """The rows of the table as Comments.

    Rows of another width are counted: cells that are missing stay empty, those too many are words of the text, which held the
    delimiter. Row numbers in front of the named columns, as R writes them, are left out.
    """
    delimiter = find_delimiter(decode(stream.head(_PREVIEW)))
    (number, header), rows = open_table(stream, source, tally, mapping)
    layout = headerless_layout(header)
    if layout:
        columns = headerless_columns(layout, mapping, source)
        header, rows = list(layout.headerless), chain([(number, header)], rows)
    else:
        header = named_columns(header)
        ahead = list(islice(rows, _ROWS))
        rows = chain(ahead, rows)
        if _are_numbered([row for _, row in ahead], len(header)):
            rows = ((number, row[1:]) for number, row in rows)
        columns = choose_columns(header, with_plural(mapping, header, [row for _, row in ahead]), source)
    yield from read_rows(_select(rows, header, columns, delimiter, tally), columns, source, tally)


def header_of(head: str, mapping: Mapping[str, str]) -> list[str]:
    """The row that names the columns, as the first bytes of a file show it; empty if they are no table."""
    rows = _preview(head, find_delimiter(head))
    return (numbered_columns(mapping, rows[0]) or rows[find_header(rows, mapping)]) if rows else []


def open_table(
    stream: DumpStream, source: str, tally: Tally, mapping: Mapping[str, str]
) -> tuple[tuple[int, list[str]], Iterator[tuple[int, list[str]]]]:
    """The row that names the columns, with its line, and the rows below it; their numbers if the mapping has these."""
    head = stream.head(_PREVIEW)
    if b"\r" in head and b"\n" not in head:  # lines end as on old Macintoshes
        stream = DumpStream(stream.name, (piece.replace(b"\r", b"\n") for piece in stream.chunks()), tally)
    text = decode(head)
    rows = rows_of(stream, find_delimiter(text), len(header_of(text, mapping)), source, tally)
    ahead = list(islice(rows, HEADER_REACH)) or [(0, [])]
    numbered = numbered_columns(mapping, max((row for _, row in ahead), key=len))
    if numbered:
        return (0, numbered), chain(ahead, rows)
    at = find_header([row for _, row in ahead], mapping)
    if at:
        tally.note(f"{source}: the columns are named in line {ahead[at][0]}; what stands above was left out")
    return ahead[at], chain(ahead[at + 1 :], rows)


def find_delimiter(head: str) -> str:
    """The sign that splits the first rows into known columns, else into most columns of one number."""
    best, best_rank = ",", (0, 0.0, 0)
    for delimiter in _DELIMITERS:
        rows = _preview(head, delimiter)
        widths = Counter(len(row) for row in rows)
        width, share = widths.most_common(1)[0] if widths else (1, 0)
        if width > 1 and (rank := (max(map(known_columns, rows[:HEADER_REACH])), share / len(rows), width)) > best_rank:
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


def _is_one_column(head: str, rows: Sequence[Sequence[str]]) -> bool:
    """True for words below a name in the plural that are quoted where a table quotes them: a page has such a heading, too."""
    is_quoted = any(line.startswith('"') for line in head[:_PREVIEW].splitlines()[1:])
    return is_quoted and all(len(row) == 1 for row in rows[:-1]) and bool(with_plural({}, rows[0], rows[1:]))


def _is_plain_header(header: Sequence[str]) -> bool:
    names = [name.strip() for name in (header if header[0] else header[1:])]  # a data frame's index has no name
    return len(set(names)) == len(names) and all(0 < len(name) <= 40 and name[0].isalpha() for name in names)


def _has_dates(rows: Sequence[Sequence[str]]) -> bool:
    """True if a column of several holds nothing but dates, as in a table without a header."""
    return len(rows[0]) > 2 and any(
        all(parse_time(cell)[0] for cell in column) for column in zip(*rows[:-1], strict=True)
    )


def _are_numbered(rows: Sequence[Sequence[str]], width: int) -> bool:
    """True if every row has one cell more than the header, and the first counts the rows."""
    return len(rows) > 1 and all(len(row) == width + 1 and row[0] == str(n) for n, row in enumerate(rows, 1))


def _select(
    rows: Iterator[tuple[int, list[str]]], header: list[str], columns: Columns, delimiter: str, tally: Tally
) -> Iterator[Row]:
    places = {column: header.index(column) for column in columns.needed}
    text = places[columns.chosen["text"]]
    for number, row in rows:
        if len(row) <= max(places.values()):
            tally.count("short_rows")
        elif any(row[len(header) :]):
            tally.count("joined_cells")
            end = text + 1 + len(row) - len(header)
            row[text:end] = [delimiter.join(row[text:end])]
        yield number, {column: row[place] for column, place in places.items() if place < len(row)}
