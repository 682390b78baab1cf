"""Pages of social sites and forums copied out of a browser as text: who wrote what, to whom, and what is no comment."""

import time

import pytest

from analyzer.readers import page
from analyzer.readers.page_dates import find_age
from analyzer.readers.page_words import is_field, is_order, read_quoted, read_replied
from analyzer.readers.tally import Tally
from analyzer.schema import Comment

Row = tuple[str | None, str, str | None]


def read(text: str) -> list[Comment]:
    return list(page.read(text, "copy.txt", Tally()))


def rows(text: str) -> list[Row]:
    return [(one.author, one.text, one.parent_id) for one in read(text)]


FACEBOOK = {
    "lines": """Allotment Club
14 May at 09:12
·
No water on Thursday.
48
Like
Comment
Share
Most relevant
Dora Pike
Top fan
Again? It was off last week.

It is dry!
2d
Like
Reply
4
View all 3 replies
Author
Allotment Club
Dora Pike we are sorry.
1d
Like
Reply
Edited
Bo
1d
Like
Reply
Write a comment…
Privacy · Terms
""",
    "one line": """Allotment Club
No water on Thursday.
Gefällt mir
Kommentieren
Teilen
Relevanteste zuerst

Dora Pike
Again? It was off last week.

It is dry!
2 Std.  Gefällt mir  Antworten  Bearbeitet
4

Verfasser
Allotment Club
Dora Pike we are sorry.
35 Min. Gefällt mir Antworten
2 Antworten anzeigen

Bo
Gerade eben  Gefällt mir  Antworten
Schreibe einen Kommentar …
""",
    "plugin": """No water on Thursday

The club said on Monday that there will be no water.

3 comments
Sort by Oldest
Add a comment...

Dora Pike
Works at City Hall
Again? It was off last week.

It is dry!
Like · Reply · 4 · 2y

Allotment Club
Dora Pike we are sorry.
J’aime · Répondre · 3 j

Bo
Lubię to! · Odpowiedz · 5 godz.

Facebook Comments Plugin
""",
}


@pytest.mark.parametrize("form", FACEBOOK)
def test_comments_end_with_buttons_and_age(form: str) -> None:
    assert rows(FACEBOOK[form]) == [
        ("Dora Pike", "Again? It was off last week.\n\nIt is dry!", None),
        ("Allotment Club", "Dora Pike we are sorry.", "c1"),
        ("Bo", "", None),
    ]


def test_an_announced_reply_stands_below_the_comment() -> None:
    foot = "3 j\nJ’aime\nRépondre\n"
    announced = (
        f"Partager\nLuc\nÀ quel âge ?\n{foot}Ana a répondu\n · \n2 réponses\nAna\nDix ans.\n{foot}Luc\nMerci\n{foot}"
    )
    assert rows(f"{announced}Yasmine\nDommage\n{foot}") == [
        ("Luc", "À quel âge ?", None),
        ("Ana", "Dix ans.", "c1"),
        ("Luc", "Merci", "c1"),
        ("Yasmine", "Dommage", None),
    ]


def test_a_number_of_replies_may_be_endless() -> None:
    foot = "3 j\nJ’aime\nRépondre\n"
    text = f"Partager\nLuc\nÀ quel âge ?\n{foot}Ana a répondu\n{'9' * 5000}\nAna\nDix ans.\n{foot}Luc\nMerci\n{foot}"
    assert [text for _, text, _ in rows(text)] == ["À quel âge ?", "Dix ans.", "Merci"]


def test_posts_are_not_comments() -> None:
    post = "Harbour Radio\n3h ·\nTonight at eight: songs. Reply by letter, if you like.\n5\nLike\nComment\nShare\n\n"
    assert rows(post * 3) == []


PHPBB = """Board index ‹ Repairs

Leaking hatch

2 posts • Page 1 of 1

Leaking hatch

by oldsalt » Mon Nov 02, 2026 9:12 pm

My hatch drips. What did I miss?
_________________
SY Marjorie

oldsalt
Posts: 123
Joined: Sat Jan 07, 2017 3:02 pm

Top

Re: Leaking hatch

by Gina B. » Mon Nov 02, 2026 9:40 pm

oldsalt wrote:
My hatch drips.

The hinges.
Last edited by Gina B. on Tue Nov 03, 2026 6:10 am, edited 1 time in total.

Gina B.
Site Admin
Posts: 2210

Top

Display posts from previous:  All posts

Who is online
"""
PHPBB_32 = """Board index
Leaking hatch
2 Beiträge • Seite 1 von 1
oldsalt
Beiträge: 123
Registriert: Sa 7. Jan 2017, 15:02
Leaking hatch
#1 Beitrag von oldsalt » Mo 2. Nov 2026, 21:12

My hatch drips. What did I miss?

Nach oben
Gina B.
Moderator
Beiträge: 2210
Re: Leaking hatch
#2 Beitrag von Gina B. » Mo 2. Nov 2026, 21:40

oldsalt hat geschrieben: ↑Mo 2. Nov 2026, 21:12
My hatch drips.

The hinges.

Nach oben
Zurück zu „Repairs“
"""
XENFORO = """Forums

Leaking hatch
Thread starter
oldsalt
Start date
Nov 2, 2026

oldsalt
Well-Known Member
Joined
Jan 7, 2017
Messages
123
Location
Kiel
Nov 2, 2026
Add bookmark
#1
My hatch drips. What did I miss?

Like Quote Reply
Reactions:
Gina B.

G
Gina B.
Administrator
Staff member
Joined
Mar 3, 2009
Messages
2,210
Nov 2, 2026
#2
oldsalt said:
My hatch drips.

The hinges.

Like Quote Reply
You must log in or register to reply here.
"""
VBULLETIN = """Forum
Repairs

02.11.2026, 21:12 #21
oldsalt
View Profile
Senior Member
Join Date
Jan 2017
Posts
123
Leaking hatch
My hatch drips. What did I miss?

Reply With Quote

02.11.2026, 21:40 #22
Gina B.
View Profile
Posts: 2,210
Re: Leaking hatch
Originally Posted by oldsalt
My hatch drips.

The hinges.

Reply With Quote
+ Reply to Thread
"""


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        pytest.param(PHPBB, "oldsalt wrote:", id="phpBB, columns below"),
        pytest.param(PHPBB_32, "oldsalt hat geschrieben: ↑Mo 2. Nov 2026, 21:12", id="phpBB 3.2, columns above"),
        pytest.param(XENFORO, "oldsalt said:", id="XenForo"),
        pytest.param(VBULLETIN, "Originally Posted by oldsalt", id="vBulletin"),
    ],
)
def test_posts_of_a_thread(text: str, quoted: str) -> None:
    posts = read(text)
    assert [(one.author, one.text, one.parent_id) for one in posts] == [
        ("oldsalt", "My hatch drips. What did I miss?", None),
        ("Gina B.", f"{quoted}\nMy hatch drips.\n\nThe hinges.", "c1"),
    ]
    assert {one.created.date().isoformat() for one in posts if one.created} == {"2026-11-02"}


def test_the_same_last_line_under_all_posts_of_an_author_is_a_signature() -> None:
    post = "Re: Leaks\nby oldsalt » Mon Nov 02, 2026 9:1{n} pm\n\nWords {n}.\n\nRails are for life\n\nTop\n"
    assert [one.text for one in read(post.format(n=1) + post.format(n=2))] == ["Words 1.", "Words 2."]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "".join(
                f"{title}\nby {name} » Mon Nov 02, 2026 9:12 pm\n5 Replies\n212 Views\nLast post by bo\n"
                "Tue Nov 03, 2026 8:15 am\n\n"
                for title, name in (("Leaks", "ana"), ("Paint", "tom"), ("Old diesel", "eve"))
            ),
            id="topics of phpBB",
        ),
        pytest.param(
            "".join(
                f"{title}\nana\nNov 2, 2026\nReplies\n4\nViews\n1K\nNov 3, 2026\noldsalt\n\n"
                for title in ("Leaks", "Paint")
            ),
            id="topics of XenForo",
        ),
        pytest.param("#1\nThe harbour wall\nForty minutes, flat.\n\n#2\nThe old mill\nOne hour.\n", id="a ranking"),
    ],
)
def test_lists_of_topics_are_no_posts(text: str) -> None:
    assert rows(text) == []


HACKERNEWS = """Hacker News new | past | comments | ask | show | jobs | submit\tlogin
Pumping water with the wind (example.org)
58 points by miller 3 hours ago | hide | past | favorite | 7 comments

Wells everywhere!

ana 3 hours ago | next [–]

One.
reply

tom on Nov 2, 2026 | parent | next [–]

Two.
reply

eve 2 hours ago | root | parent | next [–]

Three.
reply

ana 2 hours ago | root | parent | prev | next [–]

Four, beside three.
reply

bo 2 hours ago | root | parent | next [–]

Five.
reply

cy 1 hour ago | root | parent | prev | next [–]

Six, beside four or five.
reply

dee 1 hour ago | prev [–]

Seven.

Guidelines | FAQ | Lists | API
"""


def test_hacker_news_tells_a_parent_only_where_the_links_do() -> None:
    found = read(HACKERNEWS)
    assert [(one.author, one.parent_id, "orphan" in one.flags) for one in found] == [
        ("ana", None, False),
        ("tom", "c1", False),
        ("eve", "c2", False),
        ("ana", "c2", False),
        ("bo", "c4", False),
        ("cy", None, True),
        ("dee", None, False),
    ]
    assert [one.text for one in found][-2:] == ["Six, beside four or five.", "Seven."]
    assert {one.thread_title for one in found} == {"Pumping water with the wind (example.org)"}


def test_the_front_page_of_hacker_news_has_no_comments() -> None:
    story = "{n}.\n\tA story (example.org)\n58 points by miller 3 hours ago | hide | {n} comments\n"
    assert rows("Hacker News new | past\n" + "".join(story.format(n=n) for n in (1, 2, 3))) == []


GUARDIAN = [
    pytest.param(
        "bo   12h ago\n   14\nA hat.\nReply\nShare\nReport\n\ntim  @bo   11h ago\n   2\nA tile.\nReply\nShare\nReport\n",
        id="@ beside the name",
    ),
    pytest.param(
        "bo 12h ago\n14\nA hat.\nReply Share Report\ntim in reply to bo 11h ago\n2\nA tile.\nReply Share Report\n",
        id="in reply to, beside the name",
    ),
    pytest.param(
        "bo\n2 Nov 2026 09.14\n\n14\n\nA hat.\n\nReply\nShare\nReport\n\n"
        "tim\n2 Nov 2026 09.20\nin reply to bo\n\n2\n\nA tile.\n\nReply\nShare\nReport\n",
        id="in reply to, below",
    ),
    pytest.param(
        "bo\n2 Nov 2026 09:14\n\n14\n\nA hat.\n\nReply\nShare\nReport\n\n"
        "tim\nbo\n2 Nov 2026 09:20\n\n2\n\nA tile.\n\nReply\nShare\nReport\n",
        id="one name over the other",
    ),
]


@pytest.mark.parametrize("comments", GUARDIAN)
def test_the_guardian_prints_whom_a_comment_answers(comments: str) -> None:
    text = f"Bread\n\nEvery loaf I make looks like a hat.\n\nComments (2)\nSort by\noldest\n\n{comments}\nMost viewed\n"
    assert rows(text) == [("bo", "A hat.", None), ("tim", "A tile.", "c1")]


@pytest.mark.parametrize("age", ["2h", "2 Std.", "3 j", "2 sem", "2 godz.", "5 ч.", "1 Wo.", "Just now", "Gestern"])
def test_ages_beside_buttons(age: str) -> None:
    assert find_age(f"{age} · Like")


def test_words_around_copies() -> None:
    assert all(map(is_order, ["Most relevant", "Alle Kommentare anzeigen", "3 of 23", "Trier par Date"]))
    assert all(map(is_field, ["Posts: 12", "Registriert", "Inscription : sam. 7 janv. 2017 15:02"]))
    assert not any(map(is_field, ["Posts are fine.", "From here on"]))
    assert read_replied("Ana Ruiz hat geantwortet · 2 Antworten") == "Ana Ruiz"
    assert read_quoted("Zitat von Ana") == "Ana"


@pytest.mark.parametrize(
    "one",
    [
        pytest.param("Ana Berg{n}\nWords of comment {n}\n2h\nLike\nReply\n", id="buttons"),
        pytest.param("Re: The bridge\nby ana{n} » Mon Nov 02, 2026 9:12 pm\n\nWords of post {n}\n\nTop\n", id="posts"),
    ],
)
def test_the_time_grows_with_the_page_and_not_with_its_square(one: str) -> None:
    text = "Town news\nMost relevant\n" + "".join(one.format(n=n) for n in range(2000))
    began = time.process_time()
    assert len(read(text)) == 2000
    assert time.process_time() - began < 6  # comparing each with each took above twenty


VOTED = """Bridge shut

The bridge will be shut until autumn, the mayor said on Friday at a meeting with people of the town.

3 Comments
Sort by Best

Bob
3 years ago
About time.
5
0
Reply
Share ›

Ann Lee{sign}Bob
3 years ago
Not for those of us who drive. Call
112
1
0
Reply
Share ›

Cy > all
3 years ago
Take a bike.
0
2
Reply
Share ›
"""


@pytest.mark.parametrize("sign", [" > ", "  ", " → "])
def test_votes_are_no_words_and_the_name_that_is_answered_is_no_part_of_the_author(sign: str) -> None:
    assert rows(VOTED.format(sign=sign)) == [
        ("Bob", "About time.", None),
        ("Ann Lee", "Not for those of us who drive. Call\n112", "c1"),
        ("Cy > all", "Take a bike.", None),
    ]


SIGNED = """Bridge shut

The bridge will be shut until autumn, the mayor said on Friday at a meeting with people of the town.

Comments

About time, they should have done it years ago.

Posted by: Bob | May 03, 2024 at 10:14 AM

Not for those who drive.

Posted by: Ann Lee | May 03, 2024 at 11:20 AM

The comments to this entry are closed.
"""
COUNTED = """Brücke gesperrt

Die Brücke bleibt bis Herbst gesperrt, sagte die Bürgermeisterin am Freitag vor Leuten aus der Stadt.

Forum: 2 Postings

Bob
12
3. Mai 2024, 10:14:22

Wurde Zeit.

antworten
melden

1984
3. Mai 2024, 11:20:00

Nicht für die, die fahren.

antworten
melden
"""


def test_a_signature_belongs_to_the_words_above_it_also_where_the_page_says_that_comments_are_closed() -> None:
    assert rows(SIGNED) == [
        ("Bob", "About time, they should have done it years ago.", None),
        ("Ann Lee", "Not for those who drive.", None),
    ]


def test_a_number_under_a_name_is_no_name_but_may_be_one_alone() -> None:
    assert rows(COUNTED) == [("Bob", "Wurde Zeit.", None), ("1984", "Nicht für die, die fahren.", None)]


LETTER = """Bridge shut

The bridge will be shut until autumn, the mayor said on Friday at a meeting with people of the town.

Discussion about this post

Bob
May 3

About time.

Expand full comment
Like (2)
Reply
Share

Ann Lee
3 May

Not for those who drive.

Expand full comment
Like
Reply
Share
"""


def test_a_day_without_a_year_is_a_date_where_reply_links_stand_and_nowhere_else() -> None:
    assert rows(LETTER) == [("Bob", "About time.", None), ("Ann Lee", "Not for those who drive.", None)]
    assert {one.created for one in read(LETTER)} == {None}
    assert read(LETTER.replace("\nReply\n", "\n")) == []
