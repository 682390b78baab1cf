"""Where the records of a JSON value stand: in a list, an envelope, a map under their ids, or a table written by columns."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from analyzer.readers.columns import has_text_column, load_layouts, normal
from analyzer.readers.tally import Tally
from analyzer.readers.values import as_address, as_id, as_list, as_name, as_object, dig, objects

USUAL = ("comments", "data", "items", "results", "posts", "messages", "replies", "reviews", "entries", "rows")
# The usual names of a list of records, and others that are looked at only where the whole document is
_LISTS = (
    *USUAL,
    *(
        "edges",
        "nodes",
        "hits",
        "articles",
        "stories",
        "threads",
        "videos",
        "topics",
        "pages",
        "docs",
        "documents",
        "contents",
    ),
)
AHEAD = 200  # records looked at to choose the fields: keys that are empty are left out by many exporters

_NESTED = ("replies", "children", "comments", "answers", "thread")  # the last of VK, with the replies as its `items`
_OF_ARTICLE = ("comments", "comments_full")
_WRAPPERS = ("node", "_source", "attributes", "row")  # of GraphQL, Elasticsearch, JSON:API and rows of Hugging Face
# MongoDB's extended JSON
_EXTENDED = frozenset({"$oid", "$date", "$numberLong", "$numberInt", "$numberDouble", "$numberDecimal"})
_SPLIT = frozenset({"columns", "index", "data"})  # what a data frame writes with orient="split"
_IDS = frozenset({"id", "_id"})
_DEPTH = 5
_RATED = frozenset({"rating", "stars"})  # a review has a title, too

Record = Mapping[str, object]


def find_records(value: object, text: str | None = None) -> Iterable[object]:
    """The records of a value, or the value itself if it is one; `text` is the column of their texts, where it is known."""
    if isinstance(value, list):
        return map(unwrap, value)
    if not isinstance(value, Mapping):
        return [value]
    if "columns" in value and "data" in value and value.keys() <= _SPLIT:
        return _from_split(value)
    if has_text_column(list(value)):
        return _from_columns(value) or [value]
    if text and value_at(value, text) is not None:
        return [value]
    record = as_object(unwrap(value))
    found = [record] if record is not value else _find_list(value)
    return [value] if found is None else found


def value_at(record: Record, column: str) -> object:
    """What stands under a key, or under a path of keys such as `comment.body`; numbers, dates and ids of MongoDB bare."""
    value = record.get(column)
    if value is None and "." in column:
        value = dig(record, *column.split("."))
    while isinstance(value, Mapping) and len(value) == 1 and not _EXTENDED.isdisjoint(value):
        (value,) = value.values()
    return value


def replies(record: Record) -> list[Record]:
    """The records nested in one."""
    return next((found for name in _NESTED if (found := _list_at(record, name))), [])


def keys_of(records: Iterable[object]) -> list[str]:
    """The keys of the records and, behind them, of their replies."""
    keys: dict[str, None] = {}
    level = objects(list(records))
    for _ in range(3):
        keys.update(dict.fromkeys(str(key) for record in level for key in record))
        level = [reply for record in level for reply in replies(record)]
    return list(keys)


def hold_articles(records: Iterable[Record], text: str | None) -> bool:
    """True if the records are articles, and the comments are listed in them.

    An article has a title, or an address and no author, that its comments lack, or no text; `text` is the column of texts,
    where it is known.
    """
    held = [record for record in records if _has_comments(record)]
    comments = [comment for record in held for comment in _comments(record)]
    own = {normal(key) for record in held for key in record}
    inner = {normal(key) for comment in comments for key in comment}
    names = load_layouts()[0].columns
    if not held or not own.isdisjoint(names["parent"]) or not own.isdisjoint(_RATED):
        return False
    if text and all(value_at(comment, text) is None for comment in comments):
        return False
    worded = any(value_at(record, text) is not None for record in held) if text else own & set(names["text"])
    if not worded or "commentsfull" in own:
        return True
    titles = {title for record in held if (title := _named(record, "title"))}
    if titles and not own & set(names["title"]) <= inner:
        return len(held) == 1 or len(titles) > 1  # comments may bear the title of their article
    return bool(inner) and own.isdisjoint(names["author"]) and not own & set(names["url"]) <= inner


def comments_of_articles(articles: Iterable[Record], tally: Tally) -> Iterator[Record]:
    """The comments of each article, with its id, title and address; articles are counted as posts."""
    for article in articles:
        tally.count("posts")
        url = as_address(_named(article, "url"))
        title = as_name(_named(article, "title"))
        place = {
            "thread": as_id(_named(article, "id")) or as_id(_named(article, "thread")) or url or title,
            "title": title,
            "url": url,
        }
        for comment in _comments(article):
            yield {**comment, **{f"article.{field}": value for field, value in place.items() if value}}


def places_in_articles(comments: Iterable[Record]) -> dict[str, str]:
    """The columns of thread, title and address that comments have from their articles, unless they name their thread."""
    keys = keys_of(comments)
    names = load_layouts()[0].columns
    has_own = not {normal(key) for key in keys}.isdisjoint(set(names["thread"]) - set(names["url"]))
    places = {field: f"article.{field}" for field in ("thread", "title", "url")}
    return {field: column for field, column in places.items() if column in keys and not (has_own and field == "thread")}


def _named(record: Record, field: str) -> object:
    key = _key(record, field)
    return value_at(record, key) if key is not None else None


def _key(record: Record, field: str) -> str | None:
    """The key that holds a field of a comment, empty ones left out."""
    keys = {normal(key): key for key, value in record.items() if value not in (None, "")}
    return next((keys[name] for name in load_layouts()[0].columns[field] if name in keys), None)


def _has_comments(record: Record) -> bool:
    return any(isinstance(record.get(name), list) or _list_at(record, name) for name in _OF_ARTICLE)


def _comments(article: Record) -> list[Record]:
    """The comments listed in an article; bare texts, not ids, are records of nothing else."""
    for name in _OF_ARTICLE:
        texts = [entry for entry in as_list(article.get(name)) if isinstance(entry, str)]
        bare = [{"text": text} for text in texts] if any(" " in text for text in texts) else []
        if found := [*bare, *_list_at(article, name)]:
            return found
    return []


def _list_at(record: Record, name: str) -> list[Record]:
    nested = record.get(name)
    if isinstance(nested, Mapping):
        near = [nested, *objects(list(islice(nested.values(), AHEAD)))]
        lists = (part[usual] for part in near for usual in _LISTS if isinstance(part.get(usual), list))
        nested = _under_ids(nested) or next(lists, None)
    return [as_object(unwrap(entry)) for entry in objects(nested)]


def unwrap(entry: object) -> object:
    """The record in `{"node": {…}}` or `{"_id": 7, "_source": {…}}`, with what stands beside it."""
    if isinstance(entry, Mapping):
        inner = next((entry[name] for name in _WRAPPERS if isinstance(entry.get(name), Mapping)), None)
        if isinstance(inner, Mapping) and not has_text_column(list(entry)):
            beside = {} if inner.keys() & _IDS else {key: entry[key] for key in entry.keys() & _IDS}
            return {**beside, **inner}
    return entry


def _find_list(value: Record) -> list[object] | None:
    """The list of records in an object: under a usual name however deep, or the values under their ids."""
    usual: list[object] | None = None
    level: list[Record] = [value]
    for _ in range(_DEPTH):
        for part in level:
            if _is_article(part):
                return [part]
            for entries in (as_list(part[name]) for name in _LISTS if isinstance(part.get(name), list)):
                if _have_text(map(unwrap, entries)):
                    return [unwrap(entry) for entry in entries]
                usual = entries if usual is None else usual
            if found := _under_ids(part) or _under_threads(part):
                return found
        level = [inner for part in level for inner in islice(part.values(), AHEAD) if isinstance(inner, Mapping)]
    return usual


def _is_article(part: Record) -> bool:
    """True for an object with a title and comments that do not say themselves which article they stand under."""
    names = load_layouts()[0].columns
    inner = {normal(key) for comment in _comments(part)[:AHEAD] for key in comment}
    has_own = not inner.isdisjoint(set(names["thread"]) - set(names["url"]))
    return _named(part, "title") is not None and not has_own and not inner.isdisjoint(names["text"])


def _under_ids(part: Record) -> list[object] | None:
    """The values of a map from ids to comments or articles."""
    some = objects(list(islice(part.values(), AHEAD)))
    worded = sum(has_text_column(list(inner)) for inner in some)
    are_articles = len(some) > 1 and all(isinstance(inner.get("comments"), list) for inner in some)
    if not some or not (2 * worded >= len(some) or are_articles) or len(objects(list(part.values()))) < len(part):
        return None
    return [{"id": key, **as_object(inner)} for key, inner in part.items()]


def _under_threads(part: Record) -> list[object] | None:
    """The comments in a map from threads to maps from ids to comments."""
    if len(part) < 2 or not all(isinstance(inner, Mapping) for inner in part.values()):
        return None
    threads = {thread: _under_ids(as_object(inner)) for thread, inner in part.items()}
    if not all(threads.values()):
        return None
    return [{"thread_id": thread, **as_object(entry)} for thread, inner in threads.items() for entry in inner or []]


def _have_text(records: Iterable[object]) -> bool:
    return has_text_column(keys_of(islice(records, AHEAD)))


def _from_split(value: Record) -> Iterator[Record]:
    names = [str(name) for name in as_list(value["columns"])]
    return (dict(zip(names, row, strict=False)) for row in as_list(value["data"]) if isinstance(row, list))


def _from_columns(value: Record) -> Iterator[Record] | None:
    """The rows of a table written by columns, as data frames are: `{"text": {"0": …}}`, `{"text": […]}`."""
    columns = list(value.values())
    if all(isinstance(column, list) for column in columns):
        lists = [as_list(column) for column in columns]
        if any(len(column) != len(lists[0]) or objects(column[:AHEAD]) for column in lists):
            return None
        return (dict(zip(value, row, strict=True)) for row in zip(*lists, strict=True))
    if all(isinstance(column, Mapping) for column in columns):
        maps = [as_object(column) for column in columns]
        if any(column.keys() != maps[0].keys() or has_text_column(list(column)) for column in maps):
            return None
        return ({name: column[number] for name, column in zip(value, maps, strict=True)} for number in maps[0])
    return None
