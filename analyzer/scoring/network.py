"""The network: one encoder, a comment head over all labels, a span head over token families; every shape said.

The comment head is linear on the mean and the maximum of the comment's own token states. The parent comment is read by the
encoder but never pooled, so its words can explain a reply and cannot be blamed on it; and because pooling and head are
linear, each logit splits exactly into what every token added (`contributions`), which is the evidence shown for labels that
have no annotated spans.

Labels of the user's own (`analyzer train`) are read the same way by a head of their own, from the layer that tells them apart best:
training on other labels changes the last layers most (Merchant et al. 2020, arXiv 2004.14448), and what it had no use for is
lost there.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from analyzer.scoring.encoder import BertEncoder, is_plain_bert
from analyzer.scoring.ngrams import Ngrams, pad_letters
from analyzer.scoring.windows import Window

POOLER = "encoder.pooler."  # a part of pretrained BERT that no head here reads: neither stored nor loaded


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Windows padded to one length.

    ids [batch, length] int64; attention [batch, length] bool, real tokens; comment [batch, length] bool, tokens of the comment
    itself (not the parent, not specials). letters [batch, letter] int64, the comment's code points in lower case, 0 where there are
    none; owners [batch, letter] int64, the token (its place in `ids`) that a letter belongs to.
    """

    ids: Tensor
    attention: Tensor
    comment: Tensor
    letters: Tensor
    owners: Tensor

    def to(self, device: str) -> "Batch":
        """The batch on a device; itself where it is there already."""
        if device == "cpu":
            return self
        return Batch(**{field.name: getattr(self, field.name).to(device) for field in fields(self)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """logits [batch, label]; span_logits [batch, length, family]; states [batch, length, hidden]. All float32.

    `own_states` are those of the layer that the user's own labels are read from; equal to `states` where there are none.
    `from_letters` [batch, letter, label of n-grams] is what each letter added to `logits`; None where there are no n-grams.
    """

    logits: Tensor
    span_logits: Tensor
    states: Tensor
    own_states: Tensor
    from_letters: Tensor | None = None


def pad_windows(windows: Sequence[Window], pad: int) -> Batch:
    """Windows padded on the right to the longest of them."""
    length = max(len(window.ids) for window in windows)
    ids = np.full((len(windows), length), pad, np.int64)
    attention = np.zeros((len(windows), length), bool)
    comment = np.zeros((len(windows), length), bool)
    letters = pad_letters([window.letters for window in windows])
    owners = np.zeros(letters.shape, np.int64)
    for index, window in enumerate(windows):
        places = np.searchsorted(window.offsets, np.arange(len(window.letters)), side="right") - 1
        owners[index, : len(places)] = window.first + places.clip(min=0)
        ids[index, : len(window.ids)] = window.ids
        attention[index, : len(window.ids)] = True
        comment[index, window.first : window.first + len(window.starts)] = True
    return Batch(
        ids=torch.from_numpy(ids),
        attention=torch.from_numpy(attention),
        comment=torch.from_numpy(comment),
        letters=letters,
        owners=torch.from_numpy(owners),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """The user's own labels: how many, and the encoder layer (1 is the first) they are read from."""

    labels: int
    layer: int


class Network(nn.Module):
    """Encoder, dropout, comment head with n-grams beside it, span head, and a head for the user's own labels, which stand last."""

    def __init__(
        self, encoder: nn.Module, labels: int, families: int, own: Own | None = None, ngrams: Ngrams | None = None
    ) -> None:
        """`labels` counts all of them, the user's own ones included."""
        super().__init__()
        self.encoder = encoder
        self.hidden = int(encoder.config.hidden_size)  # type: ignore[union-attr, arg-type]
        self.labels = labels
        self.own = own
        self.dropout = nn.Dropout(0.1)
        self.comment_head = nn.Linear(2 * self.hidden, labels - (own.labels if own else 0))
        self.span_head = nn.Linear(self.hidden, families)
        if own:
            self.own_head = nn.Linear(2 * self.hidden, own.labels)
        self.ngrams = ngrams

    def forward(self, batch: Batch) -> Output:
        return self.judge(self.encode(batch, all_layers=self.own is not None), batch)

    def judge(self, encoded: Any, batch: Batch) -> Output:
        """What the heads say of an encoded batch; with labels of the user's own it must hold all layers."""
        states = encoded.last_hidden_state.float()
        own_states = encoded.hidden_states[self.own.layer].float() if self.own else states
        with torch.autocast(states.device.type, enabled=False):
            logits = self.comment_head(self.dropout(pool(states, batch.comment)))
            if self.own:
                own_logits = self.own_head(self.dropout(pool(own_states, batch.comment)))
                logits = torch.cat([logits, own_logits], dim=-1)
            from_letters = self.ngrams(batch.letters) if self.ngrams else None
            return Output(
                logits=self._with_letters(logits, from_letters),
                span_logits=self.span_head(self.dropout(states)),
                states=states,
                own_states=own_states,
                from_letters=from_letters,
            )

    def _with_letters(self, logits: Tensor, from_letters: Tensor | None) -> Tensor:
        if self.ngrams is None or from_letters is None:
            return logits
        return logits.index_add(1, self.ngrams.columns, from_letters.sum(dim=1))

    def encode(self, batch: Batch, *, all_layers: bool = False) -> Any:
        """What the encoder says: `last_hidden_state`, and with `all_layers` also `hidden_states`, the embeddings first."""
        return self.encoder(input_ids=batch.ids, attention_mask=batch.attention, output_hidden_states=all_layers)

    def contributions(self, output: Output, batch: Batch) -> Tensor:
        """What each token added to each logit: [batch, length, label]; summed over tokens plus bias it is the logit."""
        added = _contributions(self.comment_head, output.states, batch.comment)
        if self.ngrams is not None and output.from_letters is not None:
            by_token = added.new_zeros(*added.shape[:2], output.from_letters.shape[-1])
            by_token.scatter_add_(1, batch.owners.unsqueeze(-1).expand_as(output.from_letters), output.from_letters)
            added = added.index_add(2, self.ngrams.columns, by_token)
        if self.own is None:
            return added
        return torch.cat([added, _contributions(self.own_head, output.own_states, batch.comment)], dim=-1)


def _contributions(head: nn.Linear, states: Tensor, comment: Tensor) -> Tensor:
    hidden = states.shape[-1]
    weight_mean, weight_max = head.weight[:, :hidden], head.weight[:, hidden:]
    count = comment.sum(dim=1, keepdim=True).clamp(min=1).unsqueeze(-1)
    from_mean = (states @ weight_mean.T) / count * comment.unsqueeze(-1)
    winners = states.masked_fill(~comment.unsqueeze(-1), float("-inf")).argmax(dim=1)  # [batch, hidden]
    won = (
        torch.zeros_like(states).scatter_(1, winners.unsqueeze(1), 1.0) * states
    )  # only the winning token keeps its value
    added: Tensor = from_mean + (won @ weight_max.T) * comment.unsqueeze(-1)
    return added


def pool(states: Tensor, comment: Tensor) -> Tensor:
    """Mean and maximum of the comment's own tokens, side by side: [batch, 2 · hidden]."""
    return torch.cat([_mean(states, comment), _maximum(states, comment)], dim=-1)


def _mean(states: Tensor, mask: Tensor) -> Tensor:
    weights = mask.unsqueeze(-1).to(states.dtype)
    return (states * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=1)


def _maximum(states: Tensor, mask: Tensor) -> Tensor:
    # A window without comment tokens (never made by the reader of windows) would pool to -inf: clamp to 0.
    return states.masked_fill(~mask.unsqueeze(-1), float("-inf")).amax(dim=1).clamp(min=-1e4)


def new_encoder(folder: str | Path) -> nn.Module:
    """A pretrained encoder from a folder or a Hugging Face id, in float32."""
    from transformers import AutoModel

    encoder: nn.Module = AutoModel.from_pretrained(str(folder), dtype=torch.float32, trust_remote_code=False)
    return encoder


def empty_encoder(config: Mapping[str, Any]) -> nn.Module:
    """An encoder of the given Hugging Face configuration without weights, to be filled from a state dict."""
    if is_plain_bert(config):
        with torch.device("meta"):  # nothing is set to random values first
            return BertEncoder(config)
    from transformers import AutoConfig, AutoModel

    settings = dict(config)
    encoder: nn.Module = AutoModel.from_config(AutoConfig.for_model(settings.pop("model_type"), **settings))
    return encoder


def best_dtype() -> torch.dtype:
    """bfloat16 where the CPU multiplies it in hardware (AMX or AVX512-BF16), else float32."""
    return torch.bfloat16 if torch.ops.mkldnn._is_mkldnn_bf16_supported() and _has_bf16_unit() else torch.float32


def precision() -> AbstractContextManager[Any]:
    """A context that runs the network in the best type of this CPU."""
    return torch.autocast("cpu", torch.bfloat16) if best_dtype() == torch.bfloat16 else nullcontext()


def _has_bf16_unit() -> bool:
    capabilities: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(capabilities.get("amx_bf16") or capabilities.get("avx512_bf16"))
