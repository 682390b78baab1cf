"""Bluesky: post threads (nested, or flat as `getPostThreadV2` gives them), feeds and search results of the app's API.

Also what lies below the app: events of the network's stream (Jetstream) and the records of a repository (`listRecords`).
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from analyzer.readers.tally import Tally
from analyzer.readers.values import (
    as_count,
    as_id,
    as_list,
    as_name,
    as_object,
    as_text,
    as_time,
    dig,
    preorder,
    reject,
)
from analyzer.schema import Comment, Status

NAME = "bluesky"
STREAM = ("posts.item", "feed.item", "records.item", "item")

_DEFS = "app.bsky.feed.defs#"
_LISTS = ("posts", "feed", "records")
_POST = "app.bsky.feed.post"
_GONE = (f"{_DEFS}notFoundPost", f"{_DEFS}blockedPost")
_POST_ADDRESS = re.compile(r"at://([\w.:%-]+)/app\.bsky\.feed\.post/([\w.~:-]+)", re.ASCII)
_TAKEN_DOWN = ("!takedown", "!hide")

_Record = Mapping[str, object]


def sniff(value: object) -> bool:
    record = as_object(value[0] if isinstance(value, list) and value else value)
    if _is_item(record) or any(_is_item(item) for item in as_list(record.get("thread"))[:1]):
        return True
    node = as_object(record.get("thread"))
    if as_text(node.get("$type")).startswith(_DEFS) or _is_post(node.get("post")) or _is_post(record):
        return True
    entries = next((found for name in _LISTS if (found := as_list(record.get(name)))), [])
    head = as_object(entries[0]) if entries else record
    return _is_post(head) or _is_post(head.get("post")) or _from_below(head) is not None


def read(document: Iterable[object], source: str, tally: Tally) -> Iterator[Comment]:
    for value in document:
        items = value if isinstance(value, list) else as_list(dig(value, "thread"))
        if any(map(_is_item, items)):
            yield from _from_items(items, source, tally)
            continue
        for record in value if isinstance(value, list) else [value]:
            node = dig(record, "thread")
            if isinstance(node, Mapping):
                yield from _from_thread(node, source, tally)
                continue
            entries = next((found for name in _LISTS if (found := dig(record, name))), None)
            yield from _read_entries(entries if isinstance(entries, list) else [record], source, tally)


read_items = read


def _read_entries(entries: Iterable[object], source: str, tally: Tally) -> Iterator[Comment]:
    """Posts of a feed or a search. Reposts are counted, not read: they are another's words."""
    for entry in entries:
        record = as_object(entry)
        if as_text(dig(record, "reason", "$type")).endswith("#reasonRepost"):
            tally.count("reposts")
            continue
        below = _from_below(record)
        if below is not None and not _is_post(below):
            tally.count("skipped_rows")  # likes, follows, deletions
            continue
        post = as_object(record.get("post")) if _is_post(record.get("post")) else below or record
        comment = _comment(post, None, None, source)
        if comment is None:
            reject(tally, source, "Bluesky post without an address", entry)
        else:
            yield comment


def _is_post(value: object) -> bool:
    return as_text(dig(value, "uri")).startswith("at://") and isinstance(dig(value, "record"), Mapping)


def _from_below(event: _Record) -> _Record | None:
    """An event of the stream or a record of a repository in the form of a post; without a record if it is none."""
    commit, author = as_object(event.get("commit")), as_text(event.get("did"))
    if author.startswith("did:") and (commit or "kind" in event):
        address = f"at://{author}/{as_text(commit.get('collection'))}/{as_text(commit.get('rkey'))}"
        record = commit.get("record") if commit.get("collection") == _POST else None
        return {"uri": address, "record": record, "author": {"did": author}}
    address = as_text(event.get("uri"))
    if not address.startswith("at://") or "record" in event or "$type" not in as_object(event.get("value")):
        return None
    record = event.get("value") if dig(event, "value", "$type") == _POST else None
    return {"uri": address, "record": record, "author": {"did": address.split("/")[2]}}


def _from_thread(node: _Record, source: str, tally: Tally) -> Iterator[Comment]:
    """A post with the posts above it (`parent`, one inside the other) and below it (`replies`)."""
    above: list[_Record] = []
    parent = node.get("parent")
    while isinstance(parent, Mapping):
        above.append(parent)
        parent = parent.get("parent")
    top = _address(above[-1]) if above else None
    root = as_id(dig(node, "post", "record", "reply", "root", "uri")) or top or _address(node)
    last: object = None
    for ancestor in reversed(above):
        yield from _from_node(ancestor, last, root, (source, tally))
        last = ancestor
    for entry, parent_node in preorder(list[object]([node]), _replies):
        yield from _from_node(entry, last if parent_node is None else parent_node, root, (source, tally))


def _is_item(value: object) -> bool:
    """True for an entry of the flat list that the second form of a thread is (`getPostThreadV2`)."""
    return as_text(dig(value, "value", "$type")).startswith("app.bsky.unspecced.defs#threadItem")


def _from_items(items: list[object], source: str, tally: Tally) -> Iterator[Comment]:
    """A thread as a list, where a post answers the last one before it that is less deep by one."""
    root: str | None = None
    hidden = 0
    above: dict[int, _Record] = {}
    for item in items:
        value, depth = as_object(dig(item, "value")), as_count(dig(item, "depth")) or 0
        node = value if "post" in value else {"uri": dig(item, "uri"), "blocked": True}
        root = root or as_id(dig(node, "post", "record", "reply", "root", "uri")) or _address(node)
        above[depth] = node
        yield from _from_node(node, above.get(depth - 1), root, (source, tally))
        hidden += as_count(value.get("moreReplies")) or 0
    if hidden:
        tally.count("hidden", hidden)
        tally.note(f"Replies that the server did not give out, not in the file: {hidden}.")


def _replies(node: object) -> list[object]:
    return as_list(dig(node, "replies"))


def _from_node(entry: object, parent: object, root: str | None, reading: tuple[str, Tally]) -> Iterator[Comment]:
    source, tally = reading
    node = as_object(entry)
    if node.get("$type") in _GONE or node.get("notFound") is True or node.get("blocked") is True:
        comment = _gone(node, parent, root, source)
    else:
        comment = _comment(as_object(node.get("post")), root, _address(parent), source)
    if comment is None:
        reject(tally, source, "Bluesky post without an address", entry)
    else:
        yield comment


def _address(node: object) -> str | None:
    return as_id(dig(node, "post", "uri")) or as_id(dig(node, "uri"))


def _web_address(thread: str) -> str | None:
    """Where the app shows the post `at://AUTHOR/app.bsky.feed.post/KEY`."""
    match = _POST_ADDRESS.fullmatch(thread)
    return f"https://bsky.app/profile/{match[1]}/post/{match[2]}" if match else None


def _gone(node: _Record, parent: object, root: str | None, source: str) -> Comment | None:
    """A post that was taken down, or whose author blocks the reader: a place in the tree without words."""
    address = as_id(node.get("uri"))
    if address is None:
        return None
    return Comment(
        source=source,
        id=address,
        thread_id=root or address,
        text="",
        parent_id=_address(parent),
        status=Status.REMOVED,
        thread_url=_web_address(root or address),
    )


def _comment(post: _Record, root: str | None, above: str | None, source: str) -> Comment | None:
    address = as_id(post.get("uri"))
    if address is None:
        return None
    record = as_object(post.get("record"))
    thread = root or as_id(dig(record, "reply", "root", "uri")) or address
    labels = [as_text(dig(label, "val")) for label in as_list(post.get("labels"))]
    removed = any(label in _TAKEN_DOWN for label in labels)
    languages = [name for name in as_list(record.get("langs")) if isinstance(name, str)]
    created, flags = as_time(record.get("createdAt"))
    return Comment(
        source=source,
        id=address,
        thread_id=thread,
        text="" if removed else as_text(record.get("text")),
        parent_id=as_id(dig(record, "reply", "parent", "uri")) or above,
        author=as_name(dig(post, "author", "handle")) or as_name(dig(post, "author", "did")),
        created=created,
        lang=languages[0] if len(languages) == 1 else None,
        status=Status.REMOVED if removed else Status.VISIBLE,
        likes=as_count(post.get("likeCount")),
        thread_url=_web_address(thread),
        flags=flags,
    )
