"""What the README shows works: its Python runs, its commands parse, and `make demo` begins anew."""

import gzip
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import typer.main
from fakes import WordScorer
from test_pipeline import write_dump

import analyzer
from analyzer.cli import app

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


COMMANDS = [
    command.strip()
    for block in blocks("sh")
    for line in block.splitlines()
    for command in shlex.join(shlex.split(line, comments=True)).replace("'|'", "\n").splitlines()
]


def test_the_readme_has_code_and_commands() -> None:
    assert len(blocks("python")) >= 1
    assert {command.split()[0] for command in COMMANDS} == {"analyzer", "make", "echo"}


@pytest.mark.parametrize("code", blocks("python"))
def test_the_python_of_the_readme_runs(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dump = write_dump(tmp_path / "comments.jsonl", size=12)
    (tmp_path / "comments.jsonl.gz").write_bytes(gzip.compress(dump.read_bytes()))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(analyzer, "load_scorer", WordScorer, raising=False)  # the embedded one: test_embedded.py
    exec(compile(code, "README.md", "exec"), {})
    assert "<title>Thread report" in (tmp_path / "thread.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", [command for command in COMMANDS if command.startswith("analyzer ")])
def test_a_command_of_the_readme_parses(command: str) -> None:
    verbs = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    verb, *arguments = shlex.split(command)[1:]
    verbs[verb].make_context(verb, arguments)  # raises for an argument or an option that is not there


@pytest.mark.parametrize("command", [command for command in COMMANDS if command.startswith("make ")])
def test_a_target_of_the_readme_is_there(command: str) -> None:
    assert re.search(rf"^{command.split()[1]}:", MAKEFILE, re.MULTILINE)


def test_make_demo_begins_anew() -> None:
    """A run refuses other dumps and other versions: one left from before an update must not stop the demo."""
    make = shutil.which("make") or pytest.skip("make is not installed")
    planned = subprocess.run([make, "-n", "demo"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    steps = re.findall(r"^(rm -rf|\S+/analyzer score .* --out|\S+/analyzer report) (\S+)$", planned, re.MULTILINE)
    assert [verb.split()[0].rpartition("/")[2] for verb, _ in steps] == ["rm", "analyzer", "analyzer"]
    assert {folder for _, folder in steps} == {"runs/demo"}
