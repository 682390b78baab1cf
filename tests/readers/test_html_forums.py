"""Topics of forums saved as HTML: who wrote what and when, and whom a post answers by quoting."""

import time
from datetime import UTC, datetime

import pytest

from analyzer.readers import html
from analyzer.readers.tally import Tally
from analyzer.schema import Comment

XENFORO = """<article class="message message--post js-post" data-author="ana" data-content="post-301" id="js-post-301">
<div class="message-user"><h4 class="message-name"><a class="username">ana</a></h4><dl><dt>Joined</dt><dd>Mar 1, 2011</dd>
</dl></div>
<header class="message-attribution"><time class="u-dt" datetime="2024-03-03T08:12:44+0000">Mar 3, 2024</time></header>
<article class="message-body"><div class="bbWrapper">Nobody keeps out of the lanes.</div></article>
<aside class="message-signature"><div class="bbWrapper2">Ride a bike!</div></aside></article>
<article class="message message--post js-post" data-author="tom" data-content="post-302" id="js-post-302">
<header class="message-attribution"><time datetime="2024-03-03T09:40:02+0000">Mar 3</time></header>
<div class="bbWrapper"><blockquote data-quote="ana" data-source="post: 301" class="bbCodeBlock"><div class="bbCodeBlock-title">
<a href="/goto/post?id=301">ana said:</a></div><div class="bbCodeBlock-content">Nobody keeps out of the lanes.</div>
<div class="bbCodeBlock-expandLink"><a>Click to expand...</a></div></blockquote>Because the signs are missing.</div>
</article>"""
PHPBB = """<div id="p301" class="post has-profile bg2"><div class="inner"><dl class="postprofile"><dt>
<a class="username">ana</a></dt>
<dd>Joined: Sun Mar 01, 2009 8:12 am</dd></dl><div class="postbody"><div id="post_content301"><h3><a href="#p301">Lanes</a></h3>
<p class="author">by <strong><a class="username">ana</a></strong> » <time datetime="2024-03-03T08:12:44+00:00">x</time></p>
<div class="content">Nobody keeps out of the lanes.</div><div class="signature">Ride a bike!</div></div></div></div></div>
<div id="p302" class="post bg1"><div class="postbody"><p class="author">by <strong><span class="username">tom</span></strong> »
Sun Mar 03, 2024 9:40 am</p><div class="content"><blockquote><div><cite>ana wrote:</cite>Nobody keeps out of the lanes.</div>
</blockquote>Because the signs are missing.</div></div></div>"""
VBULLETIN = """<li class="postbitlegacy postcontainer" id="post_301"><span class="postdate"><span class="date">03-25-2024,
<span class="time">08:12 AM</span></span></span><a class="username"><strong>ana</strong></a><dl><dt>Join Date</dt>
<dd>Mar 2009</dd></dl>
<div id="post_message_301"><blockquote class="postcontent restore">Nobody keeps out of the lanes.</blockquote></div></li>
<li class="postbitlegacy postcontainer" id="post_302"><span class="date">03-25-2024, 09:40 AM</span><a class="username">tom</a>
<div id="post_message_302"><blockquote class="postcontent"><div class="bbcode_container"><div class="bbcode_quote">
<div class="bbcode_postedby">Originally Posted by <strong>ana</strong> <a href="showthread.php?p=301#post301">x</a></div>
<div class="message">Nobody keeps out of the lanes.</div></div></div>Because the signs are missing.</blockquote></div></li>"""
VBULLETIN_3 = """<table id="post301"><tr><td class="thead">03-25-2024, 08:12 AM</td></tr><tr><td>
<a class="bigusername">ana</a></td>
<td><div id="post_message_301">Nobody keeps out of the lanes.</div></td></tr></table>
<table id="post302"><tr><td class="thead">03-25-2024, 09:40 AM</td></tr><tr><td><a class="bigusername">tom</a></td><td>
<div id="post_message_302"><div><div class="smallfont">Quote:</div><table><tr><td class="alt2">
<div>Originally Posted by <b>ana</b></div>
<div>Nobody keeps out of the lanes.</div></td></tr></table></div>Because the signs are missing.</div></td></tr></table>"""
SMF = """<div class="windowbg"><div class="post_wrapper"><div class="poster"><h4><a title="View the profile of ana">ana</a></h4>
<ul><li>Posts: 211</li></ul></div><div class="postarea"><div class="keyinfo">
<div class="smalltext">« <b>on:</b> March 03, 2024, 08:12:44 AM »
</div></div><div class="post"><div class="inner" id="msg_301">Nobody keeps out of the lanes.</div></div></div>
<div class="signature">Ride a bike!</div></div></div><div class="windowbg"><div class="post_wrapper"><div class="poster">
<h4>tom</h4></div>
<div class="keyinfo">« <b>Reply #1 on:</b> March 03, 2024, 09:40:02 AM »</div><div class="inner" id="msg_302">
<div class="quoteheader">
<a href="index.php?topic=4.msg301#msg301">Quote from: ana on March 03, 2024</a></div>
<blockquote>Nobody keeps out of the lanes.</blockquote>
<div class="quotefooter">x</div>Because the signs are missing.</div></div></div>"""
MYBB = """<div class="post classic" id="post_301"><div class="post_author"><div class="author_information"><strong>
<span class="largetext">
<a>ana</a></span></strong></div></div><div class="post_content"><span class="post_date">03-25-2024, 08:12 AM</span>
<div class="post_body" id="pid_301">Nobody keeps out of the lanes.</div></div></div><div class="post classic" id="post_302">
<div class="author_information"><strong>tom</strong></div><span class="post_date">03-25-2024, 09:40 AM</span>
<div class="post_body"
id="pid_302"><blockquote class="mycode_quote"><cite>
<span> (03-25-2024, 08:12 AM)</span>ana Wrote: <a href="showthread.php?pid=301#pid301">
</a></cite>Nobody keeps out of the lanes.</blockquote>Because the signs are missing.</div></div>"""
INVISION = """<article id="elComment_301" class="cPost ipsComment"><aside class="ipsComment_author cAuthorPane"><h3
class="cAuthorPane_author"><strong><a>ana</a></strong></h3></aside><div class="ipsComment_meta">
<time datetime="2024-03-03T08:12:44Z">x</time>
</div><div data-role="commentContent"><p>Nobody keeps out of the lanes.</p></div></article><article id="elComment_302"
class="cPost ipsComment"><h3 class="cAuthorPane_author">tom</h3><time datetime="2024-03-03T09:40:02Z">x</time>
<div data-role="commentContent"><blockquote data-ipsquote-contentcommentid="301"><div>On 3/3/2024, ana said:</div><div>
<p>Nobody keeps out of the lanes.</p></div></blockquote><p>Because the signs are missing.</p></div></article>"""
SYSTEMS = {
    "xenforo": XENFORO,
    "phpbb": PHPBB,
    "vbulletin": VBULLETIN,
    "vbulletin3": VBULLETIN_3,
    "smf": SMF,
    "mybb": MYBB,
    "invision": INVISION,
}


def read(body: str) -> list[Comment]:
    return list(html.read(f"<html><body><h1>Lanes</h1>{body}</body></html>".encode(), "topic.html", Tally()))


@pytest.mark.parametrize("body", SYSTEMS.values(), ids=SYSTEMS.keys())
def test_posts_have_author_date_and_words_and_a_quotation_tells_the_parent(body: str) -> None:
    opening, answer = read(body)
    assert [(post.id, post.author) for post in (opening, answer)] == [("301", "ana"), ("302", "tom")]
    assert opening.text == "Nobody keeps out of the lanes."
    assert opening.parent_id is None
    assert answer.parent_id == "301"
    *quoted, own = answer.text.split("\n")
    assert own == "Because the signs are missing."
    assert "> Nobody keeps out of the lanes." in quoted
    assert "bike" not in opening.text
    day = 25 if "25" in body else 3
    assert opening.created is not None
    assert opening.created.replace(second=0) == datetime(2024, 3, day, 8, 12, tzinfo=UTC)


def test_a_quotation_of_somebody_else_answers_nobody() -> None:
    other = PHPBB.replace("ana wrote:", "the mayor, whom ana likes, wrote last year in a letter to us all")
    assert read(other)[1].parent_id is None


@pytest.mark.parametrize("id", ["post-12", "p12"])
def test_a_blog_post_is_no_forum_post(id: str) -> None:
    blog = f"""<div class="post" id="{id}"><h2>Lanes</h2><div class="content">The article.</div></div>
    <ol><li class="comment" id="comment-7"><cite class="fn">Ana</cite><p>One</p></li></ol>"""
    (comment,) = read(blog)
    assert (comment.author, comment.text) == ("Ana", "One")


def test_a_topic_of_one_post_is_read() -> None:
    (post,) = read(PHPBB.partition('<div id="p302"')[0])
    assert (post.id, post.author, post.text) == ("301", "ana", "Nobody keeps out of the lanes.")


def test_posts_within_posts_take_no_quadratic_time() -> None:
    deep = '<div class="post" id="p1"><div class="content">word ' * 4000
    began = time.monotonic()
    read(deep)
    assert time.monotonic() - began < 20
