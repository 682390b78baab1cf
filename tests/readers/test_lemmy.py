"""Lemmy: paths and states."""

from typing import Any

import pytest
from platforms import only, read

from analyzer.readers import lemmy
from analyzer.schema import Status


def view(**fields: Any) -> dict[str, Any]:
    comment = {"id": 34, "post_id": 40, "content": "x", "path": "0.34", "published": "2023-07-01T12:00:00"}
    return {"comment": comment | fields, "creator": {"name": "ana"}, "post": {"id": 40, "name": "Soup"}}


@pytest.mark.parametrize(
    ("path", "parent"),
    [("0.34", None), ("0.12.34", "12"), ("0.1.2.34", "2"), ("34", None), ("", None), (None, None)],
    ids=repr,
)
def test_the_path_names_the_parent(path: object, parent: str | None) -> None:
    assert only(lemmy, {"comments": [view(path=path)]}).parent_id == parent


@pytest.mark.parametrize(
    ("fields", "status"),
    [({"removed": True, "deleted": True}, Status.REMOVED), ({"deleted": True}, Status.DELETED), ({}, Status.VISIBLE)],
    ids=["removed", "deleted", "visible"],
)
def test_status(fields: dict[str, Any], status: Status) -> None:
    assert only(lemmy, [view(**fields)]).status is status


def test_times_are_utc_though_they_do_not_say_so() -> None:
    assert only(lemmy, [view()]).flags == ()


def test_what_the_post_claims_is_kept() -> None:
    _, tally = read(lemmy, [[view() | {"post_counts": {"comments": 12}}]])
    assert tally.claimed == {"40": 12}


@pytest.mark.parametrize("wrapped", ["comments", "items", "comment_view"])
def test_version_1_keeps_counts_in_the_comment(wrapped: str) -> None:
    comment = {
        "id": 34,
        "post_id": 40,
        "content": "x",
        "path": "0.12.34",
        "published_at": "2025-07-01T12:00:00Z",
        "score": 5,
    }
    value = {"comment": comment, "creator": {"name": "ana"}, "post": {"id": 40, "name": "Soup", "comments": 12}}
    document = [{wrapped: value if wrapped == "comment_view" else [value]}]
    assert lemmy.sniff(document[0])
    (read_as,), tally = read(lemmy, document)
    assert (read_as.id, read_as.parent_id, read_as.author, read_as.likes) == ("34", "12", "ana", 5)
    assert read_as.created is not None
    assert tally.claimed == {"40": 12}
