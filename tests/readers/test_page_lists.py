"""Lists on a text page: what speaks for comments and what against them, and what is cut off beside the words."""

import pytest

from analyzer.readers import page
from analyzer.readers.page_heads import lone_stamp
from analyzer.readers.page_lines import Line, Page
from analyzer.readers.page_words import ends_section, is_links, read_heading
from analyzer.readers.tally import Tally

ARTICLE = "A ferry for the north\n\nThe council met for two hours.\n\nIt talked about boats and bridges.\n\n"
BARE = "  • Ann Coast\n\n    It never comes.\n\n    • seadog\n\n      It came today, I was there!\n\n"
BARE += "  • Bill99\n\n    Who pays?\n\n  • Nils H\n\n    The town.\n\n"

Rows = list[tuple[str | None, str, str | None]]


def read(text: str) -> Rows:
    return [(one.author, one.text, one.parent_id) for one in page.read(text, "page.txt", Tally())]


BARE_ROWS: Rows = [
    ("Ann Coast", "It never comes.", None),
    ("seadog", "It came today, I was there!", "c1"),
    ("Bill99", "Who pays?", None),
    ("Nils H", "The town.", None),
]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        pytest.param(
            BARE + "Our partners and we store and read information on your device to measure how this page is used, "
            "and to show what fits.\n\nImprint\n",
            BARE_ROWS,
            id="a notice below",
        ),
        pytest.param(
            BARE + "More from the harbour\n\n  • Storm closes the canal\n\n    Two hundred ships wait.\n\n"
            "  • Fish gets dear\n\n    Cod costs twice as much.\n",
            BARE_ROWS,
            id="teasers below",
        ),
        pytest.param(
            "Read on\n\n  • Ten harbours worth a visit this summer\n  • How a lock works\n  • Fish, the price rises\n\n"
            + BARE,
            BARE_ROWS,
            id="links above, in the same list",
        ),
        pytest.param(
            BARE + "Labels:\n  • Harbour\n  • Ferries\n  • Money\n", BARE_ROWS, id="a list with a title below"
        ),
        pytest.param(
            "  • I am not a robot\n\n    Again? Do they never learn?\n\n    • ???\n\n      no\n\n  • 2020\n\n"
            "  • el_Zorro\n\n    Me too.\n\n"
            "  • What's in a name?\n\n    I ask.\n\n    • Kane\n\n      • What's in a name?\n\n        Nothing, then.\n",
            [
                ("I am not a robot", "Again? Do they never learn?", None),
                ("???", "no", "c1"),
                ("2020", "", None),
                ("el_Zorro", "Me too.", None),
                ("What's in a name?", "I ask.", None),
                ("Kane", "", "c5"),
                ("What's in a name?", "Nothing, then.", "c6"),
            ],
            id="odd names and empty comments",
        ),
        pytest.param(
            "1 Comment\n\n  1. bob\n\nSearch\n", [("bob", "", None)], id="a numbered name alone, counted by the heading"
        ),
    ],
)
def test_a_bare_tree_is_weighed_as_a_whole(text: str, wanted: Rows) -> None:
    assert read(ARTICLE + text) == wanted


@pytest.mark.parametrize(
    "listing",
    [
        pytest.param(
            "  • Ivan Petrov\n\n    Owner of ships, born 1961.\n\n    • Marine Trade Ltd\n\n      Registered in Cyprus.\n\n"
            "  • Anna Petrova\n\n    Wife of Ivan.\n\n  • Oleg Sido\n\n    Banker.\n\nShare\n\nCopyright 2021\n",
            id="people and firms",
        ),
        pytest.param(
            "  • USS North\n\n    Destroyer.\n\n  • HMS South\n\n    Frigate.\n\n  • Admiral East\n\n    Observer.\n\n"
            "  • FGS West\n\n    Tender.\n\nRelated News\n",
            id="ships",
        ),
        pytest.param(
            "12 Comments\nShare\n\n  • Wind Power\n\n    From the sea.\n\n  • Water Power\n\n    From the hills.\n\n"
            "  • Coal\n\n    From the mine.\n\n  • Sun\n\n    From the sky.\n\nNobody knows.\n",
            id="a list under a counter in the byline",
        ),
        pytest.param(
            "  • Cook\n    2 days ago\n\n    Full time.\n\n  • Driver\n    3 days ago\n\n    Part time.\n", id="jobs"
        ),
        pytest.param(
            "  • v1.2.0\n\n    You can export now!\n\n  • v1.1.0\n\n    I mended it.\n\n  • v1.0.0\n\n    First!\n\n"
            "  • v0.9.0\n\n    Beta.\n",
            id="releases",
        ),
        pytest.param("2 Comments\n\n  • Print\n  • Email This\n", id="buttons to share, as many as there are comments"),
        pytest.param(
            "4 Comments\n\nPrep Time\n20m\n\nServes four\n\nCook Time\n1h\n\nIn a pot.\n", id="a recipe's times"
        ),
        pytest.param(
            "Comments (0)\n\nConcert\nyesterday, 18:04\n\nIn the park\n\nParade\ntoday, 12:00\n\nHere\n",
            id="none, then events",
        ),
        pytest.param(
            "  * iso_639\n    - Added a code\n    - Update files\n  * iso_3166\n    - Removed two?\n  * iso_639\n    - One more\n",
            id="a log of changes",
        ),
    ],
)
def test_an_articles_list_is_no_comment(listing: str) -> None:
    assert read(ARTICLE + listing) == []


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        pytest.param(
            "Comments (3)\n\n  • seadog\n    No fog. I was there.\n    • Ann\n      Call them.\n      • seadog\n        Did.\n",
            [("seadog", "No fog. I was there.", None), ("Ann", "Call them.", "c1"), ("seadog", "Did.", "c2")],
            id="replies with the name right above the words",
        ),
        pytest.param(
            "3 Comments\n\n  • Capt • 2 years ago\n\n    At last.\n\n    • 4\n    • Reply\n    • Share ›\n\n"
            "    • maria_g > Capt • 2 years ago\n\n      lol\n\n      • Reply\n\n"
            "  • Avatar\n    Tom • a month ago\n\n    This comment was deleted?\n",
            [("Capt", "At last.", None), ("maria_g", "lol", "c1"), ("Tom", "This comment was deleted?", None)],
            id="buttons in lists, the answered name beside the author's",
        ),
        pytest.param(
            "3 Comments\n\n  • User avatar\n    Denise\n    Top Commenter\n    2 hours ago\n\n    I ride on.\n\n    Reply\n\n"
            "    • mta\n      Verified\n      1 hour ago\n      Reply to Denise\n\n      Sorry.\n\n      Reply\n\n"
            "  • Advertisement\n\n  • Bob\n    Subscriber\n    just now\n\n    Typical.\n\n    Reply\n\n"
            "    Show 3 more replies\n",
            [("Denise", "I ride on.", None), ("mta", "Sorry.", "c1"), ("Bob", "Typical.", None)],
            id="badges, pictures, an advertisement",
        ),
        pytest.param(
            "2 commenti\n\n  * Carla\n\n    Era ora!\n\n    3 aprile 2019 alle 11:20\n\n    Rispondi\n\n"
            "  * Gino\n\n    E la domenica?\n\n    3 aprile 2019 alle 12:02\n\n    Rispondi\n",
            [("Carla", "Era ora!", None), ("Gino", "E la domenica?", None)],
            id="the date below the words",
        ),
        pytest.param(
            "2 Comments\n\n  1. Omar\n\n    1. Who paid?\n    2. Who built?\n\n    1. Ann\n\n      The town did.\n\n"
            "  2. Zed\n\n    I see.\n",
            [("Omar", "1. Who paid?\n2. Who built?", None), ("Ann", "The town did.", "c1"), ("Zed", "I see.", None)],
            id="numbers that begin again after a list in the words",
        ),
    ],
)
def test_what_stands_beside_the_words_is_cut_off(text: str, wanted: Rows) -> None:
    assert read(ARTICLE + text) == wanted


def test_a_pingback_without_a_date_is_flagged() -> None:
    walt = "Walt says:\n    May 9, 2014 at 6:41 pm\n\n    Lost it.\n\n    Reply\n"
    text = f"3 Comments\n\n  1. Pingback: Links for the weekend | A Blog\n  2. {walt}  3. {walt}"
    found = list(page.read(ARTICLE + text, "page.txt", Tally()))
    assert [(one.author, "pingback" in one.flags) for one in found] == [
        ("Links for the weekend | A Blog", True),
        ("Walt", False),
        ("Walt", False),
    ]


def test_numbers_of_likes_and_points_are_no_words() -> None:
    likes = "".join(f"@user{n}\n2 years ago (edited)\nIt runs.\n{n}2\nReply\n\n" for n in range(1, 5))
    assert read(f"{ARTICLE}4 Comments\nSort by\n\n{likes}") == [(f"@user{n}", "It runs.", None) for n in range(1, 5)]
    placed = "".join(
        f"Ted {n}\nPortland, OR | Jan. {n}, 2022\n\nI ride.\n\n1{n} Recommend\nShare\nFlag\n\n" for n in range(1, 4)
    )
    assert read(f"{ARTICLE}Comments 3\n\n{placed}") == [(f"Ted {n}", "I ride.", None) for n in range(1, 4)]
    points = "[–]rita[S] 34 points 5 years ago\n\nI did.\n\npermalink\nembed\nsave\nreply\n\n"
    assert read(f"{ARTICLE}all 2 comments\nsorted by: best\n\n{points}{points}") == [("rita", "I did.", None)] * 2


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("Comments (1,204)", 1204),
        ("(4) Comments", 4),
        ("12 comments so far", 12),
        ("View 12 comments", 12),
        ("Readers' comments", None),
        ("Réactions (4)", 4),
        ("Les commentaires (4)", 4),
        ("Diskussion (5)", 5),
        ("Opinie (6)", 6),
        ("Wszystkie komentarze (6)", 6),
        ("コメント (4)", 4),
        ("4件のコメント", 4),
        ("3 תגובות", 3),
        ("Komentáře (3)", 3),
        ("3 σχόλια", 3),
    ],
)
def test_headings_of_many_languages(line: str, count: int | None) -> None:
    heading = read_heading(line)
    assert heading
    assert heading.count == count


@pytest.mark.parametrize("line", ["Ideas (4)", "Les commentaires sont fermés aujourd'hui", "Diskussion um die Fähre"])
def test_other_lines_are_no_heading(line: str) -> None:
    assert read_heading(line) is None


@pytest.mark.parametrize(
    "line",
    [
        "2h",
        "Just now",
        "yesterday",
        "Posted 2 hours ago",
        "gestern, 18:04 Uhr",
        "há 3 horas",
        "2 years ago (edited)",
        "3 dagen geleden",
        "2 timmar sedan",
        "3 gün önce",
        "12 mrt 2020 14:33",
        "2019年10月11日 18:22",
        "2019년 10월 11일",
        "3日前",
        "3시간 전",
        "١٢ مارس ٢٠٢٠",
        "12. března 2020",
    ],
)
def test_dates_of_many_languages(line: str) -> None:
    assert lone_stamp(line, short=True)


def test_a_digit_that_is_no_number_is_no_date() -> None:
    assert lone_stamp("⑦.8.2019") is None


@pytest.mark.parametrize(
    "line",
    [
        "Beğen (5)",
        "12 Recommend",
        "permalink embed save report reply",
        "Show 3 more replies",
        "1 reply by Sam",
        "Copy link",
        "Mehr anzeigen",
        "Ver más",
        "返信",
        "3 Antworten anzeigen",
    ],
)
def test_links_of_many_languages(line: str) -> None:
    assert is_links(line)


@pytest.mark.parametrize(
    "line",
    [
        "More from World",
        "Read next",
        "Lire aussi",
        "Lo más leído",
        "Newsletter",
        "Follow us",
        "Czytaj także",
        "Weitere Kommentare anzeigen",
        "We use cookies to know you better.",
    ],
)
def test_what_follows_comments(line: str) -> None:
    assert ends_section(line)


@pytest.mark.parametrize("line", ["More from you, then, is what I want to hear.", "Contact them yourself!"])
def test_words_of_a_comment_do_not_end_the_section(line: str) -> None:
    assert not ends_section(line)


def test_the_note_on_a_script_does_not_deny_comments_that_stand_there() -> None:
    tally = Tally()
    text = f"{ARTICLE}5 Comments\n\nKathy\nAt last.\n12\n\nFacebook Comments Plugin\n"
    assert list(page.read(text, "page.txt", tally)) == []
    assert any("in a form this reader does not know; export them from Facebook" in note for note in tally.notes)


def test_a_head_in_several_lines_is_read_whole() -> None:
    reddit = "".join(
        f"u/{name} avatar\n{name}\nTop 1% Commenter\n•\n1y ago\n{said}\nReply\nAward\nShare\n\n"
        for name, said in (("ann_k", "Knead it longer."), ("bob", "I did, it helped."))
    )
    assert read(f"{ARTICLE}Comments Section\n\n{reddit}") == [
        ("ann_k", "Knead it longer.", None),
        ("bob", "I did, it helped.", None),
    ]
    disqus = "Avatar\nResi\n2 years ago\nTwo hours.\n\nReply\nShare ›\n\n"
    disqus += "Avatar\nMod\nTom\n→ Resi • 2 years ago\nThank you!\n\nReply\nShare ›\n\n"
    assert read(f"{ARTICLE}2 Comments\n\n{disqus}") == [("Resi", "Two hours.", None), ("Tom", "Thank you!", None)]


class _Unsliced(tuple[Line, ...]):
    def __getitem__(self, at: object) -> Line:  # type: ignore[override]
        assert isinstance(at, int), "a copy of all lines below takes quadratic time"
        return super().__getitem__(at)


def test_the_lines_below_a_line_are_the_nearest_with_words() -> None:
    lines = _Unsliced(Line(n, 0, text) for n, text in enumerate(["a", "", "b", "c", "d"]))
    assert [line.text for line in Page(lines, ()).after(0, 2)] == ["b", "c"]
    assert Page(lines, ()).after(4, 2) == []
