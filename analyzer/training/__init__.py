"""RETRAIN: labelled examples and a model become a candidate model; the recipe's own tools stand beside."""

from analyzer.training.fitting import assumed_rate
from analyzer.training.outcome import Naming, write_candidate
from analyzer.training.retrain import Task, retrain
from analyzer.training.words import outcome_lines

__all__ = ["Naming", "Task", "assumed_rate", "outcome_lines", "retrain", "write_candidate"]
