"""Reddit: what month files and listings leave to the reader."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from platforms import only, read

from analyzer.readers import Tally, gather_sites, read_comments, reddit
from analyzer.schema import Status

ROW = {"id": "c1", "link_id": "t3_p", "parent_id": "t3_p", "author": "ana", "body": "x", "created_utc": 1299000000}


def listing(*bodies: str) -> dict[str, object]:
    children = [{"kind": "t1", "data": ROW | {"id": str(n), "body": body}} for n, body in enumerate(bodies)]
    return {"kind": "Listing", "data": {"children": children}}


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"body": "[deleted]"}, Status.DELETED),
        ({"body": "[deleted by user]"}, Status.DELETED),
        ({"body": "[removed]"}, Status.REMOVED),
        ({"body": "[ Removed by Reddit ]"}, Status.REMOVED),
        ({"body": "[removed by moderator for rule 3]"}, Status.REMOVED),
        ({"removed": True}, Status.REMOVED),
        ({"spam": True}, Status.SPAM),
        ({"author": "[deleted]"}, Status.VISIBLE),
        ({"body": "he wrote [deleted]"}, Status.VISIBLE),
    ],
    ids=str,
)
def test_status(fields: dict[str, object], status: Status) -> None:
    comment = only(reddit, ROW | fields)
    assert comment.status is status
    assert (comment.text == "") is (status in (Status.DELETED, Status.REMOVED))


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("&gt; quoted &amp; answered", "> quoted & answered"),
        ("&amp;lt;", "&lt;"),
        ("1 < 2 &amp; so on", "1 < 2 &amp; so on"),
        ("AT&T &gt; others", "AT&T &gt; others"),
        ("&amp;nbsp;", "&nbsp;"),
    ],
)
def test_a_line_is_unescaped_once_unless_it_shows_that_it_never_was_escaped(body: str, text: str) -> None:
    assert only(reddit, ROW | {"body": body}).text == text


def test_one_raw_sign_shows_that_a_whole_listing_is_raw() -> None:
    comments, _ = read(reddit, [listing("a &gt; b", "c > d")])
    assert [comment.text for comment in comments] == ["a &gt; b", "c > d"]


def test_a_listing_without_raw_signs_is_escaped() -> None:
    comments, _ = read(reddit, [listing("a &gt; b", "c")])
    assert [comment.text for comment in comments] == ["a > b", "c"]


@pytest.mark.parametrize("created", [1299000000, 1299000000.0, "1299000000", "1299000000.0"], ids=repr)
def test_times_are_numbers_in_all_years(created: object) -> None:
    comment = only(reddit, ROW | {"created_utc": created})
    assert comment.created == datetime(2011, 3, 1, 17, 20, tzinfo=UTC)
    assert comment.flags == ()


@pytest.mark.parametrize(
    "document",
    [[ROW], [[ROW]], [{"kind": "t1", "data": ROW}], [[{"kind": "t1", "data": ROW}]]],
    ids=["a line", "a list of lines", "a thing", "a list of things"],
)
def test_every_shape_gives_the_same_comment(document: list[object]) -> None:
    assert reddit.sniff(document[0])
    (comment,), _ = read(reddit, document)
    assert (comment.id, comment.thread_id, comment.parent_id) == ("t1_c1", "t3_p", None)


def test_posts_are_counted_not_read() -> None:
    post = {"id": "p", "title": "A title", "selftext": "long words", "is_self": True}
    comments, tally = read(reddit, [post, ROW])
    assert len(comments) == 1
    assert tally.counts["posts"] == 1


def test_a_hidden_score_is_no_score() -> None:
    assert only(reddit, ROW | {"score": 1, "score_hidden": True}).likes is None


@pytest.mark.parametrize("wrapped", [False, True], ids=["lines", "a list"])
def test_comments_have_the_title_of_the_post_above_them(wrapped: bool) -> None:
    post = {"id": "p", "title": "Bread &amp; salt", "selftext": "", "is_self": True, "num_comments": 7}
    comments, tally = read(reddit, [[post, ROW]] if wrapped else [post, ROW])
    assert [comment.thread_title for comment in comments] == ["Bread & salt"]
    assert tally.claimed == {"t3_p": 7}


@pytest.mark.parametrize("order", [("posts", "comments"), ("comments", "posts")], ids=" ".join)
def test_posts_in_a_file_of_their_own_are_joined_in_any_order(tmp_path: Path, order: tuple[str, str]) -> None:
    post = {"id": "p", "title": "Ham &amp; eggs", "selftext": "", "num_comments": 7, "is_self": True}
    lines = {"posts": [post, {**post, "id": "q"}], "comments": [ROW, ROW | {"id": "c2", "link_id": "t3_other"}]}
    for name, records in lines.items():
        (tmp_path / name).write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    tally, notes = Tally(), []
    gather_sites([tmp_path / name for name in order], tally)
    comments = []
    for name in order:
        part = tally.next_file()
        comments += read_comments(tmp_path / name, tally=part)
        notes += part.notes
    assert [comment.thread_title for comment in comments] == ["Ham & eggs", None]
    assert tally.claims["reddit"] == {"t3_p": 7}
    assert notes == ["posts: posts of Reddit (2), no comments; their titles are joined to comments read with them"]


def test_posts_without_comments_claim_nothing_and_few_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reddit, "_KEPT", 2)
    posts = [{"id": name, "title": name, "selftext": "", "num_comments": 7} for name in "abp"]
    comments, tally = read(reddit, [*posts, ROW, ROW | {"id": "c2", "link_id": "t3_a"}])
    assert [comment.thread_title for comment in comments] == ["p", None]
    assert tally.claimed == {"t3_p": 7}


@pytest.mark.parametrize(
    "link", ["t3_abc", "abc", int("abc", 36)], ids=["a full name", "without its prefix", "a number"]
)
@pytest.mark.parametrize(
    "above", ["t1_c0a", "c0a", int("c0a", 36)], ids=["a full name", "without its prefix", "a number"]
)
@pytest.mark.parametrize("wrapped", [False, True], ids=["lines", "an answer of the API"])
def test_ids_as_pushshift_writes_them(link: object, above: object, wrapped: bool) -> None:
    shared = {"link_id": link, "subreddit": "soup", "created_utc": 1400000000, "retrieved_utc": 1500000000, "body": "x"}
    records = [{**shared, "id": "c0a", "parent_id": link}, {**shared, "id": "c0b", "parent_id": above}]
    records.append({**shared, "id": "c0c", "parent_id": None})
    document = [{"data": records, "error": None}] if wrapped else records
    assert reddit.sniff(document[0])
    comments, _ = read(reddit, document)
    assert [(c.thread_id, c.id, c.parent_id) for c in comments] == [
        ("t3_abc", "t1_c0a", None),
        ("t3_abc", "t1_c0b", "t1_c0a"),
        ("t3_abc", "t1_c0c", None),
    ]
