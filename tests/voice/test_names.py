"""Names out of free speech: whole, as they were said, and of people only."""

import pytest

from voice.conversation.name_parts import completed, first_and_last
from voice.conversation.names import find_name, is_somebody_else, sounds_like


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Peter Walker", "Peter Walker"),
        ("uh, it's Bob Miller", "Bob Miller"),
        ("yes", ""),
        ("my name is john smith", "John Smith"),
        ("john smith", "John Smith"),
        ("Smith, John", "John Smith"),
        ("smith comma john", "John Smith"),
        ("Maria, Lopez", "Maria Lopez"),
        ("Maria with an h", "Maria"),
        ("Jon without an h", "Jon"),
        ("maria lopez, l o p e s", "Maria Lopes"),
        ("my first name is maria and my last name is lopez", "Maria Lopez"),
        ("first name Maria, last name Lopez", "Maria Lopez"),
        ("last name lopez first name maria", "Maria Lopez"),
        ("o'brien", "O'Brien"),
        ("mary o'brien", "Mary O'Brien"),
        ("ludwig van der berg", "Ludwig van der Berg"),
        ("maria de la cruz", "Maria de la Cruz"),
        ("anna smith-jones", "Anna Smith-Jones"),
        ("Dr. Maria Lopez", "Maria Lopez"),
        ("Martin Luther King Jr.", "Martin Luther King Jr."),
        ("McMahon", "McMahon"),
        ("julie mcmahon", "Julie McMahon"),
        ("Maria Lopez, and I need an oil change", "Maria Lopez"),
        ("maria lopez and my number is 212 555 0143", "Maria Lopez"),
        ("sure, Maria Lopez", "Maria Lopez"),
        ("I said Maria Lopez", "Maria Lopez"),
        ("you can put it under Jones", "Jones"),
        ("Lincoln Davis", "Lincoln Davis"),
        ("Honda Civic", ""),
        ("a Ford Escape", ""),
        ("Tuesday", ""),
        ("in April", ""),
        ("April Jones", "April Jones"),
        ("June", "June"),
        ("I don't know", ""),
        ("why do you need my name", ""),
        ("can you repeat that", ""),
        ("what?", ""),
        ("oil change", ""),
        ("my brakes squeak", ""),
        ("none of your business", ""),
        ("Mercedes", "Mercedes"),
        ("Luis Lopez", "Luis Lopez"),
        ("Maria Lopez sorry Lopes Maria", "Lopes Maria"),
        ("Nguyen, N as in Nancy, G, U, Y, E, N", "Nguyen"),
        ("it's nguyen", "Nguyen"),
        ("no, it's Pedro Diaz", "Pedro Diaz"),
        ("good morning", ""),
        ("Charlie Romeo", "Charlie Romeo"),
        ("thank you", ""),
        ("as soon as possible", ""),
        ("hold on", ""),
        ("Ann Lee", "Ann Lee"),
        ("Susan Nguyen", "Susan Nguyen"),
        ("yes this is Maria Lopez", "Maria Lopez"),
        ("my name is Ana, A N A", "Ana"),
        ("it's John Smith calling", "John Smith"),
        ("the name's Bond, James Bond", "James Bond"),
        ("ten o'clock", ""),
        ("José Álvarez", "José Álvarez"),
        ("hmm purple", ""),
        ("D'Angelo Russell", "D'Angelo Russell"),
        ("Jack, Jack Smith", "Jack Smith"),
        ("Robert, but call me Bob", "Bob"),
        ("it is for my wife, Ana Lopez", "Ana Lopez"),
        ("how about next week", ""),
        ("212 555 0143", ""),
        ("it's J. R. Smith", "J. R. Smith"),
        ("Ed Miller, E D", "Ed Miller"),
        ("Anna K. Weber", "Anna K. Weber"),
        ("anna k weber", "Anna K Weber"),
        ("Mr. Chen", "Mr. Chen"),
        ("mr chen", "Mr. Chen"),
        ("MRS CHEN", "Mrs. Chen"),
        ("Minh Do", "Minh Do"),
        ("Tara T-a-r-a Quinn Q-u-i-n-n", "Tara Quinn"),
        ("Q-u-i-n-n", "Quinn"),
        ("DeShawn Carter", "DeShawn Carter"),
        ("first is Robert, last is Miller", "Robert Miller"),
        ("that'd be Ana Ruiz", "Ana Ruiz"),
        ("T.J. Porter", "T. J. Porter"),
        ("o k", ""),
        ("(anna)", "Anna"),
        ("Petra Forester", "Petra Forester"),
        ("will that work", ""),
        ("Will Smith", "Will Smith"),
    ],
)
def test_an_answer_to_the_question_is_the_whole_name(said: str, expected: str) -> None:
    assert find_name(said, was_asked=True) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("My name is Peter Walker.", "Peter Walker"),
        ("this is Maria", "Maria"),
        ("this is maria", "Maria"),
        ("this is maria lopez calling about my car", "Maria Lopez"),
        ("Peter Walker", ""),
        ("I'm calling about my brakes", ""),
        ("It's a Honda Civic", ""),
        ("it's Honda", ""),
        ("hi this is bob", "Bob"),
        ("this is urgent", ""),
        ("i'm looking for an appointment", ""),
        ("i'm maria", "Maria"),
        ("i'm good", ""),
        ("it's rusty", ""),
        ("this is ridiculous", ""),
        ("Maria Lopez here", "Maria Lopez"),
        ("maria speaking", "Maria"),
        ("Hi, Bob Miller calling", "Bob Miller"),
        ("my name is john smith and i need an oil change", "John Smith"),
        ("my name is john smith honda civic", "John Smith"),
        ("call me Bob", "Bob"),
        ("this is her husband", ""),
        ("this is Mr. Patel", "Mr. Patel"),
        ("it's Tuesday", ""),
        ("I'm in a hurry", ""),
        ("it's Mercedes", ""),
        ("it's mercedes", ""),
        ("hi it's luis", "Luis"),
        ("no, this is Pedro", "Pedro"),
        ("No, this is Pedro Diaz", "Pedro Diaz"),
        ("it's under warranty", ""),
        ("under Lopez", "Lopez"),
        ("is it going to be Friday", ""),
        ("I am Hector", "Hector"),
        ("I'm Jason and I have a 2018 Camry", "Jason"),
        ("my name's sarah connor", "Sarah Connor"),
        ("I need an oil change for my Civic next Tuesday morning", ""),
        ("Yes, this is Mario.", "Mario"),
        ("my car's name is Betsy", ""),
        ("what's your name", ""),
        ("can I get your name", ""),
        ("the model name is Civic", ""),
        ("it's making a noise", ""),
        ("this is about my truck", ""),
        ("this is will", "Will"),
        ("im tom", "Tom"),
        ("it's frank", "Frank"),
        ("I'm on Main Street", ""),
        ("It's a 2018 Toyota Camry", ""),
        ("this is Otto's customer", "Otto"),
        ("we're open", ""),
    ],
)
def test_a_name_that_was_not_asked_for_must_be_introduced(said: str, expected: str) -> None:
    assert find_name(said, was_asked=False) == expected


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Mario", "Maria"), ("Bob", "Robert"), ("Liz", "Elizabeth"), ("Betty", "Elizabeth"), ("Mike", "Michael"), ("Peggy", "Margaret"),
        ("Smyth", "Smith"), ("Tomson", "Thompson"), ("Shmit", "Schmidt"), ("Maier", "Meyer"), ("Shawn", "Sean"), ("Geoff", "Jeff"),
        ("Filips", "Phillips"), ("Right", "Wright"), ("Leigh", "Lee"), ("Lewis", "Luis"), ("Kathryn", "Catherine"), ("Erin", "Aaron"),
        ("Gonzales", "Gonzalez"), ("Maria Lopes", "Maria Lopez"), ("Bob Miller", "Robert Miller"), ("Maria", "Maria Lopez"), ("Mr.", "Maria"),
    ],
)  # fmt: skip
def test_misheard_and_short_forms_are_the_same_person(said: str, name: str) -> None:
    assert sounds_like(said, name)
    assert sounds_like(name, said)


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Pedro", "Maria"),
        ("Mark", "Mary"),
        ("Karen", "Sharon"),
        ("Tim", "Kim"),
        ("Ann Miller", "Bob Miller"),
        ("Dan", "Ann"),
        ("", "Ann"),
    ],
)
def test_other_people_are_other_people(said: str, name: str) -> None:
    assert not sounds_like(said, name)


@pytest.mark.parametrize(
    "said",
    [
        "this is her husband", "I'm calling for my mother", "her husband", "I'm Maria's son", "on behalf of my boss", "she asked me to call",
        "calling for Maria", "no, this is her daughter", "my wife asked me to call", "I'm his assistant", "wrong number", "she's not available",
    ],
)  # fmt: skip
def test_a_relative_or_helper_is_somebody_else(said: str) -> None:
    assert is_somebody_else(said)


@pytest.mark.parametrize(
    "said",
    [
        "my son is in the car", "I'm calling for an oil change", "it's my wife's car", "my husband will drop it off", "this is Maria",
        "I have to pick up my son at three", "it's my daughter's Civic", "can my husband pick it up",
    ],
)  # fmt: skip
def test_relatives_in_a_story_do_not_call(said: str) -> None:
    assert not is_somebody_else(said)


def test_a_title_before_a_single_name_makes_it_the_last() -> None:
    assert [
        first_and_last(name) for name in ("Mr. Wood", "Dr. Lee", "Peter Wood", "Peter", "Mr. Peter Wood")
    ] == [
        ("", "Wood"),
        ("", "Lee"),
        ("Peter", "Wood"),
        ("Peter", ""),
        ("Peter", "Wood"),
    ]
    assert completed("Mr. Wood", "Peter") == "Peter Wood"
    assert completed("Peter", "Wood") == "Peter Wood"
    assert completed("Mr. Wood", "Peter Wood") == "Peter Wood"
    assert completed("Mr. Wood", "Mr. Wood") == "Mr. Wood"
