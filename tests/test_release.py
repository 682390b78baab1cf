"""Promotion and rollback: refused changes nothing, killed leaves one whole model, thresholds keep their meaning."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner, Result

from analyzer import registry, weighing
from analyzer.cli import app
from analyzer.errors import ConfigError, GateRefused, InputError, ModelError
from analyzer.evaluation import bootstrap
from analyzer.learnt import LEARNT, keep_learnt
from analyzer.own_labels import read_own_labels
from analyzer.pipeline import decide_run, score_dump
from analyzer.readers import read_labels
from analyzer.registry import current_folder, essence_hash, file_hash, find_model, open_model
from analyzer.release import history, install, promote, rollback
from analyzer.schema import Comment, Score, Thread
from analyzer.weighing import ReleaseSettings, weigh
from tests.killed import KILLS

ROOT = Path(__file__).parent.parent
TOXICITY = "abuse.toxicity"
Says = Callable[[int, str], float]


@dataclass(frozen=True)
class Said:
    """A scorer that says `says(number, text)` of `remark NUMBER …`."""

    version: str
    says: Says
    labels: tuple[str, ...] = (TOXICITY,)

    def score(self, threads: Iterable[Thread]) -> Iterator[Score]:
        for thread in threads:
            for comment in thread.comments:
                prob = self.says(int(comment.text.split()[1]), comment.text)
                yield Score(key=comment.key, model=self.version, probs={TOXICITY: prob}, windows=1, lang="en")


def sure(number: int) -> float:
    """0.93 to 0.99, spread evenly."""
    return 0.93 + 0.06 * (number * 0.618 % 1)


def right(number: int, text: str) -> float:
    return sure(number) if "bad" in text else 1 - sure(number)


def middling(number: int, text: str) -> float:
    return 1 - right(number, text) if number % 7 == 0 else right(number, text)


def unfair(number: int, text: str) -> float:
    """Right throughout, but for half of the harmless remarks about Jews."""
    return sure(number) if "jewish fine" in text and number % 4 == 0 else right(number, text)


def even(number: int, text: str) -> float:
    """Every score is as frequent as every other."""
    return number * 0.618 % 1


def squared(number: int, text: str) -> float:
    return even(number, text) ** 2


MODELS: Mapping[str, Says] = {
    "first": middling,
    "better": right,
    "unfair": unfair,
    "worse": lambda number, text: 1 - right(number, text) if number % 3 == 0 else right(number, text),
    "even": even,
    "squared": squared,
}


def model(place: Path, name: str, threshold: float = 0.5, own: Mapping[str, Any] | None = None) -> Path:
    """A model folder; what it says stands in MODELS. `own`: a family of labels of the user's own."""
    place.mkdir(parents=True)
    (place / "weights").write_text(name, encoding="utf-8")
    (place / "tokenizer.json").write_text("{}", encoding="utf-8")
    manifest: dict[str, Any] = {
        "format": 2,
        "name": name,
        "labels": [TOXICITY, *(row["id"] for row in (own or {}).get("label", ()))],
        "own_labels": [own] if own else [],
        "thresholds": {TOXICITY: {"balanced": {"threshold": threshold, "precision": 0.9}}},
        "calibration": {},
        "weights": ["weights"],
        "files": {file.name: file_hash(file) for file in place.iterdir()},
        "encoder": {},
        "languages": {},
        "span_families": [],
        "span_thresholds": {},
    }
    (place / "model.json").write_bytes(orjson.dumps(manifest | {"hash": essence_hash(manifest)}))
    return place


def scorer_of(folder: Path) -> Said:
    opened = open_model(folder)
    return Said(opened.version, MODELS[opened.manifest["name"]], opened.labels)


@pytest.fixture(autouse=True)
def _models_without_networks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`first` stands for the embedded model; both models take the same time."""
    monkeypatch.chdir(tmp_path)
    embedded = model(tmp_path / "package", "first")
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    monkeypatch.setitem(bootstrap.__kwdefaults__, "rounds", 10)
    monkeypatch.setattr(registry, "_embedded", lambda: embedded)
    monkeypatch.setattr(weighing, "load_scorer", scorer_of)
    monkeypatch.setattr(weighing, "_seconds", lambda scorers, examples: (0.01, 0.01))


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    targets = ("women", "jewish", "")
    lines = [
        {
            "id": str(n),
            "text": f"remark {n} about {targets[n % 3]} {'bad' if n % 2 else 'fine'}",
            "lang": "en",
            "labels": {"toxicity": n % 2},
            "targets": [targets[n % 3]] if n % 3 < 2 else [],
            "split": "dev",
        }
        for n in range(360)
    ]
    path = tmp_path / "frozen.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return path


def current() -> str:
    """The name of the current model, its hashes verified."""
    name: str = open_model(find_model("current") or "").manifest["name"]
    return name


def version(folder: Path) -> str:
    return open_model(folder).version


def everything(place: Path) -> dict[str, bytes]:
    return {str(path.relative_to(place)): path.read_bytes() for path in place.rglob("*") if path.is_file()}


def test_a_candidate_that_passes_becomes_the_current_model_and_the_history_says_so(tmp_path: Path, rows: Path) -> None:
    candidate = model(tmp_path / "candidate", "better")
    promote(candidate, [rows], ReleaseSettings(why="reviews of October"))
    assert current() == "better"
    assert open_model(candidate).manifest["name"] == "better"  # still where it was
    (record,) = history()
    assert (record["event"], record["why"], record["by"] != "") == ("promote", "reviews of October", True)
    assert (record["from"]["folder"], record["to"]["folder"]) == (None, version(candidate))
    assert record["verdict"]["passed"] is True
    assert record["rows"]["count"] == 360


@pytest.mark.parametrize("before", ["nothing promoted yet", "after a promotion"])
def test_a_refused_candidate_leaves_everything_as_it_was(tmp_path: Path, rows: Path, before: str) -> None:
    if before == "after a promotion":
        promote(model(tmp_path / "candidate", "better"), [rows])
    model(tmp_path / "refused", "worse")
    there = everything(tmp_path)
    with pytest.raises(GateRefused, match="mean average precision"):
        promote(tmp_path / "refused", [rows])
    assert everything(tmp_path) == there


def test_better_overall_but_worse_for_a_group_is_refused_with_the_name_of_the_group(tmp_path: Path, rows: Path) -> None:
    with pytest.raises(GateRefused, match=r"group jewish, abuse\.toxicity") as caught:
        promote(model(tmp_path / "candidate", "unfair"), [rows])
    assert "Nobody's harmless comments" in str(caught.value)
    assert current() == "first"


def test_rollback_goes_back_step_by_step_as_far_as_the_embedded_model(tmp_path: Path, rows: Path) -> None:
    promote(model(tmp_path / "a", "better"), [rows])
    install(weigh(model(tmp_path / "b", "unfair"), [rows], ReleaseSettings()))
    assert [current(), rollback(why="complaints")["to"]["version"], current()] == [
        "unfair",
        version(tmp_path / "a"),
        "better",
    ]
    rollback()
    assert current() == "first"
    with pytest.raises(InputError, match="no model before it"):
        rollback()
    assert [record["event"] for record in history()] == ["promote", "promote", "rollback", "rollback"]
    promote(tmp_path / "a", [rows])  # its folder is in the home already
    assert current() == "better"
    assert len(list((tmp_path / "models").glob("better@*"))) == 1


def test_rollback_without_a_promotion_says_that_there_is_none() -> None:
    with pytest.raises(InputError, match="nothing was promoted"):
        rollback()


def test_a_model_that_is_current_already_is_not_promoted_again(tmp_path: Path, rows: Path) -> None:
    promote(model(tmp_path / "a", "better"), [rows])
    with pytest.raises(InputError, match="is the current model already"):
        promote(tmp_path / "a", [rows])


def test_a_candidate_with_a_damaged_file_is_refused_before_anything_is_measured(tmp_path: Path, rows: Path) -> None:
    candidate = model(tmp_path / "a", "better")
    (candidate / "weights").write_text("other", encoding="utf-8")
    with pytest.raises(ModelError, match="its hash is not the one"):
        promote(candidate, [rows])
    assert not (tmp_path / "models").exists()


def test_a_rollback_to_a_damaged_model_changes_nothing(tmp_path: Path, rows: Path) -> None:
    promote(model(tmp_path / "a", "better"), [rows])
    install(weigh(model(tmp_path / "b", "unfair"), [rows], ReleaseSettings()))
    (tmp_path / "models" / version(tmp_path / "a") / "weights").unlink()
    with pytest.raises(ModelError, match="missing"):
        rollback()
    assert current() == "unfair"


def test_same_weights_with_other_thresholds_get_a_folder_of_their_own(tmp_path: Path, rows: Path) -> None:
    promote(model(tmp_path / "a", "better"), [rows])
    install(weigh(model(tmp_path / "b", "better", threshold=0.6), [rows], ReleaseSettings()))
    better = version(tmp_path / "a")
    assert current_folder(tmp_path / "models").name == f"{better}-2"
    assert open_model(tmp_path / "models" / better).thresholds[TOXICITY]["balanced"]["threshold"] == 0.5


OWN = """\
[[label]]
id = "site.address"
name = "Home address"
definition = "Says where a private person lives."
not_this = "The address of a shop."
examples = ["She lives at 4 Mill Lane."]
"""


def test_a_label_of_ones_own_may_be_gained_and_not_be_lost(tmp_path: Path, rows: Path) -> None:
    (tmp_path / "own.toml").write_text(OWN, encoding="utf-8")
    with rows.open("a", encoding="utf-8") as lines:
        lines.write('\n{"id": "own", "text": "remark 9", "labels": {"site.address": 1}, "split": "dev"}')
    promote(model(tmp_path / "a", "better", own=read_own_labels(tmp_path / "own.toml")), [rows])
    with pytest.raises(GateRefused, match=r"does not know site\.address"):
        promote(model(tmp_path / "b", "even"), [rows])


def test_a_verdict_against_a_model_that_is_no_longer_current_is_not_used(tmp_path: Path, rows: Path) -> None:
    stale = weigh(model(tmp_path / "b", "unfair"), [rows], ReleaseSettings())
    promote(model(tmp_path / "a", "better"), [rows])
    with pytest.raises(InputError, match="another model became current"):
        install(stale)
    assert current() == "better"


def test_a_history_cut_short_is_told_whole_and_mended_by_the_next_call(tmp_path: Path, rows: Path) -> None:
    promote(model(tmp_path / "a", "better"), [rows])
    lines = tmp_path / "models" / "history.jsonl"
    lines.write_bytes(lines.read_bytes()[:-40])
    assert [record["event"] for record in history()] == ["promote"]
    rollback()
    assert [record["number"] for record in history()] == [1, 2]
    assert len(lines.read_bytes().splitlines()) == 2


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "not valid JSON"),
        ("{}", "not a pointer"),
        ('{"number": 1, "to": {"folder": ".."}, "earlier": []}', "leaves the models home"),
        ('{"number": 1, "to": {"folder": "a/b"}, "earlier": []}', "leaves the models home"),
    ],
    ids=["cut short", "something else", "the folder above", "a path"],
)
def test_a_pointer_that_was_tampered_with_is_not_followed(tmp_path: Path, content: str, says: str) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "current.json").write_text(content, encoding="utf-8")
    with pytest.raises(ModelError, match=says):
        find_model("current")


def test_labelled_rows_must_be_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--on: no labelled rows"):
        promote(model(tmp_path / "a", "better"), [])


def learnt_from(folder: Path, numbers: Iterable[int], base: Path, rows: Path) -> Path:
    """The model folder as if it had been trained with these rows of a file."""
    examples = list(read_labels(rows))
    keep_learnt(folder, [replace(examples[n], text=examples[n].text.upper() + "!") for n in numbers], open_model(base))
    return folder


def test_nobody_is_measured_on_rows_that_a_model_learnt(tmp_path: Path, rows: Path) -> None:
    """By either model, by the base of the candidate as well, whatever case and signs the text was learnt in."""
    base = learnt_from(model(tmp_path / "base", "better"), range(30), tmp_path / "package", rows)
    candidate = learnt_from(model(tmp_path / "a", "better"), range(20, 60), base, rows)
    assert version(candidate) == version(base)  # what was learnt from is no part of the version
    told: list[str] = []
    weighed = weigh(candidate, [rows], ReleaseSettings(tell=told.append))
    assert weighed.rows["count"] == 300
    assert "60 of 360 rows are left out: a model learnt from them" in told
    promote(candidate, [rows])
    assert weigh(model(tmp_path / "b", "squared"), [rows], ReleaseSettings()).rows["count"] == 300


def test_a_candidate_that_learnt_all_rows_is_not_measured_at_all(tmp_path: Path, rows: Path) -> None:
    candidate = learnt_from(model(tmp_path / "a", "better"), range(360), tmp_path / "package", rows)
    with pytest.raises(InputError, match="--on: the models learnt from every row"):
        promote(candidate, [rows])


def test_what_was_learnt_is_verified_like_the_weights(tmp_path: Path, rows: Path) -> None:
    candidate = learnt_from(model(tmp_path / "a", "better"), range(9), tmp_path / "package", rows)
    (candidate / LEARNT).write_text("", encoding="utf-8")
    with pytest.raises(ModelError, match=f"{LEARNT}: its hash is not the one"):
        promote(candidate, [rows])


def thread(name: str, size: int) -> Thread:
    comments = (Comment(source="s", thread_id=name, id=str(n), text="remark 1") for n in range(size))
    return Thread(source="s", id=name, comments=tuple(comments))


def test_threads_are_drawn_from_all_and_none_takes_everything() -> None:
    threads = [thread(f"t{n}", 3) for n in range(200)]
    drawn = weighing._draw(threads, 61)
    assert sum(len(one.comments) for one in drawn) == 61
    places = [int(one.id[1:]) for one in drawn]
    assert min(places) < 50
    assert max(places) > 150
    assert [one.id for one in weighing._draw(reversed(threads), 61)] == [one.id for one in drawn]
    assert [len(one.comments) for one in weighing._draw([thread("long", 9_000)], 500)] == [500]
    assert weighing._draw([], 500) == []


ONLY_FLIPS = """\
name = "flips"
[[gate]]
check = "flips"
fewest = 200
most = 0.1
reason = "Decisions stay."
"""
HOUSE = """\
name = "house"
{written_for}
[[rules]]
name = "harsh"
labels = ["abuse.toxicity"]
threshold = 0.6
action = "review"
"""


@pytest.fixture
def run(tmp_path: Path) -> Path:
    dump = tmp_path / "october.jsonl"
    lines = ({"id": str(n), "thread_id": f"t{n % 50}", "text": f"remark {n} on the bridge"} for n in range(1200))
    dump.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    score_dump(dump, out=tmp_path / "run", model=scorer_of(model(tmp_path / "c", "squared")))
    return tmp_path / "run"


def test_thresholds_of_the_old_model_keep_their_flag_rate_and_decisions_hardly_flip(
    tmp_path: Path, rows: Path, run: Path
) -> None:
    first = weigh(model(tmp_path / "a", "even"), [rows], ReleaseSettings())
    install(first)
    (tmp_path / "gate.toml").write_text(ONLY_FLIPS, encoding="utf-8")
    policy = tmp_path / "house.toml"
    settings = ReleaseSettings(gate=tmp_path / "gate.toml", policy=policy)
    candidate = model(tmp_path / "b", "squared")
    policy.write_text(HOUSE.format(written_for=""), encoding="utf-8")
    with pytest.raises(GateRefused, match="decisions of house would change"):
        promote(candidate, [rows, run], settings)
    policy.write_text(HOUSE.format(written_for=f'written_for = "{first.candidate.version}"'), encoding="utf-8")
    record = promote(candidate, [rows, run], settings)
    assert record["verdict"]["findings"][0]["candidate"] < 0.01
    flagged = sum(decision.action == "review" for decision in decide_run(run, policy).decisions())
    assert flagged / 1200 == pytest.approx(0.4, abs=0.01)
    told = call("check", policy).stderr
    assert f"note: rule 'harsh', abuse.toxicity: 0.6, written for {first.candidate.version}: 0.3" in told


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_the_table_and_exit_code_of_a_refused_candidate(tmp_path: Path, rows: Path) -> None:
    result = call("promote", model(tmp_path / "a", "unfair"), "--on", rows)
    assert result.exit_code == 5
    table = [line.split() for line in result.stdout.splitlines()]
    assert table[0] == ["check", "of", "current", "candidate", "worse", "allowed", "verdict", "why"]
    (groups,) = [line for line in result.stdout.splitlines() if line.startswith("groups")]
    assert "refuse" in groups
    assert "jewish" in groups
    assert {"primary", "recall", "suites", "flips"} <= {line[0] for line in table}
    assert "not measured" in result.stdout
    assert "does not pass" in result.stderr


def test_a_dry_run_changes_nothing(tmp_path: Path, rows: Path) -> None:
    candidate = model(tmp_path / "a", "better")
    there = everything(tmp_path)
    result = call("promote", candidate, "--on", rows, "--dry-run")
    assert (result.exit_code, everything(tmp_path)) == (0, there)
    assert "would pass" in result.stderr


def test_promote_check_and_rollback_on_the_command_line(tmp_path: Path, rows: Path) -> None:
    promoted = call("promote", model(tmp_path / "a", "better"), "--on", rows, "--json", "--why", "October")
    assert json.loads(promoted.stdout)["promoted"] is True
    shown = call("check").stdout
    first, better = version(tmp_path / "package"), version(tmp_path / "a")
    assert f"current model: {better} in models/{better}; embedded: first@" in shown
    assert f"promote {first} → {better}" in shown
    assert ": October" in shown
    back = call("rollback", "--why", "complaints")
    assert back.stdout.startswith(f"{first} is the current model again")
    assert json.loads(call("check", "--json").stdout)["history"][-1]["event"] == "rollback"


def test_check_knows_a_gate(tmp_path: Path) -> None:
    (tmp_path / "gate.toml").write_text(ONLY_FLIPS, encoding="utf-8")
    assert "gate, flips@" in call("check", tmp_path / "gate.toml").stdout


def test_a_home_of_ones_own_is_named_in_the_settings(
    tmp_path: Path, rows: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANALYZER_MODELS", str(tmp_path / "elsewhere"))
    promote(model(tmp_path / "a", "better"), [rows])
    assert find_model("current") == tmp_path / "elsewhere" / version(tmp_path / "a")


def test_fifty_kills_leave_one_whole_current_model_and_a_history_without_gaps(tmp_path: Path) -> None:
    from tests.tiny import tiny_model

    tiny = tiny_model(tmp_path / "tiny")
    program = [sys.executable, "-m", "tests.killed", tmp_path, tiny]
    result = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    outcomes = result.stdout.splitlines()
    assert len(outcomes) >= KILLS
    assert set(outcomes) == {"promote old", "promote new", "rollback old", "rollback new"}
