"""DECIDE: stored scores become suggested actions, by rules that stand in a TOML file (docs/policy.md)."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from analyzer.policy.loading import load_policy, policy_names
from analyzer.policy.rules import Criterion, Lowering, Policy, Rule

if TYPE_CHECKING:
    import pyarrow as pa

    from analyzer.policy.columns import ScoreColumns as ScoreColumns

__all__ = ["Criterion", "Lowering", "Policy", "Rule", "load_policy", "policy_names", "view_scores"]


def view_scores(scores: "pa.Table", labels: Iterable[str]) -> "ScoreColumns":
    """A table of stored scores as the arrays of `Policy.severities`, with the columns of these labels."""
    from analyzer.policy.columns import ScoreColumns

    return ScoreColumns.of(scores, labels)
