"""Does somebody else than the customer speak: a relative, a friend, an assistant? Pure.

A relative who only comes up in the story ("my son is in the car") does not call.
"""

import re

RELATIVE = (
    r"(?:husband|wife|son|daughter|mother|mom|mum|father|dad|brother|sister|roommate|neighbou?r|assistant|secretary|boyfriend|girlfriend|fianc[eé]e?"
    r"|partner|spouse|aunt|uncle|nephew|niece|cousin|grandson|granddaughter|grandmother|grandma|grandfather|grandpa|friend|boss|son-in-law"
    r"|daughter-in-law|mother-in-law|father-in-law|stepson|stepdaughter|stepmother|stepfather|caregiver|nanny|employee|coworker|colleague)"
)
SOMEBODY_ELSE = re.compile(
    rf"\b(?:this is|i'?m|i am|it'?s|it is|you'?re (?:talking|speaking) (?:to|with)|speaking is)(?: actually| just)? (?:(?:her|his|their|the|an?|your|[a-z]+(?:'s|s')) )(?:\w+ )?{RELATIVE}\b"
    rf"|^\W*(?:(?:no|nope|yes|actually|uh|um|well|hi|hello|sorry)\W+)*(?:(?:her|his|their|the|[a-z]+'s) ){RELATIVE}(?: here| speaking| calling)?\W*$"
    rf"|\b(?:calling|call|booking|speaking|asking|phoning|here|appointment|this is|it'?s) (?:\w+ )?(?:for|on behalf of) (?:my|a|her|his|our|the|their) (?:\w+ )?{RELATIVE}\b"
    rf"|\bmy (?:\w+ )?{RELATIVE}(?:'s)? (?:asked|wants|wanted|told|needs) me to\b|\b(?:she|he|they)(?:'s| is|'re| are)? (?:my|our) {RELATIVE}\b"
    r"|\b(?:on|in) behalf of\b|\bcalling for (?-i:[A-Z])|\b(?:she|he)(?:'s| is)? (?:not (?:here|available|home|in|around)|asked me|wants me|wanted me|told me|is (?:busy|driving|at work))"
    r"|\bcalling for (?:somebody|someone|him|her|them)\b|\b(?:you(?:'ve| have)? (?:got|have) the )?wrong (?:person|number|guy|lady)\b|\bnot (?:her|him)(?=\W*$)|\b(?:this is|it'?s|(?:talking|speaking) (?:to|with)) (?:somebody|someone) else\b",
    re.IGNORECASE,
)


def is_somebody_else(text: str) -> bool:
    """Does a relative or helper speak: "this is her husband", "I'm calling for my mother"?"""
    return bool(SOMEBODY_ELSE.search(text.replace("’", "'")))
