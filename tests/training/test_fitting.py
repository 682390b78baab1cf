"""Thresholds chosen on one half and measured on the other, over all languages and in those with enough rows."""

from dataclasses import replace
from typing import Any

import numpy as np

from analyzer.evaluation import Held
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
    rows = table[LABEL]["balanced"]["by_language"]
    assert abs(rows["tr"]["recall"] - rows["en"]["recall"]) < 0.1


def test_with_few_rows_a_language_is_measured_at_the_general_threshold() -> None:
    table = chosen({"en": 1.0}, {"en": 0.0})
    few = chosen({"en": 1.0, "da": 1.0}, {"en": 0.0, "da": -2.0}, size=90)
    assert table[LABEL]["balanced"]["by_language"]["en"]["n"] == 400
    assert "threshold" not in few[LABEL]["balanced"]["by_language"]["da"]
    assert few[LABEL]["balanced"]["by_language"]["da"]["n"] == 90


def test_a_precise_threshold_of_a_language_was_found_to_be_precise_and_lies_above_balanced() -> None:
    table = chosen({"en": 0.6, "de": 3.5}, {"en": 0.0, "de": 0.0}, size=1500)
    row = table[LABEL]["precise"]["by_language"]["de"]
    precise, balanced = (cut_of(table, LABEL, name) for name in ("precise", "balanced"))
    assert precise is not None
    assert balanced is not None
    assert "threshold" not in row or row["precision"] >= fitting.PRECISE_ENOUGH
    for lang in ("en", "de"):
        assert precise.at(lang) >= balanced.at(lang)


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
