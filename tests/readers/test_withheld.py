"""Texts that stand in place of a withheld comment, and comments that only speak of removal."""

import pytest

from analyzer.readers.finish import finish
from analyzer.readers.options import ReadOptions
from analyzer.readers.tally import Tally
from analyzer.readers.withheld import read_withheld
from analyzer.schema import Comment, Status


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("[deleted]", Status.DELETED),
        ("[ Removed by moderator ]", Status.REMOVED),
        ("This comment was deleted.", Status.DELETED),
        ("Comment deleted by user", Status.DELETED),
        ("[This comment has been removed by a moderator]", Status.REMOVED),
        ("This comment violated our community guidelines and has been removed.", Status.REMOVED),
        (
            "This comment was removed by a moderator because it didn't abide by our rules. Replies may also be deleted.",
            Status.REMOVED,
        ),
        ("Dieser Kommentar wurde gelöscht.", Status.DELETED),
        ("Dieser Kommentar wurde von der Redaktion entfernt.", Status.REMOVED),
        ("Message supprimé par la modération", Status.REMOVED),
        ("Comentario eliminado", Status.DELETED),
        ("Komentarz został usunięty przez moderatora.", Status.REMOVED),
        ("Комментарий удалён модератором", Status.REMOVED),
        ("Questo commento è stato rimosso da un moderatore", Status.REMOVED),
        ("このコメントは削除されました", Status.DELETED),
    ],
)
def test_a_text_that_only_says_it_was_withheld(text: str, status: Status) -> None:
    assert read_withheld(text) is status


@pytest.mark.parametrize(
    "text",
    [
        "removed",
        "Why was my comment deleted?",
        "My comment was removed by a moderator.",
        "Dieser Kommentar wurde gelöscht? Warum?",
        "This comment was deleted because I say so, and you all know it!",
        "The ferry was removed by a storm.",
        "",
    ],
)
def test_a_comment_about_removal_is_kept(text: str) -> None:
    assert read_withheld(text) is None


def test_a_withheld_comment_keeps_its_place_without_words() -> None:
    comment = Comment(source="a", id="1", thread_id="t", text="Ce commentaire a été supprimé.", author="Ana")
    (finished,) = finish([comment], ReadOptions(authors="plain"), Tally())
    assert (finished.text, finished.status, finished.author) == ("", Status.DELETED, "Ana")
