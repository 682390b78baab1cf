"""The review desk: a page for one comment at a time, on this machine alone; what is decided becomes Reviews of the run."""

import hmac
import secrets
from collections.abc import Callable, Coroutine
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from analyzer.desk import POLICY, QUEUES, Case, Desk, Entry, Verdict
from analyzer.reports import page_environment, page_style
from analyzer.schema import Action
from analyzer.suggestion import RANDOM, UNCERTAINTY
from analyzer.tables import storable

_NAMES = {POLICY: "Policy", UNCERTAINTY: "Uncertain", RANDOM: "Random"}
_ABOUT = {
    POLICY: "What the policy asks a person for, the surest first; what was not checked comes last.",
    UNCERTAINTY: "Where the model is in doubt: answers here teach it most.",
    RANDOM: "Drawn by chance and judged without sight of the model: for honest rates.",
}
_SAID = {Action.APPROVE: "Approved", Action.REJECT: "Rejected", Action.REVIEW: "Passed on"}
_KEYS = (
    ("A", "approve"),
    ("R", "reject"),
    ("P", "pass on"),
    ("B", "uncover"),
    ("N", "no label fits"),
    ("U", "take back"),
    ("J", "later"),
    ("K", "back"),
)
_AROUND = 40  # rows of the queue that are shown on either side
_BODY = 100_000
_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "cross-origin-resource-policy": "same-origin",
}
_Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def build_desk(desk: Desk, port: int) -> Starlette:
    """The application for one person's browser on this machine; `port` is where it listens, and no other name is answered."""
    pages = _Pages(desk, {f"{host}:{port}" for host in ("127.0.0.1", "localhost", "[::1]")})
    routes = [
        Route("/", pages.guarded(pages.start)),
        Route("/desk.css", pages.guarded(pages.style)),
        Route("/desk.js", pages.guarded(pages.script)),
        Route("/undo", pages.guarded(pages.undo), methods=["POST"]),
        Route("/{queue}", pages.guarded(pages.open)),
        Route("/{queue}/{place:int}", pages.guarded(pages.show), methods=["GET"]),
        Route("/{queue}/{place:int}", pages.guarded(pages.judge), methods=["POST"]),
    ]
    return Starlette(routes=routes)


class _NoPageError(Exception):
    def __init__(self, code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class _Pages:
    def __init__(self, desk: Desk, hosts: set[str]) -> None:
        self._desk = desk
        self._hosts = hosts
        self._token = secrets.token_urlsafe(24)  # what a page of another site cannot know

    def guarded(self, handler: _Handler) -> _Handler:
        """A handler that answers this machine's browser alone, with headers that let nothing foreign run."""

        async def answer(request: Request) -> Response:
            try:
                if request.headers.get("host") not in self._hosts:
                    raise _NoPageError(403, "Open the address that `analyzer review` printed.")
                response = await handler(request)
            except _NoPageError as error:
                response = PlainTextResponse(f"{error}\n", error.code)
            response.headers.update(_HEADERS)
            return response

        return answer

    async def start(self, request: Request) -> Response:
        return RedirectResponse(f"/{POLICY}", 303)

    async def style(self, request: Request) -> Response:
        return Response(page_style() + _file("desk.css"), media_type="text/css")

    async def script(self, request: Request) -> Response:
        return Response(_file("desk.js"), media_type="text/javascript")

    async def open(self, request: Request) -> Response:
        """A queue at its first comment that nobody has judged."""
        queue = _queue(request)
        entries = self._desk.queues[queue]
        place = self._desk.next_open(queue)
        if place is None:
            done = "Every comment of this queue is judged. Thank you."
            return await self._page(queue, None, done if entries else "There is nothing in this queue.")
        return RedirectResponse(f"/{queue}/{place + 1}", 303)

    async def show(self, request: Request) -> Response:
        queue, place, _ = self._entry(request)
        return await self._page(queue, place, "")

    async def judge(self, request: Request) -> Response:
        queue, place, entry = self._entry(request)
        fields = await self._form(request)
        await run_in_threadpool(self._desk.judge, entry, self._verdict(entry, fields))
        following = self._desk.next_open(queue, place)
        return RedirectResponse(f"/{queue}" if following is None else f"/{queue}/{following + 1}", 303)

    async def undo(self, request: Request) -> Response:
        await self._form(request)
        taken = await run_in_threadpool(self._desk.ledger.undo)
        for queue in QUEUES if taken else ():
            for place, entry in enumerate(self._desk.queues[queue]):
                if taken and entry.key == taken.key and queue == taken.sampled_by:
                    return RedirectResponse(f"/{queue}/{place + 1}", 303)
        return RedirectResponse(f"/{POLICY}", 303)

    def _entry(self, request: Request) -> tuple[str, int, Entry]:
        queue, place = _queue(request), int(request.path_params["place"]) - 1
        entries = self._desk.queues[queue]
        if not 0 <= place < len(entries):
            raise _NoPageError(404, f"The queue has {len(entries)} comments.")
        return queue, place, entries[place]

    async def _form(self, request: Request) -> list[tuple[str, str]]:
        """The fields of a form that one of our own pages sent."""
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > _BODY:
                raise _NoPageError(413, "That is too long.")
        try:
            fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=500)
        except ValueError:
            raise _NoPageError(400, "That is no form of this desk.") from None
        given = dict(fields).get("token", "")
        if not hmac.compare_digest(given.encode("utf-8", "replace"), self._token.encode()):
            raise _NoPageError(403, "This form is not of this desk, or the desk was started anew: load the page again.")
        return fields

    def _verdict(self, entry: Entry, fields: list[tuple[str, str]]) -> Verdict:
        single = dict(fields)
        action = single.get("action", "")
        if action not in set(_SAID):
            raise _NoPageError(400, "Choose one of the decisions.")
        labels = {
            name.removeprefix("label."): float(value)
            for name, value in fields
            if name.startswith("label.") and value in ("0", "1")
        }
        if single.get("none"):
            asked = (label.id for label in self._desk.case(entry).labels)
            labels = dict.fromkeys(asked, 0.0) | {label: value for label, value in labels.items() if value}
        labels |= {value: 1.0 for name, value in fields if name == "also"}
        return Verdict(action=Action(action), labels=labels, note=storable(single.get("note", "").strip()))

    async def _page(self, queue: str, place: int | None, empty: str) -> Response:
        case = None if place is None else await run_in_threadpool(self._desk.case, self._desk.queues[queue][place])
        html = (
            _environment()
            .get_template("desk.html")
            .render(self._frame(queue, place, empty), **_of_case(case, self._desk))
        )
        return Response(html, media_type="text/html")

    def _frame(self, queue: str, place: int | None, empty: str) -> dict[str, Any]:
        """What stands around the comment."""
        entries, decided = self._desk.queues[queue], self._desk.decided(queue)
        at = place or 0
        first = max(0, at - _AROUND)
        rows = [
            {"place": number, "review": decided.get(entry.key), "entry": entry, "label": self._name(entry.label)}
            for number, entry in enumerate(entries[first : at + _AROUND + 1], first)
        ]
        done = sum(entry.key in decided for entry in entries)
        return {
            "queue": queue,
            "queue_names": _NAMES,
            "about": _ABOUT[queue],
            "entries": entries,
            "rows": rows,
            "place": place,
            "previous": (at - 1) % max(1, len(entries)),
            "following": (at + 1) % max(1, len(entries)),
            "done": done,
            "share": round(100 * done / len(entries)) if entries else 0,
            "said": _SAID,
            "last": self._last(),
            "empty": empty,
            "keys": _KEYS,
            "reviewer": self._desk.reviewer,
            "token": self._token,
        }

    def _name(self, label: str | None) -> str:
        return self._desk.taxonomy.get(label).name if label and label in self._desk.taxonomy else ""

    def _last(self) -> str:
        """The decision that would be taken back."""
        review = self._desk.ledger.last
        return "" if review is None else f"{_SAID[review.action].lower()} {review.key.id[:24]}"


def _of_case(case: Case | None, desk: Desk) -> dict[str, Any]:
    if case is None:
        return {"case": None, "report": None}
    shown = {} if case.blind else {finding.label: finding for finding in case.comment.findings}
    return {
        "case": case,
        "report": case.report,
        "findings": shown,
        "numbers": {label: number for number, label in enumerate(shown, start=1)},
        "covered": not case.blind and any(finding.covered for finding in case.comment.findings),
        "others": desk.others(case),
    }


def _queue(request: Request) -> str:
    queue: str = request.path_params["queue"]
    if queue not in QUEUES:
        raise _NoPageError(404, f"There is no such page; the queues are {', '.join(QUEUES)}.")
    return queue


@cache
def _environment() -> Any:
    """The templates of reports and of the desk."""
    from jinja2 import ChoiceLoader, PackageLoader

    pages = page_environment()
    assert pages.loader is not None
    return pages.overlay(loader=ChoiceLoader([pages.loader, PackageLoader("analyzer.server")]))


@cache
def _file(name: str) -> str:
    return files("analyzer.server").joinpath(f"templates/{name}").read_text("utf-8")
