"""The table of formats: name, what it is, and the module that reads it."""

from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from types import ModuleType

from analyzer.errors import InputError


class Family(StrEnum):
    """What a format's reader is handed."""

    JSON = "json"  # the values of a JSON document or of JSON Lines
    STREAM = "stream"  # a stream of UTF-8
    BYTES = "bytes"  # the stream as it lies: the format says itself how it is encoded
    TEXT = "text"  # the whole file as text
    MARKUP = "markup"  # the whole file as bytes


@dataclass(frozen=True, slots=True)
class Format:
    """`mapped`: its columns can be named by the person who reads it. `joins`: its thread ids are the same in every file
    and on every site, so its comments have the format as their source, and a thread spread over files is one."""

    name: str
    description: str
    module: str
    family: Family
    mapped: bool = False
    joins: bool = False

    def load(self) -> ModuleType:
        """The module that reads it, imported when first needed."""
        return import_module(f"analyzer.readers.{self.module}")


def _json(name: str, description: str, *, joins: bool = False) -> Format:
    return Format(name, description, name, Family.JSON, joins=joins)


# In sniffing order within a family: JSON formats with unmistakable keys come before those with common ones.
FORMATS: tuple[Format, ...] = (
    Format("disqus", "Disqus XML export", "disqus", Family.BYTES, joins=True),
    Format("wordpress", "WordPress export (WXR), also in the dialect Disqus imports", "wordpress", Family.BYTES),
    Format("feed", "comment feeds (RSS, Atom) and Blogger's backup", "feed", Family.BYTES),
    Format("stackexchange", "Comments.xml of the Stack Exchange data dump", "stackexchange", Family.BYTES),
    Format("movabletype", "Movable Type and TypePad text export", "movabletype", Family.STREAM),
    Format("wet", "web archive of pages (WET text or WARC), as Common Crawl gives out", "wet", Family.BYTES),
    _json("discourse", "Discourse topics, posts and user actions (JSON)"),
    _json("reddit", "Reddit month files, thread listings and morechildren answers (JSON)", joins=True),
    _json("tiktok", "TikTok comments as scrapers keep them (JSON)", joins=True),
    _json("youtube", "YouTube Data API, yt-dlp and comment downloaders (JSON)", joins=True),
    _json("youtube_live", "live chats of YouTube, as yt-dlp keeps them (JSON Lines)"),
    _json("mastodon", "Mastodon contexts, statuses and archive outbox (JSON)"),
    _json("bluesky", "Bluesky threads (JSON)", joins=True),
    _json("discord", "Discord channels of DiscordChatExporter (JSON)"),
    _json("telegram", "Telegram Desktop result.json"),
    _json("commento", "Commento and Comentario exports (JSON)"),
    _json("remark42", "Remark42 API trees and native backups (JSON)"),
    _json("coral", "Coral and Talk comments (mongoexport, JSON)", joins=True),
    _json("guardian", "Guardian discussions (JSON)", joins=True),
    _json("nyt", "New York Times community API (JSON)"),
    _json("twitter", "X/Twitter archives and API v2 (twarc2) pages", joins=True),
    _json("disqus_api", "Disqus API posts (JSON)", joins=True),
    _json("lemmy", "Lemmy comments (JSON)"),
    _json("facebook", "Facebook Graph API, and downloads of Facebook and Instagram (JSON)"),
    _json("hackernews", "Hacker News items and search hits (JSON)", joins=True),
    Format("isso_json", "Isso's generic import file (JSON)", "isso_json", Family.JSON),
    Format("coral_site", "users and stories of Coral and Talk, beside their comments", "coral_site", Family.STREAM),
    Format("isso", "Isso's database, or any SQLite table with a text column", "isso", Family.BYTES, mapped=True),
    Format("parquet", "Parquet table with a text column", "tables", Family.BYTES, mapped=True),
    Format("excel", "Excel workbook (.xlsx) with a text column", "tables", Family.BYTES, mapped=True),
    Format("json", "any JSON list or JSON Lines with a text field", "records", Family.JSON, mapped=True),
    Format(
        "csv",
        "any CSV or TSV with a text column; Civil Comments, Takeout, SOCC by header",
        "csvs",
        Family.STREAM,
        mapped=True,
    ),
    Format("telegram_paste", "messages copied out of a Telegram client", "telegram_paste", Family.STREAM),
    Format("whatsapp", "WhatsApp chats as the app exports them (text)", "whatsapp", Family.STREAM),
    Format("html", "HTML page with a comment list", "html", Family.MARKUP),
    Format("page", "article page as plain text with its comments", "page", Family.TEXT),
)

_BY_NAME = {entry.name: entry for entry in FORMATS}
JSON_FORMATS = tuple(entry for entry in FORMATS if entry.family is Family.JSON)


def find_format(name: str) -> Format:
    """The format of that name; InputError names the known ones."""
    if name not in _BY_NAME:
        raise InputError(f"there is no format {name!r}; formats are {', '.join(_BY_NAME)}")
    return _BY_NAME[name]
