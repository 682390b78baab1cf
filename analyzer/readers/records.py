"""Any JSON list or JSON Lines of objects with a text field, replies nested or not, alone or under articles."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain, islice

from analyzer.readers import shapes
from analyzer.readers.columns import Columns, choose_columns, has_text_column
from analyzer.readers.shapes import AHEAD, USUAL, Record, find_records, replies, unwrap, value_at
from analyzer.readers.tabular import Row, as_key, read_rows
from analyzer.readers.tally import Tally
from analyzer.readers.values import batched, excerpt, objects
from analyzer.schema import Comment

NAME = "json"

_PARENT = "(nesting)"  # stands for the parent's column where none is named and replies are nested
_ENVELOPES = ("", "data.", "result.", "response.", "response.data.")
STREAM = ("item", "hits.hits.item", *(f"{place}{name}.item" for place in _ENVELOPES for name in USUAL))


def sniff(value: object) -> bool:
    """True if the records name a text field; a list of nothing is a dump without comments."""
    if value == [] or value == {}:
        return True
    return has_text_column(keys_of(value))


def keys_of(value: object) -> list[str]:
    """The keys of the first records in a value, wherever they stand in it; of articles, those of their comments."""
    some = objects(list(islice(find_records(value), AHEAD)))
    comments = list(shapes.comments_of_articles(some, Tally())) if shapes.hold_articles(some, None) else []
    return shapes.keys_of(comments or some)


def read(
    document: Iterable[object], source: str, tally: Tally, mapping: Mapping[str, str] | None = None
) -> Iterator[Comment]:
    """A Comment a record."""
    text = (mapping or {}).get("text")
    records = (record for value in document for record in find_records(value, text))
    yield from _read_records(records, source, tally, mapping or {})


def read_items(
    items: Iterable[object], source: str, tally: Tally, mapping: Mapping[str, str] | None = None
) -> Iterator[Comment]:
    """A Comment a record of a list that is read one record at a time."""
    yield from _read_records(map(unwrap, items), source, tally, mapping or {})


def _read_records(found: Iterable[object], source: str, tally: Tally, mapping: Mapping[str, str]) -> Iterator[Comment]:
    ahead, records = _look_ahead(_objects(found, source, tally))
    places: Mapping[str, str] = {}
    if shapes.hold_articles(ahead, mapping.get("text")):
        ahead, records = _look_ahead(shapes.comments_of_articles(records, tally))
        places = shapes.places_in_articles(ahead)
    if not ahead:
        return
    keys = shapes.keys_of(ahead)
    paths = [column for column in mapping.values() if any(value_at(record, column) is not None for record in ahead)]
    columns = choose_columns(list(dict.fromkeys([*keys, *paths])), {**places, **mapping}, source)
    if "parent" not in columns.chosen and any(map(replies, ahead)):
        columns = replace(columns, chosen={**columns.chosen, "parent": _PARENT})
    yield from read_rows(_rows(records, columns), columns, source, tally)


def _look_ahead(records: Iterator[Record]) -> tuple[list[Record], Iterator[Record]]:
    """The first records, and all of them."""
    ahead = next(batched(records, AHEAD), [])
    return ahead, chain(ahead, records)


def _objects(items: Iterable[object], source: str, tally: Tally) -> Iterator[Record]:
    for number, record in enumerate(items, 1):
        if isinstance(record, Mapping):
            yield record
        else:
            tally.reject(source, number, "the record is no JSON object", excerpt(record))


def _rows(records: Iterable[Record], columns: Columns) -> Iterator[Row]:
    """Records with their nested replies behind them, numbered; a reply knows its parent by its key or by its place.

    A reply stands in its parent's thread, unless it names another.
    """
    id_key, parent_key = columns.chosen.get("id"), columns.chosen.get("parent")
    shared = [columns.chosen[name] for name in ("thread", "title", "url") if name in columns.chosen]
    number = 0
    for record in records:
        stack: list[tuple[Record, Mapping[str, object], str | None]] = [(record, {}, None)]
        while stack:
            node, above, parent = stack.pop()
            number += 1
            row = {column: value_at(node, column) for column in columns.needed}
            row |= {column: above[column] for column in shared if above.get(column) and row[column] in (None, "")}
            own_id = (as_key(row[id_key]) if id_key else None) or f"row{number}"
            if parent and parent_key and as_key(row[parent_key]) is None:
                row[parent_key] = parent
            stack.extend((reply, row, own_id) for reply in reversed(replies(node)))
            yield number, row
