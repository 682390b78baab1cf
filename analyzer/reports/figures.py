"""Figures with their uncertainty: Wilson intervals, the turning point of a thread; tails and log-odds."""

import math
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_Z = 1.959964  # 95 %
_SHUFFLES = 499
_SHUFFLES_LONG = 99
_LONG = 5_000
_CELLS = 1_000_000  # of one batch of shuffles: 8 MB
_LEAST_SIDE = 3
LEAST_PROBLEMS = 3
CLEAR_TURN = 0.10


def wilson(count: int, n: int) -> tuple[float, float]:
    """The 95 % Wilson score interval of `count` out of `n` (Wilson 1927); (0, 1) if there is nothing to count."""
    if n == 0:
        return 0.0, 1.0
    share, square = count / n, _Z * _Z
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = _Z * math.sqrt(share * (1 - share) / n + square / (4 * n * n)) / (1 + square / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def dealt(count: int, own: int, marked: int, n: int) -> float:
    """Chance that at least `count` of `own` drawn from `n`, `marked` of them marked, are marked (hypergeometric)."""

    def ways(of: int, chosen: int) -> float:
        return math.lgamma(of + 1) - math.lgamma(chosen + 1) - math.lgamma(of - chosen + 1)

    least, most = max(count, own + marked - n), min(own, marked)
    every = ways(n, own)
    return min(
        1.0, math.fsum(math.exp(ways(marked, k) + ways(n - marked, own - k) - every) for k in range(least, most + 1))
    )


def overuse(here: tuple[int, int], elsewhere: tuple[int, int], prior: tuple[float, float]) -> float:
    """z-score of the log-odds of a phrase here against elsewhere, each given as (uses, words).

    `prior`, in the same form, is the informative Dirichlet prior (Monroe, Colaresi and Quinn 2008, Fightin' Words,
    section 3); with less than one use in it the normal approximation fails.
    """

    def log_odds(uses: int, spoken: int) -> float:
        return math.log(uses + prior[0]) - math.log(spoken + prior[1] - uses - prior[0])

    spread = 1 / (here[0] + prior[0]) + 1 / (elsewhere[0] + prior[0])
    return (log_odds(*here) - log_odds(*elsewhere)) / math.sqrt(spread)


class Rise(NamedTuple):
    """The sharpest rise of a 0/1 sequence: it starts at index `at`; `chance` is the share of shuffles as sharp."""

    at: int
    before: int
    after: int
    chance: float


def turning_point(problems: Sequence[bool]) -> Rise | None:
    """The sharpest rise in the share of problems, or None if more than one shuffle in ten turns as sharply.

    The rise at k is (share from k on − share before k), weighted by sqrt(k (n − k)) as in a CUSUM test for a change
    point, so that a lone problem at either end is no turn. The null is a permutation of the order. The same sequence
    always gives the same answer.
    """
    import numpy as np

    n, total = len(problems), sum(problems)
    if total < LEAST_PROBLEMS or total > n - LEAST_PROBLEMS or n < 2 * _LEAST_SIDE + 2:
        return None
    flags = np.asarray(problems, dtype=np.float64)
    at = np.arange(_LEAST_SIDE, n - _LEAST_SIDE + 1)
    weight = np.sqrt(at * (n - at) / n)

    def sharpness(rows: "NDArray[np.float64]") -> "NDArray[np.float64]":
        before = np.cumsum(rows, axis=1)[:, at - 1]
        return np.asarray(((total - before) / (n - at) - before / at) * weight)

    observed = sharpness(flags[None, :])[0, :-1]
    turns = np.where(flags[at[:-1]] > 0, observed, -np.inf)  # a thread turns at a problem, not before one
    best = int(np.argmax(turns))
    if turns[best] <= 0:
        return None
    rng = np.random.default_rng(zlib.crc32(flags.astype(np.uint8).tobytes()))
    shuffles = _SHUFFLES if n <= _LONG else _SHUFFLES_LONG
    as_sharp = 1
    for start in range(0, shuffles, rows := max(1, _CELLS // n)):
        orders = rng.permuted(np.tile(flags, (min(rows, shuffles - start), 1)), axis=1)
        as_sharp += int((sharpness(orders).max(axis=1) >= turns[best] - 1e-12).sum())
    chance = as_sharp / (shuffles + 1)
    if chance > CLEAR_TURN:
        return None
    split = int(at[best])
    before = int(flags[:split].sum())
    return Rise(split, before, total - before, chance)
