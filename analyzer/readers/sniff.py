"""The format of a file, told by its content alone."""

import re
import tomllib

from analyzer.errors import InputError
from analyzer.readers import coral_site, csvs, feed, records, stackexchange, telegram_paste, whatsapp
from analyzer.readers.charset import decode, to_utf8
from analyzer.readers.documents import YTD, first_value, parse
from analyzer.readers.files import DumpStream
from analyzer.readers.formats import JSON_FORMATS
from analyzer.readers.options import ReadOptions
from analyzer.readers.tally import Tally

_MAGIC = (
    (b"SQLite format 3\x00", "isso"),
    (b"PAR1", "parquet"),
    (b"PK\x03\x04", "excel"),  # other archives were unpacked before
    (b"WARC/", "wet"),
)
_FOREIGN = (
    (b"%PDF", "a PDF; save the page as HTML or text"),
    (b"\xd0\xcf\x11\xe0", "an old Office file (.xls, .doc); save it as .xlsx or CSV"),
    (b"PK\x05\x06", "a zip archive without files; pack it again"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive; unpack it"),
    (b"Rar!", "a RAR archive; unpack it"),
    (b"ARROW1", "an Arrow file; save it as Parquet"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
)
_XML_HEAD = 1 << 16
_SETTINGS = 1 << 14  # characters by which settings are told; the time that parsing them takes can be quadratic
_MOVABLE_TYPE = re.compile(r"\A(?:(?:[A-Z ]{3,30}: ?[^\n]*)?\n){1,40}?-----\n", re.MULTILINE)
# Capitals: a comment may begin with "Use your head;".
_SQL = re.compile(
    r"(?:INSERT INTO|(?:CREATE|DROP) (?:TABLE|DATABASE)|LOCK TABLES|START TRANSACTION|BEGIN|USE|COPY|PRAGMA)\b[^\n]*[;(]\s*$"
    r"|(?i:insert into .{1,200}values)"
)
_ASIDE = re.compile(r"(?:\s*(?:--[^\n]*(?:\n|$)|/\*[^*]*\*/;?|SET\b[^;\n]*;))*\s*", re.IGNORECASE)
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\ufffd]")


def sniff(stream: DumpStream, options: ReadOptions, tally: Tally) -> tuple[str, DumpStream]:
    """The name of the format and the stream to read it from (as UTF-8 where the format does not say its encoding).

    Columns named by the person make any JSON and any text a table. A text without comments is a `page`; InputError for what
    cannot hold any.
    """
    name = sniff_bytes(stream)
    if name:
        return name, stream
    text = to_utf8(stream, options.encoding, tally)
    return _sniff_text(text, mapped=bool(options.mapping)), text


def sniff_bytes(stream: DumpStream) -> str | None:
    """The name of a format told by its first bytes, None for other text; InputError for what is empty or no text at all."""
    head = stream.head()
    if not head.strip(b"\x00 \t\r\n\xef\xbb\xbf"):
        state = stream.damage or "empty"
        raise InputError(f"{stream.name}: the file is {state}; export the comments again")
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    for magic, what in _FOREIGN:
        if head.startswith(magic):
            raise InputError(f"{stream.name}: this is {what}")
    return _sniff_markup(head)


def _sniff_markup(head: bytes) -> str | None:
    start = head.replace(b"\x00", b"").removeprefix(b"\xef\xbb\xbf")[:_XML_HEAD].lstrip().lower()
    _, mark, _ = start[:200].partition(b"<")
    opens = start.startswith((b"<", b"\xff\xfe<", b"\xfe\xff<"))
    if not opens and not (mark and any(root in start[:200] for root in (b"<?xml", b"<disqus", b"<rss"))):
        return None
    if b"<disqus" in start and b"disqus.com" in start:
        return "disqus"
    if b"<rss" in start and (b"wordpress.org/export/" in start or b"xmlns:dsq" in start):
        return "wordpress"
    if feed.is_feed(start):
        return "feed"
    if stackexchange.is_dump(start):
        return "stackexchange"
    return "html"


def _sniff_text(stream: DumpStream, *, mapped: bool) -> str:
    head = decode(stream.head())
    if YTD.match(head):
        return "twitter"
    if head.lstrip().startswith(("{", "[")) and (name := _sniff_json(stream, mapped=mapped)):
        return name
    if _MOVABLE_TYPE.match(head):
        return "movabletype"
    if not mapped and coral_site.sniff_table(head):
        return coral_site.NAME
    if _is_sql(head):
        raise InputError(
            f"{stream.name}: this is a dump of a database (SQL); load it there and export the table with the comments as CSV"
        )
    if not mapped and whatsapp.sniff(head):  # before tables: every line may hold a comma
        return "whatsapp"
    if mapped or csvs.sniff(head):
        return "csv"
    if len(telegram_paste.HEADING.findall(head)) > 1:
        return "telegram_paste"
    if _is_settings(head):
        raise InputError(f"{stream.name}: this is a TOML file, which holds settings, not comments")
    if len(_CONTROLS.findall(head)) * 50 > len(head):
        raise InputError(
            f"{stream.name}: this is no dump of a known format (the file is binary); `analyzer check` lists the formats"
        )
    return "page"


def _is_sql(text: str) -> bool:
    """True if the first line that is neither a remark nor a setting is a statement."""
    text = text[:_SETTINGS]
    aside = _ASIDE.match(text)
    return bool(_SQL.match(text[aside.end() if aside else 0 :].partition("\n")[0]))


def _is_settings(text: str) -> bool:
    if len(text) > _SETTINGS:
        text = text[:_SETTINGS].rpartition("\n")[0]
    try:
        return bool(tomllib.loads(text))
    except (ValueError, RecursionError):  # no TOML, or a number of thousands of digits
        return False


def _sniff_json(stream: DumpStream, *, mapped: bool) -> str | None:
    """A JSON format, None for text that only begins like JSON; InputError for JSON without comments' text."""
    value = first_value(stream)
    if mapped and isinstance(value, (dict, list)):
        return "json"
    if coral_site.sniff(value):
        return coral_site.NAME
    for entry in JSON_FORMATS:
        if entry.load().sniff(value):
            return entry.name
    keys = records.keys_of(value)
    if not keys:
        return "json" if parse(stream.head()) in ({}, []) else None
    shown = ", ".join(key[:40] for key in keys[:12])
    raise InputError(
        f"{stream.name}: this JSON is of no known format and has no text field; its keys are {shown}; "
        "name the field with the text, for example --map text=KEY"
    )
