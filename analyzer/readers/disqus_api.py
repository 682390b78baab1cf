"""Disqus: answers of its API (`{"code": 0, "response": [posts]}`)."""

from collections.abc import Iterable, Iterator, Mapping

from analyzer.readers.markup import html_to_text
from analyzer.readers.tally import Tally
from analyzer.readers.values import (
    UNKNOWN_THREAD,
    as_address,
    as_count,
    as_id,
    as_list,
    as_name,
    as_object,
    as_text,
    as_time,
    dig,
    first,
    reject,
)
from analyzer.schema import Comment, Status

NAME = "disqus_api"
STREAM = ("response.item", "item")

_Record = Mapping[str, object]


def sniff(value: object) -> bool:
    record = as_object(value[0] if isinstance(value, list) and value else value)
    entries = as_list(record.get("response"))
    return ("code" in record and isinstance(record.get("response"), list)) or _is_post(
        as_object(entries[0]) if entries else record
    )


def read(document: Iterable[object], source: str, tally: Tally) -> Iterator[Comment]:
    for value in document:
        for record in value if isinstance(value, list) else [value]:
            posts = dig(record, "response")
            yield from _read_entries(posts if isinstance(posts, list) else [record], source, tally)


read_items = read


def _read_entries(entries: Iterable[object], source: str, tally: Tally) -> Iterator[Comment]:
    for entry in entries:
        record = as_object(entry)
        if _is_thread(record):
            tally.count("posts")
            claimed, identity = as_count(record.get("posts")), as_id(record.get("id"))
            if claimed is not None and identity:
                tally.claimed[identity] = claimed
            continue
        comment = _comment(record, source)
        if comment is None:
            reject(tally, source, "Disqus post without an id or a message", entry)
        else:
            yield comment


def _is_post(record: _Record) -> bool:
    return ("raw_message" in record or "message" in record) and "thread" in record and "createdAt" in record


def _is_thread(record: _Record) -> bool:
    """True for an entry of `listThreads`, which describes an article."""
    return "clean_title" in record or ("link" in record and "posts" in record and "thread" not in record)


def _comment(record: _Record, source: str) -> Comment | None:
    identity, raw = as_id(record.get("id")), record.get("raw_message")
    if identity is None or not (isinstance(raw, str) or isinstance(record.get("message"), str)):
        return None
    status = _status(record)
    thread = record.get("thread")  # an id, or the whole thread where `related=thread` was asked for
    described = as_object(thread)
    # The API writes its times, which are UTC, without a zone.
    created, flags = as_time(record.get("createdAt"), utc=True)
    gone = status in (Status.DELETED, Status.REMOVED)
    return Comment(
        source=source,
        id=identity,
        thread_id=as_id(described.get("id") if described else thread) or UNKNOWN_THREAD,
        text="" if gone else raw if isinstance(raw, str) else html_to_text(as_text(record.get("message"))),
        parent_id=as_id(record.get("parent")),
        author=as_name(dig(record, "author", "name")) or as_name(dig(record, "author", "username")),
        created=created,
        status=status,
        likes=as_count(record.get("likes")),
        thread_title=as_name(first(described, "clean_title", "title")),
        thread_url=as_address(described.get("link")),
        flags=flags,
    )


def _status(record: _Record) -> Status:
    if record.get("isDeleted") is True:
        return Status.REMOVED if record.get("isDeletedByAuthor") is False else Status.DELETED
    if record.get("isSpam") is True:
        return Status.SPAM
    return Status.PENDING if record.get("isApproved") is False else Status.VISIBLE
