"""What a model may write, and how it is said."""

import inspect
import re
from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.conversation import phrases, saying
from voice.conversation.clauses import split
from voice.conversation.spoken_form import spoken_form
from voice.conversation.states import Booked

TODAY = date(2026, 11, 21)
LONGEST = 12  # words for one character: "7" behind a dollar sign


def said(text: str) -> str:
    return spoken_form(text, today=TODAY)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("2026-12-01", "Tuesday, December first"),
        ("On 12/01/2026 we can.", "On Tuesday, December first we can."),
        ("12/1/26 works", "Tuesday, December first works"),
        ("12-01-2026", "Tuesday, December first"),
        ("How about 12/1?", "How about December first?"),
        ("How about Tuesday, 12/1?", "How about Tuesday, December first?"),
        ("Tue 12/1 or Wed. 12/2", "Tuesday, December first or Wednesday, December second"),
        ("Tuesday (2026-12-01)", "Tuesday (December first)"),
        ("Tomorrow, 2026-11-22, at ten", "Tomorrow, November twenty-second, at ten"),
        ("Dec. 1, 2026", "Tuesday, December first"),
        ("Tuesday, November 24th at 9:30 AM", "Tuesday, November twenty-fourth at nine thirty AM"),
        ("May 5 or May 12th", "May 5 or May twelfth"),
        ("on May 5", "on May fifth"),
        ("the 24th or the 31st", "the twenty-fourth or the thirty-first"),
        ("Your last visit was 2024-03-05.", "Your last visit was March fifth, twenty twenty-four."),
        ("2026-12-01T14:00", "Tuesday, December first at two PM"),
        ("2026-12-01T14:00:00-05:00", "Tuesday, December first at two PM"),
        ("2026-13-45", "2026-13-45"),
        ("It is due by 3/4.", "It is due by March fourth."),
        ("Mon-Fri, 8 AM-5 PM", "Monday through Friday, eight AM to five PM"),
        ("Mon–Sat", "Monday through Saturday"),
        ("We're open Mon - Fri.", "We're open Monday through Friday."),
        ("Tuesday, 3/4", "Tuesday, March fourth"),
    ],
)  # fmt: skip
def test_a_day_is_said_with_its_weekday_where_that_is_certain(written: str, words: str) -> None:
    assert said(written) == words


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("10:30 AM", "ten thirty AM"),
        ("at 10:30am or 2pm", "at ten thirty AM or two PM"),
        ("Come at 10:30 a.m.", "Come at ten thirty AM."),
        ("Come at 10:30 a.m. or later.", "Come at ten thirty AM or later."),
        ("We open at 7 a.m., not before.", "We open at seven AM, not before."),
        ("14:00", "two PM"),
        ("09:05", "nine oh five AM"),
        ("at 9:00", "at nine o'clock"),
        ("at 10:30?", "at ten thirty?"),
        ("12:00 PM", "noon"),
        ("12:15 PM", "twelve fifteen PM"),
        ("12 AM", "midnight"),
        ("0:30", "twelve thirty AM"),
        ("10-11 am", "ten to eleven AM"),
        ("10–11:30 a.m.", "ten to eleven thirty AM."),
        ("from 8:00–17:00", "from eight o'clock to five PM"),
        ("between 9 AM - 2:15 PM", "between nine AM to two fifteen PM"),
        ("ten a.m. sharp", "ten AM sharp"),
    ],
)  # fmt: skip
def test_a_time_is_said(written: str, words: str) -> None:
    assert said(written) == words


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("$49.95", "forty-nine dollars and ninety-five cents"),
        ("It's $1,200.", "It's one thousand two hundred dollars."),
        ("$1", "one dollar"),
        ("$0.99", "ninety-nine cents"),
        ("$1.01", "one dollar and one cent"),
        ("$.50", "fifty cents"),
        ("$0", "zero dollars"),
        ("$80.00", "eighty dollars"),
        ("$49–$89", "forty-nine to eighty-nine dollars"),
        ("$49-89", "forty-nine to eighty-nine dollars"),
        ("from $80 to $130.", "from eighty to one hundred thirty dollars."),
        ("$79.95 - $129.50", "seventy-nine dollars and ninety-five cents to one hundred twenty-nine dollars and fifty cents"),
        ("a $20 coupon", "a twenty dollar coupon"),
        ("$150/hr", "one hundred fifty dollars an hour"),
        ("$20-off coupon", "twenty dollars off coupon"),
        ("$1.2 million", "one point two million dollars"),
        ("€20 or £1.50", "twenty euros or one pound and fifty pence"),
        ("15% off", "15 percent off"),
        ("10-15%", "10 to 15 percent"),
    ],
)  # fmt: skip
def test_money_is_said(written: str, words: str) -> None:
    assert said(written) == words


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("(212) 555-0143", "two one two, five five five, zero one four three"),
        ("Is +12125550143 right?", "Is two one two, five five five, zero one four three right?"),
        ("212.555.0143 or 212-555-0143", "two one two, five five five, zero one four three or two one two, five five five, zero one four three"),
        ("1-800-555-0199", "eight zero zero, five five five, zero one nine nine"),
        ("call 2125550143.", "call two one two, five five five, zero one four three."),
        ("call 555-0143 ext. 12", "call five five five, zero one four three extension 12"),
        ("+44 20 7946 0958", "four four, two zero, seven nine four six, zero nine five eight"),
        ("plate 8ABC123", "plate eight, A B C, one two three"),
        ("your plate number is ABC-1234.", "your plate number is A B C, one two three four."),
        ("license plate: KLM 482", "license plate: K L M, four eight two"),
        ("the blue one, ABC1234", "the blue one, A B C, one two three four"),
        ("1HGCM82633A004352", "one H G, C M eight two six, three three A, zero zero four, three five two"),
        ("VIN ending in 4352", "VIN ending in four three five two"),
        ("Your confirmation number is 482134.", "Your confirmation number is four eight two, one three four."),
        ("confirmation #K7Q2X", "confirmation K, seven, Q, two, X"),
        ("482134.", "four eight two, one three four."),
        ("Otto, 12 Main St., New York, NY 10001", "Otto, 12 Main Street, New York, NY one zero zero zero one"),
    ],
)  # fmt: skip
def test_numbers_and_codes_are_spelled(written: str, words: str) -> None:
    assert said(written) == words


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("every 5,000 mi", "every 5,000 miles"),
        ("5,000 mi. or 6 months", "5,000 miles or 6 months"),
        ("60k miles", "60 thousand miles"),
        ("30 mins", "30 minutes"),
        ("3-4 hours", "3 to 4 hours"),
        ("a 20–30 minute wait", "a 20 to 30 minute wait"),
        ("2015–2018", "2015 to 2018"),
        ("1/2", "one half"),
        ("1/2 hour", "one half hour"),
        ("5 1/2 quarts", "five and a half quarts"),
        ("3/4 of a tank", "three quarters of a tank"),
        ("about 2½ hours", "about two and a half hours"),
        ("It's full, 5/8 worn", "It's full, five eighths worn"),
        ("4/32 of an inch", "four thirty-seconds of an inch"),
        ("open 24/7", "open twenty-four seven"),
        ("Dr. Smith", "Doctor Smith"),
        ("see Dr. Lee at 12 Oak Dr. in town", "see Doctor Lee at 12 Oak Drive in town"),
        ("Ms. Lee on Main St.", "Ms. Lee on Main Street."),
        ("parts & labor", "parts and labor"),
        ("AT&T", "AT and T"),
        ("~30 minutes", "about 30 minutes"),
        ("5+ years", "5 plus years"),
        ("lights, e.g. the left one", "lights, for example the left one"),
        ("bay #4", "bay number 4"),
        ("w/ tax", "with tax"),
        ("72°F", "72 degrees"),
        ("service@ottos.com", "service at ottos dot com"),
        ("https://www.ottos-auto.com/book", "ottos dash auto dot com slash book"),
    ],
)  # fmt: skip
def test_units_signs_and_short_forms_are_said(written: str, words: str) -> None:
    assert said(written) == words


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("**Oil change:** $49.95", "Oil change: forty-nine dollars and ninety-five cents"),
        ("- an oil change", "an oil change"),
        ("* an *oil* change", "an oil change"),
        ("• an oil change", "an oil change"),
        ("1. Tuesday at ten", "Tuesday at ten"),
        ("## Your visit", "Your visit"),
        ("_really_ `soon`", "really soon"),
        ("[Book here](https://ottos.com/book?x=1)", "Book here"),
        ("Great! 😊 See you 🚗💨", "Great! See you"),
        ("👍🏽", ""),
        ("Done ✅.", "Done."),
        ("| Oil | $49 |", "Oil forty-nine dollars"),
        ("***", ""),
        ("yes<br>please", "yes please"),
    ],
)  # fmt: skip
def test_what_has_no_sound_is_taken_away(written: str, words: str) -> None:
    assert said(written) == words


@pytest.mark.parametrize(
    "words",
    [
        "We may have a second one in March.",
        "Your Mazda 3 and your 2015 Civic, an F-150 or a RAV4.",
        "It takes 5W-20 or 0W-20 oil.",
        "There is a 30 minute wait, or a 30-minute wait.",
        "The 60,000 mile service, the 30,000-mile one.",
        "Tires are 225/60R16, or P225/60R16.",
        "I have 4 openings for your 2 cars.",
        "In 2026 we sat in the sun.",
        "Is it code 5, or order 12?",
        "There is a tag 2015 Honda, and a policy 2024 change.",
        "GLE350, CX-50, 4WD, V6, Model 3, R134a.",
        "It's the driver's side, isn't it?",
        "It holds 5.5 quarts.",
        "Mr Lee's first, second and third car.",
        "José's Citroën, please.",
        "Well - I am not sure; are you?",
        'He said "no" (twice).',
        "Press 0 for a person.",
    ],
)
def test_ordinary_words_stay(words: str) -> None:
    assert said(words) == words


def test_the_desks_own_words_sound_the_same() -> None:
    """A mind repeats what a tool told it: only figures become words, nothing else changes."""
    local = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)

    assert said(saying.say_moment(local)) == "Tuesday, December first at nine thirty AM"
    assert said(saying.say_time(time(12))) == "noon"
    assert said(phrases.written(Booked(confirmation_number="482134", local=local))).startswith(
        "You're booked for Tuesday, December first at"
    )
    sentences = [value for _, value in inspect.getmembers(phrases) if isinstance(value, str) and " " in value]
    unfigured = [text for text in sentences if not re.search(r"\d", text) and text != phrases.__doc__]
    assert [text for text in unfigured if said(text) != text] == []


# --- whatever a model may write -----------------------------------------------------------

PIECES = [
    "$", "49.95", "12/1", "2026-12-01", "10:30", " AM", "a.m.", "-", "–", "/", "1/2", "%", "&", "*", "**", "#",
    "(212) 555-0143", "+1", "ABC1234", "plate ", "Dr. ", "St.", "[a](b)", "mi", "May 5", "th", "Tue ", "@", ".com",
    "😊", "°", "+", "~", "1. ", "- ", "\n", "_", "<b>", "7", ",", ".", "k", "½", "é", "٣", "²", "€",
]  # fmt: skip
WRITTEN = st.one_of(
    st.text(max_size=60),
    st.text(alphabet=st.sampled_from("0123456789/-:.$%,() ampAMP#*+°&"), max_size=40),
    st.lists(st.sampled_from([*PIECES, " ", " ", "car"]), max_size=12).map("".join),
)


@given(WRITTEN)
def test_anything_can_be_said_and_is_said_but_once(text: str) -> None:
    words = said(text)

    assert said(words) == words
    assert len(words) <= LONGEST * len(text)
    assert not re.search(r"[*#^|<>{}\[\]\\`~_=@&°]", words)


@given(
    st.text(
        alphabet=st.sampled_from("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZéñ ,?!'"), max_size=80
    )
)
def test_text_without_figures_and_signs_stays(text: str) -> None:
    assert said(text) == text


@given(st.dates(date(2000, 1, 1), date(2040, 12, 31)))
def test_every_day_is_said_without_figures(day: date) -> None:
    for written in (f"{day:%Y-%m-%d}", f"{day:%m/%d/%Y}", f"{day:%B} {day.day}, {day.year}"):
        words = said(f"on {written}")

        assert f"{day:%B}" in words and not re.search(r"\d", words)
        assert (f"{day:%A}" in words) == (abs((day - TODAY).days) <= 300)


@given(st.times())
def test_every_time_is_said_without_figures(moment: time) -> None:
    for written in (f"{moment:%H:%M}", f"{moment:%I:%M %p}", f"{moment.hour}:{moment.minute:02}"):
        assert not re.search(r"\d", said(f"at {written}"))


@given(st.decimals(0, 99_999, places=2))
def test_every_price_is_said_without_figures(price: object) -> None:
    assert not re.search(r"[\d$]", said(f"It is ${price}, or ${price:,} with tax."))


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (
            "Sure! On Dr. Smith's car it's $49.95 at 10:30 a.m. Tuesday, 12/1. Is (212) 555-0143 right?",
            "Sure! On Doctor Smith's car it's forty-nine dollars and ninety-five cents at ten thirty AM "
            "Tuesday, December first. Is two one two, five five five, zero one four three right?",
        ),
    ],
)
def test_a_stream_is_said_clause_by_clause(written: str, words: str) -> None:
    assert " ".join(filter(None, map(said, split(written)))) == words
