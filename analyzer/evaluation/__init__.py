"""Good, and honest about how good: measures with intervals, thresholds with what they promise."""

from analyzer.evaluation.asked import reached
from analyzer.evaluation.assessment import Weigh, assess
from analyzer.evaluation.bounds import lower_limit
from analyzer.evaluation.gate import judge
from analyzer.evaluation.gatefile import load_gate
from analyzer.evaluation.guarantees import Guarantee, find_threshold
from analyzer.evaluation.held import Column, Held, among, base_language
from analyzer.evaluation.linking import link_scores
from analyzer.evaluation.metrics import (
    Interval,
    Measure,
    area_under_roc,
    average_precision,
    bootstrap,
    calibration_error,
    draws,
)
from analyzer.evaluation.page import as_html, as_markdown, asked_table
from analyzer.evaluation.paired import Measured, draw_differences
from analyzer.evaluation.prevalence import Prevalence, doubts_of_chance, estimate_prevalence
from analyzer.evaluation.promises import Promise, parse_promise
from analyzer.evaluation.spans import character_f1, compare_spans, figures_of_spans, overlap_f1, span_figures
from analyzer.evaluation.thresholds import ENOUGH, Operating, choose_thresholds, f1_of, kept
from analyzer.evaluation.verdict import Comparison, Finding, Flips, Gate, Outcome, Rule, Verdict

__all__ = [
    "ENOUGH",
    "Column",
    "Comparison",
    "Finding",
    "Flips",
    "Gate",
    "Guarantee",
    "Held",
    "Interval",
    "Measure",
    "Measured",
    "Operating",
    "Outcome",
    "Prevalence",
    "Promise",
    "Rule",
    "Verdict",
    "Weigh",
    "among",
    "area_under_roc",
    "as_html",
    "as_markdown",
    "asked_table",
    "assess",
    "average_precision",
    "base_language",
    "bootstrap",
    "calibration_error",
    "character_f1",
    "choose_thresholds",
    "compare_spans",
    "doubts_of_chance",
    "draw_differences",
    "draws",
    "estimate_prevalence",
    "f1_of",
    "figures_of_spans",
    "find_threshold",
    "judge",
    "kept",
    "link_scores",
    "load_gate",
    "lower_limit",
    "overlap_f1",
    "parse_promise",
    "reached",
    "span_figures",
]
