"""Which language a comment is in, with the right to say "undecided"; identification never refuses a comment by itself.

py3langid (Barbaresi 2022; model of Lui and Baldwin 2012) is bundled, small and offline. On short or misspelt text any
identifier guesses, so below `SURE` or `ENOUGH` letters the hint of the source is used, else `und`.
"""

from functools import cache
from typing import Any

SURE = 0.98
ENOUGH = 20  # letters
_SCRIPTS = (("\u0370", "\u03ff", "el"), ("\u0590", "\u05ff", "he"))


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def identify(text: str, hint: str | None = None) -> tuple[str, bool]:
    """Language code (ISO 639-1, or `und`), and whether the text itself says so with near certainty."""
    letters = sum(char.isalpha() for char in text)
    if letters >= ENOUGH:
        code, probability = _identifier().classify(text[:2000])
        if probability >= SURE:
            return str(code), True
    for first, last, code in _SCRIPTS:
        if letters and sum(first <= char <= last for char in text) > letters / 2:
            return code, False
    return ((hint or "und").split("-")[0].lower() or "und"), False
