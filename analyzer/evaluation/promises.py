"""Promises in words: "maximum recall @ precision >= 0.95 where label=abuse.threat and lang=de", parsed and said again."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

from analyzer.errors import ConfigError

EXAMPLE = "maximum recall @ precision >= 0.95 where label=abuse.threat and lang=de"
DELTA = 0.05  # share of samples of labels in which a promise may turn out broken

# What is made as large as possible, what is kept, and on which side of the bound.
_FORMS: Mapping[tuple[str, str], str] = {
    ("recall", "precision"): ">=",
    ("recall", "false_positive_rate"): "<=",
    ("precision", "recall"): ">=",
}
_TYPED = {">=": "≥", "<=": "≤"}
_WORDS = ("label", "lang", "source")
_NUMBERS = {"base_rate": 1.0, "delta": 0.5}  # with what each must stay below
_BARE = r"[^\s<>=≥≤@\"]+"
_TOKEN = re.compile(rf'>=|<=|"[^"]*"|{_BARE}|\S')


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What a threshold is to keep: `measure` on the right side of `bound` with confidence 1 - `delta`, and the most `goal` at that.

    `label`, `lang` and `source` say for which comments. `base_rate` is the share of positives among these on the site; it is stated
    where the labelled rows hold another share.
    """

    goal: str
    measure: str
    bound: float
    label: str
    lang: str | None = None
    source: str | None = None
    base_rate: float | None = None
    delta: float = DELTA

    @property
    def kept(self) -> str:
        """What is promised, without for which comments."""
        return f"{self.measure} {_FORMS[self.goal, self.measure]} {self.bound:g}"

    def __str__(self) -> str:
        given: dict[str, str | float | None] = {"label": self.label, "lang": self.lang, "source": self.source}
        given |= {"base_rate": self.base_rate, "delta": self.delta if self.delta != DELTA else None}
        where = " and ".join(f"{name}={_said(value)}" for name, value in given.items() if value is not None)
        sign = _FORMS[self.goal, self.measure]
        return f"maximum {self.goal} @ {self.measure} {sign} {self.bound!r} where {where}"


def _said(value: str | float) -> str:
    if isinstance(value, float):
        return repr(value)
    return value if re.fullmatch(_BARE, value) else f'"{value}"'


def parse_promise(text: str) -> Promise:
    """The promise meant; ConfigError says at which position it cannot be read, and shows one that can."""
    reading = _Reading(text)
    reading.take("maximum")
    goal = reading.take(*dict.fromkeys(goal for goal, _ in _FORMS))
    reading.take("@")
    measure = reading.take(*(kept for wanted, kept in _FORMS if wanted == goal))
    sign = _FORMS[goal, measure]
    reading.take(sign, _TYPED[sign])
    bound = reading.number(below=1.0)
    reading.take("where")
    words, numbers = _conditions(reading)
    return Promise(
        goal=goal,
        measure=measure,
        bound=bound,
        label=words["label"],
        lang=words.get("lang"),
        source=words.get("source"),
        base_rate=numbers.get("base_rate"),
        delta=numbers.get("delta", DELTA),
    )


def _conditions(reading: "_Reading") -> tuple[dict[str, str], dict[str, float]]:
    words: dict[str, str] = {}
    numbers: dict[str, float] = {}
    while True:
        name = reading.take(*(name for name in (*_WORDS, *_NUMBERS) if name not in words and name not in numbers))
        reading.take("=")
        if name in _NUMBERS:
            numbers[name] = reading.number(below=_NUMBERS[name])
        else:
            words[name] = reading.word(name)
        if reading.ended and "label" in words:
            return words, numbers
        if reading.ended:
            reading.fail("`and label=…`, the label that is meant")
        reading.take("and")


class _Reading:
    """The tokens of a promise, taken one by one."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(_TOKEN.finditer(text))
        self._at = 0

    @property
    def ended(self) -> bool:
        return self._at == len(self._tokens)

    def take(self, *allowed: str) -> str:
        """The next token, which must be one of these."""
        token = "" if self.ended else self._tokens[self._at].group().lower()
        if token not in allowed:
            self.fail(" or ".join(f"`{word}`" for word in allowed))
        self._at += 1
        return token

    def number(self, *, below: float) -> float:
        """The next token as a number above 0 and below `below`."""
        try:
            number = float("" if self.ended else self._tokens[self._at].group())
        except ValueError:
            number = 0.0
        if not 0 < number < below:
            self.fail(f"a number above 0 and below {below:g}, with a point, such as 0.05")
        self._at += 1
        return number

    def word(self, name: str) -> str:
        """The next token as a value, without its quotes."""
        token = "" if self.ended else self._tokens[self._at].group()
        value = token.strip('"')
        if not value or token in "<>=@":
            self.fail(f"a value for `{name}`")
        self._at += 1
        return value

    def fail(self, expected: str) -> NoReturn:
        place = len(self._text) if self.ended else self._tokens[self._at].start()
        found = "the end" if self.ended else f"{self._tokens[self._at].group()!r}"
        raise ConfigError(
            f"promise, position {place + 1}: {expected} should stand here, not {found}; write for example: {EXAMPLE}"
        )
