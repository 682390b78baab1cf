"""The embedded model from end to end: it is whole and small, it judges the sample dumps as expected, and a real page if at hand."""

import csv
import json
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analyzer import build_threads, load_policy, load_scorer, read_comments
from analyzer.evaluation import Held, area_under_roc, reached
from analyzer.examination import examine, read_examples
from analyzer.operating import cut_of
from analyzer.registry import find_model, open_model
from analyzer.schema import Action, Score, Thread
from analyzer.taxonomy import load_taxonomy

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "../shared/data/pages/000_e3bdf78762f38ae7.txt"
FOLDER = find_model()


@pytest.fixture(scope="module")
def samples() -> Mapping[tuple[str, str], Score]:
    """The score of every sample comment, by file and id."""
    scorer = load_scorer()
    return {
        (dump.name, score.key.id): score
        for dump in sorted((ROOT / "data/samples/dumps").iterdir())
        for score in scorer.score(build_threads(read_comments(dump)))
    }


def judged() -> dict[str, list[tuple[tuple[str, str], str, int]]]:
    """The expected labels of the samples by family: comment, label, expected."""
    families = defaultdict(list)
    with (ROOT / "data/samples/labels.csv").open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            comment = (row["file"], row["id"])
            families[row["label"].partition(".")[0]].append((comment, row["label"], int(row["expected"])))
    return families


def test_the_model_is_whole_small_and_of_this_taxonomy() -> None:
    assert FOLDER is not None
    model = open_model(FOLDER)
    sizes = [file.stat().st_size for file in FOLDER.iterdir()]
    assert sum(sizes) <= 100_000_000
    assert max(sizes) <= 50_000_000
    assert set(model.labels) <= set(load_taxonomy().ids)
    assert (FOLDER / "card.md").is_file()
    assert all(0 < rows["balanced"]["threshold"] <= 1 for rows in model.thresholds.values())


def test_its_figures_answer_every_demand_and_every_suite() -> None:
    model = open_model(FOLDER or "")
    evaluation = json.loads((model.path / "evaluation.json").read_text("utf-8"))
    nothing = Held([], np.zeros((0, len(model.labels)), np.float32), model.labels)
    asked = [row["name"] for row in reached(nothing, model.thresholds, labels={}, spans={})]
    assert [row["name"] for row in evaluation["asked"]] == asked
    assert set(evaluation["suites"]) == {file.stem for file in (ROOT / "data/suites").glob("*.csv")}
    card = (model.path / "card.md").read_text("utf-8")
    assert all(f"| {row['name']} |" in card for row in evaluation["asked"] if row["value"] is not None)


# Floors a little under what the shipped model reaches, so that it cannot get worse unnoticed; few rows, so no rate.
@pytest.mark.parametrize(("family", "floor"), [("abuse", 0.9), ("antisemitism", 0.88), ("propaganda", 0.75)])
def test_sample_comments_are_ranked_as_a_person_would(
    samples: Mapping[tuple[str, str], Score], family: str, floor: float
) -> None:
    by_label = defaultdict(list)
    for comment, label, expected in judged()[family]:
        if comment in samples and label in samples[comment].probs:
            by_label[label].append((expected, samples[comment].probs[label]))
    areas = []
    for rows in by_label.values():
        truth, probs = np.array(rows, float).T
        area = area_under_roc(truth, probs)
        if not np.isnan(area):
            areas.append((area, len(rows)))
    assert np.average([area for area, _ in areas], weights=[n for _, n in areas]) >= floor


@pytest.fixture(scope="module")
def examined() -> Mapping[str, Any]:
    """The shipped model on a fixed sample of the project's suites, which nothing was trained or tuned on."""
    assert FOLDER is not None
    cases = defaultdict(list)
    for case in read_examples([ROOT / "data/suites"]):
        cases[case.source].append(case)
    steps = {source: max(1.0, len(suite) / 200) for source, suite in cases.items()}  # about 200 of each, evenly spread
    rows = [
        case
        for source, suite in cases.items()
        for n, case in enumerate(suite)
        if n == 0 or int(n / steps[source]) != int((n - 1) / steps[source])
    ]
    return examine(load_scorer(), open_model(FOLDER).thresholds, rows)["suites"]


def worse(*floor: object) -> Any:
    """A floor that a model before held and this one does not."""
    return pytest.param(*floor, marks=pytest.mark.xfail(strict=True, reason="a model before was better on this sample"))


# Share of cases right: those to flag, those to leave alone. A little under what the shipped model reaches.
@pytest.mark.parametrize(
    ("suite", "label", "flagged", "left_alone"),
    [
        ("hate", "abuse.identity_attack", 0.91, 0.91),
        worse("hate", "abuse.identity_attack", 0.89, 0.93),
        worse("hate", "abuse.identity_attack", 0.94, 0.9),
        worse("hate", "abuse.identity_attack", 0.94, 0.92),
        ("identity", "abuse.identity_attack", 0.95, 0.98),
        worse("identity", "abuse.identity_attack", 0.95, 0.99),
        ("tropes", "antisemitism.any", 0.83, 0.96),
        worse("tropes", "antisemitism.any", 0.84, 0.96),
        worse("tropes", "antisemitism.any", 0.87, 0.94),
        worse("tropes", "antisemitism.any", 0.9, 0.94),
        worse("tropes", "antisemitism.any", 0.9, 0.96),
        ("obfuscation", "abuse.toxicity", 0.94, 0.86),
        worse("obfuscation", "abuse.toxicity", 0.95, 0.84),
        ("stance", "stance.counter_speech", 0.65, 0.8),
        worse("stance", "stance.counter_speech", 0.63, 0.9),
        worse("stance", "stance.counter_speech", 0.6, 0.95),
        ("stance", "stance.reports_or_quotes", 0.98, 0.98),
        ("techniques", "propaganda", 0.93, 0.91),
        worse("techniques", "propaganda", 0.84, 0.94),
        ("strangers", "abuse.identity_attack", 0.93, 0.76),
        ("strangers", "antisemitism.any", 0.87, 0.94),
        ("blind_hate", "abuse.identity_attack", 0.95, 0.94),
        ("blind_tropes", "antisemitism.any", 0.84, 0.97),
        worse("blind_tropes", "antisemitism.any", 0.92, 0.97),
        ("blind_tropes", "propaganda", 0.99, 0.93),
    ],
)
def test_functional_suites_do_not_get_worse(
    examined: Mapping[str, Any], suite: str, label: str, flagged: float, left_alone: float
) -> None:
    figures = examined[suite][label]
    assert figures["expected_1"]["value"] >= flagged
    assert figures["expected_0"]["value"] >= left_alone


@pytest.fixture(scope="module")
def page() -> tuple[Thread, dict[str, Score]]:
    if not PAGE.is_file():
        pytest.skip("the shared pages are not beside this checkout")
    (thread,) = build_threads(read_comments(PAGE))
    return thread, {score.key.id: score for score in load_scorer().score([thread])}


# Ids are places on the page: its words stay where they are.
THREAT, MOCKERY = "c2", "c12"
PLAIN = {"the typo correction": "c30", "the vehicle's size": "c19", "the thanks": "c17"}


def test_the_real_page_is_read_as_its_tree(page: tuple[Thread, dict[str, Score]]) -> None:
    assert len(page[0].comments) == 32


# Strict: a model that gets these right must take the mark away.
def test_the_call_to_wipe_people_out_is_flagged_as_a_threat(page: tuple[Thread, dict[str, Score]]) -> None:
    assert "abuse.threat" in flagged(page[1][THREAT])


def test_the_mockery_of_a_survivor_ranks_first_or_second(page: tuple[Thread, dict[str, Score]]) -> None:
    scores = page[1]
    ranking = sorted(scores, key=lambda id: -scores[id].probs.get("antisemitism.any", 0))
    assert MOCKERY in ranking[:2]


def test_the_mockery_of_a_survivor_is_flagged_with_a_trope(page: tuple[Thread, dict[str, Score]]) -> None:
    scores = page[1]
    assert {label for label in flagged(scores[MOCKERY]) if load_taxonomy().get(label).code.startswith("T")}


@pytest.mark.parametrize("id", PLAIN.values(), ids=PLAIN.keys())
def test_plain_remarks_are_not_flagged(page: tuple[Thread, dict[str, Score]], id: str) -> None:
    assert load_policy("default").decide(page[1][id]).action == "approve"


def test_what_the_docs_say_of_hiding_holds_for_this_model() -> None:
    hides = [
        criterion
        for policy in ("default", "strict")
        for rule in load_policy(policy).rules
        for criterion in rule.criteria
        if criterion.action is Action.REJECT
    ]
    said = "neither `default` nor `strict` hides a comment" in (ROOT / "docs/policy.md").read_text("utf-8")
    assert said is not bool(hides)


def flagged(score: Score) -> set[str]:
    thresholds = open_model(FOLDER or "").thresholds
    cuts = {label: cut_of(thresholds, label) for label in score.probs}
    return {label for label, prob in score.probs.items() if (cut := cuts[label]) and prob >= cut.at(score.lang)}


def test_it_scores_without_any_network() -> None:
    apart = ["unshare", "--map-root-user", "--net"]
    if not shutil.which("unshare") or subprocess.run([*apart, "true"], capture_output=True).returncode:
        pytest.skip("this machine cannot make a network namespace")
    line = b'{"text": "You are a fool and everybody here knows it."}\n'
    command = [*apart, sys.executable, "-m", "analyzer", "score", "-"]
    done = subprocess.run(command, input=line, capture_output=True, cwd=ROOT, timeout=300)
    assert done.returncode == 0, done.stderr
    assert b'"abuse.insult"' in done.stdout
