"""Facebook: Graph API JSON (posts with comments, or a comments edge); "Download your information", Instagram's too."""

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

NAME = "facebook"
STREAM = ("data.item",)

_OWN_COMMENTS = ("comments_v2", "group_comments_v2", "group_comments", "comments")
_COMMENT_FIELDS = ("like_count", "comment_count", "parent", "can_remove", "is_hidden")
_POST_FIELDS = ("story", "shares", "updated_time", "status_type", "type", "comments", "permalink_url")
_TITLE_LENGTH = 200

_Record = Mapping[str, object]


def sniff(value: object) -> bool:
    record = as_object(value[0] if isinstance(value, list) and value else value)
    if _own_comments(record) or _instagram(value):
        return True
    page = as_list(record.get("data"))
    head = as_object(page[0]) if page else record
    return _is_post(head) or _is_comment(head)


def read(document: Iterable[object], source: str, tally: Tally) -> Iterator[Comment]:
    for value in document:
        if entries := _instagram(value):
            yield from _from_instagram(entries, source, tally)
            continue
        for record in value if isinstance(value, list) else [value]:
            own = _own_comments(as_object(record))
            if own:
                yield from _from_own_download(own, source, tally)
            elif isinstance(dig(record, "data"), list):
                yield from read_items(as_list(dig(record, "data")), source, tally)
            else:
                yield from read_items([record], source, tally)


def read_items(items: Iterable[object], source: str, tally: Tally) -> Iterator[Comment]:
    """Comments of posts (the entries of a feed) or of one comments edge."""
    for entry in items:
        record = as_object(entry)
        if _is_comment(record):
            yield from _from_edge([record], _place(record), source, tally)
        elif _is_post(record):
            yield from _from_post(record, source, tally)
        elif "created_time" in record and "id" in record:
            tally.count("posts")
        else:
            reject(tally, source, "neither a post nor a comment of the Graph API", entry)


def _is_post(record: _Record) -> bool:
    return isinstance(dig(record, "comments", "data"), list) and "id" in record and "comment_count" not in record


def _is_comment(record: _Record) -> bool:
    if "created_time" not in record or "id" not in record or not isinstance(record.get("message"), str):
        return False
    if any(key in record for key in _COMMENT_FIELDS):
        return True
    return "from" in record and not any(key in record for key in _POST_FIELDS)


def _from_post(post: _Record, source: str, tally: Tally) -> Iterator[Comment]:
    tally.count("posts")
    place = as_id(post.get("id")) or UNKNOWN_THREAD
    claimed = as_count(dig(post, "comments", "summary", "total_count"))
    if claimed is not None:
        tally.claimed[place] = claimed
    wording = as_text(first(post, "message", "story")).strip()
    title = wording.split("\n", 1)[0][:_TITLE_LENGTH] or None
    edge = as_list(dig(post, "comments", "data"))
    yield from _from_edge(edge, (place, title, as_address(post.get("permalink_url"))), source, tally)


def _place(record: _Record) -> tuple[str, str | None, str | None]:
    """The thread of a comment that stands alone: its id is `POST_COMMENT`."""
    above = as_id(dig(record, "object", "id")) or as_id(dig(record, "parent", "id")) or as_id(record.get("id")) or ""
    return above.split("_", 1)[0] if "_" in above else UNKNOWN_THREAD, None, None


def _from_edge(
    edge: list[object] | list[_Record], place: tuple[str, str | None, str | None], source: str, tally: Tally
) -> Iterator[Comment]:
    for entry, above in preorder(list[object](edge), _replies):
        record = as_object(entry)
        identity = as_id(record.get("id"))
        if identity is None:
            reject(tally, source, "Facebook comment without an id", entry)
            continue
        status = Status.REMOVED if record.get("is_hidden") is True else Status.VISIBLE
        created, flags = as_time(record.get("created_time"))
        yield Comment(
            source=source,
            id=identity,
            thread_id=place[0],
            text="" if status is Status.REMOVED else as_text(record.get("message")),
            parent_id=as_id(dig(record, "parent", "id")) or as_id(dig(above, "id")),
            author=as_name(dig(record, "from", "name")),
            created=created,
            status=status,
            likes=as_count(first(record, "like_count") if "like_count" in record else _summary(record)),
            thread_title=place[1],
            thread_url=place[2],
            flags=flags,
        )


def _replies(entry: object) -> list[object]:
    return as_list(dig(entry, "comments", "data"))


def _summary(record: _Record) -> object:
    return first(
        {name: dig(record, name, "summary", "total_count") for name in ("reactions", "likes")}, "reactions", "likes"
    )


def _own_comments(record: _Record) -> list[object]:
    """The list of a "Download your information" file, if that is what this is."""
    for name in _OWN_COMMENTS:
        entries = as_list(record.get(name))
        if entries and _is_own(as_object(entries[0])):
            return entries
    return []


def _is_own(entry: _Record) -> bool:
    return "timestamp" in entry and "title" in entry and ("data" in entry or "attachments" in entry)


def _from_own_download(entries: list[object], source: str, tally: Tally) -> Iterator[Comment]:
    """One person's comments under posts of others: without ids or parents, and one sentence that names the post."""
    for number, entry in enumerate(entries, start=1):
        record = as_object(entry)
        if not _is_own(record):
            reject(tally, source, "not a comment of a Facebook download: 'timestamp' or 'title' is missing", entry)
            continue
        written = next(
            (as_object(part.get("comment")) for part in objects(record.get("data")) if "comment" in part), {}
        )
        title = as_name(_repair(as_text(record.get("title"))))
        created, flags = as_time(first(written, "timestamp") or record.get("timestamp"))
        yield Comment(
            source=source,
            id=str(number),
            thread_id=title or UNKNOWN_THREAD,
            text=_repair(as_text(written.get("comment"))),
            author=as_name(_repair(as_text(written.get("author")))),
            created=created,
            status=Status.VISIBLE,
            thread_title=title,
            flags=flags,
        )


def _instagram(value: object) -> list[object]:
    """The entries of an Instagram download, bare or under a key such as `comments_reels_comments`."""
    lists = [value] if isinstance(value, list) else [as_list(part) for part in as_object(value).values()]
    return next((entries for entries in lists if entries and dig(entries[0], "string_map_data", "Comment")), [])


def _from_instagram(entries: list[object], source: str, tally: Tally) -> Iterator[Comment]:
    """One person's comments under posts of others, of which only the owner is named: ids are positions."""
    for number, entry in enumerate(entries, start=1):
        text = dig(entry, "string_map_data", "Comment", "value")
        if not isinstance(text, str):
            reject(tally, source, "not a comment of an Instagram download: 'Comment' is missing", entry)
            continue
        created, flags = as_time(dig(entry, "string_map_data", "Time", "timestamp"))
        yield Comment(
            source=source,
            id=str(number),
            thread_id=UNKNOWN_THREAD,
            text=_repair(text),
            created=created,
            status=Status.VISIBLE,
            flags=flags,
        )


def _repair(text: str) -> str:
    """Facebook writes the bytes of UTF-8 as if they were Latin-1 characters."""
    try:
        return text.encode("latin1").decode("utf8")
    except UnicodeError:
        return text
