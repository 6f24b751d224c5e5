"""Yes, no, and neither: how people agree, refuse, hedge and take back. Pure.

Rules:
- The beginning counts: "yes, but on Friday" is a yes, and what follows it is read elsewhere.
- "Yeah, no" is a no, "no, yeah" a yes, and "no, that's right" agrees with what was read back. "No, that's
  fine" is a no only by itself: is_either_way() has the question decide.
- What is taken back with "wait", "actually" or "sorry" counts as it was said last.
- A doubt ("I'm not sure", "maybe") is neither, whatever it begins with; "I guess so" is a yes.
- "Okay" in front of a question or a "but" only says that the caller heard.

The lists hold one way of saying it a line, as a pattern; END stands for the end of the clause.
"""

import re
from enum import Enum, auto
from functools import lru_cache

LONG = 10  # words: a story of that length that ends in "is wrong" is no answer


class Answer(Enum):
    YES = auto()
    NO = auto()
    UNSURE = auto()


def _lines(patterns: str) -> str:
    alternatives = [line.strip() for line in patterns.strip().splitlines()]
    return "(?:" + "|".join(alternatives).replace("END", r"(?=$|[,.!])") + ")"


_TAKEN_BACK = re.compile(
    r"\b(?:oh |hold on,? |hang on,? )?"
    r"(?:wait(?: a (?:minute|second))?|actually|sorry|scratch that|i meant?|let me rephrase|on second thoughts?)\b[\s,.!-]*"
)
# What stands in front of an answer and is none.
_OPENING = re.compile(
    r"^(?:"
    + _lines(r"""
        u+m+|u+h+(?![- ]?h)|a+h+|e+r+m?|oh+|oo+h|hm+|huh
        well|so|hey|look|listen|you know|like|and|but|let's see|honestly|actually|basically
        god|gosh|gee|man|hell|heck|hi|hello|thanks|thank you|sorry
        i mean|i meant?|i (?:already )?(?:said|told you)|(?:i am|i'm) saying|i'm telling you|i (?:have|want) to say|i want you to know
        i(?:'d| would|'ll| will|'m going to| am going to|'m gonna) (?:have to )?say|(?:let's|i(?:'ll| will| would|'d)) go with(?= (?:an? )?(?:yes|no)\b)|my answer is|the answer is
        (?:it's|that's|thats|that is|that'd be|that would be|that's going to be) an? (?=(?:big |hard |firm |definite |resounding |solid )*(?:yes|no|negative|affirm))
    """)
    + r"\b[\s,.!-]*)+"
)

# --- doubts -------------------------------------------------------------------------------

_DOUBT = re.compile(
    _lines(r"""
        \b(?:not|never) (?:\w+ )?(?:sure|certain|positive|convinced)\b(?! why| how| what)
        \b(?:don't|do not|dont|didn't|wouldn't|couldn't) (?:really |even |quite |actually )?know\b(?! why| how| what| where| him| her| them)
        \b(?:idk|dunno|no (?:idea|clue)|beats me|search me|who knows|(?:your|anyone's|anybody's) guess|i wonder|i (?:forgot|forget))\b
        \b(?:don't|do not|haven't|have not|have no|don't really) (?:have |got )?(?:any |a |an |the |that )?(?:idea|clue|answer|information|opinion|way of knowing)\b
        \bi (?:can't|cannot|couldn't|could not) (?:really |quite |honestly )?(?:say|tell|decide|answer|remember|recall|be sure|make up my mind|give you an? \w+)\b(?! yes| no\b| that)
        ^(?:can't|couldn't|cannot) (?:really )?(?:say|tell|decide|be sure)\b
        \b(?:hard|difficult) to (?:say|tell)\b
        \b(?:it|that) (?:all )?depends\b|^depends\b|\byes and no\b|neither yes nor no
        \blet me (?:check|think|ask|look|see if|get back|call you back)\b
        \b(?:have|need|want|ought) to (?:think\b|ask (?:my|him|her|them)|look at my (?:calendar|schedule)|(?:talk|speak) (?:to|with) my)
        \b(?:have|need|want|ought) to check(?=$|[,.]| (?:with|first|on that|my (?:calendar|schedule|diary))\b)
        \b(?:give|gimme) (?:me )?a (?:second|minute|moment|sec)\b
        \b(?:i'm|i am) (?:undecided|unsure|uncertain|torn|on the fence|clueless)|^(?:unsure|undecided|uncertain)\b
        \b(?:haven't|have not) (?:decided|made up my mind)|\bfifty[ -]fifty\b|could go either way|either way\b
        \b(?:we(?:'ll| will) see|remains to be seen|time will tell|no way (?:of|to) (?:know|tell)\w*)
        \b(?:possibly|perhaps|maybe|mayb|perchance)\b
        (?<!if )\b(?:i|we) (?:might|may)\b(?! as well| ask)
        \b(?:it|that|this|he|she|they) (?:might|may|could)(?: (?:or might not|be|have|happen))*END
        \b(?:both|either)(?: of them| one)? (?:could|may|might) be\b|\bcould be (?:either|possible|anything|true|right|both)\b|^could be$
        ^(?:sort|kind) of$|^kinda$|^potentially\b|\b(?:uncertain|up in the air|a toss[- ]?up|50[ -]50|don't ask me)\b
        \b(?:it's|that's|it is|that is|anything is|both are|either is) (?:\w+ )?(?:possible|conceivable)END
        \bthere(?:'s| is) (?:always )?a (?:chance|possibility)\b|^might be\b|^might$|\b(?:it|that|this) (?:might|may|could) be (?:true|right|so|correct|it)END
        ^who(?:'s| is) to say|\bi(?:'ll| will) (?:have to )?(?:think|sleep) (?:about|on|it over)|\bi(?:'m| am) still (?:thinking|deciding)|\bi need (?:more time|some time|to think)|\bcould be .* could be\b
        \bi (?:don't|do not|can't|cannot) (?:really |quite )?(?:remember|recall|answer that|say for sure)\b|\b(?:haven't|have not) thought about (?:it|that)|^let me see$|\bi suppose it'?s possible
        \bnot (?:100|a hundred|one hundred) percent (?:sure|certain)|^what do you think
    """)
)
_NO_DOUBT = re.compile(
    r"\b(?:(?:see|know|any reasons?) why not|why not|maybe not|possibly not|might as well)\b"
)

# --- agreement that sounds like a refusal -------------------------------------------------

_YES_AFTER_ALL = re.compile(
    r"^(?:(?:no|nope|nah)[\s,.]+)*"
    + _lines(r"""
        no (?:problem|problemo|worries|objections?|complaints?|issues?|question|doubt|trouble)\b
        (?:it's |that's )?not (?:a|any) (?:\w+ )?(?:problem|issue|bad)|(?:it's |that's )?not bad\b|not (?:at all )?(?:opposed|against)
        (?:i |we )?(?:don't|do not|can't|cannot|couldn't|wouldn't) (?:see|know|think of|imagine) (?:\w+ ){0,2}(?:why not|reason not|problem|issue)
        (?:i |we )?(?:don't|wouldn't|do not) mind\b
        (?:i |we )?(?:have |got )?nothing (?:wrong|against)
        (?:you're|you are|it's|it is|that's|that is) (?:not|never) wrong
        (?:i |we )?(?:can't|cannot|couldn't) (?:disagree|argue|complain|deny)|could(?:n't| not) agree more
        why not|(?:it|that) (?:can't|couldn't) hurt
    """)
)
_NO_BUT_YES = re.compile(
    r"^(?:(?:no|nope|nah)[\s,.!]+)+(?:(?:no|oh|um|uh|well|i think|i mean|and|but)[\s,]+)*"
    + _lines(r"""
        (?:yes|yeah|yep|yup|correct|right|exactly|absolutely|definitely|go ahead|please do|of course|sure)\b(?! not| now)
        (?:you're|you are|that's|that is|it's|it is|this is|everything's|everything is|all of that is|that was) (?:\w+ly )?(?:all )?(?:right|correct|perfect|true|accurate|it exactly|great(?! thanks))\b
        you(?:'ve)? got (?:it|that)|(?:that |it )?(?:sounds|looks) (?:right|good|correct|great)
        (?:that|it|this)(?:'ll| will| would| does)? works?\b|works for me|(?:that|it|this) is correct
    """)
)

# Turns an offer down as often as it agrees: the question decides.
_EITHER_WAY = re.compile(
    r"^(?:(?:no|nope|nah)[\s,.]+)+(?:(?:no|oh|um|uh|well|i think|thanks|thank you)[\s,.]+)*"
    r"(?:that|it|this|everything)(?:'s| is|'ll be| will be| should be| sounds| would be)? "
    r"(?:\w+ly |just |all )?(?:fine|okay|ok|good|alright|cool)\b"
)

# --- refusals -----------------------------------------------------------------------------

_NO = re.compile(
    r"^(?:(?:yes|yeah|yea|yep|yup|ok|okay|right|sure|please|hell|heck)[\s,.]+)*"
    + _lines(r"""
        (?:(?:big|hard|firm|definite|resounding|solid) )*(?:no|nope|nah|naw|nay|noo+|negative|negatory|nuh[- ]uh|uh[- ]uh|nu-uh)(?![- ]?(?:one|body)\b| matter\b| (?:later|earlier|more|less|sooner) than\b)\b
        (?:absolutely|definitely|certainly|obviously|of course|clearly|probably|maybe|possibly|surely|most likely|likely|totally) not\b
        (?:preferably|better|hopefully|unfortunately|sadly|apparently|i(?:'m| am) afraid|i (?:guess|suppose|think|hope|believe|say)) not\b
        not (?:really|quite|exactly|now|yet|at all|today|anymore|any more|particularly|especially|necessarily|even|likely|possible|at this time|necessary|needed|if i can|him|her|us)\b
        not (?:happening|gonna|going|in a million|in the least|on your life|a chance|for me|interested|this time|by|unless|with|so (?:much|fast))\b
        not (?:true|right|correct|good|accurate|okay|ok|the case|as far as|that i|that|my|me)\b|not$
        never(?:$|[ ,.]?ever|\W| ?mind| in)|hardly|scarcely|by no means|under no circumstances|out of the question
        (?:i|we|you) (?:don't|do not|dont|didn't|did not) (?:really |even |actually |quite )*(?:think|believe|agree|want|like|care for|suppose|accept|approve|need (?:it|that))\b
        (?:i|we|it|that|this|they|he|she) (?:don't|doesn't|didn't|won't|wouldn't|can't|cannot|couldn't|shouldn't|isn't|aren't|wasn't|haven't|hasn't|ain't)(?:END| (?:think|say) so\b)
        (?:i|we|it|that|this|they|he|she) (?:do|does|did|will|would|can|could|am|is|are|was|has|have) notEND
        (?:i|we|it|that|this|they)(?:\w+)? (?:do not|does not|don't|doesn't|won't|will not|wouldn't|can't|cannot|couldn't|is not|isn't) (?:work|do|fit|suit|sound|look|make (?:it|that)|right|correct|true|it|quite|exactly|really|good|what|possible|going|gonna|be|factual|accurate|valid|proper|take|accept|agree|allow)\b(?! (?:\w+ )*(?:lights?|brakes|engine)\b)
        (?:i'm|i am|we're|we are|i was) not(?:END| (?:really|interested|going|him|her|that|so|the|ready|available|free|able|happy)\b)
        (?:it's|that's|thats|this is|that is|it is|you're|you are|he's|she's|they're) (?:\w+ly )?not\b
        (?:it's|that's|thats|this is|that is|it is|you're|you are) (?:\w+ly )?(?:wrong|incorrect|false|untrue|invalid|fake|inaccurate|mistaken|a lie|impossible|no good|too (?:early|late|soon|far|long|much|expensive))\b
        (?:wrong|incorrect|false|untrue|invalid|disagreed?|denied|rejected|declined|refused|impossible|unacceptable|no good)\b
        count me out|let's not\b|nothing doing|there(?:'s| is) no way|you have (?:the|my) wrong \w+|(?:that|this|it)(?:'s| is) the wrong \w+|that's bogus|denyEND|we'd better not
        nothing(?: else| more| at all)?END|neither\b|none(?:$| of| at| work|[,.])|no can do|no way|fat chance
        forget (?:it|about it|that)|skip it|never ?mind|cancel thatEND|stopEND
        (?:i(?:'d| would)|we'd|we would)? ?(?:much |really )?(?:rather|prefer|like) (?:\w+ )?not\b|(?:i'd|i would|we'd) (?:much )?rather (?:you )?(?:didn't|don't|skip)
        i(?:'ll| will|ll)? (?:have to |must )?(?:pass|decline|disagree|refuse|object|skip)\b
        (?:i'm|we're|i am|we are) (?:\w+ )?(?:good|okay|ok|all set|all good|set|fine|done)(?: for now| thanks?| thank you| today)*END
        (?:please )?(?:don't|do not|dont)(?:END| (?:do|book|bother|schedule|make|send|change|use|record|charge|proceed|go|put|add|even|want|think|worry about)\b)
        you(?:'ve| have)? (?:got|misheard|misunderstood|heard|have) (?:it|that|me|my \w+) (?:all )?wrong|you misheard|i (?:didn't|never) say
    """)
)
_ENDS_WRONG = re.compile(
    r"\b(?:that's|that is|it's|it is|this is|is|are|was|got|you got that|you have that|heard) (?:\w+ly |all )?"
    r"(?:not (?:right|correct|it|true|what|my|me)|wrong|incorrect|false)\b(?! with)"
    r"|\b(?:isn't|wasn't|aren't) (?:right|correct|it|true|what)\b"
)

# --- agreement ----------------------------------------------------------------------------

# What an "okay" leads up to when it is no agreement …
_QUESTION = (
    r"(?:but|(?:so |and )?(?:what|how|when|where|which|who)|can|could|do you|is there|are there|no\b|nope|nah|not\b|never"
    r"|hold on|wait|let me|i don't|i can't|i need)"
)
# … and what goes on agreeing.
_GOES_ON_AGREEING = (
    r"(?:thanks?|thank you|then|yes|yeah|yep|sure|great|good|perfect|fine|sounds|that|let'?s|i'll|i will|i can|i'd|i guess|i suppose"
    r"|i think|book|do|go|please|ok|okay|exactly|correct|cool|awesome|absolutely|definitely|works|sir|ma'am|by|for me"
    r"|with (?:me|that)|as is|if|you're|you are|you got|this|we can)\b"
)
_IS_RIGHT = r"(?:'s| is| are| was| sounds| looks| seems)? ?(?:\w+ly )?(?:true|right|correct|fine|good|accurate|perfect|okay|great)"
_YES = re.compile(
    "^"
    + _lines(
        r"""
        (?:(?:big|hard|firm|definite|resounding|solid) )*(?:yes+|yeah+|yea+|yep|yup|ya|yah|yeh|yessir|aye|si|sí|uh[- ]?hu[hm]|mm?[- ]?h+m+|mhm+|um[- ]?hum|(?:that's )?affirm\w*|ten[- ]four|roger)\b
        (?:sure|of course|absolutely|definitely|certainly|exactly|precisely|totally|indeed|obviously|naturally|positively|undoubtedly|surely|clearly|evidently|gladly|completely|for sure|very much(?: so)?|by all means|without (?:a )?doubt|most (?:definitely|certainly|likely)|(?:a |one )?(?:100|hundred) percent)\b(?! not)(?!,? QUESTION)
        (?:probably|pretty much|more or less|presumably|apparently|hopefully|likely|as far as i know|last i checked|if (?:you|it's|that's) (?:could|can|would|possible|okay|ok|no trouble))(?:END| (?:so|yes|yeah)\b)
        (?:quite|too|very|that's) (?:right|so|true)END|true enough|(?:we're |you're )?good to goEND|you (?:guessed|nailed|said) it|that checks out|(?:that|it) is soEND
        i(?:'m| am) (?:quite |very |pretty |absolutely )?(?:sure|certain|positive|ready)(?:END| (?:that )?(?:it|that|this)(?:'s| is) (?:right|correct|true))|i consent|i second that|i can (?:confirm|verify)(?:END| (?:that|it|this)\b)
        put me (?:down|in)\b|see you thenEND|i do (?:believe|think|agree)(?: so)?END
        (?:correct|right|true|facts?|agreed?|accepted|approved|confirmed|deal|granted|accurate|fine|perfect|great|excellent|wonderful|awesome|lovely|fantastic|super|cool|beautiful|brilliant|terrific|works|good|very (?:good|well)|ok|okay|okey[- ]dokey|okie[- ]dokie|k|kay|all ?right|alright|alrighty|amen|bingo|true that|splendid|marvelous|outstanding)(?:$|[,.!](?! QUESTION)| (?!QUESTION)AGREEING(?!,? QUESTION))
        please(?:END| (?:do|thanks|and thank|yes|sir|ma'am|go ahead|book it|schedule it)\b(?! not))
        go (?:ahead|for it|right ahead|with (?:it|that))END|go ahead and (?:book|schedule|do|put|make)|do (?:it|that)\b|book (?:it|that|me(?: in)?)\b
        (?:let's|we can|i can|i could|we could|you can|i'll|i will|we'll|let us) (?:just )?(?:do (?:it|that|this)|go (?:ahead|for it|with (?:that|it|this))|book (?:it|that)|take (?:it|that|this)|live with|work with|be there)\b
        (?:i|we) (?:can|could) (?:make it|manage)(?:END| then| work)
        (?:that|it|this|those|they|either|that one|that time|everything|all of (?:it|that))'?s? ?(?:\w+ly )?(?:just |all |still |also |really |would |should |will |does |'ll |ll |'d |is |are |was |makes? |be |been |seems? |sounds? |looks? |feels? )*(?:works?|right|correct|fine|good|great|perfect|perfectly|true|me|it|yes|nice|lovely|excellent|wonderful|awesome|alright|okay|ok|sense|do|does|cool|accurate|exactly|suits?|fits?|ideal|amazing|fantastic|valid|legit|factual|agreeable|acceptable|doable|convenient|helpful|will|is|would|should|the (?:case|truth|one)|what i (?:want|said|need|meant)|a (?:yes|fact|deal)|a (?:good|great|true|valid|correct)\w*)(?:s?END| (?:by|for|to me|with|then|thanks?|thank|please|about|time|too|as|enough|and|yes|sir|ma'am|the|idea|statement|plan|actually|indeed|well|if|great|best|just fine|fine|good)\b| \w+ly\b)
        that's (?:my (?:name|number|car|vehicle|address)|me)\b|it(?:'s| is) meEND|this is (?:she|he|her|him)(?!\s+\w)|speakingEND|(?:the )?same (?:here|number|one|as)\b
        works (?:for|great|fine|perfectly|well)|suits me|fair enough|makes sense|(?:good|great) (?:idea|plan|enough)
        (?:sounds?|looks?) (?:\w+ )?(?:good|great|right|fine|perfect|like a plan|okay|ok|lovely|wonderful|nice|correct|alright|reasonable|fair|awesome|excellent)\b
        (?:good|fine|okay|ok|cool|great) (?:by|with) (?:me|that)|i'?m (?:\w+ )?(?:fine|good|okay|ok|cool|happy|down|in|up) (?:with|for) (?:that|it|this)|i'?m (?:down|in|game|on board|up for it)\b
        i (?:do|am|did|can|would|will|have|could|was|should|agree|accept|approve|confirm|concur|guess|suppose|presume|reckon|imagine|bet|think|believe|hope|expect|know)(?: so| it| that)?(?:END| (?:too|indeed|please|thanks?|thank you|agree|with (?:you|that))\b)
        i (?:sure|certainly|really|totally|definitely|completely|fully|do) (?:do|would|am|will|can|did|agree|like that)\b
        i (?:know|think|believe|guess|suppose|agree) (?:that )?(?:it|that|this|you|the \w+)RIGHT\b
        i'?(?:d|ll| would| will) (?:\w+ )?(?:(?:like|love) (?:that|it|toEND)|appreciate (?:that|it)|take (?:it|that|them)|be (?:glad|happy)|do (?:it|that)|say so|think so|go with (?:it|that)|accept)\b
        (?:we|he|she|they|you) (?:do|are|did|can|would|will|have|is|does|may)END
        (?:you're|you are|you've|you have) (?:\w+ly )?(?:right|correct|spot on|got it|(?:it|that) right)|you (?:got|have) (?:it|that)(?: (?:right|correct))?END|you bet\w*|you know it|you said it|spot on|nailed it|on the (?:nose|money)
        (?:this|the \w+|your \w+|all(?: of (?:it|that))?|everything)RIGHT(?:END| (?:statement|answer)\b)|(?:this|the \w+) is (?:a )?(?:true|fact|correct)\b
        it (?:is|does|was|has|will|would|should|sure is|certainly is|really is|did|can)(?:END| (?:indeed|please|thanks|thank|so|me)\b)
        (?:could|would|can|will) you(?: please)?(?=$|[,.!?])|don't mind if i do
        (?:i |we )?(?:might|may) as well|why (?:yes|certainly|sure|of course)|who wouldn't|consider it done|sign me up|count me in|without question|no doubt
        """.replace("QUESTION", _QUESTION)
        .replace("AGREEING", _GOES_ON_AGREEING)
        .replace("RIGHT", _IS_RIGHT)
    )
)


def is_yes(text: str) -> bool:
    """Does the caller agree? Never true together with is_no() or is_unsure()."""
    return read_answer(text) is Answer.YES


def is_no(text: str) -> bool:
    """Does the caller refuse, or say that what was read back is wrong?"""
    return read_answer(text) is Answer.NO


def is_unsure(text: str) -> bool:
    """Does the caller doubt or want to think: "hmm, not sure", "maybe", "I'd have to check"?"""
    return read_answer(text) is Answer.UNSURE


def is_either_way(text: str) -> bool:
    """ "No, that's fine": a no to "anything else?", and no no to "did I get that right?"."""
    return bool(_EITHER_WAY.search(_OPENING.sub("", _plain(text), count=1)))


@lru_cache(maxsize=512)  # asked for yes, for no and for doubt in turn
def read_answer(text: str) -> Answer | None:
    """Yes, no or a doubt; None when text is no answer to a yes-or-no question."""
    plain = _plain(text)
    pieces = [piece for piece in _TAKEN_BACK.split(plain) if piece.strip(" ,.-")]
    # What was said last counts where it answers; "sorry, what?" leaves the answer in front of it standing.
    for piece in reversed(pieces[1:]):
        if answer := _read(piece.strip()):
            return answer
    return _read(plain) or (_read(pieces[0].strip()) if pieces else None)


def _plain(text: str) -> str:
    return " ".join(text.lower().replace("’", "'").replace("—", ",").split()).strip(" \"'.,!?-…")


def _read(plain: str) -> Answer | None:
    said = _OPENING.sub("", plain, count=1).rstrip(" ,.!?-") or plain
    if _YES_AFTER_ALL.search(said):
        return Answer.YES
    if _DOUBT.search(said) and not _NO_DOUBT.search(said):
        return Answer.UNSURE
    is_wrong = bool(_ENDS_WRONG.search(said)) and said.count(" ") < LONG
    if _NO_BUT_YES.search(said) and not is_wrong:
        return Answer.YES
    if is_wrong or _NO.search(said):
        return Answer.NO
    return Answer.YES if _YES.search(said) else None
