"""The figures of two results side by side: what each check of the gate compares."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from analyzer.evaluation.metrics import wilson
from analyzer.evaluation.verdict import Rule

Result = Mapping[str, Any]
Path = tuple[str, ...]
_WORDS = {"expected_1": "to be flagged", "expected_0": "to be left alone"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One figure of both models. `sign`: +1 where more is worse, -1 where less is; `path`: where its draws are found."""

    subject: str
    current: Mapping[str, Any]
    candidate: Mapping[str, Any] | None
    n: int
    rows: str
    sign: int = -1
    path: Path = ()


def _recall(rule: Rule, current: Result, candidate: Result) -> Iterator[Pair]:
    yield from _by_label(rule, current, candidate, "recall", -1)


def _calibration(rule: Rule, current: Result, candidate: Result) -> Iterator[Pair]:
    yield from _by_label(rule, current, candidate, "calibration_error", +1)


def _by_label(rule: Rule, current: Result, candidate: Result, figure: str, sign: int) -> Iterator[Pair]:
    for label, row in current["labels"].items():
        if rule.covers(label) and row.get(figure, {}).get("value") is not None:
            yield Pair(
                subject=label,
                current=row[figure],
                candidate=candidate["labels"].get(label, {}).get(figure),
                n=row["positives"],
                rows="positives",
                sign=sign,
                path=("labels", label, figure),
            )


def _groups(rule: Rule, current: Result, candidate: Result) -> Iterator[Pair]:
    """How far the false-positive rate on a group's harmless rows lies above that on all; below it counts as no gap."""
    for label, groups in current["bias"].items():
        for group, row in groups.items():
            other = candidate["bias"].get(label, {}).get(group)
            yield Pair(
                subject=f"group {group}, {label}",
                current=_gap(current, label, row),
                candidate=_gap(candidate, label, other) if other else None,
                n=row["n"] - row["positives"],
                rows="harmless rows",
                sign=+1,
                path=("bias", label, group),
            )


def _gap(result: Result, label: str, row: Mapping[str, Any]) -> dict[str, float]:
    overall = result["labels"][label]["false_positive_rate"]["value"] or 0.0
    below, above = reach(row["fpr"])
    gap = max(row["fpr"]["value"] - overall, 0.0)
    return {"value": round(gap, 4), "low": gap - below, "high": gap + above}


def _suites(rule: Rule, current: Result, candidate: Result) -> Iterator[Pair]:
    """Both halves of every suite, its families and its languages."""
    for suite, parts in current["suites"].items():
        for asked, figures in parts.items():
            other = candidate["suites"].get(suite, {}).get(asked, {})
            stem: Path = (suite, asked)
            named: list[tuple[Path, Any, Any]] = [
                ((half,), figures[half], other.get(half)) for half in ("expected_1", "expected_0")
            ]
            named += [
                ((kind, name), row, other.get(kind, {}).get(name))
                for kind in ("by_family", "by_language")
                for name, row in figures[kind].items()
            ]
            for path, row, new in named:
                if row["value"] is not None:
                    # Fewer cases than before: labels lost their threshold, and what is left would be another suite.
                    whole = new if new and new["n"] >= row["n"] else None
                    yield Pair(
                        subject=f"suite {suite}, {asked}, {_WORDS.get(path[-1], path[-1])}",
                        current=row,
                        candidate=whole,
                        n=row["n"],
                        rows="cases",
                        path=("suites", *stem, *path),
                    )


def _robustness(rule: Rule, current: Result, candidate: Result) -> Iterator[Pair]:
    for kind, words, sign in (("kept", "recall kept", -1), ("benign_flagged", "harmless twins flagged", +1)):
        rows = {"all tricks": current["robustness"][f"{kind}_overall"], **current["robustness"][kind]}
        others = {"all tricks": candidate["robustness"][f"{kind}_overall"], **candidate["robustness"][kind]}
        for trick, row in rows.items():
            if row["n"]:
                new = others.get(trick)
                yield Pair(subject=f"{words}, {trick}", current=row, candidate=new, n=row["n"], rows="cases", sign=sign)


def _coverage(rule: Rule, current: Result, candidate: Result) -> Iterator[Pair]:
    if not current["rows"]:
        return
    old, new = (
        {"value": 1 - result["not_scored"] / result["rows"], "n": result["rows"]} for result in (current, candidate)
    )
    yield Pair(subject="rows scored", current=old, candidate=new, n=current["rows"], rows="rows")


def reach(row: Mapping[str, Any]) -> tuple[float, float]:
    """How far a figure's own interval reaches below and above it; a bare share of `n` gets Wilson's."""
    value = row["value"]
    if row.get("low") is not None:
        return max(value - row["low"], 0.0), max(row["high"] - value, 0.0)
    interval = wilson(value, row["n"])
    return value - interval.low, interval.high - value


PAIRS = {
    "recall": _recall,
    "groups": _groups,
    "suites": _suites,
    "calibration": _calibration,
    "robustness": _robustness,
    "coverage": _coverage,
}
