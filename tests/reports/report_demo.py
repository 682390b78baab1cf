"""An invented thread of 40 comments with invented scores: what the report tests and the pictures are made of."""

from datetime import UTC, datetime, timedelta

from analyzer.schema import Action, Checked, Comment, Decision, Reason, Score, Span, Status, Thread

SOURCE = "harbour.jsonl"
START = datetime(2026, 10, 14, 8, 52, tzinfo=UTC)
MODEL = "default@0123abcd4567"
POLICY = "default@89ef0123abcd"
THRESHOLDS = {
    "abuse.threat": {"balanced": {"threshold": 0.55, "precision": 0.86, "recall": 0.7, "n": 210}},
    "abuse.insult": {"balanced": {"threshold": 0.60, "precision": 0.81, "recall": 0.7, "n": 900}},
    "antisemitism.power_control": {"precise": {"threshold": 0.55, "precision": 0.72, "recall": 0.5, "n": 90}},
    "propaganda.whataboutism": {"balanced": {"threshold": 0.60, "precision": 0.63, "recall": 0.5, "n": 120}},
    "propaganda.false_dilemma": {"balanced": {"threshold": 0.60, "precision": 0.58, "recall": 0.5, "n": 130}},
    "propaganda.name_calling": {"balanced": {"threshold": 0.65, "precision": 0.69, "recall": 0.5, "n": 300}},
    "stance.counter_speech": {"balanced": {"threshold": 0.50, "precision": 0.80, "recall": 0.6, "n": 200}},
}
COPIED = "Ask yourself why the council hides the real bill for this tram line. They hope that you forget it by spring."

# (parent, author, minutes after the start, text, {label: prob}, {label: evidence}, {"action", "rule"} or remarks)
_ROWS: list[tuple[int | None, str, int, str, dict[str, float], dict[str, str], dict[str, str]]] = [
    (None, "marta_k", 0, "Good news for everybody who waits at the harbour stop in winter.", {}, {}, {}),
    (1, "old_tom", 3, "Agreed. Now please with a roof as well.", {}, {}, {}),
    (None, "rivka", 6, "Typo in the third paragraph: the line opens in 2028, not 2082.", {}, {}, {}),
    (3, "desk", 9, "Thank you, corrected.", {}, {}, {}),
    (None, "lena77", 12, "How much of the money comes from the region? The article does not say.", {}, {}, {}),
    (5, "pavel", 16, "About 60 %, it is in the council papers: https://council.example/papers/tram-2026.pdf", {}, {}, {}),
    (None, "joost", 20, "I would rather have more buses. Trams are nice, but they never come to the hills.", {}, {}, {}),
    (7, "marta_k", 23, "Fair point, the hills were promised a bus lane ten years ago.", {}, {}, {}),
    (7, "kestrel", 27, "And what about the hospital road? Where were all you tram lovers when that was closed?",
     {"propaganda.whataboutism": 0.71, "propaganda.any": 0.8}, {"propaganda": "And what about the hospital road?"}, {}),
    (9, "joost", 31, "The hospital road is another budget.", {}, {}, {}),
    (None, "nightowl", 35, "Which firm builds it?", {}, {}, {}),
    (11, "pavel", 38, "Two local ones, names are on page 12.", {}, {}, {}),
    (11, "truthdrop", 41, "You know which families own that firm, and you know who pulls the strings in this town.",
     {"antisemitism.power_control": 0.77, "antisemitism.any": 0.81, "antisemitism.coded": 0.84, "target.jewish": 0.74},
     {"antisemitism": "who pulls the strings", "antisemitism.power_control": "which families own that firm"},
     {"action": "review", "rule": "trope"}),
    (13, "rivka", 44, "Which families? Say what you mean, or drop it.", {"stance.counter_speech": 0.68}, {}, {}),
    (14, "truthdrop", 47, "The ones you are not allowed to name. Read the surnames on the board.",
     {"antisemitism.power_control": 0.66, "antisemitism.privilege_silencing": 0.83, "target.jewish": 0.7},
     {"antisemitism.power_control": "Read the surnames on the board",
      "antisemitism.privilege_silencing": "you are not allowed to name"},
     {"action": "review", "rule": "trope"}),
    (15, "hanna_b", 50, "That is an old lie about Jews, and it was no truer when our grandparents heard it.",
     {"stance.counter_speech": 0.9, "antisemitism.any": 0.3, "target.jewish": 0.9}, {}, {}),
    (9, "kestrel", 53, "Only traitors and paid clowns still believe these figures.",
     {"abuse.insult": 0.62, "propaganda.name_calling": 0.84, "abuse.toxicity": 0.7},
     {"abuse": "paid clowns", "propaganda": "traitors"}, {"action": "review", "rule": "insult"}),
    (17, "gone1", 55, "", {}, {}, {"status": "deleted"}),
    (18, "kestrel", 57, "Coward. Write that again under your real name.",
     {"abuse.insult": 0.79}, {"abuse": "Coward."}, {"action": "review", "rule": "insult"}),
    (17, "sam_r", 60, "Can we stay with the tram, please?", {}, {}, {}),
    (19, "grendel", 62, "Next time somebody should wait for @sam_r at his stop with a bat.",
     {"abuse.threat": 0.94, "abuse.toxicity": 0.9}, {"abuse": "wait for @sam_r at his stop with a bat"},
     {"action": "reject", "rule": "threat"}),
    (None, "copy_a", 65, COPIED, {"propaganda.doubt": 0.66}, {"propaganda": "Ask yourself why the council hides the real bill"},
     {}),
    (21, "hanna_b", 67, "Reported. He has a family.", {"stance.counter_speech": 0.71}, {}, {}),
    (None, "copy_b", 66, COPIED.replace("by spring", "before spring"), {}, {}, {}),
    (None, "copy_c", 67, COPIED.upper(), {}, {}, {}),
    (None, "amal", 75, "الترام أفضل من السيارات. شكرا لكل من دافع عن المشروع.", {}, {}, {"lang": "ar"}),
    (26, "zayd", 80, "هؤلاء المهندسون كلاب مأجورة، ولا يستحقون حتى الرد.",
     {"abuse.insult": 0.83}, {"abuse": "كلاب مأجورة"}, {"action": "review", "rule": "insult", "lang": "ar"}),
    (16, "mocker", 83, "And in the film there will be the usual survivor, weeping on cue.",
     {"antisemitism.nazi_affirmation_mockery": 0.86, "antisemitism.any": 0.88, "target.jewish": 0.8},
     {"antisemitism": "the usual survivor, weeping on cue"}, {"action": "review", "rule": "trope"}),
    (28, "old_tom", 85, "My neighbour survived. You should be ashamed of that sentence.", {"stance.counter_speech": 0.8}, {}, {}),
    (10, "kestrel", 88, "Either you stand with the hills or you stand with the town hall. There is nothing in between.",
     {"propaganda.false_dilemma": 0.72}, {"propaganda": "Either you stand with the hills or you stand with the town hall."}, {}),
    (30, "joost", 91, "There is a great deal in between. Most of us live there.", {}, {}, {}),
    (None, "thumbs", 93, "👍👍👍", {}, {}, {"checked": "letterless"}),
    (None, "nino", 95, "გმადლობთ ამ სტატიისთვის.", {}, {}, {"checked": "language", "lang": "ka"}),
    (None, "scribe", 97, "A long reading of the council papers follows. " + "The tram costs less than the road it replaces. " * 30,
     {}, {}, {"windows": "3"}),
    (11, "marta_k", 100, "The mediator is named in the update now. Well done to her.", {}, {}, {}),
    (None, "sam_r", 103, "Somebody called me a slur at the stop last week, “go home, you rat”. Nobody on the tram said a word.",
     {"abuse.insult": 0.4, "stance.reports_or_quotes": 0.72}, {}, {}),
    (36, "hanna_b", 105, "I am sorry. That should not happen to anybody.", {"stance.counter_speech": 0.55}, {}, {}),
    (None, "gone2", 108, "", {}, {}, {"status": "removed"}),
    (None, "state", 110, "No other state on earth is as wicked as that one.",
     {"antisemitism.israel_demonisation": 0.84}, {"antisemitism": "No other state on earth"},
     {"action": "review", "rule": "contested"}),
    (None, "lena77", 115, "Thanks for the link to the papers.\n\nPage 40 answers my question.", {}, {}, {}),
]  # fmt: skip


def demo_thread() -> Thread:
    """The invented thread."""
    comments = tuple(_comment(number, *row) for number, row in enumerate(_ROWS, start=1))
    return Thread(
        source=SOURCE,
        id="news/2026/tram line?",
        comments=tuple(sorted(comments, key=lambda c: (c.created, int(c.id)))),
        title="Council votes for a tram line from the harbour to the hills",
        url="https://courier.example/news/tram",
        claimed=41,
    )


def demo_scores() -> list[Score]:
    """One invented score a comment."""
    return [_score(number, row) for number, row in enumerate(_ROWS, start=1)]


def demo_decisions() -> list[Decision]:
    """One invented decision a comment."""
    return [_decision(number, row) for number, row in enumerate(_ROWS, start=1)]


def _comment(number, parent, author, minutes, text, _probs, _evidence, remarks):
    return Comment(
        source=SOURCE,
        thread_id="news/2026/tram line?",
        id=str(number),
        parent_id=None if parent is None else str(parent),
        author=author,
        created=START + timedelta(minutes=minutes),
        text=text,
        status=Status(remarks.get("status", "visible")),
        lang=remarks.get("lang"),
    )


def _key(number):
    return Comment(source=SOURCE, thread_id="news/2026/tram line?", id=str(number), text="").key


def _score(number, row):
    _, _, _, text, probs, evidence, remarks = row
    checked = "deleted" if "status" in remarks else remarks.get("checked", "ok")
    spans = tuple(
        Span(start=text.index(words), end=text.index(words) + len(words), label=label, prob=0.8)
        for label, words in evidence.items()
    )
    base = {"abuse.toxicity": round(0.02 + (number * 7 % 11) / 100, 2), "abuse.insult": 0.03, "abuse.threat": 0.01}
    return Score(
        key=_key(number),
        model=MODEL,
        probs=base | probs if checked == "ok" else {},
        spans=spans,
        windows=int(remarks.get("windows", "1")),
        lang=remarks.get("lang", "en") if checked == "ok" else remarks.get("lang", "und"),
        checked=Checked(checked),
    )


def _decision(number, row):
    _, _, _, _, probs, _, remarks = row
    action = Action(remarks.get("action", "none" if {"checked", "status"} & set(remarks) else "approve"))
    reasons = ()
    if action in (Action.REVIEW, Action.REJECT):
        label, prob = max(probs.items(), key=lambda pair: (pair[0].startswith(("abuse", "antisem")), pair[1]))
        reasons = (Reason(rule=remarks["rule"], label=label, prob=prob, threshold=min(0.6, prob), action=action),)
    return Decision(key=_key(number), action=action, reasons=reasons, policy=POLICY)
