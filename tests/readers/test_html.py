"""HTML pages: the mark-up of common systems, parents, what is no comment, encodings, hostile pages."""

import time
from datetime import UTC, datetime

import pytest

from analyzer.readers import html, html_comments, html_fields
from analyzer.readers.html_nodes import plain, words_of
from analyzer.readers.tally import Tally
from analyzer.schema import Comment, Status

WORDPRESS = """
<html lang="de-DE"><head>
<link rel="canonical" href="https://beispiel.example/baeume/"><meta property="og:title" content="Bäume">
</head><body><h1>Bäume</h1><p>Der Artikel.</p><h2 class="comments-title">3 Gedanken zu „Bäume“</h2>
<ol class="commentlist"><li class="comment depth-1" id="comment-11"><div id="div-comment-11" class="comment-body">
<div class="comment-author vcard"><cite class="fn"><a href="#">Ana Ruiz</a></cite>
<span class="says">sagt:</span></div>
<div class="comment-meta commentmetadata">
<a href="#comment-11"> 29. Mai 2019 um 17:39</a></div>
<p>Erster Absatz.</p><p>Zweiter <b>Absatz</b>.<br>Zeile.</p><div class="reply">
<a class="comment-reply-link">Antworten</a></div></div>
<ul class="children"><li class="comment depth-2" id="comment-12"><div class="comment-body">
<div class="comment-author vcard">
<cite class="fn">tom_k</cite></div>
<em class="comment-awaiting-moderation">Dein Kommentar wartet auf Freischaltung.</em>
<div class="comment-meta"><time datetime="2019-05-30T10:00:00+02:00">30. Mai</time></div>
<p>Eine Antwort.</p></div></li></ul></li>
<li class="pingback depth-1" id="comment-13"><div class="comment-body">
<cite class="fn">Ein Blog</cite><p>[…] dort […]</p></div></li></ol>
<div id="respond"><h3>Schreibe einen Kommentar</h3><form id="commentform">
<p class="comment-form-comment">x</p></form></div></body></html>
"""
CLOSED_BEFORE_CHILDREN = """
<ol><li class="comment depth-1" id="li-comment-1"><cite>Ana</cite><div class="comment-content">One</div></li>
<ul class="children"><li class="comment depth-2" id="li-comment-2"><cite>Bob</cite>
<div class="comment-content">Two</div></li>
<ul class="children"><li class="comment depth-3" id="li-comment-3"><cite>Cat</cite>
<div class="comment-content">Three</div></li></ul>
<li class="comment depth-2" id="li-comment-4"><cite>Dan</cite><div class="comment-content">Four</div></li></ul>
<li class="comment depth-1" id="li-comment-5"><cite>Eve</cite><div class="comment-content">Five</div></li></ol>
"""
BLOGGER = """
<ol><li class="comment" id="c7704569152969066600"><div class="comment-block"><div class="comment-header">
<cite class="user"><a>Ana</a>
</cite><span class="datetime"><a>May 30, 2019 at 1:06 PM</a></span></div><p class="comment-content">One</p>
<span class="comment-actions"><a class="comment-reply">Reply</a></span></div><div class="comment-replies"><ol>
<li class="comment" id="c7704569152969066601"><cite class="user">Bob</cite>
<p class="comment-content">Two</p></li></ol></div></li></ol>
"""
DRUPAL = """
<article class="comment" id="comment-1" typeof="schema:Comment"><mark data-comment-timestamp="1587481447"></mark>
<footer><h6>Ana Ruiz | Di, 21. April 2020 - 16:40</h6></footer><p property="schema:name">A subject</p>
<div property="schema:text">One</div></article><div class="indented"><article class="comment" id="comment-2">
<footer><h6>Bob | Di, 21. April 2020 - 17:40</h6></footer><div property="schema:text">Two</div></article></div>
<article class="comment" id="comment-3"><footer><h6>Cat | Mi, 22. April 2020 - 17:40</h6></footer>
<div property="schema:text">Three</div></article>
"""
KINJA = """
<article class="reply" data-id="1" id="reply_1"><a class="fn url">Ana</a>
<div class="reply-content"><p>One</p></div></article>
<article class="reply" data-id="2" data-parentid="1" id="reply_2"><a class="fn url">Bob</a>
<div class="reply-content"><p>Two</p></div></article>
"""
DEFINITIONS = """
<dl><dt class="comment" id="comment-1"><span class="comment_author">Ana</span>
<span class="comment_time">June 28, 2015 at 10:25 pm</span></dt>
<dd class="comment"><p>One</p></dd><dt class="comment" id="comment-2"><span class="comment_author">Bob</span></dt>
<dd><p>Two</p></dd></dl>
"""
SIGNED = """
<ol><li id="comment-1"><p>One</p><p><cite>Comment by <a>Ana</a> &#8212; 17.07, 2011 @ <a>13:04</a></cite></p></li>
<li id="comment-2"><p>Two</p><p><cite>Comment by Bob &#8212; 18.07, 2011 @ 13:04</cite></p></li></ol>
"""
NOSCRIPT = """
<div id="disqus_thread"><noscript><h2>Comments</h2><div class="comment"><div class="comment-author">Ana</div>
<div class="comment-body">One
</div></div><div class="comment"><div class="comment-author">Bob</div>
<div class="comment-body">Two</div></div></noscript></div>
"""
STACK = """
<ul><li id="comment-1" class="comment"><span class="comment-copy">One</span> – <a class="comment-user">Ana</a></li>
<li id="comment-2" class="comment"><span class="comment-copy">Two</span> – <a class="comment-user">Bob</a></li></ul>
"""
MICRODATA = """
<section><div itemscope itemtype="https://schema.org/Comment"><span itemprop="author">Ana</span>
<meta itemprop="dateCreated" content="2020-01-02T03:04:05Z"><div itemprop="text">One</div>
<div itemscope itemtype="https://schema.org/Comment"><span itemprop="author">Bob</span><div itemprop="text">Two</div>
</div></div></section>
"""
OWN_SYSTEM = """
<div class="c-comment__item"><b class="user">Ana</b><i class="date">2 May 2019</i><p class="text">One</p></div>
<div class="c-comment__item"><b class="user">Bob</b><i class="date">3 May 2019</i><p class="text">Two</p></div>
"""
JSON_LD = """
<script type="application/ld+json">{"@type": "NewsArticle", "commentCount": 9, "comment": [{"@type": "Comment", "text": "One",
"author": {"@type": "Person", "name": "Ana"}}, {"@type": "Comment", "text": "Two", "author": "Bob"}]}</script>
"""


def read(markup: str | bytes) -> tuple[list[Comment], Tally]:
    tally = Tally()
    raw = markup.encode() if isinstance(markup, str) else markup
    return list(html.read(raw, "page.html", tally)), tally


@pytest.mark.parametrize(
    ("markup", "parent"),
    [
        pytest.param(BLOGGER, 0, id="Blogger"),
        pytest.param(KINJA, 0, id="Kinja"),
        pytest.param(DEFINITIONS, None, id="terms and definitions"),
        pytest.param(SIGNED, None, id="the name after the text"),
        pytest.param(NOSCRIPT, None, id="a static copy in noscript"),
        pytest.param(STACK, None, id="Stack Exchange"),
        pytest.param(MICRODATA, 0, id="schema.org microdata"),
        pytest.param(OWN_SYSTEM, None, id="repeated blocks of an unknown system"),
        pytest.param(JSON_LD, None, id="comments in JSON-LD"),
    ],
)
def test_two_comments_of_a_system(markup: str, parent: int | None) -> None:
    one, two = read(f"<html><body><p>The article.</p>{markup}</body></html>")[0]
    assert [(one.author, one.text), (two.author, two.text)] == [("Ana", "One"), ("Bob", "Two")]
    assert one.parent_id is None
    assert two.parent_id == (None if parent is None else one.id)


ANSWERED = """
<script type="application/ld+json">{"@type": "Article", "comment": [
 {"@type": ["Comment", "CreativeWork"], "text": "One", "dateCreated": "2020-01-02T03:04:05+01:00",
  "comment": {"@type": "https://schema.org/Comment", "@id": "#two", "text": "Two", "datePublished": "2020-01-03T03:04:05"}},
 {"@type": "Comment", "text": "Three", "parentItem": {"@id": "#two"}},
 {"@type": "Comment", "text": "Four", "dateCreated": "soon", "author": [{"name": "Dan"}], "parentItem": {"@id": "#article"}}
]}</script>
"""


def test_comments_in_json_ld_keep_their_dates_and_parents() -> None:
    one, two, three, four = read(f"<html><body>{ANSWERED}</body></html>")[0]
    assert [one.text, two.text, three.text, four.text] == ["One", "Two", "Three", "Four"]
    assert [one.parent_id, two.parent_id, three.parent_id, four.parent_id] == [None, one.id, two.id, None]
    assert (one.created, one.flags) == (datetime(2020, 1, 2, 2, 4, 5, tzinfo=UTC), ())
    assert (two.created, two.flags) == (datetime(2020, 1, 3, 3, 4, 5, tzinfo=UTC), ("tz_unknown",))
    assert (four.created, four.author) == (None, "Dan")


def test_wordpress_with_all_its_fields() -> None:
    found, tally = read(WORDPRESS)
    assert [(one.id, one.parent_id, one.author) for one in found] == [
        ("11", None, "Ana Ruiz"),
        ("12", "11", "tom_k"),
        ("13", None, "Ein Blog"),
    ]
    first, reply, ping = found
    assert first.text == "Erster Absatz.\nZweiter Absatz.\nZeile."
    assert (first.created, first.flags) == (datetime(2019, 5, 29, 17, 39, tzinfo=UTC), ("tz_unknown",))
    assert (reply.created, reply.flags) == (datetime(2019, 5, 30, 8, 0, tzinfo=UTC), ())
    assert (reply.status, reply.text) == (Status.PENDING, "Eine Antwort.")
    assert ping.flags == ("pingback",)
    assert (first.thread_id, first.thread_title, first.lang) == ("https://beispiel.example/baeume/", "Bäume", "de")
    assert tally.claimed == {"https://beispiel.example/baeume/": 3}


def test_the_printed_depth_decides_where_the_parent_is_closed_before_its_replies() -> None:
    assert [one.parent_id for one in read(CLOSED_BEFORE_CHILDREN)[0]] == [None, "1", "2", "1", None]


def test_drupal_keeps_the_subject_apart_and_reads_indented_replies() -> None:
    found, _tally = read(DRUPAL)
    assert [(one.author, one.text, one.parent_id) for one in found] == [
        ("Ana Ruiz", "One", None),
        ("Bob", "Two", "1"),
        ("Cat", "Three", None),
    ]
    assert found[0].extra == {"subject": "A subject"}
    assert found[0].created == datetime.fromtimestamp(1587481447, UTC)


def test_a_comment_in_a_menu_belongs_to_the_page_it_links_to() -> None:
    link = '<a href="https://x.example/other/#comment-9">Other</a>'
    menu = f'<div class="recent-comments"><li id="comment-9"><cite>Cat</cite>{link} words</li></div>'
    found, _tally = read(f'<html><body><li id="comment-1"><cite>Ana</cite><p>One</p></li>{menu}</body></html>')
    assert [(one.id, one.thread_id) for one in found] == [("1", "page.html"), ("9", "https://x.example/other/")]


@pytest.mark.parametrize(
    ("markup", "note"),
    [
        pytest.param('<div id="disqus_thread"></div>', "export them from Disqus", id="Disqus"),
        pytest.param('<div class="fb-comments" data-href="x"></div>', "export them from Facebook", id="Facebook"),
        pytest.param('<div id="coral_talk_stream"></div>', "export them from Coral", id="Coral"),
        pytest.param(
            '<script type="application/ld+json">{"commentCount": 12}</script>', "no comments found", id="a counter"
        ),
        pytest.param(
            '<script type="application/ld+json">' + "[" * 100_000 + "</script>", "no comments found", id="deep JSON"
        ),
        pytest.param(
            '<form id="comment-form"><p class="comment-form-comment">Write</p></form>', "no comments found", id="a form"
        ),
        pytest.param(
            '<ul class="recent-comments"><li class="comment">Ana on Boats</li></ul>', "no comments found", id="a menu"
        ),
        pytest.param("<p>Comments are closed.</p>", "no comments found", id="closed"),
        pytest.param("", "no mark-up", id="an empty file"),
    ],
)
def test_a_page_without_comments_says_why(markup: str, note: str) -> None:
    found, tally = read(f"<html><body><h1>T</h1><p>The article.</p>{markup}</body></html>" if markup else "")
    assert found == []
    assert any(note in sentence for sentence in tally.notes)


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [
        ("utf-8", "utf-8"),
        ("cp1252", "iso-8859-1"),
        ("cp1251", "windows-1251"),
        ("utf-8", "utf-16"),
        ("cp1252", "l1"),
        *(("utf-8", name) for name in ("no-such-code", "undefined", "idna", "punycode", "unicode_escape", "hex")),
    ],
)
def test_the_page_is_decoded_as_it_declares(encoding: str, declared: str) -> None:
    words = "Привет" if encoding == "cp1251" else "Grüße – “ja”"
    markup = f'<meta charset="{declared}"><li id="comment-1"><cite>Ana</cite><p>{words}</p></li>'
    assert [one.text for one in read(markup.encode(encoding))[0]] == [words]


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+05:00", "9999-12-31T23:00:00-05:00"])
def test_a_time_over_the_edge_is_none(moment: str) -> None:
    (comment,), _ = read(f'<li id="comment-1"><time datetime="{moment}">x</time><p>Words</p></li>')
    assert (comment.text, comment.created) == ("Words", None)


@pytest.mark.parametrize("opening", ["<b class=author>", "<b class=date>", "<b class=moderation>", "<cite>"])
def test_elements_in_each_other_are_not_all_read(opening: str, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = list[object]()
    monkeypatch.setattr(html_fields, "plain", lambda *given: calls.append(given) or plain(*given))
    read("<div id=comment-1>" + opening * 400 + "word " * 50)
    assert len(calls) < 300  # at most 40 for each kind of author


def test_blocks_in_each_other_are_not_all_read(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = list[object]()
    monkeypatch.setattr(html_comments, "words_of", lambda element: calls.append(element) or words_of(element))
    read('<div class="reply user date">' * 100 + "<i>x</i>" * 2_000)
    assert len(calls) < 50_000


@pytest.mark.parametrize(
    "markup",
    [
        pytest.param("<div>" * 100_000 + "x", id="nested blocks"),
        pytest.param("<li>" * 20_000 + "x", id="nested items"),
        pytest.param("".join(f'<div id="comment-{n}" class="comment">' for n in range(500)), id="nested comments"),
        pytest.param(
            "".join(f"<div class=comment id=comment-{n}>" for n in range(1_500)) + "<i>x</i> " * 15_000,
            id="many words in nested comments",
        ),
        pytest.param('<p class="' + "comment_" * 100_000 + '">x</p>', id="a long class name"),
        pytest.param("<li id='comment-1'><cite>" + "says " * 20_000 + "</cite></li>", id="a long name"),
        pytest.param("\x00<li id='comment-1'>\x00a\ud800</li>", id="bytes that are no text"),
    ],
)
def test_hostile_markup_is_read_in_time(markup: str) -> None:
    start = time.process_time()
    read(markup.encode("utf-8", "surrogatepass"))
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    "head",
    [
        '<a href="https://letters.example/profile/7-bob">Bob</a> <a class="comment-timestamp" href="#c">May 3, 2024</a>',
        '<span class="CommentHeader-userName_x8Q2">Bob</span><time datetime="2024-05-03T10:00:00Z">3 May</time>',
        '<a href="/@bob">Bob</a>',
        '<a href="/user/bob"><img src="x.png" alt=""></a> <a href="/user/bob">Bob</a>',
        '<a href="member.php?u=12">Bob</a>',
    ],
    ids=["a profile", "a name of a scripted site", "an @ address", "a picture first", "a member's number"],
)
def test_where_no_usual_class_names_the_author_a_persons_page_does(head: str) -> None:
    words = '<div class="comment-body"><p>Ask <a href="/user/ann">Ann</a> about it.</p></div>'
    comment = '<div class="comment" id="comment-{}"><div class="comment-head">' + head + "</div>" + words + "</div>"
    page = f"<html><body><h2>2 Comments</h2>{comment.format(1)}{comment.format(2)}</body></html>"
    found, _ = read(page)
    assert [(one.author, one.text) for one in found] == [("Bob", "Ask Ann about it.")] * 2
