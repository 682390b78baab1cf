"""Dates beside comments: what is found, what it says, and what is left of the line."""

import pytest

from analyzer.readers.page_dates import day_first, find_stamps
from analyzer.readers.page_heads import lone_stamp, read_head


@pytest.mark.parametrize(
    ("line", "before", "moment"),
    [
        ("Armanox June 28, 2015 at 10:25 pm", "Armanox", "2015-06-28T22:25"),
        ("IwonaMay 30, 2019 at 1:06 PM", "Iwona", "2019-05-30T13:06"),
        ("Andjela GMittwoch, Mai 10, 2017 4:14:00 PM", "Andjela G", "2017-05-10T16:14"),
        ("Wanderin schreibt am 29. Mai 2019 um 17:39", "Wanderin schreibt", "2019-05-29T17:39"),
        ("7. Dez 2018 um 13:22 Uhr", "", "2018-12-07T13:22"),
        ("Mirko — 17.07, 2011 @ 13:04", "Mirko —", "2011-07-17T13:04"),
        ("Jo Lind, Do 9 Apr 2020 / 08:34", "Jo Lind,", "2020-04-09T08:34"),
        ("Julia on 11/08/2020 at 9:52", "Julia", "2020-08-11T09:52"),
        ("Chinedum O. July 14, 2019 at 6:45 pm", "Chinedum O.", "2019-07-14T18:45"),
        ("Agent 47 May 3, 2019 at 5:00 pm", "Agent 47", "2019-05-03T17:00"),
        ("luna99 12 marca 2019 o 14:05", "luna99", "2019-03-12T14:05"),
        ("Lucía · 12 de marzo de 2019 a las 14:05", "Lucía ·", "2019-03-12T14:05"),
        ("le 12 mars 2019 à 14 h 05 min", "", "2019-03-12T14:05"),
        ("Иван 12 марта 2019 в 14:05", "Иван", "2019-03-12T14:05"),
        ("سمير 12 مارس 2019 في 2:05 م", "سمير", "2019-03-12T14:05"),
        ("هند 12 مارس، 2019 الساعة 2:05 م", "هند", "2019-03-12T14:05"),
        ("Оксана 12 березня 2019 о 14:05", "Оксана", "2019-03-12T14:05"),
        ("Kata 2019. március 12. 14:05", "Kata", "2019-03-12T14:05"),
        ("Jeanne Roy Le 12 mars 2019 à 14:05", "Jeanne Roy", "2019-03-12T14:05"),
        ("Anh Le 12 May 2019, 14:05", "Anh Le", "2019-05-12T14:05"),
        ("Bo Mar. 12, 2019, 2:05 p.m. ET", "Bo", "2019-03-12T14:05"),
        ("Bo 12 Mar 2019 14:05 GMT+1", "Bo", "2019-03-12T14:05"),
        ("2019-05-30T12:00:00", "", "2019-05-30T12:00"),
        ("Midnight Owl May 3, 2019 at 12:00 am", "Midnight Owl", "2019-05-03T00:00"),
    ],
)
def test_a_date_is_found_and_read(line: str, before: str, moment: str) -> None:
    stamp = find_stamps(line)[0]
    said = stamp.moment()
    assert said is not None
    assert (line[: stamp.start].strip(), said.isoformat()[:16]) == (before, moment)


@pytest.mark.parametrize(
    "line",
    [
        "Anna 3 days ago",
        "1 week, 2 days ago",
        "2 months 3 weeks ago",
        "vor 1 Woche und 2 Tagen",
        "hace 1 mes y 3 días",
        "Edited 2 hours ago",
        "vor 3 Stunden",
        "hace 2 días",
        "il y a 3 jours",
        "3 дня назад",
        "2 dni temu",
        "منذ يومين",
        "Gestern um 14:05",
    ],
)
def test_a_relative_date_is_found_and_has_no_moment(line: str) -> None:
    (stamp,) = find_stamps(line)
    assert stamp.relative
    assert stamp.moment() is None


@pytest.mark.parametrize(
    "line",
    [
        "They promised this in 2019.",
        "At version 2.3.4 we stop",
        "I may go",
        "99.99.2019",
        "a 12:30 b",
        "31 people, 12 boats",
        "x" * 300,
    ],
)
def test_other_lines_hold_no_date(line: str) -> None:
    assert find_stamps(line) == ()


def test_a_date_that_does_not_exist_has_no_moment() -> None:
    assert find_stamps("February 31, 2019 at 1:00 am")[0].moment() is None


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        pytest.param(["5/13/2019"], False, id="a 13th month tells"),
        pytest.param(["13/5/2019"], True, id="a 13th day tells"),
        pytest.param(["3/9/15 8:12am"], False, id="an American clock tells"),
        pytest.param(["3/9/2015 18:12"], True, id="otherwise the day comes first"),
    ],
)
def test_day_first(lines: list[str], wanted: bool) -> None:
    assert day_first([stamp for line in lines for stamp in find_stamps(line)], lines) is wanted


@pytest.mark.parametrize(
    "line",
    [
        "1 week, 2 days ago",
        "2 months 3 weeks ago",
        "vor 1 Woche und 2 Tagen",
        "Edited 2 hours ago",
        "Bearbeitet vor 2 Stunden",
        "Mar. 12, 2019, 2:05 p.m. ET",
        "12 Mar 2019 14:05 UTC-3",
        "12 مارس، 2019 الساعة 2:05 م",
    ],
)
def test_a_date_takes_its_whole_line(line: str) -> None:
    assert lone_stamp(line) is not None


def test_an_edited_mark_behind_the_date_is_no_name() -> None:
    head = read_head(["Ana Ruiz 2 hours ago (edited)"])
    assert head is not None
    assert head.author == "Ana Ruiz"
