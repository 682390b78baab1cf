"""Unwrapping: what comes out of packed files, what is said of damaged ones, what is refused."""

import bz2
import gzip
import io
import json
import lzma
import os
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
import zstandard

from analyzer.errors import InputError, MissingError
from analyzer.readers import files, read_comments
from analyzer.readers.files import check_path, excerpt, name_dumps, open_dump
from analyzer.readers.tally import Tally

PLAIN = b"".join(b'{"id": "%d", "text": "comment %d"}\n' % (number, number * 7919) for number in range(3000))


PACKINGS = ["gzip", "zstd", "bzip2", "xz"]


def zipped(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def unwrap(path: Path, content: bytes) -> tuple[list[tuple[str, bytes]], Tally]:
    path.write_bytes(content)
    tally = Tally()
    return [(stream.name, b"".join(stream.chunks())) for stream in open_dump(path, tally)], tally


@pytest.mark.parametrize(
    "pack",
    [
        lambda plain: plain,
        gzip.compress,
        lambda plain: gzip.compress(plain[:100]) + gzip.compress(plain[100:]),
        bz2.compress,
        lzma.compress,
        zstandard.compress,
        lambda plain: zstandard.compress(plain[:100]) + zstandard.compress(plain[100:]),
        lambda plain: b"\x50\x2a\x4d\x18\x04\x00\x00\x00skip" + zstandard.compress(plain),
        lambda plain: zstandard.compress(gzip.compress(plain)),
    ],
    ids=[
        "plain",
        "gzip",
        "gzip in two parts",
        "bzip2",
        "xz",
        "zstd",
        "two zstd frames",
        "skippable frame",
        "gzip in zstd",
    ],
)
def test_packed_bytes_come_out_as_they_went_in(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    members, tally = unwrap(tmp_path / "dump", pack(PLAIN))
    assert members == [("dump", PLAIN)]
    assert not tally.counts["rejects"]


def test_a_zstd_window_of_two_gigabytes_is_accepted(tmp_path: Path) -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=27, enable_ldm=False)
    header = bytearray(zstandard.ZstdCompressor(compression_params=parameters).compressobj().compress(b"") or b"")
    frame = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    packed = bytearray(header + frame.compress(PLAIN) + frame.flush())
    assert packed[4] & 0x20 == 0  # the frame names its window
    packed[5] = (31 - 10) << 3
    members, tally = unwrap(tmp_path / "RC_month", bytes(packed))
    assert members[0][1] == PLAIN
    assert not tally.counts["rejects"]


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress, bz2.compress, lzma.compress], ids=PACKINGS)
def test_what_stands_before_a_cut_is_kept_and_the_loss_is_told(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    plain = os.urandom(200_000).hex().encode()  # several blocks, so that there is something before the cut
    packed = pack(plain)
    members, tally = unwrap(tmp_path / "dump", packed[: len(packed) * 3 // 4])
    kept = members[0][1]
    assert plain.startswith(kept)
    assert len(kept) < len(plain)
    assert tally.counts["rejects"] == 1
    assert "cut off" in tally.notes[0]


def test_damage_inside_ends_the_file_and_is_told(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(PLAIN))
    packed[len(packed) // 2] ^= 0xFF
    members, tally = unwrap(tmp_path / "dump", bytes(packed))
    third = len(PLAIN) // 3
    assert members[0][1] != PLAIN
    assert members[0][1][:third] == PLAIN[:third]
    assert tally.counts["rejects"] == 1


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress, bz2.compress], ids=["gzip", "zstd", "bzip2"])
def test_a_decompression_bomb_is_stopped_early(
    pack: Callable[[bytes], bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_GRACE", 1 << 20)
    members, tally = unwrap(tmp_path / "bomb", pack(bytes(30_000_000)))
    assert len(members[0][1]) < 16 << 20
    assert "bomb" in tally.notes[0]


@pytest.mark.parametrize(
    "pack",
    [
        pytest.param(lambda inner: gzip.compress(inner), id="gzip in gzip"),
        pytest.param(lambda inner: zipped({"a.gz": inner}), id="gzip in zip"),
        pytest.param(lambda inner: zipped({"in.zip": zipped({"a.gz": inner})}), id="gzip in zip in zip"),
    ],
)
def test_layers_that_are_harmless_alone_are_one_bomb_together(
    pack: Callable[[bytes], bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_GRACE", 1 << 14)
    monkeypatch.setattr(files, "_RATIO", 40)
    words = Random(1)
    inner = b"".join(gzip.compress(words.randbytes(20) * 50) for _ in range(10)) * 30  # 300 kB, 20 times what it takes
    assert not unwrap(tmp_path / "dump", inner)[1].notes
    members, tally = unwrap(tmp_path / "dump", pack(inner))
    assert "bomb" in tally.notes[0]
    assert len(members[0][1]) < 100_000


def test_a_well_packed_dump_is_no_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_GRACE", 1 << 10)
    members, tally = unwrap(tmp_path / "dump", gzip.compress(PLAIN * 20))
    assert len(members[0][1]) == len(PLAIN) * 20
    assert not tally.notes


@pytest.mark.parametrize(
    ("members", "read"),
    [
        ({"export/result.json": b"{}", "export/photo.jpg": b"x"}, ["export/result.json"]),
        (
            {"data/tweets.js": b"1", "data/tweets-part1.js": b"2", "data/likes.js": b"3"},
            ["data/tweets.js", "data/tweets-part1.js"],
        ),
        ({"outbox.json": b"{}", "actor.json": b"{}"}, ["outbox.json"]),
        (
            {"Takeout/YouTube/comments/comments.csv": b"x", "Takeout/index.html": b"x"},
            ["Takeout/YouTube/comments/comments.csv"],
        ),
        ({"comments.csv": b"1", "comments_2023.csv": b"2"}, ["comments.csv", "comments_2023.csv"]),
        ({"a.txt": b"a", "b/": b"", "__MACOSX/a.txt": b"x", ".DS_Store": b"x"}, ["a.txt"]),
    ],
    ids=[
        "Telegram export",
        "X archive",
        "Mastodon archive",
        "Google Takeout",
        "tables of one's own",
        "any other archive",
    ],
)
def test_the_files_with_comments_are_picked_out_of_a_zip(
    members: dict[str, bytes], read: list[str], tmp_path: Path
) -> None:
    found, tally = unwrap(tmp_path / "all.zip", zipped(members))
    assert [name for name, _ in found] == [f"all.zip/{name}" for name in read]
    unread = tally.counts["unread_files"]
    assert unread + len(read) == sum(name[0] not in "_." and name[-1] != "/" for name in members)
    told = f"all.zip: only {read[0]} and its like were read, {unread} other files were not"
    assert tally.notes == ([told] if unread else [])


def test_what_a_file_claims_is_claimed_of_its_own_threads(tmp_path: Path) -> None:
    def post(claimed: int) -> dict[str, object]:
        comment = {"id": 1, "post_id": 4, "content": "x", "path": "0.1"}
        return {"post_counts": {"comments": claimed}, "post": {"id": 4}, "comment": comment}

    def video(claimed: int, **place: str) -> dict[str, object]:
        top = {"id": "c", "snippet": {"textOriginal": "x", **place}}
        return {"kind": "youtube#commentThread", "snippet": {"totalReplyCount": claimed - 1, "topLevelComment": top}}

    members = {"a.json": post(12), "b.json": post(5), "c.json": video(3, videoId="v"), "d.json": video(2)}
    path = tmp_path / "all.zip"
    path.write_bytes(zipped({name: json.dumps([record]).encode() for name, record in members.items()}))
    tally = Tally()
    threads = [(comment.source, comment.thread_id) for comment in read_comments(path, tally=tally)]
    claims = {(source, thread): n for source, claimed in tally.claims.items() for thread, n in claimed.items()}
    assert [claims[thread] for thread in threads] == [12, 5, 3, 2]
    assert threads[2:] == [("youtube", "v"), ("all.zip/d.json", "unknown")]


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        pytest.param(["old/a.json", "new/b.json"], ["a.json", "b.json"], id="names that differ stay"),
        pytest.param(
            ["2023/a.json", "2024/a.json", "b.json"], ["2023/a.json", "2024/a.json", "b.json"], id="one folder"
        ),
        pytest.param(["x/1/a", "y/1/a", "y/2/a"], ["x/1/a", "y/1/a", "2/a"], id="as many folders as needed"),
        pytest.param(["/a", "/s/a"], ["/a", "s/a"], id="the root"),
        pytest.param(["d/a", "./d/../d/a"], ["a", "a"], id="one file twice"),
        pytest.param(["-", "d/stdin"], ["stdin", "d/stdin"], id="standard input"),
        pytest.param(["d\udcff.json"], ["d\\udcff.json"], id="bytes that are no UTF-8"),
    ],
)
def test_files_of_one_name_are_told_apart_by_their_folders(paths: list[str], names: list[str]) -> None:
    assert name_dumps(paths) == names


def test_a_zip_in_a_zip_is_opened(tmp_path: Path) -> None:
    members, _ = unwrap(tmp_path / "all.zip", zipped({"inner.zip": zipped({"a.jsonl": PLAIN})}))
    assert members == [("all.zip/inner.zip/a.jsonl", PLAIN)]


def test_an_encrypted_member_is_told(tmp_path: Path) -> None:
    packed = bytearray(zipped({"a.txt": b"words"}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        packed[packed.index(signature) + offset] |= 1
    _, tally = unwrap(tmp_path / "all.zip", bytes(packed))
    assert "password" in tally.notes[0]


def _nested_zip() -> bytes:
    packed = b"words"
    for _ in range(8):
        packed = zipped({"in.zip": packed})
    return packed


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (lambda: zipped({"a.json": bytes(8_000_000)}), "zip bomb"),
        (_nested_zip, "packed more than"),
        (lambda: zipped({"a.json": PLAIN})[:5000], "damaged"),
        (lambda: zipped({str(number): b"" for number in range(101)}), "too many"),
    ],
    ids=["zeros without end", "zips without end", "a zip cut off", "too many files"],
)
def test_a_hostile_zip_is_refused_in_one_sentence(
    content: Callable[[], bytes], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_GRACE", 1 << 20)
    monkeypatch.setattr(files, "_MEMBERS", 100)
    with pytest.raises(InputError, match=words) as caught:
        unwrap(tmp_path / "bad.zip", content())
    assert "\n" not in str(caught.value)


def test_lines_are_numbered_and_one_without_end_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_LINE", 1000)
    path = tmp_path / "lines"
    path.write_bytes(b"one\n" + b"x" * 600_000 + b"\nthree")
    tally = Tally()
    assert [list(stream.lines()) for stream in open_dump(path, tally)] == [[(1, b"one\n"), (3, b"three")]]
    assert tally.counts["rejects"] == 1


def test_looking_ahead_reads_nothing(tmp_path: Path) -> None:
    path = tmp_path / "dump"
    path.write_bytes(PLAIN)
    for stream in open_dump(path, Tally()):
        assert stream.head(10) == PLAIN[:10]
        assert stream.head_line() == PLAIN.split(b"\n", 1)[0]
        assert b"".join(stream.chunks()) == PLAIN


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path.mkdir(), "this is a folder"),
        (lambda path: None, "there is no such file"),
    ],
    ids=["a folder", "nothing"],
)
def test_a_path_that_is_no_file_is_refused(make: Callable[[Path], None], words: str, tmp_path: Path) -> None:
    make(tmp_path / "dump")
    with pytest.raises(InputError, match=words):
        check_path(tmp_path / "dump")


@pytest.mark.parametrize("name", ["a\x00b", "x" * 5000], ids=["a zero byte", "a name too long"])
def test_a_path_no_system_takes_is_refused(name: str) -> None:
    with pytest.raises(InputError):
        check_path(name)


def test_a_file_without_rights_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "dump"
    path.write_bytes(b"x")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # a superuser may read anything, so taking the rights would prove nothing
    with pytest.raises(MissingError, match="no right to read"):
        check_path(path)


@pytest.mark.parametrize(
    "row",
    [
        '{"mail": "mo@mail.example"}',
        "at 198.51.100.7 today",
        "::ffff:2001:db8:0:0:1:2",
        "2001:db8::ff00:42:8329",
        "[2001:db8::]",
        "::ffff:198.51.100.7",
    ],
    ids=["e-mail", "IPv4", "IPv6", "IPv6 with zeros left out", "a network", "IPv4 in IPv6"],
)
def test_an_excerpt_shows_no_address(row: str) -> None:
    assert not {"mo@mail.example", "198.51.100.7", "2001:db8"} & set(excerpt(row).replace('"', " ").split())
    assert "db8" not in excerpt(row)
    assert ".100" not in excerpt(row)


def test_an_excerpt_keeps_times_and_code() -> None:
    assert excerpt("2024-05-01T12:30:45 std::string a::b") == "2024-05-01T12:30:45 std::string …"


def tarred(members: dict[str, bytes], mode: str = "w", links: tuple[str, ...] = ()) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        for name in links:
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/hostname"
            archive.addfile(entry)
    return file.getvalue()


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz", "w:bz2"])
def test_the_files_of_a_tar_are_read(mode: str, tmp_path: Path) -> None:
    packed = tarred({"a.jsonl": PLAIN, "../in/b.gz": gzip.compress(PLAIN), ".hidden": b"x"}, mode, links=("link",))
    members, tally = unwrap(tmp_path / "all.tar", packed)
    assert members == [("all.tar/a.jsonl", PLAIN), ("all.tar/../in/b.gz", PLAIN)]
    assert [path.name for path in tmp_path.iterdir()] == ["all.tar"]
    assert tally.counts["unread_files"] == 1


def test_the_files_with_comments_are_picked_out_of_a_tar(tmp_path: Path) -> None:
    members, tally = unwrap(tmp_path / "all.tar", tarred({"export/outbox.json": PLAIN, "export/likes.json": b"{}"}))
    assert [name for name, _ in members] == ["all.tar/export/outbox.json"]
    assert "1 other files were not" in tally.notes[0]


def test_a_tar_cut_off_is_read_up_to_there(tmp_path: Path) -> None:
    whole = tarred({"a.jsonl": PLAIN, "b.jsonl": PLAIN})
    members, tally = unwrap(tmp_path / "all.tar", whole[: 512 + len(PLAIN) + 700])
    assert members[0] == ("all.tar/a.jsonl", PLAIN)
    assert tally.counts["rejects"] >= 1


@pytest.mark.parametrize(
    ("packed", "words"),
    [
        (lambda: tarred({str(number): b"" for number in range(101)}), "too many"),
        (
            lambda: tarred({"a.gz": tarred({"b.gz": tarred({"c.gz": tarred({"d": b"x"}, "w:gz")}, "w:gz")}, "w:gz")}),
            "packed more",
        ),
    ],
    ids=["too many files", "tars without end"],
)
def test_a_hostile_tar_is_refused(
    packed: Callable[[], bytes], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_MEMBERS", 100)
    with pytest.raises(InputError, match=words):
        unwrap(tmp_path / "all.tar", packed())


def test_a_bomb_in_a_tar_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_GRACE", 1 << 20)
    _, tally = unwrap(tmp_path / "all.tar", tarred({"a.json.gz": gzip.compress(bytes(40_000_000))}))
    assert any("decompression bomb" in note for note in tally.notes)


def test_the_older_form_of_xz_is_unpacked(tmp_path: Path) -> None:
    members, _ = unwrap(tmp_path / "dump.lzma", lzma.compress(PLAIN, format=lzma.FORMAT_ALONE))
    assert members == [("dump.lzma", PLAIN)]
