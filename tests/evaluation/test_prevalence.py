"""The corrected prevalence holds the truth, is never wider than the labels alone, and doubts itself where it must."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.evaluation import Prevalence, estimate_prevalence
from analyzer.evaluation.bounds import clopper_pearson

FLOATS = np.ndarray[tuple[int], np.dtype[np.float64]]
COMMENTS = 20_000


def comments(kind: str, rate: float, seed: int = 0) -> tuple[FLOATS, FLOATS]:
    """Truth and probabilities of a run, by a model that is good, sure of itself, blind to half, useless, or timid."""
    chooser = np.random.default_rng(seed)
    truth = (chooser.random(COMMENTS) < rate).astype(float)
    noise = chooser.normal(0, 1, COMMENTS)
    seen = truth * (chooser.random(COMMENTS) < 0.5)
    odds = {
        "good": 3 * (3 * truth + noise) - 4.5 + np.log(rate / (1 - rate)),
        "boastful": 3 * (2 * truth + noise) - 2,
        "half blind": 4 * (6 * seen + noise - 3),
        "useless": noise,
        "timid": 2 * (2.5 * truth + noise) - 7,
    }
    return truth, 1 / (1 + np.exp(-odds[kind]))


def samples(kind: str, rate: float, n: int, times: int = 200) -> tuple[float, list[Prevalence]]:
    truth, probs = comments(kind, rate)
    chooser = np.random.default_rng(1)
    picks = (chooser.choice(COMMENTS, n, replace=False) for _ in range(times))
    return float(truth.mean()), [estimate_prevalence("x", truth[pick], probs[pick], probs) for pick in picks]


@pytest.mark.parametrize("rate", [0.005, 0.03, 0.3])
@pytest.mark.parametrize("kind", ["good", "boastful", "half blind", "useless", "timid"])
def test_the_interval_holds_the_truth_and_is_narrower_than_from_labels_alone(kind: str, rate: float) -> None:
    true, found = samples(kind, rate, 300)
    assert np.mean([one.interval.low <= true <= one.interval.high for one in found]) >= 0.93
    width = np.mean([one.interval.high - one.interval.low for one in found])
    alone = np.mean([one.labels_only_interval.high - one.labels_only_interval.low for one in found])
    assert width < alone * (1.01 if kind == "useless" else 1.0)
    assert np.mean([one.share for one in found]) == pytest.approx(true, rel=0.12, abs=0.001)


def test_a_good_model_is_worth_many_labels() -> None:
    _, found = samples("good", 0.1, 300, times=20)
    widths = [
        (one.interval.high - one.interval.low) / (one.labels_only_interval.high - one.labels_only_interval.low)
        for one in found
    ]
    assert np.mean(widths) < 0.7


def test_the_count_at_the_threshold_stands_beside_it_uncorrected() -> None:
    truth, probs = comments("boastful", 0.05)
    found = estimate_prevalence("x", truth[:500], probs[:500], probs, threshold=0.2)
    assert found.naive == np.mean(probs.astype(np.float32) >= np.float32(0.2))
    assert found.naive > 2 * truth.mean()
    assert found.interval.low <= truth.mean() <= found.interval.high
    assert found.to_json()["naive"]["threshold"] == 0.2
    assert estimate_prevalence("x", truth[:500], probs[:500], probs).to_json()["naive"] is None


def test_a_model_that_says_the_same_of_all_leaves_the_labels_alone() -> None:
    truth = (np.arange(400) % 10 == 0).astype(float)
    found = estimate_prevalence("x", truth, np.full(400, 0.3), np.full(5000, 0.3))
    assert (found.weight, found.share) == (0, 0.1)
    assert found.labels_only_interval == clopper_pearson(40, 400)
    assert found.interval.high == pytest.approx(found.labels_only_interval.high)


@given(
    st.lists(st.tuples(st.booleans(), st.floats(0, 1, width=32)), min_size=1, max_size=40),
    st.lists(st.floats(0, 1, width=32), max_size=40),
)
def test_shares_and_intervals_stay_shares(judged: list[tuple[bool, float]], others: list[float]) -> None:
    truth, probs = (np.array([row[place] for row in judged], float) for place in (0, 1))
    found = estimate_prevalence("x", truth, probs, np.append(probs, others))
    assert 0 <= found.interval.low <= found.share + 1e-9
    assert found.share - 1e-9 <= found.interval.high <= 1
    alone = found.labels_only_interval
    if found.weight == 0:
        assert (found.interval.low, found.interval.high) == pytest.approx((alone.low, alone.high))


@pytest.mark.parametrize(
    ("n", "rate", "picked", "doubt"),
    [
        (50, 0.4, False, "only 50 judged comments"),
        (300, 0.005, False, "judged comments are positive"),
        (300, 0.995, False, "judged comments are negative"),
        (300, 0.3, True, "does not look random"),
        (300, 0.3, False, None),
    ],
    ids=["few rows", "few positives", "few negatives", "the worst were picked", "nothing to doubt"],
)
def test_doubts_are_told(n: int, rate: float, picked: bool, doubt: str | None) -> None:
    truth, probs = comments("timid", rate)
    pick = np.argsort(-probs)[:n] if picked else np.arange(n)
    doubts = estimate_prevalence("x", truth[pick], probs[pick], probs).doubts
    assert doubts == () if doubt is None else doubt in " ".join(doubts)


def test_a_prevalence_without_rows_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="judged rows"):
        estimate_prevalence("x", np.array([]), np.array([]), np.array([0.5]))
