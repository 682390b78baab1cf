"""Suggestions: what is worth a label, each text once, none that is labelled, a random slice that is random."""

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from test_changes import write_run
from typer.testing import CliRunner, Result

from analyzer.cli import app
from analyzer.errors import ConfigError, InputError
from analyzer.readers import read_judged, read_labels
from analyzer.runs import Run, shard_of, write_table_parts
from analyzer.schema import Checked, Comment, Key, Score
from analyzer.suggestion import RANDOM, UNCERTAINTY, Suggestion, SuggestSettings, suggest_comments, write_suggestions
from analyzer.tables import COMMENTS, comment_row

NOUNS = ["bridge", "council", "tunnel", "museum", "market", "school", "harbour", "library"]
VERBS = ["opens", "closes", "costs", "annoys", "delights", "divides", "serves", "bores"]


def prob(n: int) -> float:
    """Doubtful in every tenth comment, sure in the others."""
    return 0.5 if n % 10 == 0 else 0.02


def write(folder: Path, texts: list[str], odd: dict[int, Checked] | None = None) -> Run:
    """A run of these texts over two shards; every comment but the first of a thread answers the one before."""
    odd = odd or {}
    keys = [Key("dump.jsonl", f"t{n // 8}", f"c{n}") for n in range(len(texts))]
    scores = [
        Score(key=key, model="m@1", probs={"abuse.insult": prob(n), "target.jewish": 0.5}, lang="en")
        if n not in odd
        else Score(key=key, model="m@1", checked=odd[n])
        for n, key in enumerate(keys)
    ]
    run = write_run(folder, scores)
    for shard in run.shards:
        rows = [n for n, key in enumerate(keys) if shard_of(key.source, key.thread_id, 2) == shard]
        comments = [
            Comment(
                source="dump.jsonl",
                thread_id=keys[n].thread_id,
                id=keys[n].id,
                text=texts[n],
                parent_id=f"c{n - 2}" if n % 8 > 1 else None,
            )
            for n in rows
        ]
        table = pa.Table.from_pylist([comment_row(comment) for comment in comments], COMMENTS)
        write_table_parts(run.file("comments", shard=shard), [table])
    return run


def words(n: int) -> str:
    return f"The {NOUNS[n % 8]} {VERBS[n // 8 % 8]} people, says reader {n}"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return write(tmp_path / "run", [words(n) for n in range(120)])


def suggest(run: Run, n: int = 10, **more: Any) -> list[Suggestion]:
    return suggest_comments(run, SuggestSettings(n=n, **more))


def test_doubtful_comments_and_a_random_slice_each_saying_why(run: Run) -> None:
    found = suggest(run, 10)
    assert [one.sampled_by for one in found] == [RANDOM] * 2 + [UNCERTAINTY] * 8
    assert found[0].why == "drawn at random, for honest rates"
    for one in found[2:]:
        assert one.label == "abuse.insult"
        assert one.why == "abuse.insult 0.500, close to its threshold 0.500"
        assert int(one.key.id[1:]) % 10 == 0
    assert len({one.text for one in found}) == 10


def test_doubt_and_labels_go_by_the_threshold_of_the_language(run: Run) -> None:
    """Every tenth comment has 0.5: doubtful and flagged at the general threshold, not at that of the language."""
    manifest = run.manifest()
    point = {"threshold": 0.5, "by_language": {"en": {"threshold": 0.02}, "de": {"threshold": 0.7}}}
    manifest["models"]["m@1"]["thresholds"] = {
        "abuse.insult": {"balanced": point},
        "target.jewish": {"balanced": point},
    }
    run.write_manifest(manifest)
    found = suggest(run, 8, random=0.0)
    assert {one.why for one in found} == {"abuse.insult 0.020, close to its threshold 0.020"}
    assert [one.doubt for one in found] == pytest.approx([1] * 8, abs=0.001)
    assert {tuple(one.flagged) for one in found} == {("abuse.insult", "target.jewish")}
    manifest["models"]["m@1"]["thresholds"]["abuse.insult"]["balanced"]["by_language"]["en"]["threshold"] = 0.7
    run.write_manifest(manifest)
    assert {tuple(one.flagged) for one in suggest(run, 8, random=0.0)} == {()}


def test_the_text_of_the_parent_comes_along(run: Run) -> None:
    for one in suggest(run, 60):
        n = int(one.key.id[1:])
        assert one.text == words(n)
        assert one.parent == (words(n - 2) if n % 8 > 1 else None)


def test_the_same_command_suggests_the_same_and_another_seed_does_not(run: Run) -> None:
    assert suggest(run) == suggest(run)
    assert {one.key for one in suggest(run, random=1.0)} != {one.key for one in suggest(run, random=1.0, seed=1)}


def test_copies_of_a_text_are_suggested_once(tmp_path: Path) -> None:
    run = write(tmp_path / "run", ["Buy  now!" if n % 3 else ("buy now!" if n % 2 else words(n)) for n in range(60)])
    found = suggest(run, 60)
    folded = [" ".join(one.text.lower().split()) for one in found]
    assert Counter(folded).most_common(1)[0][1] == 1
    assert len(found) == 11


def test_what_was_not_checked_is_never_suggested(tmp_path: Path) -> None:
    odd = dict.fromkeys(range(0, 40, 2), Checked.LANGUAGE)
    found = suggest(write(tmp_path / "run", [words(n) for n in range(40)], odd), 40)
    assert {int(one.key.id[1:]) % 2 for one in found} == {1}


def test_labelled_texts_are_left_out(run: Run, tmp_path: Path) -> None:
    labels = tmp_path / "judged.jsonl"
    rows = [{"text": words(n).upper() + " ", "labels": {"insult": 0}} for n in range(0, 120, 20)]
    labels.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    found = suggest(run, 120, labels=(labels,))
    assert len(found) == 114
    assert not {one.text for one in found} & {words(n) for n in range(0, 120, 20)}
    rest = tmp_path / "rest.jsonl"
    rest.write_text("".join(json.dumps({"text": words(n), "labels": {"insult": 0}}) + "\n" for n in range(120)))
    with pytest.raises(InputError, match="no comment is left to label"):
        suggest(run, 5, labels=(rest,))


def test_every_comment_has_the_same_chance_in_the_random_slice(run: Run) -> None:
    """Over 60 draws of 30 of 120, a comment comes 15 times on average, with a standard deviation of 3.4."""
    drawn = Counter(one.key for seed in range(60) for one in suggest(run, 30, random=1.0, seed=seed))
    assert len(drawn) == 120
    assert 1 <= min(drawn.values()) <= max(drawn.values()) <= 32


@pytest.mark.parametrize("settings", [{"n": 0}, {"random": 1.5}, {"random": float("nan")}])
def test_settings_that_make_no_sense(run: Run, settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="--random"):
        suggest_comments(run, SuggestSettings(**settings))


# files


@pytest.fixture
def hostile(tmp_path: Path) -> Run:
    texts = [f'=HYPERLINK("x") {NOUNS[n]} \x1b[31m\u202e' if n % 2 else words(n) for n in range(8)]
    return write(tmp_path / "run", texts)


def test_the_queue_is_a_review_without_its_verdict(run: Run, tmp_path: Path) -> None:
    write_suggestions(suggest(run), tmp_path / "next.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "next.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(rows) == 10
    assert list(rows[0]) == ["key", "model", "sampled_by", "why", "lang", "text", "parent", "probs"]
    assert rows[0]["model"] == "m@1"
    assert rows[0]["probs"]["target.jewish"] == 0.5


def test_a_queue_with_labels_is_read_for_training_and_for_rates(run: Run, tmp_path: Path) -> None:
    rows = [one.to_json() for one in suggest(run)]
    judged = [row | ({"labels": {"abuse.insult": 1}} if n < 4 else {}) for n, row in enumerate(rows)]
    path = tmp_path / "judged.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in judged), encoding="utf-8")
    found = read_judged(path)
    assert [(one.source, one.thread_id, one.id) for one in found] == [tuple(row["key"]) for row in rows[:4]]
    assert [one.sampled_by for one in found] == ["random", "random", "uncertainty", "uncertainty"]
    examples = [example for example in read_labels(path) if example.labels]
    assert [example.text for example in examples] == [row["text"] for row in rows[:4]]


def test_label_studio_tasks_hold_predictions(run: Run, tmp_path: Path) -> None:
    write_suggestions(suggest(run), tmp_path / "next.json", "label-studio")
    tasks = json.loads((tmp_path / "next.json").read_text(encoding="utf-8"))
    assert {task["predictions"][0]["score"] for task in tasks[:2]} == {0.0}
    task = tasks[-1]
    assert task["data"]["sampled_by"] == "uncertainty"
    assert {"text", "parent", "comment_id", "thread_id"} <= set(task["data"])
    (prediction,) = task["predictions"]
    assert (prediction["model_version"], prediction["score"]) == ("m@1", 0.0)
    assert prediction["result"][0] == {
        "id": "labels",
        "from_name": "labels",
        "to_name": "text",
        "type": "choices",
        "value": {"choices": ["abuse.insult", "target.jewish"]},
    }


def test_no_cell_of_the_table_is_a_formula(hostile: Run, tmp_path: Path) -> None:
    write_suggestions(suggest(hostile, 8), tmp_path / "next.csv", "csv")
    with (tmp_path / "next.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 8
    cells = [cell for row in rows for cell in row.values()]
    assert not [cell for cell in cells if cell[:1] in "=+-@" and cell]
    assert not [cell for cell in cells if "\x1b" in cell or "\u202e" in cell]
    assert {row["labels"] for row in rows} == {""}


def test_guarded_cells_come_back_as_they_were(tmp_path: Path) -> None:
    texts = [f"{sign}{words(n)}" for n, sign in enumerate(["@anna ", "- ", "=", "+1 ", "'@", "", "-- ", "@bob "] * 4)]
    run = write(tmp_path / "run", texts)
    first = suggest_comments(run, SuggestSettings(n=12, random=1.0))
    write_suggestions(first, tmp_path / "next.csv", "csv")
    with (tmp_path / "next.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row | {"labels": "abuse.insult", "abuse.insult": "1"} for row in csv.DictReader(file)]
    with (tmp_path / "judged.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, rows[0])
        table.writeheader()
        table.writerows(rows)
    assert {row.text for row in read_labels(tmp_path / "judged.csv")} == {one.text for one in first}
    assert {(row.source, row.thread_id, row.id) for row in read_judged(tmp_path / "judged.csv")} == {
        one.key for one in first
    }
    rest = suggest_comments(run, SuggestSettings(n=32, random=1.0, labels=(tmp_path / "judged.csv",)))
    assert len(rest) == 20
    assert not {one.key for one in rest} & {one.key for one in first}


def test_a_file_with_work_in_it_is_not_written_over(run: Run, tmp_path: Path) -> None:
    (tmp_path / "next.csv").write_text("labels of a person")
    with pytest.raises(InputError, match="may hold somebody's work"):
        write_suggestions(suggest(run), tmp_path / "next.csv", "csv")
    with pytest.raises(ConfigError, match="queue, label-studio, csv"):
        write_suggestions(suggest(run), tmp_path / "other", "excel")
    assert (tmp_path / "next.csv").read_text() == "labels of a person"


# the command


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_the_command_says_what_it_wrote(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "next.jsonl"
    result = call("suggest", run.path, "-n", 10, "--out", out, "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout) == {
        "run": str(run.path),
        "out": str(out),
        "format": "queue",
        "uncertainty": 8,
        "random": 2,
        "labels": {"abuse.insult": 8},
    }
    assert call("suggest", run.path, "-n", 10, "--out", out).exit_code == 2
    result = call("suggest", run.path, "-n", 500, "--out", tmp_path / "all.csv", "--format", "csv")
    assert "120 comments" in result.stderr
    assert "500 were asked for" in result.stderr
