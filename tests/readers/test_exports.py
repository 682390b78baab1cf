"""Tables as forums, blogs and research desks export them: the right columns, statuses and texts."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook

from analyzer.errors import InputError
from analyzer.readers import ReadOptions, Tally, read_comments
from analyzer.schema import Comment


def read(tmp_path: Path, content: str | bytes) -> list[Comment]:
    path = tmp_path / "export"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(read_comments(path, options=ReadOptions(authors="plain"), tally=Tally()))


# What stands in each: thread, id, parent, author, status, text of the second of two rows
EXPORTS = {
    "phpBB": (
        "post_id,topic_id,poster_id,post_time,post_username,post_subject,post_text,post_visibility\n"
        "1,7,3,1400000000,ann,Bikes,Red or blue?,1\n2,7,4,1400000100,bob,Re: Bikes,Blue &amp; fast,0\n",
        ("7", "2", None, "bob", "pending", "Blue & fast"),
    ),
    "vBulletin": (
        "postid,threadid,parentid,username,userid,title,dateline,pagetext,visible\n"
        "1,7,0,ann,3,Bikes,1400000000,Red or blue?,1\n2,7,1,bob,4,,1400000100,Blue,1\n",
        ("7", "2", "1", "bob", "visible", "Blue"),
    ),
    "MyBB": (
        "pid,tid,replyto,fid,subject,uid,username,dateline,message,visible\n"
        "1,7,0,2,Bikes,3,ann,1400000000,Red or blue?,1\n2,7,1,2,RE: Bikes,4,bob,1400000100,Blue,1\n",
        ("7", "2", "1", "bob", "visible", "Blue"),
    ),
    "XenForo": (
        "post_id,thread_id,user_id,username,post_date,message,message_state,position\n"
        "1,7,3,ann,1400000000,Red or blue?,visible,0\n2,7,4,bob,1400000100,Blue,moderated,1\n",
        ("7", "2", None, "bob", "pending", "Blue"),
    ),
    "JComments": (
        "id,parent,thread_id,object_id,object_group,lang,name,title,comment,date,published,deleted\n"
        "1,0,0,33,com_content,de-DE,Ann,,Rot oder blau?,2012-05-01 10:00:00,1,0\n"
        "2,1,1,33,com_content,de-DE,Bob,,Blau,2012-05-01 11:00:00,0,0\n",
        ("33", "2", "1", "Bob", "pending", "Blau"),
    ),
    "Drupal": (
        "cid,pid,nid,uid,subject,created,status,thread,name,comment_body_value\n"
        "1,0,5,3,Vélos,1650000000,1,01/,Ann,<p>Rouge ou bleu ?</p>\n2,1,5,4,Re,1650000010,0,01.00/,Bob,<p>Bleu</p>\n",
        ("5", "2", "1", "Bob", "pending", "Bleu"),
    ),
    "Hacker News out of BigQuery": (
        "id,by,author,time,time_ts,text,parent,deleted,dead,ranking\n"
        "2,ann,ann,1309184881,2011-06-27 14:28:01 UTC,Red <i>or</i> blue?,1,,,0\n"
        "3,bob,bob,1309184891,2011-06-27 14:28:11 UTC,I&#x27;d say blue.<p>Or red.,2,,,0\n",
        ("unknown", "3", "2", "bob", "visible", "I'd say blue.\nOr red."),
    ),
    "Takeout in Spanish": (
        "ID de comentario,ID de canal,Marca de tiempo de creación del comentario,Precio,ID del comentario principal,"
        "ID de vídeo,Texto del comentario\n"
        'a,UCx,2023-05-01T10:00:00+00:00,0,,v,"{""text"":""¿Rojo?""}"\n'
        'b,UCy,2023-05-02T10:00:00+00:00,0,a,v,"{""text"":""Azul""}"\n',
        ("v", "b", "a", "UCy", "unknown", "Azul"),
    ),
    "reviews": (
        "Review ID,Review Title,Review Content,Review Stars,Review Created (UTC),Review Username\n"
        "1,Bad,Never again with them,1,2023-05-01 10:00:00,Ann\n2,Ok,Alright in the end,3,2023-05-02 10:00:00,Bob\n",
        ("unknown", "2", None, "Bob", "unknown", "Alright in the end"),
    ),
    "a table of tweets with an index": (
        ",count,class,tweet\n0,3,2,Red or blue?\n1,3,1,Blue\n",
        ("unknown", "row3", None, None, "unknown", "Blue"),
    ),
}


def told(comment: Comment) -> tuple[str | None, ...]:
    return comment.thread_id, comment.id, comment.parent_id, comment.author, comment.status.value, comment.text


@pytest.mark.parametrize(("content", "second"), EXPORTS.values(), ids=EXPORTS)
def test_tables_of_forums_and_sites_are_read(tmp_path: Path, content: str, second: tuple[str | None, ...]) -> None:
    comments = read(tmp_path, content)
    assert len(comments) == 2
    assert told(comments[1]) == second


@pytest.mark.parametrize(
    ("value", "second"),
    [
        (
            {"features": [{"name": "text"}], "rows": [{"row_idx": n, "row": {"text": f"Blue {n}"}} for n in (0, 1)]},
            ("unknown", "row2", None, None, "unknown", "Blue 1"),
        ),
        (
            {
                "posts": [
                    {"no": 9, "com": "Red?", "time": 1651399200, "resto": 0, "name": "Anonymous"},
                    {"no": 10, "com": "Blue<br>or so", "time": 1651399300, "resto": 9, "name": "Anonymous"},
                ]
            },
            ("9", "10", "9", "Anonymous", "unknown", "Blue\nor so"),
        ),
        (
            {
                "comments": [
                    {
                        "id": "a",
                        "post_id": "p",
                        "member_id": "m",
                        "status": "published",
                        "html": "<p>Red?</p>",
                        "replies": [
                            {"id": "b", "post_id": "p", "member_id": "n", "status": "published", "html": "<p>Blue</p>"}
                        ],
                    }
                ]
            },
            ("p", "b", "a", "n", "visible", "Blue"),
        ),
        (
            {
                "contents": [
                    {"content_uuid": "a", "content_container_uuid": "p", "parent_uuid": "p", "content": "Red?"},
                    {
                        "content_uuid": "b",
                        "content_container_uuid": "p",
                        "parent_uuid": "a",
                        "actor_uuid": "n",
                        "content": "Blue",
                        "state": "visible",
                    },
                ]
            },
            ("p", "b", "a", "n", "visible", "Blue"),
        ),
        (
            {
                "conversation": {
                    "comments": [
                        {"id": "a", "content": [{"type": "text", "text": "Red?"}], "replies": []},
                        {
                            "id": "b",
                            "parent_id": "a",
                            "user_id": "u",
                            "content": [{"type": "text", "text": "Blue"}, {"type": "gif"}],
                        },
                    ]
                }
            },
            ("unknown", "b", "a", "u", "unknown", "Blue"),
        ),
        (
            {
                "data": [
                    {
                        "type": "comment--comment",
                        "id": key,
                        "attributes": {
                            "name": "Bob",
                            "status": True,
                            "comment_body": {"value": f"<p>{text}</p>", "format": "basic_html"},
                        },
                    }
                    for key, text in (("a", "Red?"), ("b", "Blue"))
                ]
            },
            ("unknown", "b", None, "Bob", "visible", "Blue"),
        ),
    ],
    ids=["rows of Hugging Face", "4chan", "Ghost", "Viafoura", "OpenWeb", "JSON:API"],
)
def test_json_of_sites_is_read(tmp_path: Path, value: object, second: tuple[str | None, ...]) -> None:
    comments = read(tmp_path, json.dumps(value))
    assert len(comments) == 2
    assert told(comments[1]) == second


@pytest.mark.parametrize("name", ["Comments", "Kommentare", "Commentaires", "Reseñas", "Reviews"])
@pytest.mark.parametrize("form", ["one column", "beside a name", "workbook"])
def test_the_text_column_may_be_named_in_the_plural(tmp_path: Path, name: str, form: str) -> None:
    texts = ["Good, really good", "What a bad idea", "ok"]
    content: str | bytes
    if form == "workbook":
        book, file = Workbook(), io.BytesIO()
        assert book.active is not None
        for cell in (name, *texts):
            book.active.append([cell])
        book.save(file)
        content = file.getvalue()
    else:
        beside = ",Ann" if form == "beside a name" else ""
        content = f"{name}{beside and ',Name'}\n" + "".join(f'"{text}"{beside}\n' for text in texts)
    assert [comment.text for comment in read(tmp_path, content)] == texts


def test_a_number_of_comments_is_no_text(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no column with the comments' text"):
        read(tmp_path, "title,views,comments\nThe cat video,300,20\nThe dog video,100,11\n")


def test_a_heading_over_a_page_is_no_table(tmp_path: Path) -> None:
    page = "Comments\n\nAnn Lee\n3 May 2021 at 10:00\nRed is a good colour.\n\nBob Ray\n3 May 2021 at 11:00\nBlue is better.\n"
    assert [comment.author for comment in read(tmp_path, page)] == ["Ann Lee", "Bob Ray"]


@pytest.mark.parametrize(
    "content",
    [
        "-- MySQL dump 10.13\n--\n/*!40101 SET NAMES utf8 */;\nDROP TABLE IF EXISTS `wp_comments`;\nCREATE TABLE `wp_comments` (\n",
        "INSERT INTO `wp_comments` VALUES (1,5,'Ann','Good, really'),(2,5,'Bob','Bad');\n",
        "--\n-- PostgreSQL database dump\n--\n\nSET statement_timeout = 0;\n\nCOPY public.posts (id, raw) FROM stdin;\n1\tRed\n",
        "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE comments(id int, text text);\n",
    ],
    ids=["mysqldump", "statements alone", "pg_dump", "sqlite3"],
)
def test_a_dump_of_a_database_is_refused_with_the_way_out(tmp_path: Path, content: str) -> None:
    with pytest.raises(InputError, match=r"a dump of a database \(SQL\); load it there and export the table"):
        read(tmp_path, content)


def test_words_of_a_comment_are_no_database(tmp_path: Path) -> None:
    assert read(tmp_path, "Use your head, people;\nnice day\n") == []


def test_an_open_document_is_refused_with_the_way_out(tmp_path: Path) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", "<x>Kommentar</x>")
    with pytest.raises(InputError, match=r"an OpenDocument file; save it as \.xlsx or CSV"):
        read(tmp_path, file.getvalue())


@pytest.mark.parametrize("cut", ["\t", ","])
def test_a_table_without_a_header_says_how_it_is_read(tmp_path: Path, cut: str) -> None:
    path, tally = tmp_path / "export", Tally()
    texts = ["Das ist gut", "Du Trottel", "Bis morgen", "Na ja"]
    path.write_text("".join(f"{number}{cut}{text}\n" for number, text in enumerate(texts, 1)))
    assert list(read_comments(path, tally=tally)) == []
    assert any("--map text=#" in note for note in tally.notes)
    assert [c.text for c in read_comments(path, options=ReadOptions(mapping={"text": "#2"}))] == texts


def test_replies_of_vk_stand_under_the_comment_they_answer(tmp_path: Path) -> None:
    def entry(number: int, text: str, **more: object) -> dict[str, object]:
        return {"id": number, "from_id": 5, "date": 1_700_000_000 + number, "text": text, "post_id": 77, **more}

    reply = entry(12, "Нет, не так", reply_to_comment=11, parents_stack=[11])
    first = entry(11, "Мост давно пора чинить", thread={"count": 1, "items": [reply]})
    items = [first, entry(13, "Согласен", thread={"count": 0, "items": []})]
    comments = read(tmp_path, json.dumps({"response": {"count": 2, "items": items}}, ensure_ascii=False))
    assert [(c.id, c.parent_id, c.thread_id) for c in comments] == [
        ("11", None, "77"),
        ("12", "11", "77"),
        ("13", None, "77"),
    ]
