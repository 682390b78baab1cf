"""The training loop: reads top to bottom, stops and goes on at any step, writes no pickle."""

import hashlib
import json
import logging
import math
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from analyzer.errors import ModelError
from analyzer.scoring.network import Network, Output
from analyzer.training.batches import Row, TrainingBatch, batches, digest_of, plan
from analyzer.training.folder import save_tensors

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What decides a training run besides its rows."""

    seed: int = 17
    tokens: int = 2048  # padded tokens a batch
    steps: int = 0  # at most; 0: one whole pass over the rows
    encoder_rate: float = 1e-4
    embedding_rate: float | None = None  # like the encoder's, if not said
    head_rate: float = 1e-3
    warm_up: float = 0.06  # share of the steps
    weight_decay: float = 0.01
    clip: float = 1.0
    frozen_layers: int = 4  # lowest encoder layers, with the embeddings, that stay as they are
    span_weight: float = 1.0
    checkpoint_steps: int = 200
    bfloat16: bool = False
    device: str = "cpu"


def train(network: Network, rows: Sequence[Row], settings: Settings, *, pad: int, folder: Path) -> None:
    """Fits `network` in place in one pass over `rows`; a checkpoint in `folder` is continued if it is of the same run."""
    for _ in steps(network, rows, settings, pad=pad, folder=folder):
        pass


def steps(
    network: Network, rows: Sequence[Row], settings: Settings, *, pad: int, folder: Path
) -> Iterator[tuple[int, int]]:
    """Fits like `train`; gives (steps done, steps in all) after each checkpoint, so that the caller may look and stop."""
    folder.mkdir(parents=True, exist_ok=True)
    order = plan(rows, settings.tokens, settings.seed)[: settings.steps or None]
    freeze(network, settings.frozen_layers)
    optimiser = _optimiser(network, settings)
    identity = _identity(network, rows, settings)
    done = _resume(network, optimiser, folder, identity)
    network.train()
    began, seen, smooth = time.monotonic(), 0, 0.0
    for step, batch in enumerate(batches(rows, order, done, pad, settings.seed), done):
        torch.manual_seed(settings.seed * 1_000_003 + step)  # so that a run that was stopped drops the same units
        batch = batch.to(settings.device)
        for group in optimiser.param_groups:
            group["lr"] = group["top"] * _rate(step, len(order), settings.warm_up)
        with torch.autocast(settings.device, torch.bfloat16) if settings.bfloat16 else nullcontext():
            output = network(batch.inputs)
        loss = loss_of(output, batch, settings.span_weight)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(_trainable(network).values(), settings.clip)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        smooth = 0.98 * smooth + 0.02 * loss.item() if step > done else loss.item()
        seen += batch.inputs.ids.numel()
        if (step + 1) % 50 == 0:
            rate = seen / (time.monotonic() - began)
            left = (len(order) - step - 1) * (time.monotonic() - began) / (step + 1 - done)
            log.info("step %d/%d loss %.4f %.0f tokens/s %.0f min left", step + 1, len(order), smooth, rate, left / 60)
        if (step + 1) % settings.checkpoint_steps == 0 or step + 1 == len(order):
            _checkpoint(network, optimiser, folder, identity, step + 1)
            yield step + 1, len(order)
            network.train()


def _identity(network: Network, rows: Sequence[Row], settings: Settings) -> str:
    """Equal for runs of the same settings, rows with their targets, start weights and dropout; the code is not asked."""
    decisive = {name: value for name, value in asdict(settings).items() if name != "device" and value is not None}
    decisive["dropout"] = [module.p for module in network.modules() if isinstance(module, nn.Dropout)]
    return json.dumps(decisive | {"rows": digest_of(rows), "start": weights_hash(network)}, sort_keys=True)


def weights_hash(network: Network) -> str:
    """sha256 over the weights with their names."""
    digest = hashlib.sha256()
    for name, tensor in network.state_dict().items():
        digest.update(name.encode() + tensor.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def loss_of(output: Output, batch: TrainingBatch, span_weight: float) -> Tensor:
    """Binary cross-entropy of what was judged: labels summed a row, span tokens averaged."""
    labels = binary_cross_entropy_with_logits(output.logits, batch.targets, weight=batch.weights, reduction="sum")
    spans = binary_cross_entropy_with_logits(
        output.span_logits, batch.span_targets, weight=batch.span_weights, reduction="sum"
    )
    return labels / len(batch.targets) + span_weight * spans / batch.span_weights.sum().clamp(min=1)


def freeze(network: Network, layers: int) -> None:
    """Keeps the embeddings and the lowest `layers` encoder layers as they are; everything else learns."""
    network.requires_grad_(True)
    if layers:
        network.encoder.embeddings.requires_grad_(False)
        for layer in list(network.encoder.encoder.layer)[:layers]:  # type: ignore[union-attr, arg-type]
            layer.requires_grad_(False)


def _trainable(network: Network) -> dict[str, nn.Parameter]:
    return {name: parameter for name, parameter in network.named_parameters() if parameter.requires_grad}


def _optimiser(network: Network, settings: Settings) -> torch.optim.AdamW:
    """AdamW; heads, embeddings and encoder layers have rates of their own; biases and norms do not decay."""
    groups = []
    embedding_rate = settings.encoder_rate if settings.embedding_rate is None else settings.embedding_rate
    rates = {"heads": settings.head_rate, "embeddings": embedding_rate, "layers": settings.encoder_rate}
    for part, top in rates.items():
        for decays in (True, False):
            members = [
                parameter
                for name, parameter in _trainable(network).items()
                if _part_of(name) == part and (parameter.ndim > 1) == decays
            ]
            groups.append({"params": members, "top": top, "weight_decay": settings.weight_decay if decays else 0.0})
    return torch.optim.AdamW(groups, lr=settings.encoder_rate, fused=True)


def _part_of(parameter: str) -> str:
    if "head" in parameter:
        return "heads"
    return "embeddings" if "embeddings" in parameter else "layers"


def _rate(step: int, steps: int, warm_up: float) -> float:
    """Linear warm-up, then linear decay to 0."""
    rising = max(1, math.ceil(steps * warm_up))
    return (step + 1) / rising if step < rising else max(0.0, (steps - step) / max(1, steps - rising))


def _checkpoint(network: Network, optimiser: torch.optim.AdamW, folder: Path, identity: str, step: int) -> None:
    tensors = {f"model.{name}": tensor for name, tensor in network.state_dict().items()}
    for of, parameter in _trainable(network).items():
        for name, value in optimiser.state[parameter].items():
            tensors[f"optimiser.{of}/{name}"] = torch.as_tensor(value)
    temporary = folder / "checkpoint.tmp"
    save_tensors(tensors, temporary, {"run": identity, "step": str(step)})
    os.replace(temporary, folder / "checkpoint.safetensors")


def load_trained(network: Network, shares: Mapping[Path, float]) -> None:
    """Fills `network` with the mean of the weights of the last checkpoint in each folder, weighed by its share (any scale).

    The mean of weights that were trained from one another is often better than each (Wortsman et al. 2022, "Model soups",
    arXiv 2203.05482).
    """
    mean: dict[str, torch.Tensor] = {}
    for folder, share in shares.items():
        file = folder / "checkpoint.safetensors"
        if not file.exists():
            raise ModelError(f"{file}: no checkpoint there; train first")
        for name, tensor in load_file(file).items():
            if not name.startswith("model."):
                continue
            key = name.removeprefix("model.")
            if tensor.is_floating_point():
                part = tensor * (share / sum(shares.values()))
                tensor = mean[key] + part if key in mean else part
            mean[key] = tensor
    network.load_state_dict(mean)


def _resume(network: Network, optimiser: torch.optim.AdamW, folder: Path, identity: str) -> int:
    """The number of steps already done by a checkpoint of the same run, loaded; 0 if there is none."""
    file = folder / "checkpoint.safetensors"
    if not file.exists():
        return 0
    with safe_open(file, "pt") as opened:
        noted = opened.metadata() or {}
    if noted.get("run") != identity:
        log.warning("%s belongs to another run (other settings, rows or start): starting anew", file)
        return 0
    load_trained(network, {folder: 1.0})
    tensors = load_file(file)
    for of, parameter in _trainable(network).items():
        prefix = f"optimiser.{of}/"
        state = {name[len(prefix) :]: tensor for name, tensor in tensors.items() if name.startswith(prefix)}
        if state:
            optimiser.state[parameter] = state
    log.info("going on from step %s", noted["step"])
    return int(noted["step"])
