"""Thresholds chosen on one half and measured on the other, over all languages and in those with enough rows."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from analyzer.evaluation import Held, base_language
from analyzer.operating import cut_of
from analyzer.schema import Example
from analyzer.scoring.calibration import Calibration
from analyzer.training import fitting

LABEL = "abuse.toxicity"


def half(seed: int, noise: dict[str, float], shift: dict[str, float], size: int = 400) -> Held:
    """Rows in several languages: logits are truth plus noise, moved by a shift of the language."""
    chooser = np.random.default_rng(seed)
    rows, scores = [], []
    for lang in noise:
        truth = chooser.random(size) < 0.3
        logits = 4.0 * truth - 2.0 + chooser.normal(0, noise[lang], size) + shift[lang]
        rows += [
            Example(id=f"{lang}{n}", source="made", split="dev", lang=lang, text="x", labels={LABEL: float(one)})
            for n, one in enumerate(truth)
        ]
        scores += logits.tolist()
    return Held(rows, np.array(scores, np.float32)[:, None], [LABEL])


def chosen(noise: dict[str, float], shift: dict[str, float], size: int = 400) -> dict[str, Any]:
    plain = Calibration(np.ones(1), np.zeros(1))
    halves = [half(seed, noise, shift, size) for seed in (1, 2)]
    return fitting.thresholds(*halves, plain, {LABEL: 0.1}, {LABEL: 2.0})


def test_a_language_whose_scores_lie_lower_gets_a_lower_threshold_and_loses_less() -> None:
    table = chosen({"en": 1.0, "tr": 1.0}, {"en": 0.0, "tr": -2.0})
    cut = cut_of(table, LABEL)
    assert cut is not None
    assert cut.at("tr") < cut.at("en")
    assert cut.at("fi") == cut.general
    column = half(2, {"en": 1.0, "tr": 1.0}, {"en": 0.0, "tr": -2.0}).column(LABEL)
    turkish = 1 / (1 + np.exp(-column.scores[400:][column.truth[400:] > 0.5]))
    without = (turkish >= cut.general).mean()
    rows = table[LABEL]["balanced"]["by_language"]
    assert rows["tr"]["recall"] > without + 0.2
    assert rows["en"]["recall"] - rows["tr"]["recall"] < 0.25


def test_with_few_rows_a_language_is_measured_at_the_general_threshold() -> None:
    table = chosen({"en": 1.0}, {"en": 0.0})
    few = chosen({"en": 1.0, "da": 1.0}, {"en": 0.0, "da": -2.0}, size=90)
    assert table[LABEL]["balanced"]["by_language"]["en"]["n"] == 400
    assert "threshold" not in few[LABEL]["balanced"]["by_language"]["da"]
    assert few[LABEL]["balanced"]["by_language"]["da"]["n"] == 90


@pytest.mark.parametrize(
    ("fitted", "measured", "has_its_own"),
    [
        pytest.param(0.6, 6.0, True, id="precise where it is chosen, not where it is measured"),
        pytest.param(6.0, 0.6, False, id="precise only where it is measured"),
    ],
)
def test_rows_that_measure_a_precise_threshold_of_a_language_have_no_say_in_it(
    fitted: float, measured: float, has_its_own: bool
) -> None:
    halves = [
        half(seed, {"en": 0.6, "de": noise}, {"en": 0.0, "de": -6.0}, 1500)
        for seed, noise in enumerate((fitted, measured))
    ]
    table = fitting.thresholds(*halves, Calibration(np.ones(1), np.zeros(1)), {LABEL: 0.1}, {LABEL: 2.0})
    row = table[LABEL]["precise"]["by_language"]["de"]
    assert ("threshold" in row) == has_its_own
    assert not has_its_own or row["precision"] < fitting.PRECISE_ENOUGH
    precise, balanced = (cut_of(table, LABEL, name) for name in ("precise", "balanced"))
    assert precise is not None
    assert balanced is not None
    for lang in ("en", "de"):
        assert precise.at(lang) >= balanced.at(lang)


def test_f1_is_read_at_the_threshold_of_each_language_and_regions_are_of_their_language() -> None:
    halves = [half(seed, {"en": 0.3, "tr": 0.3}, {"en": 0.0, "tr": -4.0}) for seed in (1, 2)]
    table = fitting.thresholds(*halves, Calibration(np.ones(1), np.zeros(1)), {LABEL: 0.1}, {LABEL: 2.0})
    regional = replace(halves[1], examples=[replace(e, lang=f"{e.lang}-XX") for e in halves[1].examples])
    for measure in (halves[1], regional):
        figures = fitting.evaluate(measure, Calibration(np.ones(1), np.zeros(1)), table, {LABEL: 0.1})
        assert figures[LABEL]["f1_balanced"]["value"] > 0.9


@pytest.mark.parametrize(
    ("tag", "language"),
    [("en-US", "en"), ("en_us", "en"), ("EN", "en"), ("ar-Latn", "ar-Latn"), ("zh-hant-TW", "zh-Hant"), ("und", "und")],
)
def test_a_language_is_named_without_its_region_but_with_its_script(tag: str, language: str) -> None:
    assert base_language(tag) == language


def test_a_language_never_gets_a_higher_balanced_threshold_than_the_others() -> None:
    cut = cut_of(chosen({"en": 1.0, "tr": 1.0}, {"en": 0.0, "tr": 2.0}), LABEL)
    assert cut is not None
    assert cut.at("tr") == cut.general
    assert cut.at("en") < cut.general


def test_languages_with_a_script_are_not_told_apart() -> None:
    halves = [half(seed, {"en": 1.0, "ar": 1.0}, {"en": 0.0, "ar": -2.0}) for seed in (1, 2)]
    latin = [replace(h, examples=[replace(e, lang=f"{e.lang}-Latn") for e in h.examples]) for h in halves]
    table = fitting.thresholds(*latin, Calibration(np.ones(1), np.zeros(1)), {LABEL: 0.1}, {LABEL: 2.0})
    assert "threshold" not in table[LABEL]["balanced"]["by_language"]["ar-Latn"]
