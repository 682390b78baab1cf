"""A scorer without a model: words stand for labels, so that tests know every probability beforehand."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from analyzer.schema import Checked, Comment, Score, Span, Thread

WORDS = {
    "threaten": ("abuse.threat", 0.97),
    "idiot": ("abuse.insult", 0.91),
    "nonsense": ("abuse.toxicity", 0.55),
    "cabal": ("antisemitism.power_control", 0.8),
    "whatabout": ("propaganda.whataboutism", 0.96),
    "quoting": ("stance.reports_or_quotes", 0.95),
    "answering": ("stance.counter_speech", 0.95),
}
FLOOR = 0.02
LABELS = tuple(label for label, _ in WORDS.values())
THRESHOLDS = {
    label: {
        "balanced": {"threshold": 0.5, "precision": 0.7, "recall": 0.7, "n": 200},
        "precise": {
            "threshold": 0.9,
            "precision": 0.9,
            "recall": 0.4,
            "n": 200,
            "by_language": {"en": {"precision": 0.9}},
        },
    }
    for label in LABELS
}


@dataclass(frozen=True)
class WordScorer:
    """Gives a label the probability of its word if the comment, or its parent at half weight, holds the word.

    A comment holding `fail_on` makes it raise, as a broken scorer would; `version` can be set to play another model.
    """

    version: str = "words@1"
    fail_on: str = ""
    labels: tuple[str, ...] = LABELS
    thresholds = THRESHOLDS

    def score(self, threads: Iterable[Thread]) -> Iterator[Score]:
        for thread in threads:
            for comment, ancestors in thread.with_context(1):
                yield self._score(comment, ancestors[-1].text if ancestors else "")

    def _score(self, comment: Comment, parent: str) -> Score:
        if self.fail_on and self.fail_on in comment.text:
            raise RuntimeError("the scorer broke")
        checked = _checked(comment)
        if checked is not Checked.OK:
            return Score(key=comment.key, model=self.version, checked=checked, lang=comment.lang or "und")
        probs = {label: _prob(word, prob, comment.text, parent) for word, (label, prob) in WORDS.items()}
        spans = tuple(
            Span(start=comment.text.index(word), end=comment.text.index(word) + len(word), label=label, prob=prob)
            for word, (label, prob) in WORDS.items()
            if word in comment.text
        )
        lang = comment.lang or "en"
        return Score(key=comment.key, model=self.version, probs=probs, spans=spans, windows=1, lang=lang)


def _checked(comment: Comment) -> Checked:
    if not comment.scorable:
        return comment.put_away or Checked.EMPTY
    if not any(character.isalpha() for character in comment.text):
        return Checked.LETTERLESS
    return Checked.LANGUAGE if comment.lang == "xx" else Checked.OK


def _prob(word: str, prob: float, text: str, parent: str) -> float:
    return prob if word in text else max(FLOOR, prob / 2 if word in parent else 0.0)
