"""Coral 6 and later, and Talk 4: the `comments` collection as mongoexport writes it.

Users and stories lie in files of their own, which `coral_site` reads. If they stand in one object with the comments,
names and titles are taken from there.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

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
    objects,
    reject,
)
from analyzer.schema import Comment, Status

NAME = "coral"
STREAM = ("comments.item", "item")

_STATUS = {
    "NONE": Status.VISIBLE,
    "APPROVED": Status.VISIBLE,
    "ACCEPTED": Status.VISIBLE,
    "REJECTED": Status.REMOVED,
    "PREMOD": Status.PENDING,
    "SYSTEM_WITHHELD": Status.PENDING,
}

_Record = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Site:
    """Users and stories (assets in Talk) by id, where the dump brings them along."""

    users: _Record = field(default_factory=dict)
    stories: _Record = field(default_factory=dict)


def sniff(value: object) -> bool:
    record = as_object(value[0] if isinstance(value, list) and value else value)
    entries = as_list(record.get("comments"))
    return _is_comment(as_object(entries[0]) if entries else record)


def read(document: Iterable[object], source: str, tally: Tally) -> Iterator[Comment]:
    for value in document:
        for record in value if isinstance(value, list) else [value]:
            entries = dig(record, "comments")
            if isinstance(entries, list):
                site = _Site(_by_id(dig(record, "users")), _by_id(dig(record, "stories") or dig(record, "assets")))
                yield from _read_entries(entries, site, source, tally)
            else:
                yield from _read_entries([record], _Site(), source, tally)


read_items = read


def _read_entries(entries: Iterable[object], site: _Site, source: str, tally: Tally) -> Iterator[Comment]:
    for entry in entries:
        comment = _comment(as_object(entry), site, source)
        if comment is None:
            reject(tally, source, "Coral comment without an id", entry)
        else:
            yield comment


def _is_comment(record: _Record) -> bool:
    if "storyID" in record and ("revisions" in record or "authorID" in record):
        return True
    return "asset_id" in record and "author_id" in record and "body" in record


def _by_id(entries: object) -> _Record:
    return {identity: entry for entry in objects(entries) if (identity := as_id(plain(entry.get("id"))))}


def _comment(record: _Record, site: _Site, source: str) -> Comment | None:
    identity = as_id(plain(first(record, "id", "_id")))
    if identity is None or not _is_comment(record):
        return None
    story_id = as_id(plain(first(record, "storyID", "asset_id")))
    story = as_object(site.stories.get(story_id or ""))
    user = as_id(plain(first(record, "authorID", "author_id")))
    status = _STATUS.get(as_text(record.get("status")), Status.UNKNOWN)
    if first(record, "deletedAt", "deleted_at") is not None:
        status = Status.DELETED
    created, flags = _time(first(record, "createdAt", "created_at"))
    return Comment(
        source=source,
        id=identity,
        thread_id=story_id or UNKNOWN_THREAD,
        text="" if status in (Status.DELETED, Status.REMOVED) else body(record),
        parent_id=as_id(plain(first(record, "parentID", "parent_id"))),
        author=as_name(dig(site.users.get(user or ""), "username")) or user,
        created=created,
        status=status,
        likes=_likes(record),
        thread_title=as_name(dig(story, "metadata", "title")) or as_name(story.get("title")),
        thread_url=as_address(story.get("url")),
        flags=flags,
    )


def body(record: _Record) -> str:
    """The text of the last revision, as HTML; plain text in Talk 4."""
    revisions = objects(record.get("revisions"))
    if revisions:
        return html_to_text(as_text(revisions[-1].get("body")))
    return as_text(record.get("body"))


def _likes(record: _Record) -> int | None:
    counts = as_object(first(record, "actionCounts", "action_counts"))
    likes = as_count(plain(first(counts, "REACTION", "like", "respect")))
    return 0 if likes is None and counts else likes


def _time(value: object) -> tuple[datetime | None, tuple[str, ...]]:
    return as_time(plain(value))


def plain(value: object) -> object:
    """The value inside MongoDB's extended JSON: `{"$date": {"$numberLong": "1"}}` is "1"."""
    for _ in range(2):
        if isinstance(value, Mapping) and len(value) == 1:
            key, inner = next(iter(value.items()))
            value = inner if isinstance(key, str) and key.startswith("$") else value
    return value
