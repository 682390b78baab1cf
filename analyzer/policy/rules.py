"""Policy: what is suggested for a score, and why.

Two promises hold for every policy that loads: raising a probability never softens an action, except for stance labels
(the comment refutes or reports what it repeats), which may only soften it; and what was not checked is never approved.
"""

import hashlib
import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from analyzer.operating import Cut
from analyzer.schema import Action, Checked, Decision, Reason, Score

if TYPE_CHECKING:
    import pyarrow as pa

    from analyzer.policy.columns import Mask, ScoreColumns, Severities

NOT_CHECKED = "not_checked"
_NOTHING_TO_JUDGE = frozenset({Checked.DELETED, Checked.SPAM, Checked.EMPTY})


def single(number: float) -> float:
    """The number as float32 holds it. Scores are stored so; thresholds and fresh scores are compared at that grain."""
    rounded: float = struct.unpack("<f", struct.pack("<f", number))[0]
    return rounded


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """A label, the threshold it is held against (by language), and the action that follows once all caps are applied."""

    label: str
    threshold: Cut
    action: Action


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Fires for each criterion that is met, if the conditions hold.

    `langs`: empty means every language. `needs`: at least one of these labels stands at its threshold too; None means
    no such condition, an empty mapping can never be met. `unless`: none of these labels stands at its threshold.
    """

    name: str
    criteria: tuple[Criterion, ...]
    langs: frozenset[str] = frozenset()
    needs: Mapping[str, Cut] | None = None
    unless: Mapping[str, Cut] | None = None

    def holds(self, probs: Mapping[str, float], lang: str) -> bool:
        if self.langs and lang not in self.langs:
            return False
        if self.needs is not None and not any(_met(self.needs, probs, lang)):
            return False
        return not any(_met(self.unless or {}, probs, lang))


@dataclass(frozen=True, slots=True, kw_only=True)
class Lowering:
    """Lowers the action by one step, but not below `floor`, if one of the labels stands at its threshold."""

    name: str
    thresholds: Mapping[str, Cut]
    floor: Action

    def lowered(self, action: Action) -> Action:
        milder = list(Action)[max(action.severity - 1, Action.APPROVE.severity)]
        return min(action, max(milder, self.floor, key=_severity), key=_severity)


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Rules and lowerings with every threshold resolved. `version` is name@hash over all that can change a decision.

    `skipped` names the rule and label pairs that cannot fire because the model has no such threshold for the label; `notes` say
    which numbers were translated from the model they were written for, and which rules do not go as far as the file says.
    `review_seconds` is what a person takes to judge a comment, where the file says it; no decision depends on it.
    """

    name: str
    description: str
    rules: tuple[Rule, ...]
    lowerings: tuple[Lowering, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    review_seconds: float | None = None

    @cached_property
    def version(self) -> str:
        content = json.dumps([_canonical(self.rules), _canonical(self.lowerings)], sort_keys=True)
        return f"{self.name}@{hashlib.sha256(content.encode()).hexdigest()[:10]}"

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a person should know before using it: the notes, and what cannot fire."""
        skipped: dict[str, list[str]] = {}
        for rule, label in self.skipped:
            skipped.setdefault(rule, []).append(label)
        silent = (
            f"rule {rule!r} cannot fire for {', '.join(labels)}: the model has no such threshold"
            for rule, labels in skipped.items()
        )
        return (*self.notes, *silent)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Every label that this policy looks at: the columns `decide_table` needs."""
        names = [c.label for rule in self.rules for c in rule.criteria]
        names += [name for rule in self.rules for part in (rule.needs, rule.unless) for name in part or ()]
        names += [name for lowering in self.lowerings for name in lowering.thresholds]
        return tuple(dict.fromkeys(names))

    def decide(self, score: Score) -> Decision:
        """The suggested action with every rule that fired. A score that was not checked gets NONE and says why."""
        if score.checked is not Checked.OK:
            return Decision(key=score.key, action=Action.NONE, reasons=unchecked(score.checked), policy=self.version)
        probs = {label: single(prob) for label, prob in score.probs.items()}
        lang = score.lang
        reasons = [reason for rule in self.rules if rule.holds(probs, lang) for reason in _fired(rule, probs, lang)]
        action = max((reason.action for reason in reasons), key=_severity, default=Action.APPROVE)
        for lowering in self.lowerings:
            milder = lowering.lowered(action)
            met = next(_met(lowering.thresholds, probs, lang), None) if milder is not action else None
            if met:
                action = milder
                reasons.append(_reason(lowering.name, met, probs, lowering.thresholds[met].at(lang), action))
                break
        return Decision(key=score.key, action=action, reasons=tuple(reasons), policy=self.version)

    def decide_table(self, scores: "pa.Table") -> "pa.Table":
        """The same for a table of stored scores, all rows at once: a table of decisions, row for row."""
        from analyzer.policy.columns import decide_columns

        return decide_columns(self, scores)

    def severities(self, columns: "ScoreColumns") -> "Severities":
        """The severity of the action for every row, as `decide` gives it, and nothing else: the fastest way."""
        from analyzer.policy.columns import severities

        return severities(self, columns)

    def fired_rules(self, columns: "ScoreColumns") -> "dict[tuple[str, str], Mask]":
        """The rows where each (rule, label) stands among the reasons that `decide` gives."""
        from analyzer.policy.columns import fired_rules

        return fired_rules(self, columns)


def unchecked(checked: Checked) -> tuple[Reason, ...]:
    if checked in _NOTHING_TO_JUDGE:
        return ()
    return (Reason(rule=NOT_CHECKED, label=str(checked), prob=0.0, threshold=0.0, action=Action.NONE),)


def _fired(rule: Rule, probs: Mapping[str, float], lang: str) -> Iterator[Reason]:
    for criterion in rule.criteria:
        threshold = criterion.threshold.at(lang)
        if probs.get(criterion.label, -1.0) >= threshold:
            yield _reason(rule.name, criterion.label, probs, threshold, criterion.action)


def _reason(rule: str, label: str, probs: Mapping[str, float], threshold: float, action: Action) -> Reason:
    return Reason(rule=rule, label=label, prob=probs[label], threshold=threshold, action=action)


def _met(thresholds: Mapping[str, Cut], probs: Mapping[str, float], lang: str) -> Iterator[str]:
    return (label for label, threshold in thresholds.items() if probs.get(label, -1.0) >= threshold.at(lang))


def _severity(action: Action) -> int:
    return action.severity


def _canonical(part: Any) -> Any:
    if hasattr(part, "__dataclass_fields__"):
        return {name: _canonical(getattr(part, name)) for name in part.__dataclass_fields__}
    if isinstance(part, Mapping):
        return {name: _canonical(value) for name, value in part.items()}
    if isinstance(part, frozenset):
        return sorted(part)
    if isinstance(part, tuple):
        return [_canonical(value) for value in part]
    return part
