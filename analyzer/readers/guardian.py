"""Guardian discussions: comments with their `responses`, as the discussion API gives them."""

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
    first,
    preorder,
    reject,
)
from analyzer.schema import Comment, Status

NAME = "guardian"
STREAM = ("discussion.comments.item",)
HEAD = ("discussion.key", "discussion.title", "discussion.webUrl", "discussion.commentCount")

_Record = Mapping[str, object]


def sniff(value: object) -> bool:
    record = as_object(value[0] if isinstance(value, list) and value else value)
    if isinstance(dig(record, "discussion", "comments"), list):
        return True
    comment = as_object(record.get("comment")) or record
    return "isoDateTime" in comment and "body" in comment


def read(document: Iterable[object], source: str, tally: Tally) -> Iterator[Comment]:
    for value in document:
        for record in value if isinstance(value, list) else [value]:
            discussion = as_object(dig(record, "discussion"))
            comments = discussion.get("comments")
            if isinstance(comments, list):
                yield from _from_discussion(comments, discussion, source, tally)
            else:
                alone = dig(record, "comment")
                yield from read_items([alone if isinstance(alone, Mapping) else record], source, tally)


def read_items(items: Iterable[object], source: str, tally: Tally, head: _Record = EMPTY) -> Iterator[Comment]:
    """Comments that name their discussion themselves, or stand in the one of the head."""
    around = {place.removeprefix("discussion."): value for place, value in head.items()}
    for root in items:
        yield from _from_discussion([root], as_object(dig(root, "discussion")) or around, source, tally)


def _from_discussion(comments: list[object], discussion: _Record, source: str, tally: Tally) -> Iterator[Comment]:
    claimed, key = as_count(discussion.get("commentCount")), as_id(discussion.get("key"))
    if claimed is not None and key:
        tally.claimed[key] = claimed
    for entry, above in preorder(comments, _responses):
        comment = _comment(as_object(entry), above, discussion, source)
        if comment is None:
            reject(tally, source, "Guardian comment without an id", entry)
        else:
            yield comment


def _responses(entry: object) -> list[object]:
    return as_list(dig(entry, "responses"))


def _comment(record: _Record, above: object, discussion: _Record, source: str) -> Comment | None:
    identity = as_id(record.get("id"))
    if identity is None:
        return None
    status = Status.VISIBLE if record.get("status", "visible") == "visible" else Status.REMOVED
    created, flags = as_time(first(record, "isoDateTime", "date"))
    return Comment(
        source=source,
        id=identity,
        thread_id=as_id(discussion.get("key")) or UNKNOWN_THREAD,
        text=html_to_text(as_text(record.get("body"))) if status is Status.VISIBLE else "",
        parent_id=as_id(dig(record, "responseTo", "commentId")) or as_id(dig(above, "id")),
        author=as_name(dig(record, "userProfile", "displayName")),
        created=created,
        status=status,
        likes=as_count(record.get("numRecommends")),
        thread_title=as_name(discussion.get("title")),
        thread_url=as_address(discussion.get("webUrl")),
        flags=flags,
    )
