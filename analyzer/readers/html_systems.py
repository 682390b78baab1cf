"""Comments of systems that name their elements in ways of their own (html_systems.toml): no ids or classes others share.

A selector is what one element has: `tag`, `.class`, `#id`, `[attribute]`, `[attribute=pattern]`, in any mixture; `a > b` asks
the same of its parent. `@attribute` is an attribute of the comment itself, `selector@attribute` one of an element in it.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from typing import Any

from analyzer.readers.html_comments import find_parents
from analyzer.readers.html_fields import clean_author, find_time
from analyzer.readers.html_nodes import Element, classes, markup_of, own, plain
from analyzer.readers.markup import html_to_text
from analyzer.readers.page_dates import Stamp, find_short, find_stamps
from analyzer.readers.page_draft import Draft

_PART = re.compile(
    r"(?P<tag>[a-z][\w-]*)|\.(?P<class>[\w-]+)|#(?P<id>[\w-]+)|\[(?P<name>[\w-]+)(?:=(?P<value>[^\]]+))?\]"
)
_Test = Callable[[Element], bool]


@dataclass(frozen=True, slots=True)
class _System:
    """One table of the file: tests for elements, and where else to look."""

    comment: _Test
    names: frozenset[str]  # of which one at least stands on every page of the system
    author: tuple[str, ...]
    body: tuple[_Test, ...]
    date: tuple[_Test, ...]
    aside: tuple[_Test, ...]
    none: frozenset[str]  # what stands for the author of a comment that has none
    id: str | None
    parent: str | None
    depth: str | None
    thread: _Test | None
    reply: _Test | None


def read_systems(root: Element) -> list[Draft]:
    """The comments of the first system that has any on the page, in page order."""
    elements = [element for element in root.iter() if isinstance(element.tag, str)]
    present = {name for element in elements for name in (element.tag, *classes(element), *map(str, element.attrib))}
    for system in _systems():
        if system.names & present:
            drafts = _read(system, [element for element in elements if system.comment(element)])
            if any(draft.text for draft in drafts):
                return drafts
    return []


def _read(system: _System, found: Sequence[Element]) -> list[Draft]:
    others = frozenset(found)
    drafts = [_draft(system, element, others) for element in found]
    places = {draft.id: at for at, draft in enumerate(drafts) if draft.id}
    for at, (element, parent) in enumerate(zip(found, _parents(system, found, others), strict=True)):
        named = places.get(_value(element, system.parent, others) or "")
        above = parent if named is None else named
        drafts[at].parent = above if above is not None and above < at else None
    return drafts


def _draft(system: _System, element: Element, others: frozenset[Element]) -> Draft:
    nodes = list(own(element, others))
    body = next((node for test in system.body for node in nodes if test(node)), None)
    inside = frozenset() if body is None else frozenset(own(body, others))
    around = [node for node in nodes if node not in inside]
    created, exact = find_time(around, body if body is not None else element)
    created, exact = (created, exact) if created else _epoch(around)
    words = element if body is None and not system.body else body
    return Draft(
        author=_author(system, element, around),
        text="" if words is None else _words(system, words, others),
        id=_value(element, system.id, others),
        created=created,
        stamp=None if created else _stamp(system, around),
        tz_unknown=not exact,
    )


def _author(system: _System, element: Element, around: Sequence[Element]) -> str | None:
    for path in system.author:
        if path.startswith("@"):
            texts = [element.get(path[1:]) or ""]
        else:
            test = _selector(path)
            # A name may be a button, to open a card
            texts = [
                plain(node) or " ".join("".join(map(str, node.itertext())).split()) for node in around if test(node)
            ]
        name = next(filter(None, (clean_author(text.strip().partition("\n")[0]) for text in texts)), None)
        if name:
            return None if name in system.none else name
    return None


def _words(system: _System, body: Element, others: frozenset[Element]) -> str:
    return html_to_text(
        markup_of(body, lambda node: node in others or any(test(node) for test in system.aside))
    ).strip()


def _epoch(around: Sequence[Element]) -> tuple[datetime | None, bool]:
    """The time of an element that holds it in seconds or milliseconds since 1970."""
    for node in around:
        for name in ("data-time", "data-utime", "data-timestamp"):
            value = node.get(name) or ""
            if value.isdecimal() and len(value) in (10, 13):
                return datetime.fromtimestamp(int(value[:10]), UTC), True
    return None, False


def _stamp(system: _System, around: Sequence[Element]) -> Stamp | None:
    for node in (node for test in system.date for node in around if test(node)):
        for text in (node.get("datetime") or "", node.get("title") or "", *plain(node).split("\n")):
            moment = re.match(r"\d{4}-\d\d-\d\dT[\d:]+", text)
            line = moment[0].replace("T", " ") if moment else text
            stamps = find_stamps(line) or find_short(line)
            if stamps:
                return stamps[0]
    return None


def _parents(system: _System, found: Sequence[Element], others: frozenset[Element]) -> list[int | None]:
    if system.depth:
        depths = [int(value) if (value := _value(e, system.depth, others) or "").isdecimal() else 0 for e in found]
        return list(_by_depth(depths))
    if system.thread:
        first: dict[Element, int] = {}
        tops = [next(filter(system.thread, element.iterancestors()), element) for element in found]
        places = [first.setdefault(top, at) for at, top in enumerate(tops)]
        return [None if place == at else place for at, place in enumerate(places)]
    if system.reply:
        return list(_by_depth([int(system.reply(element)) for element in found]))
    return find_parents(found)


def _by_depth(depths: Sequence[int]) -> Iterator[int | None]:
    latest: dict[int, int] = {}
    for at, depth in enumerate(depths):
        yield max((place for other, place in latest.items() if other < depth), default=None)
        latest = {other: place for other, place in latest.items() if other < depth} | {depth: at}


def _value(element: Element, path: str | None, others: frozenset[Element]) -> str | None:
    """What stands in the attribute of the comment, or of an element in it, that a path names."""
    selector, _, attribute = (path or "").rpartition("@")
    if not selector:
        return element.get(attribute) or None if attribute else None
    test = _selector(selector)
    return next((node.get(attribute) for node in own(element, others) if test(node)), None)


@cache
def _selector(text: str) -> _Test:
    above, _, own_part = text.rpartition(" > ")
    parts = [match.groupdict() for match in _PART.finditer(own_part)]
    tags = {part["tag"] for part in parts if part["tag"]}
    names = {part["class"] for part in parts if part["class"]}
    values = [("id", re.compile(re.escape(part["id"]))) for part in parts if part["id"]]
    values += [(part["name"], re.compile(part["value"] or ".*", re.DOTALL)) for part in parts if part["name"]]
    parent = _selector(above) if above else None

    def test(element: Element) -> bool:
        if (tags and element.tag not in tags) or (names and not names <= set(classes(element))):
            return False
        if any((value := element.get(name)) is None or not wanted.fullmatch(value) for name, wanted in values):
            return False
        over = element.getparent()
        return parent is None or (over is not None and parent(over))

    return test


@cache
def _systems() -> tuple[_System, ...]:
    text = resources.files("analyzer.readers").joinpath("html_systems.toml").read_text(encoding="utf-8")
    return tuple(map(_system, tomllib.loads(text)["system"]))


def _system(table: dict[str, Any]) -> _System:
    comments = tuple(map(_selector, table["comment"]))
    parts = [match.groupdict() for text in table["comment"] for match in _PART.finditer(text)]
    return _System(
        comment=lambda element: any(test(element) for test in comments),
        names=frozenset(part["class"] or part["tag"] or part["name"] or "id" for part in parts),
        author=tuple(table["author"]),
        body=tuple(map(_selector, table.get("body", ()))),
        date=tuple(map(_selector, table.get("date", ()))),
        aside=tuple(map(_selector, table.get("aside", ()))),
        none=frozenset(table.get("none", ())),
        id=table.get("id"),
        parent=table.get("parent"),
        depth=table.get("depth"),
        thread=_selector(table["thread"]) if "thread" in table else None,
        reply=_selector(table["reply"]) if "reply" in table else None,
    )
