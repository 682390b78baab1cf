"""What a network says before a stage, as soft targets of the labels that nobody judged a row for.

A stage on rows that are judged for a few labels lets the others drift. Learnt beside the judgements at a low weight, the network's
own answers hold them where they were (learning without forgetting: Li & Hoiem 2016, arXiv 1606.09282).
"""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import safe_open

from analyzer.scoring.network import Network, pad_windows, precision
from analyzer.scoring.windows import by_length
from analyzer.training.batches import Row, digest_of
from analyzer.training.folder import save_tensors
from analyzer.training.loop import weights_hash
from analyzer.training.predict import TOKENS


def keep_answers(network: Network, rows: Sequence[Row], weight: float, *, pad: int, folder: Path) -> list[Row]:
    """`rows` with the network's probabilities as targets, at `weight`, of each label that a row was not judged for.

    The answers are kept in `folder`, so that a stage that was stopped goes on with the same.
    """
    answers = _answers(network, rows, pad, folder / "answers.safetensors")
    kept = []
    for row, probs in zip(rows, answers, strict=True):
        unjudged = row.weights == 0
        targets = np.where(unjudged, probs.astype(np.float32), row.targets)
        kept.append(replace(row, targets=targets, weights=np.where(unjudged, np.float32(weight), row.weights)))
    return kept


def _answers(network: Network, rows: Sequence[Row], pad: int, file: Path) -> NDArray[np.float16]:
    """Probabilities [row, label], those of `file` if they are of the same rows and weights."""
    asked = f"{digest_of(rows)} {weights_hash(network)}"
    if file.exists():
        with safe_open(file, "np") as opened:
            if (opened.metadata() or {}).get("run") == asked:
                stored: NDArray[np.float16] = opened.get_tensor("probs")
                return stored
    probs = np.zeros((len(rows), network.labels), np.float16)
    network.eval()
    for members in by_length([(number, row.with_parent or row.window) for number, row in enumerate(rows)], TOKENS):
        with torch.inference_mode(), precision():
            output = network(pad_windows([window for _, window in members], pad))
        probs[[number for number, _ in members]] = output.logits.sigmoid().numpy()
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_suffix(".tmp")
    save_tensors({"probs": torch.from_numpy(probs)}, temporary, {"run": asked})
    os.replace(temporary, file)
    return probs
