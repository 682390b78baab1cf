"""Label Studio's JSON export → Examples: choices, taxonomies and marked spans, of one annotator or of several.

What an annotator did not choose, although somebody chose it somewhere in the file, counts as not there: the share of annotators who
chose a label is its value. Annotations that were skipped do not count.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from analyzer.readers.columns import load_layouts, normal
from analyzer.readers.label_desk import Desk, Draft, families_of, is_none_of_them, is_verdict, stem, verdict
from analyzer.readers.values import UNKNOWN_THREAD, as_id, as_list, as_object, as_text, dig, first, objects
from analyzer.schema import Comment, Example, Span

DESCRIPTION = "Label Studio export (JSON)"
_Record = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Said:
    """What one annotator said of a text: labels chosen, verdicts on labels by name, spans, and the labels asked for."""

    who: str
    chosen: frozenset[str] = frozenset()
    verdicts: Mapping[str, float] = field(default_factory=dict)
    spans: tuple[Span, ...] = ()


def sniff(record: _Record) -> bool:
    """True for a task with its annotations (`completions` before version 1.0)."""
    return isinstance(record.get("data"), Mapping) and isinstance(first(record, "annotations", "completions"), list)


def read(rows: Iterable[tuple[int, object]], desk: Desk) -> Iterator[Example]:
    """An Example a task that at least one person annotated."""
    tasks: list[tuple[int, _Record, str, list[_Said]]] = []
    for number, row in rows:
        task = as_object(row)
        text = _text(as_object(task.get("data")), desk)
        said = [
            _annotation(annotation, text, number, desk)
            for annotation in objects(first(task, "annotations", "completions"))
            if annotation.get("was_cancelled") is not True
        ]
        if not text.strip():
            desk.reject(number, "the task has no text; name its key, for example --map text=KEY")
        elif not said:
            desk.tally.count("without_labels")
        else:
            tasks.append((number, task, text, said))
    everything = [one for *_, said in tasks for one in said]
    choices = sorted({label for one in everything for label in one.chosen})
    marks = families_of(span.label for one in everything for span in one.spans)
    for number, task, text, said in tasks:
        draft = Draft(comment=_comment(task, text, number, desk), number=number, families=marks)
        draft.parent = as_text(first(as_object(task.get("data")), "parent_text", "parent", "context")) or None
        for place, one in enumerate(said):
            values = {label: float(label in one.chosen) for label in choices} | dict(one.verdicts)
            draft.vote(values, one.who or str(place))
        if marks:
            draft.spans = tuple(dict.fromkeys(span for one in said for span in one.spans))
        if draft.votes or draft.spans:
            yield draft.example(desk)
        else:
            desk.tally.count("without_labels")


def _text(data: _Record, desk: Desk) -> str:
    """The text of a task: under the key that was named, a usual one, or the only one that holds a string."""
    if "text" in desk.mapping:
        return as_text(data.get(desk.mapping["text"]))
    usual = load_layouts()[0].columns["text"]
    keys = {normal(key): key for key in reversed(list(data))}
    named = next((data[keys[name]] for name in usual if name in keys), None)
    strings = [value for value in data.values() if isinstance(value, str)]
    return as_text(named) or (strings[0] if len(strings) == 1 else "")


def _comment(task: _Record, text: str, number: int, desk: Desk) -> Comment:
    data = as_object(task.get("data"))
    return Comment(
        source=stem(desk.source),
        id=as_id(first(data, "comment_id", "id")) or as_id(task.get("id")) or f"task{number}",
        thread_id=as_id(first(data, "thread_id", "thread")) or UNKNOWN_THREAD,
        text=text,
        author=as_id(data.get("author")),
        lang=as_text(first(data, "lang", "language")) or None,
    )


def _annotation(annotation: _Record, text: str, number: int, desk: Desk) -> _Said:
    person = annotation.get("completed_by")
    chosen: set[str] = set()
    verdicts: dict[str, float] = {}
    spans: list[Span] = []
    for region in objects(annotation.get("result")):
        value = as_object(region.get("value"))
        names = _names(value)
        if "start" in value and "end" in value:
            spans += _spans(value, names, text, number, desk)
            continue
        about = desk.vocabulary.find(as_text(region.get("from_name")))
        if about and len(names) == 1 and is_verdict(names[0]) and (share := verdict(names[0])) is not None:
            verdicts[about] = share
            continue
        found = [desk.label(name, number) for name in names if not is_none_of_them(name)]
        chosen |= {label for label in found if label}
    who = as_id(first(as_object(person), "email", "id")) if isinstance(person, Mapping) else as_id(person)
    return _Said(who or "", frozenset(chosen), verdicts, tuple(spans))


def _names(value: _Record) -> list[str]:
    """The choices of a region; of a path in a taxonomy the leaf, since it is the most exact."""
    flat = next((value[key] for key in ("choices", "labels", "hypertextlabels") if key in value), None)
    paths = [path if isinstance(path, list) else [path] for path in as_list(value.get("taxonomy"))]
    return [as_text(name) for name in [*as_list(flat), *(path[-1] for path in paths if path)] if as_text(name)]


def _spans(value: _Record, names: list[str], text: str, number: int, desk: Desk) -> Iterator[Span]:
    place = _offsets(value, text)
    if place is None:
        desk.tally.count("spans_elsewhere")
        return
    for name in names:
        if label := desk.label(name, number):
            yield Span(start=place[0], end=place[1], label=label, prob=1.0)


def _offsets(value: _Record, text: str) -> tuple[int, int] | None:
    """Code points of a span; None if the text there is not the one that was marked.

    Label Studio has counted in UTF-16 units and in code points (its issues 1347 and 1559): the marked words decide.
    """
    start, end, marked = value.get("start"), value.get("end"), dig(value, "text")
    if not (isinstance(start, int) and isinstance(end, int) and 0 <= start < end):
        return None
    units = text.encode("utf-16-le", "surrogatepass")
    before, inside = units[: 2 * start], units[2 * start : 2 * end]
    counted = (len(_decoded(before)), len(_decoded(before)) + len(_decoded(inside)))
    fitting = [(a, b) for a, b in ((start, end), counted) if b <= len(text) and (marked in (None, "", text[a:b]))]
    return fitting[0] if fitting else None


def _decoded(units: bytes) -> str:
    return units.decode("utf-16-le", "replace")
