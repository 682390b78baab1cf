"""The architecture, checked: who may import whom, where outside libraries live, no cycle, no module too long."""

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "analyzer"
CEILING = 400

# A new module must be given a place here: the part is the first name after `analyzer.`.
LAYERS = {
    0: {"schema", "errors", "version"},
    1: {
        "cells",
        "taxonomy",
        "config",
        "text",
        "registry",
        "tomlfile",
        "tables",
        "runs",
        "continuity",
        "own_labels",
        "learnt",
        "vocabulary",
        "operating",
    },
    2: {"readers", "threads", "scoring", "policy", "reports", "review", "evaluation", "training"},
    3: {
        "pipeline",
        "runners",
        "partition",
        "shards",
        "changes",
        "flips",
        "suggestion",
        "release",
        "weighing",
        "recipe",
        "examination",
        "matching",
        "estimates",
        "retraining",
        "desk",
    },
    4: {"cli", "server"},
}
LAYER = {part: layer for layer, parts in LAYERS.items() for part in parts}
# The one exception among stages: training scores and evaluates its candidates.
ALLOWED = {("training", "scoring"), ("training", "evaluation")}
HOMES = {
    "torch": ("scoring/", "training/", "recipe.py"),
    "transformers": ("scoring/", "training/"),
    "safetensors": ("scoring/", "training/"),
    "cleanlab": ("training/",),
    "sklearn": ("evaluation/", "training/", "scoring/", "review/"),
    "scipy": ("evaluation/", "training/"),
    "jinja2": ("reports/", "evaluation/", "server/"),
    "ray": ("runners.py",),
    "typer": ("cli/",),
    "rich": ("cli/",),
    "starlette": ("server/", "cli/serve.py"),
    "uvicorn": ("cli/serve.py",),
    "lxml": ("readers/",),
    "selectolax": ("readers/",),
    "zstandard": ("readers/", "partition.py"),
}
# Puts the parts of training together by hand to make the embedded model; nothing imports it.
WORKSHOPS = {"recipe"}
PICKLES = {"pickle", "marshal", "shelve", "dill", "joblib", "cloudpickle"}
MODULES = sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    parts = ("analyzer", *path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {name_of(path) for path in MODULES}


@cache
def syntax(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path, *, runtime_only: bool = False) -> Iterator[str]:
    """Names of the modules a file imports: anywhere, or only while it is itself being imported."""
    pending: list[ast.AST] = [syntax(path)]
    while pending:
        node = pending.pop()
        if runtime_only and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if runtime_only and isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            members = [f"{module}.{alias.name}" for alias in node.names]
            yield from (member if member in NAMES else module for member in members)
        pending += ast.iter_child_nodes(node)


def part(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def inside(path: Path) -> Iterator[str]:
    return (name for name in imports(path) if name.split(".")[0] == "analyzer")


def forbidden(importer: str, imported: str) -> str | None:
    """Why `importer` may not import `imported` (both parts), or None."""
    above, below = LAYER[importer], LAYER[imported]
    if importer == imported or (importer, imported) in ALLOWED:
        return None
    if below > above:
        return "a module imports only from layers below it"
    if above == below == 2:
        return "a stage never imports another stage; they meet in analyzer.schema"
    return None


def test_every_module_has_a_layer_and_imports_downwards() -> None:
    problems = []
    for module in MODULES:
        importer = part(name_of(module))
        if importer in ("", "__main__"):
            continue
        assert importer in LAYER, f"{name_of(module)}: give it a layer in LAYERS"
        for imported in inside(module):
            problem = forbidden(importer, part(imported)) if imported != "analyzer" else "the root is for users"
            problems += [f"{name_of(module)} imports {imported}: {problem}"] if problem else []
    assert not problems


def test_upper_layers_come_through_the_doors_of_stages() -> None:
    upper = [module for module in MODULES if LAYER.get(part(name_of(module)), 0) >= 3]
    assert not [
        f"{name_of(module)} imports {imported}, which stands behind a door"
        for module in upper
        for imported in inside(module)
        if LAYER[part(imported)] == 2 and imported.count(".") > 1 and part(name_of(module)) not in WORKSHOPS
    ]


def test_outside_libraries_live_in_their_homes() -> None:
    places = {module: module.relative_to(PACKAGE).as_posix() for module in MODULES}
    assert not [
        f"{place} imports {name}, which belongs in {' or '.join(HOMES[name.split('.')[0]])}"
        for module, place in places.items()
        for name in imports(module)
        if not place.startswith(HOMES.get(name.split(".")[0], (place,)))
    ]


def test_imports_are_absolute_and_nothing_is_pickled() -> None:
    for module in MODULES:
        relative = [node for node in ast.walk(syntax(module)) if isinstance(node, ast.ImportFrom) and node.level]
        assert not relative, f"{name_of(module)} has relative imports"
        assert not PICKLES & {name.split(".")[0] for name in imports(module)}, f"{name_of(module)} pickles"


def test_no_date_is_read_or_written_in_the_words_of_a_locale() -> None:
    """Names of days and months, and AM and PM, follow the locale of whatever program this one is part of."""
    formats = re.compile(r".*%[aAbBhpcxX](?![\w)]).*")
    assert not [
        f"{name_of(module)}:{node.lineno}: {node.value!r}"
        for module in MODULES
        for node in ast.walk(syntax(module))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and formats.fullmatch(node.value)
    ]


def test_no_module_is_too_long() -> None:
    lines = {name_of(module): len(module.read_text(encoding="utf-8").splitlines()) for module in MODULES}
    assert not {name: length for name, length in lines.items() if length > CEILING}


def test_no_cycle_while_importing() -> None:
    graph = {
        name_of(path): {name for name in imports(path, runtime_only=True) if name in NAMES} - {name_of(path)}
        for path in MODULES
    }
    while leaves := {name for name, below in graph.items() if not below & graph.keys()}:
        graph = {name: below for name, below in graph.items() if name not in leaves}
    assert not graph, f"these import each other: {', '.join(sorted(graph))}"


@pytest.mark.parametrize(
    ("importer", "imported", "allowed"),
    [
        ("scoring", "readers", False),
        ("training", "scoring", True),
        ("scoring", "training", False),
        ("schema", "taxonomy", False),
        ("policy", "pipeline", False),
        ("cli", "pipeline", True),
        ("runs", "tables", True),
    ],
)
def test_the_rule_itself(importer: str, imported: str, allowed: bool) -> None:
    assert (forbidden(importer, imported) is None) is allowed


def test_every_data_file_of_the_package_is_installed_with_it() -> None:
    patterns = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"][
        "analyzer"
    ]
    files = [path.relative_to(PACKAGE) for path in PACKAGE.rglob("*") if path.is_file()]
    data = [path for path in files if path.suffix not in (".py", ".pyc") and path.parts[0] != ".ruff_cache"]
    assert data
    assert [str(path) for path in data if not any(path.match(pattern) for pattern in patterns)] == []
