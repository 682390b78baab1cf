"""The part of `analyzer check` that looks at label files: what they hold, findings, labels that are likely wrong."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.cli.console import progress_bar, say, tell
from analyzer.errors import ConfigError, InputError, ModelError

if TYPE_CHECKING:
    from analyzer.readers import LabelFile
    from analyzer.schema import Example
    from analyzer.training import Suspicion

_DUMPS = ("coral", "wordpress", "disqus")  # dumps first of all; label files only for those who ask
_COLUMNS = ("where", "id", "lang", "label", "given", "expected", "prob", "margin", "text")
_SHOWN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelOptions:
    """What says how label files are read, and where the list of likely wrong labels goes."""

    mapping: Mapping[str, str]
    known: tuple[str, ...] = ()
    run: Path | None = None
    likely_wrong: Path | None = None

    def __bool__(self) -> bool:
        """True if somebody asked for labels."""
        return bool(self.mapping or self.known or self.run or self.likely_wrong)


def is_label_file(path: Path, options: LabelOptions) -> bool:
    """True for a file with labels; a dump counts as one only where the options ask for labels."""
    from analyzer.readers import sniff_labels

    if not path.is_file() or path.suffix == ".toml":
        return False
    try:
        form = sniff_labels(path, known=options.known, mapping=options.mapping)
    except InputError:
        if options:
            raise
        return False  # what it is instead, and what is wrong with it, is said there
    if form is None and options.likely_wrong:
        raise InputError(f"{path}: no labels found; docs/retrain.md shows the forms of label files")
    return form is not None and (bool(options) or form not in _DUMPS)


def check_label_files(paths: Sequence[Path], options: LabelOptions) -> list[dict[str, Any]]:
    """An entry a file; the findings are on all of them together and stand in the last."""
    from analyzer.readers import gather_labels
    from analyzer.training import validate_labels

    _check_target(paths, options.likely_wrong)
    known = (*options.known, *_labels_of_model())
    files = [gather_labels(path, known=known, mapping=options.mapping, run=options.run) for path in paths]
    entries = [_entry(path, file) for path, file in zip(paths, files, strict=True)]
    rows = [row for file in files for row in file.examples]
    unknown: dict[str, tuple[str, ...]] = {}
    for file in files:
        for name, places in file.unknown.items():
            unknown[name] = (*unknown.get(name, ()), *places)
    findings = validate_labels(rows, known=known, unknown=unknown)
    entries[-1]["findings"] = [finding.to_json() for finding in findings]
    if options.likely_wrong:
        suspicion = _suspect(rows)
        _write(suspicion, options.likely_wrong)
        entries[-1]["likely_wrong"] = {
            "file": str(options.likely_wrong),
            "count": len(suspicion.suspects),
            "labels": dict(Counter(suspect.label for suspect in suspicion.suspects)),
            "too_few_rows": list(suspicion.skipped),
        }
    return entries


def show_findings(entry: Mapping[str, Any]) -> None:
    """Findings and the list's place in words."""
    for finding in entry.get("findings", ()):
        sign = "!" if finding["grave"] else "-"
        say(f"  {sign} {finding['kind']}, {finding['count']:,}: {finding['says']}")
        if finding["places"]:
            say(f"      at {', '.join(finding['places'])}")
        say(f"      {finding['remedy']}")
    if "findings" in entry and not entry["findings"]:
        say("  nothing found that would spoil training or measuring")
    if listed := entry.get("likely_wrong"):
        say(f"  {listed['count']:,} labels are likely wrong, the likeliest first: {listed['file']}")
        if listed["too_few_rows"]:
            names = listed["too_few_rows"]
            more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
            tell(f"note: too few rows to say anything on {', '.join(names[:_SHOWN])}{more}")


def _entry(path: Path, file: "LabelFile") -> dict[str, Any]:
    labels = {label for row in file.examples for label in row.labels}
    languages = Counter(row.lang for row in file.examples)
    named = ", ".join(f"{'no language' if lang == 'und' else lang} {n:,}" for lang, n in languages.most_common(_SHOWN))
    notes = list(file.notes)
    if file.rejects:
        first = file.rejects[0]
        notes.append(
            f"{len(file.rejects):,} rows cannot be used, the first is {first.file}:{first.line}: {first.reason}"
        )
    notes += [f"{n:,} {name.replace('_', ' ')}" for name, n in file.counts.items() if name != "rejects" and n]
    return {
        "file": str(path),
        "kind": "labels",
        "says": f"{file.form}: {len(file.examples):,} rows, labels {len(labels)}; {named}",
        "form": file.form,
        "rows": len(file.examples),
        "rejects": [reject.to_json() for reject in file.rejects],
        "notes": notes,
    }


def _labels_of_model() -> tuple[str, ...]:
    """The labels of their own that somebody taught the current model."""
    from analyzer.registry import find_model, open_model
    from analyzer.taxonomy import load_taxonomy

    folder = find_model("current")
    labels = open_model(folder, verify=False).labels if folder else ()
    return tuple(label for label in labels if label not in load_taxonomy())


def _check_target(paths: Sequence[Path], target: Path | None) -> None:
    if target and target.exists() and any(target.samefile(path) for path in paths):
        raise ConfigError(f"--likely-wrong: {target} is the label file itself; name another file to write to")


def _suspect(rows: "Sequence[Example]") -> "Suspicion":
    from analyzer.scoring import load_scorer
    from analyzer.training import TextReader, find_likely_wrong

    scorer = load_scorer("current")
    if not isinstance(scorer, TextReader):
        raise ModelError("the current model cannot be looked into; `analyzer rollback` brings back one of this package")
    with progress_bar() as show:
        return find_likely_wrong(rows, scorer, tick=lambda done, total: show("read", done, total))


def _write(suspicion: "Suspicion", target: Path) -> None:
    """A JSON list where the name ends in .json, else CSV whose cells no spreadsheet takes for formulas."""
    import csv
    import json

    from analyzer.reports import csv_cell
    from analyzer.runs import atomic

    rows = [suspect.to_json() for suspect in suspicion.suspects]
    with atomic(target) as path, path.open("w", encoding="utf-8", errors="replace", newline="") as file:
        if target.suffix == ".json":
            json.dump(rows, file, ensure_ascii=False, indent=1)
            return
        table = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
        table.writerow(_COLUMNS)
        table.writerows([csv_cell(str(row[name])) for name in _COLUMNS] for row in rows)
