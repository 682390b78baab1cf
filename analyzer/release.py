"""Promotes a candidate that the gate lets pass, takes it back, and tells what was done: at any moment one whole current model.

A promotion copies the verified folder into the models home under a hidden name, syncs and verifies the copy, renames it, and swaps
the pointer; the history is written after. Cut short anywhere, the pointer names the old model or the new one, both of them whole,
and the next call writes what is missing in the history.
"""

import getpass
import os
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from analyzer.continuity import FOLDER as MAPS
from analyzer.errors import GateRefused, InputError, ModelError
from analyzer.evaluation import Verdict
from analyzer.registry import (
    HISTORY,
    MANIFEST,
    POINTER,
    ModelFolder,
    current_folder,
    folder_of,
    history_lines,
    models_home,
    open_model,
    read_history,
    read_pointer,
)
from analyzer.runs import atomic, folder_name, locked, sync_folder
from analyzer.weighing import ReleaseSettings, Weighed, weigh

_INCOMING = ".incoming"
_SHOWN = 3  # refusals named in an error
_DEFAULTS = ReleaseSettings()


def promote(candidate: str | Path, on: Sequence[str | Path], settings: ReleaseSettings = _DEFAULTS) -> dict[str, Any]:
    """The record of the promotion: `candidate` is the current model from now on.

    `on`: suites, label files and runs both models are measured on. Raises GateRefused with the reasons, and then nothing has
    changed.
    """
    weighed = weigh(candidate, on, settings)
    if not weighed.verdict.passed:
        raise GateRefused(refusal(weighed.verdict))
    return install(weighed, settings)


def refusal(verdict: Verdict) -> str:
    """Why a candidate is refused, in words."""
    named = [f"{finding.check}: {finding.why}. {finding.reason}" for finding in verdict.refusals[:_SHOWN]]
    more = len(verdict.refusals) - len(named)
    rest = f" And {more} more." if more > 0 else ""
    return f"{verdict.candidate} does not pass {verdict.gate}; {verdict.current} stays. {' '.join(named)}{rest}"


def install(weighed: Weighed, settings: ReleaseSettings = _DEFAULTS) -> dict[str, Any]:
    """The weighed candidate made the current model, whatever its verdict; `promote` asks the gate first."""
    home = settings.place
    home.mkdir(parents=True, exist_ok=True)
    with locked(home):
        _mend(home)
        before = read_pointer(home)
        if current_folder(home) != weighed.current.path:
            raise InputError(
                f"{home}: another model became current meanwhile; weigh the candidate against that one again"
            )
        folder = _place(home, weighed.candidate)
        _keep_map(home, weighed)
        standing = {"version": weighed.current.version, "folder": None if before is None else before["to"]["folder"]}
        record = _record("promote", before, settings.why) | {
            "from": standing,
            "to": {"version": weighed.candidate.version, "folder": folder.name},
            "earlier": [*(before["earlier"] if before else ()), standing],
            "rows": dict(weighed.rows),
            "verdict": weighed.verdict.to_json(),
        }
        _swap(home, record)
    return record


def rollback(*, home: str | Path | None = None, why: str = "") -> dict[str, Any]:
    """The record of the rollback: the model before the last promotion is current again."""
    place = models_home() if home is None else Path(home)
    before = read_pointer(place)
    if before is None:
        raise InputError(f"{place}: nothing was promoted here, the embedded model is current")
    with locked(place):
        _mend(place)
        before = read_pointer(place) or before
        if not before["earlier"]:
            raise InputError(f"{place}: {before['to']['version']} has no model before it; promote another instead")
        target = before["earlier"][-1]
        model = open_model(folder_of(place, target["folder"]))
        record = _record("rollback", before, why) | {
            "from": before["to"],
            "to": {"version": model.version, "folder": target["folder"]},
            "earlier": before["earlier"][:-1],
        }
        _swap(place, record)
    return record


def history(home: str | Path | None = None) -> list[dict[str, Any]]:
    """Every promotion and rollback, oldest first: who, when, why, from and to which model, on which rows, with which verdict."""
    return read_history(models_home() if home is None else Path(home))


def _record(event: str, before: Mapping[str, Any] | None, why: str) -> dict[str, Any]:
    number = 1 + (before["number"] if before else 0)
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return {"number": number, "event": event, "at": at, "by": _user(), "why": why}


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without a user database
        return f"uid {os.getuid()}"


def _place(home: Path, candidate: ModelFolder) -> Path:
    """Where a whole copy of the candidate lies in the home; one that is there already is used again."""
    for number in range(1, 1000):
        folder = home / (folder_name(candidate.version) + (f"-{number}" if number > 1 else ""))
        if not folder.exists():
            return _copy(candidate, folder)
        if _is_same(folder, candidate):
            return folder
    raise InputError(f"{home}: holds a thousand folders of {candidate.version}; remove those you do not need")


def _is_same(folder: Path, candidate: ModelFolder) -> bool:
    """True for a whole folder with the same manifest: the version does not cover thresholds, the manifest does."""
    try:
        return dict(open_model(folder).manifest) == dict(candidate.manifest)
    except ModelError:
        return False


def _copy(candidate: ModelFolder, folder: Path) -> Path:
    incoming = folder.parent / _INCOMING
    incoming.mkdir()
    for file in sorted(candidate.path.iterdir()):
        if file.is_file():
            shutil.copyfile(file, incoming / file.name)
            _sync(incoming / file.name)
    sync_folder(incoming)
    if dict(open_model(incoming).manifest) != dict(candidate.manifest):
        raise InputError(f"{candidate.path / MANIFEST}: changed while it was weighed; promote it again")
    os.rename(incoming, folder)
    sync_folder(folder.parent)
    return folder


def _sync(file: Path) -> None:
    with file.open("rb") as opened:
        os.fsync(opened.fileno())


def _keep_map(home: Path, weighed: Weighed) -> None:
    links = weighed.scores
    if links.old != links.new:
        name = f"{folder_name(links.old)}..{folder_name(links.new)}.json"
        with atomic(home / MAPS / name) as path:
            path.write_bytes(orjson.dumps(links.to_json()) + b"\n")


def _swap(home: Path, record: Mapping[str, Any]) -> None:
    """The one moment at which another model becomes current; then the history."""
    with atomic(home / POINTER) as path:
        path.write_bytes(orjson.dumps(record) + b"\n")
    _append(home, record)


def _append(home: Path, record: Mapping[str, Any]) -> None:
    with (home / HISTORY).open("ab") as file:
        file.write(orjson.dumps(record) + b"\n")
        file.flush()
        os.fsync(file.fileno())


def _mend(home: Path) -> None:
    """Finish or clear away what a call left that was cut short."""
    shutil.rmtree(home / _INCOMING, ignore_errors=True)
    for leftover in (*home.glob(".*.tmp"), *(home / MAPS).glob(".*.tmp")):
        leftover.unlink()
    path = home / HISTORY
    written = path.read_bytes() if path.is_file() else b""
    whole = written.rfind(b"\n") + 1
    if whole < len(written):
        os.truncate(path, whole)
    records, pointer = history_lines(home), read_pointer(home)
    if pointer is not None and (not records or records[-1]["number"] != pointer["number"]):
        _append(home, pointer)
