import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.errors import ModelError
from analyzer.scoring.windows import CONTEXT, OVERLAP, WINDOW, Windower, by_length, cuts
from tests.tiny import tiny_tokenizer


@given(st.integers(min_value=1, max_value=2000))
def test_windows_cover_every_token_and_share_an_overlap(tokens: int) -> None:
    bounds = cuts(tokens)
    assert bounds[0][0] == 0
    assert bounds[-1][1] == tokens
    assert all(stop - begin <= WINDOW for begin, stop in bounds)
    assert all(right[0] <= left[1] - OVERLAP for left, right in itertools.pairwise(bounds))


def test_tokens_point_at_the_raw_text() -> None:
    text = "You are a f\u200bo\u200bo\u200bl and everybody knows"
    (window,) = next(Windower(tiny_tokenizer()).windows([(text, None)]))
    pieces = [text[start:end] for start, end in zip(window.starts, window.ends, strict=True)]
    assert "".join(pieces).replace(" ", "") == text.replace(" ", "")


def test_a_parent_is_read_before_the_comment_and_cut_to_its_tail() -> None:
    windower = Windower(tiny_tokenizer())
    alone, reply = windower.windows([("Thank you", None), ("Thank you", "the bridge vote " * 200)])
    assert alone[0].first == 1
    assert reply[0].first == CONTEXT + 2
    assert reply[0].ids[reply[0].first :] == alone[0].ids[1:]


def test_a_text_without_tokens_has_no_window() -> None:
    assert next(iter(Windower(tiny_tokenizer()).windows([("", None), ("vote", None)]))) == []


def test_batches_keep_every_window_and_the_token_limit() -> None:
    windower = Windower(tiny_tokenizer())
    windows = [(n, group[0]) for n, group in enumerate(windower.windows([("vote " * n, None) for n in range(1, 60)]))]
    batches = list(by_length(windows, 200))
    assert sorted(number for batch in batches for number, _ in batch) == [number for number, _ in windows]
    assert all(len(batch) == 1 or len(batch) * max(len(w.ids) for _, w in batch) <= 200 for batch in batches)


def test_a_folder_without_tokenizer_is_a_clear_error(tmp_path) -> None:
    with pytest.raises(ModelError, match=r"tokenizer\.json: no tokenizer there"):
        Windower.from_folder(tmp_path)
