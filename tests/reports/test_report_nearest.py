"""The trope a comment comes nearest to where antisemitism was found in it, but no trope."""

import csv
import json

import pytest

from analyzer.reports import build_report, write_csv, write_html, write_json, write_markdown
from analyzer.schema import Action, Comment, Decision, Reason, Score, Thread

ANY, CODED = "antisemitism.any", "antisemitism.coded"
GREED, POWER = "antisemitism.greed_money", "antisemitism.power_control"
THRESHOLDS = {
    label: {"balanced": {"threshold": threshold}, "precise": {"threshold": threshold}}
    for label, threshold in {ANY: 0.4, CODED: 0.5, GREED: 0.8, POWER: 0.4}.items()
}


def report_of(probs: dict[str, float], action: Action = Action.REVIEW, redact: bool = False):
    comment = Comment(source="s", thread_id="t", id="1", text="They own it all, as ever.", author="ines")
    reason = Reason(rule="r", label=ANY, prob=probs.get(ANY, 0.0), threshold=0.1, action=action)
    fired = (reason,) if ANY in probs else ()
    return build_report(
        Thread(source="s", id="t", comments=(comment,)),
        [Score(key=comment.key, model="m", probs=probs, lang="en")],
        [Decision(key=comment.key, action=action, reasons=fired, policy="p")],
        thresholds=THRESHOLDS,
        redact=redact,
    )


@pytest.mark.parametrize(
    ("probs", "nearest"),
    [
        pytest.param({ANY: 0.7, GREED: 0.4, POWER: 0.3}, POWER, id="the highest in proportion to its threshold"),
        pytest.param({CODED: 0.6, GREED: 0.6, POWER: 0.2}, GREED, id="a coded word alone"),
        pytest.param({ANY: 0.7, GREED: 0.85, POWER: 0.3}, None, id="a trope was found"),
        pytest.param({ANY: 0.7, GREED: 0.1, POWER: 0.05}, None, id="all far below"),
        pytest.param({ANY: 0.05, CODED: 0.6, POWER: 0.39}, None, id="no sign of antisemitism"),
        pytest.param({"abuse.insult": 0.9, POWER: 0.3}, None, id="abuse alone"),
    ],
)
def test_the_nearest_trope_is_told_where_none_was_found(probs: dict[str, float], nearest: str | None) -> None:
    found = report_of(probs).comments[0].nearest
    assert (found.label if found else None) == nearest


def test_a_comment_that_needs_nobody_has_no_nearest_trope() -> None:
    assert report_of({ANY: 0.7, POWER: 0.3}, Action.APPROVE).comments[0].nearest is None


@pytest.mark.parametrize("redact", [False, True])
def test_every_form_tells_the_nearest_trope_and_that_it_was_not_found(tmp_path, redact: bool) -> None:
    report = report_of({ANY: 0.7, POWER: 0.3}, redact=redact)
    told = "0.30, below its threshold of 0.40: an orientation, not a finding"
    html = write_html(report, tmp_path / "r.html").read_text(encoding="utf-8")
    assert told in html
    assert 'href="#d-antisemitism-power_control"' in html
    assert 'id="d-antisemitism-power_control"' in html
    markdown = write_markdown(report, tmp_path / "r.md").read_text(encoding="utf-8")
    assert told in markdown
    assert "[Hidden power and control](#hidden-power-and-control)" in markdown
    assert "### Hidden power and control" in markdown
    (comment,) = json.loads(write_json(report, tmp_path / "r.json").read_text(encoding="utf-8"))["comments"]
    assert (comment["nearest"]["label"], comment["nearest"]["threshold"]) == (POWER, 0.4)
    assert POWER not in {finding["label"] for finding in comment["findings"]}
    with write_csv(report, tmp_path / "r.csv").open(encoding="utf-8") as lines:
        (row,) = csv.DictReader(lines)
    assert row["nearest_trope"] == f"{POWER} 0.30 < 0.40"
    assert POWER not in {rate.label for rate in report.by_label}


def test_figures_that_read_alike_are_said_to_be_just_below(tmp_path) -> None:
    report = report_of({ANY: 0.7, POWER: 0.399})
    assert "0.40, just below its threshold of 0.40" in write_markdown(report, tmp_path / "r.md").read_text(
        encoding="utf-8"
    )
