"""YouTube: the Data API, yt-dlp and scrapers."""

from typing import Any

import pytest
from platforms import only, read

from analyzer.readers import youtube
from analyzer.schema import Status


def resource(**snippet: Any) -> dict[str, Any]:
    fields = {"textOriginal": "x", "videoId": "v", "publishedAt": "2024-05-01T10:00:00Z"} | snippet
    return {"kind": "youtube#comment", "id": "U1", "snippet": fields}


@pytest.mark.parametrize(
    ("moderation", "status"),
    [
        ("heldForReview", Status.PENDING),
        ("likelySpam", Status.SPAM),
        ("rejected", Status.REMOVED),
        ("published", Status.VISIBLE),
        (None, Status.VISIBLE),
        ([], Status.VISIBLE),
    ],
    ids=str,
)
def test_moderation_status(moderation: object, status: Status) -> None:
    assert only(youtube, resource(moderationStatus=moderation)).status is status


@pytest.mark.parametrize(
    ("snippet", "text"),
    [
        ({"textOriginal": "a <b> c", "textDisplay": "other"}, "a <b> c"),
        ({"textOriginal": None, "textDisplay": "a<br>b &amp; c"}, "a\nb & c"),
        ({"textOriginal": "", "textDisplay": "<i>x</i>"}, ""),
    ],
    ids=["the original is plain", "the display text is HTML", "an empty original is the text"],
)
def test_text(snippet: dict[str, Any], text: str) -> None:
    assert only(youtube, resource(**snippet)).text == text


@pytest.mark.parametrize(
    ("snippet", "thread"),
    [({}, "v"), ({"videoId": None, "channelId": "C"}, "C"), ({"videoId": None, "parentId": "U0"}, "U0")],
    ids=["the video", "the channel where no video is named", "the comment answered where nothing is"],
)
def test_thread(snippet: dict[str, Any], thread: str) -> None:
    assert only(youtube, resource(**snippet)).thread_id == thread


def test_pages_add_up_what_the_site_claims_each_comment_once() -> None:
    tops = [{"topLevelComment": resource() | {"id": name}, "totalReplyCount": 4} for name in ("a", "b", "c")]
    one, two, three = [{"kind": "youtube#commentThread", "snippet": snippet} for snippet in tops]
    pages = [{"kind": "youtube#commentThreadListResponse", "items": items} for items in ([one, two], [two, three])]
    _, tally = read(youtube, pages)
    assert tally.claimed == {"v": 15}


def test_a_video_without_comments_says_what_to_do() -> None:
    comments, tally = read(
        youtube, [{"id": "v", "webpage_url": "https://x.example", "extractor": "youtube", "comments": None}]
    )
    assert comments == []
    assert "--write-comments" in tally.notes[0]


@pytest.mark.parametrize(
    ("row", "parent"),
    [
        ({"cid": "A.b", "text": "x"}, "A"),
        ({"cid": "A", "text": "x"}, None),
        ({"cid": "B", "comment": "x", "replyToCid": "A"}, "A"),
        ({"id": "B", "parent": "A", "text": "x", "author": "a", "timestamp": 1}, "A"),
        ({"id": "B", "parent": "root", "text": "x", "author": "a", "timestamp": 1}, None),
    ],
    ids=["cid before the dot", "cid without a dot", "named", "yt-dlp", "yt-dlp at the top"],
)
def test_parents_of_scraped_comments(row: dict[str, Any], parent: str | None) -> None:
    comment = only(youtube, row)
    assert comment.parent_id == parent
    assert "approx" in comment.flags


def test_rows_without_ids_are_told_apart_across_lines() -> None:
    row = {"userName": "a", "full_text": "x"}
    comments, _ = read(youtube, [row, row])
    assert [comment.id for comment in comments] == ["1", "2"]


def test_replies_outlive_a_damaged_top_comment() -> None:
    thread = {
        "kind": "youtube#commentThread",
        "id": "U1",
        "snippet": {"videoId": "v", "topLevelComment": None},
        "replies": {"comments": [resource() | {"id": "U1.r"}]},
    }
    (reply,), tally = read(youtube, [{"items": [thread]}])
    assert (reply.id, reply.parent_id, reply.thread_id) == ("U1.r", "U1", "v")
    assert tally.counts["rejects"] == 1
