"""Discourse: posts and their numbers."""

from typing import Any

import pytest
from platforms import only, read

from analyzer.readers import discourse
from analyzer.schema import Status

POST: dict[str, Any] = {"id": 501, "post_number": 3, "topic_id": 57, "username": "ana", "cooked": "<p>x</p>"}


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"deleted_at": "2021-01-01T00:00:00Z"}, Status.DELETED),
        ({"user_deleted": True}, Status.DELETED),
        ({"hidden": True}, Status.REMOVED),
        ({"hidden": False, "deleted_at": None, "user_deleted": False}, Status.VISIBLE),
    ],
    ids=str,
)
def test_status(fields: dict[str, Any], status: Status) -> None:
    comment = only(discourse, POST | fields)
    assert comment.status is status
    assert (comment.text == "x") is (status is Status.VISIBLE)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"cooked": "<p>a &amp; b</p>", "raw": "a & b"}, "a & b"),
        ({"cooked": None, "raw": "*a*"}, "*a*"),
        ({"cooked": None, "raw": [{"type": "paragraph"}], "excerpt": "short &hellip;"}, "short …"),
        ({"cooked": '<aside class="quote no-group"><blockquote>q</blockquote></aside>a'}, "> > q\na"),
        ({"cooked": '<a class="mention" href="https://forum.example/u/bo">@bo</a> hi'}, "@bo hi"),
    ],
    ids=["HTML", "Markdown", "excerpt", "quotation", "mention"],
)
def test_text(fields: dict[str, Any], text: str) -> None:
    assert only(discourse, POST | fields).text == text


@pytest.mark.parametrize(
    ("posts", "stream", "missing"),
    [(1, [1, 2, 3], True), (1, [1], False), (2, [], False)],
    ids=["cut", "whole", "no stream"],
)
def test_a_cut_topic_is_told(posts: int, stream: list[int], missing: bool) -> None:
    topic = {"id": 57, "title": "T", "post_stream": {"posts": [POST] * posts, "stream": stream}}
    _, tally = read(discourse, [topic])
    assert bool(tally.notes) is missing


@pytest.mark.parametrize("likes", [0, 4])
def test_likes_are_the_second_action(likes: int) -> None:
    actions = [{"id": 3, "count": 9}, {"id": 2, "count": likes}]
    assert only(discourse, POST | {"actions_summary": actions}).likes == likes


def test_small_actions_are_no_comments() -> None:
    comments, tally = read(discourse, [{"posts": [POST | {"post_type": 3}, POST]}])
    assert len(comments) == 1
    assert tally.counts["small_actions"] == 1
