"""The words pages print around comments (page.toml), as compiled patterns and as questions about one line."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

MAX_LINE = 200  # a longer line is prose, whatever words it holds

_PUNCTUATION = " \t\u00a0.,:;|·•–—-_/()[]{}<>«»\"'“”„#@*+×▸▾▲▼↑↓→←…✓✔♥❤★☆&!?"


@cache
def vocabulary() -> dict[str, Any]:
    """page.toml as it stands."""
    return tomllib.loads(resources.files("analyzer.readers").joinpath("page.toml").read_text(encoding="utf-8"))


def _any(words: list[str]) -> str:
    return "(?:" + "|".join(sorted(words, key=len, reverse=True)) + ")"


def _literal(words: list[str]) -> str:
    return _any([re.escape(word) for word in words])


@cache
def _pattern(name: str) -> re.Pattern[str]:
    words = vocabulary()
    heading, says, links, section = words["heading"], words["says"], words["links"], words["section"]
    copies, forum, bare = words["copies"], words["forum"], says["preposition"] + says["particle"]
    source = {
        "heading": rf"[\W_]*(?:{_any(heading['lead'])}\s+)?"
        rf"(?:(?P<n>\d[\d.,]{{0,6}}\)?)|(?P<one>{_any(heading['one'])}\b))?\s*"
        rf"(?P<noun>(?P<comment>{_any(heading['comment'])})|{_any(heading['reaction'])})\b(?P<rest>.*)",
        "discussion": rf"[\W_]*{_any(heading['discussion'])}\s*\((?P<n>\d[\d.,]{{0,6}})\)\W*",
        "tail": rf"\s+{_any(heading['tail'])}[\W_]*",
        "about": rf"\s*{_any(heading['about'])}(?!\w)\s*(?::\s*)?(?P<title>\S.*)",
        "none": rf"[\W_]*{_any(heading['none'])}[\W_]*",
        "verb": rf"(?P<name>\S.{{0,99}}?)\s*(?P<verb>{_literal(says['verb'])})(?P<end>\s*(?:[:：…]|\.\.\.))?\s*",
        "by": rf"[\W_]*{_literal(says['by'] + bare)}\s*:?\s+(?=\S)",
        "opinion": rf"\W*{_literal(says['article'])}\s+{_literal(says['by'])}\s+\S.{{0,80}}",
        "by_phrase": rf"[\W_]*{_literal(says['by'])}\s*:?\s+(?=\S)",
        "preposition": rf"(?-i:{_literal(says['preposition'])})\s+(?=\S)",
        # "In response to your question: no." is somebody's words
        "reply_to": rf"\W*(?:{_literal(says['reply_to'])}\b(?:\s*:|.{{0,120}}\s{_literal(says['by'] + bare)}\b)?[^.!?…:,]{{0,60}}"
        rf"(?:\s\w\.|[^.!?]{{0,30}}(?:19|20)\d\d\b[^.!?]{{0,20}})?|{_literal(says['answers'])}\b[^.!?:,]{{1,40}})",
        "addressee": r"(?P<name>\S.{0,59}?)?"
        rf"(?:(?<!\S)@\s?|\s*(?<!\w){_literal(says['reply_to'])}\s*:?\s+@?|(?<=\S)(?:\s*[>›→➤▶▸]\s*|\s{{2,}})@?)(?P<answers>\S.{{0,59}})",
        "pingback": rf"\W*{_any(says['pingback'])}\b\s*:?\s*",
        "pending": rf"\W*{_literal(says['pending'])}(?:[^\w?]*|[.!:;,]\s[^?]{{1,120}})",
        "reply": _literal(links["reply"]),
        "link": _literal(links["reply"] + links["other"]),
        "end": rf"[^\w©({{]*{_any(section['end'])}",
        "foot": rf"\W*{_any(section['foot'])}\W*",
        "loaded": rf"\W*{_any(section['loaded'])}\b.{{0,60}}",
        "comments": rf"\b{_any(heading['comment'])}\b",
        "talk": rf"{_any(words['talk']['signs'])}|(?<!\w){_literal(words['talk']['words'])}(?!\w)",
        "picture": rf"\W*{_any(says['picture'])}\W*",
        "advert": rf"\W*{_literal(says['advert'])}\W*",
        "teaser": rf"\W*{_literal(links['teaser'])}\W*",
        "counted": rf"\W*{_any(links['counted'])}\W*",
        "badge": rf"\W*{_literal(says['badge'])}\W*",
        "menu": rf"\W*(?:\d+\s+)?{_any(section['menu'])}\W*",
        "like": rf"(?<!\w){_literal(copies['like'])}(?!\w)",
        "order": rf"\W*{_any(copies['order'])}\W*",
        "replied": rf"(?P<name>\S.{{0,59}}?) {_any(copies['replied'])}(?:\s*[·•].{{0,40}})?",
        "post_by": rf"(?:#\d+ )?{_literal(forum['by'])}:?\s+(?=\S)",
        "field": rf"{_any(forum['field'])}(?:\s*:.{{0,80}})?",
        "views": rf"(?:\d[\d.,]*\s?[KM]?\s+)?{_any(forum['views'])}(?:\s*:?\s+\d[\d.,]*\s?[KM]?)?",
        "title": rf"{_any(forum['title'])}",
        "post_end": rf"{_any(forum['end'])}.{{0,100}}",
        "quoted": rf"(?P<name>\S.{{0,59}}?) {_any(forum['wrote'])}\s*:(?:\s*↑.*)?|"
        rf"{_any(forum['from'])}:?\s+(?P<source>\S.{{0,59}})",
        "trade": rf"{_any(copies['trade'])} .{{1,60}}",
    }[name]
    return re.compile(source, re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading over comments. `count` is the number it claims; `comment` if its noun is comments."""

    count: int | None
    comment: bool
    title: str | None


def read_heading(line: str) -> Heading | None:
    """The heading a line is, or None. A heading that goes on ("5 thoughts on leadership") has a `title`: check it."""
    match = _pattern("heading").match(line) if len(line) <= MAX_LINE else None
    discussion = _pattern("discussion").fullmatch(line) if match and not match["comment"] else None
    if discussion:
        return Heading(_number(discussion["n"]), False, None)
    if match is None or (match["n"] and not match["comment"] and line[match.end("n") : match.start("noun")] == ""):
        # "924Reply" is a link with its counter
        return None
    count = _number(match["n"]) if match["n"] else 1 if match["one"] else None
    if count is None and match["rest"].strip() in vocabulary()["heading"]["one_behind"]:
        return Heading(1, match["comment"] is not None, None)
    rest = "" if _pattern("tail").fullmatch(match["rest"]) else match["rest"].strip()
    is_comment = match["comment"] is not None
    if count is None:
        bracketed = re.match(r"[(:\s]*(\d[\d.,]{0,6})\s*\)?\W*$", rest)
        if not is_comment or (rest.strip(_PUNCTUATION) and not bracketed and not ends_section(rest)):
            return None
        return Heading(_number(bracketed[1]) if bracketed else None, True, None)
    if not rest.strip(_PUNCTUATION):
        return Heading(count, is_comment, None)
    about = _pattern("about").match(rest)
    if about:
        return Heading(count, is_comment, about["title"].split("|")[0].strip() or None)
    # "{ 38 comments… read them below or add one }"
    if is_comment and line.lstrip().startswith("{"):
        return Heading(count, True, None)
    return Heading(count, True, None) if is_comment and ends_section(rest) else None


def _number(printed: str) -> int:
    """1204 of "1,204" or "1.204"."""
    return int(re.sub(r"\D", "", printed))


def names_comments(line: str) -> bool:
    """True for a short line that speaks of comments: "Older comments"."""
    return len(line) <= 60 and _pattern("comments").search(line) is not None


def is_talk(text: str) -> bool:
    """True if somebody speaks to somebody: asks, exclaims, smiles, says I or you. Articles' lists seldom do."""
    return _pattern("talk").search(text) is not None


def is_picture(line: str) -> bool:
    """True for the text in place of a commenter's picture: "Avatar of Ana"."""
    return len(line) <= 80 and _pattern("picture").fullmatch(line.strip()) is not None


def is_advert(line: str) -> bool:
    return len(line) <= 40 and _pattern("advert").fullmatch(line.strip()) is not None


def is_badge(line: str) -> bool:
    """True for what a site calls a commenter beside the name: "Top Commenter", "Staff"."""
    return len(line) <= 40 and _pattern("badge").fullmatch(line.strip()) is not None


def says_none(line: str) -> bool:
    """True for "No comments yet" and its kin."""
    return len(line) <= MAX_LINE and _pattern("none").fullmatch(line.strip()) is not None


def ends_section(line: str) -> bool:
    """True if the line belongs to what follows comments: reply form, related posts, footer."""
    text = line.strip()
    return 0 < len(text) <= 400 and _pattern("end").match(text) is not None


def is_foot(line: str) -> bool:
    """True for a link of the foot of a page: "Imprint", "About us"."""
    return len(line) <= 60 and (ends_section(line) or _pattern("foot").fullmatch(line.strip()) is not None)


def closes_heading(line: str) -> bool:
    """True if a heading above has nothing to do with what is below: "Related posts", "Comments powered by Disqus"."""
    return (ends_section(line) and is_menu_title(line)) or (
        len(line) <= MAX_LINE and _pattern("loaded").fullmatch(line.strip()) is not None
    )


def is_sentence(line: str) -> bool:
    """True for a sentence that begins like what follows comments, and goes on: "Share this with everyone!"."""
    text = line.strip()
    return text[-1:] in (".", "!", "?") and _pattern("end").fullmatch(text.rstrip(".!? ")) is None


def is_menu_title(line: str) -> bool:
    """True for the title of a list that is never comments: recent comments, related posts, footnotes, ingredients."""
    return len(line) <= 80 and _pattern("menu").fullmatch(line.strip()) is not None


def is_pending(line: str) -> bool:
    return len(line) <= MAX_LINE and _pattern("pending").fullmatch(line.strip()) is not None


def is_reply_note(line: str) -> bool:
    """True for "In reply to Old trees by Ana": a line above the body that is not the commenter's."""
    return len(line) <= MAX_LINE and _pattern("reply_to").fullmatch(line.strip()) is not None


def cut_addressee(text: str) -> tuple[str, str | None]:
    """("Ana", "Tom") of "Ana @Tom", "Ana > Tom" or "Ana in reply to Tom", ("", "Tom") of "In reply to Tom", else the text, None."""
    match = _pattern("addressee").fullmatch(text.strip()) if len(text) <= MAX_LINE else None
    return ((match["name"] or "").strip(), match["answers"]) if match else (text, None)


def is_links(line: str) -> bool:
    """True if the line holds nothing but links, buttons, counters ("Reply", "ReplyDelete", "Like 3 · Share")."""
    text = line.strip()
    if not text or len(text) > 120:
        return False
    if _pattern("counted").fullmatch(text):
        return True
    link, at, found = _pattern("link"), 0, False
    while at < len(text):
        match = link.match(text, at)
        if match and _word_ends(text, match.end(), link):
            at, found = match.end(), True
        elif text[at].isalpha():
            return False
        else:
            at += 1
    return found


def _word_ends(text: str, at: int, link: re.Pattern[str]) -> bool:
    """A link may be glued to the next one, but "Edit" does not begin "Editorial"."""
    return at >= len(text) or not text[at].islower() or link.match(text, at) is not None


def is_teaser_link(line: str) -> bool:
    """True for the link under the beginning of an article: "Read more"."""
    return len(line) <= 40 and _pattern("teaser").fullmatch(line.strip()) is not None


def has_reply_link(line: str) -> bool:
    """True for a line of links among which one answers the comment."""
    return is_links(line) and _pattern("reply").search(line) is not None


def without_like(text: str) -> str:
    """The text with a dot in place of a button to like."""
    return _pattern("like").sub("·", text)


def is_order(line: str) -> bool:
    """True for the label over comments that says how they are sorted, or how many are shown: "Most relevant"."""
    return len(line) <= 40 and _pattern("order").fullmatch(line.strip()) is not None


def read_replied(line: str) -> str | None:
    """The name in "Ana replied · 2 replies", or None."""
    match = _pattern("replied").fullmatch(line.strip()) if len(line) <= 120 else None
    return match["name"] if match else None


def cut_post_by(text: str) -> str:
    """The name of "by Ana" or "Post by Ana" in the head of a post; "" if it is too long for one."""
    match = _pattern("post_by").match(text)
    name = text[match.end() if match else 0 :].strip()
    return name if len(name) <= 60 else ""


def is_field(line: str) -> bool:
    """True for what a forum prints about an author beside each post: "Posts: 123", "Joined"."""
    return len(line) <= 120 and _pattern("field").fullmatch(line.strip()) is not None


def counts_views(line: str) -> bool:
    """True for "212 views", or its label."""
    return len(line) <= 40 and _pattern("views").fullmatch(line.strip()) is not None


def is_title(line: str) -> bool:
    """True for an author's title in a forum: "Senior Member", or a badge."""
    return len(line) <= 40 and (_pattern("title").fullmatch(line.strip()) is not None or is_badge(line))


def ends_post(line: str) -> bool:
    """True for a line that follows the words of a post: "Top", "Last edited by Ana", "Who is online"."""
    return len(line) <= MAX_LINE and _pattern("post_end").fullmatch(line.strip()) is not None


def read_quoted(line: str) -> str | None:
    """Whose words follow: the name in "Ana wrote:" or "Originally posted by Ana", or None."""
    match = _pattern("quoted").fullmatch(line.strip()) if len(line) <= MAX_LINE else None
    return (match["name"] or match["source"]).strip() if match else None


def is_trade(line: str) -> bool:
    """True for what some sites print under a name: "Works at City Hall"."""
    return (
        len(line) <= 80
        and line.rstrip()[-1:] not in (".", "!", "?")
        and _pattern("trade").fullmatch(line.strip()) is not None
    )


@cache
def _link_tails() -> frozenset[str]:
    """The last words of all links, and the signs that may stand for one."""
    links = vocabulary()["links"]
    return frozenset(link.split()[-1] for link in links["reply"] + links["other"]) | frozenset("/#·|•-–—")


def cut_links(line: str) -> tuple[str, bool]:
    """The line without the links at its end, and whether a reply link was among them."""
    text, answered = line.rstrip(), False
    for _ in range(6):
        if not text or not _link_tails().intersection((text.split()[-1].casefold(), text[-1])):
            return text, answered
        for words in (4, 3, 2, 1):
            cut = text.rsplit(maxsplit=words)
            tail = " ".join(cut[1:])
            # Digits belong to the date; "Log in to Reply" is one link of four words
            if len(cut) == words + 1 and cut[1][0].isalpha() and tail.replace(" ", "").isalpha() and is_links(tail):
                break
        else:
            return text, answered
        answered = answered or has_reply_link(tail)
        text = cut[0].rstrip(" \t\u00a0-–—|·•/#")
    return text, answered


@cache
def _verbs() -> tuple[str, ...]:
    return tuple(vocabulary()["says"]["verb"])


def cut_verb(line: str) -> tuple[str, bool] | None:
    """("Priya", ended with a colon) of "Priya says:", or None. Without the colon it is only a hint."""
    if len(line) > MAX_LINE or not line.rstrip(" \t\u00a0.:：…").casefold().endswith(_verbs()):
        return None
    match = _pattern("verb").fullmatch(line.strip())
    if match is None:
        return None
    # "NCWiensays:" is glued by the text tool; "essays" is a word
    glued = match.end("name") == match.start("verb")
    if glued and not match["end"]:
        return None
    return match["name"].strip(" \t,"), bool(match["end"])


def spoken_form(text: str) -> str:
    """The verb and the signs after it, alike whether a woman or a man says it: "said...", "сказал:"."""
    form = " ".join(text.casefold().split())
    return next((form.replace(woman, man) for man, woman in vocabulary()["says"]["genders"] if woman in form), form)


def cut_by(line: str, *, bare: bool = True) -> tuple[str, bool]:
    """The line without "Comment by", "Posted by", `bare` "by" too, and whether it stood there."""
    match = _pattern("by" if bare else "by_phrase").match(line)
    return (line[match.end() :], True) if match else (line, False)


def is_opinion(line: str) -> bool:
    """True for "A comment by Ana Ruiz": what stands over a newspaper's opinions."""
    return len(line) <= MAX_LINE and _pattern("opinion").fullmatch(line.strip()) is not None


def cut_prepositions(names: Sequence[str]) -> list[str]:
    """The names of a page without "by" or "von" before them, and "says" behind, if most have it.

    A "Von Stein" among others keeps his.
    """
    whole = set(names)
    spoken = {name: verb[0] for name in whole if (verb := cut_verb(name)) and verb[0]}
    if spoken and len(spoken) >= 0.8 * len(whole):
        # "Ana says", the colon lost
        return cut_prepositions([spoken.get(name, name) for name in names])
    begun = {name for name in whole if cut_by(name)[1]}
    lone = len(whole) == 1 and all(_pattern("preposition").match(name) for name in whole)
    if not lone and len(begun) < max(2, 0.8 * len(whole)):
        return list(names)
    return [cut_by(name)[0] for name in names]


def cut_pingback(line: str) -> tuple[str, bool]:
    """The line without "Pingback:", and whether it stood there."""
    match = _pattern("pingback").match(line)
    return (line[match.end() :], True) if match else (line, False)


def bare(text: str) -> str:
    """The text without the punctuation around it."""
    return text.strip(_PUNCTUATION)
