"""Good, and honest about how good: measures with intervals, thresholds with what they promise."""

from analyzer.evaluation.assessment import assess
from analyzer.evaluation.held import Column, Held, among
from analyzer.evaluation.metrics import (
    Interval,
    Measure,
    area_under_roc,
    average_precision,
    bootstrap,
    calibration_error,
)
from analyzer.evaluation.page import as_html, as_markdown
from analyzer.evaluation.thresholds import ENOUGH, Operating, choose_thresholds, f1_of, kept

__all__ = [
    "ENOUGH",
    "Column",
    "Held",
    "Interval",
    "Measure",
    "Operating",
    "among",
    "area_under_roc",
    "as_html",
    "as_markdown",
    "assess",
    "average_precision",
    "bootstrap",
    "calibration_error",
    "choose_thresholds",
    "f1_of",
    "kept",
]
