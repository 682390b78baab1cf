"""RETRAIN: labelled examples and a model become a candidate model; the recipe's own tools stand beside."""

from analyzer.training.checking import Finding, krippendorff_alpha, validate_labels
from analyzer.training.fitting import assumed
from analyzer.training.learning import Task, retrain
from analyzer.training.outcome import Naming, write_candidate
from analyzer.training.suspects import Suspect, Suspicion, TextReader, find_likely_wrong
from analyzer.training.words import outcome_lines

__all__ = [
    "Finding",
    "Naming",
    "Suspect",
    "Suspicion",
    "Task",
    "TextReader",
    "assumed",
    "find_likely_wrong",
    "krippendorff_alpha",
    "outcome_lines",
    "retrain",
    "validate_labels",
    "write_candidate",
]
