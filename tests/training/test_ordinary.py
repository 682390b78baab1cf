"""Ordinary comments as weak negatives, and the head that is fitted with them."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from analyzer.schema import Example
from analyzer.scoring.windows import Windower
from analyzer.training.ordinary import Ordinary, refit_head
from analyzer.training.predict import logits_of
from tests.tiny import LABELS, SENTENCES, tiny_network, tiny_tokenizer

WANTED = Ordinary(labels=["propaganda.*"], corpora=["forum"], most=50, weight=0.4, mass=1.0, power=0.5, strength=1.0)
ANY = LABELS.index("propaganda.any")


def row(number: int, source: str, text: str, **labels: float) -> Example:
    names = {name.replace("_", ".", 1): value for name, value in labels.items()}
    return Example(source=source, id=str(number), text=text, labels=names)


@pytest.mark.parametrize(
    ("source", "labels", "is_ordinary"),
    [
        ("forum", {"abuse_toxicity": 0.1}, True),
        ("forum", {"abuse_toxicity": 0.0, "abuse_identity_attack": 1.0}, False),
        ("forum", {"abuse_toxicity": 0.8}, False),
        ("forum", {"abuse_insult": 0.0}, False),
        ("news", {"abuse_toxicity": 0.0}, False),
    ],
    ids=["harmless", "an attack on a group", "toxic", "not judged for toxicity", "another corpus"],
)
def test_only_harmless_comments_of_the_named_corpora_are_ordinary(
    source: str, labels: dict[str, float], is_ordinary: bool
) -> None:
    marked = WANTED.marked(row(1, source, "x", **labels), LABELS)
    assert ("propaganda.any" in marked.labels) == is_ordinary
    assert ("propaganda.doubt" in marked.weights) == is_ordinary


def test_a_judgement_is_never_replaced_by_what_is_only_likely() -> None:
    judged = row(1, "forum", "x", abuse_toxicity=0.0, propaganda_doubt=1.0)
    marked = WANTED.marked(judged, LABELS)
    assert (marked.labels["propaganda.doubt"], marked.weights.get("propaganda.doubt", 1.0)) == (1.0, 1.0)
    assert (marked.labels["propaganda.any"], marked.weights["propaganda.any"]) == (0.0, 0.4)
    assert "propaganda.any" not in judged.labels


def test_the_head_learns_to_leave_ordinary_comments_alone_and_no_other_label_moves() -> None:
    network, windower = tiny_network(), Windower(tiny_tokenizer())
    claims = [row(n, "news", f"{SENTENCES[5]} {n}", propaganda_any=1.0) for n in range(30)]
    plain = [row(n, "news", f"{SENTENCES[0]} {n}", propaganda_any=0.0) for n in range(30)]
    chatter = [row(n, "forum", f"{SENTENCES[1]} {n}", abuse_toxicity=0.0) for n in range(60)]
    with torch.no_grad():  # a head that takes everything but news for persuasion
        network.comment_head.bias[ANY] += 5.0
    before = logits_of(network, windower, [*claims, *plain, *chatter])
    refit_head(network, windower, [*claims, *plain, *chatter], LABELS, WANTED)
    after = logits_of(network, windower, [*claims, *plain, *chatter])
    assert after[60:, ANY].mean() < 0 < after[:30, ANY].mean()
    assert before[60:, ANY].mean() > 0
    others = [column for column in range(len(LABELS)) if column != ANY]
    np.testing.assert_array_equal(after[:, others], before[:, others])


@pytest.mark.parametrize("corpora", [["none"], ["forum"]], ids=["no ordinary comments", "nothing was judged"])
def test_without_rows_to_learn_from_the_head_stays(corpora: list[str]) -> None:
    network, windower = tiny_network(), Windower(tiny_tokenizer())
    rows = [row(n, "forum", SENTENCES[1], abuse_toxicity=0.0) for n in range(3)]
    kept = network.comment_head.weight.detach().clone()
    refit_head(network, windower, rows, LABELS, replace(WANTED, corpora=corpora))
    assert torch.equal(network.comment_head.weight, kept)
