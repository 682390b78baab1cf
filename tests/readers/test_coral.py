"""Coral and Talk: MongoDB's JSON, revisions, states."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from platforms import only

from analyzer.readers import ReadOptions, Tally, coral, coral_site, gather_sites, read_comments
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


PLAIN = ReadOptions(authors="plain")
JSON_SITE = {
    "comments.json": json.dumps(CORAL),
    "stories.json": json.dumps([{"id": "s", "url": "https://blog.example/soup", "metadata": {"title": "Soup"}}]),
    "users.json": json.dumps({"id": "u", "username": "mo", "email": "mo@mail.example"} | {"tenantID": "t"}),
}
CSV_SITE = {
    "comments.csv": "c,u,s,2022-09-01T11:00:00Z,More salt,,APPROVED,\n",
    "stories.csv": "s,https://blog.example/soup,Soup,,,,COMMENTS\n",
    "users.csv": "u,mo@mail.example,mo,COMMENTER,false,2022-01-01T00:00:00Z\n",
}


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
@pytest.mark.parametrize("site", [JSON_SITE, CSV_SITE], ids=["mongoexport", "importer"])
def test_files_beside_the_comments_are_joined_in_any_order(
    tmp_path: Path, site: dict[str, str], order: tuple[int, ...]
) -> None:
    for name, written in site.items():
        (tmp_path / name).write_text(written, "utf-8")
    paths = [tmp_path / list(site)[place] for place in order]
    tally = Tally()
    gather_sites(paths, tally, options=PLAIN)
    (comment,) = (one for path in paths for one in read_comments(path, options=PLAIN, tally=tally.next_file()))
    assert (comment.author, comment.thread_title, comment.thread_url) == ("mo", "Soup", "https://blog.example/soup")


@pytest.mark.parametrize("fmt", [None, "coral"])
def test_a_file_of_users_alone_holds_no_comments_and_says_so(tmp_path: Path, fmt: str | None) -> None:
    path, tally = tmp_path / "users.json", Tally()
    path.write_text(JSON_SITE["users.json"], "utf-8")
    assert list(read_comments(path, fmt, tally=tally)) == []
    assert tally.notes == ["users.json: users (1) and stories (0) of Coral; they are joined to its comments"]


@pytest.mark.parametrize(
    "record",
    [CORAL, TALK, {"id": 1, "username": "mo", "words": "x"}, {"id": 1, "url": "https://a.example", "body": "x"}],
    ids=["a comment", "a comment of Talk", "a table of others", "a page"],
)
def test_what_may_hold_texts_is_no_file_beside_comments(record: dict[str, Any]) -> None:
    assert not coral_site.sniff(record)
