"""Comments of systems that name their elements in ways of their own, and of pages that name nothing at all."""

import pytest

from analyzer.readers import html
from analyzer.readers.tally import Tally
from analyzer.schema import Comment

ARTICLE = """<html lang="en"><body><header><ul><li><a>Home</a></li><li><a>News</a></li></ul></header>
<h1>A ferry for the north</h1>
<p>The council met for two hours and talked about boats, bridges and the money that is there for neither of them.</p>
<p>Nothing was decided, but the mayor promised to come back in the autumn with numbers and with a map.</p>
%s<footer><ul><li><a>Imprint</a></li><li><a>Privacy</a></li></ul></footer></body></html>"""
REPLIED = [("Ana", "Who pays?", None), ("tom_k", "The town.", "Ana"), ("Lee", "It never comes.", None)]
FLAT = [(author, text, None) for author, text, _ in REPLIED]

DISCOURSE = "".join(
    f'<article id="post_{n}" data-post-id="{n}7"><div class="names"><span class="username"><a>{who}</a></span></div>'
    f'<a class="post-date"><span class="relative-date" data-time="1614849120000">Mar 4</span></a>'
    f'<div class="cooked"><p>{text}</p></div><nav><button>Like</button></nav></article>'
    for n, (who, text, _) in enumerate(REPLIED)
)
OLD_REDDIT = """<div class="sitetable"><div class="thing comment" data-fullname="t1_a" data-author="Ana">
<div class="entry"><p class="tagline"><a class="author">Ana</a> <time datetime="2021-03-04T09:12:00+00:00">3 years ago</time></p>
<form><div class="usertext-body"><div class="md"><p>Who pays?</p></div></div></form><ul><li>permalink</li></ul></div>
<div class="child"><div class="sitetable"><div class="thing comment" data-fullname="t1_b" data-author="tom_k">
<div class="entry"><form><div class="md"><p>The town.</p></div></form></div></div></div></div></div>
<div class="thing comment" data-fullname="t1_c" data-author="Lee"><form><div class="md"><p>It never comes.</p></div></form>
</div></div>"""
REDDIT = """<shreddit-comment author="Ana" thingid="t1_a" depth="0"><div slot="commentMeta"><a>Ana</a></div>
<div slot="comment"><p>Who pays?</p></div><shreddit-comment author="tom_k" thingid="t1_b" depth="1">
<div slot="comment"><p>The town.</p></div></shreddit-comment></shreddit-comment>
<shreddit-comment author="Lee" thingid="t1_c"><div slot="comment"><p>It never comes.</p></div></shreddit-comment>"""
HACKER_NEWS = "<table>{}</table>".format(
    "".join(
        f'<tr class="athing comtr" id="{n}7"><td><table><tr><td class="ind" indent="{int(above is not None)}"></td>'
        f'<td><span class="comhead"><a class="hnuser">{who}</a> <span class="age" title="2021-03-04T09:12:00 1614849120">'
        f'<a>3 hours ago</a></span> | <a>next</a></span><div class="comment"><div class="commtext c00">{text}</div>'
        '<div class="reply"><p><a>reply</a></p></div></div></td></tr></table></td></tr>'
        for n, (who, text, above) in enumerate(REPLIED)
    )
)


def _video(who: str, text: str) -> str:
    return (
        f'<ytd-comment-view-model><div id="body"><h3><a id="author-text"><span>{who}</span></a></h3>'
        f'<span id="published-time-text"><a>3 years ago</a></span><div id="content"><span id="content-text">{text}</span></div>'
        '<div id="action-buttons"><span id="vote-count-middle">12</span></div></div></ytd-comment-view-model>'
    )


YOUTUBE = (
    "<ytd-comment-thread-renderer><div>{}</div><div><ytd-comment-replies-renderer>{}</ytd-comment-replies-renderer>"
    "</div></ytd-comment-thread-renderer><ytd-comment-thread-renderer>{}</ytd-comment-thread-renderer>"
).format(*(_video(who, text) for who, text, _ in REPLIED))


def _nested(comment: str, branch: str = "{}") -> str:
    """The three comments in a mark-up of `{who}`, `{text}`, `{n}` and `{replies}`."""
    (ana, tom, lee) = (
        lambda replies, at=at: comment.format(who=REPLIED[at][0], text=REPLIED[at][1], n=at, replies=replies)
        for at in range(3)
    )
    return ana(branch.format(tom(""))) + lee("")


JCOMMENTS = _nested(
    '<div class="even" id="comment-item-{n}"><a class="comment-anchor" id="comment-{n}">#1</a>'
    '<span class="comment-author">{who}</span> <span class="comment-date">2021-03-04 09:12</span>'
    '<div class="comment-body" id="comment-body-{n}">{text}</div></div>{replies}',
    '<div class="comments-list" id="comments-list-0">{}</div>',
)
LIVEFYRE = _nested(
    '<article class="fyre-comment-article"><a class="fyre-comment-username"><span>{who}</span></a>'
    '<div class="fyre-comment"><p>{text}</p></div>{replies}</article>'
)
OPEN_WEB = "<ul>{}</ul>".format(
    _nested(
        '<li><article data-spot-im-class="message-view"><span data-spot-im-class="message-username">{who}</span>'
        '<div data-spot-im-class="message-text"><p>{text}</p></div><button>Reply</button></article>{replies}</li>',
        "<ul>{}</ul>",
    )
)
CORAL = _nested(
    '<div id="comment-a{n}"><div class="coral coral-comment"><button class="coral coral-comment-username">{who}</button>'
    '<time datetime="2021-03-04T09:12:00Z">3 days ago</time><div class="coral coral-comment-content">{text}</div></div></div>'
    "{replies}",
    '<div class="coral coral-replyList">{}</div>',
)
ZEIT = "".join(
    f'<article class="comment {"comment--indented" if above else "js-comment-toplevel"}" id="cid-{n}7">'
    f'<h4 class="comment-meta__name"><a>{who}</a></h4><a class="comment-meta__date">#{n} — vor 3 Tagen</a>'
    f'<div class="comment__body"><p>{text}</p></div><div><a>Antworten</a></div></article>'
    for n, (who, text, above) in enumerate(REPLIED)
)
STANDARD = _nested(
    '<div class="posting" data-postingid="{n}7" data-communityname="{who}"><div class="upost-text">{text}</div></div>{replies}'
).replace('data-postingid="17"', 'data-postingid="17" data-parentpostingid="07"')
REMARK42 = _nested(
    '<div class="thread"><article class="comment comment_level_{n}" id="remark42__comment-{n}a">'
    '<span class="comment__username">{who}</span><div class="comment__text"><p>{text}</p></div></article>{replies}</div>'
).replace("comment_level_2", "comment_level_0")
GISCUS = (
    '<div class="gsc-comment"><div class="gsc-comment-author">Ana</div><div class="gsc-comment-content">Who pays?</div>'
    '<div class="gsc-replies"><div class="gsc-reply"><div class="gsc-reply-author">tom_k</div>'
    '<div class="gsc-reply-content">The town.</div></div></div></div>'
    '<div class="gsc-comment"><div class="gsc-comment-author">Lee</div><div class="gsc-comment-content">It never comes.</div></div>'
)
LOBSTERS = "<ol>{}</ol>".format(
    _nested(
        '<li class="comments_subtree"><div class="comment" data-shortid="a{n}"><a class="u-author">{who}</a>'
        '<div class="comment_text"><p>{text}</p></div></div>{replies}</li>',
        '<ol class="comments">{}</ol>',
    )
)
WPDISCUZ = _nested(
    '<div class="comment wpd-comment" id="wpd-comm-{n}_0"><div class="wpd-comment-right" id="comment-{n}">'
    '<div class="wpd-comment-author">{who}</div><div class="wpd-comment-date" title="04/03/2021 09:12">3 years ago</div>'
    '<div class="wpd-comment-text"><p>{text}</p></div><div class="wpd-vote-result">0</div></div>{replies}</div>'
)
SUBSTACK = _nested(
    '<div class="comment"><div id="comment-{n}7" class="comment-anchor"></div><div role="article" '
    'aria-label="Comment by {who}"><a>{who}</a><a class="comment-timestamp">Mar 4, 2021</a><div class="comment-body"><p>'
    "<span>{text}</span></p></div><a>Like</a></div>{replies}</div>"
)
K2 = '<ul class="itemCommentsList">{}</ul>'.format(
    "".join(
        f'<li><span class="commentDate">Thursday, 04 March 2021 09:12</span><span class="commentAuthorName">posted by {who}</span>'
        f"<p>{text}</p></li>"
        for who, text, _ in REPLIED
    )
)
DOTCLEAR = '<div id="comments"><dl>{}</dl></div>'.format(
    "".join(
        f'<dt id="c{n}7"><a>{n + 1}.</a> Le 04/03/2021, 09:12 par <a>{who}</a></dt><dd><p>{text}</p></dd>'
        for n, (who, text, _) in enumerate(REPLIED)
    )
)
OLD_BLOGGER = '<dl id="comments-block">{}</dl>'.format(
    "".join(
        f'<dt class="comment-author" id="c770456915{n}"><a>{who}</a> said...</dt><dd class="comment-body"><p>{text}</p></dd>'
        '<dd class="comment-footer"><span class="comment-timestamp"><a>March 4, 2021 at 9:12 AM</a></span></dd>'
        for n, (who, text, _) in enumerate(REPLIED)
    )
)
UNNAMED = "<section><h2>3 Comments</h2><ul>{}</ul></section>".format(
    _nested(
        "<li><b>{who}</b> <small>March 4, 2021 at 9:12 am</small><p>{text}</p><a>Reply</a>{replies}</li>", "<ul>{}</ul>"
    )
)


def read(body: str) -> list[Comment]:
    return list(html.read((ARTICLE % body).encode(), "page.html", Tally()))


def rows(comments: list[Comment]) -> list[tuple[str | None, str, str | None]]:
    names = {one.id: one.author for one in comments}
    return [(one.author, one.text, names[one.parent_id] if one.parent_id else None) for one in comments]


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        pytest.param(DISCOURSE, FLAT, id="Discourse as a browser saves it"),
        pytest.param(OLD_REDDIT, REPLIED, id="old Reddit, words within a form"),
        pytest.param(REDDIT, REPLIED, id="Reddit"),
        pytest.param(HACKER_NEWS, REPLIED, id="Hacker News, depth in a cell"),
        pytest.param(YOUTUBE, REPLIED, id="YouTube"),
        pytest.param(JCOMMENTS, REPLIED, id="JComments"),
        pytest.param(K2, FLAT, id="K2"),
        pytest.param(LIVEFYRE, REPLIED, id="Livefyre"),
        pytest.param(OPEN_WEB, REPLIED, id="OpenWeb, replies in a list beside the comment"),
        pytest.param(CORAL, REPLIED, id="Coral, the name a button"),
        pytest.param(ZEIT, REPLIED, id="Zeit, replies told by their class"),
        pytest.param(STANDARD, REPLIED, id="Standard, the parent named by an attribute"),
        pytest.param(REMARK42, REPLIED, id="Remark42, depth in a class"),
        pytest.param(GISCUS, REPLIED, id="giscus"),
        pytest.param(LOBSTERS, REPLIED, id="Lobsters"),
        pytest.param(WPDISCUZ, REPLIED, id="wpDiscuz"),
        pytest.param(SUBSTACK, REPLIED, id="Substack, ids on empty anchors"),
        pytest.param(DOTCLEAR, FLAT, id="Dotclear, definitions with date and name"),
        pytest.param(OLD_BLOGGER, FLAT, id="old Blogger, definitions"),
        pytest.param(UNNAMED, REPLIED, id="a list of no known mark-up, read as a browser shows it"),
    ],
)
def test_comments_of_a_system(body: str, wanted: list[tuple[str, str, str | None]]) -> None:
    assert rows(read(body)) == wanted


@pytest.mark.parametrize("body", [DISCOURSE, HACKER_NEWS, JCOMMENTS, CORAL, K2, OLD_BLOGGER, UNNAMED])
def test_dates_of_a_system(body: str) -> None:
    assert {str(one.created)[:16] for one in read(body)} == {"2021-03-04 09:12"}


def test_a_deep_reply_of_a_saved_disqus_page_is_found() -> None:
    inner = ""
    for n in range(9, 0, -1):
        inner = (
            f'<li class="post" id="post-{n}7"><div><span class="author"><a>user{n}</a></span><div class="post-message">'
            f'<p>Answer {n}</p></div></div><ul class="children">{inner}</ul></li>'
        )
    comments = read(f'<div id="disqus_thread"><ul id="post-list">{inner}</ul></div>')
    assert [one.parent_id for one in comments] == [None, *(f"{n}7" for n in range(1, 9))]


def test_a_deleted_author_of_reddit_is_none() -> None:
    body = '<shreddit-comment author="[deleted]" thingid="t1_a"><div slot="comment"><p>[deleted]</p></div></shreddit-comment>'
    (comment,) = read(body + REDDIT)[:1]
    assert comment.author is None


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            "".join(
                f'<div class="opinion-teaser"><span class="author-name">{who}</span><time datetime="2021-05-03">3 May</time>'
                f'<p class="teaser-text">{text}</p></div>'
                for who, text, _ in REPLIED
            ),
            id="teasers of opinions",
        ),
        pytest.param(
            '<article data-post-id="7"><h2>Old boats</h2><p>A walk along the quay.</p></article>'
            '<article data-post-id="8"><h2>New boats</h2><p>A walk back.</p></article>',
            id="posts of a blog, numbered like Discourse's",
        ),
    ],
)
def test_no_comments(body: str) -> None:
    assert not read(body)


def test_a_name_within_the_element_of_the_words_is_cut_off_them() -> None:
    body = "".join(
        f'<div class="comment"><div class="comment-content"><a class="commenter-name">{who}</a><div class="comment-body">'
        f"<p>{text}</p></div></div></div>"
        for who, text, _ in REPLIED
    )
    assert rows(read(body)) == FLAT
