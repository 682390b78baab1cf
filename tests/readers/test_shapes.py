"""JSON of many shapes: where the comments stand in it, and which article they stand under."""

import json
from pathlib import Path
from typing import Any

import pytest

from analyzer.readers import ReadOptions, Tally, documents, read_comments
from analyzer.schema import Comment

ONE = {"id": "a", "text": "First", "author": "Mo"}
TWO = {"id": "b", "text": "Second", "author": "Li", "parent_id": "a"}
TOLD = [("a", None, "Mo", "First"), ("b", "a", "Li", "Second")]


def read(tmp_path: Path, value: object, **mapping: str) -> tuple[list[Comment], Tally]:
    path = tmp_path / "dump"
    path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    tally = Tally()
    return list(read_comments(path, options=ReadOptions(mapping=mapping, authors="plain"), tally=tally)), tally


def told(comments: list[Comment]) -> list[tuple[str, str | None, str | None, str]]:
    return [(comment.id, comment.parent_id, comment.author, comment.text) for comment in comments]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"response": {"status": 200, "data": {"total": 2, "comments": [ONE, TWO]}}}, id="a deep envelope"),
        pytest.param({"data": {"comments": {"edges": [{"node": ONE}, {"node": TWO}]}}}, id="GraphQL"),
        pytest.param(
            {"data": {"comments": {"edges": [{"node": {**ONE, "replies": {"edges": [{"node": TWO}]}}}]}}},
            id="GraphQL with nested replies",
        ),
        pytest.param(
            {"took": 3, "hits": {"total": 2, "hits": [{"_id": "x", "_source": ONE}, {"_id": "y", "_source": TWO}]}},
            id="Elasticsearch",
        ),
        pytest.param(
            {
                "data": [
                    {"type": "comment", "id": part.pop("id"), "attributes": part} for part in (dict(ONE), dict(TWO))
                ]
            },
            id="JSON:API",
        ),
        pytest.param(
            {key: {"0": ONE.get(key), "1": TWO[key]} for key in TWO},
            id="a data frame by columns",
        ),
        pytest.param({key: [ONE.get(key), TWO[key]] for key in TWO}, id="lists by columns"),
        pytest.param(
            {"columns": list(TWO), "index": [0, 1], "data": [[ONE.get(key) for key in TWO], list(TWO.values())]},
            id="a data frame split",
        ),
        pytest.param({"comments": {"-Nx": {**ONE, "replies": []}, "-Ny": TWO}}, id="under ids in an envelope"),
        pytest.param(
            [
                {"_id": {"$oid": "a"}, "text": "First", "author": "Mo", "parent_id": None},
                {"_id": {"$oid": "b"}, "text": "Second", "author": "Li", "parent_id": {"$oid": "a"}},
            ],
            id="ids of MongoDB",
        ),
    ],
)
def test_comments_are_found_wherever_they_stand(tmp_path: Path, value: object) -> None:
    comments, _ = read(tmp_path, value)
    assert told(comments) == TOLD


@pytest.mark.parametrize(
    "value",
    [
        {"p1": {"-Nx": {"text": "First"}}, "p2": {"-Ny": {"text": "Second"}}},
        {"comments": {"p1": {"-Nx": {"text": "First"}}, "p2": {"-Ny": {"text": "Second"}}}},
        {"p1": {"comments": [{"text": "First"}]}, "p2": {"comments": [{"text": "Second"}]}},
    ],
    ids=["maps of maps", "in an envelope", "maps of lists"],
)
def test_ids_of_threads_above_the_comments_are_kept(tmp_path: Path, value: object) -> None:
    comments, _ = read(tmp_path, value)
    assert [(comment.thread_id, comment.text) for comment in comments] == [("p1", "First"), ("p2", "Second")]


def test_numbers_and_dates_of_mongodb_are_read(tmp_path: Path) -> None:
    record = {**ONE, "likes": {"$numberLong": "5"}, "post_id": {"$numberInt": "77"}}
    times = [{"$date": "2024-05-01T10:00:00Z"}, {"$date": {"$numberLong": "1714557600000"}}]
    comments, _ = read(tmp_path, [record | {"created_at": time, "id": number} for number, time in enumerate(times)])
    assert [(c.likes, c.thread_id, c.created and c.created.isoformat()) for c in comments] == [
        (5, "77", "2024-05-01T10:00:00+00:00")
    ] * 2


def test_a_path_names_a_field_within_another(tmp_path: Path) -> None:
    records = [
        {"key": key, "comment": {"words": words, "user": {"name": "Mo"}}} for key, words in (("a", "x"), ("b", "y"))
    ]
    mapping = {"text": "comment.words", "id": "key", "author": "comment.user.name"}
    comments, _ = read(tmp_path, records, **mapping)
    assert told(comments) == [("a", None, "Mo", "x"), ("b", None, "Mo", "y")]
    lines, _ = read(tmp_path, "\n".join(map(json.dumps, records)), **mapping)
    assert lines == comments


ARTICLES: list[dict[str, Any]] = [
    {"title": "One", "url": "https://news.example/1", "text": "An article.", "author": "Ed", "comments": [ONE, TWO]},
    {
        "title": "Two",
        "url": "https://news.example/2",
        "text": "Another.",
        "comments": [ONE | {"replies": [{"text": "Yes"}]}],
    },
    {"title": "Three", "url": "https://news.example/3", "text": "Nobody spoke.", "comments": []},
]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(ARTICLES, id="a list"),
        pytest.param("\n".join(map(json.dumps, ARTICLES)), id="one a line"),
        pytest.param({"articles": ARTICLES}, id="in an envelope"),
        pytest.param({"data": {"items": ARTICLES}}, id="in two"),
        pytest.param({article["url"]: article for article in ARTICLES}, id="under their addresses"),
        pytest.param(
            [{("body" if key == "text" else key): article[key] for key in article} for article in ARTICLES], id="body"
        ),
        pytest.param(
            [{key: article[key] for key in ("title", "url", "comments")} for article in ARTICLES], id="no text"
        ),
    ],
)
@pytest.mark.parametrize("large", [False, True], ids=["small", "large"])
def test_articles_are_threads_and_no_comments(
    tmp_path: Path, value: object, large: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "WHOLE", 10 if large else documents.WHOLE)
    comments, tally = read(tmp_path, value)
    assert [(c.thread_title, c.text) for c in comments] == [
        *(("One", "First"), ("One", "Second"), ("Two", "First"), ("Two", "Yes"))
    ]
    assert {c.thread_url for c in comments} == {"https://news.example/1", "https://news.example/2"}
    assert all(c.thread_id == c.thread_url for c in comments)
    assert (comments[1].parent_id, tally.counts["posts"]) == ("a", 3)


def test_an_article_may_list_bare_texts(tmp_path: Path) -> None:
    comments, _ = read(tmp_path, [{"title": "One", "comments": ["Well said.", "No"]}])
    assert [(c.thread_title, c.text) for c in comments] == [("One", "Well said."), ("One", "No")]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(
            [{"id": 1, "text": "First", "comments": [{"id": 2, "text": "Second", "comments": []}]}], id="replies"
        ),
        pytest.param(
            [{"title": "Soup", "text": "First", "rating": 5, "comments": [{"text": "Second"}]}],
            id="a review with a title",
        ),
        pytest.param(
            [
                {"id": 1, "title": "Soup", "text": "First", "comments": []},
                {"id": 2, "title": "Soup", "text": "Second", "parent": 1, "comments": []},
            ],
            id="the title of their article",
        ),
    ],
)
def test_comments_with_comments_are_no_articles(tmp_path: Path, value: object) -> None:
    comments, _ = read(tmp_path, value)
    assert [comment.text for comment in comments] == ["First", "Second"]


def test_the_title_of_an_export_is_no_thread_of_comments_that_name_theirs(tmp_path: Path) -> None:
    comments, _ = read(tmp_path, {"title": "Export", "comments": [{"id": 1, "post_id": 5, "text": "Yes"}]})
    assert comments[0].thread_id == "5"


def test_nested_replies_stand_in_the_thread_of_their_parent(tmp_path: Path) -> None:
    comments, _ = read(tmp_path, [{"id": 1, "post_id": 7, "text": "First", "replies": [{"id": 2, "text": "Second"}]}])
    assert [(comment.thread_id, comment.parent_id) for comment in comments] == [("7", None), ("7", "1")]


@pytest.mark.parametrize(
    "written",
    [
        '{"comments": ' * 300 + '{"x": {}, "y": {}}' + "}" * 300,
        '{"a": {"x": {}, "b": ' * 3000 + "1" + "}}" * 3000,
        '{"replies": {"comments": [' * 60 + '{"text": "x"}' + "]}}" * 60,
    ],
    ids=["objects", "deep beyond recursion", "envelopes of replies"],
)
def test_shapes_without_end_are_refused_in_no_time(tmp_path: Path, written: str) -> None:
    with pytest.raises(Exception, match="no text field"):
        read(tmp_path, written)


@pytest.mark.parametrize(
    "comments",
    [[{"id": "a", "body": "one", "replies": [{"id": "b", "body": "two"}]}], ["one comment", "two of them"]],
    ids=["objects", "texts"],
)
def test_posts_with_their_comments_listed_in_them_are_articles(tmp_path: Path, comments: list[object]) -> None:
    """As scripts write what they take from Reddit."""
    post = {"id": "p1", "title": "A post", "selftext": "Its words", "comments": comments}
    found, tally = read(tmp_path, [post, {**post, "id": "p2", "comments": []}])
    assert [comment.text.split()[0] for comment in found] == ["one", "two"]
    assert {(comment.thread_id, comment.thread_title) for comment in found} == {("p1", "A post")}
    assert tally.counts["posts"] == 2
