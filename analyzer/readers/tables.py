"""Parquet files and Excel workbooks with a text column."""

import warnings
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, islice
from typing import IO, Any

from analyzer.errors import InputError
from analyzer.readers.charset import decode
from analyzer.readers.columns import (
    HEADER_REACH,
    choose_columns,
    find_header,
    has_text_column,
    named_columns,
    numbered_columns,
    with_plural,
)
from analyzer.readers.files import DumpStream
from analyzer.readers.tabular import Row, read_rows
from analyzer.readers.tally import Tally
from analyzer.schema import Comment

_BATCH = 10_000
_HELD = 64 << 20  # bytes of rows held at once
_EXCEL_LIMIT = 1 << 30  # unpacked: a workbook holds at most a million rows a sheet
_LAST_ROW, _LAST_COLUMN = 1 << 20, 1 << 14  # Excel has no more
# What openpyxl raises over broken XML, numbers that are none, and references to nothing.
_BROKEN = (
    *(ArithmeticError, AttributeError, LookupError, RuntimeError, SyntaxError, TypeError, ValueError),
    *(EOFError, OSError, zipfile.BadZipFile, zlib.error),
)


def read(stream: DumpStream, source: str, tally: Tally, mapping: Mapping[str, str]) -> Iterator[Comment]:
    """The rows of the table, or of every sheet that has a text column."""
    with stream.on_disk() as file:
        if file.read(4) == b"PAR1":
            yield from _read_parquet(file, source, tally, mapping)
        else:
            yield from _read_excel(file, source, tally, mapping)


def _read_parquet(file: "IO[bytes]", source: str, tally: Tally, mapping: Mapping[str, str]) -> Iterator[Comment]:
    table = open_parquet(file, source)
    columns = choose_columns(table.names, mapping, source)
    yield from read_rows(table.rows(columns.needed, tally), columns, source, tally)


@dataclass(frozen=True, slots=True)
class ParquetTable:
    """A Parquet file and the names of its columns; opened once more so that repeated texts stay as they are stored, once."""

    source: str
    names: list[str]
    plain: Any
    packed: Any

    def rows(self, columns: Sequence[str], tally: Tally) -> Iterator[Row]:
        """The rows with these columns, numbered; where the file is damaged, those before."""
        import pyarrow as pa

        numbers = count(1)
        try:
            for batch in self._batches(columns):
                for row in _rows(batch):
                    yield next(numbers), row
        except (pa.ArrowException, OSError) as error:
            why = f"the Parquet file is damaged from this row on ({_first_line(error)})"
            tally.reject(self.source, next(numbers), why)
            tally.note(f"{self.source}: the Parquet file is damaged; the rows before were read")

    def _batches(self, columns: Sequence[str]) -> Iterator[Any]:
        for group in range(self.plain.num_row_groups):
            size = self._batch_size(group, columns)
            yield from self.plain.iter_batches(batch_size=size, row_groups=[group], columns=columns)

    def _batch_size(self, group: int, columns: Sequence[str]) -> int:
        """How many rows are read at once: few where texts are long, as a kilobyte may repeat one of megabytes without end."""
        metadata = self.plain.metadata.row_group(group)
        longest: int = metadata.total_byte_size // max(metadata.num_rows, 1)
        for first in islice(self.packed.iter_batches(batch_size=1, row_groups=[group], columns=columns), 1):
            longest = max([longest, *map(_longest_text, first.columns)])
        return max(1, min(_BATCH, _HELD // max(longest, 1)))


def open_parquet(file: "IO[bytes]", source: str) -> ParquetTable:
    """The Parquet file, ready to be read; InputError if it is damaged."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        plain = pq.ParquetFile(file)
        leaves = [plain.schema.column(number) for number in range(len(plain.schema))]
        texts = [leaf.path for leaf in leaves if leaf.physical_type == "BYTE_ARRAY"]
        packed = pq.ParquetFile(
            file, metadata=plain.metadata, read_dictionary=texts, buffer_size=1 << 16, pre_buffer=False
        )
        return ParquetTable(source, list(plain.schema_arrow.names), plain, packed)
    except (pa.ArrowException, OSError, ValueError) as error:
        why = _first_line(error)
        raise InputError(f"{source}: the Parquet file is damaged or cut off ({why}); export it again") from None


def _longest_text(column: Any) -> int:
    """The bytes of the longest text that a column repeats, or the values within it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):
        longest: int | None = pc.max(pc.binary_length(column.dictionary)).as_py()
        return longest or 0
    if not pa.types.is_nested(column.type):
        return 0
    return max(map(_longest_text, column.flatten() if pa.types.is_struct(column.type) else [column.values]), default=0)


def _rows(batch: Any) -> Iterator[dict[str, object]]:
    try:
        yield from batch.to_pylist()
    except (LookupError, OverflowError, ValueError):  # raised before the first row
        for number in range(batch.num_rows):
            yield {name: _cell(column[number]) for name, column in zip(batch.schema.names, batch.columns, strict=True)}


def _cell(scalar: Any) -> object:
    """The value; stray bytes read as elsewhere, a time out of every calendar as its number, lists of either as empty."""
    try:
        return scalar.as_py()
    except (LookupError, OverflowError, ValueError):
        if hasattr(scalar, "as_buffer"):
            return decode(scalar.as_buffer().to_pybytes())
        return f"{scalar.value} {scalar.type}" if hasattr(scalar, "value") else []


def _read_excel(file: "IO[bytes]", source: str, tally: Tally, mapping: Mapping[str, str]) -> Iterator[Comment]:
    with open_sheets(file, source, mapping) as sheets:
        maps = {entry.title: with_plural(mapping, entry.header, entry.ahead) for entry in sheets}
        fitting = [entry for entry in sheets if has_text_column(entry.header) or maps[entry.title] is not mapping]
        fitting = fitting or ([] if not mapping else sheets)
        if not fitting:
            choose_columns(sheets[0].header if sheets else [], mapping, source)
        for sheet in fitting:
            columns = choose_columns(sheet.header, maps[sheet.title], f"{source} [{sheet.title}]")
            yield from read_rows(sheet.rows(columns.needed, tally), columns, source, tally)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of a workbook: its file and title, the names of its columns, the line they stand in and the first rows below it."""

    source: str
    title: str
    header: list[str]
    line: int
    ahead: list[list[str]]
    cells: Any

    def rows(self, needed: Sequence[str], tally: Tally) -> Iterator[Row]:
        """The rows below the header that are not blank, with these columns; where the sheet is damaged, those before."""
        places = {column: self.header.index(column) for column in needed}
        number, problems = self.line, list[str]()
        # one row more than there may be tells whether there are any
        cells = self.cells.iter_rows(self.line + 1, _LAST_ROW + 1, max_col=len(self.header), values_only=True)
        for number, row in enumerate(_unbroken(cells, problems), self.line + 1):
            if number > _LAST_ROW:
                problems.append(f"a workbook has {_LAST_ROW:,} rows at most")
            elif any(cell is not None for cell in row):
                yield number, {column: row[place] for column, place in places.items() if place < len(row)}
        for problem in problems:
            tally.reject(self.source, number + 1, f"sheet {self.title!r} is damaged from this row on ({problem})")
            tally.note(f"{self.source}: sheet {self.title!r} is damaged ({problem}); the rows before were read")


def _unbroken(rows: Iterator[tuple[object, ...]], problems: list[str]) -> Iterator[tuple[object, ...]]:
    """The rows up to where the sheet is damaged; why goes to the problems."""
    try:
        yield from rows
    except _BROKEN as error:
        problems.append(_first_line(error))


@contextmanager
def open_sheets(file: "IO[bytes]", source: str, mapping: Mapping[str, str]) -> Iterator[list[Sheet]]:
    """The sheets of a workbook; InputError if it is damaged or unpacks to too much."""
    from openpyxl import load_workbook

    _check_size(file, source)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns of styles and validation it leaves out
        try:
            book = load_workbook(file, read_only=True, data_only=True)
        except _BROKEN as error:
            raise InputError(
                f"{source}: the workbook cannot be opened ({_first_line(error)}); save it as CSV"
            ) from None
        yield [Sheet(source, sheet.title, *_header(sheet, source, mapping), sheet) for sheet in book.worksheets]


def _header(sheet: Any, source: str, mapping: Mapping[str, str]) -> tuple[list[str], int, list[list[str]]]:
    """The names of the columns, the line they stand in and the first rows below it."""
    sheet.reset_dimensions()  # many exporters write a wrong size, and what lies outside of it is left out
    problems: list[str] = []
    above = list(_unbroken(sheet.iter_rows(1, HEADER_REACH, 1, _LAST_COLUMN, values_only=True), problems))
    if problems and not above:
        raise InputError(f"{source}: sheet {sheet.title!r} is damaged ({problems[0]}); save it as CSV")
    width = max((place for row in above for place, cell in enumerate(row, 1) if cell is not None), default=0)
    rows = [["" if cell is None else str(cell) for cell in row[:width]] for row in above] or [[]]
    numbered = numbered_columns(mapping, rows[0])
    if numbered:
        return numbered, 0, rows
    at = find_header(rows, mapping)
    return named_columns(rows[at]), at + 1, rows[at + 1 :]


def _check_size(file: "IO[bytes]", source: str) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            size = sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, ValueError) as error:
        raise InputError(f"{source}: the workbook is damaged ({error}); save it as CSV") from None
    if size > _EXCEL_LIMIT:
        raise InputError(f"{source}: the workbook unpacks to more than {_EXCEL_LIMIT >> 20} MB; save it as CSV")


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:160]
