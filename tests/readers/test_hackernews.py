"""Hacker News: four shapes of the same comments."""

import pytest
from platforms import only, read

from analyzer.readers import hackernews
from analyzer.schema import Status

ITEM = {"by": "ana", "id": 2, "parent": 1, "text": "x", "time": 1600000000, "type": "comment"}


def test_items_by_id_are_items() -> None:
    comments, tally = read(
        hackernews, [{"1": {"id": 1, "by": "a", "type": "story", "time": 1, "title": "T"}, "2": ITEM}]
    )
    assert [(comment.id, comment.parent_id, comment.thread_title) for comment in comments] == [("2", None, "T")]
    assert tally.counts["posts"] == 1


def test_parents_that_answer_each_other_are_read() -> None:
    comments, _ = read(hackernews, [[ITEM, ITEM | {"id": 1, "parent": 2}]])
    assert {comment.thread_id for comment in comments} == {"1"}


def test_a_page_for_a_comment_begins_with_the_comment() -> None:
    reply = {"id": 8, "type": "comment", "text": "b", "created_at": 1, "parent_id": 7, "children": []}
    root = {
        "id": 7,
        "type": "comment",
        "text": "a",
        "created_at": 1,
        "story_id": 5,
        "parent_id": 6,
        "children": [reply],
    }
    comments, _ = read(hackernews, [root])
    assert [(c.id, c.parent_id, c.thread_id) for c in comments] == [("7", "6", "5"), ("8", "7", "5")]


@pytest.mark.parametrize(
    ("fields", "status"),
    [({"deleted": True, "by": None}, Status.DELETED), ({"dead": True}, Status.REMOVED), ({}, Status.VISIBLE)],
    ids=["deleted", "dead", "alive"],
)
def test_status(fields: dict[str, object], status: Status) -> None:
    assert only(hackernews, ITEM | fields).status is status


def test_a_search_without_hits_holds_no_comments() -> None:
    page: dict[str, object] = {"hits": [], "nbHits": 0, "processingTimeMS": 1}
    assert hackernews.sniff(page)
    assert read(hackernews, [page])[0] == []


def test_an_unsafe_story_address_gives_way_to_the_discussion() -> None:
    hit = {"objectID": "3", "comment_text": "x", "story_id": 2, "story_url": "javascript:alert(1)", "parent_id": 2}
    assert only(hackernews, hit).thread_url == "https://news.ycombinator.com/item?id=2"


@pytest.mark.parametrize("clock", [{"time": "1714557600"}, {}], ids=["both times", "the timestamp alone"])
def test_rows_of_bigquery(clock: dict[str, str]) -> None:
    shared = {
        "type": "comment",
        "timestamp": "2024-05-01 10:00:00 UTC",
        "by": "mo",
        "deleted": None,
        "dead": None,
        **clock,
    }
    rows = [
        {**shared, "id": "12", "parent": "10", "text": None, "deleted": "true"},
        {**shared, "id": "11", "parent": "10", "text": "Odd", "dead": "true"},
        {**shared, "id": "10", "parent": "9", "text": "A &amp; B"},
        {**shared, "id": "9", "parent": None, "type": "story", "title": "Soup"},
    ]
    assert hackernews.sniff(rows[0])
    comments, tally = read(hackernews, rows)
    assert [(c.id, c.parent_id, c.thread_id, c.text, c.status.value) for c in comments] == [
        ("12", "10", "9", "", "deleted"),
        ("11", "10", "9", "", "removed"),
        ("10", None, "9", "A & B", "visible"),
    ]
    assert all(c.created and c.created.isoformat() == "2024-05-01T10:00:00+00:00" for c in comments)
    assert tally.counts["posts"] == 1
