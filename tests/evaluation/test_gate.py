"""The gate: what it refuses, what it lets pass as chance, what it says it could not measure; its file."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analyzer.errors import ConfigError
from analyzer.evaluation import (
    Comparison,
    Flips,
    Gate,
    Held,
    Measured,
    Outcome,
    Rule,
    Verdict,
    assess,
    bootstrap,
    draw_differences,
    judge,
    load_gate,
)
from analyzer.schema import Example

TOXICITY = "abuse.toxicity"
THRESHOLDS = {TOXICITY: {"balanced": {"threshold": 0.5}}}
Scores = np.ndarray[Any, np.dtype[np.float64]]


def rule(check: str, most: float = 0.03, **others: Any) -> Rule:
    return Rule(check=check, most=most, reason="it matters", **{"fewest": 30, **others})


def rows(count: int = 600) -> list[Example]:
    """Every second row is toxic; a third names women, a third names Jews, a third names nobody."""
    targets = ("target.women", "target.jewish", None)
    return [
        Example(
            source="site",
            id=str(number),
            text=f"remark {number}",
            labels={TOXICITY: float(number % 2)}
            | {name: float(name == targets[number % 3]) for name in targets[:2] if name},
        )
        for number in range(count)
    ]


@pytest.fixture(autouse=True)
def _few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Intervals of single figures hardly matter here, and cost most of the time."""
    monkeypatch.setitem(bootstrap.__kwdefaults__, "rounds", 40)


ROWS = rows()
TRUTH = np.array([row.labels[TOXICITY] for row in ROWS])
JEWISH = np.array([row.labels["target.jewish"] for row in ROWS]) > 0


def noisy(share: float, seed: int) -> Scores:
    """Scores on the right side of one half but for `share` of the rows."""
    chooser = np.random.default_rng(seed)
    wrong = chooser.random(len(ROWS)) < share
    sure = 0.9 + 0.09 * chooser.random(len(ROWS))
    return np.where((TRUTH > 0.5) ^ wrong, sure, 1 - sure)


def result(scores: Scores, name: str = "new@1", examples: list[Example] = ROWS) -> dict[str, Any]:
    held = Held(examples, scores[:, None].astype(np.float32), [TOXICITY])
    unscored = int(np.isnan(scores).sum())
    return {"model": name, "rows": len(examples), "not_scored": unscored, **assess(held, THRESHOLDS)}


def verdict(current: Scores, candidate: Scores, *rules: Rule, examples: list[Example] = ROWS) -> Verdict:
    def measured(scores: Scores) -> Measured:
        return Measured(Held(examples, scores[:, None].astype(np.float32), [TOXICITY]), THRESHOLDS)

    draws = draw_differences(measured(current), measured(candidate))
    gate = Gate(version="gate@1", rules=rules)
    before, after = result(current, "old@1", examples), result(candidate, examples=examples)
    return judge(before, after, gate, Comparison(draws=draws))


def test_a_candidate_better_overall_but_worse_for_one_group_is_refused_and_the_group_is_named() -> None:
    current, candidate = noisy(0.15, 1), noisy(0.0, 2)
    harmless = np.flatnonzero(JEWISH & (TRUTH < 0.5))
    candidate[harmless[: len(harmless) // 2]] = 0.7  # over the threshold, below every toxic remark
    found = verdict(current, candidate, rule("primary", 0.0), rule("groups"))
    assert found.findings[0].outcome is Outcome.PASS
    assert (found.findings[0].worse or 0) < 0  # better
    (refused,) = found.refusals
    assert "group jewish" in refused.subject
    assert "group jewish, abuse.toxicity: " in refused.why
    assert not found.passed


def test_rows_of_one_document_are_drawn_together() -> None:
    candidate = np.where(TRUTH > 0.5, 0.9, 0.1)
    current = candidate.copy()
    current[:60] = 0.1  # all that is better lies in the first two documents
    single, grouped = (
        draw_differences(
            *(Measured(Held(examples, one[:, None].astype(np.float32), [TOXICITY]), THRESHOLDS) for one in both)
        )
        for both in [(current, candidate)]
        for examples in (ROWS, [replace(row, group=str(number // 30)) for number, row in enumerate(ROWS)])
    )
    path = ("labels", TOXICITY, "recall")
    assert np.nanstd(grouped[path]) > 2 * np.nanstd(single[path])
    assert np.nanmean(grouped[path]) == pytest.approx(np.nanmean(single[path]), abs=0.03)


def test_a_group_flagged_less_than_all_has_no_gap_in_any_draw() -> None:
    harmless = np.flatnonzero(TRUTH < 0.5)
    inside, outside = (np.array([n for n in harmless if JEWISH[n] == side]) for side in (True, False))
    current, candidate = (np.where(TRUTH > 0.5, 0.9, 0.1) for _ in range(2))
    current[outside[::2]] = candidate[outside[::2]] = 0.7
    candidate[inside[::20]] = 0.7  # more than before, still far fewer than elsewhere
    held = [Held(ROWS, scores[:, None].astype(np.float32), [TOXICITY]) for scores in (current, candidate)]
    draws = draw_differences(*(Measured(one, THRESHOLDS) for one in held))
    assert np.array_equal(np.unique(draws["bias", TOXICITY, "jewish"]), [0.0])


@pytest.mark.parametrize(
    ("share", "count", "outcome", "said"),
    [
        pytest.param(0.05, 600, Outcome.PASS, "new: AUC 0.9", id="good"),
        pytest.param(0.35, 600, Outcome.REFUSE, "more than 0.2 short of 1", id="poor"),
        pytest.param(0.5, 600, Outcome.REFUSE, "may be chance", id="a coin"),
        pytest.param(0.05, 30, Outcome.NOT_MEASURED, "15 positives, fewer than 30", id="too few rows"),
        pytest.param(0.05, 0, Outcome.NOT_MEASURED, "name rows that judge abuse.toxicity with --on", id="no rows"),
    ],
)
def test_a_label_only_the_candidate_knows_must_rank_by_itself(
    share: float, count: int, outcome: Outcome, said: str
) -> None:
    candidate = result(noisy(share, 3)[:count], examples=ROWS[:count]) if count else {"model": "new@1", "labels": {}}
    gate = Gate(version="gate@1", rules=(rule("gained", 0.2),))
    (found,) = judge({"model": "old@1", "labels": {}}, candidate, gate, Comparison(gained=(TOXICITY,))).findings
    assert found.outcome is outcome
    assert said in found.why
    (nothing,) = judge({"model": "old@1", "labels": {}}, candidate, gate, Comparison()).findings
    assert nothing.outcome is Outcome.NOT_MEASURED


@pytest.mark.parametrize(
    ("check", "most"),
    [
        pytest.param("primary", 0.0, id="the mean"),
        pytest.param("recall", 0.05, id="recall of a label"),
        pytest.param("calibration", 0.05, id="calibration"),
    ],
)
@pytest.mark.parametrize("paired", [True, False], ids=["both score arrays at hand", "intervals only"])
def test_a_clearly_worse_candidate_is_refused_and_the_same_one_passes(check: str, most: float, paired: bool) -> None:
    good, bad = noisy(0.05, 1), noisy(0.3, 2)
    one = rule(check, most)
    gate = Gate(version="gate@1", rules=(one,))
    before, after = result(good, "old@1"), result(bad)
    if paired:
        assert verdict(good, bad, one).refusals
        assert verdict(good, good, one).passed
    else:
        assert judge(before, after, gate, Comparison()).refusals
        assert judge(before, before, gate, Comparison()).passed


def test_what_may_be_chance_passes_and_says_so() -> None:
    few = ROWS[:120]
    current = np.where(TRUTH > 0.5, 0.9, 0.1)[:120]
    candidate = current.copy()
    positives = np.flatnonzero(TRUTH[:120] > 0.5)
    current[positives[:8]], candidate[positives[8:20]] = 0.2, 0.2
    found = verdict(current, candidate, rule("recall", 0.03), examples=few)
    assert found.passed
    assert "may be chance" in found.findings[0].why
    assert verdict(np.where(TRUTH > 0.5, 0.9, 0.1)[:120], candidate, rule("recall", 0.03), examples=few).refusals


def test_rows_that_only_one_model_scores_do_not_make_up_for_rows_left_out() -> None:
    current, candidate = noisy(0.2, 1), noisy(0.2, 1)
    candidate[: len(ROWS) // 4] = np.nan
    found = verdict(current, candidate, rule("coverage", 0.01))
    assert [finding.subject for finding in found.refusals] == ["rows scored"]


def suite(count: int) -> list[Example]:
    return [
        Example(
            source="plain",
            id=str(n),
            text=f"case {n}",
            labels={TOXICITY: float(n % 2)},
            split="test",
            lang="de",
            extra={"family": "quotation" if n % 4 else "threat"},
        )
        for n in range(count)
    ]


def test_a_suite_that_got_worse_is_named_with_its_half() -> None:
    asked = suite(160)
    truth = np.array([case.labels[TOXICITY] for case in asked])
    right = np.where(truth > 0.5, 0.9, 0.1)
    wrong = right.copy()
    wrong[np.flatnonzero(truth < 0.5)[:40]] = 0.8
    found = verdict(right, wrong, rule("suites", fewest=20), examples=asked)
    subjects = [finding.subject for finding in found.refusals]
    assert "suite plain, abuse.toxicity, to be left alone" in subjects
    assert "suite plain, abuse.toxicity, to be flagged" not in subjects
    assert "suite plain, abuse.toxicity, quotation (0)" in subjects


def test_a_suite_cannot_be_passed_by_losing_the_threshold_of_its_label() -> None:
    asked = suite(80)
    right = np.where(np.array([case.labels[TOXICITY] for case in asked]) > 0.5, 0.9, 0.1)
    before, after = result(right, "old@1", asked), result(right, examples=asked)
    after["suites"] = {}
    gate = Gate(version="gate@1", rules=(rule("suites", fewest=20),))
    assert "has no figure" in judge(before, after, gate, Comparison()).refusals[0].why


NOTHING: dict[str, Any] = {
    "model": "same@1",
    "rows": 0,
    "not_scored": 0,
    "labels": {},
    "bias": {},
    "suites": {},
    "robustness": {
        "kept": {},
        "kept_overall": {"value": None, "n": 0},
        "benign_flagged": {},
        "benign_flagged_overall": {"value": None, "n": 0},
    },
}


@pytest.mark.parametrize(
    ("one", "changes", "outcome", "says"),
    [
        (rule("latency", 1.5), Comparison(seconds=(0.01, 0.02), timed=64), Outcome.REFUSE, "2.00 times"),
        (rule("latency", 1.5), Comparison(seconds=(0.01, 0.012), timed=64), Outcome.PASS, "1.20 times"),
        (rule("latency", 1.5), Comparison(seconds=(0.01, 0.02), timed=3), Outcome.NOT_MEASURED, "3 texts"),
        (
            rule("flips", 0.1),
            Comparison(flips=Flips(comments=100, flipped=20, policy="p")),
            Outcome.REFUSE,
            "20 of 100",
        ),
        (rule("flips", 0.1), Comparison(flips=Flips(comments=100, flipped=2, policy="p")), Outcome.PASS, "2 of 100"),
        (rule("flips", 0.1), Comparison(), Outcome.NOT_MEASURED, "no run"),
        (rule("labels", 0.0), Comparison(known=("a", "b"), lost=("b",)), Outcome.REFUSE, "does not know b"),
        (rule("labels", 0.0), Comparison(known=("a", "b")), Outcome.PASS, "every label"),
        (rule("robustness"), Comparison(), Outcome.NOT_MEASURED, "no rows were given"),
        (rule("primary", required=True, fewest=9999), Comparison(), Outcome.REFUSE, "demands this check"),
    ],
    ids=[
        "twice as slow",
        "a little slower",
        "too few texts to time",
        "a fifth of the decisions flips",
        "few decisions flip",
        "no run to decide",
        "a lost label",
        "all labels known",
        "no tricks among the rows",
        "a required check that says nothing",
    ],
)
def test_checks_that_ask_both_models(one: Rule, changes: Comparison, outcome: Outcome, says: str) -> None:
    (finding,) = judge(NOTHING, NOTHING, Gate(version="gate@1", rules=(one,)), changes).findings
    assert finding.outcome is outcome
    assert says in finding.why


@pytest.mark.parametrize(
    ("kept", "flagged", "refused"), [(0.6, 0.05, "recall kept"), (0.9, 0.3, "twins"), (0.9, 0.05, "")]
)
def test_robustness_counts_tricks_missed_and_twins_flagged(kept: float, flagged: float, refused: str) -> None:
    def robust(kept: float, flagged: float) -> dict[str, Any]:
        return NOTHING | {
            "robustness": {
                "kept": {},
                "kept_overall": {"value": kept, "n": 400},
                "benign_flagged": {},
                "benign_flagged_overall": {"value": flagged, "n": 400},
            }
        }

    found = judge(
        robust(0.9, 0.05), robust(kept, flagged), Gate(version="g@1", rules=(rule("robustness"),)), Comparison()
    )
    assert [refused in finding.subject for finding in found.refusals] == ([True] if refused else [])


def test_a_verdict_as_json_has_a_row_a_check_with_both_figures_and_the_reason() -> None:
    record = verdict(noisy(0.05, 1), noisy(0.3, 2), rule("recall")).to_json()
    assert record["passed"] is False
    (row,) = record["findings"]
    assert row["outcome"] == "refuse"
    assert row["current"] > row["candidate"]
    assert row["reason"] == "it matters"


GOOD = """\
name = "house"

[[gate]]
check = "recall"
labels = ["abuse.*"]
fewest = 30
most = 0.05
reason = "What was found must still be found."
"""


def write(tmp_path: Path, text: str) -> Path:
    (tmp_path / "gate.toml").write_text(text, encoding="utf-8")
    return tmp_path / "gate.toml"


def test_the_gate_of_the_package_loads_and_checks_everything_there_is() -> None:
    checks = [one.check for one in load_gate().rules]
    assert sorted(checks) == sorted(
        [
            "primary",
            "labels",
            "gained",
            "recall",
            "groups",
            "suites",
            "calibration",
            "robustness",
            "coverage",
            "latency",
            "flips",
        ]
    )


def test_a_gate_of_ones_own_is_named_by_its_content(tmp_path: Path) -> None:
    first = load_gate(write(tmp_path, GOOD))
    assert first.version.startswith("house@")
    assert first.rules[0] == replace(first.rules[0], labels=("abuse.*",), most=0.05, fewest=30)
    assert load_gate(write(tmp_path, GOOD.replace("0.05", "0.06"))).version != first.version


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ('check = "recall"', 'check = "recal"', 4, "did you mean 'recall'"),
        ("most = 0.05", "most = 5", 7, "number from 0 to 1"),
        ("most = 0.05", "mst = 0.05", 7, "unknown key 'mst'"),
        ("fewest = 30", "fewest = 0", 6, "whole number"),
        ("abuse.*", "abus.*", 5, "no label is called 'abus.*'"),
        ('reason = "What was found must still be found."', "", 3, "say what the check is for"),
        ('name = "house"', 'name = ""', 1, "name without @"),
        (GOOD[GOOD.index("[[gate]]") :], "", 1, "at least one"),
        (GOOD[GOOD.index("[[gate]]") :], GOOD[GOOD.index("[[gate]]") :] * 2, 10, "second time"),
    ],
    ids=[
        "a slip in the check",
        "a margin that is no share",
        "an unknown key",
        "no rows",
        "a label nobody knows",
        "no reason",
        "no name",
        "no check",
        "a check twice",
    ],
)
def test_a_mistake_in_a_gate_is_told_with_file_and_line(
    tmp_path: Path, old: str, new: str, line: int, says: str
) -> None:
    path = write(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(ConfigError, match=f"gate.toml:{line}: ") as caught:
        load_gate(path)
    assert says in str(caught.value)


def test_where_only_suites_ask_for_known_labels_their_cases_are_the_primary_measure() -> None:
    asked = suite(160)
    truth = np.array([case.labels[TOXICITY] for case in asked])
    right = np.where(truth > 0.5, 0.9, 0.1)
    demanded = rule("primary", 0.0, required=True, fewest=20)
    assert verdict(right, right, demanded, examples=asked).passed
    (refused,) = verdict(right, 1 - right, demanded, examples=asked).refusals
    assert refused.subject == "mean share right of 1 parts of suites"
