"""Threads: order, mending, and what must hold for any pile of comments."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.schema import Comment, Thread
from analyzer.threads import build_threads

NOON = datetime(2026, 10, 1, 12, tzinfo=UTC)


def said(name: str, parent: str | None = None, minute: int | None = None, **fields: object) -> Comment:
    created = None if minute is None else NOON + timedelta(minutes=minute)
    defaults = {"source": "dump.jsonl", "thread_id": "t", "text": f"text of {name}", **fields}
    return Comment(id=name, parent_id=parent, created=created, **defaults)  # type: ignore[arg-type]


def only(*comments: Comment) -> Thread:
    (thread,) = build_threads(comments)
    return thread


def ids(thread: Thread) -> str:
    return " ".join(comment.id for comment in thread.comments)


@pytest.mark.parametrize(
    ("comments", "expected"),
    [
        pytest.param([said("b", minute=2), said("a", minute=1)], "a b", id="roots stand in time order"),
        pytest.param(
            [said("b", "a", 1), said("a", None, 5)], "a b", id="a reply dated before its parent stands after it"
        ),
        pytest.param([said("c10"), said("c9"), said("c1")], "c10 c9 c1", id="undated comments stand as in the dump"),
        pytest.param(
            [said("c10", minute=1), said("c9", minute=1)],
            "c9 c10",
            id="comments of one minute stand in natural id order",
        ),
        pytest.param(
            [said("a", minute=1), said("r9", "a"), said("r1", "a"), said("b", minute=1)],
            "a r9 r1 b",
            id="undated replies stand by their parent as in the dump",
        ),
        pytest.param(
            [said("r", "a"), said("b"), said("a"), said("c", minute=1)],
            "b a r c",
            id="an undated reply before its parent moves behind it",
        ),
        pytest.param([said("b", minute=1), said("a", minute=1)], "a b", id="the same minute falls back to the id"),
        pytest.param(
            [said("a", minute=1), said("z", minute=9), said("r", "a")],
            "a r z",
            id="an undated reply stands by its parent",
        ),
        pytest.param(
            [said("r", "a", 3), said("a", minute=1), said("b", minute=2)], "a b r", id="time runs across conversations"
        ),
        pytest.param(
            [said("9" * 5000, minute=1), said("1", minute=1)],
            "1 " + "9" * 5000,
            id="an id of 5000 digits is still an id",
        ),
    ],
)
def test_order(comments: list[Comment], expected: str) -> None:
    assert ids(only(*comments)) == expected


@pytest.mark.parametrize(
    ("comments", "expected"),
    [
        pytest.param([said("a", "gone")], {"a": (None, ("orphan",))}, id="a missing parent makes a root"),
        pytest.param([said("a", "a")], {"a": (None, ("cycle",))}, id="a comment answering itself becomes a root"),
        pytest.param(
            [said("a", "b", 2), said("b", "a", 1)],
            {"b": (None, ("cycle",)), "a": ("b", ())},
            id="a circle is cut at its earliest comment",
        ),
        pytest.param(
            [said("tail", "a", 0), said("a", "b", 2), said("b", "a", 1)],
            {"b": (None, ("cycle",)), "a": ("b", ()), "tail": ("a", ())},
            id="what hangs below a circle stays there",
        ),
        pytest.param(
            [said("a"), said("a"), said("a#2"), said("a"), said("r", "a")],
            {
                "a": (None, ()),
                "a#3": (None, ("id_repeated",)),
                "a#2": (None, ()),
                "a#4": (None, ("id_repeated",)),
                "r": ("a", ()),
            },
            id="a repeated id gets a free suffix and replies go to the first",
        ),
        pytest.param(
            [said("a", flags=("orphan",))], {"a": (None, ("orphan",))}, id="a flag of the reader is kept once"
        ),
    ],
)
def test_mending(comments: list[Comment], expected: dict[str, tuple[str | None, tuple[str, ...]]]) -> None:
    assert {c.id: (c.parent_id, c.flags) for c in only(*comments).comments} == expected


def test_orphans_are_counted_even_if_the_reader_flagged_them() -> None:
    assert only(said("a", "gone"), said("b", flags=("orphan",)), said("c")).orphans == 2


def test_same_thread_id_in_two_sources_gives_two_threads_in_first_come_order() -> None:
    piles = [said("1", source="b"), said("1", source="a"), said("2", source="b")]
    assert [(t.source, ids(t)) for t in build_threads(piles)] == [("b", "1 2"), ("a", "1")]


def test_title_url_and_claimed_number_reach_the_thread() -> None:
    piles = [said("1"), said("2", thread_title="Bridge opens", thread_url="https://example.org/bridge")]
    (thread,) = build_threads(piles, claimed={"dump.jsonl": {"t": 12}})
    assert (thread.title, thread.url, thread.claimed) == ("Bridge opens", "https://example.org/bridge", 12)


def test_what_one_source_claims_is_not_claimed_by_another() -> None:
    piles = [said("1", source="a"), said("1", source="b"), said("1", source="c")]
    claimed = {"a": {"t": 12}, "b": {"t": 5}}
    assert [thread.claimed for thread in build_threads(piles, claimed=claimed)] == [12, 5, None]


@pytest.mark.parametrize("closed", [False, True], ids=["a chain", "a circle"])
def test_a_hundred_thousand_deep(closed: bool) -> None:
    size = 100_000
    chain = [said(f"c{n}", f"c{n - 1}" if n else None) for n in reversed(range(size))]
    if closed:
        chain[-1] = replace(chain[-1], parent_id=f"c{size - 1}")
    assert [c.id for c in only(*chain).comments] == [f"c{n}" for n in range(size)]


@st.composite
def piles(draw: st.DrawFn, *, dated: bool = False) -> list[Comment]:
    names = st.sampled_from(["1", "2", "3", "10", "1#2", "x", ""])
    pile = st.builds(
        said,
        name=names,
        parent=st.none() | names,
        minute=st.integers(0, 3) if dated else st.none() | st.integers(0, 3),
        thread_id=st.sampled_from(["t", "u"]),
    )
    return draw(st.lists(pile, max_size=14))


@given(piles())
def test_nothing_is_lost_and_parents_come_first(pile: list[Comment]) -> None:
    threads = list(build_threads(pile))
    assert Counter(c.text for t in threads for c in t.comments) == Counter(c.text for c in pile)
    for thread in threads:
        seen: set[str] = set()
        for comment in thread.comments:
            assert comment.parent_id is None or comment.parent_id in seen
            assert comment.id not in seen
            seen.add(comment.id)


@given(piles())
def test_threading_again_changes_nothing(pile: list[Comment]) -> None:
    once = list(build_threads(pile))
    assert list(build_threads(c for t in once for c in t.comments)) == once


@given(piles(dated=True), st.randoms())
def test_the_order_of_the_dump_does_not_matter_where_all_are_dated(pile: list[Comment], chance: object) -> None:
    unique = list({(c.thread_id, c.id): c for c in pile}.values())
    shuffled = sorted(unique, key=lambda _: chance.random())  # type: ignore[attr-defined]
    assert {t.id: t for t in build_threads(unique)} == {t.id: t for t in build_threads(shuffled)}


def test_a_time_without_a_zone_is_taken_for_utc_and_flagged() -> None:
    zoned = Comment(source="s", thread_id="t", id="1", text="first", created=datetime(2026, 11, 22, 9, 30, tzinfo=UTC))
    (thread,) = build_threads([replace(zoned, id="2", created=datetime(2026, 11, 22, 9, 0)), zoned])
    assert [(comment.id, comment.flags) for comment in thread.comments] == [("2", ("tz_unknown",)), ("1", ())]
    assert thread.comments[0].created == datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
