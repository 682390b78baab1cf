"""Which elements of a page are comments, and which of them answers which.

Tried in this order, the first that finds any is taken: ids and data attributes of known systems, schema.org mark-up,
elements of the class `comment`, repeated blocks whose class names speak of comments.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice

from analyzer.readers.html_nodes import Element, classes, plain, words_of

# WordPress, Drupal, Stack Exchange: comment-7, li-comment-7, div-comment-7, comment_7; Blogger: c1234567890; Disqus: post-7
_NUMBERED = re.compile(
    r"(?:(?:li|div|article|dt|dsq|the|wrap|single)[-_])?(?:comment|kommentar|komentarz|commentaire|comentario)[-_]?(?:id[-_]?)?(\d+)",
    re.IGNORECASE,
)
_BLOGGER = re.compile(r"c\d{6,}")
_MENU = re.compile(r"recent[-_]?comment|latest[-_]?comment|widget_recent|comment-?form|respond\b")
_BRANCH = re.compile(
    r"\b(?:children|indented|replies|\w*repl(?:y|ies)_?list|child-comments|sub-?comments|comments?-list)\b"
)
_LEVEL = re.compile(r"(?:depth|(?:[a-z]+[-_])?(?:comment|reply|thread)[-_](?:depth|level))[-_]?(\d{1,3})")
_BRANCH_REACH = 8  # levels up, and siblings back, in which the answered comment is looked for
_IN_REACH = 60  # levels up in which the list of a deep reply is looked for
_LOOKED_AT = 400  # elements within one that may be a comment: where all lie in each other, more takes quadratic time
_BLOCK_TAGS = frozenset({"li", "div", "article", "section", "dt", "tr", "td", "p"})


def find_comments(root: Element) -> list[Element]:
    """The comment elements in page order; of several with one id the outermost."""
    elements = [element for element in root.iter() if isinstance(element.tag, str)]
    keyed = _keyed(elements)
    if keyed:
        return keyed
    marked = [e for e in elements if _is_marked_up(e) and _has_words(e)]
    if marked:
        return marked
    named = [e for e in elements if e.tag in _BLOCK_TAGS and "comment" in classes(e)]
    named = [e for e in named if not _in_menu(e) and _has_words(e)]
    return named or _repeated(elements)


def key_of(element: Element) -> str | None:
    """The id a comment has on its page: the number in its id, or a data attribute."""
    name = element.get("id") or ""
    match = _NUMBERED.fullmatch(name)
    if match:
        return match[1]
    if _BLOGGER.fullmatch(name) and "comment" in classes(element):
        return name[1:]
    if element.tag == "dt" and re.fullmatch(r"c\d+", name) and _of_comments(element):
        return name[1:]  # Blogger's old pages, Dotclear: the words stand in the `dd`
    for attribute in ("data-comment-id", "data-commentid"):
        value = element.get(attribute)
        if value and element.tag in _BLOCK_TAGS and "comment" in words_of(element):
            return value
    if element.get("data-id") and element.tag == "article" and {"reply", "comment"} & set(classes(element)):
        return element.get("data-id")
    if (
        re.fullmatch(r"post[-_]\d+", name)
        and ({"post", "crawler-post"} & set(classes(element)))
        and _in_thread(element)
    ):
        return name[5:]
    return None


def elsewhere(element: Element) -> str | None:
    """The address of the page a comment in a menu of recent comments was taken from; None for comments of this page."""
    if not _in_menu(element):
        return None
    links = (link.get("href") or "" for link in element.iter("a"))
    return next((link.split("#")[0] for link in links if re.search(r"#.*\d", link) and "://" in link), None)


def _in_thread(element: Element) -> bool:
    """`post-7` is a comment in Disqus' or Discourse's lists, the article itself elsewhere."""
    ancestors = islice(element.iterancestors(), _IN_REACH)
    return any(
        "post-list" in words_of(a) or a.get("id") in ("disqus_thread", "posts") for a in ancestors
    ) or "crawler-post" in classes(element)


def _of_comments(element: Element) -> bool:
    return any("comment" in words_of(above) for above in (element, *islice(element.iterancestors(), 3)))


def _keyed(elements: Iterable[Element]) -> list[Element]:
    found: dict[str, Element] = {}
    for element in elements:
        key = key_of(element)
        if key and key not in found and _holds_comment(element) and (not _in_menu(element) or elsewhere(element)):
            found[key] = element
    return list(found.values())


def _holds_comment(element: Element) -> bool:
    """False for forms, links and empty anchors that bear the number of the comment after them."""
    anchor = element.tag in _BLOCK_TAGS and not len(element) and not (element.text or "").strip()
    return not anchor and element.tag not in ("form", "input", "textarea", "a", "button", "span", "h1", "h2", "h3")


def _in_menu(element: Element) -> bool:
    return any(
        _MENU.search(words_of(node)) for node in (element, *islice(element.iterancestors(), 12)) if node.tag != "body"
    )


def _is_marked_up(element: Element) -> bool:
    kinds = f"{element.get('itemtype') or ''} {element.get('typeof') or ''}"
    return (
        bool(re.search(r"(?:schema\.org/|schema:)(?:Comment|UserComments|Answer)\b", kinds)) and element.tag != "meta"
    )


def _has_words(element: Element) -> bool:
    return any((node.text or "").strip() or (node.tail or "").strip() for node in islice(element.iter(), _LOOKED_AT))


def _repeated(elements: Sequence[Element]) -> list[Element]:
    """Elements of the class name that best marks comments: it speaks of them, repeats, and holds names and words."""
    by_name: dict[str, list[Element]] = {}
    for element in elements:
        if element.tag in _BLOCK_TAGS:
            for name in set(classes(element)):
                if re.search(r"comment|kommentar|reply", name) and not re.search(r"list|s$|form|count|menu|nav", name):
                    by_name.setdefault(name, []).append(element)
    best: list[Element] = []
    for group in by_name.values():
        good = [e for e in group if not _in_menu(e) and _reads_as_comment(e)]
        if len(good) >= 2 and len(good) > 0.6 * len(group) and len(good) > len(best):
            best = good
    return best


def _reads_as_comment(element: Element) -> bool:
    names = Counter(
        part
        for node in islice(element.iter(), _LOOKED_AT)
        for part in re.findall(r"author|user|name|date|time|body|text|content", words_of(node))
    )
    dated = names["date"] or names["time"] or any(node.tag == "time" for node in islice(element.iter(), _LOOKED_AT))
    return (
        bool(names["author"] or names["user"] or names["name"])
        and bool(dated or names["body"] or names["text"])
        and len(plain(element, most=_LOOKED_AT)) > 3
    )


def find_parents(found: Sequence[Element]) -> list[int | None]:
    """For each comment the index of the one it answers, or None."""
    index = {element: at for at, element in enumerate(found)}
    above = _comments_above(index)
    keys = {key: at for at, element in enumerate(found) if (key := key_of(element))}
    depths = [_depth(element) for element in found]
    top = min((depth for depth in depths if depth is not None), default=1)
    last_at_depth: dict[int, int] = {}
    parents: list[int | None] = []
    for at, element in enumerate(found):
        parent = _stated(element, keys)
        if parent is None:
            parent = above.get(element)
        if parent is None:
            parent = _before_branch(element, index)
        depth = depths[at]
        if depth is not None:
            # A theme may close the parent before its list of replies: the printed depth decides
            if depth == top:
                parent = None
            elif parent is None or depths[parent] != depth - 1:
                parent = last_at_depth.get(depth - 1, parent)
            last_at_depth[depth] = at
        parents.append(parent if parent is None or parent < at else None)
    return parents


def _comments_above(index: dict[Element, int]) -> dict[Element, int]:
    """For each comment inside another one, the nearest comment around it; one pass, however deep the nesting."""
    if not index:
        return {}
    around: dict[Element, int] = {}
    root = next(iter(index)).getroottree().getroot()
    for node in root.iter():
        parent = node.getparent()
        if parent is not None:
            nearest = index.get(parent, around.get(parent))
            if nearest is not None:
                around[node] = nearest
    return {element: around[element] for element in index if element in around}


def _depth(element: Element) -> int | None:
    for name in classes(element):
        match = _LEVEL.fullmatch(name)
        if match:
            return int(match[1])
    return None


def _stated(element: Element, keys: dict[str, int]) -> int | None:
    """The parent an attribute or a class names (`data-parentid`, `child-of-7`)."""
    for attribute in ("data-parentid", "data-parent-id", "data-parent", "data-comment-parent", "data-reply-to"):
        value = element.get(attribute)
        if value in keys:
            return keys[value]
    for node in (element, element.getparent()):
        match = re.search(r"\bchild-of-(\d+)\b", node.get("class") or "") if node is not None else None
        if match and match[1] in keys:
            return keys[match[1]]
    return None


def _before_branch(element: Element, index: dict[Element, int]) -> int | None:
    """The comment before the list of replies or the indented block that holds the element."""
    for node in islice(element.iterancestors(), _BRANCH_REACH):
        named = _BRANCH.search((node.get("class") or "").lower())
        if named or node.tag in ("ol", "ul"):
            for before in islice(node.itersiblings(preceding=True), _BRANCH_REACH):
                # The outermost comment of what stands before: replies of earlier branches lie deeper
                inside = next((e for e in islice(before.iter(), 40) if e in index), None)
                if inside is not None and (named or before.tag not in ("ol", "ul")):
                    return index[inside]
    return None
