from analyzer.reports.findings import LabelBook
from analyzer.schema import Key, Score
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
