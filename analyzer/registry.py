"""Model folders: found, opened and verified before anything is loaded from them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import orjson

from analyzer.errors import ModelError

FORMAT = 1
MANIFEST = "model.json"


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A verified model folder: its path and its manifest (`model.json`)."""

    path: Path
    manifest: Mapping[str, Any]

    @property
    def version(self) -> str:
        """name@hash; the hash covers the weights, the tokenizer and the calibration."""
        return f"{self.manifest['name']}@{self.manifest['hash'][:12]}"

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(self.manifest["labels"])

    @property
    def thresholds(self) -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
        """{label: {"balanced": {threshold, precision, recall, n}, "precise": {…}}}"""
        thresholds: Mapping[str, Mapping[str, Mapping[str, Any]]] = self.manifest["thresholds"]
        return thresholds


def find_model(name: str | Path | None = None) -> Path | None:
    """The folder meant by `name`: a path, a model of this package, or None where it names neither (a Hugging Face id)."""
    if name is None or str(name) in ("default", "current"):
        return Path(str(files("analyzer").joinpath("models/default")))
    return Path(name) if Path(name).is_dir() else None


def open_model(folder: str | Path, *, verify: bool = True) -> ModelFolder:
    """Opens a model folder; every file must have the hash its manifest states (skipped with `verify=False`)."""
    folder = Path(folder)
    try:
        manifest = orjson.loads((folder / MANIFEST).read_bytes())
    except FileNotFoundError:
        raise ModelError(
            f"{folder / MANIFEST}: not found; this is no model folder: name another with --model"
        ) from None
    except orjson.JSONDecodeError as error:
        raise ModelError(f"{folder / MANIFEST}: not valid JSON ({error}); restore the folder from its source") from None
    if manifest.get("format") != FORMAT:
        raise ModelError(f"{folder / MANIFEST}: format {manifest.get('format')!r}, this version reads format {FORMAT}")
    if verify:
        _verify(folder, manifest)
    return ModelFolder(folder, manifest)


def _verify(folder: Path, manifest: Mapping[str, Any]) -> None:
    for name, expected in manifest["files"].items():
        file = folder / name
        if Path(name).name != name:
            raise ModelError(f"{folder / MANIFEST}: file name {name!r} leaves the folder; do not use this model")
        if not file.is_file():
            raise ModelError(f"{file}: missing; the model folder is incomplete: restore it from its source")
        if file_hash(file) != expected:
            raise ModelError(
                f"{file}: its hash is not the one in {MANIFEST}; the file is damaged or was changed: restore it"
            )


def file_hash(file: Path) -> str:
    """sha256 of a file, hexadecimal."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
