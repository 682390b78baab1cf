"""Policies from TOML: label patterns and named thresholds are resolved, every mistake is said with file and line."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any

from analyzer.continuity import ScoreMap, find_way, read_maps, translate
from analyzer.errors import ConfigError
from analyzer.operating import Cut, Thresholds, cut_of, precision_of
from analyzer.policy.rules import Criterion, Lowering, Policy, Rule, single
from analyzer.registry import MANIFEST, find_model, models_home, open_model
from analyzer.schema import Action
from analyzer.taxonomy import Support, Taxonomy, load_taxonomy
from analyzer.tomlfile import HEAD, Place, TomlFile, suggest

NAMED = ("balanced", "precise")

_HOME = Path(__file__).parent.parent
_HEAD_KEYS = ("name", "description", "written_for", "review_seconds", "rules", "caps", "lowering")
_CONDITION_KEYS = ("lang", "with", "with_threshold", "unless", "unless_threshold")
SURE = 0.75  # precision a threshold must have been measured at before a comment may be hidden, or cleared, by it
LIKELY = 0.5  # lower end of that precision's interval: a few lucky hits are not enough
_RULE_KEYS = ("name", "labels", "threshold", "fallback", "action", *_CONDITION_KEYS)
_CAP_KEYS = ("labels", "action")
_LOWERING_KEYS = ("name", "labels", "threshold", "fallback", "floor")
_ACTING = (Action.REVIEW, Action.REJECT)
_HOUR = 3600
_SOFTENING = "stance"  # the one family that may soften and may never harden
_NEVER = 2.0  # a threshold that no probability reaches
_UNSURE = "the model's threshold was not measured to be right in three of four cases"
_CONTESTED = "contested"
_UNTAUGHT = "not learnt from labels given by people"


def policy_names() -> tuple[str, ...]:
    """Names of the policies that come with the package."""
    return tuple(sorted(path.stem for path in (_HOME / "policies").glob("*.toml") if path.stem != "gate"))


def load_policy(
    policy: str | Path = "default",
    *,
    thresholds: Thresholds | None = None,
    taxonomy: Taxonomy | None = None,
    model: str | None = None,
    maps: Sequence[ScoreMap] | None = None,
) -> Policy:
    """The policy of that name, or in that TOML file, with its thresholds resolved for one model.

    `thresholds` is the model's own table, {label: {"balanced": {"threshold": 0.6, …}, "precise": {…}}}; without it the
    table of the embedded model is used. `model` is the version of the model that scores: numbers of a policy `written_for`
    another are translated by `maps` (those of the models home, unless others are given) so that they flag as much as before.
    Raises ConfigError with file, line and remedy.
    """
    source = TomlFile.open(_find(policy))
    table = _embedded_thresholds() if thresholds is None else thresholds
    way = _way(source, model, maps)
    return _Loading(source, table, taxonomy or load_taxonomy(), way, model or "").policy()


def _way(source: TomlFile, model: str | None, maps: Sequence[ScoreMap] | None) -> tuple[ScoreMap, ...]:
    """The maps that lead from the model the policy was written for to the one that scores."""
    written_for = source.text(source.table, "written_for")
    if not written_for or model in (None, written_for):
        return ()
    way = find_way(read_maps(models_home()) if maps is None else maps, written_for, str(model))
    if way is None:
        source.fail(
            f"written for model {written_for}, and no map of scores leads from it to {model}, which scores; `analyzer promote` "
            f'makes one, or adapt the numbers and say written_for = "{model}"',
            "written_for",
        )
    return way


def _find(policy: str | Path) -> Path:
    if str(policy) in policy_names():
        return _HOME / "policies" / f"{policy}.toml"
    if Path(policy).is_file():
        return Path(policy)
    raise ConfigError(
        f"policy {str(policy)!r} is neither a file nor a known policy; {suggest(str(policy), policy_names())}"
    )


@lru_cache(maxsize=1)
def _embedded_thresholds() -> Thresholds:
    folder = find_model()
    return open_model(folder, verify=False).thresholds if folder and (folder / MANIFEST).is_file() else {}


@dataclass(frozen=True)
class _Loading:
    """One file on its way to a Policy; `place` and `row` below are a table of the file and where it stands."""

    source: TomlFile
    thresholds: Thresholds
    taxonomy: Taxonomy
    way: tuple[ScoreMap, ...]
    model: str
    notes: list[str] = field(default_factory=list)

    def policy(self) -> Policy:
        head = self.source.table
        self.source.keys(head, _HEAD_KEYS)
        name = self.source.text(head, "name")
        if not name.strip() or "@" in name or "/" in name:
            self.source.fail('write a name without @ and / at the top: name = "house"', "name")
        caps = dict(self._caps())
        skipped: list[tuple[str, str]] = []
        rules = tuple(self._rule(row, place, caps, skipped) for row, place in self._tables("rules"))
        if not rules:
            self.source.fail("a policy needs at least one [[rules]] table; see docs/policy.md")
        lowerings = tuple(
            lowering for row, place in self._tables("lowering") for lowering in self._lowerings(row, place, skipped)
        )
        return Policy(
            name=name,
            description=self.source.text(head, "description"),
            rules=rules,
            lowerings=lowerings,
            skipped=tuple(skipped),
            notes=tuple(self.notes),
            review_seconds=self._review_seconds(head),
        )

    def _review_seconds(self, head: Mapping[str, Any]) -> float | None:
        seconds = head.get("review_seconds")
        if seconds is None:
            return None
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= _HOUR:
            self.source.fail(
                f"review_seconds must be a number above 0 and up to {_HOUR}, not {seconds!r}", "review_seconds"
            )
        return float(seconds)

    def _tables(self, heading: str) -> Iterator[tuple[Mapping[str, Any], Place]]:
        for index, row in enumerate(self.source.rows(self.source.table, heading)):
            yield row, HEAD.within(heading, index)

    def _caps(self) -> Iterator[tuple[str, Action]]:
        for row, place in self._tables("caps"):
            self.source.keys(row, _CAP_KEYS, place)
            action = self._action(row, "action", (Action.APPROVE, Action.REVIEW), place)
            yield from ((label, action) for label in self._labels(row, "labels", place))

    def _rule(
        self, row: Mapping[str, Any], place: Place, caps: Mapping[str, Action], skipped: list[tuple[str, str]]
    ) -> Rule:
        self.source.keys(row, _RULE_KEYS, place)
        name = self._name(row, place)
        action = self._action(row, "action", _ACTING, place)
        labels = self._labels(row, "labels", place)
        self._family(labels, stance=False, key="labels", place=place)
        resolved = self._resolved(labels, row, "threshold", place)
        skipped += [(name, label) for label in labels if label not in resolved]
        criteria: list[Criterion] = []
        capped: dict[str, list[str]] = {}
        for label, cut in resolved.items():
            limit = min(action, caps.get(label, action), key=lambda a: a.severity)
            sure, unsure = (None, cut) if limit is not Action.REJECT else self._hiding(label, cut, row, capped)
            if sure:
                criteria.append(Criterion(label=label, threshold=sure, action=Action.REJECT))
            if unsure and limit in _ACTING:
                criteria.append(Criterion(label=label, threshold=unsure, action=Action.REVIEW))
        self._tell_capped("rule", name, capped)
        return Rule(
            name=name,
            criteria=tuple(criteria),
            langs=frozenset(self.source.texts(row, "lang", place)),
            needs=self._condition(row, "with", False, place),
            unless=self._condition(row, "unless", True, place),
        )

    def _condition(self, row: Mapping[str, Any], key: str, stance: bool, place: Place) -> Mapping[str, Cut] | None:
        if key not in row:
            return None
        labels = self._labels(row, key, place)
        self._family(labels, stance=stance, key=key, place=place)
        return self._resolved(labels, {f"{key}_threshold": "balanced", **row}, f"{key}_threshold", place)

    def _lowerings(self, row: Mapping[str, Any], place: Place, skipped: list[tuple[str, str]]) -> Iterator[Lowering]:
        """The lowering; one that may clear comments becomes two, of which the second keeps a person where it is unsure."""
        self.source.keys(row, _LOWERING_KEYS, place)
        name = self._name(row, place)
        labels = self._labels(row, "labels", place)
        self._family(labels, stance=True, key="labels", place=place)
        resolved = self._resolved(labels, row, "threshold", place)
        skipped += [(name, label) for label in labels if label not in resolved]
        floor = self._action({"floor": "approve", **row}, "floor", (Action.APPROVE, Action.REVIEW), place)
        if floor is Action.REVIEW:
            yield Lowering(name=name, thresholds=resolved, floor=floor)
            return
        halves = {label: self._halves(label, cut, row, apart=True) for label, cut in resolved.items()}
        for at, reach in enumerate((Action.APPROVE, Action.REVIEW)):
            thresholds = {label: cut for label, half in halves.items() if (cut := half[at])}
            if thresholds:
                yield Lowering(name=name, thresholds=thresholds, floor=reach)
        capped: dict[str, list[str]] = {}
        for label, (_, unsure) in halves.items():
            if unsure:
                capped.setdefault(_UNSURE + _where(unsure), []).append(label)
        self._tell_capped("lowering", name, capped)

    def _name(self, row: Mapping[str, Any], place: Place) -> str:
        name = self.source.text(row, "name", place)
        if not name.strip():
            self.source.fail('give it a name that reads well in a report: name = "threats"', "name", place)
        return name

    def _action(self, row: Mapping[str, Any], key: str, allowed: tuple[Action, ...], place: Place) -> Action:
        value = row.get(key)
        if value not in list(allowed):
            self.source.fail(f"{key} must be one of {', '.join(allowed)}, not {value!r}", key, place)
        return Action(value)

    def _labels(self, row: Mapping[str, Any], key: str, place: Place) -> tuple[str, ...]:
        """Label ids in taxonomy order. `abuse.*` matches many, `!abuse.obscene` takes away; no match is a mistake."""
        patterns = self.source.texts(row, key, place)
        if not patterns:
            self.source.fail(f'{key} must name labels: {key} = ["abuse.threat"]', key, place)
        chosen: set[str] = set()
        for pattern in patterns:
            matches = {label for label in self.taxonomy.ids if fnmatchcase(label, pattern.lstrip("!"))}
            if not matches:
                near = self.taxonomy.nearest(pattern.lstrip("!"))
                advice = f"did you mean {near!r}?" if near else "docs/labels.md lists all labels"
                self.source.fail(f"{key}: no label is called {pattern!r}; {advice}", key, place)
            chosen = chosen - matches if pattern.startswith("!") else chosen | matches
        return tuple(label for label in self.taxonomy.ids if label in chosen)

    def _family(self, labels: tuple[str, ...], *, stance: bool, key: str, place: Place) -> None:
        """Stance may only soften: it stands in `unless` and in lowerings, and nothing else stands there."""
        for label in labels:
            if (self.taxonomy.get(label).family == _SOFTENING) is not stance:
                where = "only stance labels may stand here" if stance else "a stance label may only soften an action"
                advice = "use 'with' or 'labels' of a rule" if stance else "use 'unless' or a [[lowering]] table"
                self.source.fail(f"{key}: {label!r}: {where}; {advice}", key, place)

    def _hiding(
        self, label: str, cut: Cut, row: Mapping[str, Any], capped: dict[str, list[str]]
    ) -> tuple[Cut | None, Cut | None]:
        """Where the label may hide comments, and where it goes as far as review; `capped` takes note of why."""
        entry = self.taxonomy.get(label)
        why = _CONTESTED if entry.contested else _UNTAUGHT if entry.support is not Support.TRAINED else ""
        sure, unsure = (None, cut) if why else self._halves(label, cut, row)
        if unsure:
            capped.setdefault(why or _UNSURE + _where(unsure), []).append(label)
        return sure, unsure

    def _halves(
        self, label: str, cut: Cut, row: Mapping[str, Any], *, apart: bool = False
    ) -> tuple[Cut | None, Cut | None]:
        """The cut where it was measured to be right often enough, and where not; None: nowhere. A language has one of them.

        A number counts as measured where a named threshold that was lies at or below it. `apart`: what was measured over all
        languages says nothing of one that was not looked at apart.
        """
        names = (row["threshold"],) if row["threshold"] in NAMED else NAMED
        entries = [self.thresholds.get(label, {}).get(name) or {} for name in names]
        langs = sorted({lang for entry in entries for lang in entry.get("by_language") or ()} | set(dict(cut.own)))
        right = {lang: any(self._is_sure(label, name, cut, lang) for name in names) for lang in (None, *langs)}
        if apart:
            right[None] = False
        if len(set(right.values())) == 1:
            return (cut, None) if right[None] else (None, cut)

        def half(wanted: bool) -> Cut:
            general = cut.general if right[None] is wanted else _NEVER
            own = [(lang, cut.at(lang) if right[lang] is wanted else _NEVER) for lang in langs]
            return Cut(general, tuple((lang, one) for lang, one in own if one != general))

        return half(True), half(False)

    def _is_sure(self, label: str, name: str, cut: Cut, lang: str | None) -> bool:
        named = cut_of(self.thresholds, label, name)
        reached = named is not None and single(named.at(lang)) <= cut.at(lang)
        precision, low = precision_of(self.thresholds, label, name, lang) or (0.0, 0.0)
        return reached and precision >= SURE and low >= LIKELY

    def _tell_capped(self, kind: str, name: str, capped: Mapping[str, Sequence[str]]) -> None:
        self.notes.extend(
            f"{kind} {name!r} goes no further than review for {', '.join(labels)}: {why}"
            for why, labels in capped.items()
        )

    def _resolved(self, labels: tuple[str, ...], row: Mapping[str, Any], key: str, place: Place) -> dict[str, Cut]:
        """Threshold a label; a label for which the model has none of that name takes `fallback`, or is left out."""
        value = row.get(key)
        fallback = row.get("fallback")
        if fallback is not None and not _usable(fallback):
            self.source.fail(f"fallback must be a number between 0 and 1, not {fallback!r}", "fallback", place)
        if value not in NAMED and not _usable(value):
            self.source.fail(
                f"{key} must be a number between 0 and 1 or one of {', '.join(NAMED)}, not {value!r}", key, place
            )
        found = {}
        for label in labels:
            cut = cut_of(self.thresholds, label, str(value)) if value in NAMED else None
            if cut is not None and _usable(cut.general):
                found[label] = Cut(
                    single(cut.general), tuple((lang, single(one)) for lang, one in cut.own if _usable(one))
                )
                continue
            number = self._moved(label, fallback if value in NAMED else value, row)
            if number is not None:
                found[label] = Cut(single(float(number)))
        return found

    def _moved(self, label: str, number: Any, row: Mapping[str, Any]) -> Any:
        """A number of the file, translated for the model that scores."""
        if not self.way or number is None:
            return number
        moved = translate(self.way, label, number)
        says = "kept as it stands, the label has no map" if moved is None else f"{moved:.4g} for {self.model}"
        self.notes.append(f"rule {row['name']!r}, {label}: {number:g}, written for {self.way[0].old}: {says}")
        return number if moved is None else min(moved, 1.0)


def _where(unsure: Cut) -> str:
    """The languages of which it is true that the cut is unsure, if not all."""
    if unsure.general == _NEVER:
        return f" in {', '.join(lang for lang, _ in unsure.own)}"
    sure = [lang for lang, threshold in unsure.own if threshold == _NEVER]
    return f", except in {', '.join(sure)}" if sure else ""


def _usable(number: object) -> bool:
    """True for a probability above 0: a threshold of 0 would fire on everything, and NaN on nothing."""
    return isinstance(number, int | float) and not isinstance(number, bool) and 0 < number <= 1
