"""Cues: each points where it should, stays silent on its everyday twin, and says nothing where people report or rebut."""

import pytest

from analyzer.scoring.cues import Cue, find_cues
from analyzer.taxonomy import load_taxonomy

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
