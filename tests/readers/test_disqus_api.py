"""Disqus API: states and threads."""

from typing import Any

import pytest
from platforms import only, read

from analyzer.readers import disqus_api
from analyzer.schema import Status

POST: dict[str, Any] = {
    "id": "1",
    "thread": "7",
    "createdAt": "2015-05-05T05:05:05",
    "raw_message": "x",
    "message": "<p>x</p>",
}


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, Status.VISIBLE),
        ({"isApproved": False}, Status.PENDING),
        ({"isSpam": True, "isApproved": False}, Status.SPAM),
        ({"isDeleted": True, "isSpam": True}, Status.DELETED),
        ({"isDeleted": True, "isDeletedByAuthor": True}, Status.DELETED),
        ({"isDeleted": True, "isDeletedByAuthor": False}, Status.REMOVED),
    ],
    ids=str,
)
def test_status(fields: dict[str, Any], status: Status) -> None:
    assert only(disqus_api, POST | fields).status is status


def test_without_the_raw_message_the_shown_one_is_read() -> None:
    assert only(disqus_api, POST | {"raw_message": None, "message": "<p>a<br>b &amp; c</p>"}).text == "a\nb & c"


def test_times_are_utc_though_they_do_not_say_so() -> None:
    assert only(disqus_api, POST).flags == ()


def test_threads_say_how_many_comments_there_are() -> None:
    thread = {"id": "7", "clean_title": "T", "link": "https://x.example", "posts": 12}
    comments, tally = read(disqus_api, [{"code": 0, "response": [thread]}])
    assert comments == []
    assert tally.claimed == {"7": 12}
