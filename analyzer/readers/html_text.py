"""An HTML page as plain text with bullets and indentation, for pages whose mark-up names no comments."""

import re
from dataclasses import dataclass, field
from itertools import islice

from analyzer.readers.html_nodes import BLOCKS, SILENT, Element, words_of

_PARAGRAPHS = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table", "blockquote", "pre"})
_HIDDEN = frozenset({"head", "noscript", "title", "nav"})
_REACH = 12  # levels up in which the comment is looked for that a foot belongs to
_WIDTH = 2  # columns a list goes deeper


@dataclass(slots=True)
class _Text:
    """The lines so far; `gap`: a blank line is due, `mark`: the bullet of the item that has no words yet."""

    lines: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    lists: list[int | None] = field(default_factory=list)  # the number of the latest item, None for bullets
    mark: str = ""
    gap: bool = False

    def end_line(self, *, gap: bool = False) -> None:
        line = re.sub(r"[ \t\u00a0]+", " ", "".join(self.words)).strip()
        self.words.clear()
        if line:
            if self.gap and self.lines:
                self.lines.append("")
            depth = len(self.lists)
            indent = " " * (_WIDTH * (depth if self.mark or not depth else depth + 1))
            self.lines.append(f"{indent}{self.mark}{line}")
            self.mark, self.gap = "", False
        self.gap = self.gap or (gap and not self.mark)

    def begin_item(self) -> None:
        self.end_line()
        number = self.lists[-1] if self.lists else None
        if number is not None:
            self.lists[-1] = number + 1
        self.mark = "• " if number is None else f"{number + 1}. "


def render(root: Element) -> str:
    """The text a reader sees: a bullet or number for each item, a blank line between paragraphs."""
    text = _Text()
    stack: list[tuple[Element, bool]] = [(root, False)]
    while stack:
        node, left = stack.pop()
        if left:
            _leave(node, text)
            text.words.append(re.sub(r"\s+", " ", node.tail or "") if node is not root else "")
            continue
        stack.append((node, True))
        if _is_shown(node):
            _enter(node, text)
            text.words.append(re.sub(r"\s+", " ", node.text or ""))
            stack.extend((child, False) for child in reversed(node))
    text.end_line()
    return "\n".join(text.lines) + "\n"


def _is_shown(node: Element) -> bool:
    """False for scripts and forms, and for menus and feet of the page; a comment may have a foot, too."""
    if not isinstance(node.tag, str) or node.tag in SILENT | _HIDDEN:
        return False
    if node.tag in ("aside", "footer") and "comment" not in words_of(node):
        return any(above.tag in ("li", "article", "section") for above in islice(node.iterancestors(), _REACH))
    return True


def _enter(node: Element, text: _Text) -> None:
    if node.tag == "li":
        text.begin_item()
    elif node.tag in BLOCKS:
        text.end_line(gap=node.tag in _PARAGRAPHS)
    if node.tag in ("ul", "ol"):
        text.lists.append(0 if node.tag == "ol" else None)


def _leave(node: Element, text: _Text) -> None:
    if not _is_shown(node):
        return
    if node.tag in BLOCKS:
        text.end_line(gap=node.tag in _PARAGRAPHS)
    if node.tag in ("ul", "ol"):
        text.lists.pop()
        text.mark = ""
    elif node.tag == "li":
        text.mark = ""
    elif node.tag in ("td", "th"):
        text.words.append(" ")
