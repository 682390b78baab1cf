"""The door of reading: what every comment goes through, and what bad input meets."""

import gzip
import hmac
import io
import json
import os
import subprocess
import sys
import threading
import tracemalloc
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from analyzer.errors import ConfigError, InputError
from analyzer.partition import describe_dump
from analyzer.readers import ReadOptions, Tally, finish, read_comments, read_labels, sniff_format
from analyzer.schema import Comment, Status

PLAIN = ReadOptions(authors="plain")
ROWS = "".join(
    json.dumps({"id": str(n), "text": f"words {n}", "thread": "t", "author": "mo"}) + "\n" for n in range(50)
)
COMMENT = Comment(
    source="s", id="1", thread_id="t", text="words", author="Mo", created=datetime(2024, 5, 1, tzinfo=UTC)
)


def finished(*comments: Comment, options: ReadOptions = PLAIN) -> tuple[list[Comment], Tally]:
    tally = Tally()
    return list(finish.finish(comments, options, tally)), tally


def read(tmp_path: Path, content: str | bytes, options: ReadOptions = PLAIN) -> tuple[list[Comment], Tally]:
    path = tmp_path / "dump"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    tally = Tally()
    return list(read_comments(path, options=options, tally=tally)), tally


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"text": "a\x00b\x07c\td\r\ne\rf"}, {"text": "abc\td\ne\nf"}),
        ({"text": "half \ud83d"}, {"text": "half \ufffd"}),
        ({"text": "whole \ud83d\ude00"}, {"text": "whole 😀"}),
        ({"text": "schÃ¶n und grÃ¶ÃŸer"}, {"text": "schön und größer", "flags": ("mojibake",)}),
        ({"text": "gone", "status": Status.DELETED}, {"text": "", "status": Status.DELETED}),
        ({"text": "gone", "status": Status.REMOVED}, {"text": "", "status": Status.REMOVED}),
        ({"text": "[deleted]", "status": Status.VISIBLE}, {"text": "", "status": Status.DELETED}),
        ({"text": "[removed]"}, {"text": "", "status": Status.REMOVED}),
        ({"text": "[flagged]"}, {"text": "", "status": Status.REMOVED}),
        ({"text": "buy", "status": Status.SPAM}, {"text": "buy", "status": Status.SPAM}),
        ({"author": "[deleted]"}, {"author": None}),
        ({"author": " M\x00o "}, {"author": "Mo"}),
        ({"id": "", "thread_id": "\x00"}, {"id": "unknown", "thread_id": "unknown"}),
        ({"parent_id": ""}, {"parent_id": None}),
        ({"id": "9" * 5000}, {"id": "9" * 1000}),
        ({"created": datetime(2024, 5, 1)}, {"created": datetime(2024, 5, 1, tzinfo=UTC), "flags": ("tz_unknown",)}),
        ({"created": datetime.max.replace(tzinfo=UTC)}, {"created": None, "flags": ("odd_time",)}),
        ({"created": datetime(1969, 12, 31, tzinfo=UTC)}, {"created": None, "flags": ("odd_time",)}),
        ({"created": datetime(2100, 12, 31, tzinfo=UTC)}, {"created": datetime(2100, 12, 31, tzinfo=UTC), "flags": ()}),
    ],
    ids=[
        *(
            "control characters",
            "half a surrogate",
            "a surrogate pair",
            "mojibake",
            "deleted",
            "removed",
            "the word deleted",
        ),
        *(
            "the word removed",
            "the word flagged",
            "spam keeps its text",
            "no author",
            "a dirty name",
            "no ids",
            "no parent",
            "an endless id",
        ),
        *("a time without zone", "a time after all", "a time before all", "the last time"),
    ],
)
def test_every_comment_is_finished(change: dict[str, object], expected: dict[str, object]) -> None:
    (comment,), _ = finished(replace(COMMENT, **change))  # type: ignore[arg-type]
    assert {name: getattr(comment, name) for name in expected} == expected


def test_a_text_without_end_is_cut_flagged_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finish, "_MAX_TEXT", 10)
    comments, tally = finished(replace(COMMENT, text="x" * 10), replace(COMMENT, id="2", text="y" * 11))
    assert [(comment.text, comment.flags) for comment in comments] == [("x" * 10, ()), ("y" * 10, ("cut",))]
    assert tally.counts["cut_texts"] == 1


def test_pingbacks_are_dropped_and_counted() -> None:
    comments, tally = finished(COMMENT, replace(COMMENT, id="2", flags=("pingback",)))
    assert [comment.id for comment in comments] == ["1"]
    assert (tally.counts["comments"], tally.counts["pingbacks"]) == (1, 1)


@pytest.mark.parametrize(
    ("change", "copy"),
    [
        ({}, True),
        ({"author": "Li"}, False),
        ({"thread_id": "u"}, False),
        ({"text": "other"}, False),
        ({"created": None}, False),
    ],
    ids=["all the same", "another author", "another thread", "another text", "no time"],
)
def test_a_copy_is_flagged_and_kept(change: dict[str, object], copy: bool) -> None:
    comments, tally = finished(COMMENT, replace(COMMENT, id="2", **change))  # type: ignore[arg-type]
    assert len(comments) == 2
    assert ("duplicate" in comments[1].flags) is copy
    assert tally.counts["duplicates"] == copy


def test_looking_for_copies_is_bounded_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analyzer.readers.tally.MAX_SEEN", 3)
    _, tally = finished(*(replace(COMMENT, text=str(number)) for number in range(5)))
    assert "first 3 comments" in tally.notes[0]


def test_authors_are_keyed_hashes() -> None:
    both = (COMMENT, replace(COMMENT, id="2"), replace(COMMENT, id="3", author="Li"))
    first, _ = finished(*both, options=ReadOptions(author_key=b"key"))
    again, _ = finished(*both, options=ReadOptions(author_key=b"key"))
    other, _ = finished(*both, options=ReadOptions(author_key=b"other"))
    names = [comment.author for comment in first]
    keyed = hmac.new(b"key", b"Mo", "sha256").hexdigest()[:16]
    assert names == [keyed, keyed, names[2]]
    assert names[2] != names[0]
    assert [comment.author for comment in again] == names
    assert not {comment.author for comment in other} & set(names)


def test_without_a_key_two_readings_cannot_be_joined(tmp_path: Path) -> None:
    first, _ = read(tmp_path, ROWS, ReadOptions())
    second, _ = read(tmp_path, ROWS, ReadOptions())
    assert len({comment.author for comment in first}) == 1
    assert first[0].author != second[0].author


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b" \n\n\t", "the file is empty"),
        (b"\xef\xbb\xbf\n", "the file is empty"),
        (b"%PDF-1.7 ...", "a PDF"),
        (b"\xd0\xcf\x11\xe0....", "old Office file"),
        (b"7z\xbc\xaf\x27\x1c..", "7z archive"),
        (bytes(range(256)) * 40, "binary"),
        (b'# rules\nname = "mine"\n\n[[rule]]\naction = "review"\n', "a TOML file, which holds settings"),
        (b"PAR1" + bytes(100), "Parquet file is damaged"),
        (b"SQLite format 3\x00" + b"\x01" * 5000, "database cannot be read"),
        (b"PK\x03\x04" + bytes(100), "zip archive is damaged"),
        (b"\x28\xb5\x2f\xfd" + b"\xff" * 100, "damaged or cut off"),
        (b'{"a": 1, "b": [1, 2]}', "its keys are a, b"),
        (b"foo,bar,baz\n1,2,3\n4,5,6\n7,8,9\n", "columns are foo, bar, baz"),
        (b"[" * 100_000 + b"]" * 100_000, None),
        (b'{"replies": [' * 100_000, "its keys are replies"),
        (b"<?xml version='1.0'?>" + b"<d>" * 100_000, None),
        (b"42", None),
        (b"[]", None),
        (b"\xff\xfe" + b"\x00\xd8" * 50, "binary"),
    ],
    ids=[
        *(
            "nothing",
            "blanks",
            "a mark alone",
            "a PDF",
            "an old Excel file",
            "a 7z archive",
            "random bytes",
            "settings",
            "a broken Parquet",
        ),
        *(
            "a broken database",
            "a broken zip",
            "a broken zstd",
            "JSON without text",
            "a table without text",
            "deep JSON",
        ),
        *("deep JSON cut off", "deep XML", "a number", "an empty list", "broken UTF-16"),
    ],
)
def test_bad_input_is_one_sentence_or_no_comments(content: bytes, words: str | None, tmp_path: Path) -> None:
    if words is None:
        comments, tally = read(tmp_path, content)
        assert comments == []
        assert tally.notes
        return
    with pytest.raises(InputError, match=words) as caught:
        read(tmp_path, content)
    assert "\n" not in str(caught.value)
    assert "dump" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "count", "rejects"),
    [
        (ROWS + '{"text": ' + "[" * 100_000 + "\n" + ROWS, 100, 1),
        (ROWS + "{broken\n" + ROWS, 100, 1),
        (ROWS[:-20], 49, 1),
        ("[" + ROWS.replace("\n", ",")[:-20], 50, 1),
        ('{"id": "x", "text": {"no": "text"}}\n' + ROWS, 50, 1),
        (ROWS + "7\nnull\n", 50, 2),
        (gzip.compress(ROWS.encode())[:-4], 50, 1),
    ],
    ids=["a deep line", "a broken line", "a cut line", "a cut list", "an odd value", "no objects", "a cut gzip"],
)
def test_bad_rows_are_counted_and_the_rest_is_read(
    content: str | bytes, count: int, rejects: int, tmp_path: Path
) -> None:
    comments, tally = read(tmp_path, content)
    assert len(comments) == count
    assert tally.counts["rejects"] == rejects


def test_a_line_without_end_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analyzer.readers.files.MAX_LINE", 1 << 20)
    comments, tally = read(tmp_path, ROWS + '{"id": "x", "text": "' + "y" * 2_000_000 + '"}\n' + ROWS)
    assert len(comments) == 100
    assert tally.counts["rejects"] == 1


def test_the_files_of_an_archive_that_are_no_dumps_are_named(tmp_path: Path) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a.jsonl", ROWS)
        file.writestr("photo.png", b"\x89PNG....")
    comments, tally = read(tmp_path, archive.getvalue())
    assert len(comments) == 50
    assert comments[0].source == "dump/a.jsonl"
    assert tally.counts["skipped_files"] == 1
    assert any("photo.png" in note for note in tally.notes)


def test_an_archive_without_dumps_is_refused(tmp_path: Path) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("photo.png", b"\x89PNG....")
    with pytest.raises(InputError, match=r"photo\.png: this is a picture"):
        read(tmp_path, archive.getvalue())


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(ROWS.encode()))))
    comments = list(read_comments("-"))
    assert len(comments) == 50
    assert comments[0].source == "stdin"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("fmt", [None, "csv"], ids=["told by content", "named"])
def test_a_pipe_is_read_once_and_whole(fmt: str | None, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    rows = "id,text\n" + "".join(f"{n},words {n}\n" for n in range(50))
    writer = threading.Thread(target=pipe.write_bytes, args=(gzip.compress(rows.encode()),), daemon=True)
    writer.start()
    assert [comment.id for comment in read_comments(pipe, fmt)] == [str(n) for n in range(50)]
    writer.join(10)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("use", [describe_dump, lambda path: list(read_labels(path))], ids=["a run", "labels"])
def test_what_reads_a_file_twice_refuses_a_pipe(use: Callable[[Path], object], tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(InputError, match="this is a pipe, which can be read only once; save it to a file"):
        use(pipe)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda path: read_comments(path / "nothing"), InputError, "there is no such file"),
        (lambda path: read_comments(path), InputError, "this is a folder"),
        (lambda path: read_comments(path / "dump", "klingon"), InputError, "formats are disqus"),
        (
            lambda path: read_comments(path / "dump", options=ReadOptions(mapping={"colour": "x"})),
            ConfigError,
            "no field 'colour'",
        ),
        (
            lambda path: read_comments(path / "dump", options=ReadOptions(authors="none")),
            ConfigError,
            "'hash' or 'plain'",
        ),  # type: ignore[arg-type]
        (lambda path: sniff_format(path / "nothing"), InputError, "there is no such file"),
    ],
    ids=["no file", "a folder", "no format", "no field", "no choice", "nothing to sniff"],
)
def test_a_wrong_call_fails_at_once(
    call: Callable[[Path], object], error: type[Exception], words: str, tmp_path: Path
) -> None:
    (tmp_path / "dump").write_text(ROWS)
    with pytest.raises(error, match=words):
        call(tmp_path)


def test_a_file_is_read_under_the_name_it_is_given(tmp_path: Path) -> None:
    (tmp_path / "dump").write_text(ROWS, encoding="utf-8")
    assert {comment.source for comment in read_comments(tmp_path / "dump", name="2023/dump")} == {"2023/dump"}
    (tmp_path / "dump").write_bytes(b"")
    with pytest.raises(
        InputError, match=r"^2023/dump: the file is empty"
    ):  # refused, not skipped as a file of an archive
        list(read_comments(tmp_path / "dump", name="2023/dump"))


def test_a_mapping_makes_any_json_readable(tmp_path: Path) -> None:
    rows = '{"t": "words", "who": "mo"}\n'
    comments, tally = read(tmp_path, rows, ReadOptions(authors="plain", mapping={"text": "t", "author": "who"}))
    assert [(comment.text, comment.author) for comment in comments] == [("words", "mo")]
    assert tally.format == "json"


def test_the_door_opens_without_the_heavy_libraries() -> None:
    heavy = "torch transformers pandas pyarrow sklearn lxml jinja2 ijson orjson zstandard selectolax openpyxl"
    code = f"import sys, analyzer.readers as r; r.format_names(); print(set(sys.modules) & set({heavy!r}.split()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_memory_does_not_grow_with_the_dump(tmp_path: Path) -> None:
    path = tmp_path / "dump.jsonl"
    with path.open("w") as file:
        file.writelines(json.dumps({"id": n, "text": "w" * 9000, "thread": "t"}) + "\n" for n in range(1500))
    next(read_comments(path))  # so that what is loaded once does not count
    tracemalloc.start()
    assert sum(1 for _ in read_comments(path)) == 1500
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < path.stat().st_size / 2
