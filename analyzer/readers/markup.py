"""Mark-up of a source turned into plain text, once."""

import html
import re
from itertools import pairwise

from selectolax.lexbor import LexborHTMLParser, LexborNode

_BLOCKS = frozenset(
    [
        *("address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "figcaption", "figure", "footer"),
        *("form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section"),
        *("table", "tbody", "td", "th", "thead", "tr", "ul"),
    ]
)
_MENTIONS = frozenset({"hashtag", "mention"})
_SILENT = frozenset({"head", "noscript", "script", "style", "template", "title"})
_BLOCK_TAG = re.compile(rf"</?(?:{'|'.join(sorted(_BLOCKS))})\b", re.IGNORECASE)
_BLOCK_STARTS = re.compile(rf"\s*{_BLOCK_TAG.pattern}", re.IGNORECASE)
_BLOCK_ENDS = re.compile(rf"{_BLOCK_TAG.pattern}[^<>]{{0,500}}>\s*$", re.IGNORECASE)
_TAG = re.compile(r"<[a-zA-Z/!][^<>]*>")
_SPACES = re.compile(r"[ \t\r\n\f\v]+")

# HTML parsing takes quadratic time on nested tags: 10^4 cost 0.25 s, 10^5 half a minute. No honest comment has as many.
MAX_TAGS = 5_000
# HTML opens what was left open (`<b>`, but not `<a>`) again in each block: n tags in m blocks make n * m elements
_REOPENED = re.compile(r"<(?:b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)\b", re.IGNORECASE)
_MAX_REOPENED = 100_000
_MAX_QUOTES = 20  # deeper quotations are shown this deep: the signs before each line would outgrow the text


def unescape(text: str) -> str:
    """Text with HTML character references resolved once: `&amp;lt;` becomes `&lt;`, not `<`."""
    return html.unescape(text) if "&" in text else text


def html_to_text(markup: str) -> str:
    """Plain text of an HTML fragment: a line for each block, `> ` before quotations, link targets kept in parentheses.

    Scripts and styles are left out. Line breaks of the source count only where no block tag does their work.
    """
    if "<" not in markup:
        return unescape(markup).strip()
    if _grows(markup):
        return unescape(_TAG.sub("\n", markup)).strip()
    writer = _Writer(keep_lines=_BLOCK_TAG.search(markup) is None)
    root = LexborHTMLParser(f"<body>{markup}").body
    if root is None:
        return unescape(markup).strip()
    _walk(root, writer)
    return writer.finish()


def lines_to_breaks(markup: str) -> str:
    """Mark-up in which line ends are line breaks, as blogs show them, except beside the tags of blocks."""
    if _BLOCK_TAG.search(markup) is None:
        return markup  # `html_to_text` keeps the lines
    lines = markup.replace("\r\n", "\n").split("\n")
    joined = lines[0]
    for before, line in pairwise(lines):
        joined += ("\n" if _BLOCK_ENDS.search(before[-600:]) or _BLOCK_STARTS.match(line) else "<br>") + line
    return joined


def _grows(markup: str) -> bool:
    """True for mark-up that would cost much time or memory to parse."""
    tags = markup.count("<")
    return tags > MAX_TAGS or tags * len(_REOPENED.findall(markup)) > _MAX_REOPENED


class _Writer:
    """Collects lines; knows how deep in quotations it is."""

    def __init__(self, *, keep_lines: bool) -> None:
        self.keep_lines = keep_lines
        self.quotes = 0
        self.pre = 0
        self._lines: list[str] = []
        self._line = ""
        self._line_quotes = 0
        self._bullet = ""

    def open_entry(self) -> None:
        """The next words are a list entry's: blocks within the entry do not part them from the bullet."""
        self._bullet = "- "

    def close_entry(self) -> None:
        self._bullet = ""

    def write(self, text: str) -> None:
        if not self.keep_lines and not self.pre:
            self._append(_SPACES.sub(" ", text))
            return
        first, *rest = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self._append(first)
        for line in rest:
            self.end_line(force=True)
            self._append(line)

    def end_line(self, *, force: bool = False) -> None:
        if force or self._line.strip():
            self._lines.append(
                "> " * min(self._line_quotes, _MAX_QUOTES) + (self._line.rstrip() if self.pre else self._line.strip())
            )
        self._line = ""

    def finish(self) -> str:
        self.end_line()
        return "\n".join(self._lines).strip()

    def _append(self, text: str) -> None:
        if not self._line:
            self._line_quotes = self.quotes
            if not self.pre:
                text = text.lstrip(" ")
        if self._bullet and text.strip():
            text, self._bullet = self._bullet + text, ""
        self._line += text


def _walk(root: LexborNode, writer: _Writer) -> None:
    """Visit the tree without recursion: hostile mark-up nests deeper than the stack."""
    stack: list[tuple[LexborNode, bool]] = [(root, False)]
    while stack:
        node, leaving = stack.pop()
        if node.is_text_node:
            writer.write(node.text_content or "")
            continue
        tag = node.tag or ""
        if leaving:
            _leave(node, tag, writer)
        elif not node.is_comment_node and tag not in _SILENT:
            _enter(node, tag, writer)
            stack.append((node, True))
            child = node.last_child
            while child is not None:
                stack.append((child, False))
                child = child.prev
    writer.end_line()


def _enter(node: LexborNode, tag: str, writer: _Writer) -> None:
    if tag in _BLOCKS:
        writer.end_line(force=tag == "br")
    if _is_quotation(node, tag):
        writer.quotes += 1
    elif tag == "pre":
        writer.pre += 1
    elif tag == "li":
        writer.open_entry()
    elif tag == "img":
        writer.write(node.attributes.get("alt") or "")


def _leave(node: LexborNode, tag: str, writer: _Writer) -> None:
    if tag == "a":
        target = _target(node)
        if target:
            writer.write(f" ({target})")
    if tag in _BLOCKS and tag != "br":
        writer.end_line()
    if tag == "li":
        writer.close_entry()
    if _is_quotation(node, tag):
        writer.quotes -= 1
    elif tag == "pre":
        writer.pre -= 1


def _is_quotation(node: LexborNode, tag: str) -> bool:
    return tag == "blockquote" or (tag == "aside" and "quote" in (node.attributes.get("class") or "").split())


def _target(node: LexborNode) -> str:
    """Where a link leads, unless it is a mention or its text says so already (sites shorten long ones with dots)."""
    target = (node.attributes.get("href") or "").strip()
    if _MENTIONS.intersection((node.attributes.get("class") or "").split()):
        return ""
    if not target.lower().startswith(("http://", "https://")):
        return ""
    shown = (node.text(deep=True) or "").strip().rstrip(".…").removesuffix("/")
    bare = target.split("://", 1)[1]
    return "" if shown and (target.startswith(shown) or bare.startswith(shown)) else target
