"""Pooled states of examples, read once and kept: what heads are fitted on while the encoder stays as it is."""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file

from analyzer.schema import Example
from analyzer.scoring.network import Network, pad_windows, pool, precision
from analyzer.scoring.windows import Windower, by_length
from analyzer.training.folder import save_tensors

Floats = NDArray[np.float32]
Tick = Callable[[int, int], None]
"""Called with the rows done and their number."""

CHUNK = 1024  # examples a file of the cache
TOKENS = 4096
EMPTY = -20.0  # logit of a text without tokens


@dataclass(frozen=True, slots=True)
class Pooled:
    """states {layer: [window, 2 · hidden]}; owner [window]: the example it belongs to, windows of one in order; n examples."""

    states: dict[int, Floats]
    owner: NDArray[np.int64]
    n: int

    def first(self, layer: int) -> Floats:
        """The first window of each example [example, 2 · hidden]; zeros for a text without tokens."""
        owners, places = np.unique(self.owner, return_index=True)
        features = np.zeros((self.n, self.states[layer].shape[1]), np.float32)
        features[owners] = self.states[layer][places]
        return features

    def logits(self, layer: int, weight: NDArray[np.float64], bias: float) -> NDArray[np.float64]:
        """What a linear head says of each example: the maximum over its windows."""
        result = np.full(self.n, EMPTY)
        np.maximum.at(result, self.owner, self.states[layer] @ weight + bias)
        return result


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads examples with a network whose encoder does not change; `cache` keeps what was read, so that a repeat is quick."""

    network: Network
    windower: Windower
    layers: tuple[int, ...]
    cache: Path
    version: str
    device: str = "cpu"

    def read(self, examples: Sequence[Example], tick: Tick) -> Pooled:
        """The pooled states of `examples`, chunk by chunk."""
        self.cache.mkdir(parents=True, exist_ok=True)
        chunks = []
        for begin in range(0, len(examples), CHUNK):
            chunk = examples[begin : begin + CHUNK]
            chunks.append(self._cached(chunk))
            tick(begin + len(chunk), len(examples))
        owners = [owner + CHUNK * number for number, (_, owner) in enumerate(chunks)]
        width = 2 * self.network.hidden
        states = {
            layer: np.concatenate([np.zeros((0, width), np.float32), *(states[layer] for states, _ in chunks)])
            for layer in self.layers
        }
        return Pooled(states, np.concatenate([np.zeros(0, np.int64), *owners]), len(examples))

    def _cached(self, examples: Sequence[Example]) -> tuple[dict[int, Floats], NDArray[np.int64]]:
        said = repr((self.version, self.layers, [(row.text, row.parent) for row in examples]))
        file = self.cache / f"pooled-{hashlib.sha256(said.encode()).hexdigest()[:24]}.safetensors"
        try:
            kept = load_file(file)
        except (FileNotFoundError, SafetensorError):
            states, owner = self._states(examples)
            kept = {str(layer): values for layer, values in states.items()} | {"owner": owner}
            save_tensors({name: torch.from_numpy(values) for name, values in kept.items()}, file.with_suffix(".tmp"))
            os.replace(file.with_suffix(".tmp"), file)
        return {layer: kept[str(layer)] for layer in self.layers}, kept["owner"]

    def _states(self, examples: Sequence[Example]) -> tuple[dict[int, Floats], NDArray[np.int64]]:
        groups = self.windower.windows([(row.text, row.parent) for row in examples])
        windows = [(number, window) for number, group in enumerate(groups) for window in group]
        states = {layer: np.zeros((len(windows), 2 * self.network.hidden), np.float32) for layer in self.layers}
        numbered = ((place, window) for place, (_, window) in enumerate(windows))
        for places, pooled in self._batches(numbered):
            for layer, values in pooled.items():
                states[layer][places] = values
        return states, np.array([owner for owner, _ in windows], np.int64)

    def _batches(self, numbered: Iterator[tuple[int, object]]) -> Iterator[tuple[list[int], dict[int, Floats]]]:
        self.network.eval()
        for members in by_length(numbered, TOKENS):  # type: ignore[arg-type]
            batch = pad_windows([window for _, window in members], self.windower.pad).to(self.device)
            with torch.inference_mode(), precision():
                encoded = self.network.encode(batch, all_layers=True)
            pooled = {
                layer: pool(encoded.hidden_states[layer].float(), batch.comment).cpu().numpy() for layer in self.layers
            }
            yield [place for place, _ in members], pooled
