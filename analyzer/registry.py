"""Model folders: found, opened and verified before anything is loaded from them; the models home and which is current in it.

models/
  current.json        the pointer, swapped whole: the record of the promotion or rollback that set it
  history.jsonl       every such record, oldest first
  maps/               score maps between models (`analyzer.continuity`)
  <version>/          a promoted model folder
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import orjson

from analyzer.config import load_config
from analyzer.errors import ModelError

FORMAT = 2
MANIFEST = "model.json"
POINTER = "current.json"
HISTORY = "history.jsonl"
TOKENIZER = "tokenizer.json"
EMBEDDED = "default"
CURRENT = "current"
_PARTS: Mapping[str, type] = {
    "name": str,
    "hash": str,
    "labels": list,
    "span_families": list,
    "span_thresholds": dict,
    "encoder": dict,
    "calibration": dict,
    "thresholds": dict,
    "languages": dict,
    "weights": list,
    "files": dict,
}


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

    @property
    def own_labels(self) -> tuple[Mapping[str, Any], ...]:
        """Definitions of the labels that are the user's own, a table a family, for `load_taxonomy(own=…)`."""
        return tuple(self.manifest.get("own_labels", ()))


def find_model(name: str | Path | None = None) -> Path | None:
    """The folder meant by `name`: a path, the embedded model (`default` or no name), the promoted one (`current`).

    `current` is the embedded model where none was promoted. None: neither (a Hugging Face id).
    """
    if str(name) == CURRENT:
        return current_folder(models_home())
    if name is None or str(name) == EMBEDDED:
        return _embedded()
    return Path(name) if Path(name).is_dir() else None


def models_home() -> Path:
    """The folder of promoted models in the settings in force."""
    return Path(load_config().models)


def read_pointer(home: Path) -> Mapping[str, Any] | None:
    """The record that says which model is current, or None where nothing was promoted yet."""
    path = home / POINTER
    try:
        record = orjson.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except orjson.JSONDecodeError as error:
        raise ModelError(f"{path}: not valid JSON ({error}); write back its last line from history.jsonl") from None
    if not isinstance(record, dict) or not {"number", "to", "earlier"} <= record.keys() or "folder" not in record["to"]:
        raise ModelError(f"{path}: not a pointer to a model; write back its last line from history.jsonl")
    return record


def read_history(home: Path) -> list[dict[str, Any]]:
    """Every promotion and rollback, oldest first; one that was cut short after its swap is told from the pointer."""
    records = history_lines(home)
    pointer = read_pointer(home)
    if pointer is not None and (not records or records[-1]["number"] != pointer["number"]):
        records.append(dict(pointer))
    return records


def history_lines(home: Path) -> list[dict[str, Any]]:
    """The whole lines of the history; a last one that was cut short stands in the pointer."""
    path = home / HISTORY
    lines = path.read_bytes().split(b"\n")[:-1] if path.is_file() else []
    records = []
    for number, line in enumerate(lines, 1):
        try:
            record = orjson.loads(line)
            records.append({"number": int(record["number"]), **record})
        except (ValueError, KeyError, TypeError):
            raise ModelError(f"{path}:{number}: not a record of the history; remove the line") from None
    return records


def current_folder(home: Path) -> Path:
    """The folder of the current model: the one the pointer names, or the embedded one."""
    record = read_pointer(home)
    return folder_of(home, None if record is None else record["to"]["folder"])


def folder_of(home: Path, name: str | None) -> Path:
    """A folder named in a record of the models home; no name stands for the embedded model."""
    if name is None:
        return _embedded()
    if not isinstance(name, str) or Path(name).name != name or name in ("", ".."):
        raise ModelError(f"{home / POINTER}: folder {name!r} leaves the models home; do not use it")
    return home / name


def _embedded() -> Path:
    return Path(str(files("analyzer").joinpath("models/default")))


def open_model(folder: str | Path, *, verify: bool = True) -> ModelFolder:
    """Opens a model folder; files and version must have the hashes its manifest states (skipped with `verify=False`)."""
    folder = Path(folder)
    try:
        manifest = orjson.loads((folder / MANIFEST).read_bytes())
    except FileNotFoundError:
        raise ModelError(f"{folder / MANIFEST}: not found; this is no model folder; name another") from None
    except orjson.JSONDecodeError as error:
        raise ModelError(f"{folder / MANIFEST}: not valid JSON ({error}); restore the folder from its source") from None
    stated = manifest.get("format") if isinstance(manifest, dict) else None
    if stated != FORMAT:
        raise ModelError(
            f"{folder / MANIFEST}: format {stated!r}, this version reads format {FORMAT}; "
            "use the version that made it, or train the model anew with this one"
        )
    _must_be_whole(folder / MANIFEST, manifest)
    if verify:
        _verify(folder, manifest)
    return ModelFolder(folder, manifest)


def _must_be_whole(path: Path, manifest: Mapping[str, Any]) -> None:
    """ModelError if a part is missing or of another kind, or if a file would be loaded that has no hash."""
    for part, kind in _PARTS.items():
        if not isinstance(manifest.get(part), kind):
            raise ModelError(f"{path}: {part!r} is missing or of another kind; restore the folder from its source")
    named = (*manifest["weights"], TOKENIZER)
    for name in (*named, *manifest["files"]):
        if not isinstance(name, str) or Path(name).name != name or name == "..":
            raise ModelError(f"{path}: file name {name!r} leaves the folder; do not use this model")
    if unlisted := set(named) - manifest["files"].keys():
        raise ModelError(f"{path}: 'files' states no hash of {min(unlisted)}; restore the folder from its source")


def essence_hash(manifest: Mapping[str, Any]) -> str:
    """What a version stands for: a hash of the hashes of weights and tokenizer, of the calibration and the labels."""
    hashes = {name: manifest["files"][name] for name in (*manifest["weights"], TOKENIZER)}
    essence = orjson.dumps([hashes, manifest["calibration"], manifest["labels"]], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(essence).hexdigest()


def _verify(folder: Path, manifest: Mapping[str, Any]) -> None:
    if essence_hash(manifest) != manifest["hash"]:
        raise ModelError(
            f"{folder / MANIFEST}: weights, calibration or labels are not those of its hash; restore it from its source"
        )
    for name, expected in manifest["files"].items():
        file = folder / name
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
