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

from analyzer.readers.charset import known_encoding, to_utf8
from analyzer.readers.files import MAX_LINE, DumpStream
from analyzer.readers.tally import Tally

_TAG = re.compile(r"""<(/?)([A-Za-z_][\w:.-]*)((?:[^<>"']|"[^"<]*"|'[^'<]*')*)>""")
_ATTRIBUTE = re.compile(r"""([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'/>]+))""")
_CDATA = "<![CDATA["
# A CDATA section ends where a tag follows; another `]]>` stands in the comment itself.
_CDATA_END = re.compile(r"\]\]>(?=\s*<|\s*\Z)")
_COMMENT_END = re.compile("-->")
_INSTRUCTION_END = re.compile(r"\?>")
_DECLARATION_END = re.compile(">")
_SUBSET_END = re.compile(r"\]\s*>")
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})["']""")
_MAX_TAG = 1 << 12
_MAX_REFERENCE = 12
_MAX_SECTION = 16 << 20
_MAX_DEPTH = 10_000
_MAX_KEPT_DEPTH = 30
_MAX_RECORD = MAX_LINE  # characters; what a record holds beyond is left out
_ELEMENT = 300  # an element in a record counts as so many: it takes as much memory, be it empty


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
    for line in builder.cut:
        tally.reject(stream.name, line, f"the record is longer than {_MAX_RECORD >> 20} MB; the rest of it is left out")
    repairs = builder.problems + scanner.problems
    if repairs:
        tally.count("xml_repairs", repairs)
        near = f", the first near line {builder.first_problem:,}" if builder.first_problem else ""
        tally.note(f"{stream.name}: the XML is not well-formed; repairs: {repairs:,}{near}")


def _known(encoding: str) -> str | None:
    """The declared encoding if Python knows it; `utf-16` is left to the byte-order mark."""
    name = known_encoding(encoding)
    return None if name is None or name.startswith(("utf-8", "utf-16", "utf-32")) else name


class _Scanner:
    """Splits a stream into texts, start tags and end tags, holding no more than one of them."""

    def __init__(self, stream: DumpStream) -> None:
        self.line = 1
        self.problems = 0
        self._chunks = stream.chunks()
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._buffer = ""
        self._at = 0  # what stands before was taken
        self._ended = False

    def tokens(self) -> Iterator[tuple[str, str]]:
        """Pairs of kind (text, start, end) and content: characters, the whole tag, or its name."""
        self._skip_to_markup()
        while self._left() or self._more():
            if not self._left():  # the end of the file, or a chunk of half a character
                continue
            if self._buffer[self._at] == "<":
                yield from self._markup()
            else:
                yield "text", unescape(self._take(self._text_size()))

    def _skip_to_markup(self) -> None:
        """Junk before the prolog is no part of the export."""
        while "<" not in self._buffer and self._more():
            self._take(0 if "<" in self._buffer else self._left())
        self._take(max(self._buffer.find("<", self._at) - self._at, 0))

    def _text_size(self) -> int:
        """Up to the next sign of mark-up, without an unfinished character reference at the end of the buffer."""
        while True:
            mark = self._buffer.find("<", self._at)
            if mark >= 0:
                return mark - self._at
            reference = self._buffer.rfind("&", max(self._at, len(self._buffer) - _MAX_REFERENCE))
            if reference < 0 or ";" in self._buffer[reference:]:
                return self._left()
            if reference > self._at:
                return reference - self._at
            if not self._more():
                return self._left()

    def _markup(self) -> Iterator[tuple[str, str]]:
        while self._left() < len(_CDATA) and self._more():
            pass
        if self._buffer.startswith(_CDATA, self._at):
            yield "text", self._section(_CDATA_END, len(_CDATA))
        elif self._buffer.startswith("<!--", self._at):
            self._section(_COMMENT_END, 4)
        elif self._buffer.startswith("<?", self._at):
            self._section(_INSTRUCTION_END, 2)
        elif self._buffer.startswith("<!", self._at):
            self._section(_SUBSET_END if "[" in self._declaration() else _DECLARATION_END, 2)
        else:
            yield self._tag()

    def _declaration(self) -> str:
        """The beginning of a document type, long enough to show whether it declares anything."""
        while self._buffer.find(">", self._at) < 0 and self._left() < _MAX_TAG and self._more():
            pass
        return self._buffer[self._at : self._buffer.find(">", self._at)]

    def _section(self, end: re.Pattern[str], opening: int) -> str:
        """What stands up to the end mark; up to the end of the file, or of what is bearable, if there is none."""
        searched = opening
        while True:
            match = end.search(self._buffer, self._at + searched)
            if match and (match.end() < len(self._buffer) or self._ended):  # else more may follow that says otherwise
                content = self._buffer[self._at + opening : match.start()]
                self._take(match.end() - self._at)
                return content
            searched = max(opening, (match.start() - self._at if match else self._left()) - _MAX_TAG)
            if self._left() > _MAX_SECTION or (not self._more() and match is None):
                self.problems += 1
                return self._take(self._left())[opening:]

    def _tag(self) -> tuple[str, str]:
        while True:
            match = _TAG.match(self._buffer, self._at, self._at + _MAX_TAG)
            if match or self._left() >= _MAX_TAG or not self._more():
                break
        if match is None:  # a sign of the comment that was not escaped
            self.problems += 1
            return "text", self._take(1)
        tag = self._take(match.end() - match.start())
        return ("end", match[2]) if match[1] else ("start", tag)

    def _left(self) -> int:
        return len(self._buffer) - self._at

    def _take(self, size: int) -> str:
        taken = self._buffer[self._at : self._at + size]
        self._at += size
        self.line += taken.count("\n")
        return taken

    def _more(self) -> bool:
        if self._ended:
            return False
        chunk = next(self._chunks, b"")
        self._ended = not chunk
        self._buffer = self._buffer[self._at :] + self._decoder.decode(chunk, final=not chunk)
        self._at = 0
        return True


class _Builder:
    """Builds the wanted records out of tags and texts; everything outside them is passed over."""

    def __init__(self, names: frozenset[str], top: str) -> None:
        self.problems = 0
        self.first_problem = 0
        self.cut: list[int] = []  # the lines of records that are too long
        self._names = names
        self._top = top
        self.open_elements: list[str] = []
        self._counts: Counter[str] = Counter()
        self._records: list[Record] = []  # the wanted record and its open descendants
        self._base = 0  # how many elements are open around the wanted record
        self._size = 0  # of the wanted record so far
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
        if inside:
            kept = inside < _MAX_KEPT_DEPTH and self._fits(_ELEMENT + len(tag))
        else:
            kept = name in self._names
            self._base, self._size = len(self.open_elements), 0
        if kept:
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
        if self._records and self._fits(len(content)):
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

    def _fits(self, size: int) -> bool:
        """True while the wanted record may grow; after the first piece that is too much nothing more is taken."""
        fitted = self._size <= _MAX_RECORD
        self._size += size
        if fitted and self._size > _MAX_RECORD:
            self.cut.append(self._records[0].line)
        return self._size <= _MAX_RECORD

    def _problem(self, line: int) -> None:
        self.problems += 1
        self.first_problem = self.first_problem or line
