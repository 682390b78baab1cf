"""The upper encoder layers learn the user's labels while every other label is held to what the current model says.

Holding is distillation (Hinton et al. 2015, arXiv 1503.02531) on the very texts that are learnt from, and on others that are at
hand, so that no old corpus is needed (Li and Hoiem 2017, "Learning without Forgetting", arXiv 1606.09282). New labels begin as
heads fitted on the unchanged encoder: tuning from there distorts less (Kumar et al. 2022, arXiv 2202.10054).
"""

import hashlib
import json
import math
import os
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file

from analyzer.schema import Example
from analyzer.scoring.network import Network, pad_windows, precision
from analyzer.scoring.windows import Window, Windower, by_length
from analyzer.training.batches import Row, digest_of
from analyzer.training.folder import save_tensors
from analyzer.training.loop import Settings, steps

TOKENS = 4096
PATIENCE = 3  # looks without a gain after which tuning stops
HOLD = 2.0  # weight of what the current model says beside a judgement of the user's
LOOKS = 10  # at the rows to stop by, in a whole run
TELL_AFTER = 30.0  # seconds between two words on how far reading is


@dataclass(frozen=True, slots=True)
class Lesson:
    """What is learnt: columns of labels judged in the user's rows (`learnt`); `fresh` ones the current model does not know."""

    labels: tuple[str, ...]
    learnt: frozenset[str]
    fresh: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where tuning works and whom it tells: `watch` gives the loss on the rows to stop by."""

    folder: Path
    pad: int
    watch: Callable[[], float]
    say: Callable[[str], None]


def taught(
    network: Network,
    windower: Windower,
    examples: Sequence[Example],
    lesson: Lesson,
    say: Callable[[str], None] = lambda _: None,
) -> list[Row]:
    """A row an example: the user's judgements where there are any, else what `network` says, of labels and of spans.

    Every other reply is read without its parent, so that both ways of reading are held. `say` is told how far it is.
    """
    chosen = list(_chosen(windower, examples))
    logits, spans = _answers(network, windower.pad, [window for _, window in chosen], say)
    families = np.ones(network.span_head.out_features, np.float32)
    rows = []
    for (example, window), said, marked in zip(chosen, logits, spans, strict=True):
        targets, weights = said, np.full(len(said), HOLD, np.float32)
        for column, label in enumerate(lesson.labels):
            if label in lesson.learnt and label in example.labels:
                targets[column] = example.labels[label]
                weights[column] = example.weights.get(label, 1.0)
            elif label in lesson.fresh:
                weights[column] = 0.0
        rows.append(Row(window, None, False, targets, weights, marked, families))
    return rows


def _chosen(windower: Windower, examples: Sequence[Example]) -> Iterator[tuple[Example, Window]]:
    parents = [example.parent if zlib.crc32(example.text.encode()) & 1 else None for example in examples]
    pairs = [(example.text, parent) for example, parent in zip(examples, parents, strict=True)]
    for example, windows in zip(examples, windower.windows(pairs), strict=True):
        if windows:
            yield example, windows[0]


def _answers(
    network: Network, pad: int, windows: Sequence[Window], say: Callable[[str], None]
) -> tuple[NDArray[np.float32], list[NDArray[np.float32]]]:
    """Raw probabilities [window, label] and, for each window, of its own tokens [token, family]."""
    network.eval()
    labels = np.zeros((len(windows), network.labels), np.float32)
    spans: list[NDArray[np.float32]] = [np.zeros((0, 0), np.float32)] * len(windows)
    device = next(network.parameters()).device.type
    done, told = 0, time.monotonic()
    for members in by_length(enumerate(windows), TOKENS):
        with torch.inference_mode(), precision():
            output = network(pad_windows([window for _, window in members], pad).to(device))
        said, marked = output.logits.sigmoid().cpu().numpy(), output.span_logits.sigmoid().cpu().numpy()
        for place, (number, window) in enumerate(members):
            labels[number] = said[place]
            spans[number] = marked[place, window.first : window.first + len(window.starts)]
        done += len(members)
        if time.monotonic() - told > TELL_AFTER:
            told = time.monotonic()
            say(f"{done:,} of {len(windows):,} rows read with the current model, to hold what it knows")
    return labels, spans


def tune(network: Network, rows: Sequence[Row], settings: Settings, desk: Desk) -> list[tuple[int, float]]:
    """Tunes `network` in place and leaves it as it was at its best; (step, loss) at each look, step 0 the beginning.

    Stopped and repeated, it goes on from its last checkpoint.
    """
    folder = desk.folder / f"tuning-{_mark(rows, settings)}"
    looks = _Looks(folder, network)
    if not looks.known:
        looks.add(0, desk.watch())
    began = time.monotonic()
    for step, total in steps(network, rows, settings, pad=desk.pad, folder=folder) if looks.gaining else ():
        loss = desk.watch()
        looks.add(step, loss)
        left = (time.monotonic() - began) / max(1, step - looks.resumed) * (total - step) / 60
        desk.say(
            f"step {step:,} of {total:,}: loss on rows to stop by {loss:.4f}, best {looks.best[1]:.4f}; {_left(left)}"
        )
        if not looks.gaining:
            desk.say("no gain any more: stopped early")
            break
    looks.restore()
    return looks.known


def _left(minutes: float) -> str:
    return "under a minute left" if minutes < 1 else f"about {math.ceil(minutes)} min left"


class _Looks:
    """The losses seen so far and the weights at the best of them, on disk."""

    def __init__(self, folder: Path, network: Network) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._losses, self._weights, self._network = folder / "looks.json", folder / "best.safetensors", network
        self.known: list[tuple[int, float]] = []
        if self._losses.is_file():
            self.known = [(int(step), float(loss)) for step, loss in json.loads(self._losses.read_text("utf-8"))]
        self.resumed = self.known[-1][0] if self.known else 0

    @property
    def best(self) -> tuple[int, float]:
        return min(self.known, key=lambda look: (look[1], look[0]))

    def add(self, step: int, loss: float) -> None:
        self.known = [look for look in self.known if look[0] < step] + [(step, loss)]
        if self.best[0] == step:
            save_tensors(self._network.state_dict(), self._part)
            os.replace(self._part, self._weights)
        self._losses.write_text(json.dumps(self.known), "utf-8")

    @property
    def _part(self) -> Path:
        return self._weights.with_suffix(".tmp")

    @property
    def gaining(self) -> bool:
        """False once `PATIENCE` looks in a row brought no gain."""
        return sum(step > self.best[0] for step, _ in self.known) < PATIENCE

    def restore(self) -> None:
        self._network.load_state_dict(load_file(self._weights))
        self._network.eval()


def _mark(rows: Sequence[Row], settings: Settings) -> str:
    """Equal for the same rows and settings: a folder of another run is not gone on with."""
    return hashlib.sha256(f"{settings!r} {digest_of(rows)}".encode()).hexdigest()[:16]
