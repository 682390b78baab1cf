"""Small repairs of text that any source may need: control characters, unpaired surrogates, mojibake."""

import re

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SURROGATES = re.compile("[\ud800-\udfff]")
# A lead byte of UTF-8 and a following one, read as Windows code pages show them: "Ã©", "â€™", "Å¡", "ð\x9f…".
_SUSPECT = re.compile(r"[\u00c2-\u00f4\u0100-\u017f][\u0080-\u00bf\u0100-\u017f\u02c6-\u02dd\u2013-\u203a\u20ac\u2122]")
_CODE_PAGES = ("cp1252", "cp1257")


def strip_controls(text: str) -> str:
    """The text without C0 controls (line ends and tabs stay) and with unpaired surrogates made visible as U+FFFD."""
    if text.isprintable():  # the common case, and ten times as fast
        return text
    text = _CONTROLS.sub("", text)
    if _SURROGATES.search(text):
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def repair_mojibake(text: str) -> str:
    """UTF-8 that was read as Windows-1252 or -1257, read right; the text itself unless the repair can be undone exactly."""
    if not _SUSPECT.search(text):
        return text
    for page in _CODE_PAGES:
        raw = _to_bytes(text, page)
        if raw is None:
            continue
        try:
            repaired = raw.decode("utf-8")
        except UnicodeDecodeError:
            continue
        if _to_text(raw, page) == text:
            return repaired
    return text


def _to_bytes(text: str, page: str) -> bytes | None:
    """The bytes a program had that showed this text; what the page leaves open stands for itself, as browsers do it."""
    pieces = bytearray()
    for char in text:
        try:
            pieces += char.encode(page)
        except UnicodeEncodeError:
            if ord(char) > 0xFF:
                return None
            pieces.append(ord(char))
    return bytes(pieces)


def _to_text(raw: bytes, page: str) -> str:
    return "".join(_to_char(byte, page) for byte in raw)


def _to_char(byte: int, page: str) -> str:
    try:
        return bytes([byte]).decode(page)
    except UnicodeDecodeError:
        return chr(byte)
