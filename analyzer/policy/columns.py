"""A policy over columns: ten million stored scores are decided in seconds, with the outcome of `Policy.decide`."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from analyzer.policy.rules import Lowering, Policy, Rule, unchecked
from analyzer.schema import Action, Checked

Mask = npt.NDArray[np.bool_]
Severities = npt.NDArray[np.int8]
_ACTIONS = [str(action) for action in Action]
_REASON_TYPE = pa.struct(
    [
        ("rule", pa.string()),
        ("label", pa.string()),
        ("prob", pa.float32()),
        ("threshold", pa.float32()),
        ("action", pa.string()),
    ]
)


class ScoreColumns:
    """Stored scores as arrays: which rows were checked, and where a label stands at a threshold (asked once, kept)."""

    def __init__(self, scores: pa.Table, labels: Iterable[str]) -> None:
        self.states = scores["checked"].combine_chunks()
        self.checked = _is(self.states, str(Checked.OK))
        self.langs = scores["lang"].combine_chunks()
        # float32 with NaN where a label was not scored: a comparison with NaN is never true, so nothing fires
        there = [label for label in labels if label in scores.column_names]
        self.probs = {label: np.asarray(scores[label].to_numpy(), dtype=np.float32) for label in there}
        self._met: dict[tuple[str, float], Mask] = {}

    def __len__(self) -> int:
        return len(self.checked)

    def met(self, label: str, threshold: float) -> Mask:
        """True where the label stands at the threshold; all False for a label that was not scored."""
        asked = (label, threshold)
        if asked not in self._met:
            probs = self.probs.get(label)
            none = np.zeros(len(self), dtype=bool)
            self._met[asked] = none if probs is None else probs >= np.float32(threshold)
        return self._met[asked]

    def any_met(self, thresholds: Mapping[str, float]) -> Mask:
        met = np.zeros(len(self), dtype=bool)
        for label, threshold in thresholds.items():
            met |= self.met(label, threshold)
        return met


class Firing(NamedTuple):
    """What a rule or a lowering says about the rows where it fires."""

    rule: str
    label: str
    threshold: float
    action: Action
    rows: Mask


def severities(policy: Policy, columns: ScoreColumns) -> Severities:
    """The severity of the action of every row."""
    severity = _unmoved(columns)
    for _ in _fire(policy, columns, severity):
        pass  # each step moves `severity`
    return severity


def fired_rules(policy: Policy, columns: ScoreColumns) -> dict[tuple[str, str], Mask]:
    """Where each (rule, label) stands among the reasons of a decision."""
    fired: dict[tuple[str, str], Mask] = {}
    for rule, label, _, _, rows in (*_fire(policy, columns, _unmoved(columns)), *_not_checked(columns)):
        fired[rule, label] = fired[rule, label] | rows if (rule, label) in fired else rows
    return fired


def decide_columns(policy: Policy, scores: pa.Table) -> pa.Table:
    """Columns source, thread_id, id, model, action, reasons, policy; one row for each row of `scores`, in its order."""
    columns = ScoreColumns(scores, policy.labels)
    severity = _unmoved(columns)
    fired = _Fired()
    for firing in _fire(policy, columns, severity):
        fired.add(firing, columns.probs[firing.label])
    for firing in _not_checked(columns):
        fired.add(firing, np.zeros(len(columns), np.float32))
    actions = pa.DictionaryArray.from_arrays(pa.array(severity, pa.int8()), pa.array(_ACTIONS))
    return pa.table(
        {name: scores[name] for name in ("source", "thread_id", "id", "model")}
        | {
            "action": actions.cast(pa.string()),
            "reasons": _reasons(fired, len(columns)),
            "policy": pa.repeat(policy.version, len(columns)),
        }
    )


def _is(words: pa.Array, word: str) -> Mask:
    return np.asarray(pc.equal(words, pa.scalar(word)).to_numpy(zero_copy_only=False), dtype=bool)


def _unmoved(columns: ScoreColumns) -> Severities:
    """The severities before any rule: approve what was checked."""
    return np.where(columns.checked, Action.APPROVE.severity, Action.NONE.severity).astype(np.int8)


def _fire(policy: Policy, columns: ScoreColumns, severity: Severities) -> Iterator[Firing]:
    """Everything that fires, in the order of the reasons of a decision; `severity` is right once all is taken."""
    for rule in policy.rules:
        yield from _apply_rule(rule, columns, severity)
    pending = columns.checked.copy()
    for lowering in policy.lowerings:
        yield from _apply_lowering(lowering, columns, severity, pending)


def _apply_rule(rule: Rule, columns: ScoreColumns, severity: Severities) -> Iterator[Firing]:
    holds = columns.checked.copy()
    if rule.langs:
        among = pc.is_in(columns.langs, pa.array(sorted(rule.langs)))
        holds &= np.asarray(among.to_numpy(zero_copy_only=False), dtype=bool)
    if rule.needs is not None:
        holds &= columns.any_met(rule.needs)
    if rule.unless:
        holds &= ~columns.any_met(rule.unless)
    for criterion in rule.criteria:
        if criterion.label in columns.probs:
            rows = holds & columns.met(criterion.label, criterion.threshold)
            np.maximum(severity, rows.view(np.int8) * np.int8(criterion.action.severity), out=severity)
            yield Firing(rule.name, criterion.label, criterion.threshold, criterion.action, rows)


def _apply_lowering(lowering: Lowering, columns: ScoreColumns, severity: Severities, pending: Mask) -> Iterator[Firing]:
    """Lowers in place; `pending` keeps the rows that no lowering has touched yet: an action is lowered once."""
    before = severity.copy()
    for label, threshold in lowering.thresholds.items():
        if label not in columns.probs:
            continue
        met = pending & columns.met(label, threshold)
        for action in Action:
            milder = lowering.lowered(action)
            if milder is action or action is Action.NONE:
                continue
            rows = met & (before == action.severity)
            severity[rows] = milder.severity
            pending &= ~rows
            yield Firing(lowering.name, label, threshold, milder, rows)


def _not_checked(columns: ScoreColumns) -> Iterator[Firing]:
    for state in Checked:
        for reason in unchecked(state) if state is not Checked.OK else ():
            yield Firing(reason.rule, reason.label, 0.0, reason.action, _is(columns.states, str(state)))


@dataclass(slots=True)
class _Fired:
    """Reasons found so far, as pieces of columns: the row each belongs to, and what it says."""

    rows: list[npt.NDArray[np.int64]] = field(default_factory=list)
    probs: list[npt.NDArray[np.float32]] = field(default_factory=list)
    words: list[Firing] = field(default_factory=list)

    def add(self, firing: Firing, probs: npt.NDArray[np.float32]) -> None:
        rows = np.flatnonzero(firing.rows)
        if len(rows):
            self.rows.append(rows)
            self.probs.append(probs[rows])
            self.words.append(firing)


def _reasons(fired: _Fired, size: int) -> pa.Array:
    """A list of structs for each row, in the order in which the reasons were added."""
    if not fired.rows:
        return pa.array([[]] * size, pa.list_(_REASON_TYPE))
    rows = np.concatenate(fired.rows)
    order = np.argsort(rows, kind="stable")
    pieces = np.repeat(np.arange(len(fired.words)), [len(piece) for piece in fired.rows])[order]
    words = pa.array(
        [
            {"rule": rule, "label": label, "prob": 0.0, "threshold": threshold, "action": str(action)}
            for rule, label, threshold, action, _ in fired.words
        ],
        _REASON_TYPE,
    ).take(pa.array(pieces))
    columns = dict(zip(_REASON_TYPE.names, words.flatten(), strict=True))
    columns["prob"] = pa.array(np.concatenate(fired.probs)[order], pa.float32())
    offsets = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=size))])
    structs = pa.StructArray.from_arrays(list(columns.values()), names=_REASON_TYPE.names)
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), structs)
