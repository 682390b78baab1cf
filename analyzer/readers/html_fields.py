"""The fields of one comment element: author, date, words, and whether it is pending or a pingback."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import dropwhile, islice

from analyzer.readers import page_words as words
from analyzer.readers.html_comments import elsewhere, key_of
from analyzer.readers.html_nodes import Element, classes, markup_of, own, plain, words_of
from analyzer.readers.markup import html_to_text
from analyzer.readers.page_dates import Stamp, find_stamps
from analyzer.readers.page_draft import Draft
from analyzer.readers.page_heads import lone_stamp, read_head, read_signature
from analyzer.readers.page_section import is_excerpt

# Elements tried for a name or a date, and levels up that are looked at: where all lie in each other, trying every one takes
# quadratic time
_TRIED = 40

# What holds the words, the surest first: `comment-body` wraps the whole comment in most WordPress themes
_BODIES: tuple[Callable[[Element], bool], ...] = (
    lambda e: bool({"text", "commenttext", "reviewbody"} & set((e.get("itemprop") or "").lower().split())),
    lambda e: (e.get("property") or "") in ("schema:text", "content:encoded"),
    lambda e: bool(
        {
            "comment-copy",
            "comment-text",
            "comment_text",
            "commenttext",
            "comment-entry",
            "post-message",
            "cooked",
            "reply-content",
        }
        & set(classes(e))
    ),
    lambda e: bool(
        {
            "comment-content",
            "comment_content",
            "commentcontent",
            "comment-message",
            "comment__text",
            "comment__content",
            "format_text",
        }
        & set(classes(e))
    ),
    lambda e: any(
        re.fullmatch(
            r"(?:[^\W_]+[-_]+)*(?:comment|reply)[-_]{0,2}(?:text|content|message|copy|entry)(?:[-_]+[^\W_]+)*", c
        )
        for c in classes(e)
    ),
    lambda e: any(
        re.fullmatch(r"(?:[^\W_]+[-_]+)*(?:comment|reply|post)[-_]{0,2}body(?:[-_]+[^\W_]+)*", c) for c in classes(e)
    ),
)
_NAMED = re.compile(r"(?:author|comment\w*|user|display|reply|nick|screen|poster)[-_]*name|commenter", re.I)
_PROFILE = re.compile(
    r"/(?:profiles?|users?|u|members?|authors?|people)/[^/?#]|/@[\w.]|[?&](?:u|uid|user|userid|author)=\w", re.I
)
_AUTHORS: tuple[Callable[[Element], bool], ...] = (
    lambda e: "fn" in classes(e),
    lambda e: (
        (e.get("itemprop") or "") in ("name", "creator")
        and any("author" in words_of(above) for above in islice(e.iterancestors(), _TRIED))
    ),
    lambda e: "author" in (e.get("itemprop") or "").split() or "schema:author" in (e.get("rel") or ""),
    lambda e: any(
        re.fullmatch(
            r"(?:[^\W_]+[-_]+)*(?:(?:comment|reply)[-_]{0,2}(?:author|user|username)(?:[-_]?name)?|commenter[-_]+name)",
            c,
        )
        for c in classes(e)
    ),
    lambda e: any(
        c
        in (
            "author",
            "username",
            "user-name",
            "author-name",
            "display-name",
            "user",
            "comment-user",
            "creator",
            "nickname",
        )
        for c in classes(e)
    ),
    lambda e: e.tag == "cite",
    # Names of scripted sites: "CommentHeader-userName"
    lambda e: any(_NAMED.search(c) for c in (e.get("class") or "").split()),
    lambda e: "author" in (e.get("rel") or "").split(),
    lambda e: e.tag == "a" and _PROFILE.search(e.get("href") or "") is not None,
)
# Parts of a comment that are not its words, by class name or id
_ASIDE = re.compile(
    r"(?:[a-z]+[-_]+)*(?:comment[-_]{0,2})?(?:reply|replies|reply-?link|reply-to|meta|metadata|author|actions?|date|time|datetime|header"
    r"|footer|links?|edit|edit-link|avatar|reactions?|rating|likes?|like-button|permalink|report|flag|votes?|voting|says|vcard"
    r"|awaiting-moderation|share|sharedaddy|social|subject|title|screen-reader-text|item-control)(?:[-_](?:link|links|button|btn|wrap|wrapper|container|\d+))*"
)
_META = re.compile(r"comment[-_]?(?:meta|date|time)|commentmetadata|datetime")
_DATED = re.compile(r"date|time|meta|published|permalink|footer|header")


def read_comment(element: Element, others: frozenset[Element]) -> Draft:
    """A draft of one comment; `others` are the comment elements, whose words are their own."""
    nodes = list(own(element, others))
    if element.tag == "dt":
        nodes += _answer_to(element, others)
    body = _find_body(nodes, element)
    author, author_node = _find_author(nodes, body, others)
    created, exact = find_time(nodes, body)
    text, signature = _read_body(body, nodes, author_node, others)
    head = read_head(_head_lines(nodes, body, others)) if not author or not created else None
    stamp = (
        None
        if created
        else (signature[1] if signature else None) or (head.stamp if head else None) or _stamp_of(nodes, body, others)
    )
    author = author or (signature[0] if signature else "") or (words.cut_by(head.author)[0] if head else "")
    names = {name for node in (element, *element.iterchildren()) for name in classes(node)}
    moderated = islice((node for node in nodes if "moderation" in words_of(node)), _TRIED)
    pending = any(words.is_pending(plain(node, others.__contains__)) for node in moderated)
    return Draft(
        author=author or None,
        text=text,
        id=key_of(element),
        thread=elsewhere(element),
        created=created,
        stamp=stamp,
        tz_unknown=not exact,
        pending=pending,
        pingback=bool({"pingback", "trackback"} & names) or is_excerpt(text),
        subject=_subject(nodes, body, others),
    )


def _answer_to(term: Element, others: frozenset[Element]) -> list[Element]:
    """The elements of the `dd` that follow a `dt`."""
    found: list[Element] = []
    node = term.getnext()
    while node is not None and node.tag == "dd":
        found.extend(own(node, others))
        node = node.getnext()
    return found


def _find_body(nodes: Sequence[Element], element: Element) -> Element:
    """The element that holds the words; the comment itself if none is named."""
    for test in _BODIES:
        named = next((node for node in nodes if node is not element and test(node)), None)
        if named is not None:
            return named
    return next((node for node in nodes if node.tag == "dd"), element)


def _find_author(nodes: Sequence[Element], body: Element, others: frozenset[Element]) -> tuple[str, Element | None]:
    inside = _within(body, others) if body is not nodes[0] else set()
    around = [node for node in nodes if node not in inside and node is not body]
    for test in _AUTHORS:
        for node in islice(filter(test, around), _TRIED):
            author = clean_author(plain(node, others.__contains__))
            if author:
                return author, node
    for node in around:
        label, said = words.cut_by(node.get("aria-label") or "", bare=False)
        if said and node.get("role") == "article":
            return label, None  # Substack: "Comment by Ana"
    # Themes whose body wraps the name too
    for test in _AUTHORS[:4]:
        wrapped = next((node for node in nodes if node in inside and test(node)), None)
        if wrapped is not None and (author := clean_author(plain(wrapped, others.__contains__))):
            return author, wrapped
    return "", None


def _within(body: Element, others: frozenset[Element]) -> set[Element]:
    """What lies in the element that holds the words, without other comments."""
    return set(own(body, others)) - {body}


def clean_author(text: str) -> str:
    """A name without "says:", "Comment by", date and links; "" if nothing is left or it is no name."""
    line = " ".join(text.split("\n")[:2]) if len(text) < 200 else ""
    line, _ = words.cut_links(line.strip())
    stamps = find_stamps(line)
    if stamps:
        line = line[: stamps[0].start]
    line, _ = words.cut_by(line)
    verb = words.cut_verb(line.strip(" —–-|,·"))
    return (verb[0] if verb else line).strip(" \t\u00a0—–-|,:·•") or line.strip()


def find_time(nodes: Sequence[Element], body: Element) -> tuple[datetime | None, bool]:
    """The machine-readable time of a comment, in UTC, and whether its zone is known."""
    for node in nodes:
        stated = node.get("datetime") if node.tag == "time" else None
        named = f"{node.get('itemprop') or ''} {node.get('property') or ''}".lower()
        if stated is None and ("datecreated" in named or "datepublished" in named or "commenttime" in named):
            stated = node.get("content") or node.get("datetime")
        if stated is None and node.tag == "abbr":
            stated = node.get("title")
        seconds = node.get("data-comment-timestamp") or node.get("data-timestamp")
        if stated is None and seconds and seconds.isdecimal() and len(seconds) in (10, 13):
            return datetime.fromtimestamp(int(seconds[:10]), UTC), True
        moment = _iso(stated) if stated else None
        if moment:
            return moment
    return None, False


def _iso(stated: str) -> tuple[datetime, bool] | None:
    try:
        moment = datetime.fromisoformat(stated.strip())
        return (moment.astimezone(UTC), True) if moment.tzinfo else (moment.replace(tzinfo=UTC), False)
    except (ValueError, OverflowError):  # no ISO 8601; year 1 or 9999 shifted over the edge
        return None


def _stamp_of(nodes: Sequence[Element], body: Element, others: frozenset[Element]) -> Stamp | None:
    inside = _within(body, others) if body is not nodes[0] else set()
    dated = (
        node
        for node in nodes
        if node is not body and (_META if node in inside else _DATED).search(words_of(node) + node.tag)
    )
    for node in islice(dated, _TRIED):
        for line in plain(node, others.__contains__).split("\n"):
            stamps = find_stamps(line)
            if stamps:
                return stamps[0]
    return None


def _head_lines(nodes: Sequence[Element], body: Element, others: frozenset[Element]) -> list[str]:
    """The first lines of a comment, for themes that name neither author nor date."""
    return plain(nodes[0], lambda node: node in others or (node is body)).split("\n")[:6]


def _subject(nodes: Sequence[Element], body: Element, others: frozenset[Element]) -> str | None:
    inside = _within(body, others)
    for node in nodes:
        if node in inside or node is body:
            continue
        if (
            node.get("property") == "schema:name"
            or "comment-title" in classes(node)
            or "comment-subject" in classes(node)
        ):
            return plain(node, others.__contains__) or None
    return None


def _read_body(
    body: Element, nodes: Sequence[Element], author: Element | None, others: frozenset[Element]
) -> tuple[str, tuple[str, Stamp | None] | None]:
    """The words of a comment, and the signature if they end in one."""

    def aside(node: Element) -> bool:
        return (
            node in others
            or node is author
            or any(_ASIDE.fullmatch(name) for name in words_of(node).split())
            or node.tag in ("time", "footer", "cite")
        )

    text = html_to_text(markup_of(body, aside)).strip()
    signature = None
    lines = text.split("\n")
    cites = [node for node in nodes if node.tag == "cite"]
    for line in (*(plain(cite, others.__contains__) for cite in cites[-1:]), lines[-1]):
        signature = signature or read_signature(line)
    lines = list(dropwhile(lambda line: _is_above_words(line, alone=body is nodes[0]), lines))
    while lines and (
        not lines[-1].strip() or words.is_links(lines[-1]) or words.is_pending(lines[-1]) or read_signature(lines[-1])
    ):
        lines.pop()
    return "\n".join(lines), signature


def _is_above_words(line: str, *, alone: bool) -> bool:
    """True for what stands over the words of a comment; also a date, where no element holds the words `alone`."""
    return not line.strip() or words.is_pending(line) or (alone and lone_stamp(line) is not None)
