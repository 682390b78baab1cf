"""Guardian: responses and moderation."""

from typing import Any

import pytest
from platforms import only, read

from analyzer.readers import guardian
from analyzer.schema import Status

COMMENT: dict[str, Any] = {"id": 1, "body": "<p>x</p>", "isoDateTime": "2013-08-09T10:20:00Z", "status": "visible"}


@pytest.mark.parametrize(
    ("name", "status"), [("visible", Status.VISIBLE), ("blocked", Status.REMOVED), (None, Status.REMOVED)], ids=str
)
def test_status(name: object, status: Status) -> None:
    assert only(guardian, COMMENT | {"status": name}).status is status


@pytest.mark.parametrize(
    ("response", "parent"),
    [({"responseTo": {"commentId": "7"}}, "7"), ({}, "1"), ({"responseTo": None}, "1")],
    ids=["named", "enclosing", "null"],
)
def test_parent(response: dict[str, Any], parent: str) -> None:
    comments, _ = read(guardian, [COMMENT | {"responses": [COMMENT | {"id": 2} | response]}])
    assert comments[1].parent_id == parent


@pytest.mark.parametrize("value", [COMMENT, {"comment": COMMENT}, [COMMENT]], ids=["bare", "answer", "list"])
def test_a_comment_may_stand_alone(value: object) -> None:
    assert guardian.sniff(value)
    assert only(guardian, value).text == "x"
