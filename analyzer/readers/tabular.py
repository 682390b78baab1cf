"""Rows of any table as Comments, through the columns chosen for it."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from datetime import date
from html import unescape
from itertools import chain

import orjson

from analyzer.readers.columns import Columns, load_layouts, normal
from analyzer.readers.files import excerpt
from analyzer.readers.markup import html_to_text, lines_to_breaks
from analyzer.readers.tally import Tally
from analyzer.readers.times import tells_day_first
from analyzer.readers.values import HELD, PINGBACKS, UNKNOWN_THREAD, as_count, as_time, batched, weigh
from analyzer.schema import Comment, Status

_FLOAT_ID = re.compile(r"-?\d+\.0+")
_AHEAD = 500  # rows looked at to see whether the day or the month comes first, and which column holds the ids
_FEW = 50  # rows that show whether a column holds words
_FURTHER = 20_000  # rows looked at where the first ones leave open how dates are written
_ADDRESS = re.compile(r"([\w.+-]{1,64})@[\w-]+(?:\.[\w-]+)+|(\d{1,3}\.\d{1,3})\.\d{1,3}\.\d{1,3}")
_CLOCK = re.compile(r"\d{1,2}[:.h]\d{2}(?:[:.]\d{2}(?:\.\d+)?)?(?:\s*[AaPp]\.?[Mm]\.?)?")
_NOTHING = frozenset({"", "null", "none", "nan", "nat", "<na>", "root", "\\n"})  # the last as MySQL writes it
_WORDS = ("rendered", "text", "body", "plain", "raw", "value")  # what a text that is an object holds its words under
_NAMES = ("name", "username", "displayName", "display_name", "login", "screen_name", "first_name")
_IDS = ("id", "user_id", "channel_id", "chat_id", "steamid", "reply_to_msg_id")  # of whom or what an object stands for
# A tag that ends something, or stands alone: `use <b> here` and `a<b and c>d` are words.
_TAG = re.compile(
    r"</(?:p|a|div|span|blockquote|em|strong|b|i)\s*>|<br\s*/?>|<(?:p|br)(?:\s+[\w-]+\s*=[^<>]{0,2000})?/?>",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:amp|quot|apos|lt|gt|nbsp|#\d{1,7}|#x[0-9a-f]{1,6});", re.IGNORECASE)
_BARE = re.compile(r"&(?![a-z0-9#]{1,31};)|<", re.IGNORECASE)
_REDDIT = re.compile(r"t[13]_[0-9a-z]+")
# What names the comment in an address of the thread: `#comment-7`, `&lc=Ugx…`, the end of Reddit's.
_OWN_PART = re.compile(
    r"#(?:(?:li-|div-)?(?:comment|reply|post|message|msg|cmt|kommentar|commentaire|comentario|commento)[-_=]?\w+|[cpr]?[-_]?\d+)$"
    r"|[?&](?:lc|comment_id|reply_comment_id|comment)=[^&#]*"
    r"|(?<=/comments/)(\w+)/[^/?#]*/\w+/?$",
    re.IGNORECASE,
)

_QUOTED = re.compile(r"(?<![>\w])>>(\d{1,20})\b")  # how a post of a board names another of its thread

Row = tuple[int, Mapping[str, object]]


def read_rows(rows: Iterable[Row], columns: Columns, source: str, tally: Tally) -> Iterator[Comment]:
    """A Comment a row; `rows` are numbered and hold the values of the needed columns under their names."""
    if columns.layout.posts:
        tally.note(f"{source}: {columns.layout.description}; no comments were read")
        return
    nobody = {"0", "-1"}  # what tables write where there is no parent, unless a comment is called so
    rows = iter(rows)
    ahead, day_first = _look_ahead(rows, columns)
    columns = _look_at_cells(columns, ahead)
    columns = _find_ids(columns, ahead, source, tally)
    tops_answer_thread = _tops_answer_thread(columns, ahead)
    posts = set[tuple[str, str]]()  # thread and id of those of a board
    threads = dict[str, str]()  # of the comments read, where a comment's parent is all that tells its thread
    tally.note(f"{source}: columns taken: {columns}")
    if day_first is None:
        tally.note(f"{source}: dates such as 3/4/2024 can be read in two ways and nothing tells; the day was put first")
    for number, row in chain(ahead, rows):
        if _is_skipped(row, columns):
            tally.count("skipped_rows")
            continue
        text = _words(row.get(columns.chosen["text"]))
        if text is not None and not isinstance(text, (str, int, float)):
            tally.reject(source, number, "the text is neither a string nor empty", excerpt(str(type(text).__name__)))
            continue
        comment = row_comment(row, number, columns, source, day_first is not False)
        if comment.created is None and as_key(row.get(columns.chosen.get("created", ""))):
            tally.count("unread_dates")
        nobody.discard(comment.id)
        if comment.parent_id in nobody or (tops_answer_thread and comment.parent_id == comment.thread_id):
            comment = replace(comment, parent_id=None)
        if columns.layout.id_prefix and "thread" not in columns.chosen:
            comment = replace(comment, thread_id=threads.get(comment.parent_id or "", comment.thread_id))
            threads[comment.id] = comment.thread_id
        if columns.layout.board:
            comment = _on_board(comment, posts)
            posts.add((comment.thread_id, comment.id))
        yield comment


def row_comment(
    row: Mapping[str, object], number: int, columns: Columns, source: str, day_first: bool = True
) -> Comment:
    """The comment in a row; `day_first` tells how dates such as 3/4/2024 are read."""
    layout = columns.layout
    values = {name: row.get(column) for name, column in columns.chosen.items()}
    captured = _capture(row, columns)
    own_id = captured.get("id") or _prefixed(as_key(values.get("id")), layout.id_prefix) or f"row{number}"
    above = values.get("parent")
    if isinstance(above, list):  # the way up from the top: the last is answered
        above = above[-1] if above else None
    parent = _parent(own_id, as_key(above), columns)
    created, flags = as_time(
        _with_clock(_timestamp(values.get("created")), values.get("clock")), utc=layout.utc, day_first=day_first
    )
    if str(values.get("kind")).strip().casefold() in PINGBACKS:
        flags = (*flags, "pingback")
    return Comment(
        source=source,
        id=own_id,
        thread_id=captured.get("thread") or _thread(values, columns) or UNKNOWN_THREAD,
        text=_text(_words(values.get("text")), columns),
        parent_id=parent if parent != own_id else None,
        author=_author(values.get("author"), columns),
        created=created,
        lang=_short(values.get("lang")),
        status=_status(values, columns),
        likes=as_count(values.get("likes")),
        thread_title=_short(values.get("title")),
        thread_url=_url(values.get("url"), columns),
        flags=flags,
    )


def _on_board(comment: Comment, posts: Set[tuple[str, str]]) -> Comment:
    """A post in the thread that its parent opened, under the first earlier post of that thread it names."""
    if comment.parent_id is None:
        return replace(comment, thread_id=comment.id)
    named = _QUOTED.findall(comment.text)
    answered = next((name for name in named if (comment.parent_id, name) in posts), comment.parent_id)
    return replace(comment, thread_id=comment.parent_id, parent_id=answered)


def as_key(value: object) -> str | None:
    """An id as a string; tables that met a spreadsheet or a data frame hold `123.0` for 123 and `nan` for nothing."""
    if isinstance(value, Mapping):
        value = next((value[key] for key in _IDS if value.get(key) is not None), None)
    if value is None or isinstance(value, (bool, list, dict)):
        return None
    key = str(value).strip()
    if key.casefold() in _NOTHING:
        return None
    return key.split(".")[0] if _FLOAT_ID.fullmatch(key) else key


def _look_ahead(rows: Iterator[Row], columns: Columns) -> tuple[list[Row], bool | None]:
    """The first rows, as many as it takes to see whether dates put the day first, and whether they do (None: unknown)."""
    created, day_first = columns.chosen.get("created", ""), None
    ahead: list[Row] = []
    held = 0
    for more in batched(rows, _AHEAD):
        ahead += more
        held += weigh(more)
        day_first = tells_day_first(row.get(created) for _, row in ahead)
        if day_first is not None or len(ahead) >= _FURTHER or held >= HELD:
            break
    return ahead, day_first if ahead else True


def _look_at_cells(columns: Columns, rows: Sequence[Row]) -> Columns:
    """The columns corrected by what the first rows hold: the text, Reddit's prefixes, entities in words without mark-up."""

    def held(column: str) -> list[str]:
        return [str(row[column]) for _, row in rows if row.get(column) not in (None, "")]

    chosen, layout = dict(columns.chosen), columns.layout
    chosen["text"] = _text_column(chosen["text"], {column: held(column) for column in (chosen["text"], *columns.texts)})
    words, parents, addresses = held(chosen["text"]), held(chosen.get("parent", "")), held(chosen.get("thread", ""))
    if any(map(_ENTITY.search, words)) and not any(map(_BARE.search, words)):
        layout = replace(layout, escaped=True)
    if parents and all(map(_REDDIT.fullmatch, parents)):
        layout = replace(layout, id_prefix="t1_")
    is_own = len(set(map(_address, addresses))) == len(rows) > 1  # each comment has an address of its own
    if columns.by_address and normal(chosen["thread"]) == "permalink" and is_own:
        del chosen["thread"]
    return replace(columns, chosen=chosen, layout=layout, texts=())


def _text_column(guessed: str, held: Mapping[str, Sequence[str]]) -> str:
    """The column guessed, or one whose words differ from row to row while it repeats itself, as the text of an article does."""
    if len(held) == 1:
        return guessed
    variety = {column: len(set(cells)) for column, cells in held.items() if _are_words(cells[:_FEW])}
    best = max(variety, key=variety.__getitem__, default=guessed)
    return best if variety.get(best, 0) >= 2 * variety.get(guessed, 0) else guessed


def _are_words(cells: Sequence[str]) -> bool:
    return any(letter.isalpha() for cell in cells for letter in cell[:_AHEAD])


def _thread(values: Mapping[str, object], columns: Columns) -> str | None:
    """The thread by its column; without one, the post that Reddit's comment answers."""
    thread = as_key(values.get("thread"))
    if thread is None:
        parent = as_key(values.get("parent"))
        return (
            parent if parent and columns.layout.id_prefix and not parent.startswith(columns.layout.id_prefix) else None
        )
    return _address(thread) if columns.by_address else thread


def _address(url: str) -> str:
    return _OWN_PART.sub(r"\1", url)


def _find_ids(columns: Columns, rows: Sequence[Row], source: str, tally: Tally) -> Columns:
    """The columns with the one that holds what the parents name, if no name tells it; without parents if none does."""
    parent = columns.chosen.get("parent")
    if parent is None or "id" in columns.chosen:
        return columns
    parents = [as_key(row.get(parent)) for _, row in rows]
    named = {key for key in parents if key not in (None, "0")}
    if named <= {f"row{number}" for number, _ in rows}:
        return columns
    held: dict[str, int] = {}
    for column in columns.others:
        ids = [as_key(row.get(column)) for _, row in rows]
        unique = None not in ids and len(set(ids)) == len(ids)
        if unique and not any(own == above for own, above in zip(ids, parents, strict=True)):
            held[column] = len(named.intersection(ids))
    best = max(held, key=held.__getitem__, default=None)
    if best is not None and held[best] * 2 >= len(named):
        return replace(columns, chosen={**columns.chosen, "id": best})
    tally.note(
        f"{source}: no column holds the ids that {parent!r} names, so replies stand as roots; "
        "name it, for example --map id=COLUMN"
    )
    return replace(columns, chosen={name: column for name, column in columns.chosen.items() if name != "parent"})


def _prefixed(key: str | None, prefix: str) -> str | None:
    return key if key is None or key.startswith(prefix) else prefix + key


def _tops_answer_thread(columns: Columns, rows: Sequence[Row]) -> bool:
    """True if the parent of a top comment is its thread: some parents are threads, and no comment is called like one."""
    if not {"id", "parent", "thread"} <= columns.chosen.keys():
        return False
    ids, parents, threads = (
        [as_key(row.get(columns.chosen[name])) for _, row in rows] for name in ("id", "parent", "thread")
    )
    named = set(threads) - {None}
    return named.isdisjoint(ids) and any(
        thread and parent == thread for parent, thread in zip(parents, threads, strict=True)
    )


def _parent(own_id: str, parent: str | None, columns: Columns) -> str | None:
    layout = columns.layout
    if layout.parent_path:
        separator, top = layout.parent_path
        path = own_id.split(separator)
        return separator.join(path[:-1]) if len(path) > top else None
    if layout.id_prefix and parent and not parent.startswith(layout.id_prefix):
        return None
    return parent


def _capture(row: Mapping[str, object], columns: Columns) -> Mapping[str, str]:
    """Ids that stand in another column, such as the address of the comment."""
    if columns.layout.capture is None or columns.capture is None:
        return {}
    match = columns.layout.capture[1].search(str(row.get(columns.capture) or "")[:2000])
    return match.groupdict() if match else {}


def _is_skipped(row: Mapping[str, object], columns: Columns) -> bool:
    if columns.layout.skip is None or columns.skip is None:
        return False
    return str(row.get(columns.skip)).strip().casefold() in columns.layout.skip[1]


def _words(value: object) -> object:
    """The text itself, also where it is an object such as WordPress' `{"rendered": "<p>…</p>"}`."""
    if isinstance(value, Mapping):
        return next((value[key] for key in _WORDS if isinstance(value.get(key), str)), value)
    if isinstance(value, list):  # OpenWeb: texts, pictures and links in pieces
        texts = [piece["text"] for piece in value if isinstance(piece, Mapping) and isinstance(piece.get("text"), str)]
        return "\n".join(texts) if texts else value
    return value


def _text(value: object, columns: Columns) -> str:
    text = (
        "" if value is None or value != value or value == "\\N" else str(value)
    )  # a data frame's missing value is not itself
    if text.startswith('{"text":'):
        return _takeout(text)
    if columns.layout.breaks:
        text = lines_to_breaks(text)
    is_html = columns.layout.html or columns.chosen["text"].casefold().endswith("html")
    if is_html or (not columns.layout.escaped and _TAG.search(text)):
        return html_to_text(text)
    return unescape(text) if columns.layout.escaped else text


def _takeout(cell: str) -> str:
    """Google Takeout writes a comment as `{"text":"a"},{"text":"b"}` without the brackets of a list."""
    try:
        pieces = orjson.loads(f"[{cell}]")
    except orjson.JSONDecodeError:
        return cell
    return "".join(str(piece.get("text", "")) for piece in pieces if isinstance(piece, dict))


def _author(value: object, columns: Columns) -> str | None:
    """A name; of an e-mail or IP address only its beginning, which tells people apart and reaches nobody."""
    if isinstance(value, Mapping):
        value = next((value[key] for key in _NAMES if isinstance(value.get(key), str)), value)
    name = as_key(value)
    if name and (address := _ADDRESS.fullmatch(name)):
        return f"{address[1] or address[2]}…"
    return unescape(name) if name and (columns.layout.html or columns.layout.escaped) else name


def _timestamp(value: object) -> object:
    if isinstance(value, date):  # with its time of day, or without
        return value.isoformat()
    if isinstance(value, Mapping):
        return value.get("$date")
    return value


def _with_clock(created: object, clock: object) -> object:
    """The day with the time of day from a column of its own."""
    day, hour = (str(value).strip() if value is not None else "" for value in (created, clock))
    day = day.removesuffix("T00:00:00")  # a day in a workbook
    return f"{day} {hour}" if _CLOCK.fullmatch(hour) and day and ":" not in day else created


def _says_so(value: object) -> bool:
    """True for true, 1, yes, or the date on which it happened."""
    word = "" if value is None or value != value else str(value).strip().casefold()
    return word not in _NOTHING and word not in ("false", "0", "0.0", "no", "n", "f", "-")


def _status(values: Mapping[str, object], columns: Columns) -> Status:
    if _says_so(values.get("gone")):
        return Status.DELETED
    if _says_so(values.get("spam")):
        return Status.SPAM
    if "status" not in columns.chosen:
        return Status.UNKNOWN
    value = values.get("status")
    word = "" if value is None else str(value).strip().casefold()
    known = columns.layout.status_values or load_layouts()[0].status_values
    return known.get(word, Status.UNKNOWN)


def _short(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _url(value: object, columns: Columns) -> str | None:
    url = _short(value)
    if not url or not url.startswith(("http://", "https://")):
        return None
    return _address(url) if columns.by_address else url
