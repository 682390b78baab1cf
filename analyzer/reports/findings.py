"""Which labels a comment is said to carry: probabilities held against the model's thresholds."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from analyzer.operating import Cut, Thresholds, cut_of
from analyzer.reports.records import Definition, Finding, ReportedComment, Standing
from analyzer.schema import Reason, Score, Span
from analyzer.taxonomy import Label, Support, Taxonomy

ATTACKS = ("abuse", "antisemitism")
TECHNIQUE = "propaganda"
_NOT_SHOWN = ("target", "stance")  # who is spoken of, where the writer stands: said beside the findings
CODED = "antisemitism.coded"
COUNTER_SPEECH = "stance.counter_speech"
_ANY_TROPE, _LEAST_SIGN = "antisemitism.any", 0.1  # as in the rule "antisemitism" of the policies
CONTESTED = "contested: a person should read this"
# Labels that say no more than their family; beside a narrower label of the family they are left out.
_UMBRELLAS = ("abuse.toxicity", "antisemitism.any", "propaganda.any", "propaganda.fallacy")
_NOTES = {Support.TRAINED: "", Support.SILVER: "experimental", Support.CUE_ONLY: "cue"}
_DEFAULT = 0.5
_DEFAULT_UNTRAINED = 0.8
_NEAR = 0.25  # of its threshold; a trope further below says nothing
_MOST_EXPERIMENTAL = 4  # labels of a family named in one comment


class LabelBook:
    """The taxonomy beside the thresholds of a model: `{label: {"balanced": {"threshold", "precision"}, "precise": …}}`.

    Trained labels are shown from their balanced threshold on, all others from their precise one; a label the model
    gives no threshold for is shown from 0.5 on if it is trained, else from 0.8 on.
    """

    def __init__(self, taxonomy: Taxonomy, thresholds: Thresholds) -> None:
        self.taxonomy = taxonomy
        self.labels = {label.id: label for label in taxonomy.labels}
        self._points = {label.id: _point(label, thresholds) for label in taxonomy.labels}

    def findings(self, score: Score, reasons: Iterable[Reason]) -> tuple[tuple[Finding, ...], int]:
        """Attack, own and technique labels of a comment, gravest first, and how many techniques lacked evidence.

        A label for which a rule fired is always shown. Any other technique is shown only with a span of its own or of
        its family: a way of arguing that nobody can point at helps nobody. Of the experimental labels of a family the
        likeliest are named: a model that has few examples of each tells them apart badly, and a list of all helps nobody
        either. The rules that fired, and every probability, stay with the comment in the run.
        """
        fired = {reason.label: reason.threshold for reason in reasons}
        found: list[Finding] = []
        without_evidence = 0
        for label_id, prob in score.probs.items():
            label = self.labels.get(label_id)
            if label is None or label.family in _NOT_SHOWN:
                continue
            if label_id not in fired and not self._stands(label, score):
                continue
            if label.family == TECHNIQUE and label_id not in fired and not _pointed_at(label_id, score.spans):
                without_evidence += label_id not in _UMBRELLAS
                continue
            found.append(self._finding(label, prob, score.lang, fired.get(label_id)))
        narrow = {finding.family for finding in found if finding.label not in _UMBRELLAS}
        kept = [f for f in found if f.label not in _UMBRELLAS or f.family not in narrow]
        kept.sort(key=lambda f: (f.family == TECHNIQUE, f.label == CODED or f.contested, -f.prob, f.label))
        return tuple(self._likeliest(kept)), without_evidence

    def nearest(self, score: Score, findings: Iterable[Finding]) -> Finding | None:
        """The trope nearest to its threshold, below it, where antisemitism was found but no trope."""
        family = _ANY_TROPE.partition(".")[0]
        found = {finding.label for finding in findings if finding.family == family}
        if not found or not found <= {_ANY_TROPE, CODED} or score.probs.get(_ANY_TROPE, 1.0) < _LEAST_SIGN:
            return None
        tropes = [
            self._finding(label, score.probs[label.id], score.lang, None)
            for label in self.labels.values()
            if label.family == family and label.id not in (_ANY_TROPE, CODED) and label.id in score.probs
        ]
        near = [trope for trope in tropes if _NEAR * trope.threshold <= trope.prob < trope.threshold]
        return max(near, key=lambda trope: trope.prob / trope.threshold, default=None)

    def _stands(self, label: Label, score: Score) -> bool:
        """At its threshold; a trope only beside some sign of antisemitism, of which it is one kind."""
        if label.family == _ANY_TROPE.partition(".")[0] and score.probs.get(_ANY_TROPE, 1.0) < _LEAST_SIGN:
            return False
        return score.probs[label.id] >= self._points[label.id].cut.at(score.lang)

    def _likeliest(self, found: Iterable[Finding]) -> Iterator[Finding]:
        """All findings of trained labels, and the first few experimental ones of each family, in the order given."""
        named: Counter[str] = Counter()
        for finding in found:
            experimental = self.labels[finding.label].support is not Support.TRAINED
            named[finding.family] += experimental
            if not experimental or named[finding.family] <= _MOST_EXPERIMENTAL:
                yield finding

    @property
    def shown_families(self) -> tuple[str, ...]:
        """Families that findings come from: attacks and techniques, then the user's own."""
        own = (family.id for family in self.taxonomy.families if family.id not in (*ATTACKS, TECHNIQUE, *_NOT_SHOWN))
        return (*ATTACKS, TECHNIQUE, *own)

    def problem(self, score: Score) -> float:
        """The likeliest uncontested abuse or trope: code words only point, contested labels are left to people."""
        return max(
            (
                prob
                for label_id, prob in score.probs.items()
                if (label := self.labels.get(label_id))
                and label.family in ATTACKS
                and not label.contested
                and label_id != CODED
            ),
            default=0.0,
        )

    def present(self, score: Score, family: str) -> tuple[tuple[Label, float], ...]:
        """Labels of a family (targets, stance) at or over their threshold, likeliest first."""
        met = [
            (label, score.probs[label.id])
            for label in self.labels.values()
            if label.family == family and score.probs.get(label.id, 0.0) >= self._points[label.id].cut.at(score.lang)
        ]
        return tuple(sorted(met, key=lambda pair: -pair[1]))

    def precision(self, label_id: str, lang: str) -> float | None:
        """How often the label is right where it is shown in that language; None if nobody measured it."""
        return self._points[label_id].precision_at(lang) if label_id in self._points else None

    def note(self, label_id: str) -> str:
        label = self.labels.get(label_id)
        return _note(label) if label else ""

    def name(self, label_id: str) -> str:
        """The label's or the family's name; the id itself if the taxonomy does not know it."""
        if label := self.labels.get(label_id):
            return label.name
        return next((family.name for family in self.taxonomy.families if family.id == label_id), label_id)

    def definitions(self, label_ids: Iterable[str]) -> tuple[Definition, ...]:
        wanted = set(label_ids)
        return tuple(_definition(label) for label in self.labels.values() if label.id in wanted)

    def _finding(self, label: Label, prob: float, lang: str, fired_at: float | None) -> Finding:
        point = self._points[label.id]
        threshold, precision = point.cut.at(lang), point.precision_at(lang)
        if fired_at is not None and fired_at < threshold:
            threshold, precision = fired_at, None  # the precision was measured at the other threshold
        return Finding(
            label=label.id,
            name=label.name,
            family=label.family,
            prob=prob,
            threshold=threshold,
            precision=precision,
            note=_note(label),
            contested=label.contested,
            covered=label.cover,
        )


def urgency(comment: ReportedComment) -> tuple[bool, bool, float, int]:
    """Sorts comments worst first: suggested rejections, then uncontested attacks by probability, then the rest."""
    sure = [f.prob for f in comment.findings if f.family in ATTACKS and not f.contested and f.label != CODED]
    unsure = [f.prob for f in comment.findings]
    return comment.standing is not Standing.REJECT, not sure, -max(sure or unsure, default=0.0), comment.number


def is_umbrella(label_id: str) -> bool:
    """True for the labels that mean a whole family."""
    return label_id.endswith(".any")


@dataclass(frozen=True, slots=True)
class _Point:
    """Where a label is shown from, and the precision measured there, in one language or over all."""

    cut: Cut
    entry: Mapping[str, Any]

    def precision_at(self, lang: str) -> float | None:
        """The precision measured in that language where there is one, else that over all languages."""
        own = (self.entry.get("by_language") or {}).get(lang, self.entry)
        precision: float | None = own.get("precision")
        return precision


def _point(label: Label, thresholds: Thresholds) -> _Point:
    trained = label.support is Support.TRAINED
    for name in ("balanced", "precise") if trained else ("precise", "balanced"):
        if cut := cut_of(thresholds, label.id, name):
            return _Point(cut, thresholds[label.id][name])
    return _Point(Cut(_DEFAULT if trained else _DEFAULT_UNTRAINED), {})


def _pointed_at(label_id: str, spans: Iterable[Span]) -> bool:
    return any(span.label in (label_id, label_id.split(".")[0]) for span in spans)


def _note(label: Label) -> str:
    return CONTESTED if label.contested else _NOTES[label.support]


def _definition(label: Label) -> Definition:
    return Definition(
        label=label.id,
        name=label.name,
        family=label.family,
        definition=label.definition,
        not_this=label.not_this,
        source=label.source,
        support=str(label.support),
        note=_note(label),
        readings=(label.coded_reading, label.literal_reading),
    )
