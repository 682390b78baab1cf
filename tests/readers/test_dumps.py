"""Every golden dump through the door: told by its content, read, finished."""

import json
from pathlib import Path

import pytest

from analyzer.readers import ReadOptions, Tally, documents, format_names, read_comments, sniff_format
from analyzer.readers.formats import FORMATS

DUMPS = Path(__file__).parents[1] / "data" / "dumps"
FOLDERS = sorted(folder for folder in DUMPS.iterdir() if folder.is_dir())
EVERY_FOLDER = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
# Binary formats, and files without comments: made by the tests of their readers.
MADE_BY_TESTS = {"isso", "parquet", "excel", "coral_site"}


def dump_in(folder: Path) -> Path:
    (path,) = (entry for entry in folder.iterdir() if entry.name != "expected.jsonl")
    return path


def format_of(folder: Path) -> str:
    """A folder is named after its format, with the dialect after a hyphen."""
    return folder.name.split("-", 1)[0]


@EVERY_FOLDER
def test_a_dump_is_told_by_its_content(folder: Path, tmp_path: Path) -> None:
    nameless = tmp_path / "upload"
    nameless.write_bytes(dump_in(folder).read_bytes())
    assert sniff_format(nameless) == format_of(folder)


@EVERY_FOLDER
def test_a_dump_gives_the_comments_expected(folder: Path) -> None:
    options = ReadOptions(authors="plain")
    comments = [comment.to_json() for comment in read_comments(dump_in(folder), options=options)]
    expected = [json.loads(line) for line in (folder / "expected.jsonl").read_text(encoding="utf-8").splitlines()]
    assert comments == expected


@EVERY_FOLDER
def test_naming_the_format_changes_nothing(folder: Path) -> None:
    options = ReadOptions(authors="plain")
    told = list(read_comments(dump_in(folder), options=options))
    assert list(read_comments(dump_in(folder), format_of(folder), options=options)) == told


@EVERY_FOLDER
def test_no_address_of_a_person_leaves_the_reader(folder: Path) -> None:
    rejects: list[str] = []
    tally = Tally(on_reject=lambda reject: rejects.append(str(reject.to_json())))
    written = "".join(json.dumps(comment.to_json()) for comment in read_comments(dump_in(folder), tally=tally))
    for address in ("@mail.example", "@harbour.example", "198.51.100.", "203.0.113.", "192.0.2."):
        assert address not in written + "".join(rejects + tally.notes)


def test_every_format_has_a_golden_dump() -> None:
    assert {format_of(folder) for folder in FOLDERS} | MADE_BY_TESTS == {name for name, _ in format_names()}


@pytest.mark.parametrize("entry", FORMATS, ids=lambda entry: entry.name)
def test_every_format_in_the_table_has_its_reader(entry: object) -> None:
    module = entry.load()  # type: ignore[attr-defined]
    assert callable(module.read)
    assert getattr(module, "NAME", entry.name) == entry.name  # type: ignore[attr-defined]


@pytest.mark.parametrize("searched", [1 << 20, 200], ids=["in the first bytes", "over the whole file"])
@pytest.mark.parametrize("name", ["discourse", "guardian", "nyt", "remark42", "telegram", "youtube-ytdlp", "youtube"])
def test_a_document_read_in_pieces_gives_what_it_gives_as_a_whole(
    name: str, searched: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, options = dump_in(DUMPS / name), ReadOptions(authors="plain")
    whole, pieces = Tally(), Tally()
    expected = list(read_comments(path, options=options, tally=whole))
    monkeypatch.setattr(documents, "WHOLE", 10)
    monkeypatch.setattr(documents, "holds_items", lambda *_: True)
    monkeypatch.setattr(documents, "_SEARCHED", searched)
    monkeypatch.setattr(documents, "read_document", None)
    assert list(read_comments(path, options=options, tally=pieces)) == expected
    assert (pieces.claims, pieces.counts) == (whole.claims, whole.counts)
