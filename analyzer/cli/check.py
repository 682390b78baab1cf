"""analyzer check: what there is, and whether a file of yours is right."""

from pathlib import Path
from typing import Annotated, Any

import typer

from analyzer.cli.console import parse_map, print_json, say, tell, verb
from analyzer.cli.label_files import LabelOptions, check_label_files, is_label_file, show_findings
from analyzer.cli.score import Json
from analyzer.errors import ConfigError

_SHOWN = 5  # records of the history


@verb
def check(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FILE...]", help="Label file, taxonomy, policy, analyzer.toml, model folder, run folder or dump."
        ),
    ] = None,
    likely_wrong: Annotated[
        Path | None, typer.Option("--likely-wrong", help="Write labels that are likely wrong to this .csv or .json.")
    ] = None,
    map: Annotated[
        str | None, typer.Option("--map", help="Columns of a label file: text=comment,label=verdict.")
    ] = None,
    known: Annotated[
        str | None, typer.Option("--known", help="Labels of your own, separated by commas: site.doxxing.")
    ] = None,
    run: Annotated[Path | None, typer.Option("--run", help="Run that holds the texts of reviews.")] = None,
    json: Json = False,
) -> None:
    """Check files of yours; with no file, list formats, labels, policies, models and the settings in force."""
    names = tuple(name.strip() for name in (known or "").split(",") if name.strip())
    options = LabelOptions(mapping=parse_map(map), known=names, run=run, likely_wrong=likely_wrong)
    if likely_wrong and not files:
        raise ConfigError("--likely-wrong: has no meaning without a label file; name one")
    found = _all_checked(files, options) if files else _inventory()
    if json:
        print_json(found)
        return
    for entry in found if isinstance(found, list) else []:
        say(f"{entry['file']}: {entry['kind']}, {entry['says']}")
        for note in entry.get("notes", ()):
            tell(f"note: {note}")
        show_findings(entry)
    if isinstance(found, dict):
        _show_inventory(found)


def _all_checked(files: list[Path], options: LabelOptions) -> list[dict[str, Any]]:
    """An entry a file; label files are looked at together, so that what leaks from one into another is seen."""
    labelled = [path for path in dict.fromkeys(files) if is_label_file(path, options)]
    entries = iter(check_label_files(labelled, options) if labelled else [])
    by_file = {path: next(entries) for path in labelled}
    return [by_file[path] if path in by_file else _checked(path) for path in files]


def _checked(path: Path) -> dict[str, Any]:
    if not path.exists():
        raise ConfigError(f"{path}: there is no such file or folder; correct the path")
    if path.is_dir():
        return _checked_folder(path)
    return _checked_toml(path) if path.suffix == ".toml" else _checked_dump(path)


def _checked_folder(path: Path) -> dict[str, Any]:
    if (path / "run.json").is_file():
        from analyzer.runs import open_run

        run = open_run(path)
        done = sum(run.is_done("decide", run.policy, shard=shard) for shard in run.shards)
        says = f"{done} of {len(run.shards)} shards decided; model {run.model}, policy {run.policy}"
        return {"file": str(path), "kind": "run", "says": says}
    from analyzer.registry import open_model

    model = open_model(path)
    return {
        "file": str(path),
        "kind": "model",
        "says": f"{model.version}, {len(model.labels)} labels, every hash is right",
    }


def _checked_toml(path: Path) -> dict[str, Any]:
    from analyzer.config import KEYS, load_config
    from analyzer.own_labels import own_ids, read_own_labels
    from analyzer.policy import load_policy
    from analyzer.registry import find_model, open_model
    from analyzer.taxonomy import load_taxonomy
    from analyzer.tomlfile import TomlFile

    table = TomlFile.open(path).table
    if "gate" in table:
        from analyzer.evaluation import load_gate

        gate = load_gate(path)
        return {"file": str(path), "kind": "gate", "says": f"{gate.version}, {len(gate.rules)} checks"}
    if "rules" in table:
        current = open_model(find_model("current") or "", verify=False)
        taxonomy = load_taxonomy(own=current.own_labels)
        policy = load_policy(path, thresholds=current.thresholds, taxonomy=taxonomy, model=current.version)
        says = f"{policy.version}, {len(policy.rules)} rules over {len(policy.labels)} labels"
        return {"file": str(path), "kind": "policy", "says": says, "notes": [*policy.remarks]}
    if "label" in table or "family" in table:
        if table.get("family") not in {family.id for family in load_taxonomy().families}:
            own = read_own_labels(path)
            return {"file": str(path), "kind": "own labels", "says": f"{', '.join(own_ids([own]))}; for analyzer train"}
        taxonomy = load_taxonomy([path])
        return {"file": str(path), "kind": "taxonomy", "says": f"{taxonomy.version}, {len(taxonomy.labels)} labels"}
    if set(table) & set(KEYS) or path.name == "analyzer.toml":
        load_config(environ={"ANALYZER_CONFIG": str(path)})
        return {"file": str(path), "kind": "settings", "says": f"{len(table)} set"}
    raise ConfigError(f"{path}: neither a policy ([[rules]]) nor a taxonomy ([[label]]) nor settings; see docs/cli.md")


def _checked_dump(path: Path) -> dict[str, Any]:
    from analyzer.readers import format_names, sniff_format

    name = sniff_format(path)
    return {"file": str(path), "kind": "dump", "says": f"format {name}: {dict(format_names()).get(name, '')}"}


def _inventory() -> dict[str, Any]:
    from analyzer.config import KEYS, SECRETS, load_config
    from analyzer.policy import policy_names
    from analyzer.readers import format_names
    from analyzer.registry import find_model, open_model, read_history
    from analyzer.taxonomy import load_taxonomy

    config = load_config()
    current = open_model(find_model("current") or "")
    embedded = open_model(find_model() or "", verify=False)
    settings = {key: {"value": getattr(config, key), "from": config.origins.get(key, "default")} for key in KEYS}
    for key in SECRETS:
        if settings[key]["value"]:
            settings[key]["value"] = "(set)"
    return {
        "formats": dict(format_names()),
        "labels": {label.id: label.name for label in load_taxonomy().labels},
        "policies": list(policy_names()),
        "models": {"current": current.version, "folder": str(current.path), "embedded": embedded.version},
        "history": [_event(record) for record in read_history(Path(config.models))[-_SHOWN:]],
        "settings": settings,
    }


def _event(record: dict[str, Any]) -> dict[str, str]:
    """A promotion or rollback in a line."""
    parts = {name: str(record.get(name, "")) for name in ("at", "event", "by")}
    why = f": {record['why']}" if record.get("why") else ""
    return {**parts, "from": record["from"]["version"], "to": record["to"]["version"], "why": why}


def _show_inventory(found: dict[str, Any]) -> None:
    for heading in ("formats", "labels"):
        say(f"{heading}:")
        for name, says in found[heading].items():
            say(f"  {name:<44} {says}")
    say(f"policies: {', '.join(found['policies'])}")
    models = found["models"]
    say(f"current model: {models['current']} in {models['folder']}; embedded: {models['embedded']}")
    for event in found["history"]:
        say("  {at}  {event} {from} → {to}, by {by}{why}".format_map(event))
    say("settings:")
    for key, setting in found["settings"].items():
        say(f"  {key:<12} {setting['value'] if setting['value'] is not None else '':<20} ({setting['from']})")
