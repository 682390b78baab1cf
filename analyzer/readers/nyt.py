"""New York Times: comments with their replies, as the community API gives them."""

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

NAME = "nyt"
STREAM = ("results.comments.item",)
HEAD = tuple(
    f"results.{name}" for name in ("assetID", "articleID", "assetURL", "articleURL", "url", "totalCommentsFound")
)

_STATUS = {"approved": Status.VISIBLE, "rejected": Status.REMOVED, "pending": Status.PENDING}

_Record = Mapping[str, object]


def sniff(value: object) -> bool:
    record = as_object(value[0] if isinstance(value, list) and value else value)
    entries = as_list(dig(record, "results", "comments")) or as_list(record.get("comments"))
    head = as_object(entries[0]) if entries else record
    return ("commentBody" in head and "commentID" in head) or "totalParentCommentsFound" in as_object(
        record.get("results")
    )


def read(document: Iterable[object], source: str, tally: Tally) -> Iterator[Comment]:
    for value in document:
        for record in value if isinstance(value, list) else [value]:
            page = as_object(dig(record, "results")) or as_object(record)
            comments = page.get("comments")
            entries = comments if isinstance(comments, list) else [record]
            yield from _from_page(entries, page, source, tally)


def read_items(items: Iterable[object], source: str, tally: Tally, head: _Record = EMPTY) -> Iterator[Comment]:
    page = {place.removeprefix("results."): value for place, value in head.items()}
    yield from _from_page(items, page, source, tally)


def _from_page(entries: Iterable[object], page: _Record, source: str, tally: Tally) -> Iterator[Comment]:
    place, claimed = _Place(page), as_count(page.get("totalCommentsFound"))
    for number, entry in enumerate(entries):
        if number == 0 and claimed is not None:
            tally.claimed[place.id or _Place(as_object(entry)).id or UNKNOWN_THREAD] = claimed
        yield from _from_list([entry], place, source, tally)


class _Place:
    """The article, as far as a page or a comment names it."""

    def __init__(self, record: _Record) -> None:
        self.url = as_address(first(record, "assetURL", "articleURL", "url"))
        self.id = _known(record.get("assetID")) or _known(record.get("articleID")) or self.url


def _from_list(comments: Iterable[object], place: _Place, source: str, tally: Tally) -> Iterator[Comment]:
    for root in comments:
        for entry, above in preorder([root], _replies):
            comment = _comment(as_object(entry), above, place, source)
            if comment is None:
                reject(tally, source, "NYT comment without an id", entry)
            else:
                yield comment


def _replies(entry: object) -> list[object]:
    return as_list(dig(entry, "replies"))


def _comment(record: _Record, above: object, place: _Place, source: str) -> Comment | None:
    identity = as_id(record.get("commentID"))
    if identity is None:
        return None
    own = _Place(record)
    parent = _known(record.get("parentID"))
    status = _STATUS.get(as_text(record.get("status")), Status.VISIBLE)
    created, flags = as_time(first(record, "createDate", "approveDate"))
    return Comment(
        source=source,
        id=identity,
        thread_id=own.id or place.id or UNKNOWN_THREAD,
        text="" if status is Status.REMOVED else html_to_text(as_text(record.get("commentBody"))),
        parent_id=as_id(dig(above, "commentID")) if parent in (None, "0") else parent,
        author=_known(record.get("userDisplayName")),
        created=created,
        status=status,
        likes=as_count(first(record, "recommendationCount", "recommendations")),
        thread_title=_known(record.get("articleTitle")),
        thread_url=own.url or place.url,
        flags=flags,
    )


def _known(value: object) -> str | None:
    """An id or a name; the API writes the string "NULL" where it has none."""
    name = as_id(value)
    return None if name == "NULL" else as_name(name)
