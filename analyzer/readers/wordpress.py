"""WordPress exports (WXR 1.0 to 1.2), also in the dialect that Disqus imports. Names are matched without their prefixes."""

from collections.abc import Iterator
from datetime import datetime

from analyzer.readers.files import DumpStream
from analyzer.readers.markup import html_to_text, lines_to_breaks, unescape
from analyzer.readers.tally import Tally
from analyzer.readers.values import PINGBACKS, UNKNOWN_THREAD, as_time
from analyzer.readers.xml import Record, read_records
from analyzer.schema import Comment, Status

_STATUSES = {
    "1": Status.VISIBLE,
    "approved": Status.VISIBLE,
    "0": Status.PENDING,
    "hold": Status.PENDING,
    "spam": Status.SPAM,
    "trash": Status.REMOVED,
    "post-trashed": Status.REMOVED,
}
# What shop plugins keep among the comments: remarks of the shop and its machines on orders (WooCommerce, Action Scheduler)
_NOTES = frozenset({"order_note", "action_log", "webhook_delivery"})


def read(stream: DumpStream, source: str, tally: Tally) -> Iterator[Comment]:
    """The comments of every item: posts, pages and attachments."""
    for item in read_records(stream, frozenset({"item"}), "item", tally):
        if not item.closed:
            tally.reject(source, item.line, "the file ends inside this item; its whole comments were read")
        for number, record in enumerate(item.all("comment"), 1):
            if record.value("comment_type").lower() in _NOTES:
                tally.count("service_messages")
                continue
            yield _comment(record, number, item, source)


def _comment(record: Record, number: int, item: Record, source: str) -> Comment:
    created, flags = _created(record)
    is_pingback = record.value("comment_type").lower() in PINGBACKS
    text = html_to_text(lines_to_breaks(record.value("comment_content")))
    return Comment(
        source=source,
        id=record.value("comment_id") or f"comment{number}",
        thread_id=_thread_id(item),
        parent_id=_parent(record),
        author=record.value("comment_author") or None,
        created=created,
        text=unescape(text) if is_pingback else text,
        status=_STATUSES.get(record.value("comment_approved").lower(), Status.UNKNOWN),
        thread_title=item.value("title") or None,
        thread_url=item.value("link") or None,
        flags=(*flags, "pingback") if is_pingback else flags,
    )


def _thread_id(item: Record) -> str:
    """In the Disqus dialect a comment can stand in an item of its own: the identifier joins them, then the address."""
    return (
        item.value("thread_identifier")
        or item.value("post_id")
        or item.value("link")
        or item.value("title")
        or UNKNOWN_THREAD
    )


def _parent(record: Record) -> str | None:
    """The Disqus dialect may write the path of parents with commas; the last is the parent."""
    parent = record.value("comment_parent").rpartition(",")[2].strip()
    return None if parent in ("", "0") else parent


def _created(record: Record) -> tuple[datetime | None, tuple[str, ...]]:
    """The time in UTC; where WordPress had none (0000-00-00), the blog's own time, flagged."""
    created, flags = as_time(record.value("comment_date_gmt"), utc=True)
    return (created, flags) if created else as_time(record.value("comment_date"))
