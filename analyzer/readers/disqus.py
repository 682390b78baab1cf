"""Disqus XML exports: threads and posts in one flat list."""

from collections.abc import Iterator

from analyzer.readers.files import DumpStream
from analyzer.readers.markup import html_to_text
from analyzer.readers.tally import Tally
from analyzer.readers.values import UNKNOWN_THREAD, as_time
from analyzer.readers.xml import Record, read_records
from analyzer.schema import Comment, Status

_NAMES = frozenset({"thread", "post"})


def read(stream: DumpStream, source: str, tally: Tally) -> Iterator[Comment]:
    """A Comment a post; titles and addresses come from the threads, which Disqus writes first."""
    threads: dict[str, tuple[str | None, str | None]] = {}
    for number, record in enumerate(read_records(stream, _NAMES, "post", tally), 1):
        if record.name == "thread":
            threads[record.attributes.get("id", "")] = (record.value("title") or None, record.value("link") or None)
        elif record.closed:
            yield _comment(record, number, threads, source)
        else:
            tally.reject(source, record.line, "the file ends inside this post")


def _comment(post: Record, number: int, threads: dict[str, tuple[str | None, str | None]], source: str) -> Comment:
    author = post.first("author")
    created, flags = as_time(post.value("createdAt"))
    thread_id = _referred(post, "thread") or UNKNOWN_THREAD
    title, link = threads.get(thread_id, (None, None))
    return Comment(
        source=source,
        id=post.attributes.get("id") or post.value("id") or f"post{number}",
        thread_id=thread_id,
        parent_id=_referred(post, "parent"),
        author=(author.value("name") or author.value("username") or None) if author else None,
        created=created,
        text=html_to_text(post.value("message")),
        status=_status(post),
        thread_title=title,
        thread_url=link,
        flags=flags,
    )


def _referred(post: Record, name: str) -> str | None:
    record = post.first(name)
    return record.attributes.get("id") if record else None


def _status(post: Record) -> Status:
    if post.value("isDeleted").lower() == "true":
        return Status.DELETED
    return Status.SPAM if post.value("isSpam").lower() == "true" else Status.VISIBLE
