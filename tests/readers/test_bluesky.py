"""Bluesky: threads, feeds, and posts that are gone."""

from typing import Any

import pytest
from platforms import only, read

from analyzer.readers import bluesky
from analyzer.schema import Status

ADDRESS = "at://did:plc:ana/app.bsky.feed.post/3k1"


def post(**fields: Any) -> dict[str, Any]:
    return {"uri": ADDRESS, "author": {"handle": "ana.example"}, "record": {"text": "x", "langs": ["en"]}} | fields


@pytest.mark.parametrize(
    "value",
    [
        [post()],
        {"posts": [post()]},
        {"feed": [{"post": post()}]},
        {"thread": {"post": post()}},
        post(),
        {"post": post()},
    ],
    ids=["a list", "a search", "a feed", "a thread", "a post", "a feed entry"],
)
def test_every_shape_gives_the_same_post(value: object) -> None:
    assert bluesky.sniff(value)
    comment = only(bluesky, value)
    assert (comment.id, comment.author, comment.text, comment.lang) == (ADDRESS, "ana.example", "x", "en")
    assert comment.thread_url == "https://bsky.app/profile/did:plc:ana/post/3k1"


@pytest.mark.parametrize(
    ("labels", "status"),
    [
        ([], Status.VISIBLE),
        ([{"val": "spam"}], Status.VISIBLE),
        ([{"val": "!hide"}], Status.REMOVED),
        ([None], Status.VISIBLE),
    ],
    ids=["none", "a labeller's opinion", "hidden", "damaged"],
)
def test_labels(labels: list[object], status: Status) -> None:
    assert only(bluesky, [post(labels=labels)]).status is status


@pytest.mark.parametrize(
    "gone", [{"$type": "app.bsky.feed.defs#notFoundPost"}, {"blocked": True}, {"notFound": True}], ids=str
)
def test_a_post_that_is_gone_keeps_its_place(gone: dict[str, Any]) -> None:
    comments, _ = read(bluesky, [{"thread": {"post": post(), "replies": [gone | {"uri": "at://gone"}]}}])
    assert (comments[1].id, comments[1].parent_id, comments[1].status) == ("at://gone", ADDRESS, Status.REMOVED)


def test_a_parent_that_is_gone_is_the_top_of_the_thread() -> None:
    node = {"post": post(), "parent": {"uri": "at://gone", "notFound": True}}
    comments, _ = read(bluesky, [{"thread": node}])
    assert [(comment.id, comment.thread_id) for comment in comments] == [
        ("at://gone", "at://gone"),
        (ADDRESS, "at://gone"),
    ]


@pytest.mark.parametrize("langs", [["en", "de"], [], None, [5]], ids=str)
def test_several_languages_are_no_hint(langs: object) -> None:
    assert only(bluesky, [post(record={"text": "x", "langs": langs})]).lang is None


@pytest.mark.parametrize("bare", [False, True], ids=["an answer", "its list"])
def test_a_flat_thread(bare: bool) -> None:
    def item(key: str, depth: int, kind: str, **value: object) -> dict[str, object]:
        uri = f"at://did:plc:{key}/app.bsky.feed.post/{key}"
        return {"uri": uri, "depth": depth, "value": {"$type": f"app.bsky.unspecced.defs#threadItem{kind}", **value}}

    def post(key: str, depth: int, more: int = 0) -> dict[str, object]:
        uri = f"at://did:plc:{key}/app.bsky.feed.post/{key}"
        record = {"text": key, "createdAt": "2025-05-01T10:00:00Z"}
        return item(
            key, depth, "Post", moreReplies=more, post={"uri": uri, "author": {"handle": key}, "record": record}
        )

    items = [post("a", -1), post("b", 0), item("c", 1, "Blocked"), post("d", 2), post("e", 1, more=2)]
    items.append(item("f", 2, "NotFound"))
    document = [items if bare else {"thread": items, "hasOtherReplies": False}]
    assert bluesky.sniff(document[0])
    comments, tally = read(bluesky, document)
    assert [(c.id[-1], (c.parent_id or "-")[-1], c.text, c.status.value) for c in comments] == [
        *(("a", "-", "a", "visible"), ("b", "a", "b", "visible"), ("c", "b", "", "removed")),
        *(("d", "c", "d", "visible"), ("e", "b", "e", "visible"), ("f", "e", "", "removed")),
    ]
    assert {c.thread_id[-1] for c in comments} == {"a"}
    assert tally.counts["hidden"] == 2
