"""Reddit: month files (NDJSON of comments), `.json` pages (listings), `morechildren` and Pushshift answers.

Comment ids carry their prefix (`t1_…`), because parents are named that way; the thread is the post (`t3_…`).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from analyzer.readers.documents import first_value, holds_lines, read_document, read_lines
from analyzer.readers.files import DumpStream
from analyzer.readers.markup import unescape
from analyzer.readers.tally import Site, Tally
from analyzer.readers.values import (
    UNKNOWN_THREAD,
    address,
    as_address,
    as_count,
    as_id,
    as_list,
    as_name,
    as_object,
    as_text,
    as_time,
    dig,
    objects,
    preorder,
    reject,
)
from analyzer.schema import Comment, Status

NAME = "reddit"
STREAM = ("item", "data.item")

_SITE = "https://www.reddit.com"
_REMOVED = re.compile(r"\[\s*removed(?: by (?:reddit|moderator)[^\]]*)?\s*\]", re.IGNORECASE)
_DELETED = re.compile(r"\[\s*deleted(?: by user)?\s*\]", re.IGNORECASE)
# Reddit escapes these three; one of them standing raw proves that the file was fetched with raw_json=1.
_RAW = re.compile(r"[<>]|&(?!amp;|lt;|gt;)")
_NAME = re.compile(r"t\d_")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_KEPT = 100_000  # posts that wait for their comments: a month file holds millions
_JOINED = 300_000  # posts of files beside the comments: about 60 MB

_Thing = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Post:
    title: str | None = None
    url: str | None = None
    claimed: int | None = None


def sniff(value: object) -> bool:
    record = as_object(value[0] if isinstance(value, list) and value else value)
    if record.get("kind") in ("Listing", "t1", "t3", "more"):
        return isinstance(record.get("data"), Mapping)
    if isinstance(dig(record, "json", "data", "things"), list):
        return True
    page = as_list(record.get("data"))
    head = as_object(page[0]) if page else record
    return _is_comment(head) or _is_post(head)


def read(document: Iterable[object], source: str, tally: Tally) -> Iterator[Comment]:
    posts: dict[str, _Post] = {}
    before = tally.counts["posts"]
    alone = True
    for comment in _read_values(document, posts, source, tally):
        alone = False
        yield comment
    if alone and (found := tally.counts["posts"] - before):
        tally.note(
            f"{source}: posts of Reddit ({found:,}), no comments; their titles are joined to comments read with them"
        )


read_items = read


def gather(stream: DumpStream, site: Site) -> None:
    """Keep title and number of comments of the posts of a file that begins with one (`RS_…`, `…_submissions`)."""
    if not _is_post(as_object(first_value(stream))):
        return
    for value in read_lines(stream, Tally()) if holds_lines(stream) else read_document(stream, Tally()):
        record = as_object(value)
        if _is_post(record) and (name := _full_name(record, "t3_")) and len(site.posts) < _JOINED:
            title = as_name(record.get("title"))
            plain = _plain([title or ""])
            site.posts[name] = title and plain(title), as_count(record.get("num_comments"))


def _read_values(document: Iterable[object], posts: dict[str, _Post], source: str, tally: Tally) -> Iterator[Comment]:
    for value in document:
        if isinstance(value, Mapping) and isinstance(value.get("data"), list):
            yield from _read_values(as_list(value["data"]), posts, source, tally)
        elif isinstance(value, Mapping) and not _is_wrapped(value):
            yield from _from_record(value, posts, source, tally)
        elif isinstance(value, Mapping) or _is_listing_pair(value):
            yield from _from_listings(value if isinstance(value, list) else [value], source, tally)
        elif isinstance(value, list):
            yield from (
                _read_values(value, posts, source, tally) if not _nested(value) else _refuse(value, source, tally)
            )
        else:
            reject(tally, source, "not a Reddit comment: expected an object", value)


def _is_wrapped(value: Mapping[str, object]) -> bool:
    return "json" in value or (isinstance(value.get("kind"), str) and isinstance(value.get("data"), Mapping))


def _is_listing_pair(value: object) -> bool:
    return isinstance(value, list) and any(isinstance(part, Mapping) and _is_wrapped(part) for part in value)


def _nested(value: list[object]) -> bool:
    return any(isinstance(part, list) for part in value)


def _refuse(value: list[object], source: str, tally: Tally) -> Iterator[Comment]:
    reject(tally, source, "lists within lists are not a Reddit listing", value)
    return iter(())


def _is_comment(record: Mapping[str, object]) -> bool:
    """True also for the bare ids of Pushshift's tables."""
    if "body" not in record or "link_id" not in record:
        return False
    return as_text(record["link_id"]).startswith("t3_") or {"subreddit", "created_utc", "parent_id"} <= record.keys()


def _is_post(record: Mapping[str, object]) -> bool:
    """True for a post of Reddit's own; where scripts list its comments in it, it is an article like any other."""
    is_named = "title" in record and "body" not in record and ("selftext" in record or "is_self" in record)
    return is_named and not isinstance(record.get("comments"), list)


def _from_record(record: _Thing, posts: dict[str, _Post], source: str, tally: Tally) -> Iterator[Comment]:
    """A line of a month file. Posts (`RS_…`) hold no comments: they are counted, and kept for the comments that follow."""
    if _is_post(record):
        _add_post(record, _plain([as_text(record.get("title"))]), posts, tally)
        if len(posts) > _KEPT:
            del posts[next(iter(posts))]
        return
    link = _link(record) or ""
    title, claimed = tally.site.posts.get(link, (None, None))
    post = posts.get(link) or _Post(title, claimed=claimed)
    comment = _comment(record, post, _plain([as_text(record.get("body"))]), source)
    if comment is None:
        reject(tally, source, "Reddit comment without an id or a body", record)
        return
    if post.claimed is not None:
        tally.claimed[comment.thread_id] = post.claimed
    yield comment


def _plain(texts: list[str]) -> Callable[[str], str]:
    """How to read texts: as they are if one shows that they were fetched raw, else unescaped once."""
    return str if any(_RAW.search(text) for text in texts) else unescape


def _from_listings(parts: list[object], source: str, tally: Tally) -> Iterator[Comment]:
    things = [thing for part in parts for thing in _things(part)]
    plain = _plain([as_text(dig(thing, "data", "body")) for thing, _ in preorder(things, _replies)])
    posts: dict[str, _Post] = {}
    hidden = 0
    for thing, _ in preorder(things, _replies):
        kind, record = thing.get("kind"), as_object(thing.get("data"))
        if kind == "t3":
            name = _add_post(record, plain, posts, tally)
            if name and (claimed := posts[name].claimed) is not None:
                tally.claimed[name] = claimed
        elif kind == "more":
            tally.count("more_stubs")
            hidden += len(as_list(record.get("children")))
        elif kind == "t1":
            comment = _comment(record, posts.get(_link(record) or "") or _Post(), plain, source)
            if comment is None:
                reject(tally, source, "Reddit comment without an id or a body", record)
            else:
                yield comment
        else:
            reject(tally, source, "neither a comment, nor a post, nor a 'more' link of Reddit", thing)
    if hidden:
        tally.count("hidden", hidden)
        tally.note(f"Comments behind 'load more' links, not in the file: {hidden}.")


def _things(part: object) -> list[_Thing]:
    """The things of a listing, of a `morechildren` answer, or the one thing itself."""
    children = dig(part, "json", "data", "things")
    if children is None:
        children = dig(part, "data", "children") if dig(part, "kind") == "Listing" else None
    if children is not None:
        return [child if isinstance(child, Mapping) else {"kind": None, "data": child} for child in as_list(children)]
    return [part if isinstance(part, Mapping) else {"kind": None, "data": part}]


def _replies(thing: _Thing) -> list[_Thing]:
    if thing.get("kind") != "t1":
        return []
    return objects(dig(thing, "data", "replies", "data", "children"))


def _add_post(record: _Thing, plain: Callable[[str], str], posts: dict[str, _Post], tally: Tally) -> str | None:
    """The name under which the post is kept; None for one without an id."""
    tally.count("posts")
    name = _full_name(record, "t3_")
    if name is not None:
        title = as_name(record.get("title"))
        claimed = as_count(record.get("num_comments"))
        posts[name] = _Post(title and plain(title), _address(record.get("permalink")), claimed)
    return name


def _comment(record: Mapping[str, object], post: _Post, plain: Callable[[str], str], source: str) -> Comment | None:
    name = _full_name(record, "t1_")
    body = record.get("body")
    if name is None or not isinstance(body, str):
        return None
    link, parent = _link(record), _prefixed(record.get("parent_id"), "t1_")
    created, flags = as_time(record.get("created_utc"), utc=True)
    author = as_name(record.get("author"))
    status = _status(record, body)
    gone = status in (Status.DELETED, Status.REMOVED)
    link_title = as_name(record.get("link_title"))
    return Comment(
        source=source,
        id=name,
        thread_id=link or UNKNOWN_THREAD,
        text="" if gone else plain(body),
        parent_id=None if parent is None or parent.startswith("t3_") or parent[3:] == (link or "")[3:] else parent,
        author=None if author in ("[deleted]", "[removed]") else author,
        created=created,
        status=status,
        likes=None if record.get("score_hidden") is True else as_count(record.get("score", record.get("ups"))),
        thread_title=post.title or (plain(link_title) if link_title else None),
        thread_url=post.url or _thread_address(record),
        flags=flags,
    )


def _link(record: Mapping[str, object]) -> str | None:
    return _prefixed(record.get("link_id"), "t3_")


def _prefixed(value: object, prefix: str) -> str | None:
    """An id with its prefix; Pushshift writes some without, and as numbers to the base of ten."""
    identity = _to_base36(value) if isinstance(value, int) and 0 < value < 2**63 else as_id(value)
    return identity if identity is None or _NAME.match(identity) else prefix + identity


def _to_base36(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
    return digits


def _full_name(record: Mapping[str, object], prefix: str) -> str | None:
    name = as_id(record.get("name"))
    if name is not None and name.startswith(prefix):
        return name
    bare = as_id(record.get("id"))
    return None if bare is None else prefix + bare.removeprefix(prefix)


def _status(record: Mapping[str, object], body: str) -> Status:
    if _DELETED.fullmatch(body.strip()):
        return Status.DELETED
    if _REMOVED.fullmatch(body.strip()) or record.get("removed") is True:
        return Status.REMOVED
    return Status.SPAM if record.get("spam") is True else Status.VISIBLE


def _thread_address(record: Mapping[str, object]) -> str | None:
    """The post's address: a comment's own is `/r/NAME/comments/POST/SLUG/COMMENT/`."""
    link = _address(record.get("link_permalink"))
    if link:
        return link
    parts = as_text(record.get("permalink")).split("/")
    if len(parts) >= 7 and parts[3] == "comments":
        return _address("/".join(parts[:6]) + "/")
    return address(f"{_SITE}/comments/", (_link(record) or "").removeprefix("t3_"))


def _address(permalink: object) -> str | None:
    path = as_text(permalink)
    return _SITE + path if path.startswith("/") else as_address(path)
