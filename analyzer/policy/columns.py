"""A policy over columns: ten million stored scores are decided in seconds, with the outcome of `Policy.decide`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from analyzer.policy.rules import Lowering, Policy, Rule, unchecked
from analyzer.schema import Action, Checked

Mask = npt.NDArray[np.bool_]
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


@dataclass(slots=True)
class _Fired:
    """Reasons found so far, as pieces of columns: the row each belongs to, and what it says."""

    rows: list[npt.NDArray[np.int64]] = field(default_factory=list)
    probs: list[npt.NDArray[np.float32]] = field(default_factory=list)
    words: list[tuple[str, str, float, Action]] = field(default_factory=list)

    def add(self, rows: npt.NDArray[np.int64], probs: npt.NDArray[np.float32], *words: Any) -> None:
        rule, label, threshold, action = words
        if len(rows):
            self.rows.append(rows)
            self.probs.append(probs)
            self.words.append((rule, label, threshold, action))


def decide_columns(policy: Policy, scores: pa.Table) -> pa.Table:
    """Columns source, thread_id, id, model, action, reasons, policy; one row for each row of `scores`, in its order."""
    size = scores.num_rows
    columns = {label: _probs(scores, label) for label in policy.labels if label in scores.column_names}
    checked = np.asarray(pc.equal(scores["checked"], str(Checked.OK)), dtype=bool)
    severity = np.where(checked, Action.APPROVE.severity, Action.NONE.severity).astype(np.int8)
    fired = _Fired()
    for rule in policy.rules:
        _apply_rule(rule, checked & _conditions(rule, columns, scores["lang"]), columns, severity, fired)
    pending = checked.copy()
    for lowering in policy.lowerings:
        pending = _apply_lowering(lowering, pending, columns, severity, fired)
    _say_why_not_checked(scores["checked"], fired)
    actions = pa.DictionaryArray.from_arrays(pa.array(severity, pa.int8()), pa.array(_ACTIONS))
    return pa.table(
        {name: scores[name] for name in ("source", "thread_id", "id", "model")}
        | {
            "action": actions.cast(pa.string()),
            "reasons": _reasons(fired, size),
            "policy": pa.repeat(policy.version, size),
        }
    )


def _probs(scores: pa.Table, label: str) -> npt.NDArray[np.float32]:
    """float32 with NaN where a label was not scored: a comparison with NaN is never true, so nothing fires."""
    return np.asarray(scores[label].to_numpy(), dtype=np.float32)


def _any_met(thresholds: Mapping[str, float], columns: Mapping[str, npt.NDArray[np.float32]], size: int) -> Mask:
    met = np.zeros(size, dtype=bool)
    for label, threshold in thresholds.items():
        if label in columns:
            met |= columns[label] >= np.float32(threshold)
    return met


def _conditions(rule: Rule, columns: Mapping[str, npt.NDArray[np.float32]], langs: pa.ChunkedArray) -> Mask:
    size = len(langs)
    holds = np.ones(size, dtype=bool)
    if rule.langs:
        holds &= np.asarray(pc.is_in(langs, pa.array(sorted(rule.langs))), dtype=bool)
    if rule.needs is not None:
        holds &= _any_met(rule.needs, columns, size)
    if rule.unless:
        holds &= ~_any_met(rule.unless, columns, size)
    return holds


def _apply_rule(
    rule: Rule,
    holds: Mask,
    columns: Mapping[str, npt.NDArray[np.float32]],
    severity: npt.NDArray[np.int8],
    fired: _Fired,
) -> None:
    for criterion in rule.criteria:
        if criterion.label not in columns:
            continue
        probs = columns[criterion.label]
        rows = np.flatnonzero(holds & (probs >= np.float32(criterion.threshold)))
        severity[rows] = np.maximum(severity[rows], criterion.action.severity)
        fired.add(rows, probs[rows], rule.name, criterion.label, criterion.threshold, criterion.action)


def _apply_lowering(
    lowering: Lowering,
    pending: Mask,
    columns: Mapping[str, npt.NDArray[np.float32]],
    severity: npt.NDArray[np.int8],
    fired: _Fired,
) -> Mask:
    """Lowers rows in place and returns those that no lowering has touched yet: an action is lowered once."""
    before = severity.copy()
    for label, threshold in lowering.thresholds.items():
        if label not in columns:
            continue
        met = pending & (columns[label] >= np.float32(threshold))
        for action in Action:
            milder = lowering.lowered(action)
            if milder is action or action is Action.NONE:
                continue
            rows = np.flatnonzero(met & (before == action.severity))
            severity[rows] = milder.severity
            fired.add(rows, columns[label][rows], lowering.name, label, threshold, milder)
            pending = pending & ~(met & (before == action.severity))
    return pending


def _say_why_not_checked(checked: pa.ChunkedArray, fired: _Fired) -> None:
    for state in Checked:
        for reason in unchecked(state) if state is not Checked.OK else ():
            rows = np.flatnonzero(np.asarray(pc.equal(checked, str(state)), dtype=bool))
            fired.add(rows, np.zeros(len(rows), np.float32), reason.rule, reason.label, 0.0, reason.action)


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
            for rule, label, threshold, action in fired.words
        ],
        _REASON_TYPE,
    ).take(pa.array(pieces))
    columns = dict(zip(_REASON_TYPE.names, words.flatten(), strict=True))
    columns["prob"] = pa.array(np.concatenate(fired.probs)[order], pa.float32())
    offsets = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=size))])
    structs = pa.StructArray.from_arrays(list(columns.values()), names=_REASON_TYPE.names)
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), structs)
