"""A run on a person's desk: what is to be judged, in three queues, each comment as its report shows it, and what was decided."""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from analyzer.errors import InputError
from analyzer.pipeline import taxonomy_of, thresholds_of
from analyzer.reports import Report, ReportedComment, build_report
from analyzer.review import Ledger
from analyzer.runs import Run, open_run
from analyzer.schema import Action, Checked, Decision, Key, Review
from analyzer.suggestion import RANDOM, UNCERTAINTY, Suggestion, SuggestSettings, suggest_comments
from analyzer.taxonomy import Label, Taxonomy

POLICY = "policy"
QUEUES = (POLICY, UNCERTAINTY, RANDOM)
LEDGER = "reviews.jsonl"
_MOST = 5000
_DRAWN = 200  # of the queues that are drawn
_ABOVE, _BELOW = 3, 6
_FOR_A_PERSON = (Action.REVIEW, Action.REJECT)
_ATTACKS = ("abuse", "antisemitism")
_PACKAGE = ("abuse", "antisemitism", "propaganda", "stance", "target")
# What is asked of a comment that was drawn by chance, where nothing may be suggested.
_ASKED = (
    "abuse.toxicity",
    "abuse.insult",
    "abuse.threat",
    "abuse.identity_attack",
    "antisemitism.any",
    "propaganda.any",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A comment in a queue, and the label that brought it there with its probability; None where it was drawn by chance."""

    queue: str
    key: Key
    label: str | None = None
    prob: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A comment to judge: its place in the thread, and the labels that are asked for. `blind`: nothing of the model is shown."""

    entry: Entry
    report: Report
    comment: ReportedComment
    above: Sequence[ReportedComment]
    below: Sequence[ReportedComment]
    labels: Sequence[Label]
    blind: bool
    review: Review | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a person says of a comment: an action, labels 0 or 1 (absent: not judged), a note."""

    action: Action
    labels: Mapping[str, float]
    note: str = ""


class Desk:
    """The queues of a run and what was decided on it. `reviewer` is written into every Review."""

    def __init__(self, run: Run | str | Path, reviewer: str) -> None:
        self.run = run if isinstance(run, Run) else open_run(run)
        self.reviewer = reviewer
        self.ledger = Ledger(self.run.path / LEDGER)
        self.taxonomy: Taxonomy = taxonomy_of(self.run, self.run.model)
        self._model = self.run.model
        self._labels = tuple(self.run.manifest()["models"][self._model]["labels"])
        self._thresholds = thresholds_of(self.run, self._model)
        self.queues: Mapping[str, Sequence[Entry]] = {POLICY: list(self._by_policy()), **self._drawn()}
        self._report = lru_cache(maxsize=16)(self._read_report)

    def _by_policy(self) -> Iterator[Entry]:
        """The comments the policy asks a person for, the surest first; then those that were not checked."""
        flagged = (self._weighed(decision) for decision in self.run.decisions() if decision.action in _FOR_A_PERSON)
        yield from (entry for _, entry in heapq.nsmallest(_MOST, flagged, key=lambda weighed: weighed[0]))
        unchecked = (score.key for score in self.run.scores() if score.checked in (Checked.LANGUAGE, Checked.FAILED))
        yield from (Entry(POLICY, key) for key, _ in zip(unchecked, range(_MOST), strict=False))

    def _weighed(self, decision: Decision) -> tuple[tuple[Any, ...], Entry]:
        """An entry with its rank: suggested rejections, then uncontested attacks by probability, then the rest (as in reports)."""
        reasons = [reason for reason in decision.reasons if reason.action in _FOR_A_PERSON]
        sure = [reason for reason in reasons if self._is_attack(reason.label)]
        first = max(sure or reasons, key=lambda reason: reason.prob)
        rank = (decision.action is not Action.REJECT, not sure, -first.prob, decision.key)
        return rank, Entry(POLICY, decision.key, first.label, first.prob)

    def _is_attack(self, label: str) -> bool:
        family, _, name = label.partition(".")
        return family in _ATTACKS and name != "coded" and label not in self.taxonomy.contested

    def _drawn(self) -> dict[str, list[Entry]]:
        """Comments the model is in doubt about, and comments drawn by chance; the same ones each time."""
        found: dict[str, list[Entry]] = {UNCERTAINTY: [], RANDOM: []}
        half = min(2 * _DRAWN, sum(map(self.run.rows, self.run.shards)) // 2)
        suggested: Sequence[Suggestion] = ()
        with suppress(InputError):  # a run in which nothing was checked
            suggested = suggest_comments(self.run, SuggestSettings(n=half or 1, random=0.5))
        for one in suggested:
            prob = one.probs[one.label] if one.label else 0.0
            found[one.sampled_by].append(Entry(one.sampled_by, one.key, one.label, prob))
        return found

    def case(self, entry: Entry) -> Case:
        """The comment of an entry with what a person needs to judge it."""
        report = self._report(entry.key.source, entry.key.thread_id)
        comment = next(comment for comment in report.comments if comment.id == entry.key.id)
        blind = entry.queue == RANDOM
        above: list[ReportedComment] = []
        while len(above) < _ABOVE and (parent := (above or [comment])[-1].parent):
            above.append(report.comments[parent - 1])
        below = [other for other in report.comments if other.parent == comment.number][:_BELOW]
        return Case(
            entry=entry,
            report=report,
            comment=comment,
            above=above[::-1],
            below=below,
            labels=self._asked(entry, comment),
            blind=blind,
            review=self.decided(entry.queue).get(entry.key),
        )

    def _asked(self, entry: Entry, comment: ReportedComment) -> list[Label]:
        names = [*_ASKED] if entry.queue == RANDOM else [finding.label for finding in comment.findings]
        names += [entry.label] if entry.label else []
        names += [label for label in self._labels if label.partition(".")[0] not in _PACKAGE]
        return [
            self.taxonomy.get(name) for name in dict.fromkeys(names) if name in self.taxonomy and name in self._labels
        ]

    def others(self, case: Case) -> list[Label]:
        """The labels that are not asked for and may be added."""
        asked = {label.id for label in case.labels}
        return [self.taxonomy.get(name) for name in self._labels if name in self.taxonomy and name not in asked]

    def judge(self, entry: Entry, verdict: Verdict) -> None:
        """Write down what the reviewer decided."""
        known = {label: value for label, value in verdict.labels.items() if label in self._labels}
        self.ledger.add(
            Review(
                key=entry.key,
                labels=known,
                action=verdict.action,
                reviewer=self.reviewer,
                at=datetime.now(UTC),
                model=self._model,
                sampled_by=entry.queue,
                note=verdict.note,
            )
        )

    def decided(self, queue: str) -> dict[Key, Review]:
        """The last word on each comment; what was judged in sight of the model does not count for the random queue."""
        blind = queue == RANDOM
        return {review.key: review for review in self.ledger if (review.sampled_by == RANDOM) == blind}

    def next_open(self, queue: str, after: int = -1) -> int | None:
        """The place of the next comment of a queue that nobody has judged, from the one behind `after` on, round to it again."""
        decided = self.decided(queue)
        entries = self.queues[queue]
        places = [(after + 1 + step) % len(entries) for step in range(len(entries))]
        return next((place for place in places if entries[place].key not in decided), None)

    def _read_report(self, source: str, thread_id: str) -> Report:
        thread, scores, decisions = self.run.thread(source, thread_id)
        return build_report(thread, scores, decisions, taxonomy=self.taxonomy, thresholds=self._thresholds)
