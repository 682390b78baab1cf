"""Feeds of comments and Blogger's backup: threads, parents, and posts that are no comments."""

from pathlib import Path

from analyzer.readers import ReadOptions, Tally, read_comments
from analyzer.schema import Comment

RSS = """<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/">
<channel><title>Comments for The Parish Post</title><link>https://post.example</link>
<item><title>Comment on New bridge by Ann</title><link>https://post.example/bridge/#comment-12</link>
<dc:creator><![CDATA[Ann]]></dc:creator><pubDate>Sat, 03 May 2025 09:00:00 +0000</pubDate>
<description>short</description><content:encoded><![CDATA[<p>In reply to <a href="https://post.example/bridge/#comment-11">Bob</a>.</p>
<p>It costs <em>too</em> much.</p>]]></content:encoded></item>
<item><title>Comment on New bridge by Bob</title><link>https://post.example/bridge/#comment-11</link>
<dc:creator>Bob</dc:creator><pubDate>Sat, 03 May 2025 08:00:00 +0000</pubDate><description>What a bridge.</description></item>
</channel></rss>"""

_POST = "tag:blogger.com,1999:blog-7.post-100"


def _entry(number: int, text: str, related: str = "") -> str:
    return (
        f"<entry><id>tag:blogger.com,1999:blog-7.post-{number}</id><published>2019-05-02T10:00:00.000+02:00</published>"
        f'<title type="text">{text[:9]}</title><content type="html">{text}</content>{related}'
        "<author><name>Ann</name><email>noreply@blogger.com</email></author>"
        f'<thr:in-reply-to href="https://g.example/roses.html" ref="{_POST}" type="text/html"/></entry>'
    )


BACKUP = (
    "<?xml version='1.0' encoding='UTF-8'?><?xml-stylesheet href=\"x.css\" type=\"text/css\"?>"
    '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0"><id>a</id>'
    '<entry><id>s</id><category term="http://schemas.google.com/blogger/2008/kind#template"/>'
    + f'<content type="text">{"b {}" * 40_000}</content></entry>'
    + f'<entry><id>{_POST}</id><title type="text">Roses in May</title><content type="html">&lt;p&gt;They bloom.</content></entry>'
    + _entry(201, "Lovely, but &lt;b&gt;greenfly&lt;/b&gt;?&lt;br /&gt;Mine died.")
    + _entry(202, "Soap.", '<link rel="related" href="http://www.blogger.com/feeds/7/100/comments/default/201"/>')
    + "</feed>"
)


def read(tmp_path: Path, content: str) -> tuple[list[Comment], Tally]:
    path, tally = tmp_path / "feed", Tally()
    path.write_text(content, encoding="utf-8")
    return list(read_comments(path, options=ReadOptions(authors="plain"), tally=tally)), tally


def test_a_feed_of_comments_is_read(tmp_path: Path) -> None:
    comments, tally = read(tmp_path, RSS)
    assert tally.format == "feed"
    assert {(c.id, c.parent_id, c.author, c.text) for c in comments} == {
        ("12", "11", "Ann", "It costs too much."),
        ("11", None, "Bob", "What a bridge."),
    }
    assert {c.thread_id for c in comments} == {"https://post.example/bridge/"}


def test_the_backup_of_blogger_is_read_without_its_posts(tmp_path: Path) -> None:
    comments, tally = read(tmp_path, BACKUP)
    assert [(c.id, c.parent_id, c.text) for c in comments] == [
        ("201", None, "Lovely, but greenfly?\nMine died."),
        ("202", "201", "Soap."),
    ]
    assert {(c.thread_id, c.thread_title) for c in comments} == {(_POST, "Roses in May")}
    assert tally.counts["posts"] == 1


def test_a_feed_of_articles_holds_no_comments(tmp_path: Path) -> None:
    articles = "<rss><channel><item><title>A</title><link>https://post.example/a</link></item></channel></rss>"
    assert read(tmp_path, articles)[0] == []
