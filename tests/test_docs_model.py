"""docs/model.md keeps step with the code, and types no measured figure by hand."""

import re
from pathlib import Path

from analyzer.evaluation.thresholds import PRECISE
from analyzer.schema import Checked
from analyzer.scoring.windows import CONTEXT, OVERLAP, WINDOW
from analyzer.taxonomy import load_taxonomy

PAGE = (Path(__file__).parent.parent / "docs" / "model.md").read_text("utf-8")
FLAT = re.sub(r"\s+", " ", PAGE)


def test_windows_are_those_of_the_code() -> None:
    assert f"last {CONTEXT} tokens" in FLAT
    assert f"more than {WINDOW} tokens" in FLAT
    assert f"share {OVERLAP} tokens" in FLAT


def test_every_reason_for_no_probabilities_is_named() -> None:
    sentence = FLAT.partition("`checked` says why: ")[2].partition("**Not checked")[0]
    assert set(re.findall(r"`(\w+)`", sentence)) == set(Checked) - {"ok"}


def test_every_family_is_named() -> None:
    assert set(re.findall(r"^\| `(\w+)\.\*`", PAGE, re.MULTILINE)) == {family.id for family in load_taxonomy().families}


def test_thresholds_are_those_that_are_chosen() -> None:
    assert f"precision of at least {PRECISE}" in FLAT
    assert {"balanced", "precise"} <= set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE))


def test_measured_figures_are_left_to_the_card() -> None:
    assert "models/default/card.md" in PAGE
    assert not re.search(r"(?i)(?:auc|f1|recall|ece)\W{0,4}(?:of |= ?)?0?\.\d", PAGE)
    assert not re.search(r"\d\.\d{3}", PAGE)
