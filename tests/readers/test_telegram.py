"""Telegram: what is a thread, and what is left out."""

from typing import Any

import pytest
from platforms import only, read

from analyzer.readers import telegram
from analyzer.readers.tally import Tally


def message(identity: int, reply: int | None = None, **fields: Any) -> dict[str, Any]:
    record = {"id": identity, "type": "message", "date": "2023-05-04T12:00:00", "from_id": "user1", "text": "x"}
    return record | ({"reply_to_message_id": reply} if reply else {}) | fields


POST = {"from_id": "channel9", "forwarded_from": "News"}


def chat(*messages: object, kind: str = "public_supergroup") -> dict[str, Any]:
    return {"name": "Chat", "type": kind, "id": 5, "messages": list(messages)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("", ""),
        (["a ", {"type": "bold", "text": "b"}, " c"], "a b c"),
        ([{"type": "x"}, 5, None, "d"], "d"),
        (None, ""),
        ({"text": "e"}, ""),
    ],
    ids=str,
)
def test_text(text: object, expected: str) -> None:
    assert only(telegram, chat(message(1, text=text))).text == expected


def test_whatever_answers_a_post_of_the_channel_is_its_thread() -> None:
    comments, _ = read(telegram, [chat(message(1, **POST), message(2, 1), message(3, 2), message(4), message(5, 4))])
    threads = {comment.id: comment.thread_id for comment in comments}
    assert threads == {"1": "5/1", "2": "5/1", "3": "5/1", "4": "5/general", "5": "5/general"}


@pytest.mark.parametrize(
    ("first", "kind"),
    [
        (message(1, from_id="channel5", forwarded_from="X"), "public_supergroup"),
        (message(1, from_id="user1", forwarded_from="X"), "public_supergroup"),
        (message(1, from_id="channel9"), "public_supergroup"),
        (message(1, **POST), "public_channel"),
    ],
    ids=["an anonymous admin forwards", "a member forwards", "someone writes as a channel", "a channel forwards"],
)
def test_other_messages_open_no_thread(first: dict[str, Any], kind: str) -> None:
    comments, _ = read(telegram, [chat(first, message(2, 1), kind=kind)])
    assert {comment.thread_id for comment in comments} == {"5/general"}
    assert "article" not in comments[0].flags


def test_forwarded_messages_are_kept_and_counted_posts_of_the_channel_are_none() -> None:
    comments, tally = read(telegram, [chat(message(1, **POST), message(2, forwarded_from="X"), message(3))])
    assert [comment.id for comment in comments if "forwarded" in comment.flags] == ["1", "2"]
    assert tally.counts == {"forwarded": 1}
    assert tally.notes == ["1 messages were forwarded: another person's words, counted under who passed them on"]


def test_a_parent_in_another_chat_is_no_parent_here() -> None:
    assert only(telegram, chat(message(2, 1, reply_to_peer_id="channel9"))).parent_id is None


@pytest.mark.parametrize("kind", ["personal_chat", "bot_chat", "saved_messages"])
def test_personal_chats_of_a_full_export_are_left_out(kind: str) -> None:
    export = {"chats": {"list": [chat(message(1), kind=kind), chat(message(2))]}}
    comments, tally = read(telegram, [export])
    assert [comment.id for comment in comments] == ["2"]
    assert tally.counts["private"] == 1


def test_chats_left_behind_are_read_too() -> None:
    assert only(telegram, {"left_chats": {"list": [chat(message(1))]}}).thread_id == "5/general"


@pytest.mark.parametrize(
    ("action", "thread", "parent"),
    [("topic_created", "5/1", None), ("pin_message", "5/general", "1")],
    ids=["a topic opens a thread", "other events do not"],
)
def test_answers_to_service_messages(action: str, thread: str, parent: str | None) -> None:
    event = {"id": 1, "type": "service", "action": action, "title": "Fishing"}
    comment = only(telegram, chat(event, message(2, 1)))
    assert (comment.thread_id, comment.parent_id) == (thread, parent)


def test_messages_stream_without_the_head_of_the_file() -> None:
    items = [message(1, **POST), message(2, 1), message(3)]
    comments = list(telegram.read_items(iter(items), "dump", Tally()))
    assert [comment.thread_id for comment in comments] == ["1", "1", "general"]


def test_reactions_add_up_to_likes() -> None:
    reactions = [{"type": "emoji", "count": 2}, {"type": "emoji", "count": 3}, {"count": None}]
    assert only(telegram, chat(message(1, reactions=reactions))).likes == 5
