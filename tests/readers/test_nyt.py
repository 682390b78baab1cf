"""New York Times: the string "NULL", states, replies."""

from typing import Any

import pytest
from platforms import only, read

from analyzer.readers import nyt
from analyzer.schema import Status

COMMENT: dict[str, Any] = {"commentID": 5, "commentBody": "x<br/>y", "createDate": "1521000000", "assetID": 9}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"userDisplayName": "NULL"}, (None, None)),
        ({"userDisplayName": "Ana", "parentID": "NULL"}, ("Ana", None)),
        ({"parentID": 0}, (None, None)),
        ({"parentID": "0"}, (None, None)),
        ({"parentID": 4}, (None, "4")),
        ({"parentID": 4.0}, (None, "4")),
    ],
    ids=str,
)
def test_author_and_parent(fields: dict[str, Any], expected: tuple[str | None, str | None]) -> None:
    comment = only(nyt, COMMENT | fields)
    assert (comment.author, comment.parent_id) == expected


@pytest.mark.parametrize(
    ("name", "status"), [("approved", Status.VISIBLE), ("rejected", Status.REMOVED), (None, Status.VISIBLE)]
)
def test_status(name: object, status: Status) -> None:
    assert only(nyt, COMMENT | {"status": name}).status is status


def test_the_number_the_site_claims_is_kept_for_the_article() -> None:
    _, tally = read(nyt, [{"results": {"comments": [COMMENT], "totalCommentsFound": 31}}])
    assert tally.claimed == {"9": 31}


def test_an_article_without_comments_is_recognised() -> None:
    page: dict[str, object] = {"results": {"comments": [], "totalParentCommentsFound": 0}}
    assert nyt.sniff(page)
    assert read(nyt, [page])[0] == []
