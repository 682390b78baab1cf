"""What holds for the reader of every JSON platform: golden files, sniffing, hostile documents, counts of real dumps."""

import copy
import io
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from platforms import DUMPS, GOLDENS, MODULES, format_of, golden_input, load, parse, read

from analyzer.errors import InputError
from analyzer.readers.tally import Tally
from analyzer.schema import Comment, Status

FOLDERS = pytest.mark.parametrize("folder", GOLDENS, ids=lambda folder: folder.name)
EVERY_MODULE = pytest.mark.parametrize("module", MODULES.values(), ids=MODULES)
SHARED = Path(__file__).parents[3] / "shared" / "data" / "dumps"


@FOLDERS
def test_reads_its_golden_file(folder: Path) -> None:
    path = golden_input(folder)
    module = MODULES[format_of(folder)]
    expected = [json.loads(line) for line in (folder / "expected.jsonl").read_text(encoding="utf8").splitlines()]
    source = expected[0]["source"]  # the file, or the format where ids are unique everywhere: the door decides
    assert [comment.to_json() for comment in module.read(load(path), source, Tally())] == expected


LEFT_OUT = [
    ("bluesky-feed", {"reposts": 1}, {}),
    ("coral", {"rejects": 1}, {}),
    ("discord", {"service_messages": 2, "rejects": 1}, {}),
    ("discourse", {"small_actions": 1}, {"57": 8}),
    ("discourse-actions", {"private": 1}, {}),
    ("facebook", {"posts": 2, "rejects": 1}, {"500_100": 5}),
    ("guardian", {"rejects": 1}, {"/p/3abc": 6}),
    ("hackernews", {"posts": 1}, {}),
    ("hackernews-search", {"posts": 1}, {}),
    ("hackernews-firebase", {"posts": 1}, {}),
    ("mastodon", {"private": 1}, {}),
    ("mastodon-outbox", {"private": 1, "reblogs": 1}, {}),
    ("nyt", {}, {"555": 3}),
    ("reddit", {"posts": 1, "more_stubs": 2, "hidden": 2}, {"t3_k7bridge": 9}),
    ("reddit-month", {"posts": 1, "rejects": 1}, {}),
    ("remark42", {}, {"https://blog.example/soup/": 4}),
    ("telegram", {"service_messages": 2, "forwarded": 1, "rejects": 1}, {}),
    ("telegram-export", {"private": 1}, {}),
    ("twitter", {"rejects": 1}, {}),
    ("twitter-pages", {"retweets": 1}, {}),
    ("youtube", {"rejects": 1, "pages_with_more": 1}, {"vid00000001": 10, "UCharbour": 1}),
    ("youtube-ytdlp", {}, {"vid00000002": 4}),
]


@pytest.mark.parametrize(("name", "counts", "claimed"), LEFT_OUT, ids=[row[0] for row in LEFT_OUT])
def test_says_what_was_left_out_and_what_the_site_claims(
    name: str, counts: dict[str, int], claimed: dict[str, int]
) -> None:
    _, tally = read(MODULES[name.split("-", 1)[0]], load(golden_input(DUMPS / name)))
    assert tally.counts == counts
    assert tally.claimed == claimed


@FOLDERS
def test_is_recognised_by_its_own_reader_alone(folder: Path) -> None:
    value = load(golden_input(folder))[0]
    assert [name for name, module in MODULES.items() if module.sniff(value)] == [format_of(folder)]


@FOLDERS
def test_is_recognised_from_the_beginning_of_a_large_file(folder: Path) -> None:
    value = load(golden_input(folder))[0]
    if folder.name == "mastodon":  # a context's second list may lie beyond the beginning that was looked at
        value = {"ancestors": value["ancestors"], "descendants": []}  # type: ignore[index,call-overload]
    assert MODULES[format_of(folder)].sniff(_cut(value))


def test_every_platform_has_a_golden_file() -> None:
    assert {format_of(folder) for folder in GOLDENS} == set(MODULES)


@FOLDERS
def test_copies_no_address_of_a_person(folder: Path) -> None:
    comments, _ = read(MODULES[format_of(folder)], load(golden_input(folder)))
    written = json.dumps([comment.to_json() for comment in comments])
    assert not re.search(r"user\d+@example\.org|192\.0\.2\.", written)


@EVERY_MODULE
@pytest.mark.parametrize(
    "value", [None, 5, "x", [], {}, [[]], [None], [5], [{}], {"comments": [None]}, {"data": None}], ids=str
)
def test_says_no_to_json_without_comments(module: ModuleType, value: object) -> None:
    assert module.sniff(value) is False
    comments, _ = read(module, [value])
    assert comments == []


@EVERY_MODULE
def test_takes_lists_nested_without_end(module: ModuleType) -> None:
    value: object = "x"
    for _ in range(100_000):
        value = [value]
    assert module.sniff(value) is False
    comments, tally = read(module, [value])
    assert comments == []
    assert tally.counts["rejects"] >= 1


# A chain of replies is built from the inside out: (innermost record, how to wrap it, how to make a document of it).
def _reddit(inner: Any, number: int) -> Any:
    record = {"id": str(number), "link_id": "t3_p", "parent_id": f"t1_{number - 1}", "body": "x"}
    replies = {"kind": "Listing", "data": {"children": [inner]}} if inner else ""
    return {"kind": "t1", "data": record | {"replies": replies}}


def _hackernews(inner: Any, number: int) -> Any:
    return {"id": number, "type": "comment", "text": "x", "created_at": 1, "children": [inner] if inner else []}


def _facebook(inner: Any, number: int) -> Any:
    return {"id": f"1_{number}", "created_time": 1, "message": "x", "like_count": 0, "comments": {"data": [inner]}}


def _bluesky(inner: Any, number: int) -> Any:
    return {"post": {"uri": f"at://d/app.bsky.feed.post/{number}", "record": {"text": "x"}}, "replies": [inner]}


def _remark42(inner: Any, number: int) -> Any:
    record = {"id": str(number), "pid": str(number - 1), "text": "x", "locator": {"url": "u"}}
    return {"comment": record, "replies": [inner] if inner else None}


def _guardian(inner: Any, number: int) -> Any:
    return {"id": number, "body": "x", "isoDateTime": "", "responses": [inner]}


def _nyt(inner: Any, number: int) -> Any:
    return {"commentID": number, "commentBody": "x", "replies": [inner]}


@pytest.mark.parametrize(
    ("name", "wrap", "document"),
    [
        ("reddit", _reddit, lambda top: {"kind": "Listing", "data": {"children": [top]}}),
        ("hackernews", _hackernews, lambda top: top),
        ("facebook", _facebook, lambda top: {"data": [top]}),
        ("bluesky", _bluesky, lambda top: {"thread": top}),
        ("remark42", _remark42, lambda top: {"comments": [top]}),
        ("guardian", _guardian, lambda top: {"discussion": {"comments": [top]}}),
        ("nyt", _nyt, lambda top: {"results": {"comments": [top]}}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_reads_a_reply_chain_of_any_length(name: str, wrap: Any, document: Any) -> None:
    top = None
    for number in range(20_000, 0, -1):
        top = wrap(top, number)
    comments, _ = read(MODULES[name], [document(top)])
    assert len(comments) == 20_000
    assert comments[-1].parent_id is not None


HOSTILE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([2**63, 10**5000, float("nan"), float("inf"), -1e308, 0.5]),
    st.text(max_size=8),
    st.sampled_from(
        ["0", "[deleted]", "root", "<p>&amp;<", "9" * 400, "\x00", "0001-01-01T00:00:00+14:00", "²", "NULL"]
    ),
    st.sampled_from(
        [[], {}, [None], [[]], {"x": {}}, {"$date": {"$numberLong": {}}}, [{"id": []}], {"id": {}, "type": []}]
    ),
)


@FOLDERS
@settings(max_examples=30)
@given(choices=st.lists(st.tuples(st.integers(0, 10**6), st.booleans(), HOSTILE), min_size=1, max_size=6))
def test_survives_what_is_done_to_its_document(folder: Path, choices: list[tuple[int, bool, object]]) -> None:
    module = MODULES[format_of(folder)]
    document = copy.deepcopy(load(golden_input(folder)))
    for position, deletes, value in choices:
        _damage(document, position, deletes, value)
    _read_all(module, document)


@FOLDERS
def test_survives_the_document_of_any_platform(folder: Path) -> None:
    for module in MODULES.values():
        _read_all(module, load(golden_input(folder)))


def _read_all(module: ModuleType, document: list[object]) -> None:
    tally = Tally()
    try:
        for value in document[:1]:
            module.sniff(value)
        comments = list(module.read(document, "dump", tally))
        if hasattr(module, "STREAM"):
            list(module.read_items(document, "dump", tally))
    except InputError:
        return
    for comment in comments:
        _check(comment)


def _check(comment: Comment) -> None:
    assert comment.id
    assert comment.thread_id
    assert comment.parent_id != ""
    for value in (comment.id, comment.thread_id, comment.text):
        assert isinstance(value, str)
    for name in (comment.parent_id, comment.author, comment.lang, comment.thread_title, comment.thread_url):
        assert name is None or isinstance(name, str)
    assert comment.created is None or comment.created.utcoffset() == timedelta(0)
    assert comment.likes is None or (type(comment.likes) is int and abs(comment.likes) < 2**63)
    assert comment.status not in (Status.DELETED, Status.REMOVED) or comment.text == ""
    assert comment.thread_url is None or comment.thread_url.lower().startswith(("http://", "https://"))
    assert Comment.from_json(json.loads(json.dumps(comment.to_json()))) == comment


def _places(value: object) -> Iterator[tuple[Any, Any]]:
    """Every container of a document with one of its keys."""
    stack = [value]
    while stack:
        container = stack.pop()
        keys = (
            list(container)
            if isinstance(container, dict)
            else range(len(container))
            if isinstance(container, list)
            else ()
        )
        for key in keys:
            yield container, key
            stack.append(container[key])  # type: ignore[index]


def _damage(document: object, position: int, deletes: bool, value: object) -> None:
    places = list(_places(document))
    if places:
        container, key = places[position % len(places)]
        if deletes:
            del container[key]
        else:
            container[key] = copy.deepcopy(value)


def _cut(value: object) -> object:
    """The skeleton the door shows of a large file: lists end after their first entry."""
    if isinstance(value, dict):
        return {key: _cut(entry) for key, entry in value.items()}
    return [_cut(entry) for entry in value[:1]] if isinstance(value, list) else value


# File, comments, threads, depth: as counted in the catalogue of the dumps. "Threads" of the YouTube API are comment
# threads there, that is, comments that answer no other; None: the catalogue gives no number.
CATALOGUE = [
    ("bluesky/atproto_thread_view_post.json", 1, 1, 0),
    ("commento/remark42_migrator_commento.json", 3, 2, 1),
    ("discourse/discourse_api_topic.json", 4, 1, 1),
    ("discourse/discourse_api_topic_posts.json", 1, 1, 0),
    ("hackernews/matalon_hn_comments_flat.json", 318, None, 0),
    ("mastodon/tokodon_context.json", 3, 1, 0),
    ("mastodon/tokodon_statuses.json", 7, None, 0),
    ("reddit/graw_more.json", 50, 1, 3),
    ("reddit/graw_thread.json", 199, 1, 9),
    ("reddit/praw_3hahrw_thread.json", 476, 1, 9),
    ("reddit/tanaym42_RC_2005-12.zst", 1075, 396, 10),
    ("remark42/remark42_tree.json", 12, 1, 2),
    ("remark42/remark42_tree_bench.json", 58, 1, 3),
    ("telegram/pachumarchive_result.json", 6, 1, 0),
    ("telegram/tgif_csharp_result.json", 32, 1, 4),
    ("telegram/tgif_stub6_result.json", 1, 1, 0),
    ("twitter/twarccsv_brexit.jsonl", 100, 100, 0),
    ("twitter/twarccsv_flat.jsonl", 100, 97, 1),
    ("twitter/twarccsv_mentions_tweet.jsonl", 1, 1, 0),
    ("twitter/twarccsv_noflat.jsonl", 100, 97, 1),
    ("youtube/erwin_apify_youtube_comments.json", 100, 1, 0),
    ("youtube/pyyoutube_comment_threads_all_to_me.json", 4, 4, 0),
    ("youtube/pyyoutube_comment_threads_by_video_paged_1.json", 5, 5, 0),
    ("youtube/pyyoutube_comment_threads_by_video_paged_2.json", 5, 5, 0),
]


@pytest.mark.parametrize(("name", "comments", "threads", "depth"), CATALOGUE, ids=[row[0] for row in CATALOGUE])
def test_counts_real_dumps_as_catalogued(name: str, comments: int, threads: int | None, depth: int) -> None:
    document = _load_shared(name)
    module = MODULES[name.split("/", 1)[0]]
    assert [known for known, other in MODULES.items() if other.sniff(document[0])] == [module.NAME]
    found, tally = read(module, document)
    assert tally.counts["rejects"] == 0
    assert len(found) == comments
    assert _depth(found) == depth
    if "comment_threads" in name:
        assert sum(comment.parent_id is None for comment in found) == threads
    elif threads is not None:
        assert len({comment.thread_id for comment in found}) == threads


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("reddit/graw_thread.json", {"claimed": 1655, "more_stubs": 125, "hidden": 1082, "gone": 5, "nameless": 22}),
        ("reddit/praw_3hahrw_thread.json", {"claimed": 543, "more_stubs": 18}),
        ("reddit/tanaym42_RC_2005-12.zst", {"gone": 120, "nameless": 185, "orphans": 15}),
        ("telegram/tgif_csharp_result.json", {"orphans": 1, "empty": 1}),
        ("telegram/pachumarchive_result.json", {"empty": 5}),
        ("twitter/twarccsv_brexit.jsonl", {"retweets": 67}),
        ("twitter/twarccsv_noflat.jsonl", {"retweets": 47}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_finds_the_oddities_of_real_dumps(name: str, counts: dict[str, int]) -> None:
    comments, tally = read(MODULES[name.split("/", 1)[0]], _load_shared(name))
    keys = {(comment.thread_id, comment.id) for comment in comments}
    gone = [comment for comment in comments if comment.status in (Status.DELETED, Status.REMOVED)]
    orphans = [c for c in comments if c.parent_id and (c.thread_id, c.parent_id) not in keys]
    seen = {
        "claimed": sum(tally.claimed.values()),
        "gone": len(gone),
        "nameless": sum(comment.author is None for comment in comments),
        "orphans": len(orphans),
        "empty": sum(not comment.text for comment in comments),
    } | tally.counts
    assert {name: seen[name] for name in counts} == counts


def _load_shared(name: str) -> list[object]:
    path = SHARED / name
    if not path.exists():
        pytest.skip("the real dumps are not on this machine: ../shared/data/dumps")
    raw = path.read_bytes()
    if path.suffix == ".zst":
        raw = zstandard.ZstdDecompressor(max_window_size=2**31).stream_reader(io.BytesIO(raw)).read()
    return parse(raw.decode("utf8"))


def _depth(comments: list[Comment]) -> int:
    parents = {(c.thread_id, c.id): (c.thread_id, c.parent_id) for c in comments}
    deepest = 0
    for key in parents:
        depth, above = 0, parents[key]
        while above in parents and depth <= len(parents):
            depth, above = depth + 1, parents[above]  # type: ignore[index]
        deepest = max(deepest, depth)
    return deepest
