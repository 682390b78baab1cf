"""Coral and Talk: MongoDB's JSON, revisions, states."""

from typing import Any

import pytest
from platforms import only

from analyzer.readers import coral
from analyzer.schema import Status

CORAL: dict[str, Any] = {"id": "c", "storyID": "s", "authorID": "u", "status": "NONE", "revisions": [{"body": "x"}]}
TALK: dict[str, Any] = {"id": "c", "asset_id": "s", "author_id": "u", "status": "NONE", "body": "x"}


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("NONE", Status.VISIBLE),
        ("APPROVED", Status.VISIBLE),
        ("ACCEPTED", Status.VISIBLE),
        ("REJECTED", Status.REMOVED),
        ("PREMOD", Status.PENDING),
        ("SYSTEM_WITHHELD", Status.PENDING),
        ("NEW_IN_CORAL_99", Status.UNKNOWN),
        (None, Status.UNKNOWN),
    ],
    ids=str,
)
@pytest.mark.parametrize("record", [CORAL, TALK], ids=["Coral", "Talk"])
def test_status(record: dict[str, Any], name: object, status: Status) -> None:
    assert only(coral, record | {"status": name}).status is status


@pytest.mark.parametrize(
    "created",
    [
        "2022-09-01T11:00:00.000Z",
        {"$date": "2022-09-01T11:00:00.000Z"},
        {"$date": {"$numberLong": "1662030000000"}},
        {"$date": 1662030000000},
    ],
    ids=["ISO", "relaxed", "canonical", "old mongoexport"],
)
def test_times_of_every_export_are_the_same(created: object) -> None:
    moment = only(coral, CORAL | {"createdAt": created}).created
    assert moment is not None
    assert moment.isoformat() == "2022-09-01T11:00:00+00:00"


def test_the_last_revision_counts() -> None:
    revisions = [{"body": "<p>old</p>"}, {"body": "<p>new &amp; better</p>"}]
    assert only(coral, CORAL | {"revisions": revisions}).text == "new & better"


def test_text_of_talk_is_plain() -> None:
    assert only(coral, TALK | {"body": "a <b> &amp; c"}).text == "a <b> &amp; c"


def test_a_deleted_comment_keeps_its_place() -> None:
    comment = only(coral, CORAL | {"deletedAt": "2022-09-02T00:00:00Z", "authorID": None})
    assert (comment.status, comment.text, comment.author) == (Status.DELETED, "", None)


@pytest.mark.parametrize(
    ("counts", "likes"),
    [({"REACTION": 2, "FLAG": 1}, 2), ({"FLAG": 1}, 0), ({"REACTION": {"$numberInt": "3"}}, 3), (None, None)],
    ids=["some", "none", "canonical", "not said"],
)
def test_likes(counts: object, likes: int | None) -> None:
    assert only(coral, CORAL | {"actionCounts": counts}).likes == likes
