"""Values out of JSON nobody vouches for: each function gives the type it names, whatever it is handed."""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from sys import getsizeof
from types import MappingProxyType
from typing import TypeVar

from analyzer.readers.files import without_addresses
from analyzer.readers.tally import Tally
from analyzer.readers.times import parse_time

# Where a dump does not say which article or post a comment belongs to, its comments form one thread of this name.
UNKNOWN_THREAD = "unknown"

PINGBACKS = frozenset({"pingback", "trackback"})  # kinds of comments that other pages wrote

HELD = 256 << 20  # bytes of values held to look ahead: twenty thousand large ones would take terabytes

_Node = TypeVar("_Node")
_Value = TypeVar("_Value")
EMPTY: Mapping[str, object] = MappingProxyType({})
_PLAIN_ID = re.compile(r"[\w-]{1,64}", re.ASCII)
_SHORT_COUNT = re.compile(r"(-?\d+(?:[.,]\d+)?)\s*([KMBkmb]?)")  # IGNORECASE would take the Kelvin sign for a K
_SCALE = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9}
# What is under such a key is left out of reports: author_ip, userIp, IPv4, ipAddress; but not zip or description
_PRIVATE = re.compile(
    r"(?i:mail|phone|contact|ip_?addr|remote_?addr)|(?:(?<![^\W_])[iI]|(?<=[a-z])I)[pP](?:[vV]?[46])?(?![a-z])"
)


def as_object(value: object) -> Mapping[str, object]:
    """The JSON object, or an empty one."""
    return value if isinstance(value, Mapping) else EMPTY


def as_list(value: object) -> list[object]:
    """The JSON list, or an empty one."""
    return value if isinstance(value, list) else []


def objects(value: object) -> list[Mapping[str, object]]:
    """The objects in a JSON list; anything else in it is left out."""
    return [entry for entry in as_list(value) if isinstance(entry, Mapping)]


def as_text(value: object) -> str:
    """The string as it is, or an empty one."""
    return value if isinstance(value, str) else ""


def as_name(value: object) -> str | None:
    """A name or title without white space around it; None if there is none."""
    return as_text(value).strip() or None


def as_id(value: object) -> str | None:
    """An id as a string, from a string or a number; None for anything else and for empty strings."""
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if isinstance(value, float):
        return str(int(value)) if math.isfinite(value) and value.is_integer() else None
    return str(value) if abs(value) < 10**40 else None


def as_address(value: object) -> str | None:
    """A web address; None for anything else, be it a path or a script."""
    address = as_name(value)
    return address if address and address.lower().startswith(("https://", "http://")) else None


def address(site: str, identity: str | None) -> str | None:
    """Where a site shows what has this id; None if the id is none the site would give out."""
    return site + identity if identity and _PLAIN_ID.fullmatch(identity) else None


def as_count(value: object) -> int | None:
    """A whole number, also from "12", "1.2K" and 3.0; None if there is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return int(value) if abs(value) < 2**63 else None  # not true of NaN either
    match = _SHORT_COUNT.fullmatch(as_text(value).strip()[:30])
    if match is None:
        return None
    number, unit = match.groups()
    if not unit and ("," in number or "." in number):
        number = number.replace(",", "") if re.fullmatch(r"-?\d{1,3},\d{3}", number) else number
    count = int(float(number.replace(",", ".")) * _SCALE[unit.upper()])
    return count if abs(count) < 2**63 else None


def dig(value: object, *path: str) -> object:
    """What lies under a path of keys; None where the path breaks off."""
    for key in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def first(record: Mapping[str, object], *keys: str) -> object:
    """The value of the first key that is present and neither null nor empty."""
    for key in keys:
        value = record.get(key)
        if value is not None and value != "":
            return value
    return None


def as_time(
    value: object, *, fmt: str | None = None, utc: bool = False, day_first: bool = True
) -> tuple[datetime | None, tuple[str, ...]]:
    """`parse_time` of any value; `utc=True` says that the format means UTC where it writes no zone."""
    written = value if isinstance(value, (str, int, float)) else None
    moment, flags = parse_time(written, fmt=fmt, day_first=day_first)
    return moment, tuple(flag for flag in flags if flag != "tz_unknown") if utc else flags


def preorder(
    roots: Iterable[_Node], children: Callable[[_Node], Iterable[_Node]]
) -> Iterator[tuple[_Node, _Node | None]]:
    """Every node with its parent, parents first, without recursion: reply chains may be 10^5 long."""
    stack: list[tuple[_Node, _Node | None]] = [(root, None) for root in reversed(list(roots))]
    while stack:
        node, parent = stack.pop()
        yield node, parent
        stack.extend((child, node) for child in reversed(list(children(node))))


def batched(values: Iterable[_Value], size: int = 20_000) -> Iterator[list[_Value]]:
    """Lists of up to `size` values and about HELD bytes, for readers that must look ahead but may not hold a whole dump."""
    batch: list[_Value] = []
    held = 0
    for value in values:
        batch.append(value)
        held += weigh(value)
        if len(batch) >= size or held >= HELD:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch


def weigh(value: object) -> int:
    """The bytes a value out of JSON takes in memory, with all that is in it."""
    weight = 0
    stack = [value]
    while stack:
        node = stack.pop()
        weight += getsizeof(node)
        if isinstance(node, dict):
            weight += sum(map(len, node))
            stack.extend(node.values())
        elif isinstance(node, (list, tuple)):
            stack.extend(node)
    return weight


class Ancestry:
    """Finds the top of reply chains where a format names parents but no thread."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def add(self, child: str | None, parent: str | None) -> None:
        if child is not None and parent is not None and child != parent:
            self._parent.setdefault(child, parent)

    def root(self, of: str) -> str:
        """The topmost ancestor that is named, itself in the dump or not; chains already walked are cut short."""
        passed: list[str] = []
        seen: set[str] = set()
        top = of
        while top in self._parent and top not in seen:
            seen.add(top)
            passed.append(top)
            top = self._parent[top]
        if top in seen:  # a cycle: its smallest id stands for all of it
            cycle = passed[passed.index(top) :]
            top = min(cycle)
            self._parent.pop(top)
        for node in passed:
            if node != top:
                self._parent[node] = top
        return top


def reject(tally: Tally, source: str, reason: str, row: object) -> None:
    """Count and keep a row that cannot be read, with a short excerpt that leaves out addresses."""
    tally.reject(source, None, reason, excerpt(row))


def excerpt(row: object) -> str:
    """The top level of a value in a line: never deep (it may nest without end), never e-mail or IP fields."""
    if isinstance(row, Mapping):
        pairs = [
            f"{_words(str(key))[:40]}: {_brief(value)}"
            for key, value in islice(row.items(), 12)
            if not _PRIVATE.search(str(key))
        ]
        return "{" + ", ".join(pairs) + "}"
    return _brief(row)


def _brief(value: object) -> str:
    if isinstance(value, Mapping):
        return "{…}"
    if isinstance(value, list):
        return f"[… {len(value)}]"
    if isinstance(value, int) and abs(value) >= 2**63:
        return "…"
    return repr(_words(value)[:60] if isinstance(value, str) else value)[:70]


def _words(text: str) -> str:
    """The start of a text without addresses: they are taken out before it is cut, because half of one is not known as one."""
    return without_addresses(text[:400])
