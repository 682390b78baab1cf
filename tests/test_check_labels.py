"""analyzer check on label files: findings, exit codes, the list of likely wrong labels."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner, Result

from analyzer import scoring
from analyzer.cli import app

ROOT = Path(__file__).parents[1]


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["check", *map(str, arguments)])


def entries(*arguments: object) -> list[dict[str, Any]]:
    result = call(*arguments, "--json")
    assert result.exit_code == 0, result.stderr
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Rows of which every tenth is wrong; the third is a formula."""
    path = tmp_path / "labels.csv"
    rows = [f'"text number {n}",{int((n >= 50) != (n % 10 == 3))}' for n in range(100)]
    rows[3] = '"=HYPERLINK(1) number 3",1'
    path.write_text("text,insult\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


class Reader:
    """A model that sees in which half the number of a text lies."""

    def representations(self, texts: Sequence[tuple[str, str | None]]) -> NDArray[np.float32]:
        numbers = np.array([int(text.split()[-1]) for text, _ in texts])
        noise = np.random.default_rng(0).normal(0, 0.3, (len(numbers), 4))
        return (noise + np.where(numbers >= 50, 1, -1)[:, None]).astype(np.float32)


@pytest.fixture
def read_by(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "load_scorer", lambda *_: Reader())


def test_a_label_file_is_recognised_and_findings_are_in_words(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("text,insult,insul\nyou fool,1,0\nYou fool!,0,1\n", encoding="utf-8")
    result = call(path)
    assert result.exit_code == 0, result.stderr
    assert "labels, table: 2 rows, labels 1; no language 2" in result.stdout
    assert "! contradiction, 2: abuse.insult: the same text is judged yes and no" in result.stdout
    assert "at labels.csv:2, labels.csv:3" in result.stdout
    assert "did you mean 'abuse.insult'" in result.stdout


def test_leaks_between_files_are_seen(tmp_path: Path) -> None:
    for name, split in (("a.csv", "train"), ("b.csv", "test")):
        (tmp_path / name).write_text(f"text,insult,split\nyou fool,1,{split}\n", encoding="utf-8")
    found = entries(tmp_path / "a.csv", tmp_path / "b.csv")
    assert [entry["kind"] for entry in found] == ["labels", "labels"]
    assert "findings" not in found[0]
    assert "leak_text" in {finding["kind"] for finding in found[1]["findings"]}


def test_a_dump_stays_a_dump_until_labels_are_asked_for() -> None:
    dump = ROOT / "data/samples/dumps/harbour-bridge.xml"
    assert entries(dump)[0]["kind"] == "dump"
    (found,) = entries(dump, "--known", "site.spam", "--map", "spam=site.spam")
    assert (found["kind"], found["form"]) == ("labels", "wordpress")


@pytest.mark.usefixtures("read_by")
@pytest.mark.parametrize("name", ["list.csv", "list.json"])
def test_likely_wrong_labels_are_listed(table: Path, tmp_path: Path, name: str) -> None:
    target = tmp_path / name
    (found,) = entries(table, "--likely-wrong", target)
    text = target.read_text(encoding="utf-8")
    listed = json.loads(text) if name.endswith("json") else list(csv.DictReader(text.splitlines()))
    assert found["likely_wrong"]["count"] == len(listed) == 10
    assert {row["where"] for row in listed} == {f"labels.csv:{n + 2}" for n in range(3, 100, 10)}
    formula = next(row["text"] for row in listed if "HYPERLINK" in row["text"])
    assert formula.startswith("=" if name.endswith("json") else "'=")


@pytest.mark.parametrize(
    ("content", "options", "sentence"),
    [
        pytest.param("text,insult\n,1\n", (), "no row can be used (labels.csv:2: the row has no text)", id="no text"),
        pytest.param("text,insult\nx,9\n", (), "9 does not lie in 0..1", id="no value"),
        pytest.param("text,insult\nx,1\n", ("--map", "text=body"), "there is no column 'body'", id="no such column"),
        pytest.param("text,insult\nx,1\n", ("--known", "Doxxing"), "write family.name", id="a bad label"),
        pytest.param("a\n", ("--likely-wrong", "x.csv"), "no labels found", id="no labels at all"),
        pytest.param(
            "text,insult\nx,1\n", ("--likely-wrong", "labels.csv"), "the label file itself", id="the file itself"
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_exit_code_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, options: tuple[str, ...], sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("labels.csv").write_text(content, encoding="utf-8")
    result = call("labels.csv", *options)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert "Traceback" not in result.stderr
    assert Path("labels.csv").read_text(encoding="utf-8") == content
