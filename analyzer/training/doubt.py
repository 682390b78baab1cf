"""May a label be learnt from these rows? Not where the answers that the other rows leave least in doubt say the opposite.

A cross-validated classifier (`analyzer.training.suspects`) orders the rows it has not seen. A hard question is uncertain in
the middle and clear at both ends; answers given at random are wrong everywhere alike, so that both ends show how many there are
(Patrini et al. 2017, section 4: noise rates are read where the classes are surest).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analyzer.evaluation import lower_limit
from analyzer.schema import Example
from analyzer.training.suspects import compressed, crossed, is_judged

SHARE = 4  # the surest quarter of those given as yes, and of those given as no
MOST = 0.12  # contradicted at both ends together, with 95 % confidence; measured in docs/retrain.md
LEAST = 0.1  # contradicted at either end: of a rare label the surest yes are often wrong though every label is right
FEWEST = 40  # rows of both ends together, below which nothing is claimed
_ROWS = 2000  # looked at of a label, evenly spread


@dataclass(frozen=True, slots=True)
class Doubt:
    """Of the `sure` rows at the ends (surest yes, surest no), `wrong` were given the other answer."""

    sure: tuple[int, int]
    wrong: tuple[int, int]

    @property
    def low(self) -> float:
        """The least share of them that is wrong, with 95 % confidence."""
        return float(lower_limit(sum(self.wrong), sum(self.sure), 0.05))

    @property
    def is_grave(self) -> bool:
        enough = sum(self.sure) >= FEWEST and self.low > MOST
        return enough and all(wrong >= LEAST * sure for wrong, sure in zip(self.wrong, self.sure, strict=True))


def doubts(
    rows: Sequence[Example], states: NDArray[np.float32], groups: Sequence[int], labels: Sequence[str]
) -> dict[str, str]:
    """The labels whose judgements in `rows` contradict one another too much to learn from, each with the reason.

    `states` [row, feature] are what the model makes of the texts; rows of one group are tied to each other.
    """
    features, found = compressed(states), {}
    for label in labels:
        judged = np.array([number for number, row in enumerate(rows) if is_judged(row, label)], int)
        judged = judged[:: max(1, -(-len(judged) // _ROWS))]
        given = np.array([rows[number].labels[label] >= 0.5 for number in judged], int)
        if len(given) < FEWEST or min(given.sum(), len(given) - given.sum()) < SHARE:
            continue
        doubt = measure(features[judged], given, np.asarray(groups)[judged])
        if doubt.is_grave:
            found[label] = (
                f"the labels contradict one another: of the {sum(doubt.sure):,} answers that the other rows leave least in doubt, "
                f"{sum(doubt.wrong):,} are the opposite (at least {doubt.low:.0%} with 95 % confidence; {MOST:.0%} is let pass)"
            )
    return found


def measure(features: NDArray[np.float64], given: NDArray[np.int_], groups: NDArray[np.int_]) -> Doubt:
    """How often the given answers [row], 0 or 1, are the opposite of what is surest."""
    probs = crossed(features, given, groups).probs
    order = np.argsort(probs, kind="stable")
    yes, no = (int(max(1, (given == answer).sum() // SHARE)) for answer in (1, 0))
    return Doubt((yes, no), (int((given[order[-yes:]] == 0).sum()), int((given[order[:no]] == 1).sum())))
