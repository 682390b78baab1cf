"""Remark42: trees and lists of its API, and native backups (a line about the site, then a comment a line)."""

from collections.abc import Iterable, Iterator, Mapping

from analyzer.readers.markup import html_to_text
from analyzer.readers.tally import Tally
from analyzer.readers.values import (
    EMPTY,
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
    preorder,
    reject,
)
from analyzer.schema import Comment, Status

NAME = "remark42"
STREAM = ("comments.item", "item")
HEAD = ("info.url", "info.count")

_Record = Mapping[str, object]


def sniff(value: object) -> bool:
    record = as_object(value[0] if isinstance(value, list) and value else value)
    if _is_meta(record):
        return True
    entries = as_list(record.get("comments"))
    head = as_object(entries[0]) if entries else record
    return _is_comment(head) or _is_comment(as_object(head.get("comment")))


def read(document: Iterable[object], source: str, tally: Tally) -> Iterator[Comment]:
    for value in document:
        for record in value if isinstance(value, list) else [value]:
            if isinstance(record, Mapping) and _is_meta(record):
                continue
            entries = dig(record, "comments")
            if not isinstance(entries, list):
                yield from _read_entries([record], source, tally)
                continue
            _claim(dig(record, "info", "url"), dig(record, "info", "count"), tally)
            yield from _read_entries(entries, source, tally)


def read_items(items: Iterable[object], source: str, tally: Tally, head: _Record = EMPTY) -> Iterator[Comment]:
    """Comments of a tree whose page the head names, or of a backup."""
    _claim(head.get("info.url"), head.get("info.count"), tally)
    yield from read(items, source, tally)


def _claim(url: object, count: object, tally: Tally) -> None:
    claimed, place = as_count(count), as_id(url)
    if claimed is not None and place:
        tally.claimed[place] = claimed


def _read_entries(entries: Iterable[object], source: str, tally: Tally) -> Iterator[Comment]:
    """Nodes `{comment, replies}` of a tree, or comments as such."""
    for root in entries:
        for node, _ in preorder([root], _replies):
            record = as_object(node)
            comment = _comment(as_object(record.get("comment")) if "comment" in record else record, source)
            if comment is None:
                reject(tally, source, "Remark42 comment without an id or a text", node)
            else:
                yield comment


def _is_meta(record: _Record) -> bool:
    """The first line of a backup. It lists users and posts; comments follow on lines of their own."""
    return "version" in record and "users" in record and "posts" in record


def _is_comment(record: _Record) -> bool:
    return "pid" in record and isinstance(record.get("locator"), Mapping)


def _replies(node: object) -> list[object]:
    return as_list(dig(node, "replies"))


def _comment(record: _Record, source: str) -> Comment | None:
    identity, text = as_id(record.get("id")), record.get("text")
    deleted = record.get("delete") is True
    if identity is None or not (isinstance(text, str) or deleted):
        return None
    place = as_name(dig(record, "locator", "url"))
    created, flags = as_time(record.get("time"))
    return Comment(
        source=source,
        id=identity,
        thread_id=place or UNKNOWN_THREAD,
        text="" if deleted else html_to_text(as_text(text)),
        parent_id=as_id(record.get("pid")),
        author=as_name(dig(record, "user", "name")) or as_id(dig(record, "user", "id")),
        created=created,
        status=Status.DELETED if deleted else Status.VISIBLE,
        likes=as_count(record.get("score")),
        thread_title=as_name(record.get("title")),
        thread_url=as_address(place),
        flags=flags,
    )
