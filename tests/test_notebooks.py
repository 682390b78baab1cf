"""The notebooks run from top to bottom on the sample dumps, with the public API only and their outputs cleared."""

import ast
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest

import analyzer

ROOT = Path(__file__).parent.parent
MODEL = ROOT / "analyzer" / "models" / "default" / "model.json"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PLOTS = {"quickstart": 2, "retrain": 2}
PAGES = {"quickstart": "runs/quickstart/bridge.html"}  # what a notebook writes; the others leave nothing behind

by_name = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def code_of(path: Path) -> list[Any]:
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_every_notebook_is_expected() -> None:
    assert [path.stem for path in NOTEBOOKS] == sorted(PLOTS)


@by_name
def test_outputs_are_cleared(path: Path) -> None:
    assert all(not cell.outputs and cell.execution_count is None for cell in code_of(path))


@by_name
def test_only_the_public_api_is_called(path: Path) -> None:
    tree = ast.parse("\n".join(cell.source for cell in code_of(path)))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    called = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "analyzer"
    }
    assert not [name for name in imported | modules if name and name.startswith("analyzer.")]
    assert called
    assert called <= set(analyzer.__all__)


@pytest.mark.slow
@pytest.mark.skipif(not MODEL.is_file(), reason="the embedded model is not in analyzer/models/default: make model")
@by_name
def test_it_runs_from_top_to_bottom(path: Path, tmp_path: Path) -> None:
    from nbclient import NotebookClient

    shutil.copytree(ROOT / "data", tmp_path / "data")
    (tmp_path / "notebooks").mkdir()
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    NotebookClient(notebook, timeout=180, resources={"metadata": {"path": str(tmp_path / "notebooks")}}).execute()
    shown = [kind for cell in notebook.cells for output in cell.get("outputs", ()) for kind in output.get("data", {})]
    assert shown.count("image/png") == PLOTS[path.stem]
    left = {place.name for place in tmp_path.iterdir()} - {"data", "notebooks"}
    page = PAGES.get(path.stem)
    assert left == ({page.split("/")[0]} if page else set())
    assert not page or (tmp_path / page).stat().st_size > 10_000
