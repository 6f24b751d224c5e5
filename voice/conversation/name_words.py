"""Words that decide what is a name in a sentence: what never is one, and what belongs to one. Facts only."""

# What answers hold beside a name. Words that are surnames too ("Price", "Long", "Will") are left out.
_NEVER_NAMES = """
    a about above accident across actually address after afternoon again ago ah all almost alone already alright also always am an and another
    answer any anybody anymore anyone anything anyway appointment appointments are area around as ask asked asking assistant at auto
    automated available away back bad basically battery be because been before behind being believe below beside better between big
    book booked booking both brake brakes bring brought business busy but button by call called caller calling calls came can cancel
    cannot can't car cars cause cell center change changed check checked choose city clear cleaner come comes coming company confirm
    contact correct correctly could couldn't couple customer cut damn date daughter days dealer dealership description detail details did didn't different
    do does doesn't doing don't done down drive driver driving drop during each earlier earliest early easy either else email emails
    end engine english enough er even evening ever every everybody everyone everything exactly excuse expensive extra family far fast
    father filter fine finish first fix fixed flat fluid for forget forgot found friend from front full gave general get gets getting give given gives
    go goes going gonna good goodbye got gotta great had half happen happened happening has have haven't having he hear heard
    hello help her here hers hey hi him his hmm hold home hour hours how however huh human hurry husband i i'd i'll i'm i've idea if
    important in information inside inspection instead into is isn't issue it it's its itself just keep keeps kept kidding kind knew know
    known last late later least leave left less let let's letter letters light lights like line listen little live located location look looked
    looking looks lost lot lots loud machine made maintenance make makes making manager many matter maybe me mean means mechanic
    message middle mind mine minute minutes mm model mom moment monday money month months morning most mother moved much must my
    myself name named names near need needed needs neither never new next nice night no nobody noise none noon nope nor normal
    not nothing now number numbers o'clock of off office often oh oil ok okay old on once one ones only open operator or original
    other others our ours out outside over own owner oops part parts people percent perfect perhaps person phone pick picked please
    plus possible possibly pretty prefer private probably problem problems purple put question quick quickly quiet quite ran read ready real
    really reason recall receptionist record recording register registered regular remember repair repairs repeat representative reschedule
    right robot rotate rotation running runs said same saturday say saying says schedule scheduled second see seem seems sent send
    serious service services set several shall she shop should shouldn't show side since sir sister sister's slow slowly smoke so some
    somebody somehow someone something sometime sometimes somewhere son soon soonest sorry sort sound sounds speak speaking spell spelled spelling
    spoke start started starts starting state stay steering still stop stopped story stuff stupid such sunday super supposed sure system
    take takes talk talked talking team tell text than thank thanks that that's the their theirs them themselves then there there's these
    they they're thing things think this those though thought through thursday thus till time times tire tired tires to today together
    told tomorrow tonight too took total totally tow towards trade transfer transmission tried trouble truck true try trying tuesday
    tune turn turned twice two type uh uhh um umm uncomfortable under underneath understand unfortunately unknown until up upset urgent us use used
    usual usually van vehicle very vin visit voice wait waiting wanna want wanted wants warranty was wasn't waste way we we're
    wednesday week weekend weeks well went were weren't what what's whatever wheel wheels when where where's whether which while who
    who's whoever whole whom whose why wife won't wondering word words work working works would wouldn't wrong yeah year
    years yep yes yesterday yet you you're your yours yourself yup friday january february march april may june july august september
    october november december pm ma'am madam bye mhm hm nah hundred thousand zero three four five six seven eight nine ten eleven
    twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety double triple
    dot comma dash hyphen space capital apostrophe account afraid against agent ahead alignment apologize appreciate brother concerned confused
    curious diagnostic estimate exhaust glad glass headlight headlights hi-there interested interior leak leaking leaks mirror muffler
    nephew niece noisy none-of parent parking pedal plugs pump quote radiator rattle rattling shaking snow spark squeak squeaking
    squeal squealing stalls steam stuck suspension tank terrible unsure vibration wiper wipers windshield window windows calling'bout
    returning reaching following hoping scheduled due overdue excited frustrated stranded broken dead free able allowed back'n
    """
NOT_NAMES = frozenset(_NEVER_NAMES.split())
# In the list above, and yet first names when they come alone in answer to the question or before a surname.
MONTHS_AND_NAMES = frozenset({"april", "may", "june", "august"})
# They are surnames behind a first name: "John Do".
SHORT_SURNAMES = frozenset(
    {
        "do",
        "so",
        "an",
        "oh",
        "he",
        "in",
        "may",
        "see",
        "way",
        "you",
        "her",
        "my",
        "no",
        "ok",
        "le",
        "to",
        "will",
        "van",
        "long",
    }
)
# First names that are words, adjectives most of all: "it's rusty" says nothing of a person.
_NAMES_THAT_ARE_WORDS = """
    art autumn bill brandy candy chance chase cliff crystal daisy dawn destiny drew dusty earl faith ginger
    grace grant guy hazel heather holly hope iris ivy jade jasmine jay joy june kay lance lily long mark max melody
    miles misty norm pearl penny rich rob rocky rod rose ruby rusty sandy sierra skip summer sterling sue
    tanner violet virginia will chuck dick trip christian
    """
WORDS_TOO = frozenset(_NAMES_THAT_ARE_WORDS.split())
# Makes and models that people are called, too.
_CARS_AND_PEOPLE_WORDS = """
    mercedes ford lincoln bentley dodge chrysler austin morgan royce porsche benz romeo martin aston kia ram mini tesla ferrari
    cooper sienna dakota savannah sierra aurora lexus maverick forester forrester pilot legacy odyssey paris phoenix rio kona celeste
    lancer cruz grant pierce hudson nash harley davidson camaro montego alero colorado journey malibu ranger
    fit edge rogue titan lotus alfa mclaren sebring charger regal leaf soul seville monterey aviator elise carrera elantra sonata marquis
    """
CARS_AND_PEOPLE = frozenset(_CARS_AND_PEOPLE_WORDS.split())
CAR_SHORT_FORMS = frozenset({"chevy", "vw", "beemer", "bimmer", "caddy", "jeep", "volkswagon"})
TITLES = {
    "mr": "Mr.", "mrs": "Mrs.", "ms": "Ms.", "miss": "Miss", "mister": "Mr.", "missus": "Mrs.", "dr": "Dr.", "doctor": "Dr.",
    "prof": "Prof.", "professor": "Prof.", "sergeant": "Sgt.", "captain": "Capt.", "officer": "Officer", "reverend": "Rev.", "father": "Father",
}  # fmt: skip
SUFFIXES = {
    "jr": "Jr.",
    "sr": "Sr.",
    "junior": "Jr.",
    "senior": "Sr.",
    "ii": "II",
    "iii": "III",
    "iv": "IV",
    "esq": "Esq.",
}
_PARTICLES_WORDS = "van von der den de del della la las los di da dos das du le el al bin ibn ben ter zu zur y e st san santa"
PARTICLES = frozenset(_PARTICLES_WORDS.split())
