"""Functional suites: what is right by family and language, whether pairs hold, what spelling tricks cost.

After Ribeiro et al. 2020 (CheckList) and Röttger et al. 2021: many small families of cases, each of which asks one thing, so
that an average hides nothing. A family's accuracy is the share of its cases on the right side of the label's threshold.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analyzer.evaluation.held import base_language
from analyzer.evaluation.metrics import wilson
from analyzer.operating import Thresholds, cut_of
from analyzer.schema import Example

_CLEAN, _BENIGN = "clean", "benign"  # families of a suite of spelling tricks
_BENIGN_CLEAN = "benign_clean"


@dataclass(frozen=True, slots=True)
class Case:
    """One expectation and what a model said: `flagged` is None where the model gave no score."""

    example: Example
    label: str
    expected: bool
    flagged: bool | None

    @property
    def right(self) -> bool:
        """A text without a score is not flagged."""
        return bool(self.flagged) == self.expected

    @property
    def family(self) -> str:
        return str(self.example.extra.get("family", ""))

    @property
    def pair(self) -> str:
        return str(self.example.extra.get("pair_id", ""))

    @property
    def wording(self) -> tuple[str, str]:
        """Equal for cases that are variants of one another."""
        return self.example.source, self.pair or self.example.id

    @property
    def is_twin(self) -> bool:
        """A harmless text under a spelling trick, or one that only looks like such."""
        return self.family.startswith(_BENIGN) and self.family != _BENIGN_CLEAN

    @property
    def target(self) -> str:
        """The group that the case mainly speaks of: the first it names; "" if it names none."""
        return str(self.example.extra.get("targets", "")).split(";")[0]


def cases(
    examples: Iterable[Example],
    probs: Iterable[Mapping[str, float]],
    thresholds: Thresholds,
) -> list[Case]:
    """Every expectation with the verdict at the `balanced` threshold of its language; labels without one are left out."""
    found = []
    for example, said in zip(examples, probs, strict=True):
        for label, expected in example.labels.items():
            if cut := cut_of(thresholds, label):
                flagged = said[label] >= cut.at(base_language(example.lang)) if label in said else None
                found.append(Case(example, label, expected >= 0.5, flagged))
    return found


def functional(found: Sequence[Case]) -> dict[str, Any]:
    """{suite: {label family: {expected_1, expected_0, by_family, by_language, by_target, by_label, pairs}}}.

    Every share has n and an interval.
    """
    suites: dict[str, dict[str, list[Case]]] = defaultdict(lambda: defaultdict(list))
    for case in found:
        suites[case.example.source][_asked(case.label)].append(case)
    return {
        suite: {name: _figures(members) for name, members in sorted(parts.items())}
        for suite, parts in sorted(suites.items())
    }


def subjects(found: Iterable[Case]) -> dict[tuple[str, ...], list[Case]]:
    """Cases under the path at which `functional` sums them up: (suite, label family, "expected_1") and so on."""
    paths: dict[tuple[str, ...], list[Case]] = defaultdict(list)
    for case in found:
        stem, expected = (case.example.source, _asked(case.label)), int(case.expected)
        paths[(*stem, f"expected_{expected}")].append(case)
        for kind, name in (("by_family", case.family or "other"), ("by_language", case.example.lang)):
            paths[(*stem, kind, f"{name} ({expected})")].append(case)
    return paths


def _asked(label: str) -> str:
    """Suites that ask for many labels of a family are summed up by family; the summary label stands alone."""
    family, _, name = label.partition(".")
    return family if family in ("propaganda",) or (family == "antisemitism" and name != "any") else label


def _figures(members: Sequence[Case]) -> dict[str, Any]:
    def by(key: Any, chosen: Sequence[Case] = members) -> dict[str, Any]:
        groups: dict[str, list[Case]] = defaultdict(list)
        for case in chosen:
            groups[key(case)].append(case)
        return {name: share(group) for name, group in sorted(groups.items())}

    return {
        "all": share(members),
        "expected_1": share([case for case in members if case.expected]),
        "expected_0": share([case for case in members if not case.expected]),
        "by_family": by(lambda case: f"{case.family or 'other'} ({int(case.expected)})"),
        "by_language": by(lambda case: f"{case.example.lang} ({int(case.expected)})"),
        "by_target": by(
            lambda case: f"{case.target} ({int(case.expected)})", [case for case in members if case.target]
        ),
        "by_label": by(lambda case: f"{case.label} ({int(case.expected)})"),
        "pairs": pairs(members),
    }


def share(members: Sequence[Case]) -> dict[str, Any]:
    """The share that is right, with a Wilson 95 % interval (Wilson 1927) over wordings; None without cases."""
    return _rate([case.right for case in members], wordings(members))


def wordings(members: Iterable[Case]) -> int:
    """How many cases are of different wording: those of one pair mirror each other, and are right or wrong together."""
    return len({case.wording for case in members})


def pairs(members: Sequence[Case]) -> dict[str, Any]:
    """Of groups that mirror each other: how many are right throughout; of those that expect one answer, how many flip."""
    groups: dict[tuple[str, str], list[Case]] = defaultdict(list)
    for case in members:
        if case.pair:
            groups[case.pair, case.label].append(case)
    several = [group for group in groups.values() if len(group) > 1]
    same = [group for group in several if len({case.expected for case in group}) == 1]
    return {
        "groups": len(several),
        "right_throughout": sum(all(case.right for case in group) for group in several),
        "swaps": len(same),
        "flipped": sum(len({bool(case.flagged) for case in group}) > 1 for group in same),
    }


def robustness(found: Sequence[Case]) -> dict[str, Any]:
    """Of suites with `clean` cases, tricks and `benign_…` twins: recall kept under each trick, benign twins flagged."""
    kept, flagged = tricked(found), twins(found)
    return {
        "kept": {name: _rate(values) for name, values in sorted(kept.items())},
        "kept_overall": _rate([value for values in kept.values() for value in values]),
        "benign_flagged": {name: _rate(values) for name, values in sorted(flagged.items())},
        "benign_clean_flagged": _rate([bool(case.flagged) for case in found if case.family == _BENIGN_CLEAN]),
        "benign_flagged_overall": _rate([value for values in flagged.values() for value in values]),
    }


def tricked(found: Iterable[Case]) -> dict[str, list[bool]]:
    """{trick: verdicts} on the tricked cases whose clean form is flagged."""
    found = list(found)
    caught = {
        (case.pair, case.label)
        for case in found
        if case.family == _CLEAN and case.expected and case.flagged and case.pair
    }
    verdicts: dict[str, list[bool]] = defaultdict(list)
    for case in found:
        plain = case.family == _CLEAN or case.family.startswith(_BENIGN)
        if not plain and case.expected and (case.pair, case.label) in caught:
            verdicts[case.family].append(bool(case.flagged))
    return verdicts


def twins(found: Iterable[Case]) -> dict[str, list[bool]]:
    """{family: verdicts} on the harmless twins."""
    verdicts: dict[str, list[bool]] = defaultdict(list)
    for case in found:
        if case.is_twin:
            verdicts[case.family].append(bool(case.flagged))
    return verdicts


def twins_beside_clean(found: Iterable[Case]) -> list[tuple[bool, bool]]:
    """(verdict under the trick, verdict in clean spelling) of every harmless twin whose pair holds a `benign_clean` case."""
    found = list(found)
    clean = {(case.pair, case.label): bool(case.flagged) for case in found if case.family == _BENIGN_CLEAN}
    return [
        (bool(case.flagged), clean[case.pair, case.label])
        for case in found
        if case.is_twin and (case.pair, case.label) in clean
    ]


def _rate(values: Sequence[bool], independent: int | None = None) -> dict[str, Any]:
    """`independent`: how many of them tell something of their own, for the interval; all, if not said."""
    if not values:
        return {"value": None, "low": None, "high": None, "n": 0}
    part = sum(values) / len(values)
    interval = wilson(part, independent or len(values))
    return {
        "value": round(part, 4),
        "low": round(interval.low, 4),
        "high": round(interval.high, 4),
        "n": len(values),
    }
