"""Comments of an HTML page: those that stand in its mark-up, with their tree."""

import json
import re
from collections.abc import Iterator
from typing import Any

from analyzer.readers import page_words as words
from analyzer.readers.html_comments import find_comments, find_parents
from analyzer.readers.html_fields import read_comment
from analyzer.readers.html_forums import read_posts
from analyzer.readers.html_nodes import Element, decode_page, parse_page, plain, words_of
from analyzer.readers.html_systems import read_systems
from analyzer.readers.html_text import render
from analyzer.readers.markup import html_to_text
from analyzer.readers.page import find_drafts
from analyzer.readers.page_dates import day_first
from analyzer.readers.page_draft import Draft, Place, to_comments
from analyzer.readers.tally import Tally
from analyzer.readers.values import as_time, first
from analyzer.schema import Comment

# Containers that a script fills, and the system it belongs to
_SCRIPTED = (
    (r"disqus_thread|disqus_embed", "Disqus"),
    (r"\bfb-comments\b|facebook-comments", "Facebook"),
    (r"coral[-_]?(?:talk|thread|stream)|coral_?embed", "Coral"),
    (r"hyvor-talk", "Hyvor Talk"),
    (r"commento", "Commento"),
    (r"remark42", "Remark42"),
    (r"isso-thread", "Isso"),
    (r"cusdis_thread", "Cusdis"),
    (r"giscus|utterances", "GitHub (giscus or utterances)"),
    (r"graphcomment", "GraphComment"),
    (r"spot-?im|openweb", "OpenWeb"),
    (r"viafoura|vf-comments", "Viafoura"),
    (r"vuukle", "Vuukle"),
    (r"livefyre|lf-comments", "Livefyre"),
    (r"idc-container|intensedebate", "IntenseDebate"),
)


def read(markup: bytes, source: str, tally: Tally) -> Iterator[Comment]:
    """The comments of one page, in page order; none, and a note in the tally, where its mark-up holds none."""
    root = parse_page(decode_page(markup))
    if root is None:
        tally.note("no comments found: the file holds no mark-up")
        return
    posts = read_posts(root)
    # One post alone may be a blog's article, named as a forum would: comments under it come first.
    drafts = (
        (posts if len(posts) > 1 else []) or read_systems(root) or _from_elements(root) or posts or _from_json(root)
    )
    drafts = drafts or find_drafts(render(root))
    place = _place(root, source, drafts)
    count = _claimed(root)
    if count is not None:
        tally.claimed[place.thread_id] = count
    if drafts:
        yield from to_comments(drafts, place)
        return
    system = _script_system(root)
    if system:
        tally.note(f"comments are loaded by a script; export them from {system}")
    tally.note(
        "no comments found: no comment ids, schema.org comments, comment classes, forum posts or JSON-LD comments in the page"
    )


def _from_elements(root: Element) -> list[Draft]:
    """Comments that stand in the mark-up."""
    found = find_comments(root)
    others = frozenset(found)
    drafts = [read_comment(element, others) for element in found]
    for draft, parent in zip(drafts, find_parents(found), strict=True):
        draft.parent = parent
    return drafts


def _script_system(root: Element) -> str | None:
    """The system whose script would fill in the comments."""
    any_of = re.compile("|".join(f"({pattern})" for pattern, _ in _SCRIPTED), re.IGNORECASE)
    for element in root.iter():
        if isinstance(element.tag, str) and element.attrib:
            match = any_of.search(f"{words_of(element)} {element.get('src') or ''}"[:500])
            if match and match.lastindex:
                return _SCRIPTED[match.lastindex - 1][1]
    return None


def _place(root: Element, source: str, drafts: list[Draft]) -> Place:
    """Where the comments belong: canonical address, title and language as the page states them."""
    url = _stated(root, "link", "rel", "canonical", "href") or _stated(root, "meta", "property", "og:url", "content")
    heading = next((text for e in root.iter("h1") if (text := plain(e).replace("\n", " "))), None)
    title = _stated(root, "meta", "property", "og:title", "content") or heading
    title = title or next((plain(e).replace("\n", " ") for e in root.iter("title")), None)
    lang = re.match(r"[a-z]{2,3}", (root.get("lang") or "").lower())
    lines = [draft.text[:200] for draft in drafts[:50]]
    stamps = [draft.stamp for draft in drafts if draft.stamp]
    return Place(
        source=source,
        thread_id=url or source,
        title=(title or "").strip() or None,
        url=url,
        lang=lang[0] if lang else None,
        day_first=day_first(stamps, lines),
    )


def _stated(root: Element, tag: str, attribute: str, value: str, wanted: str) -> str | None:
    for element in root.iter(tag):
        if (element.get(attribute) or "").lower() == value and (element.get(wanted) or "").strip():
            return str(element.get(wanted)).strip()
    return None


def _claimed(root: Element) -> int | None:
    """The number of comments that the heading over them claims."""
    for element in root.iter("h1", "h2", "h3", "h4", "h5", "h6", "div", "p", "span"):
        if element.tag in ("div", "p", "span") and not re.search(
            r"comments?[-_](?:title|intro|heading|header)", words_of(element)
        ):
            continue
        text = plain(element, most=words.MAX_LINE).replace("\n", " ")
        heading = words.read_heading(text) if len(text) <= words.MAX_LINE else None
        if heading and heading.count is not None:
            return heading.count
    return None


def _from_json(root: Element) -> list[Draft]:
    """Comments that JSON-LD spells out; a counter (`InteractionCounter`, `commentCount`) is not a comment."""
    drafts: list[Draft] = []
    answered: list[str | None] = []  # the id of the comment that `parentItem` names
    for script in root.iter("script"):
        if "ld+json" not in (script.get("type") or ""):
            continue
        try:
            stack: list[tuple[Any, int | None]] = [(json.loads(script.text or "null"), None)]
        except (ValueError, RecursionError):
            continue
        while stack:
            node, above = stack.pop()
            if isinstance(node, list):
                stack.extend((part, above) for part in reversed(node))
            elif isinstance(node, dict):
                at = None
                if _is_comment(node):
                    at = len(drafts)
                    drafts.append(_json_draft(node, above))
                    answered.append(_json_id(_first(node.get("parentItem"))))
                stack.extend((node[key], at if key == "comment" else None) for key in reversed(node))
    places = {draft.id: at for at, draft in enumerate(drafts) if draft.id}
    for at, (draft, parent) in enumerate(zip(drafts, answered, strict=True)):
        if draft.parent is None and parent in places and places[parent] != at:
            draft.parent = places[parent]
    return drafts


def _is_comment(node: dict[str, Any]) -> bool:
    """True for a node of the type Comment, be it one of several and written as an address, with a text."""
    kinds = node.get("@type")
    names = (kind for kind in (kinds if isinstance(kinds, list) else [kinds]) if isinstance(kind, str))
    return any(re.split("[/:]", name)[-1] == "Comment" for name in names) and isinstance(node.get("text"), str)


def _json_draft(node: dict[str, Any], parent: int | None) -> Draft:
    author = _first(node.get("author"))
    name = author.get("name") if isinstance(author, dict) else author
    created, flags = as_time(_first(node.get("dateCreated") or node.get("datePublished")))
    return Draft(
        author=name if isinstance(name, str) else None,
        text=html_to_text(node["text"]),
        parent=parent,
        id=_json_id(node),
        created=created,
        tz_unknown="tz_unknown" in flags,
    )


def _json_id(node: Any) -> str | None:
    """What names a node, or a mere reference to one."""
    name = first(node, "@id", "identifier", "url") if isinstance(node, dict) else node
    return name if isinstance(name, str) else None


def _first(value: Any) -> Any:
    return next(iter(value), None) if isinstance(value, list) else value
