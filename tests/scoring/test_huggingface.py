import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

from analyzer.errors import ModelError
from analyzer.schema import Checked, Comment, Thread
from analyzer.scoring import huggingface, load_scorer
from tests.tiny import SENTENCES, tiny_tokenizer


def classifier(folder: Path, names: tuple[str, ...], problem: str = "multi_label_classification") -> Path:
    """A tiny text-classification folder as public models come."""
    torch.manual_seed(0)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=tiny_tokenizer(), model_max_length=32, pad_token="<pad>", unk_token="<unk>"
    )
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=16,
        pad_token_id=1,
        problem_type=problem,
        id2label=dict(enumerate(names)),
        label2id={name: index for index, name in enumerate(names)},
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def thread(*texts: str) -> Thread:
    comments = (Comment(source="t", thread_id="1", id=str(n), text=text) for n, text in enumerate(texts))
    return Thread(source="t", id="1", comments=tuple(comments))


def test_its_labels_come_under_our_names(tmp_path: Path) -> None:
    scorer = load_scorer(classifier(tmp_path / "model", ("toxic", "identity_hate", "something else")))
    scores = list(scorer.score([thread(*SENTENCES[:3])]))
    assert scorer.labels == ("abuse.toxicity", "abuse.identity_attack")
    assert all(set(score.probs) == set(scorer.labels) for score in scores)


def test_exclusive_classes_share_one_probability(tmp_path: Path) -> None:
    names = ("toxic", "hate")
    scorer = load_scorer(classifier(tmp_path / "model", names, "single_label_classification"))
    (score,) = scorer.score([thread(SENTENCES[0])])
    assert sum(score.probs.values()) == pytest.approx(1, abs=0.001)


def test_a_long_text_is_read_in_pieces_and_an_empty_one_not_at_all(tmp_path: Path) -> None:
    scorer = load_scorer(classifier(tmp_path / "model", ("toxic",)))
    long, empty, sign = scorer.score([thread(SENTENCES[0] * 20, "", "!!")])
    assert long.windows > 2
    assert (empty.checked, sign.checked) == (Checked.EMPTY, Checked.LETTERLESS)


def test_a_long_text_is_read_a_few_pieces_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = classifier(tmp_path / "model", ("toxic", "threat"))
    sizes: list[int] = []

    def forward(model: Any, original: Any = BertForSequenceClassification.forward, **pieces: Any) -> Any:
        sizes.append(len(pieces["input_ids"]))
        return original(model, **pieces)

    monkeypatch.setattr(BertForSequenceClassification, "forward", forward)
    long = thread(" ".join(SENTENCES) * 20)
    (score,) = load_scorer(folder).score([long])
    assert (max(sizes), sum(sizes)) == (8, score.windows)
    monkeypatch.setattr(huggingface, "_TOGETHER", 10_000)
    (whole,) = load_scorer(folder).score([long])
    assert score.probs == pytest.approx(whole.probs, abs=0.0002)


def test_code_that_comes_with_a_model_is_never_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not asked for on the terminal either: the tokenizer is told no, as the network is."""
    folder = classifier(tmp_path / "model", ("toxic",))
    asked: list[object] = []
    for kind in (huggingface.AutoTokenizer, huggingface.AutoModelForSequenceClassification):

        def load(name: str, original: Any = kind.from_pretrained, **options: Any) -> Any:
            asked.append(options.get("trust_remote_code"))
            return original(name, **options)

        monkeypatch.setattr(kind, "from_pretrained", load)
    load_scorer(folder)
    assert asked == [False, False]


def test_a_model_without_a_known_label_is_refused_with_its_labels(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="LABEL_A"):
        load_scorer(classifier(tmp_path / "model", ("LABEL_A", "LABEL_B")))


def test_a_folder_that_is_no_model_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be loaded as a text-classification model"):
        load_scorer(tmp_path)


def test_two_models_never_share_a_version(tmp_path: Path) -> None:
    one = classifier(tmp_path / "model", ("toxic",))
    before = load_scorer(one).version
    assert before.startswith("model@")
    assert load_scorer(shutil.copytree(one, tmp_path / "elsewhere" / "model")).version == before
    weights = BertForSequenceClassification.from_pretrained(one)
    torch.nn.init.ones_(weights.classifier.weight)
    weights.save_pretrained(one)
    retrained = load_scorer(one).version
    classifier(one, ("toxic", "threat"))
    assert len({before, retrained, load_scorer(one).version}) == 3


def test_a_model_of_the_hub_keeps_its_owner_and_its_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub is played by a folder; what comes from there carries the commit in its configuration."""
    there = classifier(tmp_path / "cache", ("toxic",))
    for kind in (huggingface.AutoTokenizer, huggingface.AutoModelForSequenceClassification):

        def load(name: str, original: Any = kind.from_pretrained, **options: Any) -> Any:
            loaded = original(there, **options)
            if hasattr(loaded, "config"):
                loaded.config._commit_hash = {"a/judge": "1234567890abcdef", "b/judge": None}[name]
            return loaded

        monkeypatch.setattr(kind, "from_pretrained", load)
    with pytest.raises(ModelError, match="downloads"):  # a path with a slip of the pen is not looked up on the network
        load_scorer("a/judge")
    monkeypatch.setenv("ANALYZER_DOWNLOADS", "allowed")
    assert load_scorer("a/judge").version == "a/judge@1234567890ab"
    assert load_scorer("b/judge").version == "b/judge@unknown"
