"""Over HTTP: comments judged in the words of Perspective, OpenAI and Coral, and the review desk. Nothing is sent from here."""

from analyzer.server.app import Settings, build_app
from analyzer.server.review import build_desk

__all__ = ["Settings", "build_app", "build_desk"]
