"""Discord channels as DiscordChatExporter writes them (JSON). A channel, or a thread in one, is a thread here."""

from collections.abc import Iterable, Iterator, Mapping

from analyzer.readers.tally import Tally
from analyzer.readers.values import (
    EMPTY,
    as_count,
    as_id,
    as_list,
    as_name,
    as_object,
    as_text,
    as_time,
    dig,
    objects,
    reject,
)
from analyzer.schema import Comment, Status

NAME = "discord"
STREAM = ("messages.item",)
HEAD = ("channel.id", "channel.name", "guild.name")

# What people write; joining, pinning, calls and the like are messages of the service.
_WRITTEN = frozenset({"Default", "Reply", "ThreadStarterMessage", "ChatInputCommand", "ContextMenuCommand", "0", "19"})

_Record = Mapping[str, object]


def sniff(value: object) -> bool:
    record = as_object(value)
    messages = as_list(record.get("messages"))
    if "channel" not in record or not isinstance(record.get("messages"), list):
        return False
    return not messages or {"id", "content", "author"} <= as_object(messages[0]).keys()


def read(document: Iterable[object], source: str, tally: Tally) -> Iterator[Comment]:
    for value in document:
        record = as_object(value)
        if not isinstance(record.get("messages"), list):
            reject(tally, source, "Discord channel without a list of messages", value)
            continue
        head = {place: dig(record, *place.split(".")) for place in HEAD}
        yield from read_items(as_list(record.get("messages")), source, tally, head)


def read_items(items: Iterable[object], source: str, tally: Tally, head: _Record = EMPTY) -> Iterator[Comment]:
    """Messages of one channel; `head`: its id and name, and that of its server."""
    channel = as_id(head.get("channel.id"))
    names = [name for place in ("guild.name", "channel.name") if (name := as_name(head.get(place)))]
    for message in items:
        record = as_object(message)
        identity = as_id(record.get("id"))
        if identity is None or not isinstance(record.get("content"), str):
            reject(tally, source, "Discord message without an id or a text", message)
        elif str(record.get("type", "Default")) not in _WRITTEN:
            tally.count("service_messages")
        else:
            yield _comment(record, identity, channel, " · ".join(names) or None, source)


def _comment(message: _Record, identity: str, channel: str | None, title: str | None, source: str) -> Comment:
    answered = as_object(message.get("reference"))
    elsewhere = as_id(answered.get("channelId")) not in (None, channel)
    created, flags = as_time(message.get("timestamp"))
    likes = [count for reaction in objects(message.get("reactions")) if (count := as_count(reaction.get("count")))]
    author = as_object(message.get("author"))
    return Comment(
        source=source,
        id=identity,
        thread_id=channel or "general",
        text=as_text(message.get("content")),
        parent_id=None if elsewhere else as_id(answered.get("messageId")),
        author=as_name(author.get("name")) or as_name(author.get("nickname")),
        created=created,
        status=Status.VISIBLE,
        likes=sum(likes) if likes else None,
        thread_title=title,
        flags=flags,
    )
