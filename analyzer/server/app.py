"""The routes, their limits and who may call; everything that is said on the wire is made by the translators beside it."""

import hmac
import json
import re
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from analyzer.policy import Policy
from analyzer.schema import Score, Scorer
from analyzer.server import coral, openai, perspective
from analyzer.server.attributes import name_attributes
from analyzer.server.batch import Call, read_batch, write_batch
from analyzer.server.discovery import describe
from analyzer.server.judge import BusyError, Judge
from analyzer.server.wire import RefusedError, invalid, masked, parse_json, parse_mask
from analyzer.taxonomy import load_taxonomy
from analyzer.threads import answer_thread

_BODY = 2_200_000  # bytes: a comment and a context of a megabyte each way of writing it
_BATCH = 25_000_000
_PREFIX = "/v1alpha1/comments:"
_HOST = re.compile(r"[A-Za-z0-9.\-]+(:\d+)?|\[[0-9a-fA-F:]+\](:\d+)?")
_Handler = Callable[[Request], Coroutine[Any, Any, Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Who may call, and what is kept.

    `api_key`: what callers must send; `coral_secrets`: secrets of Coral's signature; `origins`: sites whose pages may call from a
    browser; `suggestions`: a file that suggested scores are appended to, none if they are not kept; `most`: comments that may wait.
    """

    api_key: str | None = None
    coral_secrets: Sequence[str] = ()
    origins: Sequence[str] = ()
    suggestions: Path | None = None
    most: int = 1000


def build_app(scorer: Scorer, policy: Policy, settings: Settings) -> Starlette:
    """The application, ready for an ASGI server."""
    service = _Service(scorer, policy, settings)
    routes = [
        Route("/health", service.health),
        Route("/$discovery/rest", _guarded(service.discovery)),
        Route(f"{_PREFIX}{{method}}", _guarded(service.comments), methods=["POST"]),
        Route("/batch", _guarded(service.batch), methods=["POST"]),
        Route("/v1/moderations", service.moderations, methods=["POST"]),
        Route("/coral", _guarded(service.coral), methods=["POST"]),
    ]
    cors = Middleware(
        CORSMiddleware, allow_origins=list(settings.origins), allow_methods=["POST", "GET"], allow_headers=["*"]
    )
    return Starlette(routes=routes, middleware=[cors] if settings.origins else [])


def _guarded(handler: _Handler) -> _Handler:
    """A handler whose refusals become answers in Google's form."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except RefusedError as error:
            return _pretty(error.to_json(), error.code)

    return answer


class _Service:
    def __init__(self, scorer: Scorer, policy: Policy, settings: Settings) -> None:
        self._judge = Judge(scorer, settings.most)
        self._policy = policy
        self._settings = settings
        self._taxonomy = load_taxonomy(own=getattr(scorer, "own_labels", ()))
        self._attributes = name_attributes(scorer.labels, self._taxonomy)
        self._moderations = openai.Moderations(policy, self._taxonomy, scorer.labels)
        self._version = scorer.version
        self._writing = Lock()

    async def health(self, request: Request) -> Response:
        """What answers here: model, policy and the attributes that can be asked for. No key is needed."""
        record = {
            "status": "ok",
            "model": self._version,
            "policy": self._policy.version,
            "waiting": self._judge.waiting,
        }
        return JSONResponse(record | {"attributes": sorted(self._attributes)})

    async def discovery(self, request: Request) -> Response:
        """The discovery document for the address that the caller used."""
        headers = request.headers
        scheme = headers.get("x-forwarded-proto", request.url.scheme)
        host = headers.get("x-forwarded-host", headers.get("host", ""))
        if scheme not in ("http", "https") or not _HOST.fullmatch(host):
            raise invalid("The Host header names no address.")
        return JSONResponse(describe(f"{scheme}://{host}/"))

    async def comments(self, request: Request) -> Response:
        """Perspective's two methods."""
        query = _query(request)
        self._require_key(request, query)
        record = await self._call(request.path_params["method"], await _body(request, _BODY), query)
        return _pretty(record, pretty=query.get("prettyPrint", "true") != "false")

    async def batch(self, request: Request) -> Response:
        """Several calls at once; each has a status of its own."""
        calls = read_batch(request.headers.get("content-type", ""), await _body(request, _BATCH))
        answers = [(call, *await self._answer(request, call)) for call in calls]
        content_type, body = write_batch(answers)
        return Response(body, headers={"content-type": content_type})

    async def _answer(self, request: Request, call: Call) -> tuple[int, Any]:
        try:
            query = {name: values[-1] for name, values in parse_qs(call.query).items()}
            if call.method != "POST" or not call.path.startswith(_PREFIX):
                raise RefusedError(
                    "Not found: a batch may call comments:analyze and comments:suggestscore.", 404, "NOT_FOUND"
                )
            self._require_key(request, query)
            return 200, await self._call(call.path.removeprefix(_PREFIX), call.body, query)
        except RefusedError as error:
            return error.code, error.to_json()

    async def _call(self, method: str, body: bytes, query: Mapping[str, str]) -> dict[str, Any]:
        if query.get("alt", "json") != "json" or "callback" in query:
            raise invalid("Only alt=json without a callback is answered.")
        mask = parse_mask(query["fields"]) if query.get("fields") else {}
        if method == "analyze":
            return masked(await self._analyze(parse_json(body)), mask)  # type: ignore[no-any-return]
        if method == "suggestscore":
            row = perspective.read_suggestion(parse_json(body), self._attributes)
            self._keep(row)
            return masked(perspective.answer_suggestion(row), mask)  # type: ignore[no-any-return]
        raise RefusedError("Not found: there are comments:analyze and comments:suggestscore.", 404, "NOT_FOUND")

    async def _analyze(self, record: Any) -> dict[str, Any]:
        asked = perspective.read_analysis(record, self._attributes)
        places = perspective.sentences(asked.text) if asked.by_sentence else []
        texts = [asked.text, *(asked.text[start:end] for start, end in places)]
        score, *parts = await self._scores(texts, asked.parent, asked.lang)
        found = [(start, end, part) for (start, end), part in zip(places, parts, strict=True)]
        return perspective.answer_analysis(asked, score, found)

    async def moderations(self, request: Request) -> Response:
        """OpenAI's moderation endpoint."""
        headers = {"x-request-id": f"req_{uuid4().hex}"}
        try:
            self._require_key(request, _query(request))
            scores = await self._scores(openai.read_inputs(await _body(request, _BODY)))
        except openai.ModerationError as error:
            return JSONResponse(openai.error_record(str(error), error.param), 400, headers)
        except RefusedError as error:
            unknown = error.status in ("PERMISSION_DENIED", "UNAUTHENTICATED")
            record = openai.error_record(error.message, code="invalid_api_key" if unknown else None)
            return JSONResponse(record, 401 if unknown else error.code, headers | _retry(error))
        return JSONResponse(self._moderations.to_json(scores, self._version), headers=headers)

    async def coral(self, request: Request) -> Response:
        """Coral's external moderation phase."""
        body = await _body(request, _BODY)
        secrets = self._settings.coral_secrets
        if secrets and not coral.is_signed(body, request.headers.get("x-coral-signature", ""), secrets):
            raise RefusedError("The signature does not fit the body.", 401, "UNAUTHENTICATED")
        if not secrets:
            self._require_key(request, _query(request))
        (score,) = await self._scores([coral.read_comment(parse_json(body))])
        opinion = coral.answer(self._policy.decide(score), self._taxonomy)
        return JSONResponse(opinion) if opinion else Response(status_code=204)

    async def _scores(self, texts: Sequence[str], parent: str | None = None, lang: str | None = None) -> list[Score]:
        threads = [answer_thread(str(number), text, parent, lang) for number, text in enumerate(texts)]
        try:
            return await self._judge.scores(threads)
        except BusyError:
            said = "Quota exceeded for quota metric 'Analysis requests (AnalyzeComment)': too many comments wait."
            raise RefusedError(said, 429, "RESOURCE_EXHAUSTED") from None

    def _require_key(self, request: Request, query: Mapping[str, str]) -> None:
        key = self._settings.api_key
        if key is None:
            return
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        given = query.get("key") or request.headers.get("x-goog-api-key") or bearer
        if not given:
            raise RefusedError("The request is missing a valid API key.", 403, "PERMISSION_DENIED")
        if not hmac.compare_digest(given.encode(), key.encode()):
            details = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
            raise RefusedError(
                "API key not valid. Please pass a valid API key.", 400, "PERMISSION_DENIED", details=details
            )

    def _keep(self, row: Mapping[str, Any]) -> None:
        """Append a suggestion to the file, a line each."""
        if self._settings.suggestions is None:
            return
        line = json.dumps({**row, "at": datetime.now(UTC).isoformat(timespec="seconds")}, ensure_ascii=True)
        with self._writing, self._settings.suggestions.open("a", encoding="utf-8") as file:
            file.write(line + "\n")


def _query(request: Request) -> dict[str, str]:
    return {name: request.query_params[name] for name in request.query_params}


async def _body(request: Request, most: int) -> bytes:
    """The body; RefusedError as soon as more than `most` bytes have come."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise RefusedError(f"Request payload size exceeds the limit: {most} bytes.", 413)
    return bytes(body)


def _pretty(record: Any, code: int = 200, *, pretty: bool = True) -> Response:
    text = json.dumps(record, indent=2 if pretty else None)
    headers = {"content-type": "application/json; charset=UTF-8"}
    return Response(text, code, headers | ({"retry-after": "1"} if code == 429 else {}))


def _retry(error: RefusedError) -> dict[str, str]:
    return {"retry-after": "1"} if error.code == 429 else {}
