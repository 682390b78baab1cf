"""Isso's generic import file: a list of threads, each with its comments."""

from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import unquote_plus

from analyzer.readers.markup import html_to_text
from analyzer.readers.tally import Tally
from analyzer.readers.values import as_id, as_list, as_name, as_object, as_text, as_time, objects, reject
from analyzer.schema import Comment, Status

NAME = "isso_json"
STREAM = ("item",)


def sniff(value: object) -> bool:
    thread = as_object(value[0] if isinstance(value, list) and value else None)
    if not isinstance(thread.get("comments"), list) or not isinstance(thread.get("id"), str) or "title" not in thread:
        return False
    first = as_list(thread["comments"])[:1]
    return len(objects(first)) == len(first) and all(
        "remote_addr" in comment or {"text", "created"} <= comment.keys() for comment in objects(first)
    )


def read(document: Iterable[object], source: str, tally: Tally) -> Iterator[Comment]:
    """The comments of every thread; their ids repeat from thread to thread."""
    for threads in document:
        yield from read_items(as_list(threads), source, tally)


def read_items(items: Iterable[object], source: str, tally: Tally) -> Iterator[Comment]:
    for thread in items:
        if not isinstance(thread, Mapping) or not isinstance(thread.get("comments"), list):
            reject(tally, source, "a thread without a list of comments", thread)
            continue
        for comment in as_list(thread["comments"]):
            if isinstance(comment, Mapping):
                yield _comment(comment, thread, source)
            else:
                reject(tally, source, "a comment that is no object", comment)


def _comment(record: Mapping[str, object], thread: Mapping[str, object], source: str) -> Comment:
    created, flags = as_time(record.get("created"))
    address = as_text(thread.get("id"))
    return Comment(
        source=source,
        id=as_id(record.get("id")) or "unknown",
        thread_id=address or "unknown",
        parent_id=as_id(record.get("parent")),
        author=as_name(record.get("author")),
        created=created,
        text=html_to_text(as_text(record.get("text"))),
        status=Status.VISIBLE,
        thread_title=unquote_plus(as_text(thread.get("title"))) or None,
        thread_url=address if address.startswith(("http://", "https://")) else None,
        flags=flags,
    )
