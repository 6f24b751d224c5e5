"""Yes, no and doubt, with all their hedges."""

import pytest

from voice.conversation.assent import Answer, is_either_way, read_answer
from voice.conversation.choices import is_no, is_unsure, is_yes

YES = """
yes / yeah, that's right / sure, go ahead / sounds good / uh, yes please / that works / perfect / I guess so / I don't see why not / that'll do
no that's right / sure, why not / no, no, that's correct / no problem / no worries / go for it / by all means / you bet / I think so / I suppose so
might as well / okay / all right / that's fine with me / it is / I am / speaking / this is she / uh-huh / mm-hmm / I'd like that / I would / please do
please / why not / of course / for sure / works for me / that would be great / that should work / it does / no, yeah / no, you're right / wait, yes
no wait, yes / I'll take it / let's do that / let's go with that / book it / I can do that / not a problem / I don't mind / sounds like a plan
okay great / great, thanks / yes, but on Friday / well, sure / probably / I believe so / that's me / you got it / most likely / as far as I know
I wouldn't mind / no objection / yep, that's my number / exactly right / okay then / okay, let's do that / yes, that's the one / fair enough / that is true
I'm sure / I'd have to say yes / that's a big yes / I can confirm that / quite right / put me down for that / that is so / good to go
that works great for me / I'm okay with that / it can't hurt / I know that's right / consider it done / your information is correct / agreed
"""
NO = """
no / nope / not really / no, that's wrong / well, no / I'd rather not / yeah no that's wrong / yeah, no / nah / no thank you / I don't think so
not exactly / of course not / absolutely not / I guess not / that won't work / that doesn't work for me / I can't / I'm not / I am not / it's not
it isn't / never mind / forget it / that's wrong / that's not right / that's incorrect / you got that wrong / that's not what I said / I'm good
I'm all set / nothing else / neither / none of those / don't / please don't / yes, wait, no / yes, actually no / okay, no / uh-uh / no way / not today
I'd prefer not to / better not / probably not / I'm afraid not / I don't want that / yes but the name is wrong / no, 212 555 0198 / no, that's okay
count me out / let's not / I'm going to say no / you have the wrong name / that's the wrong number / not necessary / I wouldn't say so
that's too late / it won't work / no wait, that's wrong / I don't like that / no good / actually, no / I must decline / that's a no / it doesn't
"""
UNSURE = """
hmm, not sure / I'm not sure / I don't know / maybe / possibly / it depends / let me think about it / I'd have to check / I'm not really sure / perhaps
yeah, I don't know / no idea / hard to say / yes and no / could be / I might / dunno / let me check my calendar / I need to ask my wife / I can't decide
it's possible / there's a chance / I'll think about it / we'll see / I'm still thinking / don't ask me / that might be true / I need more time
give me a second / it could go either way / I haven't decided
"""
NEITHER = """
hmm / good morning / okay, what about Wednesday / right after work / no later than ten / Tuesday at ten / what / hello? / the second one
okay but can you do later / I need an oil change / no one told me / my car won't start / the engine light is on / right now / my brakes don't work
I don't have my VIN with me / can you repeat that / right front tire is flat / great, what time / Bob Miller / how much is it / it's making a noise
I would like an oil change / I will be late / it is a 2018 Camry / I believe it's a Civic / I have the truck / please say that again / stop it
I don't know why it makes that noise / please check my tires / good question / I know my brakes are bad / that noise is bad / don't talk so fast
"""


def said_in(block: str) -> list[str]:
    return [said.strip() for line in block.strip().splitlines() for said in line.split(" / ")]


@pytest.mark.parametrize("said", said_in(YES))
def test_yes_has_many_forms(said: str) -> None:
    assert is_yes(said)
    assert not is_no(said)
    assert not is_unsure(said)


@pytest.mark.parametrize("said", said_in(NO))
def test_no_has_many_forms(said: str) -> None:
    assert is_no(said)
    assert not is_yes(said)


@pytest.mark.parametrize("said", said_in(UNSURE))
def test_a_doubt_is_neither(said: str) -> None:
    assert is_unsure(said)
    assert not is_yes(said)
    assert not is_no(said)


@pytest.mark.parametrize("said", said_in(NEITHER))
def test_ordinary_sentences_are_no_answer(said: str) -> None:
    assert read_answer(said) is None


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("Yes. Sorry, what?", Answer.YES),
        ("no, I mean yes", Answer.YES),
        ("yes... no, sorry, no", Answer.NO),
        ("YES!", Answer.YES),
        ("I don’t think so", Answer.NO),
        ("", None),
    ],
)
def test_what_was_said_last_counts(said: str, answer: Answer | None) -> None:
    assert read_answer(said) is answer


def test_no_thats_fine_is_left_to_the_question() -> None:
    either = "no, that's fine / No that's okay. / nope, that's good / no, it's fine / no, no, that's all good / no thanks, that's fine"
    for said in said_in(either):
        assert is_either_way(said), said
    plain = "no / no, that's all / no, that's wrong / no, that's not fine / that's fine / no, fine tires would do / no thank you"
    for said in said_in(plain):
        assert not is_either_way(said), said
