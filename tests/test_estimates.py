"""`analyzer threshold` and `analyzer prevalence`, from files to what is printed, with a scorer whose every answer is known."""

import csv
import json
import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import analyzer.scoring
from analyzer.cli import app
from analyzer.errors import ConfigError, InputError
from analyzer.estimates import estimate_prevalences, promise_threshold, promise_threshold_on_run
from analyzer.matching import load_scores
from analyzer.pipeline import RunSettings, score_dump
from analyzer.readers import read_judged
from analyzer.runs import Run
from tests.fakes import WordScorer

SIZE = 1500
PRECISION = "maximum recall @ precision >= 0.8 where label=abuse.insult"


def says_idiot(n: int) -> bool:
    return n % 5 == 0


def is_insult(n: int) -> bool:
    """One in ten who say the word mean nothing by it, one in a hundred insult without it."""
    return (n % 50 != 0) if says_idiot(n) else n % 100 == 1


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("run")
    rows = [
        {"id": str(n), "thread_id": f"t{n % 9}", "text": f"remark {n} {'you idiot' if says_idiot(n) else 'on bridges'}"}
        for n in range(SIZE)
    ]
    rows += [{"id": "twice", "thread_id": thread, "text": "twice"} for thread in ("t1", "t2")]
    rows.append({"id": "silent", "thread_id": "t1", "text": "!!!"})
    (folder / "site.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        return score_dump(folder / "site.jsonl", out=folder / "run", model=WordScorer(), settings=RunSettings(shards=3))


def judged(path: Path, numbers: Iterable[int], **more: str) -> Path:
    rows = [{"id": str(n), "abuse.insult": str(int(is_insult(n))), **more} for n in numbers]
    return table(path, rows)


def table(path: Path, rows: Sequence[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def texts(path: Path, numbers: Iterable[int], **more: Any) -> Path:
    rows = [
        {
            "id": str(n),
            "text": f"{n} {'idiot' if says_idiot(n) else 'bridge'}",
            "labels": {"insult": int(is_insult(n))},
            **more,
        }
        for n in numbers
    ]
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return path


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def shown(result: Result) -> str:
    assert result.exit_code == 0, result.stderr
    return result.stdout


# threshold


def test_a_promise_is_kept_by_labelled_texts_that_are_scored(tmp_path: Path) -> None:
    found = promise_threshold(PRECISION, texts(tmp_path / "rows.jsonl", range(500)), WordScorer())
    assert found.guarantee.threshold is not None
    assert 0.02 < found.guarantee.threshold <= 0.91
    assert found.guarantee.measures["precision"].value == 0.9
    assert found.guarantee.measures["recall"].value == pytest.approx(90 / 95)
    assert found.model == "words@1"


@pytest.mark.parametrize(
    ("where", "n"),
    [(" and lang=de", 200), (" and lang=en", 100), (" and source=site", 300), (" and lang=de and source=site", 200)],
)
def test_conditions_choose_the_rows(tmp_path: Path, where: str, n: int) -> None:
    folder = tmp_path / "labels"
    folder.mkdir()
    texts(folder / "a.jsonl", range(200), lang="de-AT", source="site")
    texts(folder / "b.jsonl", range(100), lang="en", source="site")
    texts(folder / "c.jsonl", range(50), lang="denglish", source="other")
    assert promise_threshold(PRECISION + where, folder, WordScorer()).guarantee.n == n


def test_derived_labels_are_not_taken_for_judgements(tmp_path: Path) -> None:
    path = texts(tmp_path / "rows.jsonl", range(50))
    with path.open("a") as lines:
        row = {"text": "a trope", "labels": {}, "targets": ["women"], "split": "dev"}
        lines.write("\n" + json.dumps(row))
    with pytest.raises(InputError, match=r"none has antisemitism\.any judged"):
        promise_threshold(
            "maximum recall @ precision >= 0.8 where label=antisemitism.any",
            path,
            WordScorer(labels=("antisemitism.any",)),
        )


def test_on_a_run_scores_are_those_stored_and_the_queue_is_counted(run: Run, tmp_path: Path) -> None:
    labels = judged(tmp_path / "judged.csv", range(0, SIZE, 3), sampled_by="random")
    found = promise_threshold_on_run(PRECISION, labels, run)
    assert (found.guarantee.n, found.model) == (500, "words@1")
    flagged = found.guarantee.measures["flagged"]
    assert flagged.value == SIZE / 5 / (SIZE + 3)
    assert found.notes == ()


def test_on_a_run_a_sample_that_does_not_look_random_is_doubted_unless_a_base_rate_is_stated(
    run: Run, tmp_path: Path
) -> None:
    labels = judged(tmp_path / "judged.csv", range(0, SIZE, 5), sampled_by="random")
    assert "does not look random" in " ".join(promise_threshold_on_run(PRECISION, labels, run).notes)
    assert promise_threshold_on_run(PRECISION + " and base_rate=0.2", labels, run).notes == ()


def test_a_run_of_another_language_or_without_these_ids_says_so(run: Run, tmp_path: Path) -> None:
    labels = judged(tmp_path / "judged.csv", range(20))
    with pytest.raises(InputError, match=r"abuse.insult, lang de scored \(.*20 of 20 judged rows are not used"):
        promise_threshold_on_run(PRECISION + " and lang=de", labels, run)
    with pytest.raises(InputError, match=r"no comment of this id \(5000, 5001\)"):
        promise_threshold_on_run(PRECISION, judged(tmp_path / "other.csv", range(5000, 5002)), run)


def test_a_label_the_model_does_not_know_is_refused_with_the_nearest(run: Run, tmp_path: Path) -> None:
    labels = judged(tmp_path / "judged.csv", range(20))
    for found in (
        lambda: promise_threshold(PRECISION + "s", labels, WordScorer()),
        lambda: promise_threshold_on_run(PRECISION + "s", labels, run),
    ):
        with pytest.raises(ConfigError, match=r"no label 'abuse.insults'; did you mean 'abuse.insult'"):
            found()


def test_threshold_prints_what_is_promised_and_what_it_rests_on(run: Run, tmp_path: Path) -> None:
    labels = judged(tmp_path / "judged.csv", range(0, SIZE, 3))
    result = call("threshold", PRECISION, "--labels", labels, "--run", run.path, "--per-day", 5000)
    text = shown(result)
    assert "precision >= 0.8, with confidence 95%" in text
    assert "500 judged, 95 positive" in text
    assert "998 of 5,000 comments a day" in text
    assert "random sample of the comments meant" in text
    assert "no column sampled_by" in result.stderr
    record = json.loads(shown(call("threshold", PRECISION, "--labels", labels, "--run", run.path, "--json")))
    assert record["kept"] is True
    assert record["threshold"] > 0.02
    assert record["queue"] is None
    assert "rests_on" in record


def test_threshold_that_cannot_promise_says_how_many_labels_are_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analyzer.scoring, "load_scorer", lambda model=None, threads=None: WordScorer())
    few = texts(tmp_path / "rows.jsonl", range(40))
    text = shown(call("threshold", PRECISION, "--labels", few, "--per-day", 100))
    assert "cannot promise precision >= 0.8 for abuse.insult: needs about" in text
    record = json.loads(shown(call("threshold", PRECISION, "--labels", few, "--json", "--per-day", 100)))
    assert (record["threshold"], record["queue"]) == (None, None)
    assert record["missing_labels"] > 0
    hopeless = PRECISION.replace("0.8", "0.99")
    assert "more labels alone would not help" in shown(
        call("threshold", hopeless, "--labels", texts(tmp_path / "many.jsonl", range(1000)))
    )


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("threshold", "maximum joy", "--labels", "x.csv"), 2, "position 9"),
        (("threshold", PRECISION, "--labels", "nowhere.csv", "--run", "nowhere"), 2, "no run here"),
        (("threshold", PRECISION, "--labels", "x.csv", "--run", "r", "--model", "m"), 2, "--model"),
        (("prevalence", "nowhere", "--labels", "x.csv"), 2, "no run here"),
    ],
    ids=["no promise", "no run", "a model beside a run", "no run to count"],
)
def test_mistakes_are_one_sentence(arguments: Sequence[str], code: int, says: str) -> None:
    result = call(*arguments)
    assert (result.exit_code, result.stdout) == (code, "")
    assert says in result.stderr


# prevalence


def test_a_random_sample_corrects_what_the_model_counts(run: Run, tmp_path: Path) -> None:
    found = estimate_prevalences(run, judged(tmp_path / "judged.csv", range(0, SIZE, 3), sampled_by="random"))
    (row,) = found.labels
    true = sum(map(is_insult, range(SIZE))) / (SIZE + 2)
    assert row.comments == SIZE + 2, "the silent one has no score"
    assert row.naive == SIZE / 5 / (SIZE + 2)
    assert row.interval.low <= true <= row.interval.high
    assert row.interval.high - row.interval.low < row.labels_only_interval.high - row.labels_only_interval.low
    assert (found.doubts, row.doubts) == ((), ())


def test_the_model_counts_by_the_threshold_of_the_language(run: Run, tmp_path: Path) -> None:
    copy = Run(Path(shutil.copytree(run.path, tmp_path / "run")))
    manifest = copy.manifest()
    point = {"threshold": 0.5, "by_language": {"en": {"threshold": 0.95}}}
    manifest["models"][copy.model]["thresholds"] = {"abuse.insult": {"balanced": point}}
    copy.write_manifest(manifest)
    (row,) = estimate_prevalences(copy, judged(tmp_path / "judged.csv", range(0, SIZE, 3))).labels
    assert (row.naive, row.threshold) == (0.0, 0.5)


def test_only_the_judged_comments_are_kept_by_name(run: Run, tmp_path: Path) -> None:
    rows = read_judged(judged(tmp_path / "judged.csv", [7, 8]))
    scored = load_scores(run, ["abuse.insult"], rows)
    assert scored.table.column_names == ["lang", "abuse.insult"]
    assert scored.table.num_rows == SIZE + 3
    assert {name: [thread for _, _, thread in places] for name, places in scored.places.items()} == {
        "7": ["t7"],
        "8": ["t8"],
    }
    by_place = [score.probs.get("abuse.insult") for score in run.scores()]
    for (place, _, _), *_ in scored.places.values():
        assert scored.table["abuse.insult"][place].as_py() == by_place[place]


def test_a_line_of_json_may_hold_any_separator_of_lines(tmp_path: Path) -> None:
    """U+2028 stands unescaped in JSON; only a line feed ends a row."""
    row = {"id": "1", "text": "one\u2028two\x85three", "labels": {"abuse.insult": 1}}
    path = tmp_path / "judged.jsonl"
    path.write_text(json.dumps(row, ensure_ascii=False) + "\r\n" + json.dumps(row | {"id": "2"}) + "\n", "utf-8")
    assert [(one.id, dict(one.labels)) for one in read_judged(path)] == [
        ("1", {"abuse.insult": 1.0}),
        ("2", {"abuse.insult": 1.0}),
    ]


def test_rows_that_were_not_drawn_at_random_are_left_out_or_warned_of(run: Run, tmp_path: Path) -> None:
    rows = [{"id": str(n), "abuse.insult": "1", "sampled_by": "policy"} for n in range(5, 100, 5)]
    biased = estimate_prevalences(run, table(tmp_path / "policy.csv", rows))
    assert any("not drawn at random (19 by policy)" in doubt for doubt in biased.doubts)
    assert any("does not look random" in doubt for doubt in biased.labels[0].doubts)
    drawn = [{"id": str(n), "abuse.insult": str(int(is_insult(n))), "sampled_by": "random"} for n in range(0, 900, 3)]
    mixed = estimate_prevalences(run, table(tmp_path / "mixed.csv", rows + drawn))
    assert mixed.labels[0].n == 300
    assert any("19 rows that were not drawn at random were left out" in doubt for doubt in mixed.doubts)


def test_rows_are_matched_by_id_source_and_thread_and_the_others_counted(run: Run, tmp_path: Path) -> None:
    rows = [
        {"id": "1", "source": "site.jsonl", "thread_id": "t1", "abuse.insult": "1", "split": "dev"},
        {"id": "1", "source": "", "thread_id": "", "abuse.insult": "0", "split": "dev"},
        {"id": "2", "source": "elsewhere", "thread_id": "", "abuse.insult": "0", "split": "dev"},
        {"id": "nobody", "source": "", "thread_id": "", "abuse.insult": "0", "split": "dev"},
        {"id": "twice", "source": "", "thread_id": "", "abuse.insult": "0", "split": "dev"},
        {"id": "twice", "source": "", "thread_id": "t2", "abuse.insult": "0", "split": "dev"},
        {"id": "silent", "source": "", "thread_id": "", "abuse.insult": "0", "split": "dev"},
        {"id": "3", "source": "", "thread_id": "", "abuse.insult": "0", "split": "train"},
    ]
    source = next(run.comments()).source
    rows[0]["source"] = source
    found = estimate_prevalences(run, table(tmp_path / "judged.csv", rows))
    assert found.matched.to_json() == {
        "judged_rows": 7,
        "comments": 3,
        "repeated": 1,
        "not_matched": {
            "the id belongs to another source or thread": 1,
            "no comment of this id": 1,
            "several comments of this id; add source and thread_id": 1,
        },
        "examples": {
            "the id belongs to another source or thread": ["elsewhere 2"],
            "no comment of this id": ["nobody"],
            "several comments of this id; add source and thread_id": ["twice"],
        },
    }
    assert (found.labels[0].n, found.labels[0].positives) == (2, 1)
    assert any("1 rows meant for training were left out" in doubt for doubt in found.doubts)


def test_prevalence_prints_a_line_a_label_and_what_was_left_out(run: Run, tmp_path: Path) -> None:
    path = judged(tmp_path / "judged.csv", range(0, SIZE, 3))
    path.write_text(
        path.read_text("utf-8").replace("abuse.insult", "abuse.insult,site.doxxing").replace(",1\n", ",1,0\n")
    )
    result = call("prevalence", run.path, "--labels", path)
    assert "abuse.insult" in shown(result)
    assert "19.97%" in result.stdout
    assert "site.doxxing: judged, but no judged comment has a score" in result.stderr
    record = json.loads(shown(call("prevalence", run.path, "--labels", path, "--json")))
    assert record["labels"][0]["corrected"].keys() == {"share", "low", "high", "weight"}
    assert record["matching"]["comments"] == 500


def test_hostile_ids_are_shown_and_not_obeyed(run: Run, tmp_path: Path) -> None:
    path = table(tmp_path / "j.csv", [{"id": "\x1b[31m1", "abuse.insult": "1"}, {"id": "1", "abuse.insult": "1"}])
    result = call("prevalence", run.path, "--labels", path)
    assert "\x1b" not in result.stdout + result.stderr
    assert result.exit_code == 0
