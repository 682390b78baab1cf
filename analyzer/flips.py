"""Changes: what differs between the decisions of two policies over one run, counted by action, label, language and group."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from analyzer.operating import Cut
from analyzer.schema import Action, Key, Reason

ActionPair = tuple[str, str]
"""The action before and after."""

MANY_THREADS = 20
_READ_BY_A_PERSON = (str(Action.REVIEW), str(Action.REJECT))


@dataclass(slots=True)
class Group:
    """Comments of a group, and how many of them are treated more harshly or more softly."""

    comments: int = 0
    harsher: int = 0
    softer: int = 0

    @property
    def changed(self) -> int:
        return self.harsher + self.softer

    def add(self, comments: int, harsher: int, softer: int) -> None:
        self.comments += comments
        self.harsher += harsher
        self.softer += softer

    def to_json(self) -> dict[str, int]:
        return {"comments": self.comments, "harsher": self.harsher, "softer": self.softer}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A comment whose action changes, with the reasons on both sides. Its text is as it was posted: hostile."""

    key: Key
    before: str
    after: str
    text: str
    reasons_before: tuple[Reason, ...]
    reasons_after: tuple[Reason, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "key": list(self.key),
            "before": self.before,
            "after": self.after,
            "text": self.text,
            "reasons_before": [reason.to_json() for reason in self.reasons_before],
            "reasons_after": [reason.to_json() for reason in self.reasons_after],
        }


@dataclass(slots=True, kw_only=True)
class Changes:
    """Counts over all comments of a run (`actions`, `languages`, `targets`) and over those whose action changes.

    `ceased` and `begun` count (rule, label) that stand among the reasons on one side only. `labels`: comments that
    change and have the label among their reasons on either side. `targets`: comments that speak of a group, by the
    `thresholds` of the target labels; one comment may count under several. `threads`: the threads with the most changes.
    """

    before: str
    after: str
    seconds: float
    seconds_from: str
    thresholds: Mapping[str, Cut]
    actions: Counter[ActionPair] = field(default_factory=Counter)
    ceased: Counter[tuple[str, str]] = field(default_factory=Counter)
    begun: Counter[tuple[str, str]] = field(default_factory=Counter)
    labels: dict[str, Group] = field(default_factory=dict)
    languages: dict[str, Group] = field(default_factory=dict)
    targets: dict[str, Group] = field(default_factory=dict)
    threads: dict[tuple[str, str], Group] = field(default_factory=dict)
    threads_changed: int = 0
    samples: list[Sample] = field(default_factory=list)

    @property
    def comments(self) -> int:
        return self.actions.total()

    @property
    def changed(self) -> int:
        return sum(count for (before, after), count in self.actions.items() if before != after)

    @property
    def queue(self) -> tuple[int, int]:
        """Comments a person reads, before and after: those to review, and those hidden first and looked at then."""
        before, after = (
            sum(count for pair, count in self.actions.items() if pair[side] in _READ_BY_A_PERSON) for side in (0, 1)
        )
        return before, after

    @property
    def minutes(self) -> tuple[float, float]:
        """Minutes of reading, before and after."""
        before, after = (round(count * self.seconds / 60, 1) for count in self.queue)
        return before, after

    def keep_threads(self) -> None:
        """Forget all but the threads with the most changes."""
        most = sorted(self.threads.items(), key=lambda pair: (-pair[1].changed, pair[0]))
        self.threads = dict(most[:MANY_THREADS])

    def to_json(self) -> dict[str, Any]:
        actions = self.actions.most_common()
        return {
            "before": self.before,
            "after": self.after,
            "comments": self.comments,
            "changed": self.changed,
            "actions": [{"before": b, "after": a, "count": n} for (b, a), n in actions],
            "queue": {
                "comments": list(self.queue),
                "minutes": list(self.minutes),
                "seconds_a_comment": self.seconds,
                "seconds_from": self.seconds_from,
            },
            "ceased": _rules(self.ceased),
            "begun": _rules(self.begun),
            "labels": {label: group.to_json() for label, group in by_change(self.labels)},
            "languages": {lang: group.to_json() for lang, group in by_change(self.languages)},
            "targets": {
                label: _cut(self.thresholds[label]) | group.to_json() for label, group in by_change(self.targets)
            },
            "threads": [
                {"source": source, "thread_id": thread} | group.to_json()
                for (source, thread), group in self.threads.items()
            ],
            "threads_changed": self.threads_changed,
            "samples": [sample.to_json() for sample in self.samples],
        }


def _cut(cut: Cut) -> dict[str, Any]:
    return {"threshold": cut.general} | ({"by_language": dict(cut.own)} if cut.own else {})


def by_change(groups: Mapping[str, Group]) -> list[tuple[str, Group]]:
    """The groups with the most changes first."""
    return sorted(groups.items(), key=lambda pair: (-pair[1].changed, pair[0]))


def _rules(counts: Counter[tuple[str, str]]) -> list[dict[str, Any]]:
    return [{"rule": rule, "label": label, "count": count} for (rule, label), count in counts.most_common()]
