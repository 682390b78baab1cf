"""Letter n-grams beside the encoder: what they add, how they are fitted, weighed against the encoder and stored."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from analyzer.evaluation import Held
from analyzer.registry import open_model
from analyzer.schema import Example
from analyzer.scoring.network import pad_windows
from analyzer.scoring.ngrams import hashed
from analyzer.scoring.transformer import load_network
from analyzer.scoring.windows import Windower
from analyzer.training.ngrams import Wanted, added_to, choose_shares, fit_ngrams
from tests.tiny import LABELS, SENTENCES, examples, tiny_model, tiny_network, tiny_ngrams, tiny_tokenizer

INSULT = LABELS.index("abuse.insult")
WANTED = Wanted(keep={"abuse.insult": 60}, shortest=3, longest=5)


@pytest.fixture(scope="module")
def windower() -> Windower:
    return Windower(tiny_tokenizer())


def _row(number: int, text: str, insult: bool, source: str = "one") -> Example:
    return Example(source=source, id=str(number), text=text, labels={"abuse.insult": float(insult)})


def _rows(count: int = 200) -> list[Example]:
    return [
        _row(n, f"{'what a dunderhead' if n % 2 else 'what a bridge'}, {['today', 'now', 'then'][n % 3]}", bool(n % 2))
        for n in range(count)
    ]


def test_an_ngram_with_padding_in_it_is_none() -> None:
    letters = torch.tensor([[ord(letter) for letter in " fool "], [ord("a"), ord("b"), ord("c"), 0, 0, 0]])
    three, four = hashed(letters, 3, 4)
    assert (three[0] >= 0).all()
    assert (three[1] >= 0).tolist() == [True, False, False, False]
    assert (four[1] >= 0).tolist() == [False, False, False]


def test_ngrams_of_other_letters_or_lengths_have_other_hashes() -> None:
    letters = torch.tensor([[ord(letter) for letter in "the quick brown fox jumps over a lazy dog"]])
    found = torch.cat([hashes[0] for hashes in hashed(letters, 3, 5)])
    assert len(torch.unique(found)) == len(found)


def test_what_is_added_does_not_depend_on_the_batch(windower: Windower) -> None:
    network = tiny_network()
    windows = [group[0] for group in windower.windows([(text, None) for text in SENTENCES])]
    with torch.inference_mode():
        together = network(pad_windows(windows, windower.pad)).logits
        alone = torch.cat([network(pad_windows([window], windower.pad)).logits for window in windows])
    assert torch.allclose(together, alone, atol=1e-4)


def test_the_parent_adds_nothing(windower: Windower) -> None:
    ngrams = tiny_ngrams()
    windows = [group[0] for group in windower.windows([("Thank you", None), ("Thank you", SENTENCES[2])])]
    added = ngrams(pad_windows(windows, windower.pad).letters).sum(dim=1)
    assert torch.equal(added[0], added[1])


def test_every_letter_belongs_to_the_token_it_is_part_of(windower: Windower) -> None:
    text = "You are a F\u200bo\u200bol\nand   Straße 12"
    (window,) = next(windower.windows([(text, SENTENCES[0])]))
    batch = pad_windows([window], windower.pad)
    for letter, owner in zip(batch.letters[0].tolist(), batch.owners[0].tolist(), strict=True):
        token = owner - window.first
        assert 0 <= token < len(window.starts)
        piece = text[window.starts[token] : window.ends[token]].lower()
        assert chr(letter).isspace() or chr(letter) in piece


def test_fitting_finds_the_words_that_tell_rows_apart_in_any_form(windower: Windower) -> None:
    ngrams = fit_ngrams(_rows(), windower, LABELS, WANTED)
    texts = ["What a DUNDERHEAD, today", "dunderheaded, then", "what a bridge, today", "the vote"]
    said = added_to(ngrams, windower, [_row(n, text, False) for n, text in enumerate(texts)])[:, 0]
    assert min(said[:2]) > 0.1
    assert max(said[2:]) < 0.01


def test_a_corpus_of_positives_alone_teaches_nothing(windower: Windower) -> None:
    others = [_row(n, f"the ferry sails, {n % 7}", True, "positives") for n in range(200)]
    ngrams = fit_ngrams([*_rows(), *others], windower, LABELS, WANTED)
    (said,) = added_to(ngrams, windower, [_row(0, "the ferry sails", False)])[:, 0]
    assert abs(said) < 0.05


def test_the_share_is_chosen_within_corpora(windower: Windower) -> None:
    """N-grams that only tell two corpora apart count nothing, whatever the corpora's shares of insults."""
    rows = [
        _row(
            n, f"{'ferry' if n % 2 else 'tunnel'} {n % 5}", n % 4 < (3 if n % 2 else 1), "ferry" if n % 2 else "tunnel"
        )
        for n in range(200)
    ]
    ngrams = fit_ngrams(rows, windower, LABELS, WANTED)
    before = ngrams.scales.clone()
    shares = choose_shares(ngrams, Held(rows, np.zeros((200, len(LABELS)), np.float32), LABELS), windower)
    assert before.item() > 0
    assert shares == {"abuse.insult": 0.0}
    assert ngrams.scales.item() == 0.0


def test_the_share_is_high_where_the_encoder_says_nothing(windower: Windower) -> None:
    rows = _rows()
    ngrams = fit_ngrams(rows, windower, LABELS, WANTED)
    before = ngrams.scales.item()
    shares = choose_shares(ngrams, Held(rows, np.zeros((200, len(LABELS)), np.float32), LABELS), windower)
    assert shares == {"abuse.insult": 0.1}  # all rank alike, and of those the smallest
    assert ngrams.scales.item() == pytest.approx(before * shares["abuse.insult"], rel=1e-3)


def test_weights_in_8_bits_say_nearly_what_the_regression_said(windower: Windower) -> None:
    ngrams = fit_ngrams(examples(300), windower, LABELS, replace(WANTED, keep={"abuse.insult": 200}))
    assert ngrams.weights.dtype == torch.int8
    assert ngrams.weights.abs().max() == 127
    assert (ngrams.keys[1:] > ngrams.keys[:-1]).all()


def test_a_folder_keeps_them_in_a_file_of_their_own(tmp_path: Path, windower: Windower) -> None:
    folder = open_model(tiny_model(tmp_path / "tiny"))
    assert len(folder.manifest["weights"]) == 2
    loaded = load_network(folder)
    assert loaded.ngrams is not None
    assert torch.equal(loaded.ngrams.keys, tiny_ngrams().keys)
    assert loaded.ngrams.weights.dtype == torch.int8
    batch = pad_windows([group[0] for group in windower.windows([(SENTENCES[2], None)])], windower.pad)
    with torch.inference_mode():
        assert torch.allclose(loaded.ngrams(batch.letters), tiny_ngrams()(batch.letters), atol=1e-3)


def test_stretching_one_label_leaves_the_other() -> None:
    ngrams = tiny_ngrams()
    ngrams.stretch(INSULT, 2.0)
    ngrams.stretch(LABELS.index("propaganda.any"), 9.0)
    assert ngrams.scales.tolist() == [0.5, 0.5]
