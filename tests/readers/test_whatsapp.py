"""WhatsApp's exports in the forms that phones of several regions write."""

import pytest

from analyzer.readers import whatsapp
from analyzer.readers.files import DumpStream
from analyzer.readers.tally import Tally


def read(text: str):
    tally = Tally()
    return list(whatsapp.read(DumpStream("chat", iter([text.encode()]), tally), "chat", tally)), tally


@pytest.mark.parametrize(
    ("first", "second", "month"),
    [
        ("12/03/2024, 21:15 - ", "13/03/2024, 08:02 - ", 3),
        ("3/12/24, 9:15\u202fPM - ", "3/13/24, 8:02\u202fAM - ", 3),
        ("12/3/24, 9:15 p. m. - ", "13/3/24, 8:02 a. m. - ", 3),
        ("12.03.24, 21:15 - ", "13.03.24, 08:02 - ", 3),
        ("12.03.2024 21.15 - ", "13.03.2024 8.02 - ", 3),
        ("2024-03-12, 9:15 p.m. - ", "2024-03-13, 8:02 a.m. - ", 3),
        ("[12/03/2024, 21:15:09] ", "[13/03/2024, 08:02:00] ", 3),
        ("[2024/3/12, 21:15:09] ", "[2024/3/13, 08:02:00] ", 3),
        ("[3/12/24, 9:15:09\u202fPM] ", "[3/13/24, 8:02:00\u202fAM] ", 3),
    ],
)
def test_the_headings_of_phones_of_many_regions(first: str, second: str, month: int) -> None:
    text = f"{first}Ana: Late again?\n{second}Bo: It is: always.\n"
    assert whatsapp.sniff(text)
    comments, _ = read(text)
    assert [(one.author, one.text) for one in comments] == [("Ana", "Late again?"), ("Bo", "It is: always.")]
    times = [(one.created.day, one.created.month, one.created.hour) for one in comments if one.created]
    assert times == [(12, month, 21), (13, month, 8)]


def test_a_day_that_may_be_a_month_is_said_in_a_note() -> None:
    comments, tally = read("1/2/24, 21:15 - Ana: Late again?\n1/2/24, 21:16 - Bo: Yes.\n")
    assert comments[0].created
    assert (comments[0].created.day, comments[0].created.month) == (1, 2)
    assert any("3 April" in note for note in tally.notes)


@pytest.mark.parametrize(
    "text",
    [
        "Ana: Late again?\nBo: Yes.\n",
        "12/03/2024, 21:15 - The ferry is late\n12/03/2024, 21:20 - The ferry has come\n",
        "The chat of the harbour\n\n12/03/2024, 21:15 - Ana: Late again?\n12/03/2024, 21:16 - Bo: Yes.\n",
        "date,text\n12/03/2024,Late again?\n",
    ],
)
def test_other_texts_are_no_chats(text: str) -> None:
    assert not whatsapp.sniff(text)


def test_what_stands_between_angle_brackets_in_words_is_kept() -> None:
    comments, tally = read("12/03/2024, 21:15 - Ana: a <b> c\n12/03/2024, 21:16 - Bo: <Medien ausgeschlossen>\n")
    assert [one.text for one in comments] == ["a <b> c"]
    assert tally.counts["media_without_words"] == 1
