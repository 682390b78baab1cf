"""A dump's bytes: found, unwrapped from gzip, bzip2, xz, zstd, zip and tar, and bounded against files made to explode."""

import io
import lzma
import os
import re
import sys
import tarfile
import tempfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO

from analyzer.errors import InputError, MissingError
from analyzer.readers.packings import CHUNK, find_unpacker, read_chunks
from analyzer.readers.tally import Tally

HEAD = 1 << 20  # what a sniffer may look at
MAX_LINE = 32 << 20  # a longer line is no comment: it is skipped and reported
_OPEN_DOCUMENT = b"mimetypeapplication/vnd.oasis.opendocument"  # where the first name of an archive stands
_LAYERS = 4  # .zip in .zip, .gz in .zip …
_MEMBERS = 20_000

# Beyond _GRACE bytes, more than _RATIO bytes out for one in is a bomb: comment dumps stay under 60, zeros in gzip reach 1,030.
_GRACE = 64 << 20
_RATIO = 500

# Where the great exports keep their comments: Telegram, X, Mastodon, Google Takeout.
_CHOSEN = tuple(
    re.compile(rf"(?:.*/)?{pattern}", re.IGNORECASE)
    for pattern in (
        r"result\.json",
        r"data/tweets(-part\d+)?\.js",
        r"outbox\.json",
        r"takeout/(?:.*/)?comments(\(\d+\))?\.csv",
    )
)
_HEX = r"[0-9a-fA-F]{1,4}"
_ADDRESS = re.compile(  # e-mail, IPv6 with its zeros left out and written out, IPv4
    r"[^\s\"'<>,;:]{1,64}@[^\s\"'<>,;]{1,255}"
    rf"|(?<![\w:])(?:{_HEX}(?::{_HEX}){{0,6}})?::(?:{_HEX}(?::{_HEX}){{0,6}})?(?:(?:\.\d{{1,3}}){{3}})?(?![\w:])"
    rf"|\b(?:{_HEX}:){{4,7}}{_HEX}"
    r"|\b\d{1,3}(?:\.\d{1,3}){3}\b"
)
_DAMAGE = (
    *(EOFError, OSError, NotImplementedError, zlib.error),
    *(lzma.LZMAError, tarfile.TarError, zipfile.BadZipFile),
)
_TAR_BLOCK = 512
_TAR_MAGIC = slice(257, 262)


class DumpStream(io.RawIOBase):
    """The bytes of one file of a dump, to be read once; `head` looks ahead.

    A damaged or cut-off end is an end: what came before is kept, the loss is told to the tally.
    """

    def __init__(self, name: str, chunks: Iterator[bytes], tally: Tally, path: Path | None = None) -> None:
        super().__init__()
        self.name = name
        self.source = name
        self.position = 0
        self.path = path
        self.damage = ""  # why the bytes end before they should
        self._chunks = chunks
        self._tally = tally
        self._ahead = bytearray()
        self._ended = False

    def head(self, size: int = HEAD) -> bytes:
        """The next `size` bytes (fewer at the end), which stay to be read."""
        while len(self._ahead) < size and self._fill():
            pass
        return bytes(self._ahead[:size])

    def head_line(self) -> bytes:
        """The first line that is not blank, without its end; at most MAX_LINE bytes."""
        size, line = HEAD, b""
        while True:
            head = self.head(size).lstrip()
            line, end, _ = head.partition(b"\n")
            if end or self._ended or size >= MAX_LINE:
                return line.rstrip()
            size *= 2

    def unread(self, rest: bytes) -> None:
        """Put bytes back that were read too far."""
        self._ahead[:0] = rest
        self.position -= len(rest)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview", /) -> int:  # type: ignore[override]
        if not self._ahead:
            self._fill()
        piece = self._ahead[: len(buffer)]
        del self._ahead[: len(piece)]
        buffer[: len(piece)] = piece
        self.position += len(piece)
        return len(piece)

    def chunks(self) -> Iterator[bytes]:
        while True:
            piece = self.read(CHUNK)
            if not piece:
                return
            yield piece

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """Line numbers (from 1) and lines with their ends; a line over MAX_LINE is rejected and skipped."""
        reader = io.BufferedReader(self, CHUNK)
        number = 0
        while line := reader.readline(MAX_LINE):
            number += 1
            if len(line) == MAX_LINE and not line.endswith(b"\n"):
                self._tally.reject(self.name, number, f"the line is longer than {MAX_LINE >> 20} MB", excerpt(line))
                while (rest := reader.readline(CHUNK)) and not rest.endswith(b"\n"):
                    pass
                continue
            yield number, line

    def read_whole(self, limit: int, what: str) -> bytes:
        """All bytes; InputError if there are more than `limit`."""
        whole = b"".join(self._up_to(limit + 1))
        if len(whole) > limit:
            raise InputError(
                f"{self.name}: {what} of more than {limit >> 20} MB cannot be loaded; split it into smaller files"
            )
        return whole

    def on_disk(self) -> "IO[bytes]":
        """The bytes as a seekable file with a `name` on disk: the file itself where it is one, else a temporary copy."""
        if self.path is not None:
            return self.path.open("rb")
        copy = tempfile.NamedTemporaryFile()  # noqa: SIM115 (the caller closes it)
        for piece in self.chunks():
            copy.write(piece)
        copy.flush()
        copy.seek(0)
        return copy

    def _up_to(self, size: int) -> Iterator[bytes]:
        while size > 0 and (piece := self.read(min(size, CHUNK))):
            size -= len(piece)
            yield piece

    def _fill(self) -> bool:
        piece = b""
        while not piece and not self._ended:  # a decoder may need several steps for its next bytes
            try:
                piece = next(self._chunks)
            except StopIteration:
                self._ended = True
            except _DAMAGE as error:
                self._ended = True
                self._tell_damage(str(error) or type(error).__name__)
        self._ahead += piece
        return bool(piece)

    def _tell_damage(self, why: str) -> None:
        kept = self.position + len(self._ahead)
        self.damage = f"damaged or cut off after {kept:,} unwrapped bytes ({why})"
        self._tally.reject(self.name, None, f"the file is {self.damage}")
        self._tally.note(f"{self.name}: {self.damage}; what stands before was read")


def excerpt(row: bytes | str) -> str:
    """The start of a row for a report on what could not be read, without e-mail and IP addresses."""
    start = row[:400].decode("utf-8", "replace") if isinstance(row, bytes) else row[:400]
    return without_addresses(start)[:200]


def without_addresses(text: str) -> str:
    return _ADDRESS.sub("…", text)


def name_dumps(paths: Iterable[str | Path]) -> list[str]:
    """What each dump of a reading is called: by its own name, led by as many folders as tell it from others of that name.

    Ids hold for one file, so two files of one name would be taken for one. Bytes of a name that are no UTF-8 are escaped.
    """
    places = [("stdin",) if str(path) == "-" else Path(os.path.abspath(path)).parts for path in paths]
    names: dict[tuple[str, ...], str] = {}
    waiting = set(places)
    depth = 0
    while waiting:
        depth += 1
        met = Counter(place[-depth:] for place in waiting)
        alone = {place for place in waiting if met[place[-depth:]] == 1}
        names |= {place: Path(*place[-depth:]).as_posix() for place in alone}
        waiting -= alone
    return [names[place].encode("utf-8", "backslashreplace").decode() for place in places]


def open_dump(path: str | Path, tally: Tally, name: str | None = None) -> Iterator[DumpStream]:
    """The files of a dump, unwrapped: one, or the fitting members of an archive. `-` is standard input."""
    name = name or name_dumps([path])[0]
    if str(path) == "-":
        yield from _unwrap(DumpStream(name, read_chunks(sys.stdin.buffer.read), tally), tally)
        return
    place = check_path(path)
    try:
        with place.open("rb") as file:
            again = None if flows(place) else place
            yield from _unwrap(DumpStream(name, read_chunks(file.read), tally, again), tally)
    except PermissionError:
        raise MissingError(f"{place}: no right to read this file; change its permissions or run as its owner") from None


def flows(path: str | Path) -> bool:
    """True for standard input (`-`) and pipes (`<(zcat dump.gz)`), which can be read once only."""
    return str(path) == "-" or Path(path).is_fifo()


def check_repeatable(path: str | Path) -> None:
    """InputError for a pipe, where a file is read more than once."""
    if Path(path).is_fifo():
        raise InputError(f"{path}: this is a pipe, which can be read only once; save it to a file and give that")


def check_path(path: str | Path) -> Path:
    """The path, if it is a file that can be opened; InputError or MissingError says what is wrong."""
    place = Path(path)
    try:
        if place.is_dir():
            raise InputError(f"{place}: this is a folder; name the dump files in it")
        if not place.exists():
            raise InputError(f"{place}: there is no such file; check the path")
        if flows(place):
            return place  # opening a pipe takes what is in it
        with place.open("rb"):
            return place
    except PermissionError:
        raise MissingError(f"{place}: no right to read this file; change its permissions or run as its owner") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{str(place)[:200]}: cannot be opened ({error}); check the path") from None


def _unwrap(
    stream: DumpStream, tally: Tally, packed: Callable[[], int] | None = None, layer: int = 0
) -> Iterator[DumpStream]:
    """The files in a stream; `packed` tells how many bytes of the outermost file it was made of so far."""
    packed = packed or (lambda: stream.position)
    head = stream.head(_TAR_BLOCK)
    unpack = find_unpacker(head)
    opener = _open_zip if head.startswith(b"PK\x03\x04") else _open_tar if _is_tar(head) else None
    if unpack is None and opener is None:
        yield stream
        return
    if layer == _LAYERS:
        raise InputError(f"{stream.name}: packed more than {_LAYERS} times over; unpack it first")
    if head[30:].startswith(_OPEN_DOCUMENT):
        raise InputError(f"{stream.name}: this is an OpenDocument file; save it as .xlsx or CSV")
    if opener is not None:
        yield from opener(stream, tally, packed, layer)
    elif unpack is not None:
        inner = DumpStream(stream.name, _bounded(unpack(stream), packed), tally)
        yield from _unwrap(inner, tally, packed, layer + 1)


def _bounded(chunks: Iterator[bytes], packed: Callable[[], int]) -> Iterator[bytes]:
    """The chunks, as long as they are in proportion to the outermost bytes: a small bomb in a bomb is a great one."""
    produced = 0
    for chunk in chunks:
        produced += len(chunk)
        if produced > _GRACE and produced > _RATIO * max(packed(), 1):
            raise OSError(f"it expands more than {_RATIO} times and is taken for a decompression bomb")
        yield chunk


def _open_zip(stream: DumpStream, tally: Tally, packed: Callable[[], int], layer: int) -> Iterator[DumpStream]:
    with stream.on_disk() as file:
        try:
            archive = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, OSError, ValueError) as error:
            raise InputError(
                f"{stream.name}: the zip archive is damaged ({error}); unpack it with a repair tool"
            ) from None
        with archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if any(member.filename == "xl/workbook.xml" for member in members):
                yield DumpStream(stream.name, read_chunks(_reread(file)), tally, Path(file.name))
                return
            size = file.seek(0, io.SEEK_END)
            outermost = size if layer == 0 else packed()
            _check_zip(stream.name, members, outermost)
            chosen = _choose(stream.name, [member.filename for member in members], tally)
            for member in (member for member in members if member.filename in chosen):
                inner = DumpStream(f"{stream.name}/{member.filename}", _member_chunks(archive, member), tally)
                share = outermost * member.compress_size // size
                yield from _unwrap(inner, tally, partial(int, share), layer + 1)


def _reread(file: "IO[bytes]") -> Callable[[int], bytes]:
    file.seek(0)
    return file.read


def _member_chunks(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    try:
        with archive.open(member) as file:
            yield from read_chunks(file.read)
    except RuntimeError as error:  # what zipfile says to an encrypted member
        raise OSError(str(error)) from None


def _check_zip(name: str, members: list[zipfile.ZipInfo], size: int) -> None:
    total = sum(member.file_size for member in members)
    if total > _GRACE and total > _RATIO * size:
        raise InputError(
            f"{name}: {size:,} bytes that unpack to {total:,} are taken for a zip bomb; unpack the files you need"
        )
    _check_number(name, len(members))


def _check_number(name: str, members: int) -> None:
    if members > _MEMBERS:
        raise InputError(f"{name}: {members:,} files in one archive are too many; unpack the ones with comments")


def _is_tar(head: bytes) -> bool:
    return head[_TAR_MAGIC] == b"ustar"


def _open_tar(stream: DumpStream, tally: Tally, packed: Callable[[], int], layer: int) -> Iterator[DumpStream]:
    """The regular files of an archive: nothing is written under their names, links are not followed."""
    with stream.on_disk() as file:
        size = file.seek(0, io.SEEK_END)
        file.seek(0)
        outermost = size if layer == 0 else packed()
        try:
            archive = tarfile.TarFile(fileobj=file, encoding="utf-8", errors="backslashreplace")
        except (tarfile.TarError, OSError, ValueError) as error:
            raise InputError(f"{stream.name}: the tar archive is damaged ({error}); get it again") from None
        with archive:
            members = list(islice(_tar_members(stream, file, archive, tally), _MEMBERS + 1))
            _check_number(stream.name, len(members))
            chosen = _choose(stream.name, [member.name for member in members], tally)
            for member in (member for member in members if member.name in chosen):
                inner = DumpStream(f"{stream.name}/{member.name}", _tar_chunks(archive, member), tally)
                yield from _unwrap(inner, tally, partial(int, outermost * member.size // size), layer + 1)


def _tar_members(
    stream: DumpStream, file: "IO[bytes]", archive: tarfile.TarFile, tally: Tally
) -> Iterator[tarfile.TarInfo]:
    """Its files as far as the archive is whole; those with holes may expand without end and are left out."""
    try:
        for member in archive:
            if member.isreg() and not member.issparse():
                yield member
            elif not member.isdir():
                tally.count("unread_files")
        file.seek(archive.offset)
        if file.read(_TAR_BLOCK) != bytes(_TAR_BLOCK):
            raise tarfile.ReadError("it has no end")
    except (tarfile.TarError, OSError, ValueError) as error:
        tally.reject(stream.name, None, f"the tar archive is damaged ({error})")
        tally.note(f"{stream.name}: the tar archive is damaged ({error}); the files before were read")


def _tar_chunks(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Iterator[bytes]:
    if file := archive.extractfile(member):
        with file:
            yield from read_chunks(file.read)


def _choose(name: str, members: list[str], tally: Tally) -> frozenset[str]:
    """The files where the great exports keep their comments, else all; system files never."""
    own = [member for member in members if not member.startswith("__MACOSX/") and not Path(member).name.startswith(".")]
    for pattern in _CHOSEN:
        chosen = [member for member in own if pattern.fullmatch(member)]
        if chosen and len(chosen) < len(own):
            others = len(own) - len(chosen)
            tally.count("unread_files", others)
            tally.note(f"{name}: only {chosen[0]} and its like were read, {others:,} other files were not")
        if chosen:
            return frozenset(chosen)
    return frozenset(own)
