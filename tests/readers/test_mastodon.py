"""Mastodon: contexts, lists and archives."""

from typing import Any

import pytest
from platforms import only, read

from analyzer.readers import mastodon

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


def status(identity: str, reply: str | None = None, **fields: Any) -> dict[str, Any]:
    return {"id": identity, "content": "<p>x</p>", "in_reply_to_id": reply, "account": {"acct": "ana"}} | fields


@pytest.mark.parametrize(
    ("above", "below", "thread"),
    [
        ([status("1")], [status("3", "2")], "1"),
        ([], [status("3", "2"), status("4", "3")], "2"),
        ([], [status("3")], "3"),
    ],
    ids=["the topmost ancestor", "the status asked for, which replies name", "the reply itself"],
)
def test_thread_of_a_context(above: list[object], below: list[object], thread: str) -> None:
    comments, _ = read(mastodon, [{"ancestors": above, "descendants": below}])
    assert {comment.thread_id for comment in comments} == {thread}


def test_an_empty_context_holds_no_comments() -> None:
    context: dict[str, object] = {"ancestors": [], "descendants": []}
    assert mastodon.sniff(context)
    assert read(mastodon, [context])[0] == []


@pytest.mark.parametrize(
    ("fields", "is_read"),
    [
        ({"visibility": "direct"}, False),
        ({"visibility": "private"}, True),
        ({"to": [PUBLIC], "cc": []}, True),
        ({"to": ["https://s.example/users/ana/followers"], "cc": []}, True),
        ({"to": ["https://s.example/users/bo"], "cc": []}, False),
        ({"to": "as:Public"}, True),
        ({"to": [5], "cc": None}, False),
    ],
    ids=["direct", "followers only", "public", "to followers", "to one person", "short form", "to nobody known"],
)
def test_direct_messages_are_left_out(fields: dict[str, Any], is_read: bool) -> None:
    comments, tally = read(mastodon, [[status("1", **fields)]])
    assert bool(comments) is is_read
    assert tally.counts["private"] == (not is_read)


@pytest.mark.parametrize(
    ("fields", "lang"),
    [
        ({"language": "fr"}, "fr"),
        ({"contentMap": {"de": "x"}}, "de"),
        ({"contentMap": {"de": "x", "en": "y"}}, None),
        ({}, None),
    ],
    ids=["said", "the one of the map", "several", "none"],
)
def test_language_is_a_hint(fields: dict[str, Any], lang: str | None) -> None:
    assert only(mastodon, [status("1", **fields)]).lang == lang


def test_a_content_warning_stands_before_the_text() -> None:
    comment = only(mastodon, [status("1", spoiler_text="news")])
    assert comment.text == "news\nx"
    assert comment.flags == ("cw",)


def test_statuses_one_a_line_find_their_thread_in_any_order() -> None:
    comments, _ = read(mastodon, [status("3", "2"), status("2", "1"), status("1")])
    assert {comment.thread_id for comment in comments} == {"1"}
