"""analyzer train from end to end with the tiny model: own labels learnt, the others held, nothing lost when it is stopped."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes import WordScorer
from typer.testing import CliRunner

from analyzer import retraining
from analyzer.cli import app
from analyzer.errors import AnalyzerError
from analyzer.learnt import LEARNT, without_learnt
from analyzer.pipeline import score_dump
from analyzer.policy import load_policy
from analyzer.readers import read_labels
from analyzer.registry import find_model, open_model
from analyzer.reports import build_report, write_html
from analyzer.retraining import TrainSettings, train
from analyzer.schema import Action, Comment, Example, Review, Thread
from analyzer.scoring import load_scorer
from analyzer.taxonomy import load_taxonomy
from analyzer.training import learning, tuning
from tests.tiny import tiny_model

OWN = """
[[label]]
id = "site.shouting"
name = "Shouting about the vote"
definition = "Shouts at the council."
not_this = "Says what the council did."
examples = ["fool fool fool"]
"""
SHOUTED = (
    "everybody here knows you are a fool",
    "fool, everybody knows it",
    "you fool of a bridge",
    "nobody was told, fool",
)
PLAIN = (
    "thank you for the correction",
    "the council moved the vote",
    "the figure is fixed now",
    "the bridge vote is in May",
)


def rows(count: int = 160, label: str = "site.shouting") -> list[Example]:
    return [
        Example(
            source="mine",
            id=str(number),
            text=f"{(SHOUTED if number % 3 == 0 else PLAIN)[number % 4]} {number}",
            labels={label: float(number % 3 == 0)},
            lang="en",
        )
        for number in range(count)
    ]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model(tmp_path_factory.mktemp("base") / "tiny")


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("own") / "own.toml"
    file.write_text(OWN, "utf-8")
    return file


@pytest.fixture(autouse=True)
def no_shipped_texts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(retraining, "_DATA", tmp_path / "nowhere")


@pytest.fixture(scope="module")
def few(base: Path, own: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[retraining.Candidate]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(retraining, "_DATA", Path("nowhere"))
        out = tmp_path_factory.mktemp("few") / "candidate"
        yield train(rows(), base=base, out=out, settings=TrainSettings(own_labels=own, name="house"))


def thread(*texts: str) -> Thread:
    comments = tuple(
        Comment(source="t", thread_id="1", id=str(n), text=text, lang="en") for n, text in enumerate(texts)
    )
    return Thread(source="t", id="1", comments=comments)


def test_an_own_label_is_learnt_and_its_evidence_points_at_words(few: retraining.Candidate) -> None:
    scorer = load_scorer(few.path)
    shouting, plain = scorer.score([thread("you are a fool, everybody knows", "thank you for the figure")])
    assert shouting.probs["site.shouting"] > 0.6 > 0.4 > plain.probs["site.shouting"]
    assert "site.shouting" in {span.label for span in shouting.spans}
    figures = few.outcome["labels"]["site.shouting"]
    assert figures["after"]["f1_balanced"]["value"] > 0.9
    assert figures["n"] >= 30


def test_with_few_rows_every_other_label_says_exactly_what_it_said(few: retraining.Candidate, base: Path) -> None:
    talk = thread("You are a fool and everybody here knows it.", "The figure is fixed now.", "Das ist doch Unsinn.")
    for old, new in zip(load_scorer(base).score([talk]), load_scorer(few.path).score([talk]), strict=True):
        assert {label: new.probs[label] for label in old.probs} == old.probs
    assert few.outcome["held"]["mean_change"] == 0
    assert few.outcome["held"]["flips"] == 0


def test_the_candidate_is_a_whole_model_folder_that_says_where_it_comes_from(
    few: retraining.Candidate, base: Path
) -> None:
    folder = open_model(few.path)
    assert folder.version.startswith("house@")
    assert folder.manifest["made_from"]["model"] == open_model(base).version
    assert folder.manifest["made_from"]["rows"] == 160
    assert len((few.path / LEARNT).read_text().split()) > 60
    assert without_learnt(list(read_labels(few.measured)), [folder])
    assert [row["name"] for table in folder.own_labels for row in table["label"]] == ["Shouting about the vote"]
    assert {"balanced", "precise"} >= set(folder.thresholds["site.shouting"])
    assert json.loads((few.path / "evaluation.json").read_text())["retrained"] == json.loads(json.dumps(few.outcome))
    card = (few.path / "card.md").read_text("utf-8")
    assert "## Retrained from" in card
    assert "Says what the council did." in card
    assert not few.path.with_name("candidate.work").exists()


def test_reports_and_policies_know_an_own_label_by_its_name(few: retraining.Candidate, tmp_path: Path) -> None:
    scorer = load_scorer(few.path)
    taxonomy = load_taxonomy(own=scorer.own_labels)  # type: ignore[attr-defined]
    rules = (
        'name = "house"\n[[rules]]\nname = "shouting"\nlabels = ["site.*"]\nthreshold = "balanced"\naction = "review"\n'
    )
    (tmp_path / "house.toml").write_text(rules)
    talk = thread("you are a fool, everybody knows", "thank you for the figure")
    scores = list(scorer.score([talk]))
    policy = load_policy(tmp_path / "house.toml", thresholds=scorer.thresholds, taxonomy=taxonomy)  # type: ignore[attr-defined]
    decisions = [policy.decide(score) for score in scores]
    assert [str(decision.action) for decision in decisions] == ["review", "approve"]
    report = build_report(talk, scores, decisions, taxonomy=taxonomy, thresholds=scorer.thresholds)  # type: ignore[attr-defined]
    assert "Shouting about the vote" in {finding.name for finding in report.comments[0].findings}
    assert "Shouting about the vote" in {rate.name for rate in report.by_label}
    assert report.coverage.unknown_labels == ()
    write_html(report, tmp_path / "thread.html")
    assert "Shouting about the vote" in (tmp_path / "thread.html").read_text("utf-8")


def test_the_same_labels_and_seed_give_the_same_candidate(
    few: retraining.Candidate, base: Path, own: Path, tmp_path: Path
) -> None:
    again = train(rows()[::-1], base=base, out=tmp_path / "again", settings=TrainSettings(own_labels=own, name="house"))
    # The order of the rows decides which of two equal rows counts first, and nothing else.
    assert again.outcome["rows"] == few.outcome["rows"]
    once_more = train(rows(), base=base, out=tmp_path / "more", settings=TrainSettings(own_labels=own, name="house"))
    assert once_more.outcome == few.outcome


def test_a_second_training_keeps_the_own_labels_of_the_first(few: retraining.Candidate, tmp_path: Path) -> None:
    file = tmp_path / "more.toml"
    file.write_text(OWN.replace("shouting", "thanks").replace("Shouting about the vote", "Thanking"), "utf-8")
    turned = [replace(row, labels={"site.thanks": 1 - row.labels["site.shouting"]}) for row in rows()]
    second = train(turned, base=few.path, out=tmp_path / "second", settings=TrainSettings(own_labels=file))
    talk = thread("you are a fool, everybody knows", "thank you for the figure")
    for old, new in zip(load_scorer(few.path).score([talk]), load_scorer(second.path).score([talk]), strict=True):
        assert new.probs["site.shouting"] == old.probs["site.shouting"]
        assert abs(new.probs["site.thanks"] - (1 - old.probs["site.shouting"])) < 0.5
    names = [row["name"] for table in open_model(second.path).own_labels for row in table["label"]]
    assert names == ["Shouting about the vote", "Thanking"]


def test_a_known_label_is_corrected_where_the_rows_show_that_it_helps(base: Path, tmp_path: Path) -> None:
    candidate = train(rows(label="abuse.insult"), base=base, out=tmp_path / "insult")
    figures = candidate.outcome["labels"]["abuse.insult"]
    assert not figures["new"]
    assert figures["before"]["auc_gain"]["value"] > 0
    assert figures["after"]["auc"]["value"] > 0.9
    assert "own_head" not in open_model(candidate.path).manifest


def test_a_known_label_stays_as_it_is_where_the_rows_are_noise(base: Path, own: Path, tmp_path: Path) -> None:
    chooser = np.random.default_rng(3)
    noisy = [replace(row, labels={**row.labels, "abuse.insult": float(chooser.random() < 0.5)}) for row in rows()]
    candidate = train(noisy, base=base, out=tmp_path / "noise", settings=TrainSettings(own_labels=own))
    assert "abuse.insult" not in candidate.outcome["labels"]
    assert candidate.outcome["left"]["abuse.insult"].startswith("left as it is")


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Little counts as much, so that the upper layers learn."""
    monkeypatch.setattr(learning, "MANY", 100)


def test_with_many_rows_the_upper_layers_learn_and_the_others_are_held(
    many: None, base: Path, own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tuning, "TELL_AFTER", -1.0)
    said: list[str] = []
    settings = TrainSettings(own_labels=own, say=said.append)
    candidate = train(rows(240), base=base, out=tmp_path / "many", settings=settings)
    outcome = candidate.outcome
    assert outcome["way"] == "many"
    assert outcome["rows"]["fit"] > 0
    assert outcome["labels"]["site.shouting"]["after"]["auc"]["value"] > 0.9
    assert 0 <= outcome["held"]["mean_change"] < 0.05
    assert "upper layers learn" in said[0]
    assert any("min left" in line or "minute left" in line for line in said)
    assert any("rows read with the current model" in line for line in said)


def test_a_training_that_was_killed_goes_on_to_the_same_candidate(
    many: None, base: Path, own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning, "BATCH", 256)
    settings = TrainSettings(own_labels=own)
    whole = train(rows(200), base=base, out=tmp_path / "whole", settings=settings)
    add = tuning._Looks.add

    def killed(self: Any, step: int, loss: float) -> None:
        add(self, step, loss)
        if step:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(tuning._Looks, "add", killed)
        with pytest.raises(KeyboardInterrupt):
            train(rows(200), base=base, out=tmp_path / "killed", settings=settings)
    assert not (tmp_path / "killed").exists()
    resumed = train(rows(200), base=base, out=tmp_path / "killed", settings=settings)
    looks = [np.array(one.outcome["tuning"]["looks"]) for one in (whole, resumed)]
    assert len(looks[0]) > 3
    assert np.allclose(*looks, atol=1e-5)
    assert resumed.outcome["labels"] == whole.outcome["labels"]


@pytest.mark.parametrize(
    ("given", "options", "message"),
    [
        pytest.param(
            rows(label="abuse.insult"), {"base_rates": {"abuse.threat": 0.1}}, "no row judges", id="a rate for nothing"
        ),
        pytest.param(
            rows(label="abuse.insult"), {"base_rates": {"abuse.insult": 3}}, "between 0 and 1", id="an odd rate"
        ),
        pytest.param(rows(label="abuse.insult"), {"device": "cuda:77"}, "finds no such device", id="no such device"),
        pytest.param(rows(label="abuse.insult"), {"name": "a/b"}, "leave @ and / out", id="an odd name"),
        pytest.param(rows(12, "abuse.insult"), {}, "at least 10 of each", id="too few rows"),
        pytest.param([], {}, "no labelled rows", id="no rows"),
        pytest.param(
            [replace(row, group="one thread") for row in rows(label="abuse.insult")],
            {},
            r"measured: abuse\.insult: of [0-9]+ rows to measure on all say the same; label",
            id="one thread",
        ),
        pytest.param(rows(label="site.other"), {}, "none of the labels site.other", id="a label nobody defined"),
    ],
)
def test_what_cannot_be_learnt_is_said_before_anything_is_written(
    base: Path, tmp_path: Path, given: list[Example], options: Mapping[str, Any], message: str
) -> None:
    with pytest.raises(AnalyzerError, match=message):
        train(given, base=base, out=tmp_path / "out", settings=TrainSettings(**options))
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_no_model_is_never_replaced(base: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("keep me")
    for out in (tmp_path, base, tmp_path / "notes.txt"):
        with pytest.raises(AnalyzerError, match="--out"):
            train(rows(), base=base, out=out)
    assert (tmp_path / "notes.txt").read_text() == "keep me"


def test_a_model_in_use_is_only_replaced_by_a_promotion(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "models"
    home.mkdir()
    folders = [tiny_model(home / name) for name in ("now", "before", "aside")]
    pointer = {"number": 2, "to": {"folder": "now"}, "earlier": [{"folder": None}, {"folder": "before"}]}
    (home / "current.json").write_text(json.dumps(pointer))
    monkeypatch.setenv("ANALYZER_MODELS", str(home))
    embedded = find_model("default")
    for out in (*folders[:2], embedded):
        with pytest.raises(AnalyzerError, match="a promoted model stands there"):
            train([], base=base, out=out)
    with pytest.raises(AnalyzerError, match="no labelled rows"):
        train([], base=base, out=folders[2])


def test_other_labels_are_held_on_texts_without_their_labels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "labels").mkdir()
    lines = [
        {
            "id": str(n),
            "text": f"shipped {n}",
            "parent": "why?",
            "labels": {"insult": 1},
            "spans": [{"start": 0, "end": 7, "label": "insult"}],
        }
        for n in range(3000)
    ]
    (tmp_path / "labels" / "rows.jsonl").write_text("\n".join(map(json.dumps, lines)), "utf-8")
    dump = tmp_path / "dump.jsonl"
    dump.write_text("\n".join(json.dumps({"id": n, "text": f"mine {n}"}) for n in range(50)), "utf-8")
    monkeypatch.setattr(retraining, "_DATA", tmp_path)
    judged = replace(rows(1)[0], text="shipped 7")
    settings = TrainSettings(texts=[dump])
    found = retraining._replayed([judged], settings)
    assert [row.text for row in found[:50]] == [f"mine {n}" for n in range(50)]
    assert 1990 <= len({row.text for row in found}) == len(found) <= 2000
    assert "shipped 7" not in {row.text for row in found}
    assert all(not row.labels and not row.weights and row.spans is None and not row.span_families for row in found)
    assert {row.parent for row in found[50:]} == {"why?"}
    assert found == retraining._replayed([judged], settings)


@pytest.mark.parametrize("most", [0, 7, 100])
def test_a_sample_of_a_stream_is_of_its_size_and_from_everywhere(most: int) -> None:
    stream = rows(60)
    drawn = [retraining._drawn(iter(stream), most, seed) for seed in range(200)]
    assert {len({row.id for row in sample}) for sample in drawn} == {min(most, 60)}
    often = Counter(row.id for sample in drawn for row in sample)
    if most == 7:
        assert set(often) == {row.id for row in stream}
        assert max(often.values()) < 60  # 23 expected


def test_the_command_says_in_words_what_was_learnt(base: Path, own: Path, tmp_path: Path) -> None:
    file = tmp_path / "labels.jsonl"
    lines = [json.dumps({"id": r.id, "text": r.text, "lang": "en", "labels": dict(r.labels)}) for r in rows()]
    file.write_text("\n".join(lines), "utf-8")
    out = tmp_path / "candidate"
    options = ["--base", base, "--labels-file", own, "--base-rate", "site.shouting=0.1", "--out", out]
    result = CliRunner().invoke(app, ["train", str(file), *map(str, options)])
    assert result.exit_code == 0, result.stderr
    assert "site.shouting (new): F1" in result.stdout
    assert "assume that 10 % of comments carry it (given" in result.stdout
    assert f"next: analyzer promote {out} --on {out}-measured.jsonl" in result.stdout
    assert "few (the line is at" in result.stderr


@pytest.mark.parametrize(
    ("label", "options", "message"),
    [
        pytest.param("site.shoutin", ("--labels-file",), "did you mean 'site.shouting'", id="misspelt"),
        pytest.param("sites.doxxing", (), "define it in the file of --labels-file", id="unknown"),
    ],
)
def test_an_unknown_label_is_an_error_with_the_nearest_name(
    base: Path, own: Path, tmp_path: Path, label: str, options: tuple[str, ...], message: str
) -> None:
    file = tmp_path / "labels.jsonl"
    file.write_text(
        "\n".join(json.dumps({"text": r.text, "labels": {label: r.labels[label]}}) for r in rows(label=label))
    )
    extra = [part for option in options for part in (option, str(own))]
    result = CliRunner().invoke(app, ["train", str(file), "--base", str(base), "--out", str(tmp_path / "out"), *extra])
    assert result.exit_code == 2
    assert message in result.stderr


def test_columns_with_other_names_are_mapped(base: Path, own: Path, tmp_path: Path) -> None:
    table = tmp_path / "decisions.csv"
    lines = [f"{row.text};{int(row.labels['site.shouting'])}" for row in rows()]
    table.write_text("\n".join(["remark;shouted", *lines]), "utf-8")
    mapping = {"text": "remark", "site.shouting": "shouted"}
    settings = TrainSettings(own_labels=own, mapping=mapping)
    candidate = train(table, base=base, out=tmp_path / "candidate", settings=settings)
    assert "site.shouting" in open_model(candidate.path).labels


def test_reviews_are_learnt_with_the_texts_of_their_run(base: Path, own: Path, tmp_path: Path) -> None:
    given = rows()
    dump = tmp_path / "october.jsonl"
    dump.write_text("".join(json.dumps({"id": row.id, "text": row.text}) + "\n" for row in given), "utf-8")
    run = score_dump(dump, out=tmp_path / "run", model=WordScorer())
    decided = {row.id: dict(row.labels) for row in given}
    reviews = tmp_path / "reviews.jsonl"
    with reviews.open("w", encoding="utf-8") as file:
        for comment in run.comments():
            review = Review(
                key=comment.key,
                labels=decided[comment.id],
                action=Action.REVIEW,
                reviewer="ann",
                at=datetime(2026, 10, 2, tzinfo=UTC),
                model="words@1",
                sampled_by="random",
            )
            file.write(json.dumps(review.to_json()) + "\n")
    command = ["train", str(reviews), "--base", str(base), "--labels-file", str(own), "--out", str(tmp_path / "house")]
    refused = CliRunner().invoke(app, command)
    assert refused.exit_code == 2
    assert "--run RUN" in refused.stderr
    taken = CliRunner().invoke(app, [*command, "--run", str(tmp_path / "run")])
    assert taken.exit_code == 0, taken.output
    assert "site.shouting" in open_model(tmp_path / "house").labels
    assert {row.text for row in read_labels(tmp_path / "house-measured.jsonl")} <= {row.text for row in given}
