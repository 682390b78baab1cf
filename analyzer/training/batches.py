"""Examples → padded batches of token ids with label and span targets; what was not judged carries weight 0."""

import hashlib
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from analyzer.schema import Example
from analyzer.scoring.network import Batch, pad_windows
from analyzer.scoring.windows import Window, Windower

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Row:
    """One tokenised example, read with and without its parent.

    targets and weights [label]; span_targets [tokens, family] or None where nobody marked spans; families [family], 1 where the
    family was looked for. `depends`: only the parent tells what the text means, so it is never read without. `lang`: "" if unknown.
    """

    window: Window
    with_parent: Window | None
    depends: bool
    targets: Floats
    weights: Floats
    span_targets: Floats | None
    families: Floats
    lang: str = ""


@dataclass(frozen=True, slots=True)
class TrainingBatch:
    """inputs; targets, weights [batch, label]; span_targets, span_weights [batch, length, family]."""

    inputs: Batch
    targets: Tensor
    weights: Tensor
    span_targets: Tensor
    span_weights: Tensor

    def to(self, device: str) -> "TrainingBatch":
        """The batch on a device; itself where it is there already."""
        if device == "cpu":
            return self
        moved = {field.name: getattr(self, field.name).to(device) for field in fields(self)}
        return TrainingBatch(**moved)


def tokenise(
    examples: Sequence[Example], windower: Windower, labels: Sequence[str], families: Sequence[str]
) -> list[Row]:
    """The first window of each example; examples without a token are left out."""
    column = {label: index for index, label in enumerate(labels)}
    alone = windower.windows([(example.text, None) for example in examples])
    replies = windower.windows([(example.text, example.parent) for example in examples])
    depending = _under_several(examples)
    rows = []
    for example, windows, joined in zip(examples, alone, replies, strict=True):
        if not windows:
            continue
        targets = np.zeros(len(labels), np.float32)
        weights = np.zeros(len(labels), np.float32)
        for label, value in example.labels.items():
            if label in column:
                targets[column[label]] = value
                weights[column[label]] = example.weights.get(label, 1.0)
        looked_for = np.array([family in example.span_families for family in families], np.float32)
        spans = _span_targets(example, windows[0], families) if looked_for.any() else None
        above = joined[0] if example.parent else None
        rows.append(
            Row(windows[0], above, example.text in depending, targets, weights, spans, looked_for, example.lang or "")
        )
    return rows


def _under_several(examples: Sequence[Example]) -> set[str]:
    """Texts that stand under parents with different labels."""
    said: dict[str, set[str]] = defaultdict(set)
    for example in examples:
        if example.parent:
            said[example.text].add(repr(sorted(example.labels.items())))
    return {text for text, labels in said.items() if len(labels) > 1}


def _span_targets(example: Example, window: Window, families: Sequence[str]) -> Floats:
    """1 for every token that overlaps a gold span of the family."""
    marked = np.zeros((len(window.starts), len(families)), np.float32)
    starts, ends = np.array(window.starts), np.array(window.ends)
    for span in example.spans or ():
        family = span.label.partition(".")[0]
        if family in families:
            marked[(starts < span.end) & (ends > span.start), families.index(family)] = 1.0
    return marked


def digest_of(rows: Sequence[Row]) -> str:
    """sha256 over all that is learnt from the rows, in order."""
    digest = hashlib.sha256()
    for row in rows:
        for window in (row.window, row.with_parent):
            digest.update(np.asarray(window.ids if window else (), np.int64).tobytes() + b"|")
        digest.update(np.round(row.targets, 3).tobytes() + row.weights.tobytes() + row.families.tobytes())
        digest.update(bytes([row.depends, row.span_targets is not None]))
        if row.span_targets is not None:
            digest.update(np.round(row.span_targets, 3).tobytes())
    return digest.hexdigest()


def plan(rows: Sequence[Row], tokens: int, seed: int) -> list[list[int]]:
    """Row numbers batch by batch: shuffled, sorted by length within blocks, `tokens` padded tokens a batch, batches shuffled."""
    chooser = random.Random(seed)
    order = list(range(len(rows)))
    chooser.shuffle(order)
    batches: list[list[int]] = []
    block = 8192
    for begin in range(0, len(order), block):
        ordered = sorted(order[begin : begin + block], key=lambda number: _length(rows[number]))
        current: list[int] = []
        for number in ordered:
            if current and (len(current) + 1) * _length(rows[number]) > tokens:
                batches.append(current)
                current = []
            current.append(number)
        batches.append(current)
    chooser.shuffle(batches)
    return batches


def _length(row: Row) -> int:
    return len((row.with_parent or row.window).ids)


def collate(rows: Sequence[Row], pad: int, chooser: random.Random) -> TrainingBatch:
    """A padded batch; a row that has a parent is read with it half of the time, so that both ways work, or always if it depends."""
    windows = [
        row.with_parent if row.with_parent and (chooser.random() < 0.5 or row.depends) else row.window for row in rows
    ]
    inputs = pad_windows(windows, pad)
    length = inputs.ids.shape[1]
    families = rows[0].families.shape[0]
    span_targets = np.zeros((len(rows), length, families), np.float32)
    span_weights = np.zeros((len(rows), length, families), np.float32)
    for index, (row, window) in enumerate(zip(rows, windows, strict=True)):
        if row.span_targets is not None:
            place = slice(window.first, window.first + len(window.starts))
            span_targets[index, place] = row.span_targets[: len(window.starts)]
            span_weights[index, place] = row.families
    return TrainingBatch(
        inputs=inputs,
        targets=torch.from_numpy(np.stack([row.targets for row in rows])),
        weights=torch.from_numpy(np.stack([row.weights for row in rows])),
        span_targets=torch.from_numpy(span_targets),
        span_weights=torch.from_numpy(span_weights),
    )


def batches(
    rows: Sequence[Row], order: Sequence[Sequence[int]], first: int, pad: int, seed: int
) -> Iterator[TrainingBatch]:
    """The planned batches from number `first` on; batch n drops the same parents whenever it is made."""
    for number, members in enumerate(order[first:], first):
        yield collate([rows[index] for index in members], pad, random.Random(seed * 1_000_003 + number))
