"""How gzip, bzip2, xz, lzma and zstd are unpacked, piece by piece."""

import bz2
import gzip
import lzma
from collections.abc import Callable, Iterator
from io import RawIOBase
from typing import IO, Any, cast

CHUNK = 1 << 18
_ZSTD_CHUNK = 1 << 11  # one zstd block of 4 bytes can stand for 128 kB, so a small step keeps the output bounded

Unpacker = Callable[[RawIOBase], Iterator[bytes]]


def find_unpacker(head: bytes) -> Unpacker | None:
    """What unpacks a file that begins so; None if it is not packed."""
    return next((unpack for magic, unpack in _PACKINGS if head.startswith(magic)), None)


def read_chunks(read: Callable[[int], bytes]) -> Iterator[bytes]:
    while piece := read(CHUNK):
        yield piece


def _gunzip(packed: RawIOBase) -> Iterator[bytes]:
    return read_chunks(gzip.GzipFile(fileobj=packed).read1)


def _bunzip(packed: RawIOBase) -> Iterator[bytes]:
    return read_chunks(bz2.BZ2File(packed).read1)


def _unxz(packed: RawIOBase) -> Iterator[bytes]:
    return read_chunks(lzma.LZMAFile(cast(IO[bytes], packed)).read1)


def _unlzma(packed: RawIOBase) -> Iterator[bytes]:
    return read_chunks(lzma.LZMAFile(cast(IO[bytes], packed), format=lzma.FORMAT_ALONE).read1)


def _unzstd(packed: RawIOBase) -> Iterator[bytes]:
    """All frames; Reddit month files are written with a window of 2 GiB, which decoders refuse unless told."""
    import zstandard

    decoder = zstandard.ZstdDecompressor(max_window_size=2**31)
    frame: Any = None
    try:
        while piece := packed.read(_ZSTD_CHUNK):
            while piece:
                frame = frame or decoder.decompressobj()
                yield frame.decompress(piece)
                piece = b""
                if frame.eof:
                    piece, frame = frame.unused_data, None
    except zstandard.ZstdError as error:
        raise OSError(str(error)) from None
    if frame is not None:
        raise EOFError("the zstd frame has no end")


_PACKINGS: tuple[tuple[bytes, Unpacker], ...] = (
    (b"\x1f\x8b", _gunzip),
    (b"BZh", _bunzip),
    (b"\xfd7zXZ\x00", _unxz),
    (b"\x5d\x00\x00", _unlzma),
    (b"\x28\xb5\x2f\xfd", _unzstd),
    *((bytes([first]) + b"\x2a\x4d\x18", _unzstd) for first in range(0x50, 0x60)),  # skippable frames come first
)
