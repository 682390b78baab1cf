"""Ordinary comments teach a family's head what is nothing of its kind.

Corpora of persuasion hold news, memes and arguments written on demand; a head that never saw an ordinary comment takes most of them
for persuasion. So harmless comments of comment sections count as having none (some do: learning from positive and unlabelled
examples, Elkan and Noto 2008), and the head of those labels is fitted once more from its present weights, while the encoder stays
as it is (last layer re-training, Kirichenko et al. 2023, arXiv 2204.02937).
"""

import fnmatch
import logging
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from analyzer.schema import Example
from analyzer.scoring.network import Network, pad_windows, pool, precision
from analyzer.scoring.windows import Windower, by_length
from analyzer.training import heads

log = logging.getLogger(__name__)
Floats = NDArray[np.float64]
TOKENS = 4096
_HARM = ("abuse.toxicity", "abuse.identity_attack")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordinary:
    """Whose harmless comments (`corpora`) have none of `labels` (patterns), and how the head is fitted with them.

    most: rows of a corpus · weight: trust in such a negative where it calibrates, below what is needed to measure · mass: what all
    of them weigh in fitting beside the judged negatives · power: a corpus weighs size**power · strength: the prior's variance of a
    change of a weight on standardised states.
    """

    labels: Sequence[str]
    corpora: Sequence[str]
    most: int
    weight: float
    mass: float
    power: float
    strength: float

    def of(self, labels: Iterable[str]) -> list[str]:
        """Those of `labels` it speaks for."""
        return [label for label in labels if any(fnmatch.fnmatch(label, pattern) for pattern in self.labels)]

    def holds(self, row: Example) -> bool:
        """True for a comment of these corpora that was judged harmless."""
        toxicity, attack = (row.labels.get(label) for label in _HARM)
        return row.source in self.corpora and toxicity is not None and max(toxicity, attack or 0.0) < 0.5

    def marked(self, row: Example, labels: Sequence[str]) -> Example:
        """`row`; if it is ordinary, as a weak negative of those labels it was not judged for."""
        if not self.holds(row):
            return row
        new = [label for label in self.of(labels) if label not in row.labels]
        return replace(
            row,
            labels={**row.labels, **dict.fromkeys(new, 0.0)},
            weights={**row.weights, **dict.fromkeys(new, self.weight)},
        )


def refit_head(
    network: Network, windower: Windower, rows: Sequence[Example], labels: Sequence[str], wanted: Ordinary
) -> None:
    """Fits the comment head of the wanted labels in place, on the rows that judge one of them and on ordinary ones."""
    names = wanted.of(labels)
    judged = [row for row in rows if any(label in row.labels for label in names)]
    chosen = [*judged, *_sample(rows, wanted)]
    if len(chosen) == len(judged):
        return
    log.info("head: reading %d judged rows and %d ordinary comments", len(judged), len(chosen) - len(judged))
    states, logits = _read(network, windower, chosen)
    ordinary = np.arange(len(chosen)) >= len(judged)
    damped = _damped([row.source for row in chosen], wanted.power)
    for label in names:
        column = list(labels).index(label)
        known = np.array([label in row.labels for row in chosen])
        truth = np.array([row.labels.get(label, 0.0) for row in chosen])
        weights = damped * [row.weights.get(label, 1.0) for row in chosen]
        negative = weights[known & (truth < 0.5)].sum()
        background = ordinary & ~known
        weights[background] = damped[background] * wanted.mass * negative / damped[background].sum()
        used = np.flatnonzero(known | background)
        if not negative or not truth.any():
            continue
        part = heads.Judged(
            states[used].astype(float),
            truth[used],
            weights[used] / weights[used].mean(),
            [],
            logits[used, column].astype(float),
        )
        weight, bias = heads.towards(part, wanted.strength)
        with torch.no_grad():
            network.comment_head.weight[column] += torch.from_numpy(weight).float()
            network.comment_head.bias[column] += bias
        log.info("head: %s fitted on %d rows", label, len(used))


def _sample(rows: Sequence[Example], wanted: Ordinary) -> list[Example]:
    """At most `wanted.most` ordinary rows of each corpus, chosen by their text."""
    by_source: dict[str, list[Example]] = defaultdict(list)
    for row in rows:
        if wanted.holds(row):
            by_source[row.source].append(row)
    return [
        row
        for _, group in sorted(by_source.items())
        for row in sorted(group, key=lambda row: zlib.crc32(row.text.encode()))[: wanted.most]
    ]


def _damped(sources: Sequence[str], power: float) -> Floats:
    """Weights [row] under which a corpus weighs size**power."""
    sizes: Mapping[str, int] = Counter(sources)
    return np.array([sizes[source] ** (power - 1) for source in sources])


def _read(
    network: Network, windower: Windower, rows: Sequence[Example]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Pooled states [row, 2 · hidden] and logits [row, label] of the first window of each; zeros for a text without tokens.

    Every other reply is read without its parent, as in training.
    """
    states = np.zeros((len(rows), 2 * network.hidden), np.float32)
    logits = np.zeros((len(rows), network.labels), np.float32)
    pairs = [(row.text, row.parent if zlib.crc32(row.text.encode()) & 1 else None) for row in rows]
    numbered = ((place, group[0]) for place, group in enumerate(windower.windows(pairs)) if group)
    network.eval()
    for members in by_length(numbered, TOKENS):
        places = [place for place, _ in members]
        batch = pad_windows([window for _, window in members], windower.pad)
        with torch.inference_mode(), precision():
            output = network(batch)
            states[places] = pool(output.states, batch.comment).numpy()
            logits[places] = output.logits.numpy()
    return states, logits
