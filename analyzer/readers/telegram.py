"""Telegram Desktop `result.json`: one chat, or a full export with many.

A channel's comments lie in its linked group, where each post arrives as a message forwarded from the channel: whatever
answers it, directly or not, is one thread. The rest of a chat is its thread `general`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from analyzer.readers.tally import Tally
from analyzer.readers.values import (
    EMPTY,
    Ancestry,
    as_count,
    as_id,
    as_list,
    as_name,
    as_object,
    as_text,
    as_time,
    batched,
    dig,
    first,
    objects,
    reject,
)
from analyzer.schema import Comment, Status

NAME = "telegram"
STREAM = ("messages.item",)
HEAD = ("id", "name", "type")

_PRIVATE = frozenset({"personal_chat", "bot_chat", "saved_messages", "replies", "verify_codes"})
_TITLE_LENGTH = 200

_Record = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Chat:
    """What the head of an export says; a group of unknown id where it says nothing."""

    id: str | None = None
    title: str | None = None
    is_channel: bool = False


def sniff(value: object) -> bool:
    record = as_object(value)
    if any(isinstance(dig(record, part, "list"), list) for part in ("chats", "left_chats")):
        return True
    messages = record.get("messages")
    if not isinstance(messages, list) or "type" not in record or "id" not in record:
        return False
    return not messages or {"id", "type", "date"} <= as_object(messages[0]).keys()


def read(document: Iterable[object], source: str, tally: Tally) -> Iterator[Comment]:
    for value in document:
        record = as_object(value)
        chats = [chat for part in ("chats", "left_chats") for chat in as_list(dig(record, part, "list"))]
        if not chats:
            yield from _from_chat(value, source, tally)
        for chat in chats:
            if as_text(dig(chat, "type")) in _PRIVATE:
                tally.count("private", len(as_list(dig(chat, "messages"))))
                tally.note("Personal chats of the export were left out; export such a chat alone to read it.")
            else:
                yield from _from_chat(chat, source, tally)
    _tell_forwarded(tally)


def read_items(items: Iterable[object], source: str, tally: Tally, head: _Record = EMPTY) -> Iterator[Comment]:
    """Messages of one chat in a file too large to hold."""
    yield from _from_messages(items, _chat(head), source, tally)
    _tell_forwarded(tally)


def _from_chat(chat: object, source: str, tally: Tally) -> Iterator[Comment]:
    record = as_object(chat)
    if not isinstance(record.get("messages"), list):
        reject(tally, source, "Telegram chat without a list of messages", chat)
        return
    yield from _from_messages(as_list(record.get("messages")), _chat(record), source, tally)


def _chat(head: _Record) -> _Chat:
    return _Chat(as_id(head.get("id")), as_name(head.get("name")), as_text(head.get("type")).endswith("_channel"))


class _Places:
    """Which messages open a thread, its title, and the way up to it."""

    def __init__(self, chat: _Chat) -> None:
        self.chat = chat
        self.ancestry = Ancestry()
        self.titles: dict[str, str | None] = {}
        self.topics: set[str] = set()

    def add(self, message: _Record) -> None:
        identity = as_id(message.get("id"))
        if identity is None:
            return
        if message.get("type") == "service" and message.get("action") == "topic_created":
            self.titles[identity] = as_name(message.get("title"))
            self.topics.add(identity)
        elif self.is_article(message):
            self.titles[identity] = _text(message).strip().split("\n", 1)[0][:_TITLE_LENGTH] or None
        else:
            self.ancestry.add(identity, _parent(message))

    def is_article(self, message: _Record) -> bool:
        """True for a post of the channel in its linked group; anonymous admins carry the group's own id."""
        sender = as_text(message.get("from_id"))
        if self.chat.is_channel or not sender.startswith("channel") or sender == f"channel{self.chat.id}":
            return False
        return isinstance(message.get("forwarded_from"), str)

    def thread(self, identity: str) -> tuple[str, str | None]:
        """Id and title of the thread of a message."""
        top = self.ancestry.root(identity)
        name = top if top in self.titles else "general"
        return (f"{self.chat.id}/{name}" if self.chat.id else name), self.titles.get(top) or self.chat.title


def _from_messages(messages: Iterable[object], chat: _Chat, source: str, tally: Tally) -> Iterator[Comment]:
    places = _Places(chat)
    for batch in batched(messages):
        for record in objects(batch):
            places.add(record)
        for message in batch:
            record = as_object(message)
            if record.get("type") == "service":
                tally.count("service_messages")
                continue
            comment = _comment(record, places, source)
            if comment is None:
                reject(tally, source, "Telegram message without an id", message)
            else:
                if "forwarded" in comment.flags and "article" not in comment.flags:
                    tally.count("forwarded")
                yield comment


def _tell_forwarded(tally: Tally) -> None:
    if forwarded := tally.counts["forwarded"]:
        tally.note(f"{forwarded:,} messages were forwarded: another person's words, counted under who passed them on")


def _parent(message: _Record) -> str | None:
    """The message that is answered, unless it lies in another chat."""
    return None if message.get("reply_to_peer_id") is not None else as_id(message.get("reply_to_message_id"))


def _comment(message: _Record, places: _Places, source: str) -> Comment | None:
    identity = as_id(message.get("id"))
    if identity is None:
        return None
    parent, is_article = _parent(message), places.is_article(message)
    thread_id, title = places.thread(identity)
    # `date` is the local time of whoever exported the chat; `date_unixtime` came with later versions.
    created, flags = as_time(first(message, "date_unixtime", "date"))
    if message.get("forwarded_from") is not None:
        flags = (*flags, "forwarded")
    return Comment(
        source=source,
        id=identity,
        thread_id=thread_id,
        text=_text(message),
        parent_id=None if is_article or parent in places.topics else parent,
        author=as_name(message.get("from")),
        created=created,
        status=Status.VISIBLE,
        likes=_reactions(message),
        thread_title=title,
        flags=(*flags, "article") if is_article else flags,
    )


def _text(message: _Record) -> str:
    """`text` is a string, or a list of strings and of entities (bold, link, mention, …) that hold a string."""
    text = message.get("text")
    if isinstance(text, str):
        return text
    return "".join(part if isinstance(part, str) else as_text(dig(part, "text")) for part in as_list(text))


def _reactions(message: _Record) -> int | None:
    counts = [as_count(reaction.get("count")) for reaction in objects(message.get("reactions"))]
    return sum(count for count in counts if count is not None) if counts else None
