"""Sampling: doubt is highest at the threshold, a keeper keeps the best once, choices stay apart and take turns."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.review import Candidate, Keeper, doubt, spread_out


def doubts(probs: list[float], threshold: float) -> list[float]:
    return [round(float(value), 4) for value in doubt(np.array(probs, np.float32), threshold)]


@pytest.mark.parametrize(
    ("probs", "threshold", "expected"),
    [
        pytest.param([0.5, 0.0, 1.0], 0.5, [1.0, 0.0, 0.0], id="one at the threshold, none where the model is sure"),
        pytest.param([0.1], 0.1, [1.0], id="the threshold counts, not one half"),
        pytest.param([0.2, 0.8], 0.5, [0.64, 0.64], id="the same on both sides of one half"),
        pytest.param([float("nan")], 0.5, [0.0], id="none for a label that was not scored"),
        pytest.param([0.0, 0.5, 1.0], 1.0, [0.0, 0.0, 0.0], id="a threshold of one breaks nothing"),
    ],
)
def test_doubt(probs: list[float], threshold: float, expected: list[float]) -> None:
    assert doubts(probs, threshold) == expected


@given(st.floats(0.01, 0.99), st.lists(st.floats(0, 1, width=32), min_size=2, max_size=9))
def test_doubt_falls_with_the_distance_from_the_threshold(threshold: float, probs: list[float]) -> None:
    above = sorted(prob for prob in probs if prob >= threshold)
    found = doubt(np.array(above, np.float32), threshold)
    assert all(np.diff(found) <= 1e-5)
    assert ((found >= 0) & (found <= 1 + 1e-5)).all()


@given(st.integers(0, 4), st.lists(st.tuples(st.sampled_from("abcdef"), st.floats(0, 1, width=32)), max_size=20))
def test_a_keeper_holds_the_best_texts_once_however_they_come(size: int, offered: list[tuple[str, float]]) -> None:
    keeper = Keeper(size)
    for start in range(0, len(offered), 7):
        part = offered[start : start + 7]
        keeper.offer(
            np.array([priority for _, priority in part], np.float32),
            lambda row, priority, part=part, start=start: candidate(part[row][0], priority, start + row),
        )
    kept = keeper.best()
    texts = [one.text for one in kept]
    assert len(texts) == len(set(texts)) <= size
    assert [one.priority for one in kept] == sorted((one.priority for one in kept), reverse=True)
    left = [priority for text, priority in offered if text not in texts]
    if len(kept) < size:
        assert not any(priority > 0 for priority in left)
    elif kept:
        assert max(left, default=0.0) <= kept[-1].priority


def test_a_keeper_asks_about_few_rows_of_many() -> None:
    asked = []

    def describe(row: int, priority: float) -> Candidate:
        asked.append(row)
        return candidate(str(row), priority, row)

    keeper = Keeper(5)
    for _ in range(3):
        keeper.offer(np.linspace(0, 1, 10_000, dtype=np.float32), describe)
    assert len(asked) <= 20


def candidate(text: str, priority: float = 1.0, row: int = 0) -> Candidate:
    return Candidate(priority, text.encode(), 0, row, text)


RIVER = ["the river is high", "the river is high today", "the river was high"]


def texts(groups: dict[str, list[Candidate]], size: int, known: list[str]) -> list[str]:
    return [choice.candidate.text for choice in spread_out(groups, size, known)]


def test_what_is_unlike_comes_before_what_is_alike() -> None:
    groups = {"a": [candidate(text) for text in [*RIVER, "buses cost too much"]]}
    assert "buses cost too much" in texts(groups, 2, [])
    assert texts(groups, 1, ["the river is high indeed"]) == ["buses cost too much"]


def test_groups_take_turns_and_a_text_is_chosen_once() -> None:
    shared = candidate("the council met on monday")
    groups = {"a": [shared, *(candidate(text) for text in RIVER)], "b": [shared, candidate("no parking at school")]}
    chosen = spread_out(groups, 4, [])
    assert [choice.group for choice in chosen] == ["a", "b", "a", "b"] or len({c.group for c in chosen[:2]}) == 2
    assert len({choice.candidate.text for choice in chosen}) == 4


@pytest.mark.parametrize(
    ("groups", "size"),
    [({}, 3), ({"a": []}, 3), ({"a": [candidate("x y z")]}, 0)],
    ids=["no group", "no candidate", "none wanted"],
)
def test_nothing_to_choose(groups: dict[str, list[Candidate]], size: int) -> None:
    assert spread_out(groups, size, []) == []
