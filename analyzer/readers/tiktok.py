"""TikTok: answers of its comment API as scrapers keep them, and the rows of Apify. The thread is the video."""

import re
from collections.abc import Iterable, Iterator, Mapping

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
    preorder,
    reject,
)
from analyzer.schema import Comment, Status

NAME = "tiktok"
STREAM = ("comments.item", "item")

_MARKS = frozenset(
    {"aweme_id", "reply_comment", "digg_count", "diggCount", "createTimeISO", "repliesToId", "videoWebUrl"}
)
_VIDEO = re.compile(r"tiktok\.com/.*?/(?:video|photo)/(\d+)")

_Record = Mapping[str, object]


def sniff(value: object) -> bool:
    record = as_object(value[0] if isinstance(value, list) and value else value)
    entries = as_list(record.get("comments"))
    return is_comment(as_object(entries[0]) if entries else record)


def read(document: Iterable[object], source: str, tally: Tally) -> Iterator[Comment]:
    for value in document:
        for record in value if isinstance(value, list) else [value]:
            entries = dig(record, "comments")
            yield from read_items(entries if isinstance(entries, list) else [record], source, tally)


def read_items(items: Iterable[object], source: str, tally: Tally) -> Iterator[Comment]:
    for item in items:
        for entry, above in preorder([item], _replies):
            comment = _comment(as_object(entry), as_id(dig(above, "cid")), source)
            if comment is None:
                reject(tally, source, "TikTok comment without an id or a text", entry)
            else:
                yield comment


def is_comment(record: _Record) -> bool:
    """True for a comment of TikTok; YouTube's have a `cid`, too."""
    return "cid" in record and isinstance(record.get("text"), str) and bool(record.keys() & _MARKS)


def _replies(entry: object) -> list[object]:
    return [*objects(dig(entry, "reply_comment")), *objects(dig(entry, "replies"))]


def _comment(record: _Record, above: str | None, source: str) -> Comment | None:
    identity, text = as_id(record.get("cid")), record.get("text")
    if identity is None or not isinstance(text, str):
        return None
    url = as_address(first(record, "videoWebUrl", "submittedVideoUrl"))
    video = _VIDEO.search(url or "")
    named = (as_id(record.get(key)) for key in ("reply_to_reply_id", "reply_id", "repliesToId"))
    parent = next((key for key in named if key not in (None, "0")), above)
    created, flags = as_time(first(record, "create_time", "createTimeISO", "createTime"))
    return Comment(
        source=source,
        id=identity,
        thread_id=as_id(record.get("aweme_id")) or (video[1] if video else url) or UNKNOWN_THREAD,
        text=text,
        parent_id=parent,
        author=as_name(first(as_object(record.get("user")), "unique_id", "nickname"))
        or as_name(record.get("uniqueId")),
        created=created,
        lang=as_text(record.get("comment_language")) or None,
        status=Status.VISIBLE,
        likes=as_count(first(record, "digg_count", "diggCount")),
        thread_url=url,
        flags=flags,
    )
