"""YouTube: Data API pages, yt-dlp's `.info.json`, and the output of comment scrapers.

The thread is the video (the channel, where a comment is on the channel page). Replies have ids of the form `PARENT.x`.
"""

from collections.abc import Iterable, Iterator, Mapping

from analyzer.readers import tiktok
from analyzer.readers.markup import html_to_text
from analyzer.readers.tally import Tally
from analyzer.readers.values import (
    EMPTY,
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
    first,
    reject,
)
from analyzer.schema import Comment, Status

NAME = "youtube"
STREAM = ("comments.item", "items.item", "item")
HEAD = ("id", "fulltitle", "title", "webpage_url", "comment_count", "nextPageToken")

_STATUS = {
    "heldForReview": Status.PENDING,
    "likelySpam": Status.SPAM,
    "rejected": Status.REMOVED,
    "published": Status.VISIBLE,
}
_WATCH = "https://www.youtube.com/watch?v="
_TEXT_FIELDS = ("text", "comment", "full_text")

_Record = Mapping[str, object]


def sniff(value: object) -> bool:
    record = as_object(value[0] if isinstance(value, list) and value else value)
    if as_text(record.get("kind")).startswith("youtube#comment") or _is_info(record) or _is_entry(record):
        return True
    entries = as_list(record.get("items")) or as_list(record.get("comments"))
    return bool(entries) and _is_entry(as_object(entries[0]))


def _is_info(record: _Record) -> bool:
    """yt-dlp's description of a video, whether or not it was told to write the comments."""
    return "webpage_url" in record and ("comments" in record or "extractor" in record)


def _is_entry(record: _Record) -> bool:
    kind, snippet = as_text(record.get("kind")), as_object(record.get("snippet"))
    return kind.startswith("youtube#comment") or "topLevelComment" in snippet or _is_scraped(record)


def read(document: Iterable[object], source: str, tally: Tally) -> Iterator[Comment]:
    nowhere = _Video(EMPTY)
    for value in document:
        for record in value if isinstance(value, list) else [value]:
            if not isinstance(record, Mapping):
                reject(tally, source, "not a YouTube comment: expected an object", record)
            elif isinstance(record.get("items"), list):
                yield from _from_page(as_list(record.get("items")), record, source, tally)
            elif isinstance(record.get("comments"), list):
                yield from _from_video(as_list(record.get("comments")), record, source, tally)
            elif _is_info(record):
                tally.note("This file describes a video without its comments: run yt-dlp with --write-comments.")
            else:
                yield from _from_entry(record, nowhere, source, tally)


def read_items(items: Iterable[object], source: str, tally: Tally, head: _Record = EMPTY) -> Iterator[Comment]:
    """Entries of a file too large to hold, under the video or the page of the head."""
    if as_text(head.get("webpage_url")):
        yield from _from_video(items, head, source, tally)
    elif head:
        yield from _from_page(items, head, source, tally)
    else:
        yield from read(items, source, tally)


class _Video:
    """Where the comments hang, as far as the file says; entries are counted to give an id to those without one."""

    def __init__(self, info: _Record) -> None:
        self.id = as_id(info.get("id"))
        self.title = as_name(first(info, "fulltitle", "title"))
        self.url = as_address(info.get("webpage_url"))
        self.seen = 0


def _from_page(entries: Iterable[object], page: _Record, source: str, tally: Tally) -> Iterator[Comment]:
    nowhere = _Video(EMPTY)
    for entry in entries:
        yield from _from_entry(entry, nowhere, source, tally)
    if as_text(page.get("nextPageToken")):
        tally.count("pages_with_more")
        tally.note("A page of comments says that another page follows: read all page files together.")


def _from_video(entries: Iterable[object], info: _Record, source: str, tally: Tally) -> Iterator[Comment]:
    video = _Video(info)
    for entry in entries:
        yield from _from_entry(entry, video, source, tally)
    claimed = as_count(info.get("comment_count"))
    if claimed is not None:
        tally.claimed[video.id or UNKNOWN_THREAD] = claimed


def _from_entry(entry: object, video: _Video, source: str, tally: Tally) -> Iterator[Comment]:
    video.seen += 1
    record = as_object(entry)
    snippet = record.get("snippet")
    if isinstance(snippet, Mapping) and "topLevelComment" in snippet:
        yield from _from_comment_thread(record, source, tally)
        return
    if isinstance(snippet, Mapping):
        comment = _from_resource(record, None, None, source)
    elif _is_scraped(record):
        comment = _from_scraper(record, video, source)
    else:
        comment = None
    if comment is None:
        reject(tally, source, "YouTube comment without an id or a text", entry)
    else:
        yield comment


def _from_comment_thread(record: _Record, source: str, tally: Tally) -> Iterator[Comment]:
    """A `commentThread` resource: the top comment and at most five of its replies."""
    snippet = as_object(record.get("snippet"))
    place, parent = _place(snippet), as_id(record.get("id"))
    top = _from_resource(as_object(snippet.get("topLevelComment")), place, None, source)
    if top is None:
        reject(tally, source, "YouTube comment without an id or a text", record)
    else:
        place, parent = top.thread_id, top.id
        yield top
    if tally.is_new("claim", NAME, place or "", parent or ""):  # pages overlap
        claimed = 1 + max(0, as_count(snippet.get("totalReplyCount")) or 0)
        tally.claimed[place or UNKNOWN_THREAD] = tally.claimed.get(place or UNKNOWN_THREAD, 0) + claimed
    for entry in as_list(dig(record, "replies", "comments")):
        reply = _from_resource(as_object(entry), place, parent, source)
        if reply is None:
            reject(tally, source, "YouTube reply without an id or a text", entry)
        else:
            yield reply


def _from_resource(record: _Record, thread_id: str | None, parent_id: str | None, source: str) -> Comment | None:
    """A `comment` resource of the Data API."""
    snippet = as_object(record.get("snippet"))
    identity = as_id(record.get("id"))
    original, display = snippet.get("textOriginal"), snippet.get("textDisplay")
    if identity is None or not (isinstance(original, str) or isinstance(display, str)):
        return None
    parent = as_id(snippet.get("parentId")) or parent_id
    status = _STATUS.get(as_text(snippet.get("moderationStatus")), Status.VISIBLE)
    text = original if isinstance(original, str) else html_to_text(as_text(display))
    created, flags = as_time(snippet.get("publishedAt"))
    return Comment(
        source=source,
        id=identity,
        thread_id=thread_id or _place(snippet) or parent or UNKNOWN_THREAD,
        thread_url=address(_WATCH, as_id(snippet.get("videoId"))),
        text="" if status is Status.REMOVED else text,
        parent_id=parent,
        author=as_name(snippet.get("authorDisplayName")),
        created=created,
        status=status,
        likes=as_count(snippet.get("likeCount")),
        flags=flags,
    )


def _place(snippet: _Record) -> str | None:
    return as_id(first(snippet, "videoId", "channelId"))


def _is_scraped(record: _Record) -> bool:
    """Rows of yt-dlp (`parent`, `author_id`), youtube-comment-downloader (`cid`) and web scrapers (`userName`)."""
    if not any(isinstance(record.get(name), str) for name in _TEXT_FIELDS):
        return False
    return (
        ("cid" in record and not tiktok.is_comment(record))
        or ("userName" in record and "full_text" in record)
        or ("parent" in record and "author" in record and ("author_id" in record or "timestamp" in record))
    )


def _from_scraper(record: _Record, video: _Video, source: str) -> Comment | None:
    """Rows whose times were computed from "2 days ago"; those without an id get their position in the file."""
    identity = as_id(first(record, "cid", "id")) or str(video.seen)
    parent = as_id(first(record, "parent", "replyToCid"))
    if parent == "root":
        parent = None
    elif parent is None and "cid" in record and "." in identity:
        parent = identity.split(".", 1)[0]
    created, flags = as_time(
        first(record, "timestamp", "time_parsed", "created_at", "publishedTimeText", "time"), utc=True
    )
    return Comment(
        source=source,
        id=identity,
        thread_id=as_id(first(record, "videoId", "video_id")) or video.id or UNKNOWN_THREAD,
        text=as_text(first(record, *_TEXT_FIELDS)),
        parent_id=parent,
        author=as_name(first(record, "author", "userName")),
        created=created,
        status=Status.VISIBLE,
        likes=as_count(first(record, "like_count", "votes", "voteCount")),
        thread_title=video.title or as_name(record.get("title")),
        thread_url=video.url or as_address(record.get("pageUrl")),
        flags=tuple(dict.fromkeys((*flags, "approx"))),
    )
