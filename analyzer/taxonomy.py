"""The labels, loaded from TOML and checked: what each means, what it is not, where it comes from, what others call it.

A taxonomy file holds one family:

    family = "abuse"                  the first part of every label id in the file
    order = 1                         place of the family among the others
    name = "Abuse"
    about = "One or two sentences."
    source, support                   optional: for every label of the file that does not say otherwise
    groups = ["wording", "attack"]    optional: the groups that labels of this family may name
    hedges = ["@saying that"]         optional phrases: near one of them, no pattern of this family fires
    [words]                           optional named word lists for the phrases: control = ["own*", "run", "runs"]

    [[label]]                         see `Label` for the keys
    [[label.pattern]]                 see `Pattern` for the keys

A phrase is words between spaces. `a|b` is either, `_` is a space inside a word, `own*` any ending, `*hoax` any
beginning, `@control` a word list, `the?` may be absent, `..` up to two and `...` up to six other words of the same
sentence. A word of signs alone (an emoji, brackets) stands for itself. There are no regular expressions, so no phrase
can run away.
"""

import hashlib
import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from enum import StrEnum
from functools import cached_property, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from analyzer.errors import ConfigError
from analyzer.tomlfile import HEAD, Place, TomlFile, suggest

BRIDGES = ("perspective", "openai", "coral", "dsa")

_FOLDER = Path(__file__).parent / "taxonomies"
LABEL_ID = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*\.[a-z][a-z0-9]*(_[a-z0-9]+)*")
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Support(StrEnum):
    """What stands behind a label: human labels; labels made by rule or by another model; the patterns alone."""

    TRAINED = "trained"
    SILVER = "silver"
    CUE_ONLY = "cue_only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """Phrases that point to a label, and `why`, as shown to a moderator: for a code word, its covert meaning.

    A phrase of `find` counts only if one of `needs` stands near it (a second cue), if it is no part of a phrase of
    `unless` (its everyday twin) and if none of `away_from` stands near. `coded`: the words have an everyday meaning
    as well.
    """

    find: tuple[str, ...]
    why: str
    needs: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    away_from: tuple[str, ...] = ()
    coded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One thing a comment can be scored for.

    `examples` are invented search handles; `cues` say in words what to look for, `patterns` say it to the program.
    `bridges`: outside vocabulary → its names for the same thing; a vocabulary without an honest equivalent is absent.
    `cover`: spans of this label are covered in reports until pointed at. `ihra` names sections of the working
    definition: S0 the introduction, S1 to S11 its examples. `order` is the place of the label in the whole taxonomy.
    """

    id: str
    family: str
    name: str
    definition: str
    not_this: str
    examples: tuple[str, ...]
    source: str
    support: Support
    order: int
    cues: tuple[str, ...] = ()
    patterns: tuple[Pattern, ...] = ()
    bridges: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: _NOTHING)
    short: str = ""
    group: str = ""
    code: str = ""
    ihra: tuple[str, ...] = ()
    coded_reading: str = ""
    literal_reading: str = ""
    contested: bool = False
    cover: bool = False

    @property
    def anchor(self) -> str:
        """Where docs/labels.md explains the label: `abuse.threat` → `abuse-threat`."""
        return re.sub(r"[._]", "-", self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """What the labels of one file share; `words` are the lists its phrases may name with `@`."""

    id: str
    name: str
    about: str
    order: int
    groups: tuple[str, ...] = ()
    hedges: tuple[str, ...] = ()
    words: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: _NOTHING)


@dataclass(frozen=True, eq=False)
class Taxonomy:
    """All labels in order: the families by their `order`, the labels as they stand in their file.

    `version` is taxonomy@hash over everything the files say; comments and layout do not change it.
    """

    labels: tuple[Label, ...]
    families: tuple[Family, ...]
    version: str

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(label.id for label in self.labels)

    @property
    def contested(self) -> frozenset[str]:
        """Ids of labels on which the reference texts differ: a person reads the comment, no rule goes further."""
        return frozenset(label.id for label in self.labels if label.contested)

    @cached_property
    def _by_id(self) -> Mapping[str, Label]:
        return {label.id: label for label in self.labels}

    def __contains__(self, label_id: object) -> bool:
        return label_id in self._by_id

    def get(self, label_id: str) -> Label:
        """The label, or ConfigError with the nearest known id."""
        if label_id not in self._by_id:
            near = self.nearest(label_id)
            raise ConfigError(
                f"unknown label {label_id!r}; {f'did you mean {near!r}?' if near else 'see docs/labels.md'}"
            )
        return self._by_id[label_id]

    def family(self, name: str) -> tuple[Label, ...]:
        """The labels of a family, or ConfigError with the nearest known family."""
        if name not in (names := [family.id for family in self.families]):
            raise ConfigError(f"unknown label family {name!r}; {suggest(name, names)}")
        return tuple(label for label in self.labels if label.family == name)

    def nearest(self, name: str) -> str | None:
        """The known id that `name` was most likely meant to be; a last part alone (`threat`) finds its label."""
        wanted = name.strip().lower().replace("-", "_").replace(" ", "_")
        by_last = {label_id.split(".")[1]: label_id for label_id in reversed(self.ids) if not label_id.endswith(".any")}
        if "." in wanted:
            close = get_close_matches(wanted, self.ids, n=1, cutoff=0.7)
        else:
            close = [by_last[last] for last in get_close_matches(wanted, by_last, n=1, cutoff=0.7)]
        return close[0] if close else None

    def bridged(self, vocabulary: str, name: str) -> tuple[Label, ...]:
        """The labels that an outside vocabulary calls `name`, in order; empty if none does."""
        if vocabulary not in BRIDGES:
            raise ConfigError(f"unknown vocabulary {vocabulary!r}; {suggest(vocabulary, BRIDGES)}")
        return tuple(label for label in self.labels if name in label.bridges.get(vocabulary, ()))


def load_taxonomy(
    paths: Iterable[str | Path] | None = None, *, own: Sequence[Mapping[str, Any] | TomlFile] = ()
) -> Taxonomy:
    """The taxonomy in `paths` (one file a family), or the one that comes with the package, and `own` families after it.

    `own` are families as a model folder holds them (`own_labels` of its manifest). Raises ConfigError with file, line and remedy if
    a file cannot be used.
    """
    if paths is None and not own:
        return _packaged()
    files = sorted(_FOLDER.glob("*.toml")) if paths is None else map(Path, paths)
    added = [one if isinstance(one, TomlFile) else TomlFile(Path("own_labels"), one, ()) for one in own]
    return _load((*map(TomlFile.open, files), *added))


@lru_cache(maxsize=1)
def _packaged() -> Taxonomy:
    return _load(tuple(map(TomlFile.open, sorted(_FOLDER.glob("*.toml")))))


def _load(sources: tuple[TomlFile, ...]) -> Taxonomy:
    if not sources:
        raise ConfigError("a taxonomy needs at least one file; give the path of a TOML file with labels")
    parsed = [(_family(source), source) for source in sources]
    parsed.sort(key=lambda pair: (pair[0].order, pair[0].id))
    labels: dict[str, Label] = {}
    for number, (family, source) in enumerate(parsed):
        if number and family.id == parsed[number - 1][0].id:
            source.fail(f"family {family.id!r} is also in {parsed[number - 1][1].path}; use one file", "family")
        for index, row in enumerate(source.rows(source.table, "label")):
            place = HEAD.within("label", index)
            label = _label(source, family, row, place, len(labels))
            if label.id in labels:
                source.fail(f"label {label.id!r} is defined twice; remove one or rename it", "id", place)
            labels[label.id] = label
    content = json.dumps([source.table for _, source in parsed], sort_keys=True, ensure_ascii=False)
    digest = hashlib.sha256(content.encode()).hexdigest()[:12]
    return Taxonomy(tuple(labels.values()), tuple(family for family, _ in parsed), f"taxonomy@{digest}")


_HEAD_KEYS = ("family", "order", "name", "about", "source", "support", "groups", "hedges", "words", "label")
_LABEL_KEYS = (*(f.name for f in fields(Label) if f.name not in ("family", "order", "patterns")), "pattern")
_PATTERN_KEYS = tuple(f.name for f in fields(Pattern))
_PHRASES = ("find", "needs", "unless", "away_from")
_REMEDY = {
    "id": 'write id = "family.name"',
    "name": "write the name an editor should read",
    "definition": "say in one or two sentences what the label means",
    "not_this": "say what must not be flagged although it looks alike",
    "source": "name the paper, definition or house rule it comes from",
    "support": f"write one of {', '.join(Support)}",
}


def _family(source: TomlFile) -> Family:
    head = source.table
    source.keys(head, _HEAD_KEYS)
    for key in ("family", "name", "about"):
        if not source.text(head, key):
            source.fail(f'{key} is missing; write {key} = "…" at the top', key)
    if type(head.get("order")) is not int:
        source.fail("order is missing or not a whole number; write order = 1 at the top", "order")
    if not source.rows(head, "label"):
        source.fail("no labels; write each one under a [[label]] heading")
    lists = head.get("words", {})
    family = Family(
        id=head["family"],
        name=head["name"],
        about=head["about"],
        order=head["order"],
        groups=source.texts(head, "groups"),
        hedges=source.texts(head, "hedges"),
        words=MappingProxyType({name: source.texts(lists, name) for name in lists}),
    )
    for phrase in family.hedges:
        if problem := _phrase_problem(phrase, family.words):
            source.fail(f"phrase {phrase!r} {problem}", "hedges")
    return family


def _label(source: TomlFile, family: Family, row: Mapping[str, Any], place: Place, order: int) -> Label:
    source.keys(row, _LABEL_KEYS, place)
    merged = {key: source.table[key] for key in ("source", "support") if key in source.table} | dict(row)
    label_id = source.text(row, "id", place)
    for key, remedy in _REMEDY.items():
        if not source.text(merged, key, place).strip():
            source.fail(f"label {label_id!r} has no {key}; {remedy}", key, place)
    if not LABEL_ID.fullmatch(label_id) or label_id.split(".")[0] != family.id:
        source.fail(f"id {label_id!r} must be {family.id}.<lower_case_name>", "id", place)
    if merged["support"] not in list(Support):
        source.fail(f"support {merged['support']!r}; {suggest(merged['support'], Support)}", "support", place)
    if (group := source.text(row, "group", place)) and group not in family.groups:
        source.fail(f"group {group!r}; {suggest(group, family.groups)}", "group", place)
    if not row.get("examples"):
        source.fail(f"label {label_id!r} has no examples; write at least one", "examples", place)
    patterns = source.rows(row, "pattern", place)
    texts = ("name", "definition", "not_this", "source", "short", "group", "code", "coded_reading", "literal_reading")
    return Label(
        id=label_id,
        family=family.id,
        order=order,
        support=Support(merged["support"]),
        bridges=_bridges(source, row, place),
        patterns=tuple(_pattern(source, family, p, place.within("label.pattern", n)) for n, p in enumerate(patterns)),
        contested=source.flag(row, "contested", place),
        cover=source.flag(row, "cover", place),
        examples=source.texts(row, "examples", place),
        cues=source.texts(row, "cues", place),
        ihra=source.texts(row, "ihra", place),
        **{key: source.text(merged, key, place) for key in texts},
    )


def _pattern(source: TomlFile, family: Family, row: Mapping[str, Any], place: Place) -> Pattern:
    source.keys(row, _PATTERN_KEYS, place)
    find, needs, unless, away_from = (source.texts(row, key, place) for key in _PHRASES)
    why = source.text(row, "why", place)
    if not find or not why:
        source.fail("a pattern needs find (phrases) and why (what a moderator reads)", "find", place)
    for key in _PHRASES:
        for phrase in row.get(key, ()):
            if problem := _phrase_problem(phrase, family.words):
                source.fail(f"phrase {phrase!r} {problem}", key, place)
    coded = source.flag(row, "coded", place)
    return Pattern(find=find, why=why, needs=needs, unless=unless, away_from=away_from, coded=coded)


def _phrase_problem(phrase: str, words: Mapping[str, tuple[str, ...]]) -> str | None:
    """What is wrong with a phrase and how to mend it, or None."""
    parts = phrase.split()
    if not parts or any(not part.strip(".") or part.endswith("?") for part in (parts[0], parts[-1])):
        return "must begin and end with a word that cannot be absent"
    for word in (word for part in parts for word in part.removesuffix("?").split("|")):
        if word.startswith("@") and word[1:] not in words:
            return f"names an unknown word list {word!r}; {suggest(word[1:], words)}"
        if not word.strip("*"):
            return "has an empty alternative; every | needs a word on both sides"
    return None


def _bridges(source: TomlFile, row: Mapping[str, Any], place: Place) -> Mapping[str, tuple[str, ...]]:
    table = row.get("bridges", {})
    for vocabulary in table:
        if vocabulary not in BRIDGES:
            source.fail(f"unknown vocabulary {vocabulary!r}; {suggest(vocabulary, BRIDGES)}", "bridges", place)
    return MappingProxyType({name: source.texts(table, name, place) for name in table})


_SUPPORT_WORDS = {
    Support.TRAINED: "trained: learnt from labels that people gave",
    Support.SILVER: "silver: learnt from labels made by rule or by another model; shown as experimental",
    Support.CUE_ONLY: "cue only: patterns alone, no model",
}


def label_docs(taxonomy: Taxonomy) -> str:
    """docs/labels.md: every label with its meaning, its limits and its source, at the anchor that reports link to."""
    parts = [_DOCS_HEAD.format(n=len(taxonomy.labels), version=taxonomy.version)]
    for family in taxonomy.families:
        parts.append(f'<a id="{family.id}"></a>\n## {family.name}\n\n{family.about}\n')
        parts += [_label_doc(label) for label in taxonomy.family(family.id)]
    return "\n".join(parts)


_DOCS_HEAD = """# Labels

What each of the {n} labels means, what it is not, and where it comes from. A score is a probability that the label
fits, never a verdict; the taxonomy files in `analyzer/taxonomies/` are the source of this page.
Written by `python -m analyzer.taxonomy > docs/labels.md`; {version}.
"""


def _label_doc(label: Label) -> str:
    rows = {
        "In short": label.short,
        "Group": label.group,
        "Contested": "reference texts differ; a person should read the comment" if label.contested else "",
        "Not this": label.not_this,
        "Look for": "; ".join(label.cues),
        "Said in code": label.coded_reading,
        "Meant literally": label.literal_reading,
        "For example": "; ".join(f"“{example}”" for example in label.examples),
        "Called elsewhere": "; ".join(
            f"{name}: {', '.join(f'`{n}`' for n in names)}" for name, names in label.bridges.items()
        ),
        "Covered in reports": "yes, until pointed at" if label.cover else "",
        "Support": _SUPPORT_WORDS[label.support],
        "Source": label.source,
    }
    listed = "\n".join(f"- {name}: {text}" for name, text in rows.items() if text)
    code = f" ({label.code})" if label.code else ""
    return f'<a id="{label.anchor}"></a>\n### {label.name}{code}\n\n`{label.id}`: {label.definition}\n\n{listed}\n'


if __name__ == "__main__":
    sys.stdout.buffer.write(label_docs(load_taxonomy()).encode())
