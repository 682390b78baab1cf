"""Posts of a forum's topic saved as HTML: phpBB, XenForo, vBulletin, SMF, MyBB and Invision, told by how they name posts.

Every post is a comment; one that quotes another post of the page answers it.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from analyzer.readers.html_fields import clean_author, find_time
from analyzer.readers.html_nodes import Element, classes, markup_of, own, plain
from analyzer.readers.markup import html_to_text
from analyzer.readers.page_dates import Stamp, find_stamps
from analyzer.readers.page_draft import Draft

_Test = Callable[[Element], bool]


@dataclass(frozen=True, slots=True)
class _Forum:
    """How one system marks a post: the element around it, the one with its words, those with its author and its date."""

    post: _Test
    body: _Test
    authors: tuple[str, ...]
    dates: tuple[str, ...]


def _classed(*names: str) -> _Test:
    wanted = frozenset(names)
    return lambda element: bool(wanted & set(classes(element)))


def _numbered(pattern: str) -> _Test:
    number = re.compile(pattern)
    return lambda element: bool(number.fullmatch(element.get("id") or ""))


def _both(*tests: _Test) -> _Test:
    return lambda element: all(test(element) for test in tests)


_XENFORO = re.compile(r"(?:js-)?post-\d+")
_FORUMS = (
    _Forum(  # XenForo
        _both(_classed("message"), lambda e: bool(_XENFORO.fullmatch(e.get("id") or e.get("data-content") or ""))),
        _classed("bbwrapper", "messagetext"),
        ("username", "message-name"),
        ("message-attribution", "datepermalink", "message-date", "privatecontrols", "messagemeta"),
    ),
    _Forum(  # phpBB 3
        _both(_classed("post"), _numbered(r"p\d+")), _classed("content"), ("username", "username-coloured"), ("author",)
    ),
    _Forum(  # vBulletin 3 and 4
        _numbered(r"(?:post_?|edit)\d+"),
        lambda e: bool(re.fullmatch(r"post_message_\d+", e.get("id") or "")),
        ("username", "bigusername"),
        ("postdate", "date", "thead"),
    ),
    _Forum(  # SMF 2
        _classed("post_wrapper"),
        lambda e: bool(re.fullmatch(r"msg_\d+", e.get("id") or "")),
        ("poster h4",),
        ("postinfo", "keyinfo"),
    ),
    _Forum(  # MyBB
        _both(_classed("post"), _numbered(r"post_\d+")),
        _classed("post_body"),
        ("author_information strong", "largetext"),
        ("post_date",),
    ),
    _Forum(  # Invision
        _numbered(r"(?:el)?[Cc]omment[-_]\d+"),
        lambda e: e.get("data-role") == "commentContent",
        ("cauthorpane_author", "ipsentry__author", "ipsusername", "ipscomment_author"),
        ("ipscomment_meta", "ipsentry__date"),
    ),
)
_QUOTED_BLOCKS = frozenset({"bbcode_quote", "quotecontent", "alt2"})  # quotations that are no `blockquote`
_ASIDE = frozenset(
    {"signature", "message-signature", "lasteditedby", "lastedit", "edited_post", "notice", "quotefooter"}
    | {"bbcodeblock-expandlink", "postsignature", "modified", "ipsitemcontrols"}
)
# Where a quotation names the quoted post: XenForo's data-source, Invision's, phpBB's, and the links over it
_QUOTED = re.compile(r"(?:post: |[?&](?:p|pid|id|msg|comment)=|#(?:p|post|pid|msg|comment-?))(\d+)\b")
_NUMBER = re.compile(r"\d+")


def read_posts(root: Element) -> list[Draft]:
    """The posts of the page in its order; empty for what is no topic of these systems."""
    elements = [element for element in root.iter() if isinstance(element.tag, str)]
    chosen, best = max(((forum, list(_posts(forum, elements))) for forum in _FORUMS), key=lambda found: len(found[1]))
    drafts: list[Draft] = []
    places: dict[str, int] = {}
    others = frozenset(post for post, _ in best)
    for at, (post, body) in enumerate(best):
        draft = _read(chosen, post, body, others)
        draft.parent = _answered(body, others, places, drafts)
        drafts.append(draft)
        if draft.id:
            places.setdefault(draft.id, at)
    return drafts


def _posts(forum: _Forum, elements: Sequence[Element]) -> Iterator[tuple[Element, Element]]:
    """Each element around a post with the one that holds its words."""
    taken: set[Element] = set()
    for element in filter(forum.body, elements):
        post = next((above for above in islice(element.iterancestors(), 20) if forum.post(above)), None)
        if post is not None and post not in taken:
            taken.add(post)
            yield post, next((inner for inner in element if "postcontent" in classes(inner)), element)  # vBulletin 4


def _read(forum: _Forum, post: Element, body: Element, others: frozenset[Element]) -> Draft:
    around = [node for node in own(post, others | {body}) if node is not body]
    created, exact = find_time(around, body)
    number = _NUMBER.search(post.get("id") or post.get("data-content") or "") or _NUMBER.search(body.get("id") or "")
    return Draft(
        author=_author(forum, post, around),
        text=_words(body, others),
        id=number[0] if number else None,
        created=created,
        stamp=None if created else _stamp(forum, around, body),
        tz_unknown=not exact,
    )


def _author(forum: _Forum, post: Element, around: Sequence[Element]) -> str | None:
    if stated := (post.get("data-author") or "").strip():
        return stated
    for path in forum.authors:
        name, _, tag = path.partition(" ")
        for node in (node for node in around if name in classes(node)):
            inside = next(node.iter(tag), None) if tag else node
            if inside is not None and (author := clean_author(plain(inside).partition("\n")[0])):
                return author
    return None


def _stamp(forum: _Forum, around: Sequence[Element], body: Element) -> Stamp | None:
    for name in forum.dates:
        for node in (node for node in around if name in classes(node)):
            for line in plain(node, lambda inner: inner is body).split("\n"):
                if stamps := find_stamps(line):
                    return stamps[0]
    return None


def _words(body: Element, others: frozenset[Element]) -> str:
    for node in own(body, others):
        if node.tag == "cite":
            node.tag = "div"
        if _QUOTED_BLOCKS & set(classes(node)):
            node.tag = "blockquote"
            for above in islice(node.iterancestors(), 4):  # vBulletin 3 quotes in tables
                if above.tag in ("table", "tbody", "tr"):
                    above.tag = "div"
    return html_to_text(markup_of(body, lambda node: node in others or bool(_ASIDE & set(classes(node))))).strip()


def _answered(
    body: Element, others: frozenset[Element], places: Mapping[str, int], before: Sequence[Draft]
) -> int | None:
    """The place of the post that the first quotation is from: the one it names, else the last by the one it names."""
    quote = next((node for node in own(body, others) if node is not body and _is_quote(node)), None)
    if quote is None:
        return None
    for node in islice(own(quote, others), 12):
        stated = " ".join(str(value) for name, value in node.attrib.items() if name not in ("class", "style"))
        for found in (node.get("data-ipsquote-contentcommentid"), *_QUOTED.findall(stated)):
            if found in places:
                return places[found]
    head = plain(quote, most=20).partition("\n")[0]
    named = [at for at, draft in enumerate(before) if draft.author and _names(head, draft.author)]
    return named[-1] if named else None


def _names(head: str, author: str) -> bool:
    """True for "ana wrote:" and "Originally Posted by ana", not for a quotation that speaks of her."""
    name = re.escape(author)
    return len(head) <= len(author) + 40 and bool(
        re.match(rf"{name}(?!\w)[^.!?]*:$|(?:[^\W\d]+:? ){{1,3}}{name}(?!\w)(?:$|:| \()", head, re.IGNORECASE)
    )


def _is_quote(node: Element) -> bool:
    return node.tag == "blockquote" or bool((_QUOTED_BLOCKS | {"quoteheader", "bbcode_container"}) & set(classes(node)))
