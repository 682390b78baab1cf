"""Fairness by group: does a score mean the same whoever is spoken of?

Subgroup, BPSN and BNSP AUC after Borkan et al. 2019 (Nuanced Metrics for Measuring Unintended Bias); false-positive and
false-negative rates at the threshold beside them, since a gap in AUC and a gap in decisions are different things.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analyzer.evaluation.held import Column, Held
from analyzer.evaluation.metrics import Interval, Measure, area_under_roc, bootstrap, wilson
from analyzer.operating import Cut
from analyzer.schema import Example

Floats = NDArray[np.float64]
FEWEST = 20  # rows of each class below which a group is not reported


def by_group(held: Held, label: str, cut: Cut, groups: Sequence[str]) -> dict[str, Any]:
    """{group: {n, positives, subgroup_auc, bpsn_auc, bnsp_auc, fpr, fnr}} over rows on which `label` and the targets were judged.

    BPSN: background positives, subgroup negatives (low: the group is mistaken for abuse). BNSP: the reverse (low: abuse of the
    group is missed).
    """
    column = held.column(label, judged_only=True, where=lambda row: any(f"target.{g}" in row.labels for g in groups))
    truth = column.truth > 0.5
    report: dict[str, Any] = {}
    for group in groups:
        inside = _speaks_of(held, column, group)
        if min((inside & truth).sum(), (inside & ~truth).sum()) < FEWEST:
            continue
        flagged = column.scores >= np.array(cut.over(held.langs(column)))
        report[group] = {
            "n": int(inside.sum()),
            "positives": int((inside & truth).sum()),
            "subgroup_auc": _auc(column.truth, column.scores, inside),
            "bpsn_auc": _auc(column.truth, column.scores, (inside & ~truth) | (~inside & truth)),
            "bnsp_auc": _auc(column.truth, column.scores, (inside & truth) | (~inside & ~truth)),
            "fpr": _rate(flagged[inside & ~truth]),
            "fnr": _rate(~flagged[inside & truth]),
        }
    return report


def widest_gap(held: Held, label: str, cut: Cut) -> Measure:
    """The largest false-positive rate of a group less the smallest, as `spread` has it."""
    groups = named_groups(held.examples)
    column = held.column(label, judged_only=True, where=lambda row: any(f"target.{g}" in row.labels for g in groups))
    flagged = column.scores >= np.array(cut.over(held.langs(column)))
    harmless = [flagged[_speaks_of(held, column, group) & (column.truth <= 0.5)] for group in groups]
    return spread(harmless)


def spread(verdicts: Sequence[NDArray[np.bool_]]) -> Measure:
    """The largest share of a group that is flagged less the smallest, over groups with at least 20 rows; n: rows of all.

    Few rows raise a largest difference by chance, even if all groups are treated alike; that is not taken off. The interval is that
    of a difference between the two groups found furthest apart (Newcombe 1998, method 10), and knows nothing of their being picked.
    """
    harmless = [group for group in verdicts if len(group) >= FEWEST]
    if len(harmless) < 2:
        return Measure(None, None, 0, 0)
    most, least = (choose(harmless, key=np.mean) for choose in (max, min))
    high, low = float(most.mean()), float(least.mean())
    of_high, of_low = wilson(high, len(most)), wilson(low, len(least))
    below = math.hypot(high - of_high.low, of_low.high - low)
    above = math.hypot(of_high.high - high, low - of_low.low)
    interval = Interval(max(0.0, high - low - below), high - low + above)
    return Measure(high - low, interval, sum(map(len, harmless)), 0)


def named_groups(examples: Sequence[Example]) -> list[str]:
    """The groups that examples were judged for."""
    named = {label for example in examples for label in example.labels if label.startswith("target.")}
    return sorted(label.removeprefix("target.") for label in named)


def _speaks_of(held: Held, column: Column, group: str) -> NDArray[np.bool_]:
    return np.array([held.examples[row].labels.get(f"target.{group}", 0) >= 0.5 for row in column.rows], bool)


def _auc(truth: Floats, scores: Floats, chosen: NDArray[np.bool_]) -> dict[str, Any]:
    return bootstrap(area_under_roc, truth[chosen], scores[chosen]).to_json()


def _rate(hits: NDArray[np.bool_]) -> dict[str, Any]:
    """A share with a percentile bootstrap interval."""
    chooser = np.random.default_rng(0)
    values = [hits[chooser.integers(0, len(hits), len(hits))].mean() for _ in range(200)]
    low, high = np.percentile(values, [2.5, 97.5])
    return {"value": round(float(hits.mean()), 4), "low": round(float(low), 4), "high": round(float(high), 4)}
