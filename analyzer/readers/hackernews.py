"""Hacker News: Algolia item trees and search hits, Firebase items, rows of BigQuery, and flat lists with `item?id=` addresses."""

import re
from collections.abc import Iterable, Iterator, Mapping

from analyzer.readers.markup import html_to_text
from analyzer.readers.tally import Tally
from analyzer.readers.values import (
    UNKNOWN_THREAD,
    Ancestry,
    address,
    as_address,
    as_count,
    as_id,
    as_list,
    as_name,
    as_object,
    as_text,
    as_time,
    batched,
    first,
    preorder,
    reject,
)
from analyzer.schema import Comment, Status

NAME = "hackernews"
STREAM = ("hits.item", "item")

_DISCUSSION = "https://news.ycombinator.com/item?id="
_ITEM = re.compile(r"news\.ycombinator\.com/item\?id=(\d+)")

_Record = Mapping[str, object]


def sniff(value: object) -> bool:
    if isinstance(value, list):
        return bool(value) and isinstance(value[0], Mapping) and sniff(value[0])
    record = as_object(value)
    if isinstance(record.get("hits"), list):
        return any(_is_hit(as_object(hit)) for hit in as_list(record.get("hits"))) or "processingTimeMS" in record
    if record and all(isinstance(key, str) and key.isdigit() for key in record):
        return _is_firebase(as_object(next(iter(record.values()))))
    return _is_tree(record) or _is_hit(record) or _is_firebase(record) or _is_flat(record)


def read(document: Iterable[object], source: str, tally: Tally) -> Iterator[Comment]:
    ancestry = Ancestry()
    titles: dict[str, str] = {}
    for batch in batched(_records(document)):
        for record in batch:
            if isinstance(record, Mapping) and _is_firebase(record):
                _note_parent(record, ancestry, titles)
        for record in batch:
            if not isinstance(record, Mapping):
                reject(tally, source, "not a Hacker News item: expected an object", record)
            elif _is_tree(record):
                yield from _from_tree(record, source, tally)
            elif _is_hit(record):
                yield from _one(record, _from_hit(record, source), source, tally)
            elif _is_flat(record):
                yield from _one(record, _from_flat(record, source), source, tally)
            elif record.get("type", "comment") == "comment":
                yield from _one(record, _from_firebase(record, ancestry, titles, source), source, tally)
            else:
                tally.count("posts")


read_items = read


def _records(document: Iterable[object]) -> Iterator[object]:
    """The items of every shape: a list, a page of search hits, an object of items by id, or one item."""
    for value in document:
        if isinstance(value, list):
            yield from value
        elif isinstance(value, Mapping) and isinstance(value.get("hits"), list):
            yield from as_list(value.get("hits"))
        elif isinstance(value, Mapping) and value and all(isinstance(key, str) and key.isdigit() for key in value):
            yield from value.values()
        else:
            yield value


def _is_tree(record: _Record) -> bool:
    return isinstance(record.get("children"), list) and "id" in record and "created_at" in record


def _is_hit(record: _Record) -> bool:
    return "objectID" in record and ("comment_text" in record or "story_id" in record or "num_comments" in record)


def _is_firebase(record: _Record) -> bool:
    if "id" not in record or "type" not in record or isinstance(record.get("children"), list):
        return False
    if "time" in record:
        return "by" in record or "deleted" in record or "dead" in record
    return {"by", "parent", "timestamp"} <= record.keys()  # the public table of BigQuery


def _is_flat(record: _Record) -> bool:
    address = as_text(record.get("url"))
    return _ITEM.search(address) is not None and any(isinstance(record.get(key), str) for key in ("text", "clean"))


def _one(record: _Record, comment: Comment | None, source: str, tally: Tally) -> Iterator[Comment]:
    if comment is not None:
        yield comment
    elif first(record, "title", "story_text") is not None:
        tally.count("posts")
    else:
        reject(tally, source, "Hacker News comment without an id", record)


def _from_tree(root: _Record, source: str, tally: Tally) -> Iterator[Comment]:
    """An item of the Algolia API with all that was answered to it. A story itself is not a comment."""
    story = as_id(root.get("story_id")) or as_id(root.get("id"))
    title, url = as_name(root.get("title")), as_address(root.get("url")) or address(_DISCUSSION, story)
    for record, parent in preorder([root], _children):
        if parent is None and root.get("type") != "comment":
            tally.count("posts")
            continue
        identity = as_id(record.get("id"))
        if identity is None:
            reject(tally, source, "Hacker News comment without an id", record)
            continue
        text, author = as_text(record.get("text")), as_name(record.get("author"))
        created, flags = as_time(first(record, "created_at", "created_at_i"))
        above = as_id(record.get("parent_id")) or (as_id(parent.get("id")) if parent else None)
        yield Comment(
            source=source,
            id=identity,
            thread_id=story or UNKNOWN_THREAD,
            text=html_to_text(text),
            parent_id=None if above == story else above,
            author=author,
            created=created,
            status=Status.VISIBLE if text or author else Status.DELETED,
            likes=as_count(record.get("points")),
            thread_title=title,
            thread_url=url,
            flags=flags,
        )


def _children(record: _Record) -> list[_Record]:
    return [child if isinstance(child, Mapping) else {} for child in as_list(record.get("children"))]


def _from_hit(record: _Record, source: str) -> Comment | None:
    """A hit of the Algolia search; None for stories."""
    identity, text = as_id(record.get("objectID")), record.get("comment_text")
    if identity is None or not isinstance(text, str):
        return None
    story, above = as_id(record.get("story_id")), as_id(record.get("parent_id"))
    created, flags = as_time(first(record, "created_at", "created_at_i"))
    return Comment(
        source=source,
        id=identity,
        thread_id=story or UNKNOWN_THREAD,
        text=html_to_text(text),
        parent_id=None if above == story else above,
        author=as_name(record.get("author")),
        created=created,
        status=Status.VISIBLE,
        likes=as_count(record.get("points")),
        thread_title=as_name(record.get("story_title")),
        thread_url=as_address(record.get("story_url")) or address(_DISCUSSION, story),
        flags=flags,
    )


def _note_parent(record: _Record, ancestry: Ancestry, titles: dict[str, str]) -> None:
    identity, title = as_id(record.get("id")), as_name(record.get("title"))
    ancestry.add(identity, as_id(record.get("parent")))
    if identity and title:
        titles[identity] = title


def _from_firebase(record: _Record, ancestry: Ancestry, titles: dict[str, str], source: str) -> Comment | None:
    """An item of the official API, which names the parent but not the story. `dead` means killed by moderation."""
    identity = as_id(record.get("id"))
    if identity is None:
        return None
    status = Status.VISIBLE
    if record.get("deleted") in (True, "true"):
        status = Status.DELETED
    elif record.get("dead") in (True, "true"):
        status = Status.REMOVED
    story, above = ancestry.root(identity), as_id(record.get("parent"))
    created, flags = as_time(first(record, "time", "timestamp"))
    return Comment(
        source=source,
        id=identity,
        thread_id=story,
        text="" if status is not Status.VISIBLE else html_to_text(as_text(record.get("text"))),
        parent_id=None if above == story else above,
        author=as_name(record.get("by")),
        created=created,
        status=status,
        thread_title=titles.get(story),
        thread_url=address(_DISCUSSION, story),
        flags=flags,
    )


def _from_flat(record: _Record, source: str) -> Comment | None:
    """A row of a search result someone flattened: the text is plain, the id stands in the address alone."""
    match = _ITEM.search(as_text(record.get("url")))
    if match is None or record.get("type", "comment") != "comment":
        return None
    created, flags = as_time(first(record, "created_at", "date", "time"))
    return Comment(
        source=source,
        id=match.group(1),
        thread_id=as_id(record.get("story_id")) or UNKNOWN_THREAD,
        text=as_text(first(record, "text", "clean")),
        parent_id=as_id(first(record, "parent_id", "parent")),
        author=as_name(first(record, "author", "by")),
        created=created,
        status=Status.VISIBLE,
        likes=as_count(first(record, "points", "score")),
        thread_title=as_name(record.get("story_title")),
        flags=flags,
    )
