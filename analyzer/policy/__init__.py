"""DECIDE: stored scores become suggested actions, by rules that stand in a TOML file (docs/policy.md)."""

from analyzer.policy.loading import load_policy, policy_names
from analyzer.policy.rules import Criterion, Lowering, Policy, Rule

__all__ = ["Criterion", "Lowering", "Policy", "Rule", "load_policy", "policy_names"]
