"""The live chat of a YouTube video as yt-dlp keeps it (`.live_chat.json`): one action of the player a line."""

from collections.abc import Iterable, Iterator, Mapping

from analyzer.readers.tally import Tally
from analyzer.readers.values import as_id, as_list, as_name, as_object, as_text, as_time, dig, objects, reject
from analyzer.schema import Comment, Status

NAME = "youtube_live"

# What people wrote, also with money; the rest is memberships, polls, banners and placeholders.
_WRITTEN = ("liveChatTextMessageRenderer", "liveChatPaidMessageRenderer")

_Record = Mapping[str, object]


def sniff(value: object) -> bool:
    record = as_object(value[0] if isinstance(value, list) and value else value)
    return "replayChatItemAction" in record or "addChatItemAction" in record


def read(document: Iterable[object], source: str, tally: Tally) -> Iterator[Comment]:
    """Messages in the order of the chat, one thread without replies; the file does not name the video."""
    for value in document:
        for entry in value if isinstance(value, list) else [value]:
            record = as_object(entry)
            replayed = record.get("replayChatItemAction")
            actions = objects(dig(record, "replayChatItemAction", "actions")) if replayed else [record]
            if not sniff(record):
                reject(tally, source, "not an action of a live chat", entry)
                continue
            for action in actions:
                yield from _from_action(action, source, tally)


def _from_action(action: _Record, source: str, tally: Tally) -> Iterator[Comment]:
    item = as_object(dig(action, "addChatItemAction", "item"))
    written = next((as_object(item[name]) for name in _WRITTEN if name in item), None)
    if written is None:
        tally.count("service_messages")
        return
    identity, text = as_id(written.get("id")), _words(dig(written, "message", "runs"))
    if identity is None:
        reject(tally, source, "message of a live chat without an id", action)
    elif not text:
        tally.count("media_without_words")
    else:
        created, flags = as_time(as_text(written.get("timestampUsec")))
        yield Comment(
            source=source,
            id=identity,
            thread_id=source,
            text=text,
            author=as_name(dig(written, "authorName", "simpleText")),
            created=created,
            status=Status.VISIBLE,
            flags=flags,
        )


def _words(runs: object) -> str:
    """Words and emoji; a picture of the channel's own stands as its shortcut (`:wave:`)."""
    parts = []
    for run in objects(runs):
        emoji = as_object(run.get("emoji"))
        shortcuts = as_list(emoji.get("shortcuts"))
        sign = as_text(
            emoji.get("emojiId")
        )  # the emoji itself, or for a picture of the channel's own a number in letters
        parts.append(as_text(run.get("text")) or (as_text(shortcuts[0]) if sign.isascii() and shortcuts else sign))
    return "".join(parts).strip()
