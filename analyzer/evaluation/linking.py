"""Links the scores of two models: a threshold of one becomes the threshold of the other that flags the same share of texts.

Equipercentile linking (Kolen and Brennan 2014, chapter 2): the threshold that k of the texts reach under the old model becomes the
score that k of them reach under the new one. Only the distributions are compared; no judgement of any text is needed.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
ENOUGH = 500  # texts below which no map is made
STEPS = 200  # a knot for every half per cent of the texts: the flag rate is off by no more between two of them
TAIL = (0.996, 0.997, 0.998, 0.9985, 0.999, 0.9995)  # thresholds lie where few comments are
_STEP = 1e-6  # scores are rounded to six digits


def link_scores(old: Floats, new: Floats) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
    """Knots (ascending old scores, ascending new scores) over the same texts [text]; None with fewer than 500 of them."""
    known = ~(np.isnan(old) | np.isnan(new))
    size = int(known.sum())
    if size < ENOUGH:
        return None
    before, after = np.sort(old[known]), np.sort(new[known])
    places = np.unique((np.array([*np.linspace(0, 1, STEPS + 1), *TAIL]) * (size - 1)).astype(int))
    knots: dict[float, float] = {}
    for score in np.unique(before[places]):
        first, last = np.searchsorted(before, score), np.searchsorted(before, score, side="right")
        knots[float(score)] = float(after[first])
        if last < size and last - first > size // STEPS:
            # Many texts share this score: just above it none of them is flagged any more.
            knots[min(float(score) + _STEP, float(before[last]))] = float(after[last])
    ends = {0.0: 0.0, **knots, 1.0: 1.0}
    olds = sorted(ends)
    news = np.maximum.accumulate([ends[score] for score in olds])
    return tuple(round(score, 7) for score in olds), tuple(round(float(score), 7) for score in news)
