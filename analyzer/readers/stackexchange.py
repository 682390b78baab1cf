"""`Comments.xml` of Stack Exchange's data dump. The thread is the post, be it a question or an answer; replies have no ids."""

import re
from collections.abc import Iterator

from analyzer.readers.files import DumpStream
from analyzer.readers.tally import Tally
from analyzer.readers.values import as_count, as_id, as_name, as_time
from analyzer.readers.xml import read_records
from analyzer.schema import Comment, Status

_ROOT = re.compile(rb"\A(?:<[?!][^>]{0,500}>\s*)*<comments>\s*<row\s+id=")


def is_dump(head: bytes) -> bool:
    """True for a file of comments, by its first bytes in lower case."""
    return _ROOT.match(head) is not None


def read(stream: DumpStream, source: str, tally: Tally) -> Iterator[Comment]:
    """A Comment a row."""
    for record in read_records(stream, frozenset({"row"}), "row", tally):
        row = record.attributes
        identity, post, text = as_id(row.get("Id")), as_id(row.get("PostId")), row.get("Text")
        if identity is None or post is None or text is None:
            tally.reject(source, record.line, "row without an id, a post or a text")
            continue
        created, flags = as_time(row.get("CreationDate"), utc=True)
        yield Comment(
            source=source,
            id=identity,
            thread_id=post,
            text=text,
            author=f"user {row['UserId']}" if row.get("UserId") else as_name(row.get("UserDisplayName")),
            created=created,
            status=Status.VISIBLE,
            likes=as_count(row.get("Score")),
            flags=flags,
        )
