"""A policy over columns: ten million stored scores are decided in seconds, with the outcome of `Policy.decide`."""

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from analyzer.operating import Cut
from analyzer.policy.rules import Lowering, Policy, Rule, unchecked
from analyzer.schema import Action, Checked

Mask = npt.NDArray[np.bool_]
Severities = npt.NDArray[np.int8]
Singles = npt.NDArray[np.float32]
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
    """Stored scores as arrays: which rows were checked, and where a label stands at a threshold (asked once, kept).

    `probs` is NaN where a label was not scored: a comparison with NaN is never true, so nothing fires. A label without a
    column is absent. `states` and `langs` are dictionary-encoded.
    """

    def __init__(self, states: pa.Array, langs: pa.Array, probs: Mapping[str, Singles]) -> None:
        self.states, self.langs, self.probs = states, langs, probs
        self.checked = _among(states, {str(Checked.OK)})
        self._met: dict[tuple[str, Cut], Mask] = {}
        self._rows: dict[str, npt.NDArray[np.int64]] = {}

    @classmethod
    def of(cls, scores: pa.Table, labels: Iterable[str]) -> "ScoreColumns":
        """The columns of these labels, of those that the table has."""
        known = set(scores.column_names)
        probs = {label: _singles(scores[label]) for label in labels if label in known}
        return cls(_encoded(scores["checked"]), _encoded(scores["lang"]), probs)

    def take(self, rows: npt.NDArray[np.int64]) -> "ScoreColumns":
        """Some of the rows."""
        chosen = pa.array(rows)
        probs = {label: probs[rows] for label, probs in self.probs.items()}
        return ScoreColumns(self.states.take(chosen), self.langs.take(chosen), probs)

    def __len__(self) -> int:
        return len(self.checked)

    def met(self, label: str, cut: Cut) -> Mask:
        """True where the label stands at the threshold of the row's language; all False for a label that was not scored."""
        asked = (label, cut)
        if asked not in self._met:
            probs = self.probs.get(label)
            self._met[asked] = np.zeros(len(self), dtype=bool) if probs is None else self._compared(probs, cut)
        return self._met[asked]

    def _compared(self, probs: Singles, cut: Cut) -> Mask:
        """Against the threshold of the commonest language everywhere, then once more in the rows of the others."""
        common = cut.at(self.commonest)
        met: Mask = probs >= np.float32(common)
        others = {lang: cut.at(lang) for lang in self.langs.dictionary.to_pylist()} if cut.own else {}
        for lang, threshold in others.items():
            if threshold != common:
                rows = self.rows_in(lang)
                met[rows] = probs[rows] >= np.float32(threshold)
        return met

    @cached_property
    def commonest(self) -> str | None:
        """The language of most rows."""
        counts = np.bincount(self.langs.indices.to_numpy()) if len(self) else ()
        return str(self.langs.dictionary[int(np.argmax(counts))]) if len(counts) else None

    def rows_in(self, lang: str) -> npt.NDArray[np.int64]:
        """The places of the rows in a language."""
        if lang not in self._rows:
            self._rows[lang] = np.flatnonzero(self.in_languages({lang}))
        return self._rows[lang]

    def thresholds(self, cut: Cut, rows: npt.NDArray[np.int64]) -> Singles:
        """The threshold each of these rows was held against."""
        table = np.array(cut.over(self.langs.dictionary.to_pylist()), np.float32)
        return table[self.langs.indices.to_numpy()[rows]] if len(rows) else np.zeros(0, np.float32)

    def any_met(self, thresholds: Mapping[str, Cut]) -> Mask:
        met = np.zeros(len(self), dtype=bool)
        for label, threshold in thresholds.items():
            met |= self.met(label, threshold)
        return met

    def in_languages(self, langs: Set[str]) -> Mask:
        return _among(self.langs, langs)

    def languages(self) -> tuple[list[str], npt.NDArray[np.int64]]:
        """The languages, and for every row the number of its own."""
        return self.langs.dictionary.to_pylist(), self.langs.indices.to_numpy().astype(np.int64)


class Firing(NamedTuple):
    """What a rule or a lowering says about the rows where it fires."""

    rule: str
    label: str
    threshold: Cut
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
    columns = ScoreColumns.of(scores, policy.labels)
    severity = _unmoved(columns)
    fired = _Fired()
    for firing in _fire(policy, columns, severity):
        fired.add(firing, columns, columns.probs[firing.label])
    for firing in _not_checked(columns):
        fired.add(firing, columns, np.zeros(len(columns), np.float32))
    actions = pa.DictionaryArray.from_arrays(pa.array(severity, pa.int8()), pa.array(_ACTIONS))
    return pa.table(
        {name: scores[name] for name in ("source", "thread_id", "id", "model")}
        | {
            "action": actions.cast(pa.string()),
            "reasons": _reasons(fired, len(columns)),
            "policy": pa.repeat(policy.version, len(columns)),
        }
    )


def _encoded(words: pa.ChunkedArray) -> pa.Array:
    if not pa.types.is_dictionary(words.type):
        words = words.dictionary_encode()
    return words.unify_dictionaries().combine_chunks()


def _singles(probs: pa.ChunkedArray) -> Singles:
    """The probabilities, NaN for null; straight from the buffers, which takes a quarter of the time of Arrow's own way."""
    singles = np.empty(len(probs), np.float32)
    start = 0
    for chunk in probs.cast(pa.float32()).chunks:
        if len(chunk):
            part = singles[start : start + len(chunk)]
            validity, values = chunk.buffers()
            part[:] = np.frombuffer(values, np.float32, len(chunk), chunk.offset * part.itemsize)
            if chunk.null_count:
                valid = np.unpackbits(np.frombuffer(validity, np.uint8), bitorder="little")
                part[valid[chunk.offset : chunk.offset + len(chunk)] == 0] = np.nan
            start += len(chunk)
    return singles


def _among(words: pa.Array, chosen: Set[str]) -> Mask:
    known = np.array([word in chosen for word in words.dictionary.to_pylist()], dtype=bool)
    return known[words.indices.to_numpy()] if len(words) else np.zeros(0, dtype=bool)


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
        holds &= columns.in_languages(rule.langs)
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
            yield Firing(reason.rule, reason.label, Cut(0.0), reason.action, _among(columns.states, {str(state)}))


@dataclass(slots=True)
class _Fired:
    """Reasons found so far, as pieces of columns: the row each belongs to, and what it says."""

    rows: list[npt.NDArray[np.int64]] = field(default_factory=list)
    probs: list[Singles] = field(default_factory=list)
    thresholds: list[Singles] = field(default_factory=list)
    words: list[Firing] = field(default_factory=list)

    def add(self, firing: Firing, columns: ScoreColumns, probs: Singles) -> None:
        rows = np.flatnonzero(firing.rows)
        if len(rows):
            self.thresholds.append(columns.thresholds(firing.threshold, rows))
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
            {"rule": rule, "label": label, "prob": 0.0, "threshold": 0.0, "action": str(action)}
            for rule, label, _, action, _ in fired.words
        ],
        _REASON_TYPE,
    ).take(pa.array(pieces))
    columns = dict(zip(_REASON_TYPE.names, words.flatten(), strict=True))
    columns["prob"] = pa.array(np.concatenate(fired.probs)[order], pa.float32())
    columns["threshold"] = pa.array(np.concatenate(fired.thresholds)[order], pa.float32())
    offsets = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=size))])
    structs = pa.StructArray.from_arrays(list(columns.values()), names=_REASON_TYPE.names)
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), structs)
