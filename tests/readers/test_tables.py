"""Parquet files and workbooks that are damaged, hostile, or say wrong things about themselves."""

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook

from analyzer.errors import InputError
from analyzer.readers import ReadOptions, Tally, read_comments, records, tables, values
from analyzer.readers.tabular import Row
from analyzer.schema import Comment

Change = Callable[[bytes], bytes]


def read(path: Path) -> tuple[list[Comment], Tally]:
    tally = Tally()
    return list(read_comments(path, options=ReadOptions(authors="plain"), tally=tally)), tally


def workbook(path: Path, change: Change, member: str = "xl/worksheets/sheet1.xml") -> Path:
    """A workbook with the rows 1 and 2 below its header, one of its files changed."""
    book, file = Workbook(), io.BytesIO()
    assert book.active is not None
    for row in (["id", "text"], [1, "one"], [2, "two"]):
        book.active.append(row)
    book.save(file)
    with zipfile.ZipFile(file) as before, zipfile.ZipFile(path, "w") as after:
        for name in before.namelist():
            content = before.read(name)
            changed = change(content) if name == member else content
            assert (changed != content) is (name == member)
            after.writestr(name, changed)
    return path


def parquet(path: Path, **columns: object) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


@pytest.mark.parametrize("size", [b"A1", b"A1:A2", b"A1:B2"])
def test_rows_beyond_the_size_a_sheet_names_are_read(size: bytes, tmp_path: Path) -> None:
    comments, tally = read(workbook(tmp_path / "a", lambda sheet: sheet.replace(b'ref="A1:B3"', b'ref="%s"' % size)))
    assert [(c.id, c.text) for c in comments] == [("1", "one"), ("2", "two")]
    assert not tally.counts["rejects"]


def test_a_row_far_below_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_LAST_ROW", 30)
    path = workbook(tmp_path / "a", lambda sheet: sheet.replace(b'r="3"', b'r="30"').replace(b'3"', b'30"'))
    comments, tally = read(path)
    assert [c.id for c in comments] == ["1", "2"]
    assert not tally.counts["rejects"]


def test_a_row_no_workbook_can_have_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_LAST_ROW", 30)
    comments, tally = read(workbook(tmp_path / "a", lambda sheet: sheet.replace(b'r="3"', b'r="999999999999"')))
    assert [c.id for c in comments] == ["1"]
    assert tally.counts["rejects"] == 1
    assert "30 rows at most" in " ".join(tally.notes)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda sheet: sheet.replace(b'<row r="3"', b'<<row r="3"'), id="broken XML"),
        pytest.param(lambda sheet: sheet[: sheet.index(b'<row r="3"')], id="cut off"),
        pytest.param(lambda sheet: sheet.replace(b'<row r="3"', b'<row r="x"'), id="a row without a number"),
        pytest.param(
            lambda sheet: re.sub(rb'inlineStr"><is><t>two</t></is>', b's"><v>9</v>', sheet), id="a reference to no text"
        ),
        pytest.param(lambda sheet: sheet.replace(b"<v>2</v>", b"<v>2..</v>"), id="a number that is none"),
    ],
)
def test_the_rows_before_the_damage_of_a_sheet_are_read(change: Change, tmp_path: Path) -> None:
    comments, tally = read(workbook(tmp_path / "a", change))
    assert [(c.id, c.text) for c in comments] == [("1", "one")]
    assert tally.counts["rejects"] == 1
    assert "sheet 'Sheet' is damaged" in " ".join(tally.notes)


@pytest.mark.parametrize(
    ("member", "change"),
    [
        pytest.param("xl/workbook.xml", lambda book: book[:60], id="the list of sheets"),
        pytest.param("xl/styles.xml", lambda styles: b"<", id="the styles"),
        pytest.param("xl/worksheets/sheet1.xml", lambda sheet: b"<", id="a sheet"),
        pytest.param(
            "xl/worksheets/sheet1.xml", lambda sheet: sheet.replace(b'<row r="1"', b'<row r="x"'), id="the first row"
        ),
    ],
)
def test_a_workbook_that_cannot_be_opened_is_refused(member: str, change: Change, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="save it as CSV"):
        read(workbook(tmp_path / "a", change, member))


def test_columns_of_a_workbook_without_a_header_are_counted_to_the_widest_row(tmp_path: Path) -> None:
    book = Workbook()
    assert book.active is not None
    for row in ([1], [2, None, "words"]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    comments = list(read_comments(tmp_path / "a.xlsx", options=ReadOptions(mapping={"text": "#3", "id": "#1"})))
    assert [(c.id, c.text) for c in comments] == [("1", ""), ("2", "words")]


def test_a_text_of_stray_bytes_is_read_and_the_others_stay(tmp_path: Path) -> None:
    raw, ends = b"onecaf\xe9", b"".join(end.to_bytes(4, "little") for end in (0, 3, 7))
    text = pa.Array.from_buffers(pa.string(), 2, [None, pa.py_buffer(ends), pa.py_buffer(raw)])
    comments, _ = read(parquet(tmp_path / "a", id=["1", "2"], text=text))
    assert [(c.id, c.text) for c in comments] == [("1", "one"), ("2", "café")]


@pytest.mark.parametrize(
    "created",
    [
        pytest.param(pa.array([10**12, 0], pa.timestamp("s")), id="a year no calendar has"),
        pytest.param(pa.array([10**12, 0], pa.timestamp("s", "UTC")), id="the same with a zone"),
        pytest.param(pa.array([2**30, 0], pa.date32()), id="a day no calendar has"),
    ],
)
def test_a_time_out_of_the_calendar_is_counted(created: object, tmp_path: Path) -> None:
    comments, tally = read(parquet(tmp_path / "a", id=["1", "2"], text=["one", "two"], created=created))
    assert [(c.text, c.created and c.created.year) for c in comments] == [("one", None), ("two", 1970)]
    assert tally.counts["unread_dates"] == 1


def test_a_time_in_an_unknown_zone_is_counted(tmp_path: Path) -> None:
    created = pa.array([0], pa.timestamp("s", "Nowhere/Land"))
    comments, tally = read(parquet(tmp_path / "a", id=["1"], text=["one"], created=created))
    assert [c.created for c in comments] == [None]
    assert tally.counts["unread_dates"] == 1


def test_a_text_within_an_object_is_read(tmp_path: Path) -> None:
    comments, _ = read(parquet(tmp_path / "a", id=["1", "2"], text=[{"rendered": "one"}, {"rendered": "two"}]))
    assert [c.text for c in comments] == ["one", "two"]


@pytest.mark.parametrize(
    "cells",
    [
        pytest.param(pa.array([["a", "b"], None, []]), id="lists"),
        pytest.param(pa.array([{"a": ["b"]}, None, {"a": None}]), id="objects"),
        pytest.param(pa.array([[("a", "b")], None, []], pa.map_(pa.string(), pa.string())), id="maps"),
        pytest.param(pa.array(["a", None, "a"]).dictionary_encode(), id="repeated texts"),
        pytest.param(pa.array([b"a", None, b"\xff"]), id="bytes"),
        pytest.param(pa.array([1, 2, 1]).dictionary_encode(), id="numbers"),
    ],
)
def test_columns_of_any_kind_are_read(cells: pa.Array, tmp_path: Path) -> None:
    with parquet(tmp_path / "a", cells=cells).open("rb") as file:
        assert [row["cells"] for _, row in tables.open_parquet(file, "a").rows(["cells"], Tally())] == cells.to_pylist()


@pytest.mark.parametrize("wrapped", [False, True], ids=["a text", "a text within an object"])
def test_repeated_texts_are_written_out_a_few_at_a_time(
    wrapped: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ["short", *["x" * 1000] * 99]
    monkeypatch.setattr(tables, "_HELD", 10_000)
    path = parquet(tmp_path / "a", text=[{"rendered": text} for text in texts] if wrapped else texts)
    with path.open("rb") as file:
        table = tables.open_parquet(file, "a")
        sizes = [batch.num_rows for batch in table._batches(table.names)]
        assert sizes == [10] * 10
        assert [number for number, _ in table.rows(table.names, Tally())] == list(range(1, 101))


def test_long_rows_are_decoded_a_few_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_HELD", 15_000)
    texts = [f"{number}" * 500 for number in range(100, 200)]
    pq.write_table(pa.table({"text": texts}), tmp_path / "a", use_dictionary=False, row_group_size=50)
    with (tmp_path / "a").open("rb") as file:
        sizes = [batch.num_rows for batch in tables.open_parquet(file, "a")._batches(["text"])]
    assert sum(sizes) == 100
    assert max(sizes) <= 10


@pytest.mark.parametrize("date", ["3/4/2024", "2024-05-01"], ids=["open which is the day", "plain"])
def test_few_large_rows_are_held_to_look_ahead(date: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "HELD", 2_000)
    monkeypatch.setattr("analyzer.readers.tabular.HELD", 2_000)
    taken: list[int] = []

    def rows() -> Iterator[Row]:
        for number in range(50):
            taken.append(number)
            yield number, {"text": "x" * 1000, "created": date}

    columns = tables.choose_columns(["text", "created"], {}, "a")
    comments = tables.read_rows(rows(), columns, "a", Tally())
    next(comments)
    assert len(taken) < 5
    assert len(list(comments)) == 49


def test_few_large_records_are_held_to_choose_the_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "HELD", 2_000)
    monkeypatch.setattr("analyzer.readers.tabular.HELD", 2_000)
    taken: list[int] = []

    def listed() -> Iterator[object]:
        for number in range(50):
            taken.append(number)
            yield {"text": "x" * 1000}

    comments = records.read_items(listed(), "a", Tally())
    next(comments)
    assert len(taken) < 6
    assert len(list(comments)) == 49
