"""The wire: comments judged one at a time over HTTP, in the words of Perspective, OpenAI and Coral. Nothing is sent from here."""

from analyzer.server.app import Settings, build_app

__all__ = ["Settings", "build_app"]
