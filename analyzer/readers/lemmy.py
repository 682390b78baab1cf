"""Lemmy: comments as the API lists them. A comment's `path` names its ancestors: `0.12.34` is a reply to 12."""

from collections.abc import Iterable, Iterator, Mapping

from analyzer.readers.tally import Tally
from analyzer.readers.values import (
    UNKNOWN_THREAD,
    as_address,
    as_count,
    as_id,
    as_name,
    as_object,
    as_text,
    as_time,
    dig,
    first,
    reject,
)
from analyzer.schema import Comment, Status

NAME = "lemmy"
STREAM = ("comments.item", "items.item", "item")

_Record = Mapping[str, object]


def sniff(value: object) -> bool:
    record = as_object(value[0] if isinstance(value, list) and value else value)
    entries = _entries(record)
    return bool(entries) and _is_view(as_object(entries[0]))


def read(document: Iterable[object], source: str, tally: Tally) -> Iterator[Comment]:
    for value in document:
        for record in value if isinstance(value, list) else [value]:
            yield from _read_entries(_entries(record), source, tally)


read_items = read


def _entries(record: object) -> list[object]:
    """The comments of an answer: `items` since version 1.0, `comments` before; or the one comment."""
    listed = next((entries for name in ("comments", "items") if isinstance(entries := dig(record, name), list)), None)
    return [dig(record, "comment_view") or record] if listed is None else listed


def _read_entries(entries: Iterable[object], source: str, tally: Tally) -> Iterator[Comment]:
    for entry in entries:
        view = as_object(entry)
        comment = _comment(view, source)
        if comment is None:
            reject(tally, source, "Lemmy comment without an id or a content", entry)
            continue
        claimed = as_count(dig(view, "post_counts", "comments")) or as_count(dig(view, "post", "comments"))
        if claimed is not None:
            tally.claimed[comment.thread_id] = claimed
        yield comment


def _is_view(record: _Record) -> bool:
    comment = as_object(record.get("comment"))
    return isinstance(comment.get("content"), str) and ("path" in comment or "post_id" in comment)


def _comment(view: _Record, source: str) -> Comment | None:
    comment = as_object(view.get("comment"))
    identity = as_id(comment.get("id"))
    if identity is None or not isinstance(comment.get("content"), str):
        return None
    ancestors = as_text(comment.get("path")).split(".")[:-1]
    parent = ancestors[-1] if ancestors else None
    status = Status.VISIBLE
    if comment.get("removed") is True:
        status = Status.REMOVED
    elif comment.get("deleted") is True:
        status = Status.DELETED
    # Lemmy before 0.19 writes its times, which are UTC, without a zone.
    created, flags = as_time(first(comment, "published_at", "published"), utc=True)
    return Comment(
        source=source,
        id=identity,
        thread_id=as_id(comment.get("post_id")) or as_id(dig(view, "post", "id")) or UNKNOWN_THREAD,
        text=as_text(comment.get("content")) if status is Status.VISIBLE else "",
        parent_id=None if parent in (None, "", "0") else parent,
        author=as_name(dig(view, "creator", "name")),
        created=created,
        status=status,
        likes=as_count(first(comment, "score") if "score" in comment else dig(view, "counts", "score")),
        thread_title=as_name(dig(view, "post", "name")),
        thread_url=as_address(dig(view, "post", "ap_id")) or as_address(dig(view, "post", "url")),
        flags=flags,
    )
