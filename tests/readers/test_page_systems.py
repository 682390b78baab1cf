"""Text pages of common systems as text tools and browsers leave them: heads over two lines, subjects, glued names."""

import pytest

from analyzer.readers import page
from analyzer.readers.tally import Tally

ARTICLE = "A ferry for the north\n\nThe council met for two hours.\n\nIt talked about boats and bridges.\n\n"
FORM = "Leave a Reply\n\nYour email address will not be published.\n"

Rows = list[tuple[str | None, str, str | None]]

BLOCK_THEME = """2 responses to “A ferry for the north”

  1. Ana Ruiz Avatar
    Ana Ruiz
    March 4, 2021 at 9:12 am

    Who pays?

    Reply
    1. tom_k Avatar
      tom_k
      March 5, 2021 at 7:09 am

      The town.

      Reply

"""
GENESIS = """Comments

  1. Ana Ruiz says

    March 4, 2021 at 9:12 am

    Who pays?

    Reply

  2. tom_k says

    March 5, 2021 at 7:09 am

    The town.

    Reply

"""
DRUPAL_7 = """Comments

Who pays for all

Submitted by Ana Ruiz on Thu, 03/04/2021 - 09:12

Who pays for all these boats?

  • Reply

The town

Submitted by tom_k on Fri, 03/05/2021 - 07:09

It always does.

  • Reply

"""
DRUPAL_9 = """Comments

Ana Ruiz

Thu, 03/04/2021 - 09:12

Permalink

Who pays for all

Who pays for all these boats?

  • Reply

tom_k

Fri, 03/05/2021 - 07:09

Permalink

No.

No.

  • Reply

"""
GLUED = """Comments (2)

Ana Ruiz3 years ago0 Likes

Who pays?

Reply

tom_k2 years ago1 Like

The town.

Reply

"""
OLD_REDDIT = """all 2 comments

[–]Ana_Ruiz 2 points 3 years ago (1 child)

Who pays?

  • permalink
  • reply

[–]tom_k 1 point2 points 2 years ago (0 children)

The town.

  • permalink
  • reply

"""
JCOMMENTS = """Comments

+2#1 Ana Ruiz 2021-03-04 09:12
Who pays?
Quote

#2 tom_k 2021-03-05 07:09
The town.
Quote

"""
ZEIT = """2 Kommentare

Ana Ruiz

#1 — vor 3 Tagen

Who pays?

AntwortenMelden

tom_k

#2 — vor 2 Tagen

The town.

AntwortenMelden

"""
DOTCLEAR = """1 commentaire

1. Le 04/03/2021, 09:12 par Ana Ruiz

Je me demande bien qui paiera tous ces bateaux, la ville ou la province, et je n’ai pas encore entendu de réponse.

"""
END_OF_NAME = """2 comentarios

  • ana_r 5 marzo, 2021 a las 16:41

    ¿Quién paga?

    Responder
  • jan-a 6 marzo, 2021 a las 12:18

    El pueblo.

    Responder

"""


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        pytest.param(
            BLOCK_THEME,
            [("Ana Ruiz", "Who pays?", None), ("tom_k", "The town.", "c1")],
            id="the block theme of WordPress",
        ),
        pytest.param(
            GENESIS, [("Ana Ruiz", "Who pays?", None), ("tom_k", "The town.", None)], id="“says” without a colon"
        ),
        pytest.param(
            DRUPAL_7,
            [("Ana Ruiz", "Who pays for all these boats?", None), ("tom_k", "It always does.", None)],
            id="subjects over the heads",
        ),
        pytest.param(
            DRUPAL_9,
            [("Ana Ruiz", "Who pays for all these boats?", None), ("tom_k", "No.", None)],
            id="subjects that are the beginning of the words",
        ),
        pytest.param(
            GLUED, [("Ana Ruiz", "Who pays?", None), ("tom_k", "The town.", None)], id="names glued to their dates"
        ),
        pytest.param(
            OLD_REDDIT, [("Ana_Ruiz", "Who pays?", None), ("tom_k", "The town.", None)], id="points and children"
        ),
        pytest.param(
            JCOMMENTS, [("Ana Ruiz", "Who pays?", None), ("tom_k", "The town.", None)], id="votes before the number"
        ),
        pytest.param(
            ZEIT, [("Ana Ruiz", "Who pays?", None), ("tom_k", "The town.", None)], id="a number before an age"
        ),
        pytest.param(
            DOTCLEAR,
            [
                (
                    "Ana Ruiz",
                    "Je me demande bien qui paiera tous ces bateaux, la ville ou la province, et je n’ai pas encore "
                    "entendu de réponse.",
                    None,
                )
            ],
            id="a numbered head at the margin is no empty item",
        ),
        pytest.param(
            END_OF_NAME,
            [("ana_r", "¿Quién paga?", None), ("jan-a", "El pueblo.", None)],
            id="the last letter of a name is no word of the date",
        ),
    ],
)
def test_comments_of_a_system(text: str, wanted: Rows) -> None:
    comments = list(page.read(ARTICLE + text + FORM, "page.txt", Tally()))
    assert [(one.author, one.text, one.parent_id) for one in comments] == wanted


@pytest.mark.parametrize(
    ("head", "author"),
    [
        ("Ana schrijft:", "Ana"),
        ("Ana comentou:", "Ana"),
        ("Ana skomentowała:", "Ana"),
        ("Ana ответила:", "Ana"),
        ("Ana säger:", "Ana"),
        ("Ana a spus:", "Ana"),
        ("Ana dedi ki:", "Ana"),
    ],
)
def test_verbs_of_more_languages(head: str, author: str) -> None:
    text = f"{ARTICLE}2 Comments\n\n{head}\n\nWho pays?\n\n{head.replace('Ana', 'tom_k')}\n\nThe town.\n\n{FORM}"
    comments = list(page.read(text, "page.txt", Tally()))
    assert [(one.author, one.text) for one in comments] == [(author, "Who pays?"), ("tom_k", "The town.")]


def test_links_of_the_foot_right_below_are_no_empty_comments() -> None:
    text = (
        "  • Ann Coast\n\n    It never comes!\n\n    • seadog\n\n      I was there.\n\n  • Bill99\n\n    Who pays?\n\n"
    )
    comments = list(page.read(ARTICLE + text + "  • Imprint\n  • Privacy\n  • About us\n", "page.txt", Tally()))
    assert [one.author for one in comments] == ["Ann Coast", "seadog", "Bill99"]


@pytest.mark.parametrize(
    "ending",
    [
        "Verwandte Artikel",
        "Das könnte dir auch gefallen",
        "Alle Rechte vorbehalten",
        "Vous aimerez aussi",
        "Partager :",
        "Article précédent : Le pont",
        "También te puede interesar",
        "Inicia sesión para comentar",
        "Todos los derechos reservados",
        "Potrebbe interessarti anche",
        "Condividi:",
        "Tutti i diritti riservati",
        "Posts relacionados",
        "Compartilhe isso:",
        "Todos os direitos reservados",
        "Gerelateerde berichten",
        "Dit delen:",
        "Je e-mailadres wordt niet gepubliceerd.",
        "Przeczytaj również",
        "Udostępnij:",
        "Zaloguj się, aby skomentować",
        "Вам также может быть интересно",
        "Войдите, чтобы комментировать",
        "Комментарии закрыты.",
        "قد يعجبك أيضا",
        "إرسال تعليق",
        "سياسة الخصوصية",
    ],
)
def test_the_last_comment_ends_before_what_follows_comments(ending: str) -> None:
    text = "2 Comments\n\nAna said...\n\nWho pays?\n\ntom_k said...\n\nThe town.\n\n"
    comments = list(page.read(f"{ARTICLE}{text}{ending}\n\nOld boats\n\nNew boats\n", "page.txt", Tally()))
    assert [one.text for one in comments] == ["Who pays?", "The town."]


@pytest.mark.parametrize(
    ("head", "author", "day"),
    [
        ("Ana R.March 5, 2021 at 7:09 am", "Ana R.", 5),
        ("Ana774 mars 2021 à 07:09", "Ana77", 4),
        ("Ana7712 marzo 2021, 07:09", "Ana77", 12),
        ("ana_r5 maart 2021 om 07:09", "ana_r", 5),
    ],
)
def test_a_name_glued_to_its_date(head: str, author: str, day: int) -> None:
    items = f"  1. {head}\n\n    Who pays?\n\n    ReplyDelete\n  2. BobMarch 6, 2021 at 9:53 pm\n\n    All.\n\n    ReplyDelete\n"
    text = f"2 Comments:\n\n{items}"
    first, _second = page.read(ARTICLE + text, "page.txt", Tally())
    assert first.author == author
    assert first.created is not None
    assert first.created.day == day
