import pytest

from analyzer.reports import build_index, build_report
from analyzer.reports.findings import LabelBook
from analyzer.schema import Action, Comment, Decision, Key, Reason, Score, Thread
from analyzer.taxonomy import load_taxonomy


def test_of_many_experimental_tropes_the_likeliest_few_are_named_and_trained_labels_always() -> None:
    taxonomy = load_taxonomy()
    tropes = [label.id for label in taxonomy.family("antisemitism") if label.code]
    probs = {trope: 0.9 + number / 1000 for number, trope in enumerate(tropes)} | {
        "abuse.insult": 0.6,
        "abuse.threat": 0.7,
    }
    thresholds = {label: {"balanced": {"threshold": 0.5}, "precise": {"threshold": 0.5}} for label in probs}
    score = Score(key=Key("s", "t", "1"), model="m", probs=probs, windows=1)
    found, _ = LabelBook(taxonomy, thresholds).findings(score, ())
    named = [finding.label for finding in found]
    assert {"abuse.insult", "abuse.threat"} <= set(named)
    contested = {label for label in tropes if taxonomy.get(label).contested}
    likeliest = sorted((trope for trope in tropes if trope not in contested), key=lambda trope: -probs[trope])[:4]
    assert [label for label in named if label in tropes] == likeliest


MEASURED = {
    "abuse.insult": {
        "balanced": {
            "threshold": 0.5,
            "precision": 0.8,
            "by_language": {"es": {"precision": 0.3}, "de": {"threshold": 0.4}},
        }
    }
}


def insults(*rows: tuple[float, str, float | None]):
    """A report of comments with that probability, language and threshold of the rule that fired, if one did."""
    comments = [Comment(source="s", thread_id="t", id=str(number), text="words") for number in range(len(rows))]
    scores, decisions = [], []
    for comment, (prob, lang, fired) in zip(comments, rows, strict=True):
        scores.append(Score(key=comment.key, model="m", probs={"abuse.insult": prob}, lang=lang))
        reason = Reason(rule="r", label="abuse.insult", prob=prob, threshold=fired or 0, action=Action.REVIEW)
        decisions.append(
            Decision(key=comment.key, action=Action.REVIEW, reasons=(reason,) if fired else (), policy="p")
        )
    return build_report(Thread(source="s", id="t", comments=tuple(comments)), scores, decisions, thresholds=MEASURED)


@pytest.mark.parametrize(
    ("lang", "precision"),
    [
        pytest.param("fr", 0.8, id="not measured apart"),
        pytest.param("es", 0.3, id="measured at the general threshold"),
        pytest.param("de", None, id="a threshold of its own that nobody measured"),
    ],
)
def test_the_precision_is_that_of_the_language_where_it_was_measured(lang: str, precision: float | None) -> None:
    (finding,) = insults((0.9, lang, None)).comments[0].findings
    assert finding.precision == precision


@pytest.mark.parametrize(
    ("rows", "precision"),
    [
        pytest.param([(0.9, "fr", None)], 0.8, id="one figure"),
        pytest.param([(0.9, "fr", None), (0.9, "es", None)], 0.3, id="the lowest of two languages"),
        pytest.param([(0.9, "fr", None), (0.2, "fr", 0.1)], None, id="one shown by a rule below its threshold"),
    ],
)
def test_a_row_claims_no_precision_that_a_comment_of_it_lacks(rows, precision: float | None) -> None:
    report = insults(*rows)
    assert next(row.precision for row in report.by_label if row.label == "abuse.insult") == precision


def test_the_index_claims_the_lowest_precision_of_its_threads() -> None:
    def answers(*langs: str):
        comments = [Comment(source="s", thread_id="t", id=str(number), text="words") for number in range(len(langs))]
        scores = [
            Score(key=c.key, model="m", probs={"stance.counter_speech": 0.9}, lang=lang)
            for c, lang in zip(comments, langs, strict=True)
        ]
        thresholds = {"stance.counter_speech": MEASURED["abuse.insult"]}
        return build_report(Thread(source="s", id="t", comments=tuple(comments)), scores, [], thresholds=thresholds)

    index = build_index([answers("fr"), answers(), answers("es")])
    assert next(row.precision for row in index.by_family if row.label == "stance.counter_speech") == 0.3
