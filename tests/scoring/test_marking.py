"""Which tokens a span head marks."""

import numpy as np
import pytest

from analyzer.scoring.evidence import Marking

PROBS = np.array([0.0, 0.2, 0.7, 0.3, 0.0, 0.0, 0.3, 0.2, 0.0, 0.0, 0.5], np.float32)


@pytest.mark.parametrize(
    ("marking", "runs"),
    [
        (Marking(0.5, 0.5), [(2, 3), (10, 11)]),
        (Marking(0.2, 0.5), [(1, 4), (10, 11)]),  # a run reaches as far as the lower threshold
        (Marking(0.2, 0.2), [(1, 4), (6, 8), (10, 11)]),
        (Marking(0.2, 0.6), [(1, 4)]),  # what never reaches the higher one is nothing
        (Marking(0.2, 0.2, 0.5), [(2, 3), (10, 11)]),  # beside a clear word weak ones do not count
        (Marking(0.2, 0.8), []),
    ],
)
def test_runs_start_at_the_low_threshold_and_must_reach_the_high_one(
    marking: Marking, runs: list[tuple[int, int]]
) -> None:
    assert marking.runs(PROBS) == runs


def test_a_window_without_tokens_marks_nothing() -> None:
    assert Marking(0.1, 0.1, 0.5).runs(PROBS[:0]) == []
