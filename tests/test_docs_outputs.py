"""docs/outputs.md keeps step with what is written: the columns of all tables, in their order."""

import re
from dataclasses import fields
from pathlib import Path

from analyzer.policy import load_policy
from analyzer.policy.columns import decide_columns
from analyzer.readers import Reject
from analyzer.reports import tables as reports
from analyzer.schema import Checked, Reason, Span
from analyzer.tables import COMMENTS, scores_table

PAGE = (Path(__file__).parent.parent / "docs" / "outputs.md").read_text("utf-8")


def columns(start: str, stop: str) -> list[str]:
    """The names in the first column of the table between two places."""
    part = PAGE.partition(start)[2].partition(stop)[0]
    cells = re.findall(r"^\| (`[^|]+`) \|", part, re.MULTILINE)
    return [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]


def named(start: str, stop: str) -> list[str]:
    """The names in a sentence, without those in brackets that explain."""
    part = re.sub(r"\([^()]*\)", "", PAGE.partition(start)[2].partition(stop)[0])
    return re.findall(r"`(\w+)`", part)


def test_the_columns_of_a_run_are_those_of_its_files() -> None:
    assert columns("`comments/*.parquet`", "`scores/") == list(COMMENTS.names)
    assert columns("`scores/<model>", "`decisions/") == scores_table([], [], model="m").column_names
    decided = decide_columns(load_policy("default"), scores_table([], [], model="m"))
    assert columns("`decisions/<policy>", "`rejects.jsonl`") == decided.column_names
    assert named("| `reasons` | list of", ":") == [field.name for field in fields(Reason)]
    assert named("| `spans` | list of", "|") == [field.name for field in fields(Span)]
    assert set(named("| `checked` |", "|")) == set(Checked)
    assert named("could not be read:", "\n") == [field.name for field in fields(Reject)]


def test_the_columns_of_reports_are_those_of_their_files() -> None:
    assert tuple(named("a row a thread:", "\n\n")) == reports._THREAD_HEAD
    assert tuple(named("a row a comment:", "Cells")) == reports._COMMENT_HEAD
