"""HuggingFaceScorer: any Hugging Face text-classification model in place of ours, under our label names."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from huggingface_hub import try_to_load_from_cache
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from analyzer.errors import ModelError
from analyzer.registry import file_hash
from analyzer.schema import Checked, Comment, Score, Thread
from analyzer.scoring.language import identify, usual_language
from analyzer.taxonomy import load_taxonomy
from analyzer.text import has_letters

CHUNK = 32
_TOGETHER = 8  # pieces of one text
_PARTS = (".json", ".safetensors", ".txt", ".model")  # configuration, weights, tokenizer
# What public models call the labels of this taxonomy (model cards of detoxify, toxic-bert, roberta hate-speech models).
NAMES = MappingProxyType(
    {
        "toxic": "abuse.toxicity",
        "toxicity": "abuse.toxicity",
        "offensive": "abuse.toxicity",
        "severe_toxic": "abuse.severe_toxicity",
        "severe_toxicity": "abuse.severe_toxicity",
        "obscene": "abuse.obscene",
        "threat": "abuse.threat",
        "insult": "abuse.insult",
        "identity_hate": "abuse.identity_attack",
        "identity_attack": "abuse.identity_attack",
        "hate": "abuse.identity_attack",
        "hateful": "abuse.identity_attack",
        "sexual_explicit": "abuse.sexual_explicit",
        "antisemitic": "antisemitism.any",
        "antisemitism": "antisemitism.any",
        "propaganda": "propaganda.any",
    }
)


def _stored(name: str) -> bool:
    """True if the local store holds the configuration of a model; a path is no id."""
    try:
        return isinstance(try_to_load_from_cache(name, "config.json"), str)
    except ValueError:
        return False


class HuggingFaceScorer:
    """Scores comment by comment with a sequence-classification model; its probabilities are as it gives them, not calibrated.

    Such a model sees no parent, gives no spans, and reads only as far as its own limit: a longer text is cut into pieces of that
    length and the highest probability of each label is kept.
    """

    def __init__(self, name: str, *, threads: int | None = None, fetch: bool = False) -> None:
        if threads:
            torch.set_num_threads(threads)
        if not fetch and not Path(name).is_dir() and not _stored(name):
            raise ModelError(
                f"{name}: neither a folder nor in the local store of Hugging Face; correct the path, or let it be fetched from the "
                'network with downloads = "allowed" in analyzer.toml (ANALYZER_DOWNLOADS=allowed)'
            )
        try:
            self._tokenizer = AutoTokenizer.from_pretrained(name, trust_remote_code=False, local_files_only=not fetch)
            self._model = AutoModelForSequenceClassification.from_pretrained(
                name, trust_remote_code=False, use_safetensors=True, local_files_only=not fetch
            ).eval()
        except (OSError, ValueError) as error:
            reason = str(error).splitlines()[0]
            raise ModelError(
                f"{name}: cannot be loaded as a text-classification model with safetensors ({reason}); check the name or folder"
            ) from None
        config = self._model.config
        self._columns = _columns(config.id2label, name)
        self._exclusive = config.problem_type == "single_label_classification" or (
            config.problem_type is None and len(self._columns) < config.num_labels
        )
        self._limit = min(int(self._tokenizer.model_max_length), 512)
        self._version = _version(name, getattr(config, "_commit_hash", None))
        self.thresholds: Mapping[str, Mapping[str, Any]] = MappingProxyType({})

    @property
    def version(self) -> str:
        return self._version

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(self._columns)

    def score(self, threads: Iterable[Thread]) -> Iterator[Score]:
        """One Score a comment, in the order of the threads and their comments."""
        comments = (
            (comment, comment.lang or usual)
            for thread in threads
            for usual in (usual_language(thread),)
            for comment in thread.comments
        )
        while chunk := list(islice(comments, CHUNK)):
            read = [comment for comment, _ in chunk if comment.scorable and has_letters(comment.text)]
            scored = dict(zip((comment.key for comment in read), self._probs([c.text for c in read]), strict=True))
            for comment, hint in chunk:
                yield self._score(comment, hint, scored.get(comment.key))

    def _score(self, comment: Comment, hint: str | None, result: tuple[dict[str, float], int] | None) -> Score:
        if result is None:
            checked = comment.put_away or (Checked.LETTERLESS if comment.scorable else Checked.EMPTY)
            return Score(key=comment.key, model=self.version, checked=checked)
        lang, _ = identify(comment.text, hint)
        return Score(key=comment.key, model=self.version, probs=result[0], windows=result[1], lang=lang)

    def _probs(self, texts: Sequence[str]) -> Iterator[tuple[dict[str, float], int]]:
        for text in texts:
            pieces = self._tokenizer(
                text,
                truncation=True,
                max_length=self._limit,
                stride=min(32, self._limit // 4),
                return_overflowing_tokens=True,
                padding=True,
                return_tensors="pt",
            )
            pieces.pop("overflow_to_sample_mapping", None)
            with torch.inference_mode():
                logits = torch.cat(
                    [
                        self._model(**{name: part[at : at + _TOGETHER] for name, part in pieces.items()}).logits
                        for at in range(0, len(pieces["input_ids"]), _TOGETHER)
                    ]
                )
            probs = (logits.softmax(-1) if self._exclusive else logits.sigmoid()).amax(0)
            yield {label: round(float(probs[column]), 4) for label, column in self._columns.items()}, len(logits)


def _version(name: str, commit: str | None) -> str:
    """owner/name@commit as on the hub; of a folder its name and a hash of what lies in it: two models never share one."""
    folder = Path(name)
    if not folder.is_dir():
        return f"{name}@{commit[:12] if commit else 'unknown'}"
    parts = sorted(file for file in folder.iterdir() if file.suffix in _PARTS)
    hashes = "".join(f"{file.name}\0{file_hash(file)}\n" for file in parts)
    return f"{folder.resolve().name}@{hashlib.sha256(hashes.encode()).hexdigest()[:12]}"


def _columns(names: Mapping[int, str], model: str) -> dict[str, int]:
    """Our label → output column; raises ModelError when none of the model's labels is known here."""
    known = NAMES | {label: label for label in load_taxonomy().ids}
    columns: dict[str, int] = {}
    for column, name in names.items():
        plain = str(name).lower().replace("-", "_").replace(" ", "_")
        if plain in known:
            columns.setdefault(known[plain], int(column))
    if not columns:
        listed = ", ".join(map(str, names.values()))
        raise ModelError(
            f"{model}: none of its labels ({listed}) is one of ours; rename them in its config.json (id2label)"
        )
    return columns
