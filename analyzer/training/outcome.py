"""What a training gave: the candidate's folder, what became better and by how much, what happened to every other label."""

import hashlib
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from analyzer.evaluation import Column, Held, area_under_roc, base_language, draws
from analyzer.operating import Cut, cut_of
from analyzer.registry import ModelFolder
from analyzer.schema import Example
from analyzer.scoring.calibration import Calibration
from analyzer.scoring.network import Network
from analyzer.scoring.transformer import load_network
from analyzer.scoring.windows import Windower
from analyzer.training import fitting, heads
from analyzer.training.folder import write_folder, write_json
from analyzer.training.learning import Learnt, Task
from analyzer.training.predict import logits_of
from analyzer.training.words import card_section

Floats = NDArray[np.float64]
_WATCHED = {False: 400, True: 3000}  # texts on which the other labels are compared; of few and of many rows
_FEWEST = 10  # rows of each kind from which a ranking is compared
_ROUNDS = 200
_CONTINUED = 1500  # texts on which held labels are brought to what they said before, about


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """What the candidate is called, where it goes, what its own labels mean, and which base rates were only read off the rows."""

    name: str
    out: Path
    own: tuple[Mapping[str, Any], ...]
    guessed: frozenset[str]


def write_candidate(task: Task, learnt: Learnt, naming: Naming, watched: Sequence[Example]) -> dict[str, Any]:
    """Writes the model folder with its evaluation and card; the evaluation's `retrained` part."""
    before = load_network(task.base)
    windower = Windower.from_folder(task.base.path)
    continued = _continued(task, learnt, before, windower)
    calibration = dict(task.base.manifest["calibration"]) | continued | learnt.calibration.to_json(learnt.labels)
    table = dict(task.base.thresholds) | dict(learnt.thresholds)
    known = [label for label in learnt.labels if label in task.base.labels]
    measured = fitting.evaluate(learnt.measure, learnt.calibration, learnt.thresholds, task.rates)
    earlier = _earlier(task, learnt, before, windower, known)
    texts = _texts(learnt, watched)
    sides = [logits_of(network, windower, texts) for network in (before, learnt.network)]
    result = {
        "from": task.base.version,
        "way": "many" if learnt.many else "few",
        "seed": task.seed,
        "rows": {name: len(getattr(learnt.parts, name)) for name in ("train", "fit", "measure")},
        "labels": {
            label: _label(label, learnt, task, measured.get(label, {}), earlier)
            | {"base_rate_from": "the share in the rows" if label in naming.guessed else "given or the recipe's"}
            for label in learnt.labels
        },
        "left": dict(learnt.left),
        "notes": learnt.parts.notes,
        "tuning": learnt.choices.get("tuning"),
        "held": _held(task.base, learnt, texts, _probs(task.base, calibration, sides), table),
    }
    manifest = _manifest(task, learnt, naming, (calibration, table))
    written = write_folder(learnt.network, task.base.path / "tokenizer.json", manifest, naming.out)
    version = f"{written['name']}@{written['hash'][:12]}"
    _write_words(task.base, naming, {"candidate": version, **result}, measured)
    return {"candidate": version, **result}


def _continued(task: Task, learnt: Learnt, before: Network, windower: Windower) -> dict[str, list[float]]:
    """New calibration of the labels that were held: the map under which they say on average what the base says.

    Platt scaling (Platt 1999) with the base's probabilities as targets, on texts they were held on. Empty where nothing moved.
    """
    texts = learnt.replayed[:: max(1, len(learnt.replayed) // _CONTINUED)]
    if not texts:
        return {}
    labels = task.base.labels
    old, new = (
        logits_of(network, windower, texts)[:, : len(labels)].astype(float) for network in (before, learnt.network)
    )
    probs = Calibration.from_json(task.base.manifest["calibration"], labels)(old)
    places = list(range(len(texts)))
    maps = {}
    for column, label in enumerate(labels):
        if label not in learnt.labels:
            rows = heads.Judged(
                np.zeros((len(texts), 0)), probs[:, column], np.ones(len(texts)), places, new[:, column]
            )
            maps[label] = [round(value, 5) for value in heads.level(rows)]
    return maps


def _manifest(
    task: Task, learnt: Learnt, naming: Naming, fitted: tuple[dict[str, Any], dict[str, Any]]
) -> dict[str, Any]:
    kept = {
        name: value for name, value in task.base.manifest.items() if name not in ("format", "weights", "files", "hash")
    }
    own = [
        {**table, "label": rows}
        for table in naming.own
        if (rows := [row for row in table["label"] if row["id"] in learnt.all_labels])
    ]
    manifest = kept | {
        "name": naming.name,
        "labels": list(learnt.all_labels),
        "calibration": fitted[0],
        "thresholds": fitted[1],
        "seed": task.seed,
        "made_from": {"model": task.base.version, "labels": _rows_hash(task.rows), "rows": len(task.rows)},
    }
    if learnt.network.own:
        manifest["own_head"] = {"labels": learnt.network.own.labels, "layer": learnt.network.own.layer}
        manifest["own_labels"] = own
    return manifest


def _rows_hash(rows: Sequence[Example]) -> str:
    """sha256 over texts, parents and labels, whatever the order of the rows."""
    said = sorted(repr((row.text, row.parent, sorted(row.labels.items()))) for row in rows)
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


def _earlier(
    task: Task, learnt: Learnt, before: Network, windower: Windower, known: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """What the base says of the measured rows, for known labels; and how sure it is that the ranking changed."""
    if not known:
        return {}
    rows = learnt.measure.examples
    places = [task.base.labels.index(label) for label in known]
    held = Held(rows, logits_of(before, windower, rows)[:, places], known)
    calibration = Calibration.from_json(task.base.manifest["calibration"], known)
    figures = fitting.evaluate(held, calibration, task.base.thresholds, task.rates)
    for label, row in figures.items():
        old, new = held.column(label, judged_only=True), learnt.measure.column(label, judged_only=True)
        row["auc_gain"] = _gain(old, new.scores)
    return figures


def _gain(before: Column, new: Floats) -> dict[str, float]:
    """Difference of AUC with its 95 % interval by the paired bootstrap (Efron and Tibshirani 1993); documents are drawn whole."""
    truth, old = before.truth, before.scores
    drawn = [
        area_under_roc(truth[rows], new[rows]) - area_under_roc(truth[rows], old[rows])
        for rows in draws(before.clusters, _ROUNDS)
    ]
    low, high = np.nanpercentile(drawn, [2.5, 97.5])
    value = area_under_roc(truth, new) - area_under_roc(truth, old)
    return {"value": round(value, 4), "low": round(float(low), 4), "high": round(float(high), 4)}


def _label(
    label: str, learnt: Learnt, task: Task, figures: Mapping[str, Any], earlier: Mapping[str, Any]
) -> dict[str, Any]:
    column = learnt.measure.column(label)
    return {
        "new": label not in task.base.labels,
        "n": len(column.truth),
        "positives": int(column.truth.sum()),
        "base_rate": round(task.rates[label], 5),
        "before": earlier.get(label),
        "after": dict(figures),
        "thresholds": learnt.thresholds.get(label, {}),
        "fitted": learnt.choices.get(label, {}),
    }


def _texts(learnt: Learnt, watched: Sequence[Example]) -> list[Example]:
    """Held-out texts to compare the other labels on: the measured rows, and texts that were nowhere learnt from."""
    chosen = sorted(watched, key=lambda row: zlib.crc32(row.text.encode()))[: _WATCHED[learnt.many]]
    return [*chosen, *learnt.parts.measure[: _WATCHED[learnt.many]]]


def _probs(base: ModelFolder, calibration: Mapping[str, Any], sides: Sequence[NDArray[np.float32]]) -> list[Floats]:
    """Probabilities [text, label of the base] before and after."""
    labels, width = base.labels, len(base.labels)
    maps = [Calibration.from_json(one, labels) for one in (base.manifest["calibration"], calibration)]
    return [one(side[:, :width]) for one, side in zip(maps, sides, strict=True)]


def _held(
    base: ModelFolder, learnt: Learnt, texts: Sequence[Example], probs: Sequence[Floats], table: Mapping[str, Any]
) -> dict[str, Any]:
    """Every other label on held-out texts: mean absolute change of its probability, verdicts that flip, change of its ranking."""
    rows: dict[str, Any] = {}
    langs = [base_language(text.lang) for text in texts]
    for column, label in enumerate(base.labels):
        if label in learnt.labels:
            continue
        old, new = (side[:, column] for side in probs)
        cuts = [np.array((cut_of(one, label) or Cut(0.5)).over(langs)) for one in (base.thresholds, table)]
        rows[label] = {
            "mean_change": round(float(np.abs(new - old).mean()), 6) if len(old) else 0.0,
            "flips": int(((old >= cuts[0]) != (new >= cuts[1])).sum()),
            "auc_change": _auc_change(label, texts, old, new),
        }
    moved = [row["auc_change"] for row in rows.values() if row["auc_change"] is not None]
    return {
        "texts": len(texts),
        "mean_change": round(float(np.mean([row["mean_change"] for row in rows.values()])), 6) if rows else 0.0,
        "flips": sum(row["flips"] for row in rows.values()),
        "auc_change": round(float(np.mean(moved)), 5) if moved else None,
        "auc_labels": len(moved),
        "labels": rows,
    }


def _auc_change(label: str, texts: Sequence[Example], old: Floats, new: Floats) -> float | None:
    judged = [number for number, row in enumerate(texts) if label in row.labels]
    truth = np.array([texts[number].labels[label] >= 0.5 for number in judged], float)
    if min(truth.sum(), len(truth) - truth.sum()) < _FEWEST:
        return None
    return round(area_under_roc(truth, new[judged]) - area_under_roc(truth, old[judged]), 5)


def _write_words(base: ModelFolder, naming: Naming, result: Mapping[str, Any], measured: Mapping[str, Any]) -> None:
    """evaluation.json and card.md: those of the base, with what is new in front."""
    file = base.path / "evaluation.json"
    evaluation = orjson.loads(file.read_bytes()) if file.is_file() else {}
    evaluation["labels"] = evaluation.get("labels", {}) | dict(measured)
    write_json(naming.out / "evaluation.json", evaluation | {"retrained": dict(result)})
    card = base.path / "card.md"
    rest = card.read_text("utf-8") if card.is_file() else ""
    text = card_section(naming.name, result, naming.own)
    (naming.out / "card.md").write_text(f"{text}\n{_lowered(rest)}", "utf-8")


def _lowered(card: str) -> str:
    """The base's card as it stands, its title under ours."""
    return card.replace("# Model card:", "## The card of the model it was made from:", 1) if card else ""
