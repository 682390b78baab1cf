"""Plain words for figures: number and noun agree, a probability has one word, a time one form."""

from collections.abc import Mapping, Sequence
from datetime import datetime

_PROBABILITY = ((0.90, "very likely"), (0.70, "likely"), (0.50, "more likely than not"), (0.30, "possible"))
_SMALL = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_TIMES = {1: "once", 2: "twice"}
# Not strftime: a program around this one may have set the locale to another language.
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_KEPT_CAPITAL = (
    "Nazi",
    "Holocaust",
    "Jew",
    "Israel",
    "Muslim",
    "Christian",
    "Arab",
    "Asian",
    "Latino",
    "Black",
    "LGBT",
)
# fmt: off
_LANGUAGES = {
    "af": "Afrikaans", "am": "Amharic", "ar": "Arabic", "az": "Azerbaijani", "be": "Belarusian", "bg": "Bulgarian",
    "bn": "Bengali", "bs": "Bosnian", "ca": "Catalan", "cs": "Czech", "cy": "Welsh", "da": "Danish", "de": "German",
    "el": "Greek", "en": "English", "es": "Spanish", "et": "Estonian", "eu": "Basque", "fa": "Persian",
    "fi": "Finnish", "fr": "French", "ga": "Irish", "gl": "Galician", "gu": "Gujarati", "ha": "Hausa", "he": "Hebrew",
    "hi": "Hindi", "hr": "Croatian", "hu": "Hungarian", "hy": "Armenian", "id": "Indonesian", "is": "Icelandic",
    "it": "Italian", "ja": "Japanese", "ka": "Georgian", "kk": "Kazakh", "ko": "Korean", "lt": "Lithuanian",
    "lv": "Latvian", "mk": "Macedonian", "mr": "Marathi", "ms": "Malay", "nb": "Norwegian", "ne": "Nepali",
    "nl": "Dutch", "no": "Norwegian", "pa": "Punjabi", "pl": "Polish", "ps": "Pashto", "pt": "Portuguese",
    "ro": "Romanian", "ru": "Russian", "sk": "Slovak", "sl": "Slovenian", "so": "Somali", "sq": "Albanian",
    "sr": "Serbian", "sv": "Swedish", "sw": "Swahili", "ta": "Tamil", "te": "Telugu", "th": "Thai", "tl": "Tagalog",
    "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu", "uz": "Uzbek", "vi": "Vietnamese", "yi": "Yiddish",
    "zh": "Chinese",
}
# fmt: on
_UNCHECKED = {
    "empty": "no text",
    "letterless": "no letters to score",
    "language": "language not known to the model",
    "failed": "scoring failed",
    "unscored": "no score in this run",
    "undecided": "no decision was made",
}
# What the counts of a reading mean, in the order in which they are told; one, and several.
_READING: Mapping[str, tuple[str, str]] = {
    "rejects": ("place could not be read", "places could not be read"),
    "skipped_files": ("file was skipped", "files were skipped"),
    "skipped_rows": ("row of another kind was left out", "rows of another kind were left out"),
    "short_rows": ("row has fewer cells than the header", "rows have fewer cells than the header"),
    "mended_quotes": ("row with stray quotes was mended", "rows with stray quotes were mended"),
    "joined_cells": (
        "row had more cells than the header; they were read as words of its text",
        "rows had more cells than the header; they were read as words of their texts",
    ),
    "xml_repairs": ("place of broken XML was mended", "places of broken XML were mended"),
    "unread_dates": ("date could not be read and is left empty", "dates could not be read and are left empty"),
    "cut_texts": ("text of more than a million characters was cut", "texts of more than a million characters were cut"),
    "given_twice": ("comment was given twice and is kept once", "comments were given twice and are kept once"),
    "duplicates": ("comment repeats an earlier one word for word", "comments repeat earlier ones word for word"),
    "orphans": (
        "reply answers a comment that is not in the dump; it stands as a root",
        "replies answer comments that are not in the dump; they stand as roots",
    ),
    "cycles": ("circle of parents was cut", "circles of parents were cut"),
    "pingbacks": ("pingback was left out", "pingbacks were left out"),
    "retweets": ("retweet counts under who passed it on", "retweets count under who passed them on"),
    "forwarded": (
        "message was forwarded and counts under who passed it on",
        "messages were forwarded and count under who passed them on",
    ),
    "service_messages": ("message of the service itself was left out", "messages of the service itself were left out"),
    "media_without_words": (
        "picture or recording without words was left out",
        "pictures or recordings without words were left out",
    ),
    "posts": ("post or article is no comment and was left out", "posts or articles are no comments and were left out"),
    "more_stubs": ("place says that more replies exist", "places say that more replies exist"),
    "pages_with_more": ("page of an answer says that another follows", "pages of an answer say that another follows"),
}


def probability(prob: float) -> str:
    """The word for a calibrated probability."""
    return next((word for least, word in _PROBABILITY if prob >= least), "unlikely")


def found_at(prob: float) -> str:
    """The word for the probability of a label that is shown: many thresholds lie where `unlikely` would be said."""
    return probability(prob) if prob >= 0.5 else "above its threshold"


def plural(count: int, noun: str, nouns: str | None = None) -> str:
    """`1 comment`, `2 comments`, `1,204 replies`."""
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}"


def agree(count: int, one: str, many: str) -> str:
    return one if count == 1 else many


def small(count: int) -> str:
    """Small numbers in letters: `among the eight`."""
    return _SMALL[count] if count < len(_SMALL) else f"{count:,}"


def times(count: int) -> str:
    return _TIMES.get(count, f"{count:,} times")


def listed(parts: Sequence[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {last} {parts[-1]}" if parts else ""


def percent(rate: float) -> str:
    """Whole percent, one decimal under 1: `13 %`, `0.6 %`, `under 0.1 %`; `0 %` for none at all."""
    return f"{percent_number(rate)} %".replace("<", "under ")


def percent_number(rate: float) -> str:
    """The number of `percent`, short: `13`, `0.6`, `<0.1`, `0`."""
    value = 100 * rate
    if 1e-9 < value < 0.05:
        return "<0.1"
    return f"{value:.1f}" if 0.05 <= value < 0.95 else f"{value:.0f}"


def between(low: float, high: float) -> str:
    """An interval of shares in percent: `4–25`; one figure where both ends read alike."""
    ends = [percent_number(low), percent_number(high)]
    return "–".join(dict.fromkeys(ends))


def right_in_ten(precision: float | None) -> str:
    """How often a label is right where it is shown, in tens; empty if nobody measured it."""
    if precision is None:
        return ""
    tens = int(10 * precision + 0.5)
    return "under 1 in 10" if tens == 0 else f"{tens} in 10" if tens < 10 else "over 9 in 10"


def chances(chance: float) -> str:
    """A share of shuffles: `7 of 100`, `fewer than 1 of 100`."""
    return "fewer than 1 of 100" if chance < 0.01 else f"{round(100 * chance)} of 100"


def inside(name: str) -> str:
    """A label's name inside a sentence: its first letter is small unless the word is a name."""
    keep = name.startswith(_KEPT_CAPITAL) or name[1:2].isupper()
    return name if keep else name[:1].lower() + name[1:]


def sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def language(tag: str) -> str:
    """The English name of a language tag; the tag itself where the name is not known, `not told` for none."""
    base = tag.split("-")[0].lower()
    return "language not told" if base in ("und", "") else _LANGUAGES.get(base, base)


def unchecked(reason: str, lang: str = "und") -> str:
    """Why a comment was not checked, with its language where that is the reason."""
    if reason == "language" and lang != "und":
        return f"{language(lang)} is not a language the model knows"
    return _UNCHECKED.get(reason, reason)


def clock(moment: datetime | None) -> str:
    return f"{moment:%H:%M}" if moment else ""


def day(moment: datetime) -> str:
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def short_day(moment: datetime) -> str:
    return f"{moment.day} {_MONTHS[moment.month - 1][:3]}"


def moment(created: datetime | None, many_days: bool) -> str:
    """`09:33`, or `14 Oct 2026, 09:33` where the thread goes over more than one day; times are UTC."""
    return f"{short_day(created)} {created.year}, {clock(created)}" if created and many_days else clock(created)


def period(first: datetime | None, last: datetime | None) -> str:
    """`14 October 2026, 08:52 to 10:21`, or both days where there are two; times are UTC."""
    if first is None or last is None:
        return ""
    if first.date() == last.date():
        until = f" to {clock(last)}" if clock(first) != clock(last) else ""
        return f"{day(first)}, {clock(first)}{until} UTC"
    start = f"{short_day(first)}" if first.year == last.year else day(first)
    return f"{start}, {clock(first)} to {day(last)}, {clock(last)} UTC"


def minutes(count: float) -> str:
    whole = round(count)
    return "under a minute" if whole < 1 else f"about {plural(whole, 'minute')}"


def comments_by(comments: int, readers: int) -> str:
    """`12 comments by 3 readers`; without readers where the dump names none."""
    return plural(comments, "comment") + (f" by {plural(readers, 'reader')}" if readers else "")


def held(in_dump: int, claimed: int | None, missing: int) -> str:
    """How many comments there are, of those that the source says exist."""
    if claimed is None:
        return f"{plural(in_dump, 'comment')}; the source does not say how many exist"
    gone = f"{missing:,} of {claimed:,} {agree(missing, 'is', 'are')}" if missing else f"none of {claimed:,} is"
    return f"{plural(in_dump, 'comment')}; where the source says how many exist, {gone} missing"


def policy_name(version: str) -> str:
    """The name of a policy without the hash behind it; of several policies all names."""
    return ", ".join(policy.partition("@")[0] for policy in version.split(", "))


def counts_in_words(counts: Mapping[str, int]) -> list[str]:
    """What a reading left out or mended, a sentence a count, those that need looking at first: `1 pingback was left out`."""
    order = list(_READING)
    names = [name for name in counts if counts[name] and name != "comments"]
    names.sort(key=lambda name: (order.index(name) if name in _READING else len(order), name))
    plain = {name: name.replace("_", " ") for name in names}
    return [plural(counts[n], *_READING.get(n, (plain[n].removesuffix("s"), plain[n]))) for n in names]
