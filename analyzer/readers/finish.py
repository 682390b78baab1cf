"""The last step of every reader: hostile text made safe, authors hashed, deleted words withheld, copies flagged."""

import hmac
import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC
from functools import lru_cache

from analyzer.readers.formats import FORMATS
from analyzer.readers.options import ReadOptions
from analyzer.readers.repair import repair_mojibake, strip_controls
from analyzer.readers.tally import Tally
from analyzer.readers.withheld import read_withheld
from analyzer.schema import Comment, Status

_MAX_NAME = 1_000  # ids, names, titles and addresses beyond this are cut: they are no names
_MAX_TEXT = 1_000_000  # characters: a book, and more memory than any comment is worth
_YEARS = range(1970, 2101)  # no comment was posted in another: 0001 and 9999 are fillers, and sums with them overflow
_NO_AUTHOR = frozenset({"[deleted]", "[removed]"})
_JOINED = frozenset(entry.name for entry in FORMATS if entry.joins)
_MAIL = re.compile(r"(?<=[=:])[\w.+%-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_LINE_ENDS = re.compile(r"\r\n?")


def finish(comments: Iterable[Comment], options: ReadOptions, tally: Tally) -> Iterator[Comment]:
    """Each comment as it leaves the door; pingbacks, and what is given twice, are dropped and counted."""
    name_author = author_namer(options)
    for comment in comments:
        if "pingback" in comment.flags:
            tally.count("pingbacks")
            continue
        finished = _clean(comment, name_author)
        if "cut" in finished.flags:
            tally.count("cut_texts")
        # A format that joins threads over files gives a comment twice where pages of an answer overlap
        if finished.source in _JOINED and not tally.is_new(*finished.key, finished.text):
            tally.count("given_twice")
            continue
        if _is_copy(finished, tally):
            tally.count("duplicates")
            finished = replace(finished, flags=(*finished.flags, "duplicate"))
        tally.count("comments")
        yield finished


def _clean(comment: Comment, name_author: Callable[[str | None], str | None]) -> Comment:
    text = _LINE_ENDS.sub("\n", strip_controls(comment.text[:_MAX_TEXT]))
    status = comment.status
    if status in (Status.VISIBLE, Status.UNKNOWN):
        status = read_withheld(text) or status
    flags = comment.flags if len(comment.text) <= _MAX_TEXT else (*comment.flags, "cut")
    if status in (Status.DELETED, Status.REMOVED):
        text = ""
    elif (repaired := repair_mojibake(text)) != text:
        text, flags = repaired, (*flags, "mojibake")
    created = comment.created
    if created is not None and created.tzinfo is None:
        created, flags = created.replace(tzinfo=UTC), (*flags, "tz_unknown")
    if created is not None and created.year not in _YEARS:
        created, flags = None, (*flags, "odd_time")
    return replace(
        comment,
        id=_name(comment.id) or "unknown",
        thread_id=_unaddressed(comment.thread_id) or "unknown",
        parent_id=_name(comment.parent_id),
        author=name_author(_name(comment.author)),
        thread_title=_name(comment.thread_title),
        thread_url=_unaddressed(comment.thread_url),
        text=text,
        status=status,
        created=created,
        flags=flags,
    )


def _unaddressed(name: str | None) -> str | None:
    """A link without the e-mail address that it hands over; `/@ana` is no address."""
    name = _name(name)
    return _MAIL.sub("…", name) if name and "@" in name else name


def _name(value: str | None) -> str | None:
    return strip_controls(value)[:_MAX_NAME].strip() or None if value else None


def _is_copy(comment: Comment, tally: Tally) -> bool:
    """True for a second comment of the same thread, author, time and text."""
    if not comment.text or comment.created is None:
        return False
    return not tally.is_new(
        "copy", comment.source, comment.thread_id, comment.author or "", comment.created.isoformat(), comment.text
    )


def author_namer(options: ReadOptions) -> Callable[[str | None], str | None]:
    """Names to keyed hashes (HMAC-SHA256, 16 hex digits), or to themselves if plain names were asked for."""
    key = options.author_key or secrets.token_bytes(32)

    @lru_cache(maxsize=100_000)
    def hashed(author: str) -> str:
        return hmac.digest(key, author.encode(), "sha256").hex()[:16]

    def named(author: str | None) -> str | None:
        if author is None or author in _NO_AUTHOR:
            return None
        return author if options.authors == "plain" else hashed(author)

    return named
