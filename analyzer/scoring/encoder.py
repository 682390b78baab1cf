"""The BERT encoder (Devlin et al. 2019) in plain torch, with the parameter names of Hugging Face checkpoints.

The embedded model is one. Importing transformers takes longer than scoring a thousand comments, and nothing of it is needed to
run an encoder whose weights are at hand; other architectures still come from there.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from torch import Tensor, arange, nn
from torch.nn.functional import gelu, scaled_dot_product_attention


@dataclass(frozen=True, slots=True)
class Shape:
    """The part of a Hugging Face BERT configuration that decides what is computed."""

    vocab_size: int
    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    intermediate_size: int
    max_position_embeddings: int
    type_vocab_size: int = 2
    layer_norm_eps: float = 1e-12
    hidden_dropout_prob: float = 0.1
    attention_probs_dropout_prob: float = 0.1

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> "Shape":
        return cls(**{field.name: config[field.name] for field in fields(cls) if field.name in config})


class Encoded(NamedTuple):
    """last_hidden_state [batch, length, hidden]; hidden_states: the embeddings, then what each layer gave, if asked for."""

    last_hidden_state: Tensor
    hidden_states: tuple[Tensor, ...] = ()


def is_plain_bert(config: Mapping[str, Any]) -> bool:
    """True where `BertEncoder` computes exactly what the configuration says."""
    return (
        config.get("model_type") == "bert"
        and config.get("hidden_act", "gelu") == "gelu"
        and config.get("position_embedding_type", "absolute") == "absolute"
        and not config.get("is_decoder", False)
    )


class BertEncoder(nn.Module):
    """Embeddings and post-norm transformer layers."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__()
        shape = Shape.of(config)
        self.config = shape
        self.embeddings = _Embeddings(shape)
        self.encoder = nn.Module()
        self.encoder.layer = nn.ModuleList(_Layer(shape) for _ in range(shape.num_hidden_layers))

    def forward(self, input_ids: Tensor, attention_mask: Tensor, output_hidden_states: bool = False) -> Encoded:
        """input_ids [batch, length] int64; attention_mask [batch, length] bool, True for real tokens."""
        states = self.embeddings(input_ids)
        visible = attention_mask.bool()[:, None, None, :]
        kept = [states]
        for layer in self.encoder.layer:  # type: ignore[union-attr]
            states = layer(states, visible)
            kept.append(states)
        return Encoded(states, tuple(kept) if output_hidden_states else ())


class _Embeddings(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.word_embeddings = nn.Embedding(shape.vocab_size, shape.hidden_size)
        self.position_embeddings = nn.Embedding(shape.max_position_embeddings, shape.hidden_size)
        self.token_type_embeddings = nn.Embedding(shape.type_vocab_size, shape.hidden_size)
        self.LayerNorm = nn.LayerNorm(shape.hidden_size, eps=shape.layer_norm_eps)
        self.dropout = nn.Dropout(shape.hidden_dropout_prob)

    def forward(self, ids: Tensor) -> Tensor:
        positions = self.position_embeddings(arange(ids.shape[1], device=ids.device))
        summed = self.word_embeddings(ids) + positions + self.token_type_embeddings.weight[0]
        result: Tensor = self.dropout(self.LayerNorm(summed))
        return result


class _Layer(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.attention = nn.Module()
        self.attention.self = _SelfAttention(shape)
        self.attention.output = _Residual(shape, shape.hidden_size)
        self.intermediate = nn.Module()
        self.intermediate.dense = nn.Linear(shape.hidden_size, shape.intermediate_size)
        self.output = _Residual(shape, shape.intermediate_size)

    def forward(self, states: Tensor, visible: Tensor) -> Tensor:
        states = self.attention.output(self.attention.self(states, visible), states)  # type: ignore[operator]
        result: Tensor = self.output(gelu(self.intermediate.dense(states)), states)  # type: ignore[operator]
        return result


class _SelfAttention(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.num_attention_heads
        self.query = nn.Linear(shape.hidden_size, shape.hidden_size)
        self.key = nn.Linear(shape.hidden_size, shape.hidden_size)
        self.value = nn.Linear(shape.hidden_size, shape.hidden_size)
        self.dropout = nn.Dropout(shape.attention_probs_dropout_prob)

    def forward(self, states: Tensor, visible: Tensor) -> Tensor:
        query, key, value = (
            part(states).unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in (self.query, self.key, self.value)
        )
        if self.training:  # one product after the other: backwards the fused one is slow on a CPU
            scores = query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1])
            shares = scores.masked_fill(~visible, float("-inf")).softmax(-1)
            mixed = self.dropout(shares) @ value
        else:
            mixed = scaled_dot_product_attention(query, key, value, attn_mask=visible)
        joined: Tensor = mixed.transpose(1, 2).flatten(2)
        return joined


class _Residual(nn.Module):
    def __init__(self, shape: Shape, width: int) -> None:
        super().__init__()
        self.dense = nn.Linear(width, shape.hidden_size)
        self.LayerNorm = nn.LayerNorm(shape.hidden_size, eps=shape.layer_norm_eps)
        self.dropout = nn.Dropout(shape.hidden_dropout_prob)

    def forward(self, states: Tensor, before: Tensor) -> Tensor:
        result: Tensor = self.LayerNorm(self.dropout(self.dense(states)) + before)
        return result
