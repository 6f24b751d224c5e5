"""Is it any business of a service desk? What belongs to the trade, and what to other trades. Pure."""

import re

from voice.conversation.makes import words_of
from voice.conversation.numbers import ORDINALS, TENS, UNITS
from voice.conversation.symptoms import Topic, topics_in
from voice.conversation.vehicles import find_vehicle

TRADE = re.compile(
    r"\b(?:cars?|trucks?|vehicles?|minivan|suvs?|auto(?:mobile|motive)?s?|dealer(?:ship)?s?|mechanics?|"
    r"technicians?|advisors?|garage|oil|ti?y?res?|brak\w*|"
    r"engines?|motors?|transmission|mileage|odometer|mpg|miles per gallon|"
    r"(?:service|parts|sales|body) (?:department|dept|shop|desk|center|bay|advisor|writer|manager|"
    r"appointment)|"
    r"loaners?|shuttles?|courtesy (?:car|van|shuttle)|tow\w*|key drop|drop box|waiting (?:room|area)|"
    r"vin|license plate|maintenance|tune ?up|"
    r"gas mileage|octane|fuel|diesel|batter(?:y|ies)|"
    r"tune up|inspection|appointments?|appt|key ?fob|floor mats?|wipers?|accessories|car keys|premium|unleaded|"
    r"(?:last|next|my|for|a) service|trade ?in|test drive|leas(?:e|ing))\b"
)
# Other people's business. Some of it rhymes with ours: a table is booked too, and a flight cancelled.
FOREIGN = re.compile(
    r"\b(?:restaurants?|dinner|brunch|supper|steak ?house|table for|tables?|party of|eat(?:ing)?|dining|"
    r"diner|bistro|cafe|recipes?|cook\w*|calories|ingredients?|pizza|meals?|food|grocer\w*|"
    r"hotels?|motels?|suite|inn|airbnb|hostel|place to stay|lodging|rooms? for|guests?|check ?out time|"
    r"flights?|fly|flying|airlines?|airports?|airplane|planes?|plane ticket|tickets?|travel\w*|vacation|"
    r"visas?(?! gift)|passport|luggage|boarding|"
    r"ubers?|lyft|taxis?|cabs?|meetings?|conference|timers?|alarms?|reminders?|remind me to|"
    r"wanted to (?:remember|recall)|to do list|todo|shopping list|calendars?|agenda|weather|forecast|"
    r"rain\w*|snowing|temperature outside|"
    r"traffic|commute|routes?|gps|coordinates|latitude|bus|subway|train|bank\w*|accounts?|credit cards?|"
    r"debit|mastercard|american express|amex|cards?|fraud\w*|transactions?|transfer money|mortgage|"
    r"loans?|tax(?:es)?|401k|salary|paycheck|paid time|pto|"
    r"insurance|benefits|health|medical|accountants?|lawyers?|attorneys?|tutors?|counsel(?:or|ing)|groomers?|optometrist|eye exam|chiropractor|dermatolog\w*|pediatric\w*|surgeon|orthodont\w*|realtor|tailor|notary|doctors?|dentist\w*|dental|hospital|nurse|prescription|vaccin\w*|"
    r"gym|salon|haircut|hair|stylist|barber|therapist|psychologist|massage|"
    r"nails?(?= (?:salon|appointment|done))|vet|"
    r"electric bill|phone bill|water bill|cable bill|internet|utility|rent(?= (?:is|due|payment))|songs?|"
    r"music|playlist|movies?|netflix|games?|jokes?|news|stocks?|crypto\w*|bitcoin|sports?|nfl|nba|"
    r"president|"
    r"translate|definition|define|spell|meaning of life|synonyms?|calculate|square root|math|capital of|"
    r"population|thermostat at home|lights? in (?:the )?(?:kitchen|bedroom|living|bathroom)|"
    r"turn on the lights|smart home|vacuum|oven|"
    r"packages?|deliver(?:y|ed)|shipp(?:ed|ing)|amazon|jobs? (?:opening|application)|hiring|school|"
    r"college|university|homework|exam|dogs?|cats?|puppy|pets?|dream\w*|"
    r"bicycle|bike|boats?|lawn ?mower|laptop|computer repair|iphone|android|printer|washer and dryer|"
    r"dishwasher|refrigerator|fridge|plumb\w*|roof leak|house|apartment|sink|toilet|faucet|garage door|kitchen|bathroom|bedroom|tv|television|samsung|phone battery|furnace|guitars?|violin|piano|"
    r"concert|theater|theatre|cinema|museum|church|zoo|yoga|tattoo|"
    r"pay ?pal|venmo|zelle|gift cards?|rewards? points|credit (?:score|limit|report)|interest rate|apr|"
    r"exchange rate|checks? (?:book|order)|checkbook|routing number|pin number|w ?2)\b|\b(?:when|"
    r"what (?:day|date)|due date|how long|"
    r"is)\b.{0,45}\bbills?\b(?!.{0,20}\b(?:repair|service|car))|\border(?:ed|s)?\b.{0,60}\b(?:online|"
    r"arriv\w*|ship\w*|here|come|coming|status|track\w*)\b|\b(?:my|the) (?:order|purchases?|"
    r"goods)\b|\bstatus of my (?:order|purchase)"
)
# A bill, an order or a reservation can be ours. These words behind it say that it is not.
RESERVED = re.compile(r"\breserv(?:e|ed|es|ing|ations?)\b")
RENTAL = re.compile(
    r"\b(?:car|truck|van|suv|vehicle) rentals?\b|"
    r"\brent(?:al|ing)? (?:me |us )?(?:an?|the|my|some)?\s?(?:\w+ )?(?:car|ride|vehicle|truck|van|suv)\b|"
    r"\brental\b|\brent (?:an?|the|from)\b|\bto rent\b"
)
OURS_MEANWHILE = re.compile(
    r"\b(?:while|mine|in the shop|being (?:fixed|repaired|serviced|worked)|service|repairs?|loaner|"
    r"you (?:guys )?(?:have|offer|provide|do) rentals?(?: cars?)?(?: available| there)?)$|"
    r"\b(?:while|mine|in the shop|being (?:fixed|repaired|serviced|worked on)|loaner|repairs?)\b"
)
FAR = re.compile(
    r"\b(?:how far|how long (?:will|would|does|is|to|until we|till we|it|of)|how many miles (?:away|is|"
    r"to(?! the gallon| a gallon)|from|until we|till|between)|how much time|travel time|drive time|"
    r"distance|time to drive|nearest|closest|closet|how do i get (?:to|from)|directions|"
    r"where(?:'?s| is) (?:the|a)|where am i|where i am|current location|my location|"
    r"what (?:location|place) is this|what is this place)\b"
)
TO_US = re.compile(
    r"\b(?:you|your|yours|dealer\w*|service (?:department|center|bay|desk)|shop|my (?:car|truck|vehicle|"
    r"appointment)|oil|tires?|brakes?|batter\w*|rotation|alignment|serviced?|repairs?|fix|inspection|"
    r"diagnos\w*|take to (?:fix|change|do|replace)|loaner|shuttle|tow)\b"
)
TANK = re.compile(
    r"\b(?:how much|how many gallons|amount of|enough|level|left|refill|gallons|"
    r"low on)\b.{0,30}\b(?:gas(?:oline)?|fuel|tank)\b|"
    r"\b(?:gas|fuel)\b.{0,20}\b(?:left|level|amount|gauge read|refill|to get (?:to|me)|remaining)\b|"
    r"\b(?:in|is) (?:the|my)(?: gas| fuel)? tank\b|\b(?:tank|gas) (?:full|empty)\b|\bbefore i'?m on e\b|"
    r"\bgas stations?\b|\brun out of (?:gas|fuel)\b|\bfill (?:up )?(?:the|my) tank"
)
ALMOST_OURS = re.compile(
    r"\b(?:mpg|gas mileage|miles per gallon)\b|"
    r"\binsurance\b.{0,40}\b(?:repairs?|cover(?:s|ed)? (?:the|my|this|a)|accident|claim|windshield|"
    r"towing|loaner)\b|\bcredit cards?\b.{0,20}\b(?:accept|take)\b|"
    r"\b(?:accept|take|pay (?:by|with))\b.{0,20}\bcards?\b|"
    r"\b(?:let me|i'll|have to|need to|gotta) (?:\w+ )?(?:check|look at|get|see|grab|"
    r"find) (?:at )?my (?:calendar|schedule|agenda|cards?|credit card|insurance)\b|\bsnow tires\b|"
    r"\bcheck engine|\bnail in|\btax(?:es)? included|\bincluding tax|"
    r"\b(?:travel|vacation|road trip|school)\b.{0,60}\b(?:car|oil|tires?|brakes?|truck)\b|"
    r"\b(?:car|oil|tires?|brakes?|truck|vehicle)\b.{0,60}\b(?:travel\w*|vacation|road trip|drive to|trip|"
    r"school|airport|work)\b"
)  # fmt: skip

# Whoever asks for this may mention a dentist or a vacation beside it.
PLAINLY_OURS = re.compile(
    r"\b(?:your|(?:the )?(?:service department|dealership)(?:'s)?) (?:\w+ )?(?:hours|address|location|shop|dealership)\b|"
    r"\b(?:are|when do|what time do|how late are) (?:you|y'all) (?:guys )?(?:open|close|closed|located)\b|"
    r"\b(?:oil change|tire rotation|loaner|brake (?:pads?|inspection|job)|check engine|state inspection|wheel alignment|tune ?up)\b|"
    r"\b(?:bring|drop|get|pick up|fix|service|repair) (?:my|the|our) (?:car|truck|vehicle|van|suv|minivan)\b(?! (?:insurance|loan|payment|rental|keys|note))|"
    r"\b(?:come in|bring it in|drop it off)\b"
)

QUESTION = re.compile(
    r"^(?:(?:so|and|but|um|uh|hey|hi|hello|please|ok|okay|well|tell me|i wonder|i was wondering|"
    r"do you know|ai|siri|alexa|google),? )*(?:who|what|whats|what's|what'll|when|where|wheres|where's|"
    r"which|why|how|hows|how's|whose|is|are|am|was|were|do|does|did|can|could|would|will|should|has|have|"
    r"had|may|might|shall|isn't|aren't|don't|doesn't|can't)\b|"
    r"\b(?:what|when|where|which|why|how|who)(?:'s)? (?:is|are|was|were|do|does|did|can|could|would|will|"
    r"should|to|many|much|far|long|often|old|will|would)\b|\?"
)
REQUEST = re.compile(
    r"\b(?:please|i need|i want|i'd like|i would like|i'?m (?:looking|searching|trying|striving|seeking|"
    r"exploring|interested)|looking for|let me|help me|i wish|i must|i have to|i really|we need)\b|"
    r"^(?:(?:hey|hi|ok|okay|please|now|then|go ahead and|just|can|you|kindly|ai|siri),? )*(?:tell|give|"
    r"show|find|get|make|set|put|play|call|send|book|schedule|reserve|order|buy|pay|transfer|check|"
    r"cancel|change|turn|create|add|remove|delete|open|read|list|name|explain|describe|look|search|track|"
    r"report|confirm|calculate|convert|translate|define|spell|remind|wake|start|stop|pause|arrange|"
    r"secure|connect|contact|help|teach|inform|update|pass|forget|scrap|nix|undo|drop|recall|list|figure|"
    r"double check|make sure|use|allow|block|freeze|activate|request|provide|log|share|text|email|"
    r"message|dim|lower|raise|rate|recommend|suggest|skip|repeat|sync|unlock|whisper)\b"
)
NEUTRAL = words_of(
    "jump jumped jumping grade octane gas gasoline fuel premium regular diesel unleaded longer shorter miles under thirty thousand arrange visit correct incorrect option options choice choices choose pick provide include includes offer offers offered contact area happen great okay alright perfect awesome wonderful "
    "excellent wants wish attend search searching suggest recommend else others friend friends husband wife son daughter mother father mom dad brother sister kids family boss job office "
    "evening today's tomorrow's actually additionally currently recently usually always never ever once twice again part parts rest total number numbers digits zero cell mobile text message messages "
    "remember forget forgot understand hear heard listen read write wrote spell spelled spelling send sent receive received notice letter mailed supposed expect hope hoping planning plan happy glad able unable "
    "trouble hard easy ready quickly slowly exactly probably definitely certainly absolutely indeed honestly basically totally completely already almost rather otherwise however although though while during since "
    "cannot dont doesnt didnt wont cant im ive id ill youre thats theres its lets oh'clock evenings lunch lunchtime breakfast noonish ish twenty thirty forty fifty sixty seventy eighty ninety "
    "left arrive arrived arriving yours ours mine self myself yourself herself himself anymore any someplace somewhere anywhere nowhere anytime sometime sometimes "
    "whats hows wheres whos order ordered fix fixed fixing repair repairs repaired warranty warranties recall recalls recalled covered coverage parts part file complaint complain complaining "
    "unhappy upset angry frustrated terrible awful horrible ridiculous unacceptable worst ai siri alexa command procedure process operation hours holiday holidays "
    "thanksgiving christmas easter memorial labor independence veterans eve new year's located address directions website fax approve authorize approved decline "
    "declined estimate quote recommended extra additional item items ride rides bill invoice receipt pay paid payment coupon coupons discount special specials "
    "manager supervisor person message voicemail note list waiting waitlist spanish english language keys key ready finished yet status update hold second "
    "lobby lounge wifi coffee pickup delivery owe owed due refund charged overcharged everything going been being seem seems looks looked"
    "a an the this that these those it its it's he she they them him her his their theirs we us our ours "
    "i me my mine you your yours "
    "i'm i'd i'll i've you're you'll we're they're that's there's here's what's who's how's let's and or "
    "but if so because as than then too also "
    "of in on at by for from to with without about into over under up down out off again more most some "
    "any all both each every other another "
    "is are am was were be been being do does did done doing don't doesn't didn't have has had having "
    "can could would will should shall may might must "
    "can't couldn't wouldn't won't shouldn't isn't aren't wasn't not no nope yes yeah yep ok okay sure "
    "please thanks thank hello hi hey well um uh oh hmm "
    "who what when where which why how whose here there now today tonight tomorrow yesterday soon later "
    "earlier early late before after until till since "
    "day days week weeks weekend weekends month months year years hour hours minute minutes second "
    "seconds morning mornings afternoon afternoons evening evenings noon midnight "
    "night time times date dates moment first last next same different better best good great fine bad "
    "right wrong exact exactly possible available availability opening openings open "
    "opens opened close closed closes slot slots spot spots anything something nothing everything anyone "
    "someone somebody anybody everyone one ones thing things way ways "
    "want wants wanted need needs needed like liked prefer prefer would've know knew think thought guess "
    "mean means say says said tell told talk speak call called calling calls "
    "see look looking get gets got getting give gave take takes took taking come comes came coming go "
    "goes going gone went bring brings brought bringing put drop dropping dropped leave leaving left "
    "pick "
    "picked picking make makes made making let lets help helps helped keep keeps kept work works worked "
    "working start try trying tried use used using find found wait waiting waited ask asked asking "
    "answer "
    "just only even still already yet maybe perhaps actually really very much many lot little bit few "
    "couple several enough quite pretty kind sort type "
    "schedule scheduled scheduling book booked booking bookings move moved change changed switch cancel "
    "reschedule confirm number name names phone address email mail text line customer service services "
    "person people human "
    "guy guys place shop store location friday monday tuesday wednesday thursday saturday sunday january "
    "february march april may june july august september october november december "
    "am pm o'clock half past quarter around about between either neither else instead back home long "
    "quick quickly fast slow able free busy sounds sound happen happened happens "
    "problem problems issue issues reason question questions idea sorry excuse pardon repeat wanna gonna "
    "gotta cost costs price prices charge charges expensive cheap cheaper "
    "does'nt cause side far near close new old big small high low full set fit squeeze earliest latest "
    "soonest asap anyway whatever whichever show sir ma'am miss mister mr mrs dr thinking feel feeling "
    "sure's spell yours"
)
WORDS = re.compile(r"(?<![a-z'\d])[a-z']+")  # not the "th" of a date
NUMBER_WORDS = frozenset((*UNITS, *TENS, *ORDINALS, "hundred", "thousand", "double", "triple"))


def is_foreign(said: str) -> bool:
    """Does said (see symptoms.plain_words) speak of what is plainly another trade's business?"""
    if RENTAL.search(said):
        return not OURS_MEANWHILE.search(said)
    if TANK.search(said) or (FAR.search(said) and not TO_US.search(said)):
        return True
    if FOREIGN.search(said) and not (ALMOST_OURS.search(said) or PLAINLY_OURS.search(said)):
        return True
    # "Cancel my reservation on Friday" can only mean ours; "at Sam's for four" does not.
    return bool(
        RESERVED.search(said) and not TO_US.search(said) and _has_strange_word(RESERVED.sub(" ", said))
    )


def speaks_of_trade(said: str, topics: list[Topic]) -> bool:
    """Does said name a car, a part of one, or what a dealership does? topics is what topics_in(said) found."""
    return bool(set(topics) - {Topic.RECALL} or TRADE.search(said) or find_vehicle(said))


def asks_for_something_else(said: str) -> bool:
    """A question or request whose matter is none that callers of a service desk have words for."""
    return bool(QUESTION.search(said) or REQUEST.search(said)) and _has_strange_word(said)


def _has_strange_word(said: str) -> bool:
    return any(
        len(word) > 1 and word not in NEUTRAL and word not in NUMBER_WORDS for word in WORDS.findall(said)
    )


__all__ = ["asks_for_something_else", "is_foreign", "speaks_of_trade", "topics_in"]
