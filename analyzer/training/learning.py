"""A candidate from a model and the user's rows: known labels corrected, own labels learnt, everything else as it was.

Few rows: the encoder stays, heads are fitted on its pooled states. Many: its upper layers learn too (`analyzer.training.tuning`).
"""

import copy
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from analyzer.errors import ConfigError, InputError
from analyzer.evaluation import Held
from analyzer.registry import ModelFolder
from analyzer.schema import Example
from analyzer.scoring.calibration import Calibration
from analyzer.scoring.network import Network, Own, best_dtype
from analyzer.scoring.transformer import load_network
from analyzer.scoring.windows import Windower
from analyzer.training import fitting, heads
from analyzer.training.doubt import doubts
from analyzer.training.loop import Settings
from analyzer.training.ngrams import added_to
from analyzer.training.parts import Parts, learnable, part
from analyzer.training.pooled import Pooled, Reader
from analyzer.training.predict import logits_of
from analyzer.training.tuning import LOOKS, Desk, Lesson, taught, tune

Floats = NDArray[np.float64]
MANY = 2000  # judged rows from which the upper layers learn too
ONE_PASS = 10_000  # rows from which one pass is enough
BATCH = 2048  # padded tokens a training step
_SHARES = {False: (0.0, 0.25), True: (0.1, 0.1)}  # to stop and calibrate by, to measure on; of few and of many rows
_LOOKED_AT = 1000  # rows to stop by that one look reads, about
_TIMED = 32  # rows the speed is told from
_LEARNING = 3.0  # a training step costs this many readings


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What to learn, and with what.

    `own`: ids of the labels that may be new; `rates`: the base rate of each label judged; `replay`: unlabelled texts on which the
    other labels are held, beside the rows themselves, where the encoder learns; `trusting`: labels are learnt even where they
    contradict one another.
    """

    base: ModelFolder
    rows: Sequence[Example]
    own: tuple[str, ...]
    rates: Mapping[str, float]
    replay: Callable[[], Sequence[Example]]
    work: Path
    seed: int
    device: str
    say: Callable[[str], None]
    trusting: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """A network with what it learnt: `labels` are those that changed, `measure` holds their logits.

    `replayed`: texts the other labels were held on; empty where they could not move.
    """

    network: Network
    many: bool
    parts: Parts
    labels: tuple[str, ...]
    all_labels: tuple[str, ...]
    left: Mapping[str, str]
    choices: Mapping[str, Any]
    calibration: Calibration
    thresholds: Mapping[str, Any]
    measure: Held
    replayed: Sequence[Example]


def retrain(task: Task) -> Learnt:
    """The network that learnt `task`, calibrated; InputError if no label has rows enough."""
    _require_device(task.device)
    wanted, left = learnable(task.rows, tuple(dict.fromkeys((*task.base.labels, *task.own))))
    if not wanted:
        why = "; ".join(f"{label}: {reason}" for label, reason in left.items()) or "no row judges a label"
        raise InputError(f"nothing can be learnt from these labels: {why}; label more rows")
    many = len([row for row in task.rows if any(label in row.labels for label in wanted)]) >= MANY
    parts = part(task.rows, wanted, _SHARES[many], task.seed)
    lacking = {label: _lacking(label, parts) for label in wanted}
    wanted = tuple(label for label in wanted if not lacking[label])
    left |= {label: reason for label, reason in lacking.items() if reason}
    if not wanted:
        why = "; ".join(f"{label}: {reason}" for label, reason in left.items())
        raise InputError(f"nothing can be learnt and measured: {why}; label more rows")
    return _Bench(task, parts, wanted, many).learn(left)


def _require_device(device: str) -> None:
    try:
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError):
        raise ConfigError(f"--device {device}: torch finds no such device here; leave it out to use the CPU") from None


def _lacking(label: str, parts: Parts) -> str:
    """Why a label cannot be learnt or measured with these parts; empty if it can."""
    for name, rows in (("learn from", parts.train), ("measure on", parts.measure)):
        truth = [row.labels[label] >= 0.5 for row in rows if label in row.labels]
        if len(set(truth)) < 2:
            return f"of {len(truth):,} rows to {name} all say the same"
    return ""


class _Bench:
    """One training: the network on its way, and what it is fitted on."""

    def __init__(self, task: Task, parts: Parts, wanted: tuple[str, ...], many: bool) -> None:
        torch.manual_seed(task.seed)
        self.task, self.parts, self.wanted, self.many = task, parts, wanted, many
        self.windower = Windower.from_folder(task.base.path)
        self.network = load_network(task.base).to(task.device)
        self.fresh = tuple(label for label in wanted if label not in task.base.labels)
        self.labels = (*task.base.labels, *self.fresh)
        self.layers = self._layers()
        self.choices: dict[str, Any] = {}
        self.letters: Floats | None = None
        self.replay = task.replay() if many else ()

    def learn(self, left: dict[str, str]) -> Learnt:
        self._tell_plan()
        pooled = self._read(self.parts.train)
        if not self.task.trusting:
            self._leave_doubtful(pooled, left)
        fitted = self._fit_new(pooled)
        grown = self._grown(fitted)
        crossed = {label: one.crossed for label, one in fitted.items()}
        if self.many:
            grown = self._tuned(grown)
        else:
            for label in self.wanted:
                if label in self.task.base.labels:
                    crossed |= self._corrected(grown, label, pooled, left)
        network = _rounded(grown).to("cpu")
        labels = self.wanted if self.many else tuple(label for label in self.wanted if label in crossed)
        if not labels:
            raise InputError(
                "the rows do not show how any label could be better than it is: "
                + "; ".join(f"{label}: {why}" for label, why in left.items())
                + "; keep the model, or label more comments on which it is wrong (analyzer suggest)"
            )
        return self._calibrated(network, labels, crossed, left)

    def _layers(self) -> tuple[int, ...]:
        """Layers a new label may be read from: that of the own labels there are; else four when few rows, the last when many."""
        depth = len(self.network.encoder.encoder.layer)  # type: ignore[union-attr, arg-type]
        if self.network.own:
            return (self.network.own.layer,)
        if self.many or not self.fresh:
            return (depth,)
        return tuple(sorted({max(1, round(depth * share)) for share in (1 / 2, 2 / 3, 5 / 6, 1)}))

    def _tell_plan(self) -> None:
        judged = len(self.parts.train) + len(self.parts.fit) + len(self.parts.measure)
        way = (
            "its upper layers learn, all other labels are held to what it says now"
            if self.many
            else "the model stays as it is, only the outputs of these labels are fitted"
        )
        self.task.say(
            f"{judged:,} rows: {'many' if self.many else 'few'} (the line is at {MANY:,}), so {way}. Rows to learn from "
            f"{len(self.parts.train):,}, to stop by {len(self.parts.fit):,}, to measure on {len(self.parts.measure):,}."
        )
        for note in self.parts.notes:
            self.task.say(f"note: {note}")
        seconds = self._seconds_a_row()
        reads = judged + 2 * len(self.parts.measure)
        if self.many:
            lessons = len(self.parts.train) + len(self.replay)
            reads += int(lessons * (1 + _LEARNING * self._passes())) + LOOKS * min(len(self.parts.fit), _LOOKED_AT)
        self.task.say(f"about {math.ceil(reads * seconds / 60 + 0.2)} min on this machine, as busy as it is now")

    def _seconds_a_row(self) -> float:
        step = max(1, len(self.parts.train) // _TIMED)
        rows = self.parts.train[::step][:_TIMED]
        logits_of(self.network, self.windower, rows[:2])  # what the first call sets up is not timed
        began = time.monotonic()
        logits_of(self.network, self.windower, rows)
        return (time.monotonic() - began) / len(rows)

    def _read(self, rows: Sequence[Example]) -> Pooled:
        depth = len(self.network.encoder.encoder.layer)  # type: ignore[union-attr, arg-type]
        layers = tuple(sorted({*self.layers, depth}))
        began = time.monotonic()

        def tick(done: int, total: int) -> None:
            left = (time.monotonic() - began) / done * (total - done) / 60
            if done < total:
                self.task.say(f"read {done:,} of {total:,} texts, about {math.ceil(left)} min left")

        reader = Reader(self.network, self.windower, layers, self.task.work, self.task.base.version, self.task.device)
        return reader.read(rows, tick)

    def _leave_doubtful(self, pooled: Pooled, left: dict[str, str]) -> None:
        """Labels whose rows contradict one another are left as they are, or out; InputError if no other is there to learn."""
        states = np.hstack([pooled.first(layer) for layer in sorted(pooled.states)])
        found = doubts(self.parts.train, states, self.parts.groups, self.wanted)
        left |= found
        self.wanted, self.fresh = (
            tuple(label for label in labels if label not in found) for labels in (self.wanted, self.fresh)
        )
        self.labels = (*self.task.base.labels, *self.fresh)
        if not self.wanted:
            raise InputError(
                f"nothing is learnt from these labels: {'; '.join(f'{label}: {why}' for label, why in left.items())}. Look "
                "through what `analyzer check LABELS --likely-wrong wrong.csv` lists; where the labels are right and the question "
                "is that hard, take them as they are with --trust-labels"
            )
        for label, why in found.items():
            self.task.say(f"{label} is not learnt: {why}")

    def _judged(self, label: str, features: NDArray[np.float32], start: Floats) -> heads.Judged:
        rows = [number for number, row in enumerate(self.parts.train) if label in row.labels]
        examples = [self.parts.train[number] for number in rows]
        return heads.Judged(
            features=features[rows].astype(float),
            truth=np.array([row.labels[label] for row in examples], float),
            weights=np.array([row.weights.get(label, 1.0) for row in examples], float),
            groups=[self.parts.groups[number] for number in rows],
            start=start[rows],
        )

    def _fit_new(self, pooled: Pooled) -> dict[str, heads.Fitted]:
        """Heads of the new labels, all on the layer on which they lose least together."""
        nothing = np.zeros(pooled.n)
        strengths = heads.NEW[1:2] if self.many else heads.NEW  # tuning follows: a good beginning is enough
        tried = {
            layer: {
                label: heads.fit(self._judged(label, pooled.first(layer), nothing), strengths) for label in self.fresh
            }
            for layer in self.layers
        }
        layer = min(tried, key=lambda layer: sum(one.loss for one in tried[layer].values()))
        self.layers = (layer,)
        for label, one in tried[layer].items():
            self.choices[label] = {"layer": layer, "strength": one.strength}
        return tried[layer]

    def _grown(self, fitted: Mapping[str, heads.Fitted]) -> Network:
        """The network with a place for every label; outputs of new labels as fitted."""
        if not self.fresh:
            return copy.deepcopy(self.network)
        before = self.network.own.labels if self.network.own else 0
        own = Own(labels=before + len(self.fresh), layer=self.layers[0])
        encoder = copy.deepcopy(self.network.encoder)
        families = self.network.span_head.out_features
        ngrams = copy.deepcopy(self.network.ngrams)
        grown = Network(encoder, len(self.labels), families, own, ngrams).to(self.task.device)
        grown.comment_head.load_state_dict(self.network.comment_head.state_dict())
        grown.span_head.load_state_dict(self.network.span_head.state_dict())
        with torch.no_grad():
            if before:
                grown.own_head.weight[:before] = self.network.own_head.weight
                grown.own_head.bias[:before] = self.network.own_head.bias
        for label, one in fitted.items():
            _set(grown, self.labels.index(label), one.weight, one.bias)
        return grown.eval()

    def _corrected(self, grown: Network, label: str, pooled: Pooled, left: dict[str, str]) -> dict[str, Floats]:
        """Corrects a known label's head where that helps; its logits on rows it did not see."""
        head, place, layer = _head(grown, self.labels.index(label))
        weight, bias = head.weight[place].detach().cpu().double().numpy(), head.bias[place].item()
        features, letters = pooled.first(layer), self._from_letters(label)
        slope, shift = heads.level(self._judged(label, features, features @ weight + bias + letters))
        weight, bias, letters = slope * weight, slope * bias + shift, slope * letters
        judged = self._judged(label, features, features @ weight + bias + letters)
        fitted = heads.fit(judged, heads.KNOWN)
        if not heads.helps(judged, fitted):
            left[label] = f"left as it is: {len(judged.truth):,} rows do not show that it could be better"
            return {}
        _set(grown, self.labels.index(label), weight + fitted.weight, bias + fitted.bias)
        if grown.ngrams is not None:
            grown.ngrams.stretch(self.labels.index(label), slope)
        self.choices[label] = {"layer": layer, "strength": fitted.strength}
        return {label: fitted.crossed}

    def _from_letters(self, label: str) -> Floats:
        """What n-grams add to a label's logit on the rows to learn from [row]."""
        ngrams, column = self.network.ngrams, self.labels.index(label)
        if ngrams is None or column not in ngrams.shape.columns:
            return np.zeros(len(self.parts.train))
        if self.letters is None:
            self.letters = added_to(ngrams, self.windower, self.parts.train)
        return self.letters[:, ngrams.shape.columns.index(column)]

    def _passes(self) -> int:
        return 1 if len(self.parts.train) >= ONE_PASS else 2

    def _tuned(self, network: Network) -> Network:
        """The upper half of the encoder and all heads, tuned."""
        lesson = Lesson(self.labels, frozenset(self.wanted), frozenset(self.fresh))
        shown = [*self.parts.train, *self.replay]
        rows = taught(network, self.windower, shown, lesson, self.task.say) * self._passes()
        depth = len(network.encoder.encoder.layer)  # type: ignore[union-attr, arg-type]
        settings = Settings(
            seed=self.task.seed,
            tokens=BATCH,
            encoder_rate=5e-5,
            head_rate=3e-4,
            frozen_layers=depth // 2,
            bfloat16=best_dtype() == torch.bfloat16,
            device=self.task.device,
        )
        tokens = sum(len(row.window.ids) for row in rows)
        settings = replace(settings, checkpoint_steps=max(5, math.ceil(tokens / settings.tokens / LOOKS)))
        desk = Desk(folder=self.task.work, pad=self.windower.pad, watch=lambda: self._loss(network), say=self.task.say)
        looks = tune(network, rows, settings, desk)
        self.choices["tuning"] = {"best": min(looks, key=lambda look: look[1]), "looks": looks}
        return network

    def _loss(self, network: Network) -> float:
        """Mean loss of the labels that are learnt, on the rows to stop by."""
        rows = self.parts.fit[:: max(1, len(self.parts.fit) // _LOOKED_AT)]
        held = Held(rows, logits_of(network, self.windower, rows), self.labels)
        columns = [held.column(label) for label in self.wanted]
        return float(np.mean([heads.log_loss(c.truth, c.scores, c.weights) for c in columns if len(c.truth)]))

    def _calibrated(
        self, network: Network, labels: tuple[str, ...], crossed: Mapping[str, Floats], left: Mapping[str, str]
    ) -> Learnt:
        places = [self.labels.index(label) for label in labels]
        measure = Held(self.parts.measure, logits_of(network, self.windower, self.parts.measure)[:, places], labels)
        if self.many:
            rows = self.parts.fit
            fit = Held(rows, logits_of(network, self.windower, rows)[:, places], labels)
        else:
            rows = self.parts.train
            fit = Held(rows, _spread(rows, crossed, labels), labels)
        trained = fitting.trained_rates([_only(row, labels) for row in self.parts.train], labels)
        calibration = fitting.calibrate(fit, self.task.rates, trained)
        betas = {label: fitting.assumed("betas", label) or 1.0 for label in labels}
        return Learnt(
            network=network,
            many=self.many,
            parts=self.parts,
            labels=labels,
            all_labels=self.labels,
            left=left,
            choices=self.choices,
            calibration=calibration,
            thresholds=fitting.thresholds(fit, measure, calibration, self.task.rates, betas),
            measure=measure,
            replayed=[*self.replay, *self.parts.train] if self.many else (),
        )


def _head(network: Network, column: int) -> tuple[torch.nn.Linear, int, int]:
    """The head that gives a label, its row there, and the layer it reads."""
    depth = len(network.encoder.encoder.layer)  # type: ignore[union-attr, arg-type]
    common = network.comment_head.out_features
    if column < common or network.own is None:
        return network.comment_head, column, depth
    return network.own_head, column - common, network.own.layer


def _set(network: Network, column: int, weight: Floats, bias: float) -> None:
    head, place, _ = _head(network, column)
    with torch.no_grad():
        head.weight[place] = torch.from_numpy(weight).to(head.weight)
        head.bias[place] = bias


def _rounded(network: Network) -> Network:
    """The network in the numbers it will be stored in, so that what is measured is what is shipped."""
    return network.half().float().eval()


def _spread(rows: Sequence[Example], crossed: Mapping[str, Floats], labels: Sequence[str]) -> NDArray[np.float32]:
    """Cross-validated logits [row, label]; nan where a row does not judge the label."""
    scores = np.full((len(rows), len(labels)), np.nan, np.float32)
    for column, label in enumerate(labels):
        judged = [number for number, row in enumerate(rows) if label in row.labels]
        scores[judged, column] = crossed[label]
    return scores


def _only(row: Example, labels: Sequence[str]) -> Example:
    return replace(row, labels={name: value for name, value in row.labels.items() if name in labels})
