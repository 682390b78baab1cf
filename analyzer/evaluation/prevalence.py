"""How common a label is among comments that were scored, corrected by a random sample that was judged.

Prediction-powered inference for a mean (Angelopoulos, Bates, Fannjiang, Jordan and Zrnic 2023) with power tuning (PPI++;
Angelopoulos, Duchi and Zrnic 2023): the mean probability of all comments, times a weight, plus the mean of what the sample says it
is off by. With weight 0 it is the labels alone, so a useless model costs nothing.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analyzer.evaluation.bounds import clopper_pearson
from analyzer.evaluation.metrics import Interval

Floats = NDArray[np.float64]
SMALL = 100  # judged rows below which a sample is called small
FEW = 10  # positives, or negatives, below which an interval is called rough
_FAR = 4.0  # standard errors between sample and run beyond which a sample is not believed to be random (1 in 16,000)
_NOTHING = 1e-18  # a sum of squares that is rounding alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Prevalence:
    """The share of comments with a label: `share` (corrected), beside it `naive` (at or above the threshold) and `labels_only`.

    `weight` is how much the model's probabilities count (0: not at all). `naive` is None where no threshold is known. `doubts` say
    why the interval may not hold.
    """

    label: str
    comments: int
    n: int
    positives: int
    share: float
    interval: Interval
    labels_only: float
    labels_only_interval: Interval
    weight: float
    naive: float | None
    threshold: float | None
    doubts: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "label": self.label,
            "comments": self.comments,
            "n": self.n,
            "positives": self.positives,
            "corrected": _rounded(self.share, self.interval) | {"weight": round(self.weight, 4)},
            "labels_only": _rounded(self.labels_only, self.labels_only_interval),
            "naive": None if self.naive is None else {"share": round(self.naive, 6), "threshold": self.threshold},
            "doubts": list(self.doubts),
        }


def _rounded(share: float, interval: Interval) -> dict[str, float]:
    return {"share": round(share, 6), "low": round(interval.low, 6), "high": round(interval.high, 6)}


def estimate_prevalence(
    label: str, truth: Floats, probs: Floats, population: Floats, *, threshold: float | None = None
) -> Prevalence:
    """The prevalence of `label` by judged rows (`truth` 0/1 and `probs`, [row]) and the probabilities of all comments."""
    n, positives = len(truth), int((truth > 0.5).sum())
    if n == 0 or len(population) < n:
        raise ValueError("a prevalence needs judged rows, and as many comments at least")
    share, weight, worth = _corrected(truth, probs, population)
    naive = None if threshold is None else float((population.astype(np.float32) >= np.float32(threshold)).mean())
    return Prevalence(
        label=label,
        comments=len(population),
        n=n,
        positives=positives,
        share=share,
        interval=clopper_pearson(share * worth, worth),
        labels_only=positives / n,
        labels_only_interval=clopper_pearson(positives, n),
        weight=weight,
        naive=naive,
        threshold=threshold,
        doubts=tuple(_doubts(truth, probs, population)),
    )


def _corrected(truth: Floats, probs: Floats, population: Floats) -> tuple[float, float, float]:
    """The corrected share, the weight of the model, and how many judged rows the estimate is worth.

    The normal interval of the papers holds the truth far too seldom where positives are rare: in a sample of 150 with one in two
    hundred positive, in 4 to 6 samples of 10. So the interval is the exact one at the effective size of the sample, as for surveys
    (Korn and Graubard 1998), and variance and weight take for given one miss and one false alarm that were not seen.
    """
    n = len(truth)
    low, high = float(population.min()), float(population.max())
    from_truth = np.append(truth, [1.0, 0.0]) - truth.mean()
    from_probs = np.append(probs, [low, high]) - probs.mean()
    spread = (
        float(population.var()) * n * n / len(population)
    )  # of the mean of all comments, in the unit of sums of squares
    total = float((from_probs**2).sum()) + spread
    weight = max(0.0, float((from_truth * from_probs).sum()) / total) if total > _NOTHING else 0.0
    share = weight * float(population.mean()) + float((truth - weight * probs).mean())
    variance = float(((from_truth - weight * from_probs) ** 2).sum()) + weight**2 * spread
    return min(1.0, max(0.0, share)), weight, n * float((from_truth**2).sum()) / variance


def _doubts(truth: Floats, probs: Floats, population: Floats) -> list[str]:
    n, positives = len(truth), int((truth > 0.5).sum())
    doubts = []
    if n < SMALL:
        doubts.append(f"only {n} judged comments; {SMALL} at least are needed for a figure of use")
    if min(positives, n - positives) < FEW:
        rare, count = ("positive", positives) if positives <= n - positives else ("negative", n - positives)
        doubts.append(f"only {count} of {n} judged comments are {rare}; the interval is rough")
    return doubts + doubts_of_chance(probs, population)


def doubts_of_chance(probs: Floats, population: Floats) -> list[str]:
    """Why a sample is not believed to be random: its mean probability is far from that of all comments; else nothing."""
    error = float(population.std()) / np.sqrt(len(probs))
    if error == 0 or abs(probs.mean() - population.mean()) <= _FAR * error:
        return []
    means = f"{probs.mean():.4f}, that of the run {population.mean():.4f}"
    return [f"the sample does not look random: its mean probability is {means}"]
