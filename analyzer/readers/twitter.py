"""X/Twitter: the archive's `tweets.js`, API v2 pages and flattened tweets, tweets of API v1.1, and of snscrape.

The thread is the conversation. Text of both APIs is HTML-escaped once. Retweets are kept with the full text of the
original and the flag `retweet`: they are not the words of whoever retweeted.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from analyzer.readers.markup import unescape
from analyzer.readers.tally import Tally
from analyzer.readers.values import (
    Ancestry,
    address,
    as_count,
    as_id,
    as_list,
    as_name,
    as_object,
    as_text,
    as_time,
    batched,
    dig,
    first,
    objects,
    reject,
)
from analyzer.schema import Comment, Status

NAME = "twitter"
STREAM = ("item",)

_TWEET_PARTS = ("tweets", "tweet", "deleted_tweets", "deleted_tweet", "community_tweet", "note_tweet")
# Codes of the API for "no language": undecided, and tweets of mentions, tags, links or media alone.
_NO_LANGUAGE = frozenset({"und", "zxx", "qam", "qct", "qht", "qme", "qst", "art"})

_Record = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Found:
    """A tweet with what its page says about users and about the tweets it refers to (API v2), and where it stood."""

    tweet: object
    users: _Record
    originals: _Record
    deleted: bool = False


def sniff(value: object) -> bool:
    record = as_object(value[0] if isinstance(value, list) and value else value)
    if "window.YTD" in record or "__twarc" in record or isinstance(dig(record, "meta", "result_count"), int):
        return True
    page = record.get("data")
    tweet = as_object(page[0] if isinstance(page, list) and page else page)
    statuses = as_list(record.get("statuses"))
    if _is_v2(tweet) or _is_v2(record) or _is_v1(record) or _is_scraped(record):
        return True
    return bool(statuses) and _is_v1(as_object(statuses[0]))


def read(document: Iterable[object], source: str, tally: Tally) -> Iterator[Comment]:
    ancestry = Ancestry()
    for batch in batched(_find(document, source, tally)):
        for found in batch:
            tweet = _unwrapped(as_object(found.tweet))
            ancestry.add(_id(tweet), _parent(tweet))
        for found in batch:
            comment = _comment(found, ancestry, source)
            if comment is None:
                reject(tally, source, "tweet without an id or a text", found.tweet)
                continue
            if "retweet" in comment.flags:
                tally.count("retweets")
            yield comment
    if retweets := tally.counts["retweets"]:
        tally.note(f"retweets ({retweets:,}) are another person's words, counted under who passed them on")


read_items = read


def _find(document: Iterable[object], source: str, tally: Tally) -> Iterator[_Found]:
    """The tweets of every shape: archive, page, list, one a line."""
    for value in document:
        for record in value if isinstance(value, list) else [value]:
            if not isinstance(record, Mapping):
                reject(tally, source, "not a tweet: expected an object", record)
            elif "window.YTD" in record:
                yield from _from_archive(record, tally)
            elif isinstance(record.get("statuses"), list):
                yield from (_Found(tweet, {}, {}) for tweet in as_list(record.get("statuses")))
            elif "data" in record or "includes" in record or "meta" in record or "errors" in record:
                yield from _from_page(record)
            else:
                yield _Found(_from_scraper(record) if _is_scraped(record) else record, {}, {})


def _from_archive(record: _Record, tally: Tally) -> Iterator[_Found]:
    part = as_text(record.get("window.YTD")).removeprefix("window.YTD.").split(".", 1)[0]
    if part and part not in _TWEET_PARTS:
        tally.note(f"The archive part {part!r:.60} holds no tweets; read data/tweets.js of the archive.")
        return
    if part == "note_tweet":
        tally.note("Long posts of the archive; tweets.js holds their beginnings, too: read one of the two.")
    for tweet in as_list(record.get("items")):
        yield _Found(tweet, {}, {}, part.startswith("deleted"))


def _from_page(page: _Record) -> Iterator[_Found]:
    """A page of API v2, `data` being a list or one tweet. Tweets asked for by id and refused are removed ones."""
    includes = as_object(page.get("includes"))
    users = {as_id(user.get("id")) or "": user for user in objects(includes.get("users"))}
    originals = {as_id(tweet.get("id")) or "": tweet for tweet in objects(includes.get("tweets"))}
    head = page.get("data")
    for tweet in head if isinstance(head, list) else [] if head is None else [head]:
        yield _Found(tweet, users, originals)
    for error in objects(page.get("errors")):
        refused = as_id(error.get("resource_id"))
        if error.get("resource_type") == "tweet" and error.get("parameter") in ("id", "ids") and refused:
            yield _Found({"id": refused, "text": "", "withheld": {}}, users, originals)


def _is_v2(record: _Record) -> bool:
    if "id" not in record or not isinstance(record.get("text"), str):
        return False
    return any(key in record for key in ("conversation_id", "author_id", "edit_history_tweet_ids", "public_metrics"))


def _is_v1(record: _Record) -> bool:
    tweet = _unwrapped(record)
    return "id_str" in tweet and "created_at" in tweet and ("full_text" in tweet or "text" in tweet)


def _is_scraped(record: _Record) -> bool:
    """True for a tweet of snscrape or twscrape."""
    counted = {"id", "conversationId", "retweetCount"} <= record.keys()
    is_tweet = counted or as_text(record.get("_type")).startswith("snscrape.modules.twitter.Tweet")
    return is_tweet and ("rawContent" in record or "content" in record)


def _from_scraper(record: _Record) -> _Record:
    """A tweet of snscrape in the words of API v1.1."""
    tweet = {
        "id": record.get("id"),
        "full_text": first(record, "rawContent", "content"),
        "created_at": record.get("date"),
        "conversation_id": record.get("conversationId"),
        "in_reply_to_status_id": record.get("inReplyToTweetId"),
        "lang": record.get("lang"),
        "favorite_count": record.get("likeCount"),
        "user": {"screen_name": dig(record, "user", "username")},
    }
    original = as_object(record.get("retweetedTweet"))
    return {**tweet, "retweeted_status": _from_scraper(original)} if original else tweet


def _unwrapped(record: _Record) -> _Record:
    inner, note = record.get("tweet"), as_object(record.get("noteTweet"))
    if note:
        return {"id": note.get("noteTweetId"), "created_at": note.get("createdAt"), "text": dig(note, "core", "text")}
    return inner if isinstance(inner, Mapping) else record


def _id(tweet: _Record) -> str | None:
    return as_id(first(tweet, "id_str", "id"))


def _parent(tweet: _Record) -> str | None:
    for reference in objects(tweet.get("referenced_tweets")):
        if reference.get("type") == "replied_to":
            return as_id(reference.get("id"))
    return as_id(first(tweet, "in_reply_to_status_id_str", "in_reply_to_status_id"))


def _comment(found: _Found, ancestry: Ancestry, source: str) -> Comment | None:
    tweet = _unwrapped(as_object(found.tweet))
    identity = _id(tweet)
    original = _original(tweet, found.originals)
    text = _text(original) or _text(tweet)
    if identity is None or (text is None and "withheld" not in tweet):
        return None
    status = Status.DELETED if found.deleted else Status.REMOVED if "withheld" in tweet else Status.VISIBLE
    created, flags = as_time(tweet.get("created_at"))
    lang = as_name(tweet.get("lang"))
    thread = as_id(tweet.get("conversation_id")) or ancestry.root(identity)
    return Comment(
        source=source,
        id=identity,
        thread_id=thread,
        text=unescape(text or "") if status is Status.VISIBLE else "",
        parent_id=_parent(tweet),
        author=_author(tweet, found.users),
        created=created,
        lang=None if lang in _NO_LANGUAGE else lang,
        status=status,
        likes=as_count(tweet.get("favorite_count", dig(tweet, "public_metrics", "like_count"))),
        thread_url=address("https://x.com/i/status/", thread),
        flags=(*flags, "retweet") if original or (text or "").startswith("RT @") else flags,
    )


def _original(tweet: _Record, originals: _Record) -> _Record:
    """The retweeted tweet, as far as the file holds it; an empty one with an id marks a retweet of an unknown tweet."""
    if isinstance(tweet.get("retweeted_status"), Mapping):
        return as_object(tweet.get("retweeted_status"))
    for reference in objects(tweet.get("referenced_tweets")):
        if reference.get("type") == "retweeted":
            return as_object(originals.get(as_id(reference.get("id")) or "")) or reference
    return {}


def _text(tweet: _Record) -> str | None:
    """The longest form there is: long posts and old extended tweets keep it apart."""
    for text in (dig(tweet, "note_tweet", "text"), dig(tweet, "extended_tweet", "full_text"), tweet.get("full_text")):
        if isinstance(text, str) and text:
            return text
    text = tweet.get("text")
    return text if isinstance(text, str) else None


def _author(tweet: _Record, users: _Record) -> str | None:
    user = as_id(tweet.get("author_id"))
    name = (
        dig(tweet, "author", "username") or dig(tweet, "user", "screen_name") or dig(users.get(user or ""), "username")
    )
    return as_name(name) or user
