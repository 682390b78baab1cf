"""Thresholds with a finite-sample guarantee: Learn then Test over exact binomial tests.

For each threshold the hypothesis "the promise is broken here" is tested exactly. Thresholds are tested in an order fixed before the
labels are seen, each at the full level, until one test fails: fixed-sequence testing with several starts, which share delta
(Angelopoulos, Bates, Candès, Jordan and Lei 2021, "Learn then Test"). Whatever was passed keeps the promise with probability
1 - delta over samples of labels, however good or bad the model; where scores tie, a stricter threshold must not be less precise.
Conformal risk control (Angelopoulos et al. 2022) bounds the average over samples, not the share of samples in which a promise is
broken, so it is not what a promise needs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analyzer.evaluation.bounds import (
    clopper_pearson,
    lower_limit,
    share_of,
    tail_at_least,
    tail_at_most,
    upper_limit,
)
from analyzer.evaluation.metrics import Interval, Measure
from analyzer.evaluation.promises import Promise

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# A precision is tested from where 0, and from where 2, wrong rows would still pass. One start needs a flawless top of the ranking;
# more starts leave less of delta to each. These two found most in simulations of rankings with and without a flaw at the top.
_WRONG_AT_STARTS = (0, 2)
_PLACES = 1_000_000  # thresholds have six decimals, as base rates are low
_FEW = 10  # positives below which the estimate of labels missing takes the rows at their word
_GROWTH = np.geomspace(
    1.25, 2000.0, 160
)  # larger samples that are tried, in multiples of this one; less would hardly change it
_WEIGHED = 400  # thresholds looked at for that


@dataclass(frozen=True, slots=True)
class Counts:
    """Judged rows at or above each of some thresholds: right (`hits`) and wrong (`alarms`), of so many in all."""

    hits: Floats
    alarms: Floats
    positives: float
    negatives: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarantee:
    """A threshold that keeps a promise, or None with the labels that are missing (None: more would not help by themselves).

    `measures`: precision, recall, false_positive_rate, and `flagged`, the share of comments at or above the threshold; each with an
    exact 95 % interval read on the same rows.
    """

    promise: Promise
    threshold: float | None
    n: int
    positives: int
    measures: Mapping[str, Measure]
    missing: int | None
    rests_on: tuple[str, ...]

    def queue(self, per_day: float) -> tuple[float, float, float] | None:
        """Comments a day at or above the threshold, with the ends of the interval."""
        flagged = self.measures.get("flagged")
        if flagged is None or flagged.value is None or flagged.interval is None:
            return None
        return per_day * flagged.value, per_day * flagged.interval.low, per_day * flagged.interval.high

    def to_json(self) -> dict[str, Any]:
        return {
            "promise": str(self.promise),
            "kept": self.threshold is not None,
            "threshold": self.threshold,
            "confidence": round(1 - self.promise.delta, 6),
            "n": self.n,
            "positives": self.positives,
            "measures": {name: measure.to_json() for name, measure in self.measures.items()},
            "missing_labels": self.missing,
            "rests_on": list(self.rests_on),
        }


def find_threshold(promise: Promise, truth: Floats, scores: Floats, population: Floats | None = None) -> Guarantee:
    """The threshold that keeps `promise` and gives most of its goal, by judged rows (`truth` 0/1 and `scores`, [row]).

    `population` holds the scores of all comments that are meant (nan: none): the queue is then read there, not on the judged rows.
    """
    judged, said = np.asarray(truth > 0.5), scores.astype(np.float32)
    thresholds = _candidates(promise, judged, said)
    counts = _count(judged, said, thresholds)
    found = _walk(promise, counts)
    measures = {} if found is None else _measures(promise, _at(counts, found))
    threshold = None if found is None else float(thresholds[found])
    if threshold is not None and population is not None:
        measures["flagged"] = _share_of_all(population, threshold)
    return Guarantee(
        promise=promise,
        threshold=threshold,
        n=len(truth),
        positives=int(judged.sum()),
        measures=measures,
        missing=_missing(promise, counts) if found is None else None,
        rests_on=_grounds(promise, population is not None),
    )


def _candidates(promise: Promise, truth: Flags, scores: NDArray[np.float32]) -> Floats:
    """The thresholds to be tested, in the order of testing: those at which what is tested changes.

    Precision and false-positive rate from the strictest down, just above the rows in question; recall from 0 up, at its positives.
    """
    if promise.measure == "recall":
        return np.append(0.0, np.unique(_places(scores[truth]))) / _PLACES
    if promise.measure == "false_positive_rate":
        scores = scores[~truth]
    elif promise.base_rate is not None:
        scores = scores[truth]
    places = np.unique(_places(scores) + 1)
    return np.append(places[places <= _PLACES][::-1], 0.0) / _PLACES


def _places(scores: NDArray[np.float32]) -> Floats:
    """The last millionth that is not above each score in 32 bits, in which 0.02 is less than 0.02 in 64."""
    places = np.floor(scores.astype(float) * _PLACES)
    return np.asarray(places + (((places + 1) / _PLACES).astype(np.float32) <= scores))


def _count(truth: Flags, scores: NDArray[np.float32], thresholds: Floats) -> Counts:
    """Compared as policies compare, in 32 bits."""
    limits = thresholds.astype(np.float32)
    right, wrong = np.sort(scores[truth]), np.sort(scores[~truth])
    return Counts(
        hits=(len(right) - np.searchsorted(right, limits)).astype(float),
        alarms=(len(wrong) - np.searchsorted(wrong, limits)).astype(float),
        positives=len(right),
        negatives=len(wrong),
    )


def _at(counts: Counts, place: Any) -> Counts:
    return Counts(counts.hits[place], counts.alarms[place], counts.positives, counts.negatives)


def _walk(promise: Promise, counts: Counts) -> int | None:
    """The place of the last threshold passed, of all starts; None if no start is passed."""
    if promise.measure != "precision":
        return _end(_passes(promise, counts, promise.delta), 0)
    level = promise.delta / len(_WRONG_AT_STARTS)
    passed = _passes(promise, counts, level)
    ends = []
    for wrong in _WRONG_AT_STARTS:
        # Where a walk begins hangs on how many rows (with a base rate: positives) lie above, never on which were right.
        alarms = np.full_like(counts.alarms, wrong)
        hits = counts.hits if promise.base_rate is not None else counts.hits + counts.alarms - wrong
        able = _passes(promise, Counts(hits, alarms, counts.positives, max(counts.negatives, wrong)), level)
        if able.any():
            ends.append(_end(passed, int(able.argmax())))
    return max((end for end in ends if end is not None), default=None)


def _end(passed: Flags, start: int) -> int | None:
    """The last place of the unbroken row of passes that begins at `start`."""
    failed = np.flatnonzero(~passed[start:])
    end = start + (int(failed[0]) if len(failed) else len(passed) - start) - 1
    return end if end >= start else None


def _passes(promise: Promise, counts: Counts, level: float) -> Flags:
    """True where "the promise is broken here" can be rejected at `level`; counts may be fractional."""
    if promise.measure == "recall":
        return tail_at_least(counts.hits, counts.positives, promise.bound) <= level
    if promise.measure == "false_positive_rate":
        return tail_at_most(counts.alarms, counts.negatives, promise.bound) <= level
    if promise.base_rate is None:
        return tail_at_least(counts.hits, counts.hits + counts.alarms, promise.bound) <= level
    if not counts.positives or not counts.negatives:
        return np.zeros(np.shape(counts.hits), bool)
    # precision >= bound is the same as false positives <= odds * recall; each side has half of the level.
    odds = promise.base_rate * (1 - promise.bound) / ((1 - promise.base_rate) * promise.bound)
    recall = lower_limit(counts.hits, counts.positives, level / 2)
    return np.asarray(upper_limit(counts.alarms, counts.negatives, level / 2) <= odds * recall)


def _measures(promise: Promise, counts: Counts) -> dict[str, Measure]:
    hits, alarms = int(counts.hits), int(counts.alarms)
    positives, negatives = int(counts.positives), int(counts.negatives)
    measures = {"recall": share_of(hits, positives), "false_positive_rate": share_of(alarms, negatives)}
    if promise.base_rate is None:
        flagged = share_of(hits + alarms, positives + negatives)
        return {"precision": share_of(hits, hits + alarms), **measures, "flagged": flagged}
    if not positives or not negatives:
        return measures
    rate, n = promise.base_rate, positives + negatives
    shares = [(hits / positives, alarms / negatives)]
    # Both intervals hold together with 95 % (Bonferroni).
    recall, false = clopper_pearson(hits, positives, 0.025), clopper_pearson(alarms, negatives, 0.025)
    shares += [(recall.low, false.high), (recall.high, false.low), (recall.low, false.low), (recall.high, false.high)]
    precision = [_divide(rate * right, rate * right + (1 - rate) * wrong) for right, wrong in shares]
    flagged_shares = [rate * right + (1 - rate) * wrong for right, wrong in shares]
    return {
        "precision": Measure(precision[0], Interval(precision[1], precision[2]), hits + alarms, hits),
        **measures,
        "flagged": Measure(flagged_shares[0], Interval(flagged_shares[3], flagged_shares[4]), n, hits + alarms),
    }


def _divide(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _share_of_all(population: Floats, threshold: float) -> Measure:
    """Counted, not estimated: its interval has no width."""
    flagged = int((np.asarray(population, np.float32) >= np.float32(threshold)).sum())
    share = flagged / max(1, len(population))
    return Measure(share, Interval(share, share), len(population), flagged)


def _missing(promise: Promise, counts: Counts) -> int | None:
    """About how many more labels of the same kind would pass somewhere, were shares to stay as seen; None if nowhere.

    A sample of g times the size is taken to hold g times each count. With ten positives or more, half a row of each kind is added
    to what was seen (Jeffreys), so that a flawless start of a short ranking is not taken for perfection.
    """
    n = counts.positives + counts.negatives
    if not n:
        return None
    doubt = 0.5 if counts.positives >= _FEW and promise.measure == "precision" else 0.0
    level = promise.delta / (len(_WRONG_AT_STARTS) if promise.measure == "precision" else 1)
    places = np.unique(np.linspace(0, len(counts.hits) - 1, _WEIGHED).astype(int))
    # What was not seen at all must be supposed to be there: one positive and one negative.
    seen = _at(counts, places)
    positives, negatives = max(1.0, counts.positives), max(1.0, counts.negatives)
    hits = np.minimum(np.maximum(seen.hits, promise.measure == "recall") + doubt, positives)
    alarms = np.minimum(seen.alarms + doubt, negatives)
    for growth in _GROWTH:
        larger = Counts(hits * growth, alarms * growth, positives * growth, negatives * growth)
        if _passes(promise, larger, level).any():
            return max(1, round(float((growth - 1) * n)))
    return None


def _grounds(promise: Promise, counted: bool) -> tuple[str, ...]:
    """What the promise rests on besides arithmetic."""
    grounds = [
        f"in at most {promise.delta:g} of such samples of labels is a promise broken; the judgements are taken as right"
    ]
    if promise.measure == "recall":
        grounds.append("the judged positives are typical of all positives of the site, also of those nobody looked for")
    elif promise.measure == "false_positive_rate":
        grounds.append("the judged negatives are typical of all negatives of the site")
    elif promise.base_rate is None:
        grounds.append(
            "the judged rows are a random sample of the comments meant; rows picked as bad make it look too good"
        )
    else:
        grounds.append(
            f"{promise.base_rate:g} of the comments meant are positive, as stated; judged positives are typical of all positives, "
            "judged negatives of all negatives"
        )
    if counted:
        grounds.append("the queue is counted on the scores of the run")
    elif promise.base_rate is None:
        grounds.append(
            "the queue and the precision are those of a random sample; state base_rate where the rows are none"
        )
    return tuple(grounds)
