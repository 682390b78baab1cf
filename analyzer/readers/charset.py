"""Bytes of any encoding as text, or as a UTF-8 stream."""

import codecs
import re
from collections.abc import Iterator

from analyzer.errors import ConfigError
from analyzer.readers.files import DumpStream
from analyzer.readers.tally import Tally

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What these are where the byte-order mark is missing: Python would refuse to read the last two
_UNMARKED = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}
# Text codecs of Python (docs.python.org/3/library/codecs.html) for other ends than reading a file; some raise on any bytes
_NO_CHARACTER_SETS = frozenset({"idna", "mbcs", "oem", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"})
_SAMPLE = 1 << 16
_NON_ASCII = re.compile(rb"[\x80-\xff]")

# What comment exports were written in; a free guess among 90 encodings names exotic ones for short texts.
_CANDIDATES = (
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257"),
    *("iso8859_2", "koi8_r", "cp932", "euc_jp", "cp949", "gb18030", "big5"),
)
_LATIN = frozenset({"cp1252", "cp1254", "cp1257", "cp1250", "iso8859_2"})
_WESTERN = re.compile(r"[\x00-\x7fÀ-ÖØ-öø-üÿŒœ€‚„…‘’“”–—«»¡¿]*")
_RUNS = re.compile(r"[^\x00-\x7f]+")
_IN_WORDS = re.compile(r"(?<=[A-Za-z])[^\x00-\x7f]+|[^\x00-\x7f]+(?=[A-Za-z])")
_ODD = re.compile(r"(?<=[a-z])[¹³²¿¡£¥¤¼¾¶ðþýŸ]|[¹³²£¥¤¼¾¶ðþŸ](?=[a-z])")


def decode(raw: bytes) -> str:
    """Text of bytes that should be UTF-8; stray bytes in otherwise plain ASCII are read as Windows-1252."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("utf-8", "replace")
    if any(char > "\x7f" and char != "\ufffd" for char in text):
        return text
    return raw.decode("cp1252", "replace")


def detect_encoding(head: bytes) -> str:
    """The Python name of the encoding: a byte-order mark, the zeros of UTF-16, UTF-8, else the likeliest old code page."""
    if marked := _marked(head):
        return marked
    sample = head[:4096]
    if sample.count(0) * 3 > len(sample):
        odd = sample[1::2].count(0)
        return "utf-16-le" if odd > sample[::2].count(0) else "utf-16-be"
    if _is_utf8(head):
        return "utf-8"
    return _guess(head)


def known_encoding(name: str) -> str | None:
    """Python's name of an encoding of text; None for what it does not know, and for codecs that are no character set."""
    try:
        found = codecs.lookup(name).name
        "".encode(found)  # refuses what turns bytes into bytes
    except (LookupError, ValueError):
        return None
    return None if found in _NO_CHARACTER_SETS else found


def to_utf8(stream: DumpStream, encoding: str | None, tally: Tally) -> DumpStream:
    """The stream as UTF-8 without a byte-order mark; itself if it already is."""
    head, named = stream.head(), _named(encoding) if encoding else None
    found = _marked(head) or named or detect_encoding(head)
    if found == "utf-8":
        return stream
    if found == "utf-8-sig":
        stream.read(len(codecs.BOM_UTF8))
        return stream
    if not encoding:
        tally.note(f"{stream.name}: read as {found}")
    return DumpStream(stream.name, _recode(stream, found), tally)


def _recode(stream: DumpStream, encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    for chunk in stream.chunks():
        if text := decoder.decode(chunk):
            yield text.encode("utf-8", "replace")
    if rest := decoder.decode(b"", final=True):
        yield rest.encode("utf-8", "replace")


def _named(encoding: str) -> str:
    name = known_encoding(encoding)
    if name is None:
        raise ConfigError(f"there is no text encoding named {encoding!r}; try utf-8, cp1252, utf-16 or shift_jis")
    return _UNMARKED.get(name, name)


def _marked(head: bytes) -> str | None:
    return next((name for mark, name in _MARKS if head.startswith(mark)), None)


def _is_utf8(head: bytes) -> bool:
    """True also for UTF-8 with a few damaged bytes (one in ten at most of what is not ASCII)."""
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(head)
    damaged = text.count("\ufffd")
    return damaged == 0 or damaged * 10 <= sum(1 for char in text if char > "\x7f")


def _guess(head: bytes) -> str:
    from charset_normalizer import from_bytes

    first = _NON_ASCII.search(head)
    start = max(0, first.start() - _SAMPLE // 4) if first else 0
    sample = head[start : start + _SAMPLE]
    best = from_bytes(sample, cp_isolation=list(_CANDIDATES)).best()
    # Western exports are Windows-1252 almost without exception; its neighbours, and other scripts, win short samples by chance.
    if best is None or (_is_western(sample) if best.encoding in _LATIN else _has_western_words(sample)):
        return "cp1252"
    return best.encoding


def _is_western(sample: bytes) -> bool:
    """False if the sample read as Windows-1252 shows signs inside words that western languages do not have there."""
    text = sample.decode("cp1252", "replace")
    letters = sum(1 for char in text if char > "\x7f" and char.isalpha())
    return len(_ODD.findall(text)) * 20 <= letters


def _has_western_words(sample: bytes) -> bool:
    """True if all signs beyond ASCII are of the west and stand by ones and twos in words of ASCII letters."""
    text = sample.decode("cp1252", "replace")
    runs = _RUNS.findall(text)
    are_short = sum(map(len, runs)) <= 2 * len(runs)  # words of other scripts are longer, even one of two Chinese signs
    return are_short and _WESTERN.fullmatch(text) is not None and 2 * len(_IN_WORDS.findall(text)) >= len(runs)
