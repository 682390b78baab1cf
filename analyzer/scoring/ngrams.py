"""What letter n-grams add to the encoder's logits: a linear part beside the deep one.

The encoder reads a comment through few layers and forgets rare words; letters remember them, in any spelling and inflection. A sum
of both ranks better than either ("Wide & Deep", Cheng et al. 2016, arXiv 1606.07792). N-grams are known by hashes (Weinberger
et al. 2009, arXiv 0902.2206); only those that weigh something are kept, with weights of 8 bits. Each adds the same wherever it
stands, so evidence stays an exact sum over tokens.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

BITS = 22  # of a hash
# 64-bit mixing constants (Steele et al. 2014, SplitMix), signed as torch has them
_MULTIPLIER = 0x9E3779B97F4A7C15 - 2**64
_MIXER = 0xBF58476D1CE4E5B9 - 2**64
_NONE = -1  # where no n-gram begins


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Columns of the labels it adds to, how many n-grams each label keeps, and the shortest and longest n-gram."""

    columns: tuple[int, ...]
    sizes: tuple[int, ...]
    shortest: int
    longest: int

    @classmethod
    def from_json(cls, record: Mapping[str, Any], labels: Sequence[str]) -> "Shape":
        """What a manifest states under `ngrams`; `labels` are those of the model."""
        return cls(
            columns=tuple(labels.index(label) for label in record["sizes"]),
            sizes=tuple(record["sizes"].values()),
            shortest=record["shortest"],
            longest=record["longest"],
        )

    def to_json(self, labels: Sequence[str]) -> dict[str, Any]:
        """What a manifest states: n-grams kept by label, shortest and longest."""
        sizes = {labels[column]: size for column, size in zip(self.columns, self.sizes, strict=True)}
        return {"sizes": sizes, "shortest": self.shortest, "longest": self.longest}


class Ngrams(nn.Module):
    """For each label sorted hashes and, beside them, what each n-gram weighs.

    keys int32 and weights int8 [sum of sizes], label after label; scales [label] turn weights into logits.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        total = sum(shape.sizes)
        self.keys: Tensor
        self.weights: Tensor
        self.scales: Tensor
        self.register_buffer("keys", torch.zeros(total, dtype=torch.int32))
        self.register_buffer("weights", torch.zeros(total, dtype=torch.int8))
        self.register_buffer("scales", torch.zeros(len(shape.sizes)))

    @property
    def columns(self) -> Tensor:
        """The columns of its labels among all logits [label] int64."""
        return torch.tensor(self.shape.columns, device=self.keys.device)

    def stretch(self, column: int, factor: float) -> None:
        """Multiplies what is added to one label, if anything is."""
        if column in self.shape.columns:
            factors = torch.ones_like(self.scales)
            factors[self.shape.columns.index(column)] = factor
            self.scales = self.scales * factors

    def forward(self, letters: Tensor) -> Tensor:
        """What each letter adds to each label's logit [batch, letter, label]; letters [batch, letter] int64, 0 for padding.

        An n-gram shares its weight among its letters; all are divided by the root of the number of n-grams.
        """
        shape = self.shape
        added = torch.zeros(*letters.shape, len(shape.columns), device=letters.device)
        count = torch.zeros(len(letters), device=letters.device)
        for longest, hashes in zip(
            range(shape.shortest, shape.longest + 1), hashed(letters, shape.shortest, shape.longest), strict=True
        ):
            count += (hashes != _NONE).sum(dim=1)
            values = self._looked_up(hashes) / longest
            width = values.shape[1]
            for offset in range(longest):
                added[:, offset : offset + width] += values
        return added / count.clamp(min=1).sqrt()[:, None, None]

    def _looked_up(self, hashes: Tensor) -> Tensor:
        """The weight of each n-gram for each label [batch, place, label]; 0 where it has none."""
        unique, back = torch.unique(hashes, return_inverse=True)
        keys, weights = (torch.split(one, list(self.shape.sizes)) for one in (self.keys, self.weights))
        found = []
        for mine, theirs in zip(keys, weights, strict=True):
            places = torch.searchsorted(mine, unique.to(torch.int32)).clamp(max=len(mine) - 1)
            found.append(torch.where(mine[places] == unique, theirs[places].float(), 0.0))
        table = torch.stack(found, dim=-1) * self.scales
        return table[back]


def pad_letters(texts: Sequence[str]) -> Tensor:
    """Code points [text, letter] int64, 0 behind the end."""
    letters = np.zeros((len(texts), max(1, *map(len, texts))), np.int64)
    for row, text in enumerate(texts):
        letters[row, : len(text)] = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    return torch.from_numpy(letters)


def hashed(letters: Tensor, shortest: int, longest: int) -> list[Tensor]:
    """For each length the hashes [batch, letter − length + 1] of the n-grams that begin at a letter, −1 where one holds padding."""
    found = []
    hashes = torch.zeros_like(letters)
    for length in range(1, longest + 1):
        width = max(0, letters.shape[1] - length + 1)
        last = letters[:, length - 1 :]
        hashes = _mixed(hashes[:, :width] * _MULTIPLIER + last + length)
        if length >= shortest:
            found.append(torch.where(last > 0, hashes & (2**BITS - 1), _NONE))
    return found


def _mixed(hashes: Tensor) -> Tensor:
    hashes = (hashes ^ (hashes >> 29)) * _MIXER
    return hashes ^ (hashes >> 32)
