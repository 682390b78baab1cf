"""Promotes and rolls back in processes that are killed at random lines; prints what was found after each kill.

Run as a program: `python -m tests.killed PLACE FOLDER`. Each kill is a SIGKILL that a child sends itself at a line drawn at
random from those of the release, the registry and the file functions they call: no clean-up runs, as in a power cut.
"""

import os
import random
import shutil
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import orjson

from analyzer.continuity import ScoreMap
from analyzer.evaluation import Verdict
from analyzer.registry import MANIFEST, current_folder, essence_hash, find_model, open_model, read_history
from analyzer.release import install, rollback
from analyzer.weighing import ReleaseSettings, Weighed

KILLS = 50
TRACED = ("release.py", "registry.py", "runs.py", "shutil.py")


def step(home: Path, candidate: Path | None) -> None:
    """A promotion whose verdict is given, or without a candidate a rollback."""
    if candidate is None:
        rollback(home=home)
        return
    new, old = open_model(candidate), open_model(current_folder(home))
    verdict = Verdict(current=old.version, candidate=new.version, gate="gate@1", findings=())
    links = ScoreMap(old=old.version, new=new.version, rows=500, labels={"abuse.insult": ((0.0, 1.0), (0.0, 1.0))})
    install(Weighed(candidate=new, current=old, verdict=verdict, scores=links, rows={}), ReleaseSettings(home=home))


def dying(line: int) -> Any:
    """A tracer that kills the process at the line with this number, counted from now on."""
    left = line

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal left
        if not frame.f_code.co_filename.endswith(TRACED):
            return None
        left -= event == "line"
        if left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return trace

    return trace


def lines_of(home: Path, candidate: Path | None) -> int:
    """How many lines a step runs through."""
    count = 0

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal count
        count += event == "line"
        return trace if frame.f_code.co_filename.endswith(TRACED) else None

    sys.settrace(trace)
    try:
        step(home, candidate)
    finally:
        sys.settrace(None)
    return count


def in_child(home: Path, candidate: Path | None, line: int) -> bool:
    """True if the step was killed before it ended."""
    child = os.fork()
    if child == 0:
        sys.settrace(dying(line))
        try:
            step(home, candidate)
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def other_version(folder: Path, source: Path) -> Path:
    """A copy of a model folder with another version."""
    shutil.copytree(source, folder)
    manifest = orjson.loads((folder / MANIFEST).read_bytes())
    manifest["calibration"] |= {manifest["labels"][0]: [0.5, 0.0]}
    (folder / MANIFEST).write_bytes(orjson.dumps(manifest | {"hash": essence_hash(manifest)}))
    return folder


def checked(home: Path, allowed: tuple[str, ...]) -> str:
    """The version of the current model, every hash verified, after a look at the history."""
    whole = open_model(current_folder(home)).version
    numbers = [record["number"] for record in read_history(home)]
    assert whole in allowed, f"{whole} is none of {allowed}"
    assert numbers == list(range(1, len(numbers) + 1)), f"history {numbers}"
    return whole


def main(place: Path, first: Path) -> None:
    """Trials from one starting point: killed, killed again while the same step is repeated, then left alone."""
    chance = random.Random(7)
    second = other_version(place / "second", first)
    start = place / "start"
    step(start, first)
    before = open_model(first).version
    targets: dict[Path | None, str] = {second: open_model(second).version, None: open_model(find_model() or "").version}
    kills = trial = 0
    while kills < KILLS:
        trial += 1
        candidate = None if trial % 2 else second
        after = targets[candidate]
        home = shutil.copytree(start, place / f"home-{trial}")
        for kill in range(2):
            if open_model(current_folder(home)).version == before:
                total = lines_of(shutil.copytree(home, place / f"count-{trial}-{kill}"), candidate)
                line = chance.randint(chance.choice((1, total - 40)), total)  # every other one around the swap
                assert in_child(home, candidate, line), "it was to be killed"
                outcome = checked(home, (before, after))
                kills += 1
                print("promote" if candidate else "rollback", "new" if outcome == after else "old")
        if checked(home, (before, after)) == before:
            step(home, candidate)
        assert checked(home, (after,)) == after
        step(home, None if candidate else second)  # what comes next finds nothing amiss
        checked(home, (before, targets[second]))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
