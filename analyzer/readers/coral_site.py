"""Users and stories (Talk: assets) of Coral in files beside the comments: mongoexport's JSON, the importer's CSV.

They hold no comments. What they say of names and titles is kept in the tally and joined to comments that are read later.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from analyzer.readers.charset import decode
from analyzer.readers.coral import plain
from analyzer.readers.documents import first_value, holds_lines, read_document, read_lines
from analyzer.readers.files import DumpStream
from analyzer.readers.tally import MAX_SEEN, Site, Tally
from analyzer.readers.values import as_address, as_id, as_name, as_object, dig, first, objects
from analyzer.schema import Comment

NAME = "coral_site"
JOINED = frozenset({"coral", "csv"})  # the formats in which Coral gives out comments

# Keys that only Coral and Talk write; without one of them a record of the bare keys is taken
_MARKS = frozenset({"tenantID", "siteID", "lowercaseUsername", "profiles", "scrapedAt", "scraped", "commentCounts"})
_BARE = frozenset({"_id", "id", "username", "role", "url", "title", "metadata", "createdAt", "created_at"})
_STORY = re.compile(r"(?:COMMENTS|QA|RATINGS_AND_REVIEWS)?", re.IGNORECASE)
_ROLE = re.compile(r"(?:COMMENTER|MEMBER|STAFF|MODERATOR|ADMIN)?", re.IGNORECASE)
_BANNED = re.compile(r"(?:true|false|[01])?", re.IGNORECASE)


def sniff(value: object) -> bool:
    """True for a user or a story: an id with a name, or with an address and a title, and nothing that others write."""
    record = as_object(value[0] if isinstance(value, list) and value else value)
    if as_id(plain(first(record, "id", "_id"))) is None or not record.keys() & {"username", "url"}:
        return False
    bare = record.keys() <= _BARE and ("username" in record or "title" in record or "metadata" in record)
    return bare or bool(record.keys() & _MARKS)


def sniff_table(head: str) -> bool:
    """True if the first row is one of the importer's tables, which have no header."""
    try:
        row = next(csv.reader(head.splitlines()[:1]), [])
    except csv.Error:  # a line longer than any cell may be
        return False
    return _is_story(row) or _is_user(row)


def fits(stream: DumpStream) -> bool:
    """True for such a file where another format of Coral was asked for."""
    head = decode(stream.head())
    return sniff(first_value(stream)) if head.lstrip()[:1] in ("{", "[") else sniff_table(head)


def read(stream: DumpStream, source: str, tally: Tally) -> Iterator[Comment]:
    """No comment: names and titles go to the tally, a note tells how many."""
    users, stories = gather(stream, tally.site, tally)
    tally.note(f"{source}: users ({users:,}) and stories ({stories:,}) of Coral; they are joined to its comments")
    yield from ()


def gather(stream: DumpStream, site: Site, tally: Tally) -> tuple[int, int]:
    """Keep the users and stories of a file; how many there are of each."""
    found = [0, 0]
    for identity, name, title, address in _rows(stream, tally):
        known = site.users if name else site.stories
        found[0 if name else 1] += 1
        if len(known) >= MAX_SEEN:
            continue
        if name:
            site.users[identity] = name
        else:
            site.stories[identity] = title, address
    return found[0], found[1]


def joined(comments: Iterable[Comment], site: Site) -> Iterator[Comment]:
    """The comments with the name for the user's id and the title and the address of the story, where these are known."""
    for comment in comments:
        title, address = site.stories.get(comment.thread_id, (None, None))
        yield replace(
            comment,
            author=site.users.get(comment.author or "", comment.author),
            thread_title=comment.thread_title or title,
            thread_url=comment.thread_url or address,
        )


def _rows(stream: DumpStream, tally: Tally) -> Iterator[tuple[str, str | None, str | None, str | None]]:
    """Id and name of a user, or id, title and address of a story."""
    if stream.head(64).lstrip()[:1] in (b"{", b"["):
        for value in read_lines(stream, tally) if holds_lines(stream) else read_document(stream, tally):
            for record in objects(value if isinstance(value, list) else [value]):
                identity = as_id(plain(first(record, "id", "_id")))
                name = as_name(record.get("username"))
                title = as_name(dig(record, "metadata", "title")) or as_name(record.get("title"))
                if identity and (name or "url" in record):
                    yield identity, name, title, as_address(record.get("url"))
        return
    for row in csv.reader(decode(line) for _, line in stream.lines()):
        if _is_user(row):
            yield row[0], as_name(row[2]), None, None
        elif _is_story(row):
            yield row[0], None, as_name(row[2]), as_address(row[1])


def _is_story(row: list[str]) -> bool:
    return len(row) == 7 and bool(row[0]) and "://" in row[1] and bool(_STORY.fullmatch(row[6].strip()))


def _is_user(row: list[str]) -> bool:
    return (
        len(row) == 6
        and all(row[:3])
        and "@" in row[1]
        and bool(_ROLE.fullmatch(row[3].strip()) and _BANNED.fullmatch(row[4].strip()))
    )
