"""OpenAI's `POST /v1/moderations`: requests → texts, Scores and Decisions → results. Pure.

The form is that of openai-python (types of `moderations`). Categories nobody looked for are false, 0.0 and have no applied type.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from analyzer.policy import Policy
from analyzer.schema import Action, Checked, Score
from analyzer.server.wire import parse_json
from analyzer.tables import storable
from analyzer.taxonomy import Taxonomy

CATEGORIES = (
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/intent",
    "self-harm/instructions",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
)
_MOST = 256
_ATTACK, _THREAT = "abuse.identity_attack", "abuse.threat"


class ModerationError(Exception):
    """A request that cannot be answered; `param` names the field."""

    def __init__(self, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.param = param


def error_record(message: str, param: str | None = None, code: str | None = None) -> dict[str, Any]:
    """An error in OpenAI's form."""
    return {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}}


def read_inputs(body: bytes) -> list[str]:
    """The texts to judge, in order; ModerationError says what is wrong. A list of parts is one text."""
    record = parse_json(body)
    if not isinstance(record, dict):
        raise ModerationError("The body must be a JSON object.")
    model = record.get("model")
    if model is not None and not isinstance(model, str):
        raise ModerationError("model must be a string.", "model")
    given = record.get("input")
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list) or not texts:
        raise ModerationError("input must be a string, a list of strings or a list of parts, and not empty.", "input")
    if len(texts) > _MOST:
        raise ModerationError(f"input holds more than {_MOST} texts; send them in several requests.", "input")
    if all(isinstance(text, str) for text in texts):
        return [storable(text) for text in texts]
    if all(isinstance(part, dict) for part in texts):
        return [storable("\n".join(map(_part, texts)))]
    raise ModerationError("input must hold strings alone, or parts alone.", "input")


def _part(part: Mapping[str, Any]) -> str:
    if part.get("type") != "text":
        raise ModerationError("Only parts of the type 'text' are read here; images are not looked at.", "input")
    text = part.get("text")
    if not isinstance(text, str):
        raise ModerationError("A part of the type 'text' needs a text.", "input")
    return text


class Moderations:
    """Results of one policy and taxonomy."""

    def __init__(self, policy: Policy, taxonomy: Taxonomy, labels: Sequence[str]) -> None:
        self._policy = policy
        known = set(labels)
        self._labels = {
            name: [label.id for label in taxonomy.bridged("openai", name) if label.id in known] for name in CATEGORIES
        }

    def to_json(self, scores: Sequence[Score], model: str) -> dict[str, Any]:
        """The answer of the service to texts with these Scores."""
        return {"id": f"modr-{uuid4().hex}", "model": model, "results": [self._result(score) for score in scores]}

    def _result(self, score: Score) -> dict[str, Any]:
        decision = self._policy.decide(score)
        fired = set()
        if decision.action in (Action.REVIEW, Action.REJECT):
            fired = {reason.label for reason in decision.reasons if reason.action in (Action.REVIEW, Action.REJECT)}
        judged = score.checked is Checked.OK
        flags = {name: bool(fired & set(labels)) for name, labels in self._labels.items()}
        flags["hate/threatening"] |= {_ATTACK, _THREAT} <= fired
        probs = {
            name: max((score.probs.get(label, 0.0) for label in labels), default=0.0)
            for name, labels in self._labels.items()
        }
        both = min(score.probs.get(_ATTACK, 0.0), score.probs.get(_THREAT, 0.0))
        probs["hate/threatening"] = max(probs["hate/threatening"], both)
        looked = {name: ["text"] if judged and labels else [] for name, labels in self._labels.items()}
        return {
            "flagged": any(flags.values()),
            "categories": flags,
            "category_scores": probs,
            "category_applied_input_types": looked,
        }
