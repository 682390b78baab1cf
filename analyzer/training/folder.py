"""Writes a model folder: weights in shards under 50 MB, tokenizer, manifest, evaluation and card; the manifest last."""

import errno
import hashlib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import torch
from safetensors import SafetensorError
from safetensors.torch import save_file

from analyzer.registry import FORMAT, MANIFEST, file_hash
from analyzer.scoring.network import POOLER, Network

SHARD = 49_500_000  # bytes
FITTED = (
    "ngrams.",
    "comment_head.",
    "span_head.",
    "own_head.",
)  # before the names of tensors that stand in the last file


def write_folder(network: Network, tokenizer: Path, manifest: Mapping[str, Any], out: Path) -> dict[str, Any]:
    """Writes weights (float16), tokenizer and `model.json` to `out`; returns the manifest with hashes. `out` is replaced."""
    temporary = out.with_name(out.name + ".tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    weights = _write_weights(network, temporary)
    shutil.copy(tokenizer, temporary / "tokenizer.json")
    hashes = {name: file_hash(temporary / name) for name in (*weights, "tokenizer.json")}
    essence = orjson.dumps([hashes, manifest["calibration"], manifest["labels"]], option=orjson.OPT_SORT_KEYS)
    whole = {
        "format": FORMAT,
        **manifest,
        "weights": weights,
        "files": hashes,
        "hash": hashlib.sha256(essence).hexdigest(),
    }
    write_json(temporary / MANIFEST, whole)
    _put_in_place(temporary, out)
    return whole


def _put_in_place(folder: Path, out: Path) -> None:
    """`folder` becomes `out`; the one before is removed only then, so that a process that is stopped leaves one of them."""
    before = out.with_name(out.name + ".before")
    shutil.rmtree(before, ignore_errors=True)
    if out.exists():
        os.replace(out, before)
    try:
        os.replace(folder, out)
    except OSError:
        if before.exists():
            os.replace(before, out)
        raise
    shutil.rmtree(before, ignore_errors=True)


def _write_weights(network: Network, folder: Path) -> list[str]:
    """Shards of at most SHARD bytes; a tensor is never split.

    N-grams and heads have a file of their own, the last: fitted anew, they leave the encoder's as they are.
    """
    shards: list[dict[str, torch.Tensor]] = [{}]
    size = 0
    wanted = {name: tensor for name, tensor in network.state_dict().items() if not name.startswith(POOLER)}
    for name, tensor in sorted(wanted.items(), key=lambda pair: pair[0].startswith(FITTED)):
        half = tensor.to(torch.float16).contiguous() if tensor.is_floating_point() else tensor.contiguous()
        full = size + half.nbytes > SHARD or (name.startswith(FITTED) and not _holds_fitted(shards[-1]))
        if size and full:
            shards.append({})
            size = 0
        shards[-1][name] = half
        size += half.nbytes
    names = [f"weights-{number + 1}-of-{len(shards)}.safetensors" for number in range(len(shards))]
    for name, tensors in zip(names, shards, strict=True):
        save_tensors(tensors, folder / name)
    return names


def _holds_fitted(shard: Mapping[str, torch.Tensor]) -> bool:
    return any(name.startswith(FITTED) for name in shard)


def save_tensors(tensors: Mapping[str, torch.Tensor], path: Path, metadata: Mapping[str, str] | None = None) -> None:
    """Tensors as safetensors; raises OSError, like any other file, where there is no room or no right to write."""
    try:
        save_file(
            {name: tensor.cpu().contiguous() for name, tensor in tensors.items()},
            path,
            dict(metadata) if metadata else None,
        )
    except SafetensorError as error:
        raise OSError(errno.EIO, str(error), str(path)) from None


def write_json(path: Path, record: Any) -> None:
    """Indented JSON, written whole or not at all."""
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_bytes(orjson.dumps(record, option=orjson.OPT_INDENT_2) + b"\n")
    os.replace(temporary, path)
