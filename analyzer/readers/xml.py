"""Records out of XML exports of any size, well-formed or not.

Exports in the wild hold unquoted attributes, stray `]]>`, undeclared entities, unclosed tags and control characters. lxml's
recovering parser drops everything after some of these, and expands entities of a DTD when it is fed in pieces. This reader
knows no DTD, expands nothing but characters, drops an end tag that closes nothing, and closes what a parent's end leaves open.
"""

import codecs
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape

from analyzer.readers.charset import to_utf8
from analyzer.readers.files import DumpStream
from analyzer.readers.tally import Tally

_TAG = re.compile(r"""<(/?)([A-Za-z_][\w:.-]*)((?:[^<>"']|"[^"<]*"|'[^'<]*')*)>""")
_ATTRIBUTE = re.compile(r"""([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'/>]+))""")
# A CDATA section ends where a tag follows; another `]]>` stands in the comment itself.
_CDATA_END = re.compile(r"\]\]>(?=\s*<|\s*\Z)")
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})["']""")
_MAX_TAG = 1 << 12
_MAX_SECTION = 16 << 20
_MAX_DEPTH = 10_000
_MAX_KEPT_DEPTH = 30
_LOST = "�"


@dataclass(slots=True)
class Record:
    """An element: local name, attributes by local name, and what it holds: text and closed elements in order."""

    name: str
    attributes: Mapping[str, str]
    line: int
    pieces: list["str | Record"] = field(default_factory=list)
    closed: bool = False

    @property
    def children(self) -> list["Record"]:
        return [piece for piece in self.pieces if isinstance(piece, Record)]

    @property
    def text(self) -> str:
        """All text, also that of elements within: a comment may hold tags that were not escaped."""
        return "".join(piece if isinstance(piece, str) else piece.text for piece in self.pieces)

    def first(self, name: str) -> "Record | None":
        return next((child for child in self.children if child.name == name), None)

    def all(self, name: str) -> list["Record"]:
        return [child for child in self.children if child.name == name]

    def value(self, name: str) -> str:
        """The text of the first child of that name without white space around it; empty if there is none."""
        child = self.first(name)
        return child.text.strip() if child else ""


def read_records(stream: DumpStream, names: frozenset[str], top: str, tally: Tally) -> Iterator[Record]:
    """Every element with one of these local names as soon as it ends; `closed` is False for one the file breaks off in.

    `top` is the name that never stands inside another record: its start ends one that was left open.
    """
    declared = _DECLARED.search(stream.head(4096))
    text = to_utf8(stream, _known(declared[1].decode()) if declared else None, tally)
    builder = _Builder(names, top)
    scanner = _Scanner(text)
    for kind, content in scanner.tokens():
        if kind == "text":
            builder.text(content)
        elif kind == "end":
            builder.end(content, scanner.line)
        elif builder.start(content, scanner.line):
            tally.reject(
                stream.name, scanner.line, f"elements are nested more than {_MAX_DEPTH:,} deep; the rest is left out"
            )
            break
        yield from builder.drain()
    builder.finish()
    yield from builder.drain()
    if builder.open_elements:
        tally.reject(
            stream.name, scanner.line, f"the XML ends inside <{builder.open_elements[-1]}>; the file is cut off"
        )
        tally.note(f"{stream.name}: the XML is cut off near line {scanner.line:,}; what stands before was read")
    repairs = builder.problems + scanner.problems
    if repairs:
        tally.count("xml_repairs", repairs)
        near = f", the first near line {builder.first_problem:,}" if builder.first_problem else ""
        tally.note(f"{stream.name}: the XML is not well-formed; repairs: {repairs:,}{near}")


def _known(encoding: str) -> str | None:
    """The declared encoding if Python knows it; `utf-16` is left to the byte-order mark."""
    try:
        name = codecs.lookup(encoding).name
    except LookupError:
        return None
    return None if name.startswith(("utf-8", "utf-16", "utf-32")) else name


class _Scanner:
    """Splits a stream into texts, start tags and end tags, holding no more than one of them."""

    def __init__(self, stream: DumpStream) -> None:
        self.line = 1
        self.problems = 0
        self._chunks = stream.chunks()
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._buffer = ""
        self._ended = False

    def tokens(self) -> Iterator[tuple[str, str]]:
        """Pairs of kind (text, start, end) and content: characters, the inside of a tag, or a name."""
        self._skip_to_markup()
        while self._buffer or self._more():
            start = self._buffer.find("<")
            if start != 0:
                yield "text", unescape(self._take(start if start > 0 else self._text_size()))
                continue
            yield from self._markup()

    def _skip_to_markup(self) -> None:
        """Junk before the prolog and the prolog's document type are no part of the export."""
        while "<" not in self._buffer and self._more():
            pass
        self._take(max(self._buffer.find("<"), 0))

    def _text_size(self) -> int:
        """All of the buffer but an unfinished character reference at its end."""
        size = len(self._buffer)
        reference = self._buffer.rfind("&", max(0, size - 12))
        if reference > 0 and not self._ended and ";" not in self._buffer[reference:]:
            return reference
        if reference == 0 and self._more():
            return self._text_size() if "<" not in self._buffer else self._buffer.index("<")
        return size

    def _markup(self) -> Iterator[tuple[str, str]]:
        while len(self._buffer) < 10 and self._more():
            pass
        if self._buffer.startswith("<![CDATA["):
            yield "text", self._section(_CDATA_END, 9)
        elif self._buffer.startswith("<!--"):
            self._section(re.compile("-->"), 4)
        elif self._buffer.startswith("<?"):
            self._section(re.compile(r"\?>"), 2)
        elif self._buffer.startswith("<!"):
            self._section(re.compile(r"\]\s*>" if "[" in self._buffer[: self._buffer.find(">")] else ">"), 2)
        else:
            yield self._tag()

    def _section(self, end: re.Pattern[str], opening: int) -> str:
        """What stands up to the end mark; up to the end of the file, or of what is bearable, if there is none."""
        searched = opening
        while True:
            match = end.search(self._buffer, searched)
            if match and (match.end() + 64 < len(self._buffer) or self._ended):
                return self._take(match.end())[opening : match.start()]
            if len(self._buffer) > _MAX_SECTION or not (self._more() or (match and self._ended)):
                break
            searched = max(opening, (match.start() if match else len(self._buffer)) - (1 << 19))
        self.problems += 1
        return self._take(len(self._buffer))[opening:]

    def _tag(self) -> tuple[str, str]:
        while (
            (match := _TAG.match(self._buffer, 0, _MAX_TAG)) is None and len(self._buffer) < _MAX_TAG and self._more()
        ):
            pass
        if match is None:  # a sign of the comment that was not escaped
            self.problems += 1
            return "text", self._take(1)
        tag = self._take(match.end())
        return ("end", match[2]) if match[1] else ("start", tag)

    def _take(self, size: int) -> str:
        taken, self._buffer = self._buffer[:size], self._buffer[size:]
        self.line += taken.count("\n")
        return taken

    def _more(self) -> bool:
        if self._ended:
            return False
        chunk = next(self._chunks, b"")
        self._ended = not chunk
        self._buffer += self._decoder.decode(chunk, final=not chunk)
        return True


class _Builder:
    """Builds the wanted records out of tags and texts; everything outside them is passed over."""

    def __init__(self, names: frozenset[str], top: str) -> None:
        self.problems = 0
        self.first_problem = 0
        self._names = names
        self._top = top
        self.open_elements: list[str] = []
        self._counts: Counter[str] = Counter()
        self._records: list[Record] = []  # the wanted record and its open descendants
        self._base = 0  # how many elements are open around the wanted record
        self._done: list[Record] = []

    def start(self, tag: str, line: int) -> bool:
        """True if the nesting is too deep to go on."""
        match = _TAG.match(tag)
        assert match is not None
        name = match[2].rpartition(":")[2]
        if self._records and name in (self._top, self._records[0].name):
            self._problem(line)
            self._close_down_to(self._base)
        inside = len(self._records)
        if (inside and inside < _MAX_KEPT_DEPTH) or (not inside and name in self._names):
            if not inside:
                self._base = len(self.open_elements)
            attributes = {
                key.rpartition(":")[2]: unescape(double or single or bare)
                for key, double, single, bare in _ATTRIBUTE.findall(match[3])
            }
            self._records.append(Record(name, attributes, line))
        self.open_elements.append(name)
        self._counts[name] += 1
        if match[3].rstrip().endswith("/"):
            self._close_down_to(len(self.open_elements) - 1)
        return len(self.open_elements) > _MAX_DEPTH

    def end(self, qualified: str, line: int) -> None:
        name = qualified.rpartition(":")[2]
        if not self._counts[name]:
            self._problem(line)
            return
        depth = len(self.open_elements) - 1
        while self.open_elements[depth] != name:
            depth -= 1
            self._problem(line)
        self._close_down_to(depth)

    def text(self, content: str) -> None:
        if self._records:
            self._records[-1].pieces.append(content)

    def finish(self) -> None:
        """The record the file breaks off in, without the child it breaks off in."""
        if self._records:
            self._done.append(self._records[0])

    def drain(self) -> Iterator[Record]:
        done, self._done = self._done, []
        yield from done

    def _close_down_to(self, depth: int) -> None:
        while len(self.open_elements) > depth:
            self._counts[self.open_elements.pop()] -= 1
            place = len(self.open_elements) - self._base
            if self._records and place < len(self._records):
                record = self._records.pop()
                record.closed = True
                if self._records:
                    self._records[-1].pieces.append(record)
                else:
                    self._done.append(record)

    def _problem(self, line: int) -> None:
        self.problems += 1
        self.first_problem = self.first_problem or line
