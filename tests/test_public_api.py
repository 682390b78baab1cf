"""What users import: names that exist, load lazily and agree with the map in the documentation."""

import subprocess
import sys
from pathlib import Path

import pytest

import analyzer

ROOT = Path(__file__).parent.parent
HEAVY = "torch transformers pandas sklearn pyarrow jinja2 lxml ray numpy duckdb"


def in_a_fresh_process(program: str) -> str:
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)
    return result.stdout


def test_the_table_of_names_is_all_there_is() -> None:
    assert sorted([*analyzer._HOME_OF, "__version__"]) == sorted(analyzer.__all__)
    assert dir(analyzer) == sorted(analyzer.__all__)


@pytest.mark.parametrize("name", analyzer.__all__)
def test_every_public_name_resolves(name: str) -> None:
    assert getattr(analyzer, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'analyse'"):
        analyzer.analyse  # noqa: B018


def test_the_version_is_that_of_the_project_file() -> None:
    assert f'\nversion = "{analyzer.__version__}"\n' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "program",
    [
        pytest.param("import analyzer", id="import analyzer"),
        pytest.param("import analyzer.cli", id="import of the command line"),
        pytest.param("from analyzer import build_threads, load_policy, load_scorer", id="names without heavy needs"),
    ],
)
def test_nothing_heavy_is_loaded(program: str) -> None:
    loaded = in_a_fresh_process(f"import sys\n{program}\nprint([m for m in {HEAVY.split()} if m in sys.modules])")
    assert loaded.strip() == "[]"


def test_help_loads_nothing_heavy_and_is_quick() -> None:
    program = (
        "import sys, time\nstarted = time.process_time()\nsys.argv = ['analyzer', '--help']\nfrom analyzer.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print([m for m in {HEAVY.split()} if m in sys.modules], time.process_time() - started)"
    )
    runs = [in_a_fresh_process(program).splitlines()[-1].rpartition(" ") for _ in range(3)]
    assert [loaded for loaded, _, _ in runs] == ["[]"] * 3
    assert min(float(seconds) for _, _, seconds in runs) < 0.5


def table_of(text: str) -> list[str]:
    """The rows of the first Markdown table that begins with the stages."""
    lines = text.splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("| stage | module |"))
    rows = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        rows.append(line.strip())
    return rows


def test_the_map_in_the_docstring_and_in_the_documentation_agree() -> None:
    assert table_of((ROOT / "docs" / "flow.md").read_text(encoding="utf-8")) == table_of(analyzer.__doc__ or "")


def test_the_map_in_the_readme_agrees() -> None:
    assert table_of((ROOT / "README.md").read_text(encoding="utf-8")) == table_of(analyzer.__doc__ or "")
