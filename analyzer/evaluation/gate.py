"""The gate: may a candidate model take the place of the current one? Every check is a row with both figures and a sentence.

Refused is what is worse by more than a rule allows and beyond chance: the 95 % interval of the difference excludes no difference.
The interval is that of a paired bootstrap where both models' scores are at hand; else it is put together from the two intervals
(Newcombe 1998, method 10; Zou and Donner 2008).
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from analyzer.evaluation.metrics import Interval
from analyzer.evaluation.paired import Draws
from analyzer.evaluation.pairs import PAIRS, Pair, Result, reach
from analyzer.evaluation.verdict import Comparison, Finding, Gate, Outcome, Rule, Verdict

CHECKS = ("primary", "labels", "gained", *PAIRS, "latency", "flips")
Figures = tuple[float | None, float | None, float | None]
"""Current, candidate, and how much worse the candidate is."""
_NOTHING: Figures = (None, None, None)
CHANCE = 0.5  # the AUC of a coin
_FEWEST_DRAWS = (
    100  # in which a figure could be measured; with fewer, those in which it could tell little of the others
)
_NOISE = 1e-9  # figures are rounded to four digits; equal is not worse


def judge(current: Result, candidate: Result, rules: Gate, changes: Comparison) -> Verdict:
    """The verdict on two results of `analyzer.examination.examine` over the same rows."""
    findings: list[Finding] = []
    for rule in rules.rules:
        if rule.check in PAIRS:
            found = [_compared(rule, pair, changes.draws) for pair in PAIRS[rule.check](rule, current, candidate)]
        elif rule.check == "primary":
            found = [_primary(rule, current, candidate, changes.draws)]
        elif rule.check == "gained":
            found = [_gained(rule, label, candidate) for label in changes.gained if rule.covers(label)]
            found = found or [
                _unmeasured(rule, "new labels", "the candidate knows no label that the current model does not")
            ]
        else:
            found = [{"labels": _labels, "latency": _latency, "flips": _flips}[rule.check](rule, changes)]
        findings += _demanded(rule, found or [_unmeasured(rule, "all", "no rows were given that ask for it")])
    return Verdict(current=current["model"], candidate=candidate["model"], gate=rules.version, findings=tuple(findings))


def _demanded(rule: Rule, found: list[Finding]) -> list[Finding]:
    """A required check that nothing could be said about is refused: a gate that measured nothing must not open."""
    if not rule.required or any(finding.outcome is not Outcome.NOT_MEASURED for finding in found):
        return found
    why = f"{found[0].why}; the gate demands this check: give rows that ask for it"
    return [_finding(rule, found[0].subject, _NOTHING, Outcome.REFUSE, why)]


def _finding(rule: Rule, subject: str, figures: Figures, outcome: Outcome, why: str) -> Finding:
    return Finding(
        check=rule.check,
        subject=subject,
        current=figures[0],
        candidate=figures[1],
        worse=None if figures[2] is None else round(figures[2], 6),
        allowed=rule.most,
        outcome=outcome,
        why=why,
        reason=rule.reason,
    )


def _unmeasured(rule: Rule, subject: str, why: str) -> Finding:
    return _finding(rule, subject, _NOTHING, Outcome.NOT_MEASURED, why)


def _compared(rule: Rule, pair: Pair, draws: Draws) -> Finding:
    """One figure of both models held against the rule."""
    before = pair.current["value"]
    if pair.n < rule.fewest:
        return _unmeasured(rule, pair.subject, f"{pair.n} {pair.rows}, fewer than {rule.fewest}")
    if pair.candidate is None or pair.candidate["value"] is None:
        why = f"{pair.subject}: the candidate has no figure here; it lacks a label or the `balanced` threshold of one"
        return _finding(rule, pair.subject, (before, None, None), Outcome.REFUSE, why)
    after = pair.candidate["value"]
    worse = pair.sign * (after - before)
    interval = _interval(pair, draws)
    outcome = Outcome.REFUSE if worse > rule.most + _NOISE and interval.low > _NOISE else Outcome.PASS
    return _finding(rule, pair.subject, (before, after, worse), outcome, _sentence(rule, pair, worse, interval))


def _sentence(rule: Rule, pair: Pair, worse: float, interval: Interval) -> str:
    moved = f"{pair.current['value']:.3f} → {pair.candidate['value'] if pair.candidate else 0:.3f}"
    span = f"95 % interval {interval.low:+.3f} to {interval.high:+.3f}, {pair.n:,} {pair.rows}"
    if worse <= _NOISE:
        return f"{moved}, not worse ({pair.n:,} {pair.rows})"
    if worse <= rule.most + _NOISE:
        return f"{moved}, worse by {worse:.3f}, within {rule.most:g} ({pair.n:,} {pair.rows})"
    if interval.low > _NOISE:
        return f"{pair.subject}: {moved}, worse by {worse:.3f}, more than {rule.most:g} ({span})"
    return f"{moved}, worse by {worse:.3f}, which may be chance ({span})"


def _interval(pair: Pair, draws: Draws) -> Interval:
    """95 % interval of how much worse the candidate is."""
    drawn = draws.get(pair.path)
    if drawn is not None and np.isfinite(drawn).sum() >= _FEWEST_DRAWS:
        low, high = np.nanpercentile(pair.sign * drawn, [2.5, 97.5])
        return Interval(float(low), float(high))
    old, new = (reach(row) for row in (pair.current, pair.candidate or pair.current))
    worse = pair.sign * ((pair.candidate or pair.current)["value"] - pair.current["value"])
    below = math.hypot(new[0] if pair.sign > 0 else new[1], old[1] if pair.sign > 0 else old[0])
    above = math.hypot(new[1] if pair.sign > 0 else new[0], old[0] if pair.sign > 0 else old[1])
    return Interval(worse - below, worse + above)


def _primary(rule: Rule, current: Result, candidate: Result, draws: Draws) -> Finding:
    """The mean of the measure over the labels that both models know and that have enough positives.

    Where no labelled rows ask for such a label, as with a label of the user's own alone, the share of suite cases that are right.
    """
    rows = [
        (label, row[rule.measure], candidate["labels"][label][rule.measure])
        for label, row in current["labels"].items()
        if rule.covers(label) and row["positives"] >= rule.fewest and label in candidate["labels"]
    ]
    pairs = [(label, old, new) for label, old, new in rows if old["value"] is not None and new["value"] is not None]
    name = rule.measure.replace("_", " ")
    if not pairs:
        suites = _suites_right(rule, current, candidate)
        if suites is not None:
            return _compared(rule, suites, {})
        return _unmeasured(
            rule, f"mean {name}", f"no label has {rule.fewest} positives and as many kinds of rows as needed"
        )
    drawn = [draws.get(("labels", label, rule.measure)) for label, _, _ in pairs]
    known = [values for values in drawn if values is not None]
    path: tuple[str, ...] = ("mean", rule.measure)
    means: Draws = {path: np.stack(known).mean(axis=0)} if len(known) == len(pairs) else {}
    pair = Pair(
        subject=f"mean {name} of {len(pairs)} labels",
        current=_mean([old for _, old, _ in pairs]),
        candidate=_mean([new for _, _, new in pairs]),
        n=sum(old["n"] for _, old, _ in pairs),
        rows="judgements",
        path=path,
    )
    return _compared(rule, pair, means)


def _suites_right(rule: Rule, current: Result, candidate: Result) -> Pair | None:
    """The mean share of right cases over all suites with enough of them; None without any."""
    shares = [
        (figures["all"], candidate["suites"][suite][label]["all"])
        for suite, parts in current["suites"].items()
        for label, figures in parts.items()
        if figures["all"]["n"] >= rule.fewest and label in candidate["suites"].get(suite, {})
    ]
    if not shares:
        return None
    return Pair(
        subject=f"mean share right of {len(shares)} parts of suites",
        current=_mean([old for old, _ in shares]),
        candidate=_mean([new for _, new in shares]),
        n=sum(old["n"] for old, _ in shares),
        rows="cases",
        path=("mean", "suites"),
    )


def _mean(rows: list[Mapping[str, Any]]) -> dict[str, float]:
    """A mean of figures; labels are taken as independent for its interval, which draws replace where there are any."""
    value = sum(row["value"] for row in rows) / len(rows)
    below, above = (math.hypot(*(reach(row)[side] for row in rows)) / len(rows) for side in (0, 1))
    return {"value": round(value, 4), "low": value - below, "high": value + above}


def _labels(rule: Rule, changes: Comparison) -> Finding:
    if not changes.known:
        return _unmeasured(rule, "known labels", "the labels of the current model are not at hand")
    figures = (float(len(changes.known)), float(len(changes.known) - len(changes.lost)), float(len(changes.lost)))
    if not changes.lost:
        return _finding(rule, "known labels", figures, Outcome.PASS, "every label of the current model is known")
    return _finding(
        rule, "known labels", figures, Outcome.REFUSE, f"the candidate does not know {', '.join(changes.lost)}"
    )


def _gained(rule: Rule, label: str, candidate: Result) -> Finding:
    """A label that only the candidate knows has nothing to be held against but chance: it must rank rows well by itself."""
    row = candidate["labels"].get(label)
    positives = row["positives"] if row else 0
    if row is None or positives < rule.fewest or row["auc"]["value"] is None:
        why = f"{positives} positives, fewer than {rule.fewest}; name rows that judge {label} with --on"
        return _unmeasured(rule, label, why)
    auc = row["auc"]
    figures = (None, auc["value"], 1 - auc["value"])
    span = f"95 % interval {auc['low']:.3f} to {auc['high']:.3f}, {row['n']:,} rows"
    if auc["low"] <= CHANCE:
        return _finding(rule, label, figures, Outcome.REFUSE, f"AUC {auc['value']:.3f} may be chance ({span})")
    if 1 - auc["value"] > rule.most + _NOISE:
        why = f"AUC {auc['value']:.3f}, more than {rule.most:g} short of 1 ({span})"
        return _finding(rule, label, figures, Outcome.REFUSE, why)
    return _finding(rule, label, figures, Outcome.PASS, f"new: AUC {auc['value']:.3f} ({span})")


def _latency(rule: Rule, changes: Comparison) -> Finding:
    if changes.seconds is None or changes.timed < rule.fewest:
        return _unmeasured(rule, "seconds a text", f"{changes.timed} texts were timed, fewer than {rule.fewest}")
    old, new = changes.seconds
    why = f"{new / old:.2f} times the current model's time on {changes.timed} texts, allowed are {rule.most:g}"
    outcome = Outcome.REFUSE if new > rule.most * old else Outcome.PASS
    return _finding(rule, "seconds a text", (round(old, 5), round(new, 5), new / old), outcome, why)


def _flips(rule: Rule, changes: Comparison) -> Finding:
    flips = changes.flips
    if flips is None or flips.comments < rule.fewest:
        seen = f"{flips.comments} comments of runs, fewer than {rule.fewest}" if flips else "no run was given with --on"
        return _unmeasured(rule, "decisions", seen)
    share = flips.flipped / flips.comments
    why = (
        f"{flips.flipped:,} of {flips.comments:,} decisions of {flips.policy} would change, allowed are {rule.most:.0%}"
    )
    outcome = Outcome.REFUSE if share > rule.most else Outcome.PASS
    return _finding(rule, "decisions", (0.0, round(share, 4), share), outcome, why)
