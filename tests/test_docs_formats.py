"""docs/formats.md keeps step with the readers: every format, status, field, layout and flag, and nothing that is not there."""

import re
from pathlib import Path

import pytest

from analyzer.readers import format_names
from analyzer.readers.columns import FIELDS, load_layouts
from analyzer.schema import Status

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "formats.md").read_text("utf-8")
READERS = sorted((ROOT / "analyzer" / "readers").glob("*.py"))


def rows(start: str, stop: str) -> list[str]:
    """The names in the first column of the tables between two headings."""
    part = PAGE.partition(start)[2].partition(stop)[0]
    return [
        name for cell in re.findall(r"^\| (`[^|]+`) \|", part, re.MULTILINE) for name in re.findall(r"`(\w+)`", cell)
    ]


def test_every_format_is_described_once_in_the_order_of_sniffing() -> None:
    assert rows("\n## Formats\n", "\n## Wrappings") == [name for name, _ in format_names()]


def test_every_status_is_named() -> None:
    line = next(line for line in PAGE.splitlines() if line.startswith("| `status`"))
    assert set(re.findall(r"`(\w+)`", line)) - {"status"} == set(Status)


def test_the_fields_that_can_be_mapped_are_listed() -> None:
    sentence = PAGE.partition("Fields that can be mapped: ")[2].partition(". ")[0]
    assert tuple(re.findall(r"`(\w+)`", sentence)) == FIELDS


def test_every_known_table_is_named() -> None:
    sentence = PAGE.partition("fields.toml`: ")[2].partition(". ")[0]
    assert re.findall(r"`(\w+)`", sentence) == [layout.name for layout in load_layouts()[1]]


@pytest.mark.parametrize("flag", rows("| flag | meaning |", "Pingbacks"))
def test_a_described_flag_is_set_somewhere(flag: str) -> None:
    threads = ROOT / "analyzer" / "threads.py"
    assert any(f'"{flag}"' in path.read_text("utf-8") for path in (*READERS, threads))


def test_limits_are_those_of_the_code() -> None:
    from analyzer.readers import dispatch, documents, files, finish, quotes, tables

    said = PAGE.partition("**Limits**")[2].partition("\n-")[0].replace("\n", " ")
    sizes = {
        "line": files.MAX_LINE,
        "cell": quotes._MAX_CELL,
        "page": dispatch._PAGE_LIMIT,
        "workbook": tables._EXCEL_LIMIT,
        "document": documents.LIMIT,
    }
    for what, size in sizes.items():
        assert re.search(rf"{what} of {size >> 20} MB", said)
    assert f"{documents._MAX_CONTAINERS:,} lists and objects" in said
    assert f"after {finish._MAX_TEXT:,} characters" in said
    assert f"more than {files._RATIO} times" in PAGE
