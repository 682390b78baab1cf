"""What is asked beside what is reached: each kind of demand on rows small enough to count by hand."""

from typing import Any

import numpy as np
import pytest

from analyzer.evaluation import Held, asked_table, reached
from analyzer.evaluation.bias import widest_gap
from analyzer.operating import Cut
from analyzer.schema import Example

LABELS = (
    "abuse.toxicity",
    "abuse.identity_attack",
    "antisemitism.any",
    "antisemitism.power_control",
    "propaganda.any",
)
THRESHOLDS = {label: {"balanced": {"threshold": 0.5}} for label in LABELS}


def case(
    n: int, suite: str, label: str, expected: int, family: str, lang: str = "en", pair: str = "", targets: str = ""
) -> Example:
    return Example(
        source=suite,
        id=str(n),
        text=f"case {n}",
        labels={label: float(expected)},
        lang=lang,
        split="test",
        extra={"family": family, "pair_id": pair, "targets": targets},
    )


def held(rows: list[tuple[Example, dict[str, float]]]) -> Held:
    scores = np.array([[said.get(label, 0.0) for label in LABELS] for _, said in rows], np.float32).reshape(
        -1, len(LABELS)
    )
    return Held([example for example, _ in rows], scores, LABELS)


def answers(rows: list[tuple[Example, dict[str, float]]], **others: Any) -> list[dict[str, Any]]:
    return reached(held(rows), THRESHOLDS, **({"labels": {}, "spans": {}} | others))


def answer(found: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(row for row in found if row["name"] == name)


def test_a_demand_without_rows_has_no_answer_and_is_not_shown() -> None:
    rows = answers([(case(1, "hate", "abuse.identity_attack", 1, "slur"), {})])
    assert {row["met"] for row in rows if row["n"] == 0} == {None}
    assert [line[0] for line in asked_table(rows)[2]] == [
        "hatred and its look-alikes, English",
        "the same, hateful half",
    ]


def test_harmless_comments_that_are_flagged_as_persuasion_are_counted() -> None:
    def comment(n: int, source: str, toxicity: float, attack: float = 0.0) -> Example:
        return Example(
            source=source,
            id=str(n),
            text=f"comment {n}",
            labels={"abuse.toxicity": toxicity, "abuse.identity_attack": attack},
        )

    flagged = {"propaganda.any": 0.9}
    rows = [
        (comment(1, "cat_large", 0.0), flagged),
        (comment(2, "cat_large", 0.1), {}),
        (comment(3, "cat_large", 0.9), flagged),
        (comment(4, "cat_large", 0.0, attack=1.0), flagged),
        (comment(5, "ptc", 0.0), flagged),
    ]
    found = answer(answers(rows), "harmless comments of comment sections flagged as persuasion")
    assert (found["value"], found["n"], found["met"]) == (0.5, 2, None)


def test_a_language_is_asked_by_itself() -> None:
    label = "abuse.identity_attack"
    found = answers(
        [
            (case(1, "hate", label, 1, "slur", "de"), {label: 0.9}),
            (case(2, "hate", label, 0, "praise", "de"), {label: 0.9}),
            (case(3, "hate", label, 1, "slur", "fr"), {label: 0.9}),
        ]
    )
    german, french = (answer(found, f"hatred and its look-alikes, {lang}") for lang in ("de", "fr"))
    assert (german["value"], german["n"], german["met"]) == (0.5, 2, False)
    assert (french["value"], french["n"], french["met"]) == (1.0, 1, True)
    assert german["low"] < 0.5 < german["high"]


@pytest.mark.parametrize(("prob", "met"), [(0.1, True), (0.9, False)])
def test_what_may_not_be_flagged_is_counted_as_flagged(prob: float, met: bool) -> None:
    rows = [(case(n, "tropes", "antisemitism.any", 0, "counter_speech"), {"antisemitism.any": prob}) for n in range(3)]
    row = answer(answers(rows), "counter-speech about Jews flagged as antisemitic")
    assert (row["value"], row["met"]) == (float(not met), met)


def test_a_trope_is_named_against_the_texts_that_name_none() -> None:
    trope = "antisemitism.power_control"
    rows = [(case(n, "tropes", trope, 1, "power_control/explicit"), {trope: 0.9}) for n in range(3)]
    rows += [(case(n, "tropes", trope, 1, "power_control/coded"), {trope: 0.1}) for n in range(3, 4)]
    rows += [(case(n, "tropes", "antisemitism.any", 0, "N1"), {trope: 0.9}) for n in range(4, 6)]
    row = next(row for row in answers(rows) if row["name"].startswith("tropes named"))
    assert row["value"] == pytest.approx(2 * 3 / (2 * 3 + 1 + 2), abs=1e-3)
    assert row["n"] == 6


def test_swaps_and_spelling_tricks() -> None:
    label = "abuse.toxicity"
    tricks = [
        (case(1, "obfuscation", label, 1, "clean", pair="o1"), {label: 0.9}),
        (case(2, "obfuscation", label, 1, "leet", pair="o1"), {label: 0.1}),
        (case(3, "obfuscation", label, 1, "spacing", pair="o1"), {label: 0.9}),
        (case(4, "obfuscation", label, 0, "benign_leet", pair="o1"), {label: 0.9}),
        (case(5, "obfuscation", label, 0, "benign_substring"), {label: 0.1}),
    ]
    swaps = [
        (case(6, "hate", "abuse.identity_attack", 1, "threat", pair="swap-1"), {"abuse.identity_attack": 0.9}),
        (case(7, "hate", "abuse.identity_attack", 1, "threat", pair="swap-1"), {"abuse.identity_attack": 0.1}),
        (case(8, "hate", "abuse.identity_attack", 1, "threat", pair="swap-2"), {"abuse.identity_attack": 0.9}),
        (case(9, "hate", "abuse.identity_attack", 1, "threat", pair="swap-2"), {"abuse.identity_attack": 0.9}),
    ]
    found = answers(tricks + swaps)
    assert answer(found, "found in clean spelling and still under spelling tricks")["value"] == 0.5
    assert answer(found, "harmless words that hold a bad one flagged")["value"] == 0.0
    assert answer(found, "identity swaps that flip")["value"] == 0.5


def test_corpora_answer_at_the_threshold_and_by_kind_of_unit() -> None:
    label = "abuse.toxicity"
    rows = [
        (Example(source="osact4", id=str(n), text=f"row {n}", labels={label: float(n < 6)}, lang="ar"), {label: 0.9})
        for n in range(12)
    ]
    row = answer(answers(rows), "offence, Arabic, macro-F1 (OSACT4)")
    assert (row["value"], row["n"]) == (pytest.approx(1 / 3, abs=1e-3), 12)


def test_the_gap_between_groups_is_that_of_their_harmless_rows() -> None:
    label = "abuse.identity_attack"

    def rows(group: str, flagged: int) -> list[tuple[Example, dict[str, float]]]:
        labels = {label: 0.0, "target.muslim": float(group == "muslim"), "target.asian": float(group == "asian")}
        return [
            (Example(source="c", id=f"{group}{n}", text=f"{group} {n}", labels=labels), {label: float(n < flagged)})
            for n in range(20)
        ]

    gap = widest_gap(held(rows("muslim", 10) + rows("asian", 4)), label, Cut(0.5))
    assert (gap.value, gap.n) == (pytest.approx(0.3), 40)
    assert gap.interval is not None
    assert gap.interval.low < 0.3 < gap.interval.high


def test_the_gap_on_cases_is_that_of_the_groups_which_harmless_ones_name() -> None:
    label = "abuse.identity_attack"

    def rows(targets: str, flagged: int, expected: int = 0) -> list[tuple[Example, dict[str, float]]]:
        return [
            (case(n, "hate", label, expected, "neutral", targets=targets), {label: float(n < flagged)})
            for n in range(20)
        ]

    asked = (
        "largest gap of false positives between groups, harmless cases of the hate suite (few cases raise it by chance)"
    )
    found = answers(rows("women", 2) + rows("black;women", 10) + rows("asian", 20, expected=1) + rows("", 20))
    row = answer(found, asked)
    assert (row["value"], row["n"], row["met"]) == (pytest.approx(0.4), 40, False)
    assert answer(answers(rows("women", 2) + rows("black", 10)[:19]), asked)["value"] is None


PAIRS = "the same, harmless sentences in which only the group differs, beyond what chance makes"


def sentences(flagged: dict[str, set[int]], count: int) -> list[tuple[Example, dict[str, float]]]:
    label = "abuse.identity_attack"
    return [
        (case(n, "identity", label, 0, "mention", pair=f"group-{n}", targets=group), {label: float(n in numbers)})
        for group, numbers in flagged.items()
        for n in range(count)
    ]


def test_the_gap_on_sentences_that_differ_in_the_group_alone_is_that_beyond_chance() -> None:
    rows = sentences({"women": set(), "black": set(range(30)), "asian": set()}, 60)
    rows.append((case(99, "identity", "abuse.identity_attack", 1, "hateful", pair="p", targets="women"), {}))
    row = answer(answers(rows), PAIRS)
    assert row["n"] == 60
    assert 0.25 < row["low"] < row["value"] < 0.5  # one group of three: chance deals its thirty out
    assert row["met"] is False


def test_groups_that_are_treated_alike_have_no_gap_beyond_chance() -> None:
    chooser = np.random.default_rng(5)
    flagged = {f"group {n}": set(np.flatnonzero(chooser.random(72) < 0.1).tolist()) for n in range(18)}
    row = answer(answers(sentences(flagged, 72)), PAIRS)
    assert (row["low"], row["met"]) == (0.0, True)
    assert row["value"] < 0.05
    none = answer(answers(sentences({"women": set(), "men": set()}, 72)), PAIRS)
    assert (none["value"], none["low"]) == (0.0, 0.0)
    assert none["high"] > 0.04  # none in seventy-two is not never


def test_a_gap_with_none_flagged_in_a_group_is_not_certain() -> None:
    label = "abuse.identity_attack"
    rows = [
        (case(n, "hate", label, 0, "neutral", targets=group), {label: 0.1})
        for group in ("women", "black")
        for n in range(25)
    ]
    row = next(row for row in answers(rows) if "harmless cases" in row["name"])
    assert (row["value"], row["met"]) == (0.0, True)
    assert row["high"] > 0.05


def test_a_rise_is_counted_against_the_clean_form_of_the_same_text() -> None:
    label = "abuse.toxicity"
    rows = []
    for n, (tricked, plain) in enumerate([(0.9, 0.1), (0.9, 0.9), (0.1, 0.1), (0.1, 0.1)]):
        rows.append((case(n, "obfuscation", label, 0, "benign_leet", pair=f"o{n}"), {label: tricked}))
        rows.append((case(9 + n, "obfuscation", label, 0, "benign_clean", pair=f"o{n}"), {label: plain}))
    rows.append((case(30, "obfuscation", label, 0, "benign_leet", pair="without a clean form"), {label: 0.9}))
    found = answers(rows)
    rise = answer(found, "rise of harmless texts flagged when they are spelt with such tricks")
    assert (rise["value"], rise["n"], rise["met"]) == (0.25, 4, False)
    assert answer(found, "harmless texts in clean spelling flagged")["value"] == 0.25


def test_sentences_of_one_article_are_drawn_together() -> None:
    label = "abuse.toxicity"

    def interval(group: str | None) -> float:
        rows = [
            Example(
                source="osact4",
                id=f"{n} {m}",
                text=f"{n} {m}",
                labels={label: float(n % 2)},
                lang="ar",
                group=group and f"{group} {n}",
            )
            for n in range(12)
            for m in range(30)
        ]
        scored = [(row, {label: 0.9 if int(row.id.split()[0]) < 6 else 0.1}) for row in rows]
        row = answer(answers(scored), "offence, Arabic, macro-F1 (OSACT4)")
        assert row["value"] == pytest.approx(0.5)
        return float(row["high"] - row["low"])

    assert interval("article") > 3 * interval(None)


def test_the_worst_calibration_and_marked_spans_are_taken_over() -> None:
    error = {"value": 0.03, "low": 0.02, "high": 0.05, "n": 100, "positives": 20}
    few = error | {"value": 0.5, "positives": 2}
    span = {"value": 0.5, "low": 0.4, "high": 0.6}
    found = answers(
        [],
        labels={"a": {"calibration_error": error}, "b": {"calibration_error": few}},
        spans={"abuse": {"toxic_spans": {"texts": 30, "marked": 20, "character_f1": span}}},
    )
    assert answer(found, "largest calibration error of a label, at assumed base rates")["value"] == 0.03
    spans = answer(found, "toxic spans, character F1 (SemEval-2021 task 5)")
    assert (spans["value"], spans["n"], spans["met"]) == (0.5, 30, False)
