"""Discourse: topics, lists of posts, the latest posts of a forum, a user's actions.

A comment's id is its number in the topic, because replies name that number; `extra["raw_id"]` holds the post's own id.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from analyzer.readers.markup import html_to_text, unescape
from analyzer.readers.tally import Tally
from analyzer.readers.values import (
    EMPTY,
    UNKNOWN_THREAD,
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

NAME = "discourse"
STREAM = ("post_stream.posts.item", "latest_posts.item", "user_actions.item", "item")
HEAD = ("id", "title", "posts_count")

_LIKE = 2
_SMALL_ACTION = 3
_WHISPER = 4
_LISTS = ("latest_posts", "user_actions", "posts")

_Record = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Topic:
    id: str | None = None
    title: str | None = None


def sniff(value: object) -> bool:
    record = as_object(value[0] if isinstance(value, list) and value else value)
    if isinstance(dig(record, "post_stream", "posts"), list) or _is_post(record):
        return True
    if isinstance(record.get("latest_posts"), list) or isinstance(record.get("user_actions"), list):
        return True
    posts = as_list(record.get("posts"))
    return bool(posts) and _is_post(as_object(posts[0]))


def read(document: Iterable[object], source: str, tally: Tally) -> Iterator[Comment]:
    for value in document:
        for record in value if isinstance(value, list) else [value]:
            if isinstance(dig(record, "post_stream"), Mapping):
                yield from _from_topic(as_object(record), source, tally)
            elif any(isinstance(dig(record, name), list) for name in _LISTS):
                for name in _LISTS:
                    yield from _from_posts(as_list(dig(record, name)), _Topic(), source, tally)
            else:
                yield from _from_posts([record], _Topic(), source, tally)


def read_items(items: Iterable[object], source: str, tally: Tally, head: _Record = EMPTY) -> Iterator[Comment]:
    """Posts of the topic of the head, or of several topics."""
    topic = _topic(head)
    if topic.id is None:
        yield from read(items, source, tally)
        return
    held = 0
    for post in items:
        held += 1
        yield from _from_posts([post], topic, source, tally)
    _claim(topic, as_count(head.get("posts_count")) or 0, held, tally)


def _is_post(record: _Record) -> bool:
    return "post_number" in record and "topic_id" in record


def _from_topic(record: _Record, source: str, tally: Tally) -> Iterator[Comment]:
    stream = as_object(record.get("post_stream"))
    posts = as_list(stream.get("posts"))
    topic = _topic(record)
    _claim(topic, max(len(as_list(stream.get("stream"))), as_count(record.get("posts_count")) or 0), len(posts), tally)
    yield from _from_posts(posts, topic, source, tally)


def _topic(record: _Record) -> _Topic:
    return _Topic(as_id(record.get("id")), as_name(unescape(as_text(record.get("title")))))


def _claim(topic: _Topic, claimed: int, held: int, tally: Tally) -> None:
    if claimed and topic.id:
        tally.claimed[topic.id] = claimed
    if claimed > held:
        tally.note(f"Topic {topic.id} has {claimed} posts, the file holds {held} of them.")


def _from_posts(posts: Iterable[object], topic: _Topic, source: str, tally: Tally) -> Iterator[Comment]:
    for post in posts:
        record = as_object(post)
        if record.get("post_type") == _SMALL_ACTION:
            tally.count("small_actions")
            continue
        if record.get("archetype") == "private_message":
            tally.count("private")
            continue
        comment = _comment(record, topic, source)
        if comment is None:
            reject(tally, source, "Discourse post without a number", post)
        else:
            yield comment


def _comment(post: _Record, topic: _Topic, source: str) -> Comment | None:
    number = as_id(post.get("post_number"))
    if number is None:
        return None
    status = _status(post)
    created, flags = as_time(post.get("created_at"))
    raw_id = as_id(first(post, "id", "post_id"))
    title = as_name(unescape(as_text(first(post, "topic_title", "title"))))
    return Comment(
        source=source,
        id=number,
        thread_id=as_id(post.get("topic_id")) or topic.id or UNKNOWN_THREAD,
        text=_text(post) if status is Status.VISIBLE else "",
        parent_id=as_id(post.get("reply_to_post_number")),
        author=as_name(post.get("username")),
        created=created,
        status=status,
        likes=_likes(post),
        thread_title=topic.title or title,
        flags=flags + _remarks(post, number),
        extra={"raw_id": raw_id} if raw_id else {},
    )


def _text(post: _Record) -> str:
    """What was posted: HTML as shown, else Markdown, else the excerpt that lists of a user's actions have."""
    cooked, raw = post.get("cooked"), post.get("raw")
    if isinstance(cooked, str):
        return html_to_text(cooked)
    return raw if isinstance(raw, str) else html_to_text(as_text(post.get("excerpt")))


def _status(post: _Record) -> Status:
    if post.get("user_deleted") is True:
        return Status.DELETED
    if post.get("deleted_at") is not None or post.get("deleted") is True:
        return Status.DELETED
    return Status.REMOVED if post.get("hidden") is True else Status.VISIBLE


def _remarks(post: _Record, number: str) -> tuple[str, ...]:
    """The first post is the article; whispers are seen by staff alone."""
    return (("article",) if number == "1" else ()) + (("whisper",) if post.get("post_type") == _WHISPER else ())


def _likes(post: _Record) -> int | None:
    for action in objects(post.get("actions_summary")):
        if action.get("id") == _LIKE:
            return as_count(action.get("count")) or 0
    return as_count(post.get("like_count"))
