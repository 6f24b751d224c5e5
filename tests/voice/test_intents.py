"""What the caller wants, one turn at a time."""

import time

import pytest

from voice.conversation.intents import ACTS, find_intent, named_person
from voice.conversation.states import Intent

SAID: dict[Intent, tuple[str, ...]] = {
    Intent.BOOK: (
        "i think my car needs to be looked at can you make an appointment",
        "my check engine light is on and i need to have it looked at",
        "schedule a time for my car to be serviced",
        "my car is making funny noises and i need to schedule maintenance",
        "find me a mechanic to fix my brakes",
        "set up an oil change for me",
        "can you get someone to look at my transmission",
        "my car needs an oil change",
        "i have to get my tires rotated",
        "please book me in for a brake check next tuesday",
        "who can i get to look at my engine",
        "i'd like to bring my truck in for service",
        "can i drop my car off tomorrow morning",
        "do you have any openings on friday",
        "when can you get me in",
        "i need to make an appointment",
        "hi i'd like to schedule service for my honda",
        "could you fit me in this afternoon for an alignment",
        "i want to set up a time to get my car inspected",
        "my oil light came on can i bring it in today",
        "oil change",
        "an oil change and a tire rotation please",
        "I need new tires put on my car",
        "my car is due for its 30,000 mile service",
        "find a shop that can repair my car",
        "need to have my battery replaced",
        "can i come in on saturday",
        "i want my car checked out before a road trip",
        "get my vehicle in for a tune up",
        "make an appointment for my car to be serviced on monday",
        "arrange for my car to have its oil changed",
        "my engine light is on and i want to get it fixed, when are you available",
        "schedule my car for maintenance",
        "i need a mechanic to look at my car",
        "help me get my brakes fixed",
    ),
    Intent.SYMPTOM: (
        "my brakes squeak",
        "it shakes when i go over sixty",
        "there's a funny noise coming from the front",
        "my car won't start",
        "the ac blows warm",
    ),
    Intent.CANCEL: (
        "i need to cancel my appointment",
        "cancel my oil change for tomorrow",
        "i don't need my appointment anymore",
        "i don't want to reschedule i just want to cancel",
    ),
    Intent.RESCHEDULE: (
        "i don't want to cancel, i want to move it",
        "can we move my appointment to thursday",
        "i can't make it to my appointment tomorrow",
        "push my appointment back a week",
        "I'd like to change the time of my appointment",
    ),
    Intent.CHECK: (
        "when is my appointment",
        "what time am i supposed to come in",
        "do i still have an appointment on friday",
        "i'm calling to confirm my appointment",
    ),
    Intent.SERVICE_INQUIRY: (
        "how much is an oil change",
        "what do you charge for an alignment",
        "how long does an oil change take",
        "do you have any coupons for brakes",
        "how much is it",
    ),
    Intent.HOURS_INQUIRY: (
        "are you open on saturday",
        "what time do you close",
        "are you closed on thanksgiving",
        "where are you located",
        "how do i get to your shop",
    ),
    Intent.PERSON: (
        "let me talk to a real person",
        "can i speak with mike",
        "Is Dana there",
        "i want to talk to the manager",
        "representative",
    ),
    Intent.READY: (
        "is my car ready",
        "is it done yet",
        "i dropped my truck off this morning and wanted to check on it",
        "what's the status of my repair",
    ),
    Intent.RECALL: (
        "is there a recall on my honda",
        "i got a letter about an airbag recall",
    ),
    Intent.TOW: (
        "my car is broken down on the highway",
        "can i have it towed to you",
        "can i drop the keys after hours",
    ),
    Intent.RIDE: (
        "do you have loaner cars",
        "can i wait for it",
        "is there a shuttle",
        "can someone give me a ride to work",
    ),
    Intent.LATE: (
        "i'm running ten minutes late",
        "i'm going to be late for my appointment",
    ),
    Intent.APPROVE: (
        "go ahead and do the brakes",
        "i approve the repairs",
    ),
    Intent.DECLINE: ("i don't want to do the recommended work",),
    Intent.WARRANTY: ("is this covered under warranty",),
    Intent.DUE: (
        "what is my car due for",
        "is it time for an oil change",
        "when should i rotate my tires",
        "how often should i change my oil",
        "do i need new brakes",
        "when do my tires need to be replaced",
        "when is my next oil change due",
        "how many more miles until i need an oil change",
        "when should i get new tires",
    ),
    Intent.HISTORY: (
        "when did i last have my tires rotated",
        "what date was my last oil change",
        "when was my car last in the shop",
        "how long has it been since my last service",
        "when was the last time i changed my oil",
        "what month did i get my car serviced",
        "do you know the last time my oil was changed",
    ),
    Intent.CAR_QUESTION: (
        "how do i change my oil",
        "how do you jump a dead battery",
        "what kind of gas does my truck use",
        "should i use premium gas",
        "what's my gas mileage",
        "how many miles to the gallon does my car get",
        "what should my tire pressure be",
        "are my tires low on air",
        "do my tires need air",
        "do my tires need more air in them",
        "what's the psi of my front left tire",
        "tell me the air pressure in my tires",
        "show me how to do an oil change",
        "what are the steps for changing oil",
        "can someone give me a jump start",
        "i need a jump",
        "what octane should i put in my car",
        "walk me through changing my oil",
        "does my car take diesel",
    ),
    Intent.PARTS: (
        "i need to order a part",
        "can i talk to the parts department",
    ),
    Intent.SALES: (
        "i want to buy a new car",
        "what will you give me for my trade in",
    ),
    Intent.BILL: ("i have a question about my bill",),
    Intent.COMPLAINT: (
        "you overcharged me",
        "i want to file a complaint",
        "you guys scratched my car",
    ),
    Intent.STOP_CALLING: (
        "stop calling me",
        "take me off your list",
    ),
    Intent.WAITLIST: (
        "call me if something opens up sooner",
        "can you put me on the waiting list",
    ),
    Intent.MESSAGE: (
        "can i leave a message for dana",
        "have him call me back",
    ),
    Intent.HOLD_ON: (
        "hold on a second",
        "one moment please let me get my calendar",
    ),
    Intent.LANGUAGE: (
        "do you speak spanish",
        "en español por favor",
    ),
    Intent.SLOWER: (
        "can you slow down",
        "you're talking too fast",
    ),
    Intent.LOUDER: (
        "i can't hear you",
        "speak up please",
    ),
    Intent.REPEAT: (
        "could you say that again",
        "i didn't catch that",
        "sorry what",
    ),
    Intent.GREETING: (
        "hi there",
        "good morning",
    ),
    Intent.THANKS: ("thank you so much",),
    Intent.GOODBYE: (
        "bye bye",
        "have a good one",
    ),
    Intent.MAYBE: (
        "i'm not sure",
        "i don't know",
    ),
    Intent.WHO_ARE_YOU: (
        "are you some kind of robot",
        "who am i speaking with",
    ),
    Intent.ABILITIES: ("what can you do",),
    Intent.OTHER: (
        "what's the weather tomorrow",
        "book a flight to denver",
        "i need a table for two at seven",
        "set a timer for ten minutes",
        "is my credit card balance paid",
        "tell me a joke",
        "schedule a meeting with bob at three",
        "how far is it to chicago",
        "how long is the drive to boston",
        "get me an uber to the airport",
        "rent me a car in miami next week",
        "how much gas is left in my tank",
        "is there traffic on the way to work",
        "make me a dentist appointment",
        "when is my electric bill due",
        "has my package shipped",
        "i want to report a stolen credit card",
        "how do i get to the library",
        "cancel my dinner reservation for tonight",
        "what's the capital of france",
        "what's on my calendar for monday",
        "does my insurance cover dental",
        "what is my checking balance",
        "remind me to call mom",
    ),
    Intent.UNKNOWN: (
        "am i free on friday",
        "the sky is blue",
        "my name is peter walker",
        "tuesday at ten",
        "the second one",
        "five five five two one two",
        "yes",
        "no thank you",
        "what about wednesday",
        "it's a honda civic",
        "do you have anything later",
    ),
    Intent.FASTER: ("could you talk a bit quicker",),
    Intent.STOP_TALKING: ("stop talking",),
}
CASES = [(text, intent) for intent, texts in SAID.items() for text in texts]


@pytest.mark.parametrize(("said", "expected"), CASES)
def test_intents_are_understood(said: str, expected: Intent) -> None:
    assert find_intent(said) is expected


def test_every_intent_is_tested() -> None:
    assert set(SAID) == set(Intent)


def test_capitals_and_punctuation_change_nothing() -> None:
    assert find_intent("I'd like to book an appointment.") is find_intent("i'd like to book an appointment")


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("let me speak to Mike", "Mike"),
        ("Can I talk to Mr. Chen please?", "Mr. Chen"),
        ("Is Dana Brooks in?", "Dana Brooks"),
        ("get me Saturday", ""),
        ("give me the Honda people", ""),
        ("do you speak Spanish", ""),
        ("I need an oil change", ""),
    ],
)
def test_the_person_asked_for_is_named(said: str, name: str) -> None:
    assert named_person(said) == name


def test_somebody_to_look_at_the_car_is_no_call_for_a_person() -> None:
    assert find_intent("I need someone to look at my brakes") is Intent.BOOK


@pytest.mark.parametrize("said", ["no thank you", "yes thanks", "no thanks"])
def test_an_answer_with_manners_stays_an_answer(said: str) -> None:
    assert find_intent(said) is Intent.UNKNOWN


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("hi there, I need an oil change", Intent.BOOK),
        ("thanks, and how much is an alignment", Intent.SERVICE_INQUIRY),
        ("good morning, is my truck ready", Intent.READY),
        ("I'm not sure, something is rattling", Intent.SYMPTOM),
    ],
)
def test_an_errand_counts_for_more_than_the_manners_around_it(said: str, expected: Intent) -> None:
    assert find_intent(said) is expected


def test_acts_of_the_talk_are_no_errands() -> None:
    assert Intent.REPEAT in ACTS
    assert not ACTS & {Intent.BOOK, Intent.OTHER, Intent.UNKNOWN, Intent.PERSON}


@pytest.mark.performance
def test_a_turn_is_read_in_well_under_five_milliseconds() -> None:
    texts = [text for text, _ in CASES] * 3
    took = []
    for number, text in enumerate(texts):
        begun = time.perf_counter()
        find_intent(f"{text} {number}, and the second half of a longer sentence that says nothing more")
        took.append(time.perf_counter() - begun)
    assert sorted(took)[len(took) * 95 // 100] < 0.005


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            "Hey, this is Bob Miller, I need to bring my truck in for an oil change sometime next week",
            Intent.BOOK,
        ),
        ("Yeah I wanna see if I can get my state inspection done on Saturday", Intent.BOOK),
        ("No I don't want to talk to a person I just want to book an oil change", Intent.BOOK),
        ("no I already have an appointment I just want to add a tire rotation", Intent.BOOK),
        ("my check engine light came on yesterday and it's shaking at the lights", Intent.SYMPTOM),
        ("What would it cost to get the front brakes done on a 2018 Camry", Intent.SERVICE_INQUIRY),
        ("I got a letter in the mail about a recall for a 2012 Accord", Intent.RECALL),
        ("Can I just wait for it or do I need to drop it off", Intent.RIDE),
        ("I'm gonna be about fifteen minutes late for my eight o'clock", Intent.LATE),
        ("I need to push my Thursday appointment to Friday same time", Intent.RESCHEDULE),
        ("I can't make it tomorrow", Intent.RESCHEDULE),
        ("You know what, go ahead and cancel that for me", Intent.CANCEL),
        ("My car died on the highway and I had it towed to your lot last night", Intent.TOW),
        ("I dropped off a blue Ford Escape this morning, just wondering if it's done", Intent.READY),
        ("how much longer is it going to be", Intent.READY),
        ("Is Mike in the service department there today", Intent.PERSON),
        ("The estimate you sent me, go ahead and do all the work", Intent.APPROVE),
        ("Am I still under warranty, it's a 2022 with thirty thousand miles", Intent.WARRANTY),
        ("Do you have a loaner car I can use while it's in the shop", Intent.RIDE),
        ("could you have someone call me back about my bill", Intent.MESSAGE),
        ("can I come in after my dentist appointment on Tuesday", Intent.BOOK),
        ("I need an oil change before our vacation in June", Intent.BOOK),
        ("What are your hours? I have a flight at noon", Intent.HOURS_INQUIRY),
        ("who do I speak to about buying a used car", Intent.SALES),
        ("I'd like to leave it overnight in the key drop", Intent.TOW),
    ],
)
def test_what_people_say_on_the_telephone_is_understood(said: str, expected: Intent) -> None:
    assert find_intent(said) is expected


@pytest.mark.parametrize(
    "said",
    [
        "make it the 9th of March",
        "book it for 3:15",
        "what about the 12th",
        "do you have anything on the 5th",
    ],
)
def test_an_answer_with_a_date_is_not_taken_for_something_else(said: str) -> None:
    assert find_intent(said) is not Intent.OTHER


@pytest.mark.parametrize(
    "said", ["a" * 20000, "my car " * 3000, "1 " * 9000, "don't want to " * 2000, "é" * 9000]
)
def test_nonsense_of_any_length_is_read_at_once(said: str) -> None:
    begun = time.perf_counter()
    find_intent(said)
    assert time.perf_counter() - begun < 0.1
