"""Any JSON list or JSON Lines of objects with a text field, replies nested or not."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain, islice

from analyzer.readers.columns import Columns, choose_columns, has_text_column
from analyzer.readers.tabular import Row, as_key, read_rows
from analyzer.readers.tally import Tally
from analyzer.readers.values import batched, excerpt, objects
from analyzer.schema import Comment

NAME = "json"

_AHEAD = 200  # records looked at to choose the fields: keys that are empty are left out by many exporters
_NESTED = ("replies", "children", "comments", "answers")
_PARENT = "(nesting)"  # stands for the parent's column where none is named and replies are nested
_LISTS = ("comments", "data", "items", "results", "posts", "messages", "replies", "reviews", "entries", "rows")
STREAM = ("item", *(f"{name}.item" for name in _LISTS))


def sniff(value: object) -> bool:
    """True if the records name a text field; a list of nothing is a dump without comments."""
    if value == [] or value == {}:
        return True
    return has_text_column(keys_of(value))


def keys_of(value: object) -> list[str]:
    """The keys of the first records in a value, wherever they stand in it."""
    return _keys(islice(_records([value]), _AHEAD))


def read(
    document: Iterable[object], source: str, tally: Tally, mapping: Mapping[str, str] | None = None
) -> Iterator[Comment]:
    """A Comment a record."""
    yield from read_items(_records(document), source, tally, mapping)


def read_items(
    items: Iterable[object], source: str, tally: Tally, mapping: Mapping[str, str] | None = None
) -> Iterator[Comment]:
    """A Comment a record of a list that is read one record at a time."""
    records = _objects(items, source, tally)
    ahead = next(batched(records, _AHEAD), [])
    if not ahead:
        return
    columns = choose_columns(_keys(ahead), mapping or {}, source)
    if "parent" not in columns.chosen and any(_replies(record) for record in ahead):
        columns = replace(columns, chosen={**columns.chosen, "parent": _PARENT})
    yield from read_rows(_rows(chain(ahead, records), columns), columns, source, tally)


def _records(document: Iterable[object]) -> Iterator[object]:
    for value in document:
        if isinstance(value, list):
            yield from value
        elif isinstance(value, Mapping) and not has_text_column(list(value)):
            found = _wrapped(value)
            yield from [value] if found is None else found
        else:
            yield value


def _wrapped(value: Mapping[str, object]) -> list[object] | None:
    """The list of records in an object: under a usual name, inside another object, or the values under their ids."""
    inside = [value, *(part for part in value.values() if isinstance(part, Mapping))]
    for level in inside:
        found = next((level[key] for key in _LISTS if isinstance(level.get(key), list)), None)
        if isinstance(found, list):
            return found
    if len(inside) == len(value) + 1 and has_text_column(_keys(islice(inside, 1, _AHEAD))):
        return [{"id": key, **part} for key, part in value.items() if isinstance(part, Mapping)]
    return None


def _objects(items: Iterable[object], source: str, tally: Tally) -> Iterator[Mapping[str, object]]:
    for number, record in enumerate(items, 1):
        if isinstance(record, Mapping):
            yield record
        else:
            tally.reject(source, number, "the record is no JSON object", excerpt(record))


def _keys(records: Iterable[object]) -> list[str]:
    """The keys of the records and, behind them, of their replies."""
    keys: dict[str, None] = {}
    level = [record for record in records if isinstance(record, Mapping)]
    for _ in range(3):
        keys.update(dict.fromkeys(str(key) for record in level for key in record))
        level = [reply for record in level for reply in _replies(record)]
    return list(keys)


def _rows(records: Iterable[Mapping[str, object]], columns: Columns) -> Iterator[Row]:
    """Records with their nested replies behind them, numbered; a reply knows its parent by its key or by its place."""
    id_key, parent_key = columns.chosen.get("id"), columns.chosen.get("parent")
    number = 0
    for record in records:
        stack: list[tuple[Mapping[str, object], str | None]] = [(record, None)]
        while stack:
            node, parent = stack.pop()
            number += 1
            own_id = (as_key(node.get(id_key)) if id_key else None) or f"row{number}"
            stack.extend((reply, own_id) for reply in reversed(_replies(node)))
            if parent and parent_key and as_key(node.get(parent_key)) is None:
                node = {**node, parent_key: parent}
            yield number, node


def _replies(record: Mapping[str, object]) -> list[Mapping[str, object]]:
    for key in _NESTED:
        nested = record.get(key)
        found = _wrapped(nested) if isinstance(nested, Mapping) else nested
        if isinstance(found, list):
            return objects(found)
    return []
