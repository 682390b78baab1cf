"""Parquet files and Excel workbooks with a text column."""

import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import IO, Any

from analyzer.errors import InputError
from analyzer.readers.columns import HEADER_REACH, choose_columns, find_header, has_text_column, numbered_columns
from analyzer.readers.files import DumpStream
from analyzer.readers.tabular import Row, read_rows
from analyzer.readers.tally import Tally
from analyzer.schema import Comment

_BATCH = 10_000
_EXCEL_LIMIT = 1 << 30  # unpacked: a workbook holds at most a million rows a sheet


def read(stream: DumpStream, source: str, tally: Tally, mapping: Mapping[str, str]) -> Iterator[Comment]:
    """The rows of the table, or of every sheet that has a text column."""
    with stream.on_disk() as file:
        if file.read(4) == b"PAR1":
            yield from _read_parquet(file, source, tally, mapping)
        else:
            yield from _read_excel(file, source, tally, mapping)


def _read_parquet(file: "IO[bytes]", source: str, tally: Tally, mapping: Mapping[str, str]) -> Iterator[Comment]:
    table = open_parquet(file, source)
    columns = choose_columns(table.schema_arrow.names, mapping, source)
    batches = table.iter_batches(batch_size=_BATCH, columns=columns.needed)
    yield from read_rows(parquet_rows(batches, source, tally), columns, source, tally)


def open_parquet(file: "IO[bytes]", source: str) -> Any:
    """The Parquet file, ready to be read in batches; InputError if it is damaged."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(file)
    except (pa.ArrowException, OSError, ValueError) as error:
        why = _first_line(error)
        raise InputError(f"{source}: the Parquet file is damaged or cut off ({why}); export it again") from None


def parquet_rows(batches: Iterator[Any], source: str, tally: Tally) -> Iterator[Row]:
    """The rows of the batches, numbered; where the file is damaged, those before."""
    import pyarrow as pa

    numbers = count(1)
    try:
        for batch in batches:
            for row in batch.to_pylist():
                yield next(numbers), row
    except (pa.ArrowException, OSError) as error:
        tally.reject(source, next(numbers), f"the Parquet file is damaged from this row on ({_first_line(error)})")
        tally.note(f"{source}: the Parquet file is damaged; the rows before were read")


def _read_excel(file: "IO[bytes]", source: str, tally: Tally, mapping: Mapping[str, str]) -> Iterator[Comment]:
    with open_sheets(file, source, mapping) as sheets:
        fitting = [entry for entry in sheets if has_text_column(entry.header)] or ([] if not mapping else sheets)
        if not fitting:
            choose_columns(sheets[0].header if sheets else [], mapping, source)
        for sheet in fitting:
            columns = choose_columns(sheet.header, mapping, f"{source} [{sheet.title}]")
            yield from read_rows(sheet.rows(columns.needed), columns, source, tally)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of a workbook: its title, the names of its columns and the line they stand in."""

    title: str
    header: list[str]
    line: int
    cells: Any

    def rows(self, needed: Sequence[str]) -> Iterator[Row]:
        """The rows below the header that are not blank, with these columns."""
        places = {column: self.header.index(column) for column in needed}
        for number, row in enumerate(self.cells.iter_rows(min_row=self.line + 1, values_only=True), self.line + 1):
            if any(cell is not None for cell in row):
                yield number, {column: row[place] for column, place in places.items() if place < len(row)}


@contextmanager
def open_sheets(file: "IO[bytes]", source: str, mapping: Mapping[str, str]) -> Iterator[list[Sheet]]:
    """The sheets of a workbook; InputError if it is damaged or unpacks to too much."""
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    _check_size(file, source)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns of styles and validation it leaves out
        try:
            book = load_workbook(file, read_only=True, data_only=True)
        except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
            raise InputError(
                f"{source}: the workbook cannot be opened ({_first_line(error)}); save it as CSV"
            ) from None
        yield [Sheet(sheet.title, *_header(sheet, mapping), sheet) for sheet in book.worksheets]


def _header(sheet: Any, mapping: Mapping[str, str]) -> tuple[list[str], int]:
    """The names of the columns, and the line they stand in."""
    above = sheet.iter_rows(max_row=HEADER_REACH, values_only=True)
    rows = [["" if cell is None else str(cell) for cell in row] for row in above] or [[]]
    numbered = numbered_columns(mapping, rows[0])
    if numbered:
        return numbered, 0
    at = find_header(rows, mapping)
    return rows[at], at + 1


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
