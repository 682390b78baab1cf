"""The words that led to each label: token probabilities and contributions → spans of the raw text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analyzer.operating import Cut, cut_of
from analyzer.schema import Span
from analyzer.scoring.windows import Window

Floats = NDArray[np.float32]
_POINTS = " \t\n.,;:!?…–-\"'“”„«»‘’،؛؟"
_GAP = 1  # tokens between two marked ones that are marked as well
_MOST = 4  # spans in one window of a label that no span head points at
_HALF = Cut(0.5)  # where a model has no threshold for a label
_SHARE = 0.5  # a token is evidence if it added at least this share of the largest contribution


@dataclass(frozen=True, slots=True)
class Marking:
    """Which tokens a span head marks: runs of `low` and more that somewhere reach `high` (Canny 1986, two thresholds).

    `share` of the highest probability in the window is asked of each token as well: where one word is clearly meant, its
    neighbours are not.
    """

    low: float = 0.5
    high: float = 0.5
    share: float = 0.0

    def runs(self, probs: Floats) -> list[tuple[int, int]]:
        """`[start, stop)` of what is marked in a window; probs [token]."""
        if not len(probs):
            return []
        runs = _runs(probs >= max(self.low, self.share * float(probs.max())))
        return [(start, stop) for start, stop in runs if probs[start:stop].max() >= self.high]


@dataclass(frozen=True, slots=True)
class Plan:
    """What evidence a model gives: families with a span head, what each marks, and the labels' order and thresholds."""

    labels: tuple[str, ...]
    families: tuple[str, ...]
    marking: Mapping[str, Marking]
    label_thresholds: Mapping[str, Cut]

    @property
    def shown(self) -> tuple[str, ...]:
        """Families whose labels are pointed at: all but those that say who is spoken of and where the writer stands."""
        named = dict.fromkeys(label.partition(".")[0] for label in self.labels)
        return tuple(family for family in named if family not in ("target", "stance"))

    def flagged(self, family: str, probs: Floats, lang: str) -> list[int]:
        """Columns of the family's labels at or above their threshold in that language."""
        return [
            column
            for column, label in enumerate(self.labels)
            if label.partition(".")[0] == family and probs[column] >= self.label_thresholds.get(label, _HALF).at(lang)
        ]


def plan_of(manifest: Mapping[str, Any]) -> Plan:
    """The evidence plan a model folder states."""
    return Plan(
        labels=tuple(manifest["labels"]),
        families=tuple(manifest["span_families"]),
        marking={family: Marking(**cuts) for family, cuts in manifest["span_thresholds"].items()},
        label_thresholds={name: cut for name in manifest["labels"] if (cut := cut_of(manifest["thresholds"], name))},
    )


def find_spans(
    plan: Plan, probs: Floats, lang: str, window: Window, token_probs: Floats, contributions: Floats
) -> list[Span]:
    """Spans of one window for every label family that is flagged.

    probs [label] of the window, in the language `lang`; token_probs [token, family]; contributions [token, label]. Families with
    a span head show what it marks, under the label its tokens speak for most; where it marks nothing, and for all other
    families, the tokens that added most to the flagged label are shown.
    """
    spans: list[Span] = []
    for family in plan.shown:
        flagged = plan.flagged(family, probs, lang)
        if not flagged:
            continue
        marked: list[tuple[int, int]] = []
        if family in plan.families:
            column = token_probs[:, plan.families.index(family)]
            marked = plan.marking.get(family, Marking()).runs(column)
        for start, stop in marked:
            label = max(flagged, key=lambda index: float(contributions[start:stop, index].sum()))
            spans.append(_span(plan, window, start, stop, label, float(column[start:stop].max())))
        if not marked:
            label = _most_specific(plan, flagged, probs)
            added = contributions[:, label]
            for start, stop in _runs((added >= _SHARE * added.max()) & (added > 0))[:_MOST]:
                spans.append(_span(plan, window, start, stop, label, float(probs[label])))
    return spans


def marked_spans(window: Window, probs: Floats, family: str, marking: Marking) -> list[Span]:
    """What a span head marks in a window; probs [token]."""
    return [
        Span(start=window.starts[start], end=window.ends[stop - 1], label=family, prob=float(probs[start:stop].max()))
        for start, stop in marking.runs(probs)
    ]


def _most_specific(plan: Plan, flagged: Sequence[int], probs: Floats) -> int:
    """The likeliest flagged label, a named one before the family's summary label."""
    named = [index for index in flagged if plan.labels[index].rpartition(".")[2] not in ("any", "toxicity", "coded")]
    return max(named or flagged, key=lambda index: float(probs[index]))


def _runs(marks: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """`[start, stop)` of runs of marked tokens; runs no more than `_GAP` apart are one."""
    runs: list[tuple[int, int]] = []
    for index in np.flatnonzero(marks):
        if runs and index - runs[-1][1] <= _GAP:
            runs[-1] = (runs[-1][0], int(index) + 1)
        else:
            runs.append((int(index), int(index) + 1))
    return runs


def _span(plan: Plan, window: Window, start: int, stop: int, label: int, prob: float) -> Span:
    return Span(start=window.starts[start], end=window.ends[stop - 1], label=plan.labels[label], prob=round(prob, 4))


def merge(spans: Sequence[Span], text: str) -> tuple[Span, ...]:
    """Spans of all windows in order; overlapping ones of one label are joined, white space and half words at the edges mended."""
    merged: list[Span] = []
    for span in sorted((_tidy(span, text) for span in spans), key=lambda span: (span.label, span.start)):
        last = merged[-1] if merged else None
        if last and last.label == span.label and span.start <= last.end:
            merged[-1] = Span(
                start=last.start, end=max(last.end, span.end), label=last.label, prob=max(last.prob, span.prob)
            )
        elif text[span.start : span.end].strip(_POINTS):  # a full stop alone says nothing to a reader
            merged.append(span)
    return tuple(sorted(merged, key=lambda span: (span.start, span.end, span.label)))


def _tidy(span: Span, text: str) -> Span:
    start, end = span.start, span.end
    while start > 0 and text[start - 1].isalnum() and start < len(text) and text[start].isalnum():
        start -= 1
    while end < len(text) and text[end].isalnum() and text[end - 1].isalnum():
        end += 1
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start=start, end=end, label=span.label, prob=span.prob)
