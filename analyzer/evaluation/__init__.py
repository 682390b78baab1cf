"""Good, and honest about how good: measures with intervals, thresholds with what they promise."""

from analyzer.evaluation.metrics import (
    Interval,
    Measure,
    area_under_roc,
    average_precision,
    bootstrap,
    calibration_error,
)
from analyzer.evaluation.thresholds import Operating, choose_thresholds

__all__ = [
    "Interval",
    "Measure",
    "Operating",
    "area_under_roc",
    "average_precision",
    "bootstrap",
    "calibration_error",
    "choose_thresholds",
]
