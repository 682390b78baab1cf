"""A TOML file that still knows on which line each key stands, so that an error can point there."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

from analyzer.errors import ConfigError


@dataclass(frozen=True)
class Place:
    """Where in a file: under which heading of which array of tables, as in (("label", 3), ("label.pattern", 0))."""

    path: tuple[tuple[str, int], ...] = ()

    def within(self, heading: str, index: int) -> "Place":
        return Place((*self.path, (heading, index)))


HEAD = Place()


@dataclass(frozen=True)
class TomlFile:
    """The parsed `table` of a file; `fail` and the checked getters raise ConfigError as file:line: problem."""

    path: Path
    table: Mapping[str, Any]
    lines: tuple[str, ...]

    @classmethod
    def open(cls, path: Path) -> "TomlFile":
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path}: cannot be read ({error}); give the path of a UTF-8 TOML file") from None
        try:
            return cls(path, tomllib.loads(text), tuple(text.splitlines()))
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(f"{path}: not valid TOML: {error}") from None

    def fail(self, problem: str, key: str = "", place: Place = HEAD) -> NoReturn:
        raise ConfigError(f"{self.path}:{self.line(key, place)}: {problem}")

    def line(self, key: str = "", place: Place = HEAD) -> int:
        """The 1-based line where `key` stands; if it does not stand there, the heading it belongs under."""
        start, end = 0, len(self.lines)
        for heading, index in place.path:
            heads = [n for n in range(start, end) if _is_heading(self.lines[n], heading)]
            if index >= len(heads):
                break
            start, end = heads[index], heads[index + 1] if index + 1 < len(heads) else end
        named = re.compile(rf"\s*(\[\s*)?[\"']?{re.escape(key)}[\"']?\s*[=\].]") if key else None
        for n in range(start, end):
            if named and named.match(self.lines[n]):
                return n + 1
        return start + 1

    def keys(self, table: Mapping[str, Any], known: Iterable[str], place: Place = HEAD) -> None:
        """Refuse keys that nobody reads: most are slips of the pen."""
        known = list(known)
        for key in table:
            if key not in known:
                self.fail(f"unknown key {key!r}; {suggest(key, known)}", key, place)

    def text(self, table: Mapping[str, Any], key: str, place: Place = HEAD) -> str:
        """The text under `key`, or "" if the key is absent."""
        value = table.get(key, "")
        if not isinstance(value, str):
            self.fail(f'{key} must be text: {key} = "…"', key, place)
        return value

    def texts(self, table: Mapping[str, Any], key: str, place: Place = HEAD) -> tuple[str, ...]:
        """The list of texts under `key`, or () if the key is absent."""
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(text, str) and text for text in value):
            self.fail(f'{key} must be a list of texts: {key} = ["…", "…"]', key, place)
        return tuple(value)

    def flag(self, table: Mapping[str, Any], key: str, place: Place = HEAD) -> bool:
        value = table.get(key, False)
        if not isinstance(value, bool):
            self.fail(f"{key} must be true or false", key, place)
        return value

    def rows(self, table: Mapping[str, Any], key: str, place: Place = HEAD) -> list[Mapping[str, Any]]:
        """The tables under [[key]] headings, or [] if there is none."""
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
            self.fail(f"{key} must be tables, each under its own [[{key}]] heading", key, place)
        return value


def _is_heading(line: str, name: str) -> bool:
    return bool(re.match(rf"\s*\[\[\s*{re.escape(name)}\s*\]\]", line))


def suggest(name: str, names: Iterable[str]) -> str:
    """The end of an error message: the nearest known name, or all of them."""
    names = [str(known) for known in names]
    close = get_close_matches(name, names, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known are {', '.join(names)}"
