"""Mark-up and times as text and UTC, and the small formats of blogs and chats."""

import pytest
from effort import seconds
from hypothesis import given
from hypothesis import strategies as st

from analyzer.readers import movabletype
from analyzer.readers.files import DumpStream
from analyzer.readers.markup import html_to_text, lines_to_breaks, unescape
from analyzer.readers.tally import Tally
from analyzer.readers.telegram_paste import read
from analyzer.readers.times import parse_time, tells_day_first
from analyzer.schema import Comment


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


def test_a_sign_before_blanks_takes_no_time() -> None:
    assert seconds(lambda: html_to_text("<" + " \n" * 600)) < 0.2


def test_quotations_without_end_do_not_outgrow_the_words() -> None:
    markup = "<blockquote>" * 1000 + "<pre>" + "x\n" * 100
    assert len(html_to_text(markup)) < len(markup)


@pytest.mark.parametrize(
    ("markup", "parsed"),
    [
        ("<p>" + "".join(f"<b id={n}>" for n in range(800)) + "<p>x" * 800, False),
        ("<p>a <b>b</b> <i>c</i></p>" * 70, True),
        ("<a href='#'>x</a><br>" * 800, True),
    ],
    ids=["tags opened again in each paragraph", "a long comment", "a list of links"],
)
def test_mark_up_that_would_grow_is_not_parsed(markup: str, parsed: bool) -> None:
    text = html_to_text(markup + '<a href="https://a.example/">here</a>')
    assert text.endswith("here (https://a.example/)") == parsed


def test_blank_lines_of_an_export_take_no_time() -> None:
    raw = b"TITLE: t\n-----\n" + b"\n" * 150_000 + b"COMMENT:\nAUTHOR: Mo\nwords\n-----\n--------\n"

    def comments() -> list[Comment]:
        return list(movabletype.read(DumpStream("export", iter([raw]), Tally()), "export", Tally()))

    assert [(comment.author, comment.text) for comment in comments()] == [("Mo", "words")]
    assert seconds(comments) < 1


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
        ("April 3, 2021, 2:05 PM", "2021-04-03T14:05:00+00:00", ("tz_unknown",)),
        ("Sat Apr 03 2021 14:05:00 GMT+0200 (CEST)", "2021-04-03T12:05:00+00:00", ()),
        ("Sat Apr  3 14:05:00 CEST 2021", "2021-04-03T12:05:00+00:00", ()),
        ("Wed Mar 02 10:00:00 +0000 2022", "2022-03-02T10:00:00+00:00", ()),
        ("Tue, 14 Jan 2014 17:31:03 -0500 (EST)", "2014-01-14T22:31:03+00:00", ()),
        ("2021-04-03 14:05 CET", "2021-04-03T13:05:00+00:00", ()),
        ("3/4/2021, 2:05\u202fPM", "2021-04-03T14:05:00+00:00", ("tz_unknown",)),
        ("2 ago 2019, 12:00", "2019-08-02T12:00:00+00:00", ("tz_unknown",)),
        ("30-01-2023 10.01", "2023-01-30T10:01:00+00:00", ("tz_unknown",)),
        ("3. april 2021 kl. 14.05", "2021-04-03T14:05:00+00:00", ("tz_unknown",)),
        ("03.04.2021 um 14:05 Uhr", "2021-04-03T14:05:00+00:00", ("tz_unknown",)),
        ("3 avril 2021 à 14:05", "2021-04-03T14:05:00+00:00", ("tz_unknown",)),
        ("3.4.2021", "2021-04-03T00:00:00+00:00", ("approx", "tz_unknown")),
        ("03.04.21", "2021-04-03T00:00:00+00:00", ("approx", "tz_unknown")),
        ("3/4/21", "2021-04-03T00:00:00+00:00", ("approx", "tz_unknown")),
        ("Apr 3, 2021", "2021-04-03T00:00:00+00:00", ("approx", "tz_unknown")),
        ("April 3, 2021, 2:05 PM by Ann", None, ()),
        ("April 3, 2021 at 25:05", None, ()),
        ("April 3, 2021" + " " * 100_000 + "x", None, ()),
        ("from April 3, 2021 to May 3, 2021", None, ()),
        ("~2024-03-08", "2024-03-08T00:00:00+00:00", ("approx", "tz_unknown")),
        (1700000000, "2023-11-14T22:13:20+00:00", ()),
        ("1700000000000", "2023-11-14T22:13:20+00:00", ()),
        (45413.75, "2024-05-01T18:00:00+00:00", ("tz_unknown",)),
        ("45413,75", "2024-05-01T18:00:00+00:00", ("tz_unknown",)),
        ("45413", "2024-05-01T00:00:00+00:00", ("approx", "tz_unknown")),
        ("45413.7534", "2024-05-01T18:04:54+00:00", ("tz_unknown",)),
        ("/Date(1700000000000)/", "2023-11-14T22:13:20+00:00", ()),
        ("/Date(1700000000000+0200)/", "2023-11-14T22:13:20+00:00", ()),
        ("12345", None, ()),
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


@pytest.mark.parametrize(
    ("dates", "told"),
    [
        pytest.param(["3/4/2021", "31/4/2021"], True, id="a 31st month"),
        pytest.param(["3/4/2021", "3-14-21"], False, id="a 14th month"),
        pytest.param(["3/4/2021 2:05 PM"], False, id="an American clock"),
        pytest.param(["31/4/2021 2:05 PM"], True, id="a 31st month counts for more than a clock"),
        pytest.param(["3/4/2021", "2021/04/03"], None, id="nothing tells"),
        pytest.param(["13/1/2021", "1/13/2021", "1/2/2021"], None, id="both ways"),
        pytest.param(["2021-04-03", "3.4.2021", None, 7], True, id="nothing to tell"),
    ],
)
def test_a_column_shows_whether_its_dates_put_the_day_first(dates: list[object], told: bool | None) -> None:
    assert tells_day_first(dates) is told


def test_dots_put_the_day_first_whatever_slashes_do() -> None:
    found = [parse_time(date, day_first=False)[0] for date in ("3.4.2021 9:05", "3/4/2021 9:05")]
    assert [moment and moment.month for moment in found] == [4, 3]


def test_a_chat_without_a_name_first_says_what_it_left_out() -> None:
    tally = Tally()
    raw = b"lost words\nMo, [25/06/2022 07:25]\nkept words\n"
    (comment,) = read(DumpStream("chat", iter([raw]), tally), "chat", tally)
    assert (comment.author, comment.text) == ("Mo", "kept words")
    assert "left out" in tally.notes[0]


@pytest.mark.parametrize(
    ("words", "parent", "text"),
    [
        pytest.param("[In reply to Mo K.]\nMorning!", "2", "Morning!", id="the last message of the person"),
        pytest.param("[Antwort auf Mo K.]\nMorning!", "2", "Morning!", id="in another language"),
        pytest.param("[In reply to Zoë]\nMorning!", None, "Morning!", id="a person before the copy begins"),
        pytest.param("In reply to Mo K.\nMorning!", None, "In reply to Mo K.\nMorning!", id="a person's own words"),
        pytest.param("Morning!\n[In reply to Mo K.]", None, "Morning!\n[In reply to Mo K.]", id="further down"),
    ],
)
def test_a_copied_reply_stands_under_what_it_answers(words: str, parent: str | None, text: str) -> None:
    mo = "Mo K., [25/06/2022 07:25]\nGood morning\n\n"
    raw = f"{mo}{mo}Li, [25/06/2022 07:26]\n{words}\n".encode()
    *_, reply = read(DumpStream("chat", iter([raw]), Tally()), "chat", Tally())
    assert (reply.parent_id, reply.text) == (parent, text)


def test_a_section_without_end_is_cut_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(movabletype, "_MAX_SECTION", 1000)
    tally = Tally()
    long = "COMMENT:\nAUTHOR: Mo\n" + "words\n" * 5000
    raw = f"{long}-----\nCOMMENT:\nAUTHOR: Li\nmore\n-----\n--------\n".encode()
    first, second = movabletype.read(DumpStream("export", iter([raw]), tally), "export", tally)
    assert 0 < len(first.text) < 1000
    assert (second.author, second.text) == ("Li", "more")
    assert tally.counts["rejects"] == 1
