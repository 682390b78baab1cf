"""An HTML page as a tree that hostile mark-up cannot make deep, and questions about its elements."""

import codecs
import re
import sys
from collections.abc import Callable, Iterator

from lxml import etree

from analyzer.readers.charset import decode, detect_encoding, known_encoding

Element = etree._Element

_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w-]{2,40})", re.IGNORECASE)
SILENT = frozenset({"script", "style", "template", "svg", "form", "button", "select", "textarea", "iframe"})
BLOCKS = frozenset(
    [
        *(
            "address",
            "article",
            "aside",
            "blockquote",
            "br",
            "dd",
            "div",
            "dl",
            "dt",
            "figure",
            "footer",
            "header",
            "hr",
        ),
        *("h1", "h2", "h3", "h4", "h5", "h6", "li", "ol", "p", "pre", "section", "table", "tr", "ul"),
    ]
)


def decode_page(markup: bytes) -> str:
    """The page as text: by byte-order mark, by its own `<meta charset>`, else by what the bytes look like."""
    if markup.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return markup.decode(detect_encoding(markup[:4096]), "replace")
    declared = _CHARSET.search(markup, 0, 4096)
    name = declared[1].decode("ascii").lower() if declared else ""
    known = known_encoding(name)
    # Browsers read Latin-1 as Windows-1252; a wrong "utf-16" is a page that was recoded and kept its tag
    if known and "utf" not in known:
        return markup.decode("cp1252" if known in ("ascii", "iso8859-1") else known, "replace")
    encoding = detect_encoding(markup)
    return decode(markup) if encoding == "utf-8" or "utf" in name else markup.decode(encoding, "replace")


def parse_page(text: str) -> Element | None:
    """The root element, or None if there is no mark-up. Nesting below 2,048 levels is dropped by the parser."""
    clean = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]", "", text)
    # A declared encoding would be applied a second time
    parser = etree.HTMLParser(
        encoding="utf-8", recover=True, no_network=True, huge_tree=True, remove_comments=True, remove_pis=True
    )
    try:
        return etree.fromstring(clean.encode("utf-8"), parser)
    except etree.ParserError:
        return None
    except etree.XMLSyntaxError:
        return None


def classes(element: Element) -> list[str]:
    """The class names, in lower case."""
    return (element.get("class") or "").lower().split()


def words_of(element: Element) -> str:
    """Class, id and rel in one lower-case string, for looking for a part of a name."""
    if not element.attrib:
        return ""
    return " ".join(filter(None, map(element.get, ("class", "id", "itemprop", "property", "rel")))).lower()[:1000]


def own(element: Element, others: frozenset[Element]) -> Iterator[Element]:
    """The element and all under it, in page order, without what lies in `others`."""
    stack = [element]
    while stack:
        node = stack.pop()
        if isinstance(node.tag, str):
            yield node
            stack.extend(child for child in reversed(node) if child not in others)


def plain(element: Element, skip: Callable[[Element], bool] = lambda node: False, *, most: int = sys.maxsize) -> str:
    """The text of an element in lines, one for each block, white space collapsed; skipped elements are left out.

    `most`: pieces of text that are looked at, for callers who ask it of elements that may lie in each other.
    """
    parts: list[str] = []
    stack: list[Element | str] = [element]
    while stack and len(parts) < most:
        node = stack.pop()
        if isinstance(node, str):
            parts.append(node)
            continue
        if not isinstance(node.tag, str) or node.tag in SILENT or (node is not element and skip(node)):
            continue
        block = node.tag in BLOCKS
        parts.append("\n" if block else "")
        parts.append(re.sub(r"\s+", " ", node.text or ""))
        if block:
            stack.append("\n")
        for child in reversed(node):
            stack.append(re.sub(r"\s+", " ", child.tail or ""))
            stack.append(child)
    lines = (re.sub(r"[ \t\u00a0]+", " ", line).strip() for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)


def markup_of(element: Element, skip: Callable[[Element], bool]) -> str:
    """The HTML of an element's content without the skipped elements."""
    kept = _copy(element, skip)
    return etree.tostring(kept, encoding="unicode", method="html", with_tail=False)


def _copy(element: Element, skip: Callable[[Element], bool]) -> Element:
    root = etree.Element("div")
    root.text = element.text
    stack = [(child, root) for child in reversed(element)]
    while stack:
        node, parent = stack.pop()
        if not isinstance(node.tag, str) or node.tag in SILENT or skip(node):
            if len(parent):
                parent[-1].tail = (parent[-1].tail or "") + (node.tail or "")
            else:
                parent.text = (parent.text or "") + (node.tail or "")
            continue
        new = etree.SubElement(
            parent, node.tag if re.fullmatch(r"[a-z][a-z0-9]*", node.tag) else "span", dict(_plain_attributes(node))
        )
        new.text, new.tail = node.text, node.tail
        stack.extend((child, new) for child in reversed(node))
    return root


def _plain_attributes(node: Element) -> Iterator[tuple[str, str]]:
    for name in ("href", "alt", "class"):
        value = node.get(name)
        if value is not None:
            yield name, value
