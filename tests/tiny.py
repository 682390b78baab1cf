"""A tiny real model (2 layers, 32 wide, a tokenizer of 400 pieces) made on the spot with a fixed seed: same code, small size."""

from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import BertConfig, BertModel

from analyzer.schema import Example, Span
from analyzer.scoring.network import Network
from analyzer.scoring.ngrams import Ngrams, Shape, hashed
from analyzer.taxonomy import load_taxonomy
from analyzer.training.folder import write_folder

FAMILIES = ("abuse", "propaganda")
LABELS = load_taxonomy().ids
SENTENCES = (
    "The council moved the bridge vote to May and nobody was told.",
    "Thank you for the correction, the figure is fixed now.",
    "You are a fool and everybody here knows it.",
    "Was sagt der Bürgermeister dazu? Das ist doch Unsinn.",
    "هذا الجسر قديم جدا ولا أحد يصلحه",
    "Either you are with the drivers or you hate this town.",
)


def tiny_tokenizer() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=["<s>", "<pad>", "</s>", "<unk>"], show_progress=False)
    tokenizer.train_from_iterator(SENTENCES * 5, trainer)
    return tokenizer


def tiny_network(seed: int = 0) -> Network:
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=tiny_tokenizer().get_vocab_size(),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=256,
        pad_token_id=1,
    )
    network = Network(BertModel(config), len(LABELS), len(FAMILIES), ngrams=tiny_ngrams())
    torch.nn.init.normal_(network.comment_head.weight, std=0.5)
    return network.eval()


def tiny_ngrams() -> Ngrams:
    """N-grams of the sentences, with weights of both signs, for two labels."""
    columns = (LABELS.index("abuse.toxicity"), LABELS.index("abuse.insult"))
    letters = torch.tensor([[ord(letter) for letter in SENTENCES[2].lower()]])
    keys = torch.unique(torch.cat([hashes[0] for hashes in hashed(letters, 3, 5)])).to(torch.int32)
    ngrams = Ngrams(Shape(columns=columns, sizes=(len(keys), len(keys) - 20), shortest=3, longest=5))
    ngrams.keys = torch.cat([keys, keys[20:]])
    ngrams.weights = (torch.arange(len(ngrams.keys)) * 37 % 255 - 127).to(torch.int8)
    ngrams.scales = torch.tensor([0.5, 0.25])
    return ngrams


def tiny_encoder(folder: Path) -> Path:
    """A pretrained-looking encoder folder."""
    tiny_network().encoder.save_pretrained(folder)
    tiny_tokenizer().save(str(folder / "tokenizer.json"))
    return folder


def tiny_model(folder: Path) -> Path:
    """A model folder of this package."""
    tokenizer = folder.with_name("tiny-tokenizer.json")
    tiny_tokenizer().save(str(tokenizer))
    network = tiny_network()
    point = {"threshold": 0.5, "precision": 0.8, "recall": 0.6, "n": 100, "positives": 40}
    manifest = {
        "name": "tiny",
        "taxonomy": load_taxonomy().version,
        "labels": list(LABELS),
        "span_families": list(FAMILIES),
        "span_thresholds": {key: {"low": 0.5, "high": 0.5, "share": 0.0} for key in FAMILIES},
        "ngrams": network.ngrams.shape.to_json(LABELS),
        "encoder": network.encoder.config.to_diff_dict() | {"model_type": "bert"},
        "calibration": {label: [1.0, 0.0] for label in LABELS},
        "thresholds": {label: {"balanced": point, "precise": point | {"threshold": 0.9}} for label in LABELS},
        "languages": {"tested": ["en", "de", "ar"], "transfer": ["it"]},
        "seed": 0,
        "corpora": {},
    }
    write_folder(network, tokenizer, manifest, folder)
    return folder


def examples(count: int) -> list[Example]:
    """Rows a network can learn: `fool` is an insult and marked, the rest is not; propaganda was never judged."""
    rows = []
    for number in range(count):
        insult = number % 2 == 0
        text = f"{'You are a fool' if insult else 'Thank you for the correction'}, vote {number}"
        spans = (Span(start=10, end=14, label="abuse.insult", prob=1.0),) if insult else ()
        rows.append(
            Example(
                source=f"corpus{number % 3}",
                id=str(number),
                text=text,
                parent="The council moved the vote." if number % 4 == 0 else None,
                labels={"abuse.insult": float(insult), "abuse.toxicity": float(insult)},
                spans=spans,
                span_families=("abuse",),
            )
        )
    return rows
