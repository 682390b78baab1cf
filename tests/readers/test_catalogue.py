"""Counts of real dumps as their catalogue gives them. The dumps are no part of this repository."""

from collections import Counter
from pathlib import Path

import pytest

from analyzer.readers import Tally, read_comments
from analyzer.schema import Comment, Status
from analyzer.threads import build_threads

SHARED = Path(__file__).parents[3] / "shared" / "data" / "dumps"

# File → comments (with pingbacks), threads, depth; None where the catalogue gives no number or counts something else:
# threads that hold pingbacks alone, comment threads of the YouTube API, threads of tables without a thread column.
COUNTS: dict[str, tuple[int, int | None, int]] = {
    "bluesky/atproto_thread_view_post.json": (1, 1, 0),
    "civilcomments/tfds_fake_train.csv": (2, None, 0),
    "commento/remark42_migrator_commento.json": (3, 2, 1),
    "discourse/discourse_api_topic.json": (4, 1, 1),
    "discourse/discourse_api_topic_posts.json": (1, 1, 0),
    "disqus/isso_tests_disqus.xml": (6, 3, 1),
    "disqus/remark42_disqus.xml": (6, 2, 0),  # the catalogue says depth 2, but no post in the file has a parent
    "disqus/schnack_disqus.xml": (5, 2, 3),
    "disqus/yesilmavihayat_disqus-export.xml": (51, 1, 0),
    "facebook/coffeeparty_comments.csv": (126, 81, 0),
    "facebook/coffeeparty_posts.csv": (0, 0, 0),
    "hackernews/matalon_hn_comments_flat.json": (318, None, 0),
    "html/archive.org.przepisy.pl.pierogi.html": (0, 0, 0),
    "html/basicthinking.de.tweets.html": (1, 1, 0),
    "html/blog.wordpress.com.diverse.html": (13, 1, 2),
    "html/businessjargons.com.leadership.html": (9, 1, 3),
    "html/cicero.de.pandemie.html": (8, 1, 1),
    "html/cleanthinking.de.oranger-wasserstoff.html": (0, 0, 0),
    "html/dragnet_models_testing.html": (45, 1, 1),
    "html/grossefragen.wordpress.com.projekt.html": (23, 1, 1),
    "html/heartlandnewsfeed.com-Christian.html": (0, 0, 0),
    "html/hearya.com.metal.html": (38, 1, 0),
    "html/helge.at.mahu.html": (1, 1, 0),
    "html/internet-law.de.pseudonymen.html": (35, 1, 0),
    "html/lemire.me.json.html": (5, 1, 1),
    "html/luxuryhaven.co.hyatt.html": (24, 1, 0),
    "html/moritz-meyer.net.vreni.html": (36, 1, 3),
    "html/netzpolitik.org.abmahnungen.html": (74, 1, 4),
    "html/plentylife.blogspot.pamela-reif.html": (1, 1, 0),
    "html/readability_lifehacker-post-comment-load.html": (12, 1, 3),
    "html/readability_wordpress.html": (13, 1, 3),
    "html/spektrum.de.engelbart.html": (59, None, 1),  # two posts on one page, each with its comments
    "html/swim.de-ga2.html": (0, 0, 0),
    "html/thenervousbreakdown.com.loneliest.html": (11, 1, 1),
    "html/theoriginalcopy.de.baby.html": (52, 1, 1),
    "html/toptal.com.python.html": (86, 1, 0),
    "html/unsere-zeitung.at.inklusion.html": (1, 1, 0),
    "html/verfassungsblog.de.expertinnen.html": (5, 1, 2),
    "isso/isso_tests_generic.json": (2, 2, 0),
    "mastodon/mastodonpy_test_status_context.yaml": (0, 0, 0),
    "mastodon/tokodon_context.json": (3, 1, 0),
    "mastodon/tokodon_statuses.json": (7, None, 0),
    "reddit/graw_more.json": (50, 1, 3),
    "reddit/graw_thread.json": (199, 1, 9),
    "reddit/praw_3hahrw_thread.json": (476, 1, 9),
    "reddit/tanaym42_RC_2005-12.zst": (1075, 396, 10),
    "remark42/remark42_tree.json": (12, 1, 2),
    "remark42/remark42_tree_bench.json": (58, 1, 3),
    "telegram/pachumarchive_result.json": (6, 1, 0),
    "telegram/tgif_csharp_result.json": (32, 1, 4),
    "telegram/tgif_stub6_result.json": (1, 1, 0),
    "text/becauseicareidaho_1comment.txt": (1, 1, 0),
    "text/jpost_donation-boilerplate_none.txt": (0, 0, 0),
    "text/mondoweiss_profile_bettyberenson.txt": (3, 3, 0),
    "text/provereal_said.txt": (2, 1, 0),
    "text/sindark_site-rules_numbered_not_comments.txt": (0, 0, 0),
    "text/strangeandspookyworld_7thoughts_none.txt": (0, 0, 0),
    "twitter/twarccsv_brexit.jsonl": (100, 100, 0),
    "twitter/twarccsv_flat.jsonl": (100, 97, 1),
    "twitter/twarccsv_mentions_tweet.jsonl": (1, 1, 0),
    "twitter/twarccsv_noflat.jsonl": (100, 97, 1),
    "wet/ccnet_sample.warc.txt": (0, 0, 0),
    "wxr/dissidenttrainings_wordpress.xml": (29, None, 2),
    "wxr/isso_tests_wordpress.xml": (8, 2, 2),
    "wxr/jahanworld_wordpress.xml": (0, 0, 0),
    "wxr/wpimporter_malformed.xml": (0, 0, 0),
    "wxr/wpimporter_small-export.xml": (1, 1, 0),
    "wxr/wpimporter_test-serialized-comment-meta.xml": (1, 1, 0),
    "wxr/wpimporter_theme-unit-test-data.xml": (33, 7, 9),
    "wxr/wpimporter_valid-wxr-1.0.xml": (1, 1, 0),
    "wxr/wpimporter_valid-wxr-1.1.xml": (1, 1, 0),
    "wxr/wpimporter_wxr-comprehensive.xml": (1, 1, 0),
    "youtube/erwin_apify_youtube_comments.json": (100, 1, 0),
    "youtube/pyyoutube_comment_threads_all_to_me.json": (4, None, 0),
    "youtube/pyyoutube_comment_threads_by_video_paged_1.json": (5, None, 0),
    "youtube/pyyoutube_comment_threads_by_video_paged_2.json": (5, None, 0),
}
ODDITIES = {
    "disqus/isso_tests_disqus.xml": {"deleted": 1},
    "disqus/yesilmavihayat_disqus-export.xml": {"deleted": 2},
    "html/moritz-meyer.net.vreni.html": {"pingbacks": 16},
    "reddit/graw_thread.json": {"claimed": 1655},
    "reddit/praw_3hahrw_thread.json": {"claimed": 543},
    "reddit/tanaym42_RC_2005-12.zst": {"deleted": 105, "removed": 15, "orphans": 15},
    "text/strangeandspookyworld_7thoughts_none.txt": {"claimed": 7},
    "wxr/dissidenttrainings_wordpress.xml": {"pingbacks": 4, "pending": 1},
    "wxr/wpimporter_theme-unit-test-data.xml": {"pingbacks": 4, "pending": 3},
}


def _read(name: str) -> tuple[list[Comment], Tally]:
    if not SHARED.is_dir():
        pytest.skip("the real dumps are not on this machine: ../shared/data/dumps")
    tally = Tally()
    return list(read_comments(SHARED / name, tally=tally)), tally


@pytest.mark.parametrize("name", COUNTS)
def test_a_real_dump_gives_the_counts_of_its_catalogue(name: str) -> None:
    comments, tally = _read(name)
    expected, threads, depth = COUNTS[name]
    assert len(comments) + tally.counts["pingbacks"] == expected
    assert threads is None or len({comment.thread_id for comment in comments}) == threads
    assert _depth(comments) == depth


@pytest.mark.parametrize("name", ODDITIES)
def test_the_oddities_of_a_real_dump_are_counted(name: str) -> None:
    comments, tally = _read(name)
    orphans = sum(thread.orphans for thread in build_threads(comments))
    statuses = Counter(str(comment.status) for comment in comments)
    seen = statuses | tally.counts | Counter(orphans=orphans, claimed=sum(tally.claimed.values()))
    assert {key: seen[key] for key in ODDITIES[name]} == ODDITIES[name]


@pytest.mark.parametrize("name", [name for name, (comments, _, _) in COUNTS.items() if not comments])
def test_a_dump_without_comments_says_so(name: str) -> None:
    _, tally = _read(name)
    assert tally.notes


def test_deleted_words_stay_in_the_dump() -> None:
    comments, _ = _read("reddit/tanaym42_RC_2005-12.zst")
    gone = [comment for comment in comments if comment.status in (Status.DELETED, Status.REMOVED)]
    assert gone
    assert not any(comment.text for comment in gone)


def _depth(comments: list[Comment]) -> int:
    deepest = 0
    for thread in build_threads(comments):
        depths: dict[str, int] = {}
        for comment in thread.comments:
            depths[comment.id] = depths[comment.parent_id] + 1 if comment.parent_id else 0
        deepest = max(deepest, *depths.values())
    return deepest
