"""The gate from TOML: every mistake is said with file and line."""

import hashlib
from collections.abc import Mapping
from fnmatch import fnmatchcase
from importlib.resources import files
from pathlib import Path
from typing import Any

from analyzer.evaluation.gate import CHECKS
from analyzer.evaluation.paired import RANKINGS
from analyzer.evaluation.verdict import Gate, Rule
from analyzer.taxonomy import Taxonomy, load_taxonomy
from analyzer.tomlfile import HEAD, Place, TomlFile, suggest

_COMMON = ("check", "most", "fewest", "required", "reason")
_OWN: Mapping[str, tuple[str, ...]] = {
    "primary": ("labels", "measure"),
    "gained": ("labels",),
    "recall": ("labels",),
    "calibration": ("labels",),
}
_BARE = ("labels",)  # checks without a margin: a lost label is one too many


def load_gate(path: str | Path | None = None, *, taxonomy: Taxonomy | None = None) -> Gate:
    """The gate in that TOML file, or the one of the package. Raises ConfigError with file, line and remedy."""
    source = TomlFile.open(Path(path) if path else Path(str(files("analyzer").joinpath("policies/gate.toml"))))
    source.keys(source.table, ("name", "gate"))
    name = source.text(source.table, "name")
    if not name.strip() or "@" in name:
        source.fail('write a name without @ at the top: name = "house"', "name")
    known = (taxonomy or load_taxonomy()).ids
    rules: list[Rule] = []
    for index, row in enumerate(source.rows(source.table, "gate")):
        place = HEAD.within("gate", index)
        rule = _rule(source, row, place, known)
        if any(rule.check == other.check for other in rules):
            source.fail(f"check {rule.check!r} stands here a second time; keep one", "check", place)
        rules.append(rule)
    if not rules:
        source.fail("a gate needs at least one [[gate]] table; see docs/retrain.md")
    digest = hashlib.sha256(repr(rules).encode()).hexdigest()[:10]
    return Gate(version=f"{name}@{digest}", rules=tuple(rules))


def _rule(source: TomlFile, row: Mapping[str, Any], place: Place, known: tuple[str, ...]) -> Rule:
    check = source.text(row, "check", place)
    if check not in CHECKS:
        source.fail(f"there is no check {check!r}; {suggest(check, CHECKS)}", "check", place)
    keys = ("check", "required", "reason") if check in _BARE else (*_COMMON, *_OWN.get(check, ()))
    source.keys(row, keys, place)
    reason = source.text(row, "reason", place)
    if not reason.strip():
        source.fail('say what the check is for: reason = "…"; it is shown to whoever is refused', "reason", place)
    measure = source.text({"measure": "average_precision", **row}, "measure", place)
    if measure not in RANKINGS:
        source.fail(f"measure must be one of {', '.join(RANKINGS)}, not {measure!r}", "measure", place)
    return Rule(
        check=check,
        most=0.0 if check in _BARE else _most(source, row, place),
        fewest=1 if check in _BARE else _fewest(source, row, place),
        reason=reason,
        labels=_patterns(source, row, place, known),
        measure=measure,
        required=source.flag(row, "required", place),
    )


def _most(source: TomlFile, row: Mapping[str, Any], place: Place) -> float:
    """A share, or for latency a factor."""
    value = row.get("most")
    low, high = (1.0, 100.0) if row["check"] == "latency" else (0.0, 1.0)
    if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
        source.fail(f"most must be a number from {low:g} to {high:g}, not {value!r}", "most", place)
    return float(value)


def _fewest(source: TomlFile, row: Mapping[str, Any], place: Place) -> int:
    value = row.get("fewest")
    if type(value) is not int or value < 1:
        source.fail(f"fewest must be a whole number from 1 on, not {value!r}", "fewest", place)
    return value


def _patterns(source: TomlFile, row: Mapping[str, Any], place: Place, known: tuple[str, ...]) -> tuple[str, ...]:
    patterns = source.texts({"labels": ["*"], **row}, "labels", place)
    if not patterns:
        source.fail('labels must name at least one label: labels = ["*"]', "labels", place)
    for pattern in patterns:
        if not any(fnmatchcase(label, pattern) for label in known):
            source.fail(f"labels: no label is called {pattern!r}; {suggest(pattern, known[:12])}", "labels", place)
    return patterns
