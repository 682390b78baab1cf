"""Intervals and turning points."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.reports.figures import turning_point, wilson


@pytest.mark.parametrize(
    ("count", "n", "low", "high"),
    [
        # Published values: Newcombe 1998, Two-sided confidence intervals for the single proportion, table I, method 3.
        pytest.param(81, 263, 0.2553, 0.3662, id="81 of 263"),
        pytest.param(15, 148, 0.0624, 0.1605, id="15 of 148"),
        pytest.param(0, 20, 0.0, 0.1611, id="0 of 20"),
        pytest.param(1, 29, 0.0061, 0.1718, id="1 of 29"),
        pytest.param(0, 0, 0.0, 1.0, id="nothing to count"),
    ],
)
def test_wilson_gives_the_published_interval(count, n, low, high):
    assert wilson(count, n) == pytest.approx((low, high), abs=5e-5)


@settings(deadline=None)
@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_holds_its_share(pair):
    count, n = pair
    low, high = wilson(count, n)
    assert 0 <= low <= count / n + 1e-12
    assert count / n - 1e-12 <= high <= 1


@pytest.mark.parametrize(
    ("problems", "at"),
    [
        pytest.param([0] * 10 + [1] * 6, 10, id="a clean rise"),
        pytest.param([0] * 12 + [1, 0, 1, 1, 0, 1, 1, 0], 12, id="a rise with calm answers"),
        pytest.param([1, 0, 0, 0] * 5, None, id="evenly spread"),
        pytest.param([1] * 6 + [0] * 10, None, id="it calms down"),
        pytest.param([0] * 20 + [1], None, id="one late problem is no turn"),
        pytest.param([0, 0, 1, 1, 1], None, id="too short to tell"),
        pytest.param([0] * 30, None, id="no problem"),
        pytest.param([1] * 30, None, id="nothing but problems"),
    ],
)
def test_turning_point(problems, at):
    rise = turning_point([bool(problem) for problem in problems])
    assert (rise and rise.at) == at


def test_shuffled_threads_rarely_turn():
    rng = random.Random(3)
    threads = []
    for _ in range(100):
        thread = [True] * 8 + [False] * 24
        rng.shuffle(thread)
        threads.append(turning_point(thread))
    assert sum(rise is not None for rise in threads) <= 18  # nominal 10 of 100


@settings(deadline=None)
@given(st.lists(st.booleans(), max_size=60))
def test_the_same_order_gives_the_same_turn_at_a_problem(problems):
    rise = turning_point(problems)
    assert rise == turning_point(problems)
    if rise:
        assert problems[rise.at]
        assert rise.before == sum(problems[: rise.at])
        assert rise.before + rise.after == sum(problems)
