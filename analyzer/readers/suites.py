"""Functional suites (CSV) → Examples: one text with what is expected of one label, and why."""

import csv
from collections.abc import Iterator
from pathlib import Path

from analyzer.errors import InputError
from analyzer.schema import Example
from analyzer.taxonomy import Taxonomy, load_taxonomy

NEEDED = ("id", "text", "label", "expected")
CARRIED = ("family", "pair_id", "targets", "why")


def is_suite(path: str | Path) -> bool:
    """True for a CSV file with the columns of a suite; other tables are label files."""
    path = Path(path)
    if path.suffix != ".csv":
        return False
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        return set(NEEDED) <= set(next(csv.reader(lines), []))


def read_suite(path: str | Path, taxonomy: Taxonomy | None = None) -> Iterator[Example]:
    """Cases of a suite: columns `id text parent lang label expected family pair_id targets why`, one expectation a row.

    The source is the file's name, `extra` carries family, pair_id, targets (groups spoken of, joined by ";") and why. Raises
    InputError with file and line at the first row that cannot be used.
    """
    known = set((taxonomy or load_taxonomy()).ids)
    groups = {label.removeprefix("target.") for label in known if label.startswith("target.")}
    path = Path(path)
    for line, row in _rows(path):
        where = f"{path}:{line}"
        if row["label"] not in known:
            raise InputError(f"{where}: no label {row['label']!r}; `analyzer check` lists the labels")
        if row["expected"] not in ("0", "1"):
            raise InputError(f"{where}: expected is {row['expected']!r}; write 0 or 1")
        if unknown := {group for group in (row.get("targets") or "").split(";") if group} - groups:
            raise InputError(f"{where}: no group {', '.join(sorted(unknown))}; groups are {', '.join(sorted(groups))}")
        yield Example(
            source=path.stem,
            id=row["id"],
            text=row["text"],
            labels={row["label"]: float(row["expected"])},
            parent=row.get("parent") or None,
            lang=row.get("lang") or "und",
            split="test",
            extra={name: row[name] for name in CARRIED if row.get(name)},
        )


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows with their lines; a spreadsheet puts a byte-order mark before the first."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.DictReader(lines)
        try:
            missing = [name for name in NEEDED if name not in (rows.fieldnames or ())]
            if missing:
                raise InputError(f"{path}: no column {', '.join(missing)}; a suite needs {', '.join(NEEDED)}")
            for row in rows:
                yield rows.line_num, row
        except UnicodeDecodeError as error:
            raise InputError(f"{path}: not UTF-8 text ({error.reason}); save it as UTF-8") from None
        except csv.Error as error:
            raise InputError(f"{path}:{rows.line_num}: {error}; correct this row") from None
