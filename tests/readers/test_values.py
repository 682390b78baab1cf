"""Values out of untrusted JSON, and reply chains without end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.readers import values
from analyzer.readers.tally import Reject, Tally
from analyzer.readers.values import (
    Ancestry,
    address,
    as_address,
    as_count,
    as_id,
    as_time,
    batched,
    excerpt,
    preorder,
    reject,
    weigh,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("abc", "abc"),
        ("  abc ", "abc"),
        (9007199254740993, "9007199254740993"),
        (26000003.0, "26000003"),
        (0, "0"),
        (1.5, None),
        (float("nan"), None),
        (10**5000, None),
        (True, None),
        ("", None),
        (None, None),
        ([], None),
    ],
    ids=lambda value: f"{value!r:.20}" if not isinstance(value, int) else "number",
)
def test_ids_are_strings(value: object, expected: str | None) -> None:
    assert as_id(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, 3),
        (-4, -4),
        (3.0, 3),
        ("12", 12),
        ("1.2K", 1200),
        ("3,5 M", 3_500_000),
        ("7k", 7000),
        ("5\u212a", None),  # the Kelvin sign is a K to IGNORECASE
        ("1,234", 1234),
        ("2.", None),
        ("many", None),
        ("9" * 30, None),
        (float("inf"), None),
        (float("nan"), None),
        (2**63, None),
        (True, None),
        (None, None),
    ],
    ids=str,
)
def test_counts_are_whole_numbers(value: object, expected: int | None) -> None:
    assert as_count(value) == expected


@pytest.mark.parametrize(
    "value", ["javascript:alert(1)", "/path", "data:text/html,x", "", None, 5, " ftp://x.example"], ids=str
)
def test_only_web_addresses_are_addresses(value: object) -> None:
    assert as_address(value) is None


@pytest.mark.parametrize("identity", ['"><script>', "../x", "a b", "", None, "é", "x" * 65], ids=str)
def test_an_odd_id_gives_no_address(identity: str | None) -> None:
    assert address("https://site.example/", identity) is None


def test_a_plain_id_gives_an_address() -> None:
    assert address("https://site.example/", "aB3_-") == "https://site.example/aB3_-"


def test_a_format_whose_times_are_utc_needs_no_zone() -> None:
    assert as_time("2020-01-01T00:00:00")[1] == ("tz_unknown",)
    assert as_time("2020-01-01T00:00:00", utc=True)[1] == ()


def test_trees_are_walked_parents_first_in_the_order_of_the_file() -> None:
    tree = {"a": ["b", "d"], "b": ["c"], "e": []}
    walked = list(preorder(["a", "e"], lambda node: tree.get(node, [])))
    assert walked == [("a", None), ("b", "a"), ("c", "b"), ("d", "a"), ("e", None)]


def test_batches_hold_everything_in_order() -> None:
    assert list(batched(range(5), 2)) == [[0, 1], [2, 3], [4]]


def test_batches_are_bounded_by_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "HELD", 1000)
    rows = [{"text": "x" * 600}, {"replies": [{"text": "x" * 900}]}, {"k" * 900: 1}, 4, 5]
    assert [len(batch) for batch in batched(rows)] == [2, 1, 2]
    assert weigh(rows[1]) > weigh({"replies": []}) + 900


@pytest.mark.parametrize(
    ("pairs", "start", "root"),
    [
        ([("b", "a"), ("c", "b")], "c", "a"),
        ([("c", "b"), ("b", "a")], "c", "a"),
        ([], "x", "x"),
        ([("a", "a")], "a", "a"),
        ([("a", "b"), ("b", "a")], "b", "a"),
        ([("d", "c"), ("c", "b"), ("b", "c")], "d", "b"),
        ([(None, "a"), ("b", None)], "b", "b"),
    ],
    ids=["in order", "out of order", "unknown", "its own parent", "cycle of two", "tail on a cycle", "missing names"],
)
def test_the_top_of_a_chain_is_found(pairs: list[tuple[str | None, str | None]], start: str, root: str) -> None:
    ancestry = Ancestry()
    for child, parent in pairs:
        ancestry.add(child, parent)
    assert ancestry.root(start) == root


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=30))
def test_all_of_a_cycle_has_one_root_however_often_it_is_asked(pairs: list[tuple[int, int]]) -> None:
    ancestry = Ancestry()
    for child, parent in pairs:
        ancestry.add(str(child), str(parent))
    first = [ancestry.root(str(node)) for node in range(10)]
    assert [ancestry.root(str(node)) for node in range(10)] == first
    assert [ancestry.root(root) for root in first] == first


def test_a_reject_shows_the_row_without_addresses_of_people() -> None:
    rejects: list[Reject] = []
    row = {"text": "hello" * 50, "email": "user1@example.org", "ip": "192.0.2.7", "deep": {"a": {}}, "list": [1, 2]}
    reject(Tally(on_reject=rejects.append), "dump", "no id", row)
    assert rejects[0].excerpt.startswith("{text: 'hello")
    assert rejects[0].excerpt.endswith("deep: {…}, list: [… 2]}")
    assert "example.org" not in rejects[0].excerpt
    assert "192.0.2" not in rejects[0].excerpt


@pytest.mark.parametrize("key", ["author_ip", "comment_author_IP", "userIp", "ipAddress", "IPv6", "contact"])
def test_an_excerpt_leaves_out_what_is_under_the_name_of_an_address(key: str) -> None:
    assert excerpt({key: "value", "id": 1}) == "{id: 1}"


@pytest.mark.parametrize(
    "row",
    [
        {"body": "mail mo@mail.example"},
        {"mo@post.example": 1},
        {"body": "x" * 50 + " 198.51.100.7"},  # cut first, the half of it would not be known
        {"body": "from 2001:db8::7"},
        "mo@mail.example",
    ],
    ids=["in a text", "as a key", "where the text is cut", "IPv6", "alone"],
)
def test_an_excerpt_of_a_record_holds_no_address(row: object) -> None:
    assert not any(part in excerpt(row) for part in ("mail.example", "post.example", "198", "db8"))


def test_an_excerpt_of_a_record_keeps_other_fields() -> None:
    row = {"zip": 1, "description": 2, "recipient": 3, "ship_to": 4, "type": 5}
    assert excerpt(row) == "{zip: 1, description: 2, recipient: 3, ship_to: 4, type: 5}"
