"""Which column of a table is which field of a comment: the field maps of `fields.toml`, checked and applied."""

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from analyzer.errors import ConfigError, InputError
from analyzer.readers.times import parse_time
from analyzer.schema import Status

FIELDS = (
    "text",
    "id",
    "parent",
    "thread",
    "title",
    "url",
    "author",
    "created",
    "clock",
    "likes",
    "lang",
    "status",
    "spam",
    "gone",
    "kind",
)
_OWN = Path(__file__).with_name("fields.toml")
HEADER_REACH = 10  # rows in which the header is looked for
_IGNORED = re.compile(r"[\s_.\-'’]+")
_ADDRESSES = frozenset(
    {
        "posturl",
        "postlink",
        "videoweburl",
        "facebookurl",
        "inputurl",
        "url",
        "pageurl",
        "articleurl",
        "videourl",
        "link",
        "permalink",
    }
)
_PLAIN = str.maketrans("ıłø", "ilo")  # letters whose accent is part of them
_NUMBERED = re.compile(r"#[1-9]\d{0,3}")
_LISTS = frozenset({"requires", "headerless", "texts"})
_SWITCHES = frozenset({"posts", "html", "breaks", "escaped", "utc", "board"})
_TABLES = frozenset({"status_values", "status_words", "where", "parent_path", "capture", "skip"})
_TEXTS = frozenset({"name", "description", "id_prefix"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One table known by its columns, as `fields.toml` describes it. Names are normalised."""

    name: str
    description: str = ""
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    requires: frozenset[str] = frozenset()
    headerless: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    where: Mapping[str, frozenset[str]] = field(default_factory=dict)
    posts: bool = False
    html: bool = False
    breaks: bool = False
    escaped: bool = False
    utc: bool = False
    board: bool = False
    status_values: Mapping[str, Status] = field(default_factory=dict)
    parent_path: tuple[str, int] | None = None
    id_prefix: str = ""
    capture: tuple[str, re.Pattern[str]] | None = None
    skip: tuple[str, frozenset[str]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The columns chosen in one table: field → column as it is called there.

    `others`: columns of no field among which the ids are looked for, where there are parents and no column is named as ids.
    `texts`: columns that may hold the text instead, where nobody named its column. `by_address`: no mapping but a column of
    addresses tells the thread.
    """

    layout: Layout
    chosen: Mapping[str, str]
    capture: str | None = None
    skip: str | None = None
    others: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    by_address: bool = False

    def __str__(self) -> str:
        return ", ".join(f"{name} = {column!r}" for name, column in self.chosen.items())

    @property
    def needed(self) -> list[str]:
        """Every column that is read, each once."""
        extra = [column for column in (self.capture, self.skip) if column is not None]
        return list(dict.fromkeys([*self.chosen.values(), *extra, *self.others, *self.texts]))


def normal(name: object) -> str:
    """A column name without what does not count: case, accents, dashes, underscores, dots, apostrophes and blanks."""
    letters = unicodedata.normalize("NFD", _IGNORED.sub("", str(name)).casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).translate(_PLAIN)


def choose_columns(header: Sequence[str], mapping: Mapping[str, str], place: str) -> Columns:
    """The columns of a table by the person's mapping, a known layout or the synonyms; InputError without a text column."""
    present = {normal(name): name for name in reversed(header)}
    mapped = {name: _mapped(column, present, header, place) for name, column in mapping.items()}
    synonyms, layouts = load_layouts()
    layout = next((known for known in layouts if known.requires and known.requires <= present.keys()), synonyms)
    chosen = _pick(layout, present) | mapped
    if "text" not in chosen:
        shown = ", ".join(str(name)[:40] for name in header[:20])
        raise InputError(
            f"{place}: no column with the comments' text; columns are {shown}; name it, for example --map text=COLUMN, "
            "or give its number if no row names the columns, for example --map text=#3"
        )
    ordered = {name: chosen[name] for name in FIELDS if name in chosen}
    has_unknown_ids = "parent" in chosen and "id" not in chosen
    texts = [present[name] for name in synonyms.columns["text"] if name in present]
    is_guessed = layout is synonyms and "text" not in mapped
    return Columns(
        layout=layout,
        chosen=ordered,
        capture=present.get(layout.capture[0]) if layout.capture else None,
        skip=present.get(layout.skip[0]) if layout.skip else None,
        others=tuple(name for name in header if name not in chosen.values()) if has_unknown_ids else (),
        texts=tuple(name for name in texts if name not in chosen.values()) if is_guessed else (),
        by_address="thread" not in mapped and normal(chosen.get("thread", "")) in _ADDRESSES,
    )


def has_text_column(header: Sequence[str]) -> bool:
    """True if the synonyms or a layout find the text among these names."""
    present = {normal(name) for name in header}
    synonyms, layouts = load_layouts()
    return any(known.requires and known.requires <= present for known in layouts) or not present.isdisjoint(
        synonyms.columns["text"]
    )


def with_plural(
    mapping: Mapping[str, str], header: Sequence[str], rows: Sequence[Sequence[object]]
) -> Mapping[str, str]:
    """The mapping, with a column named in the plural (`Comments`) as the text if no other is and most of its cells are words.

    A column of that name may hold the number of comments.
    """
    if "text" in mapping or has_text_column(header):
        return mapping
    for name in (name for name in header if normal(name) in load_layouts()[0].texts):
        place = header.index(name)
        cells = [str(row[place]).strip() for row in rows if place < len(row) and row[place] not in (None, "")]
        if 2 * sum(len(cell.split()) > 1 and any(map(str.isalpha, cell)) for cell in cells) > len(cells):
            return {**mapping, "text": name}
    return mapping


def known_columns(header: Sequence[str]) -> int:
    """How many of these names the synonyms know."""
    synonyms, _ = load_layouts()
    every = {name for names in synonyms.columns.values() for name in names}
    return sum(1 for name in header if normal(name) in every)


def numbered_columns(mapping: Mapping[str, str], header: Sequence[str]) -> list[str] | None:
    """The columns of a table without a header as `#1`, `#2`, … if the mapping calls them so."""
    if not any(_NUMBERED.fullmatch(column) and column not in header for column in mapping.values()):
        return None
    return [f"#{number}" for number in range(1, len(header) + 1)]


def named_columns(header: Sequence[str]) -> list[str]:
    """The names of the columns, `#1`, `#2`, … for those without one."""
    return [name if name.strip() else f"#{number}" for number, name in enumerate(header, 1)]


def find_header(rows: Sequence[Sequence[str]], mapping: Mapping[str, str]) -> int:
    """The number of the row that names the columns: a title, a date or `sep=;` may stand above it; 0 if none does."""
    wanted = {normal(column) for column in mapping.values()}
    if not wanted and rows and has_text_column(rows[0]):
        return 0
    for number, row in enumerate(rows[:HEADER_REACH]):
        if wanted <= {normal(name) for name in row} if wanted else has_text_column(row) and known_columns(row) > 1:
            return number
    return 0


def headerless_layout(row: Sequence[str]) -> Layout | None:
    """The layout of a table without a header, told by the number of its columns and the values in them."""
    for layout in load_layouts()[1]:
        if layout.headerless and len(layout.headerless) == len(row):
            values = dict(zip(layout.headerless, (cell.strip() for cell in row), strict=True))
            is_known = all(values[column].casefold() in allowed for column, allowed in layout.where.items())
            if is_known and _fits(layout, values):
                return layout
    return None


def _fits(layout: Layout, values: Mapping[str, str]) -> bool:
    """True if the time is one and no id holds a blank: names of columns, and other tables as wide, have neither."""
    cells = {normal(column): value for column, value in values.items()}

    def held(field_name: str) -> list[str]:
        return [cells[column] for column in layout.columns.get(field_name, ()) if column in cells]

    ids = [value for name in ("id", "parent", "thread", "author") for value in held(name)]
    return all(parse_time(value)[0] for value in held("created")) and not any(" " in value for value in ids)


def headerless_columns(layout: Layout, mapping: Mapping[str, str], place: str) -> Columns:
    """The columns of a table without a header, by the names its layout gives them."""
    present = {normal(name): name for name in layout.headerless}
    mapped = {name: _mapped(column, present, layout.headerless, place) for name, column in mapping.items()}
    return Columns(layout=layout, chosen=_pick(layout, present) | mapped)


def _pick(layout: Layout, present: Mapping[str, str]) -> dict[str, str]:
    """Field → column. A column serves one field, except that a thread may be named by its address."""
    chosen: dict[str, str] = {}
    for name, names in layout.columns.items():
        taken = set(chosen.values()) - ({chosen["thread"]} if name == "url" and "thread" in chosen else set())
        column = next((present[known] for known in names if known in present and present[known] not in taken), None)
        if column is not None:
            chosen[name] = column
    return chosen


def _mapped(column: str, present: Mapping[str, str], header: Sequence[str], place: str) -> str:
    if column in header:
        return column
    if normal(column) in present:
        return present[normal(column)]
    shown = ", ".join(str(name)[:40] for name in header[:20])
    raise InputError(f"{place}: there is no column {column!r}; columns are {shown}")


@cache
def load_layouts(path: Path = _OWN) -> tuple[Layout, tuple[Layout, ...]]:
    """The synonyms as a layout of their own, and the known layouts; ConfigError points at file and line."""
    written = path.read_text(encoding="utf-8")
    try:
        tables = tomllib.loads(written)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path.name}: {error}; correct the TOML") from None
    check = _Checker(path.name, written)
    unknown = sorted(set(tables) - {"synonyms", "layout"})
    if unknown:
        raise check.error(unknown[0], "is neither [synonyms] nor [[layout]]")
    synonyms = check.layout({"name": "generic"} | tables.get("synonyms", {}))
    missing = sorted({"text"} - set(synonyms.columns))
    if missing:
        raise check.error("synonyms", "needs names for the field text")
    layouts = tuple(check.layout(table) for table in tables.get("layout", []))
    for layout in layouts:
        if not layout.requires and not layout.headerless:
            raise check.error(layout.name, "needs `requires` or `headerless`, or it would fit every table")
    return synonyms, layouts


class _Checker:
    """Turns tables of the file into layouts, and knows the lines for what is wrong."""

    def __init__(self, file: str, written: str) -> None:
        self._file = file
        self._lines = written.splitlines()
        self._start = 0

    def error(self, word: str, what: str) -> ConfigError:
        lines = range(self._start, len(self._lines))
        number = next((i + 1 for i in lines if re.search(rf"\b{re.escape(word)}\b", self._lines[i])), self._start + 1)
        return ConfigError(f"{self._file}:{number}: {word!r} {what}")

    def layout(self, table: Mapping[str, Any]) -> Layout:
        name = table.get("name")
        if not isinstance(name, str):
            raise self.error("layout", "needs a name")
        self._start = next((i for i, line in enumerate(self._lines) if line.startswith(f'name = "{name}"')), 0)
        for key, value in table.items():
            self._check_type(key, value)
        where = table.get("where", {})
        path, capture, skip = table.get("parent_path"), table.get("capture"), table.get("skip")
        return Layout(
            name=name,
            description=table.get("description", ""),
            columns={key: self._names(table[key]) for key in FIELDS if key in table},
            requires=frozenset(normal(column) for column in table.get("requires", ())),
            headerless=tuple(table.get("headerless", ())),
            texts=self._names(table.get("texts", [])),
            where={column: frozenset(values) for column, values in where.items()},
            posts=table.get("posts", False),
            html=table.get("html", False),
            breaks=table.get("breaks", False),
            escaped=table.get("escaped", False),
            utc=table.get("utc", False),
            board=table.get("board", False),
            status_values=self._statuses(table),
            parent_path=(path["separator"], path["top"]) if path else None,
            id_prefix=table.get("id_prefix", ""),
            capture=(normal(capture["column"]), self._pattern(capture["pattern"])) if capture else None,
            skip=(normal(skip["column"]), frozenset(skip["values"])) if skip else None,
        )

    def _check_type(self, key: str, value: object) -> None:
        if key in FIELDS:
            fits = isinstance(value, (str, list))
        elif key in _LISTS:
            fits = isinstance(value, list)
        elif key in _SWITCHES:
            fits = isinstance(value, bool)
        elif key in _TABLES:
            fits = isinstance(value, dict)
        elif key in _TEXTS:
            fits = isinstance(value, str)
        else:
            known = sorted({*FIELDS, *_LISTS, *_SWITCHES, *_TABLES, *_TEXTS})
            raise self.error(key, f"is no key of a layout; keys are {', '.join(known)}")
        if not fits:
            raise self.error(key, "has a value of the wrong type")

    def _names(self, value: object) -> tuple[str, ...]:
        return tuple(normal(name) for name in (value if isinstance(value, list) else [value]))

    def _statuses(self, table: Mapping[str, Any]) -> dict[str, Status]:
        values = {value: self._status(status) for value, status in table.get("status_values", {}).items()}
        words = {
            word: self._status(status) for status, words in table.get("status_words", {}).items() for word in words
        }
        return values | words

    def _status(self, value: str) -> Status:
        try:
            return Status(value)
        except ValueError:
            raise self.error(value, f"is no status; statuses are {', '.join(Status)}") from None

    def _pattern(self, value: str) -> re.Pattern[str]:
        try:
            return re.compile(value)
        except re.error as error:
            raise self.error("capture", f"has a pattern that does not compile ({error})") from None
