"""Web archives: records by their length, and what to do when it lies."""

import gzip
import zlib
from pathlib import Path

import pytest

from analyzer.readers import Tally, read_comments, wet
from analyzer.readers.files import DumpStream
from analyzer.schema import Comment

PAGE = b"""2 Comments

  1. Priya says:
    4 June 2021 at 08:12

    First words.

  2. Gus says:
    5 June 2021 at 09:00

    Second words.

Leave a Reply
"""
HTML = b"""<html><body><ol class="commentlist"><li id="comment-1" class="comment"><cite class="fn">Mo</cite>
<div class="comment-content"><p>Words</p></div></li></ol></body></html>"""


def record(body: bytes, kind: str = "conversion", end: bytes = b"\r\n", length: int | None = None) -> bytes:
    lines = [b"WARC/1.0", b"WARC-Type: " + kind.encode(), b"WARC-Target-URI: https://a.example/1"]
    lines += [
        b"WARC-Identified-Content-Language: deu,eng",
        b"Content-Length: %d" % (len(body) if length is None else length),
    ]
    return end.join(lines) + end * 2 + body + end * 2


def http(body: bytes, *fields: bytes) -> bytes:
    return b"\r\n".join((b"HTTP/1.1 200 OK", b"Content-Type: text/html", *fields)) + b"\r\n\r\n" + body


def read(path: Path, content: bytes) -> tuple[list[Comment], Tally]:
    path.write_bytes(content)
    tally = Tally()
    return list(read_comments(path, tally=tally)), tally


def test_pages_are_threads_named_by_their_address(tmp_path: Path) -> None:
    comments, tally = read(tmp_path / "pages", gzip.compress(record(b"tool", "warcinfo")) + gzip.compress(record(PAGE)))
    assert tally.format == "wet"
    assert [comment.text for comment in comments] == ["First words.", "Second words."]
    assert {(c.source, c.thread_id, c.thread_url, c.lang) for c in comments} == {
        ("pages", "https://a.example/1", "https://a.example/1", "de")
    }


@pytest.mark.parametrize(
    "body",
    [
        http(HTML),
        http(gzip.compress(HTML), b"Content-Encoding: gzip"),
        http(zlib.compress(HTML), b"Content-Encoding: deflate"),
        http(b"%x\r\n" % len(HTML) + HTML + b"\r\n0\r\n\r\n", b"Transfer-Encoding: chunked"),
        http(HTML, b"Transfer-Encoding: chunked"),
    ],
    ids=["plain", "gzip", "deflate", "chunked", "said to be chunked"],
)
def test_answers_of_servers_are_unpacked(body: bytes, tmp_path: Path) -> None:
    comments, _ = read(tmp_path / "pages", record(body, "response"))
    assert [comment.text for comment in comments] == ["Words"]


@pytest.mark.parametrize(
    "body",
    [
        b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\nx",
        http(b"x", b"Content-Encoding: br"),
        http(b"??", b"Content-Encoding: gzip"),
    ],
    ids=["no page", "packed in an unknown way", "broken gzip"],
)
def test_what_is_no_page_is_passed_over(body: bytes, tmp_path: Path) -> None:
    comments, tally = read(tmp_path / "pages", record(body, "response") + record(PAGE))
    assert len(comments) == 2
    assert tally.counts["pages"] == 1


@pytest.mark.parametrize(
    "wrong", [len(PAGE) + 30, len(PAGE) - 30, 10, 10**9], ids=["a bit long", "a bit short", "short", "endless"]
)
def test_lengths_that_lie_are_mended_by_headings(wrong: int, tmp_path: Path) -> None:
    content = record(PAGE, end=b"\n", length=wrong) + record(PAGE.replace(b"First", b"Third"), end=b"\n")
    comments, tally = read(tmp_path / "pages", content)
    assert [comment.text for comment in comments][-2:] == ["Third words.", "Second words."]
    assert tally.counts["pages"] == 2
    assert any("lengths of records do not fit" in note for note in tally.notes)


@pytest.mark.parametrize("length", ["\u00b2", "\u0665", "9" * 5000, "-1", ""], ids=lambda length: ascii(length)[:9])
def test_a_length_that_is_no_number_is_mended(length: str, tmp_path: Path) -> None:
    stated = b"Content-Length: %d" % len(PAGE)
    comments, _ = read(tmp_path / "pages", record(PAGE).replace(stated, f"Content-Length: {length}".encode()) * 2)
    assert [comment.text for comment in comments][::3] == ["First words.", "Second words."]


def test_a_length_that_lies_does_not_read_the_archive_for_each_page() -> None:
    read_bytes = 0

    class Counted(DumpStream):
        def readinto(self, buffer: "bytearray | memoryview", /) -> int:  # type: ignore[override]
            nonlocal read_bytes
            read_bytes += (size := super().readinto(buffer))
            return size

    content = record(b"x", length=10**9) * 50 + b" " * 500_000
    list(wet.read(Counted("pages", iter([content]), Tally()), "pages", Tally()))
    assert read_bytes < 5 * len(content)


def test_an_archive_cut_off_keeps_its_pages(tmp_path: Path) -> None:
    comments, tally = read(tmp_path / "pages", record(PAGE) + record(PAGE)[:-60])
    assert len(comments) >= 3
    assert tally.counts["rejects"] == 1


def test_what_follows_the_records_is_told(tmp_path: Path) -> None:
    comments, tally = read(tmp_path / "pages", record(PAGE) + b"WARC/1.0\r\nno end of header")
    assert len(comments) == 2
    assert tally.counts["rejects"] == 1
