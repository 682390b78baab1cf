"""Tables: which column is what, how rows become comments, what is refused."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook

from analyzer.errors import ConfigError, InputError
from analyzer.readers import ReadOptions, Tally, read_comments
from analyzer.readers.columns import FIELDS, choose_columns, has_text_column, load_layouts
from analyzer.readers.csvs import find_delimiter
from analyzer.readers.tabular import as_key
from analyzer.schema import Comment, Status


def read(tmp_path: Path, content: str | bytes, **mapping: str) -> tuple[list[Comment], Tally]:
    path = tmp_path / "table"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    tally = Tally()
    return list(read_comments(path, options=ReadOptions(mapping=mapping, authors="plain"), tally=tally)), tally


@pytest.mark.parametrize(
    ("header", "chosen"),
    [
        (["id", "body", "author"], {"text": "body", "id": "id", "author": "author"}),
        (
            ["Comment-ID", "Comment Text", "Like_Count"],
            {"text": "Comment Text", "id": "Comment-ID", "likes": "Like_Count"},
        ),
        (["comment", "text"], {"text": "text"}),
        (["userName", "full_text", "created_at"], {"text": "full_text", "author": "userName", "created": "created_at"}),
        (["text", "url"], {"text": "text", "thread": "url", "url": "url"}),
        (["text", "post_id", "url"], {"text": "text", "thread": "post_id", "url": "url"}),
        (
            ["Name", "Date", "Likes", "Comment"],
            {"text": "Comment", "author": "Name", "created": "Date", "likes": "Likes"},
        ),
        (["комментарий", "автор"], {"text": "комментарий", "author": "автор"}),
        (
            ["Beitrag-Nr", "Antwort auf ID", "Verfasser", "Erstellt am", "Kommentar", "Gefällt mir"],
            {
                "text": "Kommentar",
                "id": "Beitrag-Nr",
                "parent": "Antwort auf ID",
                "author": "Verfasser",
                "created": "Erstellt am",
                "likes": "Gefällt mir",
            },
        ),
        (
            ["N°", "Pseudo", "Message", "Posté le", "En reponse a", "J’aime"],
            {
                "text": "Message",
                "id": "N°",
                "parent": "En reponse a",
                "author": "Pseudo",
                "created": "Posté le",
                "likes": "J’aime",
            },
        ),
        (
            ["id_comentario", "id_padre", "usuario", "fecha", "comentario", "me gusta"],
            {
                "text": "comentario",
                "id": "id_comentario",
                "parent": "id_padre",
                "author": "usuario",
                "created": "fecha",
                "likes": "me gusta",
            },
        ),
        *(
            (header, dict(zip(("id", "author", "text", "created", "parent"), header, strict=True)))
            for header in (
                ["ID", "Utente", "Commento", "Data", "Risposta a"],
                ["ID", "Usuário", "Mensagem", "Publicado em", "Em resposta a"],
                ["Id", "Autor", "Treść", "Data", "Odpowiedź na"],
                ["Nummer", "Gebruikersnaam", "Reactie", "Geplaatst op", "Antwoord op"],
                ["ИД", "Автор", "Комментарий", "Дата", "Ответ на"],
                ["Yorum No", "KULLANICI ADI", "Yorum", "Tarih", "Yanıtlanan"],
                ["المعرف", "الكاتب", "التعليق", "التاريخ", "رد على"],
                ["Nr", "Användarnamn", "Kommentar", "Publicerad", "Svar på"],
                ["Nr", "Brugernavn", "Kommentar", "Dato", "Svar til"],
            )
        ),
    ],
    ids=lambda value: ", ".join(value) if isinstance(value, list) else "",
)
def test_columns_are_found_by_their_names(header: list[str], chosen: dict[str, str]) -> None:
    found = choose_columns(header, {}, "table").chosen
    assert dict(found) == chosen


@pytest.mark.parametrize(
    ("rows", "parents", "note"),
    [
        pytest.param(("k1;x;", "k2;x;k1", "k3;y;k2"), [None, "k1", "k2"], "id = 'Key'", id="the column they are in"),
        pytest.param(("k1;x;", "k1;x;k1", "k3;y;k1"), [None] * 3, "--map id=COLUMN", id="not if its values repeat"),
        pytest.param(("k1;x;", "k2;x;x", "k3;y;y"), [None] * 3, "--map id=COLUMN", id="not if rows answer themselves"),
        pytest.param(("k1;x;", "k2;x;7", "k3;y;8"), [None] * 3, "--map id=COLUMN", id="in no column"),
    ],
)
def test_ids_no_header_names_are_those_the_parents_name(
    tmp_path: Path, rows: tuple[str, ...], parents: list[str | None], note: str
) -> None:
    comments, tally = read(tmp_path, "Key;Box;Parent;Text\n" + "".join(f"{row};words\n" for row in rows))
    assert [comment.parent_id for comment in comments] == parents
    assert any(note in sentence for sentence in tally.notes)


def test_a_table_of_another_kind_has_no_text_column() -> None:
    assert not has_text_column(["Nr", "Name", "Datum", "Betrag", "Status"])


def test_a_mapping_wins_over_the_names() -> None:
    chosen = choose_columns(["text", "body", "nick"], {"text": "body", "author": "NICK"}, "table").chosen
    assert chosen["text"] == "body"
    assert chosen["author"] == "nick"


@pytest.mark.parametrize(
    ("mapping", "words"),
    [({}, "--map text=COLUMN"), ({"text": "words"}, "no column 'words'")],
    ids=["no text column", "a column that is not there"],
)
def test_a_table_without_its_text_is_refused_with_its_columns(mapping: dict[str, str], words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        choose_columns(["foo", "bar"], mapping, "table.csv")
    assert "foo, bar" in str(caught.value)
    assert "table.csv" in str(caught.value)


def test_a_field_that_is_none_cannot_be_mapped(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="fields are text, id"):
        read(tmp_path, "text\nx\n", colour="text")


def test_label_columns_do_not_leak(tmp_path: Path) -> None:
    comments, _ = read(tmp_path, "id,text,toxic,insult\n1,words,0.91,0.92\n")
    assert "0.9" not in str(comments[0])


def test_the_columns_taken_are_told(tmp_path: Path) -> None:
    _, tally = read(tmp_path, "id,text,toxic\n1,words,1\n")
    assert tally.notes == ["table: columns taken: text = 'text', id = 'id'"]


@pytest.mark.parametrize(
    ("value", "key"),
    [
        *(("7", "7"), (7, "7"), ("123.0", "123"), (123.0, "123"), ("1.5", "1.5"), ("nan", None), (float("nan"), None)),
        *(("NULL", None), ("", None), (None, None), (" a ", "a"), (2**60, str(2**60)), (True, None), ([], None)),
    ],
)
def test_an_id_is_what_a_spreadsheet_made_of_it(value: object, key: str | None) -> None:
    assert as_key(value) == key


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_the_delimiter_is_found(delimiter: str, end: str, tmp_path: Path) -> None:
    rows = [["id", "text", "author"], ["1", '"a, b; c | d"', "mo"], ["2", '"two' + end + 'lines"', "li"]]
    content = end.join(delimiter.join(row) for row in rows) + end
    assert find_delimiter(content) == delimiter
    comments, _ = read(tmp_path, content)
    assert [comment.text for comment in comments] == ["a, b; c | d", "two\nlines"]
    assert [comment.author for comment in comments] == ["mo", "li"]


@pytest.mark.parametrize(
    ("content", "texts"),
    [
        ("text\none\ntwo\n", ["one", "two"]),
        ("\ufeffid,text\n1,one\n", ["one"]),
        ("id,text\n1,one,surplus\n2\n3,three\n", ["one,surplus", "", "three"]),
        ('id,text\n1,"say ""no"""\n2,5" pipe\n', ['say "no"', '5" pipe']),
        ("id,text\n1,<p>one</p><p>two &amp; three</p>\n2,a < b &amp; c\n", ["one\ntwo & three", "a < b &amp; c"]),
        ("id,text\n\n,,\n1,one\n", ["one"]),
    ],
    ids=["one column", "byte-order mark", "rows of other widths", "quotes", "mark-up", "blank rows"],
)
def test_rows_are_read(content: str, texts: list[str], tmp_path: Path) -> None:
    comments, _ = read(tmp_path, content)
    assert [comment.text for comment in comments] == texts


def test_a_quote_left_open_swallows_no_row(tmp_path: Path) -> None:
    rejects = []
    path = tmp_path / "table.csv"
    path.write_text('id,text,author\n1,ok,a\n2,"never, closed,b\n' + "3,fine,c\n" * 50 + '4,"two\nlines",d\n')
    comments = list(read_comments(path, tally=Tally(on_reject=rejects.append)))
    assert [comment.text for comment in comments] == ["ok", *["fine"] * 50, "two\nlines"]
    assert [reject.line for reject in rejects] == [3]


@pytest.mark.parametrize(
    ("rows", "texts"),
    [
        ('1,a,"open\n2,b,shut\n3,c,"with, comma"\n', ['"open', "shut", "with, comma"]),
        ('1,a,"he said "no" to me, and left"\n2,b,fine\n', ['he said "no" to me, and left', "fine"]),
        ('1,a,"a "word" here\nand, there"\n2,b,fine\n', ['a "word" here\nand, there', "fine"]),
        ('1,a,"he said \\"no\\", and left"\n2,b,fine\n', ['he said "no", and left', "fine"]),
        ('1,a,"Fine" words\n2,b,""\n', ['"Fine" words', ""]),
        ('1,a,"two\nlines"\n2,b,"say ""no"""\n', ["two\nlines", 'say "no"']),
        ('1,a,fine\n2,b,"open to the end\n', ["fine", '"open to the end']),
    ],
    ids=["left open", "not escaped", "over two lines", "backslashes", "a word", "by the rules", "the last row"],
)
@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_quotes_that_keep_no_rules(tmp_path: Path, rows: str, texts: list[str], delimiter: str) -> None:
    for cell in {"1,a", "2,b", "3,c"}:
        rows = rows.replace(f"{cell},", f"{cell.replace(',', delimiter)}{delimiter}")
    comments, tally = read(tmp_path, f"id{delimiter}author{delimiter}text\n{rows}")
    assert [comment.text for comment in comments] == texts
    assert tally.counts["rejects"] == 0


def test_where_quotes_tell_nothing_each_line_is_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analyzer.readers.quotes._MAX_REPAIRS", 5)
    comments, tally = read(tmp_path, "id,text,author\n1,ok,a\n" + '2,"x,y,z\n' * 21 + "3,fine,b\n")
    assert [comment.text for comment in comments] == ["ok", "fine"]
    assert tally.counts["rejects"] == 21
    assert any("each line is read as a row" in note for note in tally.notes)


@pytest.mark.parametrize(
    ("rows", "parents"),
    [
        ("1,-1,900\n2,1,900\n", [None, "1"]),
        ("-1,,900\n2,-1,900\n", [None, "-1"]),
        ("1,900,900\n2,1,900\n3,901,901\n", [None, "1", None]),
        ("2,900,900\n900,,900\n", ["900", None]),
    ],
    ids=["minus one", "a comment called minus one", "the thread", "a thread called like its first comment"],
)
def test_what_stands_for_no_parent(tmp_path: Path, rows: str, parents: list[str | None]) -> None:
    lines = [f"{line},some words number {n}" for n, line in enumerate(rows.splitlines())]
    comments, _ = read(tmp_path, "\n".join(["comment_id,parent_id,article_id,comment_text", *lines]) + "\n")
    assert [comment.parent_id for comment in comments] == parents


@pytest.mark.parametrize("thread", [",submission_id", ",permalink", ""], ids=["a column", "an address", "the parent"])
def test_reddit_without_its_link_ids(tmp_path: Path, thread: str) -> None:
    rows = ["abc1,one &amp; two,t3_zz9", "abc2,a reply,t1_abc1", "abc3,another,t1_abc2"]
    named = {",submission_id": "zz9", ",permalink": "/r/x/comments/zz9", "": "t3_zz9"}[thread]
    if thread:
        own = "/a_title/{}/" if thread == ",permalink" else ""
        rows = [f"{row},{named}{own.format(row[:4])}" for row in rows]
    comments, _ = read(tmp_path, "\n".join([f"id,body,parent_id{thread}", *rows]) + "\n")
    assert [comment.id for comment in comments] == ["t1_abc1", "t1_abc2", "t1_abc3"]
    assert [comment.parent_id for comment in comments] == [None, "t1_abc1", "t1_abc2"]
    assert {comment.thread_id for comment in comments} == {named}
    assert comments[0].text == "one & two"


@pytest.mark.parametrize(
    ("column", "addresses", "threads"),
    [
        ("url", ["https://a.example/7#comment-1", "https://a.example/7#comment-2"], ["https://a.example/7"] * 2),
        ("permalink", ["https://a.example/7#c1", "https://a.example/7#c2"], ["https://a.example/7"] * 2),
        ("link", ["https://v.example/?v=7&lc=Ug1", "https://v.example/?v=7&lc=Ug2"], ["https://v.example/?v=7"] * 2),
        ("permalink", ["https://a.example/k1", "https://a.example/k2"], ["unknown"] * 2),
        ("url", ["https://a.example/7", "https://a.example/8"], ["https://a.example/7", "https://a.example/8"]),
        ("url", ["https://a.example/#/story/7", "https://a.example/#/story/8"], None),
    ],
)
def test_an_address_names_the_thread_not_the_comment(
    tmp_path: Path, column: str, addresses: list[str], threads: list[str] | None
) -> None:
    rows = "".join(f"words {address[-1]},{address}\n" for address in addresses)
    comments, _ = read(tmp_path, f"comment,{column}\n{rows}")
    assert [comment.thread_id for comment in comments] == (threads or addresses)
    mapped, _ = read(tmp_path, f"comment,{column}\n{rows}", thread=column)
    assert [comment.thread_id for comment in mapped] == addresses


@pytest.mark.parametrize("header", ["title,body,comment", "title,body,comment_text", "title,text,message"])
def test_the_text_of_the_article_is_no_comment(tmp_path: Path, header: str) -> None:
    comments, _ = read(tmp_path, f"{header}\nA title,A long article,one\nA title,A long article,two\n")
    assert [comment.text for comment in comments] == ["one", "two"]


@pytest.mark.parametrize(
    ("cells", "texts"),
    [
        (["It&#39;s &amp; &quot;so&quot;", "fine"], ['It\'s & "so"', "fine"]),
        (["write &amp; for it", "salt & pepper"], ["write &amp; for it", "salt & pepper"]),
        (["use <b> for bold", "if a<b and c>d"], ["use <b> for bold", "if a<b and c>d"]),
        (["<b>bold</b> words", "one<br>two"], ["bold words", "one\ntwo"]),
        (["fine", r"\N"], ["fine", ""]),
    ],
    ids=["escaped", "an entity meant", "a tag meant", "mark-up", "nothing"],
)
def test_what_is_markup_and_what_is_meant(tmp_path: Path, cells: list[str], texts: list[str]) -> None:
    rows = "".join(f'{n},"{cell.replace(chr(34), chr(34) * 2)}"\n' for n, cell in enumerate(cells))
    comments, _ = read(tmp_path, f"id,text\n{rows}")
    assert [comment.text for comment in comments] == texts


@pytest.mark.parametrize(
    "header", ["用户名,评论内容,评论时间,点赞数", "ユーザー名,コメント,日時,いいね数", "작성자,댓글,작성일,좋아요"]
)
def test_headings_in_chinese_japanese_and_korean(tmp_path: Path, header: str) -> None:
    (comment,), _ = read(tmp_path, f"{header}\nMo,words,2024-01-01 10:00,3\n")
    assert (comment.author, comment.text, comment.likes) == ("Mo", "words", 3)
    assert comment.created is not None


def test_a_parent_of_zero_is_none_unless_there_is_a_comment_zero(tmp_path: Path) -> None:
    comments, _ = read(tmp_path, "id,text,parent_id\n5,a,0\n0,b,\n6,c,0\n7,d,7\n")
    assert [comment.parent_id for comment in comments] == [None, None, "0", None]


def test_words_of_removed_comments_are_not_read(tmp_path: Path) -> None:
    comments, _ = read(tmp_path, "id,text,status\n1,a,approved\n2,b,rejected\n3,c,spam\n4,d,who knows\n5,[deleted],\n")
    assert [(comment.status, comment.text) for comment in comments] == [
        (Status.VISIBLE, "a"),
        (Status.REMOVED, ""),
        (Status.SPAM, "c"),
        (Status.UNKNOWN, "d"),
        (Status.DELETED, ""),
    ]


def test_flags_of_moderation_are_statuses(tmp_path: Path) -> None:
    rows = "1,a,true,false,false\n2,b,false,false,false\n3,c,true,true,false\n4,d,true,false,true\n"
    comments, _ = read(tmp_path, f"id,message,isApproved,isSpam,isDeleted\n{rows}")
    assert [comment.status for comment in comments] == [Status.VISIBLE, Status.PENDING, Status.SPAM, Status.DELETED]


@pytest.mark.parametrize(
    ("word", "status"),
    [
        *(("freigegeben", Status.VISIBLE), ("Gelöscht", Status.DELETED), ("in Prüfung", Status.PENDING)),
        *(("supprimé", Status.DELETED), ("en attente", Status.PENDING), ("rechazado", Status.REMOVED)),
        *(("cancellato", Status.DELETED), ("excluído", Status.DELETED), ("usunięty", Status.DELETED)),
        *(("verwijderd", Status.DELETED), ("удалён", Status.DELETED), ("на модерации", Status.PENDING)),
    ],
)
def test_words_of_a_status_are_known_in_many_languages(tmp_path: Path, word: str, status: Status) -> None:
    comments, _ = read(tmp_path, f"id,text,status\n1,words,{word}\n")
    assert comments[0].status is status


WITHOUT_HEADER = (
    "17;Mo;2021-03-04 10:00;words of one\n18;Li;2021-03-04 11:00;more, words\n19;Mo;2021-03-05 12:30;words\n"
)


def test_columns_of_a_table_without_a_header_have_numbers(tmp_path: Path) -> None:
    comments, _ = read(tmp_path, WITHOUT_HEADER, text="#4", author="#2", id="#1", created="#3")
    assert [(c.id, c.author, c.text) for c in comments] == [
        ("17", "Mo", "words of one"),
        ("18", "Li", "more, words"),
        ("19", "Mo", "words"),
    ]


def test_rows_of_a_workbook_without_a_header_are_all_read(tmp_path: Path) -> None:
    book = Workbook()
    assert book.active is not None
    for row in ((7, "words"), (8, "more words")):
        book.active.append(row)
    book.save(tmp_path / "table.xlsx")
    options = ReadOptions(mapping={"text": "#2", "id": "#1"})
    comments = list(read_comments(tmp_path / "table.xlsx", options=options))
    assert [(c.id, c.text) for c in comments] == [("7", "words"), ("8", "more words")]


@pytest.mark.parametrize(
    ("mapping", "words"),
    [({}, "--map text=#3"), ({"text": "#9"}, "no column '#9'; columns are #1, #2, #3, #4")],
    ids=["not named", "one that is not there"],
)
def test_a_table_without_a_header_is_refused_with_the_way_to_read_it(
    tmp_path: Path, mapping: dict[str, str], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        read(tmp_path, WITHOUT_HEADER, **mapping)


@pytest.mark.parametrize("suffix", ["parquet", "excel"])
def test_binary_tables_are_read(suffix: str, tmp_path: Path) -> None:
    content = _parquet() if suffix == "parquet" else _excel()
    comments, tally = read(tmp_path, content)
    assert tally.format == suffix
    assert [(c.id, c.text, c.author, c.parent_id) for c in comments] == [
        ("1", "First <words>", "Zoë", None),
        ("2", "Second", None, "1"),
    ]
    assert comments[0].created is not None
    assert comments[0].created.isoformat() == "2024-05-01T08:00:00+00:00"


def test_a_workbook_without_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--map text=COLUMN"):
        read(tmp_path, _excel(header=("foo", "bar")))


def _parquet() -> bytes:
    from datetime import UTC, datetime

    import pyarrow as pa
    import pyarrow.parquet as pq

    file = io.BytesIO()
    created = [datetime(2024, 5, 1, 8, tzinfo=UTC), None]
    columns = {
        "comment_id": [1, 2],
        "body": ["First <words>", "Second"],
        "author": ["Zoë", None],
        "parent_id": [None, 1.0],
    }
    pq.write_table(pa.table(columns | {"created_at": created, "toxic": [0.1, 0.2]}), file)
    return file.getvalue()


def _excel(header: tuple[str, ...] = ("comment_id", "body", "author", "parent_id", "created_at")) -> bytes:
    from datetime import datetime

    from openpyxl import Workbook

    book = Workbook()
    book.active.append(["nothing here"])  # type: ignore[union-attr]
    sheet = book.create_sheet("Comments")
    for row in (
        header,
        (1, "First <words>", "Zoë", None, datetime(2024, 5, 1, 8)),
        (None,) * 5,
        (2, "Second", None, 1, None),
    ):
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_the_field_maps_name_every_layout_once() -> None:
    _, layouts = load_layouts()
    names = [layout.name for layout in layouts]
    assert len(set(names)) == len(names)
    assert {"civil_comments", "takeout", "coral_importer", "socc"} <= set(names)
    assert all(layout.columns.keys() <= set(FIELDS) and layout.description for layout in layouts)


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("[synonyms]\ntext = [", "fields.toml: "),
        ("[synonyms]\nid = ['id']", "fields.toml:1: 'synonyms' needs names for the field text"),
        ("[synonyms]\ntext = ['t']\ncolour = ['c']", "fields.toml:3: 'colour' is no key of a layout"),
        ("[synonyms]\ntext = ['t']\n\n[[layout]]\nname = \"x\"\ntext = 'a'", "fields.toml:5: 'x' needs `requires`"),
        (
            "[synonyms]\ntext = ['t']\n[[layout]]\nname = \"x\"\nrequires = ['a']\nhtml = 'yes'",
            "fields.toml:6: 'html' has a value of the wrong type",
        ),
        (
            "[synonyms]\ntext = ['t']\n[[layout]]\nname = \"x\"\nrequires = ['a']\nstatus_values = { a = 'gone' }",
            "fields.toml:6: 'gone' is no status",
        ),
        (
            "[synonyms]\ntext = ['t']\n[[layout]]\nname = \"x\"\nrequires = ['a']\ncapture = { column = 'u', pattern = '(' }",
            "fields.toml:6: 'capture' has a pattern that does not compile",
        ),
        ("[other]\n", "fields.toml:1: 'other' is neither"),
    ],
    ids=[
        "no TOML",
        "no text",
        "unknown key",
        "fits all",
        "wrong type",
        "unknown status",
        "bad pattern",
        "unknown table",
    ],
)
def test_a_wrong_field_map_is_pointed_at(toml: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "fields.toml"
    path.write_text(toml, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_layouts(path)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    "above",
    [
        pytest.param("sep=;\n", id="the sign between columns, as Excel writes it"),
        pytest.param("Comments of May;;\n;;\n", id="a title and an empty row"),
    ],
)
def test_a_header_need_not_be_the_first_row(tmp_path: Path, above: str) -> None:
    comments, tally = read(tmp_path, f"{above}id;text;author\n1;words;Mo\n2;more words;Li\n")
    assert [(c.id, c.text, c.author) for c in comments] == [("1", "words", "Mo"), ("2", "more words", "Li")]
    assert "the columns are named in line" in tally.notes[0]


def test_a_header_of_a_workbook_need_not_be_the_first_row(tmp_path: Path) -> None:
    book = Workbook()
    assert book.active is not None
    for row in (["Comments of May"], [], ["ID", "Comment", "Author"], [1, "words", "Mo"]):
        book.active.append(row)
    book.save(tmp_path / "table.xlsx")
    (comment,) = read_comments(tmp_path / "table.xlsx", options=ReadOptions(authors="plain"))
    assert (comment.id, comment.text, comment.author) == ("1", "words", "Mo")


@pytest.mark.parametrize(
    ("dates", "read_as", "unread"),
    [
        pytest.param(("3/4/2024", "31/12/2023 22:10"), ("2024-04-03", "2023-12-31"), 0, id="day first"),
        pytest.param(("3/4/2024", "12/31/2023 10:10 PM"), ("2024-03-04", "2023-12-31"), 0, id="month first"),
        pytest.param(("3/4/2024", "some day"), ("2024-04-03", None), 1, id="no date at all"),
        pytest.param(("3/4/2024 9:05 AM", "4/5/2024 9:05 PM"), ("2024-03-04", "2024-04-05"), 0, id="an American clock"),
    ],
)
def test_dates_with_slashes_are_read_as_their_column_shows(
    tmp_path: Path, dates: tuple[str, str], read_as: tuple[str | None, ...], unread: int
) -> None:
    comments, tally = read(tmp_path, "id,text,date\n" + "".join(f"{n},words,{d}\n" for n, d in enumerate(dates)))
    assert tuple(c.created.date().isoformat() if c.created else None for c in comments) == read_as
    assert tally.counts["unread_dates"] == unread


def test_a_date_far_down_shows_how_all_are_read(tmp_path: Path) -> None:
    comments, tally = read(tmp_path, "id,text,date\n" + "1,words,3/4/2024\n" * 1200 + "2,words,3/14/2024\n")
    assert {comment.created.month for comment in comments if comment.created} == {3}
    assert not any("two ways" in note for note in tally.notes)


def test_dates_that_nothing_settles_are_told(tmp_path: Path) -> None:
    _, tally = read(tmp_path, "id,text,date\n1,words,3/4/2024\n")
    assert any("can be read in two ways" in note for note in tally.notes)


@pytest.mark.parametrize(
    "written",
    [
        pytest.param('{"7": {"text": "words"}, "8": {"text": "more", "parent": "7"}}', id="under their ids"),
        pytest.param(
            '{"ok": 1, "answer": {"comments": [{"id": 7, "text": "words"}, {"id": 8, "text": "more", "parent": 7}]}}',
            id="in an envelope",
        ),
        pytest.param(
            '[{"id": 7, "text": "words"}, {"id": 8, "text": "more", "parent": {"id": 7}}]', id="the parent an object"
        ),
        pytest.param(
            '{"7": {"text": "words", "replies": {"8": {"text": "more", "replies": {}}}}}', id="replies under their ids"
        ),
        pytest.param(
            '[{"id": 7, "text": "words", "replies": {"count": 1, "items": [{"id": 8, "text": "more"}]}}]',
            id="replies in an envelope",
        ),
        pytest.param(
            '[{"id": 7, "text": "words", "replies": {"count": 1}, "children": [{"id": 8, "text": "more"}]}]',
            id="a count of replies beside them",
        ),
        pytest.param(
            '[{"id": 7, "text": {"raw": "words"}}, {"id": 8, "text": {"plain": "more"}, "parent": 7}]',
            id="the text an object",
        ),
    ],
)
def test_json_of_unusual_shape(tmp_path: Path, written: str) -> None:
    comments, _ = read(tmp_path, written)
    assert [(c.id, c.parent_id, c.text) for c in comments] == [("7", None, "words"), ("8", "7", "more")]


def test_nested_replies_without_ids_keep_their_parents(tmp_path: Path) -> None:
    comments, _ = read(tmp_path, '[{"text": "one", "by": "Mo", "children": [{"text": "two"}]}, {"text": "three"}]')
    assert [(c.id, c.parent_id, c.author) for c in comments] == [
        ("row1", None, "Mo"),
        ("row2", "row1", None),
        ("row3", None, None),
    ]


@pytest.mark.parametrize("wrapped", [False, True], ids=["a list", "in an envelope"])
def test_comments_of_the_wordpress_api(tmp_path: Path, wrapped: bool) -> None:
    shared = {
        "author_name": "Mo &#038; Di",
        "date": "2020-01-01T10:00:00",
        "date_gmt": "2020-01-01T09:00:00",
        "post": 7,
    }
    records = [
        shared | {"id": 1, "content": {"rendered": "<p>Tea &amp; <b>cake</b></p>"}, "parent": 0, "status": "approved"},
        shared | {"id": 2, "content": {"rendered": "<p>more</p>"}, "parent": 1, "status": "hold"},
    ]
    comments, _ = read(tmp_path, json.dumps({"comments": {"data": records}} if wrapped else records))
    assert [(c.id, c.parent_id, c.thread_id, c.author, c.text, c.status) for c in comments] == [
        ("1", None, "7", "Mo & Di", "Tea & cake", Status.VISIBLE),
        ("2", "1", "7", "Mo & Di", "more", Status.PENDING),
    ]
    assert comments[0].created is not None
    assert (comments[0].created.isoformat(), comments[0].flags) == ("2020-01-01T09:00:00+00:00", ())


def test_the_time_of_day_may_have_a_column_of_its_own(tmp_path: Path) -> None:
    dump = tmp_path / "leser.csv"
    dump.write_text("Nr.;Datum;Uhrzeit;Kommentar\n1;13.05.2022;08:02;Guten Morgen.\n2;14.05.2022;;Kein Wecker.\n")
    created = [comment.created for comment in read_comments(dump)]
    assert created == [datetime(2022, 5, 13, 8, 2, tzinfo=UTC), datetime(2022, 5, 14, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("word", "status"), [("true", "deleted"), ("2024-05-01", "deleted"), ("false", "unknown"), ("", "unknown")]
)
def test_a_column_may_say_that_a_comment_is_gone(tmp_path: Path, word: str, status: str) -> None:
    dump = tmp_path / "export.csv"
    dump.write_text(f"id,text,isDeleted\n1,Still here.,false\n2,Once here.,{word}\n")
    assert [str(comment.status) for comment in read_comments(dump)] == ["unknown", status]


CORAL = 'c1,u1,s1,2020-01-02T03:04:05.000Z,"Well, said",{parent},{status},{rating}\n'


@pytest.mark.parametrize(
    "fields",
    [
        {"parent": "", "status": "APPROVED", "rating": ""},
        {"parent": "c0", "status": "", "rating": "5"},
    ],
    ids=["approved", "a reply that is rated"],
)
def test_a_headerless_table_of_coral_is_known_by_its_values(tmp_path: Path, fields: dict[str, str]) -> None:
    (comment,), _ = read(tmp_path, CORAL.format(**fields))
    assert (comment.id, comment.thread_id, comment.text) == ("c1", "s1", "Well, said")


@pytest.mark.parametrize(
    "content",
    [
        "id,page,created_at,name,email,comment,approved,parent\n7,p,2024-05-01,Mo,mo@mail.example,Well said,approved,\n",
        "id,author,topic,date,comment,parent,,\n7,Mo,p,2024-05-01,Well said,,,\n",
    ],
    ids=["a header that holds a status", "a header that ends blank"],
)
def test_a_table_with_a_header_as_wide_as_corals_is_read_by_its_names(tmp_path: Path, content: str) -> None:
    (comment,), _ = read(tmp_path, content)
    assert (comment.id, comment.text) == ("7", "Well said")


def test_a_headerless_table_whose_ids_hold_words_is_not_corals(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--map text=#3"):
        read(tmp_path, "1,p,Mo,2024-05-01,mo@mail.example,These are words,,\n" * 3)


def test_the_comments_of_wordpress_database(tmp_path: Path) -> None:
    rows = (
        "comment_ID,comment_post_ID,comment_author,comment_author_email,comment_date,comment_date_gmt,comment_content,"
        "comment_approved,comment_type,comment_parent\n"
        '1,40,Ana,a@mail.example,2024-05-01 12:00:00,2024-05-01 10:00:00,"A &amp; B\nC",1,comment,0\n'
        "2,40,Bo,b@mail.example,2024-05-01 13:00:00,2024-05-01 11:00:00,Yes,0,,1\n"
        "3,41,A page,,2024-05-01 13:00:00,2024-05-01 11:00:00,[...] linked [...],1,pingback,0\n"
        "4,41,Shop,,2024-05-01 13:00:00,2024-05-01 11:00:00,Order paid,1,order_note,0\n"
    )
    comments, tally = read(tmp_path, rows)
    assert [(c.id, c.thread_id, c.parent_id, c.text, c.status) for c in comments] == [
        ("1", "40", None, "A & B\nC", Status.VISIBLE),
        ("2", "40", "1", "Yes", Status.PENDING),
    ]
    assert (comments[0].created, comments[0].flags) == (datetime(2024, 5, 1, 10, tzinfo=UTC), ())
    assert (tally.counts["pingbacks"], tally.counts["skipped_rows"]) == (1, 1)


def test_a_pingback_of_the_wordpress_api_is_left_out(tmp_path: Path) -> None:
    row = {
        "id": 1,
        "post": 9,
        "parent": 0,
        "author_name": "Mo",
        "date_gmt": "2024-05-01T10:00:00",
        "status": "approved",
    }
    rows = [row | {"content": {"rendered": "<p>One</p>"}, "type": kind} for kind in ("comment", "pingback")]
    comments, tally = read(tmp_path, json.dumps(rows))
    assert (len(comments), tally.counts["pingbacks"]) == (1, 1)


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_replies_of_a_comment_exporter_are_numbered(tmp_path: Path, suffix: str) -> None:
    header = ["", "", "Name (click to view profile)", "Profile ID", "Date", "Likes", "Comment", "(view source)"]
    rows = [
        ["1", "", "Ana", "ID: 5", "2024-05-01 10:00:00", "2", "First", "view"],
        ["2", "", "Bo", "ID: 6", "2024-05-01 10:05:00", "0", "Second", "view"],
        ["", "2-1", "Cy", "ID: 7", "2024-05-01 10:06:00", "0", "Answer", "view"],
    ]
    if suffix == "csv":
        content = "".join(",".join(row) + "\n" for row in [header, *rows]).encode()
    else:
        book = Workbook()
        for row in [["Exported"], *[[cell or None for cell in row] for row in [header, *rows]]]:
            book.active.append(row)
        file = io.BytesIO()
        book.save(file)
        content = file.getvalue()
    comments, _ = read(tmp_path, content)
    assert [(c.id, c.parent_id, c.author, c.text) for c in comments] == [
        ("1", None, "Ana", "First"),
        ("2", None, "Bo", "Second"),
        ("2-1", "2", "Cy", "Answer"),
    ]


def test_a_text_named_as_html_is_read_as_html(tmp_path: Path) -> None:
    (comment,), _ = read(tmp_path, json.dumps({"comments": [{"id": 1, "body_html": "A &amp; B"}]}))
    assert comment.text == "A & B"


def test_json_without_a_text_field_is_refused_with_the_keys_of_its_records(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="its keys are number, wording;"):
        read(tmp_path, json.dumps({"comments": [{"number": 1, "wording": "x"}]}))


@pytest.mark.parametrize(
    ("table", "texts", "counts"),
    [
        ("id,text\n1,Well, yes, and no\n2,Good\n", ["Well, yes, and no", "Good"], {"joined_cells": 1}),
        ("id;text;likes\n1;Na ja; geht so;3\n2;Gut;4\n", ["Na ja; geht so", "Gut"], {"joined_cells": 1}),
        ("text\nWell, yes\nGood\nNo, no\n", ["Well, yes", "Good", "No, no"], {"joined_cells": 2}),
        ("id,text\n1,Well,,\n2,Good\n", ["Well", "Good"], {}),
        ("author,text\n1,ann,Nice bridge\n2,bob,No\n", ["Nice bridge", "No"], {}),
    ],
    ids=["last column", "between columns", "only column", "empty cells behind the row", "row numbers without a name"],
)
def test_cells_too_many_cost_no_words(table: str, texts: list[str], counts: dict[str, int], tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text(table, encoding="utf-8")
    tally = Tally()
    assert [comment.text for comment in read_comments(path, tally=tally)] == texts
    assert {name: tally.counts.get(name, 0) for name in counts} == counts
    assert ("joined_cells" in tally.counts) == bool(counts)
