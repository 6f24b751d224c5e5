"""The errands callers have, and the words that give each away. Data for intents.py. Pure.

Patterns read lower-case words without much punctuation (symptoms.plain_words).
"""

import re
from enum import IntEnum

from voice.conversation.states import Intent

CAR = r"(?:cars?|trucks?|vehicles?|van|minivan|suv|ride|auto|pickup|jeep|sedan|baby)"
MY_CAR = (
    r"(?:(?:my|our|the|his|her|this|that|your|mom's|wife's|husband's|son's|"
    rf"daughter's) (?:\w+ ){{0,3}}?{CAR}(?:'?s)?|it|her|him|mine|my \w+)"
)
APPOINTMENT = r"(?:appointments?|appt|bookings?|time slot|visit|drop ?off|reservations?|slot)"
MY_WORK = (
    r"(?:my|our|the|his|her) (?:\w+ )?(?:oil change|service|inspection|maintenance|rotation|alignment|"
    r"tune ?up)"
)


def either(*readings: str) -> re.Pattern[str]:
    """One pattern of several readings."""
    return re.compile("|".join(readings))


STOP_CALLING = either(
    r"\bstop (?:\w+ )?(?:calling|texting|contacting|messaging|robo\w*)\b|"
    r"\b(?:take|remove|get|delete) (?:me|my number|us)\b.{0,20}\b(?:off|from)\b.{0,15}\b(?:list|lists|"
    r"system|calls|database)\b|"
    r"\b(?:don'?t|do not|never|quit) (?:\w+ )?(?:call|calling|text|contact)(?:ing)? (?:me|us|this number|"
    r"here)\b|\bdo not call list\b|\bunsubscribe\b|\bopt (?:me )?out\b|\bno more (?:calls|texts)\b",
)
MESSAGE = either(
    r"\b(?:leave|take|pass(?: on| along)?|give|relay|send)\b(?: \w+){0,3} (?:message|voice ?mail|note)\b|"
    r"\bcall me back\b|\b(?:have|ask|get) (?:\w+ ){1,3}(?:to )?(?:call|ring|phone|"
    r"text)\b(?: \w+)? (?:back|me)\b|"
    r"\b(?:call ?back|return my call|returning (?:a|your|his|her) call|get back to me)\b|"
    r"\b(?:tell|let) (?:him|her|mike|them|my advisor) (?:know )?(?:that|i)\b",
)
LATE = either(
    r"\b(?:running|going to be|gonna be|be|am|i'm|i'll be|we're|we'll be|get there|arrive|"
    r"stuck) (?:a (?:little|bit|few minutes) |about |like |maybe |probably |\w+ minutes |"
    r"\w+ \w+ minutes |an hour |half an hour )*(?:late|behind)\b(?! (?:at night|on|with))|"
    r"\brunning late\b|\b(?:late|delayed) (?:for|to|getting to) (?:my|the|our) (?:\w+ )?appointment\b|"
    r"\bstuck (?:in|at)\b.{0,30}\b(?:appointment|late|be there)\b|"
    r"\b(?:won'?t|can'?t|not going to) make it (?:on time|by|until|till|for another)\b|"
    r"\b(?:minutes?|hour) (?:late|behind)\b|\bon my way\b|\brunning behind\b",
)
CANCEL = either(
    r"\bcancel(?:l?ing|l?ed|lation|s)?\b|\bcall(?:ing)? off\b|"
    r"\b(?:don'?t|do not|won'?t|no longer) (?:need|want|be needing)\b.{0,25}\b(?:appointment|booking|"
    r"slot)\b.{0,20}(?:any ?more|any longer|after all|$)|"
    r"\bno longer (?:need|want)\b.{0,20}\b(?:appointment|booking|slot|it)\b|"
    r"\b(?:forget|scrap|drop|nix|delete|remove|scratch|undo) (?:about )?(?:my|the|that|"
    r"our) (?:\w+ ){0,2}(?:appointment|booking|slot)\b|\btake me off the (?:schedule|books|calendar)\b|"
    r"\b(?:i|we)(?:'m| am|'re| are)? (?:not (?:going to|gonna)|won'?t) (?:be )?(?:come|coming|make|"
    r"making|need)\b.{0,20}\b(?:appointment|in)\b",
)
RESCHEDULE = either(
    r"\bre ?schedul\w*|\bre ?book\w*|"
    r"\b(?:move|change|push|switch|shift|postpone|swap|bump|adjust|delay|put off|modify|update)(?:d|ed|"
    rf"ing)?\b.{{0,35}}\b{APPOINTMENT}\b|\b(?:move|push|postpone|delay|bump|put off) {MY_WORK}\b|"
    rf"\b{APPOINTMENT}\b.{{0,30}}\b(?:moved|changed|pushed|switched|postponed|earlier|sooner|later)\b|"
    r"\b(?:change|move|switch) the (?:date|time|day)\b|"
    r"\b(?:different|another|other|new|later|earlier|better) (?:day|time|"
    rf"date)\b.{{0,25}}\b{APPOINTMENT}\b|"
    r"\b(?:can'?t|cannot|won'?t|not able to|unable to) (?:make|keep|do|come to|"
    rf"be at)\b.{{0,20}}\b(?:appointment|booking|time)\b|"
    r"\b(?:move|push|change|switch) (?:it|that|mine|me) (?:to|up|back|out|from|forward)\b|"
    r"\b(?:want|like|need|have) to move it\b|\bmove it (?:instead|to|please)\b",
    r"\b(?:can'?t|cannot|won'?t be able to|not able to|not going to|not gonna) make it\b(?! (?:stop|start|work|move|go|on time|by|until|till|do))",
)
CHECK = either(
    r"\b(?:when|what time|what day|which day|what date)(?:'?s| is| was| are| do i have|"
    r" did i (?:book|schedule|make)| am i)\b.{0,25}\b(?:my|the|our|an?)?\s?(?:\w+ )?(?:appointments?|"
    r"appt|bookings?)\b|\b(?:do|did|don'?t|have) (?:i|we) (?:still |already )?(?:have|got|made?|book\w*|"
    r"schedul\w*)\b.{0,20}\b(?:appointments?|appt|booking)\b(?! (?:available|open))|"
    r"\b(?:check|verify|confirm|double check|look up|look at|see|remember|remind me of|"
    r"find)(?:ing)?\b (?:on |of |when |about |if )?(?:my|our|the|"
    r"i have an?) (?:\w+ ){0,3}(?:appointments?|appt|booking)\b|"
    r"\bam i (?:still )?(?:booked|scheduled|on the (?:books|schedule)|down for|set for|confirmed)\b|"
    r"\bwhat (?:appointments?|time|day) do i have\b(?! to\b)|"
    r"\b(?:what|details?|information|status)\b.{0,20}\b(?:my|of my|about my) (?:\w+ )?appointment\b|"
    r"\bappointment confirmed\b|\bwhat(?:'?s| is) my appointment\b|"
    r"(?<!to )(?<!can i )(?<!could i )(?<!may i )\bhave an appointment (?:today|tomorrow|on|at|this|next|for)\b|"
    r"\b(?:when|what time|what day) (?:am i|do i|should i) (?:supposed to |scheduled to )?(?:come|"
    r"coming|bring|drop|be there)\b",
    r"\b(?:when|what time|what day) do i (?:need|have) to (?:be there|come|bring|drop)",
)
READY = either(
    rf"\b(?:is|if|are|whether) {MY_CAR}(?: \w+)? ?(?:ready|done|finished|fixed|repaired|completed?|"
    r"good to go|ready to go)\b|\bis the (?:work|repair|service|job) (?:done|finished|complete\w*)\b|"
    r"\b(?:when|what time|how (?:soon|long(?: until| before| till)?|"
    rf"much longer))\b.{{0,20}}\b{MY_CAR}\b.{{0,15}}\b(?:ready|done|finished|fixed)\b|"
    rf"\bstatus (?:of|on|update)\b.{{0,20}}\b(?:{CAR}|repair|my|service|work)\b|"
    r"\b(?:check(?:ing)?|update|calling|news) (?:on|about|to check on) (?:the status of )?(?:my|the|"
    rf"our) {CAR}\b|\bhow(?:'?s| is) (?:my|the) {CAR} (?:coming|doing|going)\b|"
    r"\b(?:can|could|when can|may|ready to|coming to|here to) (?:i |we )?(?:come )?(?:pick|get|"
    rf"collect) (?:it |up |my |the )*(?:up|{CAR})\b(?! (?:in|into|fixed|serviced|looked|checked|repaired|scheduled)\b)|"
    rf"\b(?:are|have) you (?:guys )?(?:done|finished|started|looked)\b.{{0,20}}\b(?:{CAR}|it|with)\b|"
    rf"\b(?:dropped|left) (?:it|my|the|our)\b.{{0,40}}\b(?:ready|done|status|hear|heard|update|yet|"
    r"check(?:ing)? (?:on|in)|see how)\b|\bdid you (?:guys )?(?:find (?:out|anything|the|what)|figure|finish|fix|get to (?:it|my)|look at (?:it|my))\b",
    r"\b(?:if|when|whether|once) (?:it|she|he|they)(?:'?s| is|'?re| are)? (?:all )?(?:done|ready|finished)\b|"
    r"\bhow much longer (?:will it|is it|until it|before it|do i|for)\b|\b(?:dropped|left) (?:off )?(?:a|an|it|my|the|our)\b.{0,60}\b(?:ready|done|status|check(?:ing)? on)\b",
)
APPROVE = either(
    r"\b(?:approve|authori[sz]e|go ahead with|(?:ok|okay) the|give (?:the|my) (?:ok|okay|go ahead|approval)|"
    r"approving|authori[sz]ing|green ?light)\b.{0,25}\b(?:repairs?|work|estimate|quote|brakes?|job|"
    r"service|it all|everything|recommended|the rest|extra)\b|"
    r"\bgo ahead and (?:do|fix|replace|repair|put)\b.{0,25}\b(?:work|repairs?|it|everything|brakes?|pads|"
    r"tires?|rotors?)\b|\b(?:do|fix) (?:all )?(?:the|that|those) (?:recommended|extra|additional|"
    r"other) (?:work|repairs?|items?|services?)\b",
)
DECLINE = either(
    r"\b(?:decline|declining|refuse|skip|pass on|hold off on|don'?t (?:do|approve|authori[sz]e|"
    r"want(?: to do)?)|do not (?:do|approve|authori[sz]e|want(?: to do)?)|not (?:approve|authori[sz]e|"
    r"doing))\b.{0,30}\b(?:repairs?|(?:the|that|any|recommended|extra|additional) work|estimate|"
    r"recommended|extra|additional)\b",
)
COMPLAINT = either(
    r"\bcomplain\w*\b|\bfile a (?:claim|complaint)\b|"
    r"\b(?:unhappy|upset|angry|frustrated|furious|dissatisfied|disappointed|mad|livid|fed up|pissed|"
    r"unacceptable|ridiculous|terrible (?:service|experience|job)|awful (?:service|experience)|"
    r"horrible (?:service|experience|job)|ripped off|rip ?off|scam(?:med)?|worst|lousy|sue|lawyer)\b|"
    r"\b(?:you|your (?:guys|shop|people|mechanic|technician|service)|"
    r"they) (?:guys )?(?:\w+ )?(?:scratched|damaged|broke|messed up|screwed up|ruined|dented|lied|"
    r"overcharged|lost my|didn'?t (?:fix|do|finish|tighten|put))\b|"
    r"\bstill (?:isn'?t|not|wasn'?t) fixed\b|"
    r"\b(?:same|the) (?:problem|issue|noise)\b.{0,30}\b(?:after you|again after|came back|"
    r"you (?:just )?fixed)\b|\bbad (?:experience|service|review)\b",
)
UPSET = re.compile(
    r"\b(?:ridiculous|unacceptable|fed up|sick of this|angry|furious|frustrat\w+|terrible service|waste of (?:my )?time|"
    r"stupid (?:machine|robot|thing)|are you kidding|this is insane|useless)\b",
    re.IGNORECASE,
)
BILL = either(
    r"\b(?:my|the|your|our|a|this|that|an) (?:\w+ )?(?:bill|invoice|receipt|balance)\b|"
    r"\b(?:pay|paid|paying)\b.{0,20}\b(?:bill|invoice|balance|repairs?|over the phone|what i owe)\b|"
    r"\b(?:over|double|wrong(?:ly)?|incorrectly) ?charged\b|\bcharged (?:me|us|twice|too much|for)\b|"
    r"\bbilling\b|\brefund\w*\b|\bhow much do i owe\b|\bwhat do i owe\b|"
    r"\bcopy of (?:my|the) (?:invoice|receipt|bill)\b|"
    r"\b(?:accept|take)\b.{0,20}\b(?:cards?|cash|checks?|apple pay|payments?|financing)\b|"
    r"\bpayment (?:plan|option|method)s?\b",
)
RECALL = either(
    r"(?<!to )\brecal+(?:s|ed)?\b(?! (?:the things|what|that|when|how|anything))|\btakata\b|"
    r"\bsafety campaign\b"
)
TOW = either(
    r"\btow(?:ed|ing|s)?\b|\bkey ?drop\b|"
    rf"\b(?:drop|leave|dropping|leaving|put)\b.{{0,25}}\b(?:keys?|overnight|after hours|"
    r"night (?:drop|box)|drop ?box|slot)\b|"
    r"\b(?:after hours?|early bird|overnight|night) drop ?(?:off|box)?\b|\bdrop ?box\b|\bflat ?bed\b|"
    r"\broad ?side\b|\b(?:stranded|broke\w* down|broken down|break down)\b|"
    r"\b(?:can'?t|won'?t|not able to) (?:be )?driv(?:e|en|able)\b(?! (?:until|at|on|before|to you|"
    r"in the))|\bnot drivable\b|"
    rf"\b(?:drop|leave|bring)\b.{{0,15}}\b(?:{CAR}|it)\b.{{0,20}}\b(?:the night before|"
    r"the evening before|when you'?re closed|overnight|over the weekend)\b",
)
RIDE = either(
    r"\bloaner?s?\b(?! (?:payment|rate))|\bloan (?:car|vehicle)\b|"
    r"\bcourtesy (?:car|vehicle|shuttle|ride|van)\b|\bshuttl\w*\b|\b(?:rental|rent)\b|"
    r"\b(?:give|need|get|offer|provide|have|catch) (?:me |us |you )?(?:an? )?(?:ride|"
    r"lift)s?\b(?: (?:home|to|back|from|service|while))?|\bride (?:home|to work|back|share)\b|"
    r"\b(?:wait|sit|stay) (?:there |here )?(?:for (?:it|my|the)|while|in the (?:lobby|waiting))\b|"
    r"\b(?:waiting|customer) (?:room|area|lounge)\b|\bcan i (?:just )?wait\b|"
    r"\bwait (?:for it|on it|there)\b|\bsomething to drive\b|"
    r"\bpick (?:me|my car|it|the car) up (?:from|at) (?:my |the )?(?:house|home|work|office|place)\b|"
    r"\b(?:pick ?up and delivery|valet)\b|\bwi ?fi\b|\bdrop me off\b",
)
WARRANTY = either(
    r"\bwarrant(?:y|ies)\b|\b(?:is|are|will|would|does|if)\b.{0,40}\b(?:covered|coverage)\b|"
    r"\bextended (?:service|protection|coverage)\b|\bservice contract\b|\bpre ?paid maintenance\b|"
    r"\bpowertrain\b|\bbumper to bumper\b",
)
HISTORY = either(
    r"\b(?:when|(?:what|which) (?:day|date|month|was the (?:date|last|day))|how long|dates?|"
    rf"on what)\b.{{0,30}}\b(?:last|since|ago|has it been|did (?:i|you|we|my|the)|was (?:my|the|it|our)|"
    rf"when my|had)\b.{{0,50}}\b(?:oil|tires?|brakes?|batter\w*|serviced?s?|services|maint\w*|chang\w*|"
    rf"shop|checked|worked on|look\w*|inspect\w*|repair\w*|mechanic|tune|rotat\w*|alignment|{CAR}|"
    r"filters?|fluid\w*|wipers?|swap\w*|refresh|came in|took)\b|"
    rf"\b(?:last|previous|most recent) (?:time )?(?:\w+ ){{0,3}}(?:oil change|service|servic\w*|"
    r"maintenance|visit|inspection|tune up|rotation|repair|check ?up|tire change|was serviced|"
    r"got (?:my )?\w+ serviced)\b(?! (?:i'?m due|cost))|"
    r"\b(?:service|maintenance|repair|oil change) (?:history|records?)\b|"
    r"\brecords? of (?:when|my|the last)\b|"
    rf"\bhave i (?:had|gotten|done)\b.{{0,25}}\b(?:oil|tires?|brakes?|service|recently|lately)\b|"
    rf"\bhow (?:long|many \w+)\b.{{0,20}}\bsince\b.{{0,40}}\b(?:oil|tires?|brakes?|shop|service\w*|"
    rf"chang\w*|{CAR})\b|\blast time (?:\w+ ){{1,4}}(?:chang\w*|servic\w*|rotat\w*|replac\w*|check\w*|"
    rf"done|inspect\w*)\b|\bwhat (?:was|did you) (?:done|do|did)\b.{{0,20}}\blast (?:time|visit)\b|"
    rf"\b(?:when|the day|what day)\b.{{0,15}}\b(?:did|had) (?:i|we|you) (?:last )?\w+.{{0,30}}\b(?:oil|"
    r"tires?|car|brakes?|serviced|shop)\b",
    r"\blast (?:time|date|day)\b.{0,30}\b(?:shop|serviced|worked on|mechanic|maintenance|looked at|in for)\b",
    r"\b(?:has|have|did|was) (?:my|the|i|we)\b.{0,25}\b(?:serviced|changed|rotated|replaced|inspected|oil change|service|done|worked on)\b.{0,15}"
    r"\b(?:recently|lately|this (?:year|month|week)|last (?:year|month|week)|yet|already)\b|\bdid (?:i|we) (?:already )?(?:get|have) (?:my|the|an?)\b",
)
DUE = either(
    r"^(?!.*\b(?:openings?|appointments?|available|availability)\b).*"
    r"\b(?:when|how (?:often|soon|long(?! (?:does|will|do|would|is) (?:it|an?|the|this|that|"
    r"your)\b(?! (?:take before|last)))|many (?:more )?miles)|at what point|at which point|at the point|"
    r"what (?:time|point|mileage|month)|which month|what is the schedule|"
    r"what'?s the schedule)\b(?! (?:can|could|do|are|will|would) (?:you|i (?:bring|come|drop|"
    r"get (?:it |my \w+ )?in)))(?! (?:i (?:brake|turn|start|drive|stop|accelerate|hit|go|try|put|shift|"
    r"break|press))).{0,60}\b(?:oil|t[iy]res?|brakes?|pads|filters?|fluids?|coolant|batter\w*|"
    r"spark plugs?|timing belt|belts?|wipers?|service|serviced|maintenance|tune ?up|rotat\w*|alignment|"
    r"inspection|inspected|check ?up|transmission)\b(?!.{0,20}\b(?:open|appointment|available|ready|"
    r"done yet)\b)|"
    r"\bwhat(?:'?s| is| am i|'?m i| do i) ?(?:due|need(?:ed)? (?:at|done|for)|recommended|next due|"
    r"coming due)\b|\b(?:am i|is (?:it|my \w+|the \w+)|are my \w+|if i'?m|see if i'?m)(?: \w+)? (?:due|"
    r"ready|overdue|time)(?: for| to|\b)|\b(?:is|if) it(?:'s| is)? (?:about )?time (?:for|to)\b|"
    r"\bshould (?:i|we) (?:\w+ )?(?:chang|replac|get|rotat|swap|do|have|switch)\w*\b.{0,30}\b(?:oil|"
    r"tires?|brakes?|filters?|fluids?|belts?|batter\w*)\b|"
    r"\bneeds? (?:to be )?(?:changed|replaced|done) (?:at|every|by)\b.{0,15}\b(?:miles|thousand|months|"
    r"\d+)|\bhow (?:do|would|can) (?:you|i|we|one) (?:know|tell) (?:if|when|that)\b.{0,20}\b(?:oil|"
    r"tires?|brakes?|batter\w*|i need)\b|"
    r"\bdo (?:i|my \w+|the \w+) (?:already )?need (?:an? |new |to |my )?(?:\w+ )?(?:oil|oil change|"
    r"tires?|brakes?|changed|replaced|rotat\w*|service)\b.{0,20}(?:yet|soon|now|already|$)|"
    r"\bservice interval|\bmaintenance schedule\b|\btires? should be (?:changed|replaced|rotated)|"
    r"\boil life\b|\bmanufacturer recommend",
    r"\b(?:do|does) (?:my|the) (?:\w+ ){1,2}needs? (?:to be )?(?:chang|replac|rotat|servic)\w*|"
    r"\bwill (?:i|my \w+) need\b",
    r"^(?:my |the )?next (?:oil change|tire change|service|maintenance|rotation|inspection)(?: (?:date|is when|due|when|is due when))?$|"
    r"\b(?:my|the) (?:next )?(?:oil change|tires?|service|maintenance) (?:is|are) due when\b",
)
# Said to the desk itself, so that nothing else in the turn can make it another's.
YOUR_HOURS = either(
    r"\byour (?:\w+ )?(?:hours|address)\b|\bwhere are you (?:guys )?(?:located|at)?\b(?! from)|"
    r"\b(?:are|when do|when are|what time do|how late are|until when are) (?:you|y'all) (?:guys )?(?:\w+ )?(?:open|close|closed|closing)\b",
)
HOURS = either(
    r"\b(?:what|your|business|service|opening|shop|dealer\w*|holiday|store|the|weekend|saturday|sunday|"
    r"normal|regular)\b.{0,20}\bhours\b(?! (?:away|ago|long|from|late))|"
    r"\bhours (?:of operation|are you|on (?:saturday|sunday)|for (?:service|the|today))|"
    r"\b(?:are|when are|what time are|if|is|when is|when does|what time (?:do|does|is)|when do|how late|"
    r"how early|how long|until when|til when|do|will|does) (?:are |is |do |does |will )?(?:you|your|"
    r"y'all|the (?:service|parts|shop|dealer\w*|store)|ya|we)\b.{0,30}\b(?:open|opens|close|closes|"
    r"closed|closing)\b|\byou (?:guys )?(?:open|closed)\b|"
    r"^(?:are |is )?(?:you |anyone |anybody |it |everything )?(?:still )?open (?:on|today|tomorrow|this|late|saturdays?|sundays?|now|"
    r"for the holiday)\b.{0,20}$|\bwhere (?:are|r) (?:you|u|y'all|ya)\b(?! from)|"
    r"\bwhere(?:'?s| is) (?:your|the) (?:shop|store|dealer\w*|service|garage|building|location|place)\b|"
    r"\b(?:your|the (?:shop|store|dealer\w*)(?:'?s)?) (?:\w+ )?(?:address|location|zip|phone number|fax|"
    r"website|email)\b|\bhow (?:do|can|would) i (?:get|find|drive) (?:to )?(?:you|there|your|"
    r"the (?:shop|dealer\w*|store))\b|\bdirections? to (?:you|your|the (?:shop|dealer\w*|store))\b|"
    r"\b(?:are|where) (?:you|y'all) located\b|\bwhat'?s? (?:is )?the address\b|\bwhich (?:exit|street)\b|"
    r"\bdo you work (?:on )?(?:saturdays?|sundays?|weekends?|holidays?)\b",
)
PRICE = either(
    r"\bhow much\b(?! (?:longer|time|oil|air|gas|fuel|pressure|psi|tread|coolant|notice|freon|life|"
    r"horse))|\b(?:price|prices|pricing|priced|costs?|quotes?|estimates?|rates?|fees?|expensive|"
    r"cheap(?:er|est)?|labor rate|how expensive|ballpark)\b|"
    r"\bwhat (?:do|does|would|will|is|are) (?:you|it|that|an?|the|your)\b.{0,35}\b(?:charge|charges|"
    r"run me|set me back|going for|run)\b|\b(?:do|would) you charge\b|"
    r"\b(?:coupons?|discounts?|promotions?|specials|deals|(?:special|deal) on)\b|"
    r"\bhow long (?:does|do|will|would|is|should) (?:it|an?|the|that|this|your|my|\w+)\b.{0,35}\b(?:take|"
    r"be)\b(?!.*\b(?:before|until)\b)",
)
PARTS = either(
    r"\bparts? (?:department|counter|desk|come in|came in|arriv\w*|order\w*|in stock|here yet|available|"
    r"number)\b|\b(?:order|buy|need|want|get|purchase|sell|have|carry|stock|looking for|"
    r"find)\b.{0,25}\b(?:an? |some |the |any )?(?:oem |replacement |genuine |spare )?parts?\b(?! of)|"
    r"\bparts\b$|\b(?:has|have|did|is|are) (?:my|the) parts?\b|"
    r"\b(?:buy|purchase|order|sell|do you (?:have|carry|stock))\b.{0,25}\b(?:key ?fob|floor ?mats?|"
    r"wipers?|hub ?caps?|roof rack|touch ?up paint|accessor\w*|battery for my key|filters?|mirrors?)\b|"
    r"\bspecial order\b",
    r"\bdo you (?:guys )?(?:sell|carry|stock)\b(?! (?:\w+ )?(?:cars|trucks|vehicles|suvs)\b)",
)
SALES = either(
    r"^(?!.*\b(?:tires?|brakes?|batter\w*|parts?|filters?)\b).*"
    r"\b(?:buy|buying|purchase|lease|leasing|trade|trading|test drive|shop(?:ping)? for|looking at|"
    rf"in the market|finance|financing|sell)\b.{{0,25}}\b(?:{CAR}|in|new|used|pre ?owned|certified|"
    r"one of your|my \w+|hybrid|electric)\b(?! (?:fixed|repaired|serviced))|"
    rf"\b(?:new|used|pre ?owned|certified) {CAR}\b(?! (?:smell|battery))|"
    r"\bsales?(?:person|man|woman| department| team| rep| associate|people)\b|\bsales$|\btrade ?in\b|"
    r"\blease (?:end|return|turn|buyout)|\binventory\b|\btest drive\b|"
    r"\bwhat (?:do you give|is my \w+ worth)\b|\bin stock\b",
)
WAITLIST = either(
    r"\bwait ?(?:ing)? ?list\b|\b(?:stand ?by|cancellation) list\b|"
    r"\b(?:if|when|in case) (?:something|anything|a (?:spot|slot)|someone|somebody|there'?s a|"
    r"an earlier)\b.{0,25}\b(?:open\w*|cancel\w*|comes? (?:up|available)|sooner|earlier)\b|"
    r"\b(?:let me know|call me|text me|notify me)\b.{0,20}\bif\b.{0,30}\b(?:open\w*|cancel\w*|earlier|"
    r"sooner|available)\b|\bput me on the list\b",
)
CAR_QUESTION = either(
    r"\bhow (?:to|do (?:i|you|we)|can (?:i|you|we)|should i|would i|might i|does one|exactly do i|"
    r"could i|i (?:can|do)) (?:\w+ )?(?:go about )?(?:jump\w*|chang\w*|check\w*|replac\w*|add|fill|put|"
    r"reset|fix\w*|rotat\w*|inflate|remove|install|turn off|do an?|do it|perform|charge|drain|swap|patch|"
    r"use|clean)\b(?!.{0,30}\b(?:appointment|booking|address|phone number|"
    r"my (?:number|name|email))\b)|\bhow (?:to|do i|can i) (?:jump|change|check|do)\b|"
    r"\b(?:steps?|instructions?|tutorial|procedure|directions|guide|"
    r"ways?(?= to (?:change|jump|check|replace|do))|video|process|method|page)\b.{0,30}\b(?:to|for|on|of|"
    r"how)\b.{0,30}\b(?:oil|tires?|batter\w*|jump\w*|brakes?|car|filter|coolant)\b|"
    r"\b(?:teach|show|walk|explain|tell|learn|figure out|know|sure|find)\b.{0,12}\bhow (?:to|i|do|"
    r"can)\b.{0,12}\b(?:jump|change|check|do|replace|put|add)\b.{0,40}\b(?:oil|tires?|batter\w*|car|it|"
    r"brakes?|jump\w*)?|\b(?:teach|show) me\b.{0,15}\b(?:to|how)\b.{0,15}\b(?:change|jump|check|replace)|"
    r"\binstructions?\b.{0,25}\b(?:oil|jump|tire|batter\w*)|"
    r"\b(?:mpg|miles per gallon|miles to (?:the|a) gallon|gas mileage|fuel (?:economy|efficien\w*|"
    r"mileage|consumption)|mileage (?:does|do|am|is|on)|how (?:well|good|many miles)\b.{0,40}\b(?:gallon|"
    r"mileage|tank|mpg))\b|"
    r"\b(?:what|which|best|kind|type|sort|recommended|proper|required|right|correct|need|takes?|uses?|"
    r"grade|should)\b.{0,35}\b(?:gas(?:oline)?|fuel|octan?\w*|diesel|unleaded|premium|ethanol|e85)\b|"
    r"\b(?:gas(?:oline)?|fuel|diesel|unleaded|octan?\w*|premium)\b.{0,30}\b(?:type|kind|grade|does|do|"
    r"should|needs?|take|use|required|recommended|for (?:this|my|the))\b|"
    r"\b(?:what|which) (?:\w+ )?(?:weight|viscosity|grade|kind|type|size|brand)?\b ?(?:of |"
    r"weight )?(?:oil|coolant|battery|tires?|fluid)\b.{0,30}\b(?:do|does|should|is|use|take|need)\b|"
    r"\bhow (?:much|many) (?:quarts )?(?:of )?(?:oil|coolant|air|psi|pressure|horse\w*)\b|"
    r"\bt[iy]res?'?s? ?(?:air )?(?:pressure|air|psi|inflat\w*)\b(?! (?:light|warning|sensor|"
    r"is (?:low|dropping)|drops|keeps|gauge|monitor))(?!.{0,40}\b(?:low|appointment|schedule|book|"
    r"leak\w*|losing|and (?:an )?oil)\b)|"
    r"\b(?:enough|sufficient|right|how much|amount of|level of|low on|check the|much|"
    r"level)\b.{0,25}\b(?:air|pressure|psi)\b.{0,35}\bt[iy]res?\b|"
    r"\bt[iy]res?\b.{0,40}\b(?:enough|sufficient|have|psi|adequate|properly|correct|right|"
    r"need)\b.{0,15}\b(?:air|psi|pressure|inflat\w*)\b|\bair (?:levels?|pressure|psi)\b|"
    r"\bpressure (?:is |are )?(?:in|of|on) (?:the|my|each|all)\b.{0,20}\bt[iy]res?\b|\bt[iy]res?'? air\b|"
    r"\b(?:are|is) my t[iy]res? (?:low|inflated|flat|full|ok|okay|good|properly)\b|"
    r"\bjumper cables\b|\bjump ?start(?:ing)? (?:a|the|an)\b|\bwho can (?:jump|give me a jump)\b|"
    r"\b(?:can|will|would|does) (?:i|it|a|you|someone) (?:\w+ ){0,3}(?:jump\w*)\b|"
    r"\bneed (?:in order )?to jump\b|\b"
    r"\b(?:can|need|want|how|who|help|get|give|call|someone)\b.{0,30}\b(?:a jump|"
    r"jump(?:ed|ing|er)?)\b(?!.*\b(?:appointment|schedule|new battery|replace\w*|test\w*)\b)|\bpsi\b|"
    r"\bwalk me through (?:chang|jump|check|replac|rotat)ing\b|\bmy own (?:oil|brakes?|tires?)\b",
    r"\bbest (?:\w+ )?(?:oil|tires?|batter(?:y|ies)|coolant|brake pads)\b|"
    r"\b(?:put|use|run|fill|running)\b.{0,20}\b(?:gas(?:oline)?|fuel|premium|regular|unleaded|diesel|e85)\b|"
    r"\b(?:efficient|good|economical) (?:is |on )?.{0,15}\bon (?:gas|fuel)\b|\bhow efficient\b|"
    r"\bt[iy]res?\b.{0,25}\binflat\w*",
    r"\bhelp(?:ing)?(?: me)?(?: to| with)? (?:chang|jump|check|replac|rotat)\w*|\bmyself\b|\boil level\b|"
    r"\b(?:oil|tires?|jump\w*|batter\w*)\b.{0,20}\b(?:instructions?|tutorial|steps|how to|video|guide)\b|"
    r"\bwhat (?:tools?|supplies|equipment|cables|do i need)\b.{0,30}\b(?:change|jump|oil|batter\w*)\b|"
    r"\b(?:put|add|need|needs|more|check)\b.{0,20}\bair\b.{0,25}\bt[iy]res?\b|\bt[iy]res?\b.{0,15}\b(?:for|need|needs) (?:more )?air\b|"
    r"\bneeds? (?:a jump|to be jumped)\b|\bjump ?start\w*\b(?=.{0,12}\b(?:my|the|a) (?:car|truck|battery))",
)


class Needs(IntEnum):
    """What a turn must speak of beside an errand's words, for they may be too general to go by."""

    NOTHING = 0
    OURS = 1  # the trade, or nothing in particular: "how much is it"
    TRADE = 2  # a car, a part, a service: "how do I change it" could be anything


ERRANDS: tuple[tuple[Intent, re.Pattern[str], Needs], ...] = (
    (Intent.STOP_CALLING, STOP_CALLING, Needs.NOTHING),
    (Intent.WAITLIST, WAITLIST, Needs.NOTHING),
    (Intent.LATE, LATE, Needs.OURS),
    (Intent.RESCHEDULE, RESCHEDULE, Needs.OURS),
    (Intent.CANCEL, CANCEL, Needs.OURS),
    (Intent.CHECK, CHECK, Needs.NOTHING),
    (Intent.CAR_QUESTION, CAR_QUESTION, Needs.OURS),
    (Intent.MESSAGE, MESSAGE, Needs.NOTHING),
    (Intent.HISTORY, HISTORY, Needs.TRADE),
    (Intent.READY, READY, Needs.OURS),
    (Intent.DECLINE, DECLINE, Needs.OURS),
    (Intent.APPROVE, APPROVE, Needs.OURS),
    (Intent.COMPLAINT, COMPLAINT, Needs.OURS),
    (Intent.RECALL, RECALL, Needs.OURS),
    (Intent.WARRANTY, WARRANTY, Needs.OURS),
    (Intent.BILL, BILL, Needs.OURS),
    (Intent.TOW, TOW, Needs.OURS),
    (Intent.RIDE, RIDE, Needs.OURS),
    (Intent.HOURS_INQUIRY, YOUR_HOURS, Needs.NOTHING),
    (Intent.HOURS_INQUIRY, HOURS, Needs.OURS),
    (Intent.SERVICE_INQUIRY, PRICE, Needs.OURS),
    (Intent.DUE, DUE, Needs.TRADE),
    (Intent.PARTS, PARTS, Needs.OURS),
    (Intent.SALES, SALES, Needs.OURS),
)
