"""X/Twitter: the archive, both generations of the API."""

from typing import Any

import pytest
from platforms import only, read

from analyzer.readers import twitter
from analyzer.schema import Status

V1: dict[str, Any] = {"id_str": "11", "full_text": "x", "created_at": "Wed Oct 10 20:19:24 +0000 2018"}
V2: dict[str, Any] = {"id": "12", "text": "x", "author_id": "1", "conversation_id": "12"}


def archive(*items: object, part: str = "tweets.part0") -> dict[str, Any]:
    return {"window.YTD": part, "items": list(items)}


@pytest.mark.parametrize("wrapped", [True, False], ids=["wrapped", "bare"])
def test_archives_of_all_years(wrapped: bool) -> None:
    comment = only(twitter, archive({"tweet": V1} if wrapped else V1))
    assert (comment.id, comment.author) == ("11", None)
    assert comment.created is not None
    assert comment.created.isoformat() == "2018-10-10T20:19:24+00:00"


@pytest.mark.parametrize("part", ["like.part0", "direct_messages.part0", "ad_engagements.part0"])
def test_other_parts_of_an_archive_are_not_read(part: str) -> None:
    comments, tally = read(twitter, [archive({"like": {"tweetId": "1", "fullText": "x"}}, part=part)])
    assert comments == []
    assert "data/tweets.js" in tally.notes[0]


def test_tweets_the_owner_deleted_keep_their_place_and_lose_their_text() -> None:
    comment = only(twitter, archive({"tweet": V1}, part="deleted_tweets.part0"))
    assert (comment.status, comment.text) == (Status.DELETED, "")


@pytest.mark.parametrize(
    ("tweet", "text"),
    [
        (V1 | {"full_text": "a &amp; b &lt;3"}, "a & b <3"),
        (V1 | {"full_text": "&amp;lt;"}, "&lt;"),
        (V1 | {"text": "cut…", "full_text": None, "extended_tweet": {"full_text": "not cut"}}, "not cut"),
        (V1 | {"full_text": "RT @b: cut…", "retweeted_status": {"full_text": "the original"}}, "the original"),
        (V2 | {"note_tweet": {"text": "a long post"}}, "a long post"),
        (
            V2 | {"text": "RT @b: cut…", "referenced_tweets": [{"type": "retweeted", "id": "7", "text": "whole"}]},
            "whole",
        ),
        (V2 | {"text": "RT @b: cut…", "referenced_tweets": [{"type": "retweeted", "id": "7"}]}, "RT @b: cut…"),
    ],
    ids=[
        "escaped",
        "escaped once",
        "extended",
        "retweet of v1.1",
        "long post",
        "flattened retweet",
        "original unknown",
    ],
)
def test_text(tweet: dict[str, Any], text: str) -> None:
    comment = only(twitter, tweet)
    assert comment.text == text
    assert ("retweet" in comment.flags) is ("RT @" in str(tweet))


@pytest.mark.parametrize("data", [V2, [V2]], ids=["an object", "a list"])
def test_the_data_of_a_page_is_an_object_or_a_list(data: object) -> None:
    page = {"data": data, "includes": {"users": [{"id": "1", "username": "ana"}]}}
    assert only(twitter, page).author == "ana"


def test_tweets_of_includes_are_context_not_comments() -> None:
    comments, _ = read(twitter, [{"data": [V2], "includes": {"tweets": [V2 | {"id": "99"}]}}])
    assert [comment.id for comment in comments] == ["12"]


@pytest.mark.parametrize(
    ("lang", "hint"), [("de", "de"), ("und", None), ("qme", None), ("zxx", None), (5, None)], ids=str
)
def test_codes_for_no_language_are_no_hint(lang: object, hint: str | None) -> None:
    assert only(twitter, V2 | {"lang": lang}).lang == hint


@pytest.mark.parametrize(
    "tweet", [V1 | {"favorite_count": 0}, V2 | {"public_metrics": {"like_count": 0}}], ids=["v1.1", "v2"]
)
def test_no_likes_is_zero(tweet: dict[str, Any]) -> None:
    assert only(twitter, tweet).likes == 0


def test_without_a_conversation_the_topmost_tweet_names_the_thread() -> None:
    chain = [V1 | {"id_str": str(n), "in_reply_to_status_id_str": str(n - 1)} for n in (13, 12, 11)]
    comments, _ = read(twitter, [archive(*chain)])
    assert {comment.thread_id for comment in comments} == {"10"}


def test_an_empty_page_holds_no_comments() -> None:
    page = {"meta": {"result_count": 0}}
    assert twitter.sniff(page)
    assert read(twitter, [page])[0] == []


def test_a_withheld_tweet_needs_no_text_to_keep_its_place() -> None:
    comment = only(twitter, {"id": "9", "author_id": "1", "withheld": {"country_codes": ["DE"]}})
    assert (comment.status, comment.text) == (Status.REMOVED, "")


@pytest.mark.parametrize(
    "page",
    [
        {"statuses": [V1]},
        {"data": [V2]},
        {"data": V2},
        [V2],
        V2,
        [{"tweet": V1}],
        archive(V1),
        {"__twarc": {}, "errors": []},
    ],
    ids=["old search", "page", "one tweet", "list", "flattened", "archive list", "archive", "page of errors"],
)
def test_every_shape_is_recognised_and_read(page: Any) -> None:
    assert twitter.sniff(page)
    comments, tally = read(twitter, [page])
    assert len(comments) == (0 if "__twarc" in page else 1)
    assert tally.counts["rejects"] == 0


@pytest.mark.parametrize("key", ["rawContent", "content"])
def test_tweets_of_snscrape(key: str) -> None:
    shared: dict[str, object] = {
        "date": "2022-05-01T10:00:00+00:00",
        "conversationId": 100,
        "lang": "en",
        "user": {"username": "mo"},
    }
    shared |= {"retweetCount": 0}
    original = {**shared, "id": 90, key: "The original in full"}
    tweets = [
        {
            **shared,
            "id": 100,
            key: "Bread &amp; butter",
            "likeCount": 3,
            "inReplyToTweetId": None,
            "retweetedTweet": None,
        },
        {**shared, "id": 101, key: "Yes", "inReplyToTweetId": 100},
        {**shared, "id": 102, key: "RT @li: The orig…", "retweetedTweet": original},
    ]
    assert twitter.sniff(tweets[0])
    comments, _ = read(twitter, tweets)
    assert [(c.id, c.thread_id, c.parent_id, c.author, c.text, c.likes, c.lang, c.flags) for c in comments] == [
        ("100", "100", None, "mo", "Bread & butter", 3, "en", ()),
        ("101", "100", "100", "mo", "Yes", None, "en", ()),
        ("102", "100", None, "mo", "The original in full", None, "en", ("retweet",)),
    ]
    assert comments[0].created is not None


def test_long_posts_of_an_archive() -> None:
    note = {"noteTweetId": "900", "createdAt": "2023-05-01T10:00:00.000Z", "core": {"text": "A long post"}}
    comments, tally = read(twitter, [{"window.YTD": "note_tweet.part0", "items": [{"noteTweet": note}]}])
    assert [(c.id, c.text, c.created and c.created.year) for c in comments] == [("900", "A long post", 2023)]
    assert "tweets.js" in tally.notes[0]
