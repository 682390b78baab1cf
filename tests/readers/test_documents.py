"""JSON of any shape, size and state."""

import json

import pytest

from analyzer.errors import InputError
from analyzer.readers import documents, records
from analyzer.readers.documents import (
    find_fields,
    first_value,
    holds_lines,
    parse,
    read_archive,
    read_document,
    read_items,
    read_lines,
)
from analyzer.readers.files import DumpStream
from analyzer.readers.tally import Tally


def stream(raw: bytes | str, tally: Tally | None = None) -> DumpStream:
    content = raw.encode() if isinstance(raw, str) else raw
    chunks = (content[start : start + 1000] for start in range(0, len(content), 1000))
    return DumpStream("dump.json", chunks, tally or Tally())


@pytest.mark.parametrize(
    ("raw", "lines"),
    [
        ('{"a": 1}\n{"a": 2}\n', True),
        ('\n\n{"a": 1}\n', True),
        ('{"a": 1}', True),
        ('{"a": broken\n{"a": 2}\n{"a": 3}\n', True),
        ('{\n"a": 1\n}', False),
        ('{"comments": [\n{"a": 1},\n{"a": 2}\n]}', False),
        ('[{"a": 1}]\n', False),
        ("[\n", False),
        ("plain words", False),
    ],
    ids=[
        *(
            "one a line",
            "blank lines first",
            "one line",
            "a bad first line",
            "a printed document",
            "rows in a document",
        ),
        *("a list", "an open list", "no JSON"),
    ],
)
def test_json_lines_are_told_from_a_document(raw: str, lines: bool) -> None:
    assert holds_lines(stream(raw)) is lines


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ('{"a": [1, 2]}', {"a": [1, 2]}),
        ('{"a": 1}\n{"b": 2}', {"a": 1}),
        ('{"a": [1, {"b": "cut', {"a": [1, {"b": None}]}),
        ('[{"a": 1}, {"a"', [{"a": 1}, {"a": None}]),
        ("words", None),
        ("", None),
    ],
    ids=["a document", "lines", "cut in a string", "cut at a key", "no JSON", "nothing"],
)
def test_the_first_value_is_shown_as_far_as_it_goes(raw: str, value: object) -> None:
    assert first_value(stream(raw)) == value


def test_the_first_value_of_a_large_file_is_its_beginning() -> None:
    whole = json.dumps({"meta": 1, "comments": [{"id": number, "text": "x" * 100} for number in range(20_000)]})
    value = first_value(stream(whole))
    assert isinstance(value, dict)
    assert value["meta"] == 1
    assert 0 < len(value["comments"]) < 20_000


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b'{"a": 9007199254740993}', {"a": 9007199254740993}),
        (b'{"a": "\\ud83d"}', {"a": "\ud83d"}),
        (b'{"a": "caf\xe9"}', {"a": "café"}),
        (b"[" * 100_000, None),
        (b"[" * 100_000 + b"]" * 100_000, None),
        (b'{"a": ', None),
    ],
    ids=["a great id", "half a surrogate", "a stray byte", "open without end", "deep without end", "cut"],
)
def test_a_json_text_is_parsed_or_none(raw: bytes, value: object) -> None:
    assert parse(raw) == value


def test_a_bad_line_is_rejected_with_its_number_and_the_rest_is_read() -> None:
    rejects = []
    tally = Tally(on_reject=rejects.append)
    raw = '{"a": 1}\n\n{"a": mo@mail.example\n{"a": 3}'
    assert list(read_lines(stream(raw, tally), tally)) == [{"a": 1}, {"a": 3}]
    assert [(reject.line, "mail.example" in reject.excerpt) for reject in rejects] == [(3, False)]


@pytest.mark.parametrize(
    ("raw", "values", "rejects"),
    [
        ('{"a": [1, 2]}', [{"a": [1, 2]}], 0),
        ('{"a": 1}\n\n{\n"a": 2}', [{"a": 1}, {"a": 2}], 0),
        ('{"a": [{"b": 1.5}, {"b": 2', [{"a": [{"b": 1.5}, {"b": 2}]}], 1),
        ('[{"b": 1}, {"b": oops}]', [[{"b": 1}, {"b": None}]], 1),
        ("", [], 1),
    ],
    ids=["whole", "several in a row", "cut off", "damaged inside", "empty"],
)
def test_a_document_is_read_as_far_as_it_goes(raw: str, values: list[object], rejects: int) -> None:
    tally = Tally()
    assert list(read_document(stream(raw, tally), tally)) == values
    assert tally.counts["rejects"] == rejects
    assert bool(tally.notes) is bool(rejects)


def test_a_document_nested_without_end_is_read_without_recursion() -> None:
    tally = Tally()
    raw = '{"replies": [' * 50_000 + '{"text": "deep"}' + "]}" * 50_000
    (value,) = read_document(stream(raw), tally)
    depth = 0
    while isinstance(value, dict) and "replies" in value:
        value, depth = value["replies"][0], depth + 1
    assert (value, depth) == ({"text": "deep"}, 50_000)


def test_items_stream_out_of_a_large_document() -> None:
    raw = json.dumps({"name": "x", "messages": [{"id": 1, "n": 1.5}, {"id": 2}, [3]], "after": {}})
    tally = Tally()
    assert list(read_items(stream(raw), ("messages.item",), tally)) == [{"id": 1, "n": 1.5}, {"id": 2}, [3]]
    assert not tally.counts["rejects"]


def test_items_before_a_cut_are_kept() -> None:
    tally = Tally()
    items = read_items(stream('{"messages": [{"id": 1}, {"id": 2}, {"i'), ("messages.item",), tally)
    assert list(items) == [{"id": 1}, {"id": 2}]
    assert tally.counts["rejects"] == 1


def test_an_archive_of_x_is_cut_at_its_first_sign() -> None:
    raw = 'window.YTD.tweets.part0 = [ {"tweet": {"full_text": "a = b"}} ]'
    tally = Tally()
    assert list(read_archive(stream(raw), tally)) == [
        {"window.YTD": "tweets.part0", "items": [{"tweet": {"full_text": "a = b"}}]}
    ]


def test_a_document_too_large_for_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "LIMIT", 1000)
    with pytest.raises(Exception, match="split it"):
        list(read_document(stream("[" + "1," * 5000), Tally()))


def test_a_document_of_too_many_values_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "_MAX_CONTAINERS", 10)
    assert list(read_document(stream("[" + "{}," * 8 + "{}]"), Tally())) == [[{}] * 9]
    with pytest.raises(InputError, match="10 lists and objects"):
        list(read_document(stream("[" + "{}," * 9 + "{}]"), Tally()))


def test_beside_the_comments_no_other_list_is_streamed() -> None:
    raw = '{"topics": [{"title": "T"}], "comments": [{"text": "a"}, {"text": "b"}], "pages": [1, 2]}'
    assert list(read_items(stream(raw), records.STREAM, Tally())) == [{"text": "a"}, {"text": "b"}]


PLACES = ("id", "about.title")


@pytest.mark.parametrize("fits", [True, False], ids=["in the first bytes", "far behind"])
@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ('{"id": 1, "about": {"title": "T"}, "rows": [{"id": 7}, {"id": 8}]}', {"id": 1, "about.title": "T"}),
        ('{"rows": [{"id": 7}, {"id": 8}], "about": {"title": null}, "id": 1}', {"id": 1, "about.title": None}),
        ('{"id": 1, "rows": [{"id": 7}, {"id": 8}], "cut', {"id": 1}),
    ],
    ids=["before the list", "behind it", "cut off"],
)
def test_fields_beside_a_list_are_found_and_the_list_is_still_to_be_read(
    raw: str, found: dict[str, object], fits: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "_SEARCHED", 1 << 20 if fits else 10)
    tally = Tally()
    with find_fields(stream(raw, tally), PLACES, tally) as (fields, whole):
        assert fields == found
        assert list(read_items(whole, ("rows.item",), tally)) == [{"id": 7}, {"id": 8}]
