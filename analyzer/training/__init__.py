"""RETRAIN: labelled examples and a model become a candidate model; the recipe's own tools stand beside.

What learns is loaded when it is first used: checking labels needs no torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from analyzer.training.checking import Finding, krippendorff_alpha, validate_labels
from analyzer.training.suspects import Suspect, Suspicion, TextReader, find_likely_wrong

if TYPE_CHECKING:
    from analyzer.training.fitting import assumed, looked_for, natural_weights
    from analyzer.training.learning import Task, retrain
    from analyzer.training.outcome import Naming, write_candidate
    from analyzer.training.split import halve
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
    "halve",
    "krippendorff_alpha",
    "looked_for",
    "natural_weights",
    "outcome_lines",
    "retrain",
    "validate_labels",
    "write_candidate",
]

_HOME_OF = {
    "Naming": "outcome",
    "Task": "learning",
    "assumed": "fitting",
    "halve": "split",
    "looked_for": "fitting",
    "natural_weights": "fitting",
    "outcome_lines": "words",
    "retrain": "learning",
    "write_candidate": "outcome",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'analyzer.training' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"analyzer.training.{_HOME_OF[name]}"), name)
    return value
