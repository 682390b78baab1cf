"""REVIEW: which comments a person should judge, and what the person decided."""

from analyzer.review.ledger import Ledger
from analyzer.review.sampling import Candidate, Keeper, doubt, spread_out

__all__ = ["Candidate", "Keeper", "Ledger", "doubt", "spread_out"]
