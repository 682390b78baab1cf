"""Coral's external moderation phase: a new or edited comment → flags for its moderators, never a status. Pure."""

import hashlib
import hmac
from collections.abc import Sequence
from typing import Any

from analyzer.readers import html_to_text
from analyzer.schema import Action, Decision
from analyzer.server.wire import invalid
from analyzer.tables import storable
from analyzer.taxonomy import Taxonomy


def is_signed(body: bytes, header: str, secrets: Sequence[str]) -> bool:
    """True if one of the signatures in `X-Coral-Signature` is the HMAC-SHA256 of the raw body under one of the secrets."""
    given = [part.strip().removeprefix("sha256=").encode() for part in header.split(",") if "sha256=" in part]
    wanted = [hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().encode() for secret in secrets]
    return any(hmac.compare_digest(one, other) for one in given for other in wanted)


def read_comment(record: Any) -> str:
    """The text of the comment, which Coral sends as HTML or plain; RefusedError if it is no such request."""
    comment = record.get("comment") if isinstance(record, dict) else None
    body = comment.get("body") if isinstance(comment, dict) else None
    if not isinstance(body, str):
        raise invalid("This is no comment of Coral: comment.body is missing.")
    return html_to_text(storable(body))


def answer(decision: Decision, taxonomy: Taxonomy) -> dict[str, Any]:
    """A flag for the moderators if the policy asks for a person and a reason has a name in Coral; else no opinion."""
    if decision.action not in (Action.REVIEW, Action.REJECT):
        return {}
    named = [
        reason.label
        for reason in decision.reasons
        if reason.action in (Action.REVIEW, Action.REJECT)
        and reason.label in taxonomy
        and taxonomy.get(reason.label).bridges.get("coral")
    ]
    return {"actions": [{"actionType": "FLAG", "reason": "COMMENT_DETECTED_TOXIC"}]} if named else {}
