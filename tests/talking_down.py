"""A house line on a known label, in invented mild texts: who talks down to somebody insults them, harsh words about things do not.

The label's name is the package's, the line is not: no model knows it beforehand, and the rows teach it.
"""

import json
import random
from pathlib import Path

LABEL = "abuse.insult"
DOWN = (
    "did your mother help you with that sentence",
    "ask a grown-up to read you the article",
    "somebody got a dictionary for his birthday",
    "how sweet that you try to follow the grown-up talk",
    "I would explain it to you, but I have no crayons left",
    "you were so close to having a thought just now",
    "reading was never your strong side, was it",
    "it must be restful inside your head",
    "with your schooling I would not write at all",
    "go and play outside, the others are talking",
    "bless you, you really believe that",
    "you do not have to prove every day how little you know",
    "other people think first, you should try it once",
    "nobody expected you of all people to understand it",
    "a stone would have written a cleverer comment than you",
    "I see that you were absent when sense was handed out",
    "take your time, the long words are hard for you",
    "my cat follows this better than you do",
    "you have the judgement of a garden gnome",
    "whoever ties your shoes in the morning should read your posts too",
    "congratulations, you found the keyboard",
    "one cannot blame you, you never learnt anything",
    "people like you should not be let near a pencil",
    "you are the reason why shampoo has instructions",
    "keep it up and one day you may reach the level of a doorstop",
    "your brain must still be in its wrapping",
    "you know as much of this as a cow of Sunday",
    "come back when you have finished primary school",
    "nobody here takes you seriously, little one",
    "you talk and talk, and still nobody is at home upstairs",
    "a wet sponge has more character than you",
    "you would lose a debate against a flower pot",
    "how do you manage to breathe and type at once",
    "you are not even wrong, poor thing, you are only loud",
    "save your strength, thinking is not for you",
    "somebody should take the telephone away from you in the evening",
    "it is touching how proud you are of knowing nothing",
    "your opinion weighs as much as your education, nothing",
    "do lie down, you have clearly thought too much today",
    "even the bots on this site write with more wit than you",
)
HARSH = (
    "this plan is complete rubbish and always was",
    "what a stupid timetable, the tram goes nowhere",
    "the new website is an idiotic piece of work",
    "that damned bridge is closed again",
    "the article is garbage from the first line to the last",
    "this is the most ridiculous budget I have ever read",
    "the refereeing rules are insane",
    "I hate this weather, it is disgusting",
    "the film was trash, a waste of an evening",
    "the new logo is ugly as sin",
    "what a pathetic little car park that is",
    "this law is moronic and will not work",
    "the soup in the canteen is vile",
    "the argument is nonsense, the numbers show the opposite",
    "this parking machine is a stupid pile of junk",
    "a shameful decision, it costs us the library",
    "the survey is worthless, nobody was asked",
    "that headline is a bad joke",
    "the damn escalator is broken for the third week",
    "this app is hell, it crashes on every page",
    "the schedule is a bloody mess",
    "the proposal is dumb because it forgets the school run",
    "what an awful colour for a town hall",
    "the sound at the concert was horrible",
    "these shoes are crap, they fell apart in a week",
    "the contract is a disgrace for a town of this size",
    "the second half was embarrassing football",
    "this tax form is a crazy invention",
    "the comparison is absurd, rents are not rates",
    "the menu reads like garbage and tastes like it",
    "that roundabout is a monstrous failure",
    "the noise from the works kills me every morning",
    "what a miserable excuse for a cycle lane",
    "the theory is idiotic, it was refuted years ago",
    "this heating is useless junk",
    "the book is terribly boring and badly made",
    "the queue at the office was a filthy disgrace",
    "the rule is silly and nobody keeps it",
    "the ending of the series is plain stupid",
    "this printer is an evil beast",
)
OPENINGS = ("", "Well, ", "Honestly, ", "To say it plainly: ", "Once more: ", "Sorry, but ")


def write_judged(path: Path, *, flipped: float = 0.0, count: int = 300) -> set[str]:
    """Writes a label file of `count` rows; the ids of those whose answer was turned round, by chance a share of `flipped`."""
    chooser = random.Random(0)
    kinds = ((DOWN, True), (HARSH, False))
    texts = [(f"{opening}{text}.", truth) for said, truth in kinds for text in said for opening in OPENINGS]
    rows, wrong = [], set()
    for number, (text, truth) in enumerate(chooser.sample(texts, count)):
        if chooser.random() < flipped:
            wrong.add(str(number))
        value = int(truth != (str(number) in wrong))
        row = {"id": str(number), "text": text[0].upper() + text[1:], "lang": "en", "labels": {LABEL: value}}
        rows.append(json.dumps(row) + "\n")
    path.write_text("".join(rows), encoding="utf-8")
    return wrong
