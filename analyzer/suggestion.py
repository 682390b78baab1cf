"""Which comments of a run to label next: some the model is in doubt about, and some at random for honest rates."""

import csv
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analyzer.errors import ConfigError, InputError
from analyzer.operating import Cut, cut_of
from analyzer.pipeline import thresholds_of
from analyzer.readers import gather_labels
from analyzer.reports import csv_cell
from analyzer.review import Candidate, Keeper, doubt, spread_out
from analyzer.runs import Run, atomic, open_run, take_rows
from analyzer.schema import Checked, Key
from analyzer.tables import score_labels

UNCERTAINTY, RANDOM = "uncertainty", "random"
_WITHOUT_THRESHOLD = Cut(0.5)
_ROWS = 65_536
_POOL = 20  # candidates in doubt for each comment wanted
_A_LABEL = 1_000  # candidates of a label up to which one label alone can fill the wish
_KNOWN = 1_000  # labelled texts that new ones are kept apart from
_COMMENT = ["source", "thread_id", "id", "parent_id", "lang", "text"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestSettings:
    """`n` comments, a share of them at `random`; `labels`: files whose texts are labelled already."""

    n: int = 200
    random: float = 0.2
    seed: int = 0
    labels: Sequence[str | Path] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A comment to label, and why. `label` is the label in doubt, None in the random slice; `probs` are those of all labels,
    `thresholds` those of the comment's language.

    `doubt` (0..1) is that of `label`, in the random slice of the most doubtful label.
    """

    key: Key
    text: str
    parent: str | None
    lang: str
    model: str
    sampled_by: str
    why: str
    label: str | None
    doubt: float
    probs: Mapping[str, float]
    thresholds: Mapping[str, float] = field(repr=False)

    def to_json(self) -> dict[str, Any]:
        """A Review without its verdict (no labels, action, reviewer and time), with the text it is about."""
        return {
            "key": list(self.key),
            "model": self.model,
            "sampled_by": self.sampled_by,
            "why": self.why,
            "lang": self.lang,
            "text": self.text,
            "parent": self.parent,
            "probs": {label: round(prob, 4) for label, prob in self.probs.items()},
        }

    @property
    def flagged(self) -> list[str]:
        """The labels at or above their threshold in the language of the comment."""
        return [label for label, prob in self.probs.items() if np.float32(prob) >= np.float32(self.thresholds[label])]


_DEFAULTS = SuggestSettings()


def suggest_comments(run: Run | str | Path, settings: SuggestSettings = _DEFAULTS) -> list[Suggestion]:
    """Comments worth a label, the random slice first; the same ones for the same run, settings and labels.

    Only comments that were checked, each text once, none of a text that `settings.labels` holds. Fewer than `n` where the
    run has no more; InputError where it has none.
    """
    run = run if isinstance(run, Run) else open_run(run)
    if settings.n < 1 or not 0 <= settings.random <= 1:
        raise ConfigError(f"-n and --random: at least 1 and 0..1 are needed, not {settings.n} and {settings.random}")
    labelled = [text for path in settings.labels for text in _texts_of(path, run)]
    known = {digest_of(text) for text in labelled}
    slices = _Slices(run, settings)
    for shard in run.shards:
        _walk(run, shard, slices, known)
    chosen = slices.choose(labelled[:: max(1, len(labelled) // _KNOWN)])
    if not chosen:
        raise InputError(f"{run.path}: no comment is left to label; give other files with --labels or another run")
    return list(_suggestions(run, chosen, slices.thresholds))


def digest_of(text: str) -> bytes:
    """What two comments have in common that say the same: case, width and spaces do not count."""
    folded = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return blake2b(folded.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _texts_of(path: str | Path, run: Run) -> Iterator[str]:
    for example in gather_labels(path, run=run).examples:
        yield example.text


@dataclass(frozen=True, slots=True)
class _Chosen:
    candidate: Candidate
    label: str | None


class _Slices:
    """The candidates while the run goes by: the doubtful ones of each label, and a random slice."""

    def __init__(self, run: Run, settings: SuggestSettings) -> None:
        model = run.manifest()["models"][run.model]
        measured = thresholds_of(run, run.model)
        self.thresholds = {label: cut_of(measured, label) or _WITHOUT_THRESHOLD for label in model["labels"]}
        self._settings = settings
        self._by_chance = round(settings.n * settings.random)
        doubted = self.thresholds if settings.n > self._by_chance else {}
        # Who is spoken of is no verdict: doubt about it alone is not worth a person's time.
        asked = [label for label in doubted if not label.startswith("target.")]
        size = max(min(settings.n, _A_LABEL), ceil(_POOL * settings.n / max(len(asked), 1)))
        self.doubtful = {label: Keeper(size) for label in asked}
        self.random = Keeper(self._by_chance)

    def offer(self, scores: pa.Table, shard: int, start: int, describe: Callable[..., Candidate | None]) -> None:
        checked = np.asarray(pc.equal(scores["checked"], str(Checked.OK)))
        lots = np.random.default_rng([self._settings.seed, shard, start]).random(len(checked), np.float32)
        self.random.offer(np.where(checked, np.float32(1) - lots, np.float32(0)), describe)
        for label, keeper in self.doubtful.items():
            if label in scores.column_names:
                probs = np.asarray(scores[label].to_numpy(), np.float32)
                edges = _edges(self.thresholds[label], scores["lang"])
                keeper.offer(np.where(checked, doubt(probs, edges), np.float32(0)), describe)

    def choose(self, labelled: Sequence[str]) -> list[_Chosen]:
        chance = self.random.best()
        drawn = {candidate.digest for candidate in chance}
        groups = {
            label: [candidate for candidate in keeper.best() if candidate.digest not in drawn]
            for label, keeper in self.doubtful.items()
        }
        known = [*(candidate.text for candidate in chance), *labelled]
        doubtful = spread_out(groups, self._settings.n - self._by_chance, known)
        return [*(_Chosen(c, None) for c in chance), *(_Chosen(choice.candidate, choice.group) for choice in doubtful)]


def _edges(cut: Cut, langs: pa.ChunkedArray) -> float | npt.NDArray[np.float32]:
    """The threshold of each row, or one for all."""
    if not cut.own:
        return cut.general
    words = langs.combine_chunks()
    numbers: npt.NDArray[np.int64] = words.indices.to_numpy().astype(np.int64)
    return np.array(cut.over(words.dictionary.to_pylist()), np.float32)[numbers]


def _walk(run: Run, shard: int, slices: _Slices, known: set[bytes]) -> None:
    """Show a shard to the slices, batch by batch; of the texts only those are looked at that might be taken."""
    start = 0
    for scores, texts in _batches(run, shard, list(slices.doubtful)):
        seen: dict[int, tuple[bytes, str]] = {}

        def describe(row: int, priority: float, seen: dict[int, tuple[bytes, str]] = seen) -> Candidate | None:
            if row not in seen:
                text = texts[row].as_py() or ""  # noqa: B023  (called only while this batch is at hand)
                seen[row] = digest_of(text), text
            digest, text = seen[row]
            return None if digest in known else Candidate(priority, digest, shard, start + row, text)  # noqa: B023

        slices.offer(scores, shard, start, describe)
        start += len(texts)


def _batches(run: Run, shard: int, labels: list[str]) -> Iterator[tuple[pa.Table, pa.Array]]:
    """Scores and texts of a shard, row for row."""
    scores, comments = run.file("scores", run.model, shard=shard), run.file("comments", shard=shard)
    with (
        pq.ParquetFile(scores, memory_map=True, read_dictionary=["lang"]) as scored,
        pq.ParquetFile(comments, memory_map=True) as read,
    ):
        there = [label for label in scored.schema_arrow.names if label in labels]
        pairs = zip(
            scored.iter_batches(_ROWS, columns=["checked", "lang", *there]),
            read.iter_batches(_ROWS, columns=["text"]),
            strict=True,
        )
        for batch, texts in pairs:
            if len(batch) != len(texts):
                raise InputError(f"{scores}: has other rows than {comments}; repeat the `analyzer score` command")
            yield pa.table(batch), texts.column(0)


def _suggestions(run: Run, chosen: list[_Chosen], thresholds: Mapping[str, Cut]) -> Iterator[Suggestion]:
    rows: dict[tuple[int, int], tuple[dict[str, Any], dict[str, Any]]] = {}
    parents: dict[Key, str] = {}
    for shard in sorted({one.candidate.shard for one in chosen}):
        places = sorted(one.candidate.row for one in chosen if one.candidate.shard == shard)
        comments = take_rows(run.file("comments", shard=shard), places, _COMMENT).to_pylist()
        scores = take_rows(run.file("scores", run.model, shard=shard), places)
        labels = score_labels(scores)
        probs = [{label: row[label] for label in labels if row[label] is not None} for row in scores.to_pylist()]
        langs = scores["lang"].to_pylist()
        for place, comment, found, lang in zip(places, comments, probs, langs, strict=True):
            rows[shard, place] = comment | {"lang": lang}, found
        parents |= _parents(run, shard, comments)
    for one in chosen:
        comment, found = rows[one.candidate.shard, one.candidate.row]
        above = Key(comment["source"], comment["thread_id"], comment["parent_id"] or "")
        edges = {label: thresholds.get(label, _WITHOUT_THRESHOLD).at(comment["lang"]) for label in found}
        yield Suggestion(
            key=Key(comment["source"], comment["thread_id"], comment["id"]),
            text=comment["text"],
            parent=parents.get(above),
            lang=comment["lang"],
            model=run.model,
            sampled_by=RANDOM if one.label is None else UNCERTAINTY,
            why=_why(one.label, found, edges),
            label=one.label,
            doubt=_doubt([one.label] if one.label else list(found), found, edges),
            probs=found,
            thresholds=edges,
        )


def _doubt(labels: Iterable[str], probs: Mapping[str, float], thresholds: Mapping[str, float]) -> float:
    """How much in doubt the model is about the most doubtful of these labels."""
    pairs = ((np.float32(probs[label]), thresholds[label]) for label in labels)
    return max((float(doubt(np.atleast_1d(prob), threshold)[0]) for prob, threshold in pairs), default=0.0)


def _why(label: str | None, probs: Mapping[str, float], thresholds: Mapping[str, float]) -> str:
    if label is None:
        return "drawn at random, for honest rates"
    return f"{label} {probs[label]:.3f}, close to its threshold {thresholds[label]:.3f}"


def _parents(run: Run, shard: int, comments: Iterable[Mapping[str, Any]]) -> dict[Key, str]:
    """The texts of the comments that these answer."""
    wanted = {Key(row["source"], row["thread_id"], row["parent_id"]) for row in comments if row["parent_id"]}
    ids = pa.array(sorted({key.id for key in wanted}), pa.string())
    found: dict[Key, str] = {}
    with pq.ParquetFile(run.file("comments", shard=shard)) as file:
        for batch in file.iter_batches(_ROWS, columns=["source", "thread_id", "id", "text"]) if wanted else ():
            for row in batch.filter(pc.is_in(batch["id"], ids)).to_pylist():
                found[Key(row["source"], row["thread_id"], row["id"])] = row["text"]
    return {key: text for key, text in found.items() if key in wanted}


def count_labels(suggestions: Iterable[Suggestion]) -> Counter[str]:
    """How many comments are suggested for doubt about each label."""
    return Counter(suggestion.label for suggestion in suggestions if suggestion.label)


def check_file(path: str | Path, fmt: str) -> None:
    """Complain about a file that cannot be written, before anything is read for it."""
    if fmt not in FORMS:
        raise ConfigError(f"--format: {fmt!r} is none of {', '.join(FORMS)}; name one of them")
    if Path(path).exists():
        raise InputError(f"{path}: the file is there already and may hold somebody's work; name another with --out")


def write_suggestions(suggestions: Sequence[Suggestion], path: str | Path, fmt: str = "queue") -> None:
    """A file of one of `FORMS`; a file that is there is never written over, since verdicts may stand in it."""
    check_file(path, fmt)
    with atomic(Path(path)) as temporary:
        FORMS[fmt](suggestions, temporary)


def _write_queue(suggestions: Sequence[Suggestion], path: Path) -> None:
    path.write_bytes(b"".join(orjson.dumps(suggestion.to_json()) + b"\n" for suggestion in suggestions))


def _write_tasks(suggestions: Sequence[Suggestion], path: Path) -> None:
    """Label Studio tasks; the labels that the model sees as a prediction, scored by how sure it is."""
    tasks = [
        {
            "data": {
                "text": suggestion.text,
                "parent": suggestion.parent or "",
                "source": suggestion.key.source,
                "thread_id": suggestion.key.thread_id,
                "comment_id": suggestion.key.id,
                "lang": suggestion.lang,
                "sampled_by": suggestion.sampled_by,
                "why": suggestion.why,
            },
            "predictions": [_prediction(suggestion)],
        }
        for suggestion in suggestions
    ]
    path.write_bytes(orjson.dumps(tasks, option=orjson.OPT_INDENT_2))


def _prediction(suggestion: Suggestion) -> dict[str, Any]:
    region = {"id": "labels", "from_name": "labels", "to_name": "text", "type": "choices"}
    result = [region | {"value": {"choices": suggestion.flagged}}] if suggestion.flagged else []
    return {"model_version": suggestion.model, "score": round(1 - suggestion.doubt, 4), "result": result}


def _write_csv(suggestions: Sequence[Suggestion], path: Path) -> None:
    """A table with an empty column `labels`; no cell is taken for a formula."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "source", "thread_id", "sampled_by", "why", "lang", "parent_text", "text", "labels"])
        for one in suggestions:
            key = (one.key.id, one.key.source, one.key.thread_id)
            cells = (*key, one.sampled_by, one.why, one.lang, one.parent or "", one.text, "")
            rows.writerow([csv_cell(cell) for cell in cells])


FORMS: Mapping[str, Callable[[Sequence[Suggestion], Path], None]] = {
    "queue": _write_queue,
    "label-studio": _write_tasks,
    "csv": _write_csv,
}
