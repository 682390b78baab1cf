"""What every reader of labels shares: the desk that knows names and takes complaints, verdicts as numbers, votes as shares."""

import hmac
import math
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from analyzer.errors import InputError
from analyzer.readers.tally import Tally
from analyzer.schema import Comment, Example, Span
from analyzer.vocabulary import Vocabulary

# "weight" of a judgement that was not made for the label it is read as; docs/retrain.md tells them.
SILVER = 0.5  # a rule or a language model gave it
MAIN_ONE = 0.3  # the label was not named beside a named one: annotators name the main one

_YES = frozenset(
    ["1", "yes", "y", "true", "t", "x", "+", "ja", "j", "oui", "si", "sí", "sim", "tak", "evet", "да", "نعم"]
)
_NO = frozenset(["0", "no", "n", "false", "f", "nein", "non", "nie", "nee", "hayır", "нет", "لا"])
_BLANK = frozenset(("", "nan", "na", "n/a", "none", "null", "-", "?", "unsure", "unclear", "skip", "skipped"))
_NONE_OF_THEM = frozenset(
    (
        "none",
        "none_of_them",
        "none_of_these",
        "none_of_the_above",
        "nothing",
        "no_label",
        "ok",
        "okay",
        "clean",
        "neutral",
    )
) | {"normal", "benign", "harmless", "not_abusive", "non_toxic"}
_SHARE = re.compile(r"(\d{1,9})\s*/\s*(\d{1,9})")
_SPLITS = {"training": "train", "validation": "dev", "valid": "dev", "val": "dev", "development": "dev", "eval": "dev"}
_KEY = secrets.token_bytes(32)  # of the hashes of authors: the same author in two files of one process stays one


@dataclass(slots=True)
class Desk:
    """One reading of a label file.

    `strict`: a name no label has is an error. Else it is kept in `unknown` with its places and the row goes on without it. `run`
    is where texts of reviews are looked up; `mapping` names columns.
    """

    vocabulary: Vocabulary
    tally: Tally
    source: str = ""
    mapping: Mapping[str, str] = field(default_factory=dict)
    run: Any = None
    strict: bool = False
    unknown: dict[str, list[str]] = field(default_factory=dict)

    def place(self, number: int) -> str:
        """file:line, or file:record where a file has no lines."""
        return f"{self.source}:{number}"

    def label(self, name: str, number: int) -> str | None:
        """The label that goes by `name`; where none does, None (or InputError if strict) and the place is kept."""
        found = self.vocabulary.find(name)
        if found is None:
            self.miss(name, number)
        return found

    def miss(self, name: str, number: int) -> None:
        """Keep a name no label has, or refuse it."""
        if self.strict:
            near = self.vocabulary.nearest(name)
            hint = f"did you mean {near!r}? " if near else ""
            raise InputError(
                f"{self.place(number)}: no label {name[:60]!r}; {hint}"
                "`analyzer check` lists the labels, and one of your own must be made known"
            )
        self.unknown.setdefault(name, []).append(self.place(number))

    def reject(self, number: int | None, reason: str, row: object = "") -> None:
        self.tally.reject(self.source, number, reason, row)


def verdict(cell: object) -> float | None:
    """A judgement as 0..1: 0/1, yes/no in some languages, fractions, 30 %, 2/3; None where nothing was judged.

    Raises ValueError for anything else.
    """
    if cell is None:
        return None
    if isinstance(cell, (bool, int, float)):
        return None if isinstance(cell, float) and math.isnan(cell) else _within(float(cell))
    if not isinstance(cell, str):
        raise ValueError(f"{type(cell).__name__} is no verdict")
    word = cell.strip().casefold()
    if word in _BLANK:
        return None
    if word in _YES or word in _NO:
        return float(word in _YES)
    if match := _SHARE.fullmatch(word):
        return _within(int(match[1]) / int(match[2])) if int(match[2]) else None
    percent = word.endswith("%")
    return _within(float(word.rstrip("% ").replace(",", ".")) / (100 if percent else 1))


def is_verdict(cell: object) -> bool:
    """True for a cell that `verdict` reads."""
    try:
        verdict(cell)
    except ValueError:
        return False
    return True


def _within(value: float) -> float:
    if not 0 <= value <= 1:
        raise ValueError(f"{value:g} does not lie in 0..1")
    return value


def words_of(cell: object) -> list[str]:
    """The names in a cell: a list, `a, b`, `a|b`, a JSON list, or Label Studio's {"choices": […]}; none for an empty one."""
    if isinstance(cell, Mapping):
        cell = cell.get("choices")
    if hasattr(cell, "tolist"):
        cell = cell.tolist()  # an array of a data frame
    if isinstance(cell, (list, tuple, set)):
        return [str(name).strip() for name in cell if str(name).strip()]
    text = "" if cell is None or cell != cell else str(cell).strip()
    if text.startswith(("[", "{")):
        parsed = _parsed(text)
        if isinstance(parsed, (list, dict)):
            return words_of(parsed)
    return [name.strip(" '\"") for name in re.split(r"[,;|\n]", text.strip("[]")) if name.strip(" '\"")]


def _parsed(text: str) -> object:
    import orjson

    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def is_none_of_them(name: str) -> bool:
    """True for what annotators write where no label fits: none, ok, neutral, …"""
    return re.sub(r"[\s\-]+", "_", name.strip().casefold()) in _NONE_OF_THEM


def split_name(value: object) -> str:
    """The name of a split: train, dev or test, or as the file has it; train where it says nothing."""
    word = str(value).strip().casefold() if isinstance(value, str) else ""
    return _SPLITS.get(word, word) or "train"


@lru_cache(maxsize=100_000)
def author_mark(name: str) -> str:
    """A keyed hash of an author, the same while this process lives."""
    return hmac.digest(_KEY, name.encode("utf-8", "replace"), "sha256").hex()[:16]


@dataclass(slots=True)
class Draft:
    """A text and what has been said of it so far: `votes` {label: {annotator: 0..1}}, `weights` {label: 0..1}."""

    comment: Comment
    number: int
    votes: dict[str, dict[str, float]] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)
    parent: str | None = None
    split: str = "train"
    spans: tuple[Span, ...] | None = None
    families: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)

    def vote(self, values: Mapping[str, float], annotator: str = "") -> None:
        """Take down what one annotator said; a later word of the same person replaces an earlier one."""
        for label, value in values.items():
            self.votes.setdefault(label, {})[annotator] = value

    def example(self, desk: Desk) -> Example:
        """The Example: the share of votes a label, and the votes themselves where several people were asked."""
        comment = self.comment
        several = {label: tuple(said.values()) for label, said in self.votes.items() if len(said) > 1}
        known = {
            "where": desk.place(self.number),
            "author": author_mark(comment.author) if comment.author else None,
            "votes": several or None,
        }
        return Example(
            source=comment.source,
            id=comment.id,
            text=comment.text,
            labels={label: _mean(list(said.values())) for label, said in self.votes.items()},
            parent=self.parent,
            lang=comment.lang or "und",
            weights=dict(self.weights),
            spans=self.spans,
            span_families=self.families,
            split=self.split,
            group=None if comment.thread_id == "unknown" else comment.thread_id,
            extra={name: value for name, value in known.items() if value is not None} | dict(self.extra),
        )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def families_of(labels: Iterable[str]) -> tuple[str, ...]:
    """The families of these labels, each once."""
    return tuple(sorted({label.partition(".")[0] for label in labels}))


def stem(name: str) -> str:
    """A file's name without its endings: `rows.jsonl.gz` → `rows`."""
    return Path(name).name.partition(".")[0] or name
