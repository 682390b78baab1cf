"""Remark42: trees, lists and backups."""

from typing import Any

import pytest
from platforms import only, read

from analyzer.readers import remark42
from analyzer.schema import Status

COMMENT: dict[str, Any] = {
    "id": "a",
    "pid": "",
    "text": "<p>x</p>",
    "user": {"name": "ana"},
    "locator": {"url": "https://b.example/"},
}
META = {"version": 1, "users": [], "posts": []}


@pytest.mark.parametrize(
    "document",
    [[COMMENT], [[COMMENT]], [{"comments": [COMMENT]}], [{"comments": [{"comment": COMMENT}]}], [META, COMMENT]],
    ids=["a line", "a list", "a flat answer", "a tree", "a backup"],
)
def test_every_shape_gives_the_same_comment(document: list[object]) -> None:
    assert remark42.sniff(document[0])
    (comment,), tally = read(remark42, document)
    assert (comment.id, comment.parent_id, comment.text, comment.author) == ("a", None, "x", "ana")
    assert tally.counts["rejects"] == 0


@pytest.mark.parametrize("text", ["<p>x</p>", "", None], ids=repr)
def test_a_deleted_comment_keeps_its_place(text: object) -> None:
    comment = only(remark42, COMMENT | {"delete": True, "text": text})
    assert (comment.status, comment.text) == (Status.DELETED, "")


def test_a_page_named_by_a_word_is_no_address() -> None:
    comment = only(remark42, COMMENT | {"locator": {"url": "javascript:x"}})
    assert (comment.thread_id, comment.thread_url) == ("javascript:x", None)
