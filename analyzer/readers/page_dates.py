"""Dates printed beside comments, in the languages of page.toml: where they stand in a line and what they say."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, lru_cache

from analyzer.readers.page_words import vocabulary

_LONGEST = 240  # a longer line is not a line with a name and a date
_TOKEN = re.compile(
    r"\d{1,4}(?:[./-]\d{1,4}){1,2}|\d{1,2}:\d{2}(?::\d{2}(?:\.\d{3,6})?)?|\d+|[^\W\d_]+(?:[.’'][^\W\d_]+)*|\S"
)
# Without a year, a numeric date or a clock there is no date to find; most lines of a page stop here
_HINT = re.compile(r"(?:19|20)\d\d|\d[./:-]\d|\d\s?(?:h|[ap]m)\b", re.IGNORECASE)
_CJK = re.compile(r"(\d{4})(?:年|년\s)(\d{1,2})(?:月|월\s)(\d{1,2})(?:日|일)")
_DIGITS = {start + n: str(n) for start in (0x660, 0x6F0) for n in range(10)}  # Arabic and Persian
_ORDINALS = ("st", "nd", "rd", "th", "er", "º")
_BETWEEN = frozenset(",،.@-–—/|·•()~")


_DAY = re.compile(r"(?P<month>[^\W\d]{3,12})\.? (?P<day>\d{1,2})|(?P<number>\d{1,2})\.? (?P<name>[^\W\d]{3,12})\.?")


@dataclass(frozen=True, slots=True)
class Stamp:
    """A date in a line: `[start, end)`, and its parts as far as printed. `swap`: day and month may be exchanged.

    `day_first` is what 5/13/2019 tells about its page: False; None for dates that tell nothing.
    """

    start: int
    end: int
    year: int | None = None
    month: int | None = None
    day: int | None = None
    clock: tuple[int, int, int] | None = None
    swap: bool = False
    day_first: bool | None = None
    relative: bool = False
    short: bool = False  # "2h", "yesterday": a date only where comments are beyond doubt

    def moment(self, day_first: bool = True) -> datetime | None:
        """The time in UTC, taking the printed clock as UTC (flag it `tz_unknown`); None without a year or a day."""
        if self.year is None or self.month is None or self.day is None:
            return None
        month, day = (self.day, self.month) if self.swap and not day_first else (self.month, self.day)
        try:
            return datetime(self.year, month, day, *(self.clock or (0, 0, 0)), tzinfo=UTC)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class _Lexicon:
    months: dict[str, int]
    weekdays: frozenset[str]
    joiners: frozenset[str]
    surnames: frozenset[str]
    after_le: frozenset[str]
    zones: frozenset[str]
    am: frozenset[str]
    pm: frozenset[str]
    glued: re.Pattern[str]
    relative: re.Pattern[str]
    ago: re.Pattern[str]
    short: re.Pattern[str]
    age: re.Pattern[str]


@cache
def _lexicon() -> _Lexicon:
    words = vocabulary()["dates"]
    months = {name: n for n, names in enumerate(words["months"], 1) for name in names}
    capital = sorted(
        {w[:1].upper() + w[1:] for w in [*months, *words["weekdays"]] if len(w) >= 3 and " " not in w}, key=len
    )
    unit, number = "|".join(words["units"]), "|".join(words["number_words"])
    before, after = "|".join(map(re.escape, words["ago_before"])), "|".join(map(re.escape, words["ago_after"]))
    named, few = "|".join(map(re.escape, words["days_named"])), rf"(?:\d{{1,3}}\+?|{number})"
    at = r"(?:(?:at|um|à|a las|alle|в|o|om|الساعة)\s+)?\d{1,2}[:h]\d{2}(?:\s?(?:[ap]m|uhr)\b)?"
    then, more = "|".join(words["ago_and"]), rf"\d{{1,3}}\s?(?:{unit})(?!\w)"
    short, now, posted = "|".join(words["short_units"]), "|".join(words["now"]), "|".join(words["posted"])
    return _Lexicon(
        months,
        frozenset(words["weekdays"]),
        frozenset([*words["joiners"], *words["posted"]]),
        frozenset(words["surnames"]),
        frozenset(words["after_le"]),
        frozenset(words["zones"]),
        frozenset(words["meridiem_am"]),
        frozenset(words["meridiem_pm"]),
        re.compile("(?:(?<=[^\\W_])|(?<=\\.))(?:" + "|".join(reversed(capital)) + ")$"),
        re.compile(
            # "Ana3 days ago0 Likes" is glued by the text tool
            rf"(?:(?<!\w)|(?<=[^\W\d_])(?=\d))(?:(?:{posted})\s+)?(?:(?:{before})\s+(?:(?:etwa|unos|environ|около)\s+)?(?:{few}\s+)?(?:{unit})(?!\w)"
            rf"(?:(?:,|\s(?:{then})(?=\s))?\s{more})?"
            rf"|(?:about\s+|over\s+|almost\s+)?(?:{more}(?:,|\s(?:{then})(?=\s))?\s)?{few}\s?(?:{unit})\s(?:{after})(?![^\W\d_])"
            rf"|(?:{'|'.join(words['ago_glued'])})"
            rf"|(?:{named})\b[^\w\n]{{0,3}}{at})",
            re.IGNORECASE,
        ),
        re.compile(
            rf"(?<!\w)(?:{before}|{after})(?![^\W\d_])|\d\s?\w{{1,2}}\s?[前전]|(?:{named})\W{{1,3}}\d", re.IGNORECASE
        ),
        re.compile(rf"\d{{1,3}}(?:{short})|{now}|{named}", re.IGNORECASE),
        re.compile(
            rf"(?<!\w)(?:\d{{1,3}}\s?(?:{short}|{unit}|{'|'.join(words['age_units'])})(?!\w)\.?|{now}|{named})(?!\w)",
            re.IGNORECASE,
        ),
    )


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    start: int
    end: int

    @property
    def word(self) -> str:
        return self.text.casefold().rstrip(".")

    @property
    def number(self) -> int | None:
        return int(self.text) if self.text.isdecimal() and len(self.text) <= 4 else None


def _tokens(line: str) -> list[_Token]:
    tokens: list[_Token] = []
    for match in _TOKEN.finditer(line):
        text, start = match[0], match.start()
        # A text tool may glue the name to the date: "IwonaMay 30, 2019"
        glued = (
            _lexicon().glued.search(text) if text[:1].isalpha() and text.casefold() not in _lexicon().months else None
        )
        if glued and _goes_on(glued[0], line[match.end() :]):
            tokens.append(_Token(text[: glued.start()], start, start + glued.start()))
            tokens.append(_Token(glued[0], start + glued.start(), match.end()))
        elif day := _glued_day(line, match):
            tokens.append(_Token(text[:-day], start, match.end() - day))
            tokens.append(_Token(text[-day:], match.end() - day, match.end()))
        else:
            tokens.append(_Token(text, start, match.end()))
    return tokens


def _glued_day(line: str, match: re.Match[str]) -> int:
    """How many digits of "Ana774 mars 2021" are the day, behind a name that ends in digits; 0 for other numbers."""
    if len(match[0]) < 3 or not match[0].isdecimal() or not line[: match.start()][-1:].isalpha():
        return 0
    follows = re.match(r"(?:\.|º|er)?\s+(?:de\s+|d['’])?([^\W\d_]+)", line[match.end() :])
    if follows is None or follows[1].casefold() not in _lexicon().months:
        return 0
    return 2 if 10 <= int(match[0][-2:]) <= 31 else 1 if match[0][-1] != "0" else 0


def _goes_on(word: str, rest: str) -> bool:
    """True if a day, a year or a comma follows the month or weekday: "LaMar 3 May" and "RisingSun May 3" are names."""
    follows = re.match(r"\.?\s*(?:,|\d+\W{0,2}(?P<month>[^\W\d_]*))", rest)
    months = _lexicon().months
    return follows is not None and (word.casefold() not in months or (follows["month"] or "").casefold() not in months)


@lru_cache(maxsize=8192)
def find_stamps(line: str) -> tuple[Stamp, ...]:
    """All dates in a line of at most 240 characters, in order."""
    if not line.isascii():
        line = _CJK.sub(_numeric_form, line.translate(_DIGITS))
    if len(line) > _LONGEST or not (_HINT.search(line) or _lexicon().ago.search(line)):
        return ()
    tokens, at = _tokens(line), 0
    stamps: list[Stamp] = []
    while at < len(tokens):
        found = _date_at(tokens, at)
        if found is None:
            at += 1
            continue
        first, stamp, last = _widen(tokens, *found)
        while stamps and tokens[first].start < stamps[-1].end:
            first += 1
        stamps.append(replace(stamp, start=tokens[first].start, end=tokens[last - 1].end))
        at = last
    if any(stamp.year for stamp in stamps):
        return tuple(stamps)
    # "3 years ago 1 Like" is not the first of "ago", August in Italian
    ages = tuple(Stamp(m.start(), m.end(), relative=True) for m in _lexicon().relative.finditer(line))
    return ages or tuple(stamps)


def _numeric_form(match: re.Match[str]) -> str:
    """The date as 2019-10-11, with zeros that keep the line as long as it is."""
    year, month, day = match.groups()
    room = len(match[0]) - len(year) - 2
    return f"{year}-{month.zfill(room // 2)}-{day.zfill(room - room // 2)}"


def find_short(line: str) -> tuple[Stamp, ...]:
    """The date of a line that is nothing but "2h", "just now" or "yesterday"; none otherwise."""
    text = line.strip()
    start = line.find(text)
    if _lexicon().short.fullmatch(text):
        return (Stamp(start, start + len(text), relative=True, short=True),)
    if day := _DAY.fullmatch(text):
        name, number = day["month"] or day["name"], int(day["day"] or day["number"])
        month = _lexicon().months.get(name.casefold())
        if month and 1 <= number <= 31:
            return (Stamp(start, start + len(text), month=month, day=number, short=True),)
    return ()


def find_age(line: str) -> tuple[Stamp, ...]:
    """All ages in a line, shortest forms too ("2 Std.", "3 j"): dates only where buttons stand beside them."""
    found = _lexicon().age.finditer(line.translate(_DIGITS)) if len(line) <= _LONGEST else ()
    return tuple(Stamp(match.start(), match.end(), relative=True, short=True) for match in found)


def starts_with_date(line: str) -> bool:
    """True for "29. Mai 2019 um 17:39": what looks like the number of a list is a day."""
    stamps = find_stamps(line[:60])
    return bool(stamps) and stamps[0].start == 0 and stamps[0].year is not None


def _date_at(tokens: list[_Token], at: int) -> tuple[int, Stamp, int] | None:
    """A date whose month word or numeric form is token `at`, its first token, and the index after its last."""
    token = tokens[at]
    if token.text[0].isdecimal() and not token.text.isdecimal() and ":" not in token.text:
        return _numeric(tokens, at)
    month = _lexicon().months.get(token.word)
    if month is None:
        return None
    after = _skip(tokens, at + 1, ".,،")
    follows = tokens[after].number if after < len(tokens) else None
    if follows is not None and 1 <= follows <= 31 and len(tokens[after].text) <= 2:
        end = _skip(tokens, after + 1, ".,،", _ORDINALS)
        year = _year(tokens, end)
        if not year and at > 1 and tokens[at - 1].text == "." and (year := _year(tokens, at - 2)):
            return at - 2, Stamp(0, 0, year, month, follows), after + 1  # "2024. március 3."
        return at, Stamp(0, 0, year, month, follows), end + 1 if year else after + 1
    before = at - 1
    while before >= 0 and (tokens[before].text in ".-" or tokens[before].word in ("de", "of", *_ORDINALS)):
        before -= 1
    day = tokens[before].number if before >= 0 else None
    if day is None or not 1 <= day <= 31:
        return None
    end = _skip(tokens, at + 1, ".,،-", ("de", "del", "of"))
    year = _year(tokens, end)
    return before, Stamp(0, 0, year, month, day), end + 1 if year else at + 1


def _numeric(tokens: list[_Token], at: int) -> tuple[int, Stamp, int] | None:
    """2019-05-30, 30.05.2019, 5/30/19; or 30.05 with the year as the next token."""
    printed = re.split(r"[./-]", tokens[at].text)
    end = at + 1
    if len(printed) == 2:
        end = _skip(tokens, at + 1, ".,")
        year = _year(tokens, end)
        if year is None or len(tokens[at].text) > 5:
            return None
        printed, end = [*printed, str(year)], end + 1
    one, two, three = (int(part) for part in printed)
    if len(printed[0]) == 4:
        year, month, day, swap, day_first = one, two, three, False, None
    elif len(printed[2]) in (2, 4):
        day, month, year = one, two, three + (0 if three > 99 else 2000 if three < 70 else 1900)
        # Dots put the day first wherever they are used: 1.14.22 is a release
        dotted = "." in tokens[at].text
        swap = day <= 12 and month <= 12 and not dotted
        day_first = None if dotted or swap else day > 12
        if month > 12:
            if dotted and three <= 99:
                return None
            day, month = month, day
    else:
        return None
    if not (1 <= month <= 12 and 1 <= day <= 31 and 1970 <= year <= 2100):
        return None
    return at, Stamp(0, 0, year, month, day, swap=swap, day_first=day_first), end


def _skip(tokens: list[_Token], at: int, signs: str, words: tuple[str, ...] = ()) -> int:
    while at < len(tokens) and (tokens[at].text in signs or tokens[at].word in words):
        at += 1
    return at


def _year(tokens: list[_Token], at: int) -> int | None:
    number = tokens[at].number if at < len(tokens) and len(tokens[at].text) == 4 else None
    return number if number is not None and 1970 <= number <= 2100 else None


def _widen(tokens: list[_Token], first: int, stamp: Stamp, last: int) -> tuple[int, Stamp, int]:
    """The date with the tokens around it that belong to it: weekday, clock, zone, joining words."""
    clock, edge, at = None, last, last
    while at < len(tokens):
        read = _clock(tokens, at) if clock is None else None
        if read:
            clock, at = read
            edge = at
        elif clock and tokens[at].text in _lexicon().zones:
            edge = at = _past_offset(tokens, at + 1, hours=r"\d{1,2}")
        elif tokens[at].text in _BETWEEN or _joins(tokens[at]):
            at += 1
            edge = edge if tokens[at - 1].text in _BETWEEN else at
        else:
            break
    left, at, barred = first, first - 1, False
    while at >= 0 and first - at < 8:
        read = _clock(tokens, at) if clock is None and ":" in tokens[at].text else None
        barred = barred or tokens[at].text in "·•|—"
        if read:
            clock, left = read[0], at
        elif (tokens[at].word in _lexicon().weekdays or _joins(tokens[at])) and not _ends_name(tokens, at, barred):
            left = at
        elif tokens[at].text not in _BETWEEN:
            break
        at -= 1
    return left, replace(stamp, clock=clock), edge


def _ends_name(tokens: list[_Token], at: int, barred: bool) -> bool:
    """True for a capital word that a name ends in: "Chinedum O. July 14", "Anh Le May 3", "Kim So · 3 May".

    `barred`: a sign that parts a name from its date stands between. In "Ana, Do 9 Apr" and "Ana Do. 9 Apr" is a weekday.
    """
    text, word = tokens[at].text, tokens[at].word
    named = at > 0 and tokens[at - 1].text[-1].isalpha() and word in _lexicon().surnames
    apart = barred or tokens[at + 1].text not in (",", ".")
    if word == "le" and any(token.word in _lexicon().after_le for token in tokens[at + 1 : at + 4]):
        return False  # "Ana Le 3 mars"
    return _is_glued(tokens, at) or (text[0].isupper() and (len(word) == 1 or (named and apart)))


def _is_glued(tokens: list[_Token], at: int) -> bool:
    """True for the end of a user name: the "r" of "ana_r 5 March"."""
    before = tokens[max(0, at - 2) : at + 1]
    return len(before) == 3 and before[1].text in "_-" and before[0].end == before[1].start == before[2].start - 1


def _joins(token: _Token) -> bool:
    lexicon = _lexicon()
    return token.word in lexicon.joiners or token.word in lexicon.am or token.word in lexicon.pm


def _clock(tokens: list[_Token], at: int) -> tuple[tuple[int, int, int], int] | None:
    """A time of day at `at` ("13:04", "13.04", "1:06 PM", "14 h 05", "5pm") and the index after it."""
    text = tokens[at].text
    if re.fullmatch(r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?|\d{1,2}\.\d{2}", text):
        parts = [int(part) for part in re.split("[:.]", text)[:3]]
        end = _past_offset(tokens, at + 1)
    elif tokens[at].number is not None and at + 1 < len(tokens) and tokens[at + 1].word == "h":
        minute = tokens[at + 2].number if at + 2 < len(tokens) else None
        parts, end = [int(text), minute or 0], at + (3 if minute is not None else 2)
    elif tokens[at].number is not None and at + 1 < len(tokens) and tokens[at + 1].word in ("am", "pm"):
        parts, end = [int(text), 0], at + 1
    else:
        return None
    hour, minute, second = parts[0], parts[1], parts[2] if len(parts) > 2 else 0
    word = tokens[end].word if end < len(tokens) else ""
    if word in _lexicon().pm:
        hour, end = hour + 12 if hour < 12 else hour, end + 1
    elif word in _lexicon().am:
        hour, end = hour % 12 if hour == 12 else hour, end + 1
    if hour > 23 or minute > 59 or second > 59:
        return None
    return (hour, minute, second), end


def _past_offset(tokens: list[_Token], at: int, hours: str = r"\d\d:?\d\d") -> int:
    """The index after "+02:00", or "+1" of a zone, if that stands right behind the clock or zone before `at`."""
    if at + 1 >= len(tokens):
        return at
    sign, offset = tokens[at], tokens[at + 1]
    glued = tokens[at - 1].end == sign.start and sign.end == offset.start
    return at + 2 if glued and sign.text in "+-" and re.fullmatch(hours, offset.text) else at


def day_first(stamps: Iterable[Stamp], lines: Iterable[str]) -> bool:
    """Whether a page that prints 5/3/2019 means 5 March: as its stamps say, else a date in `lines`, else the clock."""
    stamps = list(stamps)
    told = Counter(stamp.day_first for stamp in stamps if stamp.day_first is not None)
    if told:
        return told[True] >= told[False]
    text = " ".join(lines)
    for match in re.finditer(r"(?<![\d/])(\d{1,2})/(\d{1,2})/\d{4}(?![\d/])", text):
        if int(match[1]) > 12:
            return True
        if int(match[2]) > 12:
            return False
    ambiguous = any(stamp.swap for stamp in stamps)
    american = re.search(r"\d/\d{1,2}/\d{2,4}[^\n]{0,6}\d{1,2}:\d{2}\s?[ap]\.?m", text, re.IGNORECASE)
    return not (ambiguous and american)
