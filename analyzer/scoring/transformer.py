"""TransformerScorer: windows, length-sorted batches, merge, calibrate, evidence."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file

from analyzer.errors import ModelError
from analyzer.registry import ModelFolder
from analyzer.schema import Checked, Comment, Score, Span, Thread
from analyzer.scoring.calibration import Calibration
from analyzer.scoring.evidence import find_spans, merge, plan_of
from analyzer.scoring.language import identify, usual_language
from analyzer.scoring.network import POOLER, Batch, Network, Own, empty_encoder, pad_windows, pool, precision
from analyzer.scoring.ngrams import Ngrams, Shape
from analyzer.scoring.windows import Window, Windower, by_length
from analyzer.text import has_letters

log = logging.getLogger(__name__)
Floats = NDArray[np.float32]
CHUNK = 512  # comments sorted by length together
TOKENS = 4096  # padded tokens a batch
LAYERS = (7 / 12, 9 / 12, 11 / 12)  # of the encoder's height: where `representations` are taken
UNKNOWN_SHARE = 0.3  # of tokens: beyond it the script is one the encoder cannot read


class _Ask(NamedTuple):
    """What is read: a text under that of its parent, its language, and whether the text itself says so."""

    text: str
    parent: str | None
    lang: str
    sure: bool


class TransformerScorer:
    """Scores threads with a model folder of this package; each comment is read with its parent."""

    def __init__(self, folder: ModelFolder, *, threads: int | None = None) -> None:
        if threads:
            torch.set_num_threads(threads)
        self.folder = folder
        self.thresholds = folder.thresholds
        self._windower = Windower.from_folder(folder.path)
        self._calibration = Calibration.from_json(folder.manifest["calibration"], folder.labels)
        self._plan = plan_of(folder.manifest)
        self._languages = frozenset(folder.manifest["languages"]["tested"] + folder.manifest["languages"]["transfer"])
        self._network = load_network(folder)

    @property
    def version(self) -> str:
        return self.folder.version

    @property
    def labels(self) -> tuple[str, ...]:
        return self.folder.labels

    @property
    def own_labels(self) -> tuple[Mapping[str, Any], ...]:
        """Definitions of labels that the user's own labels taught it, for `load_taxonomy(own=…)`."""
        return self.folder.own_labels

    def score(self, threads: Iterable[Thread]) -> Iterator[Score]:
        """One Score a comment, in the order of the threads and their comments."""
        pairs = (
            (comment, above[-1] if above else None, comment.lang or usual)
            for thread in threads
            for usual in (usual_language(thread),)
            for comment, above in thread.with_context(1)
        )
        while chunk := list(islice(pairs, CHUNK)):
            yield from self._score(chunk)

    def logits(self, texts: Sequence[tuple[str, str | None]]) -> Floats:
        """Raw logits [text, label] of `(text, parent)`; a text without tokens gets the lowest value."""
        windows = list(self._windower.windows(texts))
        logits, _ = self._read(windows)
        return np.stack(
            [
                logits[index] if windows[index] else np.full(len(self.labels), -20, np.float32)
                for index in range(len(texts))
            ]
        )

    def representations(self, texts: Sequence[tuple[str, str | None]]) -> Floats:
        """What the model makes of `(text, parent)`: [text, 3 · 2 · hidden + label], zeros for a text without tokens.

        Pooled states from the middle of the encoder on (lower layers tell apart what the last ones had no use for), the mean over
        windows, then the logits, their maximum.
        """
        groups = list(self._windower.windows(texts))
        size = 2 * self._network.hidden
        result = np.zeros((len(texts), len(LAYERS) * size + len(self.labels)), np.float32)
        pooled, logits = result[:, : len(LAYERS) * size], result[:, len(LAYERS) * size :]
        logits[[bool(group) for group in groups]] = -np.inf
        flat = ((number, window) for number, group in enumerate(groups) for window in group)
        for members in by_length(flat, TOKENS):
            batch = pad_windows([window for _, window in members], self._windower.pad)
            with torch.inference_mode(), precision():
                encoded = self._network.encode(batch, all_layers=True)
                states = [encoded.hidden_states[round(share * (len(encoded.hidden_states) - 1))] for share in LAYERS]
                features = torch.cat([pool(state.float(), batch.comment) for state in states], dim=-1).numpy()
                said = self._network.judge(encoded, batch).logits.numpy()
            for row, (number, _) in enumerate(members):
                pooled[number] += features[row] / len(groups[number])
                logits[number] = np.maximum(logits[number], said[row])
        return result

    def _score(self, chunk: Sequence[tuple[Comment, Comment | None, str | None]]) -> Iterator[Score]:
        asks = [
            _asked(comment, parent, hint) if comment.scorable and has_letters(comment.text) else None
            for comment, parent, hint in chunk
        ]
        # The same text under the same parent is read once; held to be in two languages, it has two sets of thresholds.
        place = {ask: index for index, ask in enumerate(dict.fromkeys(ask for ask in asks if ask))}
        windows = list(self._windower.windows([(ask.text, ask.parent) for ask in place]))
        checks = [self._check(ask, windows[index]) for ask, index in place.items()]
        logits, spans = self._read(windows, [(ask.text, ask.lang) for ask in place])
        for (comment, _, _), ask in zip(chunk, asks, strict=True):
            if ask is None:
                yield Score(key=comment.key, model=self.version, checked=_why_not(comment))
                continue
            index = place[ask]
            if checks[index] is not Checked.OK:
                yield Score(
                    key=comment.key,
                    model=self.version,
                    lang=ask.lang,
                    checked=checks[index],
                    windows=len(windows[index]),
                )
                continue
            probs = self._calibration(logits[index])
            yield Score(
                key=comment.key,
                model=self.version,
                probs={label: round(float(prob), 6) for label, prob in zip(self.labels, probs, strict=True)},
                spans=spans[index],
                windows=len(windows[index]),
                lang=ask.lang,
            )

    def _check(self, ask: _Ask, windows: Sequence[Window]) -> Checked:
        if not windows:
            return Checked.LETTERLESS
        tokens = [token for window in windows for token in window.ids[window.first : window.first + len(window.starts)]]
        unknown = sum(token == self._windower.unknown for token in tokens) / len(tokens)
        if unknown > UNKNOWN_SHARE or (ask.sure and ask.lang not in self._languages):
            return Checked.LANGUAGE
        return Checked.OK

    def _read(
        self, windows: Sequence[Sequence[Window]], texts: Sequence[tuple[str, str]] | None = None
    ) -> tuple[dict[int, Floats], dict[int, tuple[Span, ...]]]:
        """Logits (maximum over windows) and, where `texts` are given with their languages, spans of each that has windows."""
        flat = ((number, window) for number, group in enumerate(windows) for window in group)
        logits: dict[int, Floats] = {}
        found: dict[int, list[Span]] = {number: [] for number in range(len(windows))}
        for members in by_length(flat, TOKENS):
            batch = pad_windows([window for _, window in members], self._windower.pad)
            values, token_probs, contributions = self._forward(batch)
            probs = self._calibration(values).astype(np.float32)
            for row, (number, window) in enumerate(members):
                logits[number] = np.maximum(logits[number], values[row]) if number in logits else values[row]
                if texts is not None:
                    place = slice(window.first, window.first + len(window.starts))
                    found[number] += find_spans(
                        self._plan,
                        probs[row],
                        texts[number][1],
                        window,
                        token_probs[row, place],
                        contributions[row, place],
                    )
        if texts is None:
            return logits, {}
        return logits, {number: merge(spans, texts[number][0]) for number, spans in found.items()}

    def _forward(self, batch: Batch) -> tuple[Floats, Floats, Floats]:
        """logits [batch, label], token probabilities [batch, length, family], contributions [batch, length, label]."""
        with torch.inference_mode():
            with precision():
                output = self._network(batch)
            contributions = self._network.contributions(output, batch)
        return output.logits.numpy(), output.span_logits.sigmoid().numpy(), contributions.numpy()


def load_network(folder: ModelFolder) -> Network:
    """The network of a model folder, ready to score."""
    manifest = folder.manifest
    tensors: dict[str, torch.Tensor] = {}
    for shard in manifest["weights"]:
        tensors |= load_file(folder.path / shard)
    own = Own(**manifest["own_head"]) if "own_head" in manifest else None
    ngrams = Ngrams(Shape.from_json(manifest["ngrams"], manifest["labels"])) if "ngrams" in manifest else None
    sizes = len(manifest["labels"]), len(manifest["span_families"])
    network = Network(empty_encoder(manifest["encoder"]), *sizes, own, ngrams)
    try:
        wanted = {
            name: tensor.float() if tensor.is_floating_point() else tensor
            for name, tensor in tensors.items()
            if not name.startswith(POOLER)
        }
        network.load_state_dict(wanted, strict=True, assign=True)
    except RuntimeError as error:
        raise ModelError(f"{folder.path}: the weights do not fit the network ({str(error).splitlines()[0]})") from None
    return network.eval()


def _asked(comment: Comment, parent: Comment | None, hint: str | None) -> _Ask:
    above = parent.text if parent is not None and parent.scorable else None
    return _Ask(comment.text, above, *identify(comment.text, hint))


def _why_not(comment: Comment) -> Checked:
    return comment.put_away or (Checked.LETTERLESS if comment.text.strip() else Checked.EMPTY)
