"""The forms of label files: each told by its content and handed to its reader."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from analyzer.errors import InputError
from analyzer.readers import (
    csvs,
    label_corpus,
    label_moderation,
    label_perspective,
    label_reviews,
    label_studio,
    label_tables,
    tables,
)
from analyzer.readers.charset import decode, to_utf8
from analyzer.readers.columns import has_text_column
from analyzer.readers.documents import first_value, holds_lines, parse, read_document
from analyzer.readers.files import DumpStream, check_repeatable, excerpt, open_dump
from analyzer.readers.label_desk import Desk
from analyzer.readers.sniff import sniff_bytes
from analyzer.readers.tabular import Row
from analyzer.schema import Example

# In sniffing order; `table` is any other JSON, and every CSV, Parquet file and workbook.
_JSON: Mapping[str, ModuleType] = {
    "reviews": label_reviews,
    "label_studio": label_studio,
    "perspective": label_perspective,
    "corpus": label_corpus,
}
FORMS: Mapping[str, str] = (
    {name: module.DESCRIPTION for name, module in _JSON.items()}
    | {"table": label_tables.DESCRIPTION}
    | label_moderation.DESCRIPTIONS
)
_XML = ("wordpress", "disqus")
_BLANKS = b"\xef\xbb\xbf \t\r\n"
_AHEAD = 50  # records looked at: the first may be the one without labels


def read_file(path: str | Path, desk: Desk) -> tuple[str, Iterator[Example]]:
    """The form of a file and its Examples; of an archive, those of its only file."""
    check_repeatable(path)
    streams = open_dump(path, desk.tally)
    stream = next(streams, None)
    if stream is None:
        raise InputError(f"{path}: the archive holds no files; give the label file itself")
    desk.source = stream.name
    form, stream = sniff(stream, desk)
    if form is None:
        raise InputError(
            f"{path}: no labels found; a label file has a text and labels in each row (docs/retrain.md); "
            "rename columns with other names, or map them: --map text=COLUMN,label=COLUMN (check, train)"
        )
    return form, _drained(_examples(form, stream, desk), streams, desk)


def read_frame(frame: Any, desk: Desk) -> Iterator[Example]:
    """The Examples of a data frame, a row each; a row's place is its number."""
    desk.source = "frame"
    rows = ((number, row) for number, row in enumerate(frame.to_dict("records"), 1))
    return label_tables.read([str(column) for column in frame.columns], _named(rows), desk)


def sniff(stream: DumpStream, desk: Desk) -> tuple[str | None, DumpStream]:
    """The form, or None where there are no labels, and the stream to read it from."""
    # A comment may hold the beginning of a page: what starts as JSON is no mark-up.
    told = None if stream.head().lstrip(_BLANKS).startswith((b"{", b"[")) else sniff_bytes(stream)
    if told in _XML:
        return told, stream
    if told in ("parquet", "excel"):
        with stream.on_disk() as file:
            fits = any(_fits(header, desk) for header in _headers(file, stream.name, desk))
        return "table" if fits else None, stream
    if told is not None:
        return None, stream
    text = to_utf8(stream, None, desk.tally)
    head = decode(text.head())
    if head.lstrip().startswith(("{", "[")):
        return _sniff_json(_ahead(text), desk), text
    return "table" if _fits(csvs.header_of(head, desk.mapping), desk) else None, text


def _fits(header: list[str], desk: Desk) -> bool:
    """True for columns that hold a text and labels."""
    return ("text" in desk.mapping or has_text_column(header)) and label_tables.has_labels(header, desk)


def _headers(file: Any, source: str, desk: Desk) -> list[list[str]]:
    magic = file.read(4)
    file.seek(0)
    if magic == b"PAR1":
        return [tables.open_parquet(file, source).names]
    with tables.open_sheets(file, source, desk.mapping) as sheets:
        return [sheet.header for sheet in sheets]


def _ahead(stream: DumpStream) -> list[Mapping[str, object]]:
    """The first records of a JSON file."""
    if holds_lines(stream):
        values = [parse(line) for line in stream.head().splitlines()[:_AHEAD] if line.strip()]
    else:
        values = _records(first_value(stream))[:_AHEAD]
    return [value for value in values if isinstance(value, Mapping)]


def _sniff_json(found: list[Mapping[str, object]], desk: Desk) -> str | None:
    for name, module in _JSON.items():
        if any(module.sniff(record) for record in found):
            return name
    if any(label_moderation.sniff(record) for record in found):
        return "coral"
    return "table" if found and _fits(_keys(found), desk) else None


def _examples(form: str, stream: DumpStream, desk: Desk) -> Iterator[Example]:
    if form in _XML:
        return label_moderation.read_export(stream, form, desk)
    if form == "coral":
        return label_moderation.read_coral(_numbered(stream, desk), desk)
    if form in _JSON:
        rows: Iterator[Example] = _JSON[form].read(_numbered(stream, desk), desk)
        return rows
    return _table(stream, desk)


def _table(stream: DumpStream, desk: Desk) -> Iterator[Example]:
    if stream.head(4) in (b"PAR1", b"PK\x03\x04"):
        with stream.on_disk() as file:
            for header, rows in _binary_tables(file, desk):
                yield from label_tables.read(header, rows, desk)
    elif decode(stream.head()).lstrip().startswith(("{", "[")):
        found = [(number, row) for number, row in _numbered(stream, desk) if isinstance(row, Mapping)]
        yield from label_tables.read(_keys([row for _, row in found]), _named(found), desk)
    else:
        (_, header), cells = csvs.open_table(stream, desk.source, desk.tally, desk.mapping)
        yield from label_tables.read(header, ((n, dict(zip(header, row, strict=False))) for n, row in cells), desk)


def _binary_tables(file: Any, desk: Desk) -> Iterator[tuple[list[str], Iterator[Row]]]:
    if file.read(4) == b"PAR1":
        table = tables.open_parquet(file, desk.source)
        yield table.names, table.rows(table.names, desk.tally)
        return
    with tables.open_sheets(file, desk.source, desk.mapping) as sheets:
        for sheet in sheets:
            if _fits(sheet.header, desk):
                yield sheet.header, sheet.rows([name for name in sheet.header if name], desk.tally)


def _numbered(stream: DumpStream, desk: Desk) -> Iterator[tuple[int, object]]:
    """The records of a JSON file with their lines, or their numbers in a document; a damaged line is told."""
    if not holds_lines(stream):
        for value in read_document(stream, desk.tally):
            yield from enumerate(_records(value), 1)
        return
    for number, line in stream.lines():
        if line.isspace():
            continue
        value = parse(line)
        if value is None:
            desk.reject(number, "the line is not valid JSON", excerpt(line))
        else:
            yield number, value


def _records(value: object) -> list[object]:
    """The records of a document: a list, an object that holds one list of objects, or the object itself."""
    if isinstance(value, list):
        return value
    if isinstance(value, Mapping) and not _is_known(value):
        lists = [part for part in value.values() if isinstance(part, list) and part and isinstance(part[0], Mapping)]
        if len(lists) == 1:
            return lists[0]
    return [value]


def _is_known(value: Mapping[str, object]) -> bool:
    return label_moderation.sniff(value) or any(module.sniff(value) for module in _JSON.values())


def _keys(found: list[Mapping[str, object]]) -> list[str]:
    return list(dict.fromkeys(str(key) for record in found for key in record))


def _named(rows: Iterable[tuple[int, Mapping[Any, object]]]) -> Iterator[Row]:
    for number, row in rows:
        yield number, {str(key): value for key, value in row.items()}


def _drained(rows: Iterator[Example], streams: Iterator[DumpStream], desk: Desk) -> Iterator[Example]:
    """The rows; what else an archive holds is named in a note. `streams` stays open until the last row is read."""
    yield from rows
    for other in streams:
        desk.tally.note(f"{other.name}: another file of the archive was not read; give it by itself")
