"""Which language a comment is in, with the right to say "undecided"; identification never refuses a comment by itself.

py3langid (Barbaresi 2022; model of Lui and Baldwin 2012) is bundled, small and offline. On short or misspelt text any
identifier guesses, so below `SURE` or `ENOUGH` letters the hint of the source is used, else the language the thread is held in,
else `und`.
"""

from collections import Counter
from functools import cache, lru_cache
from itertools import islice
from typing import Any

from analyzer.schema import Thread

SURE = 0.98
ENOUGH = 20  # letters
ASKED = 200  # comments of a thread that are asked for its language
SAYING = 3  # of them must say theirs with certainty
SHARE = 0.8  # of these must say the same
_SCRIPTS = (("\u0370", "\u03ff", "el"), ("\u0590", "\u05ff", "he"))


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def identify(text: str, hint: str | None = None) -> tuple[str, bool]:
    """Language code (ISO 639-1, or `und`), and whether the text itself says so with near certainty."""
    code, sure = _said(text)
    if code is None:
        code = (hint or "und").replace("_", "-").split("-")[0].lower() or "und"
    return code, sure


@lru_cache(4 * ASKED)  # a thread's first comments are asked twice: for the thread, and for themselves
def _said(text: str) -> tuple[str | None, bool]:
    """The language that the text itself says or whose script it is in, else None; and whether it is nearly certain."""
    letters = sum(char.isalpha() for char in text)
    if letters >= ENOUGH:
        code, probability = _identifier().classify(text[:2000])
        if probability >= SURE:
            return str(code), True
    for first, last, code in _SCRIPTS:
        if letters and sum(first <= char <= last for char in text) > letters / 2:
            return code, False
    return None, False


def usual_language(thread: Thread) -> str | None:
    """The language a thread is held in: the one in which nearly all comments are that say theirs with certainty."""
    scorable = islice((comment for comment in thread.comments if comment.scorable), ASKED)
    said = Counter(lang for lang, sure in map(_said, (comment.text for comment in scorable)) if sure)
    for lang, count in said.most_common(1):
        if count >= SAYING and count >= SHARE * said.total():
            return lang
    return None
