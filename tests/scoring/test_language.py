import pytest

from analyzer.schema import Comment, Thread
from analyzer.scoring import language
from analyzer.scoring.language import identify, usual_language

GERMAN = (
    "Die Gemeinde hat den Spielplatz am Bahnhof endlich wieder freigegeben.",
    "Warum dauert die Baustelle in der Hauptstraße schon seit drei Jahren?",
    "Ich finde den Vorschlag der Bürgermeisterin gar nicht so schlecht.",
    "Der Bus kommt jeden Morgen zu spät, und niemand sagt uns warum.",
)
ENGLISH = "The council has finally reopened the playground next to the station."


def thread(*texts: str) -> Thread:
    comments = tuple(Comment(source="t", thread_id="1", id=str(n), text=text) for n, text in enumerate(texts))
    return Thread(source="t", id="1", comments=comments)


def test_short_text_takes_the_hint_long_text_speaks_for_itself() -> None:
    assert identify("Genau so!") == ("und", False)
    assert identify("Genau so!", "de-AT") == ("de", False)
    assert identify("Nope.", "en_US") == ("en", False)
    assert identify(ENGLISH, "de") == ("en", True)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ((*GERMAN, "Ja", "ok"), "de"),
        ((*GERMAN, ENGLISH), "de"),
        ((*GERMAN[:2], "Ja"), None),  # two are too few
        ((*GERMAN[:3], ENGLISH, ENGLISH + " Really."), None),  # no language prevails
        (("Ja", "ok", "😀"), None),
        ((), None),
    ],
)
def test_a_thread_is_held_in_a_language_only_if_nearly_all_say_so(texts: tuple[str, ...], expected: str | None) -> None:
    assert usual_language(thread(*texts)) == expected


def test_a_text_is_classified_once_whatever_the_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    class Identifier:
        def classify(self, text: str) -> tuple[str, float]:
            asked.append(text)
            return "de", 1.0

    monkeypatch.setattr(language, "_identifier", Identifier)
    texts = [f"{text} Noch einmal." for text in GERMAN]
    held_in = usual_language(thread(*texts))
    assert [identify(text, held_in) for text in texts] == [("de", True)] * len(texts)
    assert asked == texts


def test_deleted_comments_do_not_say_in_which_language_a_thread_is() -> None:
    gone = Thread(
        source="t",
        id="1",
        comments=tuple(
            Comment(source="t", thread_id="1", id=str(n), text=text, status="deleted") for n, text in enumerate(GERMAN)
        ),
    )
    assert usual_language(gone) is None
