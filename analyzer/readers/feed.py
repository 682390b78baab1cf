"""Feeds of comments (RSS, Atom) and Blogger's backup, which is an Atom feed of posts and comments."""

import re
from collections.abc import Iterator

from analyzer.readers.files import DumpStream
from analyzer.readers.markup import html_to_text, lines_to_breaks
from analyzer.readers.tally import Tally
from analyzer.readers.values import as_time
from analyzer.readers.xml import Record, read_records
from analyzer.schema import Comment, Status

_ROOT = re.compile(rb"\A(?:<[?!][^>]{0,500}>\s*)*<(rss|feed)\b")
_ENTRIES = frozenset({"item", "entry"})
_SETTINGS = ("#settings", "#template")
_COMMENT = re.compile(r"#(?:comment-|c)(\d+)\Z")
# WordPress says so in a paragraph of its own
_ANSWERS = re.compile(
    r"""\A\s*(?:<p>)?[^<]{0,60}<a [^>]*?href=["'][^"'#]*#comment-(\d+)["'][^>]*>[^<]*</a>\.?\s*(?:</p>)?"""
)
_ANSWERED = re.compile(r"/comments/default/(\d+)\Z")  # Blogger


def is_feed(head: bytes) -> bool:
    """True for a feed, by its first bytes in lower case, that holds a comment: it answers a post or has its anchor.

    In Blogger's backup settings and templates come first.
    """
    root = _ROOT.match(head)
    marks = (b"<thr:in-reply-to", b"google.com/blogger/") if root and root[1] == b"feed" else (b"#comment-",)
    return root is not None and any(mark in head for mark in marks)


def read(stream: DumpStream, source: str, tally: Tally) -> Iterator[Comment]:
    """A Comment an entry that stands under a post; posts give title and address to the comments behind them."""
    posts: dict[str, Record] = {}
    for record in read_records(stream, _ENTRIES, "item", tally):
        if not record.closed:
            tally.reject(source, record.line, "the file ends inside this entry")
        elif comment := _rss(record, source) if record.name == "item" else _atom(record, source, posts):
            yield comment
        elif not any(kind.attributes.get("term", "").endswith(_SETTINGS) for kind in record.all("category")):
            posts[record.value("id")] = record
            tally.count("posts")


def _rss(item: Record, source: str) -> Comment | None:
    link = item.value("link")
    anchor = _COMMENT.search(link)
    if anchor is None:
        return None
    written = item.value("encoded") or item.value("description")
    answers = _ANSWERS.match(written)
    created, flags = as_time(item.value("pubDate"))
    return Comment(
        source=source,
        id=anchor[1],
        thread_id=link[: anchor.start()],
        parent_id=answers[1] if answers else None,
        author=item.value("creator") or None,
        created=created,
        text=html_to_text(written[answers.end() :] if answers else written),
        status=Status.VISIBLE,
        thread_url=link[: anchor.start()],
        flags=flags,
    )


def _atom(entry: Record, source: str, posts: dict[str, Record]) -> Comment | None:
    under = entry.first("in-reply-to")
    if under is None:
        return None
    thread, author, content = under.attributes.get("ref", ""), entry.first("author"), entry.first("content")
    post = posts.get(thread)
    anchor = _COMMENT.search(_link(entry, "alternate"))
    answers = _ANSWERED.search(_link(entry, "related"))
    created, flags = as_time(entry.value("published"))
    written = content.text if content else ""
    is_text = content is not None and content.attributes.get("type") == "text"
    return Comment(
        source=source,
        id=anchor[1] if anchor else entry.value("id").rpartition("post-")[2],
        thread_id=thread or under.attributes.get("href", ""),
        parent_id=answers[1] if answers else None,
        author=author.value("name") or None if author else None,
        created=created,
        text=written.strip() if is_text else html_to_text(lines_to_breaks(written)),
        status=Status.VISIBLE,
        thread_title=post.value("title") or None if post else None,
        thread_url=under.attributes.get("href") or None,
        flags=flags,
    )


def _link(entry: Record, relation: str) -> str:
    return next(
        (link.attributes.get("href", "") for link in entry.all("link") if link.attributes.get("rel") == relation), ""
    )
