"""JSON and tables as careless programs write them: nothing is lost, nothing crashes, no address stays."""

import gzip
import json
from pathlib import Path

import pytest

from analyzer.errors import InputError
from analyzer.readers import ReadOptions, read_comments


def _texts(path: Path) -> list[str]:
    return [comment.text for comment in read_comments(path)]


def test_a_number_of_thousands_of_digits_is_no_crash(tmp_path: Path) -> None:
    file = tmp_path / "dump.json"
    file.write_text(
        '[{"id": 1, "text": "The bridge is closed.", "likes": ' + "7" * 5000 + '}, {"id": 2, "text": "Why?"}]'
    )
    assert _texts(file) == ["The bridge is closed.", "Why?"]


def test_a_line_of_such_a_number_is_a_clear_error(tmp_path: Path) -> None:
    file = tmp_path / "dump.jsonl"
    file.write_text('{"id": ' + "7" * 5000 + "}\n" * 3)
    with pytest.raises(InputError, match="text"):
        list(read_comments(file))


def test_lines_with_the_commas_and_brackets_of_a_list_are_read(tmp_path: Path) -> None:
    rows = [{"id": number, "text": f"Vote {number}"} for number in range(40)]
    file = tmp_path / "dump.jsonl"
    file.write_text(",\n".join(json.dumps(row) for row in rows) + ",\n]\n")
    assert _texts(file) == [row["text"] for row in rows]


@pytest.mark.parametrize("sign", ["\t", "\x01", "\x0b"])
def test_control_characters_within_strings_lose_no_record(tmp_path: Path, sign: str) -> None:
    file = tmp_path / "dump.json"
    records = [f'{{"id": {number}, "text": "first{sign}second {number}"}}' for number in range(30)]
    file.write_text(f"[{','.join(records)}]")
    assert len(_texts(file)) == 30


def test_one_line_longer_than_any_cell_is_no_bug(tmp_path: Path) -> None:
    file = tmp_path / "page.txt.gz"
    file.write_bytes(gzip.compress(b"word, " * 40_000))
    assert _texts(file) == []


def test_addresses_as_names_and_in_links_of_threads_are_never_shown(tmp_path: Path) -> None:
    file = tmp_path / "dump.csv"
    file.write_text(
        "id,url,text,user\n1,https://news.example/a?mail=ana@mail.example,Nice,ana@mail.example\n2,,Why?,10.0.0.7\n"
    )
    shown = repr(list(read_comments(file, options=ReadOptions(authors="plain"))))
    assert "mail.example" not in shown
    assert "10.0.0.7" not in shown
