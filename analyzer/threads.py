"""THREAD: comments become threads, each an ordered reply tree.

The order within a thread is by time, then by id, except that a reply never stands before its parent. Comments without a
time keep the order of the dump. Nothing is dropped: what does not fit a tree (a missing parent, a circle of parents, an id
used twice) is mended, flagged and counted.
"""

import heapq
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from analyzer.schema import Comment, Thread

ORPHAN = "orphan"
CYCLE = "cycle"
ID_REPEATED = "id_repeated"
ZONELESS = "tz_unknown"

_Rank = tuple[object, ...]
Claims = Mapping[str, Mapping[str, int]]
"""Source → thread id → how many comments the source says the thread has."""

_DIGITS = re.compile(r"([0-9]+)")
_UNDATED = datetime.min.replace(tzinfo=UTC)


def answer_thread(name: str, text: str, parent: str | None = None, lang: str | None = None) -> Thread:
    """A thread of one comment, alone or as the answer to `parent`, which is read with it and not scored."""
    above = [Comment(source="-", thread_id=name, id="parent", text=parent)] if parent is not None else []
    parent_id = above[0].id if above else None
    below = Comment(source="-", thread_id=name, id="comment", text=text, lang=lang, parent_id=parent_id)
    return Thread(source="-", id=name, comments=(below,), context=tuple(above))


def build_threads(comments: Iterable[Comment], *, claimed: Claims | None = None) -> Iterator[Thread]:
    """Threads in the order in which their first comment came; all comments are held in memory.

    A reply whose parent is not there becomes a root flagged `orphan`; a circle of parents is cut at its earliest
    comment, flagged `cycle`; an id used again in its thread gets a suffix (`7`, `7#2`) and `id_repeated`, and replies
    go to the first; a time without a zone is taken for UTC, flagged `tz_unknown`. The result, threaded again, is the same.
    """
    groups: dict[tuple[str, str], list[Comment]] = {}
    for comment in comments:
        groups.setdefault((comment.source, comment.thread_id), []).append(_zoned(comment))
    while groups:
        source, thread_id = next(iter(groups))
        members = groups.pop((source, thread_id))
        yield _thread(source, thread_id, members, (claimed or {}).get(source, {}).get(thread_id))


def _zoned(comment: Comment) -> Comment:
    if comment.created is None or comment.created.tzinfo is not None:
        return comment
    return _flagged(comment, ZONELESS, created=comment.created.replace(tzinfo=UTC))


def _thread(source: str, thread_id: str, members: list[Comment], claimed: int | None) -> Thread:
    by_id = _cut_cycles(_detach_orphans(_with_unique_ids(members)))
    ordered = tuple(_in_order(by_id))
    return Thread(
        source=source,
        id=thread_id,
        comments=ordered,
        title=next((c.thread_title for c in ordered if c.thread_title), None),
        url=next((c.thread_url for c in ordered if c.thread_url), None),
        orphans=sum(ORPHAN in c.flags for c in ordered),
        claimed=claimed,
    )


def _with_unique_ids(members: list[Comment]) -> dict[str, Comment]:
    taken = {comment.id for comment in members}
    by_id: dict[str, Comment] = {}
    uses: dict[str, int] = {}
    for comment in members:
        if comment.id not in by_id:
            by_id[comment.id] = comment
            continue
        use = uses.get(comment.id, 1) + 1
        while f"{comment.id}#{use}" in taken:
            use += 1
        uses[comment.id] = use
        fresh = f"{comment.id}#{use}"
        taken.add(fresh)
        by_id[fresh] = _flagged(comment, ID_REPEATED, id=fresh)
    return by_id


def _detach_orphans(by_id: dict[str, Comment]) -> dict[str, Comment]:
    return {
        name: comment
        if comment.parent_id is None or comment.parent_id in by_id
        else _flagged(comment, ORPHAN, parent_id=None)
        for name, comment in by_id.items()
    }


def _cut_cycles(by_id: dict[str, Comment]) -> dict[str, Comment]:
    """A comment has at most one parent, so a circle shows when one walk upwards meets a comment again."""
    walk_of: dict[str, int] = {}
    for number, start in enumerate(list(by_id)):
        path: list[str] = []
        here: str | None = start
        while here is not None and here not in walk_of:
            walk_of[here] = number
            path.append(here)
            here = by_id[here].parent_id
        if here is not None and walk_of[here] == number and by_id[here].parent_id is not None:
            circle = path[path.index(here) :]
            first = min(circle, key=lambda name: (by_id[name].created or _UNDATED, _natural(name)))
            by_id[first] = _flagged(by_id[first], CYCLE, parent_id=None)
    return by_id


def _in_order(by_id: dict[str, Comment]) -> Iterator[Comment]:
    """By time then id, parents first. An undated reply stands where its parent stands, an undated root comes first, both in
    the order of the dump."""
    replies: dict[str | None, list[tuple[_Rank, Comment]]] = {}
    for place, comment in enumerate(by_id.values()):
        rank = (1, *_natural(comment.id)) if comment.created else (0, place)
        replies.setdefault(comment.parent_id, []).append((rank, comment))
    ready: list[tuple[datetime, _Rank, str]] = []
    _push(ready, replies.get(None, ()), _UNDATED)
    while ready:
        moment, _, name = heapq.heappop(ready)
        yield by_id[name]
        _push(ready, replies.get(name, ()), moment)


def _push(
    ready: list[tuple[datetime, _Rank, str]], comments: Iterable[tuple[_Rank, Comment]], parent_moment: datetime
) -> None:
    for rank, comment in comments:
        heapq.heappush(ready, (comment.created or parent_moment, rank, comment.id))


def _natural(name: str) -> _Rank:
    """`c2` before `c10`. Digits are compared by length then value: an id may hold more digits than int() takes."""
    parts = _DIGITS.split(name)
    return tuple((len(p.lstrip("0")), p.lstrip("0")) if i % 2 else p for i, p in enumerate(parts))


def _flagged(comment: Comment, flag: str, **changes: str | datetime | None) -> Comment:
    flags = comment.flags if flag in comment.flags else (*comment.flags, flag)
    return replace(comment, flags=flags, **changes)  # type: ignore[arg-type]
