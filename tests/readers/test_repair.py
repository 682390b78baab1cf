"""Repairs of text: exact or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.readers.repair import repair_mojibake, strip_controls


@pytest.mark.parametrize(
    ("broken", "whole"),
    [
        ("cafÃ©", "café"),
        ("itâ€™s", "it’s"),
        ("ÐŸÑ€Ð¸Ð²ÐµÑ‚", "Привет"),
        ("ðŸ˜€ grin", "😀 grin"),
        ("café", "café"),
        ("Ã© and 😀", "Ã© and 😀"),
        ("Â", "Â"),
        ("naïve Ã", "naïve Ã"),
        ("Привет", "Привет"),
        ("plain", "plain"),
    ],
    ids=[
        "accent",
        "quote",
        "Cyrillic",
        "emoji",
        "whole already",
        "mixed",
        "a lone letter",
        "no UTF-8",
        "not Latin",
        "ASCII",
    ],
)
def test_mojibake_is_repaired_only_if_it_can_be_undone(broken: str, whole: str) -> None:
    assert repair_mojibake(broken) == whole


@given(st.text(alphabet=st.characters(min_codepoint=0xA0, max_codepoint=0x24F), min_size=1, max_size=20))
def test_what_was_read_wrong_is_read_right(text: str) -> None:
    raw = text.encode()
    wrong = "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in raw)
    repaired = repair_mojibake(wrong)
    assert repaired in (text, wrong) or wrong == repair_mojibake(wrong)
    assert repair_mojibake(text + " ещё") == text + " ещё"


@given(st.text())
def test_no_control_is_left_and_nothing_else_is_lost(text: str) -> None:
    stripped = strip_controls(text)
    assert all(char >= " " or char in "\t\n\r" for char in stripped)
    stripped.encode()
    assert [char for char in text if char.isprintable()] == [
        char for char in stripped if char.isprintable() and char != "\ufffd"
    ] or ("\ufffd" in text)
