"""Labels of the user's own: a TOML file of one family, kept in the model that learnt them.

The file is a taxonomy file (`analyzer.taxonomy`) of which only `[[label]]` with id, name, definition, not_this and examples must be
written; the family is taken from the ids, and the rest has defaults. A family of the package is not extended: its labels mean the
same in every model.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from analyzer.taxonomy import Support, load_taxonomy
from analyzer.tomlfile import HEAD, TomlFile

Table = Mapping[str, Any]
_ORDER = 100  # after the families of the package


def read_own_labels(path: str | Path) -> Table:
    """The family in a TOML file, defaults filled in; raises ConfigError with file, line and remedy."""
    source = TomlFile.open(Path(path))
    rows = source.rows(source.table, "label")
    if not rows:
        source.fail(
            "no labels; write each one under a [[label]] heading with id, name, definition, not_this and examples"
        )
    family = (
        source.text(source.table, "family") or source.text(rows[0], "id", HEAD.within("label", 0)).partition(".")[0]
    )
    if family in {known.id for known in load_taxonomy().families}:
        source.fail(f'family {family!r} belongs to the package; choose another first part: id = "site.doxxing"', "id")
    defaults = {
        "family": family,
        "order": _ORDER,
        "name": family.replace("_", " ").capitalize(),
        "about": "Labels of this site, learnt from its own judgements.",
        "source": "house rule of this site",
        "support": str(Support.TRAINED),
    }
    whole = replace(source, table=defaults | dict(source.table))
    load_taxonomy(own=[whole])
    return whole.table


def merged(known: Iterable[Table], added: Table | None) -> tuple[Table, ...]:
    """The families a model holds after it has learnt `added`: a label that is there already takes its new definition."""
    families = {table["family"]: table for table in known}
    if added is not None:
        before = families.get(added["family"], {"label": []})
        labels = {row["id"]: row for row in (*before["label"], *added["label"])}
        families[added["family"]] = {**before, **added, "label": list(labels.values())}
    for place, table in enumerate(families.values()):
        families[table["family"]] = {**table, "order": _ORDER + place}
    return tuple(families.values())


def own_ids(tables: Iterable[Table]) -> tuple[str, ...]:
    """Ids of the labels in `tables`."""
    return tuple(row["id"] for table in tables for row in table["label"])
