"""Facebook: the Graph API and a person's own download."""

from datetime import UTC, datetime
from typing import Any

import pytest
from platforms import only, read

from analyzer.readers import facebook

COMMENT: dict[str, Any] = {"id": "9_1", "message": "x", "created_time": "2018-02-18T09:02:16+0000"}


@pytest.mark.parametrize(
    ("fields", "likes"),
    [
        ({"like_count": 3, "likes": {"summary": {"total_count": 9}}}, 3),
        ({"like_count": 0}, 0),
        ({"comment_count": 0, "likes": {"summary": {"total_count": 9}}}, 9),
        (
            {
                "comment_count": 0,
                "reactions": {"summary": {"total_count": 5}},
                "likes": {"summary": {"total_count": 2}},
            },
            5,
        ),
        ({"comment_count": 0}, None),
    ],
    ids=["counted", "none", "likes edge", "reactions before likes", "not said"],
)
def test_likes(fields: dict[str, Any], likes: int | None) -> None:
    assert only(facebook, COMMENT | fields).likes == likes


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("GrÃ¶Ã\x9fe", "Größe"),
        ("plain", "plain"),
        ("Größe", "Größe"),
        ("ð\x9f\x99\x82", "🙂"),
        ("Ñ\x82ак 🙂", "Ñ\x82ак 🙂"),
    ],
    ids=["German", "ASCII", "already right", "emoji", "mixed: left alone"],
)
def test_downloads_write_utf8_as_latin1(written: str, read_as: str) -> None:
    own = {"timestamp": 1, "title": "t", "data": [{"comment": {"timestamp": 1, "comment": written}}]}
    assert only(facebook, {"comments_v2": [own]}).text == read_as


@pytest.mark.parametrize("name", ["comments", "comments_v2", "group_comments", "group_comments_v2"])
def test_every_list_of_a_download_is_known(name: str) -> None:
    assert facebook.sniff({name: [{"timestamp": 1, "title": "t", "data": []}]})


def test_posts_alone_hold_no_comments() -> None:
    comments, tally = read(facebook, [{"data": [{"id": "1_2", "created_time": "x", "message": "post", "story": "s"}]}])
    assert comments == []
    assert tally.counts["posts"] == 1


def test_a_comment_that_stands_alone_belongs_to_the_post_in_its_id() -> None:
    comment = only(facebook, COMMENT | {"like_count": 0, "parent": {"id": "9_0"}})
    assert (comment.thread_id, comment.parent_id) == ("9", "9_0")


@pytest.mark.parametrize("wrapped", [False, True], ids=["a bare list", "under its key"])
def test_comments_of_an_instagram_download(wrapped: bool) -> None:
    written = {
        "Comment": {"value": "Sch\u00c3\u00b6n"},
        "Media Owner": {"value": "mo"},
        "Time": {"timestamp": 1700000000},
    }
    entries: list[object] = [{"string_map_data": written}, {"string_map_data": {}}]
    value: object = {"comments_reels_comments": entries} if wrapped else entries
    assert facebook.sniff(value)
    (comment,), tally = read(facebook, [value])
    assert (comment.text, comment.author, comment.created) == (
        "Schön",
        None,
        datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC),
    )
    assert tally.counts["rejects"] == 1
