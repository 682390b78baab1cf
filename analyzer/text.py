"""Normalised text for the scorers, with the way back: spans found in it map to the same characters of the raw text.

What is undone: compatibility forms (NFKC), invisible and control characters, marks piled on letters, Arabic vowel marks and
stretching strokes, look-alike letters of another script inside a word, accents that no language has together, digits and signs
standing for letters inside a word (leet), s p a c e d letters, stretched letters. What is kept as information: case, emoji, echo
brackets, masking with asterisks. Mentions and links become one placeholder each, so that no user name or address is ever judged.
Every rule looks at its neighbours, so that clean text (prices, model names, dates, abbreviations, coordinates) stays as it is.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

# Letters of Cyrillic and Greek that look like Latin ones; used only inside words that also hold Latin letters (UTS #39).
_LATIN_LOOKALIKE = dict(
    zip(
        "аеорсухіјѕһԁԛԝкмтвнАВЕКМНОРСТУХІЈЅԌαορνικτυχεΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
        "aeopcyxijshdqwkmtbhABEKMHOPCTYXIJSGaopviktuxeABEZHIKMNOPTYX",
        strict=True,
    )
)
_LEET = {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i"}

_LINK = re.compile(r"(?:https?://|www\.)[^\s<>\"')\]]{2,}", re.IGNORECASE)
_MENTION = re.compile(r"(?<![\w@.])@\w[\w.\-]{0,40}(?:@[\w.\-]{1,60})?")
_WORD = re.compile(r"[^\W\d_]+")
# 60: what is longer is no word; without a bound the search for its end takes the square of the length.
_LEET_WORD = re.compile(
    r"(?<![\w@$.#/\-])(?:[^\W\d_]|[013457$])(?:[^\W\d_]|[013457@$!]){2,60}(?:[^\W\d_]|[013457])(?!\w)(?![\w@.]*[@.]\w)"
)
_SIGN_WITHIN = re.compile(r"[^\W\d_][013457@$!]+[^\W\d_]")
_DIGITS = re.compile(r"\d+")
_SPACED = re.compile(r"(?<![^\W_])[^\W\d_]([ .\-_*·/|+~])[^\W\d_](?:\1[^\W\d_]){2,}(?![^\W_])")
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}", re.IGNORECASE)
_SUSPICIOUS = re.compile(r"[013457@$!]|([^\W\d_])\1\1|https?:|www\.|(?:[^\W\d_][ .\-_*/|+~]){3}", re.IGNORECASE)
_DROPPED_CATEGORIES = frozenset(("Cf", "Cc", "Cs", "Co", "Cn"))
_KEPT_CONTROLS = frozenset("\n\t")
_ZERO_WIDTH_JOINER = "\u200d"
_TATWEEL = "\u0640"
# Scripts whose words are read without the marks that have no letter of their own with them: stress, vowels, piles ("zalgo").
_MARKED_SCRIPTS = ("LATIN", "GREEK", "CYRILLIC", "ARABIC", "HEBREW")
# Accented letters as languages have them, by families of spelling; a word with letters of no one row is disguised.
_ACCENTED = tuple(
    frozenset(row)
    for row in (
        "áéíóúüñàèòïç",  # Spanish, Catalan
        "áâãàçéêíóôõúü",  # Portuguese
        "àèéìîòù",  # Italian
        "àâæçéèêëîïôœùûüÿ",  # French
        "äöüßéèàáóëïåæøðþíúýõšž",  # German, Dutch, the languages of the North, Estonian
        "áčďéěíňóřšťúůýžäĺľôŕđć",  # Czech, Slovak, Croatian
        "ąćęłńóśźżėįšųūžčāēģīķļņ",  # Polish, Lithuanian, Latvian
        "áéíóöőúüűăâîșțşţ",  # Hungarian, Romanian
        "çğıöşüâîûəëi̇",  # Turkish, Azerbaijani, Albanian
        "âêîôûŵŷáéíóúċġħżĉĝĥĵŝŭ",  # Welsh, Irish, Maltese, Esperanto
        "àáâãèéêìíòóôõùúýăđĩũơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ",  # Vietnamese
        "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜüńňǹṭḍṇṣśṛṝḥṃñṅḷḹẓẖḫšǧġžčṯḏ",  # pinyin, Sanskrit, Arabic and Persian in Latin letters
    )
)
_PLAIN = str.maketrans("đłøħıðĐŁØĦ", "dlohidDLOH")


@dataclass(frozen=True, slots=True)
class Normalised:
    """`text`, and for each of its characters the half-open range `[starts[i], ends[i])` of the raw text it stands for."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def to_raw(self, start: int, end: int) -> tuple[int, int]:
        """The raw range behind `[start, end)` of `text`; an empty range stays empty."""
        if start >= end:
            at = self.starts[start] if start < len(self.starts) else (self.ends[-1] if self.ends else 0)
            return at, at
        return self.starts[start], self.ends[end - 1]


def normalise(raw: str) -> Normalised:
    """The text a scorer reads, with the way back to `raw`."""
    current = _identity(raw)
    if not raw.isascii():
        current = _compatibility(current)
    if raw.isascii() and not _SUSPICIOUS.search(raw) and raw.isprintable():
        return current
    if raw.isascii() and not raw.isprintable():
        current = _compatibility(current)
    for edits in (_links, _mentions, _lookalikes, _accented, _spaced, _leet, _stretched):
        current = _apply(current, edits)
    return current


def has_letters(text: str) -> bool:
    """True if there is at least one letter: emoji, digits and punctuation alone cannot be judged."""
    return any(unicodedata.category(char)[0] == "L" for char in text)


def _identity(raw: str) -> Normalised:
    return Normalised(raw, tuple(range(len(raw))), tuple(range(1, len(raw) + 1)))


def _compatibility(current: Normalised) -> Normalised:
    """NFKC cluster by cluster (a base with its combining marks), invisible characters dropped."""
    chars: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for begin, stop in _clusters(current.text):
        cluster = current.text[begin:stop]
        kept = "".join(char for char in cluster if not _invisible(char, current.text, begin))
        for char in _unmarked(unicodedata.normalize("NFKC", kept)):
            chars.append(char)
            starts.append(current.starts[begin])
            ends.append(current.ends[stop - 1])
    return Normalised("".join(chars), tuple(starts), tuple(ends))


def _unmarked(cluster: str) -> str:
    """A letter with its marks, as far as they make one letter with it."""
    if len(cluster) < 2 or not unicodedata.name(cluster[0], "").startswith(_MARKED_SCRIPTS):
        return "" if cluster == _TATWEEL else cluster
    return "".join(char for char in cluster if not unicodedata.combining(char) and char != _TATWEEL)


def _clusters(text: str) -> Iterator[tuple[int, int]]:
    begin = 0
    for index in range(1, len(text) + 1):
        # 30: a longer pile of marks ("zalgo") is cut into several clusters so that no cluster grows without bound.
        if index == len(text) or not unicodedata.combining(text[index]) or index - begin >= 30:
            yield begin, index
            begin = index


def _invisible(char: str, text: str, at: int) -> bool:
    if char in _KEPT_CONTROLS:
        return False
    if char == _ZERO_WIDTH_JOINER:  # joins emoji into one picture; between letters it only hides
        return not (at > 0 and unicodedata.category(text[at - 1]) in ("So", "Sk", "Mn", "Cf"))
    return unicodedata.category(char) in _DROPPED_CATEGORIES


Edit = tuple[int, int, str]


def _apply(current: Normalised, find: Callable[[str], Iterator[Edit]]) -> Normalised:
    """`current` with every `(start, end, replacement)` of `find` done; edits come in order and do not overlap.

    A replacement of the same length keeps its characters one to one; else each new character stands for the whole range.
    """
    edits = list(find(current.text))
    if not edits:
        return current
    chars: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    done = 0
    for start, end, new in edits:
        chars.append(current.text[done:start])
        starts += current.starts[done:start]
        ends += current.ends[done:start]
        chars.append(new)
        same = len(new) == end - start
        starts += current.starts[start:end] if same else [current.starts[start]] * len(new)
        ends += current.ends[start:end] if same else [current.ends[end - 1]] * len(new)
        done = end
    chars.append(current.text[done:])
    starts += current.starts[done:]
    ends += current.ends[done:]
    return Normalised("".join(chars), tuple(starts), tuple(ends))


def _links(text: str) -> Iterator[Edit]:
    for found in _LINK.finditer(text):
        yield found.start(), found.end(), "URL"


def _mentions(text: str) -> Iterator[Edit]:
    for found in _MENTION.finditer(text):
        yield found.start(), found.end(), "@user"


def _lookalikes(text: str) -> Iterator[Edit]:
    if text.isascii():
        return
    for found in _WORD.finditer(text):
        word = found.group()
        if any(char.isascii() for char in word) and any(char in _LATIN_LOOKALIKE for char in word):
            yield found.start(), found.end(), "".join(_LATIN_LOOKALIKE.get(char, char) for char in word)


def _accented(text: str) -> Iterator[Edit]:
    if text.isascii():
        return
    for found in _WORD.finditer(text):
        word = found.group()
        marked = {char for char in word.lower() if not char.isascii()}
        if not marked or any(marked <= letters for letters in _ACCENTED):
            continue
        plain = "".join(unicodedata.normalize("NFD", char)[0] for char in word).translate(_PLAIN)
        if plain.isascii():
            yield found.start(), found.end(), plain


def _spaced(text: str) -> Iterator[Edit]:
    for found in _SPACED.finditer(text):
        # Letter by letter, so that every letter keeps its own place in the raw text.
        for at in range(found.start(), found.end() - 1, 2):
            yield at, at + 2, text[at]


def _leet(text: str) -> Iterator[Edit]:
    for found in _LEET_WORD.finditer(text):
        word = found.group()
        letters = sum(char.isalpha() for char in word)
        signs = len(word) - letters
        if signs == 0 or letters < signs or _shouts(word) or _a_number(word):
            continue
        edge = word[0] if word[0] == "$" else ""
        if _SIGN_WITHIN.search(word) or (edge and word[1:].isalpha()):
            yield found.start(), found.end(), "".join(_LEET.get(char, char) for char in word)


def _shouts(word: str) -> bool:
    """True for two words with an exclamation mark between them: as an "i" it stands early in small plain letters, and single."""
    return "!" in word and (not word.isascii() or not word.islower() or word.index("!") > 2 or "!!" in word)


def _a_number(word: str) -> bool:
    """True for model names and the like: different digits in a row, alone in their word or more than two."""
    runs = _DIGITS.findall(word)
    return any(len(set(run)) > 1 and (len(runs) == 1 or len(run) > 2) for run in runs)


def _stretched(text: str) -> Iterator[Edit]:
    for found in _STRETCHED.finditer(text):
        if found.group().lower() != "www":
            yield found.start(), found.end(), found.group()[:2]
