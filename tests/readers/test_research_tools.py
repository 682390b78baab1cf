"""What the tools of researchers keep: two comments each, of which the second answers the first."""

import json
from pathlib import Path

import pytest

from analyzer.readers import ReadOptions, Tally, read_comments

ASKED, ANSWERED = "Is the ferry late?", "It is."
ROOT = "at://did:plc:aaa/app.bsky.feed.post/3l3aaa"


def table(*rows: str, sign: str = ",") -> str:
    return "".join(row.replace("|", sign) + "\n" for row in rows)


def jetstream(did: str, key: str, text: str, **more: object) -> str:
    record = {"$type": "app.bsky.feed.post", "createdAt": "2023-09-08T03:00:00Z", "langs": ["en"], "text": text, **more}
    commit = {"operation": "create", "collection": "app.bsky.feed.post", "rkey": key, "record": record, "cid": "b"}
    return json.dumps({"did": did, "time_us": 1, "kind": "commit", "commit": commit}) + "\n"


REPLY = {"reply": {"parent": {"cid": "b", "uri": ROOT}, "root": {"cid": "b", "uri": ROOT}}}
LIKED = {"did": "did:plc:ccc", "kind": "commit", "commit": {"operation": "create", "collection": "app.bsky.feed.like"}}
DUMPS = {
    "twarc-csv": (
        table(
            "id|conversation_id|referenced_tweets.replied_to.id|author_id|created_at|text|lang|public_metrics.like_count|"
            "author.username|author.name|author.description",
            f"2|1|1|99|2023-09-08T04:00:00.000Z|{ANSWERED}|en|2|bo|Bo L|Sailor",
            f"1|1||98|2023-09-08T03:00:00.000Z|{ASKED}|en|5|ana|Ana R|Council",
        ),
        ("1", "ana", "1", 5),
    ),
    "YouTube Data Tools": (
        table(
            "id|replyCount|likeCount|publishedAt|authorName|text|authorChannelId|isReply|isReplyTo|isReplyToName",
            f"Ugx1|1|3|2023-09-08 03:00:00|Ana|{ASKED}|UC1|0||",
            f"Ugx1.y1|0|0|2023-09-08 04:00:00|Bo|{ANSWERED}|UC2|1|Ugx1|Ana",
            sign="\t",
        ),
        ("Ugx1", "Ana", "unknown", 3),
    ),
    "instaloader": (
        json.dumps(
            [
                {
                    "id": 17,
                    "created_at": 1694142000,
                    "text": ASKED,
                    "owner": {"id": "1", "username": "ana"},
                    "likes_count": 3,
                    "answers": [
                        {
                            "id": 18,
                            "created_at": 1694145600,
                            "text": ANSWERED,
                            "owner": {"id": "2", "username": "bo"},
                            "likes_count": 0,
                        }
                    ],
                }
            ]
        ),
        ("17", "ana", "unknown", 3),
    ),
    "Telethon": (
        json.dumps(
            [
                {
                    "_": "Message",
                    "id": 12,
                    "peer_id": {"_": "PeerChannel", "channel_id": 1001},
                    "date": "2023-09-08T03:00:00+00:00",
                    "message": ASKED,
                    "from_id": {"_": "PeerUser", "user_id": 5},
                    "reply_to": None,
                },
                {
                    "_": "Message",
                    "id": 13,
                    "peer_id": {"_": "PeerChannel", "channel_id": 1001},
                    "date": "2023-09-08T04:00:00+00:00",
                    "message": ANSWERED,
                    "from_id": {"_": "PeerUser", "user_id": 6},
                    "reply_to": {"_": "MessageReplyHeader", "reply_to_msg_id": 12},
                },
                {"_": "MessageService", "id": 14, "date": "2023-09-08T05:00:00+00:00", "action": {"_": "Pin"}},
            ]
        ),
        ("12", "5", "1001", None),
    ),
    "Pyrogram": (
        json.dumps(
            [
                {
                    "_": "Message",
                    "id": 12,
                    "from_user": {"id": 5, "first_name": "Ana"},
                    "date": "2023-09-08 03:00:00",
                    "chat": {"id": -1001, "title": "Harbour"},
                    "text": ASKED,
                },
                {
                    "_": "Message",
                    "id": 13,
                    "from_user": {"id": 6, "username": "bo"},
                    "date": "2023-09-08 04:00:00",
                    "chat": {"id": -1001, "title": "Harbour"},
                    "reply_to_message_id": 12,
                    "text": ANSWERED,
                },
            ]
        ),
        ("12", "Ana", "-1001", None),
    ),
    "Hypothesis": (
        json.dumps(
            {
                "total": 2,
                "rows": [
                    {
                        "id": "a1",
                        "created": "2023-09-08T03:00:00.000+00:00",
                        "user": "acct:ana@notes",
                        "uri": "https://news.example/1",
                        "text": ASKED,
                        "group": "__world__",
                        "hidden": False,
                    },
                    {
                        "id": "a2",
                        "created": "2023-09-08T04:00:00.000+00:00",
                        "user": "acct:bo@notes",
                        "uri": "https://news.example/1",
                        "text": ANSWERED,
                        "references": ["a0", "a1"],
                        "group": "__world__",
                        "hidden": False,
                    },
                ],
            }
        ),
        ("a1", "acct:ana@notes", "https://news.example/1", None),
    ),
    "Jetstream": (
        json.dumps(LIKED)
        + "\n"
        + jetstream("did:plc:aaa", "3l3aaa", ASKED)
        + jetstream("did:plc:bbb", "3l3bbb", ANSWERED, **REPLY),
        (ROOT, "did:plc:aaa", ROOT, None),
    ),
    "Meta Content Library": (
        table(
            "id|creation_time|text|lang|post_owner.name|parent_id|statistics.like_count|post_id",
            f"1|2023-09-08T03:00:00Z|{ASKED}|en|Ana||3|77",
            f"2|2023-09-08T04:00:00Z|{ANSWERED}|en|Bo|1|0|77",
        ),
        ("1", "Ana", "77", 3),
    ),
    "records of Bluesky": (
        json.dumps(
            {
                "records": [
                    {"uri": ROOT, "cid": "b", "value": {"$type": "app.bsky.feed.post", "text": ASKED}},
                    {
                        "uri": "at://did:plc:aaa/app.bsky.feed.post/3l3ccc",
                        "cid": "c",
                        "value": {"$type": "app.bsky.feed.post", "text": ANSWERED, **REPLY},
                    },
                ],
                "cursor": "3l3",
            }
        ),
        (ROOT, "did:plc:aaa", ROOT, None),
    ),
}


@pytest.mark.parametrize("tool", DUMPS)
def test_a_question_and_its_answer(tool: str, tmp_path: Path) -> None:
    text, (identity, author, thread, likes) = DUMPS[tool]
    path = tmp_path / "dump"
    path.write_text(text, encoding="utf-8")
    comments = {one.text: one for one in read_comments(path, options=ReadOptions(authors="plain"), tally=Tally())}
    assert comments.keys() == {ASKED, ANSWERED}
    asked, answered = comments[ASKED], comments[ANSWERED]
    assert (asked.id, asked.author, asked.thread_id, asked.likes) == (identity, author, thread, likes)
    assert (asked.parent_id, answered.parent_id, answered.thread_id) == (None, identity, thread)


REVIEWS = {
    "google-play-scraper": "reviewId,userName,content,score,thumbsUpCount,at\na,Ana,Late,2,7,2023-09-08 03:00:00\n",
    "Google's reviews": json.dumps(
        {
            "reviews": [
                {
                    "name": "accounts/1/reviews/x",
                    "reviewer": {"displayName": "Ana"},
                    "comment": "Late",
                    "createTime": "2023-09-08T03:00:00Z",
                }
            ]
        }
    ),
}


@pytest.mark.parametrize("tool", REVIEWS)
def test_a_review_has_its_author_and_its_time(tool: str, tmp_path: Path) -> None:
    path = tmp_path / "dump"
    path.write_text(REVIEWS[tool], encoding="utf-8")
    (review,) = read_comments(path, options=ReadOptions(authors="plain"), tally=Tally())
    assert (review.text, review.author, review.likes) == ("Late", "Ana", 7 if "play" in tool else None)
    assert review.created
    assert review.created.hour == 3


def test_a_post_of_a_board_answers_the_earlier_one_it_names(tmp_path: Path) -> None:
    posts = [
        {"no": 10, "com": "Is the ferry late?", "time": 1694142000, "resto": 0, "sub": "Ferries"},
        {"no": 11, "com": '<a href="#p10" class="quotelink">&gt;&gt;10</a><br>It is.', "time": 1694142001, "resto": 10},
        {"no": 12, "com": "&gt;&gt;11<br>&gt;&gt;10<br>Always.", "time": 1694142002, "resto": 10},
        {"no": 13, "com": "&gt;&gt;99<br>&gt;&gt;&gt;/b/11<br>No idea.", "time": 1694142003, "resto": 10},
        {"no": 20, "com": "Which boat?", "time": 1694142004, "resto": 0},
        {"no": 21, "com": "&gt;&gt;11<br>The red one.", "time": 1694142005, "resto": 20},
    ]
    path = tmp_path / "posts.jsonl"
    path.write_text("".join(json.dumps({"name": "Anonymous"} | post) + "\n" for post in posts), encoding="utf-8")
    comments = list(read_comments(path, tally=Tally()))
    assert [(one.thread_id, one.id, one.parent_id) for one in comments] == [
        ("10", "10", None),
        ("10", "11", "10"),
        ("10", "12", "11"),
        ("10", "13", "10"),
        ("20", "20", None),
        ("20", "21", "20"),
    ]
