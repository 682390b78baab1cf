"""Comments made harmless: whatever a comment holds, no output is steered by it.

Text is hostile. Each writer has its own guard here: visible marks for characters that hide or reorder others (every
output), a formula guard (CSV), an escape (Markdown), an escape of what a terminal obeys (JSON), safe file names.
"""

import hashlib
import json
import re
import secrets
import unicodedata
from itertools import groupby
from typing import Any

from analyzer.cells import is_formula

# Characters that act instead of being seen: controls, bidi embeddings, overrides and isolates, zero-width and filler
# characters, tags, line separators, lone surrogates, controls of shorthand and hieroglyphs. Joiners (200C, 200D) and variation
# selectors (180B-180F, E0100-E01EF) are judged by their neighbours below; a selector FE00-FE0F acts only after another.
_ACTING = re.compile(
    "["
    "\x00-\x08\x0b\x0c\x0d\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e007f\U000e0100-\U000e01ef"
    "]|[\ufe00-\ufe0f](?<=[\ufe00-\ufe0f]{2})"
)
_ACTING_RUN = re.compile(f"({_ACTING.pattern})\\1*")
_JOINERS = "\u200c\u200d"
_MONGOLIAN_SELECTORS = "\u180b\u180c\u180d\u180f"
_MARKS_ALLOWED = 4
_MARK_RUN = re.compile(r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{5,}")
# Of other scripts eight marks are allowed: points and accents of Hebrew and stacks of Tibetan need that many.
_LONG_RUN = re.compile(r"[^\w\s\x00-\u02ff]{9,}")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~:&$^=])")
# Names redacted pages; drawn anew by each process, so that nobody can tell a page by hashing the ids he knows.
_KEY = secrets.token_bytes(16)


def visible(text: str) -> str:
    """The text with every character that hides, reorders or commands shown as a mark such as ⟨U+202E⟩.

    Line breaks and tabs stay; joiners stay inside emoji and inside words of scripts that need them, a variation selector
    stays after a letter that has variants.
    """
    text = text.replace("\r\n", "\n")
    text = _LONG_RUN.sub(_lower, _MARK_RUN.sub(lambda run: _cut(run[0]), text))
    if not _ACTING.search(text):
        return text

    def mark(run: re.Match[str]) -> str:
        if len(run[0]) == 1 and (_joins if run[1] in _JOINERS else _selects)(text, run.start()):
            return run[0]
        times = f" ×{len(run[0])}" if len(run[0]) > 1 else ""
        return f"⟨U+{ord(run[1]):04X}{times}⟩"

    return _ACTING_RUN.sub(mark, text)


def _cut(marks: str) -> str:
    return f"{marks[:_MARKS_ALLOWED]}⟨+{len(marks) - _MARKS_ALLOWED} marks⟩"


def _lower(run: re.Match[str]) -> str:
    """Letterless signs with towers of more than eight combining marks cut."""
    parts = groupby(run[0], key=lambda sign: unicodedata.category(sign) in ("Mn", "Me"))
    signs = ((mark, "".join(part)) for mark, part in parts)
    return "".join(_cut(part) if mark and len(part) > 2 * _MARKS_ALLOWED else part for mark, part in signs)


def _joins(text: str, at: int) -> bool:
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    if not before or not after:
        return False
    if unicodedata.category(before) in ("So", "Sk", "Mn") and unicodedata.category(after) in ("So", "Sm"):
        return True
    # Beyond the Latin, Greek and Cyrillic blocks joiners shape letters (Persian, Indic scripts); inside them they only
    # hide.
    return ord(before) > 0x58F and ord(after) > 0x58F and unicodedata.category(after)[0] in "LM"


def _selects(text: str, at: int) -> bool:
    """True of a selector after a Chinese character or a Mongolian letter, whose other forms it chooses."""
    before = text[at - 1 : at]
    if text[at] >= "\U000e0100":
        return "\u3400" <= before <= "\ufaff" or "\U00020000" <= before <= "\U0003ffff"
    return text[at] in _MONGOLIAN_SELECTORS and "\u1800" <= before <= "\u18af" and before.isalpha()


def line(text: str) -> str:
    """`visible` text on one line."""
    return " ".join(visible(text).split())


def csv_cell(text: str) -> str:
    """A cell no spreadsheet takes for a formula, with every character that acts made visible."""
    shown = visible(text)
    return f"'{shown}" if is_formula(text) or is_formula(shown) else shown


def markdown(text: str) -> str:
    """One line of Markdown that renders as the text itself: no mark-up, no HTML, no link, no mention."""
    escaped = _MARKDOWN.sub(r"\\\1", line(text))
    return escaped.replace("@", "@&#8288;").replace("www\\.", "www&#8288;\\.")


def markdown_quote(text: str) -> str:
    """A Markdown block quote of the text, line by line."""
    return "\n".join(f"> {markdown(part)}" if part.strip() else ">" for part in visible(text).split("\n"))


def json_text(record: Any) -> str:
    """Strict JSON that keeps every character of a text and shows a terminal none that it would obey."""
    dumped = json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False)
    return _ACTING.sub(_json_escape, dumped) + "\n"


def _json_escape(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def slug(source: str, thread_id: str, *, readable: bool = True) -> str:
    """A file name for a thread: at most 40 letters, digits and hyphens of its id, and a hash of source and id.

    Thread ids may hold names: without `readable` the hash alone tells threads apart, and is another in each process.
    """
    plain = unicodedata.normalize("NFKD", thread_id if readable else "").encode("ascii", "ignore").decode()
    start = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:40].strip("-")
    named = f"{source}\0{thread_id}".encode("utf-8", "surrogatepass")
    told_apart = hashlib.blake2b(named, digest_size=8, key=b"" if readable else _KEY).hexdigest()
    return f"{start or 'thread'}-{told_apart}"


def language_tag(lang: str | None) -> str:
    """The language as a tag that is safe in an attribute; `und` for anything else."""
    return lang if lang and re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}", lang) else "und"


def is_rtl(text: str) -> bool:
    """True if most letters of the text are written from right to left."""
    if text.isascii():
        return False
    kinds = [unicodedata.bidirectional(char) for char in text[:2000]]
    right = sum(kind in ("R", "AL") for kind in kinds)
    return right > kinds.count("L")
