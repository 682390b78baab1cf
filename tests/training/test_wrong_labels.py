"""Wrong labels are listed and not learnt; the same rows with the right labels are."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner, Result

from analyzer import retraining
from analyzer.cli import app
from analyzer.errors import InputError
from analyzer.own_labels import read_own_labels
from analyzer.readers import read_labels
from analyzer.registry import find_model, open_model
from analyzer.retraining import TrainSettings, train
from analyzer.schema import Example
from analyzer.scoring.transformer import load_network
from analyzer.scoring.windows import Windower
from analyzer.taxonomy import load_taxonomy
from analyzer.training.doubt import Doubt, doubts, measure
from analyzer.training.pooled import Reader
from tests.talking_down import LABEL, write_judged
from tests.tiny import tiny_model

SAMPLES = Path(__file__).parent.parent.parent / "data" / "samples"
FLIPPED = 0.3


@pytest.fixture(autouse=True)
def no_shipped_texts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(retraining, "_DATA", tmp_path / "nowhere")


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.mark.parametrize(
    ("apart", "share", "flipped", "grave"),
    [
        pytest.param(4.0, 0.5, 0.0, False, id="clear and right"),
        pytest.param(4.0, 0.5, 0.3, True, id="clear and three in ten flipped"),
        pytest.param(4.0, 0.1, 0.3, True, id="rare and three in ten flipped"),
        pytest.param(4.0, 0.5, 0.05, False, id="clear and one in twenty flipped"),
        pytest.param(1.0, 0.5, 0.0, False, id="hard and right"),
        pytest.param(1.0, 0.1, 0.0, False, id="hard, rare and right"),
    ],
)
def test_only_what_contradicts_itself_is_doubted(apart: float, share: float, flipped: float, grave: bool) -> None:
    rng = np.random.default_rng(2)
    truth = rng.random(500) < share
    features = rng.normal(size=(500, 6)) + np.outer(truth, [apart, 0, 0, 0, 0, 0])
    given = (truth ^ (rng.random(500) < flipped)).astype(int)
    assert measure(features, given, np.arange(500)).is_grave is grave


@pytest.mark.parametrize(
    ("doubt", "grave"),
    [
        pytest.param(Doubt((40, 40), (12, 12)), True, id="three in ten at both ends"),
        pytest.param(Doubt((19, 20), (6, 6)), False, id="too few rows"),
        pytest.param(Doubt((40, 40), (20, 3)), False, id="at one end only"),
        pytest.param(Doubt((40, 40), (7, 6)), False, id="within chance of what is let pass"),
    ],
)
def test_when_a_doubt_is_grave(doubt: Doubt, grave: bool) -> None:
    assert doubt.is_grave is grave


def test_labels_that_contradict_one_another_are_learnt_only_by_those_who_trust_them(tmp_path: Path) -> None:
    base, file = tiny_model(tmp_path / "tiny"), tmp_path / "judged.jsonl"
    write_judged(file, flipped=0.5)
    with pytest.raises(InputError, match=r"abuse\.insult: the labels contradict one another.*--trust-labels"):
        train(file, base=base, out=tmp_path / "candidate")
    assert not (tmp_path / "candidate").exists()
    candidate = train(file, base=base, out=tmp_path / "candidate", settings=TrainSettings(trust_labels=True))
    assert list(candidate.outcome["labels"]) == [LABEL]


def test_a_doubtful_label_is_left_and_the_others_are_learnt(tmp_path: Path) -> None:
    base, file = tiny_model(tmp_path / "tiny"), tmp_path / "judged.jsonl"
    write_judged(file)
    rng = np.random.default_rng(0)
    rows = [
        replace(row, labels={"site.down": row.labels[LABEL], "site.coin": float(rng.random() < 0.5)})
        for row in read_labels(file)
    ]
    own = tmp_path / "own.toml"
    entry = '[[label]]\nid = "site.{0}"\nname = "{0}"\ndefinition = "{0}"\nnot_this = "else"\nexamples = ["{0}"]\n'
    own.write_text(entry.format("down") + entry.format("coin"), "utf-8")
    candidate = train(rows, base=base, out=tmp_path / "candidate", settings=TrainSettings(own_labels=own))
    assert list(candidate.outcome["labels"]) == ["site.down"]
    assert "contradict one another" in candidate.outcome["left"]["site.coin"]
    measured = [json.loads(line)["labels"] for line in candidate.measured.read_text("utf-8").splitlines()]
    assert {label for labels in measured for label in labels} == {"site.down"}


@pytest.mark.slow
def test_a_poisoned_file_is_listed_and_refused_and_the_same_rows_with_right_labels_are_learnt(tmp_path: Path) -> None:
    poisoned, right, listed = tmp_path / "poisoned.jsonl", tmp_path / "right.jsonl", tmp_path / "wrong.json"
    wrong = write_judged(poisoned, flipped=FLIPPED)
    assert write_judged(right) == set()
    assert call("check", poisoned, "--likely-wrong", listed).exit_code == 0
    named = {row["id"] for row in json.loads(listed.read_text("utf-8"))}
    assert len(named & wrong) >= 0.6 * len(wrong)
    assert len(named & wrong) >= 0.6 * len(named)
    refused = call("train", poisoned, "--base", "default", "--out", tmp_path / "bad")
    assert refused.exit_code == 2
    assert f"{LABEL}: the labels contradict one another" in refused.stderr
    assert not (tmp_path / "bad").exists()
    learnt = call("train", right, "--base", "default", "--out", tmp_path / "good", "--json")
    assert learnt.exit_code == 0, learnt.stderr
    figures = json.loads(learnt.stdout)["labels"][LABEL]
    assert figures["after"]["auc"]["value"] > 0.9


@pytest.mark.slow
def test_a_house_label_is_refused_at_three_flips_in_ten_and_never_with_the_right_labels(tmp_path: Path) -> None:
    """Ten draws of flips, since one is luck; `-s` shows the shares that docs/retrain.md tells."""
    taxonomy = load_taxonomy(own=[read_own_labels(SAMPLES / "own-labels.toml")])
    rows = [row for row in read_labels(SAMPLES / "labels-doxxing.jsonl", taxonomy) if row.split == "train"]
    base = open_model(find_model("default") or "")
    reader = Reader(load_network(base), Windower.from_folder(base.path), (6, 8, 10, 12), tmp_path, base.version)
    pooled = reader.read(rows, lambda done, total: None)
    states = np.hstack([pooled.first(layer) for layer in reader.layers])
    groups = np.unique([row.group for row in rows], return_inverse=True)[1].tolist()
    refused = {}
    for share, draws in ((0.0, 1), (0.1, 5), (0.2, 5), (FLIPPED, 10)):
        wrong = [flipped(rows, np.random.default_rng(seed).random(len(rows)) < share) for seed in range(draws)]
        refused[share] = sum(bool(doubts(one, states, groups, ["site.doxxing"])) for one in wrong) / draws
        print(f"{share:.0%} of {len(rows)} labels flipped: {refused[share] * draws:.0f} of {draws} draws refused")
    assert refused[0.0] == 0
    assert refused[0.1] == 0
    assert refused[FLIPPED] >= 0.8


def flipped(rows: list[Example], chosen: NDArray[np.bool_]) -> list[Example]:
    return [
        replace(row, labels={label: abs(value - float(flip)) for label, value in row.labels.items()})
        for row, flip in zip(rows, chosen, strict=True)
    ]
