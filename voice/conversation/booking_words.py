"""How callers ask for an appointment, or for work on what they speak of. Data for intents.py. Pure."""

import re

from voice.conversation.errands import CAR, MY_CAR, either
from voice.conversation.symptoms import Topic

DONE_TO = (
    r"(?:chang\w*|rotat\w*|replac\w*|fix\w*|repair\w*|check\w*|looked at|look at|servic\w*|inspect\w*|"
    r"examin\w*|align\w*|balanc\w*|diagnos\w*|flush\w*|done|tuned|worked on|swapp\w*|install\w*|mount\w*|"
    r"looked over|seen|tested|recharg\w*|topped)"
)
GET_DONE = r"(?:get|got|have|having|getting|book|schedule|bring)"

# A wish for an appointment, whatever it is for.
BOOKING = either(
    r"\b(?:book|schedule|make|set ?up|set|arrange|get|need|want|have|like|fix|reserve|find|grab|request|"
    r"take|looking for|help (?:me )?(?:with|schedule|make))\b.{0,30}\b(?:an?|some|my|for|next|"
    r"the)?\s?(?:\w+ )?(?:appointments?|appt|bookings?|time slot|slot|opening)\b",
    rf"\b(?:book|schedule|arrange|set up|sign up)\b (?:me|us|{MY_CAR})(?: in| down| up)?(?: for| today|"
    r" tomorrow| on| this| next| soon|$)|"
    rf"\b(?:squeeze|fit|get|put|pencil|work|take|see)\b (?:me|us|{MY_CAR}) (?:in|down)\b",
    rf"\b(?:bring|bringing|drive|run)\b {MY_CAR} (?:in|by|over|around|down|there|to you|back)\b|"
    rf"\b(?:drop|dropping|leave) {MY_CAR} (?:off|by|with you|there)\b|\b(?:take|get|have) {MY_CAR} in\b|"
    r"\b(?:come|coming|swing|stop|pop|drop) (?:on )?(?:in|by)\b(?! (?:the (?:mail|way)|handy|contact|"
    r"a box|black|white|red|blue))",
    r"\b(?:any|have|next|earliest|first|soonest|got|is there|are there|open|"
    r"available)\b.{0,20}\b(?:availability|openings?|appointments?|free (?:time|slot)s?|time slots?|"
    r"slots?)\b|\b(?:what|which)\b.{0,20}\b(?:availability|openings?|slots?|times? (?:do you have|"
    r"are available|are open))\b|\bwhat (?:do you|have you) (?:have|got) (?:available|open|for)\b|"
    r"\bappointments? (?:available|open)\b",
    r"\b(?:book|schedule) (?:it|that|this|something|a time|a day|in|for)\b|"
    r"^(?:i'?d like to |i want to |i need to |can i |please |let'?s )?(?:book|schedule|make|"
    r"set up)(?: (?:it|one|a|an|another))?(?: (?:appointment|service|visit))?$|"
    r"^(?:an? )?appointment(?: please)?$|\bnew appointment\b|"
    r"\bschedul\w* (?:an? )?(?:service|maintenance|repair|visit|check ?up|oil|tire|brake|diagnos\w*|"
    r"inspection|work)\b|\bfor service\b|\bservice appointment\b",
    r"\b(?:when|what time|how soon) (?:can|could|would|do|are) (?:you|i|we) (?:\w+ )?(?:get|bring|come|"
    rf"take|see|fit|look at|have|do|drop)\b.{{0,20}}\b(?:me|{MY_CAR}|in|it)\b",
)
# A wish for work on what the turn speaks of: "I need an oil change", "have my tires rotated".
WANTS_WORK = either(
    r"\b(?:i'?d|i would|we'?d|would) (?:really )?(?:like|love)\b|"
    r"\b(?:i|we|it|she|he|car|truck|vehicle|my \w+|just|also|still) (?:\w+ )?(?:need|needs|want|wants|"
    r"require|requires|could use)\b(?! help\b(?! (?:to |with )?(?:gett|sched|book|mak|find|an? app|sett))| gas\b| to know| a jump)|"
    r"\b(?:i'?m|we'?re|it'?s|is|are|am) (?:\w+ )?(?:due|overdue|looking|in need)\b|"
    r"\bneed(?:s|ed)? (?:an?|my|the|to (?!know)|some|new|it|service)\b|\bdue (?:for|to be)\b|"
    r"\blooking (?:for|to|into|at)\b(?! (?:the|my) (?:dash|screen))|"
    r"\bwant(?:ed)? (?:an?|my|the|to (?!know)|some|new|it)\b",
    rf"\b{GET_DONE} (?:\w+ ){{1,5}}{DONE_TO}\b|"
    r"\b(?:can|could|will|would) (?:you|someone|somebody|y'all)(?: guys)? (?:\w+ )?(?:do|get|have|check|"
    r"look|fix|change|replace|rotate|repair|take|come|handle|schedule|book|perform|service|inspect|"
    r"align|see|squeeze|fit|bring|put|swap|install|diagnose|make)\b|"
    r"\b(?:can|could|may) (?:i|we) (?:\w+ )?(?:get|have|bring|schedule|book|make|come|drop)\b|"
    r"\b(?:let'?s|please) (?:\w+ )?(?:do|get|schedule|book|check|change|rotate|fix|replace|have|add|"
    r"also)\b",
    r"\b(?:someone|somebody|somewhere|who (?:can|could|would|will|should)|mechanic|technician|shop|place|anyone|person|specialist|expert|you|"
    r"guy)\b.{0,25}\b(?:look|check|deal|fix|work|see|handle|repair|examine|inspect|take a look|schedule|"
    r"diagnose|service|help (?:me )?(?:to )?(?:get|sched\w*|book|find|make|set))\b|\bmake sure\b.{0,25}\b(?:checked|changed|done)\b|\bsign me up\b|"
    r"\b(?:book|schedule|arrange|set up|reserve)\b",
    r"^(?:(?:and|also|just|then|oh|maybe|yes|no|ok|okay|please),? )*(?:check|rotate|do(?! (?:i|you|we|they|my|the)\b)|change|replace|fix|look at|flush|align|balance|inspect)\b(?! (?:my|the) (?:schedule|records?|calendar))|"
    r"\bjust (?:do|fix|check|change|replace|rotate)\b",
)
# "Can someone look at my truck": work on the car, with no word of what is wrong.
WORK_ON_CAR = either(
    r"\b(?:find|need|get|want|looking for|search for|see)\b.{0,15}\b(?:mechanic|(?:auto|repair|body|car) shop|garage)\b",
    rf"\b(?:need|want|have|like|should|going|let me|can i|could i|gotta)\b.{{0,8}}\btake {MY_CAR} (?:in|to (?:the|a|your) (?:shop|mechanic|garage|dealer\w*))\b",
    rf"\b(?:can|could|will) {MY_CAR} be {DONE_TO}\b|\breserve (?:an?|me an?) (?:spot|time|slot|bay|place)\b",
    r"\b(?:look(?:ed)? at|check(?:ed)?(?: out)?|fix(?:ed)?|repair(?:ed)?|work(?:ed)? on|servic(?:e|ed)|"
    rf"inspect(?:ed)?|examine[d]?|seen|diagnosed?)\b.{{0,15}}\b(?:{CAR})\b|"
    rf"\b(?:get|have|need|needs|bring|take|want)\b.{{0,12}}\b(?:{CAR})\b.{{0,15}}\b{DONE_TO}\b",
)
ASKING = re.compile(
    r"^(?:so |and |but |um |uh )*(?:who|what|when|where|which|why|how|is|are|am|was|were|do|does|did|"
    r"should|will|has|have)\b"
)
# "Do I need new tires", "have I had it rotated": it asks about the car; nobody is asked to do anything.
ABOUT_MINE = re.compile(
    r"^(?:(?:so|and|but|um|uh|ok|okay|well|hey|hi|please|by the way),? )*(?:do|does|did|is|are|am|was|were|has|have|had|should|shall|will|would) "
    r"(?:i|we|my|our|the|it|this|these|that|any|now|today|you (?:think|know|believe) (?:if |that )?(?:i|my|it))\b"
    r"(?!.*\b(?:possible|okay|ok|alright|able) (?:to|if|for|that)\b)"
)
# "What do I need for it" asks; "what's the soonest I can get it done" and "what time works" want it done.
ASKS = re.compile(
    r"^(?!.*\b(?:soonest|earliest|first available|(?:can|could) (?:you|i|we) (?:get|bring|have|do|come|go)|would it take to get)\b).*"
    r"(?:\bhow\b(?! soon| about| early| late|'s| is (?:tomorrow|today))|\bwhat\b(?! times?| days?| do you have| about| else| works| have you|'s (?:wrong|available|open|causing)| is wrong)|"
    r"\b(?:which|why|whether|explain|assist\w*|advice|instructions?|steps?|teach|learn|procedure|trying to|about chang\w*)\b|\bwhen$|"
    r"\bwhen (?:should|do|does|is|are|will|would|did|was|ought|to|my|i should|i need|i have)\b(?! you)|\bif (?:i|my|it|the)\b(?! can| could))"
)
# Said alone these are orders: "oil change", "brakes and a rotation please".
ORDERED = {
    Topic.OIL_CHANGE,
    Topic.ROTATION,
    Topic.ALIGNMENT,
    Topic.INSPECTION,
    Topic.CHECKUP,
    Topic.TUNE_UP,
    Topic.MAINTENANCE,
    Topic.FLUIDS,
    Topic.FILTERS,
    Topic.DIAGNOSIS,
}


# "I'd like to know if my tires are worn" asks; it wants an answer, and maybe work after it.
TO_KNOW = re.compile(
    r"^(?!.*\bsee if (?:i|you|we|someone|there) (?:can|could|is)\b).*\b(?:know|check|look up|determine|verify|tell me|find out|see|wonder\w*|figure out|inform me|remind me|remember|sure|"
    r"understand)\b.{0,20}\b(?:if|when|whether|how|what|which)\b(?!(?:'s| is) (?:wrong|causing|going on|"
    r"the (?:problem|matter|issue)))"
)


def is_bare_job(said: str, topics: list[Topic]) -> bool:
    """Is a piece of work simply named, without a question or a complaint?"""
    return bool(set(topics) & ORDERED) and not ASKING.search(said)
