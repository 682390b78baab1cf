"""WhatsApp chats as the app exports them ("Export chat"): a heading with time and name in front of every message.

Android writes `12/03/2024, 21:15 - Ana: words`, iPhones `[12.03.24, 21:15:09] Ana: words`; order and signs of the date follow
the phone's region. The export has neither ids nor replies: the chat is one thread without a tree.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from analyzer.readers.charset import decode
from analyzer.readers.files import DumpStream
from analyzer.readers.tally import Tally
from analyzer.readers.times import parse_time, tells_day_first
from analyzer.readers.withheld import read_withheld
from analyzer.schema import Comment, Status

_DAY = r"(?P<day>\d{1,4}[./-] ?\d{1,2}[./-] ?\d{1,4})\.?"
_CLOCK = r"(?P<clock>\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?:\s?[AaPp]\.?\s?[Mm]\.?)?)"
_HEADING = re.compile(
    rf"(?:\[{_DAY},?\s{_CLOCK}\] |{_DAY.replace('day', 'day2')},?\s{_CLOCK.replace('clock', 'clock2')} - )"
    r"(?:(?P<name>[^:\n]{1,80}):(?: |$))?"
)
_MARK = "\u200e"  # left-to-right mark: iPhones put it before what the app says instead of the sender
_INSTEAD = re.compile(r"<[^<>\n]{3,60}>")  # "<Media omitted>", as Android puts it
_EDITED = re.compile(rf"\s*{_MARK}?<[^<>\n]{{3,60}}>$")  # "<This message was edited>", behind the words
_MAX_MESSAGE = 70_000  # characters; the app sends no more than 65,536


class _Heading(NamedTuple):
    date: str
    name: str | None  # None: the app itself speaks
    words: str


def sniff(head: str) -> bool:
    """True if the text begins with a heading and two or more people speak below it, or one speaks twice."""
    lines = head.removeprefix("\ufeff").splitlines()
    headings = [heading for line in lines[:2_000] if (heading := _heading(line))]
    starts = next((line for line in lines if line.strip()), "")
    return _heading(starts) is not None and sum(heading.name is not None for heading in headings) > 1


def _heading(line: str) -> _Heading | None:
    match = _HEADING.match(line.lstrip(_MARK + "\ufeff"))
    if match is None:
        return None
    clock = (match["clock"] or match["clock2"]).replace("\u202f", " ")
    clock = re.sub(r"\s?([AaPp])\.?\s?[Mm]\.?$", r" \1M", re.sub(r"(?<=\d)\.(?=\d)", ":", clock))
    day = re.sub(r"[.-] ?", "/", match["day"] or match["day2"]).replace("/ ", "/")
    return _Heading(f"{day} {clock}", match["name"], line.lstrip(_MARK + "\ufeff")[match.end() :])


def read(stream: DumpStream, source: str, tally: Tally) -> Iterator[Comment]:
    """The messages of people as one thread; what the app says itself is counted, media without words too."""
    heads = filter(None, map(_heading, decode(stream.head()).splitlines()))
    day_first = tells_day_first([head.date for head in heads])
    if day_first is None:
        tally.note(f"{source}: nothing tells whether 3/4 is a day in April or in March; read as 3 April")
    heading: _Heading | None = None
    words: list[str] = []
    number = 0
    for _, raw in stream.lines():
        line = decode(raw).rstrip("\r\n")
        found = _heading(line)
        if found is None:
            if sum(map(len, words)) < _MAX_MESSAGE:
                words.append(line)
            continue
        if heading is not None:
            number += 1
            yield from _message(heading, words, number, source, tally, day_first=day_first is not False)
        heading, words = found, [found.words]
    if heading is not None:
        yield from _message(heading, words, number + 1, source, tally, day_first=day_first is not False)


def _message(
    heading: _Heading, words: list[str], number: int, source: str, tally: Tally, *, day_first: bool
) -> Iterator[Comment]:
    text = "\n".join(words).strip()
    if heading.name is None:
        tally.count("service_messages")
        return
    edited = _EDITED.search(text)
    if edited and edited.start() > 0:
        text = text[: edited.start()]
    if _INSTEAD.fullmatch(text) or (text.startswith(_MARK) and read_withheld(text.lstrip(_MARK)) is None):
        tally.count("media_without_words")
        return
    created, flags = parse_time(heading.date, day_first=day_first)
    yield Comment(
        source=source,
        id=str(number),
        thread_id=source,
        author=heading.name.strip(_MARK + "\u202a\u202c \xa0~"),
        created=created,
        text=text.lstrip(_MARK),
        status=Status.VISIBLE,
        flags=flags,
    )
