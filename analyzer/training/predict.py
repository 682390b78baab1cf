"""What a network says of examples, for calibration and measuring, in the number type that scores later."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from analyzer.schema import Example, Span
from analyzer.scoring.evidence import Marking, marked_spans, merge
from analyzer.scoring.network import Network, pad_windows, precision
from analyzer.scoring.windows import Window, Windower, by_length

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


@dataclass(frozen=True, slots=True)
class Reading:
    """A text in which spans were looked for, its windows, and for each the probabilities [token] of a span family."""

    example: Example
    windows: list[tuple[Window, NDArray[np.float32]]]

    def spans(self, family: str, marking: Marking) -> tuple[Span, ...]:
        """What is marked."""
        found = [span for window, probs in self.windows for span in marked_spans(window, probs, family, marking)]
        return merge(found, self.example.text)


def read_spans(
    network: Network, windower: Windower, examples: Sequence[Example], families: Sequence[str], family: str
) -> list[Reading]:
    """What the span head says of the examples in which a family was looked for, read with their parents as in scoring."""
    asked = [Reading(example, []) for example in examples if family in example.span_families]
    groups = windower.windows([(one.example.text, one.example.parent) for one in asked])
    flat = [(number, window) for number, group in enumerate(groups) for window in group]
    place = families.index(family)
    network.eval()
    for members in by_length(flat, TOKENS):
        with torch.inference_mode(), precision():
            output = network(pad_windows([window for _, window in members], windower.pad))
        scores = output.span_logits.sigmoid().float().numpy()
        for index, (number, window) in enumerate(members):
            probs = scores[index, window.first : window.first + len(window.starts), place]
            asked[number].windows.append((window, probs))
    return asked
