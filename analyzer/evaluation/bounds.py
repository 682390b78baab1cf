"""Exact bounds and tests for counts: binomial tails and Clopper-Pearson limits, for arrays and for fractional counts."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, betaincinv

from analyzer.evaluation.metrics import Interval, Measure

Floats = NDArray[np.float64]


def tail_at_least(hits: Any, n: Any, share: float) -> Floats:
    """The probability of `hits` or more out of `n` where each counts with probability `share`: the exact binomial test."""
    hits, n = np.asarray(hits, float), np.asarray(n, float)
    return np.where(hits > 0, betainc(np.maximum(hits, 1e-12), n - hits + 1, share), 1.0)


def tail_at_most(hits: Any, n: Any, share: float) -> Floats:
    """The probability of `hits` or fewer out of `n` where each counts with probability `share`."""
    misses = np.asarray(n, float) - np.asarray(hits, float)
    return tail_at_least(misses, n, 1 - share)


def lower_limit(hits: Any, n: Any, level: float) -> Floats:
    """The one-sided lower limit of a share at confidence 1 - `level` (Clopper and Pearson 1934)."""
    hits, n = np.asarray(hits, float), np.asarray(n, float)
    return np.where(hits > 0, betaincinv(np.maximum(hits, 1e-12), n - hits + 1, level), 0.0)


def upper_limit(hits: Any, n: Any, level: float) -> Floats:
    """The one-sided upper limit of a share at confidence 1 - `level` (Clopper and Pearson 1934)."""
    misses = np.asarray(n, float) - np.asarray(hits, float)
    return 1 - lower_limit(misses, n, level)


def clopper_pearson(hits: float, n: float, level: float = 0.05) -> Interval:
    """The exact interval of a share at confidence 1 - `level`; (0, 1) where nothing was counted."""
    if n == 0:
        return Interval(0.0, 1.0)
    return Interval(float(lower_limit(hits, n, level / 2)), float(upper_limit(hits, n, level / 2)))


def share_of(hits: int, n: int) -> Measure:
    """`hits` of `n` with its 95 % Clopper-Pearson interval; no value where nothing was counted."""
    if n == 0:
        return Measure(None, None, 0, 0)
    return Measure(hits / n, clopper_pearson(hits, n), n, hits)
