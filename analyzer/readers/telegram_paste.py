"""Messages copied out of a Telegram client: `Name, [25/06/2022 07:25]`, then the words."""

import re
from collections.abc import Iterator
from datetime import datetime
from functools import cache

from analyzer.readers.charset import decode
from analyzer.readers.files import DumpStream
from analyzer.readers.page_words import vocabulary
from analyzer.readers.tally import Tally
from analyzer.readers.times import parse_time
from analyzer.schema import Comment, Status

HEADING = re.compile(
    r"^([^\n\[]{1,80}), \[(\d{1,2}[./]\d{1,2}[./]\d{2,4}),? (\d{1,2}:\d{2}(?::\d{2})?)\][ \t]*", re.MULTILINE
)
_MAX_MESSAGE = 10_000  # lines; a client cuts messages at 4,096 characters


def read(stream: DumpStream, source: str, tally: Tally) -> Iterator[Comment]:
    """The messages as one thread: `[In reply to Mo]` stands for the last message of Mo before, else nothing is answered."""
    heading: re.Match[str] | None = None
    number = 0
    words: list[str] = []
    last: dict[str, str] = {}
    for _, raw in stream.lines():
        line = decode(raw).rstrip("\r\n")
        match = HEADING.match(line)
        if match is None and len(words) < _MAX_MESSAGE:
            words.append(line)
        if match is not None:
            if heading:
                number += 1
                yield _comment(heading, words, number, source, last)
            elif any(words):
                tally.note(f"{source}: the lines before the first name belong to nobody and were left out")
            heading, words = match, [line[match.end() :]]
    if heading:
        yield _comment(heading, words, number + 1, source, last)


def _comment(heading: re.Match[str], words: list[str], number: int, source: str, last: dict[str, str]) -> Comment:
    """The message; `last` holds the last message of everyone before, and then of this author."""
    created, flags = _created(heading[2], heading[3])
    author = heading[1].strip()
    text = "\n".join(words).strip()
    answer = _answer().match(text)
    parent = last.get(answer["name"]) if answer else None
    last[author] = str(number)
    return Comment(
        source=source,
        id=str(number),
        thread_id=source,
        parent_id=parent,
        author=author,
        created=created,
        text=text[answer.end() :].strip() if answer else text,
        status=Status.VISIBLE,
        flags=flags,
    )


@cache
def _answer() -> re.Pattern[str]:
    """The line a client puts above the words of a reply, in the languages of page.toml."""
    words = "|".join(map(re.escape, vocabulary()["says"]["reply_to"]))
    return re.compile(rf"\[(?:{words}):? (?P<name>[^\n]{{1,80}})\][ \t]*(?:\n|$)", re.IGNORECASE)


def _created(day: str, clock: str) -> tuple[datetime | None, tuple[str, ...]]:
    """Day first, as Telegram writes it everywhere but in the United States."""
    year = "%Y" if len(re.split("[./]", day)[2]) == 4 else "%y"
    seconds = ":%S" if clock.count(":") == 2 else ""
    return parse_time(f"{day.replace('.', '/')} {clock}", fmt=f"%d/%m/{year} %H:%M{seconds}")
