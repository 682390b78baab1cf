"""Web archives: the text of pages (WET) or the pages themselves (WARC), as crawlers write them."""

import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from analyzer.readers import html, page
from analyzer.readers.charset import decode
from analyzer.readers.files import DumpStream
from analyzer.readers.tally import Tally
from analyzer.schema import Comment

_MAX_PAGE = 32 << 20
_MAX_HEADER = 1 << 16
_PIECE = 1 << 14  # of a page, searched for the next record before more is read: lengths lie
_LANGUAGES = {"eng": "en", "deu": "de", "fra": "fr", "spa": "es", "rus": "ru", "ara": "ar", "pol": "pl", "ita": "it"}
_LENGTH = re.compile(r"[0-9]{1,12}")
_HEADING = re.compile(rb"\nWARC/1\.\d\r?\nWARC-")
_CHUNK_SIZE = re.compile(rb"([0-9a-fA-F]{1,8})[^\r\n]*\r?\n")


@dataclass(frozen=True, slots=True)
class _Page:
    fields: Mapping[str, str]
    body: bytes


def read(stream: DumpStream, source: str, tally: Tally) -> Iterator[Comment]:
    """The comments found on each page; a page is a thread named by its address."""
    for record in _pages(stream, source, tally):
        kind = record.fields.get("warc-type")
        address = record.fields.get("warc-target-uri", "").strip("<>") or None
        language = record.fields.get("warc-identified-content-language", "").partition(",")[0].strip()
        for comment in _read_page(kind, record.body, address or source, tally):
            yield replace(
                comment,
                source=source,
                thread_id=address or comment.thread_id,
                thread_url=address or comment.thread_url,
                lang=comment.lang or _LANGUAGES.get(language),
            )


def _read_page(kind: str | None, body: bytes, place: str, tally: Tally) -> Iterator[Comment]:
    if kind == "conversion":
        tally.count("pages")
        text = decode(body)
        if page.looks_like_page(text):
            yield from page.read(text, place, tally)
    elif kind == "response":
        markup = _http_body(body)
        if markup is not None:
            tally.count("pages")
            yield from html.read(markup, place, tally)


def _pages(stream: DumpStream, source: str, tally: Tally) -> Iterator[_Page]:
    """Records, cut by their length in bytes; where that does not lead to the next record, at the next heading."""
    mended = False
    while fields := _header(stream):
        stated = fields.get("content-length", "")
        length = int(stated) if _LENGTH.fullmatch(stated) else _MAX_PAGE
        body, at_heading = _read_body(stream, min(length, _MAX_PAGE))
        if at_heading:
            mended = True
        elif len(body) < length and not stream.head(1) and not mended:
            tally.reject(source, None, f"the file ends inside the page {fields.get('warc-target-uri', '')[:200]}")
            tally.note(f"{source}: cut off; the last page was read as far as it goes")
        elif not _stands_at_record(stream, length - len(body)):
            mended = True
            _pass_to_heading(stream)
        yield _Page(fields, body)
    if mended:
        tally.note(
            f"{source}: lengths of records do not fit (line ends were converted?); cut at their headings instead"
        )
    if stream.head(1):
        tally.reject(source, None, f"no record begins after {stream.position:,} bytes; the rest was left out")
        tally.note(f"{source}: damaged after {stream.position:,} bytes; the pages before were read")


def _stands_at_record(stream: DumpStream, rest: int) -> bool:
    """True if a record or the end follows the rest of a body that was too long to be read."""
    while rest > 0 and (piece := stream.read(min(rest, 1 << 18))):
        rest -= len(piece)
    ahead = stream.head(64).lstrip()
    return not ahead or ahead.startswith(b"WARC/")


def _pass_to_heading(stream: DumpStream) -> None:
    while ahead := stream.head(1 << 18):
        heading = _HEADING.search(ahead)
        stream.read(heading.start() + 1 if heading else max(1, len(ahead) - 32))
        if heading:
            return


def _header(stream: DumpStream) -> dict[str, str]:
    """Field → value of the next record, empty where none begins. Blank lines before it are passed over."""
    while stream.head(1) in (b"\r", b"\n"):
        stream.read(1)
    head = stream.head(_MAX_HEADER)
    end = re.search(rb"\r?\n\r?\n", head)
    if not head.startswith(b"WARC/") or end is None:
        return {}
    stream.read(end.end())
    lines = decode(head[: end.start()]).splitlines()
    pairs = (line.partition(":") for line in lines[1:])
    return {"warc": lines[0]} | {name.strip().lower(): value.strip() for name, _, value in pairs}


def _read_body(stream: DumpStream, size: int) -> tuple[bytes, bool]:
    """At most `size` bytes, and whether they end sooner, at the heading of the next record."""
    pieces: list[bytes] = []
    while size > 0 and (piece := stream.read(min(size, _PIECE))):
        heading = _HEADING.search(piece + stream.head(64))
        if heading and heading.start() < len(piece):
            stream.unread(piece[heading.start() + 1 :])
            return b"".join((*pieces, piece[: heading.start()])), True
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces), False


def _http_body(response: bytes) -> bytes | None:
    """The page in an HTTP answer, None if it is no HTML or packed in a way that is not known."""
    head, _, body = response.partition(b"\r\n\r\n")
    fields = {n.strip().lower(): v.strip().lower() for n, _, v in (line.partition(b":") for line in head.splitlines())}
    if b"html" not in fields.get(b"content-type", b""):
        return None
    if b"chunked" in fields.get(b"transfer-encoding", b""):
        body = _unchunk(body)
    coding = fields.get(b"content-encoding", b"identity")
    if coding in (b"gzip", b"x-gzip", b"deflate"):
        try:
            return zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(body, _MAX_PAGE)
        except zlib.error:
            return None
    return body if coding == b"identity" else None


def _unchunk(body: bytes) -> bytes:
    """The body without the sizes of HTTP chunks; as it is if it holds none, since crawlers often remove them."""
    pieces: list[bytes] = []
    place = 0
    while (match := _CHUNK_SIZE.match(body, place)) and (size := int(match[1], 16)):
        pieces.append(body[match.end() : match.end() + size])
        place = match.end() + size + 2
    return b"".join(pieces) if pieces else body
