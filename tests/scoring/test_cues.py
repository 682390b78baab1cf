"""Cues: each points where it should, stays silent on its everyday twin, and says nothing where people report or rebut."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.scoring.cues import Cue, find_cues
from analyzer.taxonomy import load_taxonomy
from analyzer.text import normalise

TAXONOMY = load_taxonomy()


def labels(text: str) -> set[str]:
    return {cue.label.removeprefix("antisemitism.").removeprefix("propaganda.") for cue in find_cues(text, TAXONOMY)}


def antisemitic(text: str) -> list[Cue]:
    return [cue for cue in find_cues(text, TAXONOMY) if cue.label.startswith("antisemitism.")]


SAID = [
    ("The Jews control the media, wake up", "power_control"),
    ("Hollywood is run by the Zionists, everybody can see it", "power_control"),
    ("Die Juden beherrschen die Banken", "power_control"),
    ("Les juifs contrôlent les médias", "power_control"),
    ("Los judíos controlan los bancos", "power_control"),
    ("اليهود يسيطرون على الإعلام", "power_control"),
    ("Евреи контролируют все банки", "power_control"),
    ("The Rothschilds own all the banks and the world", "power_control"),
    ("a zionist octopus with its tentacles everywhere", "power_control"),
    ("those globalists and their synagogue", "power_control"),
    ("the Jews are behind this war as always", "conspiracy_scapegoat"),
    ("white genocide is the work of the jews", "conspiracy_scapegoat"),
    ("read the Protocols of Zion, it is all happening", "conspiracy_scapegoat"),
    ("typical israel firster", "disloyalty_foreign"),
    ("Jews are only loyal to Israel", "disloyalty_foreign"),
    ("Les juifs sont radins", "greed_money"),
    ("greedy jews as usual", "greed_money"),
    ("he jewed me out of ten euros", "greed_money"),
    ("rubbing his hands for the shekels", "greed_money"),
    ("they use the blood for their matzo", "blood_libel"),
    ("jews poisoned the wells back then and now", "blood_libel"),
    ("the jews killed Jesus and laugh", "devil_deicide"),
    ("the khazarian mafia again", "devil_deicide"),
    ("jews are rats", "dehumanisation_racial"),
    ("Juden sind Ungeziefer", "dehumanisation_racial"),
    ("أحفاد القردة والخنازير", "dehumanisation_racial"),
    ("all jews are liars", "deceit_immoral_vengeful"),
    ("the Talmud teaches them to lie to gentiles", "deceit_immoral_vengeful"),
    ("the holohoax never adds up", "holocaust_denial_distortion"),
    ("the holocaust never happened", "holocaust_denial_distortion"),
    ("there were no gas chambers", "holocaust_denial_distortion"),
    ("Der Holocaust ist eine Lüge", "holocaust_denial_distortion"),
    ("stop milking the holocaust", "guilt_reversal_instrumentalisation"),
    ("the Jews of all people should know better", "guilt_reversal_instrumentalisation"),
    ("hitler was right", "nazi_affirmation_mockery"),
    ("Hitler should have finished the job", "nazi_affirmation_mockery"),
    ("heil brothers 88", "nazi_affirmation_mockery"),
    ("jews in the oven lol", "nazi_affirmation_mockery"),
    ("zionazis everywhere", "nazi_comparison"),
    ("Israelis are the new Nazis", "nazi_comparison"),
    ("jews kicked out of 109 countries, ask why", "collective_blame"),
    ("you jews are bombing Gaza", "collective_blame"),
    ("playing the antisemitism card again", "privilege_silencing"),
    ("you cannot criticise the jews in this country", "privilege_silencing"),
    ("Israel must be wiped off the map", "deny_right_to_exist"),
    ("Israhell at it again", "israel_demonisation"),
    ("filthy jews", "slur_insult_exclusion"),
    ("Juden raus", "slur_insult_exclusion"),
    ("no jews allowed here", "slur_insult_exclusion"),
    ("gas the jews", "threat_violence_death_wish"),
    ("someone should burn that synagogue", "threat_violence_death_wish"),
    ("the synagogue shooter is a hero", "threat_violence_death_wish"),
    ("Mort aux juifs", "threat_violence_death_wish"),
    ("خيبر خيبر يا يهود", "threat_violence_death_wish"),
    ("who owns this paper? (((they))) do", "coded"),
    ("the juice control the banks", "coded"),
    ("goyim know, shut it down", "coded"),
]

TWINS = [
    ("My grandmother turned 88 last week", "an age"),
    ("88 minutes, 88 euros, page 88", "minutes, prices and pages"),
    ("Born in 1988, jersey number 88, Jews and Christians both came", "a jersey beside a group name"),
    ("It took 109 days and 110 volunteers", "days"),
    ("Call 110, the Jewish hospital is on fire", "an emergency call"),
    ("Our airline flies to 109 countries", "an airline"),
    ("globalists and protectionists argue about tariffs", "trade policy"),
    ("(((hugs))) to you all", "a hug"),
    ("((( hug )))", "a hug with spaces"),
    ("f(((x + 1) * 2))", "brackets in a formula"),
    ("Grilled octopus with lemon, best on the coast", "a dish"),
    ("Edmond de Rothschild wins award for its wine estate", "a wine"),
    ("Rothschild & Co advises on the merger of two banks", "a merger"),
    ("George Soros turned 95 on Tuesday", "a birthday"),
    ("Israel Adesanya won by decision", "a given name of a fighter"),
    ("Kiké Hernández hit a home run for the Dodgers", "a given name of a player"),
    ("Yid army! Come on you Spurs", "a football chant"),
    ("The exchange rate of the shekel fell", "a currency"),
    ("orange juice for breakfast", "a drink"),
    ("jq is a great tool to query JSON", "a program"),
    ("Check the early life section of his biography for the school", "a biography"),
    ("preheat the oven to 200 degrees", "a kitchen"),
    ("The Jewish bakery has a new oven lol", "a bakery"),
    ("I wake up at six", "a morning"),
    ("King Zog of Albania", "a king"),
    ("small hats for babies, knitted", "knitting"),
    ("Put the puppets away, the show is over", "a puppet show"),
    ("Jewish students run the school newspaper", "a school newspaper"),
    ("Hitler was right wing, not left wing", "a direction"),
    ("The holocaust must never happen again", "a vow"),
    ("жидкий азот", "liquid nitrogen"),
    ("Jews and Muslims came out to help after the flood", "neighbours"),
    ("The jewellery run by her sister", "jewellery"),
]

FAMILIES = [
    ("N1", "The Israeli government must stop building settlements"),
    ("N1", "Netanyahu's war is a disgrace and the army commits crimes"),
    ("N1", "Boycott products from the settlements until the law changes"),
    ("N1", "The court should investigate whether Israel committed war crimes"),
    ("N2", "Police said a man shouted 'gas the Jews' at two women on the tram"),
    ("N2", "The leaflet claimed that the Jews control the media"),
    ("N2", "He was convicted for writing that the Holocaust never happened"),
    ("N2", "Vandals sprayed 'Juden raus' on the wall of the school"),
    ("N3", "No, Jews do not control the banks"),
    ("N3", "The idea that Jews control the media is an old lie"),
    ("N3", "Saying that Jews are rats is disgusting and antisemitic"),
    ("N3", "It is a myth that the Jews poisoned the wells"),
    ("N3", "Dass Juden die Banken beherrschen, ist eine Verschwörungstheorie"),
    ("N4", "In 1942 the Nazis murdered the Jews of the town in gas chambers"),
    ("N4", "The museum shows how Jews were killed at Auschwitz"),
    ("N4", "Six million Jews were murdered in the Holocaust"),
    ("N4", "The Nazis planned to kill all the Jews of Europe"),
    ("N4", "Hitler wanted to exterminate the Jews"),
    ("N5", "As a Jew I can say we Jews are stingy with compliments"),
    ("N5", "Oy vey, my bubbe would say the same"),
    ("N5", "Hear, O Israel: the Lord our God, the Lord is one"),
    ("N5", "And Pharaoh would not let Israel go"),
    ("N6", "the elites in Brussels and the bankers got their bonus"),
    ("N6", "What a coincidence, I was in the same shop"),
    ("N6", "Follow the money in this building scandal"),
    ("N7", "Israel Fernández plays the guitar in Seville"),
    ("N7", "Mr Goldberg owns a media firm and a bank in Ohio"),
    ("N7", "Soros Fund Management sold its shares"),
    ("N8", "The lobbyists control the government"),
    ("N8", "Big pharma is behind the pandemic"),
    ("N8", "The new world order will come and the media hide it"),
    ("N9", "Many Jewish students march for Palestine and against Zionism"),
    ("N9", "From the river to the sea, everyone should vote"),
    ("N9", "I am an anti-Zionist and I want one state with equal rights"),
]


@pytest.mark.parametrize(("text", "label"), SAID, ids=[f"{label}: {text[:40]}" for text, label in SAID])
def test_a_trope_that_is_asserted_is_pointed_at(text, label):
    assert label in labels(text)


@pytest.mark.parametrize("text", [text for text, _ in TWINS], ids=[name for _, name in TWINS])
def test_everyday_twins_stay_silent(text):
    assert antisemitic(text) == []


@pytest.mark.parametrize(("family", "text"), FAMILIES, ids=[f"{family}: {text[:40]}" for family, text in FAMILIES])
def test_the_nine_families_that_must_not_be_flagged_stay_silent(family, text):
    assert antisemitic(text) == []


TECHNIQUES = [
    ("It is what it is, end of story", "conversation_killer"),
    ("Wake up people", "conversation_killer"),
    ("Wacht auf, es ist halt so", "conversation_killer"),
    ("And where were you when the last government did it?", "whataboutism"),
    ("Everybody knows the bridge is unsafe", "bandwagon"),
    ("Tout le monde sait cela", "bandwagon"),
    ("Studies show that it works", "appeal_to_authority"),
    ("As a nurse I know it is harmless", "appeal_to_authority"),
    ("If you're not with us you are against us", "false_dilemma"),
    ("No hay alternativa", "false_dilemma"),
    ("Where does it end?", "slippery_slope"),
    ("So you're saying we should close every school", "straw_man"),
    ("Why are we even discussing this", "red_herring"),
    ("our grandparents managed without it", "appeal_to_tradition_nature"),
    ("a flood of migrants", "appeal_to_fear"),
    ("traitors to our nation", "flag_waving"),
    ("think of the children", "appeal_to_values_emotion"),
    ("he is just like Hitler", "ad_hominem_smear"),
    ("the so-called experts", "doubt"),
    ("the sheeple will vote for it", "name_calling"),
    ("nothing but lies", "exaggeration_minimisation"),
    ("what a travesty", "loaded_language"),
    ("he is to blame for everything", "causal_oversimplification"),
    ("they are all the same", "hasty_generalisation"),
    ("Drain the swamp!", "slogans"),
    ("They don't want you to know", "conspiracy"),
    ("I will kill you", "abuse.threat"),
    ("Ich bringe dich um", "abuse.threat"),
    ("They should be shot, all of them", "abuse.threat"),
    ("That's antisemitic, please stop spreading hate", "stance.counter_speech"),
    ("He shouted that at me on the tram", "stance.reports_or_quotes"),
]

ORDINARY = [
    ("What about the 17:40 train, does it run on Sundays?", "a question that begins with what about"),
    ("I wake up before my alarm every day", "a morning"),
    ("Where does the trail end?", "a trail"),
    ("Nice slippery slope there, friend", "naming a technique"),
    ("The only way to reach the island is the ferry", "a ferry"),
    ("I'll kill you at chess tonight", "a game"),
    ("Police said the suspect threatened: I will kill you", "a report of a threat"),
    ("She died of cancer, I hope you rest", "a condolence"),
    ("The recipe is typical of the region", "a recipe"),
    ("Trains were late again, the platform was full", "a complaint"),
]


@pytest.mark.parametrize(("text", "label"), TECHNIQUES, ids=[f"{label}: {text[:40]}" for text, label in TECHNIQUES])
def test_techniques_threats_and_stances_are_pointed_at(text, label):
    assert label in labels(text)


@pytest.mark.parametrize("text", [text for text, _ in ORDINARY], ids=[name for _, name in ORDINARY])
def test_ordinary_comments_stay_silent(text):
    assert [cue for cue in find_cues(text, TAXONOMY) if not cue.label.startswith("stance.")] == []


def test_a_cue_says_where_and_why():
    text = "Ugh. The Jews control the media 🙄"
    (cue,) = find_cues(text, TAXONOMY)
    assert text[cue.start : cue.end] == cue.cue == "Jews control the media"
    assert cue.label == "antisemitism.power_control"
    assert "control" in cue.why
    assert not cue.coded


def test_respelling_is_undone_first_and_the_cue_leads_back_to_the_raw_text():
    raw = "th3 J3ws c0ntrol the m3dia"
    plain = normalise(raw)
    (cue,) = find_cues(plain.text, TAXONOMY)
    start, end = plain.to_raw(cue.start, cue.end)
    assert raw[start:end] == "J3ws c0ntrol the m3dia"


def test_a_code_word_is_marked_as_such():
    (cue,) = antisemitic("heil brothers 88")
    assert (cue.cue, cue.coded) == ("88", True)


def test_a_code_word_without_its_second_cue_says_nothing():
    assert antisemitic("hello brothers, it is 88 outside") == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("The Jews do not control the media", id="negation inside the phrase"),
        pytest.param('He wrote "the Jews control the media" again', id="straight quotation marks"),
        pytest.param("So „Juden raus“ steht da", id="German quotation marks"),
        pytest.param("On lit « Mort aux juifs » ici", id="French quotation marks"),
        pytest.param("It’s the old “Jews control the media” line", id="curly quotation marks after an apostrophe"),
        pytest.param("the word 'zionazi' is banned here", id="a single word in single marks"),
        pytest.param("Claiming that Jews control the media is an old trope", id="the name of the prejudice"),
    ],
)
def test_denied_quoted_and_refuted_claims_stay_silent(text):
    assert antisemitic(text) == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('"Good article" but the Jews control the media', id="after a quotation that has ended"),
        pytest.param("„Gut“, aber die Juden beherrschen die Banken, „klar“", id="between two German quotations"),
        pytest.param('His 5" screen. The Jews control the media', id="a mark that never closes"),
        pytest.param("Not only that, the Jews control the media", id="a negation outside the phrase"),
    ],
)
def test_marks_and_negations_elsewhere_hide_nothing(text):
    assert antisemitic(text) != []


def test_a_longer_cue_swallows_shorter_ones_of_the_same_label():
    cues = antisemitic("the Jews control the media and the banks and the world")
    assert [cue.label for cue in cues] == ["antisemitism.power_control"]


def test_cues_come_in_reading_order():
    cues = find_cues("Hitler was right. gas the jews. It is what it is.", TAXONOMY)
    assert [cue.start for cue in cues] == sorted(cue.start for cue in cues)
    assert len({cue.label for cue in cues}) == 3


@given(st.text(max_size=300))
def test_any_text_gives_cues_that_lie_in_it(text):
    for cue in find_cues(text, TAXONOMY):
        assert 0 <= cue.start < cue.end <= len(text)
        assert text[cue.start : cue.end] == cue.cue
        assert cue.label in TAXONOMY


@given(
    st.lists(st.sampled_from(["jews", "control", "the", "88", "(((", ")))", "not", "media", '"', ".", "heil", "banks"]))
)
def test_words_of_the_patterns_in_any_order_give_cues_that_lie_in_the_text(words):
    text = " ".join(words)
    assert all(text[cue.start : cue.end] == cue.cue for cue in find_cues(text, TAXONOMY))


@pytest.mark.parametrize(
    "piece",
    ["jews ", "jews control ", "((( a ", "88 ", "a", "they are all ", '"', "kill the ", "é\u0301", "\u202e", "- ' "],
)
def test_a_hostile_text_is_searched_in_time(piece):
    find_cues("warm up: jews control 88 media", TAXONOMY)
    text = piece * (60_000 // len(piece))
    start = time.perf_counter()
    find_cues(text, TAXONOMY)
    assert time.perf_counter() - start < 5
