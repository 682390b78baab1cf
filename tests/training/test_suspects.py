"""Wrong labels are found: in made-up features, and in rows of the project read by the embedded model."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from analyzer.readers import read_labels
from analyzer.registry import open_model
from analyzer.schema import Example
from analyzer.scoring import load_scorer
from analyzer.scoring.transformer import LAYERS, TransformerScorer
from analyzer.training.suspects import TextReader, find_likely_wrong, suspicion
from tests.tiny import LABELS, tiny_model

ROOT = Path(__file__).parents[2]
FLIPPED = 0.3


class LengthReader:
    """Knows a text by its number alone: texts from 50 on lie on one side of a plane, with a little noise."""

    def representations(self, texts: Sequence[tuple[str, str | None]]) -> NDArray[np.float32]:
        numbers = np.array([int(text) for text, _ in texts])
        noise = np.random.default_rng(0).normal(0, 0.3, (len(numbers), 4))
        return (noise + np.where(numbers >= 50, 1, -1)[:, None]).astype(np.float32)


def rows(wrong: set[int], count: int = 100) -> list[Example]:
    return [
        Example(
            source="a",
            id=str(number),
            text=str(number),
            labels={"abuse.insult": float((number >= 50) != (number in wrong)), "abuse.threat": 0.0},
            extra={"where": f"a.csv:{number}"},
        )
        for number in range(count)
    ]


def test_the_wrong_ones_are_named_with_what_one_would_expect() -> None:
    found = find_likely_wrong(rows({3, 17, 88}), LengthReader())
    assert {(suspect.id, suspect.expected) for suspect in found.suspects} == {("3", 0), ("17", 0), ("88", 1)}
    assert all(suspect.label == "abuse.insult" and suspect.where == f"a.csv:{suspect.id}" for suspect in found.suspects)
    margins = [suspect.margin for suspect in found.suspects]
    assert margins == sorted(margins, reverse=True)
    assert margins[-1] > 0


def test_a_label_with_too_few_of_one_answer_is_left_out_and_named() -> None:
    assert find_likely_wrong(rows(set()), LengthReader()).skipped == ("abuse.threat",)


def test_nothing_is_suspected_where_every_label_fits() -> None:
    assert find_likely_wrong(rows(set()), LengthReader()).suspects == ()


def test_derived_labels_are_not_judged() -> None:
    weak = [
        Example(source=r.source, id=r.id, text=r.text, labels=r.labels, weights=dict.fromkeys(r.labels, 0.3))
        for r in rows({3})
    ]
    assert find_likely_wrong(weak, LengthReader()).suspects == ()


def test_equal_texts_do_not_vouch_for_one_another() -> None:
    rng = np.random.default_rng(1)
    features = np.repeat(rng.normal(size=(60, 20)), 2, axis=0)
    given, groups = np.repeat(rng.integers(0, 2, 60), 2), np.repeat(np.arange(60), 2)
    probs, _ = suspicion(features, given, groups)
    assert abs(float(((probs >= 0.5) == given).mean()) - 0.5) < 0.2


def test_representations_of_the_model_do_not_depend_on_the_batch(tmp_path: Path) -> None:
    scorer = TransformerScorer(open_model(tiny_model(tmp_path / "model")))
    texts = [("You are a fool", None), ("", None), ("Thank you " * 200, "The council moved"), ("Das ist Unsinn", None)]
    together = scorer.representations(texts)
    assert together.shape == (4, len(LAYERS) * 64 + len(LABELS))
    assert isinstance(scorer, TextReader)
    alone = np.concatenate([scorer.representations([text]) for text in texts])
    np.testing.assert_allclose(together, alone, atol=1e-4)
    read = [number for number, (text, _) in enumerate(texts) if text]
    np.testing.assert_allclose(together[read, -len(LABELS) :], scorer.logits(texts)[read], atol=1e-4)
    assert not together[1].any()


def test_of_flipped_labels_most_are_found_and_most_that_are_named_are_flipped() -> None:
    """The target: of 600 shipped rows with 30 % of the labels flipped, 60 % found at a precision of 60 %."""
    rng = np.random.default_rng(0)
    label = "propaganda.any"
    judged = [row for row in read_labels(ROOT / "data/labels/techniques.en.jsonl") if label in row.labels]
    chosen = [judged[place] for place in rng.choice(len(judged), 600, replace=False)]
    flipped = rng.random(len(chosen)) < FLIPPED
    noisy = [
        Example(
            source=row.source,
            id=row.id,
            text=row.text,
            labels={label: abs(row.labels[label] - flip)},
            parent=row.parent,
        )
        for row, flip in zip(chosen, flipped, strict=True)
    ]
    scorer = load_scorer()
    assert isinstance(scorer, TransformerScorer)
    named = {suspect.id for suspect in find_likely_wrong(noisy, scorer).suspects}
    wrong = {row.id for row, flip in zip(chosen, flipped, strict=True) if flip}
    assert len(named & wrong) >= 0.6 * len(wrong)
    assert len(named & wrong) >= 0.6 * len(named)


@pytest.mark.parametrize("count", [1, 5, 19])
def test_few_rows_are_no_error(count: int) -> None:
    assert find_likely_wrong(rows(set(), count), LengthReader()).suspects == ()
