"""Movable Type and TypePad text exports: entries between lines of eight dashes, their sections between lines of five."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import dropwhile

from analyzer.readers.charset import decode
from analyzer.readers.files import MAX_LINE, DumpStream
from analyzer.readers.markup import html_to_text, lines_to_breaks
from analyzer.readers.tally import Tally
from analyzer.readers.times import parse_time
from analyzer.schema import Comment, Status

_SECTION_END = "-----"
_ENTRY_END = "--------"
_MAX_SECTION = MAX_LINE  # characters, a line counting as 50 more
_FIELDS = ("AUTHOR", "EMAIL", "IP", "URL", "DATE")  # of a comment, before its body; AUTHOR and DATE alone are kept


@dataclass(slots=True)
class _Entry:
    number: int = 1
    title: str | None = None
    name: str | None = None
    link: str | None = None
    comments: int = 0
    section: list[str] = field(default_factory=list)
    size: int = 0  # of the section


def read(stream: DumpStream, source: str, tally: Tally) -> Iterator[Comment]:
    """The comments of every entry, flat: the format knows no replies. Pings are handed on as pingbacks."""
    entry = _Entry()
    for number, raw in stream.lines():
        line = decode(raw).rstrip("\r\n")
        if line in (_SECTION_END, _ENTRY_END):
            yield from _close_section(entry, source)
            if line == _ENTRY_END:
                entry = _Entry(entry.number + 1)
            continue
        fitted = entry.size <= _MAX_SECTION
        entry.size += len(line) + 50
        if entry.size <= _MAX_SECTION:
            entry.section.append(line)
        elif fitted:
            tally.reject(
                source, number, f"the section is longer than {_MAX_SECTION >> 20} MB; the rest of it is left out"
            )
    if any(line.strip() for line in entry.section):
        tally.note(f"{source}: the last entry has no end; the file may be cut off")
        yield from _close_section(entry, source)


def _close_section(entry: _Entry, source: str) -> Iterator[Comment]:
    lines = list(dropwhile(lambda line: not line.strip(), entry.section))
    entry.section, entry.size = [], 0
    kind = lines[0].strip() if lines else ""
    if kind in ("COMMENT:", "PING:"):
        entry.comments += 1
        yield _comment(lines[1:], entry, source, is_ping=kind == "PING:")
    elif not kind.endswith(":"):
        head = dict(line.partition(": ")[::2] for line in lines if ": " in line)
        entry.title = head.get("TITLE", "").strip() or entry.title
        entry.name = head.get("BASENAME", "").strip() or entry.name
        entry.link = head.get("UNIQUE URL", "").strip() or entry.link


def _comment(lines: list[str], entry: _Entry, source: str, *, is_ping: bool) -> Comment:
    head: dict[str, str] = {}
    start = 0
    for start, line in enumerate(lines):  # noqa: B007 (the body starts where the fields end)
        name, colon, value = line.partition(":")
        if not colon or name not in (*_FIELDS, *(("TITLE", "BLOG NAME") if is_ping else ())):
            break
        head[name] = value.strip()
    created, flags = parse_time(head.get("DATE"), day_first=False)
    return Comment(
        source=source,
        id=f"{entry.number}.{entry.comments}",
        thread_id=entry.link or entry.name or f"entry{entry.number}",
        author=head.get("AUTHOR") or None,
        created=created,
        text=html_to_text(lines_to_breaks("\n".join(lines[start:]).strip())),
        status=Status.VISIBLE,
        thread_title=entry.title,
        thread_url=entry.link,
        flags=(*flags, "pingback") if is_ping else flags,
    )
