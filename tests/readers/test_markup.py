"""Mark-up and times as text and UTC, and the small formats of blogs and chats."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.readers.files import DumpStream
from analyzer.readers.markup import html_to_text, lines_to_breaks, unescape
from analyzer.readers.tally import Tally
from analyzer.readers.telegram_paste import read
from analyzer.readers.times import parse_time


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("plain &amp; simple", "plain & simple"),
        ("<p>one</p><p>two<br>three</p>", "one\ntwo\nthree"),
        ("a <b>bold</b>\nline", "a bold\nline"),
        ("<p>a\nsoft line</p>", "a soft line"),
        ('<a href="https://a.example/x">here</a>', "here (https://a.example/x)"),
        ('<a href="https://a.example/x">https://a.example/x</a>', "https://a.example/x"),
        ('<a href="javascript:alert(1)">here</a>', "here"),
        ("<blockquote>said</blockquote>answer", "> said\nanswer"),
        ("<ul><li>one</li><li>two</li></ul>", "- one\n- two"),
        ("<script>alert(1)</script>words<style>p{}</style>", "words"),
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
        ("2 < 3", "2 < 3"),
    ],
    ids=[
        *(
            "references",
            "paragraphs",
            "lines",
            "soft lines",
            "link",
            "link that says itself",
            "script link",
            "quotation",
        ),
        *("list", "silent elements", "escaped twice", "a bare sign"),
    ],
)
def test_mark_up_becomes_text_once(markup: str, text: str) -> None:
    assert html_to_text(markup) == text


@pytest.mark.parametrize(
    "markup", ["<b>" * 100_000 + "x", "<" * 200_000, "<a " + "x=" * 100_000, "&" * 100_000], ids=lambda m: m[:4]
)
def test_hostile_mark_up_takes_no_time(markup: str) -> None:
    assert isinstance(html_to_text(markup), str)


@given(st.text(alphabet="<>/abpli&;#= \n\"'", max_size=120))
def test_any_mark_up_becomes_text(markup: str) -> None:
    assert isinstance(html_to_text(lines_to_breaks(markup)), str)
    assert isinstance(unescape(markup), str)


def test_lines_count_beside_block_tags() -> None:
    markup = "one\ntwo\n<blockquote>three</blockquote>\nfour\n<p>five\nsix</p>\n"
    assert html_to_text(lines_to_breaks(markup)) == "one\ntwo\n> three\nfour\nfive\nsix"


@pytest.mark.parametrize(
    ("value", "moment", "flags"),
    [
        ("2024-05-01T10:00:00+02:00", "2024-05-01T08:00:00+00:00", ()),
        ("2012-02-18T19:02:16+0000", "2012-02-18T19:02:16+00:00", ()),
        ("2015-09-29 10:50:41.987077+00", "2015-09-29T10:50:41.987077+00:00", ()),
        ("2022-04-01 06:00:00 UTC", "2022-04-01T06:00:00+00:00", ()),
        ("Tue, 14 Jan 2014 17:31:03 +0000", "2014-01-14T17:31:03+00:00", ()),
        ("2024-05-01 10:00:00", "2024-05-01T10:00:00+00:00", ("tz_unknown",)),
        ("2024/05/01 10:00", "2024-05-01T10:00:00+00:00", ("tz_unknown",)),
        ("01.05.2024 10:00", "2024-05-01T10:00:00+00:00", ("tz_unknown",)),
        ("01.05.2024, 10:00", "2024-05-01T10:00:00+00:00", ("tz_unknown",)),
        ("~2024-03-08", "2024-03-08T00:00:00+00:00", ("approx", "tz_unknown")),
        (1700000000, "2023-11-14T22:13:20+00:00", ()),
        ("1700000000000", "2023-11-14T22:13:20+00:00", ()),
        ("2 days ago", None, ("approx",)),
        ("2011-x09-30T22:48:43Z", None, ()),
        ("0000-00-00 00:00:00", None, ()),
        ("", None, ()),
        (None, None, ()),
        (10**30, None, ()),
        (float("nan"), None, ()),
    ],
)
def test_a_time_is_utc_or_none_with_what_it_left_open(
    value: object, moment: str | None, flags: tuple[str, ...]
) -> None:
    found, remarks = parse_time(value)  # type: ignore[arg-type]
    assert (found.isoformat() if found else None) == moment
    if moment:
        assert set(remarks) == set(flags)


@given(st.one_of(st.text(max_size=40), st.integers(), st.floats()))
def test_any_value_is_a_time_or_none(value: str | int | float) -> None:
    moment, _ = parse_time(value)
    assert moment is None or moment.tzinfo is not None


def test_a_chat_without_a_name_first_says_what_it_left_out() -> None:
    tally = Tally()
    raw = b"lost words\nMo, [25/06/2022 07:25]\nkept words\n"
    (comment,) = read(DumpStream("chat", iter([raw]), tally), "chat", tally)
    assert (comment.author, comment.text) == ("Mo", "kept words")
    assert "left out" in tally.notes[0]
