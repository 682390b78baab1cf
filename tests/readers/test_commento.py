"""Commento and Comentario: states and people."""

from typing import Any

import pytest
from platforms import only, read

from analyzer.readers import commento
from analyzer.schema import Status

COMMENT: dict[str, Any] = {
    "commentHex": "h",
    "domain": "b.example",
    "url": "/soup",
    "parentHex": "root",
    "markdown": "x",
}


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"state": "approved"}, Status.VISIBLE),
        ({"state": "unapproved"}, Status.PENDING),
        ({"state": "flagged"}, Status.SPAM),
        ({"state": "approved", "deleted": True}, Status.DELETED),
        ({"state": None}, Status.UNKNOWN),
    ],
    ids=str,
)
def test_status(fields: dict[str, Any], status: Status) -> None:
    assert only(commento, {"comments": [COMMENT | fields], "commenters": []}).status is status


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"isApproved": True}, Status.VISIBLE),
        ({"isPending": True, "isApproved": False}, Status.PENDING),
        ({"isApproved": False}, Status.REMOVED),
        ({"isDeleted": True, "isApproved": True}, Status.DELETED),
    ],
    ids=str,
)
def test_status_in_comentario(fields: dict[str, Any], status: Status) -> None:
    record = {"id": "q", "pageId": "p", "markdown": "x"} | fields
    assert only(commento, {"comments": [record]}).status is status


@pytest.mark.parametrize("page", ["javascript:x", "", None], ids=repr)
def test_a_page_that_is_no_path_gives_no_address(page: object) -> None:
    assert only(commento, {"comments": [COMMENT | {"url": page}]}).thread_url is None


def test_what_is_no_export_is_rejected() -> None:
    comments, tally = read(commento, [{"comments": 5}, 7])
    assert comments == []
    assert tally.counts["rejects"] == 2
