"""A comment as it was found on a page, and the record it becomes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from analyzer.readers.page_dates import Stamp
from analyzer.schema import Comment, Status


@dataclass(slots=True, kw_only=True)
class Draft:
    """A comment before it has its ids: `parent` is the index of the draft it answers."""

    author: str | None
    text: str
    parent: int | None = None
    id: str | None = None
    article: str | None = None  # title of the article it stands under, on a page that shows one person's comments
    thread: str | None = None  # another page's address, for a comment shown here in a menu
    stamp: Stamp | None = None
    created: datetime | None = None
    tz_unknown: bool = True
    pending: bool = False
    pingback: bool = False
    orphan: bool = False  # it answers a comment, the page does not show which
    subject: str | None = None
    likes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a page's comments belong."""

    source: str
    thread_id: str
    title: str | None = None
    url: str | None = None
    lang: str | None = None
    day_first: bool = True


def to_comments(drafts: Sequence[Draft], place: Place) -> Iterator[Comment]:
    """Comments in page order; a draft without an id of its own gets its position as id: c1, c2, …"""
    ids: list[str] = []
    own = {draft.id for draft in drafts if draft.id}
    taken: set[str] = set()
    for n, draft in enumerate(drafts, 1):
        name = draft.id or ""
        if not name or name in taken:
            name = f"c{n}" if f"c{n}" not in own else f"c{n}-{len(drafts)}"
        taken.add(name)
        ids.append(name)
    for draft, name in zip(drafts, ids, strict=True):
        created = draft.created or (draft.stamp.moment(place.day_first) if draft.stamp else None)
        yield Comment(
            source=place.source,
            id=name,
            thread_id=draft.thread or draft.article or place.thread_id,
            text=draft.text,
            parent_id=None if draft.parent is None else ids[draft.parent],
            author=draft.author or None,
            created=created,
            lang=place.lang,
            status=Status.PENDING if draft.pending else Status.VISIBLE,
            likes=draft.likes,
            thread_title=draft.article or (None if draft.thread else place.title),
            thread_url=draft.thread or place.url,
            flags=_flags(draft, created),
            extra={"subject": draft.subject} if draft.subject else {},
        )


def _flags(draft: Draft, created: datetime | None) -> tuple[str, ...]:
    said = {
        "tz_unknown": created is not None and draft.tz_unknown,
        "approx": draft.stamp is not None and draft.stamp.relative and created is not None,
        "pingback": draft.pingback,
        "orphan": draft.orphan,
    }
    return tuple(flag for flag, holds in said.items() if holds)
