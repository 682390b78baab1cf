"""Google's batch form: several calls in one `multipart/mixed` body, each an HTTP request without a connection of its own."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from email import policy
from email.parser import BytesParser
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from analyzer.server.wire import invalid

MOST = 1000


@dataclass(frozen=True, slots=True)
class Call:
    """A call within a batch: `id` as sent, method, path, query and body."""

    id: str
    method: str
    path: str
    query: str
    body: bytes


def read_batch(content_type: str, body: bytes) -> list[Call]:
    """The calls of a batch, in order; RefusedError if it is none."""
    message = BytesParser(policy=policy.HTTP).parsebytes(
        b"Content-Type: " + content_type.encode("latin-1") + b"\r\n\r\n" + body
    )
    if message.get_content_type() != "multipart/mixed" or not message.is_multipart():
        raise invalid("A batch must be multipart/mixed with a boundary.")
    parts = message.get_payload()
    if not isinstance(parts, list) or len(parts) > MOST:
        raise invalid(f"A batch holds at most {MOST} calls.")
    return [_call(part) for part in parts]


def _call(part: Any) -> Call:
    content = part.get_payload(decode=True) or b""
    head, _, rest = content.replace(b"\r\n", b"\n").lstrip(b"\n").partition(b"\n")
    _, _, body = rest.partition(b"\n\n") if not rest.startswith(b"\n") else (b"", b"", rest[1:])
    words = head.decode("latin-1").split()
    method, target = (words[0], words[1]) if len(words) > 1 else ("", "")
    address = urlsplit(target) if target.startswith("/") else urlsplit("")
    return Call(str(part.get("Content-ID", "")), method, unquote(address.path), address.query, body.strip())


def write_batch(answers: Sequence[tuple[Call, int, Any]]) -> tuple[str, bytes]:
    """Content type and body of the answer: a part for each call with its status and JSON."""
    boundary = f"batch_{uuid4().hex}"
    lines: list[str] = []
    for call, code, record in answers:
        id = f"<response-{call.id.strip('<>')}>"
        text = json.dumps(record)
        lines += [f"--{boundary}", "Content-Type: application/http", f"Content-ID: {id}", ""]
        lines += [
            f"HTTP/1.1 {code} {'OK' if code == 200 else 'Error'}",
            "Content-Type: application/json; charset=UTF-8",
        ]
        lines += [f"Content-Length: {len(text.encode())}", "", text, ""]
    lines += [f"--{boundary}--", ""]
    return f"multipart/mixed; boundary={boundary}", "\r\n".join(lines).encode()
