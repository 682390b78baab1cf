"""The lines of a text page, and the lists in them: `•` or number, the item's text two columns further in.

What marks depth is the column of the bullet. Lines of an item stand right of its bullet; a blank line does not end
an item, a line at the bullet's column or left of it does.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from analyzer.readers.page_dates import starts_with_date

_MARKER = re.compile(
    r"(?P<indent>[ \u00a0]*)(?:(?P<bullet>[•◦‣▪●*-])|(?P<number>\d{1,5})\.)(?:[ \u00a0]+|$)(?P<text>.*)"
)
# Of no width, or for the direction of writing: no part of a name
_MARKS = re.compile(r"(?<![^ \u00a0•])[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]+")
_INDENT = re.compile(r"[ \u00a0]*")


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its number on the page (0-based), column of its first sign, marker, and text without either."""

    n: int
    column: int
    text: str
    bullet: bool = False
    number: int | None = None
    marker: str = ""  # as printed: "•", "-", "05."

    @property
    def marked(self) -> bool:
        return self.bullet or self.number is not None

    @property
    def printed(self) -> str:
        """The text with its marker, as it stands on the page."""
        return f"{self.marker} {self.text}" if self.marker else self.text


@dataclass(slots=True, eq=False)
class Item:
    """An item of a list: its first line, its further lines, and the items under it."""

    first: Line
    lines: list[Line] = field(default_factory=list)
    children: list["Item"] = field(default_factory=list)
    parent: "Item | None" = None

    @property
    def column(self) -> int:
        return self.first.column

    @property
    def last(self) -> int:
        """Number of the last line that belongs to the item or to anything under it."""
        item, last = self, 0
        while True:
            last = max(last, item.lines[-1].n if item.lines else item.first.n)
            if not item.children:
                return last
            item = item.children[-1]

    def walk(self) -> Iterator["Item"]:
        """The item and all under it, in page order."""
        stack = [self]
        while stack:
            item = stack.pop()
            yield item
            stack.extend(reversed(item.children))


@dataclass(frozen=True, slots=True)
class Page:
    """A text page: all its lines (blank ones have no text), and its lists of sibling items in page order."""

    lines: tuple[Line, ...]
    lists: tuple[tuple[Item, ...], ...]

    def before(self, n: int, most: int) -> list[Line]:
        """At most `most` non-blank lines above line `n`, nearest first."""
        found: list[Line] = []
        while n > 0 and len(found) < most:
            n -= 1
            if self.lines[n].text:
                found.append(self.lines[n])
        return found

    def after(self, n: int, most: int) -> list[Line]:
        """At most `most` non-blank lines below line `n`, nearest first."""
        found: list[Line] = []
        while n + 1 < len(self.lines) and len(found) < most:
            n += 1
            if self.lines[n].text:
                found.append(self.lines[n])
        return found


def read_page(text: str) -> Page:
    """The lines and lists of a page."""
    lines = tuple(_read_line(n, raw) for n, raw in enumerate(re.split(r"\r\n|\r|\n|\u2028", text)))
    return Page(lines, tuple(tuple(siblings) for siblings in _read_lists(lines)))


def _read_line(n: int, raw: str) -> Line:
    raw = _MARKS.sub("", raw.expandtabs(4), count=1).rstrip(" \u00a0\ufeff")
    match = _MARKER.match(raw)
    if match and (match["text"] or match["bullet"] == "•") and not (match["number"] and starts_with_date(raw.strip())):
        number = int(match["number"]) if match["number"] else None
        marker = match["bullet"] or f"{match['number']}."
        return Line(n, len(match["indent"]), match["text"].strip(), number is None, number, marker)
    indent = _INDENT.match(raw)
    return Line(n, indent.end() if indent else 0, raw.strip())


def _read_lists(lines: Sequence[Line]) -> list[list[Item]]:
    """Lists of siblings: items at one column, under one parent, with no other text between them."""
    lists: list[list[Item]] = []
    open_items: list[Item] = []
    # The list that an item at (parent, column) would continue
    running: dict[tuple[int, int], list[Item]] = {}
    for line in lines:
        if not line.text and not line.marked:
            continue
        while open_items and line.column <= open_items[-1].column:
            open_items.pop()
        if not line.marked:
            # Text ends the lists right of it and, at the margin of an item, the list it interrupts
            for key in [key for key in running if key[1] >= line.column]:
                del running[key]
            if open_items:
                open_items[-1].lines.append(line)
            continue
        parent = open_items[-1] if open_items else None
        key = (id(parent), line.column)
        for other in [other for other in running if other[1] > line.column]:
            del running[other]
        item = Item(line, parent=parent)
        siblings = running.get(key)
        if siblings is None or not _continues(siblings[-1], item):
            siblings = running[key] = []
            lists.append(siblings)
        siblings.append(item)
        if parent:
            parent.children.append(item)
        open_items.append(item)
    return lists


def _continues(previous: Item, item: Item) -> bool:
    """False where numbering starts again: another list of the same column."""
    before, now = previous.first.number, item.first.number
    return (before is None) == (now is None) and (before is None or now is None or now > before)
