"""What a network says of examples, for calibration and measuring, in the number type that scores later."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from analyzer.schema import Example
from analyzer.scoring.network import Network, pad_windows, precision
from analyzer.scoring.windows import Windower, by_length
from analyzer.training.batches import Row, tokenise

TOKENS = 4096  # padded tokens a batch


def logits_of(network: Network, windower: Windower, examples: Sequence[Example]) -> NDArray[np.float32]:
    """Logits [example, label], the maximum over windows; -20 for an example without tokens."""
    groups = list(windower.windows([(example.text, example.parent) for example in examples]))
    flat = [(number, window) for number, group in enumerate(groups) for window in group]
    result = np.full((len(examples), network.labels), -20.0, np.float32)
    device = next(network.parameters()).device.type
    network.eval()
    for members in by_length(flat, TOKENS):
        with torch.inference_mode(), precision():
            output = network(pad_windows([window for _, window in members], windower.pad).to(device))
        for (number, _), values in zip(members, output.logits.cpu().numpy(), strict=True):
            result[number] = np.maximum(result[number], values)
    return result


def token_probabilities(
    network: Network, windower: Windower, examples: Sequence[Example], families: Sequence[str], family: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Probabilities and truth [token] of one span family over the examples in which it was looked for."""
    asked = [example for example in examples if family in example.span_families]
    rows: list[Row] = tokenise(asked, windower, (), families)
    place = families.index(family)
    probs, truth = [np.zeros(0)], [np.zeros(0)]
    network.eval()
    for members in by_length(((number, row.window) for number, row in enumerate(rows)), TOKENS):
        with torch.inference_mode(), precision():
            output = network(pad_windows([window for _, window in members], windower.pad))
        scores = output.span_logits.sigmoid().numpy()
        for index, (number, window) in enumerate(members):
            marked = rows[number].span_targets
            if marked is not None:
                probs.append(scores[index, window.first : window.first + len(window.starts), place].astype(float))
                truth.append(marked[:, place].astype(float))
    return np.concatenate(probs), np.concatenate(truth)
