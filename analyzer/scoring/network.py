"""The network: one encoder, a comment head over all labels, a span head over token families; every shape said.

The comment head is linear on the mean and the maximum of the comment's own token states. The parent comment is read by the
encoder but never pooled, so its words can explain a reply and cannot be blamed on it; and because pooling and head are
linear, each logit splits exactly into what every token added (`contributions`), which is the evidence shown for labels that
have no annotated spans.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from analyzer.scoring.encoder import BertEncoder, is_plain_bert
from analyzer.scoring.windows import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Windows padded to one length.

    ids [batch, length] int64; attention [batch, length] bool, real tokens; comment [batch, length] bool, tokens of the comment
    itself (not the parent, not specials).
    """

    ids: Tensor
    attention: Tensor
    comment: Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """logits [batch, label]; span_logits [batch, length, family]; states [batch, length, hidden]. All float32."""

    logits: Tensor
    span_logits: Tensor
    states: Tensor


def pad_windows(windows: Sequence[Window], pad: int) -> Batch:
    """Windows padded on the right to the longest of them."""
    length = max(len(window.ids) for window in windows)
    ids = np.full((len(windows), length), pad, np.int64)
    attention = np.zeros((len(windows), length), bool)
    comment = np.zeros((len(windows), length), bool)
    for index, window in enumerate(windows):
        ids[index, : len(window.ids)] = window.ids
        attention[index, : len(window.ids)] = True
        comment[index, window.first : window.first + len(window.starts)] = True
    return Batch(ids=torch.from_numpy(ids), attention=torch.from_numpy(attention), comment=torch.from_numpy(comment))


class Network(nn.Module):
    """Encoder, dropout, comment head and span head."""

    def __init__(self, encoder: nn.Module, labels: int, families: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.encoder = encoder
        self.hidden = int(encoder.config.hidden_size)  # type: ignore[union-attr, arg-type]
        self.dropout = nn.Dropout(dropout)
        self.comment_head = nn.Linear(2 * self.hidden, labels)
        self.span_head = nn.Linear(self.hidden, families)

    def forward(self, batch: Batch) -> Output:
        states = self.encoder(input_ids=batch.ids, attention_mask=batch.attention).last_hidden_state
        states = states.float()
        pooled = torch.cat([_mean(states, batch.comment), _maximum(states, batch.comment)], dim=-1)
        with torch.autocast("cpu", enabled=False):
            return Output(
                logits=self.comment_head(self.dropout(pooled)),
                span_logits=self.span_head(self.dropout(states)),
                states=states,
            )

    def contributions(self, states: Tensor, comment: Tensor) -> Tensor:
        """What each token added to each logit: [batch, length, label]; summed over tokens plus bias it is the logit."""
        weight_mean, weight_max = self.comment_head.weight[:, : self.hidden], self.comment_head.weight[:, self.hidden :]
        count = comment.sum(dim=1, keepdim=True).clamp(min=1).unsqueeze(-1)
        from_mean = (states @ weight_mean.T) / count * comment.unsqueeze(-1)
        winners = states.masked_fill(~comment.unsqueeze(-1), float("-inf")).argmax(dim=1)  # [batch, hidden]
        won = (
            torch.zeros_like(states).scatter_(1, winners.unsqueeze(1), 1.0) * states
        )  # only the winning token keeps its value
        added: Tensor = from_mean + (won @ weight_max.T) * comment.unsqueeze(-1)
        return added


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
